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

#include "core/ip.h"
#include "core/parse.h"
#include "flow.h"
#include "hook.h"
#include "nat.h"
#include "ports.h"
#include "stats.h"

/*
 * Of a routing header, so much is looked at: with more than ten addresses, one
 * of a type that ends with the last one is not found.
 */
#define IPV6_ROUTING_MAX	(8 + 10 * 16)

static const u8 vantages[NF_INET_NUMHOOKS] = {
	[NF_INET_LOCAL_OUT]	= TCPTRACE_LEAVES,
	[NF_INET_LOCAL_IN]	= TCPTRACE_ARRIVES,
	[NF_INET_FORWARD]	= TCPTRACE_PASSES,
};

/* Which ports of a segment are traced. */
#define SPORT_LISTED	1
#define DPORT_LISTED	2

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
	/* Nothing to add up: it never was on a wire, or the device has. */
	if (skb->ip_summed == CHECKSUM_PARTIAL ||
	    skb->ip_summed == CHECKSUM_UNNECESSARY)
		return false;
	return nf_checksum(skb, state->hook, thoff, IPPROTO_TCP, state->pf);
}

/* How many segments of the wire a packet stands for. */
static u16 wire_segs(const struct sk_buff *skb, u32 len)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);

	if (!skb_is_gso(skb))
		return 1;
	if (shared->gso_segs)
		return shared->gso_segs;
	/* From a virtual machine's device: nobody has counted them yet. */
	return clamp_t(u32, DIV_ROUND_UP(len, shared->gso_size), 1, U16_MAX);
}

/*
 * Reads a TCP header that is not in one piece, or has options that matter: a
 * lying offset is the parser's to find.
 */
static noinline enum tcptrace_parse_result
read_pieces(const struct sk_buff *skb, unsigned int thoff,
	    struct tcptrace_segment *ret_seg)
{
	u8 buf[TCPTRACE_TCP_HEADER_MAX];
	unsigned int total = skb->len - thoff;
	unsigned int avail = TCPTRACE_TCP_HEADER_MIN;
	const u8 *th;

	th = skb_header_pointer(skb, thoff, avail, buf);
	if (th && (th[13] & TCPTRACE_SYN)) {
		avail = min_t(unsigned int, total,
			      max_t(unsigned int, (th[12] >> 4) * 4, avail));
		th = skb_header_pointer(skb, thoff, avail, buf);
	}
	if (!th)
		return TCPTRACE_PARSE_SHORT;
	return tcptrace_parse_tcp(th, avail, total, ret_seg);
}

/* Reads the TCP header at @thoff; false if it is counted and done with. */
static __always_inline bool read_segment(const struct sk_buff *skb,
					 unsigned int thoff,
					 struct tcptrace_packet *p)
{
	const u8 *th = skb->data + thoff;
	enum tcptrace_parse_result result;

	if (thoff + TCPTRACE_TCP_HEADER_MIN <= skb_headlen(skb) &&
	    !(th[13] & TCPTRACE_SYN))
		result = tcptrace_parse_bare(th, skb->len - thoff, &p->seg);
	else
		result = read_pieces(skb, thoff, &p->seg);
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
	p->seg.segs = wire_segs(skb, p->seg.len);
	return true;
}

/* A TCP segment of either family whose addresses are in @p already. */
static __always_inline void matched(struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    unsigned int thoff, unsigned int listed,
				    struct tcptrace_packet *p)
{
	tcptrace_count(TCPTRACE_STAT_MATCHED);
	if (!read_segment(skb, thoff, p))
		return;
	if (checksum_bad(skb, state, thoff)) {
		tcptrace_count(TCPTRACE_STAT_BAD_CSUM);
		return;
	}
	p->sport_listed = listed & SPORT_LISTED;
	p->dport_listed = listed & DPORT_LISTED;
	p->tuple.net = state->net;
	p->tuple.port[0] = p->seg.sport;
	p->tuple.port[1] = p->seg.dport;
	p->nat = false;
	if (tcptrace_nat(skb))
		tcptrace_nat_undo(skb, p);
	p->skb = skb;
	p->tuple.ifindex = ifindex(state);
	p->vantage = vantages[state->hook];
	p->to_local = to_local(skb, state->hook);
	tcptrace_flow_segment(p);
}

/* Ports that are not in one piece, or that NAT has made of others. */
static noinline unsigned int find_listed(const struct sk_buff *skb,
					 unsigned int thoff)
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

/*
 * Which of the ports at @thoff are traced, or of those that NAT has made them
 * of? Nothing here needs a stack, for most of what comes this way is not ours.
 */
static __always_inline unsigned int listed_ports(const struct sk_buff *skb,
						 unsigned int thoff)
{
	const __be16 *ports = (const __be16 *)(skb->data + thoff);

	if (unlikely(thoff + 2 * sizeof(*ports) > skb_headlen(skb) ||
		     tcptrace_nat(skb)))
		return find_listed(skb, thoff);
	return tcptrace_ports_has(ntohs(ports[0])) * SPORT_LISTED |
	       tcptrace_ports_has(ntohs(ports[1])) * DPORT_LISTED;
}

/* Kept out of line: what is not traced should not pay for the stack. */
static noinline void matched_ipv4(struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  unsigned int thoff, unsigned int listed)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct tcptrace_packet p TCPTRACE_UNINIT;

	ipv6_addr_set_v4mapped(iph->saddr, (struct in6_addr *)p.tuple.addr[0]);
	ipv6_addr_set_v4mapped(iph->daddr, (struct in6_addr *)p.tuple.addr[1]);
	p.tuple.family = 4;
	matched(skb, state, thoff, listed, &p);
}

static unsigned int hook_ipv4(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int thoff, listed;

	if (iph->protocol != IPPROTO_TCP)
		return NF_ACCEPT;
	tcptrace_count(TCPTRACE_STAT_SEEN);
	/* Whole by LOCAL_IN; a router may pass on fragments. */
	if (ip_is_fragment(iph)) {
		tcptrace_count(TCPTRACE_STAT_FRAGMENTS);
		return NF_ACCEPT;
	}
	thoff = skb_network_offset(skb) + iph->ihl * 4;
	listed = listed_ports(skb, thoff);
	if (listed)
		matched_ipv4(skb, state, thoff, listed);
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
	struct tcptrace_packet p TCPTRACE_UNINIT;

	memcpy(p.tuple.addr[0], &ipv6_hdr(skb)->saddr, sizeof(p.tuple.addr[0]));
	memcpy(p.tuple.addr[1], daddr, sizeof(p.tuple.addr[1]));
	p.tuple.family = 6;
	matched(skb, state, thoff, listed, &p);
}

/* The same as hook_ipv6(), with extension headers. */
static noinline void hook_extended(struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	__be32 daddr[4];
	unsigned int listed;
	int thoff;

	memcpy(daddr, &ipv6_hdr(skb)->daddr, sizeof(daddr));
	thoff = skip_headers(skb, skb_network_offset(skb) +
				  sizeof(struct ipv6hdr));
	if (thoff < 0 || !find_destination(skb, state->hook, daddr))
		return;
	tcptrace_count(TCPTRACE_STAT_SEEN);
	listed = listed_ports(skb, thoff);
	if (listed)
		matched_ipv6(skb, state, thoff, listed, daddr);
}

static unsigned int hook_ipv6(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	unsigned int thoff, listed;

	if (ip6h->nexthdr != IPPROTO_TCP) {
		hook_extended(skb, state);
		return NF_ACCEPT;
	}
	tcptrace_count(TCPTRACE_STAT_SEEN);
	thoff = skb_network_offset(skb) + sizeof(*ip6h);
	listed = listed_ports(skb, thoff);
	if (listed)
		matched_ipv6(skb, state, thoff, listed,
			     ip6h->daddr.s6_addr32);
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
