// SPDX-License-Identifier: GPL-2.0
#include "network.h"

const struct packet *network_send(struct network *net,
				  const struct tcptrace_segment *seg, u8 from,
				  u8 path, bool again)
{
	struct packet *packet;

	if (net->nr == NETWORK_MAX)
		return NULL;
	packet = &net->packet[net->nr++];
	memset(packet, 0, sizeof(*packet));
	packet->seg = *seg;
	packet->serial = net->serial++;
	packet->from = from;
	packet->path = path;
	packet->again = again;
	return packet;
}

struct packet network_take(struct network *net, u8 i)
{
	struct packet packet = net->packet[i];

	net->nr--;
	memmove(&net->packet[i], &net->packet[i + 1],
		(size_t)(net->nr - i) * sizeof(packet));
	return packet;
}

bool network_double(struct network *net, u8 i)
{
	if (net->nr == NETWORK_MAX)
		return false;
	net->packet[net->nr++] = net->packet[i];
	return true;
}
