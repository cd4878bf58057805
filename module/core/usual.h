/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of the usual control segments: the handshake and the close of a
 * connection at which nothing is lost, late, foreign or in doubt; and of what the
 * kernel says of its sockets meanwhile. What the long ways
 * (tcptrace_conn_unusual(), tcptrace_conn_word()) do with one, at half their
 * cost; what is not usual is left to these.
 */
#ifndef _TCPTRACE_USUAL_H
#define _TCPTRACE_USUAL_H

#include "conn.h"

/**
 * tcptrace_usual() - take a segment, if it is a usual one
 * @conn: its connection; the caller serialises
 * @s: the sighting
 * @ret_notes: as for tcptrace_conn_segment(), written only if it is taken
 *
 * Context: any.
 * Return: true if it was taken. False if it is for tcptrace_conn_unusual() to
 * say what it is: nothing was done.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_usual(struct tcptrace_conn *conn,
		    const struct tcptrace_sighting *s,
		    struct tcptrace_notes *ret_notes);

/**
 * tcptrace_usual_word() - take a word of the kernel, if it is a usual one
 * @conn: likewise
 * @who: whose socket, enum tcptrace_endpoint
 * @word: what it says, and who told
 * @ret_notes: as for tcptrace_conn_word(), written only if it is taken: one
 *	note, by which nothing moves
 *
 * Its socket is where it is known to be, or passes through FIN_WAIT2 on its way
 * there; or waits in TIME_WAIT, which is CLOSED to the kernel; or its process has
 * closed, and its FIN will follow.
 *
 * Context: any.
 * Return: true if it was taken. False if it is for tcptrace_conn_word() to
 * say what it is: nothing was done.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_usual_word(struct tcptrace_conn *conn, u8 who,
			 const struct tcptrace_word *word,
			 struct tcptrace_notes *ret_notes);

#endif /* _TCPTRACE_USUAL_H */
