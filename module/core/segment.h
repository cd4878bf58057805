/* SPDX-License-Identifier: GPL-2.0 */
/* What one TCP segment says, in host byte order. */
#ifndef _TCPTRACE_SEGMENT_H
#define _TCPTRACE_SEGMENT_H

#include "env.h"

/**
 * struct tcptrace_segment - a parsed segment, laid out as a record shows it
 * @seq: sequence number
 * @ack: acknowledgement number, 0 without TCPTRACE_ACK
 * @len: bytes of payload
 * @win: window field as on the wire
 * @mss: MSS option, 0 if none
 * @flags: TCPTRACE_FIN ... TCPTRACE_AE
 * @wscale: window scale option (at most 14, RFC 7323 section 2.3), or
 *	TCPTRACE_WSCALE_NONE
 * @opts: TCPTRACE_OPT_*
 * @reserved: zero
 * @segs: wire segments in this packet, at least 1
 * @end: sequence number after the segment: @seq + @len, SYN and FIN counted
 * @sport: source port
 * @dport: destination port
 */
struct tcptrace_segment {
	u32 seq;
	u32 ack;
	u32 len;
	u16 win;
	u16 mss;
	u16 flags;
	u8 wscale;
	u8 opts;
	u16 reserved;
	u16 segs;
	u32 end;
	u16 sport;
	u16 dport;
};

/* So much of it is struct tcptrace_seg's. */
#define TCPTRACE_SEGMENT_SHOWN	offsetof(struct tcptrace_segment, end)

TCPTRACE_ASSERT(offsetof(struct tcptrace_segment, win) ==
			offsetof(struct tcptrace_seg, win) &&
		offsetof(struct tcptrace_segment, flags) ==
			offsetof(struct tcptrace_seg, flags) &&
		offsetof(struct tcptrace_segment, opts) ==
			offsetof(struct tcptrace_seg, opts) &&
		offsetof(struct tcptrace_segment, reserved) ==
			offsetof(struct tcptrace_seg, sock_state) &&
		offsetof(struct tcptrace_segment, segs) ==
			offsetof(struct tcptrace_seg, segs) &&
		offsetof(struct tcptrace_seg, comm) == TCPTRACE_SEGMENT_SHOWN,
		"one layout");

#endif /* _TCPTRACE_SEGMENT_H */
