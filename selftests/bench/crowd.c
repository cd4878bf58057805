// SPDX-License-Identifier: GPL-2.0
/*
 * crowd - SYNs of so many connections that nobody hears
 *
 *	crowd NUMBER
 *
 * Each is another connection, to port 81 of one of 198.18.0.0/15, which nobody
 * answers; the caller sees to a route.
 */
#include <err.h>
#include <stdlib.h>

#include "../tools/forge.h"

#define FIRST_PORT	1024u
#define PORTS		60000u
#define SOURCE		0xc6120001u	/* 198.18.0.1 */
#define TO_PORT		81

static struct sockaddr_in address(uint32_t addr, unsigned int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
		.sin_port = htons((uint16_t)port),
	};
}

/* Unlike forge_send() by a raw socket: it is to be seen to leave. */
static void send_syn(int fd, uint32_t n)
{
	const struct sockaddr_in from = address(SOURCE, FIRST_PORT + n % PORTS);
	const struct sockaddr_in to = address(SOURCE + 1 + n / PORTS, TO_PORT);
	struct forgery f = { .seq = n, .flags = FORGE_SYN };
	uint8_t packet[40];
	size_t size;

	memcpy(&f.from, &from, sizeof(from));
	memcpy(&f.to, &to, sizeof(to));
	size = forge_build(&f, packet);
	if (sendto(fd, packet, size, 0, (const void *)&to, sizeof(to)) < 0)
		err(1, "sendto");
}

int main(int argc, char **argv)
{
	uint32_t i, nr;
	int fd;

	if (argc != 2)
		errx(2, "usage: crowd NUMBER");
	nr = (uint32_t)strtoul(argv[1], NULL, 0);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		err(1, "socket");
	for (i = 0; i < nr; i++)
		send_syn(fd, i);
	return 0;
}
