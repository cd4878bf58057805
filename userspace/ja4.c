// SPDX-License-Identifier: GPL-2.0
/*
 * JA4, as FoxIO publishes it (technical_details/JA4.md): ten characters in
 * the clear, a hash of the cipher suites, a hash of the extensions and the
 * signature algorithms.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ja4.h"
#include "text.h"
#include "tls_names.h"

#define EXT_SERVER_NAME	0x0000
#define EXT_ALPN	0x0010

/**
 * ja4_add() - one more number of a list
 * @list: the list
 * @number: the number; those of GREASE do not count
 */
void ja4_add(struct ja4_numbers *list, uint16_t number)
{
	if (!tls_is_grease(number) && list->nr < JA4_MAX)
		list->number[list->nr++] = number;
}

static int by_number(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void add_list(struct text *t, const struct ja4_numbers *list)
{
	for (size_t i = 0; i < list->nr; i++)
		text_add(t, "%s%04x", i ? "," : "", list->number[i]);
}

/* The first twelve digits of SHA-256, or of nothing at all twelve zeroes. */
static void add_hash(struct text *t, const struct text *what)
{
	unsigned char sum[SHA256_DIGEST_LENGTH] = { 0 };

	if (what->len)
		SHA256((const unsigned char *)what->s, what->len, sum);
	for (int i = 0; i < 6; i++)
		text_add(t, "%02x", sum[i]);
}

static const char *version_code(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

/* Of ASCII and of no locale. */
static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* First and last character; of bytes that are none, of their hexadecimals. */
static void add_alpn(struct text *t, const uint8_t *alpn, size_t len)
{
	uint8_t first, last;

	if (!len) {
		text_add(t, "00");
		return;
	}
	first = alpn[0];
	last = alpn[len - 1];
	if (is_alnum(first) && is_alnum(last))
		text_add(t, "%c%c", first, last);
	else
		text_add(t, "%x%x", first >> 4, last & 0xf);
}

static unsigned int two_digits(size_t n)
{
	return n > 99 ? 99 : (unsigned int)n;
}

/**
 * ja4_make() - make the fingerprint
 * @in: what it is made of
 * @out: where it goes, NUL-terminated
 */
void ja4_make(const struct ja4_input *in, char out[JA4_SIZE])
{
	struct ja4_numbers suites = in->suites, extensions = { 0 };
	struct text t = { 0 }, list = { 0 };

	for (size_t i = 0; i < in->extensions.nr; i++)
		if (in->extensions.number[i] != EXT_SERVER_NAME &&
		    in->extensions.number[i] != EXT_ALPN)
			ja4_add(&extensions, in->extensions.number[i]);
	qsort(suites.number, suites.nr, sizeof(*suites.number), by_number);
	qsort(extensions.number, extensions.nr, sizeof(*extensions.number),
	      by_number);

	text_add(&t, "t%s%c%02u%02u", version_code(in->version),
		 in->has_sni ? 'd' : 'i', two_digits(in->suites.nr),
		 two_digits(in->extensions.nr));
	add_alpn(&t, in->alpn, in->alpn_len);
	text_add(&t, "_");
	add_list(&list, &suites);
	add_hash(&t, &list);
	text_add(&t, "_");
	text_clear(&list);
	add_list(&list, &extensions);
	if (in->schemes.nr && list.len) {
		text_add(&list, "_");
		add_list(&list, &in->schemes);
	}
	add_hash(&t, &list);
	snprintf(out, JA4_SIZE, "%s", t.s);
	text_free(&list);
	text_free(&t);
}
