/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection: two endpoints, what each has sent and taken, and so the state
 * of each. Segments go in as they are sighted, notes for records come out.
 *
 * Whose state moves when:
 * - the sender's when its segment is first sighted: a fact;
 * - the receiver's when the segment arrives, if it lives on this host, else
 *   at the first sighting: inferred, until a segment of its own proves it or
 *   contradicts it, which takes the move back.
 */
#ifndef _TCPTRACE_CONN_H
#define _TCPTRACE_CONN_H

#include "end.h"
#include "segment.h"

#define TCPTRACE_NSEC_PER_SEC	1000000000ULL
/* TCP_TIMEWAIT_LEN of the kernel: fixed, not the RFC's four minutes */
#define TCPTRACE_TIME_WAIT_NS	(60 * TCPTRACE_NSEC_PER_SEC)
/* An abort sets CLOSED and sends its RST right after. */
#define TCPTRACE_SETTLE_NS	(1 * TCPTRACE_NSEC_PER_SEC)

/* So many plain segments that come after an end are recorded. */
#define TCPTRACE_MAX_STRAYS	16

/* tcptrace_conn.flags */
#define TCPTRACE_CONN_PICKUP	0x01	/* first seen without its first SYN */
#define TCPTRACE_CONN_PARTIAL	0x02	/* roles are a guess */
#define TCPTRACE_CONN_DATA	0x04	/* first data was noted */
#define TCPTRACE_CONN_CLOSING	0x08	/* the first FIN was noted */
#define TCPTRACE_CONN_ENDED	0x10	/* an end was noted */
#define TCPTRACE_CONN_FOREIGN_SYN	0x20	/* foreign_isn is valid */
#define TCPTRACE_CONN_FASTOPEN	0x40	/* data of the SYN was taken */
#define TCPTRACE_CONN_LATE_DATA	0x80	/* data came after the first FIN */

/**
 * struct tcptrace_conn - a connection
 * @id: never 0; at a million connections a second it lasts for nine years
 * @flags: TCPTRACE_CONN_*
 * @strays: plain segments that were recorded after the end
 * @foreign_from: who sent the SYN of @foreign_isn
 * @n: number of the next record
 * @foreign_isn: ISN of a SYN that did not belong to this connection
 * @end: by enum tcptrace_endpoint
 */
struct tcptrace_conn {
	u64 id : 48;
	u8 flags;
	u8 strays : 5;
	u8 foreign_from : 1;
	u32 n;
	u32 foreign_isn;
	struct tcptrace_end end[2];
};

TCPTRACE_ASSERT(sizeof(struct tcptrace_conn) == 192, "no hole");
TCPTRACE_ASSERT(TCPTRACE_MAX_STRAYS < 1 << 5, "fit in @strays");

/* What becomes of a connection that is left alone; each has its own timeout. */
enum tcptrace_life {
	TCPTRACE_LIFE_DEAD,		/* ended; late segments may follow */
	TCPTRACE_LIFE_HALF_OPEN,	/* not yet, or seen one way only */
	TCPTRACE_LIFE_TIME_WAIT,	/* waits for a 2MSL timer */
	TCPTRACE_LIFE_ORPHAN,		/* waits for the timer of FIN_WAIT2 */
	TCPTRACE_LIFE_SETTLING,		/* closed without a segment, it seems */
	TCPTRACE_LIFE_CLOSING,		/* waits for an answer that should come */
	TCPTRACE_LIFE_OPEN,		/* may rest for days */
	TCPTRACE_NR_LIVES,
};

/**
 * struct tcptrace_sighting - one segment seen at one place
 * @seg: the segment
 * @now_ns: when
 * @from: who sent it, enum tcptrace_endpoint
 * @vantage: enum tcptrace_vantage
 * @to_local: its receiver lives on this host (so it will be seen to arrive)
 * @rfc1337: no reset ends a TIME_WAIT on this host (RFC 1337, section 3)
 */
struct tcptrace_sighting {
	const struct tcptrace_segment *seg;
	u64 now_ns;
	u8 from;
	u8 vantage;
	bool to_local;
	bool rfc1337;
};

/**
 * struct tcptrace_note - what one record is to say, laid out as that record
 * @kind: enum tcptrace_kind
 * @why: enum tcptrace_why
 * @from: enum tcptrace_endpoint
 * @reserved: zero; of a record, what others know
 * @old: states before
 * @state: states after
 * @inferred: TCPTRACE_INFERRED_*
 * @rflags: TCPTRACE_F_*
 * @word: of the kernel
 * @due_ns: of a timer
 * @since_ns: of a timer
 */
struct tcptrace_note {
	u8 kind;
	u8 from;
	u8 reserved[2];
	u8 old[2];
	u8 state[2];
	u8 inferred;
	u8 why;
	u16 rflags;
	struct tcptrace_word word;
	u64 due_ns;
	u64 since_ns;
};

#define TCPTRACE_MAX_NOTES	10

/**
 * struct tcptrace_notes - the records that a sighting or a timer is worth
 * @nr: how many; 0 for plain data
 * @reborn: the segment begins a new connection on this tuple. Nothing was
 *	done yet: the caller ends this one (TCPTRACE_WHY_REUSED), calls
 *	tcptrace_conn_init() anew and shows it the segment again
 * @timer: a timer was started or restarted
 * @differs: the kernel's word and the segments differ
 * @foreign: of a segment: an old one or a forgery, as far as can be told;
 *	nothing that it carries is its sender's
 * @repeat: of a segment: its payload was sighted before
 * @still: nothing has moved, and no timer, so what the connection waits for is
 *	the same as before (tcptrace_conn_life())
 * @closing: counters at the time of a TCPTRACE_WHY_CLOSE note
 * @closing_data_segs: likewise
 * @note: in order
 */
struct tcptrace_notes {
	u8 nr;
	bool reborn;
	bool timer;
	bool differs;
	bool foreign;
	bool repeat;
	bool still;
	struct tcptrace_count closing[2];
	u32 closing_data_segs[2];
	struct tcptrace_note note[TCPTRACE_MAX_NOTES];
};

/**
 * tcptrace_conn_starts() - may a segment begin a connection that is unknown
 * @seg: the segment
 *
 * A lone RST may not: nothing follows from it.
 *
 * Context: any.
 */
static inline bool tcptrace_conn_starts(const struct tcptrace_segment *seg)
{
	return !(seg->flags & TCPTRACE_RST) &&
	       (seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK));
}

/**
 * tcptrace_conn_first_from() - role of the sender of an unknown tuple's segment
 * @seg: the segment, tcptrace_conn_starts()
 * @sport_listed: its source port is one of the traced ports
 * @dport_listed: its destination port is
 *
 * Who sends a SYN is the client, who sends a SYN-ACK the server. Otherwise
 * the one on the traced port is taken for the server and, where that says
 * nothing, the one on the lower port.
 *
 * Context: any.
 * Return: enum tcptrace_endpoint.
 */
u8 tcptrace_conn_first_from(const struct tcptrace_segment *seg,
			    bool sport_listed, bool dport_listed);

/**
 * tcptrace_conn_init() - begin a connection with a segment that starts one
 * @conn: the connection; all of it is written
 * @id: its id, not 0
 *
 * The segment itself is to be shown to tcptrace_conn_segment() next.
 *
 * Context: any.
 */
void tcptrace_conn_init(struct tcptrace_conn *conn, u64 id);

/**
 * tcptrace_conn_wscale() - window scale that applies to an endpoint's segments
 * @conn: the connection
 * @who: the endpoint that sends them, enum tcptrace_endpoint
 *
 * Not to segments with SYN (RFC 7323 section 2.2).
 *
 * Context: any.
 * Return: 0 to 14, or TCPTRACE_WSCALE_NONE if a SYN of either was not seen.
 */
static inline u8 tcptrace_conn_wscale(const struct tcptrace_conn *conn, u8 who)
{
	const struct tcptrace_end *c = &conn->end[TCPTRACE_CLIENT];
	const struct tcptrace_end *s = &conn->end[TCPTRACE_SERVER];

	if (!(c->flags & s->flags & TCPTRACE_END_SYN))
		return TCPTRACE_WSCALE_NONE;
	if (c->wscale == TCPTRACE_WSCALE_NONE ||
	    s->wscale == TCPTRACE_WSCALE_NONE)
		return 0;
	return conn->end[who].wscale;
}

/**
 * tcptrace_conn_closed() - has a connection ended at both its ends
 * @conn: the connection
 *
 * A server that was reset before it was established is back in LISTEN, and one
 * that never answered may be there still.
 *
 * Context: any.
 */
bool tcptrace_conn_closed(const struct tcptrace_conn *conn);

/**
 * tcptrace_conn_segment() - a segment was sighted
 * @conn: its connection; the caller serialises
 * @s: the sighting
 * @ret_notes: what to record; only @nr, @reborn, @timer, @foreign, @repeat,
 *	@still and the first @nr notes are written
 *
 * Context: any; never sleeps, bounded time.
 */
void tcptrace_conn_segment(struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   struct tcptrace_notes *ret_notes);

/**
 * tcptrace_conn_unusual() - the long way of tcptrace_conn_segment()
 * @conn: likewise
 * @s: likewise
 * @ret_notes: likewise
 *
 * For any segment; tcptrace_conn_segment() has a short way for most.
 *
 * Context: any.
 */
TCPTRACE_INNER TCPTRACE_SELDOM
void tcptrace_conn_unusual(struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   struct tcptrace_notes *ret_notes);

/**
 * tcptrace_conn_timer() - let the timers of a connection run
 * @conn: the connection; the caller serialises
 * @now_ns: the time
 * @ret_notes: what to record
 *
 * Context: any.
 * Return: when to call again: the deadline of the earliest timer that still
 * runs, 0 if none does.
 */
u64 tcptrace_conn_timer(struct tcptrace_conn *conn, u64 now_ns,
			struct tcptrace_notes *ret_notes);

/**
 * tcptrace_conn_due() - when the next timer of a connection is due
 * @conn: the connection; the caller serialises
 *
 * Context: any.
 * Return: that time, 0 if none runs.
 */
u64 tcptrace_conn_due(const struct tcptrace_conn *conn);

/**
 * tcptrace_conn_repeats() - does a segment say what is known, and was said
 * @conn: the connection; the caller serialises
 * @who: who sends it, enum tcptrace_endpoint, known to live here
 * @said: the state of its socket
 *
 * Most often it does. Then tcptrace_conn_word() has nothing to note.
 *
 * Context: any.
 */
static inline bool tcptrace_conn_repeats(const struct tcptrace_conn *conn,
					 u8 who, u8 said)
{
	const struct tcptrace_end *end = &conn->end[who];
	const u32 took = end->flags & TCPTRACE_TOOK_ALL;

	return said == tcptrace_end_word(end) && said == end->state && said == end->sure &&
	       !(took & ~(end->flags >> TCPTRACE_PROVED_SHIFT)) && !end->doubts;
}

/**
 * tcptrace_conn_word() - the kernel tells the state of one end's socket
 * @conn: the connection; the caller serialises
 * @who: whose socket, enum tcptrace_endpoint
 * @word: what it says, and who told; @before is filled in here
 * @linger_ns: how long a FIN_WAIT2 of no process will last, if that is what
 *	it begins
 * @now_ns: when
 * @ret_notes: what to record; nothing if it says nothing new
 *
 * The word proves a state that was inferred. It is given before the segment
 * that shows it (a FIN is sent after its state is set) or after (what arrives
 * may wait in the socket's backlog), so it moves nothing but where no segment
 * can: CLOSED, when none has told within TCPTRACE_SETTLE_NS.
 *
 * For any word; tcptrace_usual_word() does the same with most, for less.
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_conn_word(struct tcptrace_conn *conn, u8 who,
			const struct tcptrace_word *word, u64 linger_ns,
			u64 now_ns, struct tcptrace_notes *ret_notes);

/**
 * tcptrace_conn_end() - a connection is given up
 * @conn: the connection; the caller serialises
 * @why: TCPTRACE_WHY_IDLE and following
 * @ret_notes: an end, or nothing if it was noted before
 *
 * Context: any.
 */
void tcptrace_conn_end(struct tcptrace_conn *conn, enum tcptrace_why why,
		       struct tcptrace_notes *ret_notes);

/* Is one of the ends in one of these? */
#define TCPTRACE_OPENING_STATES	(TCPTRACE_STATE_BIT(SYN_SENT) | \
				 TCPTRACE_STATE_BIT(SYN_RCVD) | \
				 TCPTRACE_STATE_BIT(LISTEN))
#define TCPTRACE_CLOSING_STATES	(TCPTRACE_STATE_BIT(FIN_WAIT1) | \
				 TCPTRACE_STATE_BIT(LAST_ACK) | \
				 TCPTRACE_STATE_BIT(CLOSING) | \
				 TCPTRACE_STATE_BIT(CLOSED))

/**
 * tcptrace_conn_life() - what kind of waiting a connection does
 * @conn: the connection; the caller serialises
 *
 * Context: any.
 */
static inline enum tcptrace_life
tcptrace_conn_life(const struct tcptrace_conn *conn)
{
	const struct tcptrace_end *c = &conn->end[TCPTRACE_CLIENT];
	const struct tcptrace_end *s = &conn->end[TCPTRACE_SERVER];
	const u32 states = 1u << c->state | 1u << s->state;

	if (conn->flags & TCPTRACE_CONN_ENDED)
		return TCPTRACE_LIFE_DEAD;
	if ((c->flags | s->flags) & TCPTRACE_END_PENDING)
		return states & TCPTRACE_STATE_BIT(FIN_WAIT2) ?
		       TCPTRACE_LIFE_ORPHAN : TCPTRACE_LIFE_SETTLING;
	if (states & TCPTRACE_STATE_BIT(TIME_WAIT))
		return TCPTRACE_LIFE_TIME_WAIT;
	if (!(c->flags & s->flags & TCPTRACE_END_SEEN) ||
	    (states & TCPTRACE_OPENING_STATES))
		return TCPTRACE_LIFE_HALF_OPEN;
	return states & TCPTRACE_CLOSING_STATES ? TCPTRACE_LIFE_CLOSING :
						  TCPTRACE_LIFE_OPEN;
}

#endif /* _TCPTRACE_CONN_H */
