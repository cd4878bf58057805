// SPDX-License-Identifier: GPL-2.0
#include "verdict.h"
#include "core/fsm.h"
#include "util.h"

/* A SYN that nothing answers for so long is called unanswered. */
#define PATIENCE_NS	NSEC_PER_SEC

static const struct {
	const char *word;
	enum style style;
} verdicts[VERDICT_NR] = {
	[VERDICT_UNKNOWN]	= { "unknown", STYLE_WARN },
	[VERDICT_OPENING]	= { "opening", STYLE_OPEN },
	[VERDICT_NO_ANSWER]	= { "no-answer", STYLE_ALARM },
	[VERDICT_REFUSED]	= { "refused", STYLE_ALARM },
	[VERDICT_ABANDONED]	= { "abandoned", STYLE_ALARM },
	[VERDICT_HALF_OPEN]	= { "half-open", STYLE_WARN },
	[VERDICT_OPEN]		= { "open", STYLE_OPEN },
	[VERDICT_HALF_CLOSED]	= { "half-closed", STYLE_CLOSE },
	[VERDICT_CLOSING]	= { "closing", STYLE_CLOSE },
	[VERDICT_CLOSED]	= { "closed", STYLE_NONE },
	[VERDICT_RESET]		= { "reset", STYLE_ALARM },
	[VERDICT_REUSED]	= { "reused", STYLE_WARN },
	[VERDICT_IDLE]		= { "idle", STYLE_WARN },
	[VERDICT_EVICTED]	= { "evicted", STYLE_WARN },
};

static const char *who_name(uint8_t who)
{
	return who == TCPTRACE_CLIENT ? "client" : "server";
}

/* A state that only an endpoint that was established comes to. */
static bool synchronized(const struct story *s)
{
	uint8_t e;

	for (e = 0; e < 2; e++)
		if (!story_reached(s, e, TCPTRACE_ESTABLISHED) &&
		    !story_reached(s, e, TCPTRACE_FIN_WAIT1) &&
		    !story_reached(s, e, TCPTRACE_CLOSE_WAIT))
			return false;
	return true;
}

static bool is_over(uint8_t state)
{
	return state == TCPTRACE_CLOSED || state == TCPTRACE_TIME_WAIT;
}

static enum verdict find_reset(const struct story *s)
{
	uint8_t c = s->rst_state[TCPTRACE_CLIENT];
	uint8_t v = s->rst_state[TCPTRACE_SERVER];

	if (s->refused)
		return VERDICT_REFUSED;
	/* TIME_WAIT cut short, or a straggler after both had closed. */
	if (is_over(c) && is_over(v))
		return VERDICT_CLOSED;
	if (!synchronized(s))
		return c == TCPTRACE_SYN_SENT && s->rst_from == TCPTRACE_SERVER ?
		       VERDICT_REFUSED : VERDICT_ABANDONED;
	return VERDICT_RESET;
}

static enum verdict find_ended(const struct story *s, enum verdict alive)
{
	switch (s->ended) {
	case TCPTRACE_WHY_IDLE:
		return alive == VERDICT_OPENING || alive == VERDICT_NO_ANSWER ||
		       alive == VERDICT_HALF_OPEN ? alive : VERDICT_IDLE;
	case TCPTRACE_WHY_REUSED:
		return VERDICT_REUSED;
	case TCPTRACE_WHY_EVICT_FLOWS:
	case TCPTRACE_WHY_EVICT_HALF_OPEN:
		return VERDICT_EVICTED;
	default:
		return alive;
	}
}

static enum verdict find_opening(const struct story *s, bool late)
{
	uint8_t v = s->end[TCPTRACE_SERVER].state;

	if (s->synacks || v == TCPTRACE_SYN_RCVD)
		return late || s->synacks > 1 ? VERDICT_HALF_OPEN :
						VERDICT_OPENING;
	if (s->syns)
		return late || s->syns > 1 ? VERDICT_NO_ANSWER :
					     VERDICT_OPENING;
	return VERDICT_UNKNOWN;
}

/**
 * verdict_find() - judge a connection
 * @s: its story
 * @now_ns: the time, CLOCK_MONOTONIC as in the records
 *
 * Context: any.
 * Return: the verdict.
 */
enum verdict verdict_find(const struct story *s, uint64_t now_ns)
{
	bool late = s->ended || now_ns > s->start_ns + PATIENCE_NS;
	uint8_t c = s->end[TCPTRACE_CLIENT].state;
	uint8_t v = s->end[TCPTRACE_SERVER].state;

	if (s->rst_from != TCPTRACE_NOBODY)
		return find_reset(s);
	if (is_over(c) && is_over(v) &&
	    (s->fin_from != TCPTRACE_NOBODY || s->ended))
		return VERDICT_CLOSED;
	if (c == TCPTRACE_FIN_WAIT2 || v == TCPTRACE_FIN_WAIT2)
		return find_ended(s, VERDICT_HALF_CLOSED);
	if (s->fin_from != TCPTRACE_NOBODY)
		return find_ended(s, VERDICT_CLOSING);
	if (c == TCPTRACE_ESTABLISHED && v == TCPTRACE_ESTABLISHED)
		return find_ended(s, VERDICT_OPEN);
	return find_ended(s, find_opening(s, late));
}

/**
 * verdict_word() - the word for a verdict
 * @verdict: the verdict
 *
 * Context: any.
 * Return: a constant string.
 */
const char *verdict_word(enum verdict verdict)
{
	return verdicts[verdict < VERDICT_NR ? verdict : 0].word;
}

/**
 * verdict_style() - how to show a verdict
 * @verdict: the verdict
 *
 * Context: any.
 * Return: the style.
 */
enum style verdict_style(enum verdict verdict)
{
	return verdicts[verdict < VERDICT_NR ? verdict : 0].style;
}

/* Which state of which end the new SYN has met. */
static void say_reuse(const struct story *s, struct text *t)
{
	uint8_t e;

	for (e = 0; e < 2; e++) {
		if (s->end[e].state != TCPTRACE_TIME_WAIT)
			continue;
		text_add(t, ", port used again in TIME_WAIT");
		return;
	}
	text_add(t, ", port used again");
}

static void say_closed(const struct story *s, struct text *t)
{
	if (s->fin_from == TCPTRACE_NOBODY)
		text_add(t, "closed; how was not seen");
	else if (s->crossed_close)
		text_add(t, "closed normally, both at once (the FINs crossed)");
	else
		text_add(t, "closed normally, %s first, in %s segments",
			 who_name(s->fin_from),
			 s->merged_close ? "three" : "four");
	if (s->rst_from != TCPTRACE_NOBODY) {
		text_add(t, ", then a reset by the %s", who_name(s->rst_from));
		if (s->rst_state[0] == TCPTRACE_TIME_WAIT ||
		    s->rst_state[1] == TCPTRACE_TIME_WAIT)
			text_add(t, " in TIME_WAIT");
	} else if (s->ended == TCPTRACE_WHY_REUSED) {
		say_reuse(s, t);
	}
}

static void say_reset(const struct story *s, struct text *t)
{
	const uint8_t who = s->rst_from;
	const uint8_t to = who == TCPTRACE_CLIENT ? TCPTRACE_SERVER :
						    TCPTRACE_CLIENT;

	text_add(t, "reset by the %s in %s, %s was in %s", who_name(who),
		 tcptrace_state_name(s->rst_state[who]), who_name(to),
		 tcptrace_state_name(s->rst_state[to]));
}

static void say_half_closed(const struct story *s, struct text *t)
{
	text_add(t, "half closed: the %s has sent its FIN, the %s may still send",
		 who_name(s->fin_from), s->fin_from == TCPTRACE_CLIENT ?
		 "server" : "client");
}

static void say_states(const struct story *s, struct text *t)
{
	text_add(t, "client in %s, server in %s",
		 tcptrace_state_name(s->end[TCPTRACE_CLIENT].state),
		 tcptrace_state_name(s->end[TCPTRACE_SERVER].state));
}

static void say_no_answer(const struct story *s, struct text *t)
{
	text_add(t, "SYN unanswered");
	if (s->syns > 1) {
		text_add(t, " after %u tries over ", s->syns);
		text_span(t, s->last_ns - s->start_ns);
	}
}

static void say_half_open(const struct story *s, struct text *t)
{
	text_add(t, "half open: SYN-ACK unanswered");
	if (s->synacks > 1) {
		text_add(t, " after %u tries over ", s->synacks);
		text_span(t, s->last_ns - s->start_ns);
	}
}

/**
 * verdict_sentence() - say what happened, who did it, and in which state
 * @verdict: verdict_find() of @s
 * @s: the story
 * @t: where to add it
 *
 * Context: any.
 */
void verdict_sentence(enum verdict verdict, const struct story *s,
		      struct text *t)
{
	switch (verdict) {
	case VERDICT_OPENING:
		text_add(t, "handshake under way: ");
		say_states(s, t);
		break;
	case VERDICT_NO_ANSWER:
		say_no_answer(s, t);
		break;
	case VERDICT_REFUSED:
		text_add(t, "refused: a reset answered the SYN");
		break;
	case VERDICT_ABANDONED:
		text_add(t, "given up by the %s in %s, before the handshake was over",
			 who_name(s->rst_from),
			 tcptrace_state_name(s->rst_state[s->rst_from]));
		break;
	case VERDICT_HALF_OPEN:
		say_half_open(s, t);
		break;
	case VERDICT_OPEN:
		text_add(t, "open");
		break;
	case VERDICT_HALF_CLOSED:
		say_half_closed(s, t);
		break;
	case VERDICT_CLOSING:
		text_add(t, "closing, %s first: ", who_name(s->fin_from));
		say_states(s, t);
		break;
	case VERDICT_CLOSED:
		say_closed(s, t);
		break;
	case VERDICT_RESET:
		say_reset(s, t);
		break;
	case VERDICT_REUSED:
		text_add(t, "port used again by a new connection: ");
		say_states(s, t);
		break;
	case VERDICT_IDLE:
		text_add(t, "nothing seen for too long: ");
		say_states(s, t);
		break;
	case VERDICT_EVICTED:
		text_add(t, "no longer watched (%s): ",
			 s->ended == TCPTRACE_WHY_EVICT_FLOWS ?
			 "max_flows" : "max_half_open");
		say_states(s, t);
		break;
	default:
		text_add(t, "too little was seen to tell");
		break;
	}
	if (s->pickup)
		text_add(t, ", picked up in mid-stream");
	if (s->crossed_open)
		text_add(t, ", opened by both at once");
}

/* Data is sent again in segments without records; the rest is told apart. */
static uint64_t data_again(const struct story_end *end)
{
	return end->sent.retrans > end->again ?
	       end->sent.retrans - end->again : 0;
}

static void say_times(struct text *t, uint8_t who, const char *what,
		      unsigned int times)
{
	if (who != TCPTRACE_NOBODY)
		text_add(t, "the %s's ", who_name(who));
	text_add(t, "%s sent ", what);
	if (times == 2)
		text_add(t, "twice");
	else
		text_add(t, "%u times", times);
}

/**
 * verdict_again() - say what was sent again, and how often
 * @verdict: verdict_find() of @s; what its sentence says is left out
 * @s: the story
 * @what: of which segments
 * @t: where to add it; nothing if these were sent once
 *
 * Context: any.
 */
void verdict_again(enum verdict verdict, const struct story *s,
		   enum again what, struct text *t)
{
	const uint8_t who = what == AGAIN_SERVER_FIN ||
			    what == AGAIN_SERVER_DATA;
	const struct story_end *end = &s->end[who];

	switch (what) {
	case AGAIN_SYN:
		if (s->syns > 1 && verdict != VERDICT_NO_ANSWER)
			say_times(t, TCPTRACE_NOBODY, "SYN", s->syns);
		break;
	case AGAIN_SYNACK:
		if (s->synacks > 1 && verdict != VERDICT_HALF_OPEN)
			say_times(t, TCPTRACE_NOBODY, "SYN-ACK", s->synacks);
		break;
	case AGAIN_CLIENT_FIN:
	case AGAIN_SERVER_FIN:
		if (end->fins > 1)
			say_times(t, who, "FIN", end->fins);
		break;
	case AGAIN_CLIENT_DATA:
	case AGAIN_SERVER_DATA:
		if (!data_again(end))
			break;
		text_count(t, data_again(end), "segment");
		text_add(t, " of the %s's data sent again", who_name(who));
		break;
	default:
		break;
	}
}
