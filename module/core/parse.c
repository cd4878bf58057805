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
#define USUAL_OPTIONS	20	/* bytes: parse_usual_options() */

/* @p: kind, length, value; @len: the whole option's length, at least 2 */
static void parse_option(const u8 *p, u8 len, struct tcptrace_segment *seg)
{
	switch (p[0]) {
	case OPT_MSS:
		if (len == 4) {
			seg->mss = tcptrace_get16(p + 2);
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

/*
 * As Linux lays them out: MSS, SACK permitted, time stamps, a NOP, the window's
 * scale. Nearly every SYN has these, in this order, and no others.
 */
static bool parse_usual_options(const u8 *p, struct tcptrace_segment *seg)
{
	const u32 mss = tcptrace_get32(p), scale = tcptrace_get32(p + 16);

	if (mss >> 16 != (OPT_MSS << 8 | 4) ||
	    tcptrace_get32(p + 4) != (OPT_SACK_PERM << 24 | 2 << 16 |
				      OPT_TS << 8 | 10) ||
	    scale >> 8 != (OPT_NOP << 16 | OPT_WSCALE << 8 | 3))
		return false;
	seg->mss = (u16)mss;
	seg->wscale = (u8)scale > WSCALE_MAX ? WSCALE_MAX : (u8)scale;
	seg->opts = TCPTRACE_OPT_MSS | TCPTRACE_OPT_SACK_PERM |
		    TCPTRACE_OPT_TS | TCPTRACE_OPT_WSCALE;
	return true;
}

enum tcptrace_parse_result
tcptrace_parse_tcp(const u8 *th, size_t avail, u32 total,
		   struct tcptrace_segment *ret_seg)
{
	enum tcptrace_parse_result result;
	u32 hlen;

	if (avail > total)
		avail = total;
	if (avail < TCPTRACE_TCP_HEADER_MIN)
		return TCPTRACE_PARSE_SHORT;
	hlen = (th[12] >> 4) * 4;
	if ((th[13] & TCPTRACE_SYN) && hlen > avail && hlen <= total &&
	    hlen >= TCPTRACE_TCP_HEADER_MIN)
		return TCPTRACE_PARSE_SHORT;
	result = tcptrace_parse_bare(th, total, ret_seg);
	if (result != TCPTRACE_PARSE_OK || !(th[13] & TCPTRACE_SYN))
		return result;
	th += TCPTRACE_TCP_HEADER_MIN;
	hlen -= TCPTRACE_TCP_HEADER_MIN;
	if (hlen != USUAL_OPTIONS || !parse_usual_options(th, ret_seg))
		parse_options(th, th + hlen, ret_seg);
	return result;
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
