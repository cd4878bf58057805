// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of recordings: any bytes are records, or one clear error, and can be
 * drawn; what was read can be written, and read again. An input is
 *
 *	byte 0		how to draw: DRAW_*
 *	byte 1		bit 0: checksums are made good, so that what is behind
 *			them is reached; bit 1: the bytes are records alone,
 *			and headers are put before them
 *	then		the file
 */
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "lib/draw.h"
#include "lib/fuzzer.h"
#include "lib/must.h"
#include "recording.h"
#include "util.h"

#define REPAIR	0x01
#define RECORDS	0x02

#define FILE_MAX	1048576

static uint8_t file[FILE_MAX];

/* Makes the header at @at good; returns where the next one is. */
static size_t repair(size_t at, size_t size)
{
	struct recording_block block;
	size_t left = size - at - sizeof(block);

	memcpy(&block, file + at, sizeof(block));
	block.magic = RECORDING_MAGIC;
	if (block.length > left)
		block.length = (uint32_t)left;
	block.payload_crc = crc32c(file + at + sizeof(block), block.length);
	block.header_crc = crc32c(&block, offsetof(struct recording_block,
						   header_crc));
	memcpy(file + at, &block, sizeof(block));
	return at + sizeof(block) + block.length;
}

static size_t put(size_t at, enum recording_kind kind, const void *payload,
		  size_t size)
{
	const struct recording_block block = {
		.version = RECORDING_VERSION,
		.kind = kind,
		.length = (uint32_t)size,
		.number = kind == RECORDING_END,
	};

	memcpy(file + at, &block, sizeof(block));
	memcpy(file + at + sizeof(block), payload, size);
	return repair(at, at + sizeof(block) + size);
}

static size_t from_records(const uint8_t *data, size_t size)
{
	static uint8_t payload[FILE_MAX / 2];
	const struct recording_clock clock = {
		.wall_ns = 1767225600000000000LL,
		.abi_major = TCPTRACE_ABI_MAJOR,
		.record_size = TCPTRACE_RECORD_SIZE,
	};

	memcpy(payload, &clock, sizeof(clock));
	memcpy(payload + sizeof(clock), data, size);
	return put(put(0, RECORDING_RECORDS, payload, sizeof(clock) + size),
		   RECORDING_END, "", 0);
}

/* Written and read again, records are the same. */
static void check_copy(const struct drawn *drawn)
{
	struct recording *w;
	struct drawn again;
	const char *path;
	size_t i, room;
	ssize_t size;
	int fd;

	path = draw_path(NULL, 0, &fd);
	w = recording_create(path);
	MUST(w);
	recording_set_wall(w, 1);
	for (i = 0; i < drawn->nr; i++) {
		*recording_room(w, &room) = drawn->rec[i];
		MUST(room && recording_added(w, 1));
	}
	MUST(recording_records(w) == drawn->nr);
	MUST(recording_finish(w) == EXIT_OK);
	size = pread(fd, file, sizeof(file), 0);
	close(fd);
	MUST(size > 0 && (size_t)size < sizeof(file));
	draw_file(file, (size_t)size, 1, &again);
	MUST(again.status == EXIT_OK && again.nr == drawn->nr);
	MUST(!again.nr || !memcmp(again.rec, drawn->rec,
				  again.nr * sizeof(*again.rec)));
	drawn_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t look = size ? data[0] : 0;
	struct drawn drawn;
	size_t at = 0;

	if (size < 2 || size > FILE_MAX / 4)
		return 0;
	if (data[1] & RECORDS) {
		size = from_records(data + 2, size - 2);
	} else {
		memcpy(file, data + 2, size - 2);
		size -= 2;
		while ((data[1] & REPAIR) &&
		       size - at >= sizeof(struct recording_block))
			at = repair(at, size);
	}
	draw_file(file, size, look, &drawn);
	MUST(drawn.nr * sizeof(*drawn.rec) <= size);
	if (drawn.nr)
		check_copy(&drawn);
	drawn_free(&drawn);
	return 0;
}
