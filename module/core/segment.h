/* SPDX-License-Identifier: GPL-2.0 */
/* What one TCP segment says, in host byte order. */
#ifndef _TCPTRACE_SEGMENT_H
#define _TCPTRACE_SEGMENT_H

#include "env.h"

/**
 * struct tcptrace_segment - a parsed segment
 * @seq: sequence number
 * @ack: acknowledgement number, 0 without TCPTRACE_ACK
 * @len: bytes of payload
 * @end: sequence number after the segment: @seq + @len, SYN and FIN counted
 * @flags: TCPTRACE_FIN ... TCPTRACE_AE
 * @win: window field as on the wire
 * @mss: MSS option, 0 if none
 * @segs: wire segments in this packet, at least 1
 * @wscale: window scale option (at most 14, RFC 7323 section 2.3), or
 *	TCPTRACE_WSCALE_NONE
 * @opts: TCPTRACE_OPT_*
 * @sport: source port
 * @dport: destination port
 */
struct tcptrace_segment {
	u32 seq;
	u32 ack;
	u32 len;
	u32 end;
	u16 flags;
	u16 win;
	u16 mss;
	u16 segs;
	u8 wscale;
	u8 opts;
	u16 sport;
	u16 dport;
};

#endif /* _TCPTRACE_SEGMENT_H */
