// SPDX-License-Identifier: GPL-2.0
/*
 * TLS handshakes of captures: real ones, and the same mangled, through all of
 * the reader's way of a packet, up to the records of TLS. What they should be
 * a splitter says that has whole streams (lib/tlspcap.c).
 */
#include <limits.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flows.h"
#include "input.h"
#include "source.h"
#include "tap.h"
#include "tlspcap.h"
#include "util.h"

#define ETHERNET	14
#define FRAMES_MAX	65536
#define PIECE		100	/* bytes of a segment, where it is cut */
#define TURNED		10	/* so many pieces are in the wrong order */
#define RECORDS_MAX	16384

/* --- captures --------------------------------------------------------- */

struct frame {
	struct pcap_pkthdr head;
	uint8_t *bytes;
	unsigned int group;	/* of the frame that it was cut from */
};

struct frames {
	struct frame at[FRAMES_MAX];
	unsigned int nr;
};

static struct frames original, mangled;

static const char *path_of(const char *name)
{
	static char path[512];
	const char *dir = getenv("GOLDEN");

	snprintf(path, sizeof(path), "%s/tls/%s", dir ? dir :
		 "selftests/golden", name);
	return path;
}

static struct frame *add(struct frames *all, const struct pcap_pkthdr *head,
			 const uint8_t *bytes, unsigned int group)
{
	struct frame *frame = &all->at[all->nr++];

	if (all->nr == FRAMES_MAX)
		abort();
	frame->head = *head;
	frame->group = group;
	frame->bytes = malloc(head->caplen);
	memcpy(frame->bytes, bytes, head->caplen);
	return frame;
}

static void forget(struct frames *all)
{
	while (all->nr)
		free(all->at[--all->nr].bytes);
}

static bool load(const char *name)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path_of(name), why);
	struct pcap_pkthdr *head;
	const uint8_t *bytes;

	forget(&original);
	if (!pcap)
		return false;
	while (pcap_next_ex(pcap, &head, &bytes) == 1)
		add(&original, head, bytes, original.nr);
	pcap_close(pcap);
	return original.nr;
}

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void set16(uint8_t *p, unsigned int n)
{
	p[0] = n >> 8;
	p[1] = n;
}

/* All of them are of IPv4. */
static uint8_t *tcp_of(const struct frame *frame)
{
	return frame->bytes + ETHERNET + (frame->bytes[ETHERNET] & 15) * 4;
}

static unsigned int payload_of(const struct frame *frame)
{
	const uint8_t *tcp = tcp_of(frame);

	return get16(frame->bytes + ETHERNET + 2) -
	       (tcp - frame->bytes - ETHERNET) - (tcp[12] >> 4) * 4;
}

/* The bytes from @from to @to of a frame's payload, as a frame. */
static void add_part(struct frames *all, const struct frame *whole,
		     unsigned int from, unsigned int to)
{
	const unsigned int payload = payload_of(whole);
	unsigned int headers = whole->head.caplen - payload;
	struct pcap_pkthdr head = whole->head;
	struct frame *part;
	uint8_t *tcp;
	uint32_t seq;

	head.caplen = headers + to - from;
	head.len = head.caplen;
	part = add(all, &head, whole->bytes, whole->group);
	memcpy(part->bytes + headers, whole->bytes + headers + from, to - from);
	set16(part->bytes + ETHERNET + 2, head.caplen - ETHERNET);
	tcp = tcp_of(part);
	seq = ((uint32_t)get16(tcp + 4) << 16 | get16(tcp + 6)) + from;
	set16(tcp + 4, seq >> 16);
	set16(tcp + 6, seq);
	if (to != payload)
		tcp[13] &= ~TCPTRACE_FIN;
}

/* --- how they are mangled --------------------------------------------- */

static void cut(unsigned int size)
{
	unsigned int i, at, payload, end;

	for (i = 0; i < original.nr; i++) {
		payload = payload_of(&original.at[i]);
		at = 0;
		do {
			end = at + size < payload ? at + size : payload;
			add_part(&mangled, &original.at[i], at, end);
			at = end;
		} while (at < payload);
	}
}

static void as_it_is(void)
{
	cut(UINT16_MAX);
}

static void in_pieces(void)
{
	cut(PIECE);
}

static void in_bytes(void)
{
	cut(1);
}

static void twice(void)
{
	unsigned int i;

	for (i = 0; i < original.nr; i++) {
		add(&mangled, &original.at[i].head, original.at[i].bytes, i);
		add(&mangled, &original.at[i].head, original.at[i].bytes, i);
	}
}

/* Each piece again, with some of what was before it and some that follows. */
static void overlapping(void)
{
	unsigned int i, at, end, payload;

	for (i = 0; i < original.nr; i++) {
		payload = payload_of(&original.at[i]);
		for (at = 0; at < payload; at += PIECE) {
			end = at + PIECE + 37 < payload ? at + PIECE + 37 :
							  payload;
			add_part(&mangled, &original.at[i],
				 at < 53 ? 0 : at - 53, end);
		}
		if (!payload || (tcp_of(&original.at[i])[13] & TCPTRACE_FIN))
			add_part(&mangled, &original.at[i], 0, payload);
	}
}

static void swap(struct frame *a, struct frame *b)
{
	struct pcap_pkthdr head = a->head;
	uint8_t *bytes = a->bytes;

	a->bytes = b->bytes;
	b->bytes = bytes;
	/* What is later has the later time. */
	a->head.caplen = b->head.caplen;
	a->head.len = b->head.len;
	b->head.caplen = head.caplen;
	b->head.len = head.len;
}

static void backwards(void)
{
	unsigned int i, j, n;

	cut(PIECE);
	for (i = 0; i < mangled.nr; i += n) {
		for (n = 1; n < TURNED && i + n < mangled.nr &&
		     mangled.at[i + n].group == mangled.at[i].group; n++)
			;
		for (j = 0; j < n / 2; j++)
			swap(&mangled.at[i + j], &mangled.at[i + n - 1 - j]);
	}
}

/* Captured up to a length: the rest of each segment is not there. */
static void snapped(void)
{
	unsigned int i;

	as_it_is();
	for (i = 0; i < mangled.nr; i++)
		if (mangled.at[i].head.caplen > 200)
			mangled.at[i].head.caplen = 200;
}

/*
 * The third piece of each segment was never captured, but where it is the last:
 * what answers it would look like a forgery.
 */
static void with_holes(void)
{
	unsigned int i, kept = 0, nr_of_group = 0, group = UINT_MAX;

	cut(PIECE);
	for (i = 0; i < mangled.nr; i++) {
		nr_of_group = mangled.at[i].group == group ? nr_of_group + 1 : 0;
		group = mangled.at[i].group;
		if (nr_of_group == 2 && i + 1 < mangled.nr &&
		    mangled.at[i + 1].group == mangled.at[i].group)
			free(mangled.at[i].bytes);
		else
			mangled.at[kept++] = mangled.at[i];
	}
	mangled.nr = kept;
}

/* --- records ---------------------------------------------------------- */

struct records {
	struct tcptrace_tls_record rec[RECORDS_MAX];
	unsigned int nr;
	enum tcptrace_opening opening;
	uint64_t end_ns;
};

static struct records got;

/* Of the connection that is the @nth to begin. */
static void take(const struct tcptrace_record *rec, unsigned int nth)
{
	if (rec->conn != nth + 1)
		return;
	if (rec->kind == TCPTRACE_REC_COUNT &&
	    rec->why == TCPTRACE_WHY_FIRST_DATA)
		got.opening = (rec->rflags & TCPTRACE_F_OPENING) >>
			      TCPTRACE_OPENING_SHIFT;
	if (rec->kind != TCPTRACE_REC_TLS)
		return;
	if (got.nr == RECORDS_MAX)
		abort();
	memcpy(&got.rec[got.nr++], rec, sizeof(*rec));
}

/* Through a file, as if it came from anywhere. */
static void read_mangled(unsigned int nth)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
	int fd = memfd_create("capture", 0), copy = dup(fd);
	pcap_dumper_t *dump = pcap_dump_fopen(dead, fdopen(copy, "w"));
	struct tcptrace_record rec;
	struct source *s;
	char path[64];
	unsigned int i;

	for (i = 0; i < mangled.nr; i++)
		pcap_dump((u_char *)dump, &mangled.at[i].head,
			  mangled.at[i].bytes);
	pcap_dump_close(dump);
	pcap_close(dead);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	s = source_pcap_open(input_open(path), NULL);
	got.nr = 0;
	got.opening = TCPTRACE_OPENING_UNKNOWN;
	while (s->ops->next(s, &rec) == SOURCE_RECORD)
		take(&rec, nth);
	s->ops->close(s);
	close(fd);
}

/* What a direction's records say: bytes by their offset, and the rest. */
struct said {
	uint8_t bytes[65536];
	bool have[65536];
	uint64_t marks[256];	/* offset, why, type, length */
	unsigned int nr;
	bool hole;
	bool orderly;
};

static void sum_up(struct said *said, const struct tcptrace_tls_record *rec,
		   size_t nr, uint8_t from, bool alerts)
{
	uint32_t next = 0;
	size_t i, j;

	memset(said, 0, sizeof(*said));
	said->orderly = true;
	for (i = 0; i < nr; i++, rec++) {
		if (rec->from != from)
			continue;
		if (rec->why == TCPTRACE_WHY_TLS_HOLE)
			said->hole = true;
		if (rec->why == TCPTRACE_WHY_TLS_HOLE ||
		    (rec->why == TCPTRACE_WHY_TLS_ALERT && !alerts))
			continue;
		if (rec->why != TCPTRACE_WHY_TLS_BYTES) {
			said->orderly &= !rec->len && said->nr < 256;
			said->marks[said->nr++] = (uint64_t)rec->offset << 32 |
						  rec->why << 24 |
						  rec->type << 16 | rec->length;
			continue;
		}
		said->orderly &= rec->offset >= next && rec->len;
		next = rec->offset + rec->len;
		for (j = 0; j < rec->len; j++) {
			said->bytes[rec->offset + j] = j < 40 ? rec->head[j] :
						       rec->tail[j - 40];
			said->have[rec->offset + j] = true;
		}
	}
}

static bool same(const struct said *a, const struct said *b)
{
	return a->orderly && a->nr == b->nr && !a->hole &&
	       !memcmp(a->marks, b->marks, a->nr * sizeof(a->marks[0])) &&
	       !memcmp(a->have, b->have, sizeof(a->have)) &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Less, but nothing else: each byte and mark of @a is one of @b. */
static bool part(const struct said *a, const struct said *b)
{
	unsigned int i, j;

	for (i = 0; i < sizeof(a->bytes); i++)
		if (a->have[i] && (!b->have[i] || a->bytes[i] != b->bytes[i]))
			return false;
	for (i = 0; i < a->nr; i++) {
		for (j = 0; j < b->nr && b->marks[j] != a->marks[i]; j++)
			;
		if (j == b->nr)
			return false;
	}
	return a->orderly;
}

/* --- tables ----------------------------------------------------------- */

static const struct way {
	const char *name;
	void (*mangle)(void);
	bool alerts;		/* segments are still one record */
	bool whole;
} ways[] = {
	{ "as it is", as_it_is, true, true },
	{ "each frame twice", twice, true, true },
	{ "in pieces", in_pieces, false, true },
	{ "in segments of a byte", in_bytes, false, true },
	{ "overlapping", overlapping, false, true },
	{ "pieces in reverse order", backwards, false, true },
	{ "a snap length of 200", snapped, false, false },
	{ "pieces that are missing", with_holes, false, false },
};

static const struct {
	const char *name;
	unsigned int connections;
} captures[] = {
	{ "tls13.pcap", 1 },
	{ "tls13-retry.pcap", 1 },
	{ "tls13-resumed.pcap", 2 },
	{ "tls13-expired.pcap", 1 },
	{ "tls12.pcap", 1 },
	{ "tls12-rsa.pcap", 1 },
	{ "tls12-resumed.pcap", 2 },
	{ "tls12-client.pcap", 1 },
	{ "tls12-expired.pcap", 1 },
	{ "tls12-unknown-ca.pcap", 1 },
	{ "no-version.pcap", 1 },
	{ "no-cipher.pcap", 1 },
	{ "no-alpn.pcap", 1 },
};

static void check(const char *name, unsigned int nth, const struct way *way)
{
	struct tlspcap *t = tlspcap_read(path_of(name), nth);
	static struct said is, should;
	bool hole = false, all = true;
	unsigned int from;

	if (!tap_ok(t, "%s: connection %u", name, nth))
		return;
	forget(&mangled);
	way->mangle();
	read_mangled(nth);
	tap_ok(got.opening == TCPTRACE_OPENING_TLS || !way->whole ||
	       way->mangle == backwards, "%s, %u, %s: begins with TLS", name,
	       nth, way->name);
	for (from = 0; from < 2; from++) {
		sum_up(&is, got.rec, got.nr, from, way->alerts);
		sum_up(&should, t->rec, t->in.nr, from, way->alerts);
		hole |= is.hole;
		all &= same(&is, &should);
		tap_ok(way->whole ? same(&is, &should) : part(&is, &should),
		       "%s, %u, %s: what the %s says", name, nth, way->name,
		       from ? "server" : "client");
	}
	tap_ok(all || hole, "%s, %u, %s: what is missing is told", name,
	       nth, way->name);
	free(t);
}

/* --- segments made here ----------------------------------------------- */

static unsigned int tls_records, holes;

/* The last one that was made, if it is not counted yet. */
static struct tcptrace_record made;

static void count(void)
{
	if (made.kind == TCPTRACE_REC_TLS) {
		tls_records++;
		holes += made.why == TCPTRACE_WHY_TLS_HOLE;
	}
	made.kind = 0;
}

static struct tcptrace_record *room(void *arg)
{
	(void)arg;
	count();
	return &made;
}

static const uint8_t hello[] = {
	22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
	30, 31, 32, 0, 0, 2, 19, 1, 1, 0, 0, 0,
};

static void send_one(struct flows *f, uint16_t cport, bool server,
		     uint16_t flags, uint32_t seq, const uint8_t *bytes,
		     uint32_t len)
{
	static uint64_t now_ns = NSEC_PER_SEC;
	struct flows_packet p = {
		.seg = {
			.seq = seq + (server ? 5000 : 1000),
			.ack = flags & TCPTRACE_ACK ? server ? 1001 : 5001 : 0,
			.len = len,
			.end = seq + (server ? 5000 : 1000) + len +
			       !!(flags & (TCPTRACE_SYN | TCPTRACE_FIN)),
			.flags = flags,
			.win = 60000,
			.segs = 1,
			.wscale = TCPTRACE_WSCALE_NONE,
			.sport = server ? 443 : cport,
			.dport = server ? cport : 443,
		},
		.t_ns = now_ns += 1000,
		.ip.family = 4,
		.bytes = { .bytes = bytes, .len = len },
	};

	p.ip.addr[server][15] = 1;
	p.ip.addr[!server][15] = 2;
	flows_segment(f, &p);
	count();
}

static void open_one(struct flows *f, uint16_t cport)
{
	send_one(f, cport, false, TCPTRACE_SYN, 0, NULL, 0);
	send_one(f, cport, true, TCPTRACE_SYN | TCPTRACE_ACK, 0, NULL, 0);
	send_one(f, cport, false, TCPTRACE_ACK, 1, NULL, 0);
}

/* What is held is bounded for all, and given back. */
static void check_bounds(void)
{
	static uint8_t ahead[4000];
	struct flows f;
	unsigned int i;
	size_t most;

	flows_init(&f, room, NULL);
	f.walks.held_max = 11 * sizeof(ahead) - 1;
	tls_records = 0;
	holes = 0;
	for (i = 0; i < 30; i++) {
		open_one(&f, 10000 + i);
		send_one(&f, 10000 + i, false, TCPTRACE_ACK, 1, hello, 20);
		send_one(&f, 10000 + i, false, TCPTRACE_ACK, 1 + 52, ahead,
			 sizeof(ahead));
	}
	most = f.walks.held;
	tap_ok(most > 10 * sizeof(ahead) && most <= f.walks.held_max,
	       "held in all");
	tap_is_u64(holes, 20, "the others have holes");
	send_one(&f, 10000, false, TCPTRACE_ACK, 21, hello + 20, 32);
	tap_is_u64(f.walks.held, most / 10 * 9, "given back in time");
	flows_finish(&f, UINT64_MAX / 2);
	count();
	tap_is_u64(f.walks.held, 0, "given back in the end");
	tap_is_u64(holes, 29, "what waited in vain is told");
}

/* A segment that no receiver would take ends no walk. */
static void check_forged(void)
{
	struct flows f;

	flows_init(&f, room, NULL);
	tls_records = 0;
	holes = 0;
	open_one(&f, 1);
	send_one(&f, 1, false, TCPTRACE_ACK, 1, hello, 20);
	send_one(&f, 1, true, TCPTRACE_ACK, 1, NULL, 0);
	send_one(&f, 1, false, TCPTRACE_ACK, 1000000, hello, 20);
	send_one(&f, 1, false, TCPTRACE_ACK, 21, hello + 20, 32);
	tap_is_u64(holes, 0, "a forged segment makes no hole");
	tap_is_u64(tls_records, 2, "and what is the sender's is walked over");
	flows_clean(&f);
}

static void check_plain(void)
{
	static const uint8_t text[] = "EHLO example.org\r\n";
	struct flows f;

	flows_init(&f, room, NULL);
	tls_records = 0;
	open_one(&f, 1);
	send_one(&f, 1, false, TCPTRACE_ACK, 1, text, sizeof(text));
	send_one(&f, 1, false, TCPTRACE_ACK, 1 + sizeof(text), hello, 52);
	open_one(&f, 2);
	send_one(&f, 2, true, TCPTRACE_ACK, 1, text, sizeof(text));
	send_one(&f, 2, false, TCPTRACE_ACK, 1, hello, 52);
	tap_is_u64(tls_records, 0, "streams that do not begin with TLS");
	flows_clean(&f);
}

int main(void)
{
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(captures); i++) {
		if (!tap_ok(load(captures[i].name), "%s", captures[i].name))
			continue;
		for (j = 0; j < captures[i].connections; j++)
			for (k = 0; k < ARRAY_SIZE(ways); k++)
				check(captures[i].name, j, &ways[k]);
	}
	forget(&original);
	forget(&mangled);
	check_bounds();
	check_forged();
	check_plain();
	return tap_done();
}
