// SPDX-License-Identifier: GPL-2.0
/* One object a line; the schema is in the man page. */
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
static json_t *states(const struct story_end *end, bool guesses)
{
	json_t *array = jput_must(json_array());
	unsigned int i;

	for (i = 0; i < end->nr_moves; i++) {
		const struct move *move = &end->move[i];

		if (!move->undone && !move->back && (move->guess || !guesses))
			jput_append(array,
				    json_string(tcptrace_state_name(move->state)));
	}
	return array;
}

static json_t *endpoint(const struct story *s, uint8_t who)
{
	const struct story_end *end = &s->end[who];
	json_t *object = jput_must(json_object());
	struct text t = { 0 };

	if (s->any->family)
		name_address(&t, s->any->addr[who], s->any->family);
	jput_set(object, "addr", s->any->family ? jput_string(&t) : json_null());
	jput_set(object, "port", s->any->family ?
		 jput_number(s->any->port[who]) : json_null());
	jput_set(object, "local", json_boolean(end->local));
	jput_set(object, "isn", end->has_isn && !end->first_seen ?
		 jput_number(end->isn) : json_null());
	jput_set(object, "states", states(end, false));
	jput_set(object, "inferred", states(end, true));
	jput_set(object, "bytes", jput_number(end->sent.bytes));
	jput_set(object, "segments", jput_number(end->sent.segs));
	jput_set(object, "retransmits", jput_number(end->sent.retrans));
	jput_set(object, "agrees", end->heard ?
		 json_boolean(!story_mismatches(s, who)) : json_null());
	if (end->pid) {
		jput_set(object, "pid", jput_number(end->pid));
		text_escaped(&t, end->comm, sizeof(end->comm), false);
		jput_set(object, "comm", jput_string(&t));
	}
	return object;
}

static json_t *flags(uint16_t bits)
{
	json_t *array = jput_must(json_array());
	const char *name;
	unsigned int i;
	uint16_t bit;

	for (i = 0; (name = name_flag(i, &bit)); i++)
		if (bits & bit)
			jput_append(array, json_string(name));
	return array;
}

static void add_segment(json_t *object, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	jput_set(object, "flags", flags(seg->flags));
	jput_set(object, "seq", jput_number(seg->seq));
	jput_set(object, "ack", seg->flags & TCPTRACE_ACK ? jput_number(seg->ack) :
		 json_null());
	jput_set(object, "len", jput_number(seg->len));
	jput_set(object, "win", jput_number(seg->win));
	if (seg->flags & TCPTRACE_SYN) {
		if (seg->opts & TCPTRACE_OPT_MSS)
			jput_set(object, "mss", jput_number(seg->mss));
		if (seg->opts & TCPTRACE_OPT_WSCALE)
			jput_set(object, "wscale", jput_number(seg->wscale));
		jput_set(object, "sack",
			 json_boolean(seg->opts & TCPTRACE_OPT_SACK_PERM));
		jput_set(object, "timestamps",
			 json_boolean(seg->opts & TCPTRACE_OPT_TS));
	}
	jput_set(object, "retransmit",
		 json_boolean(rec->rflags & TCPTRACE_F_RETRANSMIT));
	jput_set(object, "again", json_boolean(rec->rflags & TCPTRACE_F_AGAIN));
	if (rec->rflags & TCPTRACE_F_SK)
		jput_set(object, "sk_state",
			 json_string(tcptrace_state_name(seg->sock_state)));
}

static json_t *event(const struct story *s, const struct tcptrace_record *rec)
{
	json_t *object = jput_must(json_object());

	jput_set(object, "n", jput_number(rec->n));
	jput_set(object, "t_ns", json_integer((json_int_t)(rec->t_ns -
							   s->start_ns)));
	jput_set(object, "kind", json_string(name_kind(rec->kind)));
	jput_set(object, "why", json_string(name_why(rec->why)));
	jput_set(object, "from", jput_endpoint(rec->from));
	jput_set(object, "vantage", json_string(name_vantage(rec->vantage)));
	if (rec->kind == TCPTRACE_REC_TLS) {
		render_json_tls_record(object, (const void *)rec);
		return object;
	}
	if (rec->kind == TCPTRACE_REC_SEGMENT ||
	    rec->kind == TCPTRACE_REC_STATE ||
	    rec->kind == TCPTRACE_REC_UNDO)
		add_segment(object, rec);
	if (rec->kind == TCPTRACE_REC_WORD)
		jput_set(object, "said",
			 json_string(tcptrace_state_name(rec->u.word.said)));
	jput_set(object, "client", json_string(tcptrace_state_name(rec->state[0])));
	jput_set(object, "server", json_string(tcptrace_state_name(rec->state[1])));
	return object;
}

static json_t *start(const struct render *r, const struct story *s)
{
	uint64_t wall = s->start_ns + (uint64_t)r->wall_ns;
	time_t sec = (time_t)(wall / NSEC_PER_SEC);
	struct text t = { 0 };
	char buf[32];
	struct tm tm;

	if (!r->has_wall || !gmtime_r(&sec, &tm))
		return json_null();
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	text_add(&t, "%s.%09lluZ", buf,
		 (unsigned long long)(wall % NSEC_PER_SEC));
	return jput_string(&t);
}

static json_t *phases(const struct story *s)
{
	json_t *object = jput_must(json_object());
	unsigned int i;
	uint64_t ns;

	for (i = 0; i < PHASE_NR; i++)
		jput_set(object, phase_key(i), phase_time(s, i, &ns) ?
			 jput_number(ns) : json_null());
	return object;
}

static json_t *history(const struct story *s)
{
	struct text t = { 0 };

	zeek_history(s, &t);
	return jput_string(&t);
}

/* How the stream begins that the client sends. */
static json_t *opening(const struct story *s)
{
	switch (s->opening) {
	case TCPTRACE_OPENING_TLS:
		return json_string("tls");
	case TCPTRACE_OPENING_SSL2:
		return json_string("sslv2");
	case TCPTRACE_OPENING_HTTP:
		return json_string("http");
	case TCPTRACE_OPENING_OTHER:
		return json_string("other");
	default:
		return json_null();
	}
}

static void json_conn(struct render *r, const struct story *s,
		      enum verdict verdict)
{
	json_t *object = jput_must(json_object());
	json_t *events = jput_must(json_array());
	unsigned int i;

	jput_set(object, "version", jput_number(SCHEMA_VERSION));
	jput_set(object, "id", jput_number(s->conn->id));
	jput_set(object, "client", endpoint(s, TCPTRACE_CLIENT));
	jput_set(object, "server", endpoint(s, TCPTRACE_SERVER));
	jput_set(object, "netns", jput_number(s->any->netns));
	jput_set(object, "start", start(r, s));
	jput_set(object, "duration_ns", jput_number(s->last_ns - s->start_ns));
	jput_set(object, "handshake_ns", s->handshake_ns ?
		 jput_number(s->handshake_ns) : json_null());
	jput_set(object, "phases", phases(s));
	jput_set(object, "verdict", json_string(verdict_word(verdict)));
	jput_set(object, "conn_state", jput_name(zeek_state(s)));
	jput_set(object, "history", history(s));
	jput_set(object, "end", s->ended ? json_string(name_why(s->ended)) :
		 json_null());
	jput_set(object, "complete", json_boolean(story_complete(s)));
	jput_set(object, "lost", jput_number(s->lost));
	jput_set(object, "mismatches",
		 jput_number(story_mismatches(s, TCPTRACE_CLIENT) +
			story_mismatches(s, TCPTRACE_SERVER)));
	if (s->conn->omitted)
		jput_set(object, "omitted", jput_number(s->conn->omitted));
	jput_set(object, "opening", opening(s));
	jput_set(object, "tls", s->tls ? render_json_tls(s) : json_null());
	for (i = 0; i < s->conn->nr; i++)
		jput_append(events, event(s, &s->conn->rec[i]));
	jput_set(object, "events", events);

	json_dumpf(object, r->out, JSON_COMPACT);
	fputc('\n', r->out);
	json_decref(object);
}

const struct render_ops render_json = {
	.name = "json",
	.conn = json_conn,
};
