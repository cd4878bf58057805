// SPDX-License-Identifier: GPL-2.0
/* How connections begin: listeners, and those who connect to them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcpplay.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

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
	sock_add(argv[1], fd);
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
	sock_add(argv[1], fd);
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
	sock_add(argv[1], fd);
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
	sock_drop(argv[1]);
}

static void do_accept(int argc, char **argv)
{
	int l = fd_of(argc > 2 ? argv[2] : "l");
	int fd;

	wait_for(l, POLLIN);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		fail("accept: %m");
	sock_add(argv[1], fd);
}

const struct verb open_verbs[] = {
	{ "listen", 2, do_listen },
	{ "connect", 2, do_connect },
	{ "start", 2, do_start },
	{ "finish", 2, do_finish },
	{ "refused", 2, do_refused },
	{ "accept", 2, do_accept },
	{ "fast", 2, do_fast },
	{ 0 },
};
