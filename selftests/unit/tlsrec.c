// SPDX-License-Identifier: GPL-2.0
/*
 * The walk over TLS records: what is copied and what is not, however the
 * streams are cut into segments, and in whatever order these come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tlsrec.h"
#include "tap.h"

#define STREAM_MAX	65536
#define SECRET		0xee	/* what encrypted bodies are made of */
#define CLEAR		0x5a

/* --- streams ---------------------------------------------------------- */

struct stream {
	uint8_t bytes[STREAM_MAX];
	bool copied[STREAM_MAX];
	uint32_t len;
};

static void add(struct stream *s, const void *bytes, uint32_t len, bool copied)
{
	memcpy(s->bytes + s->len, bytes, len);
	memset(s->copied + s->len, copied, len);
	s->len += len;
}

static void fill(struct stream *s, uint8_t byte, uint32_t len, bool copied)
{
	memset(s->bytes + s->len, byte, len);
	memset(s->copied + s->len, copied, len);
	s->len += len;
}

static void add_header(struct stream *s, uint8_t type, uint32_t len,
		       bool copied)
{
	const uint8_t head[] = { type, 3, 3, len >> 8, len & 255 };

	add(s, head, sizeof(head), copied);
}

/*
 * A stream as a word: each letter is a record.
 *	C S	a ClientHello, a ServerHello
 *	h H	a handshake message of 60 and of 3000 bytes
 *	L	one of 16384 bytes
 *	c	ChangeCipherSpec
 *	a	an alert in the clear
 *	e	an encrypted handshake message
 *	E	one that begins as a hello does, but for its length
 *	A	an encrypted alert
 *	b	a heartbeat
 *	d	application data
 *	z	application data without any
 *	x	no TLS
 */
static void build(struct stream *s, const char *word)
{
	uint8_t hello[104] = { 0, 0, 0, 100 };
	bool over = false;

	s->len = 0;
	for (; *word; word++) {
		switch (*word) {
		case 'C':
		case 'S':
			hello[0] = *word == 'C' ? 1 : 2;
			add_header(s, 22, sizeof(hello), !over);
			add(s, hello, sizeof(hello), !over);
			break;
		case 'h':
		case 'H':
		case 'L':
			add_header(s, 22, *word == 'h' ? 60 :
				   *word == 'H' ? 3000 : 16384, !over);
			fill(s, CLEAR, *word == 'h' ? 60 :
			     *word == 'H' ? 3000 : 16384, !over);
			break;
		case 'c':
			add_header(s, 20, 1, !over);
			fill(s, 1, 1, !over);
			break;
		case 'a':
			add_header(s, 21, 2, !over);
			fill(s, 2, 2, !over);
			break;
		case 'e':
			add_header(s, 22, 40, false);
			fill(s, SECRET, 40, false);
			break;
		case 'E':
			add_header(s, 22, 40, false);
			add(s, "\1\0\0\43", 4, false);
			fill(s, SECRET, 36, false);
			break;
		case 'A':
			add_header(s, 21, 26, false);
			fill(s, SECRET, 26, false);
			break;
		case 'b':
			add_header(s, 24, 40, false);
			fill(s, SECRET, 40, false);
			break;
		case 'd':
			add_header(s, 23, 1000, false);
			fill(s, SECRET, 1000, false);
			over = true;
			break;
		case 'z':
			add_header(s, 23, 0, false);
			over = true;
			break;
		case 'x':
			fill(s, 'x', 100, false);
			over = true;
			break;
		}
	}
}

/* --- what comes out --------------------------------------------------- */

struct output {
	struct tcptrace_tls_sink sink;
	struct stream *stream[2];
	bool got[2][STREAM_MAX];
	uint32_t next[2];	/* offsets only grow */
	char marks[256];	/* as build() has them, in small for the server */
	unsigned int nr;
	bool wrong;
};

static char mark_of(const struct tcptrace_tls_piece *piece)
{
	switch (piece->why) {
	case TCPTRACE_WHY_TLS_RECORD:
		return piece->type == 20 ? 'c' : piece->type == 21 ? 'A' :
		       piece->type == 22 ? 'e' : 'b';
	case TCPTRACE_WHY_TLS_DATA:
		return 'd';
	case TCPTRACE_WHY_TLS_CAP:
		return '|';
	case TCPTRACE_WHY_TLS_HOLE:
		return '_';
	case TCPTRACE_WHY_TLS_BAD:
		return 'x';
	default:
		return '?';
	}
}

static void put(struct tcptrace_tls_sink *sink,
		const struct tcptrace_tls_piece *piece)
{
	struct output *out = (struct output *)sink;
	const uint8_t from = piece->from;
	unsigned int i;

	if (piece->why != TCPTRACE_WHY_TLS_BYTES) {
		out->marks[out->nr++] = from ? '<' : '>';
		out->marks[out->nr++] = mark_of(piece);
		if (piece->len || out->nr >= sizeof(out->marks) - 2)
			out->wrong = true;
		return;
	}
	if (!piece->len || piece->len > TCPTRACE_TLS_RECORD_BYTES ||
	    piece->offset < out->next[from])
		out->wrong = true;
	for (i = 0; i < piece->len; i++) {
		if (piece->offset + i >= out->stream[from]->len ||
		    out->stream[from]->bytes[piece->offset + i] !=
		    piece->bytes[i]) {
			out->wrong = true;
			break;
		}
		out->got[from][piece->offset + i] = true;
	}
	out->next[from] = piece->offset + piece->len;
}

/* --- segments --------------------------------------------------------- */

struct segment {
	struct tcptrace_payload payload;
	const uint8_t *bytes;
	uint32_t len;
	uint8_t from;
	uint32_t offset;
};

static bool get(const struct tcptrace_payload *payload, u32 offset, u32 len,
		void *to)
{
	const struct segment *seg = (const struct segment *)payload;

	if (offset + len > seg->len)
		return false;
	memcpy(to, seg->bytes + offset, len);
	return true;
}

struct copy {
	struct tcptrace_tls_held held;
	uint8_t bytes[];
};

static bool get_copy(const struct tcptrace_payload *payload, u32 offset,
		     u32 len, void *to)
{
	const struct copy *copy = (const struct copy *)payload;

	if (offset + len > copy->held.len)
		return false;
	memcpy(to, copy->bytes + offset, len);
	return true;
}

static void free_list(struct tcptrace_tls_held *list)
{
	struct tcptrace_tls_held *next;

	for (; list; list = next) {
		next = list->next;
		free(list);
	}
}

/* ISNs such that the numbers wrap on the way. */
static const uint32_t base[2] = { 0xfffffff0u, 0x7ffffff0u };

static enum tcptrace_tls_result show(struct tcptrace_tls *tls,
				     const struct segment *seg,
				     struct output *out)
{
	const uint32_t seq = base[seg->from] + seg->offset;
	struct tcptrace_tls_held *list = NULL;
	enum tcptrace_tls_result result;
	struct copy *copy;

	result = tcptrace_tlsrec_segment(tls, seg->from, seq, seg->len,
					 &seg->payload, &out->sink, &list);
	if (result == TCPTRACE_TLS_HOLD) {
		copy = malloc(sizeof(*copy) + seg->len);
		copy->held.payload.get = get_copy;
		copy->held.seq = seq;
		copy->held.len = seg->len;
		memcpy(copy->bytes, seg->bytes, seg->len);
		result = tcptrace_tlsrec_hold(tls, seg->from, &copy->held,
					      &out->sink, &list);
		if (result == TCPTRACE_TLS_HOLD)
			out->wrong = true;
	}
	free_list(list);
	return result;
}

static void begin(struct tcptrace_tls *tls, struct output *out,
		  struct stream streams[2], uint32_t cap)
{
	memset(out, 0, sizeof(*out));
	out->sink.put = put;
	out->stream[0] = &streams[0];
	out->stream[1] = &streams[1];
	tcptrace_tlsrec_init(tls, base[0], base[1], cap);
}

static bool as_expected(const struct output *out)
{
	unsigned int i, from;

	if (out->wrong)
		return false;
	for (from = 0; from < 2; from++)
		for (i = 0; i < out->stream[from]->len; i++)
			if (out->got[from][i] != out->stream[from]->copied[i])
				return false;
	return true;
}

/* --- tables ----------------------------------------------------------- */

static const struct {
	const char *what;
	const char *client;
	const char *server;
	const char *client_marks;
	const char *server_marks;
} rows[] = {
	{ "TLS 1.3", "Ccd", "Scddd", ">d", "<d" },
	{ "TLS 1.3 without the middlebox mode", "Cd", "Sd", ">d", "<d" },
	{ "TLS 1.3, HelloRetryRequest", "CcCd", "ScSd", ">d", "<d" },
	{ "early data", "Cd", "Scd", ">d", "<d" },
	{ "TLS 1.2", "Chced", "SHhhced", ">e>d", "<e<d" },
	{ "TLS 1.2, resumed", "Cced", "Shced", ">e>d", "<e<d" },
	{ "TLS 1.2, ciphertext like a hello", "ChcEd", "SHhhced", ">e>d",
	  "<e<d" },
	{ "a client's alert in the clear", "Ca", "SHhh", "", "" },
	{ "a server's alert first of all", "C", "a", "", "" },
	{ "an encrypted alert in TLS 1.2", "ChceA", "SHhhceA", ">e>A",
	  "<e<A" },
	{ "a heartbeat", "Cb", "Sd", ">b", "<d" },
	{ "no data in data", "Cz", "Sz", ">d", "<d" },
	{ "large messages", "CL", "SHHHHH", "", "" },
	{ "the server speaks another language", "C", "x", "", "<x" },
	{ "TLS breaks off", "CxC", "Sd", ">x", "<d" },
	{ "no TLS at all", "x", "x", ">x", "" },
};

/* The marks of one side, in their order. */
static bool marks_are(const struct output *out, char side, const char *marks)
{
	char found[256] = "";
	unsigned int i, n = 0;

	for (i = 0; i + 1 < out->nr; i += 2) {
		if (out->marks[i] != side)
			continue;
		found[n++] = side;
		found[n++] = out->marks[i + 1];
	}
	found[n] = '\0';
	return !strcmp(found, marks);
}

static struct stream streams[2];
static struct output out;

/* Each stream in segments of @size bytes. */
static bool walk_whole(unsigned int row, uint32_t size)
{
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls tls;

	build(&streams[0], rows[row].client);
	build(&streams[1], rows[row].server);
	begin(&tls, &out, streams, 1 << 20);
	for (seg.from = 0; seg.from < 2; seg.from++) {
		for (seg.offset = 0; seg.offset < streams[seg.from].len;
		     seg.offset += seg.len) {
			seg.bytes = streams[seg.from].bytes + seg.offset;
			seg.len = streams[seg.from].len - seg.offset;
			if (seg.len > size)
				seg.len = size;
			show(&tls, &seg, &out);
		}
	}
	return as_expected(&out) &&
	       marks_are(&out, '>', rows[row].client_marks) &&
	       marks_are(&out, '<', rows[row].server_marks);
}

/* --- chance ----------------------------------------------------------- */

static uint64_t state;

static uint32_t chance(uint32_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

/* What is held is bounded; beyond that the walk ends, as it should. */
static bool room(const struct tcptrace_tls_dir *dir, const struct segment *seg,
		 uint32_t until)
{
	return seg->offset <= until ||
	       (dir->held_bytes + seg->len <= TCPTRACE_TLS_AHEAD &&
		dir->nr_held < TCPTRACE_TLS_MAX_HELD);
}

/* Segments cut at random, some of them early, late, or twice. */
static bool walk_random(unsigned int row, uint64_t seed)
{
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls_held *list = NULL;
	struct tcptrace_tls tls;
	uint32_t until[2] = { 0, 0 };

	state = seed;
	build(&streams[0], rows[row].client);
	build(&streams[1], rows[row].server);
	begin(&tls, &out, streams, 1 << 20);
	while (until[0] < streams[0].len || until[1] < streams[1].len) {
		seg.from = until[0] == streams[0].len ||
			   (until[1] < streams[1].len && chance(2));
		seg.offset = until[seg.from] + (chance(3) ? 0 : chance(4000));
		seg.offset -= chance(3) ? 0 : chance(seg.offset + 1);
		if (seg.offset >= streams[seg.from].len)
			continue;
		seg.len = 1 + chance(chance(4) ? 1460 : 10);
		if (seg.len > streams[seg.from].len - seg.offset)
			seg.len = streams[seg.from].len - seg.offset;
		seg.bytes = streams[seg.from].bytes + seg.offset;
		if (!room(&tls.dir[seg.from], &seg, until[seg.from]))
			continue;
		show(&tls, &seg, &out);
		if (seg.offset <= until[seg.from] &&
		    seg.offset + seg.len > until[seg.from])
			until[seg.from] = seg.offset + seg.len;
	}
	tcptrace_tlsrec_clean(&tls, &list);
	free_list(list);
	return as_expected(&out);
}

/* --- bounds ----------------------------------------------------------- */

static void test_cap(void)
{
	struct segment seg = { .payload = { .get = get } };
	unsigned int i, copied = 0;
	struct tcptrace_tls tls;

	build(&streams[0], "CLcd");
	build(&streams[1], "");
	begin(&tls, &out, streams, 1000);
	seg.bytes = streams[0].bytes;
	seg.len = streams[0].len;
	show(&tls, &seg, &out);
	for (i = 0; i < streams[0].len; i++)
		copied += out.got[0][i];
	tap_ok(copied == 1000 && !out.wrong, "no more than the cap is copied");
	tap_ok(marks_are(&out, '>', ">|>c>d"),
	       "records after the cap are told by their headers: %.*s",
	       (int)out.nr, out.marks);
}

static void test_hole(void)
{
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls tls;

	build(&streams[0], "CL");
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	seg.bytes = streams[0].bytes;
	seg.len = 109;
	show(&tls, &seg, &out);
	seg.offset = 109 + TCPTRACE_TLS_AHEAD;
	seg.bytes = streams[0].bytes + seg.offset;
	seg.len = 1;
	show(&tls, &seg, &out);
	tap_ok(marks_are(&out, '>', ">_") && !out.wrong,
	       "what is too far ahead ends the walk");
}

static void test_held(void)
{
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls_held *list = NULL, *held;
	unsigned int i, pieces = 0, bytes = 0;
	struct tcptrace_tls tls;

	build(&streams[0], "CL");
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	seg.len = 100;
	/* Never in order, ever again. */
	for (i = 0; i < 1000; i++) {
		seg.offset = 1 + i * 7 % 4096;
		seg.bytes = streams[0].bytes + seg.offset;
		show(&tls, &seg, &out);
		for (held = tls.dir[0].held; held; held = held->next)
			bytes += held->len;
		if (tls.dir[0].nr_held > pieces)
			pieces = tls.dir[0].nr_held;
		if (bytes > TCPTRACE_TLS_AHEAD)
			break;
		bytes = 0;
	}
	tap_ok(i == 1000 && pieces <= TCPTRACE_TLS_MAX_HELD,
	       "what is held is bounded: %u pieces", pieces);
	tcptrace_tlsrec_clean(&tls, &list);
	free_list(list);
}

/* Records of six bytes: what is told of them is bounded. */
static void test_short(void)
{
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls tls;
	unsigned int i;

	build(&streams[0], "C");
	for (i = 0; i < 5000; i++) {
		add_header(&streams[0], 20, 1, false);
		fill(&streams[0], 1, 1, false);
	}
	build(&streams[1], "");
	begin(&tls, &out, streams, 200);
	seg.bytes = streams[0].bytes;
	seg.len = streams[0].len;
	show(&tls, &seg, &out);
	tap_ok(!out.wrong && out.nr == 2 * (1 + TCPTRACE_TLS_MAX_TOLD + 1),
	       "short records: %u marks", out.nr / 2);
	tap_ok(!memcmp(out.marks, ">|>c", 4) &&
	       !memcmp(out.marks + out.nr - 4, ">c>_", 4),
	       "the first tells of the cap, the last that it ends");
}

/* Two that may each be held, were there not the other, on two CPUs at once. */
static void test_race(void)
{
	const uint32_t len = TCPTRACE_TLS_AHEAD - 2;
	struct tcptrace_tls_held *list = NULL;
	struct segment seg = { .payload = { .get = get } };
	enum tcptrace_tls_result result;
	struct tcptrace_tls tls;
	struct copy *copy[2];
	unsigned int i;

	build(&streams[0], "CL");
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	for (i = 0; i < 2; i++) {
		seg.offset = 1 + i;
		result = tcptrace_tlsrec_segment(&tls, 0, base[0] + seg.offset,
						 len, &seg.payload, &out.sink,
						 &list);
		tap_ok(result == TCPTRACE_TLS_HOLD, "one of two may be held");
		copy[i] = calloc(1, sizeof(*copy[i]) + len);
		copy[i]->held.payload.get = get_copy;
		copy[i]->held.seq = base[0] + seg.offset;
		copy[i]->held.len = len;
	}
	tcptrace_tlsrec_hold(&tls, 0, &copy[0]->held, &out.sink, &list);
	tap_ok(!out.nr && tls.dir[0].held_bytes == len, "the first is");
	tcptrace_tlsrec_hold(&tls, 0, &copy[1]->held, &out.sink, &list);
	tap_ok(marks_are(&out, '>', ">_") && !tls.dir[0].held_bytes,
	       "the second is a hole");
	free_list(list);
}

/* While it is copied to be held, another CPU sees all up to there and beyond. */
static void test_overtaken(const char *word)
{
	struct segment seg = {
		.payload = { .get = get }, .offset = 50, .len = 40,
	};
	struct tcptrace_tls_held *list = NULL;
	struct tcptrace_tls tls;
	struct copy *copy;

	build(&streams[0], word);
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	tap_ok(tcptrace_tlsrec_segment(&tls, 0, base[0] + seg.offset, seg.len,
				       &seg.payload, &out.sink, &list) ==
	       TCPTRACE_TLS_HOLD, "%s: to be held, and overtaken", word);
	copy = calloc(1, sizeof(*copy) + seg.len);
	copy->held.payload.get = get_copy;
	copy->held.seq = base[0] + seg.offset;
	copy->held.len = seg.len;
	seg.offset = 0;
	seg.len = 100;
	seg.bytes = streams[0].bytes;
	show(&tls, &seg, &out);
	tcptrace_tlsrec_hold(&tls, 0, &copy->held, &out.sink, &list);
	tap_ok(list == &copy->held && !tls.dir[0].held &&
	       !tls.dir[0].held_bytes && !out.wrong, "%s: it is given back",
	       word);
	free_list(list);
}

/* What waits in vain is told at the end, once. */
static void test_abandon(void)
{
	struct segment seg = { .payload = { .get = get }, .offset = 200 };
	struct tcptrace_tls_held *list = NULL;
	struct tcptrace_tls tls;

	build(&streams[0], "CL");
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	seg.bytes = streams[0].bytes + seg.offset;
	seg.len = 100;
	show(&tls, &seg, &out);
	tcptrace_tlsrec_abandon(&tls, &out.sink);
	tcptrace_tlsrec_abandon(&tls, &out.sink);
	tap_ok(marks_are(&out, '>', ">_") && marks_are(&out, '<', ""),
	       "what waits in vain is told: %.*s", (int)out.nr, out.marks);
	tcptrace_tlsrec_clean(&tls, &list);
	free_list(list);
}

/* A message of 16 MB is no more than its records. */
static void test_lie(void)
{
	static const uint8_t hello[] = {
		22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff
	};
	static const uint8_t long_record[] = { 22, 3, 1, 0xff, 0xff, 1 };
	struct segment seg = { .payload = { .get = get } };
	struct tcptrace_tls tls;

	streams[0].len = 0;
	add(&streams[0], hello, sizeof(hello), true);
	fill(&streams[0], CLEAR, 16384 - 4, true);
	build(&streams[1], "");
	begin(&tls, &out, streams, 1 << 20);
	seg.bytes = streams[0].bytes;
	seg.len = streams[0].len;
	show(&tls, &seg, &out);
	tap_ok(as_expected(&out) && !out.nr, "a message that lies is copied");

	streams[0].len = 0;
	add(&streams[0], long_record, sizeof(long_record), false);
	begin(&tls, &out, streams, 1 << 20);
	seg.len = streams[0].len;
	tap_ok(show(&tls, &seg, &out) == TCPTRACE_TLS_ENDED &&
	       marks_are(&out, '>', ">x"), "a record that lies ends the walk");
}

static const struct {
	const char *bytes;
	uint32_t len;
	enum tcptrace_opening opening;
} openings[] = {
	{ "\x16\x03\x01\x02\x00\x01", 6, TCPTRACE_OPENING_TLS },
	{ "\x16\x03\x00\x02\x00\x01", 6, TCPTRACE_OPENING_TLS },
	{ "\x16", 1, TCPTRACE_OPENING_TLS },
	{ "\x16\x03", 2, TCPTRACE_OPENING_TLS },
	{ "\x16\x02", 2, TCPTRACE_OPENING_OTHER },
	{ "\x16\x03\x01\x02\x00\x02", 6, TCPTRACE_OPENING_OTHER },
	{ "GET / HTTP/1.1", 8, TCPTRACE_OPENING_HTTP },
	{ "PRI * HTTP/2.0", 8, TCPTRACE_OPENING_HTTP },
	{ "OPTIONS *", 8, TCPTRACE_OPENING_HTTP },
	{ "GETAWAY", 7, TCPTRACE_OPENING_OTHER },
	{ "\x80\x2e\x01\x00\x02", 5, TCPTRACE_OPENING_SSL2 },
	{ "\x80\x2e\x01\x03\x01", 5, TCPTRACE_OPENING_SSL2 },
	{ "\x80\x2e\x02\x03\x01", 5, TCPTRACE_OPENING_OTHER },
	{ "EHLO x", 6, TCPTRACE_OPENING_OTHER },
	{ "", 0, TCPTRACE_OPENING_UNKNOWN },
};

static void test_openings(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(openings); i++)
		tap_ok(tcptrace_tlsrec_opening((const u8 *)openings[i].bytes,
					       openings[i].len) ==
		       openings[i].opening, "opening %u", i);
}

static const struct {
	uint8_t head[5];
	uint32_t len;
	bool alert;
} alerts[] = {
	{ { 21, 3, 3, 0, 26 }, 31, true },
	{ { 21, 3, 3, 0, 26 }, 32, false },
	{ { 21, 3, 3, 0, 2 }, 7, true },
	{ { 23, 3, 3, 0, 19 }, 24, true },
	{ { 23, 3, 3, 0, 20 }, 25, false },
	{ { 22, 3, 3, 0, 19 }, 24, false },
	{ { 21, 2, 3, 0, 26 }, 31, false },
};

static void test_alerts(void)
{
	struct tcptrace_tls_piece piece;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alerts); i++)
		tap_ok(tcptrace_tlsrec_alert(alerts[i].head, alerts[i].len,
					     &piece) == alerts[i].alert,
		       "alert %u", i);
}

int main(void)
{
	static const uint32_t sizes[] = { 1, 4, 5, 6, 9, 79, 80, 81, 1460,
					  1 << 20 };
	unsigned int row, i, bad;

	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			tap_ok(walk_whole(row, sizes[i]), "%s, by %u bytes",
			       rows[row].what, sizes[i]);
		for (i = 0, bad = 0; i < 200; i++)
			bad += !walk_random(row, row * 1000 + i);
		tap_ok(!bad, "%s, at random: %u of %u wrong", rows[row].what,
		       bad, i);
	}
	test_cap();
	test_hole();
	test_held();
	test_short();
	test_race();
	test_overtaken("CL");
	test_overtaken("x");
	test_abandon();
	test_lie();
	test_openings();
	test_alerts();
	return tap_done();
}
