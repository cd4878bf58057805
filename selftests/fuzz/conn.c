// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the connection logic: whatever is sighted, said and waited for, in
 * whatever order, what is in lib/watch.c holds. An input is
 *
 *	byte 0		SEAT, and TWO, WRAPS, RFC1337, WILD
 *	byte 1		what the payload is
 *	then		ops of four bytes each, see struct op
 */
#include <string.h>

#include "lib/fuzzer.h"
#include "lib/must.h"
#include "lib/watch.h"

#define SEAT	0x03	/* as enum play_seat */
#define TWO	0x04	/* connections, rather than one */
#define WRAPS	0x08	/* numbers do, soon */
#define RFC1337	0x10
#define WILD	0x20	/* a segment is seen just anywhere */

#define QUEUE	8
#define STREAM	4096

enum {
	LOOPBACK, CLIENTS, SERVERS, MIDDLE,
};

/**
 * struct op - what happens next
 * @what: OP bits, then FROM, OTHER, LOST, LATE, FAR
 * @a: of a segment: flags; else the argument
 * @b: of a segment: where from it is in two tables; else a second argument
 * @c: of a segment: length, window; WILD: vantage
 */
struct op {
	u8 what;
	u8 a;
	u8 b;
	u8 c;
};

#define OP	0x07
#define FROM	0x08
#define OTHER	0x10	/* the other connection */
#define LOST	0x20	/* it leaves and never arrives */
#define LATE	0x40	/* it leaves, to arrive by an OP_DELIVER */
#define LOCAL	0x40	/* WILD: its receiver is said to be here */

enum {
	OP_DELIVER = 4, OP_WORD, OP_WAIT, OP_END,	/* below: a segment */
};

/* A connection as a script has it. */
struct script {
	struct watch watch;
	u32 isn[2];
	u32 snd_nxt[2];
	struct tcptrace_segment late[QUEUE];
	u8 late_from[QUEUE];
	unsigned int nr_late;
};

static struct script scripts[2];
static u8 stream[2][STREAM];
static u64 now_ns;

static const s32 shift[16] = {
	0, 0, 0, 0, 0, 0, -1, 1, -10, 10, -100, 100, -1460, 1460, -70000, 70000,
};

static const u16 lengths[16] = {
	0, 0, 0, 0, 0, 1, 5, 6, 10, 31, 80, 100, 200, 1460, 9000, 24,
};

/* Records of TLS; or what is none. Ends in alerts, each of 31 bytes. */
static void build(u8 how)
{
	static const u8 types[] = { 22, 22, 22, 20, 22, 23, 23, 21, 21, 21 };
	unsigned int at = 0, i = 0, n;
	u8 *s;

	for (s = stream[0]; s <= stream[1]; s += STREAM, at = 0, i = 0) {
		memset(s, 0, STREAM);
		while (at < STREAM - 5) {
			u8 type = types[i < sizeof(types) ? i : 9];

			n = type == 20 ? 1 : type == 21 ? 26 : 20 + how;
			s[at] = type;
			s[at + 1] = 3;
			s[at + 2] = 3;
			s[at + 4] = (u8)n;
			if (at + 5 < STREAM)
				s[at + 5] = s == stream[0] ? 1 : 2;
			at += 5 + n;
			i++;
		}
	}
	if (how >= 0xc0)
		memcpy(stream[0], "GET / HTTP/1.1", 14);
	else if (how >= 0x80)
		stream[0][how & 31] ^= how;
}

/* Payload by its number, the same whenever it is sent again. */
static struct walk_bytes bytes_of(const struct script *sc, u8 from,
				  const struct tcptrace_segment *seg)
{
	u32 at = seg->seq + !!(seg->flags & TCPTRACE_SYN) - sc->isn[from] - 1;
	struct walk_bytes bytes = { 0 };

	if (at >= STREAM)
		return bytes;
	bytes.bytes = stream[from] + at;
	bytes.len = seg->len < STREAM - at ? seg->len : STREAM - at;
	return bytes;
}

static void see(struct script *sc, u8 from, const struct tcptrace_segment *seg,
		u8 vantage, bool to_local, bool rfc1337)
{
	const struct walk_bytes bytes = bytes_of(sc, from, seg);

	watch_segment(&sc->watch, (struct tcptrace_sighting) {
		.seg = seg,
		.from = from,
		.vantage = vantage,
		.to_local = to_local,
		.rfc1337 = rfc1337,
	}, &bytes);
}

/* It reaches its receiver, if that is where we are. */
static void arrive(struct script *sc, u8 from,
		   const struct tcptrace_segment *seg, u8 how)
{
	u8 seat = how & SEAT;

	if (seat == LOOPBACK || seat == (from ? CLIENTS : SERVERS))
		see(sc, from, seg, TCPTRACE_ARRIVES, true, how & RFC1337);
}

static struct tcptrace_segment make(struct script *sc, const struct op *op)
{
	const u8 from = !!(op->what & FROM);
	struct tcptrace_segment seg = {
		.flags = op->a & 0x3f,
		.seq = sc->snd_nxt[from] + (u32)shift[op->b >> 4],
		.len = lengths[op->c & 15],
		.win = op->c & 0x20 ? 0 : 65000,
		.segs = 1 + (op->c & 0x10 ? 3 : 0),
		.wscale = op->a & 0x40 ? 7 : TCPTRACE_WSCALE_NONE,
		.sport = from ? 80 : 50000,
		.dport = from ? 50000 : 80,
	};

	/* A first SYN again, or a reset of one that knows nothing. */
	if (op->a & 0x80)
		seg.seq = seg.flags & TCPTRACE_RST ? 0 : sc->isn[from];
	if (seg.flags & TCPTRACE_ACK)
		seg.ack = sc->snd_nxt[!from] + (u32)shift[op->b & 15];
	seg.end = seg.seq + seg.len + !!(seg.flags & TCPTRACE_SYN) +
		  !!(seg.flags & TCPTRACE_FIN);
	if (!(op->b >> 4) && !(op->a & 0x80))
		sc->snd_nxt[from] = seg.end;
	return seg;
}

static void segment(struct script *sc, const struct op *op, u8 how)
{
	const u8 from = !!(op->what & FROM), seat = how & SEAT;
	struct tcptrace_segment seg = make(sc, op);

	if (how & WILD) {
		see(sc, from, &seg, TCPTRACE_LEAVES + (op->c >> 6) % 3,
		    op->what & LOCAL, how & RFC1337);
		return;
	}
	if (seat == MIDDLE)
		see(sc, from, &seg, TCPTRACE_PASSES, false, false);
	else if (seat == LOOPBACK || seat == (from ? SERVERS : CLIENTS))
		see(sc, from, &seg, TCPTRACE_LEAVES, seat == LOOPBACK,
		    how & RFC1337);
	if ((op->what & LATE) && sc->nr_late < QUEUE) {
		sc->late[sc->nr_late] = seg;
		sc->late_from[sc->nr_late++] = from;
	} else if (!(op->what & LOST)) {
		arrive(sc, from, &seg, how);
	}
}

static void deliver(struct script *sc, const struct op *op, u8 how)
{
	unsigned int i;

	if (!sc->nr_late)
		return;
	i = op->a % sc->nr_late;
	arrive(sc, sc->late_from[i], &sc->late[i], how);
	if (op->what & LOST)
		return;		/* the network has doubled it */
	sc->nr_late--;
	sc->late[i] = sc->late[sc->nr_late];
	sc->late_from[i] = sc->late_from[sc->nr_late];
}

static void wait(const struct op *op)
{
	static const u64 units[] = { 1, 1000000, 1000000000, 60000000000ULL };
	u8 i;

	now_ns += op->a * units[op->b & 3];
	for (i = 0; i < 2; i++)
		watch_time(&scripts[i].watch, now_ns);
}

static void step(struct script *sc, const struct op *op, u8 how)
{
	const u8 from = !!(op->what & FROM);

	switch (op->what & OP) {
	case OP_DELIVER:
		deliver(sc, op, how);
		break;
	case OP_WORD:
		watch_word(&sc->watch, from,
			   1 + op->a % (TCPTRACE_NR_STATES - 1),
			   op->b & 1 ? TCPTRACE_SOURCE_SKB :
				       TCPTRACE_SOURCE_EVENT,
			   op->c * TCPTRACE_NSEC_PER_SEC);
		break;
	case OP_WAIT:
		wait(op);
		break;
	case OP_END:
		watch_end(&sc->watch, TCPTRACE_WHY_IDLE + op->a % 7);
		break;
	default:
		segment(sc, op, how);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	u8 how, i;

	if (size < 2)
		return 0;
	how = data[0];
	now_ns = 1000 * TCPTRACE_NSEC_PER_SEC;
	build(data[1]);
	for (i = 0; i < 2; i++) {
		struct script *sc = &scripts[i];

		watch_init(&sc->watch, now_ns);
		sc->isn[0] = how & WRAPS ? 0xfffffff0 : 1000;
		sc->isn[1] = how & WRAPS ? 0x7ffffff0 : 5000;
		memcpy(sc->snd_nxt, sc->isn, sizeof(sc->isn));
		sc->nr_late = 0;
	}
	for (data += 2, size -= 2; size >= 4; data += 4, size -= 4) {
		memcpy(&op, data, sizeof(op));
		step(&scripts[(how & TWO) && (op.what & OTHER)], &op, how);
	}
	for (i = 0; i < 2; i++) {
		watch_time(&scripts[i].watch, now_ns + (1ULL << 40));
		watch_end(&scripts[i].watch, TCPTRACE_WHY_UNLOAD);
		watch_clean(&scripts[i].watch);
	}
	return 0;
}
