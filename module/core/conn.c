// SPDX-License-Identifier: GPL-2.0
#include "conn.h"
#include "judge.h"
#include "note.h"

/* What is known while one sighting is worked on. */
struct step {
	struct tcptrace_conn *conn;
	const struct tcptrace_sighting *s;
	const struct tcptrace_segment *seg;
	struct tcptrace_end *x;		/* its sender */
	struct tcptrace_end *y;		/* its receiver */
	struct tcptrace_notes *notes;
	struct tcptrace_note *main;	/* the note of this segment, still open */
	u16 rflags;
	u8 to;
	u8 why;
	bool again;		/* it was seen to leave: x is done with it */
	bool worth;		/* a record is due even if nothing moves */
	bool crossed;		/* the peer's FIN reaches x after this one of x */
	bool x_moved;		/* in the note that is open */
	bool y_moved;
};

static bool passive(u8 who)
{
	return who == TCPTRACE_SERVER;
}

/* The states were before the step; a second move of an end needs a new note. */
static void main_open(struct step *st, u8 kind)
{
	st->main = tcptrace_note_open(st->conn, st->notes, kind, TCPTRACE_WHY_NONE,
			     st->s->from);
	st->x_moved = false;
	st->y_moved = false;
}

static void main_close(struct step *st)
{
	st->main->why = st->why;
	st->main->rflags = st->rflags;
	tcptrace_note_close(st->conn, st->notes, st->main);
}

/*
 * An end has moved. Where it had moved in this note already, that one is
 * closed first with the states that were before: no state is skipped.
 */
static void moved(struct step *st, struct tcptrace_end *end,
		  const struct tcptrace_end *before, u8 why)
{
	bool *flag = end == st->x ? &st->x_moved : &st->y_moved;

	if (*flag) {
		u8 state = end->state, sure = end->sure;

		end->state = before->state;
		end->sure = before->sure;
		main_close(st);
		main_open(st, TCPTRACE_REC_STATE);
		end->state = state;
		end->sure = sure;
	}
	*flag = true;
	st->worth = true;
	if (st->why == TCPTRACE_WHY_NONE || st->why == TCPTRACE_WHY_PROOF)
		st->why = why;
	if (end->state == TCPTRACE_TIME_WAIT) {
		end->tw_ns = st->s->now_ns;
		st->notes->timer = true;
	}
}

/* What the sender cannot have taken is taken back, before its segment. */
static void undo(struct step *st, u16 what, u8 why)
{
	struct tcptrace_note *note;

	note = tcptrace_note_open(st->conn, st->notes, TCPTRACE_REC_UNDO, why,
			 st->s->from);
	note->rflags = st->rflags;
	if (tcptrace_end_undo(st->x, what, passive(st->s->from))) {
		tcptrace_note_close(st->conn, st->notes, note);
		st->conn->flags &= ~TCPTRACE_CONN_ENDED;
		st->worth = true;
	}
	main_open(st, TCPTRACE_REC_SEGMENT);
}

static void take(struct step *st, struct tcptrace_end *end, u16 what, u8 why)
{
	const struct tcptrace_end before = *end;

	if (tcptrace_end_take(end, what, passive(end == st->x ? st->s->from :
								st->to)))
		moved(st, end, &before, why);
}

static void prove(struct step *st, u16 what)
{
	const struct tcptrace_end before = *st->x;

	if (tcptrace_end_prove(st->x, what, passive(st->s->from)))
		moved(st, st->x, &before, TCPTRACE_WHY_PROOF);
	else if (!st->x_moved && !tcptrace_end_inferred(st->x))
		st->main->inferred &= ~TCPTRACE_INFERRED_OLD(st->s->from);
}

static void send(struct step *st, enum tcptrace_event event)
{
	const struct tcptrace_end before = *st->x;

	if (tcptrace_end_send(st->x, event))
		moved(st, st->x, &before, TCPTRACE_WHY_NONE);
}

/* --- what a segment is, before anything moves ------------------------- */

/* What a sighting is worth a record for, when nothing more special is. */
static u8 plain_why(const struct tcptrace_segment *seg)
{
	if (seg->flags & TCPTRACE_RST)
		return TCPTRACE_WHY_RST;
	if (seg->flags & TCPTRACE_SYN)
		return seg->flags & TCPTRACE_ACK ? TCPTRACE_WHY_SYNACK :
						   TCPTRACE_WHY_SYN;
	if (seg->flags & TCPTRACE_FIN)
		return TCPTRACE_WHY_FIN;
	return TCPTRACE_WHY_NONE;
}

bool tcptrace_conn_closed(const struct tcptrace_conn *conn)
{
	const struct tcptrace_end *c = &conn->end[TCPTRACE_CLIENT];
	const struct tcptrace_end *s = &conn->end[TCPTRACE_SERVER];

	return c->state == TCPTRACE_CLOSED &&
	       (s->state == TCPTRACE_CLOSED ||
		(s->state == TCPTRACE_LISTEN &&
		 tcptrace_end_took(s, TCPTRACE_TOOK_RST)));
}

/* Does a SYN begin another connection on the tuple of this one? */
static bool syn_is_reborn(const struct step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;
	const struct tcptrace_segment *seg = st->seg;

	if ((x->flags & TCPTRACE_END_SYN) && seg->seq == x->isn)
		return false;
	if (tcptrace_conn_closed(st->conn))
		return true;
	if (!(x->flags & TCPTRACE_END_SEEN) &&
	    !(st->conn->flags & TCPTRACE_CONN_PARTIAL))
		return false;	/* its first segment: simultaneous open */
	/* A socket of this host that sends a SYN is a new one. */
	if (st->s->vantage == TCPTRACE_LEAVES)
		return true;
	if (x->state == TCPTRACE_SYN_SENT || x->state == TCPTRACE_CLOSED)
		return true;
	/* RFC 9293 section 3.6.1; the kernel's tcp_timewait_state_process() */
	return y->state == TCPTRACE_TIME_WAIT &&
	       tcptrace_after(seg->seq, y->rcv_nxt);
}

static bool reborn(const struct step *st)
{
	const struct tcptrace_conn *conn = st->conn;
	const struct tcptrace_segment *seg = st->seg;

	if (!(seg->flags & TCPTRACE_SYN) || (seg->flags & TCPTRACE_RST))
		return false;
	if (!(seg->flags & TCPTRACE_ACK))
		return syn_is_reborn(st);
	if ((st->x->flags & TCPTRACE_END_SYN) && seg->seq == st->x->isn)
		return false;
	/* The answer to a SYN that seemed not to belong here. */
	if ((conn->flags & TCPTRACE_CONN_FOREIGN_SYN) &&
	    conn->foreign_from == st->to && seg->ack == conn->foreign_isn + 1)
		return true;
	return tcptrace_conn_closed(conn);
}

/* --- the sender ------------------------------------------------------- */

static void count(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 data_end = seg->seq + seg->len + !!(seg->flags & TCPTRACE_SYN);
	u32 fresh = seg->len;

	x->count.segs += seg->segs;
	if (seg->len)
		x->data_segs += seg->segs;
	if (seg->end != seg->seq && (x->flags & TCPTRACE_END_SEEN) &&
	    !tcptrace_after(seg->end, x->snd_nxt)) {
		x->count.retrans += seg->segs;
		st->rflags |= TCPTRACE_F_RETRANSMIT;
		return;
	}
	if ((x->flags & TCPTRACE_END_SEEN) && fresh &&
	    tcptrace_before(data_end - fresh, x->snd_nxt))
		fresh = tcptrace_after(data_end, x->snd_nxt) ?
			data_end - x->snd_nxt : 0;
	x->count.bytes += fresh;
	if (fresh)
		x->flags |= TCPTRACE_END_DATA;
}

/* Right edge of the window offered with the segment (RFC 7323 section 2.2). */
static u32 right_edge(const struct step *st)
{
	u8 scale = tcptrace_conn_wscale(st->conn, st->s->from);

	if (st->seg->flags & TCPTRACE_SYN)
		scale = 0;
	else if (scale == TCPTRACE_WSCALE_NONE)
		scale = 14;	/* not known: the most it may be */
	return st->seg->ack + ((u32)st->seg->win << scale);
}

/* The sender's numbers advance. */
static void advance_sender(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;
	u32 edge;

	if (!(x->flags & TCPTRACE_END_SEEN) ||
	    tcptrace_after(seg->end, x->snd_nxt))
		x->snd_nxt = seg->end;
	x->flags |= TCPTRACE_END_SEEN;

	if (!(seg->flags & TCPTRACE_ACK) || (seg->flags & TCPTRACE_RST))
		return;
	edge = right_edge(st);
	if (!(x->flags & TCPTRACE_END_ACKED)) {
		x->flags |= TCPTRACE_END_ACKED;
		x->acked = seg->ack;
		x->edge = edge;
	} else {
		if (tcptrace_after(seg->ack, x->acked))
			x->acked = seg->ack;
		if (tcptrace_after(edge, x->edge))
			x->edge = edge;
	}
	if (!(x->flags & TCPTRACE_END_RCV) ||
	    tcptrace_after(seg->ack, x->rcv_nxt)) {
		x->flags |= TCPTRACE_END_RCV;
		x->rcv_nxt = seg->ack;
	}
}

/* Does what @x sends show that it took the answer that establishes? */
static bool proves_open(const struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;

	if ((seg->flags & TCPTRACE_SYN) || !(seg->flags & TCPTRACE_ACK))
		return false;
	if (x->sure == TCPTRACE_SYN_SENT || x->sure == TCPTRACE_UNKNOWN)
		return !(y->flags & TCPTRACE_END_SYN) ||
		       tcptrace_after(seg->ack, y->isn);
	/*
	 * A request answers with bare ACKs that take nothing, before it is
	 * established (tcp_check_req()); a Fast Open server may send data.
	 */
	if (seg->flags & TCPTRACE_RST)
		return false;
	if (seg->len || (seg->flags & TCPTRACE_FIN))
		return !(st->conn->flags & TCPTRACE_CONN_FASTOPEN);
	return tcptrace_after(seg->ack, y->isn + 1) &&
	       !(st->conn->flags & TCPTRACE_CONN_FASTOPEN);
}

/* Takes back what the sender cannot have taken, seen what it sends. */
static void contradict(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;
	u16 what = 0;
	u8 why = TCPTRACE_WHY_NOT_TAKEN;

	if (!tcptrace_end_inferred(x))
		return;
	if (tcptrace_end_took(x, TCPTRACE_TOOK_RST) &&
	    !(seg->flags & TCPTRACE_RST) &&
	    (st->s->vantage == TCPTRACE_LEAVES ||
	     (seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN))))
		what |= TCPTRACE_TOOK_RST;
	if (seg->flags & TCPTRACE_SYN) {
		/* Its own SYN again: the answer has not come to it. */
		if (tcptrace_end_took(x, TCPTRACE_TOOK_OPEN))
			what |= TCPTRACE_TOOK_OPEN;
		if (seg->flags & TCPTRACE_ACK)
			why = TCPTRACE_WHY_SYNACK_AGAIN;
	} else if (seg->flags & TCPTRACE_RST) {
		/* A reset without ACK answers what is not wanted. */
		if (!(seg->flags & TCPTRACE_ACK) &&
		    x->sure == TCPTRACE_SYN_SENT)
			what |= TCPTRACE_TOOK_OPEN;
	} else if (seg->flags & TCPTRACE_FIN) {
		/* FIN again, so its ACK has not come; FINs that crossed. */
		if (st->rflags & TCPTRACE_F_RETRANSMIT)
			what |= TCPTRACE_TOOK_FIN_ACK;
		if (tcptrace_end_took(x, TCPTRACE_TOOK_FIN) &&
		    !(x->flags & TCPTRACE_END_FIN) &&
		    tcptrace_before(seg->ack, y->fin_end)) {
			what |= TCPTRACE_TOOK_FIN;
			st->crossed = true;
		}
	}
	if (what)
		undo(st, what, why);
}

/* What the sender's own segment proves that it has taken. */
static void prove_sender(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) && proves_open(st))
		prove(st, TCPTRACE_TOOK_OPEN);

	if ((st->conn->flags & TCPTRACE_CONN_PARTIAL) &&
	    x->sure == TCPTRACE_UNKNOWN &&
	    (x->flags & y->flags & TCPTRACE_END_DATA) &&
	    x->state == TCPTRACE_ESTABLISHED && y->state == x->state) {
		/* Both still send: neither has closed. */
		x->sure = TCPTRACE_ESTABLISHED;
		y->sure = TCPTRACE_ESTABLISHED;
	}

	if ((y->flags & TCPTRACE_END_FIN) && (seg->flags & TCPTRACE_ACK) &&
	    !tcptrace_before(seg->ack, y->fin_end) &&
	    !tcptrace_end_proved(x, TCPTRACE_TOOK_FIN)) {
		/* That FIN had acknowledged this one's FIN: both were taken. */
		if ((y->flags & TCPTRACE_END_FIN_ACKS) &&
		    !tcptrace_end_proved(x, TCPTRACE_TOOK_FIN_ACK))
			prove(st, TCPTRACE_TOOK_FIN_ACK);
		prove(st, TCPTRACE_TOOK_FIN);
	}
}

/* It sends as one that is established, and its SYN-ACK was not seen. */
static void missed_synack(struct step *st)
{
	const u16 flags = st->seg->flags;

	if (st->x->state != TCPTRACE_LISTEN || !(flags & TCPTRACE_ACK) ||
	    (flags & (TCPTRACE_SYN | TCPTRACE_RST)))
		return;
	st->conn->flags |= TCPTRACE_CONN_PICKUP;
	st->why = TCPTRACE_WHY_PROOF;
	send(st, TCPTRACE_EV_SND_SYNACK);
}

static void send_syn(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x;

	if (!(x->flags & TCPTRACE_END_SYN)) {
		x->flags |= TCPTRACE_END_SYN;
		x->isn = seg->seq;
		x->wscale = seg->wscale;
	}
	if (!(seg->flags & TCPTRACE_ACK)) {
		send(st, TCPTRACE_EV_SND_SYN);
		return;
	}
	if (tcptrace_after(seg->ack, st->y->isn + 1) &&
	    (st->y->flags & TCPTRACE_END_SYN))
		st->conn->flags |= TCPTRACE_CONN_FASTOPEN;
	send(st, TCPTRACE_EV_SND_SYNACK);
}

static void send_fin(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (!(x->flags & TCPTRACE_END_FIN)) {
		x->flags |= TCPTRACE_END_FIN;
		x->fin_end = seg->end;
		if ((y->flags & TCPTRACE_END_FIN) &&
		    (seg->flags & TCPTRACE_ACK) &&
		    !tcptrace_before(seg->ack, y->fin_end))
			x->flags |= TCPTRACE_END_FIN_ACKS;
	}
	send(st, TCPTRACE_EV_SND_FIN);
	/* The other FIN is under way or waits in the backlog of the socket. */
	if (st->crossed)
		take(st, x, TCPTRACE_TOOK_FIN, TCPTRACE_WHY_FIN);
}

static void send_rst(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *x = st->x, *y = st->y;

	if (x->state == TCPTRACE_LISTEN && y->state == TCPTRACE_SYN_SENT) {
		struct tcptrace_note *note;

		/* It was taken for a listener because it was sent a SYN. */
		note = tcptrace_note_open(st->conn, st->notes, TCPTRACE_REC_UNDO,
				 TCPTRACE_WHY_NO_LISTENER, st->s->from);
		note->rflags = st->rflags;
		x->state = TCPTRACE_CLOSED;
		x->sure = TCPTRACE_CLOSED;
		tcptrace_note_close(st->conn, st->notes, note);
		main_open(st, TCPTRACE_REC_SEGMENT);
		st->why = TCPTRACE_WHY_REFUSED;
		return;
	}
	/*
	 * While it opens it may reset something else than this connection:
	 * it answers an ACK that makes no sense with that ACK's number.
	 */
	if ((x->state == TCPTRACE_SYN_SENT || x->state == TCPTRACE_SYN_RCVD) &&
	    seg->seq != x->snd_nxt && !(seg->flags & TCPTRACE_ACK) &&
	    !tcptrace_judge_rst(y, seg))
		return;
	send(st, TCPTRACE_EV_SND_RST);
}

/* First sighting: what the segment says of its sender. */
static void sender(struct step *st)
{
	const u16 flags = st->seg->flags;

	count(st);
	contradict(st);
	missed_synack(st);
	prove_sender(st);
	if (flags & TCPTRACE_RST)
		send_rst(st);
	else if (flags & TCPTRACE_SYN)
		send_syn(st);
	else if (flags & TCPTRACE_FIN)
		send_fin(st);
	if (!(flags & TCPTRACE_RST))
		advance_sender(st);
}

/* --- the receiver ----------------------------------------------------- */

/* The receiver's numbers advance with what it takes in order. */
static void advance_receiver(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *y = st->y;

	if (!(y->flags & TCPTRACE_END_RCV)) {
		y->flags |= TCPTRACE_END_RCV;
		y->rcv_nxt = seg->end;
	} else if (!tcptrace_after(seg->seq, y->rcv_nxt) &&
		   tcptrace_after(seg->end, y->rcv_nxt)) {
		y->rcv_nxt = seg->end;
	}
}

/* The kernel restarts the wait for whatever carries an ACK and no RST. */
static void restart_time_wait(struct step *st)
{
	if (st->y->state != TCPTRACE_TIME_WAIT ||
	    (st->seg->flags & (TCPTRACE_ACK | TCPTRACE_RST)) != TCPTRACE_ACK)
		return;
	st->y->tw_ns = st->s->now_ns;
	st->notes->timer = true;
	st->worth = true;
}

/* The segment reaches its receiver, as far as can be told. */
static void receiver(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	struct tcptrace_end *y = st->y;
	u16 what = tcptrace_judge_takes(st->y, st->x, st->seg);

	if (what & TCPTRACE_TOOK_RST) {
		take(st, st->y, TCPTRACE_TOOK_RST, TCPTRACE_WHY_RST);
		return;
	}
	if ((seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	    TCPTRACE_SYN && y->state == TCPTRACE_SYN_SENT &&
	    tcptrace_judge_segment(y, seg)) {
		const struct tcptrace_end before = *y;

		/* Inferred; its SYN-ACK will prove it, from SYN_SENT on. */
		y->state = tcptrace_fsm_next(y->state, TCPTRACE_EV_RCV_SYN);
		st->why = TCPTRACE_WHY_SIMULTANEOUS_OPEN;
		moved(st, y, &before, TCPTRACE_WHY_SIMULTANEOUS_OPEN);
	}
	if (seg->flags & TCPTRACE_RST)
		return;
	if ((tcptrace_judge_synchronized(y) || what) && tcptrace_judge_segment(y, seg)) {
		restart_time_wait(st);
		advance_receiver(st);
	}
	if (what & TCPTRACE_TOOK_OPEN)
		take(st, st->y, TCPTRACE_TOOK_OPEN, TCPTRACE_WHY_HANDSHAKE_ACK);
	if (what & TCPTRACE_TOOK_FIN_ACK)
		take(st, st->y, TCPTRACE_TOOK_FIN_ACK, TCPTRACE_WHY_ACK_OF_FIN);
	if (what & TCPTRACE_TOOK_FIN)
		take(st, st->y, TCPTRACE_TOOK_FIN, TCPTRACE_WHY_FIN);
}

/* It leaves for a receiver on this host: will its arrival move anything? */
static void announce(struct step *st)
{
	u16 what = tcptrace_judge_takes(st->y, st->x, st->seg);

	if (!what)
		return;
	st->worth = true;
	if (st->why == TCPTRACE_WHY_NONE || st->why == TCPTRACE_WHY_PROOF)
		st->why = what & TCPTRACE_TOOK_OPEN ?
			  TCPTRACE_WHY_HANDSHAKE_ACK : TCPTRACE_WHY_ACK_OF_FIN;
}

/* --- the whole -------------------------------------------------------- */

static bool untouched(const struct tcptrace_conn *conn)
{
	return !((conn->end[TCPTRACE_CLIENT].flags |
		  conn->end[TCPTRACE_SERVER].flags) & TCPTRACE_END_SEEN);
}

/* The first segment seen is not the first that there was. */
static void pick_up(struct step *st)
{
	struct tcptrace_end *end;
	u8 who;

	if (!(st->seg->flags & TCPTRACE_ACK))
		return;
	st->conn->flags |= TCPTRACE_CONN_PICKUP;
	if (st->seg->flags & TCPTRACE_SYN) {
		/* It answers a SYN: of that, the number is known. */
		st->y->state = TCPTRACE_SYN_SENT;
		st->y->sure = TCPTRACE_UNKNOWN;
		st->y->isn = st->seg->ack - 1;
		st->y->snd_nxt = st->seg->ack;
		return;
	}
	st->conn->flags |= TCPTRACE_CONN_PARTIAL;
	for (who = TCPTRACE_CLIENT; who <= TCPTRACE_SERVER; who++) {
		end = &st->conn->end[who];
		end->state = TCPTRACE_ESTABLISHED;
		end->sure = TCPTRACE_UNKNOWN;
		end->flags |= TCPTRACE_TOOK_OPEN |
			      TCPTRACE_TOOK_OPEN << TCPTRACE_PROVED_SHIFT;
	}
	/* So much the other one has sent at least. */
	st->y->snd_nxt = st->seg->ack;
	st->worth = true;
	st->why = TCPTRACE_WHY_PICKUP;
}

/*
 * A segment from elsewhere that its receiver would not listen to: a stale
 * duplicate, or somebody's forgery. What leaves this host is no forgery.
 */
static bool stale(const struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;

	if (st->s->vantage == TCPTRACE_LEAVES || untouched(st->conn))
		return false;
	if (seg->flags & TCPTRACE_RST)
		return y->state != TCPTRACE_CLOSED &&
		       y->state != TCPTRACE_LISTEN && !tcptrace_judge_rst(y, seg);
	if (seg->flags & TCPTRACE_SYN) {
		if (!(x->flags & TCPTRACE_END_SEEN))
			return !tcptrace_judge_segment(y, seg);
		return !(x->flags & TCPTRACE_END_SYN) || seg->seq != x->isn;
	}
	/* A retransmission of what was acknowledged is stale to its receiver
	 * and still says something of its sender.
	 */
	if ((seg->flags & TCPTRACE_FIN) && (x->flags & TCPTRACE_END_FIN) &&
	    seg->end == x->fin_end)
		return false;
	return !tcptrace_judge_segment(y, seg);
}

static void note_stale(struct step *st)
{
	const struct tcptrace_segment *seg = st->seg;

	if (tcptrace_after(seg->end, st->x->snd_nxt))
		st->x->count.segs += seg->segs;
	else
		count(st);
	st->why = TCPTRACE_WHY_STALE;
	if (!(seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST)))
		return;
	st->worth = true;
	if (tcptrace_judge_synchronized(st->y) && (seg->flags & (TCPTRACE_SYN | TCPTRACE_RST)))
		st->why = TCPTRACE_WHY_CHALLENGE;
	if ((seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	    TCPTRACE_SYN) {
		st->conn->flags |= TCPTRACE_CONN_FOREIGN_SYN;
		st->conn->foreign_isn = seg->seq;
		st->conn->foreign_from = st->s->from;
		if (st->y->state == TCPTRACE_TIME_WAIT)
			st->why = TCPTRACE_WHY_SYN_IN_TIME_WAIT;
	}
}

/* What was sent before the close begins; the FIN itself is not in it. */
static void note_closing(struct step *st)
{
	struct tcptrace_conn *conn = st->conn;
	u8 i;

	if (!(st->seg->flags & TCPTRACE_FIN) ||
	    (conn->flags & TCPTRACE_CONN_CLOSING))
		return;
	conn->flags |= TCPTRACE_CONN_CLOSING;
	for (i = TCPTRACE_CLIENT; i <= TCPTRACE_SERVER; i++) {
		st->notes->closing[i] = conn->end[i].count;
		st->notes->closing_data_segs[i] = conn->end[i].data_segs;
	}
	tcptrace_note_plain(conn, st->notes, TCPTRACE_REC_COUNT, TCPTRACE_WHY_CLOSE,
		   st->s->from);
}

/* The first data, counted in. */
static void note_first_data(struct step *st)
{
	struct tcptrace_conn *conn = st->conn;

	if (!(st->x->flags & TCPTRACE_END_DATA) ||
	    (conn->flags & TCPTRACE_CONN_DATA))
		return;
	conn->flags |= TCPTRACE_CONN_DATA;
	tcptrace_note_plain(conn, st->notes, TCPTRACE_REC_COUNT,
		   TCPTRACE_WHY_FIRST_DATA, st->s->from);
}

u8 tcptrace_conn_first_from(const struct tcptrace_segment *seg,
			    bool sport_listed, bool dport_listed)
{
	if (seg->flags & TCPTRACE_SYN)
		return seg->flags & TCPTRACE_ACK ? TCPTRACE_SERVER :
						   TCPTRACE_CLIENT;
	if (sport_listed != dport_listed)
		return sport_listed ? TCPTRACE_SERVER : TCPTRACE_CLIENT;
	return seg->sport < seg->dport ? TCPTRACE_SERVER : TCPTRACE_CLIENT;
}

void tcptrace_conn_init(struct tcptrace_conn *conn, u64 id)
{
	memset(conn, 0, sizeof(*conn));
	conn->id = id;
	conn->end[TCPTRACE_CLIENT].state = TCPTRACE_CLOSED;
	conn->end[TCPTRACE_CLIENT].sure = TCPTRACE_CLOSED;
	conn->end[TCPTRACE_CLIENT].wscale = TCPTRACE_WSCALE_NONE;
	/* Taken for a listener until it answers. */
	conn->end[TCPTRACE_SERVER].state = TCPTRACE_LISTEN;
	conn->end[TCPTRACE_SERVER].sure = TCPTRACE_UNKNOWN;
	conn->end[TCPTRACE_SERVER].wscale = TCPTRACE_WSCALE_NONE;
}

u8 tcptrace_conn_wscale(const struct tcptrace_conn *conn, u8 who)
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

/* A sighting that may move states. */
static void work(struct step *st, bool judge)
{
	const struct tcptrace_segment *seg = st->seg;

	st->why = plain_why(seg);
	st->worth = seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST);
	if (st->conn->flags & TCPTRACE_CONN_ENDED)
		st->rflags |= TCPTRACE_F_ORPHAN;
	if (!st->again) {
		if (untouched(st->conn))
			pick_up(st);
		if (stale(st)) {
			main_open(st, TCPTRACE_REC_SEGMENT);
			note_stale(st);
			goto close;
		}
		note_closing(st);
	}
	main_open(st, TCPTRACE_REC_SEGMENT);
	if (!st->again)
		sender(st);
	if (judge)
		receiver(st);
	else
		announce(st);
close:
	if (st->worth)
		main_close(st);
	tcptrace_note_closed(st->conn, st->notes);
}

/* Established, and the segment only carries data or an ACK of data. */
static bool is_plain(const struct step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;

	return !(st->seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST)) &&
	       x->state == TCPTRACE_ESTABLISHED && x->sure == x->state &&
	       y->state == TCPTRACE_ESTABLISHED && y->sure == y->state;
}

static void plain(struct step *st, bool judge)
{
	bool ok = tcptrace_judge_segment(st->y, st->seg);

	if (!st->again) {
		/* What leaves this host is no forgery. */
		if (!ok && st->s->vantage != TCPTRACE_LEAVES) {
			note_stale(st);
			return;
		}
		count(st);
		advance_sender(st);
	}
	if (judge && ok)
		advance_receiver(st);
}

void tcptrace_conn_segment(struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   struct tcptrace_notes *ret_notes)
{
	struct step st = {
		.conn = conn,
		.s = s,
		.seg = s->seg,
		.to = !s->from,
		.x = &conn->end[s->from],
		.y = &conn->end[!s->from],
		.notes = ret_notes,
	};
	bool judge;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;

	st.again = s->vantage == TCPTRACE_ARRIVES &&
		   (st.x->flags & TCPTRACE_END_LOCAL);
	if (!st.again && !untouched(conn) && reborn(&st)) {
		ret_notes->reborn = true;
		return;
	}
	if (s->vantage == TCPTRACE_LEAVES)
		st.x->flags |= TCPTRACE_END_LOCAL;
	if (s->vantage == TCPTRACE_ARRIVES || s->to_local)
		st.y->flags |= TCPTRACE_END_LOCAL;
	judge = s->vantage == TCPTRACE_ARRIVES ||
		!(st.y->flags & TCPTRACE_END_LOCAL);
	if (st.again)
		st.rflags |= TCPTRACE_F_AGAIN;

	if (is_plain(&st))
		plain(&st, judge);
	else
		work(&st, judge);
	if (!st.again)
		note_first_data(&st);
}
