// SPDX-License-Identifier: GPL-2.0
/*
 * conn_state and history against what Zeek publishes of them (see zeek.c of
 * the reader), each state and each letter that can occur, and the verdict
 * beside it. Written by hand from the published table, not from what came out.
 */
#include "core/fill.h"
#include "model.h"
#include "play.h"
#include "scenario.h"
#include "tap.h"
#include "verdict.h"
#include "zeek.h"

#define OPEN	"c S; s SA; c A;"
#define CLOSE	"c FA; s A; s FA; c A"
#define C	TCPTRACE_CLIENT
#define S	TCPTRACE_SERVER

#define MID	PLAY_MIDDLE
#define LO	PLAY_LOOPBACK

struct expected {
	const char *name;
	const char *play;
	enum play_seat seat;
	uint8_t first;
	const char *state;
	const char *history;
	const char *verdict;
};

static const struct expected rows[] = {
	/* S0: attempt seen, no reply */
	{ "S0: nothing comes back", "c! S", MID, C, "S0", "S", "no-answer" },
	{ "S0: three tries are one letter", "c! S; c! again; c! again", LO, C,
	  "S0", "S", "no-answer" },
	{ "S0: the server's side is not seen", "c! S; c! A ack=1; c! PA +10",
	  MID, C, "S0", "SAD", "no-answer" },

	/* S1: established, not terminated */
	{ "S1: open", OPEN, LO, C, "S1", "ShA", "open" },
	{ "S1: open, a request and its answer",
	  OPEN "c PA +100; s A; s PA +500; c A", MID, C, "S1", "ShADad",
	  "open" },
	{ "S1: SYN-ACK unanswered", "c S; s! SA; s! again", LO, C, "S1", "Sh",
	  "half-open" },
	{ "S1: the SYN was missed", "s SA; c A", MID, S, "S1", "^hA", "open" },
	{ "S1: simultaneous open", "c> S; s> S; c<; s<; c> SA; s> SA; c<; s<",
	  LO, C, "S1", "Ss", "open" },

	/* SF: normal establishment and termination */
	{ "SF: four segments", OPEN CLOSE, LO, C, "SF", "ShAFaf", "closed" },
	{ "SF: three segments", OPEN "c FA; s FA; c A", MID, C, "SF", "ShAFf",
	  "closed" },
	{ "SF: server first", OPEN "s FA; c A; c FA; s A", LO, C, "SF",
	  "ShAfFa", "closed" },
	{ "SF: FINs cross", OPEN "c> FA; s> FA; c<; s<; c A; s A", LO, C, "SF",
	  "ShAFfa", "closed" },
	{ "SF: data both ways", OPEN "c PA +9; s A; s PA +9; c A;" CLOSE, LO, C,
	  "SF", "ShADadFf", "closed" },
	{ "SF: data after the first FIN",
	  OPEN "c FA; s A; s PA +9; c A; s FA; c A", LO, C, "SF", "ShAFadf",
	  "closed" },
	{ "SF: the server speaks first",
	  OPEN "s PA +9; c A; c PA +9; s A;" CLOSE, MID, C, "SF", "ShAdDaFf",
	  "closed" },
	{ "SF: data in a FIN alone is no d", OPEN "c FA +9; s FA; c A", LO, C,
	  "SF", "ShAFf", "closed" },
	{ "SF: reset after both FINs", OPEN CLOSE "; s RA", LO, C, "SF",
	  "ShAFafr", "closed" },
	{ "SF: from mid-stream on", "c PA +9; s A;" CLOSE, MID, C, "SF",
	  "DaFfA", "closed" },

	/* REJ: attempt rejected */
	{ "REJ: nobody listens", "c S; s RA seq=-5000", LO, C, "REJ", "Sr",
	  "refused" },
	{ "REJ: by the second try", "c! S; c again; s RA seq=-5000", MID, C,
	  "REJ", "Sr", "refused" },

	/* S2, S3: close attempt by one side, no reply from the other */
	{ "S2: client's FIN", OPEN "c FA", LO, C, "S2", "ShAF", "closing" },
	{ "S2: client's FIN, acknowledged", OPEN "c FA; s A", LO, C, "S2",
	  "ShAFa", "half-closed" },
	{ "S3: server's FIN", OPEN "s FA", LO, C, "S3", "ShAf", "closing" },
	{ "S3: server's FIN, acknowledged", OPEN "s FA; c A", MID, C, "S3",
	  "ShAf", "half-closed" },

	/* RSTO, RSTR: aborted after it was established */
	{ "RSTO: open", OPEN "c RA", LO, C, "RSTO", "ShAR", "reset" },
	{ "RSTO: in CLOSE_WAIT", OPEN "s FA; c A; c RA", LO, C, "RSTO",
	  "ShAfR", "reset" },
	{ "RSTO: instead of the handshake's ACK", "c S; s SA; c R", LO, C,
	  "RSTO", "ShR", "abandoned" },
	{ "RSTR: open", OPEN "s RA", MID, C, "RSTR", "ShAr", "reset" },
	{ "RSTR: data before the reset", OPEN "c PA +9; s A; s PA +9; s RA", LO,
	  C, "RSTR", "ShADadr", "reset" },
	{ "RSTR: after the client's FIN", OPEN "c FA; s A; s RA", LO, C,
	  "RSTR", "ShAFar", "reset" },
	{ "RSTR: from mid-stream on", "c PA +9; s RA", MID, C, "RSTR", "Dr",
	  "reset" },

	/* RSTOS0: SYN, then RST, no SYN-ACK seen */
	{ "RSTOS0: given up", "c! S; c! R", MID, C, "RSTOS0", "SR",
	  "abandoned" },

	/* RSTRH, SHR: the originator's side is not seen */
	{ "RSTRH: SYN-ACK and RST", "s! SA; s! R", MID, S, "RSTRH", "^hr",
	  "abandoned" },
	{ "SHR: SYN-ACK and FIN", "s! SA; s! FA", MID, S, "SHR", "^hf",
	  "closing" },

	/* SH: SYN, then FIN, no SYN-ACK seen */
	{ "SH: SYN and FIN", "c! S; c! FA ack=1", MID, C, "SH", "SF",
	  "closing" },

	/* OTH: no SYN, mid-stream */
	{ "OTH: data", "c PA +9; s A; s PA +9; c A", MID, C, "OTH", "DadA",
	  "open" },
	{ "OTH: the server speaks first", "s PA +9; c A", MID, S, "OTH",
	  "^dA", "open" },
	{ "OTH: the client closes", "c PA +9; s A; c FA; s A", MID, C, "OTH",
	  "DaF", "half-closed" },
	{ "OTH: the client resets", "c PA +9; s A; c RA", MID, C, "OTH", "DaR",
	  "reset" },
	{ "OTH: a SYN-ACK alone", "s! SA", MID, S, "OTH", "^h", "half-open" },

	/* letters */
	{ "s, h, f again with the same number are one",
	  "c S; c again; s SA; s again; c A; c FA; c again; s A; s FA;"
	  "s again; c A", MID, C, "SF", "ShAFaf", "closed" },
	{ "d: in the handshake's ACK", "c S; s SA; c PA +9; s A;", MID, C,
	  "S1", "ShDa", "open" },
	{ "t: a retransmission", OPEN "c! PA +9; c again; s A;" CLOSE, LO, C,
	  "SF", "ShADaTFf", "closed" },
	{ "t: of the server, after the FIN",
	  OPEN "c FA; s A; s! PA +9; s again; c A; s FA; c A", LO, C, "SF",
	  "ShAFadtf", "closed" },
	{ "t: ten of them",
	  OPEN "c PA +9; c again; c again; c again; c again; c again; c again;"
	  "c again; c again; c again; c again;" CLOSE, MID, C, "SF",
	  "ShADTTFaf", "closed" },
	{ "t: nine of them",
	  OPEN "c PA +9; c again; c again; c again; c again; c again; c again;"
	  "c again; c again; c again;" CLOSE, MID, C, "SF", "ShADTFaf",
	  "closed" },
	{ "t: a FIN with data again", OPEN "c! FA +9; c again; s FA; c A", LO,
	  C, "SF", "ShAFTf", "closed" },
	{ "t: not for a SYN or a FIN without data",
	  "c! S; c again; s SA; c A; c! FA; c again; s FA; c A", LO, C, "SF",
	  "ShAFf", "closed" },
	{ "w: in the handshake's ACK", "c S; s SA; c A win=0", MID, C, "S1",
	  "ShAW", "open" },
	{ "w: not once the other side has closed", OPEN "c FA; s A win=0",
	  MID, C, "S2", "ShAFa", "half-closed" },
	{ "r: another number is another letter",
	  OPEN "s RA; s RA seq=5", MID, C, "RSTR", "ShArr", "reset" },
	{ "r: one that is not taken ends nothing",
	  OPEN "s RA seq=-100;" CLOSE, MID, C, "SF", "ShArFaf", "closed" },
	{ "i: FIN and RST", OPEN "c FRA", MID, C, "RSTO", "ShAI", "reset" },
	{ "q: SYN and RST", "c S; s SRA seq=-5000", MID, C, "REJ", "Sq",
	  "refused" },
};

struct outcome {
	unsigned int conns;
	char state[16];
	char history[64];
	char verdict[16];
};

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct outcome *o = arg;
	struct text t = { 0 };
	const char *state;
	struct story s = { 0 };

	/* The first one is looked at. */
	if (o->conns++)
		return;
	story_init(&s, conn, NULL);
	state = zeek_read(&s, &t);
	snprintf(o->state, sizeof(o->state), "%s", state ? state : "null");
	snprintf(o->history, sizeof(o->history), "%s", t.s);
	snprintf(o->verdict, sizeof(o->verdict), "%s",
		 verdict_word(verdict_find(&s, UINT64_MAX)));
	text_free(&t);
	story_clean(&s);
}

/* The watching ends too, so that the counters come. */
static void end_play(struct play *p)
{
	struct tcptrace_notes notes = { .nr = 0 };
	uint8_t i;

	tcptrace_conn_end(&p->conn, TCPTRACE_WHY_UNLOAD, &notes);
	for (i = 0; i < notes.nr && p->nr_records < PLAY_MAX_RECORDS; i++)
		tcptrace_conn_record(&p->conn, &notes, i, NULL, p->now_ns,
				     &p->records[p->nr_records++]);
}

static void check_row(const struct expected *row)
{
	static struct play p;
	struct outcome o = { 0 };
	struct model model;
	unsigned int i;
	const char *wrong;

	wrong = play(row->play, row->seat, row->first, &p);
	if (!tap_ok(!wrong, "%s: can be played", row->name)) {
		tap_diag("  %s", wrong);
		return;
	}
	end_play(&p);
	model_init(&model, conn_done, &o);
	for (i = 0; i < p.nr_records; i++)
		model_add(&model, &p.records[i]);
	model_finish(&model);
	tap_is_str(o.state, row->state, "%s: conn_state", row->name);
	tap_is_str(o.history, row->history, "%s: history", row->name);
	tap_is_str(o.verdict, row->verdict, "%s: verdict", row->name);
}

/* Every state is among the rows, and every letter that can be. */
static void check_cover(void)
{
	static const char * const states[] = {
		"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0",
		"RSTRH", "SH", "SHR", "OTH",
	};
	static const char letters[] = "SsHhAaDdFfRrTtWIq^";
	const char *missing = "H";	/* a client that answers a SYN: never */
	unsigned int i, j, nr = 0;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		for (j = 0; j < ARRAY_SIZE(rows); j++)
			if (!strcmp(rows[j].state, states[i])) {
				nr++;
				break;
			}
	tap_is_u64(nr, ARRAY_SIZE(states), "every conn_state has a row");
	for (i = 0, nr = 0; letters[i]; i++)
		for (j = 0; j < ARRAY_SIZE(rows); j++)
			if (strchr(rows[j].history, letters[i]) ||
			    strchr(missing, letters[i])) {
				nr++;
				break;
			}
	tap_is_u64(nr, strlen(letters), "every letter has a row");
}

/* Whichever records are lost, no letter is made up that was not there. */
static void check_losses(void)
{
	static struct play p;
	struct outcome whole = { 0 }, o;
	struct model model;
	unsigned int bad = 0, drop, i;

	play(OPEN "c PA +9; s A; s PA +9; c A;" CLOSE, LO, C, &p);
	for (drop = 0; drop < 1u << 12; drop++) {
		o = (struct outcome) { 0 };
		model_init(&model, conn_done, &o);
		for (i = 0; i < p.nr_records; i++)
			if (i >= 12 || !(drop >> i & 1))
				model_add(&model, &p.records[i]);
		model_finish(&model);
		if (!drop)
			whole = o;
		/* A lost FIN can make the counters' d stand elsewhere. */
		bad += o.history[strspn(o.history, "ShADadFf")] ||
		       strlen(o.history) > strlen(whole.history);
	}
	tap_is_u64(bad, 0, "no set of 12 lost records makes a letter up");
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	check_cover();
	check_losses();
	return tap_done();
}
