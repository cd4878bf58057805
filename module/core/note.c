// SPDX-License-Identifier: GPL-2.0
#include "note.h"

static u8 inferred_bits(const struct tcptrace_conn *conn)
{
	u8 bits = 0;

	if (tcptrace_end_inferred(&conn->end[TCPTRACE_CLIENT]))
		bits |= TCPTRACE_INFERRED_NEW(TCPTRACE_CLIENT);
	if (tcptrace_end_inferred(&conn->end[TCPTRACE_SERVER]))
		bits |= TCPTRACE_INFERRED_NEW(TCPTRACE_SERVER);
	return bits;
}

TCPTRACE_INNER TCPTRACE_OFTEN
struct tcptrace_note *tcptrace_note_open(const struct tcptrace_conn *conn,
					 struct tcptrace_notes *notes,
					 u8 kind, u8 why, u8 from)
{
	struct tcptrace_note *note = &notes->note[notes->nr];

	note->kind = kind;
	note->why = why;
	note->from = from;
	note->reserved[0] = 0;
	note->reserved[1] = 0;
	note->old[TCPTRACE_CLIENT] = conn->end[TCPTRACE_CLIENT].state;
	note->old[TCPTRACE_SERVER] = conn->end[TCPTRACE_SERVER].state;
	note->inferred = inferred_bits(conn) << 2;
	note->rflags = 0;
	return note;
}

TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_note_close(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes,
			 struct tcptrace_note *note)
{
	note->state[TCPTRACE_CLIENT] = conn->end[TCPTRACE_CLIENT].state;
	note->state[TCPTRACE_SERVER] = conn->end[TCPTRACE_SERVER].state;
	note->inferred |= inferred_bits(conn);
	/* The longest sequence is shorter; never write past the end. */
	if (notes->nr < TCPTRACE_MAX_NOTES - 1)
		notes->nr++;
}

void tcptrace_note_plain(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes, u8 kind, u8 why, u8 from)
{
	tcptrace_note_close(conn, notes,
			    tcptrace_note_open(conn, notes, kind, why, from));
}

void tcptrace_note_closed(struct tcptrace_conn *conn,
			  struct tcptrace_notes *notes)
{
	if (!tcptrace_conn_closed(conn) || (conn->flags & TCPTRACE_CONN_ENDED))
		return;
	conn->flags |= TCPTRACE_CONN_ENDED;
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_END, TCPTRACE_WHY_CLOSED,
			    TCPTRACE_NOBODY);
}

void tcptrace_note_closing(struct tcptrace_conn *conn,
			   struct tcptrace_notes *notes, u8 from)
{
	u8 i;

	if ((conn->flags & TCPTRACE_CONN_CLOSING) &&
	    !(conn->flags & TCPTRACE_CONN_LATE_DATA))
		return;
	conn->flags |= TCPTRACE_CONN_CLOSING;
	for (i = TCPTRACE_CLIENT; i <= TCPTRACE_SERVER; i++) {
		notes->closing[i] = conn->end[i].count;
		notes->closing_data_segs[i] = conn->end[i].data_segs;
	}
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_COUNT,
			    TCPTRACE_WHY_CLOSE, from);
}

void tcptrace_note_first_data(struct tcptrace_conn *conn,
			      struct tcptrace_notes *notes, u8 from)
{
	if (!(conn->end[from].flags & TCPTRACE_END_DATA) ||
	    (conn->flags & TCPTRACE_CONN_DATA))
		return;
	conn->flags |= TCPTRACE_CONN_DATA;
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_COUNT,
			    TCPTRACE_WHY_FIRST_DATA, from);
}
