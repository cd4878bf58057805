// SPDX-License-Identifier: GPL-2.0
#include "parse.h"

/* Kinds of options: IANA, "TCP Option Kind Numbers". */
enum {
	OPT_END		= 0,
	OPT_NOP		= 1,
	OPT_MSS		= 2,
	OPT_WSCALE	= 3,
	OPT_SACK_PERM	= 4,
	OPT_TS		= 8,
	OPT_MD5		= 19,
	OPT_MPTCP	= 30,
	OPT_FASTOPEN	= 34,
};

#define WSCALE_MAX	14	/* RFC 7323 section 2.3 */

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* @p: kind, length, value; @len: the whole option's length, at least 2 */
static void parse_option(const u8 *p, u8 len, struct tcptrace_segment *seg)
{
	switch (p[0]) {
	case OPT_MSS:
		if (len == 4) {
			seg->mss = get16(p + 2);
			seg->opts |= TCPTRACE_OPT_MSS;
		}
		break;
	case OPT_WSCALE:
		if (len == 3) {
			seg->wscale = p[2] > WSCALE_MAX ? WSCALE_MAX : p[2];
			seg->opts |= TCPTRACE_OPT_WSCALE;
		}
		break;
	case OPT_SACK_PERM:
		if (len == 2)
			seg->opts |= TCPTRACE_OPT_SACK_PERM;
		break;
	case OPT_TS:
		if (len == 10)
			seg->opts |= TCPTRACE_OPT_TS;
		break;
	case OPT_MD5:
		if (len == 18)
			seg->opts |= TCPTRACE_OPT_MD5;
		break;
	case OPT_MPTCP:
		seg->opts |= TCPTRACE_OPT_MPTCP;
		break;
	case OPT_FASTOPEN:
		seg->opts |= TCPTRACE_OPT_FASTOPEN;
		break;
	}
}

static void parse_options(const u8 *p, const u8 *end,
			  struct tcptrace_segment *seg)
{
	while (p < end) {
		u8 len;

		if (*p == OPT_END)
			return;
		if (*p == OPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2)
			return;
		len = p[1];
		if (len < 2 || len > end - p)
			return;
		parse_option(p, len, seg);
		p += len;
	}
}

enum tcptrace_parse_result
tcptrace_parse_tcp(const u8 *th, size_t avail, u32 total,
		   struct tcptrace_segment *ret_seg)
{
	struct tcptrace_segment seg;
	u32 hlen;

	if (avail > total)
		avail = total;
	if (avail < TCPTRACE_TCP_HEADER_MIN)
		return TCPTRACE_PARSE_SHORT;
	hlen = (th[12] >> 4) * 4;
	if (hlen < TCPTRACE_TCP_HEADER_MIN || hlen > total)
		return TCPTRACE_PARSE_BAD_OFFSET;
	seg.sport = get16(th);
	seg.dport = get16(th + 2);
	seg.seq = get32(th + 4);
	seg.flags = get16(th + 12) & 0x1ff;
	if ((seg.flags & TCPTRACE_SYN) && hlen > avail)
		return TCPTRACE_PARSE_SHORT;
	seg.ack = seg.flags & TCPTRACE_ACK ? get32(th + 8) : 0;
	seg.win = get16(th + 14);
	seg.len = total - hlen;
	seg.end = seg.seq + seg.len;
	seg.segs = 1;
	seg.mss = 0;
	seg.wscale = TCPTRACE_WSCALE_NONE;
	seg.opts = 0;
	if (seg.flags & TCPTRACE_SYN) {
		seg.end++;
		parse_options(th + TCPTRACE_TCP_HEADER_MIN, th + hlen, &seg);
	}
	if (seg.flags & TCPTRACE_FIN)
		seg.end++;
	*ret_seg = seg;
	return TCPTRACE_PARSE_OK;
}

const char *tcptrace_parse_name(enum tcptrace_parse_result result)
{
	switch (result) {
	case TCPTRACE_PARSE_OK:
		return "ok";
	case TCPTRACE_PARSE_SHORT:
		return "the TCP header is not all there";
	case TCPTRACE_PARSE_BAD_OFFSET:
		return "the TCP data offset makes no sense";
	case TCPTRACE_PARSE_NR:
		break;
	}
	return "not a result";
}
