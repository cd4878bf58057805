// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/parse.h"
#include "flow.h"
#include "hook.h"
#include "nat.h"
#include "ports.h"
#include "stats.h"

static u8 vantage(unsigned int hook)
{
	switch (hook) {
	case NF_INET_LOCAL_OUT:
		return TCPTRACE_LEAVES;
	case NF_INET_LOCAL_IN:
		return TCPTRACE_ARRIVES;
	default:
		return TCPTRACE_PASSES;
	}
}

/*
 * Is the receiver on this host? At LOCAL_OUT the route knows; the hook's
 * output device may be stale there, after a NAT rule has changed the route.
 */
static bool to_local(const struct sk_buff *skb, unsigned int hook)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (hook == NF_INET_LOCAL_IN)
		return true;
	return hook == NF_INET_LOCAL_OUT && dst &&
	       (dst->dev->flags & IFF_LOOPBACK);
}

static u32 ifindex(const struct nf_hook_state *state)
{
	const struct net_device *dev;

	dev = state->hook == NF_INET_LOCAL_OUT ? state->out : state->in;
	return dev ? dev->ifindex : 0;
}

static bool checksum_bad(struct sk_buff *skb, const struct nf_hook_state *state,
			 unsigned int thoff)
{
	/* TCP will look after this hook; nobody has before it. */
	if (state->hook != NF_INET_LOCAL_IN)
		return false;
	return nf_checksum(skb, state->hook, thoff, IPPROTO_TCP, state->pf);
}

/* Reads the TCP header at @thoff; false if it is counted and done with. */
static bool read_segment(struct sk_buff *skb, unsigned int thoff,
			 struct tcptrace_packet *p)
{
	u8 buf[TCPTRACE_TCP_HEADER_MAX];
	unsigned int total = skb->len - thoff;
	unsigned int avail = TCPTRACE_TCP_HEADER_MIN;
	enum tcptrace_parse_result result;
	const u8 *th;

	th = skb_header_pointer(skb, thoff, avail, buf);
	if (th && (th[13] & TCPTRACE_SYN)) {
		/* Options matter; a lying offset is the parser's to find. */
		avail = min_t(unsigned int, total,
			      max_t(unsigned int, (th[12] >> 4) * 4, avail));
		th = skb_header_pointer(skb, thoff, avail, buf);
	}
	if (!th) {
		tcptrace_count(TCPTRACE_STAT_TRUNCATED);
		return false;
	}
	result = tcptrace_parse_tcp(th, avail, total, &p->seg);
	switch (result) {
	case TCPTRACE_PARSE_OK:
		break;
	case TCPTRACE_PARSE_BAD_OFFSET:
		tcptrace_count(TCPTRACE_STAT_BAD_OFFSET);
		return false;
	default:
		tcptrace_count(TCPTRACE_STAT_TRUNCATED);
		return false;
	}
	if (skb_is_gso(skb) && skb_shinfo(skb)->gso_segs)
		p->seg.segs = skb_shinfo(skb)->gso_segs;
	return true;
}

/*
 * A TCP segment of either family whose addresses are in @p already. Kept out
 * of line: what is not traced should not pay for the stack that this takes.
 */
static noinline void matched(struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     unsigned int thoff, struct tcptrace_packet *p)
{
	tcptrace_count(TCPTRACE_STAT_MATCHED);
	if (!read_segment(skb, thoff, p))
		return;
	if (checksum_bad(skb, state, thoff)) {
		tcptrace_count(TCPTRACE_STAT_BAD_CSUM);
		return;
	}
	p->tuple.net = state->net;
	p->tuple.port[0] = p->seg.sport;
	p->tuple.port[1] = p->seg.dport;
	p->nat = false;
	if (tcptrace_nat(skb))
		tcptrace_nat_undo(skb, p);
	p->skb = skb;
	p->tuple.ifindex = ifindex(state);
	p->vantage = vantage(state->hook);
	p->to_local = to_local(skb, state->hook);
	tcptrace_flow_segment(p);
}

/*
 * Are the ports at @thoff traced, or those that NAT has made them of? Says of
 * which end.
 */
static bool ports_match(const struct sk_buff *skb, unsigned int thoff,
			bool *ret_sport, bool *ret_dport)
{
	const __be16 *ports;
	__be16 buf[2];

	ports = skb_header_pointer(skb, thoff, sizeof(buf), buf);
	if (!ports) {
		tcptrace_count(TCPTRACE_STAT_NO_PORTS);
		return false;
	}
	*ret_sport = tcptrace_ports_has(ntohs(ports[0]));
	*ret_dport = tcptrace_ports_has(ntohs(ports[1]));
	if (tcptrace_nat(skb))
		tcptrace_nat_ports(skb, ret_sport, ret_dport);
	return *ret_sport || *ret_dport;
}

static unsigned int hook_ipv4(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct tcptrace_packet p;
	unsigned int thoff;
	bool sport, dport;

	if (iph->protocol != IPPROTO_TCP)
		return NF_ACCEPT;
	tcptrace_count(TCPTRACE_STAT_SEEN);
	/* Whole by LOCAL_IN; a router may pass on fragments. */
	if (ip_is_fragment(iph)) {
		tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
		return NF_ACCEPT;
	}
	thoff = skb_network_offset(skb) + iph->ihl * 4;
	if (!ports_match(skb, thoff, &sport, &dport))
		return NF_ACCEPT;

	ipv6_addr_set_v4mapped(iph->saddr, (struct in6_addr *)p.tuple.addr[0]);
	ipv6_addr_set_v4mapped(iph->daddr, (struct in6_addr *)p.tuple.addr[1]);
	p.tuple.family = 4;
	p.sport_listed = sport;
	p.dport_listed = dport;
	matched(skb, state, thoff, &p);
	return NF_ACCEPT;
}

static unsigned int hook_ipv6(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u8 nexthdr = ip6h->nexthdr;
	struct tcptrace_packet p;
	bool sport, dport;
	__be16 frag_off;
	int thoff;

	thoff = skb_network_offset(skb) + sizeof(*ip6h);
	if (nexthdr != IPPROTO_TCP) {
		thoff = ipv6_skip_exthdr(skb, thoff, &nexthdr, &frag_off);
		if (thoff < 0 || nexthdr != IPPROTO_TCP) {
			if (thoff >= 0 && nexthdr == NEXTHDR_FRAGMENT)
				tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
			return NF_ACCEPT;
		}
		/* Reassembled after this hook, if nobody did it before. */
		if (frag_off) {
			tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
			return NF_ACCEPT;
		}
	}
	tcptrace_count(TCPTRACE_STAT_SEEN);
	if (!ports_match(skb, thoff, &sport, &dport))
		return NF_ACCEPT;

	memcpy(p.tuple.addr[0], &ip6h->saddr, sizeof(p.tuple.addr[0]));
	memcpy(p.tuple.addr[1], &ip6h->daddr, sizeof(p.tuple.addr[1]));
	p.tuple.family = 6;
	p.sport_listed = sport;
	p.dport_listed = dport;
	matched(skb, state, thoff, &p);
	return NF_ACCEPT;
}

/* Last: what other hooks of this host drop was neither sent nor received. */
#define HOOK(family, number, fn)			\
	{						\
		.hook = (fn),				\
		.pf = (family),				\
		.hooknum = (number),			\
		.priority = NF_IP_PRI_LAST,		\
	}

static const struct nf_hook_ops hooks[] = {
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN, hook_ipv4),
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, hook_ipv4),
	HOOK(NFPROTO_IPV4, NF_INET_FORWARD, hook_ipv4),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN, hook_ipv6),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, hook_ipv6),
	HOOK(NFPROTO_IPV6, NF_INET_FORWARD, hook_ipv6),
};

/**
 * tcptrace_hook_register() - begin to trace a network namespace
 * @net: the namespace
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_hook_register(struct net *net)
{
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

/**
 * tcptrace_hook_unregister() - no longer trace a network namespace
 * @net: the namespace
 *
 * Does not wait: until a grace period is over, hooks may still run.
 *
 * Context: process; may sleep.
 */
void tcptrace_hook_unregister(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}
