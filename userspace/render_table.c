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
	unsigned int nr;
	unsigned int width[COL_NR];
	bool gone[COL_NR];
	enum column last;
	bool headed;
	bool tls;	/* one of the rows has it */
};

static void put_cell(struct render *r, struct table *t, struct text *line,
		     enum column col, const char *s, enum style style)
{
	unsigned int width = text_width(s);
	unsigned int fill = t->width[col] - width;

	if (t->gone[col])
		return;
	if (col)
		text_add(line, "  ");
	if (columns[col].right)
		text_fill(line, " ", fill);
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
				 STYLE_BOLD);
		fprintf(r->out, "%s\n", line.s);
	}
	for (i = 0; i < t->nr; i++) {
		text_clear(&line);
		for (col = 0; col < COL_NR; col++)
			put_cell(r, t, &line, col, t->row[i].cell[col].s,
				 col == COL_VERDICT ? t->row[i].style :
						      STYLE_NONE);
		fprintf(r->out, "%s\n", line.s);
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

		text_add(t, "%s%s%s", e ? "/" : "",
			 tcptrace_state_name(end[e].state), guess ? "?" : "");
	}
}

/* A long one is cut: it begins with what tells the most. */
static void add_history(const struct render *r, const struct story *s,
			struct text *t)
{
	struct text all = { 0 };

	zeek_history(s, &all);
	text_add(t, "%.*s%s", HISTORY_MAX, all.s,
		 all.len > HISTORY_MAX ? r->term.g->ellipsis : "");
	text_free(&all);
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
		text_add(version, "-");
	if (!sni->len)
		text_add(sni, "-");
}

static void table_conn(struct render *r, const struct story *s,
		       enum verdict verdict)
{
	struct table *t = r->priv;
	struct table_row *row;
	const char *zeek;
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

	text_add(&row->cell[COL_ID], "%llu", (unsigned long long)s->conn->id);
	name_endpoint(&row->cell[COL_CLIENT], s->any, TCPTRACE_CLIENT);
	name_endpoint(&row->cell[COL_SERVER], s->any, TCPTRACE_SERVER);
	text_add(&row->cell[COL_VERDICT], "%s", verdict_word(verdict));
	if (s->lost)
		text_add(&row->cell[COL_VERDICT], " (%llu lost)",
			 (unsigned long long)s->lost);
	add_tls(r, s, row);
	t->tls |= !!s->tls;
	zeek = zeek_state(s);
	text_add(&row->cell[COL_ZEEK], "%s", zeek ? zeek : "-");
	add_history(r, s, &row->cell[COL_HISTORY]);
	if (s->handshake_ns)
		text_span(&row->cell[COL_HANDSHAKE], s->handshake_ns);
	else
		text_add(&row->cell[COL_HANDSHAKE], "-");
	text_span(&row->cell[COL_DURATION], s->last_ns - s->start_ns);
	text_bytes(&row->cell[COL_UP], s->end[TCPTRACE_CLIENT].sent.bytes);
	text_bytes(&row->cell[COL_DOWN], s->end[TCPTRACE_SERVER].sent.bytes);
	again = (uint64_t)s->end[0].sent.retrans + s->end[1].sent.retrans;
	text_add(&row->cell[COL_AGAIN], "%llu", (unsigned long long)
		 (again > s->retransmits ? again : s->retransmits));
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
	free(t);
	r->priv = NULL;
}

const struct render_ops render_table = {
	.name = "table",
	.conn = table_conn,
	.flush = table_flush,
	.finish = table_finish,
};
