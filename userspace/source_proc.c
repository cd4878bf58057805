// SPDX-License-Identifier: GPL-2.0
/* The rings of the module, mapped read-only. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reader.h"
#include "source.h"
#include "util.h"

/*
 * So long a record may take from its time stamp until it is visible, while
 * another CPU's, taken later, is visible already.
 */
#define HOLD_NS		5000000ULL
#define HOLD_POLL_NS	10000000L

struct source_proc {
	struct source source;
	struct reader reader;
	void *map;
	size_t size;
	uint64_t limit_ns;
	int fd;
	bool follow;
	bool passing;	/* in the middle of a pass */
	bool last;	/* this pass is the last one */
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/**
 * source_clock() - now, on this process's clock
 *
 * Context: any.
 * Return: CLOCK_MONOTONIC in nanoseconds.
 */
uint64_t source_clock(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/**
 * source_now() - now, on the clock of a source's live records
 * @s: the source
 *
 * Context: any.
 * Return: nanoseconds.
 */
uint64_t source_now(const struct source *s)
{
	return source_clock() + s->ahead_ns;
}

/**
 * source_wall_offset() - how far the time of day is from that clock
 *
 * The two cannot be read at once: of a few tries the one with the least time
 * between is taken.
 *
 * Context: any.
 * Return: CLOCK_REALTIME minus CLOCK_MONOTONIC in nanoseconds.
 */
int64_t source_wall_offset(void)
{
	uint64_t best = UINT64_MAX, before, after, wall;
	int64_t offset = 0;
	int i;

	for (i = 0; i < 5; i++) {
		before = clock_ns(CLOCK_MONOTONIC);
		wall = clock_ns(CLOCK_REALTIME);
		after = clock_ns(CLOCK_MONOTONIC);
		if (after - before < best) {
			best = after - before;
			offset = (int64_t)(wall - before - best / 2);
		}
	}
	return offset;
}

/*
 * What is there was recorded before now. If its time has yet to come, the two
 * clocks are not the same one: without this it would be held until then.
 */
static void set_clock(struct source_proc *p)
{
	uint64_t newest = reader_newest(&p->reader);
	uint64_t now = source_now(&p->source);

	if (newest <= now)
		return;
	p->source.ahead_ns += newest - now;
	p->source.wall_ns -= (int64_t)(newest - now);
}

static void begin_pass(struct source_proc *p)
{
	bool gone = reader_gone(&p->reader);

	set_clock(p);
	p->last = !p->follow || gone;
	p->limit_ns = p->last ? UINT64_MAX : source_now(&p->source) - HOLD_NS;
	reader_pass(&p->reader);
	p->passing = true;
}

/* The pass has given all it has. */
static enum source_status end_pass(struct source_proc *p)
{
	p->passing = false;
	return p->last ? SOURCE_END : SOURCE_PAUSE;
}

static enum source_status proc_next(struct source *s,
				    struct tcptrace_record *ret_rec)
{
	struct source_proc *p = (struct source_proc *)s;

	if (!p->passing)
		begin_pass(p);
	if (reader_next(&p->reader, p->limit_ns, ret_rec))
		return SOURCE_RECORD;
	return end_pass(p);
}

static enum source_status proc_some(struct source *s,
				    struct tcptrace_record *to, size_t max,
				    size_t *ret_nr)
{
	struct source_proc *p = (struct source_proc *)s;

	if (!p->passing)
		begin_pass(p);
	*ret_nr = reader_some(&p->reader, p->limit_ns, to, max);
	return *ret_nr == max ? SOURCE_RECORD : end_pass(p);
}

/*
 * In haste, what is held back is looked at again as soon as it may come. Else
 * it waits with what comes next: until the module says that there is much, or a
 * tick of its clock later.
 */
static void proc_wait(struct source *s, const sigset_t *mask,
		      enum source_haste haste, uint64_t most_ns)
{
	struct source_proc *p = (struct source_proc *)s;
	struct timespec hold = { .tv_nsec = HOLD_POLL_NS };
	struct timespec most;
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	bool holds = reader_holds(&p->reader);
	uint64_t seen = haste == SOURCE_NOW ? reader_seen(&p->reader) :
					      reader_known(&p->reader);

	if (holds && most_ns > SOURCE_TICK_NS)
		most_ns = SOURCE_TICK_NS;
	most = (struct timespec){
		.tv_sec = (time_t)(most_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(most_ns % NSEC_PER_SEC),
	};
	/* A module that is going tells by header.state; look at it soon. */
	if (ioctl(p->fd, TCPTRACE_IOC_SEEN, &seen) ||
	    (holds && haste == SOURCE_NOW))
		ppoll(NULL, 0, &hold, mask);
	else
		ppoll(&pfd, 1, most_ns == SOURCE_FOR_EVER ? NULL : &most, mask);
}

static void proc_stop(struct source *s)
{
	struct source_proc *p = (struct source_proc *)s;

	p->follow = false;
}

static bool proc_losses(struct source *s, unsigned int i, uint64_t *ret_read,
			uint64_t *ret_lost, uint64_t *ret_early)
{
	struct source_proc *p = (struct source_proc *)s;

	if (i >= p->reader.nr)
		return false;
	*ret_read = p->reader.ring[i].read;
	*ret_lost = p->reader.ring[i].lost;
	*ret_early = p->reader.ring[i].early;
	return true;
}

static int proc_close(struct source *s)
{
	struct source_proc *p = (struct source_proc *)s;

	reader_clean(&p->reader);
	munmap(p->map, p->size);
	close(p->fd);
	free(p);
	return EXIT_OK;
}

static const struct source_ops proc_ops = {
	.next = proc_next,
	.some = proc_some,
	.wait = proc_wait,
	.stop = proc_stop,
	.losses = proc_losses,
	.close = proc_close,
};

/* Is this process in another network namespace than the machine's first one? */
static bool in_other_netns(void)
{
	struct stat own, first;

	return !stat("/proc/self/ns/net", &own) &&
	       !stat("/proc/1/ns/net", &first) &&
	       (own.st_ino != first.st_ino || own.st_dev != first.st_dev);
}

static void complain_open(const char *path, int err)
{
	switch (err) {
	case ENOENT:
		complain("%s: no such file; load the module: insmod tcptrace.ko ports=80,443",
			 path);
		break;
	case EACCES:
	case EPERM:
		if (geteuid())
			complain("%s: permission denied; run it as root",
				 path);
		else if (in_other_netns())
			complain("%s: permission denied from this network namespace; run it from the machine's first one: nsenter -t 1 -n tcptimeline",
				 path);
		else
			complain("%s: permission denied; it wants CAP_NET_ADMIN and CAP_NET_RAW in the initial user namespace, and the initial network namespace",
				 path);
		break;
	default:
		complain("%s: %s", path, strerror(err));
		break;
	}
}

static bool map_all(struct source_proc *p, const char *path)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct tcptrace_header header;
	const char *wrong;
	void *first;

	first = mmap(NULL, page, PROT_READ, MAP_SHARED, p->fd, 0);
	if (first == MAP_FAILED) {
		complain("%s: cannot be mapped: %s; is it the module's file?",
			 path, strerror(errno));
		return false;
	}
	memcpy(&header, first, sizeof(header));
	munmap(first, page);
	wrong = reader_check(&header, page);
	if (wrong) {
		complain("%s: not a ring of tcptrace that can be read: %s",
			 path, wrong);
		return false;
	}
	p->size = header.total_size;
	p->map = mmap(NULL, p->size, PROT_READ, MAP_SHARED, p->fd, 0);
	if (p->map == MAP_FAILED) {
		complain("%s: cannot map %zu bytes: %s", path, p->size,
			 strerror(errno));
		return false;
	}
	return true;
}

/**
 * source_proc_open() - open the rings of the module
 * @path: /proc/tcptrace
 * @follow: wait for more; else what is there now is all
 *
 * Context: any.
 * Return: the source, or NULL after one line on stderr.
 */
struct source *source_proc_open(const char *path, bool follow)
{
	struct source_proc *p = zalloc(sizeof(*p));

	p->source.ops = &proc_ops;
	p->source.live = true;
	p->source.wall_ns = source_wall_offset();
	p->source.has_wall = true;
	p->follow = follow;
	p->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0) {
		complain_open(path, errno);
		goto free_source;
	}
	if (!map_all(p, path))
		goto close_file;
	reader_init(&p->reader, p->map);
	set_clock(p);
	p->source.began_ns = source_now(&p->source) + 1;
	return &p->source;

close_file:
	close(p->fd);
free_source:
	free(p);
	return NULL;
}
