/* SPDX-License-Identifier: GPL-2.0 */
/* Which connections are walked for TLS, and from where on. */
#ifndef _TCPTRACE_TLSCONN_H
#define _TCPTRACE_TLSCONN_H

#include "conn.h"
#include "tlsrec.h"

/**
 * tcptrace_tlsconn_begins() - does a segment begin a stream that is walked
 * @conn: its connection, after tcptrace_conn_segment()
 * @s: the sighting
 * @payload: the segment's bytes
 * @notes: what tcptrace_conn_segment() noted; how the stream begins is added
 *
 * It does if it is the first to carry data, is the client's, and begins with a
 * TLS handshake record, or comes before the one that may.
 *
 * Context: any; the caller serialises.
 */
bool tcptrace_tlsconn_begins(const struct tcptrace_conn *conn,
			     const struct tcptrace_sighting *s,
			     const struct tcptrace_payload *payload,
			     struct tcptrace_notes *notes);

/**
 * tcptrace_tlsconn_init() - begin to walk
 * @tls: all of it is written
 * @conn: the connection
 * @cap: of how many bytes of each direction bodies are copied
 *
 * Context: any; the caller serialises.
 */
void tcptrace_tlsconn_init(struct tcptrace_tls *tls,
			   const struct tcptrace_conn *conn, u32 cap);

/**
 * tcptrace_tlsconn_counts() - is there payload in a sighting to be walked over
 * @conn: the connection
 * @s: the sighting
 * @notes: what tcptrace_conn_segment() noted
 *
 * There is none in what its sender did not send, in a reset, and after the end.
 *
 * Context: any; the caller serialises.
 */
static inline bool
tcptrace_tlsconn_counts(const struct tcptrace_conn *conn,
			const struct tcptrace_sighting *s,
			const struct tcptrace_notes *notes)
{
	return s->seg->len && !notes->foreign &&
	       !(s->seg->flags & TCPTRACE_RST) &&
	       !(conn->flags & TCPTRACE_CONN_ENDED);
}

/**
 * tcptrace_tlsconn_segment() - payload was sighted
 * @tls: the connection's; the caller serialises
 * @conn: the connection
 * @s: the sighting, for which tcptrace_tlsconn_counts()
 * @payload: its bytes
 * @sink: takes what is worth a record
 * @ret_free: as for tcptrace_tlsrec_segment()
 *
 * Context: any.
 * Return: as tcptrace_tlsrec_segment().
 */
enum tcptrace_tls_result
tcptrace_tlsconn_segment(struct tcptrace_tls *tls,
			 const struct tcptrace_conn *conn,
			 const struct tcptrace_sighting *s,
			 const struct tcptrace_payload *payload,
			 struct tcptrace_tls_sink *sink,
			 struct tcptrace_tls_held **ret_free);

/**
 * tcptrace_tlsconn_alert() - after the walk: is a segment an encrypted alert
 * @conn: the connection
 * @s: the sighting, for which tcptrace_tlsconn_counts(); and its payload was
 *	not sighted before
 * @payload: the segment's bytes
 * @ret_piece: what is worth a record; undefined if nothing is
 *
 * Context: any; the caller serialises.
 */
bool tcptrace_tlsconn_alert(const struct tcptrace_conn *conn,
			    const struct tcptrace_sighting *s,
			    const struct tcptrace_payload *payload,
			    struct tcptrace_tls_piece *ret_piece);

/**
 * tcptrace_tlsconn_record() - turn a piece into a record
 * @conn: its connection; its @n advances
 * @piece: the piece
 * @s: the sighting it came from
 * @rec: a struct tcptrace_tls_record of which all is written but seq and
 *	netns, which the caller knows
 *
 * Context: any; the caller serialises.
 */
void tcptrace_tlsconn_record(struct tcptrace_conn *conn,
			     const struct tcptrace_tls_piece *piece,
			     const struct tcptrace_sighting *s,
			     struct tcptrace_record *rec);

/* Sequence number of the first byte of a segment's payload. */
static inline u32 tcptrace_tlsconn_seq(const struct tcptrace_segment *seg)
{
	return seg->seq + !!(seg->flags & TCPTRACE_SYN);
}

#endif /* _TCPTRACE_TLSCONN_H */
