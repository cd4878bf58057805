// SPDX-License-Identifier: GPL-2.0
#include "end.h"

enum tcptrace_event tcptrace_end_event(u8 state, u16 what, bool passive)
{
	switch (what) {
	case TCPTRACE_TOOK_OPEN:
		return state == TCPTRACE_SYN_SENT ? TCPTRACE_EV_RCV_SYNACK :
						    TCPTRACE_EV_RCV_ACK_OF_SYN;
	case TCPTRACE_TOOK_FIN_ACK:
		return TCPTRACE_EV_RCV_ACK_OF_FIN;
	case TCPTRACE_TOOK_FIN:
		return TCPTRACE_EV_RCV_FIN;
	default:
		return state == TCPTRACE_SYN_RCVD && passive ?
		       TCPTRACE_EV_RCV_RST_PASSIVE : TCPTRACE_EV_RCV_RST;
	}
}

static bool set_state(struct tcptrace_end *end, u8 state)
{
	if (end->state == state)
		return false;
	end->state = state;
	return true;
}

static bool anything_unproved(const struct tcptrace_end *end)
{
	u16 took = end->flags & TCPTRACE_TOOK_ALL;
	u16 proved = (end->flags >> TCPTRACE_PROVED_SHIFT) & TCPTRACE_TOOK_ALL;

	return took & ~proved;
}

/* The state after @state once @bit is taken. */
static u8 after_taking(const struct tcptrace_end *end, u8 state, u16 bit,
		       bool passive)
{
	state = tcptrace_fsm_advance(state, tcptrace_end_event(state, bit, passive));
	/* A FIN that it had sent before this was proved. */
	if (bit == TCPTRACE_TOOK_OPEN && (end->flags & TCPTRACE_END_FIN))
		state = tcptrace_fsm_advance(state, TCPTRACE_EV_SND_FIN);
	return state;
}

/* The state that follows from @state with what was taken and not proved. */
static u8 derive(const struct tcptrace_end *end, u8 state, bool passive)
{
	u16 bit;

	for (bit = TCPTRACE_TOOK_OPEN; bit & TCPTRACE_TOOK_ALL; bit <<= 1) {
		if (tcptrace_end_took(end, bit) &&
		    !tcptrace_end_proved(end, bit))
			state = after_taking(end, state, bit, passive);
	}
	return state;
}

/* Where inferences begin: the last state proved, or the least it can be. */
static u8 foundation(const struct tcptrace_end *end)
{
	if (end->sure != TCPTRACE_UNKNOWN)
		return end->sure;
	return end->flags & TCPTRACE_END_FIN ? TCPTRACE_FIN_WAIT1 :
					       TCPTRACE_ESTABLISHED;
}

bool tcptrace_end_send(struct tcptrace_end *end, enum tcptrace_event event)
{
	u8 state = tcptrace_fsm_advance(end->state, event);

	if (event == TCPTRACE_EV_SND_RST) {
		/* Whatever went before, nothing is left after it. */
		end->sure = state;
		end->doubts &= TCPTRACE_DOUBT_WAITED;
	} else if (end->sure != TCPTRACE_UNKNOWN) {
		end->sure = tcptrace_fsm_advance(end->sure, event);
	} else if (!anything_unproved(end) &&
		   (event == TCPTRACE_EV_SND_SYN ||
		    event == TCPTRACE_EV_SND_SYNACK)) {
		/* Only a SYN tells the state of an endpoint of unknown past. */
		end->sure = state;
	}
	return set_state(end, state);
}

bool tcptrace_end_take(struct tcptrace_end *end, u16 what, bool passive)
{
	if (tcptrace_end_took(end, what))
		return false;
	end->flags |= what;
	return set_state(end, tcptrace_fsm_advance(end->state,
				      tcptrace_end_event(end->state, what,
							 passive)));
}

bool tcptrace_end_prove(struct tcptrace_end *end, u16 what, bool passive)
{
	bool moved = tcptrace_end_take(end, what, passive);

	if (tcptrace_end_proved(end, what))
		return moved;
	end->flags |= what << TCPTRACE_PROVED_SHIFT;
	if (what == TCPTRACE_TOOK_OPEN && end->sure == TCPTRACE_UNKNOWN)
		end->sure = foundation(end);
	else if (end->sure != TCPTRACE_UNKNOWN)
		end->sure = after_taking(end, end->sure, what, passive);
	/* Was its FIN acknowledged before it took the other one, or after? */
	if (!(end->flags & TCPTRACE_END_FIN) ||
	    tcptrace_end_proved(end, TCPTRACE_TOOK_FIN_ACK))
		end->doubts &= ~TCPTRACE_DOUBT_LATE;
	if (what == TCPTRACE_TOOK_FIN)
		end->doubts &= ~(TCPTRACE_HOLDS_FIN | TCPTRACE_DOUBT_FIN);
	/* A reset that seemed to come before comes after what is proved. */
	if (end->sure != TCPTRACE_UNKNOWN && what != TCPTRACE_TOOK_RST &&
	    tcptrace_end_took(end, TCPTRACE_TOOK_RST) &&
	    !tcptrace_end_proved(end, TCPTRACE_TOOK_RST))
		moved |= set_state(end, derive(end, end->sure, passive));
	return moved;
}

/*
 * To the kernel, what waits in TIME_WAIT, and what is left of a closed process
 * in FIN_WAIT2, is no socket any more (tcp_time_wait()).
 */
static bool means(u8 said, u8 state)
{
	return said == state ||
	       (said == TCPTRACE_CLOSED && (state == TCPTRACE_TIME_WAIT ||
					    state == TCPTRACE_FIN_WAIT2));
}

bool tcptrace_end_said(struct tcptrace_end *end, u8 said, bool passive)
{
	u16 unproved = (end->flags & TCPTRACE_TOOK_ALL) &
		       ~(end->flags >> TCPTRACE_PROVED_SHIFT);
	u8 state = foundation(end), sure = state;
	bool found = means(said, state);
	u16 bit, passed = 0, proved = 0;

	/* Up to the last one of them: mostly there is none. */
	for (bit = TCPTRACE_TOOK_OPEN; bit <= unproved; bit <<= 1) {
		if (!(unproved & bit))
			continue;
		passed |= bit;
		state = after_taking(end, state, bit, passive);
		if (means(said, state)) {
			found = true;
			proved = passed;
			sure = state;
		}
	}
	if (found) {
		end->flags |= proved << TCPTRACE_PROVED_SHIFT;
		end->sure = sure;
	}
	/* What was not seen, or not certain, has not led elsewhere. */
	if (found && means(said, end->state))
		end->doubts &= TCPTRACE_HOLDS_FIN;
	/* It acknowledges a FIN before it changes its own state (tcp_fin()). */
	return found ||
	       (said == TCPTRACE_FIN_WAIT2 &&
		end->state == TCPTRACE_TIME_WAIT) ||
	       (said == TCPTRACE_FIN_WAIT1 && sure == TCPTRACE_CLOSING);
}

bool tcptrace_end_undo(struct tcptrace_end *end, u16 what, bool passive)
{
	u16 proved = (end->flags >> TCPTRACE_PROVED_SHIFT) & TCPTRACE_TOOK_ALL;

	/* Before it was established it can have taken nothing else. */
	if (what & ~proved & TCPTRACE_TOOK_OPEN)
		what |= TCPTRACE_TOOK_FIN_ACK | TCPTRACE_TOOK_FIN;
	end->flags &= ~(what & ~proved);
	return set_state(end, derive(end, foundation(end), passive));
}
