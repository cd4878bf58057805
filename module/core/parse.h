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

/**
 * tcptrace_parse_name() - what a result means, in a few words
 * @result: what tcptrace_parse_tcp() returned
 *
 * Context: any.
 * Return: a constant string, never NULL.
 */
const char *tcptrace_parse_name(enum tcptrace_parse_result result);

#endif /* _TCPTRACE_PARSE_H */
