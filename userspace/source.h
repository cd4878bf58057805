/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where records come from. Each kind of source embeds a struct source and
 * fills in its operations; nobody else knows which kind it is.
 */
#ifndef _TCPTIMELINE_SOURCE_H
#define _TCPTIMELINE_SOURCE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/portset.h"
#include "uapi/tcptrace.h"

enum source_status {
	SOURCE_RECORD,	/* here is one */
	SOURCE_PAUSE,	/* none at the moment: wait() for more */
	SOURCE_END,	/* there will be no more */
};

#define SOURCE_TICK_NS		100000000ULL	/* that of the module */
#define SOURCE_FOR_EVER		UINT64_MAX

/* How soon wait() is to come back when there is something. */
enum source_haste {
	SOURCE_NOW,	/* somebody looks on */
	SOURCE_LATER,	/* when it is worth it: a reader that costs little */
};

struct input;
struct source;

/**
 * struct source_ops - what a source can do
 * @next: the next record, without waiting
 * @some: as many as come without waiting, at most @max; with SOURCE_RECORD at
 *	least one, else what @next would say now; NULL: @next is as good
 * @wait: wait until there may be more, or until a signal comes that @mask lets
 *	through, or @most_ns have passed, if not SOURCE_FOR_EVER, or somewhat
 *	more; NULL if the source never pauses
 * @stop: what is there now is all that is wanted; NULL if the source does not
 *	go on for ever anyway
 * @losses: account of ring @i: what was read of it, what was overwritten
 *	before it was read, and what of that before we came; false if there is
 *	no such ring
 * @close: the source goes; says what is missing
 *
 * @close returns EXIT_OK, or EXIT_RUN if not all could be had and one line on
 * stderr told so.
 */
struct source_ops {
	enum source_status (*next)(struct source *s,
				   struct tcptrace_record *ret_rec);
	enum source_status (*some)(struct source *s, struct tcptrace_record *to,
				   size_t max, size_t *ret_nr);
	void (*wait)(struct source *s, const sigset_t *mask,
		     enum source_haste haste, uint64_t most_ns);
	void (*stop)(struct source *s);
	bool (*losses)(struct source *s, unsigned int i, uint64_t *ret_read,
		       uint64_t *ret_lost, uint64_t *ret_early);
	int (*close)(struct source *s);
};

/**
 * struct source - where records come from
 * @ops: its operations
 * @wall_ns: to be added to CLOCK_MONOTONIC of its records for CLOCK_REALTIME
 * @has_wall: @wall_ns is known
 * @began_ns: when it was opened, on the clock of its records; what is older
 *	was there before
 * @ahead_ns: how far the clock of its records is ahead of source_clock(): in a
 *	time namespace, CLOCK_MONOTONIC is not what it is in the kernel
 * @live: its records come as they are made
 */
struct source {
	const struct source_ops *ops;
	int64_t wall_ns;
	bool has_wall;
	uint64_t began_ns;
	uint64_t ahead_ns;
	bool live;
};

/* Each returns NULL after one line on stderr. */
struct source *source_proc_open(const char *path, bool follow);
struct source *source_file_open(struct input *in);
struct source *source_pcap_open(struct input *in,
				const struct tcptrace_portset *ports);

enum source_status source_some(struct source *s, struct tcptrace_record *to,
			       size_t *nr);
uint64_t source_clock(void);
uint64_t source_now(const struct source *s);
int64_t source_wall_offset(void);

#endif /* _TCPTIMELINE_SOURCE_H */
