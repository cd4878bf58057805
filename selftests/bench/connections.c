// SPDX-License-Identifier: GPL-2.0
/*
 * connections - what a connection over loopback costs, both ends in one thread
 *
 *	connections [-6l] [-n NUMBER] [-x EXCHANGES] [-p PORT] [-w PID]...
 *	connections -s SECONDS [-6] [-x EXCHANGES] [-p PORT]
 *
 * Each sends 128 bytes and gets 4 KiB back, EXCHANGES times, and is closed by
 * the client. Nothing ever waits, so that on one CPU all the time that passes
 * is work: the client's, the server's, TCP's, and that of whoever looks on.
 * PID is one who looks on: what it has left to do afterwards is waited for, and
 * is added. -l: none but these, see leave_one().
 *
 * Prints the nanoseconds it took: all connections together, and what three in
 * four exceed, which is one that no tick of the clock has met, nor a slow way of
 * an allocator; with SECONDS, how many there were in so long. Exit status: 0, 1 if
 * something failed, 2 for a wrong command line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP		50	/* connections */
#define REQUEST		128
#define REPLY		4096
#define MAX_WATCHERS	4
#define REST_NS		300000000L
#define LITTLE_NS	20000		/* in a rest: nothing */
#define MAX_RESTS	200
#define MAX_NUMBER	28000
#define LEAVE		4	/* one is left open before each so many ... */
#define MAX_LEFT	400	/* ... up to this number: files are limited */

struct watcher {
	long pid;
	uint64_t idle;	/* what it runs in a rest while there is nothing to see */
	uint64_t at_end;
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static char buffer[REPLY];
static uint64_t each[MAX_NUMBER];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* What a process has run so far, ns; see Documentation/scheduler/sched-stats.rst. */
static uint64_t ran_ns(long pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/schedstat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		errx(1, "process %ld is gone: it was to look on", pid);
	fclose(f);
	return ns;
}

/* What it runs while everybody else rests. */
static uint64_t rest(const struct watcher *w)
{
	const struct timespec time = { .tv_nsec = REST_NS };
	uint64_t before = ran_ns(w->pid);

	nanosleep(&time, NULL);
	return ran_ns(w->pid) - before;
}

/* What is left for it to do: until it does no more than in any rest. */
static uint64_t wait_for(const struct watcher *w)
{
	uint64_t left = ran_ns(w->pid) - w->at_end, ran;
	int rests;

	for (rests = 0; rests < MAX_RESTS; rests++) {
		ran = rest(w);
		if (ran <= w->idle + w->idle / 2 + LITTLE_NS)
			return left;
		left += ran;
	}
	errx(1, "process %ld has no end of work", w->pid);
}

static void send_all(int fd, size_t len)
{
	if (send(fd, buffer, len, 0) != (ssize_t)len)
		err(1, "send");
}

static void receive_all(int fd, size_t len)
{
	ssize_t n;

	while (len) {
		n = recv(fd, buffer, len, 0);
		if (n <= 0)
			err(1, "recv");
		len -= n;
	}
}

static socklen_t set_address(union address *a, bool ipv6, int port)
{
	*a = (union address){ 0 };
	if (ipv6) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_addr = in6addr_loopback;
		a->in6.sin6_port = htons(port);
		return sizeof(a->in6);
	}
	a->in.sin_family = AF_INET;
	a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->in.sin_port = htons(port);
	return sizeof(a->in);
}

static int open_listener(const union address *a, socklen_t len)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM, 0);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, &a->any, len) || listen(fd, 16))
		err(1, "listen");
	return fd;
}

/* Both ends of a new one; the server's is the return value. */
static int open_connection(int listener, const union address *a, socklen_t len,
			   int *ret_client)
{
	int client = socket(a->any.sa_family, SOCK_STREAM, 0), server;

	if (client < 0 || connect(client, &a->any, len))
		err(1, "connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		err(1, "accept");
	*ret_client = client;
	return server;
}

static void one_connection(int listener, const union address *a, socklen_t len,
			   int exchanges)
{
	int client, i, server = open_connection(listener, a, len, &client);

	for (i = 0; i < exchanges; i++) {
		send_all(client, REQUEST);
		receive_all(server, REQUEST);
		send_all(server, REPLY);
		receive_all(client, REPLY);
	}
	close(client);
	if (recv(server, buffer, 1, 0))
		errx(1, "the client's FIN did not come");
	close(server);
}

/* As many as there can be. */
static unsigned long for_so_long(int listener, const union address *a,
				 socklen_t len, int exchanges, uint64_t ns)
{
	const uint64_t end = now_ns() + ns;
	unsigned long nr = 0;

	while (now_ns() < end) {
		one_connection(listener, a, len, exchanges);
		nr++;
	}
	return nr;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Leaves a connection open whose last segment nobody reads: with it stay one
 * object more of each cache that a segment is made from. If none did, it would
 * hang on chance, and be the same for all connections of a cycle, whether the
 * slab at hand has room for just one more segment: then SLUB takes its slow ways
 * for each (___slab_alloc(), put_cpu_partial()), which is 126 instructions a
 * segment, 12,400 a long connection.
 */
static void leave_one(int listener, const union address *a, socklen_t len)
{
	int client;

	open_connection(listener, a, len, &client);
	send_all(client, 1);
}

/* How long all took, and what three in four exceed. */
static uint64_t so_many(int listener, const union address *a, socklen_t len,
			int exchanges, int nr, bool leave, uint64_t *ret_quartile)
{
	uint64_t before, all = 0;
	int i;

	for (i = 0; i < nr; i++) {
		if (leave && i % LEAVE == 0 && i / LEAVE < MAX_LEFT)
			leave_one(listener, a, len);
		before = now_ns();
		one_connection(listener, a, len, exchanges);
		each[i] = now_ns() - before;
		all += each[i];
	}
	qsort(each, nr, sizeof(each[0]), compare);
	*ret_quartile = each[nr / 4];
	return all;
}

static long number(const char *text, long min, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < min || n > max)
		errx(2, "%s is not a number from %ld to %ld", text, min, max);
	return n;
}

int main(int argc, char **argv)
{
	struct watcher watcher[MAX_WATCHERS];
	int nr_watchers = 0, exchanges = 1, port = 80, nr = 1000, listener, i, c;
	long seconds = 0;
	union address a;
	bool ipv6 = false, leave = true;
	uint64_t ns, quartile;
	socklen_t len;

	while ((c = getopt(argc, argv, "6ln:s:x:p:w:")) >= 0) {
		switch (c) {
		case '6':
			ipv6 = true;
			break;
		case 'l':
			leave = false;
			break;
		case 'n':
			nr = number(optarg, 1, MAX_NUMBER);
			break;
		case 's':
			seconds = number(optarg, 1, 86400);
			break;
		case 'x':
			exchanges = number(optarg, 1, 1000);
			break;
		case 'p':
			port = number(optarg, 1, 65535);
			break;
		case 'w':
			if (nr_watchers == MAX_WATCHERS)
				errx(2, "at most %d may look on", MAX_WATCHERS);
			watcher[nr_watchers++].pid = number(optarg, 1, 1 << 22);
			break;
		default:
			return 2;
		}
	}
	len = set_address(&a, ipv6, port);
	listener = open_listener(&a, len);
	if (seconds) {
		printf("%lu\n", for_so_long(listener, &a, len, exchanges,
					    seconds * 1000000000ULL));
		return 0;
	}
	/* What the first ones allocate is not what a connection costs. */
	for (i = 0; i < WARM_UP; i++)
		one_connection(listener, &a, len, exchanges);
	for (i = 0; i < nr_watchers; i++) {
		rest(&watcher[i]);
		watcher[i].idle = rest(&watcher[i]);
	}

	ns = so_many(listener, &a, len, exchanges, nr, leave, &quartile);
	for (i = 0; i < nr_watchers; i++)
		watcher[i].at_end = ran_ns(watcher[i].pid);
	for (i = 0; i < nr_watchers; i++)
		ns += wait_for(&watcher[i]);
	printf("%llu %llu\n", (unsigned long long)ns,
	       (unsigned long long)quartile);
	return 0;
}
