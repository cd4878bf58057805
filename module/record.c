// SPDX-License-Identifier: GPL-2.0
#include <linux/lockdep.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "record.h"
#include "ring.h"
#include "sock.h"
#include "stats.h"
#include "table.h"
#include "tls.h"

/* What is known of the sender of a packet at LOCAL_OUT. */
static void fill_sender(const struct tcptrace_packet *p,
			struct tcptrace_record *rec)
{
	if (p->said != TCPTRACE_UNKNOWN) {
		rec->rflags |= TCPTRACE_F_SK;
		rec->u.seg.sock_state = p->said;
	}
	tcptrace_sock_owner(rec);
}

/* What the table knows, and the core does not. */
static void fill_flow(const struct tcptrace_flow *flow,
		      struct tcptrace_record *rec)
{
	const struct tcptrace_key *key = &flow->key;
	u8 client = flow->client;

	rec->netns = key->net->ns.inum;
	memcpy(rec->addr[TCPTRACE_CLIENT], key->addr[client], 16);
	memcpy(rec->addr[TCPTRACE_SERVER], key->addr[!client], 16);
	rec->port[TCPTRACE_CLIENT] = key->port[client];
	rec->port[TCPTRACE_SERVER] = key->port[!client];
	rec->family = flow->family;
	if (flow->nat)
		rec->rflags |= TCPTRACE_F_NAT;
	rec->ifindex = 0;
	rec->pid = 0;
}

static void publish(const struct tcptrace_record *rec)
{
	tcptrace_ring_write(rec);
	if (rec->kind == TCPTRACE_REC_END)
		tcptrace_count(TCPTRACE_STAT_ENDED);
}

/**
 * tcptrace_record_sighting() - record what a segment was worth
 * @flow: its flow; the caller holds its lock
 * @notes: what the core has noted
 * @p: the packet
 * @s: the same, as the core was shown it
 *
 * Context: any.
 */
void tcptrace_record_sighting(struct tcptrace_flow *flow,
			      const struct tcptrace_notes *notes,
			      const struct tcptrace_packet *p,
			      const struct tcptrace_sighting *s)
{
	struct tcptrace_record rec TCPTRACE_UNINIT;
	u8 i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < notes->nr; i++) {
		tcptrace_conn_record(&flow->conn, notes, i, s, s->now_ns,
				     &rec);
		fill_flow(flow, &rec);
		rec.ifindex = p->tuple.ifindex;
		if (s->vantage == TCPTRACE_LEAVES &&
		    rec.kind == TCPTRACE_REC_SEGMENT)
			fill_sender(p, &rec);
		publish(&rec);
	}
}

/**
 * tcptrace_record_event() - record what was no segment: a timer, a word, an end
 * @flow: the flow; the caller holds its lock
 * @notes: what the core has noted
 * @now_ns: when
 *
 * Context: any.
 */
void tcptrace_record_event(struct tcptrace_flow *flow,
			   const struct tcptrace_notes *notes, u64 now_ns)
{
	struct tcptrace_record rec TCPTRACE_UNINIT;
	u8 i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < notes->nr; i++) {
		if (notes->note[i].kind == TCPTRACE_REC_END)
			tcptrace_tls_abandon(flow, now_ns);
		tcptrace_conn_record(&flow->conn, notes, i, NULL, now_ns, &rec);
		fill_flow(flow, &rec);
		publish(&rec);
	}
}
