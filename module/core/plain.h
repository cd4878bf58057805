/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of most segments: new data in order, or its ACK, between two ends
 * that are known to be established. What tcptrace_conn_segment() does with
 * one, and no more: it moves numbers, and is worth no record.
 */
#ifndef _TCPTRACE_PLAIN_H
#define _TCPTRACE_PLAIN_H

#include "conn.h"
#include "parse.h"

/*
 * All that an end has shown by the time that it sends plain segments; without
 * its SYN, the windows' scale is not known.
 */
#define TCPTRACE_PLAIN_SEEN	(TCPTRACE_END_SEEN | TCPTRACE_END_ACKED | \
				 TCPTRACE_END_RCV | TCPTRACE_END_SYN)

/* Neither opens nor closes anything. */
static __always_inline bool tcptrace_plain_flags(u16 flags)
{
	return (flags & (TCPTRACE_SYN | TCPTRACE_FIN | TCPTRACE_RST |
			 TCPTRACE_ACK)) == TCPTRACE_ACK;
}

/* TCPTRACE_CONN_*: its first data was noted, and no end of it yet. */
static __always_inline bool tcptrace_plain_conn(u8 flags)
{
	return (flags & (TCPTRACE_CONN_DATA | TCPTRACE_CONN_CLOSING |
			 TCPTRACE_CONN_ENDED)) == TCPTRACE_CONN_DATA;
}

/* Known to be established, no inference and no doubt. */
static __always_inline bool tcptrace_plain_end(const struct tcptrace_end *end, u32 also)
{
	also |= TCPTRACE_PLAIN_SEEN;
	return end->state == TCPTRACE_ESTABLISHED &&
	       end->sure == TCPTRACE_ESTABLISHED && !end->doubts &&
	       (end->flags & also) == also;
}

/* The sender's half; false if the segment is not plain, and nothing is done. */
static __always_inline bool
tcptrace_plain_send(struct tcptrace_end *x, const struct tcptrace_end *y,
		    const struct tcptrace_segment *seg)
{
	if (seg->seq != x->snd_nxt || x->hole != x->hole_end)
		return false;
	x->count.segs += seg->segs;
	if (seg->len) {
		x->flags |= TCPTRACE_END_DATA;
		x->data_segs += seg->segs;
		x->count.bytes += seg->len;
		x->snd_nxt = seg->end;
	}
	tcptrace_end_acks(x, seg->ack, seg->ack + ((u32)seg->win <<
						   tcptrace_end_wscale(x, y)));
	return true;
}

/**
 * tcptrace_plain_parse() - read a TCP header, if it looks like a plain one
 * @th: TCPTRACE_TCP_HEADER_MIN bytes; need not be aligned
 * @total: bytes of header and payload, at least TCPTRACE_TCP_HEADER_MIN
 * @ret_seg: what tcptrace_plain() looks at of the segment, with @segs 1
 *
 * Context: any.
 * Return: false if it is for tcptrace_parse_tcp() to say what it is.
 */
static __always_inline bool
tcptrace_plain_parse(const u8 *th, u32 total, struct tcptrace_segment *ret_seg)
{
	const u16 word = tcptrace_get16(th + 12);
	const u32 hlen = (word >> 12) * 4;

	if (!tcptrace_plain_flags(word) ||
	    hlen < TCPTRACE_TCP_HEADER_MIN || hlen > total)
		return false;
	ret_seg->seq = tcptrace_get32(th + 4);
	ret_seg->ack = tcptrace_get32(th + 8);
	ret_seg->len = total - hlen;
	ret_seg->end = ret_seg->seq + ret_seg->len;
	ret_seg->flags = TCPTRACE_ACK;
	ret_seg->win = tcptrace_get16(th + 14);
	ret_seg->segs = 1;
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
static __always_inline bool
tcptrace_plain(struct tcptrace_conn *conn, const struct tcptrace_segment *seg,
	       unsigned int from, u8 vantage, bool to_local)
{
	/* One product for both: an index of its own would take another. */
	struct tcptrace_end *x = &conn->end[0] + from, *y = &conn->end[1] - from;
	const bool arrives = vantage == TCPTRACE_ARRIVES;
	const u32 y_local = arrives || to_local ? TCPTRACE_END_LOCAL : 0;
	bool taken;

	TCPTRACE_KEEP(x);
	TCPTRACE_KEEP(y);
	/* Judged on arrival, where that will be seen. */
	taken = seg->len && (arrives || !(y->flags & TCPTRACE_END_LOCAL));

	if (!tcptrace_plain_flags(seg->flags) ||
	    !tcptrace_plain_conn(conn->flags))
		return false;
	if (!tcptrace_plain_end(x, vantage == TCPTRACE_LEAVES ?
				   TCPTRACE_END_LOCAL : 0) ||
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
