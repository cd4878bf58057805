/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long each part of a connection's life took, and which of them was slow.
 * Each part begins and ends with the first sighting of what is sent first.
 * Those of TLS lie within the time that it was open.
 */
#ifndef _TCPTIMELINE_PHASE_H
#define _TCPTIMELINE_PHASE_H

#include "story.h"
#include "text.h"

enum phase {
	PHASE_SYN_SYNACK,	/* until the server answers */
	PHASE_SYNACK_ACK,	/* until both are established */
	PHASE_TLS,		/* from the ClientHello until both have the key */
	PHASE_FIRST_BYTE,	/* from the first request within TLS to its answer */
	PHASE_OPEN,		/* until a FIN or an RST */
	PHASE_FIN_FIN,		/* until the other side closes too */
	PHASE_FIN_ACK,		/* until that is acknowledged */
	PHASE_NR,
};

bool phase_time(const struct story *s, enum phase which, uint64_t *ret_ns);
const char *phase_key(enum phase which);
void phase_name(enum phase which, const struct terminal *term, struct text *t);
enum phase phase_slow(const struct story *s);
void phase_wait(const struct story *s, enum phase which, struct text *t);

#endif /* _TCPTIMELINE_PHASE_H */
