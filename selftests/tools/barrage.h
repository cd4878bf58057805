/* SPDX-License-Identifier: GPL-2.0 */
/*
 * barrage.h - the packets of barrage: built as they should be, then spoiled
 */
#ifndef _TCPTRACE_TOOLS_BARRAGE_H
#define _TCPTRACE_TOOLS_BARRAGE_H

#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHER		14u
#define VNET		sizeof(struct virtio_net_hdr)
#define MAX_DATA	4096u

struct packet {
	struct virtio_net_hdr vnet;
	uint8_t data[MAX_DATA + 256];
	unsigned int size;
	unsigned int tcp;	/* where TCP begins */
	bool v6;
};

static uint64_t state = 1;
static uint8_t mac[2][6];
static uint8_t addr4[4], addr6[16];
static unsigned int port = 8080;

/* xorshift64*; good enough, and the same everywhere. */
static uint32_t any(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

static unsigned int below(unsigned int n)
{
	return any() % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void fill(uint8_t *p, unsigned int len)
{
	while (len--)
		*p++ = (uint8_t)any();
}

/* RFC 1071. */
static uint32_t add(uint32_t sum, const uint8_t *p, unsigned int len)
{
	for (; len > 1; len -= 2, p += 2)
		sum += get16(p);
	return len ? sum + ((uint32_t)*p << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* --- headers ------------------------------------------------------------ */

static void put_addresses(struct packet *p, uint32_t source)
{
	uint8_t *ip = p->data + ETHER;

	if (p->v6) {
		memset(ip + 8, 0, 16);
		ip[8] = 0xfd;
		ip[9] = (uint8_t)(source >> 16);
		put16(ip + 22, source);
		memcpy(ip + 24, addr6, 16);
		return;
	}
	ip[12] = 10;
	ip[13] = (uint8_t)(source >> 16);
	put16(ip + 14, source);
	memcpy(ip + 16, addr4, 4);
}

static void begin(struct packet *p, bool v6, unsigned int dev, uint32_t source)
{
	uint8_t *ip = p->data + ETHER;

	memset(p, 0, offsetof(struct packet, data) + 128);
	p->v6 = v6;
	memcpy(p->data, mac[dev], 6);
	p->data[6] = 2;
	put16(p->data + 12, v6 ? 0x86dd : 0x0800);
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 6 : 9] = IPPROTO_TCP;
	ip[v6 ? 7 : 8] = 64;
	put_addresses(p, source);
	p->tcp = ETHER + (v6 ? 40 : 20);
	p->size = p->tcp;
}

static void begin_tcp(struct packet *p, unsigned int sport, uint32_t seq,
		      uint32_t ack, unsigned int flags)
{
	uint8_t *tcp = p->data + p->tcp;

	put16(tcp, sport);
	put16(tcp + 2, port);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	put16(tcp + 12, 5 << 12 | flags);
	put16(tcp + 14, 8192);
	put32(tcp + 16, 0);
	p->size = p->tcp + 20;
}

static void fix_ip(struct packet *p)
{
	uint8_t *ip = p->data + ETHER;

	if (p->v6) {
		put16(ip + 4, p->size - ETHER - 40);
		return;
	}
	put16(ip + 2, p->size - ETHER);
	put16(ip + 10, 0);
	put16(ip + 10, fold(add(0, ip, (ip[0] & 15) * 4u)));
}

static void fix_tcp(struct packet *p)
{
	const uint8_t *ip = p->data + ETHER;
	uint8_t *tcp = p->data + p->tcp;
	unsigned int len = p->size - p->tcp;
	uint32_t sum = IPPROTO_TCP + len;

	sum = p->v6 ? add(sum, ip + 8, 32) : add(sum, ip + 12, 8);
	put16(tcp + 16, 0);
	put16(tcp + 16, fold(add(sum, tcp, len)));
}

/* --- what is wrong with them --------------------------------------------- */

/* Of IPv4, options; a header of 60 bytes at most. */
static void add_ip_options(struct packet *p)
{
	unsigned int len = 4 * (1 + below(10));
	uint8_t *ip = p->data + ETHER;

	memset(ip + 20, 1, len);
	if (one_in(2))
		fill(ip + 20, len);
	ip[0] = (uint8_t)(0x45 + len / 4);
	p->tcp += len;
	p->size = p->tcp;
}

/* Of IPv6: any of those there are, in any order, and some that lie. */
static void add_extensions(struct packet *p)
{
	static const uint8_t types[] = {
		IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
		IPPROTO_FRAGMENT, IPPROTO_AH, IPPROTO_NONE, 135,
	};
	unsigned int next = ETHER + 6, n = 1 + below(3), len;
	uint8_t *h;

	while (n--) {
		uint8_t type = types[below(sizeof(types))];

		h = p->data + p->tcp;
		len = type == IPPROTO_FRAGMENT ? 8 : 8 * (1 + below(4));
		memset(h, 0, len);
		if (one_in(4))
			fill(h, len);
		p->data[next] = type;
		next = p->tcp;
		h[0] = IPPROTO_TCP;
		if (type != IPPROTO_FRAGMENT)
			h[1] = one_in(8) ? (uint8_t)any() :
			       (uint8_t)(type == IPPROTO_AH ? len / 4 - 2 : len / 8 - 1);
		else if (one_in(2))
			put16(h + 2, one_in(2) ? any() : 0);
		if (type == IPPROTO_ROUTING) {
			h[2] = (uint8_t)below(5);
			h[3] = (uint8_t)below(3);
		}
		p->tcp += len;
	}
	p->size = p->tcp;
}

static void add_tcp_options(struct packet *p)
{
	static const uint8_t good[] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	uint8_t *tcp = p->data + p->tcp;
	unsigned int len = sizeof(good);

	memcpy(tcp + 20, good, sizeof(good));
	if (one_in(2)) {
		len = 4 * below(11);
		fill(tcp + 20, len);
	}
	tcp[12] = (uint8_t)((5 + len / 4) << 4 | (tcp[12] & 15));
	p->size += len;
}

static void add_payload(struct packet *p)
{
	uint8_t *at = p->data + p->size;
	unsigned int room = MAX_DATA - p->size;
	unsigned int len = one_in(4) ? below(room) : below(200);

	fill(at, len);
	if (len > 16 && one_in(2)) {
		/* A record of TLS, and in it a ClientHello: all but the lengths. */
		at[0] = one_in(4) ? (uint8_t)(20 + below(5)) : 22;
		put16(at + 1, 0x0301);
		put16(at + 3, one_in(2) ? len - 5 : below(20000));
		at[5] = 1;
	} else if (len > 16 && one_in(2)) {
		memcpy(at, "GET / HTTP/1.1\r\n", 16);
	}
	p->size += len;
}

static void change_ip(struct packet *p)
{
	uint8_t *ip = p->data + ETHER;

	switch (below(5)) {
	case 0:		/* its version, and of IPv4 the length of its header */
		ip[0] = (uint8_t)any();
		break;
	case 1:		/* how long it says it is */
		put16(ip + (p->v6 ? 4 : 2), one_in(2) ? any() : below(p->size));
		break;
	case 2:		/* a fragment; of IPv6 the flow label */
		put16(ip + (p->v6 ? 2 : 6), one_in(2) ? any() : 0x2000);
		break;
	case 3:
		ip[p->v6 ? 6 : 9] = (uint8_t)any();
		break;
	default:
		ip[p->v6 ? 7 : 8] = (uint8_t)any();
	}
	/* Else it would go no further than to this sum. */
	if (!p->v6 && !one_in(4)) {
		put16(ip + 10, 0);
		put16(ip + 10, fold(add(0, ip, (ip[0] & 15) * 4u)));
	}
}

static void change_tcp(struct packet *p)
{
	uint8_t *tcp = p->data + p->tcp;

	switch (below(4)) {
	case 0:
		tcp[12] = (uint8_t)any();
		break;
	case 1:
		put16(tcp + 16, any());
		return;
	case 2:
		fill(tcp + 4, 8);
		break;
	default:
		tcp[below(20)] = (uint8_t)any();
	}
	if (!one_in(4))
		fix_tcp(p);
}

static void mangle(struct packet *p)
{
	unsigned int n = below(5);

	switch (below(6)) {
	case 0:
		change_ip(p);
		break;
	case 1:
		change_tcp(p);
		break;
	case 2:		/* cut off */
		p->size = ETHER + below(p->size - ETHER);
		break;
	case 3:		/* what it says it has is not there */
		p->size = ETHER + below(p->size - ETHER);
		fix_ip(p);
		break;
	case 4:
		while (n--)
			p->data[ETHER + below(p->size - ETHER)] = (uint8_t)any();
		break;
	default:
		change_ip(p);
		change_tcp(p);
	}
}

/* What the header of the device says; some of it may be true. */
static void lie_to_device(struct packet *p)
{
	p->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->vnet.csum_start = (uint16_t)(one_in(4) ? below(p->size) : p->tcp);
	p->vnet.csum_offset = one_in(4) ? (uint16_t)below(64) : 16;
	if (one_in(2))
		return;
	p->vnet.gso_type = p->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	p->vnet.gso_size = (uint16_t)(one_in(8) ? any() : 1 + below(1400));
	p->vnet.hdr_len = (uint16_t)(one_in(4) ? any() : p->tcp + 20);
}

#endif
