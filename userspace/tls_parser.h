/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of the TLS parser: who calls whom. Others include tls.h. */
#ifndef _TCPTIMELINE_TLS_PARSER_H
#define _TCPTIMELINE_TLS_PARSER_H

#include "text.h"
#include "tls.h"
#include "tls_slice.h"

/**
 * struct tls_stream - records of one direction, and the message under way
 * @next: offset of the byte that should come next
 * @lost: where the next record begins is not known
 * @ended: nothing more is read: no record began where one should
 * @header: of the record under way
 * @header_len: bytes of it that are here
 * @left: bytes of its body that have yet to come
 * @skip: the rest of this record cannot be told apart into messages
 * @ccs: there was a ChangeCipherSpec
 * @finished: and an encrypted handshake record after it
 * @msg: of the handshake message under way, header and body
 * @msg_len: bytes in @msg
 * @msg_size: bytes allocated
 * @seen: bytes of the message that went by, kept or not
 * @want: bytes it has, header included; valid once @seen is 4
 * @broken: bytes are missing in @msg, from @msg_len on
 * @alert: of the alert under way
 * @alert_len: bytes in @alert
 * @last_ns: when something last came
 * @last_n: in which record
 */
struct tls_stream {
	uint64_t next;
	bool lost;
	bool ended;
	uint8_t header[5];
	unsigned int header_len;
	uint32_t left;
	bool skip;
	bool ccs;
	bool finished;
	uint8_t *msg;
	size_t msg_len;
	size_t msg_size;
	uint64_t seen;
	uint32_t want;
	bool broken;
	uint8_t alert[2];
	unsigned int alert_len;
	uint64_t last_ns;
	uint32_t last_n;
};

/* tls_parser.small of a direction without any */
#define TLS_NO_MESSAGE	SIZE_MAX

/**
 * struct tls_parser - a handshake as it is read
 * @in: what is read
 * @tls: what comes of it
 * @n: number of the record that is being read
 * @stream: by sender
 * @session: session id that the client asks to resume
 * @session_len: bytes of it
 * @offers_early: the client's last hello announces early data
 * @has_start: @start_ns is valid
 * @start_ns: when the first ClientHello was whole
 * @finished_ns: by sender, its Finished or in TLS 1.3 first encrypted record
 * @encrypted: by sender, encrypted records
 * @small: by sender, index of its last message that is an encrypted alert, or
 *	is as small as one
 * @data_ns: by sender, its first application data that is known to be such
 */
struct tls_parser {
	const struct tls_input *in;
	struct tls_info *tls;
	uint32_t n;
	struct tls_stream stream[2];
	uint8_t session[32];
	size_t session_len;
	bool offers_early;
	bool has_start;
	uint64_t start_ns;
	uint64_t finished_ns[2];
	unsigned int encrypted[2];
	size_t small[2];
	uint64_t data_ns[2];
};

/**
 * struct tls_handshake - one handshake message
 * @t_ns: when its last byte came
 * @from: who sent it
 * @type: HandshakeType
 * @len: bytes of its body, as its header tells
 * @body: those that are here
 * @cut: these are not all
 * @invalid: a certificate, and not valid at that time
 */
struct tls_handshake {
	uint64_t t_ns;
	uint8_t from;
	uint8_t type;
	uint32_t len;
	struct slice body;
	bool cut;
	bool invalid;
};

/* tls_stream.c */
void tls_stream_record(struct tls_parser *p,
		       const struct tcptrace_tls_record *rec);
void tls_stream_end(struct tls_parser *p, uint8_t from);

/* tls.c: what the stream finds */
void tls_got_handshake(struct tls_parser *p, struct tls_handshake *h);
void tls_got_alert(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		   uint8_t level, uint8_t description);
void tls_got_ccs(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		 uint32_t len);
void tls_got_stop(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		  enum tls_stop stop);
struct tls_message *tls_add_message(struct tls_parser *p, uint8_t from,
				    uint64_t t_ns, uint32_t len,
				    const char *name, struct text *detail);

/* tls_encrypted.c */
void tls_got_encrypted(struct tls_parser *p,
		       const struct tcptrace_tls_record *rec);
void tls_encrypted_finish(struct tls_parser *p);

/* tls_hello.c */
void tls_read_client_hello(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail);
bool tls_read_server_hello(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail);

/* tls_message.c */
void tls_read_message(struct tls_parser *p, struct tls_handshake *h,
		      struct text *detail);
const char *tls_explain(const struct tls_parser *p, uint8_t from,
			const char *name);
const char *tls_handshake_known(uint8_t type);

/* tls_cert.c */
void tls_read_certificates(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail);
void tls_cert_free(struct tls_cert *cert);

void tls_add_wire(struct text *t, const uint8_t *p, size_t len);
void tls_add_part(struct text *detail, const char *key, const char *wire);

#endif /* _TCPTIMELINE_TLS_PARSER_H */
