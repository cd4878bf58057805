// SPDX-License-Identifier: GPL-2.0
#include "tlsconn.h"

/* As many bytes as tcptrace_tlsrec_opening() looks at. */
#define OPENING_BYTES	8

TCPTRACE_ASSERT(TCPTRACE_TLS_MAX_ALERTS <= (u32)-1 / TCPTRACE_END_ALERT,
		"are counted in the flags");

static struct tcptrace_note *first_data(struct tcptrace_notes *notes)
{
	u8 i;

	for (i = 0; i < notes->nr; i++)
		if (notes->note[i].kind == TCPTRACE_REC_COUNT &&
		    notes->note[i].why == TCPTRACE_WHY_FIRST_DATA)
			return &notes->note[i];
	return NULL;
}

bool tcptrace_tlsconn_begins(const struct tcptrace_conn *conn,
			     const struct tcptrace_sighting *s,
			     const struct tcptrace_payload *payload,
			     struct tcptrace_notes *notes)
{
	const struct tcptrace_end *client = &conn->end[TCPTRACE_CLIENT];
	const u32 seq = tcptrace_tlsconn_seq(s->seg);
	struct tcptrace_note *note;
	enum tcptrace_opening opening;
	u8 bytes[OPENING_BYTES];
	u32 len = s->seg->len;

	if (!len || s->from != TCPTRACE_CLIENT ||
	    !(client->flags & TCPTRACE_END_SYN))
		return false;
	note = first_data(notes);
	if (!note)
		return false;
	if (seq != client->isn + 1)
		return tcptrace_after(seq, client->isn + 1) &&
		       seq + len - client->isn - 1 <= TCPTRACE_TLS_AHEAD;
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	if (!payload->get(payload, 0, len, bytes))
		return false;
	opening = tcptrace_tlsrec_opening(bytes, len);
	note->rflags |= opening << TCPTRACE_OPENING_SHIFT;
	return opening == TCPTRACE_OPENING_TLS;
}

void tcptrace_tlsconn_init(struct tcptrace_tls *tls,
			   const struct tcptrace_conn *conn, u32 cap)
{
	u8 i;

	tcptrace_tlsrec_init(tls, conn->end[TCPTRACE_CLIENT].isn + 1,
			     conn->end[TCPTRACE_SERVER].isn + 1, cap);
	/* With Fast Open the client's data may come before the SYN-ACK. */
	for (i = 0; i < 2; i++)
		if (!(conn->end[i].flags & TCPTRACE_END_SYN))
			tls->dir[i].flags |= TCPTRACE_TLS_NO_BASE;
}

enum tcptrace_tls_result
tcptrace_tlsconn_segment(struct tcptrace_tls *tls,
			 const struct tcptrace_conn *conn,
			 const struct tcptrace_sighting *s,
			 const struct tcptrace_payload *payload,
			 struct tcptrace_tls_sink *sink,
			 struct tcptrace_tls_held **ret_free)
{
	struct tcptrace_tls_dir *dir = &tls->dir[s->from];
	const struct tcptrace_end *x = &conn->end[s->from];

	if (dir->flags & TCPTRACE_TLS_NO_BASE) {
		/* Its SYN was missed: where its stream begins is not known. */
		if (!(x->flags & TCPTRACE_END_SYN))
			return tcptrace_tlsrec_miss(tls, s->from, sink, ret_free);
		dir->flags &= ~TCPTRACE_TLS_NO_BASE;
		dir->base = x->isn + 1;
		dir->next = dir->base;
	}
	return tcptrace_tlsrec_segment(tls, s->from, tcptrace_tlsconn_seq(s->seg),
				       s->seg->len, payload, sink, ret_free);
}

bool tcptrace_tlsconn_alert(const struct tcptrace_conn *conn,
			    const struct tcptrace_sighting *s,
			    const struct tcptrace_payload *payload,
			    struct tcptrace_tls_piece *ret_piece)
{
	const struct tcptrace_end *x = &conn->end[s->from];
	const struct tcptrace_segment *seg = s->seg;
	u8 head[TCPTRACE_TLS_HEADER];

	if (seg->len <= TCPTRACE_TLS_HEADER ||
	    seg->len > TCPTRACE_TLS_ALERT_MAX ||
	    x->flags / TCPTRACE_END_ALERT >= TCPTRACE_TLS_MAX_ALERTS ||
	    !payload->get(payload, 0, sizeof(head), head))
		return false;
	memset(ret_piece, 0, sizeof(*ret_piece));
	if (!tcptrace_tlsrec_alert(head, seg->len, ret_piece))
		return false;
	ret_piece->why = TCPTRACE_WHY_TLS_ALERT;
	ret_piece->from = s->from;
	ret_piece->offset = tcptrace_tlsconn_seq(seg) - x->isn - 1;
	return true;
}

void tcptrace_tlsconn_record(struct tcptrace_conn *conn,
			     const struct tcptrace_tls_piece *piece,
			     const struct tcptrace_sighting *s,
			     struct tcptrace_record *rec)
{
	struct tcptrace_tls_record tls = {
		.t_ns = s->now_ns,
		.conn = conn->id,
		.n = conn->n++,
		.kind = TCPTRACE_REC_TLS,
		.from = piece->from,
		.vantage = s->vantage,
		.len = piece->len,
		.offset = piece->offset,
		.type = piece->type,
		.why = piece->why,
		.version = piece->version,
		.length = piece->length,
	};
	const u32 first = piece->len < sizeof(tls.head) ? piece->len :
							  sizeof(tls.head);

	if (piece->why == TCPTRACE_WHY_TLS_ALERT)
		conn->end[piece->from].flags += TCPTRACE_END_ALERT;
	memcpy(tls.head, piece->bytes, first);
	memcpy(tls.tail, piece->bytes + first, piece->len - first);
	memcpy(rec, &tls, sizeof(tls));
}
