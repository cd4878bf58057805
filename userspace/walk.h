/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TLS handshakes of a capture: what module/tls.c is to the module. A walk
 * over records is had by a connection whose stream may begin with TLS, until
 * what is encrypted begins; what it holds is bounded, for all of them as well.
 */
#ifndef _TCPTIMELINE_WALK_H
#define _TCPTIMELINE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/conn.h"

struct tcptrace_tls;

/* Where the next record goes, which is filled in before the one after it. */
typedef struct tcptrace_record *(*walk_room_fn)(void *arg);

/**
 * struct walks - what the walks of a capture share
 * @held: bytes of copies of payload that wait for what precedes it
 * @held_max: no more than these
 * @room: has room for the records
 * @arg: its first argument
 */
struct walks {
	size_t held;
	size_t held_max;
	walk_room_fn room;
	void *arg;
};

/**
 * struct walk - a connection's
 * @tls: the walk; NULL where there is none (yet, or any more)
 * @spoken: it is over, and both ends spoke TLS
 */
struct walk {
	struct tcptrace_tls *tls;
	bool spoken;
};

/**
 * struct walk_bytes - payload of a captured segment
 * @bytes: as far as it was captured
 * @len: how many of them
 */
struct walk_bytes {
	const uint8_t *bytes;
	uint32_t len;
};

/**
 * walk_goes_on() - is the payload of a connection of interest
 * @w: the connection's
 *
 * Context: any.
 * Return: false if walk_payload() has nothing to do.
 */
static inline bool walk_goes_on(const struct walk *w)
{
	return w->tls || w->spoken;
}

void walk_look(struct walk *w, const struct tcptrace_conn *conn,
	       const struct tcptrace_sighting *s, const struct walk_bytes *bytes,
	       struct tcptrace_notes *notes);
void walk_payload(struct walks *all, struct walk *w, struct tcptrace_conn *conn,
		  const struct tcptrace_sighting *s,
		  const struct walk_bytes *bytes,
		  const struct tcptrace_notes *notes);
void walk_abandon(const struct walks *all, struct walk *w,
		  struct tcptrace_conn *conn, uint64_t now_ns);
void walk_end(struct walks *all, struct walk *w);

#endif /* _TCPTIMELINE_WALK_H */
