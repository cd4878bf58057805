// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "hash.h"
#include "util.h"

struct filter_conn {
	uint64_t id;
	UT_hash_handle hh;
};

/**
 * filter_init() - begin to filter
 * @f: the filter
 * @opt: what the user wants; must outlive the filter
 *
 * Context: any.
 */
void filter_init(struct filter *f, const struct options *opt)
{
	memset(f, 0, sizeof(*f));
	f->opt = opt;
}

static void forget(struct filter *f, struct filter_conn *conn)
{
	HASH_DEL(f->wanted, conn); /* NOLINT: knows nothing of a table's links */
	free(conn);
	f->nr--;
}

static struct filter_conn *find(struct filter *f, uint64_t id)
{
	struct filter_conn *conn;

	HASH_FIND(hh, f->wanted, &id, sizeof(id), conn);
	return conn;
}

/* An end that is lost leaves a connection behind: hence the bound. */
static void remember(struct filter *f, const struct tcptrace_record *rec)
{
	struct filter_conn *conn = find(f, rec->conn);

	if (rec->kind == TCPTRACE_REC_END && conn)
		forget(f, conn);
	if (rec->kind == TCPTRACE_REC_END || conn)
		return;
	/* The table keeps the order in which they came. */
	if (f->nr == FILTER_MAX)
		forget(f, f->wanted);
	conn = zalloc(sizeof(*conn));
	conn->id = rec->conn;
	HASH_ADD(hh, f->wanted, id, sizeof(conn->id), conn);
	f->nr++;
}

static bool want_ends(const struct options *o, const struct tcptrace_record *rec)
{
	if (o->has_ports && !tcptrace_portset_has(&o->ports, rec->port[0]) &&
	    !tcptrace_portset_has(&o->ports, rec->port[1]))
		return false;
	return !o->has_host ||
	       !memcmp(o->host, rec->addr[0], sizeof(o->host)) ||
	       !memcmp(o->host, rec->addr[1], sizeof(o->host));
}

/**
 * filter_wants_all() - does every record pass
 * @f: the filter
 *
 * Context: any.
 * Return: whether it does.
 */
bool filter_wants_all(const struct filter *f)
{
	const struct options *o = f->opt;

	return !o->has_netns && !o->has_ports && !o->has_host;
}

/**
 * filter_want() - does a record pass
 * @f: the filter
 * @rec: the record
 *
 * One of TLS passes if those of its connection do; where none of them came
 * before, nobody knows, and it does not.
 *
 * Context: any.
 * Return: whether it does; all records of a connection do or do not.
 */
bool filter_want(struct filter *f, const struct tcptrace_record *rec)
{
	const struct options *o = f->opt;

	if (o->has_netns && o->netns != rec->netns)
		return false;
	if (!o->has_ports && !o->has_host)
		return true;
	if (rec->kind == TCPTRACE_REC_TLS)
		return find(f, rec->conn);
	if (!want_ends(o, rec))
		return false;
	remember(f, rec);
	return true;
}

/**
 * filter_clean() - give the memory of a filter back
 * @f: the filter
 *
 * Context: any.
 */
void filter_clean(struct filter *f)
{
	struct filter_conn *conn, *tmp;

	HASH_ITER(hh, f->wanted, conn, tmp)
		forget(f, conn);
}
