// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "util.h"

/* Most connections have so many records at most. */
#define FEW_RECORDS	16

/* Connections whose memory is kept for others, rather than given back. */
#define MAX_SPARE	64

/**
 * model_init() - an empty model
 * @m: the model
 * @done: called with each connection that is over; it does not keep it
 * @arg: first argument of @done
 *
 * Context: any.
 */
void model_init(struct model *m, model_done_fn done, void *arg)
{
	memset(m, 0, sizeof(*m));
	m->ended_tail = &m->ended;
	m->done = done;
	m->arg = arg;
}

static void release(struct model_conn *conn)
{
	free(conn->rec);
	free(conn);
}

static void forget(struct model *m, struct model_conn *conn)
{
	HASH_DEL(m->conns, conn); /* NOLINT: knows nothing of a table's links */
	if (m->last == conn)
		m->last = NULL;
	if (m->nr_spare == MAX_SPARE || conn->size > FEW_RECORDS) {
		release(conn);
		return;
	}
	conn->next = m->spare;
	m->spare = conn;
	m->nr_spare++;
}

/* Memory for one, all of it zero but its room for records. */
static struct model_conn *obtain(struct model *m)
{
	struct model_conn *conn = m->spare;
	struct tcptrace_record *rec;
	unsigned int size;

	if (!conn)
		return zalloc(sizeof(*conn));
	m->spare = conn->next;
	m->nr_spare--;
	rec = conn->rec;
	size = conn->size;
	memset(conn, 0, sizeof(*conn));
	conn->rec = rec;
	conn->size = size;
	return conn;
}

static void release_spare(struct model *m)
{
	struct model_conn *conn;

	while (m->spare) {
		conn = m->spare;
		m->spare = conn->next;
		release(conn);
	}
	m->nr_spare = 0;
}

static void hand_over(struct model *m, struct model_conn *conn)
{
	m->done(m->arg, conn);
	forget(m, conn);
}

static struct model_conn *find(struct model *m, uint64_t id)
{
	if (!m->last || m->last->id != id)
		HASH_FIND(hh, m->conns, &id, sizeof(id), m->last);
	return m->last;
}

static struct model_conn *create(struct model *m, uint64_t id, uint64_t t_ns)
{
	struct model_conn *conn = obtain(m);

	conn->id = id;
	conn->first_ns = t_ns;
	HASH_ADD(hh, m->conns, id, sizeof(conn->id), conn);
	return conn;
}

/* Nearly always at the end: records of one connection come in order. */
static void insert(struct model_conn *conn, const struct tcptrace_record *rec)
{
	unsigned int at = conn->nr;

	while (at && conn->rec[at - 1].n >= rec->n)
		at--;
	if (at < conn->nr && conn->rec[at].n == rec->n)
		return;
	if (conn->nr == conn->size) {
		conn->size = conn->size ? conn->size * 2 : FEW_RECORDS;
		conn->rec = grow(conn->rec, conn->size, sizeof(*conn->rec));
	}
	if (at < conn->nr)
		memmove(&conn->rec[at + 1], &conn->rec[at],
			(conn->nr - at) * sizeof(*conn->rec));
	conn->rec[at] = *rec;
	conn->nr++;
}

static bool too_many(const struct model_conn *conn,
		     const struct tcptrace_record *rec)
{
	return conn->nr >= MODEL_MAX_RECORDS &&
	       rec->kind != TCPTRACE_REC_END &&
	       rec->kind != TCPTRACE_REC_TIMER;
}

static bool is_closed(const struct tcptrace_record *rec)
{
	const uint8_t server = rec->state[TCPTRACE_SERVER];

	return rec->state[TCPTRACE_CLIENT] == TCPTRACE_CLOSED &&
	       (server == TCPTRACE_CLOSED || server == TCPTRACE_LISTEN);
}

/* What had ended the connection is taken back: it lives. */
static void revive(struct model *m, struct model_conn *conn)
{
	struct model_conn **link = &m->ended;

	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	if (!*link)
		m->ended_tail = link;
	conn->next = NULL;
	conn->ended = false;
}

/**
 * model_add() - a record has come
 * @m: the model
 * @rec: the record; copied
 *
 * Context: any.
 */
void model_add(struct model *m, const struct tcptrace_record *rec)
{
	struct model_conn *conn = find(m, rec->conn);

	if (!conn && (rec->rflags & TCPTRACE_F_ORPHAN)) {
		m->orphans++;
		return;
	}
	if (!conn)
		conn = create(m, rec->conn, rec->t_ns);

	if (too_many(conn, rec))
		conn->omitted++;
	else
		insert(conn, rec);
	if ((uint64_t)rec->n + 1 > conn->top)
		conn->top = (uint64_t)rec->n + 1;
	if (rec->t_ns < conn->first_ns)
		conn->first_ns = rec->t_ns;
	if (rec->t_ns > conn->last_ns)
		conn->last_ns = rec->t_ns;

	if (conn->ended && rec->n > conn->end_n &&
	    rec->kind == TCPTRACE_REC_UNDO && !is_closed(rec))
		revive(m, conn);
	/* When the module goes all end at once: that says nothing of them. */
	if (rec->kind == TCPTRACE_REC_END && !conn->ended &&
	    rec->why != TCPTRACE_WHY_UNLOAD) {
		conn->ended = true;
		conn->end_n = rec->n;
		conn->due_ns = (rec->t_ns > m->now_ns ? rec->t_ns : m->now_ns) +
			       MODEL_LINGER_NS;
		*m->ended_tail = conn;
		m->ended_tail = &conn->next;
	}
	model_advance(m, rec->t_ns);
}

static struct model_conn *next_ended(struct model *m)
{
	struct model_conn *conn = m->ended;

	m->ended = conn->next;
	if (!m->ended)
		m->ended_tail = &m->ended;
	return conn;
}

/**
 * model_advance() - time passes
 * @m: the model
 * @now_ns: CLOCK_MONOTONIC, of this moment or of the record just seen
 *
 * Context: any; calls @done.
 */
void model_advance(struct model *m, uint64_t now_ns)
{
	if (now_ns > m->now_ns)
		m->now_ns = now_ns;
	while (m->ended && m->ended->due_ns <= m->now_ns)
		hand_over(m, next_ended(m));
}

static int by_start(struct model_conn *a, struct model_conn *b)
{
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/**
 * model_finish() - no more records will come
 * @m: the model; empty afterwards
 *
 * Connections that are over go first, in the order in which they ended, then
 * the others, in the order in which they began.
 *
 * Context: any; calls @done.
 */
void model_finish(struct model *m)
{
	struct model_conn *conn, *tmp;

	while (m->ended)
		hand_over(m, next_ended(m));
	HASH_SORT(m->conns, by_start);
	HASH_ITER(hh, m->conns, conn, tmp)
		hand_over(m, conn);
	release_spare(m);
}

/**
 * model_conn_lost() - how many records of a connection are missing
 * @conn: the connection
 *
 * What is missing after the last record that came cannot be known.
 *
 * Context: any.
 * Return: records.
 */
uint64_t model_conn_lost(const struct model_conn *conn)
{
	return conn->top - conn->nr - conn->omitted;
}
