// SPDX-License-Identifier: GPL-2.0
/* The TLS handshake in json. Strings from the wire are escaped. */
#include <string.h>
#include <time.h>

#include "render_json.h"
#include "tls_names.h"

static void wire(struct jput *j, const char *s)
{
	struct text t = { 0 };

	if (!s) {
		jput_null(j);
		return;
	}
	text_escaped(&t, s, strlen(s), false);
	jput_text(j, &t);
}

static void set_wire(struct jput *j, const char *key, const char *s)
{
	jput_key(j, key);
	wire(j, s);
}

/* Of a list with commas. */
static void set_wires(struct jput *j, const char *key, const char *list)
{
	struct text t = { 0 };
	size_t len;

	jput_key(j, key);
	jput_open(j, '[');
	for (; list && *list; list += len + !!list[len]) {
		len = strcspn(list, ",");
		text_escaped(&t, list, len, false);
		jput_text(j, &t);
	}
	jput_close(j, ']');
}

static void set_answer(struct jput *j, const char *key, enum tls_known what)
{
	if (what == TLS_UNKNOWN)
		jput_set_null(j, key);
	else
		jput_set_bool(j, key, what == TLS_YES);
}

/* A number of a registry by its name there. */
static void set_registered(struct jput *j, const char *key, bool known,
			   const char *name, unsigned int number)
{
	struct text t = { 0 };

	if (!known) {
		jput_set_null(j, key);
		return;
	}
	tls_add_name(&t, name, number);
	jput_set_text(j, key, &t);
}

static void set_alert(struct jput *j, const char *key, const struct tls_alert *a)
{
	struct text t = { 0 };

	if (!a->seen) {
		jput_set_null(j, key);
	} else if (a->encrypted || a->name) {
		jput_set_string(j, key, a->encrypted ? "encrypted" : a->name);
	} else {
		text_decimal(&t, a->description);
		jput_set_text(j, key, &t);
	}
}

/* RFC 3339; null for what no calendar has. */
static void set_date(struct jput *j, const char *key, bool known, int64_t at)
{
	time_t when = at;
	char buf[40];
	struct tm tm;

	if (!known || !gmtime_r(&when, &tm) ||
	    !strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm))
		jput_set_null(j, key);
	else
		jput_set_string(j, key, buf);
}

static void certificate(struct jput *j, const struct tls_cert *cert)
{
	size_t i;

	jput_open(j, '{');
	jput_set_endpoint(j, "from", cert->from);
	jput_set_number(j, "depth", cert->depth);
	set_wire(j, "subject", cert->subject);
	set_wire(j, "issuer", cert->issuer);
	jput_key(j, "san");
	jput_open(j, '[');
	for (i = 0; i < cert->nr_san; i++)
		wire(j, cert->san[i]);
	jput_close(j, ']');
	set_date(j, "not_before", !cert->bad, cert->not_before);
	set_date(j, "not_after", !cert->bad, cert->not_after);
	jput_set_string(j, "key", cert->key_type);
	jput_set_number(j, "key_bits", cert->key_bits);
	jput_set_bool(j, "self_signed", cert->self_signed);
	jput_set_bool(j, "expired", cert->expired);
	jput_set_bool(j, "not_yet_valid", cert->not_yet);
	jput_close(j, '}');
}

static void message(struct jput *j, const struct story *s,
		    const struct tls_message *m)
{
	jput_open(j, '{');
	jput_set_number(j, "n", m->n);
	jput_set_number(j, "t_ns", m->t_ns - s->start_ns);
	jput_set_endpoint(j, "from", m->from);
	jput_set_string(j, "name", m->name);
	jput_set_number(j, "len", m->len);
	set_wire(j, "detail", m->detail);
	jput_set_bool(j, "encrypted", m->flags & TLS_ENCRYPTED);
	jput_set_bool(j, "inferred", m->flags & TLS_INFERRED);
	jput_set_bool(j, "truncated", m->flags & TLS_TRUNCATED);
	jput_close(j, '}');
}

static void set_messages(struct jput *j, const char *key, const struct story *s,
			 bool notes)
{
	const struct tls_info *tls = s->tls;
	size_t i;

	jput_key(j, key);
	jput_open(j, '[');
	for (i = 0; i < tls->nr_messages; i++)
		if (!!(tls->messages[i].flags & TLS_NOTE) == notes)
			message(j, s, &tls->messages[i]);
	jput_close(j, ']');
}

static void set_lists(struct jput *j, const struct story *s)
{
	const struct tls_info *tls = s->tls;
	size_t i;

	jput_key(j, "certificates");
	jput_open(j, '[');
	for (i = 0; i < tls->nr_certs; i++)
		certificate(j, &tls->certs[i]);
	jput_close(j, ']');
	set_messages(j, "messages", s, false);
	set_messages(j, "notes", s, true);
	if (tls->omitted)
		jput_set_number(j, "omitted", tls->omitted);
}

/**
 * render_json_tls() - the TLS handshake of a connection, with its key
 * @j: where to; the schema is in the man page
 * @s: its story, which has one
 *
 * Context: any.
 */
void render_json_tls(struct jput *j, const struct story *s)
{
	const struct tls_info *tls = s->tls;

	jput_key(j, "tls");
	jput_open(j, '{');
	set_registered(j, "version", tls->version, tls->version_name,
		       tls->version);
	set_registered(j, "cipher", tls->has_cipher, tls->cipher_name,
		       tls->cipher);
	set_registered(j, "group", tls->group, tls_group_name(tls->group),
		       tls->group);
	set_wire(j, "sni", tls->sni);
	set_wire(j, "alpn", tls->alpn);
	set_wires(j, "alpn_offered", tls->alpn_offered);
	set_answer(j, "resumed", tls->resumed);
	set_answer(j, "established", tls->established);
	jput_set_bool(j, "retried", tls->retried);
	jput_set_bool(j, "early_data", tls->early_data);
	jput_set_bool(j, "ech", tls->ech);
	set_alert(j, "client_alert", &tls->alert[TCPTRACE_CLIENT]);
	set_alert(j, "server_alert", &tls->alert[TCPTRACE_SERVER]);
	jput_set_string(j, "ja4", tls->ja4[0] ? tls->ja4 : NULL);
	jput_set_known(j, "handshake_ns", tls->has_handshake, tls->handshake_ns);
	set_lists(j, s);
	jput_close(j, '}');
}

/**
 * render_json_tls_record() - what a record of TLS holds
 * @j: the event that it becomes, an open object
 * @rec: the record
 *
 * Context: any.
 */
void render_json_tls_record(struct jput *j,
			    const struct tcptrace_tls_record *rec)
{
	jput_set_number(j, "offset", rec->offset);
	if (rec->why == TCPTRACE_WHY_TLS_BYTES) {
		jput_set_number(j, "bytes", rec->len);
	} else if (rec->type) {
		jput_set_number(j, "type", rec->type);
		jput_set_number(j, "version", rec->version);
		jput_set_number(j, "len", rec->length);
	}
}
