// SPDX-License-Identifier: GPL-2.0
/* What a sender cannot have taken, seen what it sends. */
#include "judge.h"
#include "step.h"

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
	       tcptrace_before(seg->ack, tcptrace_end_fin(st->y));
}

/*
 * Would a reset with the number that came hit, seen what it acknowledges now?
 * Exactly there, or where its peer's FIN was, which it has taken (RFC 5961
 * section 3.2; tcp_reset_check() in the kernel).
 */
static bool reset_hits(const struct tcptrace_end *x, const struct tcptrace_end *y,
		       u32 ack)
{
	if (x->reset_at == ack)
		return true;
	return x->reset_at == ack - 1 && (y->flags & TCPTRACE_END_FIN) &&
	       y->fin_end == ack;
}

/*
 * It sends after a reset has come to it. From elsewhere it may have sent that
 * before. Here the reset waits in the backlog of the socket, which a process
 * owns, if it will hit: one that missed would be challenged.
 */
static bool reset_waits(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;

	if (st->s->vantage != TCPTRACE_LEAVES)
		return true;
	return (seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK)) == TCPTRACE_ACK &&
	       reset_hits(st->x, st->y, seg->ack) &&
	       st->s->now_ns - st->x->tw_ns < TCPTRACE_SETTLE_NS;
}

/* What a reset tells that its sender has not taken. */
static u16 untaken_by_reset(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;
	u16 what = 0;

	/* An abort acknowledges all that was taken (tcp_send_active_reset()). */
	if (seg->flags & TCPTRACE_ACK)
		return seg->seq == x->snd_nxt && (y->flags & TCPTRACE_END_FIN) &&
		       tcptrace_before(seg->ack, y->fin_end) ?
		       TCPTRACE_TOOK_FIN : 0;
	/* An older kernel had given up the request before. */
	if (x->sure == TCPTRACE_SYN_RCVD && (x->doubts & TCPTRACE_DOUBT_RST))
		what |= TCPTRACE_TOOK_OPEN;
	/* A reset without ACK answers what is not wanted ... */
	if (x->sure == TCPTRACE_SYN_SENT && !(x->flags & TCPTRACE_END_FIN))
		what |= TCPTRACE_TOOK_OPEN;
	/* ... and what came with data after CLOSE. */
	if (x->flags & TCPTRACE_END_FIN)
		what |= TCPTRACE_TOOK_FIN;
	return what;
}

/* What a FIN tells that its sender has not taken, if it sends that again. */
static u16 untaken_by_fin(const struct tcptrace_step *st)
{
	const struct tcptrace_end *y = st->y;

	if (!(st->rflags & TCPTRACE_F_RETRANSMIT))
		return 0;
	/* Nor the FIN that it does not acknowledge yet. */
	if (st->s->vantage == TCPTRACE_LEAVES &&
	    (y->flags & TCPTRACE_END_FIN) &&
	    tcptrace_before(st->seg->ack, y->fin_end))
		return TCPTRACE_TOOK_FIN_ACK | TCPTRACE_TOOK_FIN;
	return TCPTRACE_TOOK_FIN_ACK;
}

/* Takes back what the sender cannot have taken, seen what it sends. */
void tcptrace_sender_contradict(struct tcptrace_step *st)
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
		what |= untaken_by_reset(st);
	} else if (seg->flags & TCPTRACE_FIN) {
		what |= untaken_by_fin(st);
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
