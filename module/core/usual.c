// SPDX-License-Identifier: GPL-2.0
/*
 * Each of these looks first, at all that the long way might stumble over, and
 * then does: nothing is touched of what is left to that one.
 */
#include "note.h"
#include "usual.h"

/* What makes an end unusual, whatever the segment. */
#define ODD	(TCPTRACE_TOOK_RST | TCPTRACE_END_CROSSED | TCPTRACE_END_FORGOT)
/* Who has sent a SYN has at least these. */
#define MET	(TCPTRACE_END_SEEN | TCPTRACE_END_SYN | TCPTRACE_END_RCV)
/* What an end may have before, because it lives on this host. */
#define HERE	(TCPTRACE_END_LOCAL | TCPTRACE_END_WORD)
/* The client's, once its SYN was sighted, besides HERE. */
#define ASKED	(TCPTRACE_END_SEEN | TCPTRACE_END_SYN | TCPTRACE_END_ACTIVE)

#define OPENED		(TCPTRACE_STATE_BIT(ESTABLISHED) | \
			 TCPTRACE_STATE_BIT(FIN_WAIT1) | \
			 TCPTRACE_STATE_BIT(FIN_WAIT2) | \
			 TCPTRACE_STATE_BIT(CLOSE_WAIT) | \
			 TCPTRACE_STATE_BIT(LAST_ACK) | \
			 TCPTRACE_STATE_BIT(CLOSING))
/* A FIN that acknowledges the receiver's own: it moves twice. */
#define BOTH_FINS	(TCPTRACE_TOOK_FIN_ACK | TCPTRACE_TOOK_FIN)
#define MAY_FINISH	(TCPTRACE_STATE_BIT(ESTABLISHED) | \
			 TCPTRACE_STATE_BIT(CLOSE_WAIT))

/**
 * struct way - a sighting on its way
 * @conn: the connection
 * @s: the sighting
 * @seg: its segment
 * @x: its sender
 * @y: its receiver
 * @notes: what to record
 * @x_local: TCPTRACE_END_LOCAL if @x is seen to live here
 * @y_local: likewise @y
 * @again: it was seen to leave
 * @judge: it reaches @y, as far as can be told
 * @what: what @y takes of it then: one of TCPTRACE_TOOK_*, BOTH_FINS, or 0
 * @next: where @y comes to by that, by the first of BOTH_FINS
 */
struct way {
	struct tcptrace_conn *conn;
	const struct tcptrace_sighting *s;
	const struct tcptrace_segment *seg;
	struct tcptrace_end *x;
	struct tcptrace_end *y;
	struct tcptrace_notes *notes;
	u32 x_local;
	u32 y_local;
	bool again;
	bool judge;
	u16 what;
	u8 next;
};

static __always_inline void begin(const struct way *w, bool still)
{
	/* One store: zero, or false, are all of these. */
	memset(w->notes, 0, offsetof(struct tcptrace_notes, closing));
	w->notes->still = still;
	w->notes->repeat = w->again;
	w->x->flags |= w->x_local;
	w->y->flags |= w->y_local;
}

/* TCPTRACE_INFERRED_NEW() of both ends: there are no doubts. */
static __always_inline u8 inferred(const struct tcptrace_conn *conn)
{
	const struct tcptrace_end *c = &conn->end[TCPTRACE_CLIENT];
	const struct tcptrace_end *s = &conn->end[TCPTRACE_SERVER];

	return (c->state != c->sure) << TCPTRACE_CLIENT |
	       (s->state != s->sure) << TCPTRACE_SERVER;
}

static __always_inline struct tcptrace_note *open(const struct way *w, u8 kind,
						  u8 why)
{
	struct tcptrace_note *note = &w->notes->note[w->notes->nr];

	note->kind = kind;
	note->why = why;
	note->from = w->s->from;
	note->reserved[0] = 0;
	note->reserved[1] = 0;
	note->old[TCPTRACE_CLIENT] = w->conn->end[TCPTRACE_CLIENT].state;
	note->old[TCPTRACE_SERVER] = w->conn->end[TCPTRACE_SERVER].state;
	note->inferred = inferred(w->conn) << 2;
	note->rflags = w->again ? TCPTRACE_F_AGAIN : 0;
	return note;
}

static __always_inline void close(const struct way *w,
				  struct tcptrace_note *note)
{
	note->state[TCPTRACE_CLIENT] = w->conn->end[TCPTRACE_CLIENT].state;
	note->state[TCPTRACE_SERVER] = w->conn->end[TCPTRACE_SERVER].state;
	note->inferred |= inferred(w->conn);
	w->notes->nr++;
}

/* tcptrace_end_take() of @y, which has not taken @what before, and can. */
static __always_inline void take(const struct way *w, u16 what, u8 next)
{
	w->y->flags |= what;
	w->y->state = next;
	if (next == TCPTRACE_TIME_WAIT) {
		w->y->tw_ns = w->s->now_ns;
		w->notes->timer = true;
	}
}

/* The client asks, of a connection of which nothing else is known. */
static __always_inline bool syn(const struct way *w)
{
	struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;
	struct tcptrace_note *note;

	if (w->conn->flags || w->s->from != TCPTRACE_CLIENT || seg->len ||
	    (y->flags & ~HERE) || y->state != TCPTRACE_LISTEN)
		return false;
	if (w->again ? x->state != TCPTRACE_SYN_SENT :
		       x->flags || y->flags || x->snd_nxt ||
		       x->state != TCPTRACE_CLOSED)
		return false;

	begin(w, w->again);
	note = open(w, TCPTRACE_REC_SEGMENT, TCPTRACE_WHY_SYN);
	if (!w->again) {
		x->count.segs += seg->segs;
		x->flags |= ASKED;
		x->isn = seg->seq;
		x->wscale = seg->wscale;
		x->snd_nxt = seg->end;
		x->state = TCPTRACE_SYN_SENT;
		x->sure = TCPTRACE_SYN_SENT;
	}
	close(w, note);
	return true;
}

/* The server answers the client's SYN. */
static __always_inline bool synack(struct way *w)
{
	struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;
	struct tcptrace_note *note;

	if (w->conn->flags || w->s->from != TCPTRACE_SERVER || seg->len ||
	    (y->flags & ~HERE) != ASKED ||
	    y->state != TCPTRACE_SYN_SENT || y->sure != y->state ||
	    seg->ack != y->snd_nxt || seg->ack != y->isn + 1)
		return false;
	if (!w->again && ((x->flags & ~HERE) || x->snd_nxt ||
			  x->state != TCPTRACE_LISTEN ||
			  x->sure != TCPTRACE_UNKNOWN))
		return false;

	begin(w, false);
	note = open(w, TCPTRACE_REC_SEGMENT, TCPTRACE_WHY_SYNACK);
	if (!w->again) {
		x->count.segs += seg->segs;
		x->flags |= MET | TCPTRACE_END_ACKED;
		x->isn = seg->seq;
		x->wscale = seg->wscale;
		x->snd_nxt = seg->end;
		x->acked = seg->ack;
		x->rcv_nxt = seg->ack;
		x->ahead = seg->ack;
		x->edge = seg->ack + seg->win;
		x->state = TCPTRACE_SYN_RCVD;
		x->sure = TCPTRACE_SYN_RCVD;
	}
	if (w->judge) {
		y->flags |= TCPTRACE_END_RCV;
		y->rcv_nxt = seg->end;
		y->ahead = seg->end;
		take(w, TCPTRACE_TOOK_OPEN,
		     tcptrace_fsm_next(TCPTRACE_SYN_SENT,
				       TCPTRACE_EV_RCV_SYNACK));
	}
	close(w, note);
	return true;
}

/* What @y takes with the segment; several bits, but BOTH_FINS, are not usual. */
static __always_inline u16 takes(const struct way *w)
{
	const struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;
	u16 what = 0;

	if (y->state == TCPTRACE_SYN_RCVD)
		what |= TCPTRACE_TOOK_OPEN;
	if (y->flags & TCPTRACE_END_FIN)
		what |= TCPTRACE_TOOK_FIN_ACK;
	if (seg->flags & TCPTRACE_FIN) {
		if (w->again && (!(x->flags & TCPTRACE_END_FIN) ||
				 seg->end != x->fin_end))
			return TCPTRACE_TOOK_ALL;
		if (!tcptrace_after(seg->seq, y->rcv_nxt))
			what |= TCPTRACE_TOOK_FIN;
	} else if ((x->flags & TCPTRACE_END_FIN) &&
		   !tcptrace_after(seg->seq, y->rcv_nxt) &&
		   !tcptrace_before(seg->end, x->fin_end) &&
		   !tcptrace_end_took(y, TCPTRACE_TOOK_FIN)) {
		return TCPTRACE_TOOK_ALL;
	}
	return what & ~y->flags;
}

/* Could @x have sent this without anything that has to be looked at? */
static __always_inline bool sends_usually(const struct way *w)
{
	const struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;

	if (seg->seq != x->snd_nxt || x->hole != x->hole_end)
		return false;
	if (!tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) &&
	    (!tcptrace_end_took(x, TCPTRACE_TOOK_OPEN) ||
	     (x->flags & TCPTRACE_END_FIN)))
		return false;
	if (seg->flags & TCPTRACE_FIN) {
		if ((x->flags & TCPTRACE_END_FIN) ||
		    !(1u << x->state & MAY_FINISH))
			return false;
	}
	if (!(y->flags & TCPTRACE_END_FIN) ||
	    tcptrace_end_proved(x, TCPTRACE_TOOK_FIN))
		return true;
	/* It proves that the FIN was taken. */
	return tcptrace_end_took(x, TCPTRACE_TOOK_FIN) &&
	       (!(y->flags & TCPTRACE_END_FIN_ACKS) ||
		tcptrace_end_took(x, TCPTRACE_TOOK_FIN_ACK)) &&
	       (seg->end == seg->seq || w->s->vantage == TCPTRACE_LEAVES ||
		(x->flags & TCPTRACE_END_FIN));
}

/*
 * tcptrace_end_prove() of @x, which has taken @what, before it sent a FIN if that
 * is what opened it, and has no doubts.
 */
static __always_inline void prove(const struct way *w, struct tcptrace_note *note,
				  u16 what, enum tcptrace_event event)
{
	struct tcptrace_end *x = w->x;

	x->flags |= what << TCPTRACE_PROVED_SHIFT;
	x->sure = tcptrace_fsm_advance(x->sure, event);
	if (x->state == x->sure)
		note->inferred &= ~TCPTRACE_INFERRED_OLD(w->s->from);
}

static __always_inline void proofs(const struct way *w, struct tcptrace_note *note)
{
	const struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;

	if (!tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN) &&
	    (x->sure == TCPTRACE_SYN_SENT ? tcptrace_after(seg->ack, y->isn) :
	     seg->end != seg->seq || tcptrace_after(seg->ack, y->isn + 1)))
		prove(w, note, TCPTRACE_TOOK_OPEN,
		      x->sure == TCPTRACE_SYN_SENT ?
		      TCPTRACE_EV_RCV_SYNACK : TCPTRACE_EV_RCV_ACK_OF_SYN);
	if (!(y->flags & TCPTRACE_END_FIN) ||
	    tcptrace_end_proved(x, TCPTRACE_TOOK_FIN))
		return;
	if ((y->flags & TCPTRACE_END_FIN_ACKS) &&
	    !tcptrace_end_proved(x, TCPTRACE_TOOK_FIN_ACK))
		prove(w, note, TCPTRACE_TOOK_FIN_ACK,
		      TCPTRACE_EV_RCV_ACK_OF_FIN);
	prove(w, note, TCPTRACE_TOOK_FIN, TCPTRACE_EV_RCV_FIN);
}

static __always_inline void count(const struct way *w)
{
	const struct tcptrace_segment *seg = w->seg;
	struct tcptrace_end *x = w->x;

	x->count.segs += seg->segs;
	if (!seg->len)
		return;
	x->data_segs += seg->segs;
	x->count.bytes += seg->len;
	x->flags |= TCPTRACE_END_DATA;
	if ((w->conn->flags & TCPTRACE_CONN_CLOSING) &&
	    !(seg->flags & TCPTRACE_FIN))
		w->conn->flags |= TCPTRACE_CONN_LATE_DATA;
}

static __always_inline void finish(const struct way *w)
{
	struct tcptrace_end *x = w->x;

	x->flags |= TCPTRACE_END_FIN;
	if (w->y->flags & TCPTRACE_END_FIN)
		x->flags |= TCPTRACE_END_FIN_ACKS;
	x->fin_end = w->seg->end;
	/* tcptrace_end_send() of one whose state is known. */
	x->state = tcptrace_fsm_advance(x->state, TCPTRACE_EV_SND_FIN);
	x->sure = tcptrace_fsm_advance(x->sure, TCPTRACE_EV_SND_FIN);
}

/* The sender's numbers advance. */
static __always_inline void advance_sender(const struct way *w)
{
	const struct tcptrace_segment *seg = w->seg;
	struct tcptrace_end *x = w->x;
	const struct tcptrace_end *y = w->y;
	const u32 edge = seg->ack +
			 ((u32)seg->win << tcptrace_end_wscale(x, y));

	x->snd_nxt = seg->end;
	if (!(x->flags & TCPTRACE_END_ACKED)) {
		x->flags |= TCPTRACE_END_ACKED;
		x->acked = seg->ack;
		x->edge = edge;
	}
	tcptrace_end_acks(x, seg->ack, edge);
}

/* Can @y take this in its state? */
static __always_inline bool may_take(struct way *w)
{
	const u8 state = w->y->state;
	enum tcptrace_event event;

	if (!w->what)
		return state != TCPTRACE_SYN_RCVD;
	if (state == TCPTRACE_SYN_RCVD && w->what != TCPTRACE_TOOK_OPEN)
		return false;
	switch (w->what) {
	case TCPTRACE_TOOK_OPEN:
		event = TCPTRACE_EV_RCV_ACK_OF_SYN;
		break;
	case TCPTRACE_TOOK_FIN:
		event = TCPTRACE_EV_RCV_FIN;
		break;
	case BOTH_FINS:
		if (state != TCPTRACE_FIN_WAIT1)
			return false;
		event = TCPTRACE_EV_RCV_ACK_OF_FIN;
		break;
	case TCPTRACE_TOOK_FIN_ACK:
		event = TCPTRACE_EV_RCV_ACK_OF_FIN;
		break;
	default:
		return false;
	}
	w->next = tcptrace_fsm_next(state, event);
	return w->next != TCPTRACE_FSM_IMPOSSIBLE;
}

/* What @y takes is what it can take, and @x is where a segment can show it. */
static __always_inline bool moves_usually(struct way *w)
{
	const struct tcptrace_end *x = w->x;

	if (!may_take(w))
		return false;
	/* Said to be open before it has shown it: the long way lets that be. */
	return x->state != TCPTRACE_ESTABLISHED || x->sure != x->state ||
	       tcptrace_end_proved(x, TCPTRACE_TOOK_OPEN);
}

/* Is it one that may carry data, a FIN, or only an ACK? */
static __always_inline bool ack_is_usual(struct way *w)
{
	const struct tcptrace_end *x = w->x, *y = w->y;
	const struct tcptrace_segment *seg = w->seg;
	const u32 x_has = MET | w->x_local;
	const u32 y_has = MET | TCPTRACE_END_ACKED | w->y_local;

	if ((x->flags & (x_has | ODD)) != x_has ||
	    (y->flags & (y_has | ODD)) != y_has ||
	    (x->flags & y->flags & TCPTRACE_END_ACTIVE) ||
	    x->sure == TCPTRACE_UNKNOWN || y->sure == TCPTRACE_UNKNOWN ||
	    !(1u << x->state & (OPENED | TCPTRACE_STATE_BIT(TIME_WAIT))) ||
	    !(1u << y->state & (OPENED | TCPTRACE_STATE_BIT(SYN_RCVD))))
		return false;
	if (tcptrace_before(seg->end, y->acked) ||
	    tcptrace_after(seg->seq, y->edge) ||
	    tcptrace_after(seg->ack, y->snd_nxt) ||
	    !tcptrace_after(seg->ack, y->isn) ||
	    ((y->flags & TCPTRACE_END_FIN) &&
	     tcptrace_before(seg->ack, y->fin_end)))
		return false;
	if (!w->again && !sends_usually(w))
		return false;
	w->what = takes(w);
	if (!moves_usually(w))
		return false;
	if (!w->judge || seg->end == seg->seq)
		return true;
	return seg->seq == y->rcv_nxt && y->early == y->early_end &&
	       (!(seg->flags & TCPTRACE_FIN) || (w->what & TCPTRACE_TOOK_FIN));
}

/* Returns the note that is open then: each holds one move of an end. */
static __always_inline struct tcptrace_note *
receive(const struct way *w, struct tcptrace_note *note)
{
	const struct tcptrace_segment *seg = w->seg;
	struct tcptrace_end *y = w->y;
	u16 what = w->what;
	u8 next = w->next;

	if (seg->end != seg->seq) {
		y->rcv_nxt = seg->end;
		if (tcptrace_after(seg->end, y->ahead))
			y->ahead = seg->end;
	}
	if (what == BOTH_FINS) {
		take(w, TCPTRACE_TOOK_FIN_ACK, next);
		close(w, note);
		note = open(w, TCPTRACE_REC_STATE, TCPTRACE_WHY_FIN);
		what = TCPTRACE_TOOK_FIN;
		next = tcptrace_fsm_advance(next, TCPTRACE_EV_RCV_FIN);
	}
	if (what)
		take(w, what, next);
	return note;
}

static __always_inline bool ack(struct way *w)
{
	const bool fin = w->seg->flags & TCPTRACE_FIN;
	struct tcptrace_conn *conn = w->conn;
	const u8 x_was = w->x->state, y_was = w->y->state;
	struct tcptrace_note *note;
	u8 why = TCPTRACE_WHY_FIN;

	if (!ack_is_usual(w))
		return false;

	if (!fin)
		why = w->what & TCPTRACE_TOOK_OPEN ?
		      TCPTRACE_WHY_HANDSHAKE_ACK : TCPTRACE_WHY_ACK_OF_FIN;
	begin(w, false);
	if (fin && !w->again)
		tcptrace_note_closing(conn, w->notes, w->s->from);
	note = open(w, TCPTRACE_REC_SEGMENT, why);
	if (!w->again) {
		count(w);
		proofs(w, note);
		if (fin)
			finish(w);
		advance_sender(w);
	}
	if (w->judge)
		note = receive(w, note);
	w->notes->still = w->x->state == x_was && w->y->state == y_was;
	if (fin || w->what)
		close(w, note);
	if (!w->again && !(conn->flags & TCPTRACE_CONN_DATA))
		tcptrace_note_first_data(conn, w->notes, w->s->from);
	return true;
}

TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_usual(struct tcptrace_conn *conn,
		    const struct tcptrace_sighting *s,
		    struct tcptrace_notes *ret_notes)
{
	/* One product for both: an index of its own would take another. */
	struct tcptrace_end *x = &conn->end[0] + s->from;
	struct tcptrace_end *y = &conn->end[1] - s->from;
	const bool arrives = s->vantage == TCPTRACE_ARRIVES;
	struct way w = {
		.conn = conn,
		.s = s,
		.seg = s->seg,
		.notes = ret_notes,
		.x_local = s->vantage == TCPTRACE_LEAVES ?
			   TCPTRACE_END_LOCAL : 0,
		.y_local = arrives || s->to_local ? TCPTRACE_END_LOCAL : 0,
	};

	TCPTRACE_KEEP(x);
	TCPTRACE_KEEP(y);
	w.x = x;
	w.y = y;
	w.again = arrives && (x->flags & TCPTRACE_END_LOCAL);
	w.judge = arrives || !((y->flags | w.y_local) & TCPTRACE_END_LOCAL);
	if ((conn->flags & ~(TCPTRACE_CONN_DATA | TCPTRACE_CONN_CLOSING |
			     TCPTRACE_CONN_LATE_DATA)) ||
	    x->doubts || y->doubts ||
	    ((x->flags | y->flags) & TCPTRACE_END_PENDING))
		return false;
	switch (s->seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) {
	case TCPTRACE_ACK:
		return ack(&w);
	case TCPTRACE_SYN:
		return !(s->seg->flags & TCPTRACE_FIN) && syn(&w);
	case TCPTRACE_SYN | TCPTRACE_ACK:
		return !(s->seg->flags & TCPTRACE_FIN) && synack(&w);
	default:
		return false;
	}
}
