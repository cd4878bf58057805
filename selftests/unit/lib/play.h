/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plays a written-down exchange of segments to the core and writes down what
 * the core makes of it.
 *
 * A play is a text of steps, separated by ";". A step is
 *
 *	WHO[HOW] FLAGS [+LEN] [seq=N] [ack=N] [win=N] [ts]
 *	WHO: STATE [skb]
 *	wait SECONDS
 *	rfc1337
 *
 * WHO is c (client) or s (server). HOW is nothing (the segment goes and is
 * delivered), "!" (it goes and is lost), ">" (it goes, to be delivered later)
 * or "<" (the oldest one of WHO that was left with ">" is delivered, the rest
 * of the step is empty; "<N" takes the one N younger, "=" and "=N" leave it
 * under way: the network has doubled it). FLAGS are of the letters S A F R P, or "-" for none.
 * Numbers are those that a well-behaved endpoint would send, ISNs being 1000
 * for the client and 5000 for the server, unless the step says otherwise;
 * seq=N and ack=N are relative to the ISN of the endpoint that they count.
 * "again" as a step's last word sends what the endpoint's last such step sent.
 * "c: ESTABLISHED" is the kernel's word on the client's socket, of its event;
 * with "skb", that of the socket which has just sent.
 * From "rfc1337" on, no reset ends a TIME_WAIT on the watcher's host.
 */
#ifndef _TCPTRACE_PLAY_H
#define _TCPTRACE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conn.h"

/* Where the one who watches sits. */
enum play_seat {
	PLAY_LOOPBACK,		/* on the host of both */
	PLAY_CLIENT,		/* on the client's host */
	PLAY_SERVER,		/* on the server's host */
	PLAY_MIDDLE,		/* in between */
};

#define PLAY_ISN_CLIENT	1000u
#define PLAY_ISN_SERVER	5000u
#define PLAY_MAX_RECORDS	256
#define PLAY_MAX_WAYS		256

/**
 * struct play - a play and what came of it
 * @conn: the connection as it is at the end; the last incarnation
 * @now_ns: the time at the end; every sighting takes a millisecond
 * @records: what would have been written to the ring
 * @nr_records: how many of them
 * @path: for each end, the states it went through: "CLOSED SYN_SENT
 *	ESTABLISHED?", a "?" behind what was inferred, a "^" before what an
 *	inference was taken back to, a "|" where a new connection begins
 * @ways: a letter for each sighting, twice_segment(), and word, twice_word()
 * @nr_ways: how many of them
 * @dead_letters: segments left with ">" and never delivered
 */
struct play {
	struct tcptrace_conn conn;
	uint64_t now_ns;
	struct tcptrace_record records[PLAY_MAX_RECORDS];
	unsigned int nr_records;
	char path[2][1024];
	char ways[PLAY_MAX_WAYS + 1];
	unsigned int nr_ways;
	unsigned int dead_letters;
};

/**
 * play() - play
 * @text: the play
 * @seat: where the watcher sits
 * @first_from: who the watcher takes the first sender to be, if it cannot tell
 * @ret_play: what came of it
 *
 * Return: NULL, or what is wrong with the text.
 */
const char *play(const char *text, enum play_seat seat,
		 enum tcptrace_endpoint first_from, struct play *ret_play);

#endif /* _TCPTRACE_PLAY_H */
