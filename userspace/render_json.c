// SPDX-License-Identifier: GPL-2.0
/* One object a line; the schema is in the man page. */
#include <stdlib.h>
#include <time.h>

#include "core/fsm.h"
#include "names.h"
#include "phase.h"
#include "render.h"
#include "render_json.h"
#include "util.h"
#include "zeek.h"

#define SCHEMA_VERSION	1

/* Names of the states in order; only the inferred ones if @guesses. */
static void set_states(struct jput *j, const char *key,
		       const struct story_end *end, bool guesses)
{
	unsigned int i;

	jput_key(j, key);
	jput_open(j, '[');
	for (i = 0; i < end->nr_moves; i++) {
		const struct move *move = &end->move[i];

		if (!move->undone && !move->back && (move->guess || !guesses))
			jput_string(j, tcptrace_state_name(move->state));
	}
	jput_close(j, ']');
}

static void set_state(struct jput *j, const char *key, uint8_t state)
{
	jput_set_string(j, key, tcptrace_state_name(state));
}

static void endpoint(struct jput *j, const struct story *s, uint8_t who)
{
	const struct story_end *end = &s->end[who];
	const bool known = s->any->family;
	struct text t = { 0 };

	jput_key(j, who == TCPTRACE_CLIENT ? "client" : "server");
	jput_open(j, '{');
	if (known) {
		name_address(&t, s->any->addr[who], s->any->family);
		jput_set_text(j, "addr", &t);
	} else {
		jput_set_null(j, "addr");
	}
	jput_set_known(j, "port", known, s->any->port[who]);
	jput_set_bool(j, "local", end->local);
	jput_set_known(j, "isn", end->has_isn && !end->first_seen, end->isn);
	set_states(j, "states", end, false);
	set_states(j, "inferred", end, true);
	jput_set_number(j, "bytes", end->sent.bytes);
	jput_set_number(j, "segments", end->sent.segs);
	jput_set_number(j, "retransmits", end->sent.retrans);
	if (end->heard)
		jput_set_bool(j, "agrees", !story_mismatches(s, who));
	else
		jput_set_null(j, "agrees");
	if (end->pid) {
		jput_set_number(j, "pid", end->pid);
		text_escaped(&t, end->comm, sizeof(end->comm), false);
		jput_set_text(j, "comm", &t);
	}
	jput_close(j, '}');
}

static void set_flags(struct jput *j, uint16_t bits)
{
	const char *name;
	unsigned int i;
	uint16_t bit;

	jput_key(j, "flags");
	jput_open(j, '[');
	for (i = 0; (name = name_flag(i, &bit)); i++)
		if (bits & bit)
			jput_string(j, name);
	jput_close(j, ']');
}

static void add_segment(struct jput *j, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	set_flags(j, seg->flags);
	jput_set_number(j, "seq", seg->seq);
	jput_set_known(j, "ack", seg->flags & TCPTRACE_ACK, seg->ack);
	jput_set_number(j, "len", seg->len);
	jput_set_number(j, "win", seg->win);
	if (seg->flags & TCPTRACE_SYN) {
		if (seg->opts & TCPTRACE_OPT_MSS)
			jput_set_number(j, "mss", seg->mss);
		if (seg->opts & TCPTRACE_OPT_WSCALE)
			jput_set_number(j, "wscale", seg->wscale);
		jput_set_bool(j, "sack", seg->opts & TCPTRACE_OPT_SACK_PERM);
		jput_set_bool(j, "timestamps", seg->opts & TCPTRACE_OPT_TS);
	}
	jput_set_bool(j, "retransmit", rec->rflags & TCPTRACE_F_RETRANSMIT);
	jput_set_bool(j, "again", rec->rflags & TCPTRACE_F_AGAIN);
	if (rec->rflags & TCPTRACE_F_SK)
		set_state(j, "sk_state", seg->sock_state);
}

static void event(struct jput *j, const struct story *s,
		  const struct tcptrace_record *rec)
{
	jput_open(j, '{');
	jput_set_number(j, "n", rec->n);
	jput_set_number(j, "t_ns", rec->t_ns - s->start_ns);
	jput_set_string(j, "kind", name_kind(rec->kind));
	jput_set_string(j, "why", name_why(rec->why));
	jput_set_endpoint(j, "from", rec->from);
	jput_set_string(j, "vantage", name_vantage(rec->vantage));
	if (rec->kind == TCPTRACE_REC_TLS) {
		render_json_tls_record(j, (const void *)rec);
		jput_close(j, '}');
		return;
	}
	if (rec->kind == TCPTRACE_REC_SEGMENT ||
	    rec->kind == TCPTRACE_REC_STATE ||
	    rec->kind == TCPTRACE_REC_UNDO)
		add_segment(j, rec);
	if (rec->kind == TCPTRACE_REC_WORD)
		set_state(j, "said", rec->u.word.said);
	set_state(j, "client", rec->state[TCPTRACE_CLIENT]);
	set_state(j, "server", rec->state[TCPTRACE_SERVER]);
	jput_close(j, '}');
}

static void set_start(struct jput *j, const struct render *r,
		      const struct story *s)
{
	uint64_t wall = s->start_ns + (uint64_t)r->wall_ns;
	time_t sec = (time_t)(wall / NSEC_PER_SEC);
	struct text t = { 0 };
	char buf[32];
	struct tm tm;

	if (!r->has_wall || !gmtime_r(&sec, &tm)) {
		jput_set_null(j, "start");
		return;
	}
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	text_add(&t, "%s.%09lluZ", buf,
		 (unsigned long long)(wall % NSEC_PER_SEC));
	jput_set_text(j, "start", &t);
}

static void set_phases(struct jput *j, const struct story *s)
{
	unsigned int i;
	uint64_t ns = 0;
	bool known;

	jput_key(j, "phases");
	jput_open(j, '{');
	for (i = 0; i < PHASE_NR; i++) {
		known = phase_time(s, i, &ns);
		jput_set_known(j, phase_key(i), known, ns);
	}
	jput_close(j, '}');
}

/* How the stream begins that the client sends. */
static const char *opening(const struct story *s)
{
	switch (s->opening) {
	case TCPTRACE_OPENING_TLS:
		return "tls";
	case TCPTRACE_OPENING_SSL2:
		return "sslv2";
	case TCPTRACE_OPENING_HTTP:
		return "http";
	case TCPTRACE_OPENING_OTHER:
		return "other";
	default:
		return NULL;
	}
}

static void json_conn(struct render *r, const struct story *s,
		      enum verdict verdict)
{
	struct text history = { 0 };
	struct jput *j = r->priv;
	unsigned int i;

	if (!j) {
		j = zalloc(sizeof(*j));
		r->priv = j;
	}
	jput_clear(j);
	jput_open(j, '{');
	jput_set_number(j, "version", SCHEMA_VERSION);
	jput_set_number(j, "id", s->conn->id);
	endpoint(j, s, TCPTRACE_CLIENT);
	endpoint(j, s, TCPTRACE_SERVER);
	jput_set_number(j, "netns", s->any->netns);
	set_start(j, r, s);
	jput_set_number(j, "duration_ns", s->last_ns - s->start_ns);
	jput_set_known(j, "handshake_ns", s->has_handshake, s->handshake_ns);
	set_phases(j, s);
	jput_set_string(j, "verdict", verdict_word(verdict));
	jput_set_string(j, "conn_state", zeek_read(s, &history));
	jput_set_text(j, "history", &history);
	jput_set_string(j, "end", s->ended ? name_why(s->ended) : NULL);
	jput_set_bool(j, "complete", story_complete(s));
	jput_set_number(j, "lost", s->lost);
	jput_set_number(j, "mismatches", story_mismatches(s, TCPTRACE_CLIENT) +
					 story_mismatches(s, TCPTRACE_SERVER));
	if (s->conn->omitted)
		jput_set_number(j, "omitted", s->conn->omitted);
	jput_set_string(j, "opening", opening(s));
	if (s->tls)
		render_json_tls(j, s);
	else
		jput_set_null(j, "tls");
	jput_key(j, "events");
	jput_open(j, '[');
	for (i = 0; i < s->conn->nr; i++)
		event(j, s, &s->conn->rec[i]);
	jput_close(j, ']');
	jput_close(j, '}');

	fwrite(j->s, j->len, 1, r->out);
	fputc('\n', r->out);
}

static void json_finish(struct render *r)
{
	if (r->priv)
		jput_free(r->priv);
	free(r->priv);
	r->priv = NULL;
}

const struct render_ops render_json = {
	.name = "json",
	.conn = json_conn,
	.finish = json_finish,
};
