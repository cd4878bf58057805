// SPDX-License-Identifier: GPL-2.0
/*
 * The module's rings as a source that is followed, and its clock: in a time
 * namespace this process's CLOCK_MONOTONIC is another than the kernel's.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source.h"
#include "tap.h"
#include "twin.h"

#define SEC		1000000000ULL
#define DEADLINE_NS	(10 * SEC)
#define RECORDS		5

struct row {
	const char *name;
	int64_t ahead_ns;	/* of this process's clock */
};

static const struct row rows[] = {
	{ "the same clock", -(int64_t)SEC / 100 },
	{ "records seem to be old", -100 * (int64_t)SEC },
	{ "records seem to be of the future", 1000 * (int64_t)SEC },
	{ "of a far one", 1LL << 60 },
};

/* A twin in a file, for source_proc_open(). */
struct twin {
	char path[32];
	void *map;
	size_t size;
	int fd;
};

static struct twin twin_make(unsigned int rings, unsigned int slots)
{
	struct twin t = { .path = "/tmp/tcptimeline-source-XXXXXX" };
	void *base = twin_create(rings, slots, &t.size);

	t.fd = mkstemp(t.path);
	if (t.fd < 0 || write(t.fd, base, t.size) != (ssize_t)t.size)
		abort();
	free(base);
	t.map = mmap(NULL, t.size, PROT_READ | PROT_WRITE, MAP_SHARED, t.fd, 0);
	if (t.map == MAP_FAILED)
		abort();
	return t;
}

static struct source *twin_open(const struct twin *t)
{
	struct source *s = source_proc_open(t->path, true);

	unlink(t->path);
	return s;
}

static void twin_free(const struct twin *t)
{
	munmap(t->map, t->size);
	close(t->fd);
}

static void write_one(void *base, uint64_t t_ns)
{
	struct tcptrace_record rec = {
		.t_ns = t_ns, .conn = 1, .kind = TCPTRACE_REC_SEGMENT,
	};

	twin_write(base, 0, &rec);
}

/* Reads until so many have come, or time is over. */
static unsigned int read_some(struct source *s, unsigned int want,
			      unsigned int *ret_new)
{
	uint64_t begun = source_clock();
	struct tcptrace_record rec;
	unsigned int got = 0;

	*ret_new = 0;
	while (got < want && source_clock() - begun < DEADLINE_NS) {
		if (s->ops->next(s, &rec) != SOURCE_RECORD) {
			s->ops->wait(s, NULL, SOURCE_NOW, SOURCE_TICK_NS);
			continue;
		}
		got++;
		*ret_new += rec.t_ns >= s->began_ns;
	}
	return got;
}

static void check(const struct row *row)
{
	uint64_t t_ns = source_clock() + (uint64_t)row->ahead_ns;
	const struct twin t = twin_make(1, 64);
	unsigned int fresh, i;
	struct source *s;

	for (i = 0; i < RECORDS; i++)
		write_one(t.map, t_ns + i);
	s = twin_open(&t);
	if (tap_ok(s, "%s: can be opened", row->name)) {
		tap_is_u64(read_some(s, RECORDS, &fresh), RECORDS,
			   "%s: nothing is held for long", row->name);
		tap_is_u64(fresh, 0, "%s: it was there before", row->name);
		write_one(t.map, s->began_ns + SEC);
		tap_is_u64(read_some(s, 1, &fresh), 1,
			   "%s: nor is what comes then", row->name);
		tap_is_u64(fresh, 1, "%s: which is new", row->name);
		s->ops->close(s);
	}
	twin_free(&t);
}

/*
 * What was recorded this very moment is held back; who stops still gets it,
 * and then there is an end. Taken by ones, or by sixes that cross the edge of
 * the ring.
 */
static void check_stop(size_t by)
{
	const struct twin t = twin_make(2, 16);
	struct source *s = twin_open(&t);
	struct tcptrace_record rec[6];
	enum source_status status;
	unsigned int got = 0, i;
	uint64_t last = 0;
	bool ordered = true;
	size_t nr;

	for (i = 0; i < 20; i++) {
		rec[0] = (struct tcptrace_record) {
			.t_ns = source_clock() + SEC / 1000 + i, .conn = 1,
			.n = i, .kind = TCPTRACE_REC_SEGMENT,
		};
		twin_write(t.map, i / 3 % 2, &rec[0]);
	}
	s->ops->stop(s);
	for (;;) {
		nr = by;
		status = source_some(s, rec, &nr);
		for (i = 0; i < nr; i++, last++)
			ordered = ordered && rec[i].n == last;
		got += (unsigned int)nr;
		if (status != SOURCE_RECORD)
			break;
	}
	tap_is_u64(got, 20, "stopped, %zu at once: nothing is held back", by);
	tap_ok(ordered, "stopped, %zu at once: in order", by);
	tap_ok(status == SOURCE_END, "stopped, %zu at once: it is the end", by);
	s->ops->close(s);
	twin_free(&t);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
	check_stop(1);
	check_stop(6);
	return tap_done();
}
