// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of what reads a packet: bytes to a segment. An input is
 *
 *	byte 0		bit 0: no IP, a TCP header at once; bit 1: more was on the
 *			wire than is there
 *	byte 1		how much of it the second, shorter look gets, in 256ths;
 *			and of the wire, in units of 32 bytes
 *	then		the packet
 *
 * A shorter look says the same or that it is too short, and what is refused
 * leaves no trace.
 */
#include <stdint.h>
#include <string.h>

#include "core/ip.h"
#include "core/parse.h"
#include "core/plain.h"
#include "lib/fuzzer.h"
#include "lib/must.h"

#define NO_IP	0x01
#define MORE	0x02

static void check_segment(const struct tcptrace_segment *seg, uint32_t total,
			  const uint8_t *th)
{
	uint32_t syn = !!(seg->flags & TCPTRACE_SYN);
	uint32_t fin = !!(seg->flags & TCPTRACE_FIN);

	MUST(seg->flags <= 0x1ff && seg->segs == 1);
	MUST(seg->len + (th[12] >> 4) * 4u == total);
	MUST(seg->end == seg->seq + seg->len + syn + fin);
	MUST(seg->sport == (th[0] << 8 | th[1]));
	MUST(seg->dport == (th[2] << 8 | th[3]));
	MUST(seg->win == (th[14] << 8 | th[15]));
	MUST((seg->flags & TCPTRACE_ACK) || !seg->ack);
	MUST(seg->wscale <= 14 || seg->wscale == TCPTRACE_WSCALE_NONE);
	MUST((seg->wscale != TCPTRACE_WSCALE_NONE) ==
	     !!(seg->opts & TCPTRACE_OPT_WSCALE));
	MUST(!seg->mss || (seg->opts & TCPTRACE_OPT_MSS));
	MUST(syn || !seg->opts);
}

/* What looks plain at a first look is what the parser finds. */
static void check_plain(const uint8_t *th, uint32_t total,
			enum tcptrace_parse_result result,
			const struct tcptrace_segment *seg)
{
	const uint16_t matter = TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST |
				TCPTRACE_ACK;
	struct tcptrace_segment plain;

	if (!tcptrace_plain_parse(th, total, &plain)) {
		MUST(result != TCPTRACE_PARSE_OK ||
		     (seg->flags & matter) != TCPTRACE_ACK);
		return;
	}
	MUST(result == TCPTRACE_PARSE_OK &&
	     (seg->flags & matter) == TCPTRACE_ACK);
	MUST(plain.seq == seg->seq && plain.ack == seg->ack &&
	     plain.len == seg->len && plain.end == seg->end &&
	     plain.win == seg->win && plain.segs == seg->segs);
}

static void look_at_segment(const uint8_t *th, size_t avail, uint32_t total,
			    size_t less)
{
	struct tcptrace_segment seg, shorter, untouched;
	enum tcptrace_parse_result result, again;

	memset(&untouched, 0xa5, sizeof(untouched));
	seg = untouched;
	shorter = untouched;
	result = tcptrace_parse_tcp(th, avail, total, &seg);
	MUST(result < TCPTRACE_PARSE_NR && *tcptrace_parse_name(result));
	if (result == TCPTRACE_PARSE_OK)
		check_segment(&seg, total, th);
	else
		MUST(!memcmp(&seg, &untouched, sizeof(seg)));
	again = tcptrace_parse_tcp(th, less, total, &shorter);
	MUST(again == result || again == TCPTRACE_PARSE_SHORT);
	MUST(!memcmp(&shorter, again == TCPTRACE_PARSE_OK ? &seg : &untouched,
		     sizeof(seg)));
	if (result == TCPTRACE_PARSE_OK && less >= TCPTRACE_TCP_HEADER_MAX)
		MUST(again == TCPTRACE_PARSE_OK);
	if (avail >= TCPTRACE_TCP_HEADER_MIN && total >= avail)
		check_plain(th, total, result, &seg);
}

static void check_ip(const struct tcptrace_ip *ip, const uint8_t *p,
		     size_t avail, uint32_t wire)
{
	uint32_t said;

	if (ip->family == 4) {
		static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

		said = (uint32_t)(p[2] << 8 | p[3]);
		MUST(ip->offset >= 20 && ip->offset <= 60 && !(ip->offset % 4));
		MUST(ip->offset + ip->total == (said ? said : wire));
		MUST(!memcmp(ip->addr[0], mapped, 12) &&
		     !memcmp(ip->addr[1], mapped, 12));
		MUST(!memcmp(ip->addr[0] + 12, p + 12, 4) &&
		     !memcmp(ip->addr[1] + 12, p + 16, 4));
		return;
	}
	said = (uint32_t)(p[4] << 8 | p[5]);
	MUST(ip->family == 6 && !ip->id);
	MUST(ip->offset >= 40 && !(ip->offset % 4));
	MUST(ip->offset + ip->total == (said ? said + 40 : wire));
	MUST(!memcmp(ip->addr[0], p + 8, 16));
	if (ip->offset == 40)
		MUST(!memcmp(ip->addr[1], p + 24, 16) && p[6] == 6);
	/* A header was read that says where the next one begins. */
	MUST(ip->offset < avail + 2048);
}

static void look_at_packet(const uint8_t *p, size_t avail, uint32_t wire,
			   size_t less)
{
	enum tcptrace_ip_result result, again;
	struct tcptrace_ip ip, shorter, untouched;

	memset(&untouched, 0xa5, sizeof(untouched));
	ip = untouched;
	shorter = untouched;
	result = tcptrace_ip_parse(p, avail, wire, &ip);
	again = tcptrace_ip_parse(p, less, wire, &shorter);
	MUST(again == result || again == TCPTRACE_IP_SHORT);
	if (result != TCPTRACE_IP_OK) {
		MUST(!memcmp(&ip, &untouched, sizeof(ip)));
		return;
	}
	check_ip(&ip, p, avail, wire);
	if (again == TCPTRACE_IP_OK) {
		/* But for the last address, which may not be there. */
		memcpy(shorter.addr[1], ip.addr[1], sizeof(ip.addr[1]));
		MUST(!memcmp(&ip, &shorter, sizeof(ip)));
	} else {
		MUST(!memcmp(&shorter, &untouched, sizeof(ip)));
	}
	if (ip.offset <= avail)
		look_at_segment(p + ip.offset, avail - ip.offset, ip.total,
				less > ip.offset ? less - ip.offset : 0);
}

/* The address of a routing header, looked for wherever one might be. */
static void look_at_route(const uint8_t *p, size_t avail)
{
	uint8_t addr[16], untouched[16];
	bool on_its_way;
	size_t at;

	memset(untouched, 0xa5, sizeof(untouched));
	memcpy(addr, untouched, sizeof(addr));
	on_its_way = tcptrace_ip_final(p, avail, addr);
	if (!memcmp(addr, untouched, sizeof(addr)))
		return;
	MUST(on_its_way && avail >= 24);
	for (at = 8; at + 16 <= avail; at += 8)
		if (!memcmp(p + at, addr, sizeof(addr)))
			return;
	MUST(!"an address that is nowhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t wire;
	size_t less;

	if (size < 2)
		return 0;
	less = (size - 2) * data[1] / 256;
	wire = (uint32_t)size - 2;
	if (data[0] & MORE)
		wire += data[1] * 32u;
	if (data[0] & NO_IP)
		look_at_segment(data + 2, size - 2, wire, less);
	else
		look_at_packet(data + 2, size - 2, wire, less);
	look_at_route(data + 2, size - 2);
	return 0;
}
