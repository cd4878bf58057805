// SPDX-License-Identifier: GPL-2.0
#include "step.h"

/* Would it be in LISTEN again, if it is reset before it is established? */
static bool passive(const struct tcptrace_end *end, u8 who)
{
	return who == TCPTRACE_SERVER && !(end->flags & TCPTRACE_END_ACTIVE);
}

void tcptrace_step_open(struct tcptrace_step *st, u8 kind)
{
	st->main = tcptrace_note_open(st->conn, st->notes, kind,
				      TCPTRACE_WHY_NONE, st->s->from);
	st->x_moved = false;
	st->y_moved = false;
}

void tcptrace_step_close(struct tcptrace_step *st)
{
	st->main->why = st->why;
	st->main->rflags = st->rflags;
	tcptrace_note_close(st->conn, st->notes, st->main);
}

void tcptrace_step_moved(struct tcptrace_step *st, struct tcptrace_end *end,
			 struct tcptrace_stand before, u8 why)
{
	bool *flag = end == st->x ? &st->x_moved : &st->y_moved;

	if (*flag) {
		u8 state = end->state, sure = end->sure;

		end->state = before.state;
		end->sure = before.sure;
		tcptrace_step_close(st);
		tcptrace_step_open(st, TCPTRACE_REC_STATE);
		end->state = state;
		end->sure = sure;
	}
	*flag = true;
	end->flags &= ~TCPTRACE_END_PENDING;
	st->worth = true;
	if (st->why == TCPTRACE_WHY_NONE || st->why == TCPTRACE_WHY_PROOF)
		st->why = why;
	if (end->state == TCPTRACE_TIME_WAIT) {
		end->tw_ns = st->s->now_ns;
		st->notes->timer = true;
	}
}

void tcptrace_step_undo(struct tcptrace_step *st, u16 what, u8 why)
{
	struct tcptrace_note *note;

	note = tcptrace_note_open(st->conn, st->notes, TCPTRACE_REC_UNDO, why,
				  st->s->from);
	note->rflags = st->rflags;
	if (tcptrace_end_undo(st->x, what, passive(st->x, st->s->from))) {
		tcptrace_note_close(st->conn, st->notes, note);
		st->conn->flags &= ~TCPTRACE_CONN_ENDED;
		st->worth = true;
		/* It goes on with a wait that the reset had seemed to end. */
		if (st->x->state == TCPTRACE_TIME_WAIT)
			st->notes->timer = true;
	}
	tcptrace_step_open(st, TCPTRACE_REC_SEGMENT);
}

void tcptrace_step_take(struct tcptrace_step *st, struct tcptrace_end *end,
			u16 what, u8 why)
{
	const struct tcptrace_stand before = tcptrace_stand(end);
	u8 who = end == st->x ? st->s->from : st->to;

	if (tcptrace_end_take(end, what, passive(end, who)))
		tcptrace_step_moved(st, end, before, why);
}

void tcptrace_step_prove(struct tcptrace_step *st, u16 what)
{
	const struct tcptrace_stand before = tcptrace_stand(st->x);

	if (tcptrace_end_prove(st->x, what, passive(st->x, st->s->from)))
		tcptrace_step_moved(st, st->x, before, TCPTRACE_WHY_PROOF);
	else if (!st->x_moved && !tcptrace_end_inferred(st->x))
		st->main->inferred &= ~TCPTRACE_INFERRED_OLD(st->s->from);
}

void tcptrace_step_send(struct tcptrace_step *st, enum tcptrace_event event)
{
	const struct tcptrace_stand before = tcptrace_stand(st->x);

	if (tcptrace_end_send(st->x, event))
		tcptrace_step_moved(st, st->x, before, TCPTRACE_WHY_NONE);
}
