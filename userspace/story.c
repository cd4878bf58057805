// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "util.h"

/* A segment that did not arrive for so long, while others came, is lost. */
#define LOST_AFTER_NS	1000000ULL

#define NO_ROW	(~0u)
#define NO_REC	(~0u)

/* While the records are gone through. */
struct telling {
	struct story *s;
	unsigned int *leaving;	/* by record: where the segment left, or NO_REC */
	unsigned int data;	/* the data row whose counters are to come */
	unsigned int second_fin;
	bool fin_acked;		/* by a segment that carried no FIN */
	struct folded base[2];
	uint64_t fin_bytes[2];	/* payload that FINs carried */
};

static struct row *add_row(struct story *s, unsigned int at, enum row_kind kind,
			   const struct tcptrace_record *rec)
{
	struct row *row;

	if (s->nr_rows == s->size) {
		s->size = s->size ? s->size * 2 : 32;
		s->row = grow(s->row, s->size, sizeof(*s->row));
	}
	row = &s->row[at];
	memmove(row + 1, row, (s->nr_rows - at) * sizeof(*row));
	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->first = rec;
	s->nr_rows++;
	return row;
}

static void set_time(struct row *row, uint8_t who, uint64_t t_ns)
{
	row->has_time[who] = true;
	row->t_ns[who] = t_ns;
}

/* Where a sighting took place: at its sender, at its receiver, or between. */
static void set_sighting(struct row *row, const struct tcptrace_record *rec)
{
	if (rec->vantage == TCPTRACE_LEAVES)
		set_time(row, rec->from, rec->t_ns);
	else if (rec->vantage == TCPTRACE_ARRIVES)
		set_time(row, !rec->from, rec->t_ns);
	else
		set_time(row, TCPTRACE_CLIENT, rec->t_ns);
}

/* Returns the index of the move plus one, as row.label has it. */
static unsigned int add_move(struct story_end *end, uint8_t state,
			     uint64_t t_ns)
{
	struct move *move;

	if (end->nr_moves == end->size) {
		end->size = end->size ? end->size * 2 : 16;
		end->move = grow(end->move, end->size, sizeof(*end->move));
	}
	move = &end->move[end->nr_moves++];
	memset(move, 0, sizeof(*move));
	move->state = state;
	move->guess = true;
	move->t_ns = t_ns;
	end->state = state;
	return end->nr_moves;
}

/* A proved state proves those before it. */
static void prove(struct story_end *end)
{
	unsigned int i;

	for (i = 0; i < end->nr_moves; i++)
		end->move[i].guess = false;
}

/* What a reset leaves behind is known; what it met is not proved by it. */
static void prove_last(struct story_end *end)
{
	if (end->nr_moves)
		end->move[end->nr_moves - 1].guess = false;
}

static unsigned int undo_move(struct story_end *end, uint8_t state,
			      uint64_t t_ns)
{
	unsigned int i;
	unsigned int label;

	for (i = end->nr_moves; i--; ) {
		struct move *move = &end->move[i];

		if (move->undone || move->back)
			continue;
		if (move->state == state)
			break;
		move->undone = true;
	}
	label = add_move(end, state, t_ns);
	/* If all of it was taken back this one is a state of its own. */
	end->move[label - 1].back = i != ~0u;
	return label;
}

static bool same_segment(const struct tcptrace_record *a,
			 const struct tcptrace_record *b)
{
	return a->from == b->from && a->u.seg.seq == b->u.seg.seq &&
	       a->u.seg.ack == b->u.seg.ack && a->u.seg.len == b->u.seg.len &&
	       a->u.seg.flags == b->u.seg.flags;
}

static bool is_arrival(const struct tcptrace_record *rec)
{
	return rec->kind == TCPTRACE_REC_SEGMENT &&
	       (rec->rflags & TCPTRACE_F_AGAIN);
}

/*
 * Finds where what arrived has left. Of several that look alike, sent again
 * that is, the last one is the one that got through, and the one before it
 * belongs to the arrival before.
 */
static unsigned int *find_leavings(const struct model_conn *conn)
{
	unsigned int *leaving = grow(NULL, conn->nr, sizeof(*leaving));
	bool *taken = zalloc(conn->nr);
	unsigned int i, j;

	for (i = conn->nr; i--; ) {
		leaving[i] = NO_REC;
		if (!is_arrival(&conn->rec[i]))
			continue;
		for (j = i; j--; ) {
			const struct tcptrace_record *rec = &conn->rec[j];

			if (rec->kind == TCPTRACE_REC_SEGMENT && !taken[j] &&
			    !is_arrival(rec) &&
			    same_segment(rec, &conn->rec[i]))
				break;
		}
		if (j == ~0u)
			continue;
		leaving[i] = j;
		taken[j] = true;
	}
	free(taken);
	return leaving;
}

/* The arrow that @rec is the arrival of. */
static struct row *find_leaving(struct telling *t,
				const struct tcptrace_record *rec)
{
	const struct model_conn *conn = t->s->conn;
	unsigned int left = t->leaving[rec - conn->rec];
	unsigned int i;

	if (left == NO_REC)
		return NULL;
	for (i = t->s->nr_rows; i--; )
		if (t->s->row[i].kind == ROW_ARROW &&
		    t->s->row[i].first == &conn->rec[left])
			return &t->s->row[i];
	return NULL;
}

/* The row of the sighting that a STATE record goes on with. */
static struct row *find_sighting(struct story *s,
				 const struct tcptrace_record *rec)
{
	unsigned int i;

	for (i = s->nr_rows; i--; ) {
		struct row *row = &s->row[i];
		const struct tcptrace_record *of;

		if (row->kind != ROW_ARROW)
			continue;
		of = row->again ? row->again : row->first;
		if (of->t_ns == rec->t_ns && same_segment(of, rec))
			return row;
	}
	return NULL;
}

static void note_open_time(struct story *s, uint64_t t_ns)
{
	uint8_t c = s->end[TCPTRACE_CLIENT].state;
	uint8_t v = s->end[TCPTRACE_SERVER].state;

	if (!s->open_ns && c == TCPTRACE_ESTABLISHED &&
	    v == TCPTRACE_ESTABLISHED)
		s->open_ns = t_ns;
}

/* The states after @rec: labels go to @row, proofs to what went before. */
static void tell_moves(struct story *s, const struct tcptrace_record *rec,
		       struct row *row)
{
	uint8_t e;

	for (e = 0; e < 2; e++) {
		struct story_end *end = &s->end[e];
		bool reset = rec->why == TCPTRACE_WHY_RST && rec->from == e;

		if (!(rec->inferred & TCPTRACE_INFERRED_OLD(e)))
			prove(end);
		if (end->state != rec->state[e] && row) {
			row->label[e] = rec->kind == TCPTRACE_REC_UNDO ?
				undo_move(end, rec->state[e], rec->t_ns) :
				add_move(end, rec->state[e], rec->t_ns);
			if (row->kind != ROW_ARROW)
				set_time(row, e, rec->t_ns);
		}
		if (rec->inferred & TCPTRACE_INFERRED_NEW(e))
			continue;
		if (reset)
			prove_last(end);
		else
			prove(end);
	}
	note_open_time(s, rec->t_ns);
}

/* States before @rec that nobody told of: the first ones, or after a gap. */
static void tell_old(struct story *s, const struct tcptrace_record *rec,
		     struct row *row)
{
	unsigned int label;
	uint8_t e;

	for (e = 0; e < 2; e++) {
		struct story_end *end = &s->end[e];

		if (rec->old[e] == end->state ||
		    rec->old[e] == TCPTRACE_UNKNOWN)
			continue;
		label = add_move(end, rec->old[e], rec->t_ns);
		if (row)
			row->label[e] = label;
	}
}

static void learn_numbers(struct story *s, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct story_end *from = &s->end[rec->from];
	struct story_end *to = &s->end[!rec->from];

	/* What does not belong to the connection says nothing of it. */
	if (rec->why == TCPTRACE_WHY_STALE ||
	    rec->why == TCPTRACE_WHY_CHALLENGE ||
	    rec->why == TCPTRACE_WHY_SYN_IN_TIME_WAIT)
		return;
	if (seg->flags & TCPTRACE_SYN) {
		from->isn = seg->seq;
		from->has_isn = true;
		from->first_seen = false;
		if ((seg->flags & TCPTRACE_ACK) && !to->has_isn) {
			to->isn = seg->ack - 1;
			to->has_isn = true;
		}
	} else if (!(seg->flags & TCPTRACE_RST)) {
		if (!from->has_isn) {
			from->isn = seg->seq;
			from->has_isn = true;
			from->first_seen = true;
		}
		if (!to->has_isn && (seg->flags & TCPTRACE_ACK)) {
			to->isn = seg->ack;
			to->has_isn = true;
			to->first_seen = true;
		}
	}
	if ((seg->flags & TCPTRACE_FIN) && !from->has_fin) {
		from->fin = seg->seq + seg->len;
		from->has_fin = true;
	}
}

static void learn_task(struct story *s, const struct tcptrace_record *rec)
{
	struct story_end *end = &s->end[rec->from];

	if (!(rec->rflags & TCPTRACE_F_TASK) || end->pid)
		return;
	end->pid = rec->pid;
	memcpy(end->comm, rec->u.seg.comm, sizeof(end->comm));
}

static void learn_close(struct telling *t, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	struct story *s = t->s;
	const struct story_end *first;

	if (seg->flags & TCPTRACE_FIN) {
		s->fins++;
		if (!(rec->rflags & TCPTRACE_F_RETRANSMIT))
			t->fin_bytes[rec->from] += seg->len;
	}
	if (s->fin_from == TCPTRACE_NOBODY) {
		if (seg->flags & TCPTRACE_FIN) {
			s->fin_from = rec->from;
			s->fin_ns = rec->t_ns;
		}
		return;
	}
	first = &s->end[s->fin_from];
	if (rec->from == s->fin_from || !(seg->flags & TCPTRACE_ACK) ||
	    t->second_fin != NO_ROW)
		return;
	if (!(seg->flags & TCPTRACE_FIN)) {
		if (seg->ack == first->fin + 1)
			t->fin_acked = true;
		return;
	}
	t->second_fin = s->nr_rows;
	if (seg->ack == first->fin + 1)
		s->merged_close = !t->fin_acked;
	else
		s->crossed_close = true;
}

static void learn_reset(struct story *s, const struct tcptrace_record *rec)
{
	bool moved = rec->old[0] != rec->state[0] ||
		     rec->old[1] != rec->state[1];

	if (!(rec->u.seg.flags & TCPTRACE_RST))
		return;
	if (rec->why == TCPTRACE_WHY_REFUSED)
		s->refused = true;
	else if (!moved)
		return;
	if (s->rst_from != TCPTRACE_NOBODY)
		return;
	s->rst_from = rec->from;
	s->rst_state[0] = rec->old[0];
	s->rst_state[1] = rec->old[1];
}

static void learn_segment(struct telling *t, const struct tcptrace_record *rec)
{
	const uint16_t flags = rec->u.seg.flags;
	struct story *s = t->s;

	learn_numbers(s, rec);
	learn_task(s, rec);
	learn_close(t, rec);
	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		s->retransmits++;
	if ((flags & (TCPTRACE_SYN | TCPTRACE_ACK)) == TCPTRACE_SYN &&
	    rec->from == TCPTRACE_CLIENT && rec->why == TCPTRACE_WHY_SYN)
		s->syns++;
	if (rec->why == TCPTRACE_WHY_SYNACK && rec->from == TCPTRACE_SERVER)
		s->synacks++;
	if (rec->why == TCPTRACE_WHY_SIMULTANEOUS_OPEN)
		s->crossed_open = true;
	if (rec->vantage == TCPTRACE_PASSES)
		s->passing = true;
}

static void tell_segment(struct telling *t, const struct tcptrace_record *rec)
{
	struct row *row = find_leaving(t, rec);

	if (row) {
		row->again = rec;
		row->fate = FATE_ARRIVED;
	} else {
		if (!(rec->rflags & TCPTRACE_F_AGAIN))
			learn_segment(t, rec);
		row = add_row(t->s, t->s->nr_rows, ROW_ARROW, rec);
		if (rec->vantage == TCPTRACE_ARRIVES)
			row->fate = FATE_ARRIVED;
	}
	set_sighting(row, rec);
	learn_reset(t->s, rec);
	tell_moves(t->s, rec, row);
	t->s->last_ns = rec->t_ns;
}

static void tell_state(struct telling *t, const struct tcptrace_record *rec)
{
	struct row *row = find_sighting(t->s, rec);
	struct story *s = t->s;
	unsigned int at;
	uint8_t e;
	bool room = true;

	for (e = 0; e < 2; e++)
		if (row && row->label[e] && rec->old[e] != rec->state[e])
			room = false;
	if (!row || !room) {
		at = row ? (unsigned int)(row - s->row) + 1 : s->nr_rows;
		while (at < s->nr_rows && s->row[at].kind == ROW_MOVE)
			at++;
		row = add_row(s, at, ROW_MOVE, rec);
	}
	tell_moves(s, rec, row);
}

static struct folded folded(const struct tcptrace_record *rec, uint8_t who)
{
	return (struct folded) {
		.bytes = rec->u.count[who].bytes,
		.segs = rec->u.data_segs[who],
		.retrans = rec->u.count[who].retrans,
	};
}

/* What was sent since the counters stood at @from. */
static void fold(struct row *row, const struct folded *from,
		 const struct tcptrace_record *rec)
{
	struct folded until;
	uint8_t e;

	for (e = 0; e < 2; e++) {
		until = folded(rec, e);
		row->data[e].bytes = until.bytes - from[e].bytes;
		row->data[e].segs = until.segs - from[e].segs;
		row->data[e].retrans = until.retrans - from[e].retrans;
	}
	row->span_ns = rec->t_ns - row->first->t_ns;
	row->flying = false;
}

/* Bytes that came after the first FIN and rode in no FIN: half closed. */
static void fold_after_fin(struct telling *t,
			   const struct tcptrace_record *rec)
{
	const uint8_t who = t->s->fin_from == TCPTRACE_CLIENT ?
			    TCPTRACE_SERVER : TCPTRACE_CLIENT;
	struct folded until;
	uint64_t bytes;
	struct row *row;
	unsigned int at;

	/* Without the counters at the first FIN it cannot be told apart. */
	if (t->s->fin_from == TCPTRACE_NOBODY || !t->s->counted)
		return;
	until = folded(rec, who);
	bytes = until.bytes - t->base[who].bytes;
	if (bytes <= t->fin_bytes[who])
		return;
	at = t->second_fin == NO_ROW ? t->s->nr_rows : t->second_fin;
	row = add_row(t->s, at, ROW_DATA, rec);
	row->after_fin = true;
	row->data[who].bytes = bytes - t->fin_bytes[who];
	row->data[who].segs = until.segs - t->base[who].segs;
	if (t->fin_bytes[who] && row->data[who].segs)
		row->data[who].segs--;
	t->second_fin = NO_ROW;
}

static void tell_count(struct telling *t, const struct tcptrace_record *rec)
{
	struct story *s = t->s;
	struct row *row;
	bool data;
	uint8_t e;

	data = rec->u.count[0].bytes || rec->u.count[1].bytes;
	if (rec->why == TCPTRACE_WHY_FIRST_DATA &&
	    s->fin_from != TCPTRACE_NOBODY) {
		/* All there was rides in the FIN, whose arrow says so. */
	} else if (rec->why == TCPTRACE_WHY_FIRST_DATA) {
		t->data = s->nr_rows;
		row = add_row(s, s->nr_rows, ROW_DATA, rec);
		row->flying = true;
	} else if (t->data != NO_ROW) {
		fold(&s->row[t->data], t->base, rec);
		t->data = NO_ROW;
	} else if (rec->kind == TCPTRACE_REC_END) {
		fold_after_fin(t, rec);
	} else if (data) {
		/* The beginning is lost; the sum is not. */
		row = add_row(s, s->nr_rows, ROW_DATA, rec);
		fold(row, t->base, rec);
	}
	for (e = 0; e < 2; e++) {
		t->base[e] = folded(rec, e);
		/* All data that there was until the first is the first. */
		if (rec->why == TCPTRACE_WHY_FIRST_DATA) {
			t->base[e].bytes = 0;
			t->base[e].segs = 0;
		}
		s->end[e].sent = rec->u.count[e];
	}
	if (rec->why != TCPTRACE_WHY_FIRST_DATA)
		s->counted = true;
}

static void tell_gap(struct telling *t, uint64_t gap, bool left_out)
{
	struct row *row = add_row(t->s, t->s->nr_rows, ROW_GAP, NULL);

	if (left_out)
		row->omitted = t->s->conn->omitted;
	row->gap = gap - row->omitted;
}

static void tell(struct telling *t, const struct tcptrace_record *rec)
{
	struct story *s = t->s;
	struct row *row;
	uint8_t e;

	for (e = 0; e < 2; e++)
		if (rec->rflags & (TCPTRACE_F_LOCAL_CLIENT << e))
			s->end[e].local = true;
	if (rec->rflags & TCPTRACE_F_PICKUP)
		s->pickup = true;

	row = s->nr_rows ? &s->row[s->nr_rows - 1] : NULL;
	tell_old(s, rec, row && row->kind == ROW_GAP ? row : NULL);

	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		tell_segment(t, rec);
		break;
	case TCPTRACE_REC_STATE:
		tell_state(t, rec);
		break;
	case TCPTRACE_REC_UNDO:
		tell_moves(s, rec, add_row(s, s->nr_rows, ROW_UNDO, rec));
		break;
	case TCPTRACE_REC_TIMER:
		tell_moves(s, rec, add_row(s, s->nr_rows, ROW_TIMER, rec));
		break;
	case TCPTRACE_REC_COUNT:
		tell_count(t, rec);
		break;
	case TCPTRACE_REC_END:
		s->ended = rec->why;
		tell_count(t, rec);
		row = add_row(s, s->nr_rows, ROW_END, rec);
		set_time(row, TCPTRACE_CLIENT, rec->t_ns);
		break;
	default:
		break;	/* a newer module's; its number is accounted for */
	}
}

/*
 * An arrow that left for a receiver of this host, and did not arrive while
 * the story went on, was dropped on the way. Where records are missing after
 * it, its arrival may be among them.
 */
static void find_lost(struct story *s)
{
	const uint16_t both = TCPTRACE_F_LOCAL_CLIENT | TCPTRACE_F_LOCAL_SERVER;
	unsigned int i;
	bool gap = false;

	for (i = s->nr_rows; i--; ) {
		struct row *row = &s->row[i];

		if (row->kind == ROW_GAP)
			gap = true;
		if (row->kind == ROW_ARROW && !row->again && !gap &&
		    row->first->vantage == TCPTRACE_LEAVES &&
		    (row->first->rflags & both) == both &&
		    s->conn->last_ns > row->first->t_ns + LOST_AFTER_NS)
			row->fate = FATE_LOST;
	}
}

static void find_guesses(struct story *s)
{
	unsigned int i;
	uint8_t e;

	for (e = 0; e < 2; e++)
		for (i = 0; i < s->end[e].nr_moves; i++)
			if (s->end[e].move[i].guess &&
			    !s->end[e].move[i].undone)
				s->guesses = true;
}

/**
 * story_init() - tell the story of a connection
 * @s: the story; story_clean() gives its memory back
 * @conn: the connection; must outlive the story
 *
 * Context: any.
 */
void story_init(struct story *s, const struct model_conn *conn)
{
	struct telling t = {
		.s = s,
		.data = NO_ROW,
		.second_fin = NO_ROW,
	};
	bool left_out = conn->omitted;
	uint64_t next = 0;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->conn = conn;
	s->any = &conn->rec[0];
	s->lost = model_conn_lost(conn);
	s->fin_from = TCPTRACE_NOBODY;
	s->rst_from = TCPTRACE_NOBODY;
	s->start_ns = conn->rec[0].t_ns;
	s->last_ns = s->start_ns;
	t.leaving = find_leavings(conn);

	for (i = 0; i < conn->nr; i++) {
		const struct tcptrace_record *rec = &conn->rec[i];
		bool here = left_out && i >= MODEL_MAX_RECORDS &&
			    rec->n - next >= conn->omitted;

		if (rec->n != next) {
			tell_gap(&t, rec->n - next, here);
			left_out = left_out && !here;
		}
		tell(&t, rec);
		next = (uint64_t)rec->n + 1;
	}
	if (next < conn->top)
		tell_gap(&t, conn->top - next, left_out);

	if (s->open_ns && s->syns && !s->pickup)
		s->handshake_ns = s->open_ns - s->start_ns;
	find_lost(s);
	find_guesses(s);
	free(t.leaving);
}

/**
 * story_clean() - give the memory of a story back
 * @s: the story
 *
 * Context: any.
 */
void story_clean(struct story *s)
{
	free(s->row);
	free(s->end[TCPTRACE_CLIENT].move);
	free(s->end[TCPTRACE_SERVER].move);
}

/**
 * story_reached() - was an endpoint in a state
 * @s: the story
 * @who: enum tcptrace_endpoint
 * @state: enum tcptrace_state
 *
 * Context: any.
 * Return: whether it was, what was taken back not counted.
 */
bool story_reached(const struct story *s, uint8_t who, uint8_t state)
{
	const struct story_end *end = &s->end[who];
	unsigned int i;

	for (i = 0; i < end->nr_moves; i++)
		if (end->move[i].state == state && !end->move[i].undone)
			return true;
	return false;
}

/**
 * story_complete() - is the whole life of a connection known
 * @s: the story
 *
 * Context: any.
 * Return: whether all its records came, from the first SYN until both ends
 * were closed; TIME_WAIT may still run.
 */
bool story_complete(const struct story *s)
{
	const struct tcptrace_record *first = s->any;
	uint8_t c = s->end[TCPTRACE_CLIENT].state;
	uint8_t v = s->end[TCPTRACE_SERVER].state;

	if (s->lost || s->pickup || first->n ||
	    first->kind != TCPTRACE_REC_SEGMENT ||
	    !(first->u.seg.flags & TCPTRACE_SYN))
		return false;
	return (c == TCPTRACE_CLOSED || c == TCPTRACE_TIME_WAIT) &&
	       (v == TCPTRACE_CLOSED || v == TCPTRACE_TIME_WAIT ||
		(v == TCPTRACE_LISTEN && s->rst_from != TCPTRACE_NOBODY));
}
