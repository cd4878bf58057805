// SPDX-License-Identifier: GPL-2.0
/* ClientHello, ServerHello and HelloRetryRequest: RFC 8446 section 4.1. */
#include <stdlib.h>
#include <string.h>

#include "ja4.h"
#include "tls_names.h"
#include "tls_parser.h"
#include "util.h"

enum {
	EXT_SERVER_NAME		= 0,
	EXT_SIGNATURES		= 13,
	EXT_ALPN		= 16,
	EXT_SESSION_TICKET	= 35,
	EXT_PRE_SHARED_KEY	= 41,
	EXT_EARLY_DATA		= 42,
	EXT_VERSIONS		= 43,
	EXT_KEY_SHARE		= 51,
	EXT_ECH			= 0xfe0d,
};

#define LISTED_MAX	16	/* of a list, in a line for people */

/* RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/**
 * struct hello - a ClientHello, or what is here of one
 * @ja4: what its fingerprint is made of
 * @top: the highest version offered
 * @versions: all of them, for people
 * @shares: groups of its key shares, for people
 * @alpn: protocols offered
 * @sni: name asked for
 * @ticket: a session ticket, not empty
 * @psk: a pre-shared key
 * @early: early data
 * @ech: an encrypted hello
 */
struct hello {
	struct ja4_input ja4;
	uint16_t top;
	struct text versions;
	struct text shares;
	struct text alpn;
	struct text sni;
	bool ticket;
	bool psk;
	bool early;
	bool ech;
};

static void read_server_name(struct hello *c, struct slice ext)
{
	struct slice list = slice_vector(&ext, 2), name;

	c->ja4.has_sni = true;
	while (list.len) {
		uint32_t type = slice_number(&list, 1);

		name = slice_vector(&list, 2);
		if (!list.is_short && !type && name.len && !c->sni.len)
			tls_add_wire(&c->sni, name.p, name.len);
	}
}

static void read_alpn(struct hello *c, struct slice ext)
{
	struct slice list = slice_vector(&ext, 2), name;
	int nr = 0;

	while (list.len) {
		name = slice_vector(&list, 1);
		if (list.is_short)
			break;
		if (!nr) {
			c->ja4.alpn = name.p;
			c->ja4.alpn_len = name.len;
		}
		if (nr++ >= LISTED_MAX)
			continue;
		text_add(&c->alpn, "%s", nr > 1 ? "," : "");
		tls_add_wire(&c->alpn, name.p, name.len);
	}
}

static void read_versions(struct hello *c, struct slice ext)
{
	struct slice list = slice_vector(&ext, 1);
	int nr = 0;

	while (list.len) {
		uint16_t version = slice_number(&list, 2);

		if (list.is_short)
			break;
		if (tls_is_grease(version))
			continue;
		if (version > c->top)
			c->top = version;
		if (nr++ >= LISTED_MAX)
			continue;
		text_add(&c->versions, "%s", nr > 1 ? "," : "");
		tls_add_name(&c->versions, tls_version_name(version), version);
	}
}

static void read_key_shares(struct hello *c, struct slice ext)
{
	struct slice list = slice_vector(&ext, 2);
	int nr = 0;

	while (list.len) {
		uint16_t group = slice_number(&list, 2);

		slice_vector(&list, 2);
		if (list.is_short)
			break;
		if (tls_is_grease(group) || nr++ >= LISTED_MAX)
			continue;
		text_add(&c->shares, "%s", nr > 1 ? "," : "");
		tls_add_name(&c->shares, tls_group_name(group), group);
	}
}

static void read_numbers(struct ja4_numbers *list, struct slice vector)
{
	while (vector.len) {
		uint16_t number = slice_number(&vector, 2);

		if (!vector.is_short)
			ja4_add(list, number);
	}
}

static void read_client_extension(struct hello *c, uint16_t type,
				  struct slice ext)
{
	switch (type) {
	case EXT_SERVER_NAME:
		read_server_name(c, ext);
		break;
	case EXT_SIGNATURES:
		read_numbers(&c->ja4.schemes, slice_vector(&ext, 2));
		break;
	case EXT_ALPN:
		read_alpn(c, ext);
		break;
	case EXT_SESSION_TICKET:
		c->ticket = ext.len;
		break;
	case EXT_PRE_SHARED_KEY:
		c->psk = true;
		break;
	case EXT_EARLY_DATA:
		c->early = true;
		break;
	case EXT_VERSIONS:
		read_versions(c, ext);
		break;
	case EXT_KEY_SHARE:
		read_key_shares(c, ext);
		break;
	case EXT_ECH:
		c->ech = true;
		break;
	}
}

static void describe_client(const struct hello *c, struct text *detail)
{
	tls_add_name(detail, tls_version_name(c->top), c->top);
	if (c->sni.len)
		tls_add_part(detail, "sni=", c->sni.s);
	if (c->alpn.len)
		tls_add_part(detail, "alpn=", c->alpn.s);
	if (c->psk || c->ticket)
		text_add(detail, TLS_BETWEEN "resume");
	if (c->early)
		text_add(detail, TLS_BETWEEN "early-data");
	if (c->ech)
		text_add(detail, TLS_BETWEEN "ech");
	if (c->shares.len)
		text_add(detail, TLS_BETWEEN "key=%s", c->shares.s);
	if (c->versions.len)
		text_add(detail, TLS_BETWEEN "versions=%s", c->versions.s);
	text_add(detail, TLS_BETWEEN "ciphers=%zu", c->ja4.suites.nr);
}

static char *take(struct text *t)
{
	char *s = t->len ? t->s : NULL;

	if (!s)
		free(t->s);
	*t = (struct text){ 0 };
	return s;
}

static void keep_client(struct tls_parser *p, struct hello *c, bool whole)
{
	struct tls_info *tls = p->tls;

	tls->ech |= c->ech;
	tls->early_data |= c->early;
	p->offers_early = c->early;
	if (!tls->sni)
		tls->sni = take(&c->sni);
	if (!tls->alpn_offered)
		tls->alpn_offered = take(&c->alpn);
	if (whole && !tls->ja4[0])
		ja4_make(&c->ja4, tls->ja4);
}

/**
 * tls_read_client_hello() - read a ClientHello
 * @p: the parser
 * @h: the message
 * @detail: where its description goes
 */
void tls_read_client_hello(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail)
{
	struct hello *c = zalloc(sizeof(*c));
	struct slice *s = &h->body, session, all, ext;
	bool whole;

	c->top = slice_number(s, 2);
	c->ja4.version = c->top;
	slice_take(s, 32);
	session = slice_vector(s, 1);
	p->session_len = 0;
	if (!s->is_short && session.len <= sizeof(p->session)) {
		p->session_len = session.len;
		if (session.len)
			memcpy(p->session, session.p, session.len);
	}
	read_numbers(&c->ja4.suites, slice_vector(s, 2));
	slice_vector(s, 1);
	whole = !s->is_short && !h->cut;
	all = s->len ? slice_vector(s, 2) : (struct slice){ .p = s->p };
	while (all.len) {
		uint16_t type = slice_number(&all, 2);

		ext = slice_vector(&all, 2);
		if (all.is_short) {
			whole = false;
			break;
		}
		ja4_add(&c->ja4.extensions, type);
		read_client_extension(c, type, ext);
	}
	if (c->versions.len)
		c->ja4.version = c->top;
	if (s->is_short || !whole)
		h->cut = true;
	describe_client(c, detail);
	keep_client(p, c, whole && !s->is_short);
	text_free(&c->versions);
	text_free(&c->shares);
	text_free(&c->alpn);
	text_free(&c->sni);
	free(c);
}

/**
 * struct answer - a ServerHello, or what is here of one
 * @version: negotiated
 * @has_share: it names a group
 * @group: that group
 * @psk: it takes the pre-shared key
 * @alpn: the protocol chosen
 */
struct answer {
	uint16_t version;
	bool has_share;
	uint16_t group;
	bool psk;
	struct text alpn;
};

static void read_server_extension(struct answer *a, uint16_t type,
				  struct slice ext)
{
	struct slice list, name;
	uint16_t number;

	switch (type) {
	case EXT_VERSIONS:
		number = slice_number(&ext, 2);
		if (!ext.is_short)
			a->version = number;
		break;
	case EXT_KEY_SHARE:
		number = slice_number(&ext, 2);
		a->has_share = !ext.is_short;
		a->group = number;
		break;
	case EXT_PRE_SHARED_KEY:
		a->psk = true;
		break;
	case EXT_ALPN:
		list = slice_vector(&ext, 2);
		name = slice_vector(&list, 1);
		if (!list.is_short && !a->alpn.len)
			tls_add_wire(&a->alpn, name.p, name.len);
		break;
	}
}

static void keep_server(struct tls_parser *p, struct answer *a,
			uint16_t cipher, bool same_session)
{
	struct tls_info *tls = p->tls;

	tls->version = a->version;
	tls->version_name = tls_version_name(a->version);
	tls->has_cipher = true;
	tls->cipher = cipher;
	tls->cipher_name = tls_suite_name(cipher);
	if (a->has_share)
		tls->group = a->group;
	if (a->version >= 0x0304)
		tls->resumed = a->psk ? TLS_YES : TLS_NO;
	else
		tls->resumed = same_session ? TLS_YES : TLS_NO;
	if (a->alpn.len) {
		free(tls->alpn);
		tls->alpn = take(&a->alpn);
	}
}

/**
 * tls_read_server_hello() - read a ServerHello, or a HelloRetryRequest
 * @p: the parser
 * @h: the message
 * @detail: where its description goes
 *
 * Return: whether it is a HelloRetryRequest.
 */
bool tls_read_server_hello(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail)
{
	struct slice *s = &h->body, session, all, ext;
	struct answer a = { 0 };
	const uint8_t *random;
	uint16_t cipher;
	bool retry, same;

	a.version = slice_number(s, 2);
	random = slice_take(s, sizeof(retry_random));
	retry = random && !memcmp(random, retry_random, sizeof(retry_random));
	session = slice_vector(s, 1);
	same = !s->is_short && session.len && session.len == p->session_len &&
	       !memcmp(session.p, p->session, session.len);
	cipher = slice_number(s, 2);
	slice_number(s, 1);
	if (s->is_short) {
		h->cut = true;
		text_add(detail, "cut short");
		return retry;
	}
	all = s->len ? slice_vector(s, 2) : (struct slice){ .p = s->p };
	while (all.len) {
		uint16_t type = slice_number(&all, 2);

		ext = slice_vector(&all, 2);
		if (!all.is_short)
			read_server_extension(&a, type, ext);
	}
	if (s->is_short)
		h->cut = true;
	tls_add_name(detail, tls_version_name(a.version), a.version);
	text_add(detail, TLS_BETWEEN);
	if (a.has_share && retry) {
		text_add(detail, "wants key=");
		tls_add_name(detail, tls_group_name(a.group), a.group);
		text_add(detail, TLS_BETWEEN);
	}
	tls_add_name(detail, tls_suite_name(cipher), cipher);
	if (a.alpn.len)
		tls_add_part(detail, "alpn=", a.alpn.s);
	if (a.has_share && !retry) {
		text_add(detail, TLS_BETWEEN "key=");
		tls_add_name(detail, tls_group_name(a.group), a.group);
	}
	if (retry)
		p->tls->retried = true;
	else
		keep_server(p, &a, cipher, same);
	if (!retry && p->tls->resumed == TLS_YES)
		text_add(detail, TLS_BETWEEN "resumed");
	text_free(&a.alpn);
	return retry;
}
