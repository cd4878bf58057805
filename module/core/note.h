/* SPDX-License-Identifier: GPL-2.0 */
/* Notes of what is to be recorded, as the connection logic writes them. */
#ifndef _TCPTRACE_NOTE_H
#define _TCPTRACE_NOTE_H

#include "conn.h"

/**
 * tcptrace_note_open() - begin a note: what the states are before it
 * @conn: the connection
 * @notes: where to; the note counts once it is closed
 * @kind: enum tcptrace_kind
 * @why: enum tcptrace_why
 * @from: enum tcptrace_endpoint
 *
 * Context: any; the caller serialises.
 * Return: the note, to be closed or to be opened again.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
struct tcptrace_note *tcptrace_note_open(const struct tcptrace_conn *conn,
					 struct tcptrace_notes *notes,
					 u8 kind, u8 why, u8 from);

/**
 * tcptrace_note_close() - end a note: what the states are after it
 * @conn: the connection
 * @notes: where it was opened
 * @note: the note
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_note_close(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes,
			 struct tcptrace_note *note);

/**
 * tcptrace_note_plain() - a note in which no state moves
 * @conn: the connection
 * @notes: where to
 * @kind: enum tcptrace_kind
 * @why: enum tcptrace_why
 * @from: enum tcptrace_endpoint
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER
void tcptrace_note_plain(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes, u8 kind, u8 why, u8 from);

/**
 * tcptrace_note_closed() - note the end of a connection, once, if it has come
 * @conn: the connection
 * @notes: where to
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER
void tcptrace_note_closed(struct tcptrace_conn *conn,
			  struct tcptrace_notes *notes);

/**
 * tcptrace_note_closing() - note what was sent before a first FIN
 * @conn: the connection, before the FIN is counted in
 * @notes: where to
 * @from: who sends that FIN
 *
 * What was sent before the close begins, and, if the connection was half closed
 * and data still came, before it goes on: so that this shows before the end.
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER
void tcptrace_note_closing(struct tcptrace_conn *conn,
			   struct tcptrace_notes *notes, u8 from);

/**
 * tcptrace_note_first_data() - note the first data, counted in, once
 * @conn: the connection
 * @notes: where to, if there was data now
 * @from: who has sent the segment
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER
void tcptrace_note_first_data(struct tcptrace_conn *conn,
			      struct tcptrace_notes *notes, u8 from);

/**
 * tcptrace_word_catch_up() - note a close that only the kernel has told
 * @conn: the connection
 * @who: the endpoint whose connection is about to end without a FIN of its own
 * @notes: where to, if its socket has said that it closes: the FIN waited
 *	behind data
 *
 * Context: any; the caller serialises.
 */
TCPTRACE_INNER
void tcptrace_word_catch_up(struct tcptrace_conn *conn, u8 who,
			    struct tcptrace_notes *notes);

#endif /* _TCPTRACE_NOTE_H */
