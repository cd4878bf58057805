// SPDX-License-Identifier: GPL-2.0
/*
 *	<time> <state> |<----------- lane ----------->| <time> <state>
 *	 left margin   |  client's and server's line  |  right margin
 *
 * Everything that happens to the client stands on the left, with the time at
 * which it happened there, everything that happens to the server on the right.
 */
#include <time.h>

#include "ladder.h"
#include "names.h"
#include "phase.h"
#include "util.h"

#define LANE_MIN	24
#define LANE_MAX	66
#define SIDE_MIN	44	/* explanations beside the ladder, if so many fit */
#define SIDE_MAX	72

/* Adds @what to the line, after a line break if it does not fit any more. */
static void wrap(struct ladder *l, unsigned int indent, const char *between,
		 const struct text *what)
{
	unsigned int gap = text_width(between);

	if (!what->len)
		return;
	if (l->line.cols > indent &&
	    l->line.cols + gap + what->cols > l->r->term.width) {
		ladder_emit(l);
		text_pad(&l->line, indent);
	} else if (l->line.cols > indent) {
		text_add(&l->line, "%s", between);
	}
	text_append(&l->line, what);
}

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

static void add_task(struct ladder *l, uint8_t who, struct text *t)
{
	const struct story_end *end = &l->s->end[who];

	if (!end->pid) {
		text_add(t, end->local ? "?" : "elsewhere");
		return;
	}
	text_escaped(t, end->comm, sizeof(end->comm), l->r->term.ascii);
	text_add(t, "[%u]", end->pid);
}

static void add_start(struct ladder *l, struct text *t)
{
	uint64_t wall = l->s->start_ns + (uint64_t)l->r->wall_ns;
	time_t sec = (time_t)(wall / NSEC_PER_SEC);
	char buf[32];
	struct tm tm;

	if (!l->r->has_wall || !localtime_r(&sec, &tm))
		return;
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	text_add(t, "%s.%06llu", buf,
		 (unsigned long long)(wall % NSEC_PER_SEC / 1000));
}

/* Who, whose, where, when. */
static void title(struct ladder *l)
{
	const struct terminal *term = &l->r->term;
	const struct story *s = l->s;
	struct text what = { 0 };

	text_clear(&what);
	text_add(&what, "#%llu  ", (unsigned long long)s->conn->id);
	name_endpoint(&what, s->any, TCPTRACE_CLIENT);
	text_add(&what, " %s ", term->g->to);
	name_endpoint(&what, s->any, TCPTRACE_SERVER);
	text_style(&l->line, term, STYLE_BOLD, "%s", what.s);

	if (s->end[0].pid || s->end[1].pid) {
		text_clear(&what);
		add_task(l, TCPTRACE_CLIENT, &what);
		text_add(&what, " %s ", term->g->to);
		add_task(l, TCPTRACE_SERVER, &what);
		wrap(l, 4, "   ", &what);
	}
	text_clear(&what);
	/* A capture knows none. */
	if (s->any->netns)
		text_add(&what, "netns %u", s->any->netns);
	if (s->any->rflags & TCPTRACE_F_NAT)
		text_add(&what, "%sbefore NAT", what.len ? ", " : "");
	wrap(l, 4, "   ", &what);
	text_clear(&what);
	add_start(l, &what);
	wrap(l, 4, "   ", &what);
	ladder_emit(l);
	text_free(&what);
}

/* What was slow, what was sent again, and how long each phase took. */
static void sum_up_times(struct ladder *l, const char *between,
			 enum verdict verdict)
{
	const enum phase slow = phase_slow(l->s);
	struct text what = { 0 }, styled = { 0 };
	uint64_t ns;
	unsigned int i;

	if (slow != PHASE_NR) {
		phase_wait(l->s, slow, &what);
		text_style(&styled, &l->r->term, STYLE_WARN, "%s", what.s);
		wrap(l, 4, between, &styled);
	}
	for (i = 0; i < AGAIN_NR; i++) {
		text_clear(&what);
		verdict_again(verdict, l->s, i, &what);
		if (!what.len)
			continue;
		text_clear(&styled);
		text_style(&styled, &l->r->term, STYLE_WARN, "%s", what.s);
		wrap(l, 4, between, &styled);
	}
	for (i = 0; i < PHASE_NR; i++) {
		/* The last one is told only if it is slow. */
		if (i == PHASE_FIN_ACK || !phase_time(l->s, i, &ns))
			continue;
		text_clear(&what);
		phase_name(i, &l->r->term, &what);
		text_add(&what, " ");
		text_span(&what, ns);
		wrap(l, 4, between, &what);
	}
	text_free(&what);
	text_free(&styled);
}

static void sum_up(struct ladder *l, enum verdict verdict)
{
	const struct terminal *term = &l->r->term;
	const struct story *s = l->s;
	const struct story_end *end = s->end;
	struct text what = { 0 };

	text_pad(&l->line, 4);
	text_clear(&what);
	verdict_sentence(verdict, s, &what);
	text_style(&l->line, term, verdict_style(verdict), "%s", what.s);

	text_clear(&l->part);
	text_add(&l->part, " %s ", term->g->dot);
	sum_up_times(l, l->part.s, verdict);
	if (end[0].sent.bytes || end[1].sent.bytes) {
		text_clear(&what);
		text_add(&what, "%s ", term->g->up);
		text_bytes(&what, end[0].sent.bytes);
		text_add(&what, " %s ", term->g->down);
		text_bytes(&what, end[1].sent.bytes);
		wrap(l, 4, l->part.s, &what);
	}
	ladder_emit(l);
	if (s->lost) {
		text_clear(&what);
		text_count(&what, s->lost, "record");
		text_add(&what, " of this connection %s lost; the rest is right",
			 s->lost == 1 ? "is" : "are");
		text_pad(&l->line, 4);
		text_style(&l->line, term, STYLE_ALARM, "%s", what.s);
		ladder_emit(l);
	}
	text_free(&what);
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

	text_clear(&l.line);
	text_clear(&l.part);
	text_clear(&l.note);
	letters_init(&l.letters, s);
	measure(&l);

	if (r->last != RENDER_NOTHING)
		fputc('\n', r->out);
	r->last = RENDER_CONN;
	title(&l);
	sum_up(&l, verdict);
	fputc('\n', r->out);
	heads(&l);
	for (i = 0; i < s->nr_rows; i++)
		ladder_row(&l, &s->row[i]);
	legend(&l);

	text_free(&l.line);
	text_free(&l.part);
	text_free(&l.note);
}

const struct render_ops render_ladder = {
	.name = "ladder",
	.conn = ladder_conn,
	.event = render_event_line,
};
