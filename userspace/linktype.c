// SPDX-License-Identifier: GPL-2.0
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <string.h>

#include "linktype.h"

#define ETHERTYPE_8021AD	0x88a8
#define ETHERTYPE_QINQ		0x9100		/* before 802.1ad */

/* Packet types of Linux cooked captures. */
enum {
	COOKED_HOST	= 0,
	COOKED_OUTGOING	= 4,
};

#define COOKED_V1_SIZE	16
#define COOKED_V2_SIZE	20

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Takes @size bytes off the front. */
static bool pull(struct linktype_packet *packet, size_t size)
{
	if (packet->avail < size)
		return false;
	packet->ip += size;
	packet->avail -= size;
	packet->wire -= (uint32_t)size;
	return true;
}

/* What follows an Ethernet type: VLAN tags, as many as there are, then IP. */
static enum linktype_result after_type(uint16_t type,
				       struct linktype_packet *packet)
{
	if (type == ETHERTYPE_IP)
		return LINKTYPE_IP;
	while (type == ETHERTYPE_VLAN || type == ETHERTYPE_8021AD ||
	       type == ETHERTYPE_QINQ) {
		if (!pull(packet, 4))
			return LINKTYPE_SHORT;
		type = get16(packet->ip - 2);
	}
	return type == ETHERTYPE_IP || type == ETHERTYPE_IPV6 ?
	       LINKTYPE_IP : LINKTYPE_OTHER;
}

static enum linktype_result strip_ethernet(struct linktype_packet *packet)
{
	if (!pull(packet, sizeof(struct ether_header)))
		return LINKTYPE_SHORT;
	return after_type(get16(packet->ip - 2), packet);
}

static void set_way(struct linktype_packet *packet, uint16_t type,
		    uint16_t hardware)
{
	if (type == COOKED_HOST)
		packet->way = LINKTYPE_WAY_IN;
	else if (type == COOKED_OUTGOING)
		packet->way = LINKTYPE_WAY_OUT;
	packet->cooked = true;
	packet->loopback = hardware == ARPHRD_LOOPBACK;
}

static enum linktype_result strip_cooked_v1(struct linktype_packet *packet)
{
	const uint8_t *p = packet->ip;

	if (!pull(packet, COOKED_V1_SIZE))
		return LINKTYPE_SHORT;
	set_way(packet, get16(p), get16(p + 2));
	return after_type(get16(p + 14), packet);
}

static enum linktype_result strip_cooked_v2(struct linktype_packet *packet)
{
	const uint8_t *p = packet->ip;

	if (!pull(packet, COOKED_V2_SIZE))
		return LINKTYPE_SHORT;
	set_way(packet, p[10], get16(p + 8));
	packet->ifindex = get32(p + 4);
	return after_type(get16(p), packet);
}

/*
 * Four bytes with the address family, in the byte order of the machine that
 * captured, with that system's number for IPv6: the packet itself knows.
 */
static enum linktype_result strip_loopback(struct linktype_packet *packet)
{
	if (!pull(packet, 4))
		return LINKTYPE_SHORT;
	if (!packet->avail)
		return LINKTYPE_SHORT;
	return packet->ip[0] >> 4 == 4 || packet->ip[0] >> 4 == 6 ?
	       LINKTYPE_IP : LINKTYPE_OTHER;
}

/**
 * linktype_known() - can packets of a link layer be read
 * @dlt: DLT_* of libpcap
 *
 * Context: any.
 */
bool linktype_known(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	default:
		return false;
	}
}

/**
 * linktype_strip() - find the IP packet in a captured one
 * @dlt: DLT_* of libpcap
 * @p: its first byte
 * @caplen: bytes captured
 * @len: bytes that there were
 * @ret_packet: what is left
 *
 * Context: any; reads nothing beyond @caplen.
 * Return: whether IP follows; @ret_packet counts only then.
 */
enum linktype_result linktype_strip(int dlt, const uint8_t *p, size_t caplen,
				    uint32_t len,
				    struct linktype_packet *ret_packet)
{
	memset(ret_packet, 0, sizeof(*ret_packet));
	ret_packet->ip = p;
	ret_packet->avail = caplen;
	/* Some programs cut packets without a word. */
	ret_packet->wire = len < caplen ? (uint32_t)caplen : len;

	switch (dlt) {
	case DLT_EN10MB:
		return strip_ethernet(ret_packet);
	case DLT_LINUX_SLL:
		return strip_cooked_v1(ret_packet);
	case DLT_LINUX_SLL2:
		return strip_cooked_v2(ret_packet);
	case DLT_NULL:
	case DLT_LOOP:
		return strip_loopback(ret_packet);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return caplen ? LINKTYPE_IP : LINKTYPE_SHORT;
	default:
		return LINKTYPE_OTHER;
	}
}
