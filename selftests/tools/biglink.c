// SPDX-License-Identifier: GPL-2.0
/*
 * biglink - let a device of this network namespace carry BIG TCP
 *
 *	biglink DEV BYTES
 *
 * Asks for super-packets of so many bytes, of either family, and prints what
 * there is then: a line "ipv6 BYTES" if the kernel knows BIG TCP of IPv6 (it
 * does since 5.19), "ipv4 BYTES" for IPv4 (6.3). ip(8) of the same age as the
 * kernel could do it; this one may be older.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Headers may be older than the kernel. */
enum {
	GSO_MAX		= 41,	/* IFLA_GSO_MAX_SIZE */
	GRO_MAX		= 58,
	TSO_MAX		= 59,	/* came with BIG TCP */
	GSO_IPV4_MAX	= 63,
	GRO_IPV4_MAX	= 64,
	NR_ATTRS	= 128,
};

struct request {
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	char attrs[64];
};

static char answer[65536];

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "biglink: %s: %m\n", what);
	exit(1);
}

/* Return: 0, or the negative error number that the kernel has answered. */
static int ask(int fd, struct request *req)
{
	struct nlmsghdr *hdr = (void *)answer;
	const struct nlmsgerr *err = NLMSG_DATA(hdr);

	req->hdr.nlmsg_flags |= NLM_F_REQUEST;
	if (send(fd, req, req->hdr.nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*hdr))
		fail("netlink");
	return hdr->nlmsg_type == NLMSG_ERROR ? err->error : 0;
}

/* An old kernel refuses what it does not know, or lets it be. */
static void set(int fd, unsigned int ifindex, unsigned short attr,
		uint32_t bytes)
{
	struct request req = {
		.hdr.nlmsg_type = RTM_NEWLINK,
		.hdr.nlmsg_flags = NLM_F_ACK,
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(req.info)) + RTA_LENGTH(4),
		.info.ifi_index = (int)ifindex,
	};
	struct rtattr *rta = (void *)req.attrs;

	rta->rta_type = attr;
	rta->rta_len = RTA_LENGTH(4);
	memcpy(RTA_DATA(rta), &bytes, 4);
	ask(fd, &req);
}

static void get(int fd, unsigned int ifindex, uint32_t *ret_value)
{
	struct request req = {
		.hdr.nlmsg_type = RTM_GETLINK,
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(req.info)),
		.info.ifi_index = (int)ifindex,
	};
	struct nlmsghdr *hdr = (void *)answer;
	struct rtattr *rta;
	int left;

	if (ask(fd, &req))
		fail("no such device");
	rta = IFLA_RTA(NLMSG_DATA(hdr));
	left = (int)(hdr->nlmsg_len - NLMSG_LENGTH(sizeof(req.info)));
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type < NR_ATTRS && RTA_PAYLOAD(rta) == 4)
			memcpy(&ret_value[rta->rta_type], RTA_DATA(rta), 4);
}

int main(int argc, char **argv)
{
	static const unsigned short attrs[] = {
		GSO_MAX, GRO_MAX, GSO_IPV4_MAX, GRO_IPV4_MAX,
	};
	uint32_t value[NR_ATTRS] = { 0 };
	unsigned int i, ifindex;
	int fd;

	if (argc != 3) {
		fputs("usage: biglink DEV BYTES\n", stderr);
		return 2;
	}
	ifindex = if_nametoindex(argv[1]);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (!ifindex || fd < 0)
		fail(argv[1]);
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		set(fd, ifindex, attrs[i], (uint32_t)atoi(argv[2]));
	get(fd, ifindex, value);
	if (value[TSO_MAX])
		printf("ipv6 %u\n", value[GSO_MAX]);
	if (value[GSO_IPV4_MAX])
		printf("ipv4 %u\n", value[GSO_IPV4_MAX]);
	return 0;
}
