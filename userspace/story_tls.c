// SPDX-License-Identifier: GPL-2.0
/* What the records of TLS say, at its place among the segments. */
#include <stdlib.h>

#include "telling.h"
#include "util.h"

/* Is a segment of the endpoint's own making, as far as can be told? */
static bool is_own(const struct tcptrace_record *rec)
{
	return rec->from <= TCPTRACE_SERVER &&
	       rec->why != TCPTRACE_WHY_STALE &&
	       rec->why != TCPTRACE_WHY_CHALLENGE;
}

static void learn_first_data(struct story *s, struct tls_input *in,
			     const struct tcptrace_record *rec)
{
	if (rec->from == TCPTRACE_CLIENT)
		in->opening = (rec->rflags & TCPTRACE_F_OPENING) >>
			      TCPTRACE_OPENING_SHIFT;
	else if (rec->from == TCPTRACE_SERVER)
		s->server_first = true;
}

static void learn_end(struct tls_input *in, const struct tcptrace_record *rec)
{
	const uint16_t flags = rec->u.seg.flags;

	if (!(flags & (TCPTRACE_FIN | TCPTRACE_RST)) || !is_own(rec))
		return;
	if ((flags & TCPTRACE_FIN) && !in->fin_ns[rec->from])
		in->fin_ns[rec->from] = rec->t_ns;
	if ((flags & TCPTRACE_RST) && !in->rst_ns[rec->from])
		in->rst_ns[rec->from] = rec->t_ns;
}

/*
 * What the parser wants to know of the connection, all of it at once. Returns
 * what @in->records is then, to be freed.
 */
static const struct tcptrace_tls_record **learn(struct story *s,
						struct tls_input *in)
{
	const struct tcptrace_tls_record **records = NULL;
	const struct model_conn *conn = s->conn;
	unsigned int i;

	for (i = 0; i < conn->nr; i++) {
		const struct tcptrace_record *rec = &conn->rec[i];

		switch (rec->kind) {
		case TCPTRACE_REC_TLS:
			if (!records)
				records = grow(NULL, conn->nr - i, sizeof(*records));
			records[in->nr++] = (const void *)rec;
			break;
		case TCPTRACE_REC_COUNT:
			if (rec->why == TCPTRACE_WHY_FIRST_DATA)
				learn_first_data(s, in, rec);
			break;
		case TCPTRACE_REC_SEGMENT:
			learn_end(in, rec);
			break;
		default:
			break;
		}
	}
	return records;
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

	in.has_wall = wall_ns;
	in.lost = s->lost || s->conn->omitted;
	if (wall_ns)
		in.wall_ns = *wall_ns;
	records = learn(s, &in);
	in.records = records;
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
