/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forge.h - a TCP segment that no socket sends, put on a cable or on lo.
 *
 * It goes out through a packet socket: netfilter of the sending namespace does
 * not see it, the receiver's does, as of a segment from the network.
 */
#ifndef _TCPTRACE_TOOLS_FORGE_H
#define _TCPTRACE_TOOLS_FORGE_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FORGE_FIN	0x01
#define FORGE_SYN	0x02
#define FORGE_RST	0x04
#define FORGE_ACK	0x10

/**
 * struct forgery - a segment without options
 * @from: source
 * @to: destination
 * @seq: its number
 * @ack: its acknowledgement number
 * @len: bytes of payload
 * @flags: FORGE_*
 * @bad: its checksum is wrong
 */
struct forgery {
	struct sockaddr_storage from;
	struct sockaddr_storage to;
	uint32_t seq;
	uint32_t ack;
	unsigned int len;
	uint8_t flags;
	bool bad;
};

static void forge_put(uint8_t *at, uint32_t value, unsigned int bytes)
{
	while (bytes--) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* RFC 1071. */
static uint32_t forge_add(uint32_t sum, const uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static uint16_t forge_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Writes the IP header in front of @len bytes of TCP. Return: its size. */
static size_t forge_ip(const struct forgery *f, size_t len, uint8_t *ip)
{
	const struct sockaddr_in6 *from6 = (const void *)&f->from;
	const struct sockaddr_in6 *to6 = (const void *)&f->to;
	const struct sockaddr_in *from = (const void *)&f->from;
	const struct sockaddr_in *to = (const void *)&f->to;

	if (f->from.ss_family == AF_INET6) {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		forge_put(ip + 4, (uint32_t)len, 2);
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		memcpy(ip + 8, &from6->sin6_addr, 16);
		memcpy(ip + 24, &to6->sin6_addr, 16);
		return 40;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	forge_put(ip + 2, (uint32_t)(20 + len), 2);
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, &from->sin_addr, 4);
	memcpy(ip + 16, &to->sin_addr, 4);
	forge_put(ip + 10, forge_fold(forge_add(0, ip, 20)), 2);
	return 20;
}

static size_t forge_build(const struct forgery *f, uint8_t *ip)
{
	const size_t len = 20 + f->len, head = forge_ip(f, len, ip);
	const size_t addresses = head == 40 ? 32 : 8;
	uint8_t *tcp = ip + head;
	uint16_t sum;

	memset(tcp, 0, 20);
	memset(tcp + 20, 'x', f->len);
	/* Of either family, the port is at the same place. */
	memcpy(tcp, &((const struct sockaddr_in *)&f->from)->sin_port, 2);
	memcpy(tcp + 2, &((const struct sockaddr_in *)&f->to)->sin_port, 2);
	forge_put(tcp + 4, f->seq, 4);
	forge_put(tcp + 8, f->flags & FORGE_ACK ? f->ack : 0, 4);
	tcp[12] = 5 << 4;
	tcp[13] = f->flags;
	forge_put(tcp + 14, 512, 2);
	/* Of the pseudo-header: addresses, protocol, length. */
	sum = forge_fold(forge_add(forge_add(IPPROTO_TCP + (uint32_t)len,
					     tcp - addresses, addresses),
				   tcp, len));
	forge_put(tcp + 16, f->bad ? sum ^ 1 : sum, 2);
	return head + len;
}

/* How long a neighbour may take to answer, in steps of 10 ms. */
#define FORGE_PATIENCE	200

/*
 * The neighbour's address. One that has not been spoken to yet is sent an empty
 * datagram, so that the kernel asks. On lo it is all zeroes. No ioctl tells that
 * of an IPv6 neighbour.
 */
static bool forge_neighbour(int fd, const char *dev, const struct forgery *f,
			    struct sockaddr_ll *ret_ll)
{
	struct sockaddr_in discard;
	struct arpreq req = { 0 };
	int left;

	if (!strcmp(dev, "lo"))
		return true;
	if (f->to.ss_family != AF_INET) {
		errno = EAFNOSUPPORT;
		return false;
	}
	memcpy(&req.arp_pa, &f->to, sizeof(req.arp_pa));
	memcpy(&discard, &f->to, sizeof(discard));
	discard.sin_port = htons(9);
	strncpy(req.arp_dev, dev, sizeof(req.arp_dev) - 1);
	for (left = FORGE_PATIENCE; left; left--) {
		if (!ioctl(fd, SIOCGARP, &req) && (req.arp_flags & ATF_COM))
			break;
		if (left == FORGE_PATIENCE)
			sendto(fd, "", 0, 0, (const void *)&discard,
			       sizeof(discard));
		usleep(10000);
	}
	if (!left)
		return false;
	memcpy(ret_ll->sll_addr, req.arp_ha.sa_data, ETH_ALEN);
	return true;
}

/**
 * forge_send() - send a segment
 * @f: the segment
 * @dev: name of a device in the thread's network namespace
 *
 * Return: whether it was sent; errno says why not.
 */
static bool forge_send(const struct forgery *f, const char *dev)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(f->from.ss_family == AF_INET6 ?
				      ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(dev),
		.sll_halen = ETH_ALEN,
	};
	uint8_t packet[1500];
	int in, fd;
	bool sent;

	in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sent = in >= 0 && fd >= 0 && f->len <= 1000 &&
	       forge_neighbour(in, dev, f, &ll) &&
	       sendto(fd, packet, forge_build(f, packet), 0, (void *)&ll,
		      sizeof(ll)) > 0;
	close(in);
	close(fd);
	return sent;
}

#endif
