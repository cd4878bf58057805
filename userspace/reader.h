/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapped rings become one stream of records, with an exact account of what was
 * overwritten before it was read. The protocol is told in uapi/tcptrace.h.
 */
#ifndef _TCPTIMELINE_READER_H
#define _TCPTIMELINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/tcptrace.h"

/**
 * struct reader_key - the place of a record in the order of all
 * @t_ns: as in the record
 * @conn: likewise
 * @n: likewise
 */
struct reader_key {
	uint64_t t_ns;
	uint64_t conn;
	uint32_t n;
};

/**
 * struct reader_ring - one ring, as far as it was read
 * @head: the writer's position
 * @slot: the records
 * @next: position to be read next
 * @until: end of this pass
 * @read: records read
 * @lost: records overwritten before they were read
 * @early: those of @lost that were gone before the reader came
 * @ahead: place in the order of the record at @next; valid in a lane
 */
struct reader_ring {
	const struct tcptrace_ring_head *head;
	const struct tcptrace_record *slot;
	uint64_t next;
	uint64_t until;
	uint64_t read;
	uint64_t lost;
	uint64_t early;
	struct reader_key ahead;
};

/**
 * struct reader - all rings
 * @header: first page of the mapping
 * @ring: the rings
 * @nr: how many
 * @slots: records in each
 * @lane: those that this pass has something of, a heap: the first one's record
 *	is the oldest, and of each the next ones are at twice its index and one or
 *	two
 * @nr_lanes: how many
 */
struct reader {
	const struct tcptrace_header *header;
	struct reader_ring *ring;
	unsigned int nr;
	uint32_t slots;
	struct reader_ring **lane;
	unsigned int nr_lanes;
};

const char *reader_check(const struct tcptrace_header *header, uint64_t size);
void reader_init(struct reader *r, const void *base);
void reader_clean(struct reader *r);
void reader_pass(struct reader *r);
bool reader_next(struct reader *r, uint64_t limit_ns,
		 struct tcptrace_record *ret_rec);
size_t reader_some(struct reader *r, uint64_t limit_ns,
		   struct tcptrace_record *to, size_t max);
uint64_t reader_newest(const struct reader *r);
bool reader_gone(const struct reader *r);
uint64_t reader_seen(const struct reader *r);
uint64_t reader_known(const struct reader *r);
bool reader_holds(const struct reader *r);

#endif /* _TCPTIMELINE_READER_H */
