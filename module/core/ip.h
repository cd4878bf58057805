/* SPDX-License-Identifier: GPL-2.0 */
/* An IP packet's bytes: who, to whom, and where its TCP header begins. */
#ifndef _TCPTRACE_IP_H
#define _TCPTRACE_IP_H

#include "env.h"

enum tcptrace_ip_result {
	TCPTRACE_IP_OK,
	TCPTRACE_IP_OTHER,	/* not TCP */
	TCPTRACE_IP_FRAGMENT,	/* a part of a TCP segment */
	TCPTRACE_IP_SHORT,	/* ends before its headers do */
	TCPTRACE_IP_BAD,	/* its lengths make no sense */
};

/**
 * struct tcptrace_ip - what an IP packet says of the segment in it
 * @addr: source and destination, network byte order; IPv4 is mapped
 * @offset: of the TCP header, from the first byte of the packet
 * @total: bytes of TCP header and payload
 * @id: identification of IPv4, 0 for IPv6
 * @ttl: time to live, or hop limit
 * @family: 4 or 6
 */
struct tcptrace_ip {
	u8 addr[2][16];
	u32 offset;
	u32 total;
	u16 id;
	u8 ttl;
	u8 family;
};

/**
 * tcptrace_ip_final() - where a packet goes at last that is source-routed
 * @rh: an IPv6 routing header's first byte; need not be aligned
 * @avail: bytes readable at @rh
 * @ret_addr: that address, 16 bytes; written if the type is known: 0 (RFC
 *	2460), 2 (RFC 6275) or 4 (RFC 8754)
 *
 * It is the address that the TCP ends know each other by, and the checksum
 * covers; that in the IPv6 header is the next one on the way.
 *
 * Context: any.
 * Return: whether the packet has not got there yet.
 */
bool tcptrace_ip_final(const u8 *rh, size_t avail, u8 *ret_addr);

/**
 * tcptrace_ip_parse() - walk the headers of an IP packet
 * @ip: the packet's first byte; need not be aligned
 * @avail: bytes readable at @ip
 * @wire: bytes that the packet had where it was seen, link-layer padding
 *	included; counts where the packet states no length of its own, as
 *	segmentation offload and jumbograms have it (RFC 2675)
 * @ret_ip: what it says; written on TCPTRACE_IP_OK alone
 *
 * IPv6 extension headers (RFC 8200 section 4) and AH are walked, as
 * ipv6_skip_exthdr() does. A fragment that is a whole packet (RFC 6946) is
 * none. The destination of a source-routed packet is the last one.
 *
 * Context: any; bounded by @avail.
 * Return: TCPTRACE_IP_OK, or why there is no segment.
 */
enum tcptrace_ip_result tcptrace_ip_parse(const u8 *ip, size_t avail, u32 wire,
					  struct tcptrace_ip *ret_ip);

#endif /* _TCPTRACE_IP_H */
