// SPDX-License-Identifier: GPL-2.0
/* What the head of a ladder says: what happened, what was slow, sent again. */
#include "model.h"
#include "phase.h"
#include "scenario.h"
#include "tap.h"
#include "verdict.h"

#define START_NS	1000000000000ULL
#define C	TCPTRACE_CLIENT
#define S	TCPTRACE_SERVER
#define SYN	TCPTRACE_SYN
#define ACK	TCPTRACE_ACK
#define FIN	TCPTRACE_FIN
#define RST	TCPTRACE_RST
#define NEVER	(~0ULL)

struct expected {
	const char *name;
	const char *sentence;
	const char *wait;
	const char *again;
	uint64_t us[5];	/* of phases[] */
	struct step step[14];
};

static const enum phase phases[] = {
	PHASE_SYN_SYNACK, PHASE_SYNACK_ACK, PHASE_OPEN, PHASE_FIN_FIN,
	PHASE_FIN_ACK,
};

static const struct expected rows[] = {
	{ "three segments", "closed normally, client first, in three segments",
	  "", "", { 49, 54, 939, 79, 29 }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 939, C, FIN | ACK, 0, 0, 0 },
		{ 70, S, FIN | ACK, 0, 0, 0 },
		{ 20, C, ACK, 0, 0, 0 },
	} },
	{ "refused", "refused: a reset answered the SYN", "", "",
	  { NEVER, NEVER, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 30, S, RST | ACK, 0, 0, 0 },
	} },
	{ "unanswered", "SYN unanswered after 3 tries over 3.0 s", "", "",
	  { NEVER, NEVER, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, S_LOST, 0 },
		{ 1000000, C, SYN, 0, S_LOST | S_BACK, 1 },
		{ 2000000, C, SYN, 0, S_LOST | S_BACK, 1 },
	} },
	{ "SYNs lost", "open", "waited 3.0 s for the SYN-ACK",
	  "SYN sent 3 times", { 3000040 + 9, 45 + 9, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, S_LOST, 0 },
		{ 1000000, C, SYN, 0, S_LOST | S_BACK, 1 },
		{ 2000000, C, SYN, 0, S_BACK, 1 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
	} },
	{ "SYN-ACKs lost", "half open: SYN-ACK unanswered after 3 tries over 3.0 s",
	  "", "", { 49, NEVER, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, S_LOST, 0 },
		{ 1000000, S, SYN | ACK, 0, S_LOST | S_BACK, 1 },
		{ 2000000, S, SYN | ACK, 0, S_LOST | S_BACK, 1 },
	} },
	{ "ACK lost", "open", "waited 1.0 s for the handshake's ACK",
	  "SYN-ACK sent twice", { 49, 36 + 1000000 + 45 + 3 * 9, NEVER,
				 NEVER, NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, S_LOST, 0 },
		{ 1000000, S, SYN | ACK, 0, S_BACK, 1 },
		{ 45, C, ACK, 0, 0, 0 },
	} },
	{ "slow to answer", "open", "waited 300 ms for the SYN-ACK", "",
	  { 300009, 54, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 300000, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
	} },
	{ "far away", "open", "", "", { 300009, 100009 + 9, NEVER, NEVER,
					NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 300000, S, SYN | ACK, 0, 0, 0 },
		{ 100000, C, ACK, 0, 0, 0 },
	} },
	{ "slow to close", "closed normally, client first, in four segments",
	  "waited 5.0 s for the server's FIN", "", { 49, 54, 891, 5000058, 29 }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 891, C, FIN | ACK, 0, 0, 0 },
		{ 40, S, ACK, 0, 0, 0 },
		{ 5000000, S, FIN | ACK, 0, 0, 0 },
		{ 20, C, ACK, 0, 0, 0 },
	} },
	{ "data and a FIN again",
	  "closed normally, server first, in three segments",
	  "waited 200 ms for the client's FIN",
	  "1 segment of the client's data sent again, the server's FIN sent twice",
	  { 49, 54, 200000 + 100 - 9, 200000 + 20 + 9, 29 }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 41, C, ACK, 10, S_LOST, 0 },
		{ 200000, C, ACK, 10, S_BACK, 10 },
		{ 41, S, FIN | ACK, 0, S_LOST, 0 },
		{ 200000, S, FIN | ACK, 0, S_BACK, 1 },
		{ 20, C, FIN | ACK, 0, 0, 0 },
		{ 20, S, ACK, 0, 0, 0 },
	} },
	{ "reset in CLOSE_WAIT",
	  "reset by the server in CLOSE_WAIT, client was in FIN_WAIT2", "", "",
	  { 49, 54, 91, NEVER, NEVER }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 91, C, FIN | ACK, 0, 0, 0 },
		{ 40, S, ACK, 0, 0, 0 },
		{ 40, S, RST | ACK, 0, 0, 0 },
	} },
	{ "given up",
	  "given up by the client in SYN_SENT, before the handshake was over",
	  "", "", { NEVER, NEVER, NEVER, NEVER, NEVER }, {
		{ 0, C, SYN, 0, S_LOST, 0 },
		{ 40, C, RST, 0, 0, 0 },
	} },
	{ "port used again",
	  "closed normally, client first, in three segments, port used again in TIME_WAIT",
	  "", "", { 49, 54, 91, 49, 29 }, {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 91, C, FIN | ACK, 0, 0, 0 },
		{ 40, S, FIN | ACK, 0, 0, 0 },
		{ 20, C, ACK, 0, 0, 0 },
		{ 1000000, C, 0, TCPTRACE_WHY_REUSED, S_END, 0 },
	} },
};

static void add_again(enum verdict verdict, const struct story *s,
		      struct text *t)
{
	struct text one = { 0 };
	unsigned int i;

	for (i = 0; i < AGAIN_NR; i++) {
		text_clear(&one);
		verdict_again(verdict, s, i, &one);
		if (one.len)
			text_add(t, "%s%s", t->len ? ", " : "", one.s);
	}
	text_free(&one);
}

static void check_phases(const struct expected *row, const struct story *s)
{
	unsigned int i;
	uint64_t ns;

	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		ns = NEVER;
		if (phase_time(s, phases[i], &ns))
			ns /= 1000;
		tap_is_u64(ns, row->us[i], "%s: %s", row->name, phase_key(phases[i]));
	}
}

static void conn_done(void *arg, const struct model_conn *conn)
{
	const struct expected *row = arg;
	enum verdict verdict;
	struct text t = { 0 };
	struct story s = { 0 };

	story_init(&s, conn, NULL);
	verdict = verdict_find(&s, UINT64_MAX);
	verdict_sentence(verdict, &s, &t);
	tap_is_str(t.s, row->sentence, "%s: sentence", row->name);
	text_clear(&t);
	if (phase_slow(&s) != PHASE_NR)
		phase_wait(&s, phase_slow(&s), &t);
	tap_is_str(t.s, row->wait, "%s: wait", row->name);
	text_clear(&t);
	add_again(verdict, &s, &t);
	tap_is_str(t.s, row->again, "%s: again", row->name);
	check_phases(row, &s);
	text_free(&t);
	story_clean(&s);
}

/* Has @done told what came of @step; all at one time where the clock is coarse. */
static void play_steps(const char *name, const struct step *step, bool coarse,
		       void (*done)(void *arg, const struct model_conn *conn),
		       void *arg)
{
	const struct scenario sc = {
		.name = name, .step = step, .place = PLACE_LOOPBACK,
	};
	struct recorded out = { 0 };
	struct model m;
	unsigned int i;

	scenario_play(&sc, 1, START_NS, &out);
	model_init(&m, done, arg);
	for (i = 0; i < out.nr; i++) {
		if (coarse)
			out.rec[i].t_ns = START_NS;
		model_add(&m, &out.rec[i]);
	}
	model_finish(&m);
	recorded_free(&out);
}

static void coarse_done(void *arg, const struct model_conn *conn)
{
	struct story s = { 0 };

	story_init(&s, conn, NULL);
	tap_ok(s.has_handshake, "coarse clock: the handshake's duration is known");
	tap_is_u64(s.handshake_ns, 0, "coarse clock: and none");
	tap_is_u64(s.end[C].sent.bytes, 500, "coarse clock: the client's bytes");
	tap_is_u64(s.end[S].sent.bytes, 700, "coarse clock: the server's bytes");
	story_clean(&s);
	++*(unsigned int *)arg;
}

/*
 * Where the kernel has no clock but its tick, all of a connection may have one
 * time: it does not tell segments apart. Both FINs carry data, and the one of
 * the server comes after the last counters.
 */
static void check_coarse_clock(void)
{
	static const struct step step[] = {
		{ 0, C, SYN, 0, 0, 0 },
		{ 40, S, SYN | ACK, 0, 0, 0 },
		{ 36, C, ACK, 0, 0, 0 },
		{ 91, C, FIN | ACK, 500, 0, 0 },
		{ 40, S, FIN | ACK, 700, 0, 0 },
		{ 20, C, ACK, 0, 0, 0 },
		{ 0 },
	};
	unsigned int conns = 0;

	play_steps("coarse clock", step, true, coarse_done, &conns);
	tap_is_u64(conns, 1, "coarse clock: connections");
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		play_steps(rows[i].name, rows[i].step, false, conn_done,
			   (void *)(uintptr_t)&rows[i]);
	check_coarse_clock();
	return tap_done();
}
