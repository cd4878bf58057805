/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TLS handshake of one connection, out of the records that the module, or
 * the same code on a capture, wrote of it: what was agreed upon, who broke it
 * off, and every message that could be seen. No I/O.
 *
 *	struct tls_input input = { .records = ..., .nr = ..., ... };
 *	struct tls_info *tls = tls_parse(&input);
 *
 *	for (i = 0; i < tls->nr_messages; i++)
 *		draw(&tls->messages[i]);
 *	tls_free(tls);
 *
 * Whoever wants each message as it comes takes tls_begin() and tls_take().
 *
 * Strings from the wire may hold any byte but NUL, which is written out as
 * "\x00": whoever prints them escapes them (text_escaped()).
 */
#ifndef _TCPTIMELINE_TLS_H
#define _TCPTIMELINE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/tcptrace.h"

/* Whatever is on the wire, a connection takes no more than this. */
#define TLS_STREAM_MAX		65536	/* bytes kept of one message */
#define TLS_MESSAGES_MAX	256
#define TLS_CERTS_MAX		16	/* per direction */
#define TLS_SANS_MAX		64	/* per certificate */

/* Between the parts of tls_message.detail. */
#define TLS_BETWEEN	" · "

/* tls_message.flags */
#define TLS_ENCRYPTED	0x01	/* its content cannot be seen */
#define TLS_INFERRED	0x02	/* what it is was concluded, not read */
#define TLS_TRUNCATED	0x04	/* not all of its bytes are here */
#define TLS_NOTE	0x08	/* no message: why nothing more is to be seen */
#define TLS_ALERT	0x10	/* an alert, or one by all that can be seen */
#define TLS_INVALID	0x20	/* a certificate at the wrong time */

enum tls_known {
	TLS_UNKNOWN,
	TLS_NO,
	TLS_YES,
};

/* Why the messages of a direction end before the handshake does. */
enum tls_stop {
	TLS_STOP_NONE,
	TLS_STOP_CAP,	/* tls_bytes were reached */
	TLS_STOP_HOLE,	/* the tracer did not see a part of the stream */
	TLS_STOP_BAD,	/* what follows is no TLS record */
	TLS_STOP_LOST,	/* records of the tracer were lost */
};

/**
 * struct tls_message - a message, an encrypted record, or a note
 * @t_ns: when the last byte of it that is here was seen
 * @n: running number of the record that byte was in
 * @from: enum tcptrace_endpoint
 * @flags: TLS_ENCRYPTED ...
 * @len: bytes that its header tells: of a handshake message without its
 *	header of four bytes, of others the record's without its five
 * @name: as it is drawn, never NULL
 * @detail: what is in it, the most telling first, with TLS_BETWEEN between
 *	parts, in which that never occurs; "" if there is nothing to say
 * @explain: a sentence for people, never NULL
 */
struct tls_message {
	uint64_t t_ns;
	uint32_t n;
	uint8_t from;
	uint8_t flags;
	uint32_t len;
	const char *name;
	char *detail;
	const char *explain;
};

/**
 * struct tls_cert - a certificate
 * @from: who sent it
 * @depth: 0 is the sender's own
 * @bad: OpenSSL cannot read it, and nothing that follows is valid
 * @subject: as in RFC 2253, least significant part first
 * @issuer: likewise
 * @san: alternative names, "DNS:..." "IP:..." "email:..." "URI:..."
 * @nr_san: how many; TLS_SANS_MAX at most
 * @more_san: further ones, that were left out
 * @not_before: seconds since 1970
 * @not_after: likewise
 * @key_type: "RSA", "EC secp256r1", "ED25519"
 * @key_bits: its size
 * @self_signed: issuer and subject are one, and so is the key
 * @expired: @not_after was over when it was sent, if the time of day is known
 * @not_yet: @not_before was yet to come, likewise
 */
struct tls_cert {
	uint8_t from;
	uint8_t depth;
	bool bad;
	char *subject;
	char *issuer;
	char **san;
	size_t nr_san;
	size_t more_san;
	int64_t not_before;
	int64_t not_after;
	char *key_type;
	unsigned int key_bits;
	bool self_signed;
	bool expired;
	bool not_yet;
};

/**
 * struct tls_alert - the first alert of an endpoint that is not close_notify
 * @seen: there is one
 * @encrypted: level and description cannot be read
 * @inferred: that it is one at all was concluded from its size
 * @level: 1 warning, 2 fatal
 * @description: number of the alert
 * @name: its name, NULL if encrypted or not in the registry
 * @t_ns: when
 */
struct tls_alert {
	bool seen;
	bool encrypted;
	bool inferred;
	uint8_t level;
	uint8_t description;
	const char *name;
	uint64_t t_ns;
};

/**
 * struct tls_input - what is known of a connection
 * @records: of kind TCPTRACE_REC_TLS, in the order of n
 * @nr: how many
 * @opening: enum tcptrace_opening, if it was told
 * @fin_ns: by endpoint, when its first FIN was seen, or 0
 * @rst_ns: by endpoint, when its RST was seen, or 0
 * @wall_ns: to be added to t_ns for nanoseconds since 1970
 * @has_wall: @wall_ns is known
 * @lost: records of the connection are missing: what is not here may have been
 */
struct tls_input {
	const struct tcptrace_tls_record *const *records;
	size_t nr;
	uint8_t opening;
	uint64_t fin_ns[2];
	uint64_t rst_ns[2];
	int64_t wall_ns;
	bool has_wall;
	bool lost;
};

/**
 * struct tls_info - what can be said of the handshake
 * @opening: as given, or TCPTRACE_OPENING_TLS if there are records
 * @version: negotiated, 0 if not known
 * @version_name: its name, NULL if not known
 * @has_cipher: @cipher is valid
 * @cipher: negotiated
 * @cipher_name: in the registry, NULL if it has none or is not known
 * @group: of the key exchange, 0 if not known
 * @sni: the name the client asks for, NULL if none
 * @alpn: the protocol the server chose, NULL if none or encrypted
 * @alpn_offered: what the client offers, with "," between; NULL if nothing
 * @resumed: a session of before goes on
 * @established: both ends finished the handshake
 * @retried: there was a HelloRetryRequest
 * @early_data: the client asks to send data at once
 * @ech: the client sends an encrypted ClientHello along (or pretends to)
 * @alert: by sender
 * @close_notify: by sender, seen or, if encrypted, most likely
 * @ja4: fingerprint of the first ClientHello, "" if none is whole
 * @certs: of both senders, in the order in which they came
 * @nr_certs: how many
 * @has_handshake: @handshake_ns is valid
 * @handshake_ns: from the whole ClientHello to the last Finished, in TLS 1.3
 *	to the first encrypted record of the client
 * @has_first_byte: @first_byte_ns is valid
 * @first_byte_ns: from the client's first application data to the server's;
 *	in TLS 1.3 nobody can tell which record that is
 * @messages: in the order of @n
 * @nr_messages: how many
 * @omitted: further ones, beyond TLS_MESSAGES_MAX
 * @stop: by sender
 */
struct tls_info {
	uint8_t opening;
	uint16_t version;
	const char *version_name;
	bool has_cipher;
	uint16_t cipher;
	const char *cipher_name;
	uint16_t group;
	char *sni;
	char *alpn;
	char *alpn_offered;
	enum tls_known resumed;
	enum tls_known established;
	bool retried;
	bool early_data;
	bool ech;
	struct tls_alert alert[2];
	bool close_notify[2];
	char ja4[40];
	struct tls_cert *certs;
	size_t nr_certs;
	bool has_handshake;
	uint64_t handshake_ns;
	bool has_first_byte;
	uint64_t first_byte_ns;
	struct tls_message *messages;
	size_t nr_messages;
	uint64_t omitted;
	enum tls_stop stop[2];
};

struct tls_parser;

struct tls_info *tls_parse(const struct tls_input *input);
struct tls_parser *tls_begin(const struct tls_input *input);
const struct tls_info *tls_take(struct tls_parser *p,
				const struct tcptrace_tls_record *rec);
struct tls_info *tls_end(struct tls_parser *p);
void tls_free(struct tls_info *tls);
const char *tls_opening_text(uint8_t opening);

#endif /* _TCPTIMELINE_TLS_H */
