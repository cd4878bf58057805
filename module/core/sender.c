// SPDX-License-Identifier: GPL-2.0
/* What a segment says of its sender: facts and proofs. */
#include "judge.h"
#include "step.h"

/* Does what @x sends show that it took the answer that establishes? */
static bool proves_open(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;

	if ((seg->flags & TCPTRACE_SYN) || !(seg->flags & TCPTRACE_ACK))
		return false;
	/* A host without a socket acknowledges, too, what it resets. */
	if ((seg->flags & TCPTRACE_RST) &&
	    (!(x->flags & TCPTRACE_END_SEEN) || seg->seq != x->snd_nxt))
		return false;
	/* Of two that opened at once, SYN_RCVD may send bare ACKs and a FIN. */
	if ((x->flags & y->flags & TCPTRACE_END_ACTIVE) &&
	    (x->flags & (TCPTRACE_END_LOCAL | TCPTRACE_END_CROSSED)) !=
	    TCPTRACE_END_LOCAL)
		return seg->len || tcptrace_after(seg->ack, y->isn + 1);
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

/* What the sender's own segment proves that it has taken. */
void tcptrace_sender_prove(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) && proves_open(st))
		tcptrace_step_prove(st, TCPTRACE_TOOK_OPEN);

	/* Whatever it is, a bare ACK does not come from SYN_SENT. */
	if ((x->flags & TCPTRACE_END_ACTIVE) && x->state == TCPTRACE_SYN_SENT &&
	    (seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	    TCPTRACE_ACK)
		tcptrace_step_take(st, x, TCPTRACE_TOOK_OPEN,
				   TCPTRACE_WHY_PROOF);

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
		/*
		 * What carries data or a FIN may have been sent before, with
		 * a FIN that was lost before it was seen: then they crossed.
		 */
		if (seg->end != seg->seq && !(x->flags & TCPTRACE_END_FIN) &&
		    st->s->vantage != TCPTRACE_LEAVES)
			x->doubts |= TCPTRACE_DOUBT_LATE;
	}
}

/* It sends as one that is established, and its SYN-ACK was not seen. */
static void missed_synack(struct tcptrace_step *st)
{
	const u16 flags = st->seg->flags;

	if (st->x->state != TCPTRACE_LISTEN || !(flags & TCPTRACE_ACK) ||
	    (st->x->flags & TCPTRACE_END_SYN) ||
	    (flags & (TCPTRACE_SYN | TCPTRACE_RST)))
		return;
	st->conn->flags |= TCPTRACE_CONN_PICKUP;
	st->why = TCPTRACE_WHY_PROOF;
	tcptrace_step_send(st, TCPTRACE_EV_SND_SYNACK);
	if (st->seg->end == st->seg->seq) {
		st->x->doubts |= TCPTRACE_DOUBT_UNSEEN;
		if (!(st->x->flags & TCPTRACE_END_FIN))
			st->x->unseen = st->seg->seq;
	}
}

/* It answers the SYN that seemed to be none of this connection. */
static void adopt_syn(struct tcptrace_step *st)
{
	struct tcptrace_conn *conn = st->conn;
	struct tcptrace_end *y = st->y;
	const struct tcptrace_stand before = tcptrace_stand(y);

	if (!(conn->flags & TCPTRACE_CONN_FOREIGN_SYN) ||
	    conn->foreign_from != st->to ||
	    st->seg->ack != conn->foreign_isn + 1 ||
	    (y->flags & TCPTRACE_END_SYN))
		return;
	conn->flags &= ~TCPTRACE_CONN_FOREIGN_SYN;
	y->flags |= TCPTRACE_END_SYN | TCPTRACE_END_SEEN | TCPTRACE_END_ACTIVE;
	y->isn = conn->foreign_isn;
	y->snd_nxt = conn->foreign_isn + 1;
	st->x->flags |= TCPTRACE_END_CROSSED;
	if (y->state != TCPTRACE_CLOSED)
		return;
	/* It came before the refusal, or after. */
	y->state = TCPTRACE_SYN_SENT;
	conn->flags &= ~TCPTRACE_CONN_ENDED;
	tcptrace_step_moved(st, y, before, TCPTRACE_WHY_SYNACK);
}

static void send_syn(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	const bool late = x->state == TCPTRACE_CLOSED &&
			  ((x->flags & TCPTRACE_END_SYN) ||
			   tcptrace_judge_overtaken(x, seg));

	if (!(seg->flags & TCPTRACE_ACK))
		x->flags |= TCPTRACE_END_ACTIVE;
	if (!(x->flags & TCPTRACE_END_SYN)) {
		x->flags |= TCPTRACE_END_SYN;
		x->isn = seg->seq;
		x->wscale = seg->wscale;
	}
	/* The SYN that seemed to be none of this connection was its own. */
	if ((st->conn->flags & TCPTRACE_CONN_FOREIGN_SYN) &&
	    st->conn->foreign_from == st->s->from &&
	    st->conn->foreign_isn == seg->seq) {
		st->conn->flags &= ~TCPTRACE_CONN_FOREIGN_SYN;
		x->flags |= TCPTRACE_END_ACTIVE;
	}
	/* It is closed since: a stale duplicate. */
	if (late)
		return;
	if (!(seg->flags & TCPTRACE_ACK)) {
		tcptrace_step_send(st, TCPTRACE_EV_SND_SYN);
		return;
	}
	adopt_syn(st);
	if (tcptrace_after(seg->ack, st->y->isn + 1) &&
	    (st->y->flags & TCPTRACE_END_SYN))
		st->conn->flags |= TCPTRACE_CONN_FASTOPEN;
	/* It listens after all, or did so before it refused: a guess. */
	if (x->state == TCPTRACE_CLOSED) {
		const struct tcptrace_stand before = tcptrace_stand(x);

		x->state = TCPTRACE_SYN_RCVD;
		st->conn->flags &= ~TCPTRACE_CONN_ENDED;
		tcptrace_step_moved(st, x, before, TCPTRACE_WHY_SYNACK);
		return;
	}
	tcptrace_step_send(st, TCPTRACE_EV_SND_SYNACK);
	/* The other SYN-ACK is under way, and establishes when it comes. */
	if (st->crossed_syn)
		tcptrace_step_take(st, st->x, TCPTRACE_TOOK_OPEN,
				   TCPTRACE_WHY_HANDSHAKE_ACK);
	/* So may an ACK be that overtook this segment. */
	else if (!(x->flags & TCPTRACE_END_LOCAL) &&
		 !tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) &&
		 (st->y->flags & TCPTRACE_END_ACKED) &&
		 tcptrace_after(st->y->acked, x->isn))
		x->doubts |= TCPTRACE_DOUBT_LATE;
}

static void send_fin(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!(x->flags & TCPTRACE_END_FIN)) {
		st->first_fin = true;
		st->unseen = x->unseen;
		x->flags |= TCPTRACE_END_FIN;
		x->fin_end = seg->end;
		if ((y->flags & TCPTRACE_END_FIN) &&
		    (seg->flags & TCPTRACE_ACK) &&
		    !tcptrace_before(seg->ack, y->fin_end))
			x->flags |= TCPTRACE_END_FIN_ACKS;
	}
	/* One of them does not: by that one the peer may have taken it. */
	if (tcptrace_before(seg->ack, tcptrace_end_fin(y)))
		x->flags &= ~TCPTRACE_END_FIN_ACKS;
	tcptrace_step_send(st, TCPTRACE_EV_SND_FIN);
	/* The other FIN is under way or waits in the backlog of the socket. */
	if (st->crossed)
		tcptrace_step_take(st, x, TCPTRACE_TOOK_FIN, TCPTRACE_WHY_FIN);
}

/* It resets because there has been nothing here all the time. */
static void was_closed(struct tcptrace_step *st, u8 why)
{
	struct tcptrace_end *x = st->x;
	struct tcptrace_note *note;

	note = tcptrace_note_open(st->conn, st->notes, TCPTRACE_REC_UNDO, why,
				  st->s->from);
	note->rflags = st->rflags;
	x->state = TCPTRACE_CLOSED;
	x->sure = TCPTRACE_CLOSED;
	x->snd_nxt = st->seg->seq;
	tcptrace_note_close(st->conn, st->notes, note);
	tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
}

static void send_rst(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	/* It was taken for a listener because it was sent a SYN. */
	if (x->state == TCPTRACE_LISTEN && y->state == TCPTRACE_SYN_SENT) {
		was_closed(st, TCPTRACE_WHY_NO_LISTENER);
		st->why = TCPTRACE_WHY_REFUSED;
		return;
	}
	/* It was taken for an end because it was sent what is for one. */
	if (st->s->vantage == TCPTRACE_LEAVES &&
	    (st->conn->flags & TCPTRACE_CONN_PARTIAL) &&
	    !(x->flags & TCPTRACE_END_SEEN) &&
	    x->state != TCPTRACE_CLOSED &&
	    !(seg->flags & TCPTRACE_ACK)) {
		was_closed(st, TCPTRACE_WHY_NO_CONNECTION);
		return;
	}
	if (x->state == TCPTRACE_SYN_RCVD && !(seg->flags & TCPTRACE_ACK) &&
	    (x->doubts & TCPTRACE_DOUBT_RST)) {
		tcptrace_step_take(st, x, TCPTRACE_TOOK_RST, TCPTRACE_WHY_RST);
		return;
	}
	/*
	 * While it opens it may reset something else than this connection:
	 * it answers an ACK that makes no sense with that ACK's number.
	 */
	if ((x->state == TCPTRACE_SYN_SENT || x->state == TCPTRACE_SYN_RCVD) &&
	    seg->seq != x->snd_nxt && !(seg->flags & TCPTRACE_ACK) &&
	    !tcptrace_judge_rst(y, x, seg))
		return;
	/*
	 * A filter of this host may answer what it does not like with a reset
	 * that no socket knows of. One that is closed takes the number from an
	 * ACK, which may be old, of something that it has sent.
	 */
	if (st->s->vantage == TCPTRACE_LEAVES &&
	    tcptrace_judge_synchronized(x) && (x->flags & TCPTRACE_END_SYN) &&
	    seg->seq - x->isn > x->snd_nxt - x->isn)
		return;
	/* A listener that was reset has no connection, and says so. */
	if (x->state == TCPTRACE_LISTEN && (x->flags & TCPTRACE_END_SYN) &&
	    !(seg->flags & TCPTRACE_ACK))
		return;
	/* As one that is closed; if not now, as it was before its SYN. */
	if (st->s->vantage != TCPTRACE_LEAVES && !seg->seq && x->snd_nxt &&
	    (seg->flags & TCPTRACE_ACK) && (x->flags & TCPTRACE_END_SEEN)) {
		tcptrace_step_take(st, x, TCPTRACE_TOOK_RST, TCPTRACE_WHY_RST);
		return;
	}
	/* A socket that is open does not answer so; one that was closed does. */
	if (!(seg->flags & TCPTRACE_ACK) && tcptrace_judge_fin_waits(x, y))
		x->doubts |= TCPTRACE_DOUBT_WAITED;
	tcptrace_step_send(st, TCPTRACE_EV_SND_RST);
}

/* First sighting: what the segment says of its sender. */
void tcptrace_sender(struct tcptrace_step *st)
{
	const u16 flags = st->seg->flags;

	tcptrace_sender_count(st);
	tcptrace_sender_contradict(st);
	missed_synack(st);
	tcptrace_sender_prove(st);
	if (flags & TCPTRACE_RST)
		send_rst(st);
	else if (flags & TCPTRACE_SYN)
		send_syn(st);
	else if (flags & TCPTRACE_FIN)
		send_fin(st);
	if (st->crossed_rst)
		tcptrace_step_take(st, st->x, TCPTRACE_TOOK_RST,
				   TCPTRACE_WHY_RST);
	if (!(flags & TCPTRACE_RST))
		tcptrace_sender_advance(st);
}
