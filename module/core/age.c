// SPDX-License-Identifier: GPL-2.0
/* What time does to a connection: timers, and how long it is kept. */
#include "note.h"

u64 tcptrace_conn_timer(struct tcptrace_conn *conn, u64 now_ns,
			struct tcptrace_notes *ret_notes)
{
	struct tcptrace_note *note;
	struct tcptrace_end *end;
	u64 due, next = 0;
	u8 who;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;
	for (who = TCPTRACE_CLIENT; who <= TCPTRACE_SERVER; who++) {
		end = &conn->end[who];
		if (end->state != TCPTRACE_TIME_WAIT)
			continue;
		due = end->tw_ns + TCPTRACE_TIME_WAIT_NS;
		if (due > now_ns) {
			if (!next || due < next)
				next = due;
			continue;
		}
		note = tcptrace_note_open(conn, ret_notes, TCPTRACE_REC_TIMER,
					  TCPTRACE_WHY_2MSL, who);
		note->due_ns = due;
		note->since_ns = end->tw_ns;
		tcptrace_end_send(end, TCPTRACE_EV_TIMER_2MSL);
		/* Elsewhere it may have begun later, or anew. */
		if (!(end->flags & TCPTRACE_END_LOCAL))
			end->sure = TCPTRACE_TIME_WAIT;
		tcptrace_note_close(conn, ret_notes, note);
	}
	tcptrace_note_closed(conn, ret_notes);
	return next;
}

void tcptrace_conn_end(struct tcptrace_conn *conn, enum tcptrace_why why,
		       struct tcptrace_notes *ret_notes)
{
	struct tcptrace_note *note;
	struct tcptrace_end *end;
	u8 who;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;
	if (conn->flags & TCPTRACE_CONN_ENDED)
		return;
	conn->flags |= TCPTRACE_CONN_ENDED;
	note = tcptrace_note_open(conn, ret_notes, TCPTRACE_REC_END, why,
				  TCPTRACE_NOBODY);
	for (who = TCPTRACE_CLIENT; who <= TCPTRACE_SERVER; who++) {
		end = &conn->end[who];
		/* A new connection is how TIME_WAIT ends before its time. */
		if (why == TCPTRACE_WHY_REUSED &&
		    end->state == TCPTRACE_TIME_WAIT)
			end->state = TCPTRACE_CLOSED;
	}
	tcptrace_note_close(conn, ret_notes, note);
}

static bool in_state(const struct tcptrace_conn *conn, u8 state)
{
	return conn->end[TCPTRACE_CLIENT].state == state ||
	       conn->end[TCPTRACE_SERVER].state == state;
}

enum tcptrace_life tcptrace_conn_life(const struct tcptrace_conn *conn)
{
	const u16 seen = conn->end[TCPTRACE_CLIENT].flags &
			 conn->end[TCPTRACE_SERVER].flags &
			 TCPTRACE_END_SEEN;

	if (conn->flags & TCPTRACE_CONN_ENDED)
		return TCPTRACE_LIFE_DEAD;
	if (in_state(conn, TCPTRACE_TIME_WAIT))
		return TCPTRACE_LIFE_TIME_WAIT;
	if (!seen || in_state(conn, TCPTRACE_SYN_SENT) ||
	    in_state(conn, TCPTRACE_SYN_RCVD) ||
	    in_state(conn, TCPTRACE_LISTEN))
		return TCPTRACE_LIFE_HALF_OPEN;
	if (in_state(conn, TCPTRACE_FIN_WAIT1) ||
	    in_state(conn, TCPTRACE_LAST_ACK) ||
	    in_state(conn, TCPTRACE_CLOSING) || in_state(conn, TCPTRACE_CLOSED))
		return TCPTRACE_LIFE_CLOSING;
	return TCPTRACE_LIFE_OPEN;
}
