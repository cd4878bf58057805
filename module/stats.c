// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

DEFINE_PER_CPU(struct tcptrace_stats, tcptrace_stats);

/* Where a kind of records is counted. */
#define KIND(kind)	(TCPTRACE_STAT_KINDS + (kind) - TCPTRACE_REC_SEGMENT)

/* The columns of both files. */
const char *const tcptrace_stat_names[TCPTRACE_NR_STATS] = {
	[TCPTRACE_STAT_SEEN]			= "seen",
	[TCPTRACE_STAT_MATCHED]			= "matched",
	[TCPTRACE_STAT_RECORDED]		= "recorded",
	[TCPTRACE_STAT_COUNTED]			= "counted",
	[TCPTRACE_STAT_RECORDS]			= "records",
	[TCPTRACE_STAT_FRAGMENTS]		= "fragments",
	[TCPTRACE_STAT_NO_PORTS]		= "no_ports",
	[TCPTRACE_STAT_TRUNCATED]		= "truncated",
	[TCPTRACE_STAT_BAD_OFFSET]		= "bad_offset",
	[TCPTRACE_STAT_BAD_CSUM]		= "bad_csum",
	[TCPTRACE_STAT_UNKNOWN]			= "unknown",
	[TCPTRACE_STAT_NO_FLOW]			= "no_flow",
	[TCPTRACE_STAT_NO_HALF_OPEN]		= "no_half_open",
	[TCPTRACE_STAT_NO_MEMORY]		= "no_memory",
	[TCPTRACE_STAT_LEAVING]			= "leaving",
	[TCPTRACE_STAT_CREATED]			= "created",
	[TCPTRACE_STAT_ENDED]			= "ended",
	[TCPTRACE_STAT_IDLE]			= "idle",
	[TCPTRACE_STAT_EVICT_DEAD]		= "evict_dead",
	[TCPTRACE_STAT_EVICT_HALF_OPEN]		= "evict_half_open",
	[TCPTRACE_STAT_EVICT_TIME_WAIT]		= "evict_time_wait",
	[TCPTRACE_STAT_EVICT_CLOSING]		= "evict_closing",
	[TCPTRACE_STAT_EVICT_OPEN]		= "evict_open",
	[TCPTRACE_STAT_AGREED]			= "agreed",
	[TCPTRACE_STAT_DIFFERED]		= "differed",
	[TCPTRACE_STAT_TLS]			= "tls",
	[TCPTRACE_STAT_TLS_HOLES]		= "tls_holes",
	[TCPTRACE_STAT_TLS_NO_ROOM]		= "tls_no_room",
	[TCPTRACE_STAT_TLS_NO_MEMORY]		= "tls_no_memory",
	[TCPTRACE_STAT_WAKEUPS]			= "wakeups",
	[TCPTRACE_STAT_REUSED]			= "reused",
	[TCPTRACE_STAT_REMOVED]			= "removed",
	[KIND(TCPTRACE_REC_SEGMENT)]		= "segment",
	[KIND(TCPTRACE_REC_STATE)]		= "state",
	[KIND(TCPTRACE_REC_UNDO)]		= "undo",
	[KIND(TCPTRACE_REC_TIMER)]		= "timer",
	[KIND(TCPTRACE_REC_COUNT)]		= "count",
	[KIND(TCPTRACE_REC_END)]		= "end",
	[KIND(TCPTRACE_REC_WORD)]		= "word",
	[KIND(TCPTRACE_REC_TLS)]		= "tls_record",
};
