// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/ip.h"
#include "flow.h"
#include "hook.h"
#include "nat.h"
#include "ports.h"
#include "read.h"
#include "recent.h"
#include "stats.h"

/*
 * Of a routing header, so much is looked at: with more than ten addresses, one
 * of a type that ends with the last one is not found.
 */
#define IPV6_ROUTING_MAX	(8 + 10 * 16)

/* Which ports of a segment are traced. */
#define SPORT_LISTED	1
#define DPORT_LISTED	2

/* A TCP segment of either family whose addresses are in @p already. */
static __always_inline void matched(struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    unsigned int thoff, unsigned int listed,
				    struct tcptrace_packet *p)
{
	tcptrace_count(TCPTRACE_STAT_MATCHED);
	if (!tcptrace_read_packet(skb->data + thoff, skb, state, state->hook, p))
		return;
	p->sport_listed = listed & SPORT_LISTED;
	p->dport_listed = listed & DPORT_LISTED;
	p->tuple.port[0] = p->seg->sport;
	p->tuple.port[1] = p->seg->dport;
	if (tcptrace_nat(skb))
		tcptrace_nat_undo(skb, p);
	tcptrace_flow_segment(p);
}

/* Which are traced of ports that are not at hand? */
static unsigned int find_listed(const struct sk_buff *skb, unsigned int thoff)
{
	const __be16 *ports;
	bool sport, dport;
	__be16 buf[2];

	ports = skb_header_pointer(skb, thoff, sizeof(buf), buf);
	if (!ports) {
		tcptrace_count(TCPTRACE_STAT_NO_PORTS);
		return 0;
	}
	sport = tcptrace_ports_has(ntohs(ports[0]));
	dport = tcptrace_ports_has(ntohs(ports[1]));
	if (tcptrace_nat(skb))
		tcptrace_nat_ports(skb, &sport, &dport);
	return (sport ? SPORT_LISTED : 0) | (dport ? DPORT_LISTED : 0);
}

/* Are the ports at @th in one piece, and those that the ends have? */
static __always_inline bool ports_are_at_hand(const struct sk_buff *skb,
					      const u8 *th)
{
	return th + 2 * sizeof(__be16) <= skb_tail_pointer(skb) &&
	       !tcptrace_nat(skb);
}

/* Both ports at hand, the source in the upper half. */
static __always_inline u32 ports_at(const u8 *th)
{
	return ntohl(*(const __be32 *)th);
}

/*
 * Is one of these ports traced? Nothing here needs a stack, for most of what
 * comes this way is not ours.
 */
static __always_inline bool is_listed(const u8 *th)
{
	const u32 ports = ports_at(th);

	return unlikely(tcptrace_ports_have((u16)ports, ports >> 16));
}

/* Which of the ports at hand are traced? */
static __always_inline unsigned int listed_ports(const u8 *th)
{
	const u32 ports = ports_at(th);

	return tcptrace_ports_has(ports >> 16) * SPORT_LISTED |
	       tcptrace_ports_has((u16)ports) * DPORT_LISTED;
}

static noinline void matched_ipv4(struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  unsigned int thoff, unsigned int listed)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct tcptrace_segment seg TCPTRACE_UNINIT;
	struct tcptrace_packet p TCPTRACE_UNINIT;

	p.seg = &seg;
	ipv6_addr_set_v4mapped(iph->saddr, (struct in6_addr *)p.tuple.addr[0]);
	ipv6_addr_set_v4mapped(iph->daddr, (struct in6_addr *)p.tuple.addr[1]);
	p.tuple.family = 4;
	matched(skb, state, thoff, listed, &p);
}

/* Ports that are not in one piece, or that NAT has made of others. */
static noinline void indirect_ipv4(const u8 *th, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	const unsigned int thoff = th - skb->data;
	const unsigned int listed = find_listed(skb, thoff);

	if (listed)
		matched_ipv4(skb, state, thoff, listed);
}

/* TCP, and no fragment? One look tells: offset, time to live and protocol. */
static __always_inline bool is_whole_tcp(const struct iphdr *iph)
{
	const u32 word = tcptrace_get32((const u8 *)iph +
					offsetof(struct iphdr, frag_off));

	BUILD_BUG_ON(offsetof(struct iphdr, protocol) !=
		     offsetof(struct iphdr, frag_off) + 3);
	return (word & ((IP_OFFSET | IP_MF) << 16 | 0xff)) == IPPROTO_TCP;
}

/* Whole by LOCAL_IN; a router may pass on fragments. */
static noinline void count_fragment(const struct sk_buff *skb)
{
	if (ip_hdr(skb)->protocol != IPPROTO_TCP)
		return;
	tcptrace_count(TCPTRACE_STAT_SEEN);
	tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
}

/*
 * What becomes of a segment whose ports are at hand and traced. Something else
 * comes first, so that @skb and @state stay where the hook was given them: what
 * is not traced pays for no move.
 */
typedef void direct_fn(const u8 *th, struct sk_buff *skb,
		       const struct nf_hook_state *state);

static __always_inline unsigned int
hook_ipv4(struct sk_buff *skb, const struct nf_hook_state *state,
	  direct_fn *direct)
{
	const struct iphdr *iph = ip_hdr(skb);
	const u8 *th;

	if (unlikely(!is_whole_tcp(iph))) {
		count_fragment(skb);
		return NF_ACCEPT;
	}
	tcptrace_count(TCPTRACE_STAT_SEEN);
	th = (const u8 *)((const __be32 *)iph + iph->ihl);
	if (unlikely(!ports_are_at_hand(skb, th)))
		indirect_ipv4(th, skb, state);
	else if (is_listed(th))
		direct(th, skb, state);
	return NF_ACCEPT;
}

/*
 * The ends of a source-routed packet know each other by its last address.
 * False if it is on its way there, and here to be sent on: FORWARD will see it.
 */
static noinline bool find_destination(const struct sk_buff *skb,
				      unsigned int hook, __be32 *addr)
{
	u8 buf[IPV6_ROUTING_MAX];
	unsigned int at = 0, avail;
	int flags = IP6_FH_F_SKIP_RH;	/* one that has no segments left */
	const u8 *rh;

	if (ipv6_find_hdr(skb, &at, NEXTHDR_ROUTING, NULL, &flags) < 0)
		return true;
	if (hook == NF_INET_LOCAL_IN)
		return false;
	avail = min_t(unsigned int, skb->len - at, sizeof(buf));
	rh = skb_header_pointer(skb, at, avail, buf);
	if (rh)
		tcptrace_ip_final(rh, avail, (u8 *)addr);
	return true;
}

/* Is a fragment, with or without what its header is followed by, of TCP? */
static bool is_tcp_fragment(const struct sk_buff *skb, unsigned int at)
{
	struct frag_hdr buf;
	const struct frag_hdr *fh;

	fh = skb_header_pointer(skb, at, sizeof(buf), &buf);
	return fh && fh->nexthdr == IPPROTO_TCP;
}

/*
 * Walks the extension headers of a packet that has some. Returns where its TCP
 * header begins, or -1 if there is none, or not the whole of it: a fragment is
 * reassembled after this hook, if nobody did it before.
 */
static int skip_headers(const struct sk_buff *skb, unsigned int at)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	__be16 frag_off;
	int thoff;

	thoff = ipv6_skip_exthdr(skb, at, &nexthdr, &frag_off);
	if (thoff < 0)
		return -1;
	/* All but the first fragment end the walk at the fragment header. */
	if (nexthdr == NEXTHDR_FRAGMENT && is_tcp_fragment(skb, thoff))
		goto fragment;
	if (nexthdr != IPPROTO_TCP)
		return -1;
	if (frag_off & htons(IP6_OFFSET | IP6_MF))
		goto fragment;
	return thoff;

fragment:
	tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
	return -1;
}

static noinline void matched_ipv6(struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  unsigned int thoff, unsigned int listed,
				  const __be32 *daddr)
{
	struct tcptrace_segment seg TCPTRACE_UNINIT;
	struct tcptrace_packet p TCPTRACE_UNINIT;

	p.seg = &seg;
	memcpy(p.tuple.addr[0], &ipv6_hdr(skb)->saddr, sizeof(p.tuple.addr[0]));
	memcpy(p.tuple.addr[1], daddr, sizeof(p.tuple.addr[1]));
	p.tuple.family = 6;
	matched(skb, state, thoff, listed, &p);
}

/* Ports that are not in one piece, or that NAT has made of others. */
static noinline void indirect_ipv6(const u8 *th, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   const __be32 *daddr)
{
	const unsigned int thoff = th - skb->data;
	const unsigned int listed = find_listed(skb, thoff);

	if (listed)
		matched_ipv6(skb, state, thoff, listed, daddr);
}

/* The same as hook_ipv6(), with extension headers. For @hook see direct_fn. */
static noinline void hook_extended(unsigned int hook, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	unsigned int listed;
	__be32 daddr[4];
	int thoff;

	memcpy(daddr, &ipv6_hdr(skb)->daddr, sizeof(daddr));
	thoff = skip_headers(skb, skb_network_offset(skb) +
				  sizeof(struct ipv6hdr));
	if (thoff < 0 || !find_destination(skb, hook, daddr))
		return;
	tcptrace_count(TCPTRACE_STAT_SEEN);
	if (!ports_are_at_hand(skb, skb->data + thoff)) {
		indirect_ipv6(skb->data + thoff, skb, state, daddr);
		return;
	}
	listed = listed_ports(skb->data + thoff);
	if (listed)
		matched_ipv6(skb, state, thoff, listed, daddr);
}

static __always_inline unsigned int
hook_ipv6(struct sk_buff *skb, const struct nf_hook_state *state,
	  direct_fn *direct)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const u8 *th;

	if (unlikely(ip6h->nexthdr != IPPROTO_TCP)) {
		hook_extended(state->hook, skb, state);
		return NF_ACCEPT;
	}
	tcptrace_count(TCPTRACE_STAT_SEEN);
	th = (const u8 *)(ip6h + 1);
	if (unlikely(!ports_are_at_hand(skb, th)))
		indirect_ipv6(th, skb, state, ip6h->daddr.s6_addr32);
	else if (is_listed(th))
		direct(th, skb, state);
	return NF_ACCEPT;
}

/* A segment with a traced port, of which this CPU knows no more. */
static noinline void ask_table(const u8 *th, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const unsigned int thoff = tcptrace_read_offset(skb, th);
	const unsigned int listed = listed_ports(th);

	if (state->pf == NFPROTO_IPV4)
		matched_ipv4(skb, state, thoff, listed);
	else
		matched_ipv6(skb, state, thoff, listed,
			     ipv6_hdr(skb)->daddr.s6_addr32);
}

/*
 * A segment whose flow is at hand: no key is made, so no address is copied. Out
 * of line: a plain segment should not pay for the packet on the stack.
 */
static __always_inline void at_hand(const u8 *th, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    unsigned int hook,
				    struct tcptrace_flow *flow,
				    unsigned int sender)
{
	/*
	 * Whose checksum was known has been looked at, see done_as_plain(), or
	 * is not for its way.
	 */
	const bool may_be_plain = hook == NF_INET_LOCAL_IN &&
				  !tcptrace_read_summed(skb);
	struct tcptrace_segment seg TCPTRACE_UNINIT;
	struct tcptrace_packet p TCPTRACE_UNINIT;

	p.seg = &seg;
	if (tcptrace_read_packet(th, skb, state, hook, &p) &&
	    !tcptrace_flow_at_hand(flow, sender, &p, may_be_plain))
		ask_table(th, skb, state);
	else
		tcptrace_count(TCPTRACE_STAT_MATCHED);
}

/*
 * The way of most segments, without a struct tcptrace_packet: a plain one, whole
 * where its header is concerned, of a flow that is at hand. Whose checksum is
 * still to be looked at is left to at_hand(), as is all that is not sure.
 */
static __always_inline bool done_as_plain(const u8 *th,
					  const struct sk_buff *skb,
					  unsigned int hook,
					  struct tcptrace_flow *flow,
					  unsigned int sender)
{
	const unsigned int thoff = tcptrace_read_offset(skb, th);
	struct tcptrace_segment seg TCPTRACE_UNINIT;
	unsigned long flags;
	bool done;

	if (thoff + TCPTRACE_TCP_HEADER_MIN > skb_headlen(skb) ||
	    (hook == NF_INET_LOCAL_IN && !tcptrace_read_summed(skb)) ||
	    !tcptrace_plain_parse(th, skb->len - thoff, &seg))
		return false;
	seg.segs = tcptrace_read_segs(skb, seg.len);
	raw_spin_lock_irqsave(&flow->lock, flags);
	done = !flow->gone &&
	       tcptrace_flow_plain(flow, sender, &seg,
				   tcptrace_read_vantage(hook),
				   tcptrace_read_to_local(skb, hook));
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	if (!done)
		return false;
	tcptrace_count(TCPTRACE_STAT_MATCHED);
	tcptrace_count(TCPTRACE_STAT_COUNTED);
	return true;
}

static __always_inline struct tcptrace_flow *
recent_ipv4(const u8 *th, const struct sk_buff *skb, const struct net *net,
	    unsigned int *ret_sender)
{
	const struct iphdr *iph = ip_hdr(skb);

	return tcptrace_recent_ipv4(net, iph->saddr, iph->daddr, ports_at(th),
				    ret_sender);
}

static __always_inline struct tcptrace_flow *
recent_ipv6(const u8 *th, const struct sk_buff *skb, const struct net *net,
	    unsigned int *ret_sender)
{
	/* Nothing lies between it and its payload. */
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)th - 1;

	return tcptrace_recent_ipv6(net, &ip6h->saddr, &ip6h->daddr,
				    ports_at(th), ret_sender);
}

/*
 * For each hook its own, so that what is done there alone costs no test. What is
 * traced goes out of line: what is not should not pay for the stack. Each of
 * these ends in another one that is handed the same and more, instead of which
 * it lies on the stack but for a flow that has just gone, where at_hand() asks
 * the table: together 2.2 KB.
 */
#define DEFINE_AT_HAND(name, number)					\
static noinline void at_hand_##name(const u8 *th, struct sk_buff *skb,	\
				    const struct nf_hook_state *state,	\
				    struct tcptrace_flow *flow,		\
				    unsigned int sender)		\
{									\
	at_hand(th, skb, state, number, flow, sender);			\
}

DEFINE_AT_HAND(in, NF_INET_LOCAL_IN)
DEFINE_AT_HAND(out, NF_INET_LOCAL_OUT)
DEFINE_AT_HAND(forward, NF_INET_FORWARD)

#define DEFINE_PLAIN(name, number)					\
static noinline void plain_##name(const u8 *th, struct sk_buff *skb,	\
				  const struct nf_hook_state *state,	\
				  struct tcptrace_flow *flow,		\
				  unsigned int sender)			\
{									\
	if (!done_as_plain(th, skb, number, flow, sender))		\
		at_hand_##name(th, skb, state, flow, sender);		\
}

DEFINE_PLAIN(in, NF_INET_LOCAL_IN)
DEFINE_PLAIN(out, NF_INET_LOCAL_OUT)
DEFINE_PLAIN(forward, NF_INET_FORWARD)

#define DEFINE_HOOK(family, name)					\
static noinline void direct_##family##_##name(const u8 *th,		\
				struct sk_buff *skb,			\
				const struct nf_hook_state *state)	\
{									\
	unsigned int sender = 0;					\
	struct tcptrace_flow *flow;					\
									\
	flow = recent_##family(th, skb, state->net, &sender);		\
	if (!flow)							\
		ask_table(th, skb, state);				\
	else if (tcptrace_flow_may_be_plain(flow))			\
		plain_##name(th, skb, state, flow, sender);		\
	else								\
		at_hand_##name(th, skb, state, flow, sender);		\
}									\
									\
static unsigned int hook_##family##_##name(void *priv,			\
				struct sk_buff *skb,			\
				const struct nf_hook_state *state)	\
{									\
	return hook_##family(skb, state, direct_##family##_##name);	\
}

DEFINE_HOOK(ipv4, in)
DEFINE_HOOK(ipv4, out)
DEFINE_HOOK(ipv4, forward)
DEFINE_HOOK(ipv6, in)
DEFINE_HOOK(ipv6, out)
DEFINE_HOOK(ipv6, forward)

/* Last: what other hooks of this host drop was neither sent nor received. */
#define HOOK(family, number, fn)			\
	{						\
		.hook = (fn),				\
		.pf = (family),				\
		.hooknum = (number),			\
		.priority = NF_IP_PRI_LAST,		\
	}

static const struct nf_hook_ops hooks[] = {
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN, hook_ipv4_in),
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, hook_ipv4_out),
	HOOK(NFPROTO_IPV4, NF_INET_FORWARD, hook_ipv4_forward),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN, hook_ipv6_in),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, hook_ipv6_out),
	HOOK(NFPROTO_IPV6, NF_INET_FORWARD, hook_ipv6_forward),
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
