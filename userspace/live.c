// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "live.h"
#include "util.h"

/**
 * live_find() - a connection that lives
 * @table: all of them
 * @id: which
 *
 * Context: any.
 * Return: the connection, NULL if it is not known.
 */
struct live *live_find(struct live **table, uint64_t id)
{
	struct live *live;

	HASH_FIND(hh, *table, &id, sizeof(id), live);
	return live;
}

/**
 * live_add() - know a connection from now on
 * @table: all of them
 * @rec: one of its records that has addresses
 *
 * Context: any.
 */
void live_add(struct live **table, const struct tcptrace_record *rec)
{
	struct live *live = live_find(table, rec->conn);

	/* What comes after its end, nobody would take away again. */
	if (live || (rec->rflags & TCPTRACE_F_ORPHAN))
		return;
	live = zalloc(sizeof(*live));
	live->id = rec->conn;
	live->ends = *rec;
	HASH_ADD(hh, *table, id, sizeof(live->id), live);
}

/**
 * live_take() - read the next record of TLS
 * @live: its connection
 * @rec: the record
 * @wall_ns: to be added to its time for nanoseconds since 1970, or NULL
 *
 * Context: any.
 * Return: what is known of the handshake, until the next call.
 */
const struct tls_info *live_take(struct live *live,
				 const struct tcptrace_record *rec,
				 const int64_t *wall_ns)
{
	if (!live->tls) {
		live->input.has_wall = wall_ns;
		live->input.wall_ns = wall_ns ? *wall_ns : 0;
		live->tls = tls_begin(&live->input);
	}
	return tls_take(live->tls, (const void *)rec);
}

static void forget(struct live **table, struct live *live)
{
	HASH_DEL(*table, live); /* NOLINT: knows nothing of a table's links */
	if (live->tls)
		tls_free(tls_end(live->tls));
	free(live);
}

/**
 * live_drop() - forget a connection
 * @table: all of them
 * @id: which, known or not
 *
 * Context: any.
 */
void live_drop(struct live **table, uint64_t id)
{
	struct live *live = live_find(table, id);

	if (live)
		forget(table, live);
}

/**
 * live_clean() - forget all
 * @table: all of them
 *
 * Context: any.
 */
void live_clean(struct live **table)
{
	struct live *live, *tmp;

	HASH_ITER(hh, *table, live, tmp)
		forget(table, live);
}
