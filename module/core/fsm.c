// SPDX-License-Identifier: GPL-2.0
#include "fsm.h"

/*
 * One row a transition, after RFC 9293 figure 5 and section 3.10.7. A row that
 * leads back to its own state says that the event is possible there and moves
 * nothing; every cell without a row is impossible.
 */
struct row {
	u8 next;
	const char *sentence;
};

#define NR	TCPTRACE_NR_STATES

static const struct row table[TCPTRACE_NR_EVENTS][NR] = {
	[TCPTRACE_EV_SND_SYN] = {
		[TCPTRACE_CLOSED] = {
			TCPTRACE_SYN_SENT,
			"An active OPEN: the SYN asks for a connection and announces the initial sequence number."
		},
		[TCPTRACE_LISTEN] = {
			TCPTRACE_SYN_SENT,
			"A listener that sends is a client now: its SYN asks for the connection."
		},
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_SYN_SENT,
			"The SYN was not answered in time and is sent again."
		},
	},
	[TCPTRACE_EV_SND_SYNACK] = {
		[TCPTRACE_LISTEN] = {
			TCPTRACE_SYN_RCVD,
			"The listener takes the SYN and answers with a SYN of its own and an ACK in one segment."
		},
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_SYN_RCVD,
			"Two SYNs crossed (simultaneous open): each side acknowledges the other's."
		},
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_SYN_RCVD,
			"The SYN-ACK was not acknowledged in time and is sent again."
		},
	},
	[TCPTRACE_EV_SND_FIN] = {
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_FIN_WAIT1,
			"Closed before the handshake was done: the FIN follows the SYN."
		},
		[TCPTRACE_ESTABLISHED] = {
			TCPTRACE_FIN_WAIT1,
			"The active closer has no more to send: its FIN asks to close this direction."
		},
		[TCPTRACE_CLOSE_WAIT] = {
			TCPTRACE_LAST_ACK,
			"The passive closer has sent all it had: its own FIN closes the other direction."
		},
		[TCPTRACE_FIN_WAIT1] = {
			TCPTRACE_FIN_WAIT1,
			"The FIN was not acknowledged in time and is sent again."
		},
		[TCPTRACE_CLOSING] = {
			TCPTRACE_CLOSING,
			"The FIN was not acknowledged in time and is sent again."
		},
		[TCPTRACE_LAST_ACK] = {
			TCPTRACE_LAST_ACK,
			"The FIN was not acknowledged in time and is sent again."
		},
	},
	[TCPTRACE_EV_SND_RST] = {
		[TCPTRACE_LISTEN] = {
			TCPTRACE_CLOSED,
			"Nobody listens on this port after all: a reset answers."
		},
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_CLOSED,
			"The client does not want this connection: a reset ends it."
		},
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_CLOSED,
			"The connection is given up before it is established: a reset ends it."
		},
		[TCPTRACE_ESTABLISHED] = {
			TCPTRACE_CLOSED,
			"The connection is aborted: a reset throws away whatever is under way."
		},
		[TCPTRACE_FIN_WAIT1] = {
			TCPTRACE_CLOSED,
			"Data came for an endpoint that is closed: a reset ends the rest."
		},
		[TCPTRACE_FIN_WAIT2] = {
			TCPTRACE_CLOSED,
			"Data came for an endpoint that is closed: a reset ends the rest."
		},
		[TCPTRACE_CLOSE_WAIT] = {
			TCPTRACE_CLOSED,
			"The passive closer aborts instead of sending its FIN."
		},
		[TCPTRACE_CLOSING] = {
			TCPTRACE_CLOSED,
			"The closing is cut short by a reset."
		},
		[TCPTRACE_LAST_ACK] = {
			TCPTRACE_CLOSED,
			"The closing is cut short by a reset."
		},
		[TCPTRACE_TIME_WAIT] = {
			TCPTRACE_CLOSED,
			"The wait is cut short: a reset answers what does not belong to it."
		},
		[TCPTRACE_CLOSED] = {
			TCPTRACE_CLOSED,
			"There is no connection here: a reset says so."
		},
	},
	[TCPTRACE_EV_RCV_SYN] = {
		[TCPTRACE_LISTEN] = {
			TCPTRACE_LISTEN,
			"The SYN has arrived; the listener changes state with its answer."
		},
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_SYN_RCVD,
			"A SYN came instead of a SYN-ACK: both sides opened at once (simultaneous open)."
		},
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_SYN_RCVD,
			"The same SYN again: its answer was lost or late."
		},
	},
	[TCPTRACE_EV_RCV_SYNACK] = {
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_ESTABLISHED,
			"The answer acknowledges the SYN: for the client the connection is established."
		},
	},
	[TCPTRACE_EV_RCV_ACK_OF_SYN] = {
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_ESTABLISHED,
			"The SYN-ACK is acknowledged: both sides now know that the other hears them."
		},
	},
	[TCPTRACE_EV_RCV_ACK_OF_FIN] = {
		[TCPTRACE_FIN_WAIT1] = {
			TCPTRACE_FIN_WAIT2,
			"The FIN is acknowledged: this direction is closed, the other may go on sending (half closed)."
		},
		[TCPTRACE_CLOSING] = {
			TCPTRACE_TIME_WAIT,
			"The FIN is acknowledged after both crossed: now the wait of 2MSL begins."
		},
		[TCPTRACE_LAST_ACK] = {
			TCPTRACE_CLOSED,
			"The last FIN is acknowledged: nothing is left to do."
		},
	},
	[TCPTRACE_EV_RCV_FIN] = {
		[TCPTRACE_ESTABLISHED] = {
			TCPTRACE_CLOSE_WAIT,
			"The peer has no more to send; what is left to send here may still go out."
		},
		[TCPTRACE_FIN_WAIT1] = {
			TCPTRACE_CLOSING,
			"The FINs crossed (simultaneous close): the peer's came before the ACK of one's own."
		},
		[TCPTRACE_FIN_WAIT2] = {
			TCPTRACE_TIME_WAIT,
			"The peer closes as well: wait 2MSL, so that a lost last ACK can be sent again and old segments die out."
		},
		[TCPTRACE_TIME_WAIT] = {
			TCPTRACE_TIME_WAIT,
			"The FIN came again, so the last ACK was lost: it is repeated and the wait starts anew."
		},
		[TCPTRACE_CLOSE_WAIT] = {
			TCPTRACE_CLOSE_WAIT,
			"The same FIN again: its ACK was lost or late."
		},
		[TCPTRACE_CLOSING] = {
			TCPTRACE_CLOSING,
			"The same FIN again: its ACK was lost or late."
		},
		[TCPTRACE_LAST_ACK] = {
			TCPTRACE_LAST_ACK,
			"The same FIN again: its ACK was lost or late."
		},
	},
	[TCPTRACE_EV_RCV_RST] = {
		[TCPTRACE_SYN_SENT] = {
			TCPTRACE_CLOSED,
			"The connection is refused."
		},
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_CLOSED,
			"The peer does not want the connection after all."
		},
		[TCPTRACE_ESTABLISHED] = {
			TCPTRACE_CLOSED,
			"The peer aborted: the connection is gone, unread data with it."
		},
		[TCPTRACE_FIN_WAIT1] = {
			TCPTRACE_CLOSED,
			"The peer aborted while this side was closing."
		},
		[TCPTRACE_FIN_WAIT2] = {
			TCPTRACE_CLOSED,
			"The peer aborted instead of sending its FIN."
		},
		[TCPTRACE_CLOSE_WAIT] = {
			TCPTRACE_CLOSED,
			"The peer aborted after its FIN: it would take no more data."
		},
		[TCPTRACE_CLOSING] = {
			TCPTRACE_CLOSED,
			"The closing is cut short by a reset."
		},
		[TCPTRACE_LAST_ACK] = {
			TCPTRACE_CLOSED,
			"The closing is cut short by a reset."
		},
		[TCPTRACE_TIME_WAIT] = {
			TCPTRACE_CLOSED,
			"A reset ends the wait early (TIME-WAIT assassination, RFC 1337)."
		},
	},
	[TCPTRACE_EV_RCV_RST_PASSIVE] = {
		[TCPTRACE_SYN_RCVD] = {
			TCPTRACE_LISTEN,
			"The client does not want this connection: the listener forgets it and goes on listening."
		},
	},
	[TCPTRACE_EV_TIMER_2MSL] = {
		[TCPTRACE_TIME_WAIT] = {
			TCPTRACE_CLOSED,
			"2MSL is over: no segment of this connection can still be under way, its tuple is free again."
		},
	},
};

static const char * const names[NR] = {
	[TCPTRACE_UNKNOWN]	= "UNKNOWN",
	[TCPTRACE_ESTABLISHED]	= "ESTABLISHED",
	[TCPTRACE_SYN_SENT]	= "SYN_SENT",
	[TCPTRACE_SYN_RCVD]	= "SYN_RCVD",
	[TCPTRACE_FIN_WAIT1]	= "FIN_WAIT1",
	[TCPTRACE_FIN_WAIT2]	= "FIN_WAIT2",
	[TCPTRACE_TIME_WAIT]	= "TIME_WAIT",
	[TCPTRACE_CLOSED]	= "CLOSED",
	[TCPTRACE_CLOSE_WAIT]	= "CLOSE_WAIT",
	[TCPTRACE_LAST_ACK]	= "LAST_ACK",
	[TCPTRACE_LISTEN]	= "LISTEN",
	[TCPTRACE_CLOSING]	= "CLOSING",
};

static __always_inline const struct row *lookup(enum tcptrace_state state,
						enum tcptrace_event event)
{
	if ((unsigned int)state >= NR ||
	    (unsigned int)event >= TCPTRACE_NR_EVENTS)
		return NULL;
	/* No transition leads to UNKNOWN: 0 is an empty cell. */
	if (!table[event][state].next)
		return NULL;
	return &table[event][state];
}

TCPTRACE_INNER TCPTRACE_OFTEN
u8 tcptrace_fsm_next(enum tcptrace_state state, enum tcptrace_event event)
{
	const struct row *row = lookup(state, event);

	return row ? row->next : TCPTRACE_FSM_IMPOSSIBLE;
}

const char *tcptrace_fsm_sentence(enum tcptrace_state state,
				  enum tcptrace_event event)
{
	const struct row *row = lookup(state, event);

	return row ? row->sentence : NULL;
}

const char *tcptrace_state_name(u8 state)
{
	return state < NR ? names[state] : names[TCPTRACE_UNKNOWN];
}
