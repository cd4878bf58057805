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
 * struct reader_ring - one ring, as far as it was read
 * @head: the writer's position
 * @slot: the records
 * @next: position to be read next
 * @until: end of this pass
 * @read: records read
 * @lost: records overwritten before they were read
 * @early: those of @lost that were gone before the reader came
 * @ahead: one record read ahead, for the merge
 * @has_ahead: @ahead is valid
 */
struct reader_ring {
	const struct tcptrace_ring_head *head;
	const struct tcptrace_record *slot;
	uint64_t next;
	uint64_t until;
	uint64_t read;
	uint64_t lost;
	uint64_t early;
	struct tcptrace_record ahead;
	bool has_ahead;
};

/**
 * struct reader - all rings
 * @header: first page of the mapping
 * @ring: the rings
 * @nr: how many
 * @slots: records in each
 */
struct reader {
	const struct tcptrace_header *header;
	struct reader_ring *ring;
	unsigned int nr;
	uint32_t slots;
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
