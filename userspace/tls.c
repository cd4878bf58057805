// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "tls.h"
#include "tls_names.h"
#include "tls_parser.h"
#include "util.h"

#define SHOWN_MAX	256	/* bytes of a string from the wire */

/**
 * tls_add_wire() - add a string from the wire
 * @t: the text
 * @p: its bytes
 * @len: how many; of very many, the first
 *
 * A NUL, which would hide what follows it, is written out.
 */
void tls_add_wire(struct text *t, const uint8_t *p, size_t len)
{
	size_t shown = len < SHOWN_MAX ? len : SHOWN_MAX;

	for (size_t i = 0; i < shown; i++)
		if (p[i])
			text_add(t, "%c", p[i]);
		else
			text_add(t, "\\x00");
	if (shown < len)
		text_add(t, "...");
}

/**
 * tls_add_part() - add a part that a stranger chose to a description
 * @detail: the description
 * @key: what it is
 * @wire: what is there, as tls_add_wire() made it
 *
 * What looks like the end of a part in it is made to look otherwise.
 */
void tls_add_part(struct text *detail, const char *key, const char *wire)
{
	size_t len = strlen(TLS_BETWEEN);
	const char *end;

	text_add(detail, "%s%s", detail->len ? TLS_BETWEEN : "", key);
	while ((end = strstr(wire, TLS_BETWEEN))) {
		text_add(detail, "%.*s_", (int)(end - wire), wire);
		wire = end + len;
	}
	text_add(detail, "%s", wire);
}

/**
 * tls_add_message() - one more message
 * @p: the parser
 * @from: who sent it
 * @t_ns: when it was seen
 * @len: its bytes
 * @name: its name, not freed
 * @detail: what is in it, or NULL; empty afterwards
 *
 * Return: the message, to be changed at once; NULL if there are too many.
 */
struct tls_message *tls_add_message(struct tls_parser *p, uint8_t from,
				    uint64_t t_ns, uint32_t len,
				    const char *name, struct text *detail)
{
	struct tls_info *tls = p->tls;
	struct tls_message *m;
	struct text none = { 0 };

	if (!detail)
		detail = &none;
	if (tls->nr_messages == TLS_MESSAGES_MAX) {
		tls->omitted++;
		text_free(detail);
		*detail = (struct text){ 0 };
		return NULL;
	}
	text_add(detail, "%s", "");
	if (!tls->messages)
		tls->messages = grow(NULL, TLS_MESSAGES_MAX, sizeof(*m));
	m = &tls->messages[tls->nr_messages++];
	*m = (struct tls_message){
		.t_ns = t_ns,
		.n = p->n,
		.from = from,
		.len = len,
		.name = name,
		.detail = detail->s,
		.explain = tls_explain(p, from, name),
	};
	*detail = (struct text){ 0 };
	return m;
}

/**
 * tls_got_handshake() - a handshake message, or what is here of one
 * @p: the parser
 * @h: the message
 */
void tls_got_handshake(struct tls_parser *p, struct tls_handshake *h)
{
	const char *name = tls_handshake_known(h->type);
	size_t here = h->body.len;
	struct text detail = { 0 };
	struct tls_message *m;

	switch (h->type) {
	case 1:
		if (!p->has_start)
			p->start_ns = h->t_ns;
		p->has_start = true;
		tls_read_client_hello(p, h, &detail);
		break;
	case 2:
		if (tls_read_server_hello(p, h, &detail))
			name = "HelloRetryRequest";
		break;
	case 11:
		tls_read_certificates(p, h, &detail);
		break;
	default:
		tls_read_message(p, h, &detail);
		break;
	}
	if (h->cut)
		text_add(&detail, "%scut short: %zu of %u bytes",
			 detail.len ? TLS_BETWEEN : "", here, h->len);
	m = tls_add_message(p, h->from, h->t_ns, h->len, name, &detail);
	if (m && h->cut)
		m->flags |= TLS_TRUNCATED;
	if (m && h->invalid)
		m->flags |= TLS_INVALID;
}

/**
 * tls_got_alert() - an alert in the clear
 * @p: the parser
 * @from: who sent it
 * @t_ns: when
 * @level: 1 warning, 2 fatal
 * @description: what is wrong
 */
void tls_got_alert(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		   uint8_t level, uint8_t description)
{
	struct tls_alert *alert = &p->tls->alert[from];
	const char *name = tls_alert_name(description);
	struct text detail = { 0 };
	struct tls_message *m;

	if (level == 1 || level == 2)
		text_add(&detail, "%s ", level == 1 ? "warning" : "fatal");
	else
		text_add(&detail, "level %u ", level);
	if (name)
		text_add(&detail, "%s", name);
	else
		text_add(&detail, "%u", description);
	m = tls_add_message(p, from, t_ns, 2, "Alert", &detail);
	if (m)
		m->flags |= TLS_ALERT;
	if (!description) {
		p->tls->close_notify[from] = true;
		return;
	}
	/* a fatal one says more than the warnings before it */
	if (alert->seen && (alert->level == 2 || level != 2))
		return;
	*alert = (struct tls_alert){
		.seen = true,
		.level = level,
		.description = description,
		.name = name,
		.t_ns = t_ns,
	};
}

/**
 * tls_got_ccs() - a ChangeCipherSpec
 * @p: the parser
 * @from: who sent it
 * @t_ns: when
 * @len: bytes of its record
 */
void tls_got_ccs(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		 uint32_t len)
{
	tls_add_message(p, from, t_ns, len, "ChangeCipherSpec", NULL);
}

/**
 * tls_got_stop() - something that was sent cannot be seen
 * @p: the parser
 * @from: who sent it
 * @t_ns: when that was found out
 * @stop: why
 */
void tls_got_stop(struct tls_parser *p, uint8_t from, uint64_t t_ns,
		  enum tls_stop stop)
{
	static const char * const names[] = {
		[TLS_STOP_CAP] = "not copied",
		[TLS_STOP_HOLE] = "not seen",
		[TLS_STOP_BAD] = "not TLS",
		[TLS_STOP_LOST] = "bytes missing",
	};
	static const char * const details[] = {
		[TLS_STOP_CAP] = "beyond tls_bytes",
		[TLS_STOP_HOLE] = "a part of the stream did not pass here",
		[TLS_STOP_BAD] = "no TLS record begins here",
		[TLS_STOP_LOST] = "records of the tracer were overwritten",
	};
	struct text detail = { 0 };
	struct tls_message *m;

	if (p->tls->stop[from] == stop)
		return;
	p->tls->stop[from] = stop;
	text_add(&detail, "%s", details[stop]);
	m = tls_add_message(p, from, t_ns, 0, names[stop], &detail);
	if (m)
		m->flags |= TLS_NOTE;
}

/* Both said so, in the last message of the handshake. */
static void judge(struct tls_parser *p)
{
	struct tls_info *tls = p->tls;
	uint64_t c = p->finished_ns[TCPTRACE_CLIENT];
	uint64_t s = p->finished_ns[TCPTRACE_SERVER];

	if (c && s) {
		tls->established = TLS_YES;
		tls->has_handshake = p->has_start;
		/* in 1.3 the server's first comes before the client's */
		if (tls->version < 0x0304 && s > c)
			c = s;
		tls->handshake_ns = c - p->start_ns;
	} else if (tls->alert[0].level == 2 || tls->alert[1].level == 2) {
		tls->established = TLS_NO;
	} else if (tls->nr_messages && !p->in->lost &&
		   (p->in->fin_ns[0] || p->in->fin_ns[1] ||
		    p->in->rst_ns[0] || p->in->rst_ns[1])) {
		tls->established = TLS_NO;
	}
	if (p->data_ns[TCPTRACE_CLIENT] &&
	    p->data_ns[TCPTRACE_SERVER] >= p->data_ns[TCPTRACE_CLIENT]) {
		tls->has_first_byte = true;
		tls->first_byte_ns = p->data_ns[TCPTRACE_SERVER] -
				     p->data_ns[TCPTRACE_CLIENT];
	}
	/* what was not seen decides nothing */
	if (tls->established == TLS_NO && (tls->stop[0] || tls->stop[1]))
		tls->established = TLS_UNKNOWN;
	if (tls->established == TLS_YES && c < p->start_ns)
		tls->has_handshake = false;
}

/* What turned out at the end belongs where its bytes were. */
static void sort_messages(struct tls_info *tls)
{
	size_t i, at;

	for (i = 1; i < tls->nr_messages; i++) {
		struct tls_message m = tls->messages[i];

		for (at = i; at && tls->messages[at - 1].n > m.n; at--)
			tls->messages[at] = tls->messages[at - 1];
		tls->messages[at] = m;
	}
}

/**
 * tls_begin() - begin to read the TLS handshake of a connection
 * @in: what is known of it, and will be at tls_end(); must live until then.
 *	Its records are not looked at
 *
 * Return: a parser, which tls_end() takes.
 */
struct tls_parser *tls_begin(const struct tls_input *in)
{
	struct tls_parser *p = zalloc(sizeof(*p));

	p->in = in;
	p->tls = zalloc(sizeof(*p->tls));
	p->small[0] = TLS_NO_MESSAGE;
	p->small[1] = TLS_NO_MESSAGE;
	return p;
}

/**
 * tls_take() - take the next record
 * @p: the parser
 * @rec: the record; others than TCPTRACE_REC_TLS say nothing
 *
 * Return: what is known so far, until the parser is called again: messages that
 * the record has made whole are the last ones.
 */
const struct tls_info *tls_take(struct tls_parser *p,
				const struct tcptrace_tls_record *rec)
{
	if (rec->kind != TCPTRACE_REC_TLS || rec->from > TCPTRACE_SERVER)
		return p->tls;
	p->n = rec->n;
	tls_stream_record(p, rec);
	p->stream[rec->from].last_n = rec->n;
	return p->tls;
}

/**
 * tls_end() - no more records come
 * @p: the parser; gone afterwards
 *
 * Return: the handshake, to be given back with tls_free(); never NULL.
 */
struct tls_info *tls_end(struct tls_parser *p)
{
	struct tls_info *tls = p->tls;

	tls->opening = p->in->nr && !p->in->opening ? TCPTRACE_OPENING_TLS :
		       p->in->opening;
	for (uint8_t from = 0; from < 2; from++) {
		p->n = p->stream[from].last_n;
		tls_stream_end(p, from);
		free(p->stream[from].msg);
	}
	tls_encrypted_finish(p);
	judge(p);
	sort_messages(tls);
	free(p);
	return tls;
}

/**
 * tls_parse() - read the TLS handshake of a connection
 * @in: what is known of it
 *
 * Return: the handshake, to be given back with tls_free(); never NULL.
 */
struct tls_info *tls_parse(const struct tls_input *in)
{
	struct tls_parser *p = tls_begin(in);

	for (size_t i = 0; i < in->nr; i++)
		tls_take(p, in->records[i]);
	return tls_end(p);
}

/**
 * tls_free() - give back what tls_parse() returned
 * @tls: that, or NULL
 */
void tls_free(struct tls_info *tls)
{
	if (!tls)
		return;
	for (size_t i = 0; i < tls->nr_messages; i++)
		free(tls->messages[i].detail);
	for (size_t i = 0; i < tls->nr_certs; i++)
		tls_cert_free(&tls->certs[i]);
	free(tls->messages);
	free(tls->certs);
	free(tls->sni);
	free(tls->alpn);
	free(tls->alpn_offered);
	free(tls);
}

/**
 * tls_opening_text() - how a stream begins that is not TLS
 * @opening: enum tcptrace_opening
 *
 * Return: a few words for people; NULL if it is TLS, or not known.
 */
const char *tls_opening_text(uint8_t opening)
{
	switch (opening) {
	case TCPTRACE_OPENING_SSL2:
		return "a hello in the form of SSLv2";
	case TCPTRACE_OPENING_HTTP:
		return "plain HTTP, not TLS";
	case TCPTRACE_OPENING_OTHER:
		return "does not begin with TLS";
	default:
		return NULL;
	}
}
