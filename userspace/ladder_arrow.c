// SPDX-License-Identifier: GPL-2.0
/* Segments as arrows. */
#include <stdarg.h>
#include <stdio.h>

#include "ladder.h"
#include "names.h"
#include "util.h"

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
static void add_shaft(const struct ladder *l, struct text *t, const char *shaft,
		      bool lost, unsigned int cols)
{
	unsigned int i;

	for (i = 0; i < cols; i++)
		text_add(t, "%s", lost && i % 2 ? l->r->term.g->gap : shaft);
}

/* Shaft, label, shaft and tip, in l->part, of all of the lane's columns. */
static void make_arrow(struct ladder *l, bool right, bool lost,
		       const char *shaft)
{
	const struct glyphs *g = l->r->term.g;
	const unsigned int head = lost ? 6 : 1;
	struct text *t = &l->part;
	unsigned int rest;

	text_clear(t);
	rest = l->lane - 3 - 1 - l->note.cols - 1 - head;
	if (right) {
		add_shaft(l, t, shaft, lost, 3);
		text_add(t, " %s ", l->note.s);
		add_shaft(l, t, shaft, lost, rest);
		text_add(t, "%s", lost ? g->cross : g->right);
	} else {
		text_pad(t, head - 1);
		text_add(t, "%s", lost ? g->cross : g->left);
		add_shaft(l, t, shaft, lost, lost ? 3 : 2);
		text_add(t, " %s ", l->note.s);
		add_shaft(l, t, shaft, lost, l->lane - t->cols);
	}
	text_pad(t, l->lane);
}

/**
 * ladder_draw_arrow() - draw an arrow, its label in l->note
 * @l: the ladder
 * @row: its row
 * @right: it points to the server
 * @shaft: the glyph it is made of
 * @style: its style
 *
 * The label leaves six columns of the lane, eleven if it was lost. The line is
 * left for the caller to print.
 *
 * Context: any.
 */
void ladder_draw_arrow(struct ladder *l, const struct row *row, bool right,
		       const char *shaft, enum style style)
{
	const struct terminal *term = &l->r->term;
	struct text *t = &l->line;

	ladder_left_margin(l, row);
	text_style(t, term, STYLE_DIM, "%s", term->g->line);
	make_arrow(l, right, row->fate == FATE_LOST, shaft);
	text_style(t, term, style, "%s", l->part.s);
	text_style(t, term, STYLE_DIM, "%s", term->g->line);
	ladder_right_margin(l, row);
}

/**
 * ladder_arrow_row() - draw a segment
 * @l: the ladder
 * @row: its row
 *
 * The line is left for the caller to print.
 *
 * Context: any.
 */
void ladder_arrow_row(struct ladder *l, const struct row *row)
{
	make_label(l, row->first,
		   l->lane - 6 - (row->fate == FATE_LOST ? 5 : 0));
	ladder_draw_arrow(l, row, row->first->from == TCPTRACE_CLIENT,
			  l->r->term.g->dash, arrow_style(row));
}
