// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of lists of ports: what is read, written and read again is the same
 * set, and a list that does not fit is never taken for a whole one. An input is
 *
 *	byte 0		bit 0: not a text, but ranges, of four bytes each: first
 *			port, how many follow, and, rarely, 256ths of all
 *	byte 1		room for the short list
 *	then		the text
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/portset.h"
#include "lib/fuzzer.h"
#include "lib/must.h"

#define RANGES	0x01

/* Every other port: that is the longest list. */
#define TEXT_MAX	(65536 / 2 * 6)

static struct tcptrace_portset set, back;
static char text[TEXT_MAX];

static void add_range(uint32_t first, uint32_t last)
{
	for (; first <= last && first < 65536; first++)
		if (first)
			set.bits[first / 64] |= 1ULL << first % 64;
}

static void from_ranges(const uint8_t *data, size_t size)
{
	memset(&set, 0, sizeof(set));
	for (; size >= 4; data += 4, size -= 4) {
		uint32_t first = (uint32_t)(data[0] << 8 | data[1]);

		add_range(first, first + data[2] +
			  (data[3] < 0xf8 ? 0 : data[3] << 8));
	}
}

static bool from_text(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	size_t where = SIZE_MAX;
	const char *wrong;

	MUST(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	wrong = tcptrace_portset_parse(copy, &set, &where);
	if (wrong)
		MUST(*wrong && where <= strlen(copy));
	else
		MUST(where == SIZE_MAX);
	free(copy);
	return !wrong;
}

/* The same list with little room, in memory of its own. */
static void check_short(size_t room, size_t whole)
{
	static const char cut[] = ",...";
	const size_t cut_len = sizeof(cut) - 1;
	char *buf = malloc(room);
	size_t len;

	MUST(buf);
	len = tcptrace_portset_format(&set, buf, room);
	MUST(len < room && strlen(buf) == len);
	if (whole < room) {
		MUST(len == whole && !strcmp(buf, text));
	} else if (room <= cut_len) {
		MUST(!len);
	} else {
		MUST(len >= cut_len && !strcmp(buf + len - cut_len, cut));
		MUST(!memcmp(buf, text, len - cut_len));
		MUST(tcptrace_portset_parse(buf, &back, &len));
	}
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t word, count = 0;
	size_t len, where;

	if (size < 2)
		return 0;
	if (data[0] & RANGES)
		from_ranges(data + 2, size - 2);
	else if (!from_text(data + 2, size - 2))
		return 0;
	MUST(!tcptrace_portset_has(&set, 0));
	len = tcptrace_portset_format(&set, text, sizeof(text));
	MUST(len < sizeof(text) && strlen(text) == len);
	MUST(!tcptrace_portset_parse(text, &back, &where));
	MUST(!memcmp(&set, &back, sizeof(set)));
	for (word = 0; word < TCPTRACE_PORTSET_WORDS; word++)
		count += (uint32_t)__builtin_popcountll(set.bits[word]);
	MUST(count == tcptrace_portset_count(&set) && !count == !len);
	check_short(data[1] + 1u, len);
	return 0;
}
