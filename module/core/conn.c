// SPDX-License-Identifier: GPL-2.0
#include "conn.h"
#include "judge.h"
#include "note.h"
#include "step.h"
#include "usual.h"

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
	       (s->state == TCPTRACE_CLOSED || s->state == TCPTRACE_LISTEN);
}

/*
 * A SYN from elsewhere, of one that has sent nothing but a refusal: where order
 * is not sure it may be the older of the two.
 */
static bool refused_before(const struct tcptrace_step *st)
{
	return st->s->vantage != TCPTRACE_LEAVES &&
	       !(st->seg->flags & TCPTRACE_ACK) &&
	       st->x->state == TCPTRACE_CLOSED &&
	       !(st->x->flags & TCPTRACE_END_SEEN) &&
	       (st->y->flags & TCPTRACE_END_ACTIVE);
}

/* Does a SYN begin another connection on the tuple of this one? */
static bool syn_is_reborn(const struct tcptrace_step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;
	const struct tcptrace_segment *seg = st->seg;

	if ((x->flags & TCPTRACE_END_SYN) && seg->seq == x->isn)
		return false;
	if (refused_before(st))
		return false;
	if (tcptrace_conn_closed(st->conn))
		return true;
	if (!(x->flags & TCPTRACE_END_SEEN) &&
	    !(st->conn->flags & TCPTRACE_CONN_PARTIAL))
		return false;	/* its first segment: simultaneous open */
	/* A socket of this host that sends a SYN is a new one. */
	if (st->s->vantage == TCPTRACE_LEAVES)
		return true;
	/*
	 * RFC 9293 section 3.6.1; the kernel's tcp_timewait_state_process(),
	 * which may take it by its time stamp, too: then the SYN-ACK tells.
	 * It takes none where nobody listens, as on the client's port.
	 */
	if (y->state == TCPTRACE_TIME_WAIT)
		return st->to == TCPTRACE_SERVER &&
		       tcptrace_after(seg->seq, y->rcv_nxt);
	return x->state == TCPTRACE_SYN_SENT || x->state == TCPTRACE_CLOSED;
}

static bool reborn(const struct tcptrace_step *st)
{
	const struct tcptrace_conn *conn = st->conn;
	const struct tcptrace_segment *seg = st->seg;

	if (!(seg->flags & TCPTRACE_SYN) || (seg->flags & TCPTRACE_RST))
		return false;
	if (tcptrace_judge_overtaken(st->x, seg))
		return false;
	if (!(seg->flags & TCPTRACE_ACK))
		return syn_is_reborn(st);
	/* What it answers crossed its own SYN. */
	if ((st->x->flags & TCPTRACE_END_ACTIVE) && seg->seq == st->x->isn)
		return false;
	/*
	 * The answer to a SYN that seemed not to belong here. From elsewhere
	 * it is believed only of one that has no connection to lose: it takes
	 * two forged segments, else, to end the trace of one that lives.
	 */
	if ((conn->flags & TCPTRACE_CONN_FOREIGN_SYN) &&
	    conn->foreign_from == st->to &&
	    seg->ack == conn->foreign_isn + 1 &&
	    (st->s->vantage == TCPTRACE_LEAVES ||
	     !tcptrace_judge_synchronized(st->x) ||
	     st->x->state == TCPTRACE_TIME_WAIT))
		return true;
	if ((st->x->flags & TCPTRACE_END_SYN) && seg->seq == st->x->isn)
		return false;
	/* Where order is not sure, an answer that the refusal overtook. */
	if (!(st->x->flags & TCPTRACE_END_SYN) &&
	    (st->y->flags & TCPTRACE_END_SYN) &&
	    seg->ack == st->y->isn + 1 &&
	    st->s->vantage != TCPTRACE_LEAVES)
		return false;
	return tcptrace_conn_closed(conn);
}

static bool untouched(const struct tcptrace_conn *conn)
{
	return !((conn->end[TCPTRACE_CLIENT].flags |
		  conn->end[TCPTRACE_SERVER].flags) & TCPTRACE_END_SEEN);
}

/* The first segment seen is not the first that there was. */
static void pick_up(struct tcptrace_step *st)
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
static bool stale(const struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;
	const struct tcptrace_end *x = st->x, *y = st->y;

	if (st->s->vantage == TCPTRACE_LEAVES || untouched(st->conn))
		return false;
	/* Who has no connection cannot say; what was sent before can. */
	if ((seg->flags & TCPTRACE_RST) && (y->state == TCPTRACE_CLOSED ||
					    y->state == TCPTRACE_LISTEN))
		return (x->flags & TCPTRACE_END_SYN) &&
		       seg->seq - x->isn > x->snd_nxt - x->isn;
	if (seg->flags & TCPTRACE_RST)
		return !tcptrace_judge_rst(y, x, seg);
	if (seg->flags & TCPTRACE_SYN) {
		if (tcptrace_judge_overtaken(x, seg))
			return false;
		if (!(x->flags & TCPTRACE_END_SEEN))
			return refused_before(st) ||
			       !tcptrace_judge_segment(y, x, seg);
		return !(x->flags & TCPTRACE_END_SYN) || seg->seq != x->isn;
	}
	/* A retransmission of what was acknowledged is stale to its receiver
	 * and still says something of its sender.
	 */
	if ((seg->flags & TCPTRACE_FIN) && (x->flags & TCPTRACE_END_FIN) &&
	    seg->end == x->fin_end)
		return false;
	return !tcptrace_judge_segment(y, x, seg);
}

/* Is what its receiver would not listen to the sender's all the same? */
static bool own(const struct tcptrace_step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;
	const struct tcptrace_segment *seg = st->seg;

	return (seg->flags & (TCPTRACE_SYN | TCPTRACE_ACK | TCPTRACE_RST)) ==
	       TCPTRACE_ACK &&
	       (x->flags & TCPTRACE_END_SYN) && (y->flags & TCPTRACE_END_SYN) &&
	       !tcptrace_before(seg->seq, x->isn) &&
	       !tcptrace_after(seg->end, x->snd_nxt) &&
	       tcptrace_after(seg->ack, y->isn) &&
	       !tcptrace_after(seg->ack, y->snd_nxt);
}

/* A reset with a number from an ACK of what its sender has sent. */
static bool answers(const struct tcptrace_end *x,
		    const struct tcptrace_segment *seg)
{
	/* Or without one, where there is no socket: RFC 9293 3.10.7.1. */
	if (!seg->seq && (seg->flags & TCPTRACE_ACK))
		return true;
	return (x->flags & TCPTRACE_END_SYN) &&
	       tcptrace_after(seg->seq, x->isn) &&
	       !tcptrace_after(seg->seq, x->snd_nxt);
}

static void note_stale(struct tcptrace_step *st)
{
	const struct tcptrace_segment *seg = st->seg;

	if (own(st)) {
		tcptrace_sender_prove(st);
		tcptrace_sender_advance(st);
	} else {
		st->notes->foreign = true;
	}
	/* A reset that does not fit: forged, or what precedes it was lost. */
	if ((seg->flags & TCPTRACE_RST) && st->x->state != TCPTRACE_CLOSED &&
	    (tcptrace_judge_segment(st->y, st->x, seg) || answers(st->x, seg))) {
		st->x->doubts |= TCPTRACE_DOUBT_RST;
		st->x->reset_at = st->y->snd_nxt;
	}
	/* Where it ends, what precedes the reset may come first. */
	if ((seg->flags & TCPTRACE_RST) && tcptrace_judge_synchronized(st->y) &&
	    !(st->y->flags & TCPTRACE_END_LOCAL) &&
	    tcptrace_judge_segment(st->y, st->x, seg)) {
		st->y->doubts |= TCPTRACE_DOUBT_RST;
		st->y->reset_at = seg->seq;
	}

	/* A retransmission if it may be one, else only seen. */
	if ((seg->flags & TCPTRACE_SYN) ||
	    tcptrace_after(seg->end, st->x->snd_nxt))
		st->x->count.segs += seg->segs;
	else
		tcptrace_sender_count(st);
	st->why = TCPTRACE_WHY_STALE;
	if (!(seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST)))
		return;
	st->worth = true;
	/* Nobody answers a reset in TIME_WAIT (tcp_timewait_state_process()). */
	if (tcptrace_judge_synchronized(st->y) &&
	    ((seg->flags & TCPTRACE_SYN) ||
	     ((seg->flags & TCPTRACE_RST) &&
	      st->y->state != TCPTRACE_TIME_WAIT)))
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

/*
 * Who is reset while its FIN waits behind data has closed before: no segment
 * tells, but the kernel may have.
 */
static void catch_up(struct tcptrace_step *st, bool judge)
{
	if (!(st->seg->flags & TCPTRACE_RST))
		return;
	if (!st->again && !stale(st))
		tcptrace_word_catch_up(st->conn, st->s->from, st->notes);
	if (judge && tcptrace_judge_takes(st->y, st->x, st->seg))
		tcptrace_word_catch_up(st->conn, st->to, st->notes);
}

/* All that comes of a segment after the end, another end included. */
static void note_orphans(struct tcptrace_notes *notes)
{
	u8 i;

	for (i = 0; i < notes->nr; i++)
		notes->note[i].rflags |= TCPTRACE_F_ORPHAN;
}

/* A sighting that may move states. */
static void work(struct tcptrace_step *st, bool judge)
{
	const struct tcptrace_segment *seg = st->seg;

	st->why = plain_why(seg);
	st->worth = seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST);
	/*
	 * No counters follow that would tell of it. But the end may be a wrong
	 * guess, and the whole of a connection come behind it.
	 */
	if (st->conn->flags & TCPTRACE_CONN_ENDED) {
		st->rflags |= TCPTRACE_F_ORPHAN;
		if (!st->worth && st->conn->strays < TCPTRACE_MAX_STRAYS) {
			st->conn->strays++;
			st->worth = true;
		}
	}
	catch_up(st, judge);
	if (!st->again) {
		if (untouched(st->conn))
			pick_up(st);
		if (stale(st)) {
			tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
			note_stale(st);
			if (judge)
				tcptrace_receiver_stale(st);
			goto close;
		}
		if ((seg->flags & TCPTRACE_FIN) &&
		    !(st->x->flags & TCPTRACE_END_FIN))
			tcptrace_note_closing(st->conn, st->notes, st->s->from);
	}
	tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
	if (!st->again)
		tcptrace_sender(st);
	if (judge)
		tcptrace_receiver(st);
	else
		tcptrace_receiver_announce(st);
close:
	if (st->worth)
		tcptrace_step_close(st);
	if (!st->again)
		tcptrace_note_first_data(st->conn, st->notes, st->s->from);
	tcptrace_note_closed(st->conn, st->notes);
	if (st->rflags & TCPTRACE_F_ORPHAN)
		note_orphans(st->notes);
}

/* Established, and the segment only carries data or an ACK of data. */
static bool is_plain(const struct tcptrace_step *st)
{
	const struct tcptrace_end *x = st->x, *y = st->y;

	return !(st->seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST)) &&
	       x->state == TCPTRACE_ESTABLISHED && x->sure == x->state &&
	       y->state == TCPTRACE_ESTABLISHED && y->sure == y->state &&
	       !(x->doubts | y->doubts);
}

static void plain(struct tcptrace_step *st, bool judge)
{
	bool ok = tcptrace_judge_segment(st->y, st->x, st->seg);

	if (!st->again) {
		/* What leaves this host is no forgery. */
		if (!ok && st->s->vantage != TCPTRACE_LEAVES) {
			/* For what it proves; there is nothing to record. */
			tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
			note_stale(st);
			return;
		}
		tcptrace_sender_count(st);
		tcptrace_sender_advance(st);
		tcptrace_note_first_data(st->conn, st->notes, st->s->from);
	}
	if (judge && ok)
		tcptrace_receiver_advance(st);
}

/* What tcptrace_conn_life() goes by. */
static u32 waits_by(const struct tcptrace_conn *conn)
{
	const struct tcptrace_end *c = &conn->end[TCPTRACE_CLIENT];
	const struct tcptrace_end *s = &conn->end[TCPTRACE_SERVER];

	return c->state | (u32)s->state << 8 |
	       (u32)(conn->flags & TCPTRACE_CONN_ENDED) << 16 |
	       (c->flags & TCPTRACE_END_SEEN) << 24 |
	       (s->flags & TCPTRACE_END_SEEN) << 25 |
	       (u32)!!(c->flags & TCPTRACE_END_PENDING) << 27 |
	       (u32)!!(s->flags & TCPTRACE_END_PENDING) << 28;
}

void tcptrace_conn_segment(struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   struct tcptrace_notes *ret_notes)
{
	if (!tcptrace_usual(conn, s, ret_notes))
		tcptrace_conn_unusual(conn, s, ret_notes);
}

void tcptrace_conn_unusual(struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   struct tcptrace_notes *ret_notes)
{
	struct tcptrace_step st = {
		.conn = conn,
		.s = s,
		.seg = s->seg,
		.to = !s->from,
		.x = &conn->end[s->from],
		.y = &conn->end[!s->from],
		.notes = ret_notes,
	};
	const bool began = !untouched(conn);
	const u32 before = waits_by(conn);
	bool judge;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;
	ret_notes->foreign = false;
	ret_notes->still = false;

	st.again = s->vantage == TCPTRACE_ARRIVES &&
		   (st.x->flags & TCPTRACE_END_LOCAL);
	ret_notes->repeat = st.again;
	if (!st.again && began && reborn(&st)) {
		ret_notes->reborn = true;
		return;
	}
	if (s->vantage == TCPTRACE_LEAVES)
		st.x->flags |= TCPTRACE_END_LOCAL;
	if (s->vantage == TCPTRACE_ARRIVES || s->to_local) {
		st.y->flags |= TCPTRACE_END_LOCAL;
		st.y->flags &= ~TCPTRACE_END_RFC1337;
		if (s->rfc1337)
			st.y->flags |= TCPTRACE_END_RFC1337;
	}
	judge = s->vantage == TCPTRACE_ARRIVES ||
		!(st.y->flags & TCPTRACE_END_LOCAL);
	if (st.again)
		st.rflags |= TCPTRACE_F_AGAIN;

	if (is_plain(&st))
		plain(&st, judge);
	else
		work(&st, judge);
	ret_notes->still = began && !ret_notes->timer &&
			   waits_by(conn) == before;
}
