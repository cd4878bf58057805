/* SPDX-License-Identifier: GPL-2.0 */
/* Flow table: lookup, insert, age, cap. */
#ifndef _TCPTRACE_FLOW_H
#define _TCPTRACE_FLOW_H

#include <linux/types.h>

#include "core/segment.h"

struct net;
struct sk_buff;

/**
 * struct tcptrace_packet - one sighting, as the hook has read it
 * @net: network namespace of the hook
 * @skb: the packet
 * @seg: its segment
 * @addr: source and destination, IPv4 mapped (::ffff:a.b.c.d)
 * @ifindex: interface it leaves by or came in on, 0 if none
 * @family: 4 or 6
 * @vantage: enum tcptrace_vantage
 * @to_local: its destination is this host
 * @sport_listed: its source port is traced
 * @dport_listed: its destination port is traced
 */
struct tcptrace_packet {
	struct net *net;
	const struct sk_buff *skb;
	struct tcptrace_segment seg;
	__be32 addr[2][4];
	u32 ifindex;
	u8 family;
	u8 vantage;
	bool to_local;
	bool sport_listed;
	bool dport_listed;
};

int tcptrace_flow_init(u32 max_flows, u32 max_half_open);
void tcptrace_flow_exit(void);

void tcptrace_flow_segment(const struct tcptrace_packet *p);
void tcptrace_flow_unloading(void);
void tcptrace_flow_drop_net(struct net *net);
u32 tcptrace_flow_live(void);

#endif /* _TCPTRACE_FLOW_H */
