// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include <net/ipv6.h>

#include "nat.h"
#include "ports.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
/**
 * tcptrace_nat_ports() - are ports of the connection traced, before or after NAT
 * @skb: a packet, tcptrace_nat()
 * @sport: set if a port of its sender is, else left alone
 * @dport: set if a port of its receiver is, else left alone
 *
 * Context: any, in a hook.
 */
void tcptrace_nat_ports(const struct sk_buff *skb, bool *sport, bool *dport)
{
	const struct nf_conntrack_tuple *there, *back;
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	there = &ct->tuplehash[CTINFO2DIR(info)].tuple;
	back = &ct->tuplehash[!CTINFO2DIR(info)].tuple;
	if (tcptrace_ports_has(ntohs(there->src.u.tcp.port)) ||
	    tcptrace_ports_has(ntohs(back->dst.u.tcp.port)))
		*sport = true;
	if (tcptrace_ports_has(ntohs(there->dst.u.tcp.port)) ||
	    tcptrace_ports_has(ntohs(back->src.u.tcp.port)))
		*dport = true;
}

static void fill_address(const struct nf_conn *ct,
			 const union nf_inet_addr *from, __be32 *to)
{
	if (nf_ct_l3num(ct) == NFPROTO_IPV4)
		ipv6_addr_set_v4mapped(from->ip, (struct in6_addr *)to);
	else
		memcpy(to, from->all, sizeof(from->all));
}

/**
 * tcptrace_nat_undo() - give a sighting the tuple that it had before NAT
 * @skb: the packet, tcptrace_nat()
 * @p: the sighting, read from the packet
 *
 * Context: any, in a hook.
 */
void tcptrace_nat_undo(const struct sk_buff *skb, struct tcptrace_packet *p)
{
	const struct nf_conntrack_tuple *first;
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);
	u8 src = CTINFO2DIR(info) == IP_CT_DIR_ORIGINAL ? 0 : 1;

	first = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	fill_address(ct, &first->src.u3, p->tuple.addr[src]);
	fill_address(ct, &first->dst.u3, p->tuple.addr[!src]);
	p->tuple.port[src] = ntohs(first->src.u.tcp.port);
	p->tuple.port[!src] = ntohs(first->dst.u.tcp.port);
	p->seg->sport = p->tuple.port[0];
	p->seg->dport = p->tuple.port[1];
	p->nat = true;
}
#endif
