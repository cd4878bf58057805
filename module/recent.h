/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow that a CPU has seen last. Over loopback the arrival follows the
 * departure, and what comes in often comes in trains: then the table need not
 * be asked, nor a key be made.
 */
#ifndef _TCPTRACE_RECENT_H
#define _TCPTRACE_RECENT_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/in6.h>
#include <linux/percpu.h>

#include "table.h"

/**
 * struct tcptrace_recent - the flow that a CPU has seen last
 * @flow: the flow, or NULL; it may be gone, and if it was freed
 * @removals: tells: so many flows had been removed when it was still there
 */
struct tcptrace_recent {
	struct tcptrace_flow *flow;
	s64 removals;
};

DECLARE_PER_CPU(struct tcptrace_recent, tcptrace_recent);

/**
 * tcptrace_recent_remember() - this CPU has seen a flow
 * @flow: the flow, not gone; the caller holds its lock with interrupts off
 *
 * Whoever ends it counts that under its lock, when it is gone: thus more than is
 * remembered here.
 *
 * Context: any.
 */
static inline void tcptrace_recent_remember(struct tcptrace_flow *flow)
{
	struct tcptrace_recent *recent = this_cpu_ptr(&tcptrace_recent);

	/* For a CPU that reads this with the count from before. */
	smp_store_release(&recent->flow, flow);
	/* E, pairs with the load-acquire in tcptrace_recent_flow() */
	smp_store_release(&recent->removals,
			  atomic64_read(&tcptrace_table_removals));
}

/**
 * tcptrace_recent_flow() - the flow that this CPU has seen last
 *
 * Interrupts and preemption may come in between: what is read then is of two
 * flows, or of another CPU. If the count is still the one that was read first,
 * no flow was removed since, whichever was remembered then or later. If one is
 * removed from now on, its grace period waits for the caller.
 *
 * Context: under rcu_read_lock(), which keeps the flow.
 * Return: the flow, or NULL if none is sure to be there.
 */
static inline struct tcptrace_flow *tcptrace_recent_flow(void)
{
	struct tcptrace_recent *recent = raw_cpu_ptr(&tcptrace_recent);
	/* Pairs with E in tcptrace_recent_remember(). */
	s64 removals = smp_load_acquire(&recent->removals);
	struct tcptrace_flow *flow = READ_ONCE(recent->flow);

	/* Pairs with D in tcptrace_expiry_end(). */
	return removals == atomic64_read(&tcptrace_table_removals) ? flow : NULL;
}

/*
 * Index in a key of the end whose ports these are, the source in the upper half
 * as on the wire, in @ret_end; false if it is neither. Where both are the same,
 * let the table tell.
 */
static __always_inline bool tcptrace_recent_end(const struct tcptrace_key *key,
						u32 ports,
						unsigned int *ret_end)
{
	const u32 pair = key->port[0] | (u32)key->port[1] << 16;
	const u32 turned = rol32(ports, 16);

	if (pair == ports)
		*ret_end = 1;
	else if (pair == turned)
		*ret_end = 0;
	else
		return false;
	return ports != turned;
}

static __always_inline bool tcptrace_recent_is(const struct tcptrace_key *key,
					       unsigned int end,
					       const u64 *source,
					       const u64 *destination)
{
	const u64 *from = key->addr64[end], *to = key->addr64[end ^ 1];

	TCPTRACE_KEEP(from);
	TCPTRACE_KEEP(to);
	return !((from[0] ^ source[0]) | (from[1] ^ source[1]) |
		 (to[0] ^ destination[0]) | (to[1] ^ destination[1]));
}

/**
 * tcptrace_recent_find() - the flow of a tuple, if this CPU has just seen it
 * @tuple: of either end
 * @ret_end: index in the flow's key of the end whose tuple it is
 *
 * Context: under rcu_read_lock(), which keeps the flow.
 * Return: the flow, or NULL if the table is to be asked.
 */
static inline struct tcptrace_flow *
tcptrace_recent_find(const struct tcptrace_tuple *tuple, u8 *ret_end)
{
	struct tcptrace_flow *flow = tcptrace_recent_flow();
	unsigned int end;

	if (!flow || flow->key.net != tuple->net ||
	    !tcptrace_recent_end(&flow->key, (u32)tuple->port[0] << 16 |
					     tuple->port[1], &end) ||
	    !tcptrace_recent_is(&flow->key, end, tuple->addr64[0],
				tuple->addr64[1]) ||
	    (flow->key.ifindex && flow->key.ifindex != tuple->ifindex))
		return NULL;
	*ret_end = end;
	return flow;
}

/**
 * tcptrace_recent_ipv4() - likewise, of a packet or socket, without a tuple
 * @net: its network namespace
 * @saddr: its source address; both are those of the connection: no NAT
 * @daddr: its destination address
 * @ports: its ports, the source in the upper half
 * @ret_end: index in the flow's key of the end that sends it, or whose it is
 *
 * Context: under rcu_read_lock(), which keeps the flow.
 * Return: the flow, or NULL if the table is to be asked.
 */
static __always_inline struct tcptrace_flow *
tcptrace_recent_ipv4(const struct net *net, __be32 saddr, __be32 daddr,
		     u32 ports, unsigned int *ret_end)
{
	struct tcptrace_flow *flow = tcptrace_recent_flow();
	const __be32 *from, *to;

	if (!flow || flow->key.net != net || flow->family != 4 ||
	    !tcptrace_recent_end(&flow->key, ports, ret_end))
		return NULL;
	from = flow->key.addr[*ret_end];
	to = flow->key.addr[*ret_end ^ 1];
	return from[3] == saddr && to[3] == daddr ? flow : NULL;
}

/**
 * tcptrace_recent_ipv6() - likewise; a packet has no header that routes it
 * @net: its network namespace
 * @saddr: its source address; need not be aligned
 * @daddr: its destination address; likewise
 * @ports: its ports, the source in the upper half
 * @ret_end: index in the flow's key of the end that sends it, or whose it is
 *
 * Context: under rcu_read_lock(), which keeps the flow.
 * Return: the flow, or NULL if the table is to be asked; so it is where
 * addresses are link-local.
 */
static __always_inline struct tcptrace_flow *
tcptrace_recent_ipv6(const struct net *net, const struct in6_addr *saddr,
		     const struct in6_addr *daddr, u32 ports,
		     unsigned int *ret_end)
{
	struct tcptrace_flow *flow = tcptrace_recent_flow();
	u64 from[2], to[2];

	if (!flow || flow->key.net != net || flow->key.ifindex ||
	    !tcptrace_recent_end(&flow->key, ports, ret_end))
		return NULL;
	/* They need not be aligned. */
	memcpy(from, saddr, sizeof(from));
	memcpy(to, daddr, sizeof(to));
	return tcptrace_recent_is(&flow->key, *ret_end, from, to) ? flow : NULL;
}

#endif /* _TCPTRACE_RECENT_H */
