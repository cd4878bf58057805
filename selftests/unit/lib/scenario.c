// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "core/fill.h"
#include "scenario.h"
#include "twice.h"

#define C	TCPTRACE_CLIENT
#define S	TCPTRACE_SERVER
#define SYN	TCPTRACE_SYN
#define ACK	TCPTRACE_ACK
#define FIN	TCPTRACE_FIN
#define RST	TCPTRACE_RST
#define PSH	TCPTRACE_PSH

/* Scripts begin with these where they say so. */
static const struct step handshake[] = {
	{ 0, C, SYN, 0, 0, 0 },
	{ 40, S, SYN | ACK, 0, 0, 0 },
	{ 36, C, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step request[] = {
	{ 70, C, PSH | ACK, 128, 0, 0 },
	{ 30, S, ACK, 0, 0, 0 },
	{ 9000, S, PSH | ACK, 1448, 0, 0 },
	{ 10, S, PSH | ACK, 1448, 0, 0 },
	{ 10, S, PSH | ACK, 1200, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step four_segments[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 0, C, 0, 0, S_REQUEST, 0 },
	{ 3500, C, FIN | ACK, 0, 0, 0 },
	{ 80, S, ACK, 0, 0, 0 },
	{ 200, S, FIN | ACK, 0, 0, 0 },
	{ 30, C, ACK, 0, 0, 0 },
	{ 60000000, C, 0, 0, S_TIMER, 0 },
	{ 0 },
};

static const struct step three_segments[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 0, C, 0, 0, S_REQUEST, 0 },
	{ 3500, S, FIN | ACK, 0, 0, 0 },
	{ 80, C, FIN | ACK, 0, 0, 0 },
	{ 30, S, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step half_close[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 50, C, PSH | ACK, 100, 0, 0 },
	{ 40, S, ACK, 0, 0, 0 },
	{ 500, C, FIN | ACK, 0, 0, 0 },
	{ 40, S, ACK, 0, 0, 0 },
	{ 2000, S, PSH | ACK, 1000, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 2000, S, PSH | ACK, 1000, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 1000, S, FIN | ACK, 0, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 60000000, C, 0, 0, S_TIMER, 0 },
	{ 0 },
};

static const struct step crossed_fins[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 500, C, FIN | ACK, 0, S_LATE, 0 },
	{ 1, S, FIN | ACK, 0, 0, 0 },
	{ 30, S, ACK, 0, 0, 0 },
	{ 5, C, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step refused[] = {
	{ 0, C, SYN, 0, 0, 0 },
	{ 30, S, RST | ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step unanswered[] = {
	{ 0, C, SYN, 0, S_LOST, 0 },
	{ 1010000, C, SYN, 0, S_LOST | S_BACK, 1 },
	{ 2016000, C, SYN, 0, S_LOST | S_BACK, 1 },
	{ 4096000, C, SYN, 0, S_LOST | S_BACK, 1 },
	{ 60000000, C, 0, TCPTRACE_WHY_IDLE, S_END, 0 },
	{ 0 },
};

static const struct step lost_synack[] = {
	{ 0, C, SYN, 0, 0, 0 },
	{ 40, S, SYN | ACK, 0, S_LOST, 0 },
	{ 1000000, C, SYN, 0, S_BACK, 1 },
	{ 40, S, SYN | ACK, 0, S_BACK, 1 },
	{ 36, C, ACK, 0, 0, 0 },
	{ 300, C, FIN | ACK, 77, 0, 0 },
	{ 80, S, FIN | ACK, 0, 0, 0 },
	{ 30, C, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step reset[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 0, C, 0, 0, S_REQUEST, 0 },
	{ 3500, S, RST | ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step open[] = {
	{ 0, C, 0, 0, S_HANDSHAKE, 0 },
	{ 70, C, PSH | ACK, 128, 0, 0 },
	{ 30, S, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step mid_stream[] = {
	{ 0, C, PSH | ACK, 128, 0, 0 },
	{ 30, S, ACK, 0, 0, 0 },
	{ 500, C, FIN | ACK, 0, 0, 0 },
	{ 40, S, ACK, 0, 0, 0 },
	{ 40, S, FIN | ACK, 0, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 0 },
};

static const struct step data_in_third[] = {
	{ 0, C, SYN, 0, 0, 0 },
	{ 40, S, SYN | ACK, 0, 0, 0 },
	{ 36, C, PSH | ACK, 128, 0, 0 },
	{ 30, S, PSH | ACK, 300, 0, 0 },
	{ 30, S, FIN | ACK, 0, 0, 0 },
	{ 40, C, ACK, 0, 0, 0 },
	{ 40, C, FIN | ACK, 0, 0, 0 },
	{ 40, S, ACK, 0, 0, 0 },
	{ 0 },
};

const struct scenario scenarios[] = {
	{ "four-segments", "closed by the client in four segments",
	  four_segments, PLACE_LOOPBACK, false, { "curl", "nginx" } },
	{ "three-segments", "closed by the server in three segments",
	  three_segments, PLACE_CLIENT, true, { "curl", NULL } },
	{ "half-close", "data flows on after the first FIN",
	  half_close, PLACE_LOOPBACK, false, { NULL, NULL } },
	{ "crossed-fins", "both close at once",
	  crossed_fins, PLACE_LOOPBACK, false, { NULL, NULL } },
	{ "refused", "nobody listens",
	  refused, PLACE_LOOPBACK, false, { "evil\033[2J\t\\", NULL } },
	{ "unanswered", "the SYNs are dropped",
	  unanswered, PLACE_LOOPBACK, false, { NULL, NULL } },
	{ "lost-synack", "the first SYN-ACK is dropped",
	  lost_synack, PLACE_LOOPBACK, false, { NULL, NULL } },
	{ "reset", "the server resets",
	  reset, PLACE_SERVER, false, { NULL, "nginx" } },
	{ "open", "data has begun to flow",
	  open, PLACE_CLIENT, false, { NULL, NULL } },
	{ "mid-stream", "first seen after its handshake",
	  mid_stream, PLACE_BETWEEN, false, { NULL, NULL } },
	{ "data-in-third", "the third segment carries the request",
	  data_in_third, PLACE_BETWEEN, true, { NULL, NULL } },
};

const unsigned int nr_scenarios = sizeof(scenarios) / sizeof(scenarios[0]);

/* A connection being played. */
struct play {
	const struct scenario *sc;
	struct tcptrace_conn conn;
	struct recorded *out;
	u64 id;
	u64 now_ns;
	u32 nxt[2];	/* next to be sent */
	u32 rcv[2];	/* next to be acknowledged */
	bool sent[2];	/* anything at all */
	struct tcptrace_segment late;
	u8 late_from;
	bool has_late;
};

static void put(struct play *p, const struct tcptrace_notes *notes, u8 i,
		const struct tcptrace_sighting *s)
{
	static const u8 v4[2][4] = { { 127, 0, 0, 1 }, { 127, 0, 0, 2 } };
	struct tcptrace_record *rec;
	u8 e;

	if (p->out->nr == p->out->size) {
		p->out->size = p->out->size ? p->out->size * 2 : 64;
		p->out->rec = realloc(p->out->rec,
				      p->out->size * sizeof(*rec));
		if (!p->out->rec)
			abort();
	}
	rec = &p->out->rec[p->out->nr++];
	memset(rec, 0, sizeof(*rec));
	tcptrace_conn_record(&p->conn, notes, i, s, p->now_ns, rec);
	rec->netns = 4026531840;
	rec->family = p->sc->v6 ? 6 : 4;
	rec->ifindex = 1;
	rec->port[C] = (u16)(50000 + p->id);
	rec->port[S] = 80;
	for (e = 0; e < 2; e++) {
		memset(rec->addr[e], 0, 16);
		if (p->sc->v6) {
			rec->addr[e][0] = 0x20;
			rec->addr[e][1] = 0x01;
			rec->addr[e][2] = 0x0d;
			rec->addr[e][3] = 0xb8;
			rec->addr[e][15] = e + 1;
		} else {
			memset(&rec->addr[e][10], 0xff, 2);
			memcpy(&rec->addr[e][12], v4[e], 4);
		}
	}
	if (rec->kind == TCPTRACE_REC_SEGMENT &&
	    rec->vantage == TCPTRACE_LEAVES && p->sc->task[rec->from]) {
		rec->rflags |= TCPTRACE_F_TASK;
		rec->pid = 700 + rec->from;
		snprintf(rec->u.seg.comm, sizeof(rec->u.seg.comm), "%s",
			 p->sc->task[rec->from]);
	}
}

static void put_all(struct play *p, const struct tcptrace_notes *notes,
		    const struct tcptrace_sighting *s)
{
	u8 i;

	for (i = 0; i < notes->nr; i++)
		put(p, notes, i, s);
}

static void sight(struct play *p, const struct tcptrace_segment *seg, u8 from,
		  u8 vantage, bool to_local)
{
	struct tcptrace_sighting s = {
		.seg = seg, .now_ns = p->now_ns, .from = from,
		.vantage = vantage, .to_local = to_local,
	};
	struct tcptrace_notes notes;

	twice_segment(&p->conn, &s, &notes);
	put_all(p, &notes, &s);
}

static bool lives_here(const struct play *p, u8 who)
{
	return p->sc->place == PLACE_LOOPBACK ||
	       p->sc->place == (who == C ? PLACE_CLIENT : PLACE_SERVER);
}

static void arrive(struct play *p, const struct tcptrace_segment *seg, u8 from)
{
	p->now_ns += 9000;
	sight(p, seg, from, TCPTRACE_ARRIVES, true);
	if (tcptrace_after(seg->end, p->rcv[!from]))
		p->rcv[!from] = seg->end;
}

static void send(struct play *p, const struct step *step)
{
	const u8 from = step->from;
	struct tcptrace_segment seg = {
		.seq = p->nxt[from] - step->back,
		.len = step->len,
		.flags = step->flags,
		.win = step->flags & SYN ? 65483 : 512,
		.segs = 1,
		.wscale = TCPTRACE_WSCALE_NONE,
	};

	if ((step->flags & RST) && !p->sent[from])
		seg.seq = 0;	/* a reset without a socket has no number */
	else
		p->sent[from] = true;
	if (step->flags & ACK)
		seg.ack = p->rcv[from];
	seg.end = seg.seq + seg.len + !!(step->flags & SYN) +
		  !!(step->flags & FIN);
	if (step->flags & SYN) {
		seg.mss = p->sc->place == PLACE_LOOPBACK ? 65495 : 1460;
		seg.wscale = 7;
		seg.opts = TCPTRACE_OPT_MSS | TCPTRACE_OPT_WSCALE |
			   TCPTRACE_OPT_SACK_PERM | TCPTRACE_OPT_TS;
	}
	if (!(step->flags & RST) && tcptrace_after(seg.end, p->nxt[from]))
		p->nxt[from] = seg.end;

	if (p->sc->place == PLACE_BETWEEN)
		sight(p, &seg, from, TCPTRACE_PASSES, false);
	else if (lives_here(p, from))
		sight(p, &seg, from, TCPTRACE_LEAVES, lives_here(p, !from));
	else if (!(step->how & S_LOST))
		sight(p, &seg, from, TCPTRACE_ARRIVES, true);

	if (p->has_late) {
		p->has_late = false;
		arrive(p, &p->late, p->late_from);
	}
	if (step->how & S_LOST)
		return;
	if (step->how & S_LATE) {
		p->late = seg;
		p->late_from = from;
		p->has_late = true;
	} else if (p->sc->place == PLACE_LOOPBACK) {
		arrive(p, &seg, from);
	} else if (tcptrace_after(seg.end, p->rcv[!from])) {
		p->rcv[!from] = seg.end;
	}
}

/* Timers run late, as the module's do. */
static void run_timers(struct play *p)
{
	struct tcptrace_notes notes;

	p->now_ns += 1200000;
	memset(&notes, 0, sizeof(notes));
	tcptrace_conn_timer(&p->conn, p->now_ns, &notes);
	put_all(p, &notes, NULL);
}

static void give_up(struct play *p, enum tcptrace_why why)
{
	struct tcptrace_notes notes;

	memset(&notes, 0, sizeof(notes));
	tcptrace_conn_end(&p->conn, why, &notes);
	put_all(p, &notes, NULL);
}

const struct scenario *scenario_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_scenarios; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	fprintf(stderr, "no scenario is called %s\n", name);
	abort();
}

static void run(struct play *p, const struct step *step)
{
	for (; step->flags || step->how; step++) {
		p->now_ns += step->us * 1000ULL;
		if (step->how & S_HANDSHAKE)
			run(p, handshake);
		else if (step->how & S_REQUEST)
			run(p, request);
		else if (step->how & S_TIMER)
			run_timers(p);
		else if (step->how & S_END)
			give_up(p, step->len);
		else
			send(p, step);
	}
}

void scenario_play(const struct scenario *sc, u64 id, u64 start_ns,
		   struct recorded *out)
{
	struct play p = {
		.sc = sc, .out = out, .id = id, .now_ns = start_ns,
		.nxt = { 1234567 * (u32)id, 7654321 + 1000 * (u32)id },
	};

	tcptrace_conn_init(&p.conn, id);
	if (!(sc->step->flags & SYN) && !(sc->step->how & S_HANDSHAKE)) {
		p.rcv[C] = p.nxt[S];
		p.rcv[S] = p.nxt[C];
		p.sent[C] = true;
		p.sent[S] = true;
	}
	run(&p, sc->step);
}

void recorded_free(struct recorded *r)
{
	free(r->rec);
	memset(r, 0, sizeof(*r));
}
