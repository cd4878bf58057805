// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the walk over TLS records, against a model that has whole
 * streams in memory: what comes out is what the model says, byte for byte and
 * mark for mark, however the streams are cut and in whatever order they come;
 * and what is held is bounded. An input is
 *
 *	byte 0		the cap, in units of 128 bytes
 *	byte 1		of the ISNs, the highest byte
 *	bytes 2, 3	how many segments, and where the server's stream begins
 *	segments	of four bytes each, see struct segment
 *	two streams	of records, see build()
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/tlsrec.h"
#include "lib/fuzzer.h"
#include "lib/must.h"

#define STREAM_MAX	40960
#define EVENTS_MAX	256

/* How a segment is made from what came before it. */
struct segment {
	uint8_t what;		/* FROM, NO_MEMORY, NO_BYTES, LONG */
	int8_t skip;		/* from what is missing, in units of 64 bytes */
	uint8_t fine;		/* and bytes */
	uint8_t len;		/* minus one; times 16 with LONG */
};

#define FROM		0x01
#define LONG		0x02
#define NO_MEMORY	0xf0	/* if all are set: it cannot be held */
#define NO_BYTES	0x0c	/* if all are set: it cannot be read */

struct event {
	uint8_t why;
	uint8_t type;
	uint16_t length;
	uint32_t offset;
};

/* What comes out of one direction, or should. */
struct result {
	bool copied[STREAM_MAX];
	struct event event[EVENTS_MAX];
	unsigned int nr;
	uint32_t bytes;
};

struct held {
	uint32_t start, end;
};

/* One direction, and what the model knows of it. */
struct side {
	uint8_t bytes[STREAM_MAX];
	bool have[STREAM_MAX];
	uint32_t len;
	uint32_t isn;
	uint32_t missing;	/* the first byte that has not come */
	struct held held[TCPTRACE_TLS_MAX_HELD];
	unsigned int nr_held;
	uint32_t last;		/* end of the last piece */
	bool hole;		/* the walk was ended */
	bool unread;		/* bytes could not be had */
	struct result got;
};

static struct side sides[2];
static struct result want;
static unsigned int in_use;	/* pieces of memory that are held */

/* --- streams ---------------------------------------------------------- */

/*
 * A stream out of @data: a byte below 128 says how many bytes follow as they
 * are; another one begins a record, of which three bytes are told, its type
 * and length, and, by its lowest bits, how its body begins.
 */
static void build(struct side *s, const uint8_t *data, size_t size)
{
	s->len = 0;
	while (size && s->len < STREAM_MAX - 9) {
		uint32_t n = data[0], i;
		uint8_t token = data[0];

		data++;
		size--;
		if (token < 128) {
			if (n > size)
				n = size;
			if (n > STREAM_MAX - s->len)
				n = STREAM_MAX - s->len;
			memcpy(s->bytes + s->len, data, n);
			s->len += n;
			data += n;
			size -= n;
			continue;
		}
		if (size < 3)
			return;
		s->bytes[s->len] = 20 + data[0] % 5;
		s->bytes[s->len + 1] = 3;
		s->bytes[s->len + 2] = 3;
		s->bytes[s->len + 3] = data[1];
		s->bytes[s->len + 4] = data[2];
		n = data[1] << 8 | data[2];
		s->len += 5;
		if (n > STREAM_MAX - s->len)
			n = STREAM_MAX - s->len;
		for (i = 0; i < n; i++)
			s->bytes[s->len + i] = token + i * 7;
		if ((token & 3) && n >= 4) {
			s->bytes[s->len] = token & 3;
			s->bytes[s->len + 1] = 0;
			s->bytes[s->len + 2] = (n - 4) >> 8;
			s->bytes[s->len + 3] = n - 4;
		}
		s->len += n;
		data += 3;
		size -= 3;
	}
}

/* --- the model: the stream is here up to @n ---------------------------- */

static void expect(uint8_t why, uint32_t offset, const uint8_t *head)
{
	struct event *e = &want.event[want.nr++];

	MUST(want.nr < EVENTS_MAX);
	*e = (struct event){ .why = why, .offset = offset };
	if (head) {
		e->type = head[0];
		e->length = head[3] << 8 | head[4];
	}
}

static void expect_bytes(uint32_t offset, uint32_t len)
{
	memset(want.copied + offset, true, len);
	want.bytes += len;
}

static bool no_record(const uint8_t *h, uint8_t from, bool first)
{
	uint32_t length = h[3] << 8 | h[4];

	if (h[0] < 20 || h[0] > 24 || h[1] != 3 || h[2] > 4 ||
	    length > 16384 + 2048 || (!length && h[0] != 23))
		return true;
	return first && h[0] != 22 && !(from == 1 && h[0] == 21);
}

static bool in_clear(const uint8_t *h, uint8_t from, bool changed)
{
	uint32_t length = h[3] << 8 | h[4];

	if (h[0] == 20)
		return length == 1;
	if (h[0] == 21)
		return !changed && length <= 4;
	if (h[0] != 22)
		return false;
	/* RFC 8446 appendix D.4: a second hello after ChangeCipherSpec */
	return !changed || (length >= 4 && h[5] == 1 + from && !h[6] &&
			    (uint32_t)(h[7] << 8 | h[8]) == length - 4);
}

static void expect_all(const struct side *s, uint8_t from, uint32_t n,
		       uint32_t cap)
{
	bool changed = false, capped = false;
	uint32_t at = 0, told = 0;

	memset(want.copied, false, s->len);
	want.nr = 0;
	want.bytes = 0;
	for (;;) {
		const uint8_t *h = s->bytes + at;
		uint32_t length, head = 5, room, body;

		if (n < at + 5)
			return;
		if (no_record(h, from, !at)) {
			expect(TCPTRACE_WHY_TLS_BAD, at, NULL);
			return;
		}
		length = h[3] << 8 | h[4];
		if (h[0] == 22 && changed && length >= 4)
			head = 9;
		if (n < at + head)
			return;
		if (h[0] == 23) {
			expect(TCPTRACE_WHY_TLS_DATA, at, h);
			return;
		}
		if (in_clear(h, from, changed) && !capped &&
		    want.bytes + head > cap) {
			expect(TCPTRACE_WHY_TLS_CAP, at, NULL);
			capped = true;
		}
		if (!in_clear(h, from, changed) || capped) {
			if (told++ == TCPTRACE_TLS_MAX_TOLD) {
				expect(TCPTRACE_WHY_TLS_HOLE, at, NULL);
				return;
			}
			expect(TCPTRACE_WHY_TLS_RECORD, at, h);
		} else {
			expect_bytes(at, head);
			body = (n < at + 5 + length ? n : at + 5 + length) -
			       at - head;
			room = cap - want.bytes;
			expect_bytes(at + head, body < room ? body : room);
			if (body > room) {
				expect(TCPTRACE_WHY_TLS_CAP, at + head + room,
				       NULL);
				capped = true;
			}
		}
		changed |= h[0] == 20;
		at += 5 + length;
		if (at > n)
			return;
	}
}

/* --- what comes out --------------------------------------------------- */

static void put(struct tcptrace_tls_sink *sink __attribute__((unused)),
		const struct tcptrace_tls_piece *piece)
{
	struct side *s = &sides[piece->from];
	struct result *got = &s->got;

	MUST(piece->from <= 1);
	if (piece->why != TCPTRACE_WHY_TLS_BYTES) {
		MUST(!piece->len && got->nr < EVENTS_MAX);
		got->event[got->nr++] = (struct event){
			.why = piece->why, .type = piece->type,
			.length = piece->length, .offset = piece->offset,
		};
		return;
	}
	/* Once and in order; what was sent, of what has come. */
	MUST(piece->len && piece->len <= TCPTRACE_TLS_RECORD_BYTES);
	MUST(piece->offset >= s->last && !piece->type && !piece->length);
	MUST(piece->offset + piece->len <= s->len);
	MUST(!memcmp(piece->bytes, s->bytes + piece->offset, piece->len));
	for (uint32_t i = 0; i < piece->len; i++) {
		MUST(s->have[piece->offset + i]);
		got->copied[piece->offset + i] = true;
	}
	got->bytes += piece->len;
	s->last = piece->offset + piece->len;
}

/* --- segments --------------------------------------------------------- */

struct bytes {
	struct tcptrace_payload payload;
	const uint8_t *bytes;
	uint32_t len;
	bool unreadable;
};

static bool get(const struct tcptrace_payload *payload, u32 offset, u32 len,
		void *to)
{
	const struct bytes *b = (const struct bytes *)payload;

	MUST(offset <= b->len && len <= b->len - offset);
	if (b->unreadable)
		return false;
	memcpy(to, b->bytes + offset, len);
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

	MUST(offset <= copy->held.len && len <= copy->held.len - offset);
	memcpy(to, copy->bytes + offset, len);
	return true;
}

static void free_list(struct tcptrace_tls_held *list)
{
	while (list) {
		struct tcptrace_tls_held *next = list->next;

		free(list);
		in_use--;
		list = next;
	}
}

static void check_held(const struct tcptrace_tls *tls)
{
	unsigned int nr = 0, all = 0, bytes;
	const struct tcptrace_tls_held *held;

	for (int i = 0; i < 2; i++) {
		bytes = 0;
		nr = 0;
		for (held = tls->dir[i].held; held; held = held->next) {
			bytes += held->len;
			nr++;
			MUST(!held->next ||
			     !tcptrace_after(held->seq, held->next->seq));
		}
		MUST(nr <= TCPTRACE_TLS_MAX_HELD && nr == tls->dir[i].nr_held);
		MUST(bytes <= TCPTRACE_TLS_AHEAD &&
		     bytes == tls->dir[i].held_bytes);
		all += nr;
	}
	MUST(all == in_use);
}

/* It has come, and with it what was held and follows. */
static void came(struct side *s, uint32_t start, uint32_t end)
{
	unsigned int i, kept = 0;

	memset(s->have + start, true, end - start);
	for (s->missing = end; s->missing < s->len && s->have[s->missing];)
		s->missing++;
	for (i = 0; i < s->nr_held; i++)
		if (s->held[i].start > s->missing)
			s->held[kept++] = s->held[i];
	s->nr_held = kept;
}

/* May it wait? -1: it waits already. */
static int may_wait(const struct side *s, uint32_t start, uint32_t end)
{
	uint32_t bytes = end - start;

	for (unsigned int i = 0; i < s->nr_held; i++) {
		if (s->held[i].start <= start && end <= s->held[i].end)
			return -1;
		bytes += s->held[i].end - s->held[i].start;
	}
	return bytes <= TCPTRACE_TLS_AHEAD &&
	       end - s->missing <= TCPTRACE_TLS_AHEAD &&
	       s->nr_held < TCPTRACE_TLS_MAX_HELD;
}

static void hold(struct tcptrace_tls *tls, uint8_t from, uint32_t start,
		 uint32_t end, bool no_memory, struct tcptrace_tls_sink *sink,
		 struct tcptrace_tls_held **list)
{
	struct side *s = &sides[from];
	struct copy *copy;

	if (no_memory) {
		tcptrace_tlsrec_miss(tls, from, sink, list);
		s->hole = true;
		return;
	}
	copy = malloc(sizeof(*copy) + end - start);
	in_use++;
	copy->held.payload.get = get_copy;
	copy->held.seq = s->isn + start;
	copy->held.len = end - start;
	memcpy(copy->bytes, s->bytes + start, end - start);
	/* Not at its place yet: nothing of it comes out. */
	if (!s->unread)
		s->held[s->nr_held++] = (struct held){ start, end };
	memset(s->have + start, true, end - start);
	MUST(tcptrace_tlsrec_hold(tls, from, &copy->held, sink, list) !=
	     TCPTRACE_TLS_HOLD);
}

/* Has its walk ended? */
static bool is_over(const struct side *s)
{
	const struct side *c = &sides[0];

	if (s->hole)
		return true;
	/* Who talks to a client without TLS is not looked at. */
	if (s != c && is_over(c) &&
	    (c->missing < 5 || no_record(c->bytes, 0, true)))
		return true;
	for (unsigned int i = 0; i < s->got.nr; i++)
		if (s->got.event[i].why == TCPTRACE_WHY_TLS_BAD ||
		    s->got.event[i].why == TCPTRACE_WHY_TLS_DATA ||
		    s->got.event[i].why == TCPTRACE_WHY_TLS_HOLE)
			return true;
	return false;
}

static void show(struct tcptrace_tls *tls, const struct segment *seg,
		 struct tcptrace_tls_sink *sink)
{
	const uint8_t from = seg->what & FROM;
	struct tcptrace_tls_held *list = NULL;
	struct side *s = &sides[from];
	enum tcptrace_tls_result result;
	struct bytes b = {
		.payload.get = get,
		.unreadable = (seg->what & NO_BYTES) == NO_BYTES,
	};
	int64_t start = (int64_t)s->missing + seg->skip * 64 +
			(seg->skip ? seg->fine : 0);
	uint32_t end;
	bool over = is_over(s);
	int wait;

	if (start < 0)
		start = 0;
	if (start >= s->len)
		return;
	b.len = (seg->len + 1) * (seg->what & LONG ? 64 : 1);
	if (b.len > s->len - start)
		b.len = s->len - start;
	b.bytes = s->bytes + start;
	end = start + b.len;
	wait = may_wait(s, start, end);
	if (!over && start <= s->missing && end > s->missing) {
		if (b.unreadable) {
			s->unread = true;
			s->nr_held = 0;
		}
		came(s, start, end);
	}
	result = tcptrace_tlsrec_segment(tls, from, s->isn + start, b.len,
					 &b.payload, sink, &list);
	if (s->unread) {
		/* It may go on where a body is not copied: not modelled. */
		s->missing = tls->dir[from].next - s->isn;
		memset(s->have, true, s->missing);
	} else if (!over && start > s->missing) {
		MUST((result == TCPTRACE_TLS_HOLD) == (wait == 1));
		if (!wait)
			s->hole = true;
	} else {
		MUST(result != TCPTRACE_TLS_HOLD);
	}
	if (result == TCPTRACE_TLS_HOLD)
		hold(tls, from, start, end, (seg->what & NO_MEMORY) ==
		     NO_MEMORY, sink, &list);
	if (is_over(s))
		s->nr_held = 0;
	free_list(list);
	check_held(tls);
}

/* --- the verdict ------------------------------------------------------ */

static bool same_event(const struct event *a, const struct event *b)
{
	return a->why == b->why && a->offset == b->offset &&
	       a->type == b->type && a->length == b->length;
}

static void judge(uint8_t from, uint32_t cap, bool stopped)
{
	const struct side *s = &sides[from];
	unsigned int nr = s->got.nr;
	bool all = !s->unread && !stopped;

	MUST(s->got.bytes <= cap);
	expect_all(s, from, s->missing, cap);
	if (s->hole && nr && nr > want.nr) {
		nr--;
		MUST(s->got.event[nr].why == TCPTRACE_WHY_TLS_HOLE &&
		     s->got.event[nr].offset == s->missing);
	} else if (s->unread && nr &&
		   s->got.event[nr - 1].why == TCPTRACE_WHY_TLS_HOLE) {
		nr--;
	}
	MUST(nr <= want.nr && (!all || nr == want.nr));
	for (unsigned int i = 0; i < nr; i++)
		MUST(same_event(&s->got.event[i], &want.event[i]));
	if (all)
		MUST(!memcmp(s->got.copied, want.copied, s->len));
	for (uint32_t i = 0; !all && i < s->len; i++)
		MUST(!s->got.copied[i] || want.copied[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcptrace_tls_sink sink = { .put = put };
	struct tcptrace_tls_held *list = NULL;
	struct tcptrace_tls_piece piece;
	struct tcptrace_tls tls;
	unsigned int nr, first;
	const uint8_t *segs;
	uint32_t cap;

	if (size < 8)
		return 0;
	cap = data[0] * 128;
	tcptrace_tlsrec_alert(data + 2, size - 2, &piece);
	tcptrace_tlsrec_opening(data + 2, size - 2 < 8 ? size - 2 : 8);
	nr = data[2];
	segs = data + 4;
	if (nr > (size - 4) / 4)
		nr = (size - 4) / 4;
	first = (size - 4 - nr * 4) * data[3] / 256;
	for (int i = 0; i < 2; i++) {
		sides[i].isn = (uint32_t)data[1] << 24 | 0xfff000;
		sides[i].missing = 0;
		sides[i].nr_held = 0;
		sides[i].last = 0;
		sides[i].hole = false;
		sides[i].unread = false;
		sides[i].got.nr = 0;
		sides[i].got.bytes = 0;
	}
	data = segs + nr * 4;
	size -= 4 + nr * 4;
	build(&sides[0], data, first);
	build(&sides[1], data + first, size - first);
	for (int i = 0; i < 2; i++) {
		memset(sides[i].have, false, sides[i].len);
		memset(sides[i].got.copied, false, sides[i].len);
	}
	tcptrace_tlsrec_init(&tls, sides[0].isn, sides[1].isn, cap);
	for (; nr; nr--, segs += 4) {
		struct segment seg;

		memcpy(&seg, segs, sizeof(seg));
		show(&tls, &seg, &sink);
	}
	/* The server's first: whether it is over depends on the client. */
	for (int i = 1; i >= 0; i--)
		if (tls.dir[i].held && !is_over(&sides[i]))
			sides[i].hole = true;
	tcptrace_tlsrec_abandon(&tls, &sink);
	judge(0, cap, false);
	judge(1, cap, (tls.dir[0].flags & (TCPTRACE_TLS_OVER |
					   TCPTRACE_TLS_BEGUN)) ==
	      TCPTRACE_TLS_OVER);
	tcptrace_tlsrec_clean(&tls, &list);
	free_list(list);
	MUST(!in_use);
	return 0;
}
