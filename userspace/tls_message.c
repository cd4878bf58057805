// SPDX-License-Identifier: GPL-2.0
/* Handshake messages other than hellos and certificates, and what all mean. */
#include <string.h>

#include "tls_names.h"
#include "tls_parser.h"
#include "util.h"

enum {
	NEW_SESSION_TICKET	= 4,
	SERVER_KEY_EXCHANGE	= 12,
	CERTIFICATE_REQUEST	= 13,
	CERTIFICATE_VERIFY	= 15,
	CERTIFICATE_STATUS	= 22,
};

#define NAMED_CURVE	3	/* RFC 8422 section 5.4 */
#define LISTED_MAX	8

static void read_ticket(struct slice s, struct text *detail)
{
	uint32_t lifetime = slice_number(&s, 4);

	if (!s.is_short && lifetime)
		text_add(detail, "valid for %u s", lifetime);
}

/* Only that of ECDHE says what it is: others depend on the cipher suite. */
static void read_server_key(struct tls_parser *p, struct slice s,
			    struct text *detail)
{
	const char *suite = p->tls->cipher_name;
	uint32_t scheme, group;

	if (!suite || strncmp(suite, "TLS_ECDHE_", 10) ||
	    slice_number(&s, 1) != NAMED_CURVE)
		return;
	group = slice_number(&s, 2);
	slice_vector(&s, 1);
	if (s.is_short)
		return;
	p->tls->group = group;
	text_add(detail, "key=");
	tls_add_name(detail, tls_group_name(group), group);
	if (p->tls->version != 0x0303)
		return;
	scheme = slice_number(&s, 2);
	if (s.is_short)
		return;
	text_add(detail, TLS_BETWEEN "signed ");
	tls_add_name(detail, tls_scheme_name(scheme), scheme);
}

static void read_request(struct slice s, struct text *detail)
{
	struct slice types = slice_vector(&s, 1);
	const char *sep = "";

	for (int i = 0; types.len && i < LISTED_MAX; i++) {
		uint32_t type = slice_number(&types, 1);

		text_add(detail, "%s", sep);
		tls_add_name(detail, tls_certificate_type_name(type), type);
		sep = ", ";
	}
}

static void read_verify(struct tls_parser *p, struct slice s,
			struct text *detail)
{
	uint32_t scheme;

	if (p->tls->version < 0x0303)
		return;
	scheme = slice_number(&s, 2);
	if (s.is_short)
		return;
	text_add(detail, "signed ");
	tls_add_name(detail, tls_scheme_name(scheme), scheme);
}

/**
 * tls_read_message() - read a message that is no hello and no certificate
 * @p: the parser
 * @h: the message
 * @detail: where its description goes
 */
void tls_read_message(struct tls_parser *p, struct tls_handshake *h,
		      struct text *detail)
{
	switch (h->type) {
	case NEW_SESSION_TICKET:
		read_ticket(h->body, detail);
		break;
	case SERVER_KEY_EXCHANGE:
		read_server_key(p, h->body, detail);
		break;
	case CERTIFICATE_REQUEST:
		read_request(h->body, detail);
		break;
	case CERTIFICATE_VERIFY:
		read_verify(p, h->body, detail);
		break;
	case CERTIFICATE_STATUS:
		text_add(detail, "an OCSP response");
		break;
	default:
		if (!tls_handshake_name(h->type))
			text_add(detail, "type %u", h->type);
		break;
	}
}

/**
 * tls_handshake_known() - name of a handshake message as it is drawn
 * @type: HandshakeType
 *
 * Return: the name, never NULL.
 */
const char *tls_handshake_known(uint8_t type)
{
	return tls_handshake_name(type) ?: "unknown handshake";
}

/**
 * struct sentence - what a message means
 * @name: of the message
 * @old: sentence for TLS 1.2 and before, and where one serves all
 * @new: for TLS 1.3, NULL for the same
 */
struct sentence {
	const char *name;
	const char *old;
	const char *new;
};

/* HTTPS step N is of the seven of which the text in README.md tells. */
static const struct sentence sentences[] = {
	{ "ClientHello",
	  "HTTPS step 1: the client starts: which name it wants, which versions and ciphers it can",
	  NULL },
	{ "HelloRetryRequest",
	  "the server can use none of the key shares: the client begins again",
	  NULL },
	{ "ServerHello",
	  "HTTPS step 2: the server chooses version and cipher",
	  "HTTPS step 2: the server chooses and sends its half of the key; the rest is encrypted" },
	{ "Certificate",
	  "HTTPS step 3: the certificate: who this is, and which authority says so",
	  NULL },
	{ "CertificateStatus",
	  "HTTPS step 3: the authority says that the certificate is not revoked",
	  NULL },
	{ "ServerKeyExchange",
	  "HTTPS step 3: the server's half of the key, signed with the key of its certificate",
	  NULL },
	{ "CertificateRequest",
	  "the server wants a certificate of the client as well",
	  NULL },
	{ "ServerHelloDone",
	  "the server has said all; now the client checks the certificate (HTTPS step 4)",
	  NULL },
	{ "ClientKeyExchange",
	  "HTTPS step 4: the certificate will do; the client sends its half of the key, or a random value",
	  NULL },
	{ "CertificateVerify",
	  "proves that its sender has the key of the certificate",
	  NULL },
	{ "ChangeCipherSpec",
	  "HTTPS step 5: its sender has derived the key; from here on it encrypts",
	  "means nothing in TLS 1.3: sent so that it looks like TLS 1.2 to boxes in between" },
	{ "Finished",
	  "HTTPS step 6: the first encrypted message, a digest of the handshake: nobody changed it",
	  NULL },
	{ "NewSessionTicket",
	  "a ticket with which the client may resume this session next time",
	  NULL },
	{ "HelloRequest",
	  "the server asks for another handshake",
	  NULL },
	{ "application data",
	  "HTTPS step 7: the first data, encrypted with the key both derived",
	  NULL },
	{ "early data",
	  "data sent before the handshake is over, encrypted with a key of the session before",
	  NULL },
	{ "encrypted",
	  "encrypted: what is in it cannot be seen",
	  "HTTPS steps 3 to 7, encrypted: certificate, Finished and data all look like this" },
	{ "encrypted handshake",
	  "a handshake message under the key: its content cannot be seen",
	  NULL },
	{ "encrypted alert",
	  "an alert under the key: its content cannot be seen; before a FIN most likely close_notify",
	  "an alert is of this size; nothing else tells it apart: that it is one is a conclusion" },
	{ "Alert",
	  "HTTPS step 4: its sender says what is wrong, or that it has no more to send (close_notify)",
	  NULL },
	{ "Heartbeat",
	  "asks whether the other is still there",
	  NULL },
	{ "not copied",
	  "the tracer copies tls_bytes per direction; of what follows only the headers are known",
	  NULL },
	{ "not seen",
	  "a part of the stream did not come by here, so where the next record begins is not known",
	  NULL },
	{ "not TLS",
	  "where a record should begin there is none, and the tracer looks no further",
	  NULL },
	{ "bytes missing",
	  "the ring was read too late: a part of the handshake was overwritten",
	  NULL },
};

/**
 * tls_explain() - what a message means
 * @p: the parser, which knows the version
 * @from: who sent it
 * @name: its name as drawn
 *
 * Return: a sentence for people, never NULL.
 */
const char *tls_explain(const struct tls_parser *p, uint8_t from,
			const char *name)
{
	if (from == TCPTRACE_CLIENT && !strcmp(name, "Certificate"))
		return "the client's own certificate, which the server asked for";
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].name, name))
			continue;
		if (p->tls->version >= 0x0304 && sentences[i].new)
			return sentences[i].new;
		return sentences[i].old;
	}
	return "a message that this program does not explain";
}
