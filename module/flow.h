/* SPDX-License-Identifier: GPL-2.0 */
/* Sightings and words, each to the connection that it belongs to. */
#ifndef _TCPTRACE_FLOW_H
#define _TCPTRACE_FLOW_H

#include <linux/jiffies.h>

#include "core/plain.h"
#include "packet.h"
#include "table.h"
#include "tls.h"

int tcptrace_flow_init(bool hear);
void tcptrace_flow_exit(void);

TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_flow_at_hand(struct tcptrace_flow *flow, unsigned int sender,
			   struct tcptrace_packet *p, bool may_be_plain);
void tcptrace_flow_segment(struct tcptrace_packet *p);
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_flow_word(struct tcptrace_flow *flow, unsigned int end, u8 said,
			u64 linger_ns);

/**
 * tcptrace_flow_may_be_plain() - is a plain segment worth a look at its flow
 * @flow: the flow, which need not be locked: this is a guess
 *
 * Context: under rcu_read_lock().
 */
static __always_inline bool
tcptrace_flow_may_be_plain(const struct tcptrace_flow *flow)
{
	/* data_race: a guess; tcptrace_plain() looks again, under the lock */
	return tcptrace_plain_conn(data_race(READ_ONCE(flow->conn.flags)));
}

/**
 * tcptrace_flow_plain() - done with at once: data, or its ACK, and no more
 * @flow: the flow, not gone; the caller holds its lock
 * @sender: index in the flow's key of the end that sends
 * @seg: the segment, see tcptrace_plain()
 * @vantage: enum tcptrace_vantage
 * @to_local: its receiver lives on this host
 *
 * Most segments are. It stays inline, and @seg in registers.
 *
 * Context: any.
 * Return: false if it is not, and nothing was done.
 */
static __always_inline bool
tcptrace_flow_plain(struct tcptrace_flow *flow, unsigned int sender,
		    const struct tcptrace_segment *seg, u8 vantage,
		    bool to_local)
{
	/* TCPTRACE_CLIENT if they are the same, else TCPTRACE_SERVER */
	const unsigned int from = sender ^ flow->client;

	if (tcptrace_tls_wants(flow, seg->len) ||
	    !tcptrace_plain(&flow->conn, seg, from, vantage, to_local))
		return false;
	flow->seen = jiffies;
	return true;
}

#endif /* _TCPTRACE_FLOW_H */
