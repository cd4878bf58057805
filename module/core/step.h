/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One sighting while it is worked on: the sender's half (sender.c, numbers.c,
 * contradict.c), the receiver's half (receiver.c), and how moves of either
 * become notes (step.c). For conn.c alone.
 */
#ifndef _TCPTRACE_STEP_H
#define _TCPTRACE_STEP_H

#include "conn.h"
#include "note.h"

/**
 * struct tcptrace_step - what is known while one sighting is worked on
 * @conn: the connection
 * @s: the sighting
 * @seg: its segment
 * @x: its sender
 * @y: its receiver
 * @notes: what to record
 * @main: the note of this segment, still open
 * @rflags: of that note
 * @to: enum tcptrace_endpoint of @y
 * @why: of that note
 * @again: the segment was seen to leave: @x is done with it
 * @worth: a record is due even if nothing moves
 * @crossed: the peer's FIN reaches @x after this one of @x
 * @crossed_syn: likewise the peer's SYN-ACK after that of @x
 * @crossed_rst: likewise the peer's RST
 * @first_fin: the segment is the first of @x with a FIN ...
 * @unseen: ... and that is what @x had of this name before
 * @x_moved: in the note that is open
 * @y_moved: in the note that is open
 */
struct tcptrace_step {
	struct tcptrace_conn *conn;
	const struct tcptrace_sighting *s;
	const struct tcptrace_segment *seg;
	struct tcptrace_end *x;
	struct tcptrace_end *y;
	struct tcptrace_notes *notes;
	struct tcptrace_note *main;
	u16 rflags;
	u8 to;
	u8 why;
	bool again;
	bool worth;
	bool crossed;
	bool crossed_syn;
	bool crossed_rst;
	bool first_fin;
	u32 unseen;
	bool x_moved;
	bool y_moved;
};

/* Where an end stands: what a move changes of it, and a record shows. */
struct tcptrace_stand {
	u8 state;
	u8 sure;
};

static inline struct tcptrace_stand
tcptrace_stand(const struct tcptrace_end *end)
{
	const struct tcptrace_stand stand = {
		.state = end->state,
		.sure = end->sure,
	};

	return stand;
}

/**
 * tcptrace_step_open() - begin the note of the segment
 * @st: the step
 * @kind: TCPTRACE_REC_SEGMENT, or TCPTRACE_REC_STATE for a further move
 *
 * What was open before and not closed is forgotten.
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_open(struct tcptrace_step *st, u8 kind);

/**
 * tcptrace_step_close() - the note of the segment is complete
 * @st: the step
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_close(struct tcptrace_step *st);

/**
 * tcptrace_step_moved() - an end has moved; say so in the note that is open
 * @st: the step
 * @end: @x or @y of the step
 * @before: where that end stood before it moved
 * @why: enum tcptrace_why, unless something more telling is there already
 *
 * Where the end had moved in this note already, that one is closed first with
 * the states that were before: no state is skipped.
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_moved(struct tcptrace_step *st, struct tcptrace_end *end,
			 struct tcptrace_stand before, u8 why);

/**
 * tcptrace_step_undo() - take back what the sender cannot have taken
 * @st: the step, in which nothing has moved yet
 * @what: TCPTRACE_TOOK_* bits
 * @why: enum tcptrace_why
 *
 * A note of its own, before that of the segment.
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_undo(struct tcptrace_step *st, u16 what, u8 why);

/**
 * tcptrace_step_take() - an end takes something: inferred
 * @st: the step
 * @end: @x or @y of the step
 * @what: one of TCPTRACE_TOOK_*
 * @why: enum tcptrace_why
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_take(struct tcptrace_step *st, struct tcptrace_end *end,
			u16 what, u8 why);

/**
 * tcptrace_step_prove() - the sender's segment proves what it has taken
 * @st: the step
 * @what: one of TCPTRACE_TOOK_*
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_prove(struct tcptrace_step *st, u16 what);

/**
 * tcptrace_step_send() - the sender moves by what it sends: a fact
 * @st: the step
 * @event: TCPTRACE_EV_SND_*
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_step_send(struct tcptrace_step *st, enum tcptrace_event event);

/**
 * tcptrace_sender_count() - count a segment among what its sender has sent
 * @st: the step; @rflags tells then if it is a retransmission
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_sender_count(struct tcptrace_step *st);

/**
 * tcptrace_sender_advance() - move the sender's sequence numbers on
 * @st: the step; the segment was found to be no forgery
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_sender_advance(struct tcptrace_step *st);

/**
 * tcptrace_sender_contradict() - take back what the sender cannot have taken
 * @st: the step, in which nothing has moved yet; @crossed, @crossed_syn and
 *	@crossed_rst are set for what is on its way to it all the same
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_sender_contradict(struct tcptrace_step *st);

/**
 * tcptrace_sender_prove() - what the segment proves that its sender has taken
 * @st: the step; the segment is the sender's, of whatever age
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_sender_prove(struct tcptrace_step *st);

/**
 * tcptrace_sender() - all that the first sighting says of the sender
 * @st: the step
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_sender(struct tcptrace_step *st);

/**
 * tcptrace_receiver_advance() - move the receiver's sequence numbers on
 * @st: the step; the receiver listens to the segment
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_receiver_advance(struct tcptrace_step *st);

/**
 * tcptrace_receiver_stale() - what a segment may do that is not taken
 * @st: the step; the segment has arrived, and may be stale
 *
 * It may restart a TIME_WAIT; and older kernels give up a request for any reset
 * in its window, which leaves a doubt.
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_receiver_stale(struct tcptrace_step *st);

/**
 * tcptrace_receiver() - the segment reaches its receiver, as far as can be told
 * @st: the step
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_receiver(struct tcptrace_step *st);

/**
 * tcptrace_receiver_announce() - it leaves for a receiver on this host
 * @st: the step; a record is due if the arrival will move something
 *
 * Context: any.
 */
TCPTRACE_INNER
void tcptrace_receiver_announce(struct tcptrace_step *st);

#endif /* _TCPTRACE_STEP_H */
