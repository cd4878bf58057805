/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One who watches a connection, as module/flow.c and userspace/flows.c do it,
 * and looks at each record and at what is behind it.
 */
#ifndef _TCPTRACE_FUZZ_WATCH_H
#define _TCPTRACE_FUZZ_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/conn.h"
#include "walk.h"

/**
 * struct watch - a connection, and what its records have told
 * @conn: what the core knows
 * @all: of the TLS walk
 * @walk: likewise
 * @made: a record of it, until it is taken
 * @ids: of connections, so far
 * @begun: something was seen
 * @swapped: who is 0 to the caller is the server
 * @next: number of the next record
 * @rank: of the last record of this sighting: they stand in an order
 * @inferred: of the last record
 * @state: states after the last record
 * @count: counters as they were
 * @now_ns: the time
 */
struct watch {
	struct tcptrace_conn conn;
	struct walks all;
	struct walk walk;
	struct tcptrace_record made;
	u64 ids;
	bool begun;
	bool swapped;
	u32 next;
	u8 rank;
	u8 inferred;
	u8 state[2];
	struct tcptrace_count count[2];
	u64 now_ns;
};

void watch_init(struct watch *w, u64 now_ns);
void watch_clean(struct watch *w);

/* @s is as the caller has it: from 0 or 1. */
void watch_segment(struct watch *w, struct tcptrace_sighting s,
		   const struct walk_bytes *bytes);
void watch_word(struct watch *w, u8 who, u8 said, u8 source, u64 linger_ns);
void watch_time(struct watch *w, u64 now_ns);
void watch_end(struct watch *w, u8 why);

#endif /* _TCPTRACE_FUZZ_WATCH_H */
