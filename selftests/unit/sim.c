// SPDX-License-Identifier: GPL-2.0
/*
 * The core against a referee: two endpoints written from RFC 9293, a network
 * that loses, doubles, delays and reorders, four observers (lib/world.h).
 *
 *	sim [--depth N] [--runs N] [--seed N] [--failures N]
 *
 * First every sequence of steps up to a depth, from several starting points;
 * then so many runs of random steps. SIM_DEPTH and SIM_RUNS in the environment
 * do the same. A failing run is cut down to the steps that it needs, and told
 * as a play (lib/play.h), to become a row in conn.c.
 */
#include <getopt.h>
#include <time.h>

#include "lib/world.h"
#include "tap.h"

#define DEPTH		4
#define RUNS		20000
#define SEED		1	/* 0 takes the time */
#define MAX_STEPS	160
#define MSEC		1000000ULL

#define C	0
#define S	1

static const char *const faults[NR_FAULTS] = {
	[FAULT_NONE] = "nothing",
	[FAULT_CERTAIN] = "a certain state is wrong",
	[FAULT_REST] = "a state is wrong at rest, without a cause",
	[FAULT_PATH] = "states are not those that it went through",
	[FAULT_RECORDS] = "records do not follow each other",
	[FAULT_BYTES] = "bytes are not those sent",
	[FAULT_RESTLESS] = "it does not come to rest",
};

static const char *const seats[] = {
	"loopback", "the client's host", "the server's host", "the middle",
};

/* How a run begins; the steps are its own. */
struct setting {
	u32 iss[2];
	u8 dialect[2];
	bool listens;
	u64 tick_ns;
};

struct script {
	struct setting setting;
	unsigned int nr;
	struct step step[MAX_STEPS];
};

static unsigned int failures_left = 3;
static u64 nr_failed;

static void begin(struct world *w, const struct setting *setting)
{
	world_init(w, setting->iss, setting->dialect, setting->listens,
		   setting->tick_ns);
}

static void replay(struct world *w, const struct script *script)
{
	unsigned int i;

	begin(w, &script->setting);
	for (i = 0; i < script->nr; i++)
		world_step(w, &script->step[i]);
	world_rest(w);
}

/* --- a failing run, cut down and told ----------------------------------- */

static void cut_down(struct script *script, const struct world *failed)
{
	unsigned int at, size = script->nr;
	struct script shorter;
	struct world w;

	while (size) {
		bool cut = false;

		for (at = 0; at + size <= script->nr;) {
			shorter = *script;
			shorter.nr -= size;
			memmove(&shorter.step[at], &shorter.step[at + size],
				(shorter.nr - at) * sizeof(struct step));
			replay(&w, &shorter);
			if (w.fault == failed->fault &&
			    w.seat == failed->seat && w.who == failed->who) {
				*script = shorter;
				cut = true;
			} else {
				at++;
			}
		}
		if (!cut)
			size = size > 1 ? size / 2 : 0;
	}
}

static void print_path(const char *name, const u8 *path, u8 nr, bool inferred)
{
	char line[1024] = "";
	u8 i;

	for (i = 0; i < nr; i++) {
		strcat(line, " ");
		strcat(line, tcptrace_state_name(path[i]));
	}
	tap_diag("    %-9s%s%s", name, line, inferred ? "?" : "");
}

static void tell(const struct world *failed, const struct script *found)
{
	struct script script = *found;
	static struct world w;
	static struct play p;
	const struct observer *o;
	const char *wrong;
	char *text;
	u8 who;

	nr_failed++;
	if (!failures_left)
		return;
	failures_left--;
	cut_down(&script, failed);
	world_log(failed->seat);
	replay(&w, &script);
	text = world_text(script.setting.iss);
	o = &w.obs[w.seat];
	tap_diag("%s, seen from %s, of the %s", faults[w.fault],
		 seats[w.seat], w.who ? "server" : "client");
	tap_diag("  dialects 0x%02x 0x%02x, the server %s, %u steps",
		 script.setting.dialect[C], script.setting.dialect[S],
		 script.setting.listens ? "listens" : "does not listen",
		 script.nr);
	tap_diag("  \"%s\"", text);
	for (who = 0; who < 2; who++) {
		tap_diag("  %s", who ? "server" : "client");
		print_path("truth", w.ep[who].path, w.ep[who].nr_path, false);
		print_path("observed", o->path[who], o->nr_path[who],
			   tcptrace_end_inferred(&o->conn.end[who ^ o->swapped]));
	}
	wrong = play(text, w.seat, TCPTRACE_CLIENT, &p);
	if (wrong)
		tap_diag("  as a play: %s", wrong);
	tap_diag("  played, client: \"%s\"", p.path[0]);
	tap_diag("  played, server: \"%s\"", p.path[1]);
	free(text);
}

/* --- every sequence of steps -------------------------------------------- */

struct memo {
	u64 key;
	u64 sequences;
};

static struct {
	struct memo *slot;
	u64 mask;
	u64 nr;
	u64 worlds;
} seen;

static struct memo *look(u64 key)
{
	u64 i = key & seen.mask;

	while (seen.slot[i].key && seen.slot[i].key != key)
		i = (i + 1) & seen.mask;
	return &seen.slot[i];
}

static struct memo *memo(u64 key)
{
	struct memo *old, *slot = look(key), *add;
	u64 i, size;

	if (slot->key || seen.nr * 2 < seen.mask)
		return slot;
	old = seen.slot;
	size = seen.mask + 1;
	seen.mask = size * 4 - 1;
	seen.slot = calloc(size * 4, sizeof(*seen.slot));
	if (!seen.slot)
		abort();
	for (i = 0; i < size; i++) {
		if (!old[i].key)
			continue;
		add = look(old[i].key);
		*add = old[i];
	}
	free(old);
	return look(key);
}

static bool same_packet(const struct packet *a, const struct packet *b)
{
	return a->from == b->from && a->passed == b->passed &&
	       a->path == b->path && !memcmp(&a->seg, &b->seg, sizeof(a->seg));
}

/* Steps that may be possible now; those that are not change nothing. */
static unsigned int choices(const struct world *w, struct step *step)
{
	static const struct step calls[] = {
		{ STEP_OPEN, 0, 0 }, { STEP_SEND, 0, 1 }, { STEP_CLOSE, 0, 0 },
		{ STEP_ABORT, 0, 0 }, { STEP_RETRANSMIT, 0, 1 },
		{ STEP_ACK, 0, 0 },
	};
	unsigned int nr = 0, k;
	u8 i, j, kind, who;

	for (i = 0; i < w->net.nr; i++) {
		for (j = 0; j < i; j++)
			if (same_packet(&w->net.packet[i], &w->net.packet[j]))
				break;
		if (j < i)
			continue;
		for (kind = STEP_DELIVER; kind <= STEP_DOUBLE; kind++)
			step[nr++] = (struct step){ kind, 0, i };
	}
	for (who = 0; who < 2; who++) {
		for (k = 0; k < ARRAY_SIZE(calls); k++) {
			step[nr] = calls[k];
			step[nr++].who = who;
		}
	}
	if (w->ep[C].state == TCPTRACE_TIME_WAIT ||
	    w->ep[S].state == TCPTRACE_TIME_WAIT)
		step[nr++] = (struct step){ STEP_WAIT, 0, 61 };
	return nr;
}

static u64 explore(const struct world *w, struct script *script,
		   unsigned int depth)
{
	struct step step[5 * NETWORK_MAX + 16];
	u64 hash = world_hash(w) | 1, key = hash ^ ((u64)depth << 57);
	struct memo *m = memo(hash ^ (127ULL << 57));
	unsigned int i, nr;
	struct world next;
	u64 sequences = 0;

	if (!m->key) {
		m->key = hash ^ (127ULL << 57);
		seen.nr++;
		seen.worlds++;
		next = *w;
		if (!world_rest(&next))
			tell(&next, script);
	}
	if (!depth)
		return 1;
	m = memo(key);
	if (m->key)
		return m->sequences;
	nr = choices(w, step);
	for (i = 0; i < nr; i++) {
		next = *w;
		script->step[script->nr] = step[i];
		if (!world_step(&next, &step[i]) && !next.fault)
			continue;
		script->nr++;
		if (next.fault)
			tell(&next, script);
		else
			sequences += explore(&next, script, depth - 1);
		script->nr--;
	}
	m = memo(key);
	m->key = key;
	m->sequences = sequences ? sequences : 1;
	seen.nr++;
	return m->sequences;
}

#define DELIVER	{ STEP_DELIVER, 0, 0 }

/* The handshake, for those that start with it. */
static const struct step handshake[] = {
	{ STEP_OPEN, C, 0 }, DELIVER, DELIVER, DELIVER,
};

static const struct start {
	const char *name;
	bool listens;
	bool opened;
	struct step step[16];
} starts[] = {
	{ "nothing sent yet, the server listens", true, false, { { 0 } } },
	{ "nothing sent yet, nobody listens", false, false, { { 0 } } },
	{ "SYN under way to each other", false, false,
	  { { STEP_OPEN, C, 0 }, { STEP_OPEN, S, 0 } } },
	{ "both established", true, true, { { 0 } } },
	{ "data under way both ways", true, true,
	  { { STEP_SEND, C, 1 }, { STEP_SEND, S, 1 } } },
	{ "the client's FIN is acknowledged", true, true,
	  { { STEP_CLOSE, C, 0 }, DELIVER, DELIVER } },
	{ "FIN under way to each other", true, true,
	  { { STEP_CLOSE, C, 0 }, { STEP_CLOSE, S, 0 } } },
	{ "the client in TIME_WAIT, the last ACK under way", true, true,
	  { { STEP_CLOSE, C, 0 }, DELIVER, DELIVER,
	    { STEP_CLOSE, S, 0 }, DELIVER } },
	{ "both in TIME_WAIT or over", true, true,
	  { { STEP_CLOSE, S, 0 }, { STEP_CLOSE, C, 0 }, DELIVER,
	    DELIVER, DELIVER, DELIVER, DELIVER } },
};

static const u8 dialects[][2] = {
	{ 0, 0 },
	{ ENDPOINT_NR_DIALECTS - 1, ENDPOINT_NR_DIALECTS - 1 },
};

static void play_steps(struct world *w, struct script *script,
		       const struct step *step, size_t nr)
{
	for (; nr--; step++)
		if (world_step(w, step))
			script->step[script->nr++] = *step;
}

static void check_all(unsigned int depth)
{
	static struct script script;
	u64 all = 0, worlds = 0;
	size_t i, d;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u64 sequences = 0, failed = nr_failed;

		seen.mask = 0xffff;
		seen.nr = 0;
		seen.worlds = 0;
		seen.slot = calloc(seen.mask + 1, sizeof(*seen.slot));
		if (!seen.slot)
			abort();
		for (d = 0; d < ARRAY_SIZE(dialects); d++) {
			struct world w;

			memset(&script, 0, sizeof(script));
			script.setting = (struct setting){
				{ 1000, 5000 },
				{ dialects[d][0], dialects[d][1] },
				starts[i].listens, 0,
			};
			begin(&w, &script.setting);
			if (starts[i].opened)
				play_steps(&w, &script, handshake,
					   ARRAY_SIZE(handshake));
			play_steps(&w, &script, starts[i].step,
				   ARRAY_SIZE(starts[i].step));
			sequences += explore(&w, &script, depth);
		}
		free(seen.slot);
		tap_ok(failed == nr_failed, "%s: %llu sequences of %u steps, %llu worlds",
		       starts[i].name, (unsigned long long)sequences, depth,
		       (unsigned long long)seen.worlds);
		all += sequences;
		worlds += seen.worlds;
	}
	tap_diag("depth %u: %llu sequences, %llu different worlds", depth,
		 (unsigned long long)all, (unsigned long long)worlds);
}

/* --- random steps ------------------------------------------------------- */

static u64 random_state;

/* splitmix64: any seed is as good as any other */
static u32 random_below(u32 n)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (u32)((z ^ (z >> 31)) >> 32) % n;
}

/* How a run is disposed, in percent. */
struct mood {
	u32 packets;	/* rather than user calls */
	u32 trouble;	/* of packets */
	u32 oldest;	/* in order */
	u32 closing;	/* of user calls */
};

static struct step random_packet(const struct world *w, const struct mood *m)
{
	struct step step = { STEP_DELIVER, 0, 0 };

	if (random_below(100) >= m->oldest)
		step.n = (u8)random_below(w->net.nr);
	if (random_below(100) < 20)
		step.kind = STEP_PASS;
	if (random_below(100) < m->trouble)
		step.kind = (u8)(STEP_LOSE + random_below(3));
	return step;
}

static struct step random_call(const struct mood *m)
{
	struct step step = { 0, (u8)random_below(2), 0 };
	u32 dice = random_below(100);

	if (random_below(100) < m->closing) {
		step.kind = dice < 60 ? STEP_CLOSE :
			    dice < 85 ? STEP_ABORT : STEP_WAIT;
		if (step.kind == STEP_WAIT)
			step.n = (u8)(dice & 1 ? 61 : 30);
		else if (random_below(4) == 0)
			step.n = (u8)(1 + random_below(3));
	} else if (dice < 40) {
		step.kind = STEP_SEND;
		step.n = (u8)(1 + random_below(8));
	} else if (dice < 65) {
		step.kind = STEP_RETRANSMIT;
		step.n = random_below(2) ? ENDPOINT_MAX_DATA :
					   (u8)random_below(8);
	} else if (dice < 85) {
		step.kind = STEP_ACK;
	} else if (dice < 92) {
		step.kind = STEP_KEEPALIVE;
	} else {
		step.kind = STEP_OPEN;
	}
	return step;
}

static void random_setting(struct setting *setting)
{
	u8 who;

	for (who = 0; who < 2; who++) {
		setting->iss[who] = random_below(8) ? random_below(~0u) :
						      -random_below(64);
		setting->dialect[who] = random_below(4) ?
			(u8)random_below(ENDPOINT_NR_DIALECTS) : 0;
	}
	setting->listens = random_below(8);
	setting->tick_ns = MSEC;
}

static bool random_run(u64 seed)
{
	static struct script script;
	static struct world w;
	unsigned int n, tries;
	struct mood m;

	random_state = seed;
	random_setting(&script.setting);
	m.packets = 40 + random_below(50);
	m.trouble = random_below(3) ? random_below(40) : 0;
	m.oldest = random_below(3) ? 100 - random_below(80) : 100;
	m.closing = 5 + random_below(40);
	n = 8 + random_below(MAX_STEPS - 8);
	begin(&w, &script.setting);
	script.nr = 0;
	script.step[script.nr++] = (struct step){ STEP_OPEN, C, 0 };
	world_step(&w, &script.step[0]);
	for (tries = 0; tries < 2 * n && script.nr < n && !w.fault; tries++) {
		struct step *step = &script.step[script.nr];

		*step = w.net.nr && random_below(100) < m.packets ?
			random_packet(&w, &m) : random_call(&m);
		if (world_step(&w, step) || w.fault)
			script.nr++;
	}
	if (!w.fault && world_rest(&w))
		return true;
	if (failures_left)
		tap_diag("run of seed %llu:", (unsigned long long)seed);
	tell(&w, &script);
	return false;
}

static void check_random(u64 runs, u64 seed)
{
	u64 i, failed = 0;

	tap_diag("random runs from seed %llu on", (unsigned long long)seed);
	for (i = 0; i < runs; i++)
		failed += !random_run(seed + i);
	tap_is_u64(failed, 0, "%llu random runs from seed %llu",
		   (unsigned long long)runs, (unsigned long long)seed);
}

static u64 number(const char *text, u64 otherwise)
{
	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "depth", required_argument, NULL, 'd' },
		{ "runs", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "failures", required_argument, NULL, 'f' },
		{ }
	};
	u64 depth = number(getenv("SIM_DEPTH"), DEPTH);
	u64 runs = number(getenv("SIM_RUNS"), RUNS);
	u64 seed = SEED;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			depth = number(optarg, depth);
			break;
		case 'r':
			runs = number(optarg, runs);
			break;
		case 's':
			seed = number(optarg, seed);
			break;
		case 'f':
			failures_left = (unsigned int)number(optarg, 3);
			break;
		default:
			fprintf(stderr, "usage: sim [--depth N] [--runs N] [--seed N] [--failures N]\n");
			return 2;
		}
	}
	if (!seed)
		seed = (u64)time(NULL) * 1000003;
	if (depth)
		check_all((unsigned int)depth);
	if (runs)
		check_random(runs, seed);
	tap_diag("at rest %llu times: %llu states compared, %llu certain; wrong: %llu unknowable and marked inferred, %llu outdated by what was lost before it was seen",
		 (unsigned long long)tally.rests,
		 (unsigned long long)tally.compared,
		 (unsigned long long)tally.certain,
		 (unsigned long long)tally.unknowable,
		 (unsigned long long)tally.unseen);
	return tap_done();
}
