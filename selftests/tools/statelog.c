// SPDX-License-Identifier: GPL-2.0
/*
 * statelog - the kernel's own log of socket states, one socket a line.
 *
 *	statelog DIR
 *
 * DIR is a tracefs instance in which sock:inet_sock_set_state is enabled.
 * Reads, and so empties, its buffers. The text form of this event lacks the
 * socket's address, without which events cannot be told apart: a client gets
 * its port after SYN_SENT and gives it back before CLOSE, and a server's
 * socket is made before it knows its peer. So the binary form is read.
 *
 * A line: local address, local port, remote address, remote port, states in
 * order with commas between, by RFC 9293's names; in order of their first
 * event. Listeners are left out, and sockets that nobody ever had. The order of
 * events is that of their times.
 *
 * Exit status: 0, 1 if events were lost or a sequence has a gap.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_STATES	24

enum { ST_SYN_RECV = 3, ST_CLOSE = 7, ST_LISTEN = 10 };

/* Where the fields of the event lie, as its format file says. */
static struct layout {
	unsigned int id;
	unsigned int sk, old, new, sport, dport, family, saddr, daddr;
	unsigned int saddr_v6, daddr_v6, size;
} at;

struct event {
	uint64_t t;
	uint64_t sk;
	int old, new;
	uint16_t sport, dport, family;
	uint8_t saddr[16], daddr[16];
};

struct socket_log {
	struct event tuple;	/* with both ports known */
	uint64_t sk;
	int states[MAX_STATES];
	int nr;
	bool open;		/* more may follow */
};

static struct event *events;
static size_t nr_events, room;
static bool lost;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "statelog: %s\n", what);
	exit(1);
}

static void field(const char *line, const char *decl, unsigned int *ret_offset)
{
	const char *p = strstr(line, decl);

	if (!p || strncmp(line, "\tfield:", 7))
		return;
	if (sscanf(p + strlen(decl), ";\toffset:%u", ret_offset) != 1)
		fail("cannot read the event's format");
}

static void read_layout(const char *dir)
{
	char path[512], line[1024];
	FILE *f;

	snprintf(path, sizeof(path),
		 "%s/events/sock/inet_sock_set_state/format", dir);
	f = fopen(path, "r");
	if (!f)
		fail(path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "ID: %u", &at.id) == 1)
			continue;
		field(line, " skaddr", &at.sk);
		field(line, " oldstate", &at.old);
		field(line, " newstate", &at.new);
		field(line, " sport", &at.sport);
		field(line, " dport", &at.dport);
		field(line, " family", &at.family);
		field(line, " saddr[4]", &at.saddr);
		field(line, " daddr[4]", &at.daddr);
		field(line, " saddr_v6[16]", &at.saddr_v6);
		field(line, " daddr_v6[16]", &at.daddr_v6);
	}
	fclose(f);
	if (!at.id || !at.sk || !at.dport || !at.daddr_v6)
		fail("the event's format is not as expected");
	at.size = at.daddr_v6 + 16;
}

static void take_event(uint64_t t, const uint8_t *p, size_t len)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct event *e;
	uint16_t id;

	memcpy(&id, p, 2);
	if (id != at.id || len < at.size)
		return;
	/* In a simultaneous close the kernel enters CLOSING twice. */
	if (!memcmp(p + at.old, p + at.new, 4))
		return;
	if (nr_events == room) {
		room = room ? 2 * room : 4096;
		events = realloc(events, room * sizeof(*events));
		if (!events)
			fail("out of memory");
	}
	e = &events[nr_events++];
	e->t = t;
	memcpy(&e->sk, p + at.sk, 8);
	memcpy(&e->old, p + at.old, 4);
	memcpy(&e->new, p + at.new, 4);
	memcpy(&e->sport, p + at.sport, 2);
	memcpy(&e->dport, p + at.dport, 2);
	memcpy(&e->family, p + at.family, 2);
	if (e->family == AF_INET6) {
		memcpy(e->saddr, p + at.saddr_v6, 16);
		memcpy(e->daddr, p + at.daddr_v6, 16);
	} else {
		memcpy(e->saddr, mapped, 12);
		memcpy(e->daddr, mapped, 12);
		memcpy(e->saddr + 12, p + at.saddr, 4);
		memcpy(e->daddr + 12, p + at.daddr, 4);
	}
}

/*
 * A page of the kernel's ring buffer, as events/header_page and header_event
 * describe it: time stamp, bytes in use, then events, each behind a word of
 * five bits type or length and 27 bits time since the one before.
 */
static void take_page(const uint8_t *page)
{
	const uint64_t missed = 3ULL << 30;
	uint64_t t, commit;
	const uint8_t *p = page + 16, *end;

	memcpy(&t, page, 8);
	memcpy(&commit, page + 8, 8);
	if (commit & missed)
		lost = true;
	end = p + (commit & ~missed & 0xffffffff);
	while (p + 4 <= end) {
		uint32_t word, type, array, len;

		memcpy(&word, p, 4);
		type = word & 31;
		memcpy(&array, p + 4, 4);
		if (type == 29) {		/* padding, or a dropped event */
			if (!(word >> 5))
				break;
			t += word >> 5;
			p += 4 + array;
			continue;
		}
		if (type == 30) {		/* time goes on by more */
			t += ((uint64_t)array << 27) + (word >> 5);
			p += 8;
			continue;
		}
		if (type == 31) {		/* time is this */
			t = (t & ~((1ULL << 59) - 1)) |
			    (((uint64_t)array << 27) + (word >> 5));
			p += 8;
			continue;
		}
		t += word >> 5;
		p += 4;
		len = type * 4;
		if (!type) {
			len = array - 4;
			p += 4;
		}
		if (p + len > end)
			fail("an event passes the end of its page");
		take_event(t, p, len);
		p += (len + 3) & ~3U;
	}
}

static void read_cpu(const char *path)
{
	size_t size = sysconf(_SC_PAGESIZE);
	uint8_t *page = malloc(size);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || !page)
		fail(path);
	while ((n = read(fd, page, size)) > 0)
		take_page(page);
	if (n < 0 && errno != EAGAIN)
		fail("cannot read a buffer");
	close(fd);
	free(page);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t;
}

static const char *name_of(int state)
{
	static const char * const names[] = {
		"UNKNOWN", "ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK",
		"LISTEN", "CLOSING", "SYN_RCVD",
	};

	return state > 0 && state < 13 ? names[state] : names[0];
}

static void print_addr(const uint8_t *addr, uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char buf[INET6_ADDRSTRLEN];

	if (!memcmp(addr, mapped, 12))
		inet_ntop(AF_INET, addr + 12, buf, sizeof(buf));
	else
		inet_ntop(AF_INET6, addr, buf, sizeof(buf));
	printf("%s %u ", buf, port);
}

static void add_state(struct socket_log *s, int state)
{
	if (s->nr == MAX_STATES)
		fail("too many states of one socket");
	s->states[s->nr++] = state;
}

/*
 * The final ACK and what is behind it, on two CPUs, may each make a socket of
 * one request, or one make it while the other resets the request: the loser is
 * thrown away at once (inet_csk_complete_hashdance()).
 */
static bool is_stillborn(const struct socket_log *s)
{
	return s->nr == 3 && s->states[0] == ST_LISTEN &&
	       s->states[1] == ST_SYN_RECV && s->states[2] == ST_CLOSE;
}

/* Returns whether all sequences are whole. */
static bool assemble(void)
{
	struct socket_log *logs = calloc(nr_events + 1, sizeof(*logs));
	size_t nr = 0, i, k;
	bool whole = true;
	int j;

	if (!logs)
		fail("out of memory");
	for (i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		struct socket_log *s = NULL;

		/* Sockets are few at any time: the youngest match is near. */
		for (k = nr; k-- > 0;) {
			if (logs[k].sk != e->sk)
				continue;
			if (logs[k].open)
				s = &logs[k];
			break;
		}
		if (!s) {
			s = &logs[nr++];
			s->sk = e->sk;
			s->open = true;
			add_state(s, e->old);
		}
		if (s->states[s->nr - 1] != e->old) {
			whole = false;
			add_state(s, 0);
			add_state(s, e->old);
		}
		add_state(s, e->new);
		if ((e->sport && e->dport) || !s->tuple.dport)
			s->tuple = *e;
		s->open = e->new != ST_CLOSE;
	}
	for (k = 0; k < nr; k++) {
		const struct socket_log *s = &logs[k];

		if (s->states[1] == ST_LISTEN || is_stillborn(s))
			continue;
		print_addr(s->tuple.saddr, s->tuple.sport);
		print_addr(s->tuple.daddr, s->tuple.dport);
		for (j = 0; j < s->nr; j++)
			printf("%s%s", j ? "," : "", name_of(s->states[j]));
		putchar('\n');
	}
	free(logs);
	return whole;
}

int main(int argc, char **argv)
{
	char path[512];
	bool whole;
	glob_t g;
	size_t i;

	if (argc != 2) {
		fputs("usage: statelog DIR\n", stderr);
		return 2;
	}
	read_layout(argv[1]);
	snprintf(path, sizeof(path), "%s/per_cpu/cpu*/trace_pipe_raw", argv[1]);
	if (glob(path, 0, NULL, &g))
		fail("no buffers there");
	for (i = 0; i < g.gl_pathc; i++)
		read_cpu(g.gl_pathv[i]);
	qsort(events, nr_events, sizeof(*events), by_time);
	whole = assemble();
	if (lost)
		fail("events were lost: make the buffer larger");
	if (!whole)
		fail("the states of a socket have a gap");
	return 0;
}
