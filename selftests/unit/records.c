// SPDX-License-Identifier: GPL-2.0
/* Which sightings are worth a record, what it says, and what is counted. */
#include <inttypes.h>

#include "core/why.h"
#include "lib/play.h"
#include "tap.h"

#define OPEN	"c S; s SA; c A;"
#define STRAYS	"s A; s A; s A; s A; s A;"
#define TOLD	"?/o, ?/o, ?/o, ?/o, ?/o, "
#define REQUEST	"c AP +100; s A; s AP +4000; c A;"

/*
 * A record in short: kind ("" a segment, + a further move, ^ an undo, # counts,
 * ! an end, @ a timer) and why, and of a segment "/" with r: retransmission,
 * a: seen before, when it left, o: after the end (of an end: after another).
 */
static const struct row {
	const char *name;
	const char *text;
	enum play_seat seat;
	const char *records;
	struct tcptrace_count count[2];
} rows[] = {
	{ "handshake and plain data", OPEN REQUEST, PLAY_LOOPBACK,
	  "syn, syn/a, syn-ack, syn-ack/a, handshake-ack, handshake-ack/a, #first-data",
	  { { 100, 4, 0 }, { 4000, 3, 0 } } },
	{ "the same from the middle: one sighting each", OPEN REQUEST,
	  PLAY_MIDDLE, "syn, syn-ack, handshake-ack, #first-data",
	  { { 100, 4, 0 }, { 4000, 3, 0 } } },
	{ "three-segment close: two moves, two records",
	  OPEN "c FA; s FA; c A; wait 61", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #close, fin, fin, +fin, ack-of-fin, @2msl, !closed",
	  { { 0, 4, 0 }, { 0, 2, 0 } } },
	{ "retransmissions are marked and counted",
	  "c! S; c again; s! SA; s SA; c A; c! AP +100; c AP +100 seq=1; s A",
	  PLAY_LOOPBACK,
	  "syn, syn/r, syn/a, syn-ack, syn-ack/r, syn-ack/a, handshake-ack, handshake-ack/a, #first-data",
	  { { 100, 5, 2 }, { 0, 3, 1 } } },
	{ "half a retransmission, half new: bytes count once",
	  OPEN "c AP +100; c AP +150 seq=51", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #first-data",
	  { { 200, 4, 0 }, { 0, 1, 0 } } },
	{ "refused", "c S; s RA seq=0", PLAY_LOOPBACK,
	  "syn, syn/a, ^no-listener, refused, refused/a, !closed",
	  { { 0, 1, 0 }, { 0, 1, 0 } } },
	{ "refused twice: the second end comes after the first",
	  "c S; s RA seq=0; wait 1; c S; s RA seq=0", PLAY_SERVER,
	  "syn, ^no-listener, refused, !closed, ^not-taken, syn/ro, !closed/o, rst/o",
	  { { 0, 2, 1 }, { 0, 2, 0 } } },
	{ "not all that comes after an end is worth a record",
	  OPEN "c RA;" STRAYS STRAYS STRAYS STRAYS STRAYS, PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, rst, !closed, " TOLD TOLD TOLD "?/o",
	  { { 0, 3, 0 }, { 0, 26, 0 } } },
	{ "segments after the end", OPEN "c RA; s AP +10; c R seq=1",
	  PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, rst, !closed, ?/o, #first-data, rst/o",
	  { { 0, 4, 0 }, { 10, 2, 0 } } },
	{ "a SYN where it does not belong, answered after all",
	  OPEN "c S seq=70000; s SA ack=70001", PLAY_SERVER,
	  "syn, syn-ack, handshake-ack, challenge, !reused, syn-ack",
	  { { 0, 0, 0 }, { 0, 1, 0 } } },
	{ "an old SYN in TIME_WAIT", OPEN "s FA; c FA; s A; c S seq=-70000",
	  PLAY_SERVER,
	  "syn, syn-ack, handshake-ack, #close, fin, fin, +fin, ack-of-fin, syn-in-time-wait",
	  { { 0, 4, 0 }, { 0, 3, 0 } } },
	{ "a reset in TIME_WAIT that is not heeded: nobody challenges it",
	  "rfc1337;" OPEN "s FA; c FA; s A; c R",
	  PLAY_SERVER,
	  "syn, syn-ack, handshake-ack, #close, fin, fin, +fin, ack-of-fin, stale",
	  { { 0, 4, 0 }, { 0, 3, 0 } } },
	{ "a reset of one that was never there, twice: nothing to take back",
	  "c AP +10 seq=1; s RA; s R", PLAY_SERVER,
	  "pickup, #first-data, rst, !closed, rst/o",
	  { { 10, 1, 0 }, { 0, 2, 0 } } },
	{ "data after the first FIN shows before the end",
	  OPEN "c FA; s A; s AP +500; c A; s FA; c A", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #close, fin, ack-of-fin, #first-data, #close, fin, ack-of-fin",
	  { { 0, 5, 0 }, { 500, 4, 0 } } },
	{ "first data with the reset that ends it: an end is the last word",
	  OPEN "c RA +5", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, rst, #first-data, !closed",
	  { { 5, 3, 0 }, { 0, 1, 0 } } },
	{ "reordered: what comes late is new, and no retransmission",
	  OPEN "c! AP +100 seq=101; c! AP +100 seq=1; c! AP +100 seq=201",
	  PLAY_MIDDLE, "syn, syn-ack, handshake-ack, #first-data",
	  { { 300, 5, 0 }, { 0, 1, 0 } } },
	{ "overtaken by the FIN, and by an ACK",
	  OPEN "c! FA seq=101; c! A +100 seq=1; s! A seq=51; s! A +50 seq=1",
	  PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #close, fin, #first-data, fin",
	  { { 100, 4, 0 }, { 50, 3, 0 } } },
	{ "a FIN overtaken by the ACK after it is not payload",
	  OPEN "c! A +10 seq=1; c! A seq=12; c! FA seq=11", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #first-data, #close, fin",
	  { { 10, 5, 0 }, { 0, 1, 0 } } },
	{ "reordered, piece by piece, and then again",
	  OPEN "c! A +100 seq=301; c! A +100 seq=1; c! A +200 seq=101; c! A +300 seq=1",
	  PLAY_MIDDLE, "syn, syn-ack, handshake-ack, #first-data",
	  { { 400, 6, 1 }, { 0, 1, 0 } } },
	{ "FIN with data: its bytes are not in the counters of the close",
	  OPEN "c FA +7; s A", PLAY_MIDDLE,
	  "syn, syn-ack, handshake-ack, #close, fin, #first-data, ack-of-fin",
	  { { 7, 3, 0 }, { 0, 2, 0 } } },
};

static void describe(const struct play *p, char *buf, size_t size)
{
	static const char kinds[] = { '?', 0, '+', '^', '@', '#', '!' };
	unsigned int i;
	size_t used = 0;

	buf[0] = '\0';
	for (i = 0; i < p->nr_records && used < size; i++) {
		const struct tcptrace_record *rec = &p->records[i];
		const char kind[2] = { kinds[rec->kind % 7] };
		const uint16_t marks = TCPTRACE_F_RETRANSMIT |
				       TCPTRACE_F_AGAIN | TCPTRACE_F_ORPHAN;
		const char *why = tcptrace_why_name(rec->why);
		bool marked = (rec->kind == TCPTRACE_REC_SEGMENT ||
			       rec->kind == TCPTRACE_REC_END) &&
			      (rec->rflags & marks);

		used += (size_t)snprintf(buf + used, size - used,
			"%s%s%s%s%s%s%s", i ? ", " : "", kind,
			why ? why : "?", marked ? "/" : "",
			marked && (rec->rflags & TCPTRACE_F_RETRANSMIT) ?
			"r" : "",
			marked && (rec->rflags & TCPTRACE_F_AGAIN) ? "a" : "",
			marked && (rec->rflags & TCPTRACE_F_ORPHAN) ?
			"o" : "");
	}
}

static void check_count(const struct row *row, const struct play *p, int end)
{
	const struct tcptrace_count *got = &p->conn.end[end].count;
	const struct tcptrace_count *want = &row->count[end];

	tap_is_u64(got->bytes, want->bytes, "%s: bytes of end %d", row->name,
		   end);
	tap_is_u64(got->segs, want->segs, "%s: segments of end %d", row->name,
		   end);
	tap_is_u64(got->retrans, want->retrans, "%s: retransmissions of end %d",
		   row->name, end);
}

/* Numbers run without a gap and begin again with a new connection. */
static bool numbered(const struct play *p)
{
	uint64_t conn = 0;
	uint32_t n = 0;
	unsigned int i;

	for (i = 0; i < p->nr_records; i++) {
		if (p->records[i].conn != conn) {
			conn = p->records[i].conn;
			n = 0;
		}
		if (p->records[i].n != n++)
			return false;
	}
	return p->nr_records > 0;
}

/* A wait that a reset had seemed to end goes on: the timer is started again. */
static void check_timer(void)
{
	struct tcptrace_segment ack = {
		.seq = PLAY_ISN_CLIENT + 2, .end = PLAY_ISN_CLIENT + 2,
		.ack = PLAY_ISN_SERVER + 2, .segs = 1, .flags = TCPTRACE_ACK,
	};
	struct tcptrace_sighting s = {
		.seg = &ack, .from = TCPTRACE_CLIENT,
		.vantage = TCPTRACE_LEAVES,
	};
	struct tcptrace_notes notes;
	static struct play p;

	tap_is_str(play(OPEN "c FA; s FA; c A; s R", PLAY_CLIENT,
			TCPTRACE_CLIENT, &p), NULL, "a reset in TIME_WAIT");
	tap_is_u64(p.conn.end[TCPTRACE_CLIENT].state, TCPTRACE_CLOSED,
		   "it seems to be heeded");
	s.now_ns = p.now_ns + 2 * TCPTRACE_NSEC_PER_SEC;
	tcptrace_conn_segment(&p.conn, &s, &notes);
	tap_is_u64(p.conn.end[TCPTRACE_CLIENT].state, TCPTRACE_TIME_WAIT,
		   "what leaves then tells that it was not");
	tap_ok(notes.timer, "and that there is something to wait for");
}

int main(void)
{
	static struct play p;
	char got[1024];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		tap_is_str(play(row->text, row->seat, TCPTRACE_CLIENT, &p),
			   NULL, "%s: the play is sound", row->name);
		describe(&p, got, sizeof(got));
		tap_is_str(got, row->records, "%s: records", row->name);
		tap_ok(numbered(&p), "%s: numbered", row->name);
		check_count(row, &p, TCPTRACE_CLIENT);
		check_count(row, &p, TCPTRACE_SERVER);
	}
	check_timer();
	return tap_done();
}
