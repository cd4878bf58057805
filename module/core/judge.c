// SPDX-License-Identifier: GPL-2.0
#include "judge.h"

bool tcptrace_judge_synchronized(const struct tcptrace_end *end)
{
	switch (end->state) {
	case TCPTRACE_CLOSED:
	case TCPTRACE_LISTEN:
	case TCPTRACE_SYN_SENT:
	case TCPTRACE_SYN_RCVD:
		return false;
	default:
		return true;
	}
}

/* RFC 9293 section 3.10.7.4, first check; tcp_sequence() in the kernel. */
static bool in_window(const struct tcptrace_end *y,
		      const struct tcptrace_segment *seg)
{
	if (!(y->flags & TCPTRACE_END_ACKED))
		return true;
	return !tcptrace_before(seg->end, y->acked) &&
	       !tcptrace_after(seg->seq, y->edge);
}

bool tcptrace_judge_overtaken(const struct tcptrace_end *x,
			      const struct tcptrace_segment *seg)
{
	/* Reordering reaches so far; another connection's ISN is elsewhere. */
	if (!(x->flags & TCPTRACE_END_SEEN) && !x->snd_nxt)
		return false;
	return !(x->flags & TCPTRACE_END_SYN) &&
	       x->snd_nxt - seg->end < 0x10000;
}

bool tcptrace_judge_rst(const struct tcptrace_end *y,
			const struct tcptrace_end *x,
			const struct tcptrace_segment *seg)
{
	switch (y->state) {
	case TCPTRACE_CLOSED:
	case TCPTRACE_LISTEN:
		return false;
	case TCPTRACE_SYN_SENT:
		return (seg->flags & TCPTRACE_ACK) &&
		       tcptrace_after(seg->ack, y->isn) &&
		       !tcptrace_after(seg->ack, y->snd_nxt);
	case TCPTRACE_TIME_WAIT:
		if (y->flags & TCPTRACE_END_RFC1337)
			return false;
		break;
	default:
		break;
	}
	if (!(y->flags & TCPTRACE_END_RCV))
		return true;
	if (seg->seq == y->rcv_nxt)
		return true;
	/*
	 * What has come since its last ACK need not have been taken, and what
	 * came out of order may have been. If not, it will challenge.
	 */
	if ((y->flags & TCPTRACE_END_ACKED) &&
	    !tcptrace_before(seg->seq, y->acked) &&
	    !tcptrace_after(seg->seq, y->ahead))
		return true;
	/* Elsewhere it may have taken all that was sent, seen to come or not. */
	if (!(y->flags & TCPTRACE_END_LOCAL) &&
	    (x->flags & TCPTRACE_END_SEEN) && seg->seq == x->snd_nxt)
		return true;
	switch (y->state) {
	case TCPTRACE_CLOSE_WAIT:
	case TCPTRACE_LAST_ACK:
	case TCPTRACE_CLOSING:
		return seg->seq == y->rcv_nxt - 1;
	default:
		return false;
	}
}

bool tcptrace_judge_missed(const struct tcptrace_end *y,
			   const struct tcptrace_end *x,
			   const struct tcptrace_segment *seg)
{
	return (seg->flags & TCPTRACE_ACK) && (y->flags & TCPTRACE_END_SEEN) &&
	       tcptrace_after(seg->ack, y->snd_nxt) &&
	       !(y->flags & (TCPTRACE_END_LOCAL | TCPTRACE_END_FIN)) &&
	       tcptrace_judge_synchronized(y) &&
	       (x->flags & TCPTRACE_END_ACKED) &&
	       !tcptrace_after(seg->ack, x->edge);
}

bool tcptrace_judge_segment(const struct tcptrace_end *y,
			    const struct tcptrace_end *x,
			    const struct tcptrace_segment *seg)
{
	if (y->state == TCPTRACE_SYN_SENT) {
		if (!(seg->flags & TCPTRACE_ACK))
			return seg->flags & TCPTRACE_SYN;
		return tcptrace_after(seg->ack, y->isn) &&
		       !tcptrace_after(seg->ack, y->snd_nxt);
	}
	if ((seg->flags & TCPTRACE_ACK) && (y->flags & TCPTRACE_END_SEEN) &&
	    tcptrace_after(seg->ack, y->snd_nxt) &&
	    !tcptrace_judge_missed(y, x, seg))
		return false;
	return in_window(y, seg);
}

u16 tcptrace_judge_takes(const struct tcptrace_end *y,
			 const struct tcptrace_end *x,
			 const struct tcptrace_segment *seg)
{
	u32 rcv_nxt = y->rcv_nxt;
	u16 what = 0;

	if (seg->flags & TCPTRACE_RST)
		return tcptrace_judge_rst(y, x, seg) ? TCPTRACE_TOOK_RST : 0;
	if (!tcptrace_judge_segment(y, x, seg) || !(seg->flags & TCPTRACE_ACK))
		return 0;
	if (seg->flags & TCPTRACE_SYN)
		return y->state == TCPTRACE_SYN_SENT ||
		       y->state == TCPTRACE_SYN_RCVD ? TCPTRACE_TOOK_OPEN : 0;

	if (y->state == TCPTRACE_SYN_RCVD && tcptrace_after(seg->ack, y->isn))
		what |= TCPTRACE_TOOK_OPEN;
	else if (!tcptrace_judge_synchronized(y))
		return 0;
	if ((y->flags & TCPTRACE_END_FIN) &&
	    !tcptrace_before(seg->ack, y->fin_end))
		what |= TCPTRACE_TOOK_FIN_ACK;
	if (x->flags & TCPTRACE_END_FIN) {
		if (!(y->flags & TCPTRACE_END_RCV))
			rcv_nxt = seg->seq;
		if (!tcptrace_after(seg->seq, rcv_nxt) &&
		    !tcptrace_before(seg->end, x->fin_end))
			what |= TCPTRACE_TOOK_FIN;
	}
	return what & ~y->flags;
}

bool tcptrace_judge_fin_waits(const struct tcptrace_end *end,
			      const struct tcptrace_end *peer)
{
	if (tcptrace_end_word(end) != TCPTRACE_UNKNOWN ||
	    (end->state != TCPTRACE_ESTABLISHED &&
	     end->state != TCPTRACE_CLOSE_WAIT))
		return false;
	return !(peer->flags & TCPTRACE_END_ACKED) ||
	       tcptrace_after(end->snd_nxt, peer->acked) ||
	       !tcptrace_before(end->snd_nxt, peer->edge);
}
