// SPDX-License-Identifier: GPL-2.0
/* The ring reader, against a twin of the module's rings. */
#include <pthread.h>

#include "reader.h"
#include "tap.h"
#include "twin.h"

/* Every word tells which record it belongs to: a torn copy shows. */
static void fill(struct tcptrace_record *rec, unsigned int ring, uint64_t i)
{
	uint64_t *words = (uint64_t *)rec;
	unsigned int w;

	for (w = 0; w < TCPTRACE_RECORD_WORDS; w++)
		words[w] = i * 1000003 + ring;
	rec->t_ns = i;
	rec->conn = ring + 1;
}

static bool whole(const struct tcptrace_record *rec)
{
	const uint64_t *words = (const uint64_t *)rec;
	uint64_t want = rec->t_ns * 1000003 + rec->conn - 1;
	unsigned int w;

	for (w = 3; w < TCPTRACE_RECORD_WORDS; w++)
		if (words[w] != want)
			return false;
	return true;
}

struct row {
	const char *name;
	unsigned int before;	/* written before the reader comes */
	unsigned int between;	/* after it came, before its first pass */
	unsigned int during;	/* while that pass is under way */
	uint64_t read, lost, early;
};

/* A pass reads what was there when it began, 64 slots long. */
static const struct row rows[] = {
	{ "an empty ring", 0, 0, 0, 0, 0, 0 },
	{ "one record", 1, 0, 0, 1, 0, 0 },
	{ "a full ring", 64, 0, 0, 64, 0, 0 },
	{ "one more than fits", 65, 0, 0, 64, 1, 1 },
	{ "many times round", 64 * 7 + 3, 0, 0, 64, 64 * 6 + 3, 64 * 6 + 3 },
	{ "overwritten after it came", 64, 10, 0, 64, 10, 0 },
	{ "lapped after it came", 10, 200, 0, 64, 146, 0 },
	{ "both", 100, 100, 0, 64, 136, 36 },
};

static void check_row(const struct row *row)
{
	struct tcptrace_record rec;
	struct reader r;
	unsigned int i, got = 0;
	uint64_t seq = 0;
	size_t size;
	void *base;
	bool ordered = true;

	base = twin_create(1, 64, &size);
	for (i = 0; i < row->before; i++) {
		fill(&rec, 0, seq++);
		twin_write(base, 0, &rec);
	}
	reader_init(&r, base);
	for (i = 0; i < row->between; i++) {
		fill(&rec, 0, seq++);
		twin_write(base, 0, &rec);
	}
	reader_pass(&r);
	while (reader_next(&r, UINT64_MAX, &rec)) {
		got++;
		ordered = ordered && whole(&rec) && rec.seq == rec.t_ns + 1;
	}
	tap_ok(got == row->read && r.ring[0].read == row->read &&
	       r.ring[0].lost == row->lost && r.ring[0].early == row->early &&
	       ordered && reader_seen(&r) == seq,
	       "%s: read %u, lost %llu, early %llu", row->name, got,
	       (unsigned long long)r.ring[0].lost,
	       (unsigned long long)r.ring[0].early);
	reader_clean(&r);
	free(base);
}

/* A run of one ring, which nothing interrupts but the limit. */
static void check_run_limit(void)
{
	struct tcptrace_record rec[8];
	struct reader r;
	unsigned int i;
	size_t size;
	void *base = twin_create(2, 8, &size);

	for (i = 1; i <= 5; i++) {
		fill(&rec[0], 0, i);
		twin_write(base, 0, &rec[0]);
	}
	reader_init(&r, base);
	reader_pass(&r);
	tap_is_u64(reader_some(&r, 3, rec, ARRAY_SIZE(rec)), 3,
		   "a run ends at the limit");
	tap_ok(reader_holds(&r), "a run ends at the limit: there is more");
	tap_is_u64(reader_seen(&r), 3, "a run ends at the limit: seen");
	tap_is_u64(reader_known(&r), 5, "a run ends at the limit: known");
	reader_clean(&r);
	free(base);
}

static void check_merge(void)
{
	/* ring and time, as written; two rings, not in order of time */
	static const struct {
		unsigned int ring;
		uint64_t t;
	} in[] = { { 0, 1 }, { 0, 4 }, { 1, 2 }, { 1, 3 }, { 0, 9 }, { 1, 5 } };
	static const uint64_t out[] = { 1, 2, 3, 4, 5 };
	struct tcptrace_record rec;
	struct reader r;
	unsigned int i;
	size_t size;
	void *base = twin_create(2, 8, &size);
	bool ok = true;

	for (i = 0; i < ARRAY_SIZE(in); i++) {
		fill(&rec, in[i].ring, in[i].t);
		twin_write(base, in[i].ring, &rec);
	}
	reader_init(&r, base);
	reader_pass(&r);
	for (i = 0; i < ARRAY_SIZE(out); i++)
		ok = ok && reader_next(&r, 8, &rec) && rec.t_ns == out[i];
	tap_ok(ok, "two rings are merged by time");
	tap_ok(!reader_next(&r, 8, &rec) && reader_holds(&r),
	       "what is later than the limit is held back");
	reader_pass(&r);
	tap_ok(reader_next(&r, 9, &rec) && rec.t_ns == 9 && !reader_holds(&r),
	       "and comes with the next pass");
	tap_ok(!reader_gone(&r), "the module is there");
	twin_gone(base);
	tap_ok(reader_gone(&r), "the module is gone");
	reader_clean(&r);
	free(base);
}

/*
 * So many rings, each with some records of times that go up by chance, some of
 * them none and some of them equal: the records come by time, connection,
 * number, however many are taken at once.
 */
static void check_many(unsigned int rings, size_t some)
{
	const unsigned int each = 50;
	struct tcptrace_record rec[64], last = { 0 };
	unsigned int i, ring, chance = 1, written = 0, got = 0;
	bool ordered = true;
	struct reader r;
	size_t size, nr;
	void *base = twin_create(rings, 64, &size);

	for (ring = 0; ring < rings; ring++) {
		uint64_t t = 1;

		for (i = 0; i < (ring % 3 == 1 ? 0 : each); i++) {
			chance = chance * 1103515245 + 12345;
			/* Some at a time, at once or nearly so. */
			t += chance >> 16 & 7 ? chance >> 20 & 1 : 40;
			fill(&rec[0], ring, t);
			/* Of one connection, from three rings. */
			rec[0].conn = ring / 3 + 1;
			rec[0].n = i * rings + ring;
			twin_write(base, ring, &rec[0]);
			written++;
		}
	}
	reader_init(&r, base);
	reader_pass(&r);
	while ((nr = reader_some(&r, UINT64_MAX, rec, some))) {
		for (i = 0; i < nr; i++) {
			ordered = ordered &&
				  (rec[i].t_ns > last.t_ns ||
				   (rec[i].t_ns == last.t_ns &&
				    (rec[i].conn > last.conn ||
				     (rec[i].conn == last.conn &&
				      rec[i].n > last.n))));
			last = rec[i];
		}
		got += (unsigned int)nr;
	}
	tap_ok(ordered && got == written && !reader_holds(&r),
	       "%u rings, %zu records at once: %u of %u, in order", rings, some,
	       got, written);
	reader_clean(&r);
	free(base);
}

#define WRITTEN	400000u

struct race {
	void *base;
	unsigned int ring;
};

static void *write_many(void *arg)
{
	struct race *race = arg;
	struct tcptrace_record rec;
	uint64_t i;

	for (i = 0; i < WRITTEN; i++) {
		fill(&rec, race->ring, i);
		twin_write(race->base, race->ring, &rec);
	}
	return NULL;
}

/*
 * Small rings and fast writers: most is lost, none of it uncounted. The reader
 * takes @some records at once.
 */
static void check_race(uint32_t slots, size_t some)
{
	struct tcptrace_record rec[100];
	struct race race[2];
	pthread_t thread[2];
	uint64_t got = 0, torn = 0, backward = 0, last[2] = { 0, 0 };
	uint64_t read = 0, lost = 0;
	struct reader r;
	size_t size, nr, i;
	void *base = twin_create(2, slots, &size);
	bool running = true;

	reader_init(&r, base);
	for (i = 0; i < 2; i++) {
		race[i].base = base;
		race[i].ring = (unsigned int)i;
		pthread_create(&thread[i], NULL, write_many, &race[i]);
	}
	while (running) {
		running = reader_seen(&r) < 2 * WRITTEN;
		reader_pass(&r);
		while ((nr = reader_some(&r, UINT64_MAX, rec, some))) {
			for (i = 0; i < nr; i++) {
				got++;
				torn += !whole(&rec[i]);
				backward += rec[i].seq <= last[rec[i].conn - 1];
				last[rec[i].conn - 1] = rec[i].seq;
			}
		}
	}
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		read += r.ring[i].read;
		lost += r.ring[i].lost;
	}
	tap_is_u64(torn, 0, "%u slots, two writers: no record is torn", slots);
	tap_is_u64(backward, 0, "%u slots: each ring in order", slots);
	tap_is_u64(read, got, "%u slots: what is given out is counted", slots);
	tap_is_u64(read + lost, 2 * WRITTEN,
		   "%u slots: read + lost = advance of the heads", slots);
	/* Eight slots and 400,000 records: the writers go round many times. */
	if (slots == 8)
		tap_ok(lost > slots, "%u slots: the writers lapped the reader",
		       slots);
	tap_diag("read %llu, lost %llu", (unsigned long long)read,
		 (unsigned long long)lost);
	reader_clean(&r);
	free(base);
}

struct bad {
	const char *name;
	size_t offset;
	uint64_t value;
};

#define FIELD(field, value)						\
	{ #field " = " #value, offsetof(struct tcptrace_header, field),	\
	  (value) }

static const struct bad bad_headers[] = {
	FIELD(magic, 0),
	FIELD(magic, 0x3130434543543152ULL),
	FIELD(abi_major, TCPTRACE_ABI_MAJOR + 1),
	FIELD(record_size, 64),
	FIELD(nr_rings, 0),
	FIELD(nr_rings, 1000000),
	FIELD(slots, 0),
	FIELD(slots, 63),
	FIELD(slots, 1u << 31),
	FIELD(head_stride, 8),
	FIELD(head_stride, 4294967288u),
	FIELD(heads_offset, UINT64_MAX - 7),
	FIELD(data_offset, UINT64_MAX - 7),
	FIELD(data_offset, 4),
	FIELD(ring_stride, 128),
	FIELD(ring_stride, UINT64_MAX - 7),
	FIELD(total_size, 4096),
};

/* Bytes of the field at an offset of the header. */
static size_t field_size(size_t offset)
{
	switch (offset) {
	case offsetof(struct tcptrace_header, abi_major):
	case offsetof(struct tcptrace_header, abi_minor):
		return sizeof(uint16_t);
	case offsetof(struct tcptrace_header, record_size):
	case offsetof(struct tcptrace_header, nr_rings):
	case offsetof(struct tcptrace_header, slots):
	case offsetof(struct tcptrace_header, head_stride):
		return sizeof(uint32_t);
	default:
		return sizeof(uint64_t);
	}
}

static void check_header(void)
{
	struct tcptrace_header header;
	unsigned int i;
	size_t size;
	void *base = twin_create(2, 64, &size);

	tap_ok(!reader_check(base, size), "a good header is taken");
	tap_ok(reader_check(base, sizeof(header) - 1), "a short one is not");
	for (i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		const struct bad *bad = &bad_headers[i];

		memcpy(&header, base, sizeof(header));
		memcpy((char *)&header + bad->offset, &bad->value,
		       field_size(bad->offset));
		tap_ok(reader_check(&header, size), "not taken: %s", bad->name);
	}
	free(base);
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	check_merge();
	check_run_limit();
	for (i = 1; i <= 9; i++)
		check_many(i, 1);
	check_many(9, 5);
	check_many(8, 64);
	check_many(64, 64);
	check_header();
	check_race(8, 1);
	check_race(64, 7);
	check_race(4096, 1);
	check_race(4096, 100);
	return tap_done();
}
