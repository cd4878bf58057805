// SPDX-License-Identifier: GPL-2.0
/*
 * Records of which only the header is known, and what can be concluded from
 * it: the order in which they come, and their size.
 */
#include <stdlib.h>

#include "tls_parser.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };

/* RFC 8446 section 5.2: an alert, its type, and the tag of all suites but one */
#define ALERT_SIZE_13	(2 + 1 + 16)

static const char *name_data(struct tls_parser *p, uint8_t from)
{
	if (from == TCPTRACE_CLIENT && p->offers_early && !p->tls->version)
		return "early data";
	if (p->tls->version && p->tls->version < 0x0304)
		return "application data";
	return "encrypted";
}

static const char *name_record(struct tls_parser *p,
			       const struct tcptrace_tls_record *rec)
{
	struct tls_stream *s = &p->stream[rec->from];

	switch (rec->type) {
	case CHANGE_CIPHER_SPEC:
		s->ccs = true;
		return "ChangeCipherSpec";
	case ALERT:
		return s->ccs ? "encrypted alert" : "Alert";
	case HANDSHAKE:
		/* only the cap leaves out what is in the clear */
		if (p->tls->stop[rec->from] == TLS_STOP_LOST)
			s->ccs = true;
		if (!s->ccs)
			return "handshake";
		if (s->finished)
			return "encrypted handshake";
		s->finished = true;
		p->finished_ns[rec->from] = rec->t_ns;
		return "Finished";
	case DATA:
		return name_data(p, rec->from);
	case 24:
		return "Heartbeat";
	default:
		return "record";
	}
}

/**
 * tls_got_encrypted() - a record, its body not here
 * @p: the parser
 * @rec: TCPTRACE_WHY_TLS_RECORD, _DATA or _ALERT
 */
void tls_got_encrypted(struct tls_parser *p,
		       const struct tcptrace_tls_record *rec)
{
	struct tls_stream *s = &p->stream[rec->from];
	uint8_t from = rec->from;
	const char *name = name_record(p, rec);
	bool clear = rec->type != DATA && !s->ccs;
	bool alert = rec->type == ALERT && !clear;
	struct text detail = { 0 };
	struct tls_message *m;

	if (rec->type == DATA) {
		alert = rec->length == ALERT_SIZE_13 &&
			!(p->tls->version && p->tls->version < 0x0304);
		if (p->tls->version && p->tls->version < 0x0304 &&
		    !p->data_ns[from])
			p->data_ns[from] = rec->t_ns;
		/* early data is no sign that the handshake is over */
		if (!p->finished_ns[from] && p->tls->version >= 0x0304)
			p->finished_ns[from] = rec->t_ns;
		if (rec->why == TCPTRACE_WHY_TLS_DATA &&
		    p->tls->version >= 0x0304)
			text_add(&detail, "from here on");
	} else if (rec->type == HANDSHAKE && clear) {
		text_add(&detail, "its content was not copied");
	} else if (rec->type < CHANGE_CIPHER_SPEC || rec->type > 26) {
		text_add(&detail, "of type %u", rec->type);
	}
	m = tls_add_message(p, from, rec->t_ns, rec->length, name, &detail);
	if (!m)
		return;
	if (!clear && rec->type != CHANGE_CIPHER_SPEC) {
		m->flags |= TLS_ENCRYPTED;
		p->encrypted[from]++;
	} else if (clear && rec->type != CHANGE_CIPHER_SPEC) {
		m->flags |= TLS_TRUNCATED;
	}
	if (rec->type == ALERT)
		m->flags |= TLS_ALERT;
	if (alert)
		p->small[from] = p->tls->nr_messages - 1;
}

static void set(struct tls_parser *p, struct tls_message *m, const char *words,
		const char *explain)
{
	struct text detail = { 0 };

	text_add(&detail, "%s", words);
	free(m->detail);
	m->detail = detail.s;
	m->name = "encrypted alert";
	m->explain = explain ?: tls_explain(p, m->from, m->name);
	m->flags |= TLS_INFERRED | TLS_ALERT;
}

/* The only encrypted thing that came of the client, and then it left. */
static void broken_off(struct tls_parser *p, uint8_t from,
		       struct tls_message *m)
{
	struct tls_alert *alert = &p->tls->alert[from];

	set(p, m, "refusal?",
	    "HTTPS step 4: as small as an alert, the only thing the client encrypts, and then it leaves: most likely it refuses the certificate. Only the two ends can read why.");
	p->finished_ns[from] = 0;
	if (!alert->seen)
		*alert = (struct tls_alert){
			.seen = true,
			.encrypted = true,
			.inferred = true,
			.t_ns = m->t_ns,
		};
}

static void before_finished(struct tls_parser *p, uint8_t from,
			    struct tls_message *m)
{
	struct tls_alert *alert = &p->tls->alert[from];

	if (!alert->seen)
		*alert = (struct tls_alert){
			.seen = true,
			.encrypted = true,
			.t_ns = m->t_ns,
		};
}

static void finish(struct tls_parser *p, uint8_t from)
{
	uint64_t fin = p->in->fin_ns[from], rst = p->in->rst_ns[from];
	const bool partial = p->in->lost || p->tls->stop[0] || p->tls->stop[1];
	struct tls_message *m;
	bool is_13, leaves;

	if (p->small[from] == TLS_NO_MESSAGE)
		return;
	m = &p->tls->messages[p->small[from]];
	leaves = (fin && fin >= m->t_ns) || (rst && rst >= m->t_ns);
	is_13 = p->tls->version >= 0x0304;
	if (is_13 && from == TCPTRACE_CLIENT && p->encrypted[from] == 1) {
		if (leaves && !partial)
			broken_off(p, from, m);
	} else if (!is_13 && !p->stream[from].finished) {
		if (!partial)
			before_finished(p, from, m);
	} else if (fin && fin >= m->t_ns) {
		set(p, m, "close_notify?", NULL);
		p->tls->close_notify[from] = true;
	}
}

/**
 * tls_encrypted_finish() - say what encrypted records probably were
 * @p: the parser, after all records
 */
void tls_encrypted_finish(struct tls_parser *p)
{
	finish(p, TCPTRACE_CLIENT);
	finish(p, TCPTRACE_SERVER);
}
