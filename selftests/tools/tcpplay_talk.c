// SPDX-License-Identifier: GPL-2.0
/* What goes over a connection, and how its ends leave it. */
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcpplay.h"

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
	sock_drop(argv[1]);
}

static void do_abort(int argc, char **argv)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	(void)argc;
	if (setsockopt(fd_of(argv[1]), SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		fail("setsockopt: %m");
	sock_drop(argv[1]);
}

static void do_quickack(int argc, char **argv)
{
	set_int(fd_of(argv[1]), IPPROTO_TCP, TCP_QUICKACK,
		argc > 2 ? atoi(argv[2]) : 1);
}

static void do_keepalive(int argc, char **argv)
{
	int fd = fd_of(argv[1]), seconds = argc > 2 ? atoi(argv[2]) : 1;

	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
}

const struct verb talk_verbs[] = {
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
	{ "quickack", 2, do_quickack },
	{ "keepalive", 2, do_keepalive },
	{ 0 },
};
