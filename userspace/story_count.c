// SPDX-License-Identifier: GPL-2.0
/* Plain data, folded between two records of the counters. */
#include <string.h>

#include "telling.h"

static struct folded folded(const struct tcptrace_record *rec, uint8_t who)
{
	return (struct folded) {
		.bytes = rec->u.count[who].bytes,
		.segs = rec->u.data_segs[who],
		.retrans = rec->u.count[who].retrans,
	};
}

/* What was sent since the counters stood at @from. */
static void fold(struct row *row, const struct folded *from,
		 const struct tcptrace_record *rec)
{
	struct folded until;
	uint8_t e;

	for (e = 0; e < 2; e++) {
		until = folded(rec, e);
		row->data[e].bytes = until.bytes - from[e].bytes;
		row->data[e].segs = until.segs - from[e].segs;
		row->data[e].retrans = until.retrans - from[e].retrans;
	}
	row->span_ns = rec->t_ns - row->first->t_ns;
	row->flying = false;
}

/* Bytes that came after the first FIN and rode in no FIN: half closed. */
static void fold_after_fin(struct telling *t,
			   const struct tcptrace_record *rec)
{
	const uint8_t who = t->s->fin_from == TCPTRACE_CLIENT ?
			    TCPTRACE_SERVER : TCPTRACE_CLIENT;
	struct folded until;
	uint64_t bytes;
	struct row *row;
	unsigned int at;

	/* Without the counters at the first FIN it cannot be told apart. */
	if (t->s->fin_from == TCPTRACE_NOBODY || !t->s->counted)
		return;
	until = folded(rec, who);
	bytes = until.bytes - t->base[who].bytes;
	if (bytes <= t->fin_bytes[who])
		return;
	at = t->second_fin == NO_ROW ? t->s->nr_rows : t->second_fin;
	row = telling_row(t->s, at, ROW_DATA, rec);
	row->after_fin = true;
	row->with_tls = t->spoke[who];
	row->data[who].bytes = bytes - t->fin_bytes[who];
	row->data[who].segs = until.segs - t->base[who].segs;
	if (t->fin_bytes[who] && row->data[who].segs)
		row->data[who].segs--;
	t->second_fin = NO_ROW;
}

/**
 * telling_count() - tell what counters say
 * @t: the telling
 * @rec: their record
 *
 * Context: any.
 */
void telling_count(struct telling *t, const struct tcptrace_record *rec)
{
	struct story *s = t->s;
	struct row *row;
	bool data;
	uint8_t e;

	data = rec->u.count[0].bytes || rec->u.count[1].bytes;
	if (rec->why == TCPTRACE_WHY_FIRST_DATA &&
	    s->fin_from != TCPTRACE_NOBODY) {
		/* All there was rides in the FIN, whose arrow says so. */
	} else if (rec->why == TCPTRACE_WHY_FIRST_DATA) {
		t->data = s->nr_rows;
		row = telling_row(s, s->nr_rows, ROW_DATA, rec);
		row->flying = true;
	} else if (t->data != NO_ROW) {
		row = telling_data_last(t);
		row->with_tls = t->spoke[0] || t->spoke[1];
		fold(row, t->base, rec);
		t->data = NO_ROW;
	} else if (rec->kind == TCPTRACE_REC_END ||
		   s->fin_from != TCPTRACE_NOBODY) {
		fold_after_fin(t, rec);
	} else if (data) {
		/* The beginning is lost; the sum is not. */
		row = telling_row(s, s->nr_rows, ROW_DATA, rec);
		row->with_tls = t->spoke[0] || t->spoke[1];
		fold(row, t->base, rec);
	}
	for (e = 0; e < 2; e++) {
		t->base[e] = folded(rec, e);
		/* All data that there was until the first is the first. */
		if (rec->why == TCPTRACE_WHY_FIRST_DATA) {
			t->base[e].bytes = 0;
			t->base[e].segs = 0;
		} else {
			t->spoke[e] = false;
		}
		s->end[e].sent = rec->u.count[e];
		memset(&t->since[e], 0, sizeof(t->since[e]));
	}
	if (rec->why != TCPTRACE_WHY_FIRST_DATA)
		s->counted = true;
}

/**
 * telling_since() - add what was recorded since the last counters came
 * @t: the telling
 *
 * Context: any, after the last record.
 */
void telling_since(struct telling *t)
{
	uint8_t e;

	for (e = 0; e < 2; e++) {
		struct tcptrace_count *sent = &t->s->end[e].sent;

		sent->bytes += t->since[e].bytes;
		sent->segs += t->since[e].segs;
		sent->retrans += t->since[e].retrans;
	}
}
