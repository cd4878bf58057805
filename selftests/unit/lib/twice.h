/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment, shown to a connection in the short way (core/plain.h) and in the
 * long one: what the short way takes, both do the same with.
 */
#ifndef TWICE_H
#define TWICE_H

#include <stdio.h>
#include <stdlib.h>

#include "core/conn.h"
#include "core/plain.h"

/* Whether a reset ends its TIME_WAIT is looked at again when there is one. */
static inline struct tcptrace_conn twice_without(const struct tcptrace_conn *conn)
{
	struct tcptrace_conn copy = *conn;

	copy.end[0].flags &= ~TCPTRACE_END_RFC1337;
	copy.end[1].flags &= ~TCPTRACE_END_RFC1337;
	return copy;
}

/* tcptrace_conn_segment(), and the end of the test if the ways differ. */
static inline void twice_segment(struct tcptrace_conn *conn,
				 const struct tcptrace_sighting *s,
				 struct tcptrace_notes *ret_notes)
{
	struct tcptrace_conn before = *conn, shortly = *conn, a, b;
	bool taken;

	taken = tcptrace_plain(&shortly, s->seg, s->from, s->vantage,
			       s->to_local);
	tcptrace_conn_segment(conn, s, ret_notes);
	a = twice_without(&shortly);
	b = twice_without(taken ? conn : &before);
	if (!memcmp(&a, &b, sizeof(a)) &&
	    (!taken || (!ret_notes->nr && !ret_notes->reborn &&
			!ret_notes->timer && ret_notes->still)))
		return;
	fflush(stdout);
	fprintf(stderr, "# the short way %s: seq %u ack %u len %u flags %x from %u vantage %u\n",
		taken ? "does not do the same" : "touches what it leaves",
		s->seg->seq, s->seg->ack, s->seg->len, s->seg->flags, s->from,
		s->vantage);
	abort();
}

#endif /* TWICE_H */
