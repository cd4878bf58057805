// SPDX-License-Identifier: GPL-2.0
/*
 * capture - a capture of many connections, for those who read captures
 *
 *	capture [-n NUMBER] [-l LIVE] [-p PORT]
 *
 * Writes a pcap of NUMBER connections to the standard output, as "tcpdump -s 96"
 * on an Ethernet would have left it: each begins, lasts ten minutes and is
 * closed by its client; LIVE of them are open at a time. Half way through, 128
 * bytes go to the server and 4 KiB come back. The same each time.
 *
 * Exit status: 0, 1 if something failed, 2 for a wrong command line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIFE_NS		600000000000ULL
#define RTT_NS		20000000ULL
#define BEGIN_S		1700000000u
#define SNAPLEN		96
#define MSS		1448	/* with time stamps */
#define REQUEST		128
#define REPLY		4096
#define MAX_LIVE		10000
#define MAX_OPTIONS	20
#define WINDOW		502

#define FIN	0x01
#define SYN	0x02
#define PSH	0x08
#define ACK	0x10

/* As they lie in the file, in the byte order of this machine. */
struct file_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t zone;
	uint32_t precision;
	uint32_t snaplen;
	uint32_t linktype;
};

struct packet_header {
	uint32_t sec;
	uint32_t usec;
	uint32_t caplen;
	uint32_t len;
};

/* As they lie on the wire. */
struct wire {
	uint8_t ether[14];
	uint8_t version;
	uint8_t tos;
	uint16_t total;
	uint16_t id;
	uint16_t fragment;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t check;
	uint32_t from;
	uint32_t to;
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint8_t offset;
	uint8_t flags;
	uint16_t window;
	uint16_t sum;		/* offload has left it */
	uint16_t urgent;
	uint8_t options[MAX_OPTIONS];
	uint8_t payload[SNAPLEN];
} __attribute__((packed));

/* A connection: which one, and what both have sent so far. */
struct conn {
	unsigned long i;
	uint64_t ns;		/* since the capture began */
	uint32_t next[2];	/* sequence numbers: the client's, the server's */
};

static unsigned int server_port = 80;

static void put(const void *data, size_t size)
{
	if (fwrite(data, size, 1, stdout) != 1)
		err(1, "cannot write");
}

static uint16_t ip_sum(const void *data)
{
	const uint16_t *p = data;
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 10; i++)
		sum += p[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* RFC 7323; a SYN offers more. Returns how long they are. */
static int put_options(struct wire *w, const struct conn *c, bool syn)
{
	static const uint8_t offer[] = {
		2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 3, 3, 7,
	};
	static const uint8_t stamps[] = { 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0 };
	uint32_t ms = htonl(c->ns / 1000000);

	if (syn) {
		memcpy(w->options, offer, sizeof(offer));
		memcpy(w->options + 8, &ms, sizeof(ms));
		return sizeof(offer);
	}
	memcpy(w->options, stamps, sizeof(stamps));
	memcpy(w->options + 4, &ms, sizeof(ms));
	memcpy(w->options + 8, &ms, sizeof(ms));
	return sizeof(stamps);
}

/* Who sends what; time goes on a little. */
static void segment(struct conn *c, int from, uint8_t flags, unsigned int len)
{
	const uint32_t addr[2] = {
		htonl(0x0a000001 + c->i / 50000), htonl(0xc0a80001 + c->i % 20),
	};
	const uint16_t port[2] = {
		htons(10000 + c->i % 50000), htons(server_port),
	};
	struct packet_header head = {
		.sec = BEGIN_S + c->ns / 1000000000,
		.usec = c->ns / 1000 % 1000000,
	};
	struct wire w = {
		.ether = { 2, 0, 0, 0, 0, !from, 2, 0, 0, 0, 0, from, 8, 0 },
		.version = 0x45,
		.fragment = htons(0x4000),
		.ttl = 64,
		.protocol = 6,
		.from = addr[from],
		.to = addr[!from],
		.sport = port[from],
		.dport = port[!from],
		.seq = htonl(c->next[from]),
		.ack = flags & ACK ? htonl(c->next[!from]) : 0,
		.flags = flags,
		.window = htons(flags & SYN ? 64240 : WINDOW),
	};
	int options = put_options(&w, c, flags & SYN);
	unsigned int total = 40 + options + len;

	w.total = htons(total);
	w.id = htons(c->next[from]);
	w.offset = (20 + options) / 4 << 4;
	w.check = ip_sum(&w.version);
	head.len = sizeof(w.ether) + total;
	head.caplen = head.len < SNAPLEN ? head.len : SNAPLEN;
	put(&head, sizeof(head));
	put(&w, head.caplen);
	c->next[from] += len + !!(flags & (SYN | FIN));
	c->ns += 20000;
}

/* Sequence numbers follow from which connection it is. */
static struct conn conn_at(unsigned long i, uint64_t ns, bool open, bool served)
{
	struct conn c = { .i = i, .ns = ns };

	c.next[0] = i * 2654435761u + open + (served ? REQUEST : 0);
	c.next[1] = i * 2246822519u + open + (served ? REPLY : 0);
	return c;
}

static void opening(unsigned long i, uint64_t ns)
{
	struct conn c = conn_at(i, ns, false, false);

	segment(&c, 0, SYN, 0);
	c.ns += RTT_NS;
	segment(&c, 1, SYN | ACK, 0);
	segment(&c, 0, ACK, 0);
}

static void exchange(unsigned long i, uint64_t ns)
{
	struct conn c = conn_at(i, ns, true, false);
	unsigned int left;

	segment(&c, 0, PSH | ACK, REQUEST);
	c.ns += RTT_NS;
	segment(&c, 1, ACK, 0);
	for (left = REPLY; left > MSS; left -= MSS) {
		segment(&c, 1, ACK, MSS);
		segment(&c, 0, ACK, 0);
	}
	segment(&c, 1, PSH | ACK, left);
	segment(&c, 0, ACK, 0);
}

static void closing(unsigned long i, uint64_t ns)
{
	struct conn c = conn_at(i, ns, true, true);

	segment(&c, 0, FIN | ACK, 0);
	c.ns += RTT_NS;
	segment(&c, 1, ACK, 0);
	segment(&c, 1, FIN | ACK, 0);
	segment(&c, 0, ACK, 0);
}

static unsigned long number(const char *text, unsigned long max)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (end == text || *end || !n || n > max)
		errx(2, "%s is not a number from 1 to %lu", text, max);
	return n;
}

int main(int argc, char **argv)
{
	static const struct file_header head = {
		.magic = 0xa1b2c3d4, .major = 2, .minor = 4,
		.snaplen = SNAPLEN, .linktype = 1,
	};
	unsigned long nr = 20000, live = 1000, i;
	uint64_t pause_ns, now;
	int o;

	while ((o = getopt(argc, argv, "n:l:p:")) >= 0) {
		switch (o) {
		case 'n':
			nr = number(optarg, 10000000);
			break;
		case 'l':
			live = number(optarg, MAX_LIVE);
			break;
		case 'p':
			server_port = number(optarg, 65535);
			break;
		default:
			return 2;
		}
	}
	put(&head, sizeof(head));
	pause_ns = LIFE_NS / live;
	for (i = 0; i < nr + live; i++) {
		now = i * pause_ns;
		if (i < nr)
			opening(i, now);
		if (i >= live / 2 && i - live / 2 < nr)
			exchange(i - live / 2, now + pause_ns / 3);
		if (i >= live)
			closing(i - live, now + 2 * (pause_ns / 3));
	}
	if (fflush(stdout))
		err(1, "cannot write");
	return 0;
}
