// SPDX-License-Identifier: GPL-2.0
/*
 * ringfile - a raw user of /proc/tcptrace that shares no code with the reader.
 *
 *	ringfile info		header and heads, one "name value" a line
 *	ringfile dump		all records, merged by time, one a line
 *	ringfile follow [-v] [-d US]
 *				read until SIGTERM or until the module goes,
 *				pausing US microseconds after each pass; checks
 *				after each pass that read + lost = head, and
 *				with -v says so. At the end a line "ring CPU
 *				head HEAD = READ + LOST" for each ring, one
 *				"kinds KIND=N..." and one "ends WHY=N..." of
 *				what was read, and the sums
 *	ringfile protect	try to map or make the ring writable; one
 *				"attempt outcome" a line
 *	ringfile sleep HOW	wait for the module to go with poll, epoll,
 *				poll0 or epoll0 (0: no events asked for)
 *	ringfile search HEX...	in how many places of the rings these bytes are
 *	ringfile hold		map, wait for a line on standard input, check
 *				that nothing recorded before has changed
 *
 * follow, sleep and hold print "ready" when they are set up. The file is
 * /proc/tcptrace, or what the environment variable TCPTRACE_FILE names.
 *
 * Exit status: 0, 1 if something is not as the ABI promises, 2 for a wrong
 * command line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../module/uapi/tcptrace.h"

struct ringfile {
	int fd;
	const struct tcptrace_header *hdr;
	const char *base;
	size_t size;
};

/* A reader of one ring, by the protocol told in the header file. */
struct cursor {
	uint64_t next;
	uint64_t read;
	uint64_t lost;
};

struct records {
	struct tcptrace_record *rec;
	size_t nr;
	size_t room;
};

/* What was read: records by kind, ends of connections by why. */
static uint64_t kinds[TCPTRACE_REC_TLS + 1];
static uint64_t ends[256];

static volatile sig_atomic_t stopped;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "ringfile: %s\n", what);
	exit(1);
}

static void __attribute__((noreturn)) fail_errno(const char *what)
{
	fprintf(stderr, "ringfile: %s: %m\n", what);
	exit(1);
}

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static const char *file_name(void)
{
	const char *name = getenv("TCPTRACE_FILE");

	return name ? name : "/proc/tcptrace";
}

static void check_header(const struct tcptrace_header *h)
{
	if (h->magic != TCPTRACE_MAGIC)
		fail("wrong magic");
	if (h->abi_major != TCPTRACE_ABI_MAJOR)
		fail("wrong ABI version");
	if (h->record_size != sizeof(struct tcptrace_record))
		fail("wrong record size");
	if (!h->slots || h->slots & (h->slots - 1))
		fail("slots is no power of two");
	if (h->heads_offset + (uint64_t)h->nr_rings * h->head_stride >
	    h->data_offset)
		fail("heads overlap rings");
	if (h->ring_stride < (uint64_t)h->slots * h->record_size)
		fail("rings overlap");
	if (h->data_offset + h->nr_rings * h->ring_stride > h->total_size)
		fail("rings end after the file");
	if (h->head_stride < 64)
		fail("heads share a cache line");
}

static struct ringfile open_ring(void)
{
	struct ringfile f;
	void *p;

	f.fd = open(file_name(), O_RDONLY | O_CLOEXEC);
	if (f.fd < 0)
		fail_errno(file_name());
	p = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, f.fd, 0);
	if (p == MAP_FAILED)
		fail_errno("mmap of the first page");
	check_header(p);
	f.size = ((const struct tcptrace_header *)p)->total_size;
	munmap(p, sysconf(_SC_PAGESIZE));
	p = mmap(NULL, f.size, PROT_READ, MAP_SHARED, f.fd, 0);
	if (p == MAP_FAILED)
		fail_errno("mmap");
	f.hdr = p;
	f.base = p;
	check_header(f.hdr);
	return f;
}

static const struct tcptrace_ring_head *head_of(const struct ringfile *f,
						uint32_t ring)
{
	return (const void *)(f->base + f->hdr->heads_offset +
			      (size_t)ring * f->hdr->head_stride);
}

static uint64_t head_pos(const struct ringfile *f, uint32_t ring)
{
	return __atomic_load_n(&head_of(f, ring)->pos, __ATOMIC_ACQUIRE);
}

static uint64_t heads_sum(const struct ringfile *f)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < f->hdr->nr_rings; i++)
		sum += head_pos(f, i);
	return sum;
}

static bool is_gone(const struct ringfile *f)
{
	return __atomic_load_n(&f->hdr->state, __ATOMIC_ACQUIRE) &
	       TCPTRACE_GONE;
}

static bool copy_slot(const struct ringfile *f, uint32_t ring, uint64_t pos,
		      struct tcptrace_record *ret_rec)
{
	const uint64_t *slot = (const void *)(f->base + f->hdr->data_offset +
		ring * f->hdr->ring_stride +
		(pos & (f->hdr->slots - 1)) * f->hdr->record_size);
	uint64_t words[TCPTRACE_RECORD_WORDS];
	int i;

	if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != pos + 1)
		return false;
	words[0] = pos + 1;
	for (i = 1; i < TCPTRACE_RECORD_WORDS; i++)
		words[i] = __atomic_load_n(slot + i, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_acquire);
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) != pos + 1)
		return false;
	memcpy(ret_rec, words, sizeof(*ret_rec));
	return true;
}

/* Read one ring up to where its head is now; @keep may be NULL. */
static void read_ring(const struct ringfile *f, uint32_t ring,
		      struct cursor *c, struct records *keep)
{
	uint64_t head = head_pos(f, ring);
	struct tcptrace_record rec;

	if (head < c->next)
		fail("a head went backwards");
	if (head - c->next > f->hdr->slots) {
		c->lost += head - f->hdr->slots - c->next;
		c->next = head - f->hdr->slots;
	}
	for (; c->next < head; c->next++) {
		if (!copy_slot(f, ring, c->next, &rec)) {
			c->lost++;
			continue;
		}
		c->read++;
		if (!rec.conn || rec.kind < TCPTRACE_REC_SEGMENT ||
		    rec.kind > TCPTRACE_REC_TLS)
			fail("a record makes no sense");
		kinds[rec.kind]++;
		if (rec.kind == TCPTRACE_REC_END)
			ends[rec.why]++;
		if (!keep)
			continue;
		if (keep->nr == keep->room) {
			keep->room = keep->room ? 2 * keep->room : 1024;
			keep->rec = realloc(keep->rec,
					    keep->room * sizeof(rec));
			if (!keep->rec)
				fail("out of memory");
		}
		keep->rec[keep->nr++] = rec;
	}
	if (c->read + c->lost != c->next)
		fail("read + lost is not the head");
}

static int by_time(const void *a, const void *b)
{
	const struct tcptrace_record *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	if (x->conn != y->conn)
		return x->conn < y->conn ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static int by_conn(const void *a, const void *b)
{
	const struct tcptrace_record *x = a, *y = b;

	if (x->conn != y->conn)
		return x->conn < y->conn ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static void print_flags(unsigned int flags)
{
	static const char * const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE",
	};
	const char *comma = "";
	size_t i;

	printf(" flags=");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & 1u << i))
			continue;
		printf("%s%s", comma, names[i]);
		comma = ",";
	}
}

static void print_addr(const char *before, const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char buf[INET6_ADDRSTRLEN];

	if (memcmp(addr, mapped, sizeof(mapped)))
		inet_ntop(AF_INET6, addr, buf, sizeof(buf));
	else
		inet_ntop(AF_INET, addr + sizeof(mapped), buf, sizeof(buf));
	printf("%s%s", before, buf);
}

static void print_hex(const uint8_t *bytes, size_t len)
{
	while (len--)
		printf("%02x", *bytes++);
}

static void print_tls(const struct tcptrace_tls_record *r)
{
	size_t len = r->len, head = sizeof(r->head);

	if (len > TCPTRACE_TLS_RECORD_BYTES)
		fail("more bytes than a record of TLS has");
	printf("conn=%" PRIu64 " n=%u t=%" PRIu64 " netns=%u kind=%u why=%u from=%u vantage=%u rflags=%#x offset=%u len=%u type=%u version=%#x length=%u hex=",
	       (uint64_t)r->conn, r->n, (uint64_t)r->t_ns, r->netns, r->kind,
	       r->why, r->from, r->vantage, r->rflags, r->offset, r->len,
	       r->type, r->version, r->length);
	print_hex(r->head, len < head ? len : head);
	if (len > head)
		print_hex(r->tail, len - head);
	putchar('\n');
}

static void print_record(const struct tcptrace_record *r)
{
	if (r->kind == TCPTRACE_REC_TLS) {
		print_tls((const struct tcptrace_tls_record *)r);
		return;
	}
	printf("conn=%" PRIu64 " n=%u t=%" PRIu64 " netns=%u cport=%u sport=%u kind=%u why=%u from=%u vantage=%u old=%u,%u state=%u,%u inferred=%#x rflags=%#x",
	       (uint64_t)r->conn, r->n, (uint64_t)r->t_ns, r->netns,
	       r->port[0], r->port[1], r->kind, r->why, r->from, r->vantage,
	       r->old[0], r->old[1], r->state[0], r->state[1], r->inferred,
	       r->rflags);
	print_addr(" addr=", r->addr[0]);
	print_addr(",", r->addr[1]);
	switch (r->kind) {
	case TCPTRACE_REC_TIMER:
		printf(" due=%" PRIu64 " since=%" PRIu64,
		       (uint64_t)r->u.timer.due_ns,
		       (uint64_t)r->u.timer.since_ns);
		break;
	case TCPTRACE_REC_COUNT:
	case TCPTRACE_REC_END:
		printf(" bytes=%" PRIu64 ",%" PRIu64 " segs=%u,%u retrans=%u,%u",
		       (uint64_t)r->u.count[0].bytes,
		       (uint64_t)r->u.count[1].bytes,
		       r->u.count[0].segs, r->u.count[1].segs,
		       r->u.count[0].retrans, r->u.count[1].retrans);
		break;
	case TCPTRACE_REC_WORD:
		printf(" said=%u before=%u source=%u", r->u.word.said,
		       r->u.word.before, r->u.word.source);
		break;
	default:
		print_flags(r->u.seg.flags);
		printf(" seq=%u ack=%u len=%u win=%u mss=%u wscale=%u sk_state=%u pid=%u",
		       r->u.seg.seq, r->u.seg.ack, r->u.seg.len, r->u.seg.win, r->u.seg.mss,
		       r->u.seg.wscale, r->u.seg.sock_state, r->pid);
	}
	putchar('\n');
}

static int do_info(void)
{
	struct ringfile f = open_ring();
	uint32_t i;

	printf("abi %u.%u\nrings %u\nslots %u\ngone %d\nheads %" PRIu64 "\n",
	       f.hdr->abi_major, f.hdr->abi_minor, f.hdr->nr_rings,
	       f.hdr->slots, is_gone(&f), heads_sum(&f));
	for (i = 0; i < f.hdr->nr_rings; i++)
		printf("head.%u %" PRIu64 "\n", i, head_pos(&f, i));
	return 0;
}

static struct cursor sum_of(const struct cursor *c, uint32_t nr)
{
	struct cursor sum = { 0 };
	uint32_t i;

	for (i = 0; i < nr; i++) {
		sum.next += c[i].next;
		sum.read += c[i].read;
		sum.lost += c[i].lost;
	}
	return sum;
}

static void print_sum(const struct cursor *c, uint32_t nr)
{
	struct cursor sum = sum_of(c, nr);

	printf("read %" PRIu64 " lost %" PRIu64 " heads %" PRIu64 "\n",
	       sum.read, sum.lost, sum.next);
}

/* Records first, then what was lost and whether numbers have gaps. */
static int do_dump(void)
{
	struct ringfile f = open_ring();
	struct cursor *c = calloc(f.hdr->nr_rings, sizeof(*c));
	struct records all = { 0 };
	uint64_t gaps = 0;
	uint32_t i;
	size_t k;

	if (!c)
		fail("out of memory");
	for (i = 0; i < f.hdr->nr_rings; i++)
		read_ring(&f, i, &c[i], &all);
	qsort(all.rec, all.nr, sizeof(*all.rec), by_conn);
	for (k = 0; k < all.nr; k++) {
		const struct tcptrace_record *r = &all.rec[k];

		if (!k || r[-1].conn != r->conn)
			gaps += r->n;
		else if (r->n == r[-1].n)
			fail("a number within a connection appears twice");
		else
			gaps += r->n - r[-1].n - 1;
		if (k && r[-1].conn == r->conn && r->t_ns < r[-1].t_ns)
			fprintf(stderr,
				"ringfile: conn %" PRIu64 ": record %u is older than the one before\n",
				(uint64_t)r->conn, r->n);
	}
	qsort(all.rec, all.nr, sizeof(*all.rec), by_time);
	for (k = 0; k < all.nr; k++)
		print_record(&all.rec[k]);
	printf("# gaps %" PRIu64 " ", gaps);
	print_sum(c, f.hdr->nr_rings);
	free(all.rec);
	free(c);
	return 0;
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void print_tally(const char *name, const uint64_t *tally, size_t nr)
{
	size_t i;

	fputs(name, stdout);
	for (i = 0; i < nr; i++)
		if (tally[i])
			printf(" %zu=%" PRIu64, i, tally[i]);
	putchar('\n');
}

static void print_rings(const struct ringfile *f, const struct cursor *c)
{
	uint32_t i;

	for (i = 0; i < f->hdr->nr_rings; i++)
		printf("ring %u head %" PRIu64 " = %" PRIu64 " + %" PRIu64 "\n",
		       head_of(f, i)->cpu, head_pos(f, i), c[i].read,
		       c[i].lost);
	print_tally("kinds", kinds, sizeof(kinds) / sizeof(kinds[0]));
	print_tally("ends", ends, sizeof(ends) / sizeof(ends[0]));
}

static int do_follow(int argc, char **argv)
{
	struct ringfile f = open_ring();
	struct cursor *c = calloc(f.hdr->nr_rings, sizeof(*c));
	bool last, gone = false, verbose = false;
	long delay_us = 1000;
	uint64_t passes = 0;
	uint32_t i;

	if (!c)
		fail("out of memory");
	if (argc && !strcmp(argv[0], "-v")) {
		verbose = true;
		argc--;
		argv++;
	}
	if (argc == 2 && !strcmp(argv[0], "-d"))
		delay_us = atol(argv[1]);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	say_ready();
	do {
		/* Whatever ends it: one more pass, to reach the heads. */
		gone = is_gone(&f);
		last = stopped || gone;
		for (i = 0; i < f.hdr->nr_rings; i++)
			read_ring(&f, i, &c[i], NULL);
		passes++;
		if (verbose) {
			printf("pass %" PRIu64 " ", passes);
			print_sum(c, f.hdr->nr_rings);
			fflush(stdout);
		}
		if (!last)
			usleep(delay_us);
	} while (!last);
	print_rings(&f, c);
	printf("passes %" PRIu64 " gone %d ", passes, gone);
	print_sum(c, f.hdr->nr_rings);
	free(c);
	return 0;
}

static bool report(const char *what, bool refused)
{
	printf("%s %s\n", what, refused ? strerrorname_np(errno) : "ALLOWED");
	return refused;
}

static bool try_map(const char *what, int fd, size_t size, int prot, int flags,
		    off_t offset)
{
	void *p = mmap(NULL, size, prot, flags, fd, offset);

	if (p != MAP_FAILED)
		munmap(p, size);
	return report(what, p == MAP_FAILED);
}

/* A debugger's way to write: it may turn a private page into a copy. */
static bool try_force(const char *what, void *p)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint64_t zero = 0;
	ssize_t n;

	if (fd < 0)
		fail_errno("/proc/self/mem");
	n = pwrite(fd, &zero, sizeof(zero), (off_t)(uintptr_t)p);
	close(fd);
	return report(what, n < 0);
}

static int do_protect(void)
{
	struct ringfile f = open_ring();
	size_t page = sysconf(_SC_PAGESIZE);
	bool ok = true;
	int rw, flags;
	void *p;

	rw = open(file_name(), O_RDWR | O_CLOEXEC);
	if (rw < 0) {
		ok &= report("open-read-write", true);
		rw = f.fd;
	}
	ok &= try_map("map-shared-write", rw, page, PROT_READ | PROT_WRITE,
		      MAP_SHARED, 0);
	ok &= try_map("map-private-write", rw, page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE, 0);
	ok &= try_map("map-private-write-ring", f.fd, page,
		      PROT_READ | PROT_WRITE, MAP_PRIVATE, f.hdr->data_offset);
	ok &= try_map("map-past-the-end", f.fd, page, PROT_READ, MAP_SHARED,
		      f.hdr->total_size);
	ok &= try_map("map-over-the-end", f.fd, f.size + page, PROT_READ,
		      MAP_SHARED, 0);
	ok &= try_map("map-far-away", f.fd, page, PROT_READ, MAP_SHARED,
		      1LL << 62);
	for (flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		const char *kind = flags == MAP_SHARED ? "shared" : "private";
		char what[64];

		p = mmap(NULL, f.size, PROT_READ, flags, rw, 0);
		if (p == MAP_FAILED) {
			printf("map-%s-read %s\n", kind,
			       strerrorname_np(errno));
			continue;
		}
		snprintf(what, sizeof(what), "mprotect-%s", kind);
		ok &= report(what, mprotect(p, page, PROT_READ | PROT_WRITE));
		snprintf(what, sizeof(what), "force-%s", kind);
		ok &= try_force(what, p);
		munmap(p, f.size);
	}
	/* Whole pages may be mapped one by one. */
	p = mmap(NULL, page, PROT_READ, MAP_SHARED, f.fd, f.hdr->data_offset);
	if (p == MAP_FAILED)
		fail_errno("mmap of one page of a ring");
	check_header(f.hdr);
	return !ok;
}

static void check_after(const struct ringfile *f)
{
	char c;

	if (!is_gone(f))
		fail("awake, but the module is not gone");
	check_header(f->hdr);
	if (read(f->fd, &c, 1) >= 0 || errno != EIO)
		fail("read() after the module went did not give EIO");
}

static int do_sleep(const char *how)
{
	struct ringfile f = open_ring();
	bool quiet = how[strlen(how) - 1] == '0';
	struct epoll_event ev = { .events = quiet ? 0 : EPOLLIN };
	struct pollfd p = { .fd = f.fd, .events = quiet ? 0 : POLLIN };
	struct sigaction sa = { .sa_handler = on_signal };
	int ep = -1, n;

	sigaction(SIGTERM, &sa, NULL);
	if (!strncmp(how, "epoll", 5)) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, f.fd, &ev))
			fail_errno("epoll");
	} else if (strncmp(how, "poll", 4)) {
		fail("sleep how?");
	}
	say_ready();
	do {
		/* All that there is has been seen: only news may wake us. */
		uint64_t seen = heads_sum(&f);

		if (!is_gone(&f) && ioctl(f.fd, TCPTRACE_IOC_SEEN, &seen) &&
		    !is_gone(&f))
			fail_errno("TCPTRACE_IOC_SEEN");
		n = ep >= 0 ? epoll_wait(ep, &ev, 1, -1) : poll(&p, 1, -1);
	} while (!stopped && !(n > 0 && is_gone(&f)));
	if (n < 0 && errno != EINTR)
		fail_errno("wait");
	if (n > 0)
		check_after(&f);
	printf("%s %s\n", how, n > 0 ? "woken" : "asleep");
	if (ep >= 0)
		close(ep);
	close(f.fd);
	return 0;
}

/* In the manner of FNV-1a, over all that the rings hold. */
static uint64_t sum_rings(const struct ringfile *f)
{
	const uint64_t *p = (const void *)(f->base + f->hdr->data_offset);
	const uint64_t *end = (const void *)(f->base + f->size);
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; p < end; p++)
		h = (h ^ *p) * 0x100000001b3ULL;
	return h;
}

static unsigned int search(const struct ringfile *f, const char *hex)
{
	const char *p = f->base, *end = f->base + f->size;
	size_t len = strlen(hex) / 2, i;
	unsigned int found = 0, byte;
	char bytes[64];

	if (!len || len > sizeof(bytes))
		fail("search for what?");
	for (i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			fail("not hexadecimal");
		bytes[i] = (char)byte;
	}
	while ((p = memmem(p, end - p, bytes, len))) {
		found++;
		p++;
	}
	return found;
}

/* In all that is mapped, whether it is a record or not (any more). */
static int do_search(int argc, char **argv)
{
	struct ringfile f = open_ring();
	unsigned int found = 0;

	while (argc--)
		found += search(&f, *argv++);
	printf("%u\n", found);
	return 0;
}

static int do_hold(void)
{
	struct ringfile f = open_ring();
	uint64_t heads = heads_sum(&f);
	uint64_t before = sum_rings(&f);
	bool moved;
	char c;

	say_ready();
	do {
		if (read(STDIN_FILENO, &c, 1) != 1)
			fail("end of input");
	} while (c != '\n');
	check_header(f.hdr);
	moved = heads_sum(&f) != heads;
	if (!moved && sum_rings(&f) != before)
		fail("the rings changed though their heads did not");
	close(f.fd);
	/* The mapping outlives the file, and the module. */
	check_header(f.hdr);
	printf("gone %d moved %d\n", is_gone(&f), moved);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "info"))
		return do_info();
	if (!strcmp(verb, "dump"))
		return do_dump();
	if (!strcmp(verb, "follow"))
		return do_follow(argc - 2, argv + 2);
	if (!strcmp(verb, "protect"))
		return do_protect();
	if (!strcmp(verb, "sleep") && argc == 3)
		return do_sleep(argv[2]);
	if (!strcmp(verb, "search") && argc > 2)
		return do_search(argc - 2, argv + 2);
	if (!strcmp(verb, "hold"))
		return do_hold();
	fputs("usage: ringfile info|dump|follow [-v] [-d US]|protect|sleep HOW|search HEX...|hold\n",
	      stderr);
	return 2;
}
