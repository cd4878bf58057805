// SPDX-License-Identifier: GPL-2.0
#include "explain.h"
#include "core/fsm.h"
#include "util.h"

static const enum tcptrace_event sent_syn[] = {
	TCPTRACE_EV_SND_SYNACK, TCPTRACE_EV_SND_SYN, TCPTRACE_NR_EVENTS,
};

static const enum tcptrace_event sent_fin[] = {
	TCPTRACE_EV_SND_FIN, TCPTRACE_NR_EVENTS,
};

static const enum tcptrace_event sent_rst[] = {
	TCPTRACE_EV_SND_RST, TCPTRACE_NR_EVENTS,
};

static const enum tcptrace_event taken[] = {
	TCPTRACE_EV_RCV_SYNACK, TCPTRACE_EV_RCV_ACK_OF_SYN,
	TCPTRACE_EV_RCV_ACK_OF_FIN, TCPTRACE_EV_RCV_FIN, TCPTRACE_EV_RCV_SYN,
	TCPTRACE_NR_EVENTS,
};

static const enum tcptrace_event taken_rst[] = {
	TCPTRACE_EV_RCV_RST_PASSIVE, TCPTRACE_EV_RCV_RST, TCPTRACE_NR_EVENTS,
};

static const char *find_sentence(const enum tcptrace_event *events,
				 uint8_t old, uint8_t state)
{
	for (; *events != TCPTRACE_NR_EVENTS; events++)
		if (tcptrace_fsm_next(old, *events) == state)
			return tcptrace_fsm_sentence(old, *events);
	return NULL;
}

/* Which event took an endpoint from @old to @state, seen what was sent? */
static const char *sentence(const struct tcptrace_record *rec, uint8_t who)
{
	const uint16_t flags = rec->u.seg.flags;
	uint8_t old = rec->old[who];
	uint8_t state = rec->state[who];
	const char *said = NULL;

	if (rec->from == who) {
		if (flags & TCPTRACE_RST)
			said = find_sentence(sent_rst, old, state);
		else if (flags & TCPTRACE_SYN)
			said = find_sentence(sent_syn, old, state);
		else if (flags & TCPTRACE_FIN)
			said = find_sentence(sent_fin, old, state);
		if (said)
			return said;
		/* What it sends proves what it has taken. */
	} else if (flags & TCPTRACE_RST) {
		return find_sentence(taken_rst, old, state);
	}
	return find_sentence(taken, old, state);
}

static void say(struct text *t, const char *what)
{
	if (what)
		text_add(t, "%s%s", t->len && t->s[t->len - 1] != '\n' ?
			 " " : "", what);
}

/* What follows is about the segment, no more about one endpoint. */
static void break_line(struct text *t)
{
	if (t->len)
		text_add(t, "\n");
}

static void say_move(const struct tcptrace_record *rec, uint8_t who,
		     struct text *t)
{
	const char *what = NULL;

	if (rec->old[who] != rec->state[who])
		what = sentence(rec, who);
	if (!what)
		return;
	text_add(t, "%s%s: %s", t->len ? "\n" : "",
		 who == TCPTRACE_CLIENT ? "Client" : "Server", what);
}

static void say_moves(const struct tcptrace_record *rec, struct text *t)
{
	uint8_t who;

	/* The sender first: that is the order of things. */
	who = rec->from == TCPTRACE_SERVER ? TCPTRACE_SERVER : TCPTRACE_CLIENT;
	say_move(rec, who, t);
	say_move(rec, !who, t);
}

static void say_syn(const struct story *s, const struct tcptrace_record *rec,
		    struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	const struct story_end *peer = &s->end[!rec->from];

	if (rec->rflags & TCPTRACE_F_RETRANSMIT) {
		say(t, "It was sent before and is sent again: no answer came in time.");
		return;
	}
	if (!(seg->flags & TCPTRACE_ACK)) {
		say(t, seg->len ? "It carries data already (Fast Open)." :
		    "A SYN carries no data and takes one sequence number.");
		return;
	}
	if (seg->ack == peer->isn + 1)
		text_add(t, "ack=%c+1: exactly the SYN is acknowledged.",
			 rec->from == TCPTRACE_SERVER ? 'x' : 'y');
	else if (peer->has_isn)
		say(t, "Its ack is not the SYN's number plus one: data of the SYN was taken, or it answers an old SYN.");
}

static void say_fin(const struct story *s, const struct tcptrace_record *rec,
		    struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	if (rec->rflags & TCPTRACE_F_RETRANSMIT) {
		say(t, "It was sent before and is sent again: its ACK did not come in time.");
		return;
	}
	if (seg->len) {
		text_add(t, "The last ");
		text_count(t, seg->len, "byte");
		text_add(t, " ride with it.");
	}
	if (rec->from == s->fin_from) {
		say(t, "A FIN takes one sequence number, as a SYN does.");
		return;
	}
	if (s->crossed_close)
		say(t, "It does not acknowledge the other FIN: both were under way at once.");
	else if (s->merged_close)
		say(t, "Nothing was left to send, so ACK and FIN went as one segment: three segments close what usually takes four.");
	else
		say(t, "Its ACK went ahead because data could still follow: that is why a close takes four segments.");
}

static void say_ack(const struct story *s, const struct tcptrace_record *rec,
		    struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	switch (rec->why) {
	case TCPTRACE_WHY_HANDSHAKE_ACK:
		if (seg->len) {
			text_add(t, "The third segment carries ");
			text_count(t, seg->len, "byte");
			text_add(t, " of data already.");
		} else {
			say(t, "The third segment: without data it takes no sequence number.");
		}
		if (seg->ack == s->end[!rec->from].isn + 1)
			text_add(t, " ack=%c+1 acknowledges the other SYN.",
				 rec->from == TCPTRACE_CLIENT ? 'y' : 'x');
		break;
	case TCPTRACE_WHY_ACK_OF_FIN:
		if (s->end[!rec->from].has_fin &&
		    seg->ack == s->end[!rec->from].fin + 1)
			text_add(t, "ack=%c+1 acknowledges the FIN.",
				 rec->from == s->fin_from ? 'w' : 'u');
		break;
	default:
		break;
	}
}

/* Segments of which the reason says all there is to say. */
static const char * const strange[] = {
	[TCPTRACE_WHY_PICKUP] =
		"The connection was there before it was watched; who is client and who is server is a guess.",
	[TCPTRACE_WHY_STALE] =
		"An old duplicate or a stranger's: its numbers do not fit, so it moves nothing.",
	[TCPTRACE_WHY_CHALLENGE] =
		"Its numbers are near but not exact: the receiver answers with a challenge ACK and stays as it is (RFC 5961).",
	[TCPTRACE_WHY_SYN_IN_TIME_WAIT] =
		"A SYN on a tuple that still waits for 2MSL: it does not prove to be new, so it is not taken.",
	[TCPTRACE_WHY_REFUSED] =
		"Nobody listens on that port: the reset says so, the connection is refused.",
	[TCPTRACE_WHY_SIMULTANEOUS_OPEN] =
		"The SYNs crossed: each side opens, neither listens.",
};

static void say_fate(const struct story *s, const struct row *row,
		     struct text *t)
{
	uint8_t e;

	if (row->fate == FATE_LOST)
		say(t, "It left and never arrived: dropped on the way.");
	for (e = 0; e < 2; e++) {
		const struct move *move;

		if (!row->label[e])
			continue;
		move = &s->end[e].move[row->label[e] - 1];
		if (!move->guess || move->undone)
			continue;
		text_add(t, "\n%s? is inferred: the segment %s, no answer proves that it was taken.",
			 tcptrace_state_name(move->state),
			 row->fate == FATE_ARRIVED ? "arrived" :
						     "was on its way");
	}
}

static void explain_arrow(const struct story *s, const struct row *row,
			  struct text *t)
{
	const struct tcptrace_record *rec = row->first;
	const uint16_t flags = rec->u.seg.flags;
	bool moved;

	if (rec->why < ARRAY_SIZE(strange))
		say(t, strange[rec->why]);
	if (!t->len) {
		say_moves(rec, t);
		if (row->again)
			say_moves(row->again, t);
		moved = t->len;
		break_line(t);
		if (flags & TCPTRACE_RST)
			say(t, moved ? NULL : "A reset that finds nothing to end.");
		else if (flags & TCPTRACE_SYN)
			say_syn(s, rec, t);
		else if (flags & TCPTRACE_FIN)
			say_fin(s, rec, t);
		else
			say_ack(s, rec, t);
	}
	say_fate(s, row, t);
}

/**
 * explain_undo() - why an inferred move is taken back
 * @why: TCPTRACE_WHY_*
 *
 * Context: any.
 * Return: a few words, constant.
 */
const char *explain_undo(uint8_t why)
{
	switch (why) {
	case TCPTRACE_WHY_SYNACK_AGAIN:
		return "SYN-ACK again: the ACK had no effect";
	case TCPTRACE_WHY_NO_LISTENER:
		return "nobody listens here";
	case TCPTRACE_WHY_NOT_TAKEN:
		return "it was not taken";
	default:
		return "taken back";
	}
}

/**
 * explain_end() - why nothing more was recorded
 * @why: TCPTRACE_WHY_CLOSED and following
 *
 * Context: any.
 * Return: a few words, constant.
 */
const char *explain_end(uint8_t why)
{
	switch (why) {
	case TCPTRACE_WHY_CLOSED:
		return "both ends are closed";
	case TCPTRACE_WHY_IDLE:
		return "nothing seen for too long; given up";
	case TCPTRACE_WHY_REUSED:
		return "a new connection took these ports";
	case TCPTRACE_WHY_EVICT_FLOWS:
		return "no longer watched: max_flows reached";
	case TCPTRACE_WHY_EVICT_HALF_OPEN:
		return "no longer watched: max_half_open reached";
	case TCPTRACE_WHY_NETNS:
		return "its network namespace is gone";
	case TCPTRACE_WHY_UNLOAD:
		return "the recording ended here";
	default:
		return "nothing more was recorded";
	}
}

/**
 * explain_row() - what a row means, for somebody who learns TCP
 * @s: the story
 * @row: one of its rows
 * @t: where to add it; nothing is added where nothing is to be said
 *
 * Context: any.
 */
void explain_row(const struct story *s, const struct row *row, struct text *t)
{
	switch (row->kind) {
	case ROW_ARROW:
		explain_arrow(s, row, t);
		break;
	case ROW_MOVE:
		say_moves(row->first, t);
		break;
	case ROW_TIMER:
		say(t, tcptrace_fsm_sentence(TCPTRACE_TIME_WAIT,
					     TCPTRACE_EV_TIMER_2MSL));
		break;
	case ROW_UNDO:
		text_add(t, "What was inferred turns out wrong and is taken back.");
		break;
	case ROW_DATA:
		if (row->after_fin)
			text_add(t, "Half closed: one side has no more to send, the other still sends.");
		break;
	case ROW_GAP:
		if (row->gap)
			text_add(t, "These records were overwritten before they were read; more ring_slots keep more.");
		break;
	default:
		break;
	}
}
