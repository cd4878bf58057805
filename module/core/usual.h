/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of the usual control segments: the handshake and the close of a
 * connection at which nothing is lost, late, foreign or in doubt. What the long
 * way (tcptrace_conn_unusual()) does with one, at half its cost; what is
 * not usual is left to that.
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

#endif /* _TCPTRACE_USUAL_H */
