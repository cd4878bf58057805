/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections of a capture: what module/flow.c is to the module. Segments
 * go in as they were captured, the records that the module would have written
 * come out. Timers run by the time of the capture, and memory is bounded by
 * the connections that live.
 */
#ifndef _TCPTIMELINE_FLOWS_H
#define _TCPTIMELINE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conn.h"
#include "vantage.h"
#include "walk.h"

/**
 * struct flows_packet - one captured segment
 * @seg: the segment
 * @t_ns: when; never before the one that came before
 * @addr: source and destination, IPv4 mapped
 * @print: by what it is known again
 * @bytes: its payload, as far as it was captured
 * @family: 4 or 6
 * @cooked: of a capture that tells leaving from arriving
 * @loopback: seen on a loopback interface
 * @options_cut: not all of its options were captured
 * @sport_listed: its source port was asked for
 * @dport_listed: its destination port was
 */
struct flows_packet {
	struct tcptrace_segment seg;
	uint64_t t_ns;
	uint8_t addr[2][16];
	struct vantage_print print;
	struct walk_bytes bytes;
	uint8_t family;
	bool cooked;
	bool loopback;
	bool options_cut;
	bool sport_listed;
	bool dport_listed;
};

struct flow;

/**
 * struct flows - the connections that live
 * @table: by addresses and ports
 * @queue: by enum tcptrace_life, the first to be looked at first
 * @due_ns: nothing in @queue is due before
 * @last_id: of a connection
 * @nr: how many live
 * @doubled: packets were seen to leave by a loopback interface, so that what
 *	comes in by it has been seen before
 * @walks: of TLS, and who takes the records
 */
struct flows {
	struct flow *table;
	struct flow *queue[TCPTRACE_NR_LIVES];
	uint64_t due_ns;
	uint64_t last_id;
	unsigned int nr;
	bool doubled;
	struct walks walks;
};

void flows_init(struct flows *f, walk_emit_fn emit, void *arg);
void flows_segment(struct flows *f, const struct flows_packet *p);
void flows_finish(struct flows *f, uint64_t now_ns);
void flows_clean(struct flows *f);

#endif /* _TCPTIMELINE_FLOWS_H */
