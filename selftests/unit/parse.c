// SPDX-License-Identifier: GPL-2.0
/* TCP headers: short, long and malformed. */
#include "core/parse.h"
#include "core/plain.h"
#include "tap.h"

/* All rows share the ports, the numbers and the end of the fixed header. */
static const uint8_t head[] = {
	0xc3, 0x50, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
};

static const uint8_t tail[] = { 0x12, 0x34, 0xbe, 0xef, 0x00, 0x00 };

static const struct row {
	const char *name;
	uint8_t bits[2];	/* data offset and flags */
	uint8_t options[40];
	size_t avail;
	uint32_t total;
	enum tcptrace_parse_result result;
	uint16_t flags;
	uint32_t ack, len, end;
	uint16_t mss;
	uint8_t wscale, opts;
} rows[] = {
	{ "bare ACK", { 0x50, 0x10 }, { 0 }, 20, 20, TCPTRACE_PARSE_OK,
	  TCPTRACE_ACK, 0x05060708, 0, 0x01020304, 0, 255, 0 },
	{ "data", { 0x50, 0x18 }, { 0 }, 20, 1480, TCPTRACE_PARSE_OK,
	  TCPTRACE_ACK | TCPTRACE_PSH, 0x05060708, 1460, 0x01020304 + 1460,
	  0, 255, 0 },
	{ "no ACK flag: no ack number", { 0x50, 0x04 }, { 0 }, 20, 20,
	  TCPTRACE_PARSE_OK, TCPTRACE_RST, 0, 0, 0x01020304, 0, 255, 0 },
	{ "FIN consumes a number", { 0x50, 0x11 }, { 0 }, 20, 30,
	  TCPTRACE_PARSE_OK, TCPTRACE_FIN | TCPTRACE_ACK, 0x05060708, 10,
	  0x01020304 + 11, 0, 255, 0 },
	{ "AE and CWR", { 0x51, 0x90 }, { 0 }, 20, 20, TCPTRACE_PARSE_OK,
	  TCPTRACE_AE | TCPTRACE_CWR | TCPTRACE_ACK, 0x05060708, 0, 0x01020304,
	  0, 255, 0 },
	{ "SYN with all options",
	  { 0xa0, 0x02 }, { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1,
	    0, 0, 0, 0, 1, 3, 3, 7 }, 40, 40, TCPTRACE_PARSE_OK, TCPTRACE_SYN,
	  0, 0, 0x01020305, 1460, 7,
	  TCPTRACE_OPT_MSS | TCPTRACE_OPT_WSCALE | TCPTRACE_OPT_SACK_PERM |
	  TCPTRACE_OPT_TS },
	{ "window scale above 14 counts as 14",
	  { 0x60, 0x02 }, { 3, 3, 15, 0 }, 24, 24, TCPTRACE_PARSE_OK,
	  TCPTRACE_SYN, 0, 0, 0x01020305, 0, 14, TCPTRACE_OPT_WSCALE },
	{ "an option of length 0 ends them",
	  { 0x70, 0x02 }, { 2, 0, 0, 0, 3, 3, 7, 0 }, 28, 28,
	  TCPTRACE_PARSE_OK, TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255, 0 },
	{ "an option that runs out of the header ends them",
	  { 0x60, 0x02 }, { 1, 1, 2, 4 }, 24, 24, TCPTRACE_PARSE_OK,
	  TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255, 0 },
	{ "a lone kind at the end ends them",
	  { 0x60, 0x02 }, { 1, 1, 1, 2 }, 24, 24, TCPTRACE_PARSE_OK,
	  TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255, 0 },
	{ "END ends them", { 0x60, 0x02 }, { 0, 3, 3, 7 }, 24, 24,
	  TCPTRACE_PARSE_OK, TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255, 0 },
	{ "an MSS of a wrong length is not one",
	  { 0x60, 0x02 }, { 2, 3, 5, 0 }, 24, 24, TCPTRACE_PARSE_OK,
	  TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255, 0 },
	{ "MD5, MPTCP, Fast Open",
	  { 0xc0, 0x02 }, { 19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 30, 4, 0, 0, 34, 2, 1, 1, 1, 1 }, 48, 48,
	  TCPTRACE_PARSE_OK, TCPTRACE_SYN, 0, 0, 0x01020305, 0, 255,
	  TCPTRACE_OPT_MD5 | TCPTRACE_OPT_MPTCP | TCPTRACE_OPT_FASTOPEN },
	{ "SYN data consumes numbers", { 0x50, 0x02 }, { 0 }, 20, 120,
	  TCPTRACE_PARSE_OK, TCPTRACE_SYN, 0, 100, 0x01020304 + 101, 0, 255,
	  0 },
	{ "options of others than SYN need not be there",
	  { 0x80, 0x10 }, { 0 }, 20, 32, TCPTRACE_PARSE_OK, TCPTRACE_ACK,
	  0x05060708, 0, 0x01020304, 0, 255, 0 },
	{ "options of a SYN must be there", { 0x60, 0x02 }, { 0 }, 20, 24,
	  TCPTRACE_PARSE_SHORT },
	{ "nothing", { 0 }, { 0 }, 0, 0, TCPTRACE_PARSE_SHORT },
	{ "19 bytes", { 0x50, 0x10 }, { 0 }, 19, 40,
	  TCPTRACE_PARSE_SHORT },
	{ "the IP header announces less than a header",
	  { 0x50, 0x10 }, { 0 }, 40, 19, TCPTRACE_PARSE_SHORT },
	{ "offset 4", { 0x40, 0x10 }, { 0 }, 20, 20,
	  TCPTRACE_PARSE_BAD_OFFSET },
	{ "offset 0", { 0x00, 0x10 }, { 0 }, 20, 20,
	  TCPTRACE_PARSE_BAD_OFFSET },
	{ "offset past the end", { 0xf0, 0x10 }, { 0 }, 20, 59,
	  TCPTRACE_PARSE_BAD_OFFSET },
};

/* The bytes in memory of their own, so that a read beyond them is caught. */
static enum tcptrace_parse_result parse(const struct row *row,
					struct tcptrace_segment *seg)
{
	const uint16_t matter = TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST |
				TCPTRACE_ACK;
	uint8_t *bytes = malloc(row->avail ? row->avail : 1);
	enum tcptrace_parse_result result;
	struct tcptrace_segment plain;
	uint8_t all[64];

	if (!bytes)
		abort();
	memcpy(all, head, 12);
	memcpy(all + 12, row->bits, 2);
	memcpy(all + 14, tail, 6);
	memcpy(all + 20, row->options, 40);
	memcpy(bytes, all, row->avail);
	result = tcptrace_parse_tcp(bytes, row->avail, row->total, seg);
	if (row->avail >= TCPTRACE_TCP_HEADER_MIN &&
	    row->total >= TCPTRACE_TCP_HEADER_MIN)
		tap_ok(tcptrace_plain_parse(bytes, row->total, &plain) ==
		       (result == TCPTRACE_PARSE_OK &&
			(seg->flags & matter) == TCPTRACE_ACK),
		       "%s: plain or not", row->name);
	free(bytes);
	return result;
}

int main(void)
{
	size_t i;

	tap_is_str(tcptrace_parse_name(TCPTRACE_PARSE_NR), "not a result",
		   "what is no result has no name");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct tcptrace_segment seg, untouched;

		memset(&seg, 0xa5, sizeof(seg));
		untouched = seg;
		if (!tap_is_str(tcptrace_parse_name(parse(row, &seg)),
				tcptrace_parse_name(row->result), "%s: result",
				row->name))
			continue;
		if (row->result != TCPTRACE_PARSE_OK) {
			tap_ok(!memcmp(&seg, &untouched, sizeof(seg)),
			       "%s: output untouched", row->name);
			continue;
		}
		tap_ok(seg.sport == 50000 && seg.dport == 80 &&
		       seg.seq == 0x01020304 && seg.win == 0x1234 &&
		       seg.segs == 1, "%s: fixed fields", row->name);
		tap_is_u64(seg.flags, row->flags, "%s: flags", row->name);
		tap_is_u64(seg.ack, row->ack, "%s: ack", row->name);
		tap_is_u64(seg.len, row->len, "%s: length", row->name);
		tap_is_u64(seg.end, row->end, "%s: end", row->name);
		tap_is_u64(seg.mss, row->mss, "%s: MSS", row->name);
		tap_is_u64(seg.wscale, row->wscale, "%s: scale", row->name);
		tap_is_u64(seg.opts, row->opts, "%s: options", row->name);
	}
	return tap_done();
}
