// SPDX-License-Identifier: GPL-2.0
/*
 * tcpplay - both endpoints of TCP connections, step by step, in one process.
 *
 *	tcpplay [-a ADDR] [-p PORT] [-c CPORT] [-n COMM] [-t SECONDS] [-r N] SCRIPT
 *	tcpplay -b [-j] <LIST
 *
 * SCRIPT is a list of steps separated by ';'. Each step is done, and what it
 * waits for has happened, before the next one begins, so that the order of
 * segments does not depend on a scheduler. -r plays the script N times. A step
 * may take SECONDS (20), and all of them five times that; all as many times as
 * long as TCPTRACE_SLOW says.
 *
 * -b plays a list, "ADDR PORT CPORT SCRIPT" a line, each in a process of its
 * own, one after the other or, with -j, all at once. For each that fails a
 * line "CPORT failed" is printed.
 *
 *	netns NAME|-		further sockets belong to /run/netns/NAME, or
 *				to the namespace of the start
 *	listen L [OPTION]	bind ADDR, PORT and listen
 *	connect C [OPTION]	bind CPORT if there is one, connect
 *	start C [OPTION]	the same, but do not wait for the outcome
 *	finish C [ERROR]	wait for the outcome of start
 *	refused C		connect, which must fail with ECONNREFUSED
 *	accept S L		accept on L as S
 *	send X N		send N bytes
 *	more X N		send N bytes, to go with what follows (MSG_MORE)
 *	write X HEX [N]		send these bytes, N times, in one go
 *	trickle X HEX		send each of them in a segment of its own
 *	recv X N		receive N bytes
 *	eof X			the peer will send no more
 *	reset X			the connection was reset
 *	shut X			send a FIN, go on reading
 *	close X
 *	abort X			close with SO_LINGER 0, that is with an RST
 *	unread X N		wait until N bytes lie unread
 *	acked X			wait until all that was sent is acknowledged
 *	state X STATE		wait until the kernel says so: ESTABLISHED ...
 *	has STATE [PORT]	wait until /proc/net/tcp (or tcp6) shows a
 *				socket in this state with PORT (CPORT) as one
 *				of its ports
 *	lacks STATE [PORT]	wait until it does not
 *	quickack X 0|1		TCP_QUICKACK
 *	fast C N		connect, N bytes in the SYN (Fast Open)
 *	keepalive X S		probe after S seconds of silence, and each S
 *	probes X N		wait until N probes in a row are unanswered, or sent
 *				into a window that is closed
 *	tell X			print what the kernel has counted: segments with
 *				payload sent and received, bytes received
 *	vanish X		no more socket, and not a word of it (TCP_REPAIR)
 *	note X			write down the tuple and the numbers of X
 *	pose FROM PORT TO PORT	write down a tuple of no socket, and numbers
 *	forge FLAGS [OPTION]	what the socket noted last could have sent: FLAGS
 *				are letters of S, F, R, A; seq=N and ack=N add to
 *				the numbers, len=N, dev=NAME (lo), bad (checksum)
 *	rest MS			do nothing for a while; to limit a rate, never to
 *				wait for something
 *	hold [WORD]		print WORD, wait for a line on standard input
 *	sh COMMAND		run a shell command, which must succeed
 *
 * Options: defer=SECONDS (TCP_DEFER_ACCEPT), delack (no ACK of its own for the
 * SYN-ACK), backlog=N, port=N (instead of PORT), addr=A (instead of ADDR),
 * from=A (bind the client's address), cport=N (instead of CPORT), rcvbuf=BYTES
 * (SO_RCVBUF), mptcp (IPPROTO_MPTCP), md5 (TCP_MD5SIG with a key for everybody).
 * Of IPv6, to go with each segment: hop and dest (options, of padding), route=A
 * (a routing header, by way of A), chain (hop, dest and, with route=A,
 * destination options before the routing header as well).
 *
 * Exit status: 0, 1 if a step went wrong (standard error says which), 2 for
 * a wrong command line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forge.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define MAX_SOCKS	32
#define MAX_PLAYS	256
#define MAX_WORDS	8

struct named_sock {
	char name[16];
	int fd;
};

struct options {
	const char *addr;
	const char *from;
	int port;
	int cport;
	int rcvbuf;
	int backlog;
	int defer;
	bool delack;
	bool mptcp;
	bool md5;
	bool hop;
	bool dest;
	bool chain;
	const char *via;
};

static struct named_sock socks[MAX_SOCKS];
static const char *default_addr = "127.0.0.1";
static int default_port = 8080;
static int client_port;
static int limit_ms = 20000;
static int first_netns = -1;
static const char *current_step = "";

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "tcpplay: %d: %s: ", client_port, current_step);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* How many times as long as elsewhere things may take here. */
static int slowness(void)
{
	const char *slow = getenv("TCPTRACE_SLOW");

	return slow && atoi(slow) > 0 ? atoi(slow) : 1;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static struct named_sock *find(const char *name)
{
	int i;

	for (i = 0; i < MAX_SOCKS; i++)
		if (socks[i].fd >= 0 && !strcmp(socks[i].name, name))
			return &socks[i];
	return NULL;
}

static int fd_of(const char *name)
{
	struct named_sock *s = find(name);

	if (!s)
		fail("no socket %s", name);
	return s->fd;
}

static void add(const char *name, int fd)
{
	int i;

	if (find(name) || strlen(name) >= sizeof(socks[0].name))
		fail("cannot name a socket %s", name);
	for (i = 0; i < MAX_SOCKS; i++) {
		if (socks[i].fd >= 0)
			continue;
		strcpy(socks[i].name, name);
		socks[i].fd = fd;
		return;
	}
	fail("too many sockets");
}

static void drop(const char *name)
{
	struct named_sock *s = find(name);

	if (!s)
		fail("no socket %s", name);
	close(s->fd);
	s->fd = -1;
}

static void set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		fail("setsockopt: %m");
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, limit_ms);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		fail("poll: %m");
	if (!n)
		fail("nothing happened for %d ms", limit_ms);
}

static socklen_t make_addr(const char *addr, int port,
			   struct sockaddr_storage *ret_ss)
{
	struct sockaddr_in6 *in6 = (void *)ret_ss;
	struct sockaddr_in *in = (void *)ret_ss;

	memset(ret_ss, 0, sizeof(*ret_ss));
	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	fail("%s is no address", addr);
}

static void read_options(int argc, char **argv, struct options *ret_o)
{
	int i;

	*ret_o = (struct options){
		.addr = default_addr, .port = default_port, .backlog = 128,
		.cport = client_port,
	};
	for (i = 2; i < argc; i++) {
		if (!strncmp(argv[i], "defer=", 6))
			ret_o->defer = atoi(argv[i] + 6);
		else if (!strcmp(argv[i], "delack"))
			ret_o->delack = true;
		else if (!strncmp(argv[i], "backlog=", 8))
			ret_o->backlog = atoi(argv[i] + 8);
		else if (!strncmp(argv[i], "port=", 5))
			ret_o->port = atoi(argv[i] + 5);
		else if (!strncmp(argv[i], "cport=", 6))
			ret_o->cport = atoi(argv[i] + 6);
		else if (!strncmp(argv[i], "rcvbuf=", 7))
			ret_o->rcvbuf = atoi(argv[i] + 7);
		else if (!strcmp(argv[i], "mptcp"))
			ret_o->mptcp = true;
		else if (!strcmp(argv[i], "md5"))
			ret_o->md5 = true;
		else if (!strcmp(argv[i], "hop"))
			ret_o->hop = true;
		else if (!strcmp(argv[i], "dest"))
			ret_o->dest = true;
		else if (!strcmp(argv[i], "chain"))
			ret_o->chain = true;
		else if (!strncmp(argv[i], "route=", 6))
			ret_o->via = argv[i] + 6;
		else if (!strncmp(argv[i], "addr=", 5))
			ret_o->addr = argv[i] + 5;
		else if (!strncmp(argv[i], "from=", 5))
			ret_o->from = argv[i] + 5;
		else
			fail("unknown option %s", argv[i]);
	}
}

static int new_socket(int family, bool mptcp)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			mptcp ? IPPROTO_MPTCP : 0);

	if (fd < 0)
		fail("socket: %m");
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return fd;
}

/* A prefix of no length: the key is for whoever comes. */
static void set_key(int fd, int family)
{
	struct tcp_md5sig key = {
		.tcpm_addr.ss_family = (sa_family_t)family,
		.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX,
		.tcpm_keylen = 6,
		.tcpm_key = "secret",
	};

	if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, &key, sizeof(key)))
		fail("TCP_MD5SIG: %m");
}

static void set_header(int fd, int name, const void *header, socklen_t size)
{
	if (setsockopt(fd, IPPROTO_IPV6, name, header, size))
		fail("IPv6 header %d: %m", name);
}

/* Extension headers: the number of what follows is the kernel's to fill in. */
static void set_headers(int fd, const struct options *o)
{
	static const uint8_t padding[8] = { 0, 0, 1, 4 };
	/* RFC 8754: type 4, of two segments the first is left; the last of the
	 * way comes first in the list, and is filled in as well.
	 */
	uint8_t route[40] = { 0, 4, 4, 1, 1 };

	if (o->hop || o->chain)
		set_header(fd, IPV6_HOPOPTS, padding, sizeof(padding));
	if (o->dest || o->chain)
		set_header(fd, IPV6_DSTOPTS, padding, sizeof(padding));
	if (!o->via)
		return;
	/* Without a routing header the kernel counts them and sends none. */
	if (o->chain)
		set_header(fd, IPV6_RTHDRDSTOPTS, padding, sizeof(padding));
	if (inet_pton(AF_INET6, o->addr, route + 8) != 1 ||
	    inet_pton(AF_INET6, o->via, route + 24) != 1)
		fail("no IPv6 addresses: %s, %s", o->addr, o->via);
	set_header(fd, IPV6_RTHDR, route, sizeof(route));
}

static int prepare_socket(int family, const struct options *o)
{
	int fd = new_socket(family, o->mptcp);

	if (o->md5)
		set_key(fd, family);
	set_headers(fd, o);
	return fd;
}

static void do_netns(int argc, char **argv)
{
	char path[256];
	int fd;

	(void)argc;
	if (!strcmp(argv[1], "-")) {
		if (setns(first_netns, CLONE_NEWNET))
			fail("setns: %m");
		return;
	}
	snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail("%s: %m", path);
	close(fd);
}

static void do_listen(int argc, char **argv)
{
	struct sockaddr_storage ss;
	struct options o;
	socklen_t len;
	int fd;

	read_options(argc, argv, &o);
	len = make_addr(o.addr, o.port, &ss);
	fd = prepare_socket(ss.ss_family, &o);
	if (bind(fd, (void *)&ss, len))
		fail("bind: %m");
	if (o.rcvbuf)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, o.rcvbuf);
	if (o.defer)
		set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, o.defer);
	if (listen(fd, o.backlog))
		fail("listen: %m");
	add(argv[1], fd);
}

static void do_start(int argc, char **argv)
{
	struct sockaddr_storage ss, local;
	struct options o;
	socklen_t len;
	int fd;

	read_options(argc, argv, &o);
	len = make_addr(o.addr, o.port, &ss);
	fd = prepare_socket(ss.ss_family, &o);
	if (o.cport || o.from) {
		make_addr(o.from ? o.from :
			  ss.ss_family == AF_INET ? "0.0.0.0" : "::",
			  o.cport, &local);
		if (bind(fd, (void *)&local, len))
			fail("bind: %m");
	}
	if (o.delack)
		set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
	if (connect(fd, (void *)&ss, len) && errno != EINPROGRESS)
		fail("connect: %m");
	add(argv[1], fd);
}

static void do_fast(int argc, char **argv)
{
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	struct sockaddr_storage ss, local;
	socklen_t len = make_addr(default_addr, default_port, &ss);
	int fd = new_socket(ss.ss_family, false);
	char buf[1024] = "";

	make_addr(ss.ss_family == AF_INET ? "0.0.0.0" : "::", client_port,
		  &local);
	if (bind(fd, (void *)&local, len))
		fail("bind: %m");
	if (n > sizeof(buf) || sendto(fd, buf, n, MSG_FASTOPEN, (void *)&ss,
				      len) != (ssize_t)n)
		fail("sendto: %m");
	add(argv[1], fd);
}

static int outcome(const char *name)
{
	int fd = fd_of(name);
	int err;
	socklen_t len = sizeof(err);

	wait_for(fd, POLLOUT);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		fail("getsockopt: %m");
	return err;
}

static void do_finish(int argc, char **argv)
{
	const char *want = argc > 2 ? argv[2] : "0";
	int err = outcome(argv[1]);
	const char *got = err ? strerrorname_np(err) : "0";

	if (strcmp(got, want))
		fail("outcome is %s, not %s", got, want);
}

static void do_connect(int argc, char **argv)
{
	int err;

	do_start(argc, argv);
	err = outcome(argv[1]);
	if (err)
		fail("connect: %s", strerror(err));
}

static void do_refused(int argc, char **argv)
{
	int err;

	do_start(argc, argv);
	err = outcome(argv[1]);
	if (err != ECONNREFUSED)
		fail("connect was not refused: %s", strerror(err));
	drop(argv[1]);
}

static void do_accept(int argc, char **argv)
{
	int l = fd_of(argc > 2 ? argv[2] : "l");
	int fd;

	wait_for(l, POLLIN);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		fail("accept: %m");
	add(argv[1], fd);
}

static void send_bytes(int argc, char **argv, int flags)
{
	size_t left = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	int fd = fd_of(argv[1]);
	char buf[65536];

	memset(buf, 'x', sizeof(buf));
	while (left) {
		ssize_t n = send(fd, buf, left < sizeof(buf) ? left :
				 sizeof(buf), MSG_NOSIGNAL | flags);

		if (n > 0)
			left -= n;
		else if (errno == EAGAIN)
			wait_for(fd, POLLOUT);
		else
			fail("send: %m");
	}
}

static void do_send(int argc, char **argv)
{
	send_bytes(argc, argv, 0);
}

static void do_more(int argc, char **argv)
{
	send_bytes(argc, argv, MSG_MORE);
}

static void send_all(int fd, const char *buf, size_t left)
{
	while (left) {
		ssize_t n = send(fd, buf, left, MSG_NOSIGNAL);

		if (n > 0) {
			buf += n;
			left -= n;
		} else if (errno == EAGAIN) {
			wait_for(fd, POLLOUT);
		} else {
			fail("send: %m");
		}
	}
}

/* Bytes told in hexadecimal, @times over; to be freed. */
static char *make_bytes(const char *hex, size_t times, size_t *ret_len)
{
	size_t len = strlen(hex) / 2, i;
	char *buf = malloc(len * times + 1);
	unsigned int byte;

	if (!buf || strlen(hex) % 2)
		fail("not bytes");
	for (i = 0; i < len * times; i++) {
		if (sscanf(hex + i % len * 2, "%2x", &byte) != 1)
			fail("not bytes");
		buf[i] = (char)byte;
	}
	*ret_len = len * times;
	return buf;
}

static void do_write(int argc, char **argv)
{
	size_t len;
	char *buf = make_bytes(argc > 2 ? argv[2] : "",
			       argc > 3 ? strtoul(argv[3], NULL, 0) : 1, &len);

	send_all(fd_of(argv[1]), buf, len);
	free(buf);
}

static void do_trickle(int argc, char **argv)
{
	int fd = fd_of(argv[1]), one = 1;
	size_t len, i;
	char *buf = make_bytes(argc > 2 ? argv[2] : "", 1, &len);

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		fail("TCP_NODELAY: %m");
	for (i = 0; i < len; i++)
		send_all(fd, buf + i, 1);
	free(buf);
}

/* -1: an error, else the bytes that were read, 0 being the end. */
static ssize_t receive(int fd, char *buf, size_t size)
{
	for (;;) {
		ssize_t n = recv(fd, buf, size, 0);

		if (n >= 0 || errno != EAGAIN)
			return n;
		wait_for(fd, POLLIN);
	}
}

static void do_recv(int argc, char **argv)
{
	size_t left = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	int fd = fd_of(argv[1]);
	char buf[65536];

	while (left) {
		ssize_t n = receive(fd, buf, left < sizeof(buf) ? left :
				    sizeof(buf));

		if (n <= 0)
			fail("%zu bytes are missing: %s", left,
			     n ? strerror(errno) : "end of stream");
		left -= n;
	}
}

static void do_eof(int argc, char **argv)
{
	char buf[16];
	ssize_t n = receive(fd_of(argv[1]), buf, sizeof(buf));

	(void)argc;
	if (n)
		fail("no end of stream: %s", n < 0 ? strerror(errno) : "data");
}

static void do_reset(int argc, char **argv)
{
	char buf[16];
	ssize_t n = receive(fd_of(argv[1]), buf, sizeof(buf));

	(void)argc;
	if (n >= 0 || (errno != ECONNRESET && errno != EPIPE))
		fail("no reset: %s", n < 0 ? strerror(errno) : "data or end");
}

static void do_shut(int argc, char **argv)
{
	(void)argc;
	if (shutdown(fd_of(argv[1]), SHUT_WR))
		fail("shutdown: %m");
}

static void do_close(int argc, char **argv)
{
	(void)argc;
	drop(argv[1]);
}

static void do_abort(int argc, char **argv)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	(void)argc;
	if (setsockopt(fd_of(argv[1]), SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		fail("setsockopt: %m");
	drop(argv[1]);
}

static int state_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		fail("getsockopt: %m");
	return info.tcpi_state;
}

static int state_number(const char *name)
{
	static const char *const names[] = {
		"?", "ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK",
		"LISTEN", "CLOSING",
	};
	size_t i;

	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	fail("%s is no state", name);
}

/* Wait until @ready() says so, looking every millisecond. */
static void wait_until(bool (*ready)(int fd, int want), int fd, int want)
{
	long long end = now_ms() + limit_ms;

	while (!ready(fd, want)) {
		if (now_ms() > end)
			fail("not so after %d ms", limit_ms);
		poll(NULL, 0, 1);
	}
}

static bool is_state(int fd, int want)
{
	return state_of(fd) == want;
}

static bool is_unread(int fd, int want)
{
	int n;

	if (ioctl(fd, SIOCINQ, &n))
		fail("SIOCINQ: %m");
	return n >= want;
}

static bool is_acked(int fd, int want)
{
	int n;

	if (ioctl(fd, SIOCOUTQ, &n))
		fail("SIOCOUTQ: %m");
	return n <= want;
}

static void do_state(int argc, char **argv)
{
	if (argc < 3)
		fail("which state");
	wait_until(is_state, fd_of(argv[1]), state_number(argv[2]));
}

/* Is there a socket in state @want, @port being one of its ports? */
static bool in_table(const char *path, int want, unsigned int port)
{
	unsigned int local, remote, state;
	bool found = false;
	char line[512];
	FILE *f = fopen(path, "r");

	if (!f)
		fail("%s: %m", path);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %*d: %*[^:]:%x %*[^:]:%x %x", &local,
			       &remote, &state) == 3 &&
			(int)state == want && (local == port || remote == port);
	fclose(f);
	return found;
}

static void wait_table(int argc, char **argv, bool want)
{
	int port = argc > 2 ? atoi(argv[2]) : client_port;
	int state = state_number(argv[1]);
	long long end = now_ms() + limit_ms;

	/* Not /proc/net: that is of the namespace of the first thread. */
	while ((in_table("/proc/thread-self/net/tcp", state, port) ||
		in_table("/proc/thread-self/net/tcp6", state, port)) != want) {
		if (now_ms() > end)
			fail("not so after %d ms", limit_ms);
		poll(NULL, 0, 5);
	}
}

static void do_has(int argc, char **argv)
{
	wait_table(argc, argv, true);
}

static void do_lacks(int argc, char **argv)
{
	wait_table(argc, argv, false);
}

static void do_unread(int argc, char **argv)
{
	wait_until(is_unread, fd_of(argv[1]), argc > 2 ? atoi(argv[2]) : 1);
}

static void do_acked(int argc, char **argv)
{
	(void)argc;
	wait_until(is_acked, fd_of(argv[1]), 0);
}

static void do_quickack(int argc, char **argv)
{
	set_int(fd_of(argv[1]), IPPROTO_TCP, TCP_QUICKACK,
		argc > 2 ? atoi(argv[2]) : 1);
}

static int probes_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		fail("getsockopt: %m");
	/*
	 * The answer to a probe of a closed window clears the one count, so that
	 * it is 1 for an instant only; the other stays until the window opens.
	 */
	return info.tcpi_probes > info.tcpi_backoff ? info.tcpi_probes :
						      info.tcpi_backoff;
}

static bool is_probed(int fd, int want)
{
	return probes_of(fd) >= want;
}

static void do_probes(int argc, char **argv)
{
	wait_until(is_probed, fd_of(argv[1]), argc > 2 ? atoi(argv[2]) : 1);
}

static void do_keepalive(int argc, char **argv)
{
	int fd = fd_of(argv[1]), seconds = argc > 2 ? atoi(argv[2]) : 1;

	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
}

static void do_tell(int argc, char **argv)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	(void)argc;
	if (getsockopt(fd_of(argv[1]), IPPROTO_TCP, TCP_INFO, &info, &len))
		fail("getsockopt: %m");
	printf("%d tells %s %u %u %llu\n", client_port, argv[1],
	       info.tcpi_data_segs_out, info.tcpi_data_segs_in,
	       (unsigned long long)info.tcpi_bytes_received);
	fflush(stdout);
}

static void do_vanish(int argc, char **argv)
{
	(void)argc;
	set_int(fd_of(argv[1]), IPPROTO_TCP, TCP_REPAIR, 1);
	drop(argv[1]);
}

static struct forgery noted;

static uint32_t queue_seq(int fd, int queue)
{
	socklen_t len = sizeof(int);
	uint32_t seq;

	set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);
	if (getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len))
		fail("TCP_QUEUE_SEQ: %m");
	return seq;
}

static void do_note(int argc, char **argv)
{
	socklen_t from = sizeof(noted.from), to = sizeof(noted.to);
	int fd = fd_of(argv[1]);

	(void)argc;
	if (getsockname(fd, (void *)&noted.from, &from) ||
	    getpeername(fd, (void *)&noted.to, &to))
		fail("no tuple: %m");
	set_int(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	noted.seq = queue_seq(fd, TCP_SEND_QUEUE);
	noted.ack = queue_seq(fd, TCP_RECV_QUEUE);
	set_int(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
}

static void do_pose(int argc, char **argv)
{
	(void)argc;
	make_addr(argv[1], atoi(argv[2]), &noted.from);
	make_addr(argv[3], atoi(argv[4]), &noted.to);
	noted.seq = 1000000;
	noted.ack = 5000000;
}

static uint8_t forged_flags(const char *letters)
{
	uint8_t flags = 0;

	for (; *letters; letters++)
		flags |= *letters == 'S' ? FORGE_SYN :
			 *letters == 'F' ? FORGE_FIN :
			 *letters == 'R' ? FORGE_RST : FORGE_ACK;
	return flags;
}

static void do_forge(int argc, char **argv)
{
	struct forgery f = noted;
	const char *dev = "lo";
	int i;

	f.flags = forged_flags(argv[1]);
	for (i = 2; i < argc; i++) {
		if (!strncmp(argv[i], "seq=", 4))
			f.seq += (uint32_t)atoi(argv[i] + 4);
		else if (!strncmp(argv[i], "ack=", 4))
			f.ack += (uint32_t)atoi(argv[i] + 4);
		else if (!strncmp(argv[i], "len=", 4))
			f.len = (unsigned int)atoi(argv[i] + 4);
		else if (!strncmp(argv[i], "dev=", 4))
			dev = argv[i] + 4;
		else if (!strcmp(argv[i], "bad"))
			f.bad = true;
		else
			fail("unknown option %s", argv[i]);
	}
	if (!forge_send(&f, dev))
		fail("cannot forge: %m");
}

static void do_rest(int argc, char **argv)
{
	(void)argc;
	poll(NULL, 0, atoi(argv[1]));
}

/* For as long as it takes: it ends when the other one does. */
static void do_hold(int argc, char **argv)
{
	const unsigned int left = alarm(0);
	char c;

	puts(argc > 1 ? argv[1] : "hold");
	fflush(stdout);
	do {
		if (read(STDIN_FILENO, &c, 1) != 1)
			fail("end of input");
	} while (c != '\n');
	alarm(left);
}

static const struct verb {
	const char *name;
	int min_words;
	void (*run)(int argc, char **argv);
} verbs[] = {
	{ "netns", 2, do_netns },
	{ "listen", 2, do_listen },
	{ "connect", 2, do_connect },
	{ "start", 2, do_start },
	{ "finish", 2, do_finish },
	{ "refused", 2, do_refused },
	{ "accept", 2, do_accept },
	{ "send", 2, do_send },
	{ "more", 2, do_more },
	{ "write", 3, do_write },
	{ "trickle", 3, do_trickle },
	{ "recv", 2, do_recv },
	{ "eof", 2, do_eof },
	{ "reset", 2, do_reset },
	{ "shut", 2, do_shut },
	{ "close", 2, do_close },
	{ "abort", 2, do_abort },
	{ "state", 2, do_state },
	{ "has", 2, do_has },
	{ "lacks", 2, do_lacks },
	{ "unread", 2, do_unread },
	{ "acked", 2, do_acked },
	{ "quickack", 2, do_quickack },
	{ "fast", 2, do_fast },
	{ "keepalive", 2, do_keepalive },
	{ "probes", 2, do_probes },
	{ "tell", 2, do_tell },
	{ "vanish", 2, do_vanish },
	{ "note", 2, do_note },
	{ "pose", 5, do_pose },
	{ "forge", 2, do_forge },
	{ "rest", 2, do_rest },
	{ "hold", 1, do_hold },
};

static void play_step(char *step)
{
	char *words[MAX_WORDS + 1], *save, *word;
	int argc = 0;
	size_t i;

	step += strspn(step, " \t\n");
	if (!*step)
		return;
	current_step = strdup(step);
	if (!strncmp(step, "sh ", 3)) {
		if (system(step + 3))
			fail("the command failed");
		return;
	}
	for (word = strtok_r(step, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		if (argc == MAX_WORDS)
			fail("too many words");
		words[argc++] = word;
	}
	words[argc] = NULL;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(words[0], verbs[i].name))
			continue;
		if (argc < verbs[i].min_words)
			fail("a word is missing");
		verbs[i].run(argc, words);
		return;
	}
	fail("unknown step");
}

static void play(const char *script)
{
	char *copy = strdup(script), *save, *step;
	int i;

	for (step = strtok_r(copy, ";", &save); step;
	     step = strtok_r(NULL, ";", &save))
		play_step(step);
	free(copy);
	/* What is still open ends as it would at the end of a process. */
	for (i = 0; i < MAX_SOCKS; i++) {
		if (socks[i].fd >= 0)
			close(socks[i].fd);
		socks[i].fd = -1;
	}
}

static void __attribute__((noreturn)) play_line(char *line)
{
	char *save;

	default_addr = strtok_r(line, " ", &save);
	default_port = atoi(strtok_r(NULL, " ", &save) ?: "");
	client_port = atoi(strtok_r(NULL, " ", &save) ?: "");
	if (!save || !client_port)
		fail("cannot read this line of the list");
	alarm(5 * limit_ms / 1000);
	play(save);
	exit(0);
}

static int wait_child(const pid_t *pids, const int *ports, int nr)
{
	int status, i;
	pid_t pid = wait(&status);

	for (i = 0; i < nr; i++)
		if (pids[i] == pid)
			break;
	if (pid < 0 || i == nr || !status)
		return pid < 0;
	printf("%d failed\n", ports[i]);
	return 1;
}

static int play_list(bool at_once)
{
	static char lines[MAX_PLAYS][4096];
	static pid_t pids[MAX_PLAYS];
	static int ports[MAX_PLAYS];
	int nr, i, running = 0, failed = 0;

	/* All of it first: children share the position in the file. */
	for (nr = 0; nr < MAX_PLAYS; nr++) {
		if (!fgets(lines[nr], sizeof(lines[nr]), stdin))
			break;
		lines[nr][strcspn(lines[nr], "\n")] = '\0';
		if (sscanf(lines[nr], "%*s %*s %d", &ports[nr]) != 1)
			fail("cannot read a line of the list");
	}
	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			fail("fork: %m");
		if (!pids[i])
			play_line(lines[i]);
		if (at_once)
			running++;
		else
			failed += wait_child(pids, ports, i + 1);
	}
	for (; running; running--)
		failed += wait_child(pids, ports, nr);
	return failed > 0;
}

static int usage(void)
{
	fputs("usage: tcpplay [-a ADDR] [-p PORT] [-c CPORT] [-n COMM] [-t SECONDS] [-r N] SCRIPT\n"
	      "       tcpplay -b [-j] <LIST\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *comm = NULL;
	bool list = false, at_once = false;
	int opt, i, repeat = 1;

	while ((opt = getopt(argc, argv, "a:bjp:c:n:t:r:")) != -1) {
		switch (opt) {
		case 'b':
			list = true;
			break;
		case 'j':
			at_once = true;
			break;
		case 'a':
			default_addr = optarg;
			break;
		case 'p':
			default_port = atoi(optarg);
			break;
		case 'c':
			client_port = atoi(optarg);
			break;
		case 'n':
			comm = optarg;
			break;
		case 't':
			limit_ms = atoi(optarg) * 1000;
			break;
		case 'r':
			repeat = atoi(optarg);
			break;
		default:
			return usage();
		}
	}
	if (optind != argc - !list)
		return usage();
	limit_ms *= slowness();
	if (comm)
		prctl(PR_SET_NAME, comm);
	first_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (i = 0; i < MAX_SOCKS; i++)
		socks[i].fd = -1;
	if (list)
		return play_list(at_once);
	alarm(5 * limit_ms / 1000);
	for (i = 0; i < repeat; i++)
		play(argv[optind]);
	return 0;
}
