// SPDX-License-Identifier: GPL-2.0
/* What the records of TLS say, at its place among the segments. */
#include <stdlib.h>

#include "telling.h"
#include "util.h"

static bool is_first_data(const struct tcptrace_record *rec)
{
	return rec->kind == TCPTRACE_REC_COUNT &&
	       rec->why == TCPTRACE_WHY_FIRST_DATA;
}

/* A segment of the endpoint's own making, as far as can be told. */
static bool is_own(const struct tcptrace_record *rec)
{
	return rec->kind == TCPTRACE_REC_SEGMENT &&
	       rec->from <= TCPTRACE_SERVER &&
	       rec->why != TCPTRACE_WHY_STALE &&
	       rec->why != TCPTRACE_WHY_CHALLENGE;
}

/* What the parser wants to know of the connection, all of it at once. */
static void learn(struct story *s, struct tls_input *in,
		  const struct tcptrace_tls_record **records)
{
	const struct model_conn *conn = s->conn;
	unsigned int i;

	for (i = 0; i < conn->nr; i++) {
		const struct tcptrace_record *rec = &conn->rec[i];

		if (rec->kind == TCPTRACE_REC_TLS)
			records[in->nr++] = (const void *)rec;
		if (is_first_data(rec) && rec->from == TCPTRACE_CLIENT)
			in->opening = (rec->rflags & TCPTRACE_F_OPENING) >>
				      TCPTRACE_OPENING_SHIFT;
		if (is_first_data(rec) && rec->from == TCPTRACE_SERVER)
			s->server_first = true;
		if (!is_own(rec))
			continue;
		if ((rec->u.seg.flags & TCPTRACE_FIN) && !in->fin_ns[rec->from])
			in->fin_ns[rec->from] = rec->t_ns;
		if ((rec->u.seg.flags & TCPTRACE_RST) && !in->rst_ns[rec->from])
			in->rst_ns[rec->from] = rec->t_ns;
	}
}

/**
 * telling_tls_begin() - read the TLS handshake, before its rows are told
 * @t: the telling
 * @wall_ns: to be added to times for nanoseconds since 1970; NULL if not known
 *
 * Context: any.
 */
void telling_tls_begin(struct telling *t, const int64_t *wall_ns)
{
	const struct tcptrace_tls_record **records;
	struct tls_input in = { 0 };
	struct story *s = t->s;

	records = grow(NULL, s->conn->nr, sizeof(*records));
	in.records = records;
	in.has_wall = wall_ns;
	in.lost = s->lost || s->conn->omitted;
	if (wall_ns)
		in.wall_ns = *wall_ns;
	learn(s, &in, records);
	s->opening = in.opening;
	if (in.nr || in.opening == TCPTRACE_OPENING_TLS)
		s->tls = tls_parse(&in);
	if (s->tls)
		s->opening = s->tls->opening;
	free(records);
}

/*
 * Where its row goes: at the end, but the FIN of a segment comes after the
 * bytes of it.
 */
static unsigned int find_place(struct telling *t,
			       const struct tcptrace_record *rec)
{
	const struct story *s = t->s;
	unsigned int i = s->nr_rows;

	while (i && s->row[i - 1].first &&
	       s->row[i - 1].first->t_ns == rec->t_ns) {
		const struct row *row = &s->row[--i];

		if (row->kind != ROW_ARROW || row->first->from != rec->from ||
		    !(row->first->u.seg.flags & TCPTRACE_FIN))
			continue;
		if (t->second_fin != NO_ROW && t->second_fin >= i)
			t->second_fin++;
		return i;
	}
	return s->nr_rows;
}

/**
 * telling_tls() - tell the messages that a record has made whole
 * @t: the telling
 * @rec: the record
 *
 * Context: any.
 */
void telling_tls(struct telling *t, const struct tcptrace_record *rec)
{
	const struct tls_info *tls = t->s->tls;
	const struct tls_message *m;
	struct row *row;

	for (; t->message < tls->nr_messages; t->message++) {
		m = &tls->messages[t->message];
		if (m->n > rec->n)
			break;
		row = telling_row(t->s, find_place(t, rec), ROW_TLS, rec);
		row->tls = m;
		telling_sighting(row, rec);
		if (!(m->flags & TLS_NOTE))
			t->spoke[m->from] = true;
	}
}

/**
 * telling_data_last() - put the data row under way behind all that is told
 * @t: the telling
 *
 * What it counts is what the messages above it came in.
 *
 * Context: any; rows move in memory.
 * Return: the row.
 */
struct row *telling_data_last(struct telling *t)
{
	struct story *s = t->s;
	unsigned int from = t->data, to = from, i;
	struct row data = s->row[from];

	for (i = from + 1; i < s->nr_rows; i++)
		if (s->row[i].kind == ROW_TLS)
			to = i;
	for (i = from; i < to; i++)
		s->row[i] = s->row[i + 1];
	s->row[to] = data;
	if (t->second_fin != NO_ROW && t->second_fin > from &&
	    t->second_fin <= to)
		t->second_fin--;
	t->data = to;
	return &s->row[to];
}
