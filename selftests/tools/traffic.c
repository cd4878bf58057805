// SPDX-License-Identifier: GPL-2.0
/*
 * traffic - random connections, between two ends that a script has joined
 *
 *	traffic serve [rough]			until it is killed
 *	traffic connect CONNECTIONS SEED [rough]
 *
 * The client says in the first line what the server is to do: how many bytes
 * follow, how many are wanted back, and how the connection is to end.
 * Rough ones break off at any time, with data unread or on its way, by a reset or
 * without a word, and some ask where nobody answers.
 *
 * Exit status: 0, 1 if there is no socket or thread to be had, 2 for a wrong
 * command line. What becomes of a connection does not matter.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT 8080
#define CLOSED_PORT 8081
#define SILENT_PORT 8082
#define TIMEOUT_S 60
#define ROUGH_TIMEOUT_S 20
#define MAX_LINE 80

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const int families[] = { AF_INET, AF_INET6 };
static const int sizes[] = { 0, 1, 100, 3000, 40000 };
static const char * const endings[] = {
	"client", "client", "server", "server", "both", "client-reset",
	"server-reset",
};

static const char * const rough_endings[] = {
	"client", "server", "both", "client-reset", "server-reset",
	"client-unread", "server-unread", "half-close", "client-leaves",
	"server-leaves", "client-reset-now",
};

static int timeout_s = TIMEOUT_S;

struct connection {
	pthread_t thread;
	int family;
	int port;
	int request;
	int reply;
	const char *how;
	bool fast_open;
};

static socklen_t server_address(int family, int port,
				struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	addr->ss_family = family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		inet_pton(family, "10.9.0.2", &in->sin_addr);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	inet_pton(family, "fd09::2", &in6->sin6_addr);
	return sizeof(*in6);
}

/* Nobody waits for ever, not even for a connection. */
static void limit_time(int sock)
{
	struct timeval limit = { .tv_sec = timeout_s };

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* What close() sends is a RST then. */
static void reset(int sock)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static bool send_all(int sock, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(sock, data, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

/* Up to that many, or up to the end if there is one before; false: an error. */
static bool receive(int sock, size_t len)
{
	char buf[65536];

	while (len) {
		size_t want = len < sizeof(buf) ? len : sizeof(buf);
		ssize_t n = recv(sock, buf, want, 0);

		if (n <= 0)
			return n == 0;
		len -= n;
	}
	return true;
}

static bool drain(int sock)
{
	char buf[65536];
	ssize_t n;

	do
		n = recv(sock, buf, sizeof(buf), 0);
	while (n > 0);
	return n == 0;
}

/* Not a byte more than the line, for the others are counted. */
static bool receive_line(int sock, char *line)
{
	for (size_t len = 0; len < MAX_LINE - 1; len++) {
		if (recv(sock, line + len, 1, 0) != 1)
			return false;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
	}
	return false;
}

static void answer(int sock)
{
	char line[MAX_LINE], how[MAX_LINE];
	int request, reply;
	bool sent;
	char *data;

	if (!receive_line(sock, line) ||
	    sscanf(line, "%d %d %s", &request, &reply, how) != 3 ||
	    request < 0 || reply < 0)
		return;
	if (!strcmp(how, "server-unread")) {
		usleep(20000);
		return;
	}
	if (!receive(sock, request))
		return;
	/* All that the client has to say, before a word is answered. */
	if (!strcmp(how, "half-close") && !drain(sock))
		return;
	data = malloc(reply + 1);
	if (!data)
		err(1, "malloc");
	memset(data, 'y', reply);
	sent = send_all(sock, data, reply);
	free(data);
	if (!sent)
		return;
	if (!strcmp(how, "server")) {
		if (!shutdown(sock, SHUT_WR))
			drain(sock);
	} else if (!strcmp(how, "both")) {
		usleep(20000);
	} else if (!strcmp(how, "server-reset")) {
		usleep(100000);
		reset(sock);
	} else if (strcmp(how, "server-leaves")) {
		drain(sock);
	}
}

static void *answer_one(void *arg)
{
	int sock = (int)(long)arg;

	limit_time(sock);
	answer(sock);
	close(sock);
	return NULL;
}

static void start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	errno = pthread_create(thread, NULL, run, arg);
	if (errno)
		err(1, "pthread_create");
}

static void *accept_all(void *arg)
{
	int listener = (int)(long)arg;

	for (;;) {
		int sock = accept(listener, NULL, NULL);
		pthread_t thread;

		if (sock < 0)
			err(1, "accept");
		start(&thread, answer_one, (void *)(long)sock);
		pthread_detach(thread);
	}
	return NULL;
}

static void serve(void)
{
	pthread_t threads[NR(families)];

	for (size_t i = 0; i < NR(families); i++) {
		int listener = socket(families[i], SOCK_STREAM, 0);
		struct sockaddr_storage addr;
		socklen_t len = server_address(families[i], PORT, &addr);
		int one = 1;

		if (listener < 0 ||
		    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one,
			       sizeof(one)) ||
		    bind(listener, (struct sockaddr *)&addr, len) ||
		    listen(listener, 256))
			err(1, "cannot listen");
		start(&threads[i], accept_all, (void *)(long)listener);
	}
	for (size_t i = 0; i < NR(families); i++)
		pthread_join(threads[i], NULL);
}

/*
 * The line and what follows at once; with Fast Open, as much of it as the SYN
 * takes goes with that.
 */
static bool ask(int sock, const struct connection *conn,
		const struct sockaddr_storage *addr, socklen_t addr_len)
{
	ssize_t early = 0;
	char *data = malloc(MAX_LINE + conn->request);
	bool sent;
	int len;

	if (!data)
		err(1, "malloc");
	len = snprintf(data, MAX_LINE, "%d %d %s\n", conn->request,
		       conn->reply, conn->how);
	memset(data + len, 'x', conn->request);
	if (conn->fast_open)
		early = sendto(sock, data, len + conn->request,
			       MSG_FASTOPEN | MSG_NOSIGNAL,
			       (const struct sockaddr *)addr, addr_len);
	sent = early >= 0 &&
	       send_all(sock, data + early, len + conn->request - early);
	free(data);
	return sent;
}

static void talk(int sock, const struct connection *conn)
{
	struct sockaddr_storage addr;
	socklen_t len = server_address(conn->family, conn->port, &addr);

	if (!conn->fast_open && connect(sock, (struct sockaddr *)&addr, len))
		return;
	if (!ask(sock, conn, &addr, len))
		return;
	if (!strcmp(conn->how, "client-reset-now"))
		reset(sock);
	if (!strncmp(conn->how, "client-", 7) &&
	    strcmp(conn->how, "client-reset")) {
		if (!strcmp(conn->how, "client-unread"))
			usleep(20000);
		return;
	}
	if (!strcmp(conn->how, "half-close") && shutdown(sock, SHUT_WR))
		return;
	if (!receive(sock, conn->reply))
		return;
	if (!strcmp(conn->how, "client")) {
		if (!shutdown(sock, SHUT_WR))
			drain(sock);
	} else if (!strcmp(conn->how, "both")) {
		usleep(20000);
	} else if (!strcmp(conn->how, "client-reset")) {
		usleep(100000);
		reset(sock);
	} else {
		drain(sock);
	}
}

static void *connect_one(void *arg)
{
	const struct connection *conn = arg;
	int sock = socket(conn->family, SOCK_STREAM, 0);

	if (sock < 0)
		err(1, "socket");
	limit_time(sock);
	talk(sock, conn);
	close(sock);
	return NULL;
}

static size_t choose(size_t nr)
{
	return drand48() * nr;
}

static void roughen(struct connection *conn)
{
	conn->how = rough_endings[choose(NR(rough_endings))];
	conn->fast_open = drand48() < 0.1;
	if (drand48() < 0.02)
		conn->port = SILENT_PORT;
}

static void connect_all(long connections, long seed, bool rough)
{
	struct connection *conns = calloc(connections + 1, sizeof(*conns));

	if (!conns)
		err(1, "calloc");
	srand48(seed);
	for (long i = 0; i < connections; i++) {
		struct connection *conn = &conns[i];

		conn->family = families[choose(NR(families))];
		conn->port = drand48() < 0.05 ? CLOSED_PORT : PORT;
		conn->how = endings[choose(NR(endings))];
		conn->request = sizes[choose(NR(sizes))];
		conn->reply = sizes[choose(NR(sizes))];
		if (rough)
			roughen(conn);
		start(&conn->thread, connect_one, conn);
		usleep(drand48() * 30000);
	}
	for (long i = 0; i < connections; i++)
		pthread_join(conns[i].thread, NULL);
	free(conns);
}

static bool number(const char *text, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return end != text && !*end && !errno && *value >= 0;
}

int main(int argc, char **argv)
{
	const bool rough = argc > 2 && !strcmp(argv[argc - 1], "rough");
	long connections, seed;

	if (rough) {
		timeout_s = ROUGH_TIMEOUT_S;
		argc--;
	}
	if (argc == 2 && !strcmp(argv[1], "serve")) {
		serve();
	} else if (argc == 4 && !strcmp(argv[1], "connect") &&
		   number(argv[2], &connections) && number(argv[3], &seed)) {
		connect_all(connections, seed, rough);
	} else {
		fputs("usage: traffic serve [rough] | connect CONNECTIONS SEED [rough]\n",
		      stderr);
		return 2;
	}
	return 0;
}
