/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of TLS out of a capture, by a splitter of the simplest kind: it has
 * the streams whole in memory first. Made apart from the one under module/core,
 * so that the reader's tests do not lean on it.
 */
#ifndef _TCPTRACE_TEST_TLSPCAP_H
#define _TCPTRACE_TEST_TLSPCAP_H

#include "tls.h"

#define TLSPCAP_RECORDS	4096

struct tlspcap {
	struct tcptrace_tls_record rec[TLSPCAP_RECORDS];
	const struct tcptrace_tls_record *at[TLSPCAP_RECORDS];
	struct tls_input in;
};

struct tlspcap *tlspcap_read(const char *path, unsigned int connection);
void tlspcap_bytes(struct tlspcap *t, uint8_t from, uint32_t offset,
		   const uint8_t *bytes, size_t len, uint64_t t_ns);
void tlspcap_record(struct tlspcap *t, uint8_t from, uint32_t offset,
		    uint8_t why, uint8_t type, uint16_t length, uint64_t t_ns);

#endif /* _TCPTRACE_TEST_TLSPCAP_H */
