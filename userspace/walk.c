// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "core/tlsconn.h"
#include "util.h"
#include "walk.h"

/* Payload of a segment at hand, or of one that is held. */
struct source_bytes {
	struct tcptrace_payload payload;
	const struct walk_bytes *from;
};

struct copy {
	struct tcptrace_tls_held held;
	uint32_t len;		/* captured ones */
	uint8_t bytes[];
};

struct sink {
	struct tcptrace_tls_sink sink;
	const struct walks *all;
	struct tcptrace_conn *conn;
	const struct tcptrace_sighting *s;
};

static bool get_captured(const struct tcptrace_payload *payload, u32 offset,
			 u32 len, void *to)
{
	const struct source_bytes *b = (const struct source_bytes *)payload;

	if (offset > b->from->len || len > b->from->len - offset)
		return false;
	memcpy(to, b->from->bytes + offset, len);
	return true;
}

static bool get_copy(const struct tcptrace_payload *payload, u32 offset,
		     u32 len, void *to)
{
	const struct copy *copy = (const struct copy *)payload;

	if (offset > copy->len || len > copy->len - offset)
		return false;
	memcpy(to, copy->bytes + offset, len);
	return true;
}

static void put(struct tcptrace_tls_sink *sink,
		const struct tcptrace_tls_piece *piece)
{
	const struct sink *out = (const struct sink *)sink;

	tcptrace_tlsconn_record(out->conn, piece, out->s,
				out->all->room(out->all->arg));
}

/* Short ones cost more than their bytes. */
static size_t copy_size(uint32_t len)
{
	return sizeof(struct copy) + len;
}

static void free_held(struct walks *all, struct tcptrace_tls_held *list)
{
	struct tcptrace_tls_held *next;

	for (; list; list = next) {
		next = list->next;
		all->held -= copy_size(list->len);
		free(list);
	}
}

/* NULL if too much is held already. */
static struct tcptrace_tls_held *make_copy(struct walks *all,
					   const struct tcptrace_segment *seg,
					   const struct walk_bytes *bytes)
{
	struct copy *copy;

	if (copy_size(seg->len) > all->held_max - all->held)
		return NULL;
	copy = zalloc(sizeof(*copy) + bytes->len);
	copy->held.payload.get = get_copy;
	copy->held.seq = tcptrace_tlsconn_seq(seg);
	copy->held.len = seg->len;
	copy->len = bytes->len;
	if (bytes->len)
		memcpy(copy->bytes, bytes->bytes, bytes->len);
	all->held += copy_size(seg->len);
	return &copy->held;
}

/**
 * walk_look() - does a connection's stream begin with TLS
 * @w: the connection's; a walk begins if so
 * @conn: the connection
 * @s: the sighting
 * @bytes: its payload
 * @notes: what tcptrace_conn_segment() noted; how the stream begins is added
 *
 * Context: any.
 */
void walk_look(struct walk *w, const struct tcptrace_conn *conn,
	       const struct tcptrace_sighting *s, const struct walk_bytes *bytes,
	       struct tcptrace_notes *notes)
{
	const struct source_bytes b = {
		.payload.get = get_captured,
		.from = bytes,
	};

	/* What begins is noted. */
	if (!notes->nr || w->tls ||
	    !tcptrace_tlsconn_begins(conn, s, &b.payload, notes))
		return;
	w->tls = zalloc(sizeof(*w->tls));
	tcptrace_tlsconn_init(w->tls, conn, TCPTRACE_TLS_CAP);
}

static void look_for_alert(const struct tcptrace_conn *conn,
			   const struct tcptrace_sighting *s,
			   const struct tcptrace_payload *payload,
			   struct tcptrace_tls_sink *sink)
{
	struct tcptrace_tls_piece piece;

	if (tcptrace_tlsconn_alert(conn, s, payload, &piece))
		sink->put(sink, &piece);
}

/**
 * walk_payload() - walk over the payload of a segment
 * @all: of the capture; makes records
 * @w: the connection's
 * @conn: the connection
 * @s: the sighting
 * @bytes: its payload
 * @notes: what tcptrace_conn_segment() noted
 *
 * Context: any.
 */
void walk_payload(struct walks *all, struct walk *w, struct tcptrace_conn *conn,
		  const struct tcptrace_sighting *s,
		  const struct walk_bytes *bytes,
		  const struct tcptrace_notes *notes)
{
	const struct source_bytes b = {
		.payload.get = get_captured,
		.from = bytes,
	};
	struct sink out = {
		.sink.put = put, .all = all, .conn = conn, .s = s,
	};
	struct tcptrace_tls_held *held, *list = NULL;
	enum tcptrace_tls_result result;

	if (!walk_goes_on(w) ||
	    !tcptrace_tlsconn_counts(conn, s, notes))
		return;
	if (!w->tls) {
		if (!notes->repeat)
			look_for_alert(conn, s, &b.payload, &out.sink);
		return;
	}
	result = tcptrace_tlsconn_segment(w->tls, conn, s, &b.payload,
					  &out.sink, &list);
	if (result == TCPTRACE_TLS_HOLD) {
		held = make_copy(all, s->seg, bytes);
		result = held ? tcptrace_tlsrec_hold(w->tls, s->from, held,
						     &out.sink, &list) :
				tcptrace_tlsrec_miss(w->tls, s->from,
						     &out.sink, &list);
	}
	free_held(all, list);
	if (result == TCPTRACE_TLS_ENDED) {
		w->spoken = tcptrace_tlsrec_spoken(w->tls);
		free(w->tls);
		w->tls = NULL;
	}
}

/**
 * walk_abandon() - the last records of a connection are about to be written
 * @all: of the capture; makes records
 * @w: the connection's
 * @conn: the connection
 * @now_ns: when
 *
 * What was held waits in vain: there is a hole.
 *
 * Context: any.
 */
void walk_abandon(const struct walks *all, struct walk *w,
		  struct tcptrace_conn *conn, uint64_t now_ns)
{
	const struct tcptrace_sighting s = { .now_ns = now_ns };
	struct sink out;

	if (!w->tls)
		return;
	out = (struct sink) {
		.sink.put = put, .all = all, .conn = conn, .s = &s,
	};
	tcptrace_tlsrec_abandon(w->tls, &out.sink);
}

/**
 * walk_end() - a connection has ended
 * @all: of the capture
 * @w: the connection's; as if there had never been any
 *
 * Context: any.
 */
void walk_end(struct walks *all, struct walk *w)
{
	struct tcptrace_tls_held *list = NULL;

	if (w->tls) {
		tcptrace_tlsrec_clean(w->tls, &list);
		free_held(all, list);
		free(w->tls);
	}
	memset(w, 0, sizeof(*w));
}
