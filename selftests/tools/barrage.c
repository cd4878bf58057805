// SPDX-License-Identifier: GPL-2.0
/*
 * barrage - what no good peer sends, by the hundred thousand
 *
 *	barrage [-s SEED] [-n PACKETS] [-t SECONDS] [-p PORT] NETNS DEV ADDR4 ADDR6 HOW
 *
 * Makes the TAP devices DEV0 and DEV1 in a network namespace, says "ready",
 * waits for a line on standard input (meanwhile somebody sets them up, without
 * ARP, and a route to them) and sends to PORT (8080) of the two addresses:
 *
 *	flood	SYNs, each from another source: of IPv4 and IPv6 in turn,
 *		10.77.0.0/16 and fd77::/112; to a listener of its own, if there
 *		is none yet
 *	mangle	of 64 connections from 10.78.0.1 and fd78::1, segments that fit and
 *		that do not, to a listener of its own: any flags, any options, lying
 *		lengths and offsets, extension headers, fragments, bytes changed at
 *		random. A tenth is for others, to be passed on
 *
 * until PACKETS are sent or SECONDS are over. What DEV0 gets has only its first
 * bytes linear in the sk_buff (IFF_NAPI_FRAGS); what DEV1 gets goes through GRO,
 * some with a header of a virtual machine's device that may lie as well.
 *
 * At the end it says "sent N refused N answers N accepted N seed N": refused are
 * those that the device does not take, answers what came back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "barrage.h"
#include "netns.h"

#define PEERS		64u
#define FIRST_PORT	20000u
#define ACCEPTED	48u

/* One that is talked to: the next number of ours, and of theirs. */
struct peer {
	uint32_t seq;
	uint32_t ack;
	bool answered;
};

static int tap[2];
static struct peer peers[2][PEERS];
static unsigned long sent, refused, answers, accepted;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "barrage: %s: %m\n", what);
	exit(1);
}

/* --- sending ------------------------------------------------------------- */

static void transmit(struct packet *p, unsigned int dev)
{
	unsigned int at = dev ? p->size : ETHER + below(100), n = 1, len;
	struct iovec iov[17];

	if (at > p->size)
		at = p->size;
	iov[0] = (struct iovec){ p, VNET + at };
	for (; at < p->size; at += len) {
		len = one_in(2) && n < 8 ? 1 + below(64) : 1 + below(2048);
		if (n == 16 || len > p->size - at)
			len = p->size - at;
		iov[n++] = (struct iovec){ p->data + at, len };
	}
	if (writev(tap[dev], iov, (int)n) < 0)
		refused++;
	sent++;
}

/* The next segment of one, or nearly; what it takes its number on by. */
static void talk(void)
{
	static struct packet p;
	const unsigned int dev = below(2), who = below(PEERS);
	const bool v6 = one_in(2), fits = !one_in(3);
	static const unsigned int usual[] = { 0x10, 0x18, 0x18, 0x10, 0x11, 0x14 };
	struct peer *peer = &peers[v6][who];
	unsigned int flags = below(512), before;

	begin(&p, v6, dev, 78 << 16 | 1);
	if (one_in(4))
		v6 ? add_extensions(&p) : add_ip_options(&p);
	if (fits)
		flags = peer->answered ? usual[below(6)] : 2;
	if (!fits && one_in(4))
		peer->seq = one_in(2) ? any() : peer->seq + below(4096) - 2048;
	begin_tcp(&p, FIRST_PORT + who, peer->seq, peer->ack, flags);
	if (one_in(10))		/* for somebody else: to be passed on */
		p.data[ETHER + (v6 ? 39 : 19)] ^= 0x40;
	if ((flags & 2) || one_in(4))
		add_tcp_options(&p);
	before = p.size;
	if (!(flags & 2) ? !one_in(3) : one_in(8))
		add_payload(&p);
	fix_ip(&p);
	fix_tcp(&p);
	if (fits && p.data[ETHER + (v6 ? 39 : 19)] == (v6 ? addr6[15] : addr4[3]))
		peer->seq += p.size - before + ((flags >> 1 | flags) & 1);
	if (one_in(3))
		mangle(&p);
	else if (dev && one_in(3))
		lie_to_device(&p);
	transmit(&p, dev);
}

static void flood(unsigned long i)
{
	static struct packet p;

	begin(&p, i & 1, 0, 77 << 16 | (i >> 1 & 0xffff));
	begin_tcp(&p, 1024 + below(60000), any(), 0, 2);
	fix_ip(&p);
	fix_tcp(&p);
	transmit(&p, 0);
}

/* --- the other end --------------------------------------------------------- */

/* What comes back says with which numbers one may go on. */
static void learn(const uint8_t *ip, unsigned int size)
{
	const bool v6 = ip[0] >> 4 == 6;
	const unsigned int at = v6 ? 40 : (ip[0] & 15) * 4u;
	const uint8_t *tcp = ip + at;
	struct peer *peer;
	unsigned int who;

	if (size < at + 20 || ip[v6 ? 6 : 9] != IPPROTO_TCP || get16(tcp) != port)
		return;
	who = get16(tcp + 2) - FIRST_PORT;
	if (who >= PEERS)
		return;
	peer = &peers[v6][who];
	peer->answered = !(tcp[13] & 4);
	if (tcp[13] & 0x10)
		peer->seq = get32(tcp + 8);
	peer->ack = get32(tcp + 4) + size - at - (tcp[12] >> 4) * 4u +
		    ((tcp[13] >> 1 | tcp[13]) & 1);
}

static void listen_to(int fd)
{
	static uint8_t buf[VNET + 65536];
	ssize_t n;
	int i;

	for (i = 0; i < 4; i++) {
		n = read(fd, buf, sizeof(buf));
		if (n < (ssize_t)(VNET + ETHER + 20))
			return;
		answers++;
		learn(buf + VNET + ETHER, (unsigned int)n - VNET - ETHER);
	}
}

/* The oldest one goes: by a FIN, by a reset, or after a last word. */
static void accept_all(int listener)
{
	static int fds[ACCEPTED];
	struct linger linger = { .l_onoff = 1 };
	int fd, *slot;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		slot = &fds[accepted++ % ACCEPTED];
		if (*slot && one_in(3))
			setsockopt(*slot, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		if (*slot && one_in(3) && send(*slot, "last", 4, MSG_NOSIGNAL) < 0)
			errno = 0;
		if (*slot)
			close(*slot);
		*slot = fd;
	}
}

static int make_listener(void)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any6, sizeof(any6)) || listen(fd, 64))
		return -1;
	return fd;
}

static void make_tap(const char *name, unsigned int n)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_NAPI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.13s%u", name, n);
	if (!n)
		ifr.ifr_flags |= IFF_NAPI_FRAGS;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, SIOCGIFHWADDR, &ifr))
		fail("cannot make a device");
	memcpy(mac[n], ifr.ifr_hwaddr.sa_data, 6);
	tap[n] = fd;
}

static void run(bool flooding, unsigned long packets, long seconds)
{
	const time_t end = time(NULL) + seconds;
	const int listener = make_listener();
	unsigned long i;

	if (listener < 0 && (!flooding || errno != EADDRINUSE))
		fail("cannot listen");
	for (i = 0; !packets || i < packets; i++) {
		if (flooding)
			flood(i);
		else
			talk();
		listen_to(tap[i & 1]);
		if (i % 64)
			continue;
		if (seconds && time(NULL) >= end)
			break;
		if (!flooding)
			accept_all(listener);
	}
}

int main(int argc, char **argv)
{
	unsigned long packets = 0, seed = 1;
	long seconds = 0;
	char line[8];
	int opt;

	while ((opt = getopt(argc, argv, "s:n:t:p:")) != -1) {
		switch (opt) {
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			packets = strtoul(optarg, NULL, 0);
			break;
		case 't':
			seconds = atol(optarg);
			break;
		case 'p':
			port = (unsigned int)atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	argv += optind;
	if (argc - optind != 5 || (!packets && !seconds) ||
	    inet_pton(AF_INET, argv[2], addr4) != 1 ||
	    inet_pton(AF_INET6, argv[3], addr6) != 1 ||
	    (strcmp(argv[4], "flood") && strcmp(argv[4], "mangle"))) {
		fputs("usage: barrage [-s SEED] [-n PACKETS] [-t SECONDS] [-p PORT] NETNS DEV ADDR4 ADDR6 flood|mangle\n",
		      stderr);
		return 2;
	}
	state = seed * 2654435761u + 1;
	if (!netns_enter(argv[0]))
		fail(argv[0]);
	make_tap(argv[1], 0);
	make_tap(argv[1], 1);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		fail("end of input");
	run(!strcmp(argv[4], "flood"), packets, seconds);
	printf("sent %lu refused %lu answers %lu accepted %lu seed %lu\n", sent,
	       refused, answers, accepted, seed);
	return 0;
}
