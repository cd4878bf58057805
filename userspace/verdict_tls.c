// SPDX-License-Identifier: GPL-2.0
/* Who broke off a TLS handshake, and why. */
#include "verdict.h"

#define BAD_CERTIFICATE	"refused the certificate"
#define BAD_CLIENT	"refused the client's certificate"

/* RFC 8446 section 6.2 and RFC 5246 section 7.2.2; what each end means by it. */
static const struct {
	uint8_t description;
	const char *client;
	const char *server;
} reasons[] = {
	{ 40, "cannot use what was chosen", "cannot use what is offered" },
	{ 41, NULL, "wants a certificate of the client" },
	{ 42, BAD_CERTIFICATE, BAD_CLIENT },
	{ 43, BAD_CERTIFICATE, BAD_CLIENT },
	{ 44, BAD_CERTIFICATE, BAD_CLIENT },
	{ 45, BAD_CERTIFICATE, BAD_CLIENT },
	{ 46, BAD_CERTIFICATE, BAD_CLIENT },
	{ 48, BAD_CERTIFICATE, BAD_CLIENT },
	{ 70, "knows no such version", "shares no version with the client" },
	{ 71, "finds it too weak", "finds what is offered too weak" },
	{ 86, NULL, "saw a fallback to an older version" },
	{ 112, NULL, "does not know the name asked for" },
	{ 113, BAD_CERTIFICATE, BAD_CLIENT },
	{ 116, NULL, "wants a certificate of the client" },
	{ 120, NULL, "shares no protocol with the client" },
};

static const char *who_name(uint8_t who)
{
	return who == TCPTRACE_CLIENT ? "client" : "server";
}

static const char *find_reason(uint8_t description, uint8_t from)
{
	unsigned int i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].description == description)
			return from == TCPTRACE_CLIENT ? reasons[i].client :
							 reasons[i].server;
	return NULL;
}

/* The alert that ended it: the first that is not a mere warning. */
static uint8_t find_alert(const struct tls_info *tls)
{
	const struct tls_alert *c = &tls->alert[TCPTRACE_CLIENT];
	const struct tls_alert *v = &tls->alert[TCPTRACE_SERVER];
	const bool client = c->seen && c->level != 1;
	const bool server = v->seen && v->level != 1;

	if (client && (!server || c->t_ns <= v->t_ns))
		return TCPTRACE_CLIENT;
	return server ? TCPTRACE_SERVER : TCPTRACE_NOBODY;
}

static void say_alert(const struct tls_info *tls, uint8_t from, struct text *t)
{
	const struct tls_alert *alert = &tls->alert[from];
	const char *reason = NULL;

	if (alert->inferred) {
		text_add(t, "likely the %s refused the certificate (its alert is encrypted)",
			 who_name(from));
		return;
	}
	if (!alert->encrypted)
		reason = find_reason(alert->description, from);
	if (reason)
		text_add(t, "%s %s", who_name(from), reason);
	else
		text_add(t, "broken off by the %s", who_name(from));
	if (alert->encrypted)
		text_add(t, " (its alert is encrypted)");
	else if (alert->name)
		text_add(t, " (%s)", alert->name);
	else
		text_add(t, " (alert %u)", alert->description);
}

/* It ended without an alert. */
static void say_end(const struct story *s, struct text *t)
{
	const bool reset = s->rst_from != TCPTRACE_NOBODY &&
			   (s->fin_from == TCPTRACE_NOBODY ||
			    (s->fin_ns && s->rst_ns < s->fin_ns));
	const uint8_t who = reset ? s->rst_from : s->fin_from;

	if (who == TCPTRACE_NOBODY)
		text_add(t, "it was not finished");
	else
		text_add(t, "the %s %s without an alert", who_name(who),
			 reset ? "reset the connection" : "closed");
}

/**
 * verdict_tls() - say why TLS failed
 * @s: the story
 * @t: where to add it; nothing if it did not fail, or that cannot be seen
 *
 * Context: any.
 */
void verdict_tls(const struct story *s, struct text *t)
{
	const struct tls_info *tls = s->tls;
	uint8_t from;

	if (!tls)
		return;
	from = find_alert(tls);
	if (tls->established == TLS_YES && from == TCPTRACE_NOBODY)
		return;
	if (tls->established == TLS_YES) {
		text_add(t, "TLS failed after its handshake: ");
		say_alert(tls, from, t);
	} else if (from != TCPTRACE_NOBODY) {
		text_add(t, "TLS handshake failed: ");
		say_alert(tls, from, t);
	} else if (!tls->version &&
		   tls->stop[TCPTRACE_SERVER] == TLS_STOP_BAD) {
		text_add(t, "TLS handshake failed: the server's answer is not TLS");
	} else if (tls->established == TLS_NO) {
		text_add(t, "TLS handshake failed: ");
		say_end(s, t);
	}
}
