/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks and the tracepoint hand on: a tuple, and a sighting. */
#ifndef _TCPTRACE_PACKET_H
#define _TCPTRACE_PACKET_H

#include <linux/types.h>

#include "core/segment.h"

struct net;
struct sk_buff;

/**
 * struct tcptrace_tuple - what tells connections apart, as one end has it
 * @net: network namespace
 * @addr: this end's and the other's address, IPv4 mapped (::ffff:a.b.c.d)
 * @addr64: the same
 * @port: this end's and the other's port, host byte order
 * @ifindex: interface, of weight if an address is link-local
 * @family: 4 or 6
 */
struct tcptrace_tuple {
	struct net *net;
	union {
		__be32 addr[2][4];
		u64 addr64[2][2];
	};
	u16 port[2];
	u32 ifindex;
	u8 family;
};

/**
 * struct tcptrace_packet - one sighting, as the hook has read it
 * @tuple: as its sender has it; ports are filled in from @seg
 * @skb: the packet
 * @seg: its segment
 * @vantage: enum tcptrace_vantage
 * @to_local: its destination is this host
 * @sport_listed: its source port is traced
 * @dport_listed: its destination port is traced
 * @nat: @tuple and the ports of @seg are those before NAT, not the packet's
 */
struct tcptrace_packet {
	struct tcptrace_tuple tuple;
	const struct sk_buff *skb;
	struct tcptrace_segment *seg;
	u8 vantage;
	bool to_local;
	bool sport_listed;
	bool dport_listed;
	bool nat;
};

#endif /* _TCPTRACE_PACKET_H */
