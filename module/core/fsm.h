/* SPDX-License-Identifier: GPL-2.0 */
/* The TCP state machine of RFC 9293 section 3.3.2, as a table. */
#ifndef _TCPTRACE_FSM_H
#define _TCPTRACE_FSM_H

#include "env.h"

/* What happens to one endpoint. */
enum tcptrace_event {
	TCPTRACE_EV_SND_SYN,	/* it sends a SYN */
	TCPTRACE_EV_SND_SYNACK,	/* it sends a SYN with ACK */
	TCPTRACE_EV_SND_FIN,	/* it sends its first FIN */
	TCPTRACE_EV_SND_RST,	/* it sends a reset that ends its connection */
	TCPTRACE_EV_RCV_SYN,	/* it takes a SYN without ACK */
	TCPTRACE_EV_RCV_SYNACK,	/* it takes a SYN-ACK that acknowledges its SYN */
	TCPTRACE_EV_RCV_ACK_OF_SYN,	/* its SYN-ACK is acknowledged */
	TCPTRACE_EV_RCV_ACK_OF_FIN,	/* its FIN is acknowledged */
	TCPTRACE_EV_RCV_FIN,	/* it takes the peer's FIN, all data before it in */
	TCPTRACE_EV_RCV_RST,	/* it takes a reset */
	TCPTRACE_EV_RCV_RST_PASSIVE,	/* the same, its OPEN having been passive */
	TCPTRACE_EV_TIMER_2MSL,	/* twice the segment lifetime is over */
	TCPTRACE_NR_EVENTS,
};

/* A cell that no sequence of events leads to; the state stays as it is. */
#define TCPTRACE_FSM_IMPOSSIBLE	255

/* A state in a set of states. */
#define TCPTRACE_STATE_BIT(name)	(1u << TCPTRACE_##name)

/**
 * tcptrace_fsm_next() - where an event takes a state
 * @state: state before
 * @event: what happens
 *
 * Context: any.
 * Return: the state after, which may be @state itself, or
 * TCPTRACE_FSM_IMPOSSIBLE, also for arguments out of range.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
u8 tcptrace_fsm_next(enum tcptrace_state state, enum tcptrace_event event);

/* The state after @event, or @state itself where that is impossible. */
static inline u8 tcptrace_fsm_advance(u8 state, enum tcptrace_event event)
{
	u8 next = tcptrace_fsm_next(state, event);

	return next == TCPTRACE_FSM_IMPOSSIBLE ? state : next;
}

/**
 * tcptrace_fsm_sentence() - what a transition means
 * @state: state before
 * @event: what happens
 *
 * Context: any.
 * Return: one English sentence, constant; NULL where tcptrace_fsm_next()
 * says TCPTRACE_FSM_IMPOSSIBLE or the state stays without anything to say.
 */
const char *tcptrace_fsm_sentence(enum tcptrace_state state,
				  enum tcptrace_event event);

/**
 * tcptrace_state_name() - name of a state, as in RFC 9293 with underscores
 * @state: any number
 *
 * Context: any.
 * Return: "ESTABLISHED" and so on; "UNKNOWN" for TCPTRACE_UNKNOWN and for
 * anything out of range.
 */
const char *tcptrace_state_name(u8 state);

#endif /* _TCPTRACE_FSM_H */
