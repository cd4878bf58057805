// SPDX-License-Identifier: GPL-2.0
/* The kernel's word on sockets of this host: what it proves and what it ends. */
#include "core/why.h"
#include "lib/play.h"
#include "lib/twice.h"
#include "tap.h"

#define OPEN	"c S; s SA; c A;"
#define REQUEST	"c AP +100; s A; s AP +4000; c A;"
#define CLIENT	TCPTRACE_CLIENT
#define SERVER	TCPTRACE_SERVER
#define EVENT	TCPTRACE_SOURCE_EVENT
#define SKB	TCPTRACE_SOURCE_SKB
#define SEC	TCPTRACE_NSEC_PER_SEC

/* After a play on loopback, one word; and what is known of that end then. */
static const struct row {
	const char *name;
	const char *text;
	uint8_t who;
	uint8_t said;
	uint8_t source;
	uint8_t state;		/* of that end, before and after the word */
	bool sure;		/* proved by it */
	uint8_t why;		/* of the record, 0 if there is none */
	uint64_t wait_ns;	/* then, after so long ... */
	uint8_t then;		/* ... it is in this state */
} rows[] = {
	{ "proves what was inferred", OPEN, SERVER, TCPTRACE_ESTABLISHED,
	  EVENT, TCPTRACE_ESTABLISHED, true, TCPTRACE_WHY_WORD_AGREES },
	{ "lags: proves no more than it says", OPEN "c FA;", SERVER,
	  TCPTRACE_ESTABLISHED, EVENT, TCPTRACE_CLOSE_WAIT, false,
	  TCPTRACE_WHY_WORD_AGREES },
	{ "is ahead of the segment that will show it", OPEN REQUEST, CLIENT,
	  TCPTRACE_FIN_WAIT1, EVENT, TCPTRACE_ESTABLISHED, true,
	  TCPTRACE_WHY_WORD_AHEAD },
	{ "differs, told by the socket that sends", OPEN REQUEST, CLIENT,
	  TCPTRACE_CLOSE_WAIT, SKB, TCPTRACE_ESTABLISHED, true,
	  TCPTRACE_WHY_WORD_DIFFERS },
	{ "SYN_RCVD, of a request that answers again while another CPU is further",
	  OPEN REQUEST, SERVER, TCPTRACE_SYN_RCVD, SKB, TCPTRACE_ESTABLISHED,
	  true, 0 },
	{ "CLOSED, of what waits in TIME_WAIT: goes on waiting",
	  OPEN REQUEST "c FA; s FA; c A", CLIENT, TCPTRACE_CLOSED, EVENT,
	  TCPTRACE_TIME_WAIT, true, TCPTRACE_WHY_WORD_AGREES, 59 * SEC,
	  TCPTRACE_TIME_WAIT },
	{ "CLOSED, of the last to close",
	  OPEN REQUEST "c FA; s FA; c A", SERVER, TCPTRACE_CLOSED, EVENT,
	  TCPTRACE_CLOSED, true, TCPTRACE_WHY_WORD_AGREES, SEC,
	  TCPTRACE_CLOSED },
	{ "FIN_WAIT2, of one that sends the last ACK",
	  OPEN REQUEST "c FA; s FA; c A", CLIENT, TCPTRACE_FIN_WAIT2, SKB,
	  TCPTRACE_TIME_WAIT, true, TCPTRACE_WHY_WORD_AGREES, SEC,
	  TCPTRACE_TIME_WAIT },
	{ "FIN_WAIT1, of one that acknowledges a FIN that crossed its own",
	  OPEN REQUEST "c> FA; s> FA; c<; s<; c A", CLIENT,
	  TCPTRACE_FIN_WAIT1, SKB, TCPTRACE_CLOSING, true,
	  TCPTRACE_WHY_WORD_AGREES },
	{ "FIN_WAIT1, of one whose own FIN is acknowledged by then",
	  OPEN REQUEST "c> FA; s> FA; c<; s<; s A; c A", CLIENT,
	  TCPTRACE_FIN_WAIT1, SKB, TCPTRACE_TIME_WAIT, false,
	  TCPTRACE_WHY_WORD_AGREES },
	{ "CLOSED in FIN_WAIT2: no process any more, the wait goes on",
	  OPEN REQUEST "c FA; s A", CLIENT, TCPTRACE_CLOSED, EVENT,
	  TCPTRACE_FIN_WAIT2, true, TCPTRACE_WHY_WORD_AGREES, 59 * SEC,
	  TCPTRACE_FIN_WAIT2 },
	{ "CLOSED in FIN_WAIT2: until its timer has run out",
	  OPEN REQUEST "c FA; s A", CLIENT, TCPTRACE_CLOSED, EVENT,
	  TCPTRACE_FIN_WAIT2, true, TCPTRACE_WHY_WORD_AGREES, 61 * SEC,
	  TCPTRACE_CLOSED },
	{ "CLOSED in SYN_SENT: a connect that gives up", "c! S; c! S;",
	  CLIENT, TCPTRACE_CLOSED, EVENT, TCPTRACE_SYN_SENT, true,
	  TCPTRACE_WHY_WORD_AHEAD, 2 * SEC, TCPTRACE_CLOSED },
	{ "CLOSED when established: not at once, an RST may follow",
	  OPEN REQUEST, CLIENT, TCPTRACE_CLOSED, EVENT, TCPTRACE_ESTABLISHED,
	  true, TCPTRACE_WHY_WORD_AHEAD, SEC / 2, TCPTRACE_ESTABLISHED },
	{ "CLOSED when established, and nothing followed",
	  OPEN REQUEST, CLIENT, TCPTRACE_CLOSED, EVENT, TCPTRACE_ESTABLISHED,
	  true, TCPTRACE_WHY_WORD_AHEAD, 2 * SEC, TCPTRACE_CLOSED },
};

static void check(const struct row *row)
{
	const struct tcptrace_word word = {
		.said = row->said, .source = row->source,
	};
	struct tcptrace_notes notes;
	struct tcptrace_end *end;
	static struct play p;

	tap_is_str(play(row->text, PLAY_LOOPBACK, CLIENT, &p), NULL,
		   "%s: the play is sound", row->name);
	end = &p.conn.end[row->who];
	tap_is_u64(end->state, row->state, "%s: state before", row->name);
	memset(&notes, 0xa5, sizeof(notes));
	twice_word(&p.conn, row->who, &word, 60 * SEC, p.now_ns, &notes);
	tap_is_u64(end->state, row->state, "%s: moves nothing", row->name);
	tap_is_u64(!tcptrace_end_inferred(end), row->sure, "%s: proved",
		   row->name);
	tap_is_u64(notes.nr, !!row->why, "%s: records", row->name);
	tap_ok(notes.differs == (row->why == TCPTRACE_WHY_WORD_DIFFERS),
	       "%s: differs or not", row->name);
	if (notes.nr)
		tap_is_str(tcptrace_why_name(notes.note[0].why),
			   tcptrace_why_name(row->why), "%s: why", row->name);
	twice_word(&p.conn, row->who, &word, 60 * SEC, p.now_ns, &notes);
	tap_is_u64(notes.nr, row->why == TCPTRACE_WHY_WORD_DIFFERS,
		   "%s: said again, it is nothing new", row->name);
	if (!row->then)
		return;
	tcptrace_conn_timer(&p.conn, p.now_ns + row->wait_ns, &notes);
	tap_is_str(tcptrace_state_name(end->state),
		   tcptrace_state_name(row->then), "%s: after a while",
		   row->name);
}

/* A segment that comes in time says why the kernel called it CLOSED. */
static void check_abort(void)
{
	const struct tcptrace_word word = {
		.said = TCPTRACE_CLOSED, .source = EVENT,
	};
	struct tcptrace_segment rst = {
		.seq = PLAY_ISN_CLIENT + 101, .end = PLAY_ISN_CLIENT + 101,
		.ack = PLAY_ISN_SERVER + 4001, .segs = 1,
		.flags = TCPTRACE_RST | TCPTRACE_ACK,
	};
	struct tcptrace_notes notes;
	static struct play p;
	struct tcptrace_sighting s = {
		.seg = &rst, .from = CLIENT, .vantage = TCPTRACE_LEAVES,
		.to_local = true,
	};

	play(OPEN REQUEST, PLAY_LOOPBACK, CLIENT, &p);
	twice_word(&p.conn, CLIENT, &word, 0, p.now_ns, &notes);
	s.now_ns = p.now_ns + 1000;
	tcptrace_conn_segment(&p.conn, &s, &notes);
	tap_is_u64(notes.nr, 1, "abort: one record");
	tap_is_str(tcptrace_why_name(notes.note[0].why), "rst", "abort: an RST");
	tap_is_u64(notes.note[0].old[CLIENT], TCPTRACE_ESTABLISHED,
		   "abort: from ESTABLISHED");
	tap_is_u64(notes.note[0].state[CLIENT], TCPTRACE_CLOSED,
		   "abort: to CLOSED");
	tcptrace_conn_timer(&p.conn, s.now_ns + 2 * SEC, &notes);
	tap_is_u64(notes.nr, 0, "abort: and nothing more");
}

/* A FIN that waits behind data when the reset comes: only the kernel knows. */
static void check_fin_that_waits(bool reset)
{
	const struct tcptrace_word sends = {
		.said = TCPTRACE_LAST_ACK, .source = SKB,
	};
	const struct tcptrace_word closes = {
		.said = TCPTRACE_LAST_ACK, .source = EVENT,
	};
	const struct tcptrace_word closed = {
		.said = TCPTRACE_CLOSED, .source = EVENT,
	};
	struct tcptrace_segment rst = {
		.seq = PLAY_ISN_CLIENT + 102, .end = PLAY_ISN_CLIENT + 102,
		.segs = 1, .flags = TCPTRACE_RST,
	};
	struct tcptrace_notes notes;
	static struct play p;
	struct tcptrace_sighting s = {
		.seg = &rst, .from = CLIENT, .vantage = TCPTRACE_ARRIVES,
		.to_local = true,
	};
	const struct tcptrace_note *note = &notes.note[0];

	play(OPEN REQUEST "c FA; s A", PLAY_SERVER, CLIENT, &p);
	twice_word(&p.conn, SERVER, &closes, 0, p.now_ns, &notes);
	tap_is_str(tcptrace_why_name(note->why), "ahead",
		   "a FIN that waits: the kernel is ahead");
	twice_word(&p.conn, SERVER, &sends, 0, p.now_ns, &notes);
	tap_is_u64(notes.nr, 0,
		   "a FIN that waits: an ACK that leaves meanwhile differs not");
	s.now_ns = p.now_ns + 1000;
	if (reset)
		tcptrace_conn_segment(&p.conn, &s, &notes);
	else
		twice_word(&p.conn, SERVER, &closed, 0, s.now_ns, &notes);
	tap_is_str(tcptrace_why_name(note->why), "kernel-fin",
		   "a FIN that waits: told before the end");
	tap_is_u64(note->old[SERVER], TCPTRACE_CLOSE_WAIT,
		   "a FIN that waits: from CLOSE_WAIT");
	tap_is_u64(note->state[SERVER], TCPTRACE_LAST_ACK,
		   "a FIN that waits: to LAST_ACK");
	if (reset)
		tap_is_u64(notes.note[1].old[SERVER], TCPTRACE_LAST_ACK,
			   "a FIN that waits: and from there to its end");
}

/* States that the kernel has passed over, or has yet to leave, are taken back. */
static const struct passing {
	const char *name;
	const char *text;
	enum play_seat seat;
	uint8_t who;
	uint8_t said[2];
	uint8_t state[2];	/* after each word */
} passings[] = {
	{ "FIN_WAIT2 passed over: closed when the ACK came",
	  OPEN REQUEST "c FA; s A", PLAY_LOOPBACK, CLIENT,
	  { TCPTRACE_FIN_WAIT1, TCPTRACE_CLOSED },
	  { TCPTRACE_FIN_WAIT2, TCPTRACE_FIN_WAIT1 } },
	{ "TIME_WAIT passed over",
	  OPEN REQUEST "c FA; s FA", PLAY_CLIENT, CLIENT,
	  { TCPTRACE_FIN_WAIT1, TCPTRACE_CLOSED },
	  { TCPTRACE_TIME_WAIT, TCPTRACE_FIN_WAIT1 } },
	{ "CLOSE_WAIT passed over: reset when the FIN came",
	  OPEN REQUEST "c FA", PLAY_SERVER, SERVER,
	  { TCPTRACE_ESTABLISHED, TCPTRACE_CLOSED },
	  { TCPTRACE_CLOSE_WAIT, TCPTRACE_ESTABLISHED } },
	{ "LAST_ACK while the reset waits in the backlog",
	  OPEN REQUEST "c FA; s A; s! AP +100; c R seq=102", PLAY_SERVER, SERVER,
	  { TCPTRACE_LAST_ACK, TCPTRACE_CLOSED },
	  { TCPTRACE_CLOSE_WAIT, TCPTRACE_LAST_ACK } },
};

static void check_passing(const struct passing *row)
{
	const struct tcptrace_end *end;
	struct tcptrace_notes notes;
	static struct play p;
	unsigned int i;

	play(row->text, row->seat, CLIENT, &p);
	end = &p.conn.end[row->who];
	for (i = 0; i < 2; i++) {
		const struct tcptrace_word word = {
			.said = row->said[i], .source = EVENT,
		};

		twice_word(&p.conn, row->who, &word, 60 * SEC, p.now_ns,
			   &notes);
		tap_is_str(tcptrace_state_name(end->state),
			   tcptrace_state_name(row->state[i]),
			   "%s: word %u", row->name, i);
	}
	tcptrace_conn_timer(&p.conn, p.now_ns + 2 * SEC, &notes);
	tap_ok(end->state == TCPTRACE_CLOSED && !tcptrace_end_inferred(end),
	       "%s: closed in the end, for certain", row->name);
}

/*
 * The word comes before the SYN-ACK that it is about has arrived: the client is
 * known to be established, and what made it so is not proved. A probe that asks
 * whether the server lives, seen on a third hook, is old to its receiver, plain
 * to who looks at the states, and proves that.
 */
static void check_word_before_arrival(void)
{
	static const struct {
		uint8_t from;
		uint8_t vantage;
		uint16_t flags;
		uint32_t seq, ack, len;		/* relative to the ISN */
	} seen[] = {
		{ SERVER, TCPTRACE_LEAVES, TCPTRACE_SYN | TCPTRACE_ACK, 0, 1 },
		/* here the word */
		{ CLIENT, TCPTRACE_LEAVES, TCPTRACE_SYN },
		{ SERVER, TCPTRACE_ARRIVES, TCPTRACE_SYN | TCPTRACE_ACK, 0, 1 },
		{ CLIENT, TCPTRACE_LEAVES, TCPTRACE_ACK, 1, 1 },
		{ CLIENT, TCPTRACE_ARRIVES, TCPTRACE_ACK, 1, 1 },
		{ SERVER, TCPTRACE_LEAVES, TCPTRACE_ACK, 1, 1, 10 },
		{ SERVER, TCPTRACE_ARRIVES, TCPTRACE_ACK, 1, 1, 10 },
		{ CLIENT, TCPTRACE_PASSES, TCPTRACE_ACK, 0, 11 },
	};
	static const uint32_t isn[] = { PLAY_ISN_CLIENT, PLAY_ISN_SERVER };
	const struct tcptrace_word word = {
		.said = TCPTRACE_ESTABLISHED, .source = EVENT,
	};
	struct tcptrace_conn conn;
	struct tcptrace_notes notes;
	const struct tcptrace_end *end = &conn.end[CLIENT];
	size_t i;

	tcptrace_conn_init(&conn, 1);
	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		const struct tcptrace_segment seg = {
			.seq = isn[seen[i].from] + seen[i].seq,
			.end = isn[seen[i].from] + seen[i].seq + seen[i].len +
			       !!(seen[i].flags & TCPTRACE_SYN),
			.ack = seen[i].flags & TCPTRACE_ACK ?
			       isn[!seen[i].from] + seen[i].ack : 0,
			.flags = seen[i].flags, .len = seen[i].len,
			.win = 1000, .segs = 1,
			.wscale = TCPTRACE_WSCALE_NONE,
		};
		const struct tcptrace_sighting s = {
			.seg = &seg, .now_ns = (i + 1) * 1000,
			.from = seen[i].from, .vantage = seen[i].vantage,
			.to_local = seen[i].vantage != TCPTRACE_PASSES,
		};

		if (i == ARRAY_SIZE(seen) - 1)
			tap_ok(end->state == TCPTRACE_ESTABLISHED &&
			       end->sure == TCPTRACE_ESTABLISHED &&
			       !tcptrace_end_proved(end, TCPTRACE_TOOK_OPEN),
			       "word before arrival: established, unproved");
		tcptrace_conn_segment(&conn, &s, &notes);
		if (!i)
			twice_word(&conn, CLIENT, &word, 0, s.now_ns, &notes);
	}
	tap_ok(tcptrace_end_proved(end, TCPTRACE_TOOK_OPEN),
	       "word before arrival: proved by an old segment");
	tap_is_u64(notes.nr, 0, "word before arrival: which is worth no record");
}

/* Of an end in any state and any word: twice_word() compares the ways. */
static void say_all(const struct tcptrace_conn *conn, u8 who)
{
	struct tcptrace_word word;
	struct tcptrace_notes notes;

	for (word.source = EVENT; word.source <= SKB; word.source++) {
		for (word.said = 1; word.said < TCPTRACE_NR_STATES; word.said++) {
			struct tcptrace_conn copy = *conn;

			twice_word(&copy, who, &word, SEC, SEC, &notes);
		}
	}
}

/* What it took and what of that is proved, in all ways; FIN and PENDING as well. */
static void check_all_flags(struct tcptrace_conn *conn, u8 who)
{
	struct tcptrace_end *end = &conn->end[who];
	const uint32_t flags = end->flags;
	uint32_t bits, more;

	for (bits = 0; bits < 0x100; bits++) {
		/* Only what was taken is proved. */
		if ((bits >> 4) & ~bits)
			continue;
		for (more = 0; more < 4; more++) {
			end->flags = flags | bits * TCPTRACE_TOOK_OPEN |
				     (more & 1) * TCPTRACE_END_FIN |
				     (more >> 1) * TCPTRACE_END_PENDING;
			say_all(conn, who);
		}
	}
	end->flags = flags;
}

static void check_all(u8 who)
{
	static const uint8_t words[] = {
		TCPTRACE_UNKNOWN, TCPTRACE_ESTABLISHED, TCPTRACE_SYN_RCVD,
		TCPTRACE_FIN_WAIT1, TCPTRACE_FIN_WAIT2, TCPTRACE_LAST_ACK,
	};
	struct tcptrace_conn conn;
	struct tcptrace_end *end = &conn.end[who];
	size_t i;

	tcptrace_conn_init(&conn, 1);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		end->flags = (uint32_t)words[i] << TCPTRACE_WORD_SHIFT;
		for (end->state = 1; end->state < TCPTRACE_NR_STATES; end->state++)
			for (end->sure = 0; end->sure < TCPTRACE_NR_STATES; end->sure++)
				check_all_flags(&conn, who);
	}
	tap_ok(true, "any word in any state: the ways agree, %s",
	       who ? "server" : "client");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
	for (i = 0; i < ARRAY_SIZE(passings); i++)
		check_passing(&passings[i]);
	check_word_before_arrival();
	check_abort();
	check_fin_that_waits(true);
	check_fin_that_waits(false);
	check_all(CLIENT);
	check_all(SERVER);
	return tap_done();
}
