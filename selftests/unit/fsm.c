// SPDX-License-Identifier: GPL-2.0
/* Every cell of the state machine, written down a second time. */
#include "core/fsm.h"
#include "tap.h"

#define NO	TCPTRACE_FSM_IMPOSSIBLE

/* Columns in the order of RFC 9293 section 3.3.2. */
static const uint8_t states[] = {
	TCPTRACE_CLOSED, TCPTRACE_LISTEN, TCPTRACE_SYN_SENT, TCPTRACE_SYN_RCVD,
	TCPTRACE_ESTABLISHED, TCPTRACE_FIN_WAIT1, TCPTRACE_FIN_WAIT2,
	TCPTRACE_CLOSE_WAIT, TCPTRACE_CLOSING, TCPTRACE_LAST_ACK,
	TCPTRACE_TIME_WAIT, TCPTRACE_UNKNOWN,
};

/* One letter a state; "." is impossible. */
static const char letters[] = "CLSRE12WGATU";

static const struct {
	const char *name;
	enum tcptrace_event event;
	const char *next;	/* for each of states[] */
} rows[] = {
	/*						  CLSRE12WGATU */
	{ "SND_SYN",		TCPTRACE_EV_SND_SYN,	 "SSS........." },
	{ "SND_SYNACK",		TCPTRACE_EV_SND_SYNACK,	 ".RRR........" },
	{ "SND_FIN",		TCPTRACE_EV_SND_FIN,	 "...111.AGA.." },
	{ "SND_RST",		TCPTRACE_EV_SND_RST,	 "CCCCCCCCCCC." },
	{ "RCV_SYN",		TCPTRACE_EV_RCV_SYN,	 ".LRR........" },
	{ "RCV_SYNACK",		TCPTRACE_EV_RCV_SYNACK,	 "..E........." },
	{ "RCV_ACK_OF_SYN",	TCPTRACE_EV_RCV_ACK_OF_SYN, "...E........" },
	{ "RCV_ACK_OF_FIN",	TCPTRACE_EV_RCV_ACK_OF_FIN, ".....2..TC.." },
	{ "RCV_FIN",		TCPTRACE_EV_RCV_FIN,	 "....WGTWGAT." },
	{ "RCV_RST",		TCPTRACE_EV_RCV_RST,	 "..CCCCCCCCC." },
	{ "RCV_RST_PASSIVE",	TCPTRACE_EV_RCV_RST_PASSIVE, "...L........" },
	{ "TIMER_2MSL",		TCPTRACE_EV_TIMER_2MSL,	 "..........C." },
};

static const struct {
	uint8_t state;
	const char *name;
} names[] = {
	{ 0, "UNKNOWN" }, { 1, "ESTABLISHED" }, { 2, "SYN_SENT" },
	{ 3, "SYN_RCVD" }, { 4, "FIN_WAIT1" }, { 5, "FIN_WAIT2" },
	{ 6, "TIME_WAIT" }, { 7, "CLOSED" }, { 8, "CLOSE_WAIT" },
	{ 9, "LAST_ACK" }, { 10, "LISTEN" }, { 11, "CLOSING" },
	{ 12, "UNKNOWN" }, { 255, "UNKNOWN" },
};

static uint8_t by_letter(char c)
{
	const char *p = c == '.' ? NULL : strchr(letters, c);

	return p ? states[p - letters] : NO;
}

int main(void)
{
	size_t i, k;

	tap_is_u64(ARRAY_SIZE(rows), TCPTRACE_NR_EVENTS, "a row an event");
	tap_is_u64(ARRAY_SIZE(states), TCPTRACE_NR_STATES, "a column a state");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (k = 0; k < ARRAY_SIZE(states); k++) {
			uint8_t want = by_letter(rows[i].next[k]);
			uint8_t got = tcptrace_fsm_next(states[k],
							rows[i].event);

			tap_is_u64(got, want, "%s in %s", rows[i].name,
				   tcptrace_state_name(states[k]));
			tap_is_u64(!!tcptrace_fsm_sentence(states[k],
							   rows[i].event),
				   want != NO, "%s in %s: has a sentence",
				   rows[i].name,
				   tcptrace_state_name(states[k]));
		}
	}
	tap_is_u64(tcptrace_fsm_next(TCPTRACE_NR_STATES, TCPTRACE_EV_SND_SYN),
		   NO, "a state out of range");
	tap_is_u64(tcptrace_fsm_next(TCPTRACE_CLOSED, TCPTRACE_NR_EVENTS),
		   NO, "an event out of range");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		tap_is_str(tcptrace_state_name(names[i].state), names[i].name,
			   "name of state %u", names[i].state);
	return tap_done();
}
