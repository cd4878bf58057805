/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes to a segment, or a named reason why not. */
#ifndef _TCPTRACE_PARSE_H
#define _TCPTRACE_PARSE_H

#include "segment.h"

enum tcptrace_parse_result {
	TCPTRACE_PARSE_OK,
	TCPTRACE_PARSE_SHORT,		/* ends before its header, or a SYN's options */
	TCPTRACE_PARSE_BAD_OFFSET,	/* data offset below 5 or past the end */
	TCPTRACE_PARSE_NR,
};

#define TCPTRACE_TCP_HEADER_MIN	20
#define TCPTRACE_TCP_HEADER_MAX	60

/**
 * tcptrace_parse_tcp() - read a TCP header
 * @th: the header's first byte; need not be aligned
 * @avail: bytes readable at @th; TCPTRACE_TCP_HEADER_MIN suffice for all but
 *	SYN, TCPTRACE_TCP_HEADER_MAX always
 * @total: bytes of header and payload that the IP header announces; may be
 *	more than @avail, nothing beyond @avail is read
 * @ret_seg: the segment, with @segs 1; untouched on failure
 *
 * Options are read on segments with SYN alone. As in the kernel
 * (tcp_parse_options()), an option whose length makes no sense ends them
 * without making the segment invalid.
 *
 * Context: any.
 * Return: TCPTRACE_PARSE_OK, or what is wrong (RFC 9293 section 3.1).
 */
enum tcptrace_parse_result
tcptrace_parse_tcp(const u8 *th, size_t avail, u32 total,
		   struct tcptrace_segment *ret_seg);

static inline u16 tcptrace_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 tcptrace_get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/**
 * tcptrace_parse_bare() - read a TCP header of which no option is of interest
 * @th: TCPTRACE_TCP_HEADER_MIN bytes; need not be aligned
 * @total: bytes of header and payload, at least TCPTRACE_TCP_HEADER_MIN
 * @ret_seg: the segment, with @segs 1 and without options; untouched on failure
 *
 * Context: any.
 * Return: TCPTRACE_PARSE_OK or TCPTRACE_PARSE_BAD_OFFSET.
 */
static inline enum tcptrace_parse_result
tcptrace_parse_bare(const u8 *th, u32 total, struct tcptrace_segment *ret_seg)
{
	const u16 word = tcptrace_get16(th + 12);
	const u32 hlen = (word >> 12) * 4;

	if (hlen < TCPTRACE_TCP_HEADER_MIN || hlen > total)
		return TCPTRACE_PARSE_BAD_OFFSET;
	ret_seg->sport = tcptrace_get16(th);
	ret_seg->dport = tcptrace_get16(th + 2);
	ret_seg->seq = tcptrace_get32(th + 4);
	ret_seg->flags = word & 0x1ff;
	ret_seg->ack = word & TCPTRACE_ACK ? tcptrace_get32(th + 8) : 0;
	ret_seg->win = tcptrace_get16(th + 14);
	ret_seg->len = total - hlen;
	ret_seg->end = ret_seg->seq + ret_seg->len + !!(word & TCPTRACE_SYN) +
		       !!(word & TCPTRACE_FIN);
	ret_seg->segs = 1;
	ret_seg->mss = 0;
	ret_seg->wscale = TCPTRACE_WSCALE_NONE;
	ret_seg->opts = 0;
	ret_seg->reserved = 0;
	return TCPTRACE_PARSE_OK;
}

/**
 * tcptrace_parse_name() - what a result means, in a few words
 * @result: what tcptrace_parse_tcp() returned
 *
 * Context: any.
 * Return: a constant string, never NULL.
 */
const char *tcptrace_parse_name(enum tcptrace_parse_result result);

#endif /* _TCPTRACE_PARSE_H */
