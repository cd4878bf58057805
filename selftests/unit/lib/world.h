/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two endpoints, the network between them, and four who watch:
 *
 *	endpoint c ---LEAVES---- hop ---PASSES---- hop ---ARRIVES--- endpoint s
 *	           \ client's host       middle      server's host /
 *	            `------------- loopback: both ends -----------'
 *
 * A world goes on in steps; what happens is up to who chooses them. After each
 * step what every observer holds for certain is compared with the truth, and
 * once nothing is under way any more, all that it holds.
 */
#ifndef _TCPTRACE_WORLD_H
#define _TCPTRACE_WORLD_H

#include "core/conn.h"
#include "endpoint.h"
#include "network.h"
#include "play.h"

#define WORLD_OBSERVERS	4		/* by enum play_seat */

enum step_kind {
	STEP_NONE,
	STEP_DELIVER,	/* packet @n goes all the way that remains */
	STEP_PASS,	/* packet @n gets past the middle */
	STEP_LOSE,	/* packet @n is lost where it is */
	STEP_REFUSE,	/* packet @n arrives, its host drops it before TCP */
	STEP_DOUBLE,	/* packet @n becomes two where it is */
	STEP_OPEN,	/* @who: active OPEN */
	STEP_SEND,	/* @who: @n bytes */
	STEP_CLOSE,	/* @who: with @n bytes */
	STEP_ABORT,	/* @who */
	STEP_RETRANSMIT,/* @who: @n bytes at most */
	STEP_ACK,	/* @who: an ACK that was delayed */
	STEP_KEEPALIVE,	/* @who */
	STEP_WAIT,	/* @n seconds */
};

struct step {
	u8 kind;
	u8 who;
	u8 n;
};

/* struct observer.cause: what made an end unknowable behind who watches */
#define CAUSE_LOST	0x01	/* seen, and never taken */
#define CAUSE_DOUBLED	0x02	/* seen once, taken twice */
#define CAUSE_ORDER	0x04	/* taken in another order than sent */
#define CAUSE_UNSEEN	0x08	/* what that end sent was lost before it was seen */
#define CAUSE_MIXED	0x40	/* or was seen in another order than sent */
#define CAUSE_HELD	0x80	/* something came out of order and was held */
#define CAUSE_SYNACK	0x20	/* nor that a SYN-ACK was challenged in SYN_RCVD */
#define CAUSE_RST	0x10	/* no packet tells whether a RST is heeded */

#define OBSERVER_MAX_PATH	48

/**
 * struct observer - one who watches; arrays are by endpoint, not by role
 * @conn: what the core knows
 * @begun: something was seen
 * @swapped: endpoint 0 is the server
 * @next: number of the next record
 * @state: states after the last record, by role
 * @reborn: this is not the first connection that it has seen
 * @seen: longest path of states behind a new segment that was seen
 * @newest: highest serial seen
 * @cause: CAUSE_* about that endpoint
 * @nr_path: how many states
 * @path: states reported, without what was taken back
 */
struct observer {
	struct tcptrace_conn conn;
	bool begun;
	bool swapped;
	bool reborn;
	u32 next;
	u8 state[2];
	u8 seen[2];
	u32 newest[2];
	u8 cause[2];
	u8 nr_path[2];
	u8 path[2][OBSERVER_MAX_PATH];
};

/* How a world can be wrong. */
enum world_fault {
	FAULT_NONE,
	FAULT_CERTAIN,		/* a certain state is not the true one */
	FAULT_REST,		/* a wrong state at rest, without a cause */
	FAULT_PATH,		/* not the states that the end went through */
	FAULT_RECORDS,		/* numbers, or states, do not follow */
	FAULT_BYTES,		/* not the bytes that were sent */
	FAULT_RESTLESS,		/* it does not come to rest: not the core's */
	NR_FAULTS,
};

/**
 * struct world - all of it; copied as a whole
 * @ep: endpoints: client, server
 * @net: the network
 * @obs: observers
 * @now_ns: the time
 * @tick_ns: time that a step takes
 * @newest: per receiver, serial of the newest packet that was taken
 * @odd: a reset happened to have the number 0, which is the mark of one that
 *	comes from a closed port: nothing is judged from there on
 * @fault: enum world_fault, the first
 * @seat: who was wrong
 * @who: about whom
 */
struct world {
	struct endpoint ep[2];
	struct network net;
	struct observer obs[WORLD_OBSERVERS];
	u64 now_ns;
	u64 tick_ns;
	u32 newest[2];
	bool odd;
	u8 fault;
	u8 seat;
	u8 who;
};

/**
 * struct tally - figures over many worlds
 * @rests: times that a world was at rest and was compared
 * @compared: states compared then
 * @certain: of these, certain
 * @unknowable: of these wrong, inferred and with a cause
 * @unseen: of these wrong, certain and outdated by what was never seen
 */
struct tally {
	u64 rests;
	u64 compared;
	u64 certain;
	u64 unknowable;
	u64 unseen;
};

extern struct tally tally;

/**
 * world_init() - a new world
 * @w: the world
 * @iss: initial sequence numbers
 * @dialect: ENDPOINT_* of each
 * @listens: the server has made a passive OPEN
 * @tick_ns: time that a step takes
 */
void world_init(struct world *w, const u32 iss[2], const u8 dialect[2],
		bool listens, u64 tick_ns);

/**
 * world_step() - one thing happens
 * @w: the world
 * @step: what
 *
 * Return: false if it cannot happen now; nothing has changed then.
 */
bool world_step(struct world *w, const struct step *step);

/**
 * world_rest() - let the world come to rest, then TIME_WAIT run out
 * @w: the world
 *
 * Return: whether nothing was wrong.
 */
bool world_rest(struct world *w);

/**
 * world_hash() - what decides on how a world goes on
 * @w: the world, in which steps take no time
 */
u64 world_hash(const struct world *w);

/**
 * world_log() - remember what one of the observers sees
 * @seat: which
 */
void world_log(enum play_seat seat);

/**
 * world_text() - what was remembered since, as a play
 * @isn: sequence numbers that become PLAY_ISN_*
 *
 * Return: to be freed.
 */
char *world_text(const u32 isn[2]);

#endif /* _TCPTRACE_WORLD_H */
