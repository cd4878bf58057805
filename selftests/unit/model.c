// SPDX-License-Identifier: GPL-2.0
/* Records in any order and with any gaps, and what connections they make. */
#include "lib/play.h"
#include "model.h"
#include "scenario.h"
#include "tap.h"
#include "verdict.h"

#define START_NS	1000000000000ULL
#define LATER_NS	(START_NS + 100 * TCPTRACE_NSEC_PER_SEC)

/* What a story came to. */
struct outcome {
	unsigned int conns;
	enum verdict verdict;
	bool complete;
	uint64_t lost;
	char states[2][256];
	uint64_t bytes[2];
	uint64_t id[64];
};

static void add_states(const struct story_end *end, char *buf, size_t size)
{
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < end->nr_moves; i++) {
		const struct move *move = &end->move[i];

		if (move->undone || move->back)
			continue;
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%s%s",
			 *buf ? " " : "", tcptrace_state_name(move->state),
			 move->guess ? "?" : "");
	}
}

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct outcome *o = arg;
	struct story s = { 0 };
	unsigned int e;

	story_init(&s, conn, NULL);
	if (o->conns < ARRAY_SIZE(o->id))
		o->id[o->conns] = conn->id;
	o->conns++;
	o->verdict = verdict_find(&s, LATER_NS);
	o->complete = story_complete(&s);
	o->lost = s.lost;
	for (e = 0; e < 2; e++) {
		add_states(&s.end[e], o->states[e], sizeof(o->states[e]));
		o->bytes[e] = s.end[e].sent.bytes;
	}
	story_clean(&s);
}

/* Plays a scenario; records for which the bit in @drop is set are lost. */
static struct outcome play_scenario(const char *name, uint64_t drop, bool backwards)
{
	struct outcome o = { 0 };
	struct recorded out = { 0 };
	struct model m;
	unsigned int i;

	scenario_play(scenario_find(name), 7, START_NS, &out);
	model_init(&m, conn_done, &o);
	for (i = 0; i < out.nr; i++) {
		unsigned int at = backwards ? out.nr - 1 - i : i;

		if (!(drop >> at & 1))
			model_add(&m, &out.rec[at]);
	}
	model_finish(&m);
	recorded_free(&out);
	return o;
}

struct expected {
	const char *name;
	enum verdict verdict;
	bool complete;
	const char *client;
	const char *server;
	uint64_t up, down;
};

static const struct expected rows[] = {
	{ "four-segments", VERDICT_CLOSED, true,
	  "CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED",
	  "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED?",
	  128, 4096 },
	{ "half-close", VERDICT_CLOSED, true,
	  "CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED",
	  "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED?",
	  100, 2000 },
	{ "refused", VERDICT_REFUSED, true,
	  "CLOSED SYN_SENT CLOSED?", "CLOSED", 0, 0 },
	{ "unanswered", VERDICT_NO_ANSWER, false,
	  "CLOSED SYN_SENT", "LISTEN?", 0, 0 },
	{ "reset", VERDICT_RESET, true,
	  "CLOSED SYN_SENT ESTABLISHED CLOSED?",
	  "LISTEN SYN_RCVD ESTABLISHED CLOSED", 128, 4096 },
	{ "open", VERDICT_OPEN, false,
	  "CLOSED SYN_SENT ESTABLISHED",
	  "LISTEN SYN_RCVD ESTABLISHED?", 128, 0 },
};

static void check_row(const struct expected *row)
{
	struct outcome o = play_scenario(row->name, 0, false);

	tap_is_str(verdict_word(o.verdict), verdict_word(row->verdict),
		   "%s: verdict", row->name);
	tap_is_str(o.states[0], row->client, "%s: client", row->name);
	tap_is_str(o.states[1], row->server, "%s: server", row->name);
	tap_ok(o.complete == row->complete && !o.lost, "%s: %s", row->name,
	       row->complete ? "complete" : "not complete");
	tap_ok(o.bytes[0] == row->up && o.bytes[1] == row->down,
	       "%s: bytes", row->name);
	o = play_scenario(row->name, 0, true);
	tap_ok(!strcmp(o.states[0], row->client) &&
	       !strcmp(o.states[1], row->server) && !o.lost,
	       "%s: the same from the last record to the first", row->name);
}

/* Whichever records are lost, between others or before, they are counted. */
static void check_losses(void)
{
	unsigned int bad = 0, i;
	uint64_t drop;

	for (drop = 0; drop < 1u << 14; drop++) {
		struct outcome o = play_scenario("four-segments", drop, false);
		uint64_t lost = (uint64_t)__builtin_popcountll(drop);

		bad += o.lost != lost || (drop && o.complete);
	}
	tap_is_u64(bad, 0, "each set of 14 lost records is counted");
	for (i = 0; i < nr_scenarios; i++)
		for (drop = 1; drop < 1u << 20; drop <<= 1)
			play_scenario(scenarios[i].name, drop, true);
	tap_ok(true, "a record less, in any order, harms no scenario");
}

/* Connections are handed over soon after their end, and memory is given back. */
static void check_stream(void)
{
	struct outcome o = { 0 };
	struct recorded out = { 0 };
	struct model m;
	unsigned int most = 0, i, n;

	model_init(&m, conn_done, &o);
	for (n = 0; n < 50; n++) {
		out.nr = 0;
		scenario_play(scenario_find("refused"), n + 1,
			      START_NS + n * 100000000ULL, &out);
		for (i = 0; i < out.nr; i++)
			model_add(&m, &out.rec[i]);
		if (HASH_COUNT(m.conns) > most)
			most = HASH_COUNT(m.conns);
	}
	tap_ok(most <= 4, "of 50 connections at most %u are kept", most);
	model_advance(&m, LATER_NS);
	tap_is_u64(o.conns, 50, "all are handed over");
	tap_is_u64(HASH_COUNT(m.conns), 0, "none is kept");
	tap_ok(o.id[0] == 1 && o.id[49] == 50, "in order");
	out.rec[0].rflags |= TCPTRACE_F_ORPHAN;
	model_add(&m, &out.rec[0]);
	model_finish(&m);
	tap_ok(o.conns == 50 && m.orphans == 1,
	       "what comes after the end makes no connection");
	recorded_free(&out);
}

/* What a play (lib/play.h) is told as. */
static const struct told {
	const char *name;
	const char *text;
	enum play_seat seat;
	const char *states[2];
} tales[] = {
	{ "an end that is taken back is none, however long the rest takes",
	  "c S; s SA; c A; c R seq=1; wait 2; s! AP +10 seq=1 ack=1;"
	  "wait 20; s! AP +10 seq=11 ack=1; wait 20; s! RA seq=21 ack=1",
	  PLAY_SERVER,
	  { "CLOSED SYN_SENT ESTABLISHED CLOSED",
	    "LISTEN SYN_RCVD ESTABLISHED CLOSED" } },
	{ "a FIN again, while what came for it is still on its way to TCP",
	  "c S; s SA; c A; c! FA; s FA seq=1 ack=2; c! FA seq=1 ack=1; c! A seq=2 ack=2",
	  PLAY_CLIENT,
	  { "CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT",
	    "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK? CLOSED?" } },
	{ "an undone move that leaves another one than there was",
	  "c! S; s SA; c! A; c! FA; s FA seq=1 ack=2; c! FA seq=1 ack=2",
	  PLAY_CLIENT,
	  { "CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT",
	    "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK? CLOSED?" } },
	{ "what a reset met is not proved by it, nor by what comes after",
	  "c S; s SA; c A; c! FA; s AP +100 seq=101 ack=2; c! R seq=2; c! R seq=2",
	  PLAY_CLIENT,
	  { "CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2? CLOSED",
	    "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT CLOSED?" } },
};

static void check_tale(const struct told *tale)
{
	struct outcome o = { 0 };
	static struct play p;
	struct model m;
	unsigned int i, e;

	tap_is_str(play(tale->text, tale->seat, TCPTRACE_CLIENT, &p), NULL,
		   "%s: the play is sound", tale->name);
	model_init(&m, conn_done, &o);
	for (i = 0; i < p.nr_records; i++)
		model_add(&m, &p.records[i]);
	model_finish(&m);
	tap_is_u64(o.conns, 1, "%s: one connection", tale->name);
	tap_is_u64(o.lost, 0, "%s: nothing is lost", tale->name);
	for (e = 0; e < 2; e++)
		tap_is_str(o.states[e], tale->states[e], "%s: %s", tale->name,
			   e ? "server" : "client");
}

static void check_flood(void)
{
	struct outcome o = { 0 };
	struct recorded out = { 0 };
	struct tcptrace_record rec;
	struct model m;
	unsigned int i;

	scenario_play(scenario_find("open"), 1, START_NS, &out);
	model_init(&m, conn_done, &o);
	for (i = 0; i < 20000; i++) {
		rec = out.rec[i % 2];
		rec.n = i;
		rec.rflags |= TCPTRACE_F_RETRANSMIT;
		model_add(&m, &rec);
	}
	tap_is_u64(m.conns->nr, MODEL_MAX_RECORDS, "records are capped");
	tap_is_u64(model_conn_lost(m.conns), 0, "what is not kept is not lost");
	model_finish(&m);
	tap_is_u64(o.conns, 1, "and the connection is told");
	recorded_free(&out);
}

static void count_lost(void *arg, const struct model_conn *conn)
{
	unsigned int *lost = arg, i;
	struct story s = { 0 };

	story_init(&s, conn, NULL);
	for (i = 0; i < s.nr_rows; i++)
		*lost += s.row[i].kind == ROW_ARROW &&
			 s.row[i].fate == FATE_LOST;
	story_clean(&s);
}

/*
 * Data that leave before the handshake's ACK has arrived, as on a slow way:
 * their leaving is recorded, for it answers the SYN-ACK; their arrival moves
 * nothing, if the ACK has come through.
 */
static void check_overtaken(uint8_t how, unsigned int want, const char *what)
{
	const struct step steps[] = {
		{ 0, TCPTRACE_CLIENT, TCPTRACE_SYN, 0, 0, 0 },
		{ 40, TCPTRACE_SERVER, TCPTRACE_SYN | TCPTRACE_ACK, 0, 0, 0 },
		{ 36, TCPTRACE_CLIENT, TCPTRACE_ACK, 0, how, 0 },
		{ 50, TCPTRACE_CLIENT, TCPTRACE_ACK | TCPTRACE_PSH, 100, 0, 0 },
		{ 2000, TCPTRACE_CLIENT, TCPTRACE_FIN | TCPTRACE_ACK, 0, 0, 0 },
		{ 0 },
	};
	const struct scenario sc = {
		.name = what, .step = steps, .place = PLACE_LOOPBACK,
	};
	struct recorded out = { 0 };
	unsigned int lost = 0, i;
	struct model m;

	scenario_play(&sc, 1, START_NS, &out);
	model_init(&m, count_lost, &lost);
	for (i = 0; i < out.nr; i++)
		model_add(&m, &out.rec[i]);
	model_finish(&m);
	tap_is_u64(lost, want, "%s", what);
	recorded_free(&out);
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	check_losses();
	check_stream();
	for (i = 0; i < ARRAY_SIZE(tales); i++)
		check_tale(&tales[i]);
	check_flood();
	check_overtaken(S_LATE, 0, "what comes behind a late ACK is not lost");
	check_overtaken(S_LOST, 1, "what comes behind a lost ACK is not lost");
	return tap_done();
}
