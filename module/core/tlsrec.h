/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS record boundaries in both byte streams of a connection (RFC 8446 section
 * 5.1, RFC 5246 section 6.2), and the bytes of what passes in the clear.
 *
 * No message is parsed. Segments go in, pieces come out: bytes of records that
 * are not encrypted, by their offset in the stream and each once, and of the
 * others their five bytes of header. What comes out of order is held, within
 * bounds, until what precedes it has come.
 */
#ifndef _TCPTRACE_TLSREC_H
#define _TCPTRACE_TLSREC_H

#include "env.h"

#define TCPTRACE_TLS_HEADER	5
/* Of so many bytes of each direction bodies are copied, if nobody says. */
#define TCPTRACE_TLS_CAP	16384
/* Payload that comes out of order is held so far ahead of what is missing. */
#define TCPTRACE_TLS_AHEAD	8192
/* More pieces than this are not held for one direction. */
#define TCPTRACE_TLS_MAX_HELD	16
/* More records than this are not told by their headers, of one direction. */
#define TCPTRACE_TLS_MAX_TOLD	64
/* A segment that may be one encrypted alert is no longer than this. */
#define TCPTRACE_TLS_ALERT_MAX	64
/* Data may have that size as well: so many of a direction are recorded. */
#define TCPTRACE_TLS_MAX_ALERTS	64

/* ContentType, RFC 8446 section 5.1 */
#define TCPTRACE_TLS_CCS	20
#define TCPTRACE_TLS_ALERT	21
#define TCPTRACE_TLS_HANDSHAKE	22
#define TCPTRACE_TLS_DATA	23
#define TCPTRACE_TLS_HEARTBEAT	24

/**
 * struct tcptrace_payload - bytes of a segment, wherever they are
 * @get: copies @len bytes from @offset on to @to; false if they are not there
 */
struct tcptrace_payload {
	bool (*get)(const struct tcptrace_payload *payload, u32 offset, u32 len,
		    void *to);
};

/**
 * struct tcptrace_tls_piece - what one record is to say
 * @why: TCPTRACE_WHY_TLS_*
 * @from: enum tcptrace_endpoint
 * @len: bytes in @bytes
 * @type: of a record whose body is not copied; else 0
 * @version: likewise
 * @length: likewise
 * @offset: in the stream
 * @bytes: the first @len of them count
 */
struct tcptrace_tls_piece {
	u8 why;
	u8 from;
	u8 len;
	u8 type;
	u16 version;
	u16 length;
	u32 offset;
	u8 bytes[TCPTRACE_TLS_RECORD_BYTES];
};

/**
 * struct tcptrace_tls_sink - where pieces go
 * @put: takes one, and does not keep it
 */
struct tcptrace_tls_sink {
	void (*put)(struct tcptrace_tls_sink *sink,
		    const struct tcptrace_tls_piece *piece);
};

/**
 * struct tcptrace_tls_held - payload that waits for what precedes it
 * @payload: its bytes; to be set with the memory, so that they can be read
 * @next: in order of @seq
 * @seq: sequence number of its first byte
 * @len: how many
 */
struct tcptrace_tls_held {
	struct tcptrace_payload payload;
	struct tcptrace_tls_held *next;
	u32 seq;
	u32 len;
};

/* tcptrace_tls_dir.flags */
#define TCPTRACE_TLS_OVER	0x01	/* the walk has ended */
#define TCPTRACE_TLS_COPYING	0x02	/* the body that is passing is copied */
#define TCPTRACE_TLS_CHANGED	0x04	/* ChangeCipherSpec has passed */
#define TCPTRACE_TLS_CAPPED	0x08	/* no more bodies are copied */
#define TCPTRACE_TLS_BEGUN	0x10	/* a record has begun */
#define TCPTRACE_TLS_NO_BASE	0x20	/* where the stream begins is not known */

/**
 * struct tcptrace_tls_dir - one direction
 * @base: sequence number of offset 0
 * @next: sequence number of the next byte to be walked over
 * @copied: bytes that went out
 * @left: bytes of the body of the record that are to come
 * @head: header, and the first four bytes of a body if these decide
 * @head_len: how many of @head are there; 0 at and after a boundary
 * @flags: TCPTRACE_TLS_*
 * @nr_told: how many records were told by their header
 * @nr_held: how many pieces are held
 * @held_bytes: and of how many bytes
 * @held: the first of them
 */
struct tcptrace_tls_dir {
	u32 base;
	u32 next;
	u32 copied;
	u16 left;
	u8 head[TCPTRACE_TLS_HEADER + 4];
	u8 head_len;
	u8 flags;
	u8 nr_told;
	u8 nr_held;
	u16 held_bytes;
	struct tcptrace_tls_held *held;
};

/**
 * struct tcptrace_tls - both directions of a connection
 * @dir: by sender, enum tcptrace_endpoint
 * @cap: of how many bytes of each direction bodies are copied
 */
struct tcptrace_tls {
	struct tcptrace_tls_dir dir[2];
	u32 cap;
};

enum tcptrace_tls_result {
	TCPTRACE_TLS_WALKED,	/* or seen before, or not wanted */
	TCPTRACE_TLS_HOLD,	/* hand it over: tcptrace_tlsrec_hold() */
	TCPTRACE_TLS_ENDED,	/* both walks are over: nothing is wanted */
};

/**
 * tcptrace_tlsrec_opening() - how a client's stream begins
 * @bytes: its first bytes
 * @len: how many; those of the first segment, eight are enough
 *
 * Too few bytes of something count as that, as long as they fit.
 *
 * Context: any.
 * Return: TCPTRACE_OPENING_TLS and following.
 */
enum tcptrace_opening tcptrace_tlsrec_opening(const u8 *bytes, u32 len);

/**
 * tcptrace_tlsrec_init() - begin to walk
 * @tls: all of it is written
 * @client_next: sequence number after the client's SYN
 * @server_next: after the server's
 * @cap: of how many bytes of each direction bodies are copied
 *
 * Context: any.
 */
void tcptrace_tlsrec_init(struct tcptrace_tls *tls, u32 client_next,
			  u32 server_next, u32 cap);

/**
 * tcptrace_tlsrec_segment() - payload was sighted
 * @tls: its connection's; the caller serialises
 * @from: who sent it, enum tcptrace_endpoint
 * @seq: sequence number of its first byte
 * @len: how many bytes
 * @payload: the bytes
 * @sink: takes what is worth a record
 * @ret_free: what was held and has been walked over goes in front of this list
 *
 * Payload that was walked over before costs a comparison.
 *
 * Context: any; bounded by @len and TCPTRACE_TLS_AHEAD.
 * Return: TCPTRACE_TLS_HOLD if it came too early: nothing was done yet. The
 * caller makes a copy for tcptrace_tlsrec_hold(), or calls tcptrace_tlsrec_miss().
 */
enum tcptrace_tls_result
tcptrace_tlsrec_segment(struct tcptrace_tls *tls, u8 from, u32 seq, u32 len,
			const struct tcptrace_payload *payload,
			struct tcptrace_tls_sink *sink,
			struct tcptrace_tls_held **ret_free);

/**
 * tcptrace_tlsrec_hold() - keep payload that came too early
 * @tls: its connection's; the caller serialises
 * @from: who sent it
 * @held: the payload; it belongs to @tls now
 * @sink: takes what is worth a record, if it is no longer too early
 * @ret_free: takes back @held and others that need not be held
 *
 * Context: any.
 * Return: as tcptrace_tlsrec_segment(), but not TCPTRACE_TLS_HOLD: where there
 * is no room for it any more, that is a hole.
 */
enum tcptrace_tls_result
tcptrace_tlsrec_hold(struct tcptrace_tls *tls, u8 from,
		     struct tcptrace_tls_held *held,
		     struct tcptrace_tls_sink *sink,
		     struct tcptrace_tls_held **ret_free);

/**
 * tcptrace_tlsrec_miss() - payload that came too early cannot be held
 * @tls: its connection's; the caller serialises
 * @from: who sent it
 * @sink: is told of the hole
 * @ret_free: takes what was held
 *
 * The walk of that direction ends.
 *
 * Context: any.
 * Return: as tcptrace_tlsrec_hold().
 */
enum tcptrace_tls_result
tcptrace_tlsrec_miss(struct tcptrace_tls *tls, u8 from,
		     struct tcptrace_tls_sink *sink,
		     struct tcptrace_tls_held **ret_free);

/**
 * tcptrace_tlsrec_abandon() - nothing will be sighted any more
 * @tls: the connection's; the caller serialises
 * @sink: is told of a hole in each direction of which something is held
 *
 * What is held stays so, for tcptrace_tlsrec_clean().
 *
 * Context: any.
 */
void tcptrace_tlsrec_abandon(struct tcptrace_tls *tls,
			     struct tcptrace_tls_sink *sink);

/**
 * tcptrace_tlsrec_spoken() - did both ends speak TLS
 * @tls: their connection's; the caller serialises
 *
 * Context: any.
 */
static inline bool tcptrace_tlsrec_spoken(const struct tcptrace_tls *tls)
{
	return tls->dir[0].flags & tls->dir[1].flags & TCPTRACE_TLS_BEGUN;
}

/**
 * tcptrace_tlsrec_clean() - give back all that is held
 * @tls: the connection's; the caller serialises
 * @ret_free: takes it
 *
 * Context: any.
 */
void tcptrace_tlsrec_clean(struct tcptrace_tls *tls,
			   struct tcptrace_tls_held **ret_free);

/**
 * tcptrace_tlsrec_alert() - is a segment's payload one encrypted alert
 * @head: its first TCPTRACE_TLS_HEADER bytes
 * @len: bytes of payload, more than that
 * @piece: @type, @version and @length are written if so
 *
 * A record of type 21, or of the size that an alert has in TLS 1.3 (RFC 8446
 * section 5.2: two bytes, the inner type, and the 16 bytes of the usual AEADs).
 *
 * Context: any.
 */
bool tcptrace_tlsrec_alert(const u8 *head, u32 len,
			   struct tcptrace_tls_piece *piece);

#endif /* _TCPTRACE_TLSREC_H */
