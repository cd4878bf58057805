// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "telling.h"
#include "util.h"

/* A segment that did not arrive for so long, while others came, is lost. */
#define LOST_AFTER_NS	1000000ULL

#define NO_REC	(~0u)

/**
 * telling_row() - insert a row
 * @s: the story
 * @at: where to
 * @kind: what it is
 * @rec: what it stands for; may be NULL
 *
 * Context: any; rows move in memory.
 * Return: the row.
 */
struct row *telling_row(struct story *s, unsigned int at, enum row_kind kind,
			const struct tcptrace_record *rec)
{
	static const struct row blank;
	struct row *row;

	if (s->nr_rows == s->size) {
		s->size = s->size ? s->size * 2 : 32;
		s->row = grow(s->row, s->size, sizeof(*s->row));
	}
	row = &s->row[at];
	if (at < s->nr_rows)
		memmove(row + 1, row, (s->nr_rows - at) * sizeof(*row));
	*row = blank;
	row->kind = kind;
	row->first = rec;
	s->nr_rows++;
	return row;
}

/**
 * telling_sighting() - a row happens where and when something was sighted
 * @row: the row
 * @rec: the sighting: at its sender, at its receiver, or between
 *
 * Context: any.
 */
void telling_sighting(struct row *row, const struct tcptrace_record *rec)
{
	if (rec->vantage == TCPTRACE_LEAVES)
		telling_time(row, rec->from, rec->t_ns);
	else if (rec->vantage == TCPTRACE_ARRIVES)
		telling_time(row, !rec->from, rec->t_ns);
	else
		telling_time(row, TCPTRACE_CLIENT, rec->t_ns);
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

static bool has_arrivals(const struct model_conn *conn)
{
	unsigned int i;

	for (i = 0; i < conn->nr; i++)
		if (is_arrival(&conn->rec[i]))
			return true;
	return false;
}

/*
 * Finds where what arrived has left. Of several that look alike, sent again
 * that is, the last one is the one that got through, and the one before it
 * belongs to the arrival before. NULL if nothing was seen both to leave and to
 * arrive.
 */
static unsigned int *find_leavings(const struct model_conn *conn)
{
	unsigned int *leaving;
	unsigned int i, j;
	bool *taken;

	if (!has_arrivals(conn))
		return NULL;
	leaving = grow(NULL, conn->nr, sizeof(*leaving));
	taken = zalloc(conn->nr);
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
	unsigned int i, left;

	if (!t->leaving)
		return NULL;
	left = t->leaving[rec - conn->rec];
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

static void tell_segment(struct telling *t, const struct tcptrace_record *rec)
{
	struct row *row = find_leaving(t, rec);

	if (row) {
		row->again = rec;
		row->fate = FATE_ARRIVED;
	} else {
		if (!(rec->rflags & TCPTRACE_F_AGAIN))
			telling_segment(t, rec);
		row = telling_row(t->s, t->s->nr_rows, ROW_ARROW, rec);
		if (rec->vantage == TCPTRACE_ARRIVES)
			row->fate = FATE_ARRIVED;
	}
	telling_sighting(row, rec);
	telling_reset(t->s, rec);
	telling_moves(t->s, rec, row);
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
		row = telling_row(s, at, ROW_MOVE, rec);
	}
	telling_moves(s, rec, row);
}

/* To the kernel, what waits in TIME_WAIT is no socket any more. */
static bool means(uint8_t said, uint8_t state)
{
	return said == state ||
	       (said == TCPTRACE_CLOSED && (state == TCPTRACE_TIME_WAIT ||
					    state == TCPTRACE_FIN_WAIT2));
}

/*
 * Marks the state that the kernel has named. The CLOSED of a socket that
 * segments show in TIME_WAIT is no state of theirs, nor is the one in which
 * all began.
 */
static void agree(struct story *s, struct story_end *end)
{
	unsigned int i;

	for (i = end->nr_moves; i--; ) {
		struct move *move = &end->move[i];

		if (move->undone || move->back)
			continue;
		if (move->state == end->said) {
			move->agreed = true;
			s->agreed = true;
			return;
		}
		if (end->said == TCPTRACE_CLOSED)
			return;
	}
}

/*
 * The kernel's word. It may come before the segment that shows it; if another
 * word comes and none has, the two do not tell the same story.
 */
static void tell_word(struct telling *t, const struct tcptrace_record *rec)
{
	struct story *s = t->s;
	struct row *row = NULL;
	struct story_end *end;

	if (rec->from > TCPTRACE_SERVER)
		return;
	end = &s->end[rec->from];
	if (end->ahead && rec->u.word.said != end->said)
		end->differed++;
	end->heard = true;
	end->said = rec->u.word.said;
	end->ahead = rec->why == TCPTRACE_WHY_WORD_AHEAD;
	if (rec->why == TCPTRACE_WHY_WORD_DIFFERS)
		end->differed++;
	if (rec->why == TCPTRACE_WHY_WORD_DIFFERS ||
	    rec->why == TCPTRACE_WHY_WORD_CLOSED ||
	    rec->why == TCPTRACE_WHY_WORD_FIN) {
		row = telling_row(s, s->nr_rows, ROW_WORD, rec);
		telling_time(row, rec->from, rec->t_ns);
	}
	telling_moves(s, rec, row);
	if (rec->why == TCPTRACE_WHY_WORD_AGREES ||
	    rec->why == TCPTRACE_WHY_WORD_CLOSED)
		agree(s, end);
}

/* A segment or a timer shows what the kernel had told ahead of it. */
static void catch_up(struct story *s, const struct tcptrace_record *rec)
{
	uint8_t e;

	if (!s->end[0].ahead && !s->end[1].ahead)
		return;
	for (e = 0; e < 2; e++)
		if (s->end[e].ahead && means(s->end[e].said, rec->state[e])) {
			s->end[e].ahead = false;
			agree(s, &s->end[e]);
		}
}

static void tell_gap(struct telling *t, uint64_t gap, bool left_out)
{
	struct row *row = telling_row(t->s, t->s->nr_rows, ROW_GAP, NULL);

	if (left_out)
		row->omitted = t->s->conn->omitted;
	row->gap = gap - row->omitted;
}

static void tell(struct telling *t, const struct tcptrace_record *rec)
{
	struct story *s = t->s;
	struct row *row;

	if (rec->kind == TCPTRACE_REC_TLS) {
		telling_tls(t, rec);
		return;
	}
	if (rec->rflags & TCPTRACE_F_LOCAL_CLIENT)
		s->end[TCPTRACE_CLIENT].local = true;
	if (rec->rflags & TCPTRACE_F_LOCAL_SERVER)
		s->end[TCPTRACE_SERVER].local = true;
	if (rec->rflags & TCPTRACE_F_PICKUP)
		s->pickup = true;

	telling_old(s, rec);

	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		tell_segment(t, rec);
		break;
	case TCPTRACE_REC_STATE:
		tell_state(t, rec);
		break;
	case TCPTRACE_REC_UNDO:
		telling_moves(s, rec, telling_row(s, s->nr_rows, ROW_UNDO, rec));
		break;
	case TCPTRACE_REC_TIMER:
		telling_moves(s, rec, telling_row(s, s->nr_rows, ROW_TIMER, rec));
		break;
	case TCPTRACE_REC_WORD:
		tell_word(t, rec);
		return;
	case TCPTRACE_REC_COUNT:
		telling_count(t, rec);
		break;
	case TCPTRACE_REC_END:
		s->ended = rec->why;
		telling_count(t, rec);
		row = telling_row(s, s->nr_rows, ROW_END, rec);
		telling_time(row, TCPTRACE_CLIENT, rec->t_ns);
		break;
	default:
		break;	/* a newer module's; its number is accounted for */
	}
	catch_up(s, rec);
}

/*
 * What arrives is recorded where it moves a state, and always with SYN, FIN or
 * RST. Plain ACKs and data that left behind another one, before that arrived,
 * find nothing to move: nobody knows what became of them.
 */
static bool arrives_untold(const struct story *s, unsigned int at)
{
	const uint16_t told = TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST;
	const struct tcptrace_record *rec = s->row[at].first;
	unsigned int i;

	if (rec->u.seg.flags & told)
		return false;
	for (i = 0; i < at; i++) {
		const struct row *row = &s->row[i];

		if (row->kind == ROW_ARROW && row->again &&
		    row->first->from == rec->from &&
		    row->again->t_ns > rec->t_ns)
			return true;
	}
	return false;
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

	if (!s->end[TCPTRACE_CLIENT].local || !s->end[TCPTRACE_SERVER].local)
		return;
	for (i = s->nr_rows; i--; ) {
		struct row *row = &s->row[i];

		if (row->kind == ROW_GAP)
			gap = true;
		if (row->kind == ROW_ARROW && !row->again && !gap &&
		    row->first->vantage == TCPTRACE_LEAVES &&
		    (row->first->rflags & both) == both &&
		    s->conn->last_ns > row->first->t_ns + LOST_AFTER_NS &&
		    !arrives_untold(s, i))
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

/* The first record that has addresses and states. */
static const struct tcptrace_record *find_any(struct story *s)
{
	const struct model_conn *conn = s->conn;
	unsigned int i;

	for (i = 0; i < conn->nr; i++)
		if (conn->rec[i].kind != TCPTRACE_REC_TLS)
			return &conn->rec[i];
	s->nobody.n = conn->rec[0].n;
	s->nobody.conn = conn->id;
	s->nobody.netns = conn->rec[0].netns;
	return &s->nobody;
}

/* All of it zero, but the room that it has for rows and moves. */
static void empty(struct story *s)
{
	struct story old = *s;
	uint8_t e;

	tls_free(old.tls);
	memset(s, 0, sizeof(*s));
	s->row = old.row;
	s->size = old.size;
	for (e = 0; e < 2; e++) {
		s->end[e].move = old.end[e].move;
		s->end[e].size = old.end[e].size;
	}
}

/**
 * story_init() - tell the story of a connection
 * @s: the story, all zero before its first one; room that the last one took is
 *	used again. story_clean() gives it back, and it must not move
 * @conn: the connection; must outlive the story
 * @wall_ns: to be added to its times for nanoseconds since 1970; NULL if that
 *	is not known
 *
 * Context: any.
 */
void story_init(struct story *s, const struct model_conn *conn,
		const int64_t *wall_ns)
{
	struct telling t = {
		.s = s,
		.data = NO_ROW,
		.second_fin = NO_ROW,
	};
	bool left_out = conn->omitted;
	uint64_t next = 0;
	unsigned int i;

	empty(s);
	s->conn = conn;
	s->any = find_any(s);
	s->lost = model_conn_lost(conn);
	s->fin_from = TCPTRACE_NOBODY;
	s->rst_from = TCPTRACE_NOBODY;
	s->start_ns = conn->rec[0].t_ns;
	s->last_ns = s->start_ns;
	t.leaving = find_leavings(conn);
	telling_tls_begin(&t, wall_ns);

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

	s->has_handshake = s->open_ns && s->syn_ns;
	if (s->has_handshake)
		s->handshake_ns = s->open_ns - s->syn_ns;
	telling_since(&t);
	if (t.data != NO_ROW)
		telling_data_last(&t);
	find_lost(s);
	find_guesses(s);
	free(t.leaving);
}

/**
 * story_clean() - give the memory of a story back
 * @s: the story; may be told again
 *
 * Context: any.
 */
void story_clean(struct story *s)
{
	free(s->row);
	free(s->end[TCPTRACE_CLIENT].move);
	free(s->end[TCPTRACE_SERVER].move);
	tls_free(s->tls);
	memset(s, 0, sizeof(*s));
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
 * story_mismatches() - how often the kernel told another state of an endpoint
 * @s: the story
 * @who: enum tcptrace_endpoint
 *
 * Judged on the order of states, not on their times.
 *
 * Context: any.
 */
unsigned int story_mismatches(const struct story *s, uint8_t who)
{
	return s->end[who].differed + s->end[who].ahead;
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
