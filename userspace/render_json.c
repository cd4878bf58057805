// SPDX-License-Identifier: GPL-2.0
/* One object a line; the schema is in the man page. */
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "core/fsm.h"
#include "names.h"
#include "phase.h"
#include "render.h"
#include "util.h"
#include "zeek.h"

#define SCHEMA_VERSION	1

/* Puts what jansson could not make room for down to what it is. */
static json_t *must(json_t *value)
{
	if (!value) {
		complain("out of memory; narrow it down with --port or --host");
		exit(EXIT_RUN);
	}
	return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, must(value)))
		must(NULL);
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)))
		must(NULL);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* The text goes with it. */
static json_t *string(struct text *t)
{
	json_t *value = json_stringn(t->s ? t->s : "", t->len);

	text_free(t);
	return value;
}

static const char *endpoint_name(uint8_t who)
{
	switch (who) {
	case TCPTRACE_CLIENT:
		return "client";
	case TCPTRACE_SERVER:
		return "server";
	default:
		return NULL;
	}
}

static json_t *name_or_null(const char *name)
{
	return name ? json_string(name) : json_null();
}

/* Names of the states in order; only the inferred ones if @guesses. */
static json_t *states(const struct story_end *end, bool guesses)
{
	json_t *array = must(json_array());
	unsigned int i;

	for (i = 0; i < end->nr_moves; i++) {
		const struct move *move = &end->move[i];

		if (!move->undone && !move->back && (move->guess || !guesses))
			append(array,
			       json_string(tcptrace_state_name(move->state)));
	}
	return array;
}

static json_t *endpoint(const struct story *s, uint8_t who)
{
	const struct story_end *end = &s->end[who];
	json_t *object = must(json_object());
	struct text t = { 0 };

	name_address(&t, s->any->addr[who], s->any->family);
	set(object, "addr", string(&t));
	set(object, "port", number(s->any->port[who]));
	set(object, "local", json_boolean(end->local));
	set(object, "isn", end->has_isn && !end->first_seen ?
	    number(end->isn) : json_null());
	set(object, "states", states(end, false));
	set(object, "inferred", states(end, true));
	set(object, "bytes", number(end->sent.bytes));
	set(object, "segments", number(end->sent.segs));
	set(object, "retransmits", number(end->sent.retrans));
	set(object, "agrees", end->heard ?
	    json_boolean(!story_mismatches(s, who)) : json_null());
	if (end->pid) {
		set(object, "pid", number(end->pid));
		text_escaped(&t, end->comm, sizeof(end->comm), false);
		set(object, "comm", string(&t));
	}
	return object;
}

static json_t *flags(uint16_t bits)
{
	json_t *array = must(json_array());
	const char *name;
	unsigned int i;
	uint16_t bit;

	for (i = 0; (name = name_flag(i, &bit)); i++)
		if (bits & bit)
			append(array, json_string(name));
	return array;
}

static void add_segment(json_t *object, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	set(object, "flags", flags(seg->flags));
	set(object, "seq", number(seg->seq));
	set(object, "ack", seg->flags & TCPTRACE_ACK ? number(seg->ack) :
						       json_null());
	set(object, "len", number(seg->len));
	set(object, "win", number(seg->win));
	if (seg->flags & TCPTRACE_SYN) {
		if (seg->opts & TCPTRACE_OPT_MSS)
			set(object, "mss", number(seg->mss));
		if (seg->opts & TCPTRACE_OPT_WSCALE)
			set(object, "wscale", number(seg->wscale));
		set(object, "sack",
		    json_boolean(seg->opts & TCPTRACE_OPT_SACK_PERM));
		set(object, "timestamps",
		    json_boolean(seg->opts & TCPTRACE_OPT_TS));
	}
	set(object, "retransmit",
	    json_boolean(rec->rflags & TCPTRACE_F_RETRANSMIT));
	set(object, "again", json_boolean(rec->rflags & TCPTRACE_F_AGAIN));
	if (rec->rflags & TCPTRACE_F_SK)
		set(object, "sk_state",
		    json_string(tcptrace_state_name(seg->sock_state)));
}

static json_t *event(const struct story *s, const struct tcptrace_record *rec)
{
	json_t *object = must(json_object());

	set(object, "n", number(rec->n));
	set(object, "t_ns", json_integer((json_int_t)rec->t_ns -
					 (json_int_t)s->start_ns));
	set(object, "kind", json_string(name_kind(rec->kind)));
	set(object, "why", json_string(name_why(rec->why)));
	set(object, "from", name_or_null(endpoint_name(rec->from)));
	set(object, "vantage", json_string(name_vantage(rec->vantage)));
	if (rec->kind == TCPTRACE_REC_SEGMENT ||
	    rec->kind == TCPTRACE_REC_STATE ||
	    rec->kind == TCPTRACE_REC_UNDO)
		add_segment(object, rec);
	if (rec->kind == TCPTRACE_REC_WORD)
		set(object, "said",
		    json_string(tcptrace_state_name(rec->u.word.said)));
	set(object, "client", json_string(tcptrace_state_name(rec->state[0])));
	set(object, "server", json_string(tcptrace_state_name(rec->state[1])));
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
	return string(&t);
}

static json_t *phases(const struct story *s)
{
	json_t *object = must(json_object());
	unsigned int i;
	uint64_t ns;

	for (i = 0; i < PHASE_NR; i++)
		set(object, phase_key(i), phase_time(s, i, &ns) ?
		    number(ns) : json_null());
	return object;
}

static json_t *history(const struct story *s)
{
	struct text t = { 0 };

	zeek_history(s, &t);
	return string(&t);
}

static void json_conn(struct render *r, const struct story *s,
		      enum verdict verdict)
{
	json_t *object = must(json_object());
	json_t *events = must(json_array());
	unsigned int i;

	set(object, "version", number(SCHEMA_VERSION));
	set(object, "id", number(s->conn->id));
	set(object, "client", endpoint(s, TCPTRACE_CLIENT));
	set(object, "server", endpoint(s, TCPTRACE_SERVER));
	set(object, "netns", number(s->any->netns));
	set(object, "start", start(r, s));
	set(object, "duration_ns", number(s->last_ns - s->start_ns));
	set(object, "handshake_ns", s->handshake_ns ?
	    number(s->handshake_ns) : json_null());
	set(object, "phases", phases(s));
	set(object, "verdict", json_string(verdict_word(verdict)));
	set(object, "conn_state", name_or_null(zeek_state(s)));
	set(object, "history", history(s));
	set(object, "end", s->ended ? json_string(name_why(s->ended)) :
				      json_null());
	set(object, "complete", json_boolean(story_complete(s)));
	set(object, "lost", number(s->lost));
	set(object, "mismatches",
	    number(story_mismatches(s, TCPTRACE_CLIENT) +
		   story_mismatches(s, TCPTRACE_SERVER)));
	if (s->conn->omitted)
		set(object, "omitted", number(s->conn->omitted));
	for (i = 0; i < s->conn->nr; i++)
		append(events, event(s, &s->conn->rec[i]));
	set(object, "events", events);

	json_dumpf(object, r->out, JSON_COMPACT);
	fputc('\n', r->out);
	json_decref(object);
}

const struct render_ops render_json = {
	.name = "json",
	.conn = json_conn,
};
