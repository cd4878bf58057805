// SPDX-License-Identifier: GPL-2.0
/* What the kernel says of a connection, and waiting until it does. */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "tcpplay.h"

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
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

const struct verb wait_verbs[] = {
	{ "state", 2, do_state },
	{ "has", 2, do_has },
	{ "lacks", 2, do_lacks },
	{ "unread", 2, do_unread },
	{ "acked", 2, do_acked },
	{ "probes", 2, do_probes },
	{ "tell", 2, do_tell },
	{ 0 },
};
