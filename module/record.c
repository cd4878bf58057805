// SPDX-License-Identifier: GPL-2.0
#include <linux/lockdep.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "core/fill.h"
#include "record.h"
#include "ring.h"
#include "sock.h"
#include "stats.h"
#include "table.h"
#include "tls.h"

/* What is known of the sender of a packet at LOCAL_OUT. */
static __always_inline void fill_sender(u8 said, struct tcptrace_record *rec)
{
	if (said != TCPTRACE_UNKNOWN) {
		rec->rflags |= TCPTRACE_F_SK;
		rec->u.seg.sock_state = said;
	}
	tcptrace_sock_owner(rec);
}

/* What the table knows, and the core does not. */
static __always_inline void fill_flow(const struct tcptrace_flow *flow,
				      u32 ifindex, struct tcptrace_record *rec)
{
	const struct tcptrace_key *key = &flow->key;
	const unsigned int client = flow->client;
	const u64 *c = key->addr64[client], *s = key->addr64[client ^ 1];
	u64 *addr = (u64 *)rec->addr;

	BUILD_BUG_ON(offsetof(struct tcptrace_record, addr) % sizeof(*addr));
	TCPTRACE_KEEP(c);
	TCPTRACE_KEEP(s);
	rec->netns = key->net->ns.inum;
	addr[0] = c[0];
	addr[1] = c[1];
	addr[2] = s[0];
	addr[3] = s[1];
	rec->port[TCPTRACE_CLIENT] = key->port[client];
	rec->port[TCPTRACE_SERVER] = key->port[client ^ 1];
	rec->family = flow->family;
	if (flow->nat)
		rec->rflags |= TCPTRACE_F_NAT;
	rec->ifindex = ifindex;
	rec->pid = 0;
}

/*
 * Note @i as a record in the ring, to be published. Caller must hold @flow->lock,
 * with interrupts off. For @s and @now_ns see tcptrace_conn_record().
 */
static __always_inline struct tcptrace_record *
fill_note(struct tcptrace_flow *flow, const struct tcptrace_notes *notes, u8 i,
	  const struct tcptrace_sighting *s, u64 now_ns, u32 ifindex)
{
	struct tcptrace_record *rec = tcptrace_ring_reserve();

	tcptrace_conn_record(&flow->conn, notes, i, s, now_ns, rec);
	fill_flow(flow, ifindex, rec);
	return rec;
}

static __always_inline void publish(struct tcptrace_record *rec)
{
	if (rec->kind == TCPTRACE_REC_END)
		tcptrace_count(TCPTRACE_STAT_ENDED);
	tcptrace_ring_publish(rec);
}

/**
 * tcptrace_record_sighting() - record what a segment was worth
 * @flow: its flow; the caller holds its lock
 * @notes: what the core has noted
 * @s: the segment, as the core was shown it
 * @ifindex: where it was sighted
 * @said: what the socket that sends it says of its state, of one that leaves
 *
 * Context: any.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_record_sighting(struct tcptrace_flow *flow,
			      const struct tcptrace_notes *notes,
			      const struct tcptrace_sighting *s, u32 ifindex,
			      u8 said)
{
	struct tcptrace_record *rec;
	u8 i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < notes->nr; i++) {
		rec = fill_note(flow, notes, i, s, s->now_ns, ifindex);
		if (s->vantage == TCPTRACE_LEAVES &&
		    rec->kind == TCPTRACE_REC_SEGMENT)
			fill_sender(said, rec);
		publish(rec);
	}
}

/**
 * tcptrace_record_word() - record what a usual word was worth
 * @flow: the flow; the caller holds its lock
 * @notes: what tcptrace_usual_word() has noted: one note
 * @now_ns: when
 *
 * Others may be worth more: see tcptrace_record_event().
 *
 * Context: any.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_record_word(struct tcptrace_flow *flow,
			  const struct tcptrace_notes *notes, u64 now_ns)
{
	lockdep_assert_held(&flow->lock);
	tcptrace_ring_publish(fill_note(flow, notes, 0, NULL, now_ns, 0));
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
	u8 i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < notes->nr; i++) {
		if (notes->note[i].kind == TCPTRACE_REC_END)
			tcptrace_tls_abandon(flow, now_ns);
		publish(fill_note(flow, notes, i, NULL, now_ns, 0));
	}
}
