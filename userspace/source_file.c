// SPDX-License-Identifier: GPL-2.0
/* A recording; the format is told in recording.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "input.h"
#include "recording.h"
#include "source.h"
#include "util.h"

#define BLOCK		sizeof(struct recording_block)
#define WINDOW		(2 * (BLOCK + RECORDING_MAX_PAYLOAD))

struct source_file {
	struct source source;
	struct input *in;
	int error;		/* errno of a read that failed */
	bool eof;
	bool ended;		/* the end block came */
	bool began;		/* a good header came */
	bool foreign;		/* a block of another byte order or version */
	unsigned char *buf;
	size_t at;		/* first byte not yet used */
	size_t have;
	uint32_t number;	/* of the next block */
	uint64_t records;	/* given out, or known to be missing */
	uint64_t given;
	uint64_t missing;	/* records */
	uint32_t bad;		/* blocks missing */
	uint64_t skipped;	/* bytes that belong to no good block */
	uint64_t senseless;	/* records that nobody can have recorded */
	const unsigned char *rec;	/* in @buf, not aligned */
	unsigned int left;
	struct recording_loss *loss;
	unsigned int nr_losses;
};

/* Makes @size bytes available at @at, if the file has them. */
static bool need(struct source_file *f, size_t size)
{
	while (f->have - f->at < size && !f->eof) {
		ssize_t n;

		if (f->at) {
			memmove(f->buf, f->buf + f->at, f->have - f->at);
			f->have -= f->at;
			f->at = 0;
		}
		n = input_read(f->in, f->buf + f->have, WINDOW - f->have);
		if (n < 0)
			f->error = errno;
		if (n <= 0)
			f->eof = true;
		else
			f->have += (size_t)n;
	}
	return f->have - f->at >= size;
}

static bool good_header(struct source_file *f, struct recording_block *ret)
{
	struct recording_block block;

	memcpy(&block, f->buf + f->at, sizeof(block));
	if (block.magic == __builtin_bswap32(RECORDING_MAGIC))
		f->foreign = true;
	if (block.magic != RECORDING_MAGIC ||
	    block.header_crc != crc32c(&block,
				       offsetof(struct recording_block,
						header_crc)))
		return false;
	if (block.version != RECORDING_VERSION ||
	    block.length > RECORDING_MAX_PAYLOAD) {
		f->foreign = true;
		return false;
	}
	f->began = true;
	*ret = block;
	return true;
}

/*
 * Finds the next block whose header is good and whose payload is all there.
 * A header that is good and a payload that is not: only that block is lost.
 */
static bool find_block(struct source_file *f, struct recording_block *ret)
{
	while (need(f, BLOCK)) {
		const unsigned char *payload;

		if (!good_header(f, ret)) {
			f->at++;
			f->skipped++;
			continue;
		}
		if (!need(f, BLOCK + ret->length))
			break;
		payload = f->buf + f->at + BLOCK;
		if (crc32c(payload, ret->length) == ret->payload_crc)
			return true;
		f->at += BLOCK + ret->length;
		f->skipped += BLOCK + ret->length;
	}
	f->skipped += f->have - f->at;
	f->at = f->have;
	return false;
}

/* What the numbers of a good block tell of those that were not. */
static void account(struct source_file *f, const struct recording_block *block)
{
	if (block->number > f->number)
		f->bad += block->number - f->number;
	f->number = block->number + 1;
	if (block->records > f->records) {
		f->missing += block->records - f->records;
		f->records = block->records;
	}
}

static void take_records(struct source_file *f, const unsigned char *payload,
			 uint32_t length)
{
	struct recording_clock clock;

	if (length < sizeof(clock))
		return;
	memcpy(&clock, payload, sizeof(clock));
	if (clock.abi_major != TCPTRACE_ABI_MAJOR ||
	    clock.record_size != sizeof(struct tcptrace_record)) {
		f->foreign = true;
		return;
	}
	/* One offset for all: a clock that was set moves no ladder's start. */
	if (!f->source.has_wall)
		f->source.wall_ns = clock.wall_ns;
	f->source.has_wall = true;
	f->rec = payload + sizeof(clock);
	f->left = (length - (uint32_t)sizeof(clock)) / TCPTRACE_RECORD_SIZE;
	f->records += f->left;
}

static void take_losses(struct source_file *f, const unsigned char *payload,
			uint32_t length)
{
	f->nr_losses = length / sizeof(*f->loss);
	f->loss = grow(f->loss, f->nr_losses, sizeof(*f->loss));
	memcpy(f->loss, payload, f->nr_losses * sizeof(*f->loss));
}

static bool next_block(struct source_file *f)
{
	struct recording_block block;
	const unsigned char *payload;

	if (!find_block(f, &block))
		return false;
	payload = f->buf + f->at + BLOCK;
	f->at += BLOCK + block.length;
	account(f, &block);
	switch (block.kind) {
	case RECORDING_RECORDS:
		take_records(f, payload, block.length);
		break;
	case RECORDING_LOSSES:
		take_losses(f, payload, block.length);
		break;
	case RECORDING_END:
		f->ended = true;
		break;
	default:
		break;
	}
	return true;
}

static bool known_states(const struct tcptrace_record *rec)
{
	return rec->old[0] < TCPTRACE_NR_STATES &&
	       rec->old[1] < TCPTRACE_NR_STATES &&
	       rec->state[0] < TCPTRACE_NR_STATES &&
	       rec->state[1] < TCPTRACE_NR_STATES;
}

/*
 * A checksum tells of damage, not of who wrote: whatever is an index later is
 * looked at here. Of kinds that are not known, nothing else is.
 */
static bool makes_sense(const struct tcptrace_record *rec)
{
	const struct tcptrace_tls_record *tls = (const void *)rec;
	const bool of_an_end = rec->from <= TCPTRACE_SERVER;

	switch (rec->kind) {
	case TCPTRACE_REC_TLS:
		return of_an_end && tls->len <= TCPTRACE_TLS_RECORD_BYTES;
	case TCPTRACE_REC_SEGMENT:
	case TCPTRACE_REC_STATE:
	case TCPTRACE_REC_UNDO:
	case TCPTRACE_REC_TIMER:
	case TCPTRACE_REC_WORD:
		return of_an_end && known_states(rec);
	default:
		return (of_an_end || rec->from == TCPTRACE_NOBODY) &&
		       known_states(rec);
	}
}

static enum source_status file_next(struct source *s,
				    struct tcptrace_record *ret_rec)
{
	struct source_file *f = (struct source_file *)s;

	for (;;) {
		while (!f->left)
			if (!next_block(f))
				return SOURCE_END;
		memcpy(ret_rec, f->rec, sizeof(*ret_rec));
		f->rec += sizeof(*ret_rec);
		f->left--;
		if (makes_sense(ret_rec))
			break;
		f->senseless++;
	}
	f->given++;
	return SOURCE_RECORD;
}

static bool file_losses(struct source *s, unsigned int i, uint64_t *ret_read,
			uint64_t *ret_lost, uint64_t *ret_early)
{
	struct source_file *f = (struct source_file *)s;

	if (i >= f->nr_losses)
		return false;
	*ret_read = f->loss[i].read;
	*ret_lost = f->loss[i].lost;
	*ret_early = f->loss[i].early;
	return true;
}

/* The one line on what is missing, and the exit status. */
static int verdict(const struct source_file *f)
{
	const unsigned long long given = f->given, missing = f->missing;
	const char *path = input_path(f->in);

	if (f->error) {
		complain("%s: cannot read: %s; %llu records could be read",
			 path, strerror(f->error), given);
		return EXIT_RUN;
	}
	if (f->foreign && !f->given) {
		complain("%s: recorded by another version, or on a machine of another byte order; read it with the tcptimeline that wrote it",
			 path);
		return EXIT_RUN;
	}
	if (!f->began) {
		complain("%s: not a recording of tcptimeline, nor a pcap or pcapng capture", path);
		return EXIT_RUN;
	}
	if (f->bad || (f->ended && f->skipped)) {
		complain("%s: damaged: %llu bytes are unreadable, %u blocks with %llu records are missing%s; %llu records could be read",
			 path, (unsigned long long)f->skipped, f->bad,
			 missing, f->ended ? "" : ", and its end", given);
		return EXIT_RUN;
	}
	if (!f->ended) {
		complain("%s: cut short: its end is missing; %llu records could be read",
			 path, given);
		return EXIT_RUN;
	}
	if (f->senseless) {
		complain("%s: %llu records make no sense and were passed over; %llu records could be read",
			 path, (unsigned long long)f->senseless, given);
		return EXIT_RUN;
	}
	return EXIT_OK;
}

static int file_close(struct source *s)
{
	struct source_file *f = (struct source_file *)s;
	int ret = verdict(f);

	input_close(f->in);
	free(f->loss);
	free(f->buf);
	free(f);
	return ret;
}

static const struct source_ops file_ops = {
	.next = file_next,
	.losses = file_losses,
	.close = file_close,
};

/**
 * source_file_open() - read a recording
 * @in: the file; belongs to the source
 *
 * Context: any.
 * Return: the source.
 */
struct source *source_file_open(struct input *in)
{
	struct source_file *f = zalloc(sizeof(*f));

	f->source.ops = &file_ops;
	f->in = in;
	f->buf = grow(NULL, WINDOW, 1);
	return &f->source;
}
