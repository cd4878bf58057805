// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of captures: any bytes, through libpcap, are records or one clear
 * error, and can be drawn. An input is
 *
 *	byte 0		how to draw: DRAW_*
 *	byte 1		0 to 15: a capture is made of what follows, and this is
 *			its link layer; else the file follows
 *	then		the file; or packets, each with three bytes before it:
 *			its length, how much of it was not captured, and, in
 *			units of 10 ms, or, from 128 on, of 1 s, how much later
 *			it is
 */
#include <string.h>

#include "lib/draw.h"
#include "lib/fuzzer.h"
#include "lib/must.h"
#include "util.h"

#define FILE_MAX	1048576

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, link;
};

struct packet_header {
	uint32_t sec, usec, caplen, len;
};

static uint8_t file[FILE_MAX];

static size_t from_packets(uint8_t link, const uint8_t *data, size_t size)
{
	/* LINKTYPE_*: Ethernet, raw IP, cooked 1 and 2, loopback, and not one */
	static const uint32_t links[16] = {
		101, 1, 113, 276, 0, 108, 228, 229, 101, 101, 1, 113, 276, 276,
		0, 105,
	};
	struct file_header header = {
		.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snaplen = 65535,
		.link = links[link],
	};
	struct packet_header packet = { .sec = 1767225600 };
	size_t at = sizeof(header);

	memcpy(file, &header, sizeof(header));
	while (size > 3 && at < sizeof(file) - 512) {
		packet.caplen = data[0] < size - 3 ? data[0] :
						     (uint32_t)size - 3;
		packet.len = packet.caplen + data[1];
		packet.usec += data[2] < 128 ? data[2] * 10000u : 0;
		packet.sec += data[2] < 128 ? 0 : data[2] - 127u;
		packet.sec += packet.usec / 1000000;
		packet.usec %= 1000000;
		memcpy(file + at, &packet, sizeof(packet));
		at += sizeof(packet);
		memcpy(file + at, data + 3, packet.caplen);
		at += packet.caplen;
		data += 3 + packet.caplen;
		size -= 3 + packet.caplen;
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drawn drawn;
	uint32_t n = 0;
	size_t i;

	if (size < 2 || size > FILE_MAX / 2)
		return 0;
	if (data[1] < 16) {
		size = from_packets(data[1], data + 2, size - 2);
		draw_file(file, size, data[0], &drawn);
	} else {
		draw_file(data + 2, size - 2, data[0], &drawn);
	}
	/* Records come one connection within another, numbers without a hole. */
	for (i = 0; i < drawn.nr; i++)
		if (drawn.rec[i].conn == drawn.rec[0].conn)
			MUST(drawn.rec[i].n == n++);
	drawn_free(&drawn);
	return 0;
}
