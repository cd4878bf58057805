// SPDX-License-Identifier: GPL-2.0
/* What a segment says of its sender: facts, proofs and contradictions. */
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
		    tcptrace_before(seg->end, x->unseen))
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
	    !tcptrace_before(seg->ack, st->y->fin_end) &&
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
		if (tcptrace_after(seg->ack, x->acked))
			x->acked = seg->ack;
		if (tcptrace_after(edge, x->edge))
			x->edge = edge;
	}
	if (!(x->flags & TCPTRACE_END_RCV) ||
	    tcptrace_after(seg->ack, x->rcv_nxt)) {
		if (!(x->flags & TCPTRACE_END_RCV) ||
		    tcptrace_after(seg->ack, x->ahead))
			x->ahead = seg->ack;
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

/* Might a reset taken hide a move that the segment makes? */
static bool may_move(const struct tcptrace_end *x,
		     const struct tcptrace_segment *seg)
{
	if (seg->flags & TCPTRACE_FIN)
		return !(x->flags & TCPTRACE_END_FIN);
	return (seg->flags & TCPTRACE_SYN) &&
	       !tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN);
}

/* Was its first FIN sent before it took the peer's? */
static bool fins_crossed(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;

	return (seg->flags & (TCPTRACE_FIN | TCPTRACE_RST | TCPTRACE_ACK)) ==
	       (TCPTRACE_FIN | TCPTRACE_ACK) &&
	       tcptrace_end_took(st->x, TCPTRACE_TOOK_FIN) &&
	       !(st->x->flags & TCPTRACE_END_FIN) &&
	       tcptrace_before(seg->ack, st->y->fin_end);
}

/*
 * It sends after a reset has come to it. From elsewhere it may have sent that
 * before. Here the reset waits in the backlog of the socket, which a process
 * owns, if what it acknowledges is just what a reset must hit (RFC 5961 section
 * 3.2): one that missed would be challenged with another number.
 */
static bool reset_waits(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;

	if (st->s->vantage != TCPTRACE_LEAVES)
		return true;
	return (seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK)) == TCPTRACE_ACK &&
	       seg->ack == st->x->reset_at &&
	       st->s->now_ns - st->x->tw_ns < TCPTRACE_SETTLE_NS;
}

/* Takes back what the sender cannot have taken, seen what it sends. */
static void contradict(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;
	u16 what = 0;
	u8 why = TCPTRACE_WHY_NOT_TAKEN;

	if (fins_crossed(st)) {
		/* Overtaken by what proved that the other one was taken. */
		x->flags &= ~(TCPTRACE_TOOK_FIN << TCPTRACE_PROVED_SHIFT);
		if (x->sure == TCPTRACE_CLOSE_WAIT)
			x->sure = TCPTRACE_ESTABLISHED;
		what |= TCPTRACE_TOOK_FIN;
		st->crossed = true;
	}
	if (!tcptrace_end_inferred(x))
		return;
	/* From elsewhere, it may have been sent before the reset came. */
	if (tcptrace_end_took(x, TCPTRACE_TOOK_RST) &&
	    !(seg->flags & TCPTRACE_RST) &&
	    (st->s->vantage == TCPTRACE_LEAVES || may_move(x, seg))) {
		what |= TCPTRACE_TOOK_RST;
		st->crossed_rst = reset_waits(st);
	}
	if ((seg->flags & TCPTRACE_SYN) && !(x->flags & TCPTRACE_END_FIN) &&
	    !tcptrace_judge_overtaken(x, seg)) {
		/* Its own SYN again: the answer has not come to it. */
		if (tcptrace_end_took(x, TCPTRACE_TOOK_OPEN))
			what |= TCPTRACE_TOOK_OPEN;
		if (seg->flags & TCPTRACE_ACK)
			why = TCPTRACE_WHY_SYNACK_AGAIN;
		/* Its first SYN-ACK after its SYN: the answers crossed. */
		if ((seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_SENT &&
		    !(x->flags & TCPTRACE_END_LOCAL) &&
		    (y->flags & TCPTRACE_END_ACKED) &&
		    tcptrace_after(y->acked, x->isn)) {
			st->crossed_syn = true;
			why = TCPTRACE_WHY_NOT_TAKEN;
		}
	} else if (seg->flags & TCPTRACE_RST) {
		/* An older kernel had given up the request before. */
		if (!(seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_RCVD &&
		    (x->doubts & TCPTRACE_DOUBT_RST))
			what |= TCPTRACE_TOOK_OPEN;
		/* A reset without ACK answers what is not wanted. */
		if (!(seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_SENT &&
		    !(x->flags & TCPTRACE_END_FIN))
			what |= TCPTRACE_TOOK_OPEN;
		/* So does one that came with data after CLOSE. */
		if (!(seg->flags & TCPTRACE_ACK) &&
		    (x->flags & TCPTRACE_END_FIN))
			what |= TCPTRACE_TOOK_FIN;
		/* An abort acknowledges all that was taken (tcp_send_active_reset()). */
		if ((seg->flags & TCPTRACE_ACK) && seg->seq == x->snd_nxt &&
		    (y->flags & TCPTRACE_END_FIN) &&
		    tcptrace_before(seg->ack, y->fin_end))
			what |= TCPTRACE_TOOK_FIN;
	} else if (seg->flags & TCPTRACE_FIN) {
		/* FIN again, so its ACK has not come; FINs that crossed. */
		if (st->rflags & TCPTRACE_F_RETRANSMIT)
			what |= TCPTRACE_TOOK_FIN_ACK;
		/* Nor the FIN that it does not acknowledge yet. */
		if ((st->rflags & TCPTRACE_F_RETRANSMIT) &&
		    st->s->vantage == TCPTRACE_LEAVES &&
		    (y->flags & TCPTRACE_END_FIN) &&
		    tcptrace_before(seg->ack, y->fin_end))
			what |= TCPTRACE_TOOK_FIN;
	}
	if (!what)
		return;
	tcptrace_step_undo(st, what, why);
	/* What came after the reset was not looked at. */
	if (what & TCPTRACE_TOOK_RST)
		x->doubts |= TCPTRACE_DOUBT_LATE;
	if ((what & TCPTRACE_TOOK_RST) && !st->crossed_rst)
		x->doubts &= ~TCPTRACE_DOUBT_WAITED;
	/* It may be on its way still, to come after this segment was sent. */
	if (!(x->flags & TCPTRACE_END_LOCAL) && !st->crossed_syn &&
	    (what & ~(TCPTRACE_TOOK_FIN | TCPTRACE_TOOK_RST)))
		x->doubts |= TCPTRACE_DOUBT_LATE;
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
		st->x->unseen = st->seg->seq;
	}
}

/* It answers the SYN that seemed to be none of this connection. */
static void adopt_syn(struct tcptrace_step *st)
{
	struct tcptrace_conn *conn = st->conn;
	struct tcptrace_end *y = st->y;
	const struct tcptrace_end before = *y;

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
	tcptrace_step_moved(st, y, &before, TCPTRACE_WHY_SYNACK);
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
		const struct tcptrace_end before = *x;

		x->state = TCPTRACE_SYN_RCVD;
		st->conn->flags &= ~TCPTRACE_CONN_ENDED;
		tcptrace_step_moved(st, x, &before, TCPTRACE_WHY_SYNACK);
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
		x->flags |= TCPTRACE_END_FIN;
		x->fin_end = seg->end;
		if ((y->flags & TCPTRACE_END_FIN) &&
		    (seg->flags & TCPTRACE_ACK) &&
		    !tcptrace_before(seg->ack, y->fin_end))
			x->flags |= TCPTRACE_END_FIN_ACKS;
	}
	/* One of them does not: by that one the peer may have taken it. */
	if (tcptrace_before(seg->ack, y->fin_end))
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
	contradict(st);
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
