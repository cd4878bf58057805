// SPDX-License-Identifier: GPL-2.0
/* What happens beside segments, and what all of it means. */
#include <string.h>

#include "core/fsm.h"
#include "explain.h"
#include "ladder.h"
#include "names.h"

static void add_folded(struct ladder *l, const char *glyph,
		       const struct folded *data)
{
	if (!data->segs && !data->bytes)
		return;
	if (l->note.cols && l->note.s[l->note.len - 1] != ' ')
		text_add(&l->note, " %s ", l->r->term.g->dot);
	text_add(&l->note, "%s ", glyph);
	if (data->segs) {
		text_count(&l->note, data->segs, "segment");
		text_add(&l->note, " ");
	}
	text_number(&l->note, data->bytes);
	text_add(&l->note, " B");
	if (data->retrans)
		text_add(&l->note, " (%u again)", data->retrans);
}

static void add_span(struct ladder *l, const struct row *row)
{
	if (!row->span_ns)
		return;
	text_add(&l->note, " %s ", l->r->term.g->dot);
	text_span(&l->note, row->span_ns);
}

/* What messages of TLS came in is not counted beside them, but with them. */
static void add_all(struct ladder *l, const struct row *row)
{
	if (row->with_tls)
		text_add(&l->note, "in all ");
}

static void data_row(struct ladder *l, const struct row *row)
{
	const struct glyphs *g = l->r->term.g;

	text_clear(&l->note);
	if (row->flying) {
		text_add(&l->note, "data under way");
	} else {
		add_all(l, row);
		add_folded(l, g->up, &row->data[TCPTRACE_CLIENT]);
		add_folded(l, g->down, &row->data[TCPTRACE_SERVER]);
		add_span(l, row);
	}
	if (l->note.cols + 2 <= l->lane) {
		ladder_plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
		return;
	}
	/* One line for each direction. */
	text_clear(&l->note);
	add_all(l, row);
	add_folded(l, g->up, &row->data[TCPTRACE_CLIENT]);
	if (l->note.cols) {
		ladder_plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
		ladder_emit(l);
	}
	text_clear(&l->note);
	add_folded(l, g->down, &row->data[TCPTRACE_SERVER]);
	add_span(l, row);
	ladder_plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
}

static void gap_row(struct ladder *l, const struct row *row)
{
	const struct glyphs *g = l->r->term.g;
	struct text what = { 0 };

	text_clear(&what);
	if (row->gap) {
		text_add(&what, "%s ", g->cross);
		text_count(&what, row->gap, "record");
		text_add(&what, " lost here");
	}
	if (row->omitted) {
		text_add(&what, "%s", row->gap ? ", " : "");
		text_count(&what, row->omitted, "record");
		text_add(&what, " left out");
	}
	ladder_wrapped_row(l, row, g->fold, STYLE_ALARM, what.s);
	text_free(&what);
}

static void timer_row(struct ladder *l, const struct row *row)
{
	const struct tcptrace_timer *timer = &row->first->u.timer;
	struct text what = { 0 };

	text_add(&what, "%s ", l->r->term.g->wait);
	if (row->first->why == TCPTRACE_WHY_2MSL)
		text_add(&what, "2MSL over");
	else
		text_add(&what, "timer %s", name_why(row->first->why));
	if (timer->since_ns && row->first->t_ns > timer->since_ns) {
		text_add(&what, ", after ");
		text_span(&what, row->first->t_ns - timer->since_ns);
	}
	ladder_wrapped_row(l, row, l->r->term.g->line, STYLE_DIM, what.s);
	text_free(&what);
}

static void undo_row(struct ladder *l, const struct row *row)
{
	struct text what = { 0 };

	text_add(&what, "%s taken back: %s", l->r->term.g->undo,
		 explain_undo(row->first->why));
	ladder_wrapped_row(l, row, l->r->term.g->line, STYLE_WARN, what.s);
	text_free(&what);
}

static void word_row(struct ladder *l, const struct row *row)
{
	const struct tcptrace_record *rec = row->first;
	const bool differs = rec->why == TCPTRACE_WHY_WORD_DIFFERS;
	struct text what = { 0 };

	if (differs)
		text_add(&what, "%s kernel: %s", l->r->term.g->differs,
			 tcptrace_state_name(rec->u.word.said));
	else
		text_add(&what, "%s, by the kernel's word",
			 rec->why == TCPTRACE_WHY_WORD_FIN ?
			 "its FIN waited behind data" : "closed");
	ladder_wrapped_row(l, row, l->r->term.g->line,
			   differs ? STYLE_ALARM : STYLE_WARN, what.s);
	text_free(&what);
}

/* Moves words that fit into @room columns from @p to l->part. */
static const char *take_words(struct ladder *l, const char *p,
			      unsigned int room)
{
	struct text word = { 0 };
	size_t len;

	text_clear(&l->part);
	for (; *p && *p != '\n'; p += len, p += strspn(p, " ")) {
		len = strcspn(p, "\n ");
		text_clear(&word);
		text_add(&word, "%.*s", (int)len, p);
		if (l->part.cols && l->part.cols + 1 + word.cols > room)
			break;
		text_add(&l->part, "%s%s", l->part.cols ? " " : "", word.s);
	}
	text_free(&word);
	return p + strspn(p, "\n");
}

/* Explanations, in the lane and beyond, or to the side of the row above. */
static void explain(struct ladder *l, const struct row *row)
{
	const struct terminal *term = &l->r->term;
	const unsigned int left = ladder_left(l);
	const unsigned int full = left + 1 + l->lane + 1 + ladder_right(l);
	unsigned int at = l->side ? full + 2 : left + 3;
	unsigned int room = l->side ? l->side : term->width - at;
	struct text what = { 0 };
	const char *p;

	text_clear(&what);
	if (l->r->explain) {
		explain_row(l->s, row, &what);
		ladder_tls_all(l, row, &what);
	}
	p = what.s + strspn(what.s, "\n ");
	if (!*p || !l->side)
		ladder_emit(l);
	while (*p) {
		p = take_words(l, p, room);
		if (!l->line.cols) {
			text_pad(&l->line, left);
			text_style(&l->line, term, STYLE_DIM, "%s",
				   term->g->line);
		}
		if (l->side && l->line.cols < left + 2) {
			text_pad(&l->line, left + 1 + l->lane);
			text_style(&l->line, term, STYLE_DIM, "%s",
				   term->g->line);
		}
		text_pad(&l->line, at);
		text_style(&l->line, term, STYLE_TEACH, "%s", l->part.s);
		ladder_emit(l);
	}
	text_free(&what);
}

/**
 * ladder_row() - draw a row
 * @l: the ladder
 * @row: the row
 *
 * Context: any.
 */
void ladder_row(struct ladder *l, const struct row *row)
{
	switch (row->kind) {
	case ROW_ARROW:
		ladder_arrow_row(l, row);
		break;
	case ROW_MOVE:
		ladder_plain_row(l, row, l->r->term.g->line, STYLE_NONE, NULL);
		break;
	case ROW_UNDO:
		undo_row(l, row);
		break;
	case ROW_TIMER:
		timer_row(l, row);
		break;
	case ROW_WORD:
		word_row(l, row);
		break;
	case ROW_DATA:
		data_row(l, row);
		break;
	case ROW_TLS:
		ladder_tls_row(l, row);
		break;
	case ROW_GAP:
		gap_row(l, row);
		break;
	case ROW_END:
		if (row->first->why == TCPTRACE_WHY_CLOSED)
			return;
		ladder_wrapped_row(l, row, l->r->term.g->fold, STYLE_DIM,
				   explain_end(row->first->why));
		break;
	}
	explain(l, row);
}
