/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAT, as conntrack tells it with a packet. At LOCAL_OUT, FORWARD and LOCAL_IN
 * the tuples of one connection differ then; the one before NAT, of which
 * conntrack calls the direction ORIGINAL, is the same at each.
 *
 * Nothing here needs a symbol of nf_conntrack: what has no conntrack pays
 * for one test.
 */
#ifndef _TCPTRACE_NAT_H
#define _TCPTRACE_NAT_H

#include <linux/types.h>

#include "packet.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>

/**
 * tcptrace_nat() - are the addresses or ports of a packet's connection changed
 * @skb: the packet
 *
 * Context: any, in a hook: the packet holds its conntrack entry.
 */
static inline bool tcptrace_nat(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	return ct && (READ_ONCE(ct->status) & IPS_NAT_MASK);
}

void tcptrace_nat_ports(const struct sk_buff *skb, bool *sport, bool *dport);
void tcptrace_nat_undo(const struct sk_buff *skb, struct tcptrace_packet *p);
#else
static inline bool tcptrace_nat(const struct sk_buff *skb)
{
	return false;
}

static inline void tcptrace_nat_ports(const struct sk_buff *skb, bool *sport,
				      bool *dport)
{
}

static inline void tcptrace_nat_undo(const struct sk_buff *skb,
				     struct tcptrace_packet *p)
{
}
#endif

#endif /* _TCPTRACE_NAT_H */
