// SPDX-License-Identifier: GPL-2.0
/*
 *	<time> <state> |<----------- lane ----------->| <time> <state>
 *	 left margin   |  client's and server's line  |  right margin
 *
 * Everything that happens to the client stands on the left, with the time at
 * which it happened there, everything that happens to the server on the right.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/fsm.h"
#include "explain.h"
#include "letters.h"
#include "names.h"
#include "render.h"
#include "util.h"

#define STATE_COLS	11	/* ESTABLISHED */
#define MARK_COLS	1	/* ? */
#define LANE_MIN	24
#define LANE_MAX	60
#define SIDE_MIN	44	/* explanations beside the ladder, if so many fit */
#define SIDE_MAX	72

/* A ladder being drawn. */
struct ladder {
	struct render *r;
	const struct story *s;
	struct letters letters;
	unsigned int time[2];	/* columns of a time, by endpoint */
	unsigned int lane;	/* columns between the lifelines */
	unsigned int side;	/* columns beside the ladder */
	bool seconds;		/* the unit of times; else milliseconds */
	struct text line;
	struct text part;
	struct text note;
};

static void emit(struct ladder *l)
{
	size_t len = l->line.len;

	/* Spaces at the end only make lines wrap. */
	while (len && l->line.s[len - 1] == ' ')
		len--;
	fwrite(l->line.s, 1, len, l->r->out);
	fputc('\n', l->r->out);
	text_clear(&l->line);
}

/* Adds @what to the line, after a line break if it does not fit any more. */
static void wrap(struct ladder *l, unsigned int indent, const char *between,
		 const struct text *what)
{
	unsigned int gap = text_width(between);

	if (!what->len)
		return;
	if (l->line.cols > indent &&
	    l->line.cols + gap + what->cols > l->r->term.width) {
		emit(l);
		text_pad(&l->line, indent);
	} else if (l->line.cols > indent) {
		text_add(&l->line, "%s", between);
	}
	text_append(&l->line, what);
}

/* --- times ------------------------------------------------------------ */

static void add_time(const struct ladder *l, uint64_t t_ns, struct text *t)
{
	double ns = (double)(t_ns - l->s->start_ns);

	if (t_ns < l->s->start_ns)
		ns = -(double)(l->s->start_ns - t_ns);
	text_add(t, "%.3f", ns / (l->seconds ? 1e9 : 1e6));
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
			add_time(l, row->t_ns[e], &l->part);
			if (l->part.cols > l->time[e])
				l->time[e] = l->part.cols;
		}
	}
}

/* Of the left margin: time, space, state, mark. */
static unsigned int left_columns(const struct ladder *l)
{
	return l->time[TCPTRACE_CLIENT] + 1 + STATE_COLS + MARK_COLS;
}

/* From the server's lifeline to its states. */
static unsigned int right_gap(const struct ladder *l)
{
	return 1 + l->time[TCPTRACE_SERVER] + !!l->time[TCPTRACE_SERVER];
}

static unsigned int right_columns(const struct ladder *l)
{
	return right_gap(l) + STATE_COLS + MARK_COLS;
}

static void measure(struct ladder *l)
{
	unsigned int margins, width = l->r->term.width;

	measure_times(l);
	margins = left_columns(l) + 1 + 1 + right_columns(l);
	l->lane = width > margins + LANE_MIN ? width - margins : LANE_MIN;
	if (l->lane > LANE_MAX)
		l->lane = LANE_MAX;
	l->side = 0;
	if (width > margins + l->lane + SIDE_MIN)
		l->side = width - margins - l->lane - 2;
	if (l->side > SIDE_MAX)
		l->side = SIDE_MAX;
}

/* --- one row ---------------------------------------------------------- */

static void add_state(struct ladder *l, uint8_t who, unsigned int label,
		      struct text *t)
{
	const struct terminal *term = &l->r->term;
	const struct move *move;
	enum style style = STYLE_STATE;

	if (!label)
		return;
	move = &l->s->end[who].move[label - 1];
	if (move->guess)
		style = STYLE_WARN;
	else if (move->state == TCPTRACE_CLOSED ||
		 move->state == TCPTRACE_LISTEN)
		style = STYLE_NONE;
	text_style(t, term, style, "%s%s", tcptrace_state_name(move->state),
		   move->guess ? "?" : "");
}

/* Time and state of the client, up to and without its lifeline. */
static void left_margin(struct ladder *l, const struct row *row)
{
	const unsigned int end = left_columns(l);
	struct text *t = &l->line;
	unsigned int cols;

	text_clear(&l->part);
	if (row && row->has_time[TCPTRACE_CLIENT] && row->kind != ROW_END)
		add_time(l, row->t_ns[TCPTRACE_CLIENT], &l->part);
	text_pad(t, l->time[TCPTRACE_CLIENT] - l->part.cols);
	text_append(t, &l->part);

	text_clear(&l->part);
	if (row)
		add_state(l, TCPTRACE_CLIENT, row->label[TCPTRACE_CLIENT],
			  &l->part);
	/* A state ends where the others do, its mark comes after. */
	cols = l->part.cols;
	if (cols && l->part.len && strstr(l->part.s, "?"))
		cols--;
	text_pad(t, end - MARK_COLS - cols);
	text_append(t, &l->part);
	text_pad(t, end);
}

/* State and time of the server, after its lifeline. */
static void right_margin(struct ladder *l, const struct row *row)
{
	const unsigned int at = l->line.cols;
	struct text *t = &l->line;

	if (!row)
		return;
	text_clear(&l->part);
	if (row->has_time[TCPTRACE_SERVER] && row->kind != ROW_END)
		add_time(l, row->t_ns[TCPTRACE_SERVER], &l->part);
	if (l->part.cols) {
		text_pad(t, at + 1 + l->time[TCPTRACE_SERVER] - l->part.cols);
		text_append(t, &l->part);
	}
	if (!row->label[TCPTRACE_SERVER])
		return;
	text_pad(t, at + right_gap(l));
	add_state(l, TCPTRACE_SERVER, row->label[TCPTRACE_SERVER], t);
}

/* The lane with a text in it; lines run through @glyph. */
static void lane_text(struct ladder *l, const char *glyph, enum style style,
		      const struct text *what)
{
	const struct terminal *term = &l->r->term;
	struct text *t = &l->line;
	unsigned int end = t->cols + 1 + l->lane;

	text_style(t, term, STYLE_DIM, "%s", glyph);
	if (what && what->len) {
		text_add(t, " ");
		text_style(t, term, style, "%s", what->s);
	}
	text_pad(t, end);
	text_style(t, term, STYLE_DIM, "%s", glyph);
}

/* A row without an arrow: margins around a text. */
static void plain_row(struct ladder *l, const struct row *row,
		      const char *glyph, enum style style,
		      const struct text *what)
{
	left_margin(l, row);
	lane_text(l, glyph, style, what);
	right_margin(l, row);
}

/* A text of several lines in the lane; the last ends without emit(). */
static void lane_wrapped(struct ladder *l, const struct row *row,
			 const char *glyph, enum style style, const char *text)
{
	unsigned int room = l->lane - 2;
	struct text what = { 0 };

	text_clear(&what);
	while (*text) {
		size_t len = strcspn(text, " ");
		struct text word = { 0 };

		text_add(&word, "%.*s", (int)len, text);
		if (what.cols && what.cols + 1 + word.cols > room) {
			plain_row(l, row, glyph, style, &what);
			emit(l);
			row = NULL;
			text_clear(&what);
		}
		text_add(&what, "%s%s", what.cols ? " " : "", word.s);
		text_free(&word);
		text += len;
		text += strspn(text, " ");
	}
	plain_row(l, row, glyph, style, &what);
	text_free(&what);
}

/* --- arrows ----------------------------------------------------------- */

static bool label_part(struct text *label, unsigned int room,
		       const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a part of an arrow's label, if there is room left for it. */
static bool label_part(struct text *label, unsigned int room,
		       const char *fmt, ...)
{
	char part[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	if (label->cols + 1 + text_width(part) > room)
		return false;
	text_add(label, " %s", part);
	return true;
}

/* Options, as what they say. */
static void label_options(struct text *label, unsigned int room,
			  const struct tcptrace_seg *seg)
{
	static const struct {
		uint8_t opt;
		const char *name;
	} plain[] = {
		{ TCPTRACE_OPT_SACK_PERM, "sack" },
		{ TCPTRACE_OPT_TS, "ts" },
		{ TCPTRACE_OPT_FASTOPEN, "tfo" },
		{ TCPTRACE_OPT_MPTCP, "mptcp" },
		{ TCPTRACE_OPT_MD5, "md5" },
	};
	unsigned int i;

	/* The first that finds no room ends it: no gaps in what is listed. */
	if ((seg->opts & TCPTRACE_OPT_MSS) &&
	    !label_part(label, room, "mss=%u", seg->mss))
		return;
	if ((seg->opts & TCPTRACE_OPT_WSCALE) &&
	    !label_part(label, room, "wscale=%u", seg->wscale))
		return;
	for (i = 0; i < ARRAY_SIZE(plain); i++)
		if ((seg->opts & plain[i].opt) &&
		    !label_part(label, room, "%s", plain[i].name))
			return;
}

/* What stands on an arrow, the most important first. */
static void make_label(struct ladder *l, const struct tcptrace_record *rec,
		       unsigned int room)
{
	const uint16_t shown = TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST |
			       TCPTRACE_ACK;
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct text *label = &l->note;
	struct text part = { 0 };

	text_clear(label);
	name_flags(label, seg->flags & shown, " ");

	text_clear(&part);
	letters_seq(&l->letters, rec, &part);
	label_part(label, room, "seq=%s", part.s);
	if (seg->flags & TCPTRACE_ACK) {
		text_clear(&part);
		letters_ack(&l->letters, rec, &part);
		label_part(label, room, "ack=%s", part.s);
	}
	text_free(&part);
	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		label_part(label, room, "again");
	if (seg->len)
		label_part(label, room, "len=%u", seg->len);
	if ((seg->flags & TCPTRACE_SYN) &&
	    !(rec->rflags & TCPTRACE_F_RETRANSMIT) &&
	    label_part(label, room, "win=%u", seg->win))
		label_options(label, room, seg);
}

static enum style arrow_style(const struct row *row)
{
	const struct tcptrace_record *rec = row->first;

	if (row->fate == FATE_LOST || (rec->u.seg.flags & TCPTRACE_RST))
		return STYLE_ALARM;
	if (rec->why == TCPTRACE_WHY_STALE ||
	    rec->why == TCPTRACE_WHY_CHALLENGE ||
	    rec->why == TCPTRACE_WHY_SYN_IN_TIME_WAIT ||
	    (rec->rflags & TCPTRACE_F_RETRANSMIT))
		return STYLE_WARN;
	if (rec->u.seg.flags & TCPTRACE_SYN)
		return STYLE_OPEN;
	if (rec->u.seg.flags & TCPTRACE_FIN)
		return STYLE_CLOSE;
	return STYLE_NONE;
}

/* A shaft of @cols columns; one that was lost has gaps. */
static void add_shaft(const struct ladder *l, struct text *t, bool lost,
		      unsigned int cols)
{
	const struct glyphs *g = l->r->term.g;
	unsigned int i;

	for (i = 0; i < cols; i++)
		text_add(t, "%s", lost && i % 2 ? g->gap : g->dash);
}

/* Shaft, label, shaft and tip, in l->part, of all of the lane's columns. */
static void make_arrow(struct ladder *l, const struct row *row)
{
	const struct glyphs *g = l->r->term.g;
	const bool right = row->first->from == TCPTRACE_CLIENT;
	const bool lost = row->fate == FATE_LOST;
	const unsigned int head = lost ? 6 : 1;
	struct text *t = &l->part;
	unsigned int rest;

	make_label(l, row->first, l->lane - 6 - (lost ? 5 : 0));
	text_clear(t);
	rest = l->lane - 3 - 1 - l->note.cols - 1 - head;
	if (right) {
		add_shaft(l, t, lost, 3);
		text_add(t, " %s ", l->note.s);
		add_shaft(l, t, lost, rest);
		text_add(t, "%s", lost ? g->cross : g->right);
	} else {
		text_pad(t, head - 1);
		text_add(t, "%s", lost ? g->cross : g->left);
		add_shaft(l, t, lost, lost ? 3 : 2);
		text_add(t, " %s ", l->note.s);
		add_shaft(l, t, lost, l->lane - t->cols);
	}
	text_pad(t, l->lane);
}

static void arrow_row(struct ladder *l, const struct row *row)
{
	const struct terminal *term = &l->r->term;
	struct text *t = &l->line;

	left_margin(l, row);
	text_style(t, term, STYLE_DIM, "%s", term->g->line);
	make_arrow(l, row);
	text_style(t, term, arrow_style(row), "%s", l->part.s);
	text_style(t, term, STYLE_DIM, "%s", term->g->line);
	right_margin(l, row);
}

/* --- the other rows --------------------------------------------------- */

static void add_folded(struct ladder *l, const char *glyph,
		       const struct folded *data)
{
	if (!data->segs && !data->bytes)
		return;
	if (l->note.cols)
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

static void data_row(struct ladder *l, const struct row *row)
{
	const struct glyphs *g = l->r->term.g;

	text_clear(&l->note);
	if (row->flying) {
		text_add(&l->note, "data under way");
	} else {
		add_folded(l, g->up, &row->data[TCPTRACE_CLIENT]);
		add_folded(l, g->down, &row->data[TCPTRACE_SERVER]);
		add_span(l, row);
	}
	if (l->note.cols + 2 <= l->lane) {
		plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
		return;
	}
	/* One line for each direction. */
	text_clear(&l->note);
	add_folded(l, g->up, &row->data[TCPTRACE_CLIENT]);
	if (l->note.cols) {
		plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
		emit(l);
	}
	text_clear(&l->note);
	add_folded(l, g->down, &row->data[TCPTRACE_SERVER]);
	add_span(l, row);
	plain_row(l, NULL, g->fold, STYLE_DATA, &l->note);
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
	lane_wrapped(l, row, g->fold, STYLE_ALARM, what.s);
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
	lane_wrapped(l, row, l->r->term.g->line, STYLE_DIM, what.s);
	text_free(&what);
}

static void undo_row(struct ladder *l, const struct row *row)
{
	struct text what = { 0 };

	text_add(&what, "%s taken back: %s", l->r->term.g->undo,
		 explain_undo(row->first->why));
	lane_wrapped(l, row, l->r->term.g->line, STYLE_WARN, what.s);
	text_free(&what);
}

/* Explanations, in the lane and beyond, or to the side of the row above. */
static void explain(struct ladder *l, const struct row *row)
{
	const struct terminal *term = &l->r->term;
	const unsigned int left = left_columns(l);
	const unsigned int full = left + 1 + l->lane + 1 + right_columns(l);
	unsigned int at = l->side ? full + 2 : left + 3;
	unsigned int room = l->side ? l->side : term->width - at;
	struct text what = { 0 };
	const char *p;

	text_clear(&what);
	if (l->r->explain)
		explain_row(l->s, row, &what);
	p = what.s + strspn(what.s, " ");
	if (!*p) {
		emit(l);
		text_free(&what);
		return;
	}
	if (!l->side)
		emit(l);
	while (*p) {
		text_clear(&l->part);
		while (*p) {
			size_t len = strcspn(p, " ");
			char word[128];

			snprintf(word, sizeof(word), "%.*s", (int)len, p);
			if (l->part.cols &&
			    l->part.cols + 1 + text_width(word) > room)
				break;
			text_add(&l->part, "%s%s", l->part.cols ? " " : "",
				 word);
			p += len;
			p += strspn(p, " ");
		}
		if (!l->line.cols) {
			text_pad(&l->line, left);
			text_style(&l->line, term, STYLE_DIM, "%s",
				   term->g->line);
			if (l->side) {
				text_pad(&l->line, left + 1 + l->lane);
				text_style(&l->line, term, STYLE_DIM, "%s",
					   term->g->line);
			}
		}
		text_pad(&l->line, at);
		text_style(&l->line, term, STYLE_TEACH, "%s", l->part.s);
		emit(l);
	}
	text_free(&what);
}

static void draw_row(struct ladder *l, const struct row *row)
{
	switch (row->kind) {
	case ROW_ARROW:
		arrow_row(l, row);
		break;
	case ROW_MOVE:
		plain_row(l, row, l->r->term.g->line, STYLE_NONE, NULL);
		break;
	case ROW_UNDO:
		undo_row(l, row);
		break;
	case ROW_TIMER:
		timer_row(l, row);
		break;
	case ROW_DATA:
		data_row(l, row);
		break;
	case ROW_GAP:
		gap_row(l, row);
		break;
	case ROW_END:
		if (row->first->why == TCPTRACE_WHY_CLOSED)
			return;
		lane_wrapped(l, row, l->r->term.g->fold, STYLE_DIM,
			     explain_end(row->first->why));
		break;
	}
	explain(l, row);
}

/* --- above and below -------------------------------------------------- */

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
	text_add(&what, "netns %u", s->any->netns);
	if (s->any->rflags & TCPTRACE_F_NAT)
		text_add(&what, ", before NAT");
	wrap(l, 4, "   ", &what);
	text_clear(&what);
	add_start(l, &what);
	wrap(l, 4, "   ", &what);
	emit(l);
	text_free(&what);
}

static void add_phase(struct ladder *l, const char *name, uint64_t from_ns,
		      uint64_t until_ns)
{
	struct text what = { 0 };

	if (!from_ns || until_ns <= from_ns)
		return;
	text_add(&what, "%s ", name);
	text_span(&what, until_ns - from_ns);
	wrap(l, 4, l->part.s, &what);
	text_free(&what);
}

static void sum_up(struct ladder *l, enum verdict verdict)
{
	const struct terminal *term = &l->r->term;
	const struct story *s = l->s;
	const struct story_end *end = s->end;
	struct text what = { 0 };
	uint64_t again;

	text_pad(&l->line, 4);
	text_clear(&what);
	verdict_sentence(verdict, s, &what);
	text_style(&l->line, term, verdict_style(verdict), "%s", what.s);

	/* What goes between two parts; the helpers below find it here. */
	text_clear(&l->part);
	text_add(&l->part, " %s ", term->g->dot);

	again = (uint64_t)end[0].sent.retrans + end[1].sent.retrans;
	if (again < s->retransmits)
		again = s->retransmits;
	if (again) {
		text_clear(&what);
		text_count(&what, again, "retransmission");
		wrap(l, 4, l->part.s, &what);
	}
	if (s->handshake_ns)
		add_phase(l, "handshake", s->start_ns,
			  s->start_ns + s->handshake_ns);
	if (s->open_ns && s->fin_ns > s->open_ns)
		add_phase(l, "open", s->open_ns, s->fin_ns);
	else if (s->open_ns && !s->fin_ns)
		add_phase(l, "open", s->open_ns, s->last_ns);
	add_phase(l, "close", s->fin_ns, s->last_ns);
	if (end[0].sent.bytes || end[1].sent.bytes) {
		text_clear(&what);
		text_add(&what, "%s ", term->g->up);
		text_bytes(&what, end[0].sent.bytes);
		text_add(&what, " %s ", term->g->down);
		text_bytes(&what, end[1].sent.bytes);
		wrap(l, 4, l->part.s, &what);
	}
	emit(l);
	if (s->lost) {
		text_clear(&what);
		text_count(&what, s->lost, "record");
		text_add(&what, " of this connection %s lost; the rest is right",
			 s->lost == 1 ? "is" : "are");
		text_pad(&l->line, 4);
		text_style(&l->line, term, STYLE_ALARM, "%s", what.s);
		emit(l);
	}
	text_free(&what);
}

/* The heads of the columns, and the states that all began with. */
static void heads(struct ladder *l)
{
	const unsigned int left = left_columns(l) - MARK_COLS;
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
	text_pad(&l->line, left_columns(l) + 1 + l->lane + 1 + right_gap(l));
	text_style(&l->line, term, STYLE_DIM, "server");
	emit(l);
	text_free(&what);

	for (e = 0; e < 2; e++)
		if (l->s->end[e].nr_moves && l->s->any->n == 0 &&
		    l->s->any->old[e] == l->s->end[e].move[0].state)
			first.label[e] = 1;
	if (!first.label[0] && !first.label[1])
		return;
	plain_row(l, &first, term->g->line, STYLE_NONE, NULL);
	emit(l);
}

static void legend(struct ladder *l)
{
	const unsigned int left = left_columns(l);
	struct text what = { 0 };
	unsigned int at = left;

	text_clear(&what);
	letters_legend(&l->letters, &what);
	if (what.cols + at > l->r->term.width)
		at = 4;
	if (what.cols) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_DIM, "%s", what.s);
		emit(l);
	}
	if (l->s->guesses) {
		text_pad(&l->line, at);
		text_style(&l->line, &l->r->term, STYLE_WARN,
			   "? inferred: its own segments do not prove it");
		emit(l);
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

	if (r->nr)
		fputc('\n', r->out);
	title(&l);
	sum_up(&l, verdict);
	fputc('\n', r->out);
	heads(&l);
	for (i = 0; i < s->nr_rows; i++)
		draw_row(&l, &s->row[i]);
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
