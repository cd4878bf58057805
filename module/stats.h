/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, per CPU, in the order of the columns of /proc/net/stat/tcptrace,
 * then of those of /proc/net/stat/tcptrace_books.
 *
 * The books: each matched sighting ends in exactly one of recorded, counted
 * or one of the named drops, each record is of one kind, and each connection
 * that began has its flow still, or lost it to another or with the flow, so
 * that at rest
 *	matched = recorded + counted + the drops
 *	records = the sum over all kinds = the head, of each CPU
 *	created = entries + reused + removed
 * and overwritten is what the ring has written over.
 */
#ifndef _TCPTRACE_STATS_H
#define _TCPTRACE_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "uapi/tcptrace.h"

/* From TCPTRACE_REC_SEGMENT on. */
#define TCPTRACE_NR_KINDS	TCPTRACE_REC_TLS

enum tcptrace_stat {
	TCPTRACE_STAT_SEEN,		/* TCP segments that passed the hooks */
	TCPTRACE_STAT_MATCHED,		/* of these, with a traced port */
	TCPTRACE_STAT_RECORDED,		/* matched sightings that wrote a record */
	TCPTRACE_STAT_COUNTED,		/* matched sightings that only moved counters */
	TCPTRACE_STAT_RECORDS,		/* records written, timers and ends included */
	TCPTRACE_STAT_FRAGMENTS,	/* IP fragments: not looked at */
	TCPTRACE_STAT_NO_PORTS,		/* segments too short to tell their ports */
	TCPTRACE_STAT_TRUNCATED,	/* drop: header not all there */
	TCPTRACE_STAT_BAD_OFFSET,	/* drop: TCP data offset makes no sense */
	TCPTRACE_STAT_BAD_CSUM,		/* drop: TCP checksum wrong */
	TCPTRACE_STAT_UNKNOWN,		/* drop: no connection, and cannot begin one */
	TCPTRACE_STAT_NO_FLOW,		/* drop: max_flows reached, nothing could go */
	TCPTRACE_STAT_NO_HALF_OPEN,	/* drop: max_half_open reached, nothing could go */
	TCPTRACE_STAT_NO_MEMORY,	/* drop: no memory for a connection */
	TCPTRACE_STAT_LEAVING,		/* drop: connection was just being removed */
	TCPTRACE_STAT_CREATED,		/* connections begun */
	TCPTRACE_STAT_ENDED,		/* connections that ended */
	TCPTRACE_STAT_IDLE,		/* connections given up: nothing seen for long */
	TCPTRACE_STAT_EVICT_DEAD,	/* ended connections removed for room */
	TCPTRACE_STAT_EVICT_HALF_OPEN,	/* half-open connections removed for room */
	TCPTRACE_STAT_EVICT_TIME_WAIT,	/* connections in TIME_WAIT removed for room */
	TCPTRACE_STAT_EVICT_CLOSING,	/* closing connections removed for room */
	TCPTRACE_STAT_EVICT_OPEN,	/* open connections removed for room */
	TCPTRACE_STAT_AGREED,		/* the kernel's word and the segments agree */
	TCPTRACE_STAT_DIFFERED,		/* they differ */
	TCPTRACE_STAT_TLS,		/* connections whose TLS handshake is walked over */
	TCPTRACE_STAT_TLS_HOLES,	/* directions not walked to the end */
	TCPTRACE_STAT_TLS_NO_ROOM,	/* hole: tls_held reached */
	TCPTRACE_STAT_TLS_NO_MEMORY,	/* no walk, or a hole: no memory */
	TCPTRACE_STAT_WAKEUPS,		/* readers woken */
	TCPTRACE_NR_COLUMNS,

	TCPTRACE_STAT_REUSED = TCPTRACE_NR_COLUMNS, /* another took its flow */
	TCPTRACE_STAT_REMOVED,		/* flows that went, whatever the reason */
	TCPTRACE_STAT_KINDS,		/* records of each kind, from the first on */
	TCPTRACE_NR_STATS = TCPTRACE_STAT_KINDS + TCPTRACE_NR_KINDS,
};

struct tcptrace_stats {
	u64 n[TCPTRACE_NR_STATS];
};

DECLARE_PER_CPU(struct tcptrace_stats, tcptrace_stats);

extern const char *const tcptrace_stat_names[TCPTRACE_NR_STATS];

/* Context: any; safe against preemption and interrupts. */
static inline void tcptrace_count(enum tcptrace_stat stat)
{
	this_cpu_inc(tcptrace_stats.n[stat]);
}

/* A record of a kind, enum tcptrace_kind. Context: likewise. */
static inline void tcptrace_count_record(u8 kind)
{
	this_cpu_inc(tcptrace_stats.n[TCPTRACE_STAT_KINDS + kind -
				      TCPTRACE_REC_SEGMENT]);
	tcptrace_count(TCPTRACE_STAT_RECORDS);
}

#endif /* _TCPTRACE_STATS_H */
