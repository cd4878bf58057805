// SPDX-License-Identifier: GPL-2.0
/* What segments say of the whole connection. */
#include <string.h>

#include "telling.h"

static void learn_numbers(struct story *s, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct story_end *from = &s->end[rec->from];
	struct story_end *to = &s->end[!rec->from];

	/* What does not belong to the connection says nothing of it. */
	if (rec->why == TCPTRACE_WHY_STALE ||
	    rec->why == TCPTRACE_WHY_CHALLENGE ||
	    rec->why == TCPTRACE_WHY_SYN_IN_TIME_WAIT)
		return;
	if (seg->flags & TCPTRACE_SYN) {
		from->isn = seg->seq;
		from->has_isn = true;
		from->first_seen = false;
		if ((seg->flags & TCPTRACE_ACK) && !to->has_isn) {
			to->isn = seg->ack - 1;
			to->has_isn = true;
		}
	} else if (!(seg->flags & TCPTRACE_RST)) {
		if (!from->has_isn) {
			from->isn = seg->seq;
			from->has_isn = true;
			from->first_seen = true;
		}
		if (!to->has_isn && (seg->flags & TCPTRACE_ACK)) {
			to->isn = seg->ack;
			to->has_isn = true;
			to->first_seen = true;
		}
	}
	if ((seg->flags & TCPTRACE_FIN) && !from->has_fin) {
		from->fin = seg->seq + seg->len;
		from->has_fin = true;
	}
}

static void learn_task(struct story *s, const struct tcptrace_record *rec)
{
	struct story_end *end = &s->end[rec->from];

	if (!(rec->rflags & TCPTRACE_F_TASK) || end->pid)
		return;
	end->pid = rec->pid;
	memcpy(end->comm, rec->u.seg.comm, sizeof(end->comm));
}

/* The times between which phases lie: those of what is sent first. */
static void learn_times(struct story *s, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	const uint16_t flags = seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK);

	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		return;
	if (rec->from == TCPTRACE_CLIENT && flags == TCPTRACE_SYN &&
	    rec->why == TCPTRACE_WHY_SYN && !s->syn_ns)
		s->syn_ns = rec->t_ns;
	if (rec->from == TCPTRACE_SERVER && rec->why == TCPTRACE_WHY_SYNACK &&
	    !s->synack_ns)
		s->synack_ns = rec->t_ns;
	if (s->fin_from == TCPTRACE_NOBODY)
		return;
	if (rec->from != s->fin_from) {
		if ((seg->flags & TCPTRACE_FIN) && !s->fin2_ns)
			s->fin2_ns = rec->t_ns;
	} else if (s->fin2_ns && !s->fin_ack_ns && flags == TCPTRACE_ACK &&
		   seg->ack == s->end[!rec->from].fin + 1) {
		s->fin_ack_ns = rec->t_ns;
	}
}

static void learn_close(struct telling *t, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct story *s = t->s;
	const struct story_end *first;

	if (seg->flags & TCPTRACE_FIN) {
		s->fins++;
		if (seg->seq + seg->len == s->end[rec->from].fin)
			s->end[rec->from].fins++;
		if (!(rec->rflags & TCPTRACE_F_RETRANSMIT))
			t->fin_bytes[rec->from] += seg->len;
	}
	if (s->fin_from == TCPTRACE_NOBODY) {
		if (seg->flags & TCPTRACE_FIN) {
			s->fin_from = rec->from;
			if (!(rec->rflags & TCPTRACE_F_RETRANSMIT))
				s->fin_ns = rec->t_ns;
		}
		return;
	}
	first = &s->end[s->fin_from];
	if (rec->from == s->fin_from || !(seg->flags & TCPTRACE_ACK) ||
	    t->second_fin != NO_ROW)
		return;
	if (!(seg->flags & TCPTRACE_FIN)) {
		if (seg->ack == first->fin + 1)
			t->fin_acked = true;
		return;
	}
	t->second_fin = s->nr_rows;
	if (seg->ack == first->fin + 1)
		s->merged_close = !t->fin_acked;
	else
		s->crossed_close = true;
}

/**
 * telling_reset() - note who reset the connection, and in which states
 * @s: the story
 * @rec: a sighting
 *
 * Context: any.
 */
void telling_reset(struct story *s, const struct tcptrace_record *rec)
{
	bool moved = rec->old[0] != rec->state[0] ||
		     rec->old[1] != rec->state[1];

	if (!(rec->u.seg.flags & TCPTRACE_RST))
		return;
	if (rec->why == TCPTRACE_WHY_REFUSED)
		s->refused = true;
	else if (!moved)
		return;
	if (s->rst_from != TCPTRACE_NOBODY)
		return;
	s->rst_from = rec->from;
	s->rst_ns = rec->t_ns;
	s->rst_state[0] = rec->old[0];
	s->rst_state[1] = rec->old[1];
}

/* Until the next counters come, what was recorded is known to be sent. */
static void learn_count(struct telling *t, const struct tcptrace_record *rec)
{
	struct tcptrace_count *since = &t->since[rec->from];

	since->segs += rec->u.seg.segs;
	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		since->retrans += rec->u.seg.segs;
	else
		since->bytes += rec->u.seg.len;
}

/**
 * telling_segment() - learn what the first sighting of a segment says
 * @t: the telling
 * @rec: the sighting
 *
 * Context: any.
 */
void telling_segment(struct telling *t, const struct tcptrace_record *rec)
{
	const uint16_t flags = rec->u.seg.flags;
	struct story *s = t->s;

	learn_numbers(s, rec);
	learn_task(s, rec);
	learn_close(t, rec);
	learn_times(s, rec);
	learn_count(t, rec);
	if (rec->rflags & TCPTRACE_F_RETRANSMIT) {
		s->retransmits++;
		if (flags & (TCPTRACE_SYN | TCPTRACE_FIN))
			s->end[rec->from].again += rec->u.seg.segs;
	}
	if ((flags & (TCPTRACE_SYN | TCPTRACE_ACK)) == TCPTRACE_SYN &&
	    rec->from == TCPTRACE_CLIENT && rec->why == TCPTRACE_WHY_SYN)
		s->syns++;
	if (rec->why == TCPTRACE_WHY_SYNACK && rec->from == TCPTRACE_SERVER)
		s->synacks++;
	if (rec->why == TCPTRACE_WHY_SIMULTANEOUS_OPEN)
		s->crossed_open = true;
	if (rec->vantage == TCPTRACE_PASSES)
		s->passing = true;
}
