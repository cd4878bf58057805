/* SPDX-License-Identifier: GPL-2.0 */
/* Link layers of captures: where in a packet IP begins. */
#ifndef _TCPTIMELINE_LINKTYPE_H
#define _TCPTIMELINE_LINKTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cooked capture says of a packet's way. */
enum linktype_way {
	LINKTYPE_WAY_UNKNOWN,	/* not cooked, or between others */
	LINKTYPE_WAY_IN,	/* came to the host that captured */
	LINKTYPE_WAY_OUT,	/* was sent by it */
};

/**
 * struct linktype_packet - a packet without its link layer
 * @ip: first byte that may be IP
 * @avail: bytes captured from there on
 * @wire: bytes that there were from there on
 * @ifindex: of a Linux cooked capture v2, else 0
 * @way: enum linktype_way
 * @cooked: of a Linux cooked capture
 * @loopback: seen on a loopback interface, as far as a cooked capture knows
 */
struct linktype_packet {
	const uint8_t *ip;
	size_t avail;
	uint32_t wire;
	uint32_t ifindex;
	uint8_t way;
	bool cooked;
	bool loopback;
};

enum linktype_result {
	LINKTYPE_IP,		/* IP follows */
	LINKTYPE_OTHER,		/* something else */
	LINKTYPE_SHORT,		/* ends within the link layer */
};

bool linktype_known(int dlt);
enum linktype_result linktype_strip(int dlt, const uint8_t *p, size_t caplen,
				    uint32_t len,
				    struct linktype_packet *ret_packet);

#endif /* _TCPTIMELINE_LINKTYPE_H */
