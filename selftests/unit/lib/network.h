/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A path between two hosts with a point in the middle. What is under way may
 * be moved on, lost, doubled, left for later and taken in any order.
 */
#ifndef _TCPTRACE_NETWORK_H
#define _TCPTRACE_NETWORK_H

#include "core/segment.h"

#define NETWORK_MAX	24

/**
 * struct packet - a segment that is under way
 * @seg: the segment
 * @serial: which one its sender sent; copies share it
 * @from: 0 or 1
 * @passed: it is past the middle
 * @again: it was sent before
 * @path: length of its sender's path of states when it was sent
 */
struct packet {
	struct tcptrace_segment seg;
	u32 serial;
	u8 from;
	bool passed;
	bool again;
	u8 path;
};

/**
 * struct network - what is under way, oldest first
 * @nr: how many
 * @serial: of the next one
 * @packet: these
 */
struct network {
	u8 nr;
	u32 serial;
	struct packet packet[NETWORK_MAX];
};

/**
 * network_send() - a segment leaves its sender
 * @net: the network
 * @seg: the segment
 * @from: 0 or 1
 * @path: length of the sender's path of states
 * @again: it was sent before
 *
 * Return: the packet; NULL if the network is full and has lost it.
 */
const struct packet *network_send(struct network *net,
				  const struct tcptrace_segment *seg, u8 from,
				  u8 path, bool again);

/**
 * network_take() - a packet is under way no more
 * @net: the network
 * @i: its index
 *
 * Return: the packet.
 */
struct packet network_take(struct network *net, u8 i);

/**
 * network_double() - a packet becomes two
 * @net: the network
 * @i: its index
 *
 * Return: false if the network is full.
 */
bool network_double(struct network *net, u8 i);

#endif /* _TCPTRACE_NETWORK_H */
