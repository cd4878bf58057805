// SPDX-License-Identifier: GPL-2.0
/* The sockets of a script, by name, and what the steps on them share. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tcpplay.h"

#define MAX_SOCKS	32

struct named_sock {
	char name[16];
	int fd;
};

static struct named_sock socks[MAX_SOCKS] = {
	[0 ... MAX_SOCKS - 1] = { .fd = -1 },
};

static struct named_sock *sock_find(const char *name)
{
	int i;

	for (i = 0; i < MAX_SOCKS; i++)
		if (socks[i].fd >= 0 && !strcmp(socks[i].name, name))
			return &socks[i];
	return NULL;
}

int fd_of(const char *name)
{
	struct named_sock *s = sock_find(name);

	if (!s)
		fail("no socket %s", name);
	return s->fd;
}

void sock_add(const char *name, int fd)
{
	int i;

	if (sock_find(name) || strlen(name) >= sizeof(socks[0].name))
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

void sock_drop(const char *name)
{
	struct named_sock *s = sock_find(name);

	if (!s)
		fail("no socket %s", name);
	close(s->fd);
	s->fd = -1;
}

void sock_drop_all(void)
{
	int i;

	for (i = 0; i < MAX_SOCKS; i++) {
		if (socks[i].fd >= 0)
			close(socks[i].fd);
		socks[i].fd = -1;
	}
}

void set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		fail("setsockopt: %m");
}

void wait_for(int fd, short events)
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

socklen_t make_addr(const char *addr, int port, struct sockaddr_storage *ret_ss)
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
