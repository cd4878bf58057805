// SPDX-License-Identifier: GPL-2.0
/*
 *	<time> <state> |<----------- lane ----------->| <time> <state>
 *	 left margin   |  client's and server's line  |  right margin
 *
 * Everything that happens to the client stands on the left, with the time at
 * which it happened there, everything that happens to the server on the right.
 */
#include "ladder.h"
#include "util.h"

#define LANE_MIN	24
#define LANE_MAX	66
#define SIDE_MIN	44	/* explanations beside the ladder, if so many fit */
#define SIDE_MAX	72

static void measure_times(struct ladder *l)
{
	unsigned int i, e;

	l->seconds = l->s->conn->last_ns - l->s->start_ns >=
		     100 * NSEC_PER_SEC;
	l->time[TCPTRACE_CLIENT] = 5;
	l->time[TCPTRACE_SERVER] = 0;
	for (i = 0; i < l->s->nr_rows; i++) {
		const struct row *row = &l->s->row[i];

		for (e = 0; e < 2; e++) {
			if (!row->has_time[e] || row->kind == ROW_END)
				continue;
			text_clear(&l->part);
			ladder_time(l, row->t_ns[e], &l->part);
			if (l->part.cols > l->time[e])
				l->time[e] = l->part.cols;
		}
	}
}

static void measure(struct ladder *l)
{
	unsigned int margins, width = l->r->term.width;

	measure_times(l);
	margins = ladder_left(l) + 1 + 1 + ladder_right(l);
	l->lane = width > margins + LANE_MIN ? width - margins : LANE_MIN;
	if (l->lane > LANE_MAX)
		l->lane = LANE_MAX;
	l->side = 0;
	if (width > margins + l->lane + SIDE_MIN)
		l->side = width - margins - l->lane - 2;
	if (l->side > SIDE_MAX)
		l->side = SIDE_MAX;
}

/* The heads of the columns, and the states that all began with. */
static void heads(struct ladder *l)
{
	const unsigned int left = ladder_left(l) - MARK_COLS;
	const struct terminal *term = &l->r->term;
	struct text what = { 0 };
	struct row first = { .kind = ROW_MOVE };
	uint8_t e;

	text_add(&what, "%s", l->seconds ? "s" : "ms");
	text_pad(&l->line, l->time[TCPTRACE_CLIENT] - what.cols);
	text_style(&l->line, term, STYLE_DIM, "%s", what.s);
	text_pad(&l->line, left - 6);
	text_style(&l->line, term, STYLE_DIM, "client");
	if (l->s->passing)
		text_style(&l->line, term, STYLE_DIM, "  (seen in passing)");
	text_pad(&l->line, ladder_left(l) + 1 + l->lane + 1 + ladder_right_gap(l));
	text_style(&l->line, term, STYLE_DIM, "server");
	ladder_emit(l);
	text_free(&what);

	for (e = 0; e < 2; e++)
		if (l->s->end[e].nr_moves && l->s->any->n == 0 &&
		    l->s->any->old[e] == l->s->end[e].move[0].state)
			first.label[e] = 1;
	if (!first.label[0] && !first.label[1])
		return;
	ladder_plain_row(l, &first, term->g->line, STYLE_NONE, NULL);
	ladder_emit(l);
}

/* What the shafts of the messages mean that are there. */
static void legend_tls(struct ladder *l, unsigned int at)
{
	const struct tls_info *tls = l->s->tls;
	const struct glyphs *g = l->r->term.g;
	unsigned int flags = 0;
	struct text what = { 0 };
	bool clear = false;
	size_t i;

	for (i = 0; tls && i < tls->nr_messages; i++) {
		flags |= tls->messages[i].flags;
		clear |= !(tls->messages[i].flags & (TLS_ENCRYPTED | TLS_NOTE));
	}
	if (clear)
		text_add(&what, "%s TLS, readable", g->tls);
	if (flags & TLS_ENCRYPTED)
		text_add(&what, "%s%s encrypted%s", clear ? "   " : "",
			 g->sealed, flags & TLS_INFERRED ?
			 ", ? concluded, not read" : "");
	if (what.cols) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_DIM, "%s", what.s);
		ladder_emit(l);
	}
	text_free(&what);
}

static void legend(struct ladder *l)
{
	const unsigned int left = ladder_left(l);
	struct text what = { 0 };
	unsigned int at = left;

	text_clear(&what);
	letters_legend(&l->letters, &what);
	if (what.cols + at > l->r->term.width)
		at = 4;
	if (what.cols) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_DIM, "%s", what.s);
		ladder_emit(l);
	}
	if (l->s->guesses) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_WARN,
			   "? inferred: no later segment proves it");
		ladder_emit(l);
	}
	legend_tls(l, at);
	if (l->s->agreed) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_DIM,
			   "%s the kernel's own word is the same",
			   l->r->term.g->agrees);
		ladder_emit(l);
	}
	text_free(&what);
}

static void ladder_conn(struct render *r, const struct story *s,
			enum verdict verdict)
{
	struct ladder l = { .r = r, .s = s };
	unsigned int i;

	live_drop(&r->live, s->conn->id);
	text_clear(&l.line);
	text_clear(&l.part);
	text_clear(&l.note);
	letters_init(&l.letters, s);
	measure(&l);

	if (r->last != RENDER_NOTHING)
		fputc('\n', r->out);
	r->last = RENDER_CONN;
	ladder_head(&l, verdict);
	heads(&l);
	for (i = 0; i < s->nr_rows; i++)
		ladder_row(&l, &s->row[i]);
	legend(&l);

	text_free(&l.line);
	text_free(&l.part);
	text_free(&l.note);
}

static void ladder_finish(struct render *r)
{
	live_clean(&r->live);
}

const struct render_ops render_ladder = {
	.name = "ladder",
	.conn = ladder_conn,
	.event = render_event_line,
	.finish = ladder_finish,
};
