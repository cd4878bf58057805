/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, per CPU, in the order of the columns of /proc/net/stat/tcptrace.
 *
 * The books: each matched sighting ends in exactly one of recorded, counted
 * or one of the named drops, so that at rest
 *	matched = recorded + counted + the drops
 * and overwritten is what the ring has written over.
 */
#ifndef _TCPTRACE_STATS_H
#define _TCPTRACE_STATS_H

#include <linux/percpu.h>

/* X(name, meaning); at most 31 of them: lnstat reads 32 columns. */
#define TCPTRACE_STATS(X)						\
	X(seen,		"TCP segments that passed the hooks")		\
	X(matched,	"of these, with a traced port")			\
	X(recorded,	"matched sightings that wrote a record")	\
	X(counted,	"matched sightings that only moved counters")	\
	X(records,	"records written, timers and ends included")	\
	X(fragments,	"IP fragments: not looked at")	\
	X(no_ports,	"segments too short to tell their ports")	\
	X(truncated,	"drop: header not all there")			\
	X(bad_offset,	"drop: TCP data offset makes no sense")		\
	X(bad_csum,	"drop: TCP checksum wrong")			\
	X(unknown,	"drop: no connection, and cannot begin one")	\
	X(no_flow,	"drop: max_flows reached, nothing could go")	\
	X(no_half_open,	"drop: max_half_open reached, nothing could go")\
	X(no_memory,	"drop: no memory for a connection")		\
	X(leaving,	"drop: connection was just being removed")	\
	X(created,	"connections begun")				\
	X(ended,	"connections that ended")			\
	X(idle,		"connections given up: nothing seen for long")	\
	X(evict_dead,	"ended connections removed for room")		\
	X(evict_half_open, "half-open connections removed for room")	\
	X(evict_time_wait, "connections in TIME_WAIT removed for room")	\
	X(evict_closing, "closing connections removed for room")	\
	X(evict_open,	"open connections removed for room")		\
	X(wakeups,	"readers woken")

struct tcptrace_stats {
#define X(name, meaning) u64 name;
	TCPTRACE_STATS(X)
#undef X
};

DECLARE_PER_CPU(struct tcptrace_stats, tcptrace_stats);

/* Context: any; safe against preemption and interrupts. */
#define tcptrace_count(name)	this_cpu_inc(tcptrace_stats.name)

#endif /* _TCPTRACE_STATS_H */
