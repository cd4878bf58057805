/* SPDX-License-Identifier: GPL-2.0 */
/* The letters that textbooks write for sequence numbers. */
#ifndef _TCPTIMELINE_LETTERS_H
#define _TCPTIMELINE_LETTERS_H

#include "story.h"
#include "text.h"

/**
 * struct letters - the numbers that the textbook calls x, y, u, v and w
 * @s: the connection; x and y are its ISNs
 * @has_u: the first FIN is known
 * @has_v: the answer to it is known
 * @has_w: the second FIN is known
 * @u: number of the first FIN
 * @v: number of the segment that acknowledges it, if it is not the second FIN
 * @w: number of the second FIN
 * @v_rec: that segment
 */
struct letters {
	const struct story *s;
	bool has_u;
	bool has_v;
	bool has_w;
	uint32_t u;
	uint32_t v;
	uint32_t w;
	const struct tcptrace_record *v_rec;
};

void letters_init(struct letters *l, const struct story *s);
void letters_seq(const struct letters *l, const struct tcptrace_record *rec,
		 struct text *t);
void letters_ack(const struct letters *l, const struct tcptrace_record *rec,
		 struct text *t);
void letters_legend(const struct letters *l, struct text *t);

#endif /* _TCPTIMELINE_LETTERS_H */
