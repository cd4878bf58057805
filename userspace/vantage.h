/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a packet of a capture was seen, as its sender and its receiver have
 * it. Most captures do not know: all passes. A Linux cooked capture tells
 * leaving from arriving; but one of all interfaces may show a packet more than
 * once, on a bond and on its member, or coming in and going out again.
 */
#ifndef _TCPTIMELINE_VANTAGE_H
#define _TCPTIMELINE_VANTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/segment.h"
#include "linktype.h"

/* A packet is looked for among so many of its sender before it. */
#define VANTAGE_PRINTS	4

/**
 * struct vantage_print - by what a packet is known again, and where it was
 * @seq: of its segment
 * @ack: likewise
 * @len: likewise
 * @options: a hash of its TCP options
 * @flags: of its segment
 * @win: likewise
 * @id: identification of IPv4
 * @ttl: time to live
 * @way: enum linktype_way
 * @ifindex: interface, 0 if not known
 */
struct vantage_print {
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint32_t options;
	uint16_t flags;
	uint16_t win;
	uint16_t id;
	uint8_t ttl;
	uint8_t way;
	uint32_t ifindex;
};

/**
 * struct vantage - what the packets of a connection have shown; zero at first
 * @print: the last packets of each sender
 * @next: which of them is the next to go
 * @left: packets of this sender went out
 * @came: packets of this sender came in
 * @passing: neither end lives on the host that captured
 */
struct vantage {
	struct vantage_print print[2][VANTAGE_PRINTS];
	uint8_t next[2];
	bool left[2];
	bool came[2];
	bool passing;
};

uint8_t vantage_find(struct vantage *v, const struct vantage_print *print,
		     uint8_t sender);

#endif /* _TCPTIMELINE_VANTAGE_H */
