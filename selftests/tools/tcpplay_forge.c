// SPDX-License-Identifier: GPL-2.0
/* Segments that no socket has sent, and sockets that go without a word. */
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "forge.h"
#include "tcpplay.h"

static struct forgery noted;

static void do_vanish(int argc, char **argv)
{
	(void)argc;
	set_int(fd_of(argv[1]), IPPROTO_TCP, TCP_REPAIR, 1);
	sock_drop(argv[1]);
}

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

const struct verb forge_verbs[] = {
	{ "vanish", 2, do_vanish },
	{ "note", 2, do_note },
	{ "pose", 5, do_pose },
	{ "forge", 2, do_forge },
	{ 0 },
};
