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
#include "core/ip.h"
#include "linktype.h"
#include "vantage.h"
#include "walk.h"

/**
 * struct flows_packet - one captured segment
 * @seg: the segment
 * @t_ns: when; never before the one that came before
 * @link: of its link layer, where it was seen; @ip, @avail and @wire are not
 *	looked at
 * @ip: whose it is; @addr and @family are looked at
 * @print: by what it is known again; only of a cooked capture
 * @bytes: its payload, as far as it was captured
 * @options_cut: not all of its options were captured
 * @sport_listed: its source port was asked for
 * @dport_listed: its destination port was
 */
struct flows_packet {
	struct tcptrace_segment seg;
	uint64_t t_ns;
	struct linktype_packet link;
	struct tcptrace_ip ip;
	struct vantage_print print;
	struct walk_bytes bytes;
	bool options_cut;
	bool sport_listed;
	bool dport_listed;
};

struct flow;

/**
 * struct flows - the connections that live
 * @table: by addresses and ports
 * @recent: the one that was seen last: packets come in trains; may be NULL
 * @spare: memory of some that were forgotten, for those to come
 * @nr_spare: how many
 * @queue: by enum tcptrace_life, the first to be looked at first
 * @due_ns: nothing in @queue is due before
 * @last_id: of a connection
 * @nr: how many live
 * @doubled: packets were seen to leave by a loopback interface, so that what
 *	comes in by it has been seen before
 * @walks: of TLS, and where the records go
 */
struct flows {
	struct flow *table;
	struct flow *recent;
	struct flow *spare;
	unsigned int nr_spare;
	struct flow *queue[TCPTRACE_NR_LIVES];
	uint64_t due_ns;
	uint64_t last_id;
	unsigned int nr;
	bool doubled;
	struct walks walks;
};

void flows_init(struct flows *f, walk_room_fn room, void *arg);
void flows_segment(struct flows *f, const struct flows_packet *p);
void flows_finish(struct flows *f, uint64_t now_ns);
void flows_clean(struct flows *f);

#endif /* _TCPTIMELINE_FLOWS_H */
