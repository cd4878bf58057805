// SPDX-License-Identifier: GPL-2.0
/* What stands above a ladder: who, when, and what all of it comes to. */
#include <string.h>
#include <time.h>

#include "ladder.h"
#include "names.h"
#include "phase.h"
#include "tls_names.h"
#include "util.h"

#define INDENT	4

/* Adds @what to the line, after a line break if it does not fit any more. */
static void wrap(struct ladder *l, unsigned int indent, const char *between,
		 const struct text *what)
{
	unsigned int gap = text_width(between);

	if (!what->len)
		return;
	if (l->line.cols > indent &&
	    l->line.cols + gap + what->cols > l->r->term.width) {
		ladder_emit(l);
		text_pad(&l->line, indent);
	} else if (l->line.cols > indent) {
		text_add(&l->line, "%s", between);
	}
	text_append(&l->line, what);
}

/* The same for a sentence, which is broken between words if it has to be. */
static void wrap_sentence(struct ladder *l, const char *between,
			  enum style style, const char *sentence)
{
	const struct terminal *term = &l->r->term;
	const bool fits = INDENT + text_width(sentence) <= term->width;
	struct text word = { 0 };

	while (*sentence) {
		size_t len = fits ? strlen(sentence) : strcspn(sentence, " ");

		text_clear(&word);
		text_style(&word, term, style, "%.*s", (int)len, sentence);
		wrap(l, INDENT, between, &word);
		between = " ";
		sentence += len;
		sentence += strspn(sentence, " ");
	}
	text_free(&word);
}

/* A part with what a stranger chose; no wider than a line. */
static void wrap_wire(struct ladder *l, const char *between, const char *what,
		      const char *wire, const char *after)
{
	const struct terminal *term = &l->r->term;
	const unsigned int room = term->width - INDENT;
	struct text part = { 0 };

	text_add(&part, "%s ", what);
	text_escaped(&part, wire, strlen(wire), term->ascii);
	if (part.cols + text_width(after) > room)
		text_shorten(&part, room - text_width(after), term->g->ellipsis);
	text_add(&part, "%s", after);
	wrap(l, INDENT, between, &part);
	text_free(&part);
}

static void add_task(struct ladder *l, uint8_t who, struct text *t)
{
	const struct story_end *end = &l->s->end[who];

	if (!end->pid) {
		text_add(t, end->local ? "?" : "elsewhere");
		return;
	}
	text_escaped(t, end->comm, sizeof(end->comm), l->r->term.ascii);
	text_add(t, "[%u]", end->pid);
}

static void add_start(struct ladder *l, struct text *t)
{
	uint64_t wall = l->s->start_ns + (uint64_t)l->r->wall_ns;
	time_t sec = (time_t)(wall / NSEC_PER_SEC);
	char buf[32];
	struct tm tm;

	if (!l->r->has_wall || !localtime_r(&sec, &tm))
		return;
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	text_add(t, "%s.%06llu", buf,
		 (unsigned long long)(wall % NSEC_PER_SEC / 1000));
}

/* Who, whose, where, when. */
static void title(struct ladder *l)
{
	const struct terminal *term = &l->r->term;
	const struct story *s = l->s;
	struct text what = { 0 };

	text_clear(&what);
	text_add(&what, "#%llu  ", (unsigned long long)s->conn->id);
	name_endpoint(&what, s->any, TCPTRACE_CLIENT);
	text_add(&what, " %s ", term->g->to);
	name_endpoint(&what, s->any, TCPTRACE_SERVER);
	text_style(&l->line, term, STYLE_BOLD, "%s", what.s);

	if (s->end[0].pid || s->end[1].pid) {
		text_clear(&what);
		add_task(l, TCPTRACE_CLIENT, &what);
		text_add(&what, " %s ", term->g->to);
		add_task(l, TCPTRACE_SERVER, &what);
		wrap(l, INDENT, "   ", &what);
	}
	text_clear(&what);
	/* A capture knows none. */
	if (s->any->netns)
		text_add(&what, "netns %u", s->any->netns);
	if (s->any->rflags & TCPTRACE_F_NAT)
		text_add(&what, "%sbefore NAT", what.len ? ", " : "");
	wrap(l, INDENT, "   ", &what);
	text_clear(&what);
	add_start(l, &what);
	wrap(l, INDENT, "   ", &what);
	ladder_emit(l);
	text_free(&what);
}

/* What was slow, what was sent again, and how long each phase took. */
static void sum_up_times(struct ladder *l, const char *between,
			 enum verdict verdict)
{
	const enum phase slow = phase_slow(l->s);
	struct text what = { 0 }, styled = { 0 };
	uint64_t ns;
	unsigned int i;

	if (slow != PHASE_NR) {
		phase_wait(l->s, slow, &what);
		text_style(&styled, &l->r->term, STYLE_WARN, "%s", what.s);
		wrap(l, INDENT, between, &styled);
	}
	for (i = 0; i < AGAIN_NR; i++) {
		text_clear(&what);
		verdict_again(verdict, l->s, i, &what);
		if (!what.len)
			continue;
		text_clear(&styled);
		text_style(&styled, &l->r->term, STYLE_WARN, "%s", what.s);
		wrap(l, INDENT, between, &styled);
	}
	for (i = 0; i < PHASE_NR; i++) {
		/* The last one is told only if it is slow. */
		if (i == PHASE_FIN_ACK || !phase_time(l->s, i, &ns))
			continue;
		text_clear(&what);
		phase_name(i, &l->r->term, &what);
		text_add(&what, " ");
		text_span(&what, ns);
		wrap(l, INDENT, between, &what);
	}
	text_free(&what);
	text_free(&styled);
}

/* What was agreed upon, as far as it can be seen. */
static void sum_up_agreed(struct ladder *l, const char *between)
{
	const struct tls_info *tls = l->s->tls;
	const bool chosen = tls->alpn;
	struct text what = { 0 };

	if (tls->version) {
		tls_add_name(&what, tls->version_name, tls->version);
		wrap(l, INDENT, between, &what);
	}
	text_clear(&what);
	if (tls->has_cipher) {
		tls_add_name(&what, tls->cipher_name, tls->cipher);
		wrap(l, INDENT, between, &what);
	}
	if (tls->sni)
		wrap_wire(l, between, "SNI", tls->sni, "");
	if (chosen || tls->alpn_offered)
		wrap_wire(l, between, "ALPN",
			  chosen ? tls->alpn : tls->alpn_offered,
			  chosen ? "" : " offered");
	text_free(&what);
}

static const char *how_far(const struct tls_info *tls)
{
	switch (tls->established) {
	case TLS_YES:
		return tls->resumed == TLS_YES ? "resumed" : "full handshake";
	case TLS_NO:
		return "TLS not established";
	default:
		return tls->stop[0] || tls->stop[1] || !tls->nr_messages ?
		       "TLS handshake not seen to its end" :
		       "TLS handshake under way";
	}
}

static void sum_up_tls(struct ladder *l, const char *between)
{
	static const enum style styles[] = {
		[TLS_UNKNOWN] = STYLE_WARN,
		[TLS_NO] = STYLE_ALARM,
		[TLS_YES] = STYLE_OPEN,
	};
	const struct tls_info *tls = l->s->tls;
	struct text what = { 0 };

	text_pad(&l->line, INDENT);
	text_style(&what, &l->r->term, styles[tls->established], "%s",
		   how_far(tls));
	if (tls->established != TLS_YES)
		wrap(l, INDENT, between, &what);
	sum_up_agreed(l, between);
	if (tls->established == TLS_YES)
		wrap(l, INDENT, between, &what);
	if (tls->retried)
		wrap_sentence(l, between, STYLE_WARN, "after a HelloRetryRequest");
	if (tls->early_data)
		wrap_sentence(l, between, STYLE_NONE, "early data offered");
	if (tls->ech)
		wrap_sentence(l, between, STYLE_NONE, "ECH offered");
	if (tls->omitted) {
		text_clear(&what);
		text_count(&what, tls->omitted, "more message");
		text_add(&what, " left out");
		wrap_sentence(l, between, STYLE_WARN, what.s);
	}
	if (tls->ja4[0])
		wrap_wire(l, between, "JA4", tls->ja4, "");
	ladder_emit(l);
	text_free(&what);
}

/* A stream that is not TLS from its beginning. */
static void sum_up_opening(struct ladder *l)
{
	const uint16_t port = l->s->any->port[TCPTRACE_SERVER];
	const char *what = tls_opening_text(l->s->opening);

	if (!what && l->s->server_first)
		what = "the server speaks first: TLS, if any, comes later (STARTTLS)";
	if (!what)
		return;
	text_pad(&l->line, INDENT);
	wrap_sentence(l, "", port == 443 || port == 8443 ? STYLE_WARN :
							   STYLE_NONE, what);
	ladder_emit(l);
}

static void sum_up_verdict(struct ladder *l, const char *between,
			   enum verdict verdict)
{
	struct text what = { 0 };

	text_pad(&l->line, INDENT);
	text_clear(&what);
	verdict_tls(l->s, &what);
	wrap_sentence(l, "", STYLE_ALARM, what.s);
	text_clear(&what);
	verdict_sentence(verdict, l->s, &what);
	wrap_sentence(l, between, verdict_style(verdict), what.s);
	text_free(&what);
}

static void sum_up(struct ladder *l, enum verdict verdict)
{
	const struct terminal *term = &l->r->term;
	const struct story *s = l->s;
	const struct story_end *end = s->end;
	struct text what = { 0 }, between = { 0 };

	text_add(&between, " %s ", term->g->dot);
	sum_up_verdict(l, between.s, verdict);
	sum_up_times(l, between.s, verdict);
	if (end[0].sent.bytes || end[1].sent.bytes) {
		text_clear(&what);
		text_add(&what, "%s ", term->g->up);
		text_bytes(&what, end[0].sent.bytes);
		text_add(&what, " %s ", term->g->down);
		text_bytes(&what, end[1].sent.bytes);
		wrap(l, INDENT, between.s, &what);
	}
	ladder_emit(l);
	if (s->tls)
		sum_up_tls(l, between.s);
	else
		sum_up_opening(l);
	if (s->lost) {
		text_clear(&what);
		text_count(&what, s->lost, "record");
		text_add(&what, " of this connection %s lost; the rest is right",
			 s->lost == 1 ? "is" : "are");
		text_pad(&l->line, INDENT);
		text_style(&l->line, term, STYLE_ALARM, "%s", what.s);
		ladder_emit(l);
	}
	text_free(&what);
	text_free(&between);
}

/**
 * ladder_head() - print what stands above a ladder
 * @l: the ladder
 * @verdict: the verdict
 *
 * Context: any.
 */
void ladder_head(struct ladder *l, enum verdict verdict)
{
	title(l);
	sum_up(l, verdict);
	fputc('\n', l->r->out);
}
