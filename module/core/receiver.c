// SPDX-License-Identifier: GPL-2.0
/* What a segment does to its receiver, as far as can be told: inferences. */
#include "judge.h"
#include "step.h"

/* It comes before what precedes it: one run of such is remembered. */
static void add_early(struct tcptrace_end *y, u32 seq, u32 end)
{
	if (y->early == y->early_end) {
		y->early = seq;
		y->early_end = end;
	} else if (tcptrace_before(end, y->early)) {
		y->flags |= TCPTRACE_END_FORGOT;
		y->early = seq;
		y->early_end = end;
	} else if (tcptrace_after(seq, y->early_end)) {
		y->flags |= TCPTRACE_END_FORGOT;
	} else {
		if (tcptrace_before(seq, y->early))
			y->early = seq;
		if (tcptrace_after(end, y->early_end))
			y->early_end = end;
	}
}

/* What precedes the run has come. */
static void join_early(struct tcptrace_end *y)
{
	if (y->early == y->early_end || tcptrace_after(y->early, y->rcv_nxt))
		return;
	if (tcptrace_after(y->early_end, y->rcv_nxt))
		y->rcv_nxt = y->early_end;
	y->early = y->early_end;
}

/* The receiver's numbers advance with what it takes in order. */
void tcptrace_receiver_advance(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *y = st->y;

	if (!(y->flags & TCPTRACE_END_RCV)) {
		y->flags |= TCPTRACE_END_RCV;
		y->rcv_nxt = seg->end;
		y->ahead = seg->end;
		return;
	}
	if (seg->end == seg->seq || !tcptrace_after(seg->end, y->rcv_nxt))
		return;
	if (tcptrace_after(seg->seq, y->rcv_nxt)) {
		add_early(y, seg->seq, seg->end);
	} else {
		y->rcv_nxt = seg->end;
		join_early(y);
	}
	if (tcptrace_after(seg->end, y->ahead))
		y->ahead = seg->end;
	if (y->rcv_nxt == y->ahead)
		y->flags &= ~TCPTRACE_END_FORGOT;
}

/* The kernel restarts the wait for whatever carries an ACK and no RST. */
static void restart(struct tcptrace_step *st)
{
	if (st->y->state != TCPTRACE_TIME_WAIT ||
	    (st->seg->flags & (TCPTRACE_ACK | TCPTRACE_RST)) != TCPTRACE_ACK)
		return;
	/* Inferred, until it answers. */
	st->y->doubts |= TCPTRACE_DOUBT_LATE;
	st->y->tw_ns = st->s->now_ns;
	st->notes->timer = true;
	st->worth = true;
}

void tcptrace_receiver_stale(struct tcptrace_step *st)
{
	struct tcptrace_end *y = st->y;

	restart(st);
	if ((st->seg->flags & TCPTRACE_RST) &&
	    y->state == TCPTRACE_SYN_RCVD &&
	    tcptrace_judge_segment(y, st->x, st->seg)) {
		y->doubts |= TCPTRACE_DOUBT_RST;
		y->reset_at = st->seg->seq;
	}
}

/* A FIN that arrives before what precedes it waits in the receiver's queue. */
static void hold_fin(struct tcptrace_step *st)
{
	struct tcptrace_end *y = st->y;

	if (!(st->seg->flags & TCPTRACE_FIN) ||
	    tcptrace_end_took(y, TCPTRACE_TOOK_FIN) ||
	    !tcptrace_judge_synchronized(y) ||
	    !tcptrace_judge_segment(y, st->x, st->seg))
		return;
	y->doubts |= TCPTRACE_HOLDS_FIN;
	y->held = st->seg->seq;
	if (y->flags & TCPTRACE_END_FORGOT)
		y->doubts |= TCPTRACE_DOUBT_FIN;
}

/* Now that more has arrived, is a FIN that was held in order? */
static bool may_take_held_fin(struct tcptrace_step *st)
{
	struct tcptrace_end *y = st->y;

	if (!(y->doubts & TCPTRACE_HOLDS_FIN) ||
	    !tcptrace_judge_synchronized(y) || st->seg->end == st->seg->seq)
		return false;
	if (!tcptrace_before(y->rcv_nxt, y->held))
		return true;
	/* Others may be held that close the gap: its next ACK will tell. */
	if (tcptrace_after(y->rcv_nxt, st->seg->seq) &&
	    (y->flags & TCPTRACE_END_FORGOT))
		y->doubts |= TCPTRACE_DOUBT_FIN;
	return false;
}

static void take_reset(struct tcptrace_step *st)
{
	struct tcptrace_end *y = st->y;

	if (y->state == TCPTRACE_SYN_SENT)
		st->why = TCPTRACE_WHY_REFUSED;
	if (tcptrace_judge_fin_waits(y, st->x))
		y->doubts |= TCPTRACE_DOUBT_WAITED;
	y->reset_at = st->seg->seq;
	if (y->state != TCPTRACE_TIME_WAIT &&
	    !(y->flags & TCPTRACE_END_PENDING))
		y->tw_ns = st->s->now_ns;
	tcptrace_step_take(st, y, TCPTRACE_TOOK_RST, TCPTRACE_WHY_RST);
}

/* The segment reaches its receiver, as far as can be told. */
void tcptrace_receiver(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *y = st->y;
	u16 what;

	/* The kernel has closed it, but for the rest of a FIN_WAIT2. */
	if ((y->flags & TCPTRACE_END_PENDING) && y->state != TCPTRACE_FIN_WAIT2)
		return;
	what = tcptrace_judge_takes(y, st->x, seg);
	if (what & TCPTRACE_TOOK_RST) {
		take_reset(st);
		return;
	}
	if ((seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	    TCPTRACE_SYN && (y->flags & TCPTRACE_END_ACTIVE))
		y->flags |= TCPTRACE_END_CROSSED;
	if ((seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	    TCPTRACE_SYN && y->state == TCPTRACE_SYN_SENT &&
	    tcptrace_judge_segment(y, st->x, seg)) {
		const struct tcptrace_stand before = tcptrace_stand(y);

		/* Inferred; its SYN-ACK will prove it, from SYN_SENT on. */
		y->state = tcptrace_fsm_next(y->state, TCPTRACE_EV_RCV_SYN);
		st->why = TCPTRACE_WHY_SIMULTANEOUS_OPEN;
		tcptrace_step_moved(st, y, before, TCPTRACE_WHY_SIMULTANEOUS_OPEN);
	}
	tcptrace_receiver_stale(st);
	if (seg->flags & TCPTRACE_RST)
		return;
	if ((tcptrace_judge_synchronized(y) || what) &&
	    tcptrace_judge_segment(y, st->x, seg))
		tcptrace_receiver_advance(st);
	if (what & TCPTRACE_TOOK_OPEN)
		tcptrace_step_take(st, st->y, TCPTRACE_TOOK_OPEN, TCPTRACE_WHY_HANDSHAKE_ACK);
	if (what & TCPTRACE_TOOK_FIN_ACK)
		tcptrace_step_take(st, st->y, TCPTRACE_TOOK_FIN_ACK, TCPTRACE_WHY_ACK_OF_FIN);
	if (!(what & TCPTRACE_TOOK_FIN))
		hold_fin(st);
	if (what & TCPTRACE_TOOK_FIN || may_take_held_fin(st))
		tcptrace_step_take(st, st->y, TCPTRACE_TOOK_FIN, TCPTRACE_WHY_FIN);
}

/* It leaves for a receiver on this host: will its arrival move anything? */
void tcptrace_receiver_announce(struct tcptrace_step *st)
{
	u16 what = tcptrace_judge_takes(st->y, st->x, st->seg);

	if (!what)
		return;
	st->worth = true;
	if (st->why == TCPTRACE_WHY_NONE || st->why == TCPTRACE_WHY_PROOF)
		st->why = what & TCPTRACE_TOOK_OPEN ?
			  TCPTRACE_WHY_HANDSHAKE_ACK : TCPTRACE_WHY_ACK_OF_FIN;
}
