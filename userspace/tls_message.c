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

/* HTTPS step N is of the seven in README.md. */
static const struct sentence sentences[] = {
	{ "ClientHello",
	  "HTTPS step 1: the client begins: the name it wants, and the versions and ciphers it knows.",
	  NULL },
	{ "HelloRetryRequest",
	  "None of the client's key shares will do: the server names one that would, and the client begins again.",
	  NULL },
	{ "ServerHello",
	  "HTTPS step 2: the server, which has a certificate and its key, chooses version and cipher.",
	  "HTTPS step 2: the server chooses and sends its half of the key; all else it encrypts." },
	{ "Certificate",
	  "HTTPS step 3: the server sends its certificate: who it is, its public key, and which authority vouches for both.",
	  NULL },
	{ "CertificateStatus",
	  "HTTPS step 3: the authority says that the certificate is not revoked.",
	  NULL },
	{ "ServerKeyExchange",
	  "HTTPS step 3: the server's half of the key, signed with the key of its certificate.",
	  NULL },
	{ "CertificateRequest",
	  "The server wants a certificate of the client as well.",
	  NULL },
	{ "ServerHelloDone",
	  "The server has said all; now the client checks the certificate (HTTPS step 4).",
	  NULL },
	{ "ClientKeyExchange",
	  "HTTPS step 4: the certificate will do; the client sends its half of the key, or a random value that only the certificate's key opens.",
	  NULL },
	{ "CertificateVerify",
	  "A signature proves that its sender has the key of the certificate.",
	  NULL },
	{ "ChangeCipherSpec",
	  "HTTPS step 5: its sender has the key and encrypts from here on.",
	  "Means nothing in TLS 1.3: sent so that it looks like TLS 1.2 to boxes in between." },
	{ "Finished",
	  "HTTPS step 6: the first that is encrypted: a digest of the whole handshake, which nobody can have changed if it fits.",
	  NULL },
	{ "NewSessionTicket",
	  "A ticket with which the client may resume this session next time, without the certificate.",
	  NULL },
	{ "HelloRequest",
	  "The server asks for another handshake.",
	  NULL },
	{ "application data",
	  "HTTPS step 7: request and answer, encrypted with the key that both derived.",
	  NULL },
	{ "early data",
	  "Data sent before the handshake is over, encrypted with a key of the session before.",
	  NULL },
	{ "encrypted",
	  "Encrypted: what is in it cannot be seen.",
	  NULL },
	{ "encrypted handshake",
	  "A handshake message under the key: what it says cannot be seen.",
	  NULL },
	{ "encrypted alert",
	  "An alert under the key: what it says cannot be seen; before a FIN most likely close_notify, that nothing more comes.",
	  "As small as an alert, and a FIN follows: most likely close_notify." },
	{ "Alert",
	  "HTTPS step 4: something will not do, and its sender says what.",
	  NULL },
	{ "Heartbeat",
	  "Asks whether the other is still there.",
	  NULL },
	{ "not copied",
	  "So many bytes of each direction are copied (tls_bytes); of what follows only the headers are known.",
	  NULL },
	{ "not seen",
	  "A part of the stream did not come by here, or was too much, so where the next record begins is not known.",
	  NULL },
	{ "not TLS",
	  "Where a record should begin there is none; nothing further is looked at.",
	  NULL },
	{ "bytes missing",
	  "A part of the handshake was overwritten before it was read; more ring_slots keep more.",
	  NULL },
};

/* In TLS 1.3 the first encrypted record of each side may be read by its place. */
static const char * const first_sealed[] = {
	[TCPTRACE_CLIENT] =
		"HTTPS steps 4 to 6, encrypted: the client checked the certificate, has the key, and most likely sends its Finished; step 7, request and answer, looks the same.",
	[TCPTRACE_SERVER] =
		"HTTPS step 3, encrypted: certificate, its signature and Finished follow in records that all look like this.",
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
		return "The client's own certificate, which the server asked for.";
	if (p->tls->version >= 0x0304 && !strcmp(name, "encrypted") &&
	    !p->encrypted[from] && p->tls->resumed != TLS_YES)
		return first_sealed[from];
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].name, name))
			continue;
		if (p->tls->version >= 0x0304 && sentences[i].new)
			return sentences[i].new;
		return sentences[i].old;
	}
	return "A message that this program does not explain.";
}
