/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of most segments: new data in order, or its ACK, between two ends
 * that are known to be established. What tcptrace_conn_segment() does with
 * one, and no more: it moves numbers, and is worth no record.
 */
#ifndef _TCPTRACE_PLAIN_H
#define _TCPTRACE_PLAIN_H

#include "conn.h"

/* All that an end has shown by the time that it sends plain segments. */
#define TCPTRACE_PLAIN_SEEN	(TCPTRACE_END_SEEN | TCPTRACE_END_ACKED | \
				 TCPTRACE_END_RCV)

/* Known to be established, no inference and no doubt. */
static inline bool tcptrace_plain_end(const struct tcptrace_end *end, u32 also)
{
	also |= TCPTRACE_PLAIN_SEEN;
	return end->state == TCPTRACE_ESTABLISHED &&
	       end->sure == TCPTRACE_ESTABLISHED && !end->doubts &&
	       (end->flags & also) == also;
}

/* The sender's half; false if the segment is not plain, and nothing is done. */
static inline bool tcptrace_plain_send(struct tcptrace_end *x,
				       const struct tcptrace_end *y,
				       const struct tcptrace_segment *seg)
{
	if (seg->seq != x->snd_nxt || x->hole != x->hole_end)
		return false;
	/* Else the window's scale is not known. */
	if (!(x->flags & y->flags & TCPTRACE_END_SYN))
		return false;
	x->count.segs += seg->segs;
	if (seg->len) {
		x->data_segs += seg->segs;
		x->count.bytes += seg->len;
		x->snd_nxt = seg->end;
	}
	tcptrace_end_acks(x, seg->ack, seg->ack + ((u32)seg->win <<
						   tcptrace_end_wscale(x, y)));
	return true;
}

/**
 * tcptrace_plain() - take a segment, if it is a plain one
 * @conn: its connection; the caller serialises
 * @seg: the segment; @mss, @wscale, @opts and the ports are not looked at
 * @from: who sent it
 * @vantage: where it was sighted
 * @to_local: its receiver lives on this host
 *
 * Context: any.
 * Return: true if it was taken. False if it is for tcptrace_conn_segment() to
 * say what it is: nothing was done.
 */
static inline bool tcptrace_plain(struct tcptrace_conn *conn,
				  const struct tcptrace_segment *seg, u8 from,
				  u8 vantage, bool to_local)
{
	struct tcptrace_end *x = &conn->end[from], *y = &conn->end[!from];
	const bool arrives = vantage == TCPTRACE_ARRIVES;
	const u32 y_local = arrives || to_local ? TCPTRACE_END_LOCAL : 0;
	bool taken;

	TCPTRACE_KEEP(x);
	TCPTRACE_KEEP(y);
	/* Judged on arrival, where that will be seen. */
	taken = seg->len && (arrives || !(y->flags & TCPTRACE_END_LOCAL));

	if ((seg->flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST |
			   TCPTRACE_ACK)) != TCPTRACE_ACK ||
	    !(conn->flags & TCPTRACE_CONN_DATA) ||
	    (conn->flags & (TCPTRACE_CONN_CLOSING | TCPTRACE_CONN_ENDED)))
		return false;
	if (!tcptrace_plain_end(x, (vantage == TCPTRACE_LEAVES ?
				    TCPTRACE_END_LOCAL : 0) |
				   (seg->len ? TCPTRACE_END_DATA : 0)) ||
	    !tcptrace_plain_end(y, y_local))
		return false;
	/* In its receiver's window, and acknowledging what that has sent. */
	if (tcptrace_before(seg->end, y->acked) ||
	    tcptrace_after(seg->seq, y->edge) ||
	    tcptrace_after(seg->ack, y->snd_nxt))
		return false;
	/* What is not next is not for here. */
	if (taken &&
	    (seg->seq != y->rcv_nxt || y->early != y->early_end ||
	     (y->flags & TCPTRACE_END_FORGOT)))
		return false;
	if (!(arrives && (x->flags & TCPTRACE_END_LOCAL)) &&
	    !tcptrace_plain_send(x, y, seg))
		return false;
	if (taken) {
		y->rcv_nxt = seg->end;
		if (tcptrace_after(seg->end, y->ahead))
			y->ahead = seg->end;
	}
	return true;
}

#endif /* _TCPTRACE_PLAIN_H */
