// SPDX-License-Identifier: GPL-2.0
/* The TLS handshake in json. Strings from the wire are escaped. */
#include <string.h>
#include <time.h>

#include "render_json.h"
#include "tls_names.h"

static json_t *wire(const char *s)
{
	struct text t = { 0 };

	if (!s)
		return json_null();
	text_escaped(&t, s, strlen(s), false);
	return jput_string(&t);
}

/* Of a list with commas. */
static json_t *wires(const char *list)
{
	json_t *array = jput_must(json_array());
	struct text t = { 0 };
	size_t len;

	for (; list && *list; list += len + !!list[len]) {
		len = strcspn(list, ",");
		text_escaped(&t, list, len, false);
		jput_append(array, jput_string(&t));
	}
	return array;
}

static json_t *known(enum tls_known what)
{
	return what == TLS_UNKNOWN ? json_null() : json_boolean(what == TLS_YES);
}

/* A number of a registry by its name there. */
static json_t *registered(const char *name, unsigned int number)
{
	struct text t = { 0 };

	tls_add_name(&t, name, number);
	return jput_string(&t);
}

static json_t *alert(const struct tls_alert *a)
{
	struct text t = { 0 };

	if (!a->seen)
		return json_null();
	if (a->encrypted)
		return json_string("encrypted");
	if (a->name)
		return json_string(a->name);
	text_add(&t, "%u", a->description);
	return jput_string(&t);
}

/* RFC 3339; null for what no calendar has. */
static json_t *date(int64_t at)
{
	time_t when = at;
	char buf[40];
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(buf);
}

static json_t *certificate(const struct tls_cert *cert)
{
	json_t *object = jput_must(json_object());
	json_t *san = jput_must(json_array());
	size_t i;

	for (i = 0; i < cert->nr_san; i++)
		jput_append(san, wire(cert->san[i]));
	jput_set(object, "from", jput_endpoint(cert->from));
	jput_set(object, "depth", jput_number(cert->depth));
	jput_set(object, "subject", wire(cert->subject));
	jput_set(object, "issuer", wire(cert->issuer));
	jput_set(object, "san", san);
	jput_set(object, "not_before", cert->bad ? json_null() :
		 date(cert->not_before));
	jput_set(object, "not_after", cert->bad ? json_null() :
		 date(cert->not_after));
	jput_set(object, "key", jput_name(cert->key_type));
	jput_set(object, "key_bits", jput_number(cert->key_bits));
	jput_set(object, "self_signed", json_boolean(cert->self_signed));
	jput_set(object, "expired", json_boolean(cert->expired));
	jput_set(object, "not_yet_valid", json_boolean(cert->not_yet));
	return object;
}

static json_t *message(const struct story *s, const struct tls_message *m)
{
	json_t *object = jput_must(json_object());

	jput_set(object, "n", jput_number(m->n));
	jput_set(object, "t_ns", json_integer((json_int_t)m->t_ns -
					      (json_int_t)s->start_ns));
	jput_set(object, "from", jput_endpoint(m->from));
	jput_set(object, "name", json_string(m->name));
	jput_set(object, "len", jput_number(m->len));
	jput_set(object, "detail", wire(m->detail));
	jput_set(object, "encrypted", json_boolean(m->flags & TLS_ENCRYPTED));
	jput_set(object, "inferred", json_boolean(m->flags & TLS_INFERRED));
	jput_set(object, "truncated", json_boolean(m->flags & TLS_TRUNCATED));
	return object;
}

static void set_lists(json_t *object, const struct story *s)
{
	const struct tls_info *tls = s->tls;
	json_t *certificates = jput_must(json_array());
	json_t *messages = jput_must(json_array());
	json_t *notes = jput_must(json_array());
	size_t i;

	for (i = 0; i < tls->nr_certs; i++)
		jput_append(certificates, certificate(&tls->certs[i]));
	for (i = 0; i < tls->nr_messages; i++)
		jput_append(tls->messages[i].flags & TLS_NOTE ? notes : messages,
			    message(s, &tls->messages[i]));
	jput_set(object, "certificates", certificates);
	jput_set(object, "messages", messages);
	jput_set(object, "notes", notes);
	if (tls->omitted)
		jput_set(object, "omitted", jput_number(tls->omitted));
}

/**
 * render_json_tls() - the TLS handshake of a connection
 * @s: its story, which has one
 *
 * Context: any.
 * Return: an object; the schema is in the man page.
 */
json_t *render_json_tls(const struct story *s)
{
	const struct tls_info *tls = s->tls;
	json_t *object = jput_must(json_object());

	jput_set(object, "version", tls->version ?
		 registered(tls->version_name, tls->version) : json_null());
	jput_set(object, "cipher", tls->has_cipher ?
		 registered(tls->cipher_name, tls->cipher) : json_null());
	jput_set(object, "group", tls->group ?
		 registered(tls_group_name(tls->group), tls->group) :
		 json_null());
	jput_set(object, "sni", wire(tls->sni));
	jput_set(object, "alpn", wire(tls->alpn));
	jput_set(object, "alpn_offered", wires(tls->alpn_offered));
	jput_set(object, "resumed", known(tls->resumed));
	jput_set(object, "established", known(tls->established));
	jput_set(object, "retried", json_boolean(tls->retried));
	jput_set(object, "early_data", json_boolean(tls->early_data));
	jput_set(object, "ech", json_boolean(tls->ech));
	jput_set(object, "client_alert", alert(&tls->alert[TCPTRACE_CLIENT]));
	jput_set(object, "server_alert", alert(&tls->alert[TCPTRACE_SERVER]));
	jput_set(object, "ja4", tls->ja4[0] ? json_string(tls->ja4) :
					      json_null());
	jput_set(object, "handshake_ns", tls->has_handshake ?
		 jput_number(tls->handshake_ns) : json_null());
	set_lists(object, s);
	return object;
}

/**
 * render_json_tls_record() - what a record of TLS holds
 * @object: the event that it becomes
 * @rec: the record
 *
 * Context: any.
 */
void render_json_tls_record(json_t *object,
			    const struct tcptrace_tls_record *rec)
{
	jput_set(object, "offset", jput_number(rec->offset));
	if (rec->why == TCPTRACE_WHY_TLS_BYTES) {
		jput_set(object, "bytes", jput_number(rec->len));
	} else if (rec->type) {
		jput_set(object, "type", jput_number(rec->type));
		jput_set(object, "version", jput_number(rec->version));
		jput_set(object, "len", jput_number(rec->length));
	}
}
