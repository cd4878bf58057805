// SPDX-License-Identifier: GPL-2.0
#include "why.h"

static const char * const names[256] = {
	[TCPTRACE_WHY_SYN]		= "syn",
	[TCPTRACE_WHY_SYNACK]		= "syn-ack",
	[TCPTRACE_WHY_HANDSHAKE_ACK]	= "handshake-ack",
	[TCPTRACE_WHY_FIN]		= "fin",
	[TCPTRACE_WHY_ACK_OF_FIN]	= "ack-of-fin",
	[TCPTRACE_WHY_RST]		= "rst",
	[TCPTRACE_WHY_PICKUP]		= "pickup",
	[TCPTRACE_WHY_STALE]		= "stale",
	[TCPTRACE_WHY_REFUSED]		= "refused",
	[TCPTRACE_WHY_SIMULTANEOUS_OPEN] = "simultaneous-open",
	[TCPTRACE_WHY_SYN_IN_TIME_WAIT]	= "syn-in-time-wait",
	[TCPTRACE_WHY_CHALLENGE]	= "challenge",
	[TCPTRACE_WHY_PROOF]		= "proof",

	[TCPTRACE_WHY_SYNACK_AGAIN]	= "syn-ack-again",
	[TCPTRACE_WHY_NO_LISTENER]	= "no-listener",
	[TCPTRACE_WHY_NO_CONNECTION]	= "no-connection",
	[TCPTRACE_WHY_NOT_TAKEN]	= "not-taken",

	[TCPTRACE_WHY_2MSL]		= "2msl",
	[TCPTRACE_WHY_ORPHAN]		= "orphan",

	[TCPTRACE_WHY_FIRST_DATA]	= "first-data",
	[TCPTRACE_WHY_CLOSE]		= "close",

	[TCPTRACE_WHY_CLOSED]		= "closed",
	[TCPTRACE_WHY_IDLE]		= "idle",
	[TCPTRACE_WHY_REUSED]		= "reused",
	[TCPTRACE_WHY_EVICT_FLOWS]	= "evict-flows",
	[TCPTRACE_WHY_EVICT_HALF_OPEN]	= "evict-half-open",
	[TCPTRACE_WHY_NETNS]		= "netns",
	[TCPTRACE_WHY_UNLOAD]		= "unload",
	[TCPTRACE_WHY_PORTS]		= "ports",

	[TCPTRACE_WHY_WORD_AGREES]	= "agrees",
	[TCPTRACE_WHY_WORD_AHEAD]	= "ahead",
	[TCPTRACE_WHY_WORD_CLOSED]	= "kernel-closed",
	[TCPTRACE_WHY_WORD_DIFFERS]	= "differs",
	[TCPTRACE_WHY_WORD_FIN]		= "kernel-fin",

	[TCPTRACE_WHY_TLS_BYTES]	= "bytes",
	[TCPTRACE_WHY_TLS_RECORD]	= "record",
	[TCPTRACE_WHY_TLS_DATA]		= "data",
	[TCPTRACE_WHY_TLS_CAP]		= "cap",
	[TCPTRACE_WHY_TLS_HOLE]		= "hole",
	[TCPTRACE_WHY_TLS_BAD]		= "not-tls",
	[TCPTRACE_WHY_TLS_ALERT]	= "alert",
};

const char *tcptrace_why_name(u8 why)
{
	return names[why];
}
