// SPDX-License-Identifier: GPL-2.0
/* What time does to a connection: timers, and how long it is kept. */
#include "note.h"

/* When the timer of an end is due, 0 if it has none. */
static u64 end_due(const struct tcptrace_end *end)
{
	if (end->flags & TCPTRACE_END_PENDING)
		return end->tw_ns;
	if (end->state == TCPTRACE_TIME_WAIT)
		return end->tw_ns + TCPTRACE_TIME_WAIT_NS;
	return 0;
}

u64 tcptrace_conn_due(const struct tcptrace_conn *conn)
{
	u64 c = end_due(&conn->end[TCPTRACE_CLIENT]);
	u64 s = end_due(&conn->end[TCPTRACE_SERVER]);

	if (!c || !s)
		return c + s;
	return c < s ? c : s;
}

/* The timer of an end has run out. */
static void run_out(struct tcptrace_conn *conn, u8 who,
		    struct tcptrace_notes *notes)
{
	struct tcptrace_end *end = &conn->end[who];
	const u8 sure = end->sure;
	struct tcptrace_note *note;

	if (!(end->flags & TCPTRACE_END_PENDING)) {
		note = tcptrace_note_open(conn, notes, TCPTRACE_REC_TIMER,
					  TCPTRACE_WHY_2MSL, who);
		note->due_ns = end_due(end);
		note->since_ns = end->tw_ns;
		tcptrace_end_send(end, TCPTRACE_EV_TIMER_2MSL);
		/* Elsewhere it may have begun later, or anew, or not at all. */
		if (!(end->flags & TCPTRACE_END_LOCAL))
			end->sure = sure;
		tcptrace_note_close(conn, notes, note);
		return;
	}
	if (end->state == TCPTRACE_FIN_WAIT2) {
		note = tcptrace_note_open(conn, notes, TCPTRACE_REC_TIMER,
					  TCPTRACE_WHY_ORPHAN, who);
		note->due_ns = end->tw_ns;
		note->since_ns = end->tw_ns;
		/* By then it may have been closed in another way. */
		end->state = TCPTRACE_CLOSED;
	} else {
		note = tcptrace_note_open(conn, notes, TCPTRACE_REC_WORD,
					  TCPTRACE_WHY_WORD_CLOSED, who);
		note->word.said = tcptrace_end_word(end);
		note->word.before = note->word.said;
		note->word.source = TCPTRACE_SOURCE_EVENT;
		end->state = TCPTRACE_CLOSED;
		end->sure = TCPTRACE_CLOSED;
		end->doubts = 0;
	}
	end->flags &= ~TCPTRACE_END_PENDING;
	tcptrace_note_close(conn, notes, note);
}

u64 tcptrace_conn_timer(struct tcptrace_conn *conn, u64 now_ns,
			struct tcptrace_notes *ret_notes)
{
	u64 due;
	u8 who;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;
	for (who = TCPTRACE_CLIENT; who <= TCPTRACE_SERVER; who++) {
		due = end_due(&conn->end[who]);
		if (due && due <= now_ns)
			run_out(conn, who, ret_notes);
	}
	tcptrace_note_closed(conn, ret_notes);
	return tcptrace_conn_due(conn);
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
