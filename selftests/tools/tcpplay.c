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
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "tcpplay.h"

#define MAX_PLAYS	256
#define MAX_WORDS	8

const char *default_addr = "127.0.0.1";
int default_port = 8080;
int client_port;
int limit_ms = 20000;
static int first_netns = -1;
static const char *current_step = "";

void fail(const char *fmt, ...)
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

static void do_netns(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[1], "-")) {
		if (setns(first_netns, CLONE_NEWNET))
			fail("setns: %m");
	} else if (!netns_enter(argv[1])) {
		fail("/run/netns/%s: %m", argv[1]);
	}
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

static const struct verb script_verbs[] = {
	{ "netns", 2, do_netns },
	{ "rest", 2, do_rest },
	{ "hold", 1, do_hold },
	{ 0 },
};

static const struct verb *find_verb(const char *name)
{
	static const struct verb *const parts[] = {
		open_verbs, talk_verbs, wait_verbs, forge_verbs, script_verbs,
	};
	const struct verb *verb;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (verb = parts[i]; verb->name; verb++)
			if (!strcmp(name, verb->name))
				return verb;
	return NULL;
}

static void play_step(char *step)
{
	char *words[MAX_WORDS + 1], *save, *word;
	const struct verb *verb;
	int argc = 0;

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
	verb = find_verb(words[0]);
	if (!verb)
		fail("unknown step");
	if (argc < verb->min_words)
		fail("a word is missing");
	verb->run(argc, words);
}

static void play(const char *script)
{
	char *copy = strdup(script), *save, *step;

	for (step = strtok_r(copy, ";", &save); step;
	     step = strtok_r(NULL, ";", &save))
		play_step(step);
	free(copy);
	/* What is still open ends as it would at the end of a process. */
	sock_drop_all();
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
	if (list)
		return play_list(at_once);
	alarm(5 * limit_ms / 1000);
	for (i = 0; i < repeat; i++)
		play(argv[optind]);
	return 0;
}
