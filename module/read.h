/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a packet at a hook to a sighting. Inline, for the way of a segment is one
 * piece (path.c), and what is known where it is compiled, such as the hook, costs
 * no test.
 */
#ifndef _TCPTRACE_READ_H
#define _TCPTRACE_READ_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/dst.h>

#include "core/parse.h"
#include "packet.h"
#include "stats.h"

/**
 * tcptrace_read_vantage() - where a hook sees packets
 * @hook: NF_INET_LOCAL_OUT, NF_INET_LOCAL_IN or NF_INET_FORWARD
 *
 * Context: any.
 * Return: enum tcptrace_vantage.
 */
static __always_inline u8 tcptrace_read_vantage(unsigned int hook)
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

/**
 * tcptrace_read_to_local() - is a packet's receiver on this host
 * @skb: the packet
 * @hook: where it is seen
 *
 * At LOCAL_OUT the route knows; the hook's output device may be stale there,
 * after a NAT rule has changed the route.
 *
 * Context: in a hook.
 */
static __always_inline bool tcptrace_read_to_local(const struct sk_buff *skb,
						   unsigned int hook)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (hook == NF_INET_LOCAL_IN)
		return true;
	return hook == NF_INET_LOCAL_OUT && dst &&
	       (dst->dev->flags & IFF_LOOPBACK);
}

/* The interface that it goes out by, or came in by; 0 if there is none. */
static __always_inline u32 tcptrace_read_ifindex(const struct nf_hook_state *state,
						 unsigned int hook)
{
	const struct net_device *dev;

	dev = hook == NF_INET_LOCAL_OUT ? state->out : state->in;
	return dev ? dev->ifindex : 0;
}

/**
 * tcptrace_read_summed() - is there nothing to add up of a packet
 * @skb: the packet
 *
 * Context: any.
 * Return: true if it was never on a wire, or the device has done it.
 */
static __always_inline bool tcptrace_read_summed(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL ||
	       skb->ip_summed == CHECKSUM_UNNECESSARY;
}

static __always_inline bool
tcptrace_read_bad_csum(struct sk_buff *skb, const struct nf_hook_state *state,
		       unsigned int hook, unsigned int thoff)
{
	/* TCP will look after this hook; nobody has before it. */
	if (hook != NF_INET_LOCAL_IN || tcptrace_read_summed(skb))
		return false;
	return nf_checksum(skb, hook, thoff, IPPROTO_TCP, state->pf);
}

/* Of a super-packet. */
static noinline u16 tcptrace_read_gso_segs(const struct sk_buff *skb, u32 len)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);

	if (shared->gso_segs)
		return shared->gso_segs;
	/* From a virtual machine's device: nobody has counted them yet. */
	return clamp_t(u32, DIV_ROUND_UP(len, shared->gso_size), 1, U16_MAX);
}

/**
 * tcptrace_read_segs() - how many segments of the wire a packet stands for
 * @skb: the packet
 * @len: bytes of its payload
 *
 * Context: any.
 */
static __always_inline u16 tcptrace_read_segs(const struct sk_buff *skb, u32 len)
{
	return likely(!skb_is_gso(skb)) ? 1 : tcptrace_read_gso_segs(skb, len);
}

/* A TCP header that is not in one piece: a lying offset is the parser's. */
static noinline enum tcptrace_parse_result
tcptrace_read_pieces(const struct sk_buff *skb, unsigned int thoff,
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

/**
 * tcptrace_read_offset() - where a TCP header begins in its packet
 * @skb: the packet
 * @th: the header, in the packet's first piece
 *
 * Context: any.
 */
static __always_inline unsigned int tcptrace_read_offset(const struct sk_buff *skb,
							 const u8 *th)
{
	return th - skb->data;
}

static __always_inline enum tcptrace_parse_result
tcptrace_read_header(const u8 *th, const struct sk_buff *skb,
		     struct tcptrace_segment *ret_seg)
{
	const unsigned int thoff = tcptrace_read_offset(skb, th);
	const int avail = skb_headlen(skb) - thoff;

	if (avail >= TCPTRACE_TCP_HEADER_MIN) {
		if (!(tcptrace_get16(th + 12) & TCPTRACE_SYN))
			return tcptrace_parse_bare(th, skb->len - thoff, ret_seg);
		if (avail >= (th[12] >> 4) * 4)
			return tcptrace_parse_tcp(th, avail, skb->len - thoff,
						  ret_seg);
	}
	return tcptrace_read_pieces(skb, thoff, ret_seg);
}

/* False if it is counted and done with. */
static __always_inline bool tcptrace_read_segment(const u8 *th,
						  const struct sk_buff *skb,
						  struct tcptrace_segment *ret_seg)
{
	switch (tcptrace_read_header(th, skb, ret_seg)) {
	case TCPTRACE_PARSE_OK:
		break;
	case TCPTRACE_PARSE_BAD_OFFSET:
		tcptrace_count(TCPTRACE_STAT_BAD_OFFSET);
		return false;
	default:
		tcptrace_count(TCPTRACE_STAT_TRUNCATED);
		return false;
	}
	ret_seg->segs = tcptrace_read_segs(skb, ret_seg->len);
	return true;
}

/**
 * tcptrace_read_packet() - what a sighting tells besides its tuple
 * @th: where the TCP header begins; it need not be whole
 * @skb: the packet
 * @state: the hook's
 * @hook: which hook that is
 * @p: the sighting. Its segment is written; of the tuple the namespace and the
 *	interface; all that says where and what it is, but not which ports are
 *	traced
 *
 * Context: in a hook, under rcu_read_lock().
 * Return: false if it is counted and done with: cut short, malformed, or its
 * checksum is wrong.
 */
static __always_inline bool tcptrace_read_packet(const u8 *th, struct sk_buff *skb,
						 const struct nf_hook_state *state,
						 unsigned int hook,
						 struct tcptrace_packet *p)
{
	if (!tcptrace_read_segment(th, skb, p->seg))
		return false;
	if (tcptrace_read_bad_csum(skb, state, hook,
				   tcptrace_read_offset(skb, th))) {
		tcptrace_count(TCPTRACE_STAT_BAD_CSUM);
		return false;
	}
	p->skb = skb;
	p->nat = false;
	p->vantage = tcptrace_read_vantage(hook);
	p->to_local = tcptrace_read_to_local(skb, hook);
	p->tuple.net = state->net;
	p->tuple.ifindex = tcptrace_read_ifindex(state, hook);
	return true;
}

#endif /* _TCPTRACE_READ_H */
