/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS handshakes: from the payload of packets to records.
 *
 * A flow has a walk over TLS records (core/tlsrec.h) only if its client's
 * stream may begin with one, and until what is encrypted begins. Memory is
 * taken and given back without the flow's lock: struct tcptrace_tls_work says
 * what is to be done before and after, and is empty for nearly all segments.
 */
#ifndef _TCPTRACE_TLS_H
#define _TCPTRACE_TLS_H

#include "core/tlsconn.h"
#include "packet.h"
#include "table.h"

/**
 * struct tcptrace_walk - a connection's walk; guarded by its flow's lock
 * @tls: the walk
 * @next: among those that are to be freed
 */
struct tcptrace_walk {
	struct tcptrace_tls tls;
	struct tcptrace_walk *next;
};

/*
 * In place of a walk: it is over and both ends spoke TLS. What is left to look
 * for is a segment that is one alert.
 */
#define TCPTRACE_WALK_OVER	((struct tcptrace_walk *)1)

/**
 * struct tcptrace_tls_work - what a sighting leaves to be done
 * @todo: all that follows is valid
 * @from: who has sent what is to be held, enum tcptrace_endpoint
 * @nr: records written
 * @conn: connection whose payload is to be held, 0 if none is
 * @spare: a walk that was made for a stream that might begin with TLS
 * @old: walks that the flow is done with
 * @list: payload that need not be held any more
 */
struct tcptrace_tls_work {
	bool todo;
	u8 from;
	u32 nr;
	u64 conn;
	struct tcptrace_walk *spare;
	struct tcptrace_walk *old;
	struct tcptrace_tls_held *list;
};

/**
 * tcptrace_tls_may_begin() - may TLS begin with a segment
 * @flow: its flow, which need not be locked
 * @p: the sighting
 *
 * If so tcptrace_tls_prepare() is to be called. A guess, for what is looked at
 * may change: who is wrong makes a walk that is not needed.
 *
 * Context: any, under rcu_read_lock().
 */
static inline bool tcptrace_tls_may_begin(const struct tcptrace_flow *flow,
					  const struct tcptrace_packet *p)
{
	/* data_race: a guess; the core writes plainly, under the lock */
	return p->seg->len && (!(data_race(READ_ONCE(flow->conn.flags)) &
				TCPTRACE_CONN_DATA) ||
			      (p->seg->flags & TCPTRACE_SYN));
}

/**
 * tcptrace_tls_wants() - is a segment of interest
 * @flow: its flow; the caller holds its lock
 * @len: bytes of its payload
 *
 * Context: any.
 */
static inline bool tcptrace_tls_wants(const struct tcptrace_flow *flow, u32 len)
{
	return flow->walk && len &&
	       (flow->walk != TCPTRACE_WALK_OVER ||
		len <= TCPTRACE_TLS_ALERT_MAX);
}

/**
 * tcptrace_tls_looks() - is a segment, worth a record, of interest
 * @flow: its flow; the caller holds its lock
 * @len: bytes of its payload
 *
 * Its stream may begin, or the connection has ended that has a walk.
 *
 * Context: any.
 */
static inline bool tcptrace_tls_looks(const struct tcptrace_flow *flow, u32 len)
{
	return flow->walk ? flow->conn.flags & TCPTRACE_CONN_ENDED : len;
}

int tcptrace_tls_init(void);
void tcptrace_tls_exit(void);

void tcptrace_tls_prepare(const struct tcptrace_flow *flow,
			  const struct tcptrace_packet *p, u8 sender,
			  struct tcptrace_tls_work *work);
void tcptrace_tls_look(struct tcptrace_flow *flow,
		       const struct tcptrace_packet *p,
		       const struct tcptrace_sighting *s,
		       struct tcptrace_notes *notes,
		       struct tcptrace_tls_work *work);
void tcptrace_tls_payload(struct tcptrace_flow *flow,
			  const struct tcptrace_packet *p,
			  const struct tcptrace_sighting *s,
			  const struct tcptrace_notes *notes,
			  struct tcptrace_tls_work *work);
void tcptrace_tls_abandon(struct tcptrace_flow *flow, u64 now_ns);
void tcptrace_tls_leave(struct tcptrace_flow *flow,
			struct tcptrace_tls_work *work);
bool tcptrace_tls_finish(struct tcptrace_flow *flow,
			 const struct tcptrace_packet *p,
			 struct tcptrace_tls_work *work);
void tcptrace_tls_free(struct tcptrace_walk *walk);

#endif /* _TCPTRACE_TLS_H */
