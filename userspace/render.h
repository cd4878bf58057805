/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The forms that connections are printed in. Each form is a struct render_ops;
 * a story goes in, text goes to a stream. Nothing here knows where records
 * come from.
 */
#ifndef _TCPTIMELINE_RENDER_H
#define _TCPTIMELINE_RENDER_H

#include <stdio.h>

#include "live.h"
#include "story.h"
#include "terminal.h"
#include "verdict.h"

/* Blank lines go between ladders, and between those and events. */
enum render_last {
	RENDER_NOTHING,
	RENDER_EVENT,
	RENDER_CONN,
};

/**
 * struct render - what is printed, and how
 * @ops: the form
 * @out: where to
 * @term: what can be shown there
 * @explain: a sentence under each arrow
 * @now_ns: latest time heard of, CLOCK_MONOTONIC as in the records
 * @wall_ns: to be added to that for the time of day
 * @has_wall: @wall_ns is known
 * @last: what was printed last
 * @live: connections of which events were printed
 * @priv: of the form
 */
struct render {
	const struct render_ops *ops;
	FILE *out;
	struct terminal term;
	bool explain;
	uint64_t now_ns;
	int64_t wall_ns;
	bool has_wall;
	enum render_last last;
	struct live *live;
	void *priv;
};

/**
 * struct render_ops - a form
 * @name: what the user calls it
 * @conn: a connection is to be printed
 * @event: a record has just come; NULL if the form does not show them
 * @flush: nothing comes for a while: print what is held back; may be NULL
 * @finish: nothing more will come; gives memory back; may be NULL
 */
struct render_ops {
	const char *name;
	void (*conn)(struct render *r, const struct story *s,
		     enum verdict verdict);
	void (*event)(struct render *r, const struct tcptrace_record *rec);
	void (*flush)(struct render *r);
	void (*finish)(struct render *r);
};

extern const struct render_ops render_ladder;
extern const struct render_ops render_table;
extern const struct render_ops render_json;

void render_event_line(struct render *r, const struct tcptrace_record *rec);

#endif /* _TCPTIMELINE_RENDER_H */
