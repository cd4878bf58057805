// SPDX-License-Identifier: GPL-2.0
/*
 * tlssent - what a capture says was sent in the clear, by whole streams
 *
 *	tlssent PCAP PORT[-PORT]
 *
 * PCAP is of Ethernet, as tcpdump writes it on lo or veth. For each direction
 * of each connection to a server's port, a line
 *
 *	CPORT client|server BYTES open|closed HEX CIPHER
 *
 * in which BYTES tells how long the stream begins with TLS records that are
 * not encrypted, HEX is these, and CIPHER the 128 bytes that follow the header
 * of the next record ("-" where there are none); closed, if its FIN was
 * captured. It shares no code with the module: streams are put together first.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_MAX	131072
#define CONNS_MAX	128
#define CIPHER_MAX	128

struct stream {
	uint8_t *bytes;
	bool *have;
	uint32_t isn;
	uint32_t len;		/* without a gap */
	bool syn;
	bool fin;
};

struct conn {
	uint16_t cport;
	struct stream side[2];
};

static struct conn conns[CONNS_MAX];
static unsigned int nr;
static unsigned int first_port, last_port;

static void fail(const char *what)
{
	fprintf(stderr, "tlssent: %s\n", what);
	exit(1);
}

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool is_server(unsigned int port)
{
	return port >= first_port && port <= last_port;
}

static struct conn *find(uint16_t cport)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (conns[i].cport == cport)
			return &conns[i];
	if (nr == CONNS_MAX)
		fail("too many connections");
	conns[nr].cport = cport;
	for (i = 0; i < 2; i++) {
		conns[nr].side[i].bytes = calloc(1, STREAM_MAX);
		conns[nr].side[i].have = calloc(1, STREAM_MAX);
		if (!conns[nr].side[i].bytes || !conns[nr].side[i].have)
			fail("out of memory");
	}
	return &conns[nr++];
}

/* @th: a TCP header, @len: bytes of it and its payload */
static void segment(const uint8_t *th, uint32_t len)
{
	uint32_t head = (th[12] >> 4) * 4, seq = get32(th + 4), at, i;
	unsigned int sport = get16(th), dport = get16(th + 2);
	bool from_server = is_server(sport);
	struct stream *s;

	if (len < 20 || head > len || from_server == is_server(dport))
		return;
	s = &find(from_server ? dport : sport)->side[from_server];
	if (th[13] & 2) {
		s->syn = true;
		s->isn = seq;
		return;
	}
	if (th[13] & 1)
		s->fin = true;
	at = seq - s->isn - 1;
	for (i = 0; s->syn && i < len - head && at + i < STREAM_MAX; i++) {
		s->bytes[at + i] = th[head + i];
		s->have[at + i] = true;
	}
	while (s->len < STREAM_MAX && s->have[s->len])
		s->len++;
}

static void packet(const uint8_t *p, uint32_t len)
{
	uint32_t head;

	if (len < 34)
		return;
	if (get16(p + 12) == 0x0800 && p[23] == IPPROTO_TCP) {
		head = (p[14] & 15) * 4;
		if (get16(p + 16) <= len - 14 && get16(p + 16) >= head + 20)
			segment(p + 14 + head, get16(p + 16) - head);
	} else if (get16(p + 12) == 0x86dd && len >= 74 &&
		   p[20] == IPPROTO_TCP && get16(p + 18) <= len - 54) {
		segment(p + 54, get16(p + 18));
	}
}

static void read_all(FILE *f)
{
	static uint8_t buf[1 << 18];
	uint32_t head[6], rec[4];

	if (fread(head, sizeof(head), 1, f) != 1 ||
	    (head[0] != 0xa1b2c3d4 && head[0] != 0xa1b23c4d) || head[5] != 1)
		fail("not a capture of Ethernet");
	/* The end may be missing while it is being written. */
	while (fread(rec, sizeof(rec), 1, f) == 1 && rec[2] <= sizeof(buf) &&
	       fread(buf, 1, rec[2], f) == rec[2])
		packet(buf, rec[2]);
}

/* RFC 8446 appendix D.4: a hello that follows a HelloRetryRequest */
static bool is_hello(const uint8_t *r, unsigned int type)
{
	return r[5] == type && get32(r + 5) - (type << 24) + 4 == get16(r + 3);
}

/* How much of a stream is of records in the clear. */
static uint32_t clear_part(const struct stream *s, unsigned int hello)
{
	bool changed = false;
	uint32_t at = 0;

	while (at + 9 <= s->len || (at + 6 <= s->len && s->bytes[at] == 20)) {
		const uint8_t *r = s->bytes + at;

		if (r[0] == 23 || (changed && r[0] == 21) ||
		    (changed && r[0] == 22 && !is_hello(r, hello)))
			return at;
		changed |= r[0] == 20;
		at += 5 + get16(r + 3);
		if (at > s->len)
			return s->len;
	}
	/* An alert has seven bytes. */
	return at + 7 == s->len && s->bytes[at] == 21 && !changed ? s->len : at;
}

static void print_hex(const uint8_t *bytes, uint32_t len)
{
	if (!len)
		putchar('-');
	while (len--)
		printf("%02x", *bytes++);
}

static void print(const struct conn *c, int side)
{
	const struct stream *s = &c->side[side];
	uint32_t clear = clear_part(s, side ? 2 : 1), left = 0;

	if (clear + 5 < s->len)
		left = s->len - clear - 5;
	printf("%u %s %u %s ", c->cport, side ? "server" : "client", clear,
	       s->fin ? "closed" : "open");
	print_hex(s->bytes, clear);
	putchar(' ');
	print_hex(s->bytes + clear + 5, left < CIPHER_MAX ? left : CIPHER_MAX);
	putchar('\n');
}

int main(int argc, char **argv)
{
	unsigned int i;
	FILE *f;

	if (argc != 3 || sscanf(argv[2], "%u-%u", &first_port, &last_port) < 1) {
		fputs("usage: tlssent PCAP PORT[-PORT]\n", stderr);
		return 2;
	}
	if (!last_port)
		last_port = first_port;
	f = fopen(argv[1], "r");
	if (!f)
		fail("cannot open the capture");
	read_all(f);
	fclose(f);
	for (i = 0; i < nr; i++) {
		print(&conns[i], 0);
		print(&conns[i], 1);
	}
	return 0;
}
