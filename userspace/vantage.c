// SPDX-License-Identifier: GPL-2.0
#include "vantage.h"

static bool same_packet(const struct vantage_print *a,
			const struct vantage_print *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->options == b->options && a->flags == b->flags &&
	       a->win == b->win && a->id == b->id;
}

static bool same_place(const struct vantage_print *a,
		       const struct vantage_print *b)
{
	return a->way == b->way && a->ifindex == b->ifindex &&
	       a->ttl == b->ttl;
}

/* The packet, seen elsewhere before; what is sent anew is seen here again. */
static const struct vantage_print *find(const struct vantage *v,
					const struct vantage_print *print,
					uint8_t sender)
{
	const struct vantage_print *p;
	unsigned int i;

	for (i = 0; i < VANTAGE_PRINTS; i++) {
		p = &v->print[sender][i];
		if (p->flags && same_packet(p, print) && !same_place(p, print))
			return p;
	}
	return NULL;
}

static void remember(struct vantage *v, const struct vantage_print *print,
		     uint8_t sender)
{
	v->print[sender][v->next[sender]] = *print;
	v->next[sender] = (v->next[sender] + 1) % VANTAGE_PRINTS;
}

/**
 * vantage_find() - where a packet of a cooked capture was seen
 * @v: what is known of its connection
 * @print: the packet
 * @sender: 0 or 1, always the same for the same endpoint
 *
 * Not for loopback interfaces, where a packet leaves and then arrives.
 *
 * Context: any.
 * Return: enum tcptrace_vantage; TCPTRACE_NOWHERE for a packet that was seen
 * before, elsewhere on the same host.
 */
uint8_t vantage_find(struct vantage *v, const struct vantage_print *print,
		     uint8_t sender)
{
	const struct vantage_print *before = find(v, print, sender);
	uint8_t way = print->way;

	if (before) {
		/* It came in and goes out again, or a router has seen it. */
		if (before->ttl != print->ttl ||
		    (before->way == LINKTYPE_WAY_IN &&
		     way == LINKTYPE_WAY_OUT))
			v->passing = true;
		return TCPTRACE_NOWHERE;
	}
	remember(v, print, sender);
	/* On its way through a bridge of this host to an end on this host. */
	if (way == LINKTYPE_WAY_UNKNOWN && v->left[!sender])
		way = LINKTYPE_WAY_IN;
	if (way == LINKTYPE_WAY_OUT)
		v->left[sender] = true;
	else if (way == LINKTYPE_WAY_IN)
		v->came[sender] = true;
	if (v->left[sender] && v->came[sender])
		v->passing = true;
	if (v->passing || way == LINKTYPE_WAY_UNKNOWN)
		return TCPTRACE_PASSES;
	return way == LINKTYPE_WAY_OUT ? TCPTRACE_LEAVES : TCPTRACE_ARRIVES;
}
