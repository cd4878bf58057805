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

static const char *name_of(uint8_t who)
{
	return who == TCPTRACE_SERVER ? "server" : "client";
}

/* For the beginning of a sentence. */
static const char *capital_of(uint8_t who)
{
	return who == TCPTRACE_SERVER ? "Server" : "Client";
}

/* The letter of an endpoint's initial sequence number. */
static char isn_of(uint8_t who)
{
	return who == TCPTRACE_SERVER ? 'y' : 'x';
}

/* What took an endpoint from a state to the next, in one sentence. */
static bool say_move(const struct tcptrace_record *rec, uint8_t who,
		     struct text *t)
{
	const char *what = NULL;

	if (rec->old[who] != rec->state[who])
		what = sentence(rec, who);
	if (what)
		text_add(t, "%s: %s", capital_of(who), what);
	return what;
}

static void say_syn(const struct tcptrace_record *rec, struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	if (seg->len) {
		text_add(t, "The %s asks for a connection, and ",
			 name_of(rec->from));
		text_count(t, seg->len, "byte");
		text_add(t, " of data ride in the SYN itself (Fast Open).");
		return;
	}
	text_add(t, "The %s asks for a connection: its SYN announces the initial sequence number %c, carries no data and takes one number.",
		 name_of(rec->from), isn_of(rec->from));
}

static void say_synack(const struct story *s, const struct tcptrace_record *rec,
		       struct text *t)
{
	const struct story_end *peer = &s->end[!rec->from];
	char mine = isn_of(rec->from), other = isn_of(!rec->from);

	if (peer->has_isn && rec->u.seg.ack != peer->isn + 1)
		text_add(t, "The %s answers with %c; its ack is not %c+1: it took data of the SYN as well, or answers an old SYN.",
			 name_of(rec->from), mine, other);
	else
		text_add(t, "The %s takes the SYN: ack=%c+1 says so, and in the same segment its own SYN announces %c.",
			 name_of(rec->from), other, mine);
}

static void say_handshake_ack(const struct tcptrace_record *rec,
			      struct text *t)
{
	text_add(t, "ack=%c+1 answers the other SYN: now each side knows that the other hears it; ",
		 isn_of(!rec->from));
	if (!rec->u.seg.len) {
		text_add(t, "without data this segment takes no number.");
		return;
	}
	text_count(t, rec->u.seg.len, "byte");
	text_add(t, " of data come with it already.");
}

static void say_first_fin(const struct tcptrace_record *rec, struct text *t)
{
	text_add(t, "The %s has no more to send", name_of(rec->from));
	if (rec->u.seg.len) {
		text_add(t, " after these ");
		text_count(t, rec->u.seg.len, "byte");
	}
	text_add(t, ": its FIN takes one number, u, and closes this direction; the %s may still send.",
		 name_of(!rec->from));
}

static void say_second_fin(const struct story *s,
			   const struct tcptrace_record *rec, struct text *t)
{
	const char *who = name_of(rec->from);

	if (s->crossed_close)
		text_add(t, "The %s closes, too, before the other FIN has come to it: both were under way at once (simultaneous close).",
			 who);
	else if (s->merged_close)
		text_add(t, "The %s has nothing left to send, so its ACK of u and its own FIN, w, merge into one segment: a close of three.",
			 who);
	else
		text_add(t, "Now the %s has sent all as well: its FIN, w, comes apart from its ACK because data could still follow, so a close takes four.",
			 who);
}

static void say_ack_of_fin(const struct story *s,
			   const struct tcptrace_record *rec, struct text *t)
{
	if (s->crossed_close)
		text_add(t, "The %s acknowledges the FIN that crossed its own.",
			 name_of(rec->from));
	else if (rec->from == s->fin_from)
		text_add(t, "ack=w+1 ends it for the %s; the %s waits 2MSL, to say so again if this last ACK is lost and until old segments have died out.",
			 name_of(!rec->from), name_of(rec->from));
	else
		text_add(t, "ack=u+1 acknowledges the FIN: the %s's direction is closed, the %s's still open (half closed).",
			 name_of(!rec->from), name_of(rec->from));
}

/* Something that was sent before: there was no answer, or it was lost. */
static void say_again(const struct tcptrace_record *rec, struct text *t)
{
	const uint16_t flags = rec->u.seg.flags;

	if (flags & TCPTRACE_FIN)
		text_add(t, "The FIN goes again: its ACK did not come in time%s.",
			 rec->state[!rec->from] == TCPTRACE_TIME_WAIT ?
			 "; it is answered again, and the wait begins anew" :
			 "");
	else
		text_add(t, "The same %s goes again: no answer came in time.",
			 flags & TCPTRACE_ACK ? "SYN-ACK" : "SYN");
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

static void explain_rst(const struct row *row, struct text *t)
{
	const struct tcptrace_record *rec = row->first;

	if (say_move(rec, rec->from, t) || say_move(rec, !rec->from, t))
		return;
	if (row->again && say_move(row->again, !rec->from, t))
		return;
	text_add(t, "A reset that finds nothing to end.");
}

/* It may fit, on a host that follows RFC 1337: the record does not tell. */
static bool unheeded_rst(const struct tcptrace_record *rec)
{
	return rec->why == TCPTRACE_WHY_STALE &&
	       (rec->u.seg.flags & TCPTRACE_RST) &&
	       rec->state[!rec->from] == TCPTRACE_TIME_WAIT;
}

static void explain_fin(const struct story *s, const struct row *row,
			struct text *t)
{
	if (row->first->from == s->fin_from)
		say_first_fin(row->first, t);
	else
		say_second_fin(s, row->first, t);
}

/* One sentence, the most telling. */
static void explain_arrow(const struct story *s, const struct row *row,
			  struct text *t)
{
	const struct tcptrace_record *rec = row->first;
	const uint16_t flags = rec->u.seg.flags;

	if (row->fate == FATE_LOST)
		text_add(t, "It left and never arrived: dropped on the way.");
	else if (unheeded_rst(rec))
		text_add(t, "A reset that does not end the wait: its number does not fit, or the %s's host heeds none in TIME_WAIT (tcp_rfc1337).",
			 name_of(!rec->from));
	else if (rec->why < ARRAY_SIZE(strange) && strange[rec->why])
		text_add(t, "%s", strange[rec->why]);
	else if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		say_again(rec, t);
	else if (flags & TCPTRACE_RST)
		explain_rst(row, t);
	else if ((flags & TCPTRACE_SYN) && (flags & TCPTRACE_ACK))
		say_synack(s, rec, t);
	else if (flags & TCPTRACE_SYN)
		say_syn(rec, t);
	else if (flags & TCPTRACE_FIN)
		explain_fin(s, row, t);
	else if (rec->why == TCPTRACE_WHY_HANDSHAKE_ACK)
		say_handshake_ack(rec, t);
	else if (rec->why == TCPTRACE_WHY_ACK_OF_FIN)
		say_ack_of_fin(s, rec, t);
	else if (!say_move(rec, rec->from, t))
		say_move(rec, !rec->from, t);
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
	case TCPTRACE_WHY_NO_CONNECTION:
		return "there was no connection here";
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
	case TCPTRACE_WHY_PORTS:
		return "no longer watched: its ports were taken off the list";
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
		if (!say_move(row->first, !row->first->from, t))
			say_move(row->first, row->first->from, t);
		break;
	case ROW_TIMER:
		if (row->first->why == TCPTRACE_WHY_ORPHAN)
			text_add(t, "No process holds the socket any more, and the other side did not close in time (tcp_fin_timeout): the kernel gave it up.");
		else
			text_add(t, "%s",
				 tcptrace_fsm_sentence(TCPTRACE_TIME_WAIT,
						       TCPTRACE_EV_TIMER_2MSL));
		break;
	case ROW_WORD:
		if (row->first->why == TCPTRACE_WHY_WORD_CLOSED)
			text_add(t, "No segment says so: the kernel gave the connection up, or was made to.");
		else if (row->first->why == TCPTRACE_WHY_WORD_FIN)
			text_add(t, "Its process had closed: the FIN waited behind data that could not go yet, and the connection ended before it was sent.");
		else
			text_add(t, "The kernel's own state of this socket is another one.");
		break;
	case ROW_UNDO:
		text_add(t, "What was inferred turns out wrong and is taken back.");
		break;
	case ROW_DATA:
		if (row->after_fin)
			text_add(t, "Half closed: one side has no more to send, the other still sends.");
		else if (row->with_tls)
			text_add(t, "All data of that time together: the messages of TLS above came in them.");
		break;
	case ROW_TLS:
		text_add(t, "%s", row->tls->explain);
		break;
	case ROW_GAP:
		if (row->gap)
			text_add(t, "These records were overwritten before they were read; more ring_slots keep more.");
		break;
	default:
		break;
	}
}
