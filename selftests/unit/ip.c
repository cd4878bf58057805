// SPDX-License-Identifier: GPL-2.0
/* IP headers: version 4 and 6, extension headers, short and malformed. */
#include "core/ip.h"
#include "tap.h"

/* The end of an IPv4 header, from its identification on, of TCP. */
#define V4(frag)	" 0007 " frag " 40 06 0000 0a000001 0a000002 "
/* IPv6: from the length on; the addresses are fd00::1 and fd00::2. */
#define V6(next)	" " next " 40 fd000000000000000000000000000001" \
			" fd000000000000000000000000000002 "
/* Ports and the rest of a TCP header do not matter here. */
#define TCP		"c350 0050"
/* Addresses on the way: the one before the last, and the last, fd00::9. */
#define VIA		"fd000000000000000000000000000008 "
#define LAST		"fd000000000000000000000000000009 "

#define WIRE	1000

static const struct row {
	const char *name;
	const char *bytes;
	enum tcptrace_ip_result result;
	uint32_t offset;
	uint32_t total;
	uint8_t last;		/* byte of the destination */
} rows[] = {
	{ "IPv4", "45 00 0028" V4("4000") TCP, TCPTRACE_IP_OK, 20, 20, 2 },
	{ "IPv4 with options", "46 00 002c" V4("0000") "01010101" TCP,
	  TCPTRACE_IP_OK, 24, 20, 2 },
	{ "IPv4 without a length: segmentation offload",
	  "45 00 0000" V4("4000") TCP, TCPTRACE_IP_OK, 20, WIRE - 20, 2 },
	{ "IPv4, the first fragment", "45 00 0028" V4("2000") TCP,
	  TCPTRACE_IP_FRAGMENT },
	{ "IPv4, the last fragment", "45 00 0028" V4("0001") TCP,
	  TCPTRACE_IP_FRAGMENT },
	{ "IPv4, UDP", "45 00 0028 0007 4000 40 11 0000 0a000001 0a000002",
	  TCPTRACE_IP_OTHER },
	{ "IPv4, a header of 16 bytes", "44 00 0028" V4("4000"),
	  TCPTRACE_IP_BAD },
	{ "IPv4, longer than the packet", "4f 00 0028" V4("4000"),
	  TCPTRACE_IP_BAD },
	{ "IPv4, cut", "45 00 0028 0007 4000 40 06", TCPTRACE_IP_SHORT },
	{ "nothing", "", TCPTRACE_IP_SHORT },
	{ "version 5", "55 00 0028" V4("4000"), TCPTRACE_IP_BAD },
	{ "IPv6", "60000000 0014" V6("06") TCP, TCPTRACE_IP_OK, 40, 20, 2 },
	{ "IPv6, a jumbogram", "60000000 0000" V6("06") TCP, TCPTRACE_IP_OK,
	  40, WIRE - 40, 2 },
	{ "IPv6, cut", "60000000 0014 06 40 fd00", TCPTRACE_IP_SHORT },
	{ "IPv6, UDP", "60000000 0014" V6("11"), TCPTRACE_IP_OTHER },
	{ "hop-by-hop options", "60000000 001c" V6("00") "06 00 010400000000" TCP,
	  TCPTRACE_IP_OK, 48, 20, 2 },
	{ "destination options, 16 bytes", "60000000 0024" V6("3c")
	  "06 01 010c 000000000000000000000000" TCP, TCPTRACE_IP_OK, 56, 20, 2 },
	{ "options that are cut", "60000000 001c" V6("00") "06 00 0104",
	  TCPTRACE_IP_SHORT },
	{ "options that lead past the end", "60000000 001c" V6("00")
	  "3c ff 010400000000", TCPTRACE_IP_SHORT },
	{ "options longer than the packet says", "60000000 0004" V6("00")
	  "06 00 010400000000" TCP, TCPTRACE_IP_BAD },
	{ "authentication header", "60000000 002c" V6("33")
	  "06 04 0000 00000001 00000001 000000000000000000000000" TCP,
	  TCPTRACE_IP_OK, 64, 20, 2 },
	{ "a fragment that is whole", "60000000 001c" V6("2c")
	  "06 00 0000 00000001" TCP, TCPTRACE_IP_OK, 48, 20, 2 },
	{ "the first fragment", "60000000 001c" V6("2c") "06 00 0001 00000001",
	  TCPTRACE_IP_FRAGMENT },
	{ "a later fragment of UDP", "60000000 001c" V6("2c")
	  "11 00 0101 00000001", TCPTRACE_IP_OTHER },
	{ "routing, type 0, on its way: two addresses to come",
	  "60000000 003c" V6("2b") "06 04 00 02 00000000" VIA LAST TCP,
	  TCPTRACE_IP_OK, 80, 20, 9 },
	{ "routing, type 2", "60000000 002c" V6("2b") "06 02 02 01 00000000"
	  LAST TCP, TCPTRACE_IP_OK, 64, 20, 9 },
	{ "routing, type 4: the last address stands first",
	  "60000000 003c" V6("2b") "06 04 04 01 01000000" LAST VIA TCP,
	  TCPTRACE_IP_OK, 80, 20, 9 },
	{ "routing, it has got there", "60000000 002c" V6("2b")
	  "06 02 02 00 00000000" LAST TCP, TCPTRACE_IP_OK, 64, 20, 2 },
	{ "routing, of a type that is not known", "60000000 002c" V6("2b")
	  "06 02 07 01 00000000" LAST TCP, TCPTRACE_IP_OK, 64, 20, 2 },
	{ "routing without room for an address", "60000000 001c" V6("2b")
	  "06 00 02 01 00000000" TCP, TCPTRACE_IP_OK, 48, 20, 2 },
};

/* The bytes in memory of their own, so that a read beyond them is caught. */
static uint8_t *bytes_of(const char *text, size_t *ret_size)
{
	uint8_t *bytes = malloc(strlen(text) / 2 + 1), *tight;
	size_t size = 0;
	unsigned int byte;

	for (; *text; text += *text == ' ' ? 1 : 2)
		if (*text != ' ' && sscanf(text, "%2x", &byte) == 1)
			bytes[size++] = (uint8_t)byte;
	tight = malloc(size);
	if (size)
		memcpy(tight, bytes, size);
	free(bytes);
	*ret_size = size;
	return tight;
}

/* However little is there, the answer is the same, or that it is too little. */
static void check_cuts(const struct row *row, const uint8_t *bytes, size_t size)
{
	unsigned int bad = 0;
	size_t less;

	for (less = 0; less < size; less++) {
		uint8_t *tight = malloc(less);
		enum tcptrace_ip_result result;
		struct tcptrace_ip ip;

		if (less)
			memcpy(tight, bytes, less);
		result = tcptrace_ip_parse(tight, less, WIRE, &ip);
		bad += result != row->result && result != TCPTRACE_IP_SHORT;
		free(tight);
	}
	tap_is_u64(bad, 0, "%s: cut anywhere", row->name);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct tcptrace_ip ip, untouched;
		uint8_t *bytes;
		size_t size;

		bytes = bytes_of(row->bytes, &size);
		memset(&ip, 0xa5, sizeof(ip));
		untouched = ip;
		tap_is_u64(tcptrace_ip_parse(bytes, size, WIRE, &ip),
			   row->result, "%s: result", row->name);
		check_cuts(row, bytes, size);
		free(bytes);
		if (row->result != TCPTRACE_IP_OK) {
			tap_ok(!memcmp(&ip, &untouched, sizeof(ip)),
			       "%s: output untouched", row->name);
			continue;
		}
		tap_is_u64(ip.offset, row->offset, "%s: offset", row->name);
		tap_is_u64(ip.total, row->total, "%s: total", row->name);
		tap_is_u64(ip.addr[0][15], 1, "%s: source", row->name);
		tap_is_u64(ip.addr[1][15], row->last, "%s: destination",
			   row->name);
		tap_ok(ip.family == (row->bytes[0] == '4' ? 4 : 6) &&
		       ip.ttl == 64 && ip.id == (ip.family == 4 ? 7 : 0),
		       "%s: fixed fields", row->name);
	}
	return tap_done();
}
