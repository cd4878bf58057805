// SPDX-License-Identifier: GPL-2.0
/*
 * Out of the bytes of one direction its records, and out of these the
 * handshake messages: a record may carry many, or a part of one. Memory grows
 * with what came and never with what a length promises.
 */
#include <string.h>

#include "tls_parser.h"
#include "util.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };

#define RECORD_HEADER	5
#define MESSAGE_HEADER	4
#define RECORD_MAX	(16384 + 2048)	/* RFC 5246 section 6.2.3 */

static void keep(struct tls_stream *s, const uint8_t *bytes, size_t n)
{
	if (s->broken)
		return;
	if (n > TLS_STREAM_MAX - s->msg_len) {
		n = TLS_STREAM_MAX - s->msg_len;
		s->broken = true;
	}
	if (s->msg_len + n > s->msg_size) {
		s->msg_size = (s->msg_len + n) * 2;
		s->msg = grow(s->msg, s->msg_size, 1);
	}
	if (n)
		memcpy(s->msg + s->msg_len, bytes, n);
	s->msg_len += n;
}

static void deliver(struct tls_parser *p, uint8_t from, bool cut)
{
	struct tls_stream *s = &p->stream[from];

	if (s->seen >= MESSAGE_HEADER && s->msg_len >= MESSAGE_HEADER) {
		struct tls_handshake h = {
			.t_ns = s->last_ns,
			.from = from,
			.type = s->msg[0],
			.len = s->want - MESSAGE_HEADER,
			.body = { .p = s->msg + MESSAGE_HEADER,
				  .len = s->msg_len - MESSAGE_HEADER },
			.cut = cut || s->broken,
		};

		tls_got_handshake(p, &h);
	}
	s->seen = 0;
	s->want = 0;
	s->msg_len = 0;
	s->broken = false;
}

/* Bytes of handshake records; @bytes is NULL where they are missing. */
static void feed_handshake(struct tls_parser *p, uint8_t from,
			   const uint8_t *bytes, size_t n)
{
	struct tls_stream *s = &p->stream[from];

	while (n && !s->skip) {
		size_t part = (s->seen < MESSAGE_HEADER ? MESSAGE_HEADER :
			       s->want) - s->seen;

		if (part > n)
			part = n;
		if (!bytes && s->seen < MESSAGE_HEADER) {
			/* how long this one is was in what is missing */
			s->seen = 0;
			s->msg_len = 0;
			s->skip = true;
			return;
		}
		if (bytes) {
			keep(s, bytes, part);
			bytes += part;
		} else {
			s->broken = true;
		}
		s->seen += part;
		n -= part;
		if (s->seen == MESSAGE_HEADER && !s->want)
			s->want = MESSAGE_HEADER +
				  ((uint32_t)s->msg[1] << 16 | s->msg[2] << 8 |
				   s->msg[3]);
		if (s->seen >= MESSAGE_HEADER && s->seen == s->want)
			deliver(p, from, false);
	}
}

static void feed_alert(struct tls_parser *p, uint8_t from,
		       const uint8_t *bytes, size_t n)
{
	struct tls_stream *s = &p->stream[from];

	for (size_t i = 0; bytes && i < n; i++) {
		s->alert[s->alert_len++] = bytes[i];
		if (s->alert_len < 2)
			continue;
		tls_got_alert(p, from, s->last_ns, s->alert[0], s->alert[1]);
		s->alert_len = 0;
	}
}

static void feed_body(struct tls_parser *p, uint8_t from,
		      const uint8_t *bytes, size_t n)
{
	struct tls_stream *s = &p->stream[from];

	s->left -= n;
	switch (s->header[0]) {
	case HANDSHAKE:
		feed_handshake(p, from, bytes, n);
		break;
	case ALERT:
		feed_alert(p, from, bytes, n);
		break;
	case CHANGE_CIPHER_SPEC:
		if (!s->left) {
			s->ccs = true;
			tls_got_ccs(p, from, s->last_ns,
				    s->header[3] << 8 | s->header[4]);
		}
		break;
	}
	if (!s->left)
		s->header_len = 0;
}

/* The header is here: is it one? */
static void begin_record(struct tls_parser *p, uint8_t from)
{
	struct tls_stream *s = &p->stream[from];
	uint32_t length = (uint32_t)s->header[3] << 8 | s->header[4];

	if (s->header[0] < CHANGE_CIPHER_SPEC || s->header[0] > 26 ||
	    s->header[1] != 3 || length > RECORD_MAX) {
		s->ended = true;
		tls_got_stop(p, from, s->last_ns, TLS_STOP_BAD);
		return;
	}
	s->left = length;
	s->skip = false;
	if (s->header[0] != ALERT)
		s->alert_len = 0;
	if (!length)
		s->header_len = 0;
}

static void feed(struct tls_parser *p, uint8_t from, const uint8_t *bytes,
		 size_t n)
{
	struct tls_stream *s = &p->stream[from];

	while (n && !s->ended) {
		size_t part;

		if (s->header_len < RECORD_HEADER) {
			s->header[s->header_len++] = *bytes++;
			n--;
			if (s->header_len == RECORD_HEADER)
				begin_record(p, from);
			continue;
		}
		part = n < s->left ? n : s->left;
		feed_body(p, from, bytes, part);
		bytes += part;
		n -= part;
	}
}

/*
 * Bytes are missing before @offset: records of the tracer were lost. As long
 * as they are of the body of one record, the next begins where it would.
 */
static void feed_gap(struct tls_parser *p, uint8_t from, uint64_t offset)
{
	struct tls_stream *s = &p->stream[from];
	uint64_t gap = offset - s->next;

	/* what the cap left out is not lost */
	if (p->tls->stop[from] != TLS_STOP_CAP || gap != s->left)
		tls_got_stop(p, from, s->last_ns, TLS_STOP_LOST);
	s->alert_len = 0;
	if (!s->lost && s->header_len == RECORD_HEADER && gap <= s->left) {
		feed_body(p, from, NULL, gap);
	} else {
		deliver(p, from, true);
		s->lost = true;
		s->left = 0;
		s->header_len = 0;
	}
	s->next = offset;
}

/* A record begins here, and that is known: an end to being lost. */
static void known_record(struct tls_parser *p,
			 const struct tcptrace_tls_record *rec)
{
	struct tls_stream *s = &p->stream[rec->from];

	if (rec->offset > s->next)
		feed_gap(p, rec->from, rec->offset);
	if (s->header_len)
		deliver(p, rec->from, true);
	s->lost = false;
	s->header_len = 0;
	s->left = 0;
	s->alert_len = 0;
	s->next = (uint64_t)rec->offset + RECORD_HEADER + rec->length;
}

static void feed_bytes(struct tls_parser *p,
		       const struct tcptrace_tls_record *rec)
{
	struct tls_stream *s = &p->stream[rec->from];
	uint8_t bytes[TCPTRACE_TLS_RECORD_BYTES];
	size_t len = rec->len, head, skip = 0;

	if (len > sizeof(bytes))
		len = sizeof(bytes);
	head = len < sizeof(rec->head) ? len : sizeof(rec->head);
	memcpy(bytes, rec->head, head);
	memcpy(bytes + head, rec->tail, len - head);

	if (rec->offset > s->next)
		feed_gap(p, rec->from, rec->offset);
	else
		skip = s->next - rec->offset;
	if (skip >= len)
		return;
	s->last_ns = rec->t_ns;
	s->next += len - skip;
	if (!s->lost)
		feed(p, rec->from, bytes + skip, len - skip);
}

/**
 * tls_stream_record() - take the next record of the ring
 * @p: the parser
 * @rec: the record; its endpoint is valid
 */
void tls_stream_record(struct tls_parser *p,
		       const struct tcptrace_tls_record *rec)
{
	struct tls_stream *s = &p->stream[rec->from];

	if (s->ended && rec->why != TCPTRACE_WHY_TLS_ALERT)
		return;
	if (!s->last_ns)
		s->last_ns = rec->t_ns;
	switch (rec->why) {
	case TCPTRACE_WHY_TLS_BYTES:
		feed_bytes(p, rec);
		break;
	case TCPTRACE_WHY_TLS_RECORD:
	case TCPTRACE_WHY_TLS_DATA:
		known_record(p, rec);
		s->last_ns = rec->t_ns;
		tls_got_encrypted(p, rec);
		break;
	case TCPTRACE_WHY_TLS_ALERT:
		tls_got_encrypted(p, rec);
		break;
	case TCPTRACE_WHY_TLS_CAP:
		s->last_ns = rec->t_ns;
		tls_stream_end(p, rec->from);
		tls_got_stop(p, rec->from, rec->t_ns, TLS_STOP_CAP);
		break;
	case TCPTRACE_WHY_TLS_HOLE:
	case TCPTRACE_WHY_TLS_BAD:
		s->last_ns = rec->t_ns;
		tls_stream_end(p, rec->from);
		s->ended = true;
		tls_got_stop(p, rec->from, rec->t_ns,
			     rec->why == TCPTRACE_WHY_TLS_BAD ? TLS_STOP_BAD :
			     TLS_STOP_HOLE);
		break;
	}
}

/**
 * tls_stream_end() - nothing more comes of a message that is under way
 * @p: the parser
 * @from: the sender
 */
void tls_stream_end(struct tls_parser *p, uint8_t from)
{
	struct tls_stream *s = &p->stream[from];

	deliver(p, from, true);
	s->skip = true;
}
