/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of many connections, in any order, become connections with their
 * records in order of their running number. No I/O.
 *
 * A connection is handed over when it is over: some time after its end was
 * recorded, so that what another CPU recorded of it is not missed. Memory is
 * bounded by the connections that live.
 */
#ifndef _TCPTIMELINE_MODEL_H
#define _TCPTIMELINE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"
#include "uapi/tcptrace.h"

/* Of a connection that makes more records than this the rest is counted. */
#define MODEL_MAX_RECORDS	4096

/* How long after its end a connection may still get records. */
#define MODEL_LINGER_NS		200000000ULL

/**
 * struct model_conn - what is known of one connection
 * @id: as in its records
 * @rec: its records, ordered by their running number
 * @nr: how many
 * @size: allocated
 * @omitted: records that were not kept: MODEL_MAX_RECORDS
 * @top: highest running number seen, plus one
 * @first_ns: earliest time stamp
 * @last_ns: latest time stamp
 * @ended: an end was recorded, and nothing since that takes it back
 * @end_n: number of that record
 * @due_ns: when it is handed over, if @ended
 * @next: next one to be handed over
 * @hh: in the table of living connections
 */
struct model_conn {
	uint64_t id;
	struct tcptrace_record *rec;
	unsigned int nr;
	unsigned int size;
	uint32_t omitted;
	uint64_t top;
	uint64_t first_ns;
	uint64_t last_ns;
	bool ended;
	uint32_t end_n;
	uint64_t due_ns;
	struct model_conn *next;
	UT_hash_handle hh;
};

typedef void (*model_done_fn)(void *arg, const struct model_conn *conn);

/**
 * struct model - the connections that live
 * @conns: table of them
 * @last: one that was looked for last: records come in bursts; may be NULL
 * @ended: those that are to be handed over, first one first
 * @ended_tail: where the next one goes
 * @spare: memory of some that were handed over, for those to come
 * @nr_spare: how many
 * @now_ns: latest time heard of
 * @orphans: records that came after the end of their connection
 * @done: takes a connection that is over
 * @arg: first argument of @done
 */
struct model {
	struct model_conn *conns;
	struct model_conn *last;
	struct model_conn *ended;
	struct model_conn **ended_tail;
	struct model_conn *spare;
	unsigned int nr_spare;
	uint64_t now_ns;
	uint64_t orphans;
	model_done_fn done;
	void *arg;
};

void model_init(struct model *m, model_done_fn done, void *arg);
void model_add(struct model *m, const struct tcptrace_record *rec);
void model_advance(struct model *m, uint64_t now_ns);
void model_finish(struct model *m);

uint64_t model_conn_lost(const struct model_conn *conn);

#endif /* _TCPTIMELINE_MODEL_H */
