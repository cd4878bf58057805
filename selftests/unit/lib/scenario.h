/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections that never were: a script of segments, shown to the real core,
 * gives the records that the module would have written.
 */
#ifndef _TCPTRACE_SCENARIO_H
#define _TCPTRACE_SCENARIO_H

#include "core/conn.h"

/* step.how */
#define S_LOST		0x01	/* it leaves and never arrives */
#define S_TIMER		0x02	/* no segment: let the timers run */
#define S_END		0x04	/* no segment: give up, because of step.len */
#define S_BACK		0x08	/* sent again: begins step.back before */
#define S_LATE		0x10	/* arrives after the next one has left */
#define S_HANDSHAKE	0x20	/* no segment: the usual three */
#define S_REQUEST	0x40	/* no segment: a request, 4 KiB of answer */

/**
 * struct step - one line of a script
 * @us: microseconds since the step before
 * @from: who sends
 * @flags: of the segment
 * @len: payload
 * @how: S_*
 * @back: so much before its next sequence number it begins
 */
struct step {
	unsigned int us;
	u8 from;
	u16 flags;
	u32 len;
	u8 how;
	u32 back;
};

enum scenario_place {
	PLACE_LOOPBACK,		/* both ends live here */
	PLACE_CLIENT,		/* only the client does */
	PLACE_SERVER,		/* only the server does */
	PLACE_BETWEEN,		/* neither */
};

/**
 * struct scenario - a connection to be played
 * @name: in one word
 * @what: in a few words
 * @step: the script; ends with a step of all zeroes
 * @place: where it is watched
 * @v6: over IPv6
 * @task: names of the tasks; NULL if not known
 */
struct scenario {
	const char *name;
	const char *what;
	const struct step *step;
	enum scenario_place place;
	bool v6;
	const char *task[2];
};

/**
 * struct recorded - records, in the order of their making
 * @rec: the records
 * @nr: how many
 */
struct recorded {
	struct tcptrace_record *rec;
	unsigned int nr;
	unsigned int size;
};

extern const struct scenario scenarios[];
extern const unsigned int nr_scenarios;

const struct scenario *scenario_find(const char *name);
void scenario_play(const struct scenario *sc, u64 id, u64 start_ns,
		   struct recorded *out);
void recorded_free(struct recorded *r);

#endif /* _TCPTRACE_SCENARIO_H */
