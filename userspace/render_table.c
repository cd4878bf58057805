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

/**
 * struct entry - a connection on its way to a row
 * @r: where it goes
 * @s: its story
 * @verdict: what it comes to
 * @zeek: what zeek_read() calls it; struct table's @history goes with it
 *
 * What adds a cell adds it to those before it.
 */
struct entry {
	const struct render *r;
	const struct story *s;
	enum verdict verdict;
	const char *zeek;
};

/**
 * struct table_row - a row whose columns may grow yet
 * @all: what its cells say, one after the other
 * @cell: where in @all each begins, its bytes and its columns
 * @style: of the verdict
 */
struct table_row {
	struct text all;
	struct cell {
		size_t at;
		size_t size;
		unsigned int cols;
	} cell[COL_NR];
	enum style style;
};

struct table {
	struct table_row row[BATCH];
	struct text history;	/* of one connection, whole */
	struct text sni;	/* likewise */
	struct text line;
	unsigned int nr;
	unsigned int width[COL_NR];
	enum column shown[COL_NR];
	unsigned int nr_shown;
	bool headed;
	bool tls;	/* one of the rows has it */
};

static void add_id(const struct entry *en, struct text *cell)
{
	text_decimal(cell, en->s->conn->id);
}

static void add_client(const struct entry *en, struct text *cell)
{
	name_endpoint(cell, en->s->any, TCPTRACE_CLIENT);
}

static void add_server(const struct entry *en, struct text *cell)
{
	name_endpoint(cell, en->s->any, TCPTRACE_SERVER);
}

static void add_verdict(const struct entry *en, struct text *cell)
{
	text_put(cell, verdict_word(en->verdict));
	if (en->s->lost)
		text_add(cell, " (%llu lost)", (unsigned long long)en->s->lost);
}

/* The version, with a mark if it came to nothing. */
static void add_tls(const struct entry *en, struct text *cell)
{
	const struct tls_info *tls = en->s->tls;
	const bool in_vain = tls && tls->established == TLS_NO;

	if (in_vain)
		text_add(cell, "%s%s", en->r->term.g->cross,
			 tls->version ? " " : "");
	if (tls && tls->version)
		tls_add_name(cell, tls->version_name, tls->version);
	else if (!in_vain)
		text_char(cell, '-');
}

/* The name asked for. */
static void add_sni(const struct entry *en, struct text *cell)
{
	const struct tls_info *tls = en->s->tls;
	struct text *sni = &((struct table *)en->r->priv)->sni;

	text_clear(sni);
	if (tls && tls->sni)
		text_escaped(sni, tls->sni, strlen(tls->sni), en->r->term.ascii);
	text_shorten(sni, SNI_MAX, en->r->term.g->ellipsis);
	if (sni->len)
		text_append(cell, sni);
	else
		text_char(cell, '-');
}

static void add_zeek(const struct entry *en, struct text *cell)
{
	text_put(cell, en->zeek ? en->zeek : "-");
}

/* A long one is cut: it begins with what tells the most. */
static void add_history(const struct entry *en, struct text *cell)
{
	const struct text *history = &((struct table *)en->r->priv)->history;

	if (history->len > HISTORY_MAX)
		text_add(cell, "%.*s%s", HISTORY_MAX, history->s,
			 en->r->term.g->ellipsis);
	else
		text_append(cell, history);
}

static void add_handshake(const struct entry *en, struct text *cell)
{
	if (en->s->has_handshake)
		text_span(cell, en->s->handshake_ns);
	else
		text_char(cell, '-');
}

static void add_duration(const struct entry *en, struct text *cell)
{
	text_span(cell, en->s->last_ns - en->s->start_ns);
}

static void add_up(const struct entry *en, struct text *cell)
{
	text_bytes(cell, en->s->end[TCPTRACE_CLIENT].sent.bytes);
}

static void add_down(const struct entry *en, struct text *cell)
{
	text_bytes(cell, en->s->end[TCPTRACE_SERVER].sent.bytes);
}

static void add_again(const struct entry *en, struct text *cell)
{
	const struct story *s = en->s;
	uint64_t again = (uint64_t)s->end[0].sent.retrans + s->end[1].sent.retrans;

	text_decimal(cell, again > s->retransmits ? again : s->retransmits);
}

static void add_states(const struct entry *en, struct text *cell)
{
	const struct story_end *end = en->s->end;
	uint8_t e;

	for (e = 0; e < 2; e++) {
		bool guess = end[e].nr_moves &&
			     end[e].move[end[e].nr_moves - 1].guess;

		if (e)
			text_char(cell, '/');
		text_put(cell, tcptrace_state_name(end[e].state));
		if (guess)
			text_char(cell, '?');
	}
}

static const struct {
	const char *head;
	bool right;
	void (*add)(const struct entry *en, struct text *cell);
} columns[COL_NR] = {
	[COL_ID]	= { "id", true, add_id },
	[COL_CLIENT]	= { "client", false, add_client },
	[COL_SERVER]	= { "server", false, add_server },
	[COL_VERDICT]	= { "verdict", false, add_verdict },
	[COL_TLS]	= { "tls", false, add_tls },
	[COL_SNI]	= { "sni", false, add_sni },
	[COL_ZEEK]	= { "zeek", false, add_zeek },
	[COL_HISTORY]	= { "history", false, add_history },
	[COL_HANDSHAKE]	= { "handshake", true, add_handshake },
	[COL_DURATION]	= { "duration", true, add_duration },
	[COL_UP]	= { "sent", true, add_up },
	[COL_DOWN]	= { "received", true, add_down },
	[COL_AGAIN]	= { "again", true, add_again },
	[COL_STATES]	= { "states", false, add_states },
};

/* @all is where the cell lies. */
static void put_cell(const struct render *r, struct table *t, enum column col,
		     const struct text *all, const struct cell *cell,
		     enum style style)
{
	const unsigned int fill = t->width[col] - cell->cols;
	struct text *line = &t->line;

	if (col)
		text_spaces(line, 2);
	if (columns[col].right)
		text_spaces(line, fill);
	if (style == STYLE_NONE)
		text_piece(line, all->s + cell->at, cell->size, cell->cols);
	else
		text_style(line, &r->term, style, "%.*s", (int)cell->size,
			   all->s + cell->at);
	if (!columns[col].right && col != t->shown[t->nr_shown - 1])
		text_spaces(line, fill);
}

/* False if it was left out before. */
static bool leave_out(struct table *t, enum column col)
{
	const unsigned int before = t->nr_shown;
	unsigned int i, nr = 0;

	for (i = 0; i < before; i++)
		if (t->shown[i] != col)
			t->shown[nr++] = t->shown[i];
	t->nr_shown = nr;
	return nr < before;
}

/* Leaves columns out, in their order, until the others fit. */
static void drop(const struct render *r, struct table *t,
		 const enum column *cols, unsigned int nr, unsigned int *total)
{
	unsigned int i;

	for (i = 0; i < nr && *total > r->term.width; i++)
		if (leave_out(t, cols[i]))
			*total -= t->width[cols[i]] + 2;
}

/* Makes the table fit, once. */
static void settle(const struct render *r, struct table *t)
{
	const enum column tls[] = { COL_SNI, COL_TLS };
	unsigned int col, total = 0;

	for (col = 0; col < COL_NR; col++)
		total += t->width[col] + (col ? 2 : 0);
	/* Where nobody speaks TLS, nobody misses that it is not told. */
	if (!t->tls)
		drop(r, t, tls, ARRAY_SIZE(tls), &total);
	drop(r, t, dispensable, ARRAY_SIZE(dispensable), &total);
}

static void put_row(struct render *r, struct table *t,
		    const struct table_row *row, bool head)
{
	enum style style;
	unsigned int i;

	text_clear(&t->line);
	for (i = 0; i < t->nr_shown; i++) {
		style = head ? STYLE_BOLD : STYLE_NONE;
		if (t->shown[i] == COL_VERDICT)
			style = row->style;
		put_cell(r, t, t->shown[i], &row->all, &row->cell[t->shown[i]],
			 style);
	}
	text_char(&t->line, '\n');
	fwrite(t->line.s, t->line.len, 1, r->out);
}

/* What was added last is a cell. */
static void end_cell(struct table *t, struct table_row *row, enum column col,
		     size_t at, unsigned int cols)
{
	row->cell[col] = (struct cell) {
		.at = at,
		.size = row->all.len - at,
		.cols = row->all.cols - cols,
	};
	if (row->cell[col].cols > t->width[col])
		t->width[col] = row->cell[col].cols;
}

/* Once: which columns there are does not change below it. */
static void put_head(struct render *r, struct table *t)
{
	struct table_row head = { .style = STYLE_BOLD };
	unsigned int col, cols;
	size_t at;

	for (col = 0; col < COL_NR; col++) {
		at = head.all.len;
		cols = head.all.cols;
		text_put(&head.all, columns[col].head);
		end_cell(t, &head, col, at, cols);
	}
	settle(r, t);
	t->headed = true;
	put_row(r, t, &head, true);
	text_free(&head.all);
}

static void table_flush(struct render *r)
{
	struct table *t = r->priv;
	unsigned int i;

	if (!t || !t->nr)
		return;
	if (!t->headed)
		put_head(r, t);
	for (i = 0; i < t->nr; i++)
		put_row(r, t, &t->row[i], false);
	t->nr = 0;
}

static struct table *make_table(void)
{
	struct table *t = zalloc(sizeof(*t));

	while (t->nr_shown < COL_NR) {
		t->shown[t->nr_shown] = (enum column)t->nr_shown;
		t->nr_shown++;
	}
	return t;
}

static bool is_shown(const struct table *t, enum column col)
{
	unsigned int i;

	for (i = 0; i < t->nr_shown; i++)
		if (t->shown[i] == col)
			return true;
	return false;
}

static void table_conn(struct render *r, const struct story *s,
		       enum verdict verdict)
{
	struct entry en = { .r = r, .s = s, .verdict = verdict };
	struct table *t = r->priv;
	struct table_row *row;
	unsigned int i, cols;
	enum column col;
	size_t at;

	if (!t) {
		t = make_table();
		r->priv = t;
	}
	row = &t->row[t->nr];
	row->style = verdict_style(verdict);
	t->tls |= !!s->tls;
	/* The history goes before it. */
	if (is_shown(t, COL_ZEEK))
		en.zeek = zeek_read(s, &t->history);
	text_clear(&row->all);
	for (i = 0; i < t->nr_shown; i++) {
		col = t->shown[i];
		at = row->all.len;
		cols = row->all.cols;
		columns[col].add(&en, &row->all);
		end_cell(t, row, col, at, cols);
	}
	if (++t->nr == BATCH)
		table_flush(r);
}

static void table_finish(struct render *r)
{
	struct table *t = r->priv;
	unsigned int i;

	if (!t)
		return;
	table_flush(r);
	for (i = 0; i < BATCH; i++)
		text_free(&t->row[i].all);
	text_free(&t->history);
	text_free(&t->sni);
	text_free(&t->line);
	free(t);
	r->priv = NULL;
}

const struct render_ops render_table = {
	.name = "table",
	.conn = table_conn,
	.flush = table_flush,
	.finish = table_finish,
};
