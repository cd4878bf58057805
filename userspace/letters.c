// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "letters.h"

/* Numbers further than this from an ISN are not said relative to it. */
#define NEAR	0x40000000u

static bool acks(const struct tcptrace_record *rec, uint32_t number)
{
	return (rec->u.seg.flags & TCPTRACE_ACK) && rec->u.seg.ack == number;
}

/**
 * letters_init() - find out which number gets which letter
 * @l: the letters
 * @s: the connection; must outlive them
 *
 * Context: any.
 */
void letters_init(struct letters *l, const struct story *s)
{
	const struct story_end *first, *second;
	unsigned int i;

	memset(l, 0, sizeof(*l));
	l->s = s;
	if (s->fin_from == TCPTRACE_NOBODY)
		return;
	first = &s->end[s->fin_from];
	second = &s->end[!s->fin_from];
	l->has_u = true;
	l->u = first->fin;
	l->has_w = second->has_fin;
	l->w = second->fin;
	for (i = 0; i < s->nr_rows && !l->v_rec; i++) {
		const struct tcptrace_record *rec = s->row[i].first;

		if (s->row[i].kind != ROW_ARROW || rec->from == s->fin_from)
			continue;
		if (rec->u.seg.flags & (TCPTRACE_FIN | TCPTRACE_RST))
			break;
		if (!acks(rec, l->u + 1))
			continue;
		l->has_v = true;
		l->v = rec->u.seg.seq;
		l->v_rec = rec;
	}
}

/* The letter of the FIN of one endpoint, 0 if it has none. */
static char fin_letter(const struct letters *l, uint8_t who)
{
	if (l->has_u && who == l->s->fin_from)
		return 'u';
	if (l->has_w && who != l->s->fin_from)
		return 'w';
	return 0;
}

static void add_relative(struct text *t, char letter, uint32_t distance)
{
	if (distance)
		text_add(t, "%c+%u", letter, distance);
	else
		text_add(t, "%c", letter);
}

/* A number of the stream that @who sends, relative to its beginning. */
static void add_number(const struct letters *l, uint8_t who, uint32_t number,
		       struct text *t)
{
	const struct story_end *end = &l->s->end[who];
	const char letter = who == TCPTRACE_CLIENT ? 'x' : 'y';

	if (end->has_isn && number - end->isn < NEAR)
		add_relative(t, letter, number - end->isn);
	else if (end->has_isn && end->isn - number < NEAR)
		text_add(t, "%c-%u", letter, end->isn - number);
	else
		text_add(t, "%u", number);
}

/**
 * letters_seq() - add the sequence number of a segment
 * @l: the letters
 * @rec: a record with a segment
 * @t: where to
 *
 * Context: any.
 */
void letters_seq(const struct letters *l, const struct tcptrace_record *rec,
		 struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	const char letter = fin_letter(l, rec->from);
	const uint32_t fin = l->s->end[rec->from].fin;

	if (rec == l->v_rec)
		text_add(t, "v");
	else if (letter && (seg->flags & TCPTRACE_FIN) &&
		 seg->seq + seg->len == fin && seg->len)
		text_add(t, "%c-%u", letter, seg->len);
	else if (letter && (seg->flags & TCPTRACE_FIN) && seg->seq == fin)
		text_add(t, "%c", letter);
	else if (letter && seg->seq == fin + 1)
		text_add(t, "%c+1", letter);
	else
		add_number(l, rec->from, seg->seq, t);
}

/**
 * letters_ack() - add the acknowledgement number of a segment
 * @l: the letters
 * @rec: a record with a segment that has one
 * @t: where to
 *
 * Context: any.
 */
void letters_ack(const struct letters *l, const struct tcptrace_record *rec,
		 struct text *t)
{
	const char letter = fin_letter(l, !rec->from);

	if (letter && rec->u.seg.ack == l->s->end[!rec->from].fin + 1)
		text_add(t, "%c+1", letter);
	else
		add_number(l, !rec->from, rec->u.seg.ack, t);
}

static void legend_isn(const struct story *s, uint8_t who, struct text *t)
{
	const struct story_end *end = &s->end[who];

	if (!end->has_isn)
		return;
	text_add(t, "%s%c=%u%s", t->len ? "  " : "",
		 who == TCPTRACE_CLIENT ? 'x' : 'y', end->isn,
		 end->first_seen ? " (first seen)" : "");
}

static void legend_number(const struct letters *l, char letter, uint8_t who,
			  uint32_t number, struct text *t)
{
	const struct story_end *end = &l->s->end[who];

	text_add(t, "%s%c=", t->len ? "  " : "", letter);
	if (end->has_isn && number - end->isn < NEAR)
		add_relative(t, who == TCPTRACE_CLIENT ? 'x' : 'y',
			     number - end->isn);
	else
		text_add(t, "%u", number);
}

/**
 * letters_legend() - add what the letters stand for
 * @l: the letters
 * @t: where to
 *
 * Context: any.
 */
void letters_legend(const struct letters *l, struct text *t)
{
	const struct story *s = l->s;

	legend_isn(s, TCPTRACE_CLIENT, t);
	legend_isn(s, TCPTRACE_SERVER, t);
	if (l->has_u)
		legend_number(l, 'u', s->fin_from, l->u, t);
	if (l->has_v)
		legend_number(l, 'v', !s->fin_from, l->v, t);
	if (l->has_v && l->has_w && l->v == l->w)
		text_add(t, "  w=v");
	else if (l->has_w)
		legend_number(l, 'w', !s->fin_from, l->w, t);
}
