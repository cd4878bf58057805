// SPDX-License-Identifier: GPL-2.0
/*
 * The meanings are those that Zeek publishes in its script reference, page
 * base/protocols/conn/main.zeek, fields conn_state and history of Conn::Info:
 * https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
 *
 * Zeek sees each packet; here are the records of control segments, and
 * counters for the rest. What follows from these is said, and no more.
 */
#include <string.h>

#include "zeek.h"

#define SYN_FIN_RST	(TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST)

/**
 * struct known - what one endpoint is known to have sent
 * @syn: a SYN
 * @ack: a pure ACK
 * @data: payload without SYN, FIN or RST
 * @fin: a FIN, before any reset of its own
 * @rst: a reset that took effect
 */
struct known {
	bool syn;
	bool ack;
	bool data;
	bool fin;
	bool rst;
};

/**
 * struct side - what of one endpoint's letters was written, and what counted
 * @once: by letter, a bit: it comes once, and is there
 * @has: by flag, @seq is valid
 * @seq: by flag, number of the last SYN, FIN, RST
 * @again: segments whose payload was sent before
 * @windows: zero windows
 * @again_letters: letters written for @again
 * @window_letters: letters written for @windows
 * @bare: recorded SYNs, FINs and RSTs that are not counted as data
 * @loaded: those that are
 * @bare_again: recorded retransmissions without payload
 * @fin_at: where in the history its first FIN stands, plus one; 0 without
 * @rst_at: likewise the reset that took effect
 * @known: for conn_state
 */
struct side {
	uint32_t once;
	bool has[3];
	uint32_t seq[3];
	uint64_t again;
	uint64_t windows;
	unsigned int again_letters;
	unsigned int window_letters;
	uint32_t bare;
	uint32_t loaded;
	uint32_t bare_again;
	size_t fin_at;
	size_t rst_at;
	struct known known;
};

/**
 * struct reading - the records of a connection while they are gone through
 * @t: its history
 * @side: by endpoint
 * @state: what learn_states() was told last, a byte for each end
 * @gap: records are missing
 * @answerer: who did not send the first payload
 */
struct reading {
	struct text *t;
	struct side side[2];
	uint8_t state[2];
	bool gap;
	uint8_t answerer;
};

/* Upper case is the originator's. */
static char letter_of(uint8_t who, char letter)
{
	return who == TCPTRACE_CLIENT ? (char)(letter - 'a' + 'A') : letter;
}

static void put(struct reading *r, uint8_t who, char letter)
{
	text_char(r->t, letter_of(who, letter));
}

/* Letters that stand behind a new one move on. */
static void make_room(struct reading *r, size_t at)
{
	uint8_t e;

	for (e = 0; e < 2; e++) {
		if (r->side[e].fin_at > at)
			r->side[e].fin_at++;
		if (r->side[e].rst_at > at)
			r->side[e].rst_at++;
	}
}

static uint32_t bit_of(char letter)
{
	return 1u << (letter - 'a');
}

/* Before the letter at @before, which is its place plus one; at the end if 0. */
static void put_once(struct reading *r, uint8_t who, char letter, size_t before)
{
	const char text[2] = { letter_of(who, letter), '\0' };
	struct side *side = &r->side[who];

	if (side->once & bit_of(letter))
		return;
	side->once |= bit_of(letter);
	if (!before) {
		text_char(r->t, *text);
		return;
	}
	text_insert(r->t, before - 1, text);
	make_room(r, before - 1);
}

/* Nothing comes after a reset that took effect, whoever tells of it when, */
static size_t before_reset(const struct reading *r)
{
	const size_t c = r->side[TCPTRACE_CLIENT].rst_at;
	const size_t v = r->side[TCPTRACE_SERVER].rst_at;

	return c && (!v || c < v) ? c : v;
}

/* and no new payload after the FIN that ends it. */
static void put_data(struct reading *r, uint8_t who)
{
	struct side *side = &r->side[who];

	if (side->once & bit_of('d'))
		return;
	if (!r->side[!who].known.data)
		r->answerer = !who;
	side->known.data = true;
	put_once(r, who, 'd', side->fin_at ? side->fin_at : before_reset(r));
}

static void put_ack(struct reading *r, uint8_t who)
{
	if (r->side[who].once & bit_of('a'))
		return;
	r->side[who].known.ack = true;
	put_once(r, who, 'a', before_reset(r));
}

/* The second letter stands for 10 times, the third for 100 times. */
static void put_logarithmic(struct reading *r, uint8_t who, char letter,
			    uint64_t seen, unsigned int *written)
{
	unsigned int due = 0;

	for (; seen; seen /= 10)
		due++;
	for (; *written < due; (*written)++)
		put(r, who, letter);
}

/* Once, and again whenever the number differs from the last one's. */
static void put_flag(struct reading *r, uint8_t who, char letter,
		     unsigned int flag, uint32_t seq)
{
	struct side *side = &r->side[who];

	if (!side->has[flag] || side->seq[flag] != seq)
		put(r, who, letter);
	side->has[flag] = true;
	side->seq[flag] = seq;
}

/* What moves nothing because it is old or foreign is no act of the sender. */
static bool foreign(const struct tcptrace_record *rec)
{
	return rec->why == TCPTRACE_WHY_STALE ||
	       rec->why == TCPTRACE_WHY_CHALLENGE ||
	       rec->why == TCPTRACE_WHY_SYN_IN_TIME_WAIT;
}

/* A reset that is not taken, a forged one perhaps, ends nothing. */
static bool took_effect(const struct tcptrace_record *rst)
{
	return !foreign(rst) && (rst->why == TCPTRACE_WHY_REFUSED ||
				 rst->old[0] != rst->state[0] ||
				 rst->old[1] != rst->state[1]);
}

static void read_flags(struct reading *r, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct side *side = &r->side[rec->from];
	const uint16_t flags = seg->flags & SYN_FIN_RST;

	if ((flags & TCPTRACE_FIN) && (flags & TCPTRACE_RST)) {
		put_once(r, rec->from, 'i', 0);
	} else if (flags & (flags - 1)) {
		put_once(r, rec->from, 'q', 0);
	} else if (flags == TCPTRACE_SYN) {
		put_flag(r, rec->from, seg->flags & TCPTRACE_ACK ? 'h' : 's', 0,
			 seg->seq);
	} else if (flags == TCPTRACE_FIN) {
		/* In one piece with data: it rides in the last segment. */
		if (seg->len && seg->segs > 1 &&
		    !(rec->rflags & TCPTRACE_F_RETRANSMIT))
			put_data(r, rec->from);
		if (!side->fin_at)
			side->fin_at = r->t->len + 1;
		put_flag(r, rec->from, 'f', 1, seg->seq + seg->len);
	} else if (flags == TCPTRACE_RST) {
		if (!side->rst_at && took_effect(rec))
			side->rst_at = r->t->len + 1;
		put_flag(r, rec->from, 'r', 2, seg->seq);
	} else if (seg->len) {
		put_data(r, rec->from);
	} else if (seg->flags & TCPTRACE_ACK) {
		put_ack(r, rec->from);
	}
}

/* What of a segment the counters have to be freed of, to tell plain ones. */
static void count_segment(struct side *side, const struct tcptrace_record *rec)
{
	const bool again = rec->rflags & TCPTRACE_F_RETRANSMIT;
	const struct tcptrace_seg *seg = &rec->u.seg;

	if (again && !seg->len)
		side->bare_again += seg->segs;
	if (again && seg->len)
		side->again += seg->segs;
	if (!(seg->flags & SYN_FIN_RST))
		return;
	/* Of what is out of place, the core counts no payload. */
	if (seg->len && (again || !foreign(rec)))
		side->loaded++;
	else
		side->bare += seg->segs;
}

static void read_window(struct reading *r, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct side *side = &r->side[rec->from];

	/* No window matters on a SYN or an RST, or once the other has closed. */
	if (seg->win || (seg->flags & (TCPTRACE_SYN | TCPTRACE_RST)) ||
	    side->known.rst || r->side[!rec->from].known.fin)
		return;
	put_logarithmic(r, rec->from, 'w', ++side->windows, &side->window_letters);
}

static void learn_segment(struct known *from, const struct tcptrace_record *rec)
{
	const uint16_t flags = rec->u.seg.flags;

	if (!(flags & SYN_FIN_RST))
		return;
	if (flags & TCPTRACE_RST)
		from->rst = from->rst || took_effect(rec);
	if (foreign(rec) || (flags & TCPTRACE_RST))
		return;
	if (flags & TCPTRACE_SYN)
		from->syn = true;
	if ((flags & TCPTRACE_FIN) && !from->rst)
		from->fin = true;
}

static void read_segment(struct reading *r, const struct tcptrace_record *rec)
{
	struct side *side = &r->side[rec->from];

	/* An arrival says nothing new, unless the leaving is missing. */
	if ((rec->rflags & TCPTRACE_F_AGAIN) && !r->gap)
		return;
	count_segment(side, rec);
	read_flags(r, rec);
	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		put_logarithmic(r, rec->from, 't', side->again, &side->again_letters);
	read_window(r, rec);
	learn_segment(&side->known, rec);
}

/*
 * Counters tell of segments that have no records of their own: those with
 * payload, and without it pure ACKs. Where records are missing the latter and
 * retransmissions cannot be told from control segments. Between two counters
 * the order is not known; most likely an answer comes after its ACK.
 */
static void read_count(struct reading *r, const struct tcptrace_record *rec)
{
	const uint8_t answerer = r->answerer;
	uint64_t bare, all;
	struct side *side;
	unsigned int i;
	uint8_t e;

	for (i = 0; i < 2; i++) {
		e = i ? !answerer : answerer;
		side = &r->side[e];
		bare = (uint64_t)rec->u.data_segs[e] + side->bare;
		if (!r->gap && rec->u.count[e].segs > bare)
			put_ack(r, e);
		if (rec->u.data_segs[e] > side->loaded)
			put_data(r, e);
	}
	for (e = 0; e < 2; e++) {
		side = &r->side[e];
		all = rec->u.count[e].retrans;
		if (!r->gap && all > side->again + side->bare_again)
			side->again = all - side->bare_again;
		put_logarithmic(r, e, 't', side->again, &side->again_letters);
	}
}

/* What an endpoint has sent until it was in a state. */
#define SENT_SYN	1	/* if it was seen from its beginning */
#define SENT_FIN	2	/* or a reset */

static const uint8_t sent_until[TCPTRACE_NR_STATES] = {
	[TCPTRACE_SYN_SENT]	= SENT_SYN,
	[TCPTRACE_SYN_RCVD]	= SENT_SYN,
	[TCPTRACE_ESTABLISHED]	= SENT_SYN,
	[TCPTRACE_CLOSE_WAIT]	= SENT_SYN,
	[TCPTRACE_FIN_WAIT1]	= SENT_SYN | SENT_FIN,
	[TCPTRACE_FIN_WAIT2]	= SENT_SYN | SENT_FIN,
	[TCPTRACE_CLOSING]	= SENT_SYN | SENT_FIN,
	[TCPTRACE_TIME_WAIT]	= SENT_SYN | SENT_FIN,
	[TCPTRACE_LAST_ACK]	= SENT_SYN | SENT_FIN,
};

/* States tell what was sent to come to them, though its record be lost. */
static void learn_new_states(struct reading *r, const uint8_t state[2],
			     bool pickup)
{
	uint8_t e, sent;

	for (e = 0; e < 2; e++) {
		struct known *known = &r->side[e].known;

		r->state[e] = state[e];
		sent = state[e] < TCPTRACE_NR_STATES ? sent_until[state[e]] : 0;
		if ((sent & SENT_SYN) && !pickup)
			known->syn = true;
		if ((sent & SENT_FIN) && !known->rst)
			known->fin = true;
	}
}

/* Nearly always those after one record are those before the next. */
static void learn_states(struct reading *r, const uint8_t state[2],
			 bool pickup)
{
	if (state[0] != r->state[0] || state[1] != r->state[1])
		learn_new_states(r, state, pickup);
}

static void read_record(struct reading *r, const struct tcptrace_record *rec)
{
	const bool pickup = rec->rflags & TCPTRACE_F_PICKUP;

	/* These have no states. */
	if (rec->kind == TCPTRACE_REC_TLS)
		return;
	learn_states(r, rec->old, pickup);
	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		/* Who is the client does not follow from who spoke first. */
		if (!rec->n && rec->from == TCPTRACE_SERVER)
			text_char(r->t, '^');
		read_segment(r, rec);
		break;
	case TCPTRACE_REC_COUNT:
	case TCPTRACE_REC_END:
		read_count(r, rec);
		break;
	default:
		break;
	}
	learn_states(r, rec->state, pickup);
}

static void read_all(struct reading *r, const struct story *s, struct text *t)
{
	const struct tcptrace_record *rec = s->conn->rec;
	const struct tcptrace_record *end = rec + s->conn->nr;
	uint32_t next = 0;

	memset(r, 0, sizeof(*r));
	r->t = t;
	r->answerer = TCPTRACE_SERVER;
	text_clear(t);
	for (; rec < end; rec++) {
		if (rec->n != next)
			r->gap = true;
		next = rec->n + 1;
		read_record(r, rec);
	}
}

static const char *state_reset(const struct known *c, const struct known *v,
			       bool c_spoke, bool v_spoke)
{
	if (v->rst && c->syn && !v_spoke)
		return "REJ";
	if (v->rst)
		return v->syn && !c_spoke ? "RSTRH" : "RSTR";
	if (v_spoke)
		return c->syn || v->syn ? "RSTO" : "OTH";
	return c->syn && !c->ack && !c->fin ? "RSTOS0" : "OTH";
}

static const char *state_closing(const struct known *c, const struct known *v,
				 bool c_spoke, bool v_spoke)
{
	if (!c->syn && !v->syn)
		return "OTH";
	if (c->fin)
		return v_spoke ? "S2" : "SH";
	return c_spoke ? "S3" : "SHR";
}

/**
 * zeek_read() - the conn_state of a connection, and its history
 * @s: its story
 * @t: where the history goes, a letter for each event; what was there goes away
 *
 * What Zeek's own script does where its published meanings leave it open is
 * done here too; where the two differ, the meanings hold: without a SYN and
 * without a SYN-ACK nothing is called SH, SHR or RSTRH.
 *
 * Context: any.
 * Return: a constant string; NULL if it hangs on records that are lost.
 */
const char *zeek_read(const struct story *s, struct text *t)
{
	const struct known *c, *v;
	bool c_spoke, v_spoke;
	struct reading r;

	read_all(&r, s, t);
	c = &r.side[TCPTRACE_CLIENT].known;
	v = &r.side[TCPTRACE_SERVER].known;
	/* A bare ACK is no answer to a SYN. */
	c_spoke = c->syn || c->ack || c->data || c->fin;
	v_spoke = v->syn || v->data || v->fin;

	if (c->fin && v->fin)
		return "SF";
	if (c->rst || v->rst)
		return state_reset(c, v, c_spoke, v_spoke);
	if (s->lost && s->end[TCPTRACE_CLIENT].state == TCPTRACE_CLOSED &&
	    s->end[TCPTRACE_SERVER].state == TCPTRACE_CLOSED)
		return NULL;
	if (c->fin || v->fin)
		return state_closing(c, v, c_spoke, v_spoke);
	if (c->syn && !v_spoke)
		return "S0";
	if ((c->syn && v_spoke) || (v->syn && c_spoke))
		return "S1";
	return "OTH";
}
