// SPDX-License-Identifier: GPL-2.0
/*
 * wire - a cable between two network namespaces that does things to TCP
 *
 *	wire [-g|-o] DEV NETNS1 NETNS2 [PORT=HOW[,HOW]...]...
 *
 * Makes a TAP device DEV in each namespace and hands each frame that one sends
 * to the other, until SIGTERM. Segments with PORT as one of their ports are
 * changed on the way:
 *
 *	nops	IPv4: options, of padding, in the IP header
 *	atomic	IPv6: a fragment header, of a fragment that is the whole (RFC 6946)
 *	cut	in three fragments, if there are 200 bytes of payload
 *	bad	a wrong checksum, the first one with payload of each way
 *	far	only what comes before the TCP header is linear in the sk_buff; of
 *		that, the first three bytes lie in another page than the rest
 *	udp	before what is cut, the same as of UDP; not counted
 *
 * -g leaves GRO of the receiving device on. With -o the devices offload: what
 * passes is what the sender's stack did not segment or checksum, and is marked
 * as what comes from a virtual machine.
 *
 * Prints "ready" when the devices are there, and at the end for each PORT a
 * line "PORT SEGMENTS SEGMENTS FRAGMENTS FRAGMENTS BAD", one number for what
 * came from NETNS1, one for NETNS2.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netns.h"

#define ETHER		14
#define VNET		sizeof(struct virtio_net_hdr)
#define MAX_FRAME	131072
#define MAX_PORTS	32
#define PAGE		4096u
#define CUT_FROM	200u

enum {
	NOPS	= 0x01,
	ATOMIC	= 0x02,
	CUT	= 0x04,
	BAD	= 0x08,
	FAR	= 0x10,
	UDP	= 0x20,
};

struct rule {
	unsigned int port;
	unsigned int how;
	unsigned int segments[2];	/* by the way they went */
	unsigned int fragments[2];
	unsigned int bad[2];
};

/* A frame; offsets are from its first byte. */
struct frame {
	struct virtio_net_hdr vnet;
	uint8_t data[MAX_FRAME];
	size_t size;
	size_t next;		/* where the number of TCP stands */
	size_t tcp;
	size_t payload;		/* bytes */
	bool v6;
};

static struct rule rules[MAX_PORTS];
static unsigned int nr_rules;
static bool offload, gro;
static volatile sig_atomic_t stopped;
static uint16_t idents;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "wire: %s: %m\n", what);
	exit(1);
}

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* --- devices ---------------------------------------------------------- */

static void no_gro(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_SGRO };
	struct ifreq ifr = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		fail("cannot switch GRO off");
	close(fd);
}

static int make_device(const char *netns, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd;

	if (!netns_enter(netns))
		fail(netns);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fail("/dev/net/tun");
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	/* Who hands in pages is not made to wait for more: no GRO. */
	if (gro)
		ifr.ifr_flags |= IFF_NAPI;
	else if (!offload)
		ifr.ifr_flags |= IFF_NAPI | IFF_NAPI_FRAGS;
	if (ioctl(fd, TUNSETIFF, &ifr))
		fail("TUNSETIFF");
	if (ioctl(fd, TUNSETOFFLOAD, offload ? TUN_F_CSUM | TUN_F_TSO4 |
		  TUN_F_TSO6 : 0))
		fail("TUNSETOFFLOAD");
	if (!gro)
		no_gro(name);
	return fd;
}

/* --- frames ----------------------------------------------------------- */

static bool find_ipv4(struct frame *f)
{
	const uint8_t *ip = f->data + ETHER;

	f->v6 = false;
	f->next = ETHER + 9;
	f->tcp = ETHER + (ip[0] & 15) * 4u;
	return ip[9] == IPPROTO_TCP;
}

/* Behind the headers that sockets may be told to send. */
static bool find_ipv6(struct frame *f)
{
	f->v6 = true;
	f->next = ETHER + 6;
	f->tcp = ETHER + 40;
	for (;;) {
		switch (f->data[f->next]) {
		case IPPROTO_TCP:
			return true;
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
		case IPPROTO_ROUTING:
			f->next = f->tcp;
			f->tcp += (f->data[f->tcp + 1] + 1) * 8u;
			if (f->tcp + 20 <= f->size)
				break;
			return false;
		default:
			return false;
		}
	}
}

static bool find_tcp(struct frame *f)
{
	const unsigned int type = get16(f->data + 12);
	bool found;

	found = (type == 0x0800 && find_ipv4(f)) ||
		(type == 0x86dd && find_ipv6(f));
	if (found)
		f->payload = f->size - f->tcp - (f->data[f->tcp + 12] >> 4) * 4u;
	return found;
}

static struct rule *find_rule(const struct frame *f)
{
	unsigned int i;

	for (i = 0; i < nr_rules; i++)
		if (get16(f->data + f->tcp) == rules[i].port ||
		    get16(f->data + f->tcp + 2) == rules[i].port)
			return &rules[i];
	return NULL;
}

/* The IP header's own idea of what it and the rest measure. RFC 1071. */
static void fix_lengths(struct frame *f)
{
	uint8_t *ip = f->data + ETHER;
	size_t i, size = (ip[0] & 15) * 4u;
	uint32_t sum = 0;

	if (f->v6) {
		put16(ip + 4, (unsigned int)(f->size - ETHER - 40));
		return;
	}
	put16(ip + 2, (unsigned int)(f->size - ETHER));
	put16(ip + 10, 0);
	for (i = 0; i < size; i += 2)
		sum += get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~sum);
}

/* Makes room before the TCP header; the checksum of TCP covers none of it. */
static uint8_t *insert(struct frame *f, size_t size)
{
	uint8_t *at = f->data + f->tcp;

	memmove(at + size, at, f->size - f->tcp);
	f->size += size;
	f->tcp += size;
	return at;
}

static void add_nops(struct frame *f)
{
	memset(insert(f, 4), 1, 4);
	f->data[ETHER]++;
}

static void add_fragment_header(struct frame *f)
{
	uint8_t *at = insert(f, 8);

	memset(at, 0, 8);
	at[0] = f->data[f->next];
	f->data[f->next] = IPPROTO_FRAGMENT;
	put16(at + 6, idents);
}

/* --- sending ---------------------------------------------------------- */

static void write_pieces(int fd, struct frame *f, bool far)
{
	struct iovec iov[32];
	size_t at = f->size;
	int n = 1;

	if (far)
		at = f->tcp;
	else if (f->size > 2048)
		at = 256;
	if (!offload)
		memset(&f->vnet, 0, sizeof(f->vnet));
	/* In memory, the header of the device stands before the frame. */
	iov[0] = (struct iovec){ f, VNET + at };
	while (at < f->size) {
		size_t len = f->size - at;

		if (far && n == 1)
			len = 3;
		else if (len > PAGE)
			len = PAGE;
		iov[n++] = (struct iovec){ f->data + at, len };
		at += len;
	}
	if (writev(fd, iov, n) < 0 && errno != EIO)
		fail("cannot write a frame");
}

static void write_fragment(int fd, const struct frame *f, size_t from,
			   size_t to, bool far, bool udp)
{
	static struct frame part;
	bool last = to == f->size;
	unsigned int off;

	part = *f;
	memmove(part.data + f->tcp, f->data + from, to - from);
	part.size = f->tcp + to - from;
	off = (unsigned int)(from - f->tcp);
	if (f->v6) {
		/* What was inserted is the fragment header. */
		put16(part.data + f->tcp - 6, off | !last);
		put16(part.data + f->tcp - 2, idents);
		if (udp)
			part.data[f->tcp - 8] = IPPROTO_UDP;
	} else {
		put16(part.data + ETHER + 4, idents);
		put16(part.data + ETHER + 6, off / 8 | (last ? 0 : 0x2000));
		if (udp)
			part.data[ETHER + 9] = IPPROTO_UDP;
	}
	fix_lengths(&part);
	write_pieces(fd, &part, far);
}

static void write_cut(int fd, const struct frame *f, bool far, bool udp)
{
	size_t at = f->tcp, third = (f->size - at) / 3 & ~(size_t)7;

	write_fragment(fd, f, at, at + third, far, udp);
	write_fragment(fd, f, at + third, at + 2 * third, far, udp);
	write_fragment(fd, f, at + 2 * third, f->size, far, udp);
	idents++;
}

static void pass_on(int fd, struct frame *f, unsigned int way)
{
	struct rule *r = find_tcp(f) ? find_rule(f) : NULL;

	if (!r) {
		write_pieces(fd, f, false);
		return;
	}
	r->segments[way]++;
	if ((r->how & BAD) && f->payload && !r->bad[way]++)
		f->data[f->tcp + 16] ^= 1;
	if ((r->how & NOPS) && !f->v6)
		add_nops(f);
	if ((r->how & ATOMIC) && f->v6)
		add_fragment_header(f);
	if ((r->how & CUT) && f->payload >= CUT_FROM) {
		if (f->v6)
			add_fragment_header(f);
		if (r->how & UDP)
			write_cut(fd, f, r->how & FAR, true);
		write_cut(fd, f, r->how & FAR, false);
		r->fragments[way] += 3;
		return;
	}
	fix_lengths(f);
	write_pieces(fd, f, r->how & FAR);
}

/* Return: whether there was something. */
static bool carry(int from, int to, unsigned int way)
{
	static struct frame f;
	const struct iovec iov[2] = {
		{ &f.vnet, VNET },
		/* Less than all: something may be inserted. */
		{ f.data, MAX_FRAME - 64 },
	};
	ssize_t n = readv(from, iov, 2);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail("cannot read a frame");
	if (n < (ssize_t)VNET + ETHER)
		return false;
	f.size = (size_t)n - VNET;
	pass_on(to, &f, way);
	return true;
}

static void read_rule(char *text)
{
	static const struct { const char *name; unsigned int how; } words[] = {
		{ "nops", NOPS }, { "atomic", ATOMIC }, { "cut", CUT },
		{ "bad", BAD }, { "far", FAR }, { "udp", UDP },
	};
	struct rule *r = &rules[nr_rules++];
	char *word, *save;
	size_t i;

	r->port = (unsigned int)atoi(strtok_r(text, "=", &save));
	while ((word = strtok_r(NULL, ",", &save))) {
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strcmp(word, words[i].name))
				break;
		if (i == sizeof(words) / sizeof(words[0])) {
			fprintf(stderr, "wire: no way to go: %s\n", word);
			exit(2);
		}
		r->how |= words[i].how;
	}
}

static void print_rules(void)
{
	unsigned int i;

	for (i = 0; i < nr_rules; i++)
		printf("%u %u %u %u %u %u\n", rules[i].port,
		       rules[i].segments[0], rules[i].segments[1],
		       rules[i].fragments[0], rules[i].fragments[1],
		       (rules[i].bad[0] > 0) + (rules[i].bad[1] > 0));
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct pollfd p[2];
	int opt, i;

	while ((opt = getopt(argc, argv, "go")) != -1) {
		gro |= opt == 'g';
		offload |= opt == 'o';
		if (opt == '?')
			return 2;
	}
	if (argc - optind < 3 || argc - optind - 3 > MAX_PORTS) {
		fputs("usage: wire [-g|-o] DEV NETNS1 NETNS2 [PORT=HOW[,HOW]...]...\n",
		      stderr);
		return 2;
	}
	_Static_assert(offsetof(struct frame, data) == VNET,
		       "the two are written as one");
	for (i = optind + 3; i < argc; i++)
		read_rule(argv[i]);
	sigaction(SIGTERM, &act, NULL);
	for (i = 0; i < 2; i++)
		p[i] = (struct pollfd){
			.fd = make_device(argv[optind + 1 + i], argv[optind]),
			.events = POLLIN,
		};
	puts("ready");
	fflush(stdout);
	while (!stopped) {
		/* Not for ever: the signal may have come just before. */
		if (poll(p, 2, 200) < 0 && errno != EINTR)
			fail("poll");
		for (i = 0; i < 2; i++)
			while (!stopped && carry(p[i].fd, p[!i].fd,
						 (unsigned int)i))
				;
	}
	print_rules();
	return 0;
}
