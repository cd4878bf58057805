/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One endpoint of a connection: its state, and how well that is known.
 *
 * What an endpoint sends is a fact. What it takes is inferred when a segment
 * arrives and proved when a later segment of its own shows that it was taken.
 * So there are two states: @state, the best knowledge, and @sure, the last one
 * that is proved; they differ while something taken is not proved. What was
 * taken is a bit, what of it is proved another, and an inference is undone by
 * taking its bit back and deriving @state from @sure and the bits that remain.
 */
#ifndef _TCPTRACE_END_H
#define _TCPTRACE_END_H

#include "env.h"
#include "fsm.h"

/* tcptrace_end.flags */
#define TCPTRACE_END_LOCAL	0x0001	/* lives on this host */
#define TCPTRACE_END_SEEN	0x0002	/* has sent something: snd_nxt is valid */
#define TCPTRACE_END_ACKED	0x0004	/* has sent an ACK: acked, edge are valid */
#define TCPTRACE_END_RCV	0x0008	/* rcv_nxt is valid */
#define TCPTRACE_END_SYN	0x0010	/* its SYN was sighted: isn is a fact */
#define TCPTRACE_END_FIN	0x0020	/* has sent a FIN: fin_end is valid */
#define TCPTRACE_END_FIN_ACKS	0x0040	/* and that FIN acknowledged the peer's */
#define TCPTRACE_END_DATA	0x0080	/* has sent new data */

/* What it has taken; shifted by TCPTRACE_PROVED_SHIFT: what of it is proved. */
#define TCPTRACE_TOOK_OPEN	0x0100	/* the answer that establishes */
#define TCPTRACE_TOOK_FIN_ACK	0x0200	/* an ACK of its FIN */
#define TCPTRACE_TOOK_FIN	0x0400	/* the peer's FIN */
#define TCPTRACE_TOOK_RST	0x0800	/* a reset */
#define TCPTRACE_TOOK_ALL	0x0f00
#define TCPTRACE_PROVED_SHIFT	4

#define TCPTRACE_END_ACTIVE	0x10000	/* has sent a SYN without ACK */
#define TCPTRACE_END_CROSSED	0x20000	/* was sent one while in SYN_SENT */
#define TCPTRACE_END_FORGOT	0x40000	/* holds runs besides @early */
#define TCPTRACE_END_RFC1337	0x80000	/* no reset ends its TIME_WAIT */

/* The kernel's last word on its socket: see tcptrace_end_word(). */
#define TCPTRACE_END_WORD	0xf00000
#define TCPTRACE_WORD_SHIFT	20
/*
 * And that is CLOSED, in a state that does not end so by itself: a segment is
 * about to say why, or nothing is.
 */
#define TCPTRACE_END_PENDING	0x1000000

/* The bits from here on: how many segments of the size of an alert were recorded. */
#define TCPTRACE_END_ALERT	0x2000000

/*
 * tcptrace_end.doubts: why @state is not certain although it equals @sure, or
 * may come to be so.
 */
#define TCPTRACE_DOUBT_UNSEEN	0x01	/* it sent something that was not seen */
#define TCPTRACE_DOUBT_LATE	0x02	/* what was undone may have come since */
#define TCPTRACE_HOLDS_FIN	0x04	/* a FIN came out of order; no doubt yet */
#define TCPTRACE_DOUBT_FIN	0x08	/* and may be in order by now */
#define TCPTRACE_DOUBT_RST	0x10	/* it may have reset what was not exact */
#define TCPTRACE_DOUBT_WAITED	0x20	/* a FIN may have waited when it was reset */
#define TCPTRACE_DOUBT_TOOK	0x40	/* it took something that was not seen */

/**
 * struct tcptrace_end - one endpoint of a connection
 * @snd_nxt: sequence number after all it was seen to send
 * @rcv_nxt: sequence number after all it has taken in order, as far as its
 *	acknowledgements and the arrivals tell
 * @ahead: sequence number after all that has come to it, in order or not
 * @edge: right edge of the window it has offered at most
 * @acked: highest acknowledgement number it has sent
 * @early: of what came out of order and waits, a run begins here ...
 * @early_end: ... and ends here; equal if none is known
 * @hole: of the payload from here ...
 * @hole_end: ... to here something was not seen, though later one was; equal if
 *	nothing is missing
 * @flags: TCPTRACE_END_*, TCPTRACE_TOOK_*
 * @count: what it has sent
 * @data_segs: how many of these segments carried payload
 * @state: best knowledge, enum tcptrace_state
 * @sure: last state that is proved; TCPTRACE_UNKNOWN if none is
 * @doubts: TCPTRACE_DOUBT_*, TCPTRACE_HOLDS_FIN
 * @wscale: window scale option of its SYN or TCPTRACE_WSCALE_NONE
 * @tw_ns: when its TIME_WAIT began or was restarted, or a reset was taken; with
 *	TCPTRACE_END_PENDING, when that is due
 * @isn: initial sequence number
 * @fin_end: sequence number after its FIN, with TCPTRACE_END_FIN
 * @unseen: without: sequence number before which something was not seen, with
 *	TCPTRACE_DOUBT_UNSEEN
 * @reset_at: what its peer had sent, with TCPTRACE_DOUBT_RST: who acknowledges
 *	more was alive after the reset; number of the reset that it has taken
 * @held: where the segment with the FIN begins, with TCPTRACE_HOLDS_FIN
 *
 * There may be millions, so there is no hole; and what plain segments touch is
 * together, in the first 64 bytes.
 */
struct tcptrace_end {
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ahead;
	u32 edge;
	u32 acked;
	u32 early;
	u32 early_end;
	u32 hole;
	u32 hole_end;
	u32 flags;
	struct tcptrace_count count;
	u32 data_segs;
	u8 state;
	u8 sure;
	u8 doubts;
	u8 wscale;
	u64 tw_ns;
	u32 isn;
	union {
		u32 fin_end;
		u32 unseen;
	};
	u32 reset_at;
	u32 held;
};

TCPTRACE_ASSERT(sizeof(struct tcptrace_end) == 88, "no hole");
TCPTRACE_ASSERT(TCPTRACE_NR_STATES - 1 <= TCPTRACE_END_WORD >> TCPTRACE_WORD_SHIFT,
		"a state fits in the flags");

/* The kernel's last word on its socket, TCPTRACE_UNKNOWN if there was none. */
static inline u8 tcptrace_end_word(const struct tcptrace_end *end)
{
	return (end->flags & TCPTRACE_END_WORD) >> TCPTRACE_WORD_SHIFT;
}

/* The number after its FIN; 0 if it has sent none, or with a SYN, which is none. */
static inline u32 tcptrace_end_fin(const struct tcptrace_end *end)
{
	return end->flags & TCPTRACE_END_FIN ? end->fin_end : 0;
}

/* The scale of @x's windows; both have sent a SYN (RFC 7323 section 2.2). */
static inline u8 tcptrace_end_wscale(const struct tcptrace_end *x,
				     const struct tcptrace_end *y)
{
	return x->wscale == TCPTRACE_WSCALE_NONE ||
	       y->wscale == TCPTRACE_WSCALE_NONE ? 0 : x->wscale;
}

/* @x, which has done so before, acknowledges, and offers a window to @edge. */
static __always_inline void tcptrace_end_acks(struct tcptrace_end *x, u32 ack, u32 edge)
{
	if (tcptrace_after(ack, x->acked))
		x->acked = ack;
	if (tcptrace_after(edge, x->edge))
		x->edge = edge;
	if (tcptrace_after(ack, x->rcv_nxt)) {
		if (tcptrace_after(ack, x->ahead))
			x->ahead = ack;
		x->rcv_nxt = ack;
	}
}

static inline bool tcptrace_end_took(const struct tcptrace_end *end, u16 what)
{
	return end->flags & what;
}

static inline bool tcptrace_end_proved(const struct tcptrace_end *end, u16 what)
{
	return end->flags & (what << TCPTRACE_PROVED_SHIFT);
}

static inline bool tcptrace_end_inferred(const struct tcptrace_end *end)
{
	return end->state != end->sure ||
	       (end->doubts & ~TCPTRACE_HOLDS_FIN);
}

/**
 * tcptrace_end_event() - which event of the state machine a TOOK bit stands for
 * @state: state that the event meets
 * @what: one of TCPTRACE_TOOK_*
 * @passive: the endpoint is the server
 *
 * Context: any.
 */
TCPTRACE_INNER
enum tcptrace_event tcptrace_end_event(u8 state, u16 what, bool passive);

/**
 * tcptrace_end_send() - the endpoint was seen to send: a fact
 * @end: the endpoint
 * @event: TCPTRACE_EV_SND_*
 *
 * A fact proves nothing of what was taken before; the caller has proved or
 * undone that first.
 *
 * Context: any; the caller serialises.
 * Return: whether @state has moved.
 */
TCPTRACE_INNER
bool tcptrace_end_send(struct tcptrace_end *end, enum tcptrace_event event);

/**
 * tcptrace_end_take() - the endpoint takes something: inferred
 * @end: the endpoint
 * @what: one of TCPTRACE_TOOK_*
 * @passive: the endpoint is the server
 *
 * Context: any; the caller serialises.
 * Return: whether @state has moved.
 */
TCPTRACE_INNER
bool tcptrace_end_take(struct tcptrace_end *end, u16 what, bool passive);

/**
 * tcptrace_end_prove() - something that was taken is proved
 * @end: the endpoint
 * @what: one of TCPTRACE_TOOK_*, taken before or not
 * @passive: the endpoint is the server
 *
 * Context: any; the caller serialises.
 * Return: whether @state has moved: it had not been seen to be taken.
 */
TCPTRACE_INNER
bool tcptrace_end_prove(struct tcptrace_end *end, u16 what, bool passive);

/**
 * tcptrace_end_said() - the kernel says that its socket is in a state
 * @end: the endpoint
 * @said: that state
 * @passive: the endpoint is the server
 *
 * What was inferred on the way to that state is proved by it; what came after
 * is not: the socket may have yet to take it from its backlog.
 *
 * Context: any; the caller serialises.
 * Return: whether that state is @state, or between @sure and @state.
 */
TCPTRACE_INNER
bool tcptrace_end_said(struct tcptrace_end *end, u8 said, bool passive);

/**
 * tcptrace_end_undo() - something that was inferred did not happen (yet)
 * @end: the endpoint
 * @what: TCPTRACE_TOOK_*, several if need be; what is proved is left
 * @passive: the endpoint is the server
 *
 * Context: any; the caller serialises.
 * Return: whether @state has moved (back).
 */
TCPTRACE_INNER
bool tcptrace_end_undo(struct tcptrace_end *end, u16 what, bool passive);

#endif /* _TCPTRACE_END_H */
