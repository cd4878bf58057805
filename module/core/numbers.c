// SPDX-License-Identifier: GPL-2.0
/* What a segment's numbers say of its sender: what it has sent, and taken. */
#include "judge.h"
#include "step.h"

/*
 * Payload that was not seen though later one was: reordered, or lost before it
 * came here. Between @hole and @hole_end there is some; what of it comes late
 * was not sent twice, as far as can be told.
 */
static void note_hole(struct tcptrace_end *x, const struct tcptrace_end *y,
		      u32 start)
{
	/* What is acknowledged has come, seen or not. */
	if ((y->flags & TCPTRACE_END_ACKED) &&
	    !tcptrace_before(y->acked, x->hole_end))
		x->hole = x->hole_end;
	if (!tcptrace_after(start, x->snd_nxt))
		return;
	if (x->hole == x->hole_end)
		x->hole = x->snd_nxt;
	x->hole_end = start;
}

/* Does payload from @start to @end fall where something is missing? */
static bool fills_hole(struct tcptrace_end *x, u32 start, u32 end)
{
	if (x->hole == x->hole_end || !tcptrace_after(end, x->hole) ||
	    !tcptrace_before(start, x->hole_end))
		return false;
	if (!tcptrace_after(start, x->hole))
		x->hole = tcptrace_before(end, x->hole_end) ? end : x->hole_end;
	else if (!tcptrace_before(end, x->hole_end))
		x->hole_end = start;
	return true;
}

/*
 * Bytes are counted by their numbers, each once: who sends one has sent all
 * before it, in whatever order they come here.
 */
void tcptrace_sender_count(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 start = seg->seq + !!(seg->flags & TCPTRACE_SYN);
	u32 end = start + seg->len, fresh = seg->len;

	x->count.segs += seg->segs;
	if (seg->len)
		x->data_segs += seg->segs;
	if ((x->flags & TCPTRACE_END_SEEN) && !(seg->flags & TCPTRACE_RST)) {
		note_hole(x, st->y, start);
		fresh = tcptrace_after(end, x->snd_nxt) ? end - x->snd_nxt : 0;
		if (seg->end != seg->seq &&
		    !tcptrace_after(seg->end, x->snd_nxt) &&
		    !fills_hole(x, start, seg->end)) {
			x->count.retrans += seg->segs;
			st->rflags |= TCPTRACE_F_RETRANSMIT;
			st->notes->repeat = true;
		}
	}
	/* Its number was taken for payload's when something overtook it. */
	if ((seg->flags & TCPTRACE_FIN) && !(x->flags & TCPTRACE_END_FIN) &&
	    (x->flags & TCPTRACE_END_SEEN) &&
	    !tcptrace_after(seg->end, x->snd_nxt) && x->count.bytes)
		x->count.bytes--;
	if (!fresh)
		return;
	x->count.bytes += fresh;
	x->flags |= TCPTRACE_END_DATA;
	/* What rides in a FIN shows in its record. */
	if ((st->conn->flags & TCPTRACE_CONN_CLOSING) &&
	    !(seg->flags & TCPTRACE_FIN))
		st->conn->flags |= TCPTRACE_CONN_LATE_DATA;
}

/* Right edge of the window offered with the segment (RFC 7323 section 2.2). */
static u32 right_edge(const struct tcptrace_step *st)
{
	u8 scale = tcptrace_conn_wscale(st->conn, st->s->from);

	if (st->seg->flags & TCPTRACE_SYN)
		scale = 0;
	else if (scale == TCPTRACE_WSCALE_NONE)
		scale = 14;	/* not known: the most it may be */
	return st->seg->ack + ((u32)st->seg->win << scale);
}

/*
 * Where what was not seen of the sender ends, with TCPTRACE_DOUBT_UNSEEN: its FIN
 * is not before. If it is, somebody lies; then all that is known is that it was
 * not after the last that it has sent.
 */
static u32 unseen(const struct tcptrace_step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;

	if (!(x->flags & TCPTRACE_END_FIN))
		return x->unseen;
	if (st->first_fin)
		return st->unseen;
	return (y->flags & TCPTRACE_END_ACKED) &&
	       tcptrace_after(y->acked, x->snd_nxt) ? y->acked : x->snd_nxt;
}

/*
 * A bare segment that begins after all that was seen: what is missing may have
 * ended with a FIN. Payload at its place, or after it, tells that it did not.
 */
static void note_unseen(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;

	if (!(x->flags & TCPTRACE_END_SEEN) && !x->snd_nxt)
		return;
	if ((x->doubts & TCPTRACE_DOUBT_RST) &&
	    (seg->flags & (TCPTRACE_ACK | TCPTRACE_RST)) == TCPTRACE_ACK &&
	    tcptrace_after(seg->ack, x->reset_at))
		x->doubts &= ~TCPTRACE_DOUBT_RST;
	if (seg->end != seg->seq) {
		if (!(x->doubts & TCPTRACE_DOUBT_UNSEEN) ||
		    tcptrace_before(seg->end, unseen(st)))
			return;
		x->doubts &= ~TCPTRACE_DOUBT_UNSEEN;
		st->y->doubts &= ~TCPTRACE_DOUBT_TOOK;
		/* That FIN may have been sent before the other was taken. */
		if ((seg->flags & TCPTRACE_FIN) &&
		    tcptrace_end_took(x, TCPTRACE_TOOK_FIN))
			x->doubts |= TCPTRACE_DOUBT_LATE;
	} else if (tcptrace_after(seg->seq, x->snd_nxt) &&
		   !(x->flags & TCPTRACE_END_FIN)) {
		x->doubts |= TCPTRACE_DOUBT_UNSEEN;
		x->unseen = seg->seq;
	}
}

/* The same, as the ACK of the one that has taken it tells. */
static void note_missed(struct tcptrace_step *st)
{
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!tcptrace_judge_missed(y, x, st->seg))
		return;
	y->doubts |= TCPTRACE_DOUBT_UNSEEN;
	y->unseen = st->seg->ack;
	x->doubts |= TCPTRACE_DOUBT_TOOK;
}

/* The sender's numbers advance. */
void tcptrace_sender_advance(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 edge;

	/* A bare ACK has the number after all that was sent before. */
	if (seg->end == seg->seq && seg->seq == x->snd_nxt &&
	    tcptrace_end_proved(x, TCPTRACE_TOOK_FIN) &&
	    !tcptrace_before(seg->ack, tcptrace_end_fin(st->y)) &&
	    (!(x->flags & TCPTRACE_END_FIN) ||
	     x->sure == TCPTRACE_TIME_WAIT))
		x->doubts &= ~TCPTRACE_DOUBT_LATE;
	note_unseen(st);
	note_missed(st);
	/* A request that is given up sends nothing. */
	if (st->s->vantage == TCPTRACE_LEAVES && x->state == TCPTRACE_SYN_RCVD)
		x->doubts &= ~TCPTRACE_DOUBT_RST;
	if (!(x->flags & TCPTRACE_END_SEEN) ||
	    tcptrace_after(seg->end, x->snd_nxt))
		x->snd_nxt = seg->end;
	x->flags |= TCPTRACE_END_SEEN;

	if (!(seg->flags & TCPTRACE_ACK) || (seg->flags & TCPTRACE_RST))
		return;
	edge = right_edge(st);
	if (!(x->flags & TCPTRACE_END_ACKED)) {
		x->flags |= TCPTRACE_END_ACKED;
		x->acked = seg->ack;
		x->edge = edge;
	} else {
		/* It still waits for what precedes the FIN that it holds. */
		if (st->s->vantage == TCPTRACE_LEAVES)
			x->doubts &= ~TCPTRACE_DOUBT_FIN;
	}
	if (!(x->flags & TCPTRACE_END_RCV)) {
		x->flags |= TCPTRACE_END_RCV;
		x->ahead = seg->ack;
		x->rcv_nxt = seg->ack;
	}
	tcptrace_end_acks(x, seg->ack, edge);
}
