/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What following a connection takes that lives: its ends, which records of TLS
 * do not carry, and its TLS handshake as far as it has come.
 */
#ifndef _TCPTIMELINE_LIVE_H
#define _TCPTIMELINE_LIVE_H

#include "hash.h"
#include "tls.h"

/**
 * struct live - a connection that lives
 * @id: as in its records
 * @ends: a record that has its addresses
 * @input: what the parser knows but the records
 * @tls: the parser; NULL before there is a record of TLS
 * @shown: messages that were shown
 * @hh: in the table
 */
struct live {
	uint64_t id;
	struct tcptrace_record ends;
	struct tls_input input;
	struct tls_parser *tls;
	size_t shown;
	UT_hash_handle hh;
};

void live_add(struct live **table, const struct tcptrace_record *rec);
struct live *live_find(struct live **table, uint64_t id);
const struct tls_info *live_take(struct live *live,
				 const struct tcptrace_record *rec,
				 const int64_t *wall_ns);
void live_drop(struct live **table, uint64_t id);
void live_clean(struct live **table);

#endif /* _TCPTIMELINE_LIVE_H */
