// SPDX-License-Identifier: GPL-2.0
#include "phase.h"
#include "util.h"

/* Slow is what takes so long, */
#define SLOW_NS		NSEC_PER_SEC
/* or this, if it is also so many times as long as any other wait. */
#define LONG_NS		(NSEC_PER_SEC / 10)
#define TIMES		10

static const struct {
	const char *key;
	const char *from;
	const char *until;
} phases[PHASE_NR] = {
	[PHASE_SYN_SYNACK]	= { "syn_synack_ns", "SYN", "SYN-ACK" },
	[PHASE_SYNACK_ACK]	= { "synack_ack_ns", "SYN-ACK", "ACK" },
	[PHASE_TLS]		= { "tls_handshake_ns", "TLS handshake", NULL },
	[PHASE_FIRST_BYTE]	= { "first_byte_ns", "first byte", NULL },
	[PHASE_OPEN]		= { "open_ns", "open", NULL },
	[PHASE_FIN_FIN]		= { "fin_fin_ns", "FIN", "FIN" },
	[PHASE_FIN_ACK]		= { "fin_ack_ns", "FIN", "ACK" },
};

static uint64_t open_until(const struct story *s)
{
	return s->fin_from != TCPTRACE_NOBODY ? s->fin_ns : s->rst_ns;
}

static bool tls_time(const struct tls_info *tls, enum phase which,
		     uint64_t *ret_ns)
{
	if (which == PHASE_TLS && tls && tls->has_handshake)
		*ret_ns = tls->handshake_ns;
	else if (which == PHASE_FIRST_BYTE && tls && tls->has_first_byte)
		*ret_ns = tls->first_byte_ns;
	else
		return false;
	return true;
}

/**
 * phase_time() - how long a phase took
 * @s: the story
 * @which: the phase
 * @ret_ns: the time
 *
 * Context: any.
 * Return: whether it is known; else @ret_ns is untouched.
 */
bool phase_time(const struct story *s, enum phase which, uint64_t *ret_ns)
{
	const struct {
		uint64_t from;
		uint64_t until;
	} time[PHASE_NR] = {
		[PHASE_SYN_SYNACK]	= { s->syn_ns, s->synack_ns },
		[PHASE_SYNACK_ACK]	= { s->synack_ns, s->open_ns },
		[PHASE_OPEN]		= { s->open_ns, open_until(s) },
		[PHASE_FIN_FIN]		= { s->fin_ns, s->fin2_ns },
		[PHASE_FIN_ACK]		= { s->fin2_ns, s->fin_ack_ns },
	};

	if (which == PHASE_TLS || which == PHASE_FIRST_BYTE)
		return tls_time(s->tls, which, ret_ns);
	if (!time[which].from || !time[which].until ||
	    time[which].until < time[which].from)
		return false;
	*ret_ns = time[which].until - time[which].from;
	return true;
}

/**
 * phase_key() - a phase, as the json has it
 * @which: the phase
 *
 * Context: any.
 * Return: a constant string.
 */
const char *phase_key(enum phase which)
{
	return phases[which].key;
}

/**
 * phase_name() - add the name of a phase, for people
 * @which: the phase
 * @term: where it is shown
 * @t: where to add it
 *
 * Context: any.
 */
void phase_name(enum phase which, const struct terminal *term, struct text *t)
{
	text_add(t, "%s", phases[which].from);
	if (phases[which].until)
		text_add(t, "%s%s", term->g->to, phases[which].until);
}

/**
 * phase_slow() - which phase does a connection owe its slowness to
 * @s: the story
 *
 * To be open for long is nobody's fault.
 *
 * Context: any.
 * Return: the phase, PHASE_NR if none is slow.
 */
enum phase phase_slow(const struct story *s)
{
	enum phase slowest = PHASE_NR;
	uint64_t most = 0, second = 0, ns;
	unsigned int i;

	for (i = 0; i < PHASE_NR; i++) {
		if (i == PHASE_OPEN || !phase_time(s, i, &ns))
			continue;
		if (ns > most) {
			second = most;
			most = ns;
			slowest = i;
		} else if (ns > second) {
			second = ns;
		}
	}
	if (most >= SLOW_NS || (most >= LONG_NS && most / TIMES >= second))
		return slowest;
	return PHASE_NR;
}

/**
 * phase_wait() - say what was waited for, and how long
 * @s: the story
 * @which: a phase with a time, not PHASE_OPEN
 * @t: where to add it
 *
 * Context: any.
 */
void phase_wait(const struct story *s, enum phase which, struct text *t)
{
	static const char * const whose[] = { "client", "server" };
	const uint8_t second = s->fin_from == TCPTRACE_CLIENT ?
			       TCPTRACE_SERVER : TCPTRACE_CLIENT;
	uint64_t ns = 0;

	phase_time(s, which, &ns);
	text_add(t, "waited ");
	text_span(t, ns);
	switch (which) {
	case PHASE_SYN_SYNACK:
		text_add(t, " for the SYN-ACK");
		break;
	case PHASE_SYNACK_ACK:
		text_add(t, " for the handshake's ACK");
		break;
	case PHASE_TLS:
		text_add(t, " for the end of the TLS handshake");
		break;
	case PHASE_FIRST_BYTE:
		text_add(t, " for the first byte of the answer");
		break;
	case PHASE_FIN_FIN:
		text_add(t, " for the %s's FIN", whose[second]);
		break;
	case PHASE_FIN_ACK:
		text_add(t, " for the last ACK");
		break;
	default:
		break;
	}
}
