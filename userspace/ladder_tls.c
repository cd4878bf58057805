// SPDX-License-Identifier: GPL-2.0
/* Messages of TLS as arrows. */
#include <string.h>

#include "ladder.h"

#define TLS_TYPE_DATA	23	/* application_data, RFC 8446 section 5.1 */

/* What is cut to less than this tells nothing. */
#define CUT_MIN		12

/* Takes the next part of a description: moves @detail on, to NULL at its end. */
static void take_part(const char **detail, bool ascii, struct text *ret_part)
{
	const char *end = strstr(*detail, TLS_BETWEEN);

	text_clear(ret_part);
	text_escaped(ret_part, *detail,
		     end ? (size_t)(end - *detail) : strlen(*detail), ascii);
	*detail = end ? end + strlen(TLS_BETWEEN) : NULL;
}

/*
 * Parts as long as there is room. The first that finds none is cut and ends it,
 * so that what is left out is always the end.
 */
static bool add_parts(struct ladder *l, const char *detail, unsigned int room)
{
	const struct terminal *term = &l->r->term;
	struct text part = { 0 };
	bool all = true;

	while (detail && *detail && all) {
		unsigned int left = room - l->note.cols;

		take_part(&detail, term->ascii, &part);
		if (part.cols + 1 > left) {
			all = false;
			if (left < CUT_MIN + 1)
				break;
			text_shorten(&part, left - 1, term->g->ellipsis);
		}
		text_add(&l->note, " %s", part.s);
	}
	text_free(&part);
	return all;
}

/* In TLS 1.3 a record does not even tell that it is an alert. */
static bool name_inferred(const struct row *row)
{
	const struct tcptrace_tls_record *rec = (const void *)row->first;

	return (row->tls->flags & TLS_INFERRED) && rec->type == TLS_TYPE_DATA;
}

static void make_label(struct ladder *l, const struct row *row)
{
	const unsigned int room = l->lane - 6;
	const struct terminal *term = &l->r->term;
	const struct tls_message *m = row->tls;

	text_clear(&l->note);
	text_add(&l->note, "%s%s", m->name, name_inferred(row) ? "?" : "");
	if (m->flags & TLS_ENCRYPTED) {
		text_add(&l->note, " ");
		text_number(&l->note, m->len);
		text_add(&l->note, " B");
	}
	text_shorten(&l->note, room, term->g->ellipsis);
	l->cut = !add_parts(l, m->detail, room);
}

static enum style alert_style(const struct story *s,
			      const struct tls_message *m)
{
	const struct tls_alert *alert = &s->tls->alert[m->from];

	if (alert->seen && alert->t_ns == m->t_ns)
		return alert->level == 1 ? STYLE_WARN : STYLE_ALARM;
	return m->flags & TLS_ENCRYPTED ? STYLE_SEALED : STYLE_CLOSE;
}

static enum style message_style(const struct story *s,
				const struct tls_message *m)
{
	if (m->flags & TLS_ALERT)
		return alert_style(s, m);
	if (m->flags & (TLS_INVALID | TLS_TRUNCATED))
		return STYLE_WARN;
	return m->flags & TLS_ENCRYPTED ? STYLE_SEALED : STYLE_TLS;
}

/* Why nothing more is to be seen of a direction. */
static void note_row(struct ladder *l, const struct row *row)
{
	const struct tls_message *m = row->tls;
	struct text what = { 0 };

	text_add(&what, "%s %s: %s", l->r->term.g->cross,
		 m->from == TCPTRACE_CLIENT ? "client" : "server", m->name);
	if (*m->detail)
		text_add(&what, ", %s", m->detail);
	ladder_wrapped_row(l, row, l->r->term.g->fold, STYLE_WARN, what.s);
	text_free(&what);
}

/**
 * ladder_tls_row() - draw a message of TLS
 * @l: the ladder
 * @row: its row
 *
 * The line is left for the caller to print.
 *
 * Context: any.
 */
void ladder_tls_row(struct ladder *l, const struct row *row)
{
	const struct glyphs *g = l->r->term.g;
	const struct tls_message *m = row->tls;

	l->cut = false;
	if (m->flags & TLS_NOTE) {
		note_row(l, row);
		return;
	}
	make_label(l, row);
	ladder_draw_arrow(l, row, m->from == TCPTRACE_CLIENT,
			  m->flags & TLS_ENCRYPTED ? g->sealed : g->tls,
			  message_style(l->s, m));
}

/**
 * ladder_tls_all() - add what the arrow of a message had no room for
 * @l: the ladder, the row just drawn
 * @row: the row, of whatever kind
 * @t: where to add it
 *
 * Context: any.
 */
void ladder_tls_all(struct ladder *l, const struct row *row, struct text *t)
{
	struct text part = { 0 };
	const char *detail;

	if (row->kind != ROW_TLS || !l->cut)
		return;
	text_add(t, " In full:");
	for (detail = row->tls->detail; detail; ) {
		take_part(&detail, l->r->term.ascii, &part);
		text_add(t, " %s%s", part.s, detail ? "," : ".");
	}
	text_free(&part);
}
