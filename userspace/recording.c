// SPDX-License-Identifier: GPL-2.0
/* The half that writes; source_file.c is the half that reads. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "recording.h"
#include "source.h"
#include "util.h"

_Static_assert(sizeof(struct recording_block) == 32, "no holes");
_Static_assert(sizeof(struct recording_clock) == 16, "no holes");
_Static_assert(sizeof(struct recording_loss) == 24, "no holes");
_Static_assert(RECORDING_BATCH * sizeof(struct tcptrace_record) +
	       sizeof(struct recording_clock) <= RECORDING_MAX_PAYLOAD,
	       "a block that readers take");

struct recording {
	const char *path;
	int fd;
	bool failed;
	bool has_wall;		/* @wall_ns is what records are to get */
	int64_t wall_ns;
	uint32_t number;
	uint64_t records;	/* in blocks that were written */
	uint64_t written;	/* bytes of whole blocks */
	unsigned int nr;	/* in @out */
	struct {
		struct recording_block block;
		struct recording_clock clock;
		struct tcptrace_record batch[RECORDING_BATCH];
	} out;			/* as it will lie in the file */
};

static bool fail(struct recording *w)
{
	if (!w->failed)
		complain("%s: cannot write: %s; %llu records are safe",
			 w->path, strerror(errno),
			 (unsigned long long)w->records);
	w->failed = true;
	/* Half a block helps nobody; a pipe keeps it. */
	if (ftruncate(w->fd, (off_t)w->written))
		return false;
	return false;
}

static bool write_all(struct recording *w, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(w->fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = ENOSPC;
			return fail(w);
		}
		p += n;
		size -= (size_t)n;
	}
	return true;
}

/* Fills in what stands before a payload. */
static void seal(const struct recording *w, struct recording_block *block,
		 enum recording_kind kind, const void *payload, size_t size)
{
	*block = (struct recording_block) {
		.magic = RECORDING_MAGIC,
		.version = RECORDING_VERSION,
		.kind = kind,
		.length = (uint32_t)size,
		.number = w->number,
		.records = w->records,
		.payload_crc = crc32c(payload, size),
	};
	block->header_crc = crc32c(block, offsetof(struct recording_block,
						   header_crc));
}

static void count_block(struct recording *w, size_t size)
{
	w->number++;
	w->written += sizeof(struct recording_block) + size;
}

static bool write_block(struct recording *w, enum recording_kind kind,
			const void *payload, size_t size)
{
	struct recording_block block;

	if (w->failed)
		return false;
	seal(w, &block, kind, payload, size);
	if (!write_all(w, &block, sizeof(block)) ||
	    !write_all(w, payload, size))
		return false;
	count_block(w, size);
	return true;
}

/**
 * recording_create() - begin a recording
 * @path: file, made anew; "-" is the standard output
 *
 * Context: any.
 * Return: the recording, or NULL after one line on stderr.
 */
struct recording *recording_create(const char *path)
{
	struct recording *w = zalloc(sizeof(*w));

	w->path = path;
	if (!strcmp(path, "-"))
		w->fd = dup(STDOUT_FILENO);
	else
		w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			     0600);
	if (w->fd < 0) {
		complain("%s: cannot write: %s", path, strerror(errno));
		free(w);
		return NULL;
	}
	return w;
}

/**
 * recording_set_wall() - records are not of this machine's CLOCK_MONOTONIC
 * @w: the recording
 * @wall_ns: to be added to the times of its records for the time of day
 *
 * Context: any.
 */
void recording_set_wall(struct recording *w, int64_t wall_ns)
{
	w->has_wall = true;
	w->wall_ns = wall_ns;
}

/**
 * recording_flush() - write what was added, so that a crash leaves it whole
 * @w: the recording
 *
 * Context: any.
 * Return: whether it could be written; if not, one line on stderr told so.
 */
bool recording_flush(struct recording *w)
{
	const size_t size = sizeof(w->out.clock) +
			    w->nr * sizeof(w->out.batch[0]);

	if (!w->nr || w->failed)
		return !w->failed;
	w->out.clock.wall_ns = w->has_wall ? w->wall_ns : source_wall_offset();
	w->out.clock.abi_major = TCPTRACE_ABI_MAJOR;
	w->out.clock.record_size = sizeof(struct tcptrace_record);
	seal(w, &w->out.block, RECORDING_RECORDS, &w->out.clock, size);
	if (!write_all(w, &w->out, sizeof(w->out.block) + size))
		return false;
	count_block(w, size);
	w->records += w->nr;
	w->nr = 0;
	return true;
}

/**
 * recording_room() - where the next records go
 * @w: the recording
 * @ret_nr: how many have room there, at least one
 *
 * Context: any.
 * Return: the place; what was put there is to be told to recording_added().
 */
struct tcptrace_record *recording_room(struct recording *w, size_t *ret_nr)
{
	*ret_nr = RECORDING_BATCH - w->nr;
	return &w->out.batch[w->nr];
}

/**
 * recording_added() - records were put where recording_room() said
 * @w: the recording
 * @nr: how many, at most as many as had room
 *
 * Context: any.
 * Return: whether it could be written; if not, one line on stderr told so.
 */
bool recording_added(struct recording *w, size_t nr)
{
	w->nr += (unsigned int)nr;
	return w->nr < RECORDING_BATCH || recording_flush(w);
}

/**
 * recording_losses() - record what could not be read
 * @w: the recording
 * @loss: account of each ring until now; replaces the one before
 * @nr: how many
 *
 * Context: any.
 * Return: whether it could be written; if not, one line on stderr told so.
 */
bool recording_losses(struct recording *w, const struct recording_loss *loss,
		      unsigned int nr)
{
	if (nr > RECORDING_MAX_RINGS)
		nr = RECORDING_MAX_RINGS;
	return recording_flush(w) &&
	       write_block(w, RECORDING_LOSSES, loss, nr * sizeof(*loss));
}

/**
 * recording_unwritten() - are there records that only memory has
 * @w: the recording
 *
 * Context: any.
 * Return: whether there are.
 */
bool recording_unwritten(const struct recording *w)
{
	return w->nr;
}

/**
 * recording_records() - how many records are in a recording
 * @w: the recording
 *
 * Context: any.
 * Return: records.
 */
uint64_t recording_records(const struct recording *w)
{
	return w->records + w->nr;
}

/**
 * recording_finish() - end a recording
 * @w: the recording; gone afterwards
 *
 * Context: any.
 * Return: EXIT_OK, or EXIT_RUN after one line on stderr.
 */
int recording_finish(struct recording *w)
{
	bool ok = recording_flush(w) && write_block(w, RECORDING_END, "", 0);

	if (close(w->fd) && ok) {
		complain("%s: cannot write: %s", w->path, strerror(errno));
		ok = false;
	}
	free(w);
	return ok ? EXIT_OK : EXIT_RUN;
}
