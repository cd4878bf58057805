// SPDX-License-Identifier: GPL-2.0
/* Certificates of TLS 1.2 and before, read by OpenSSL. */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls_parser.h"
#include "util.h"

#define NAME_FLAGS	(XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB)

static char *name_string(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct text t = { 0 };
	char *data;
	long len;

	text_add(&t, "%s", "");
	if (bio && name && X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) >= 0) {
		len = BIO_get_mem_data(bio, &data);
		if (len > 0)
			tls_add_wire(&t, (const uint8_t *)data, len);
	}
	BIO_free(bio);
	return t.s;
}

static bool get_time(const ASN1_TIME *at, int64_t *ret)
{
	struct tm tm;
	time_t t;

	if (!at || !ASN1_TIME_to_tm(at, &tm))
		return false;
	t = timegm(&tm);
	*ret = t;
	return true;
}

static void add_san(struct tls_cert *cert, const GENERAL_NAME *name)
{
	const ASN1_STRING *s = NULL;
	char address[INET6_ADDRSTRLEN];
	const char *kind = NULL;
	struct text t = { 0 };

	switch (name->type) {
	case GEN_DNS:
		kind = "DNS", s = name->d.dNSName;
		break;
	case GEN_EMAIL:
		kind = "email", s = name->d.rfc822Name;
		break;
	case GEN_URI:
		kind = "URI", s = name->d.uniformResourceIdentifier;
		break;
	case GEN_IPADD:
		kind = "IP", s = name->d.iPAddress;
		break;
	}
	if (!s || cert->nr_san == TLS_SANS_MAX) {
		cert->more_san++;
		return;
	}
	text_add(&t, "%s:", kind);
	if (name->type != GEN_IPADD) {
		tls_add_wire(&t, ASN1_STRING_get0_data(s),
			     ASN1_STRING_length(s));
	} else if (ASN1_STRING_length(s) == 4 || ASN1_STRING_length(s) == 16) {
		inet_ntop(ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6,
			  ASN1_STRING_get0_data(s), address, sizeof(address));
		text_add(&t, "%s", address);
	} else {
		text_add(&t, "?");
	}
	cert->san = grow(cert->san, cert->nr_san + 1, sizeof(*cert->san));
	cert->san[cert->nr_san++] = t.s;
}

static void read_sans(struct tls_cert *cert, X509 *x)
{
	GENERAL_NAMES *names;

	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_san(cert, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}

/* A curve by the name that TLS has for it, where OpenSSL has another. */
static const char *curve_name(const char *name)
{
	return !strcmp(name, "prime256v1") ? "secp256r1" : name;
}

static void read_key(struct tls_cert *cert, X509 *x)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	char curve[64];
	struct text t = { 0 };
	size_t len;

	if (!key) {
		cert->key_type = strdup("unknown");
		return;
	}
	text_add(&t, "%s", EVP_PKEY_get0_type_name(key) ?: "unknown");
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len))
		text_add(&t, " %s", curve_name(curve));
	cert->key_type = t.s;
	cert->key_bits = EVP_PKEY_get_bits(key) > 0 ?
			 EVP_PKEY_get_bits(key) : 0;
}

/* @now: seconds since 1970, 0 if that is not known */
static bool read_one(struct tls_cert *cert, struct slice der, int64_t now)
{
	const uint8_t *end = der.p;
	X509 *x = d2i_X509(NULL, &end, der.len);
	bool ok = false;

	if (!x)
		goto out;
	if (end != der.p + der.len ||
	    !get_time(X509_get0_notBefore(x), &cert->not_before) ||
	    !get_time(X509_get0_notAfter(x), &cert->not_after))
		goto out;
	ok = true;
	cert->subject = name_string(X509_get_subject_name(x));
	cert->issuer = name_string(X509_get_issuer_name(x));
	read_sans(cert, x);
	read_key(cert, x);
	cert->expired = now && now > cert->not_after;
	cert->not_yet = now && now < cert->not_before;
	/* by names and key identifiers; a signature is not checked here */
	cert->self_signed = X509_check_issued(x, x) == X509_V_OK;
out:
	X509_free(x);
	ERR_clear_error();
	return ok;
}

/* What is wrong with it first. */
static void describe(const struct tls_cert *cert, struct text *detail)
{
	char day[32] = "?";
	time_t t = cert->not_after;
	struct tm tm;

	if (cert->bad) {
		text_add(detail, "a certificate that cannot be read");
		return;
	}
	if (gmtime_r(&t, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	if (cert->expired)
		text_add(detail, "EXPIRED %s", day);
	if (cert->not_yet)
		text_add(detail, "%sNOT YET VALID",
			 detail->len ? TLS_BETWEEN : "");
	tls_add_part(detail, "", cert->subject);
	if (cert->self_signed)
		text_add(detail, TLS_BETWEEN "self-signed");
	else
		tls_add_part(detail, "issuer ", cert->issuer);
	text_add(detail, TLS_BETWEEN "%s", cert->key_type);
	if (cert->key_bits && !strchr(cert->key_type, ' '))
		text_add(detail, " %u", cert->key_bits);
	if (!cert->expired)
		text_add(detail, TLS_BETWEEN "until %s", day);
}

/**
 * tls_read_certificates() - the message Certificate of TLS 1.2 and before
 * @p: the parser
 * @h: the message
 * @detail: where its description goes
 *
 * A chain that is cut short is read as far as its certificates are whole.
 */
void tls_read_certificates(struct tls_parser *p, struct tls_handshake *h,
			   struct text *detail)
{
	int64_t now = p->in->has_wall ?
		      ((int64_t)h->t_ns + p->in->wall_ns) /
		      (int64_t)NSEC_PER_SEC : 0;
	struct slice list = slice_vector(&h->body, 3), der;
	struct tls_info *tls = p->tls;
	size_t first = tls->nr_certs, nr = 0, same = 0;
	struct tls_cert *cert;

	for (size_t i = 0; i < tls->nr_certs; i++)
		same += tls->certs[i].from == h->from;
	while (list.len && same + nr < TLS_CERTS_MAX) {
		size_t before = list.len;

		der = slice_vector(&list, 3);
		if (list.is_short) {
			h->cut = h->cut || before;
			break;
		}
		tls->certs = grow(tls->certs, tls->nr_certs + 1,
				  sizeof(*tls->certs));
		cert = &tls->certs[tls->nr_certs++];
		*cert = (struct tls_cert){ .from = h->from, .depth = nr++ };
		cert->bad = !read_one(cert, der, now);
	}
	if (nr) {
		cert = &tls->certs[first];
		describe(cert, detail);
		h->invalid = cert->expired || cert->not_yet;
	}
	if (!nr)
		text_add(detail, h->cut ? "none of them whole" : "none");
	if (nr > 1)
		text_add(detail, TLS_BETWEEN "chain of %zu", nr);
}

/**
 * tls_cert_free() - give back what a certificate holds
 * @cert: the certificate
 */
void tls_cert_free(struct tls_cert *cert)
{
	for (size_t i = 0; i < cert->nr_san; i++)
		free(cert->san[i]);
	free(cert->san);
	free(cert->subject);
	free(cert->issuer);
	free(cert->key_type);
}
