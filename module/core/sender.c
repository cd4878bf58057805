// SPDX-License-Identifier: GPL-2.0
/* What a segment says of its sender: facts, proofs and contradictions. */
#include "judge.h"
#include "step.h"

void tcptrace_sender_count(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 data_end = seg->seq + seg->len + !!(seg->flags & TCPTRACE_SYN);
	u32 fresh = seg->len;

	x->count.segs += seg->segs;
	if (seg->len)
		x->data_segs += seg->segs;
	if (seg->end != seg->seq && (x->flags & TCPTRACE_END_SEEN) &&
	    !tcptrace_after(seg->end, x->snd_nxt)) {
		x->count.retrans += seg->segs;
		st->rflags |= TCPTRACE_F_RETRANSMIT;
		return;
	}
	if ((x->flags & TCPTRACE_END_SEEN) && fresh &&
	    tcptrace_before(data_end - fresh, x->snd_nxt))
		fresh = tcptrace_after(data_end, x->snd_nxt) ?
			data_end - x->snd_nxt : 0;
	x->count.bytes += fresh;
	if (!fresh)
		return;
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

/* The sender's numbers advance. */
void tcptrace_sender_advance(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 edge;

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
		if (tcptrace_after(seg->ack, x->acked))
			x->acked = seg->ack;
		if (tcptrace_after(edge, x->edge))
			x->edge = edge;
	}
	if (!(x->flags & TCPTRACE_END_RCV) ||
	    tcptrace_after(seg->ack, x->rcv_nxt)) {
		x->flags |= TCPTRACE_END_RCV;
		x->rcv_nxt = seg->ack;
	}
}

/* Does what @x sends show that it took the answer that establishes? */
static bool proves_open(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;

	if ((seg->flags & TCPTRACE_SYN) || !(seg->flags & TCPTRACE_ACK))
		return false;
	if (x->sure == TCPTRACE_SYN_SENT || x->sure == TCPTRACE_UNKNOWN)
		return !(y->flags & TCPTRACE_END_SYN) ||
		       tcptrace_after(seg->ack, y->isn);
	/*
	 * A request answers with bare ACKs that take nothing, before it is
	 * established (tcp_check_req()); a Fast Open server may send data.
	 */
	if (seg->flags & TCPTRACE_RST)
		return false;
	if (seg->len || (seg->flags & TCPTRACE_FIN))
		return !(st->conn->flags & TCPTRACE_CONN_FASTOPEN);
	return tcptrace_after(seg->ack, y->isn + 1) &&
	       !(st->conn->flags & TCPTRACE_CONN_FASTOPEN);
}

/* Takes back what the sender cannot have taken, seen what it sends. */
static void contradict(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;
	u16 what = 0;
	u8 why = TCPTRACE_WHY_NOT_TAKEN;

	if (!tcptrace_end_inferred(x))
		return;
	if (tcptrace_end_took(x, TCPTRACE_TOOK_RST) &&
	    !(seg->flags & TCPTRACE_RST) &&
	    (st->s->vantage == TCPTRACE_LEAVES ||
	     (seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN))))
		what |= TCPTRACE_TOOK_RST;
	if (seg->flags & TCPTRACE_SYN) {
		/* Its own SYN again: the answer has not come to it. */
		if (tcptrace_end_took(x, TCPTRACE_TOOK_OPEN))
			what |= TCPTRACE_TOOK_OPEN;
		if (seg->flags & TCPTRACE_ACK)
			why = TCPTRACE_WHY_SYNACK_AGAIN;
		/* Its first SYN-ACK after its SYN: the answers crossed. */
		if (what && (seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_SENT) {
			st->crossed_syn = true;
			why = TCPTRACE_WHY_NOT_TAKEN;
		}
	} else if (seg->flags & TCPTRACE_RST) {
		/* A reset without ACK answers what is not wanted. */
		if (!(seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_SENT)
			what |= TCPTRACE_TOOK_OPEN;
	} else if (seg->flags & TCPTRACE_FIN) {
		/* FIN again, so its ACK has not come; FINs that crossed. */
		if (st->rflags & TCPTRACE_F_RETRANSMIT)
			what |= TCPTRACE_TOOK_FIN_ACK;
		if (tcptrace_end_took(x, TCPTRACE_TOOK_FIN) &&
		    !(x->flags & TCPTRACE_END_FIN) &&
		    tcptrace_before(seg->ack, y->fin_end)) {
			what |= TCPTRACE_TOOK_FIN;
			st->crossed = true;
		}
	}
	if (what)
		tcptrace_step_undo(st, what, why);
}

/* What the sender's own segment proves that it has taken. */
static void prove_sender(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) && proves_open(st))
		tcptrace_step_prove(st, TCPTRACE_TOOK_OPEN);

	if ((st->conn->flags & TCPTRACE_CONN_PARTIAL) &&
	    x->sure == TCPTRACE_UNKNOWN &&
	    (x->flags & y->flags & TCPTRACE_END_DATA) &&
	    x->state == TCPTRACE_ESTABLISHED && y->state == x->state) {
		/* Both still send: neither has closed. */
		x->sure = TCPTRACE_ESTABLISHED;
		y->sure = TCPTRACE_ESTABLISHED;
	}

	if ((y->flags & TCPTRACE_END_FIN) && (seg->flags & TCPTRACE_ACK) &&
	    !tcptrace_before(seg->ack, y->fin_end) &&
	    !tcptrace_end_proved(x, TCPTRACE_TOOK_FIN)) {
		/* That FIN had acknowledged this one's FIN: both were taken. */
		if ((y->flags & TCPTRACE_END_FIN_ACKS) &&
		    !tcptrace_end_proved(x, TCPTRACE_TOOK_FIN_ACK))
			tcptrace_step_prove(st, TCPTRACE_TOOK_FIN_ACK);
		tcptrace_step_prove(st, TCPTRACE_TOOK_FIN);
	}
}

/* It sends as one that is established, and its SYN-ACK was not seen. */
static void missed_synack(struct tcptrace_step *st)
{
	const u16 flags = st->seg->flags;

	if (st->x->state != TCPTRACE_LISTEN || !(flags & TCPTRACE_ACK) ||
	    (flags & (TCPTRACE_SYN | TCPTRACE_RST)))
		return;
	st->conn->flags |= TCPTRACE_CONN_PICKUP;
	st->why = TCPTRACE_WHY_PROOF;
	tcptrace_step_send(st, TCPTRACE_EV_SND_SYNACK);
}

static void send_syn(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;

	if (!(x->flags & TCPTRACE_END_SYN)) {
		x->flags |= TCPTRACE_END_SYN;
		x->isn = seg->seq;
		x->wscale = seg->wscale;
	}
	if (!(seg->flags & TCPTRACE_ACK)) {
		tcptrace_step_send(st, TCPTRACE_EV_SND_SYN);
		return;
	}
	if (tcptrace_after(seg->ack, st->y->isn + 1) &&
	    (st->y->flags & TCPTRACE_END_SYN))
		st->conn->flags |= TCPTRACE_CONN_FASTOPEN;
	tcptrace_step_send(st, TCPTRACE_EV_SND_SYNACK);
	/* The other SYN-ACK is under way, and establishes when it comes. */
	if (st->crossed_syn)
		tcptrace_step_take(st, st->x, TCPTRACE_TOOK_OPEN,
				   TCPTRACE_WHY_HANDSHAKE_ACK);
}

static void send_fin(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!(x->flags & TCPTRACE_END_FIN)) {
		x->flags |= TCPTRACE_END_FIN;
		x->fin_end = seg->end;
		if ((y->flags & TCPTRACE_END_FIN) &&
		    (seg->flags & TCPTRACE_ACK) &&
		    !tcptrace_before(seg->ack, y->fin_end))
			x->flags |= TCPTRACE_END_FIN_ACKS;
	}
	tcptrace_step_send(st, TCPTRACE_EV_SND_FIN);
	/* The other FIN is under way or waits in the backlog of the socket. */
	if (st->crossed)
		tcptrace_step_take(st, x, TCPTRACE_TOOK_FIN, TCPTRACE_WHY_FIN);
}

static void send_rst(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (x->state == TCPTRACE_LISTEN && y->state == TCPTRACE_SYN_SENT) {
		struct tcptrace_note *note;

		/* It was taken for a listener because it was sent a SYN. */
		note = tcptrace_note_open(st->conn, st->notes,
					  TCPTRACE_REC_UNDO,
					  TCPTRACE_WHY_NO_LISTENER,
					  st->s->from);
		note->rflags = st->rflags;
		x->state = TCPTRACE_CLOSED;
		x->sure = TCPTRACE_CLOSED;
		tcptrace_note_close(st->conn, st->notes, note);
		tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
		st->why = TCPTRACE_WHY_REFUSED;
		return;
	}
	/*
	 * While it opens it may reset something else than this connection:
	 * it answers an ACK that makes no sense with that ACK's number.
	 */
	if ((x->state == TCPTRACE_SYN_SENT || x->state == TCPTRACE_SYN_RCVD) &&
	    seg->seq != x->snd_nxt && !(seg->flags & TCPTRACE_ACK) &&
	    !tcptrace_judge_rst(y, seg))
		return;
	tcptrace_step_send(st, TCPTRACE_EV_SND_RST);
}

/* First sighting: what the segment says of its sender. */
void tcptrace_sender(struct tcptrace_step *st)
{
	const u16 flags = st->seg->flags;

	tcptrace_sender_count(st);
	contradict(st);
	missed_synack(st);
	prove_sender(st);
	if (flags & TCPTRACE_RST)
		send_rst(st);
	else if (flags & TCPTRACE_SYN)
		send_syn(st);
	else if (flags & TCPTRACE_FIN)
		send_fin(st);
	if (!(flags & TCPTRACE_RST))
		tcptrace_sender_advance(st);
}
