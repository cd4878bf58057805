/* SPDX-License-Identifier: GPL-2.0 */
/* The JA4 fingerprint of a TLS client. */
#ifndef _TCPTIMELINE_JA4_H
#define _TCPTIMELINE_JA4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JA4_SIZE	37	/* ten, twelve and twelve characters, and NUL */
#define JA4_MAX		1024	/* numbers of a kind that are looked at */

/**
 * struct ja4_numbers - a list of numbers as they stood on the wire
 * @nr: how many
 * @number: them, without those of GREASE
 */
struct ja4_numbers {
	size_t nr;
	uint16_t number[JA4_MAX];
};

/**
 * struct ja4_input - what the fingerprint is made of
 * @version: highest of the extension supported_versions, else the hello's own
 * @has_sni: the extension server_name is there
 * @suites: cipher suites
 * @extensions: types of extensions
 * @schemes: signature algorithms
 * @alpn: the first protocol offered
 * @alpn_len: bytes of it
 */
struct ja4_input {
	uint16_t version;
	bool has_sni;
	struct ja4_numbers suites;
	struct ja4_numbers extensions;
	struct ja4_numbers schemes;
	const uint8_t *alpn;
	size_t alpn_len;
};

void ja4_add(struct ja4_numbers *list, uint16_t number);
void ja4_make(const struct ja4_input *in, char out[JA4_SIZE]);

#endif /* _TCPTIMELINE_JA4_H */
