// SPDX-License-Identifier: GPL-2.0
/*
 * One line per connection. Columns are measured first and printed second: a
 * few hundred rows at a time, so that memory stays small however many come.
 * A column that had to grow stays wide. Which ones there are is settled with
 * the heads: where the terminal is too narrow, the least important ones go.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fsm.h"
#include "names.h"
#include "render.h"
#include "tls_names.h"
#include "util.h"
#include "zeek.h"

#define BATCH		512
#define HISTORY_MAX	16
#define SNI_MAX		40

enum column {
	COL_ID, COL_CLIENT, COL_SERVER, COL_VERDICT, COL_TLS, COL_SNI, COL_ZEEK,
	COL_HISTORY, COL_HANDSHAKE, COL_DURATION, COL_UP, COL_DOWN, COL_AGAIN, COL_STATES,
	COL_NR,
};

/* In this order they go. */
static const enum column dispensable[] = {
	COL_STATES, COL_DURATION, COL_AGAIN, COL_UP, COL_DOWN, COL_HANDSHAKE,
	COL_HISTORY, COL_ZEEK, COL_SNI, COL_TLS,
};

static const struct {
	const char *head;
	bool right;
} columns[COL_NR] = {
	[COL_ID]	= { "id", true },
	[COL_CLIENT]	= { "client", false },
	[COL_SERVER]	= { "server", false },
	[COL_VERDICT]	= { "verdict", false },
	[COL_TLS]	= { "tls", false },
	[COL_SNI]	= { "sni", false },
	[COL_ZEEK]	= { "zeek", false },
	[COL_HISTORY]	= { "history", false },
	[COL_HANDSHAKE]	= { "handshake", true },
	[COL_DURATION]	= { "duration", true },
	[COL_UP]	= { "sent", true },
	[COL_DOWN]	= { "received", true },
	[COL_AGAIN]	= { "again", true },
	[COL_STATES]	= { "states", false },
};

struct table_row {
	struct text cell[COL_NR];
	enum style style;
};

struct table {
	struct table_row row[BATCH];
	struct text history;	/* of one connection, whole */
	unsigned int nr;
	unsigned int width[COL_NR];
	bool gone[COL_NR];
	enum column last;
	bool headed;
	bool tls;	/* one of the rows has it */
};

static void put_cell(struct render *r, struct table *t, struct text *line,
		     enum column col, const char *s, unsigned int cols,
		     enum style style)
{
	unsigned int fill = t->width[col] - cols;

	if (t->gone[col])
		return;
	if (col)
		text_put(line, "  ");
	if (columns[col].right)
		text_fill(line, " ", fill);
	if (style == STYLE_NONE)
		text_put(line, s);
	else
		text_style(line, &r->term, style, "%s", s);
	if (!columns[col].right && col != t->last)
		text_fill(line, " ", fill);
}

/* Leaves columns out, in their order, until the others fit. */
static void drop(const struct render *r, struct table *t,
		 const enum column *cols, unsigned int nr, unsigned int *total)
{
	unsigned int i;

	for (i = 0; i < nr && *total > r->term.width; i++) {
		if (t->gone[cols[i]])
			continue;
		t->gone[cols[i]] = true;
		*total -= t->width[cols[i]] + 2;
	}
}

/* Makes the table fit, once. */
static void settle(const struct render *r, struct table *t)
{
	unsigned int col, total = 0;

	for (col = 0; col < COL_NR; col++)
		total += t->width[col] + (col ? 2 : 0);
	/* Where nobody speaks TLS, nobody misses that it is not told. */
	if (!t->tls)
		drop(r, t, (enum column[]){ COL_SNI, COL_TLS }, 2, &total);
	drop(r, t, dispensable, ARRAY_SIZE(dispensable), &total);
	for (col = 0; col < COL_NR; col++)
		if (!t->gone[col])
			t->last = col;
}

static void put_line(struct render *r, struct text *line)
{
	text_char(line, '\n');
	fwrite(line->s, line->len, 1, r->out);
}

static void table_flush(struct render *r)
{
	struct table *t = r->priv;
	struct text line = { 0 };
	unsigned int i, col;

	if (!t || !t->nr)
		return;
	for (col = 0; col < COL_NR; col++) {
		if (text_width(columns[col].head) > t->width[col])
			t->width[col] = text_width(columns[col].head);
		for (i = 0; i < t->nr; i++)
			if (t->row[i].cell[col].cols > t->width[col])
				t->width[col] = t->row[i].cell[col].cols;
	}
	if (!t->headed) {
		t->headed = true;
		settle(r, t);
		text_clear(&line);
		for (col = 0; col < COL_NR; col++)
			put_cell(r, t, &line, col, columns[col].head,
				 text_width(columns[col].head), STYLE_BOLD);
		put_line(r, &line);
	}
	for (i = 0; i < t->nr; i++) {
		text_clear(&line);
		for (col = 0; col < COL_NR; col++)
			put_cell(r, t, &line, col, t->row[i].cell[col].s,
				 t->row[i].cell[col].cols, col == COL_VERDICT ? t->row[i].style :
						      STYLE_NONE);
		put_line(r, &line);
	}
	t->nr = 0;
	text_free(&line);
}

static void add_states(const struct story *s, struct text *t)
{
	const struct story_end *end = s->end;
	uint8_t e;

	for (e = 0; e < 2; e++) {
		bool guess = end[e].nr_moves &&
			     end[e].move[end[e].nr_moves - 1].guess;

		if (e)
			text_char(t, '/');
		text_put(t, tcptrace_state_name(end[e].state));
		if (guess)
			text_char(t, '?');
	}
}

/* A long one is cut: it begins with what tells the most. */
static void add_zeek(const struct render *r, const struct story *s,
		     struct table_row *row)
{
	struct table *t = r->priv;
	const char *state = zeek_read(s, &t->history);

	text_put(&row->cell[COL_ZEEK], state ? state : "-");
	if (t->history.len > HISTORY_MAX)
		text_add(&row->cell[COL_HISTORY], "%.*s%s", HISTORY_MAX,
			 t->history.s, r->term.g->ellipsis);
	else
		text_put(&row->cell[COL_HISTORY], t->history.s);
}

/* The version, with a mark if it came to nothing; the name asked for. */
static void add_tls(const struct render *r, const struct story *s,
		    struct table_row *row)
{
	struct text *version = &row->cell[COL_TLS];
	struct text *sni = &row->cell[COL_SNI];
	const struct tls_info *tls = s->tls;

	if (tls && tls->established == TLS_NO)
		text_add(version, "%s%s", r->term.g->cross,
			 tls->version ? " " : "");
	if (tls && tls->version)
		tls_add_name(version, tls->version_name, tls->version);
	if (tls && tls->sni)
		text_escaped(sni, tls->sni, strlen(tls->sni), r->term.ascii);
	text_shorten(sni, SNI_MAX, r->term.g->ellipsis);
	if (!version->len)
		text_char(version, '-');
	if (!sni->len)
		text_char(sni, '-');
}

static void table_conn(struct render *r, const struct story *s,
		       enum verdict verdict)
{
	struct table *t = r->priv;
	struct table_row *row;
	uint64_t again;
	int col;

	if (!t) {
		t = zalloc(sizeof(*t));
		r->priv = t;
	}
	row = &t->row[t->nr];
	for (col = 0; col < COL_NR; col++)
		text_clear(&row->cell[col]);
	row->style = verdict_style(verdict);

	text_decimal(&row->cell[COL_ID], s->conn->id);
	name_endpoint(&row->cell[COL_CLIENT], s->any, TCPTRACE_CLIENT);
	name_endpoint(&row->cell[COL_SERVER], s->any, TCPTRACE_SERVER);
	text_put(&row->cell[COL_VERDICT], verdict_word(verdict));
	if (s->lost)
		text_add(&row->cell[COL_VERDICT], " (%llu lost)",
			 (unsigned long long)s->lost);
	add_tls(r, s, row);
	t->tls |= !!s->tls;
	add_zeek(r, s, row);
	if (s->has_handshake)
		text_span(&row->cell[COL_HANDSHAKE], s->handshake_ns);
	else
		text_char(&row->cell[COL_HANDSHAKE], '-');
	text_span(&row->cell[COL_DURATION], s->last_ns - s->start_ns);
	text_bytes(&row->cell[COL_UP], s->end[TCPTRACE_CLIENT].sent.bytes);
	text_bytes(&row->cell[COL_DOWN], s->end[TCPTRACE_SERVER].sent.bytes);
	again = (uint64_t)s->end[0].sent.retrans + s->end[1].sent.retrans;
	text_decimal(&row->cell[COL_AGAIN],
		     again > s->retransmits ? again : s->retransmits);
	add_states(s, &row->cell[COL_STATES]);

	if (++t->nr == BATCH)
		table_flush(r);
}

static void table_finish(struct render *r)
{
	struct table *t = r->priv;
	unsigned int i, col;

	if (!t)
		return;
	table_flush(r);
	for (i = 0; i < BATCH; i++)
		for (col = 0; col < COL_NR; col++)
			text_free(&t->row[i].cell[col]);
	text_free(&t->history);
	free(t);
	r->priv = NULL;
}

const struct render_ops render_table = {
	.name = "table",
	.conn = table_conn,
	.flush = table_flush,
	.finish = table_finish,
};
