/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The recording format: blocks, each with a header and a payload, each with a
 * checksum, each complete in itself. What damages one block leaves the others.
 *
 *	struct recording_block	32 bytes
 *	payload			block.length bytes
 *	next block ...
 *
 * Numbers are in the byte order of the machine that recorded; the magic tells.
 * A reader that finds a broken header looks for the next good one; it skips
 * kinds of blocks that it does not know, and refuses another version.
 */
#ifndef _TCPTIMELINE_RECORDING_H
#define _TCPTIMELINE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/tcptrace.h"

#define RECORDING_MAGIC		0x42524354u	/* "TCRB" */
#define RECORDING_VERSION	1
#define RECORDING_BATCH		1024		/* records in a block at most */
#define RECORDING_MAX_RINGS	8192		/* in a losses block at most */

enum recording_kind {
	RECORDING_RECORDS	= 1,	/* struct recording_clock, records */
	RECORDING_LOSSES	= 2,	/* struct recording_loss per ring */
	RECORDING_END		= 3,	/* nothing: the recording is whole */
};

/**
 * struct recording_block - what stands before a payload
 * @magic: RECORDING_MAGIC
 * @version: RECORDING_VERSION
 * @kind: enum recording_kind
 * @length: bytes of payload
 * @number: of this block, from 0
 * @records: records in the blocks before this one
 * @payload_crc: CRC32C of the payload
 * @header_crc: CRC32C of all before it
 */
struct recording_block {
	uint32_t magic;
	uint16_t version;
	uint16_t kind;
	uint32_t length;
	uint32_t number;
	uint64_t records;
	uint32_t payload_crc;
	uint32_t header_crc;
};

/**
 * struct recording_clock - what stands before records
 * @wall_ns: CLOCK_REALTIME minus the clock of the records when they were read
 * @abi_major: TCPTRACE_ABI_MAJOR
 * @record_size: bytes of one record
 */
struct recording_clock {
	int64_t wall_ns;
	uint32_t abi_major;
	uint32_t record_size;
};

/**
 * struct recording_loss - account of one ring until now
 * @read: records read
 * @lost: records overwritten before they were read
 * @early: those of @lost that were gone before the recording began
 */
struct recording_loss {
	uint64_t read;
	uint64_t lost;
	uint64_t early;
};

#define RECORDING_MAX_PAYLOAD						\
	(RECORDING_MAX_RINGS * sizeof(struct recording_loss))

struct recording;

struct recording *recording_create(const char *path);
struct tcptrace_record *recording_room(struct recording *w, size_t *ret_nr);
bool recording_added(struct recording *w, size_t nr);
void recording_set_wall(struct recording *w, int64_t wall_ns);
bool recording_flush(struct recording *w);
bool recording_losses(struct recording *w, const struct recording_loss *loss,
		      unsigned int nr);
bool recording_unwritten(const struct recording *w);
uint64_t recording_records(const struct recording *w);
int recording_finish(struct recording *w);

#endif /* _TCPTIMELINE_RECORDING_H */
