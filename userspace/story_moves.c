// SPDX-License-Identifier: GPL-2.0
/* The states of both endpoints: moved to, proved, taken back. */
#include <string.h>

#include "telling.h"
#include "util.h"

/**
 * telling_time() - a row happens at a time at one end
 * @row: the row
 * @who: enum tcptrace_endpoint
 * @t_ns: the time
 *
 * Context: any.
 */
void telling_time(struct row *row, uint8_t who, uint64_t t_ns)
{
	row->has_time[who] = true;
	row->t_ns[who] = t_ns;
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

/* A proved state proves those before it, up to a reset. */
static void prove(struct story_end *end)
{
	for (; end->settled < end->nr_moves; end->settled++)
		end->move[end->settled].guess = false;
}

/* What a reset leaves behind is known; what it met nothing will prove. */
static void prove_last(struct story_end *end)
{
	if (end->nr_moves)
		end->settled = end->nr_moves - 1;
	prove(end);
}

/* Was the end in this state, as far as that is not taken back? */
static bool was_in(const struct story_end *end, uint8_t state)
{
	unsigned int i;

	for (i = 0; i < end->nr_moves; i++)
		if (end->move[i].state == state && !end->move[i].undone &&
		    !end->move[i].back)
			return true;
	return false;
}

/*
 * Back to a state it was in, or to one that it now seems to have been in
 * instead of what was inferred; what is proved stands then.
 */
static unsigned int undo_move(struct story_end *end, uint8_t state,
			      uint64_t t_ns)
{
	const bool back = was_in(end, state);
	unsigned int i;
	unsigned int label;

	for (i = end->nr_moves; i--; ) {
		struct move *move = &end->move[i];

		if (move->undone || move->back)
			continue;
		if (move->state == state || (!back && !move->guess))
			break;
		move->undone = true;
	}
	label = add_move(end, state, t_ns);
	end->move[label - 1].back = back;
	return label;
}

/* When a record opens the connection, or takes that back. */
static void note_open_time(struct story *s, const struct tcptrace_record *rec)
{
	const bool was = rec->old[0] == TCPTRACE_ESTABLISHED &&
			 rec->old[1] == TCPTRACE_ESTABLISHED;
	const bool is = rec->state[0] == TCPTRACE_ESTABLISHED &&
			rec->state[1] == TCPTRACE_ESTABLISHED;

	if (was && !is && rec->kind == TCPTRACE_REC_UNDO)
		s->open_ns = 0;
	else if (is && !was && !s->open_ns)
		s->open_ns = rec->t_ns;
}

/**
 * telling_moves() - tell the states after a record
 * @s: the story
 * @rec: the record
 * @row: where the states are shown; NULL if nothing can move
 *
 * What the record proves is proved of the states before as well.
 *
 * Context: any.
 */
void telling_moves(struct story *s, const struct tcptrace_record *rec,
		   struct row *row)
{
	uint8_t e;

	for (e = 0; e < 2; e++) {
		struct story_end *end = &s->end[e];

		if (!(rec->inferred & TCPTRACE_INFERRED_OLD(e)))
			prove(end);
		if (end->state != rec->state[e] && row) {
			row->label[e] = rec->kind == TCPTRACE_REC_UNDO ?
				undo_move(end, rec->state[e], rec->t_ns) :
				add_move(end, rec->state[e], rec->t_ns);
			if (row->kind != ROW_ARROW)
				telling_time(row, e, rec->t_ns);
		}
		if (rec->inferred & TCPTRACE_INFERRED_NEW(e))
			continue;
		if (rec->why == TCPTRACE_WHY_RST && rec->from == e)
			prove_last(end);
		else
			prove(end);
	}
	note_open_time(s, rec);
}

/* The gap above, if no state was told of since. */
static struct row *last_gap(struct story *s)
{
	unsigned int i = s->nr_rows;

	while (i && s->row[i - 1].kind == ROW_TLS)
		i--;
	return i && s->row[i - 1].kind == ROW_GAP ? &s->row[i - 1] : NULL;
}

static void tell_old(struct story *s, const struct tcptrace_record *rec,
		     uint8_t e)
{
	struct row *row = last_gap(s);
	unsigned int label;

	if (rec->old[e] == TCPTRACE_UNKNOWN)
		return;
	label = add_move(&s->end[e], rec->old[e], rec->t_ns);
	if (row)
		row->label[e] = label;
}

/**
 * telling_old() - tell the states before a record that nobody told of
 * @s: the story
 * @rec: the record
 *
 * These are the first ones, and those after a gap, which shows them.
 *
 * Context: any.
 */
void telling_old(struct story *s, const struct tcptrace_record *rec)
{
	if (rec->old[TCPTRACE_CLIENT] != s->end[TCPTRACE_CLIENT].state)
		tell_old(s, rec, TCPTRACE_CLIENT);
	if (rec->old[TCPTRACE_SERVER] != s->end[TCPTRACE_SERVER].state)
		tell_old(s, rec, TCPTRACE_SERVER);
}
