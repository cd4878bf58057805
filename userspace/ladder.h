/* SPDX-License-Identifier: GPL-2.0 */
/* A ladder being drawn: what the files that draw it share. */
#ifndef _TCPTIMELINE_LADDER_H
#define _TCPTIMELINE_LADDER_H

#include "letters.h"
#include "render.h"

#define STATE_COLS	11	/* ESTABLISHED */
#define MARK_COLS	1	/* ? */

/**
 * struct ladder - a ladder
 * @r: where it is drawn
 * @s: what it shows
 * @letters: the numbers' names
 * @time: columns of a time, by endpoint; 0 if that has none
 * @lane: columns between the lifelines
 * @side: columns beside the ladder for explanations, 0 if there are too few
 * @seconds: the unit of times; else milliseconds
 * @cut: the label of the last arrow of TLS does not say all
 * @line: the line being made
 * @part: a part of it being made; each function may use it
 * @note: a label being made
 */
struct ladder {
	struct render *r;
	const struct story *s;
	struct letters letters;
	unsigned int time[2];
	unsigned int lane;
	unsigned int side;
	bool seconds;
	bool cut;
	struct text line;
	struct text part;
	struct text note;
};

/* ladder_line.c */
void ladder_emit(struct ladder *l);
void ladder_time(const struct ladder *l, uint64_t t_ns, struct text *t);
unsigned int ladder_left(const struct ladder *l);
unsigned int ladder_right_gap(const struct ladder *l);
unsigned int ladder_right(const struct ladder *l);
void ladder_left_margin(struct ladder *l, const struct row *row);
void ladder_right_margin(struct ladder *l, const struct row *row);
void ladder_plain_row(struct ladder *l, const struct row *row,
		      const char *glyph, enum style style,
		      const struct text *what);
void ladder_wrapped_row(struct ladder *l, const struct row *row,
			const char *glyph, enum style style, const char *text);

/* ladder_arrow.c */
void ladder_arrow_row(struct ladder *l, const struct row *row);
void ladder_draw_arrow(struct ladder *l, const struct row *row, bool right,
		       const char *shaft, enum style style);

/* ladder_tls.c */
void ladder_tls_row(struct ladder *l, const struct row *row);
void ladder_tls_all(struct ladder *l, const struct row *row, struct text *t);

/* ladder_head.c */
void ladder_head(struct ladder *l, enum verdict verdict);

/* ladder_row.c */
void ladder_row(struct ladder *l, const struct row *row);

#endif /* _TCPTIMELINE_LADDER_H */
