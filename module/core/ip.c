// SPDX-License-Identifier: GPL-2.0
#include "ip.h"

/* Protocol numbers: IANA. */
enum {
	NEXT_HOP	= 0,
	NEXT_TCP	= 6,
	NEXT_ROUTING	= 43,
	NEXT_FRAGMENT	= 44,
	NEXT_AUTH	= 51,
	NEXT_DEST	= 60,
};

/* Types of routing headers: IANA. */
enum {
	ROUTING_SOURCE	= 0,
	ROUTING_MOBILE	= 2,
	ROUTING_SEGMENT	= 4,
};

#define IPV4_HEADER_MIN	20
#define IPV4_FRAG_MASK	0x3fff		/* more fragments, and the offset */
#define IPV6_HEADER	40
#define IPV6_FRAG_MASK	0xfff9		/* the offset, and more fragments */

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static void map_ipv4(u8 *to, const u8 *from)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(to, mapped, sizeof(mapped));
	memcpy(to + sizeof(mapped), from, 4);
}

static enum tcptrace_ip_result parse_ipv4(const u8 *ip, size_t avail, u32 wire,
					  struct tcptrace_ip *ret_ip)
{
	u32 hlen = (ip[0] & 0xf) * 4, total;

	if (avail < IPV4_HEADER_MIN)
		return TCPTRACE_IP_SHORT;
	total = get16(ip + 2);
	if (!total)
		total = wire;
	if (hlen < IPV4_HEADER_MIN || total < hlen)
		return TCPTRACE_IP_BAD;
	if (ip[9] != NEXT_TCP)
		return TCPTRACE_IP_OTHER;
	if (get16(ip + 6) & IPV4_FRAG_MASK)
		return TCPTRACE_IP_FRAGMENT;
	map_ipv4(ret_ip->addr[0], ip + 12);
	map_ipv4(ret_ip->addr[1], ip + 16);
	ret_ip->offset = hlen;
	ret_ip->total = total - hlen;
	ret_ip->id = get16(ip + 4);
	ret_ip->ttl = ip[8];
	ret_ip->family = 4;
	return TCPTRACE_IP_OK;
}

bool tcptrace_ip_final(const u8 *rh, size_t avail, u8 *ret_addr)
{
	size_t size, at;

	if (avail < 8 || !rh[3])
		return false;
	size = ((size_t)rh[1] + 1) * 8;
	switch (rh[2]) {
	case ROUTING_SOURCE:
		at = size - 16;		/* in the order of the way */
		break;
	case ROUTING_MOBILE:
	case ROUTING_SEGMENT:
		at = 8;			/* backwards */
		break;
	default:
		return true;
	}
	if (size >= 8 + 16 && at + 16 <= avail)
		memcpy(ret_addr, rh + at, 16);
	return true;
}

/*
 * Moves @at from the end of the fixed header to the TCP header. Nothing is
 * read beyond @avail; a header that lies about its length leads past the end.
 */
static enum tcptrace_ip_result skip_headers(const u8 *ip, size_t avail,
					    size_t *at, u8 *final)
{
	u8 next = ip[6];

	while (next != NEXT_TCP) {
		const u8 *p = ip + *at;

		if (next != NEXT_HOP && next != NEXT_ROUTING &&
		    next != NEXT_FRAGMENT && next != NEXT_AUTH &&
		    next != NEXT_DEST)
			return TCPTRACE_IP_OTHER;
		if (*at > avail || avail - *at < 8)
			return TCPTRACE_IP_SHORT;
		if (next == NEXT_FRAGMENT && (get16(p + 2) & IPV6_FRAG_MASK))
			return p[0] == NEXT_TCP ? TCPTRACE_IP_FRAGMENT :
						  TCPTRACE_IP_OTHER;
		if (next == NEXT_ROUTING)
			tcptrace_ip_final(p, avail - *at, final);
		if (next == NEXT_FRAGMENT)
			*at += 8;
		else if (next == NEXT_AUTH)
			*at += (p[1] + 2) * 4;
		else
			*at += (p[1] + 1) * 8;
		next = p[0];
	}
	return TCPTRACE_IP_OK;
}

static enum tcptrace_ip_result parse_ipv6(const u8 *ip, size_t avail, u32 wire,
					  struct tcptrace_ip *ret_ip)
{
	enum tcptrace_ip_result result;
	size_t at = IPV6_HEADER;
	u8 final[16];
	u32 total;

	if (avail < IPV6_HEADER)
		return TCPTRACE_IP_SHORT;
	memcpy(final, ip + 24, sizeof(final));
	result = skip_headers(ip, avail, &at, final);
	if (result != TCPTRACE_IP_OK)
		return result;
	total = get16(ip + 4);
	total = total ? total + IPV6_HEADER : wire;
	if (total < at)
		return TCPTRACE_IP_BAD;
	memcpy(ret_ip->addr[0], ip + 8, sizeof(ret_ip->addr[0]));
	memcpy(ret_ip->addr[1], final, sizeof(ret_ip->addr[1]));
	ret_ip->offset = (u32)at;
	ret_ip->total = total - (u32)at;
	ret_ip->id = 0;
	ret_ip->ttl = ip[7];
	ret_ip->family = 6;
	return TCPTRACE_IP_OK;
}

enum tcptrace_ip_result tcptrace_ip_parse(const u8 *ip, size_t avail, u32 wire,
					  struct tcptrace_ip *ret_ip)
{
	if (!avail)
		return TCPTRACE_IP_SHORT;
	switch (ip[0] >> 4) {
	case 4:
		return parse_ipv4(ip, avail, wire, ret_ip);
	case 6:
		return parse_ipv6(ip, avail, wire, ret_ip);
	default:
		return TCPTRACE_IP_BAD;
	}
}
