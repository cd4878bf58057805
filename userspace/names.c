// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <string.h>

#include "core/why.h"
#include "names.h"
#include "util.h"

static const struct {
	uint16_t flag;
	const char *name;
} flag_names[] = {
	{ TCPTRACE_SYN, "SYN" },
	{ TCPTRACE_FIN, "FIN" },
	{ TCPTRACE_RST, "RST" },
	{ TCPTRACE_PSH, "PSH" },
	{ TCPTRACE_ACK, "ACK" },
	{ TCPTRACE_URG, "URG" },
	{ TCPTRACE_ECE, "ECE" },
	{ TCPTRACE_CWR, "CWR" },
	{ TCPTRACE_AE, "AE" },
};

static const char * const kind_names[] = {
	[TCPTRACE_REC_SEGMENT]	= "segment",
	[TCPTRACE_REC_STATE]	= "state",
	[TCPTRACE_REC_UNDO]	= "undo",
	[TCPTRACE_REC_TIMER]	= "timer",
	[TCPTRACE_REC_COUNT]	= "count",
	[TCPTRACE_REC_END]	= "end",
	[TCPTRACE_REC_WORD]	= "kernel",
	[TCPTRACE_REC_TLS]	= "tls",
};

static const char * const vantage_names[] = {
	[TCPTRACE_NOWHERE]	= "none",
	[TCPTRACE_LEAVES]	= "leaves",
	[TCPTRACE_ARRIVES]	= "arrives",
	[TCPTRACE_PASSES]	= "passes",
};

static const char *pick(const char * const *names, size_t nr, uint8_t i)
{
	return i < nr && names[i] ? names[i] : "unknown";
}

/**
 * name_why() - a reason, as the json has it
 * @why: enum tcptrace_why
 *
 * Context: any.
 * Return: a constant string.
 */
const char *name_why(uint8_t why)
{
	const char *name = tcptrace_why_name(why);

	return name ? name : why == TCPTRACE_WHY_NONE ? "none" : "unknown";
}

/**
 * name_kind() - a kind of record, as the json has it
 * @kind: enum tcptrace_kind
 *
 * Context: any.
 * Return: a constant string.
 */
const char *name_kind(uint8_t kind)
{
	return pick(kind_names, ARRAY_SIZE(kind_names), kind);
}

/**
 * name_vantage() - a vantage, as the json has it
 * @vantage: enum tcptrace_vantage
 *
 * Context: any.
 * Return: a constant string.
 */
const char *name_vantage(uint8_t vantage)
{
	return pick(vantage_names, ARRAY_SIZE(vantage_names), vantage);
}

/**
 * name_flag() - a flag of a segment, in the order in which one reads them
 * @i: which, from 0
 * @ret_bit: its bit; untouched after the last
 *
 * Context: any.
 * Return: a constant string, NULL after the last.
 */
const char *name_flag(unsigned int i, uint16_t *ret_bit)
{
	if (i >= ARRAY_SIZE(flag_names))
		return NULL;
	*ret_bit = flag_names[i].flag;
	return flag_names[i].name;
}

/**
 * name_flags() - add the flags of a segment
 * @t: where to
 * @flags: TCPTRACE_FIN ... TCPTRACE_AE
 * @between: what goes between two
 *
 * Context: any.
 */
void name_flags(struct text *t, uint16_t flags, const char *between)
{
	const char *first = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (!(flags & flag_names[i].flag))
			continue;
		text_put(t, first);
		text_put(t, flag_names[i].name);
		first = between;
	}
}

/**
 * name_address() - add an address
 * @t: where to
 * @addr: the address as records have it
 * @family: 4 or 6; 0 if it is not known
 *
 * Context: any.
 */
void name_address(struct text *t, const uint8_t addr[16], uint8_t family)
{
	char buf[INET6_ADDRSTRLEN];

	if (!family) {
		text_char(t, '?');
	} else if (family == 4) {
		text_dotted(t, addr + 12);
	} else {
		inet_ntop(AF_INET6, addr, buf, sizeof(buf));
		text_put(t, buf);
	}
}

/**
 * name_endpoint() - add an address and a port
 * @t: where to
 * @rec: a record of the connection
 * @who: enum tcptrace_endpoint
 *
 * Context: any.
 */
void name_endpoint(struct text *t, const struct tcptrace_record *rec,
		   uint8_t who)
{
	if (rec->family == 6)
		text_char(t, '[');
	name_address(t, rec->addr[who], rec->family);
	if (!rec->family)
		return;
	text_put(t, rec->family == 6 ? "]:" : ":");
	text_decimal(t, rec->port[who]);
}
