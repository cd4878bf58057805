// SPDX-License-Identifier: GPL-2.0
/*
 * crowd - SYNs of so many connections that nobody hears
 *
 *	crowd NUMBER
 *
 * Each is another connection, to port 81 of one of 198.18.0.0/15, which nobody
 * answers; the caller sees to a route.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FIRST_PORT	1024u
#define PORTS		60000u
#define SOURCE		0xc6120001u	/* 198.18.0.1 */
#define TO_PORT		81

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
};

static uint32_t sum(const void *p, size_t size, uint32_t sum)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < size; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return htons((uint16_t)~sum);
}

static void fill(struct packet *p, uint32_t n)
{
	uint32_t s;

	memset(p, 0, sizeof(*p));
	p->ip.version = 4;
	p->ip.ihl = 5;
	p->ip.tot_len = htons(sizeof(*p));
	p->ip.ttl = 64;
	p->ip.protocol = IPPROTO_TCP;
	p->ip.saddr = htonl(SOURCE);
	p->ip.daddr = htonl(SOURCE + 1 + n / PORTS);
	p->tcp.source = htons((uint16_t)(FIRST_PORT + n % PORTS));
	p->tcp.dest = htons(TO_PORT);
	p->tcp.seq = htonl(n);
	p->tcp.syn = 1;
	p->tcp.doff = 5;
	p->tcp.window = htons(65535);
	s = sum(&p->ip.saddr, 8, IPPROTO_TCP + sizeof(p->tcp));
	p->tcp.check = folded(sum(&p->tcp, sizeof(p->tcp), s));
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(SOURCE + 1),
	};
	struct packet p;
	uint32_t i, nr;
	int fd;

	if (argc != 2)
		errx(2, "usage: crowd NUMBER");
	nr = (uint32_t)strtoul(argv[1], NULL, 0);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		err(1, "socket");
	for (i = 0; i < nr; i++) {
		fill(&p, i);
		if (sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to,
			   sizeof(to)) != sizeof(p))
			err(1, "sendto");
	}
	return 0;
}
