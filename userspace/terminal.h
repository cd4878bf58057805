/* SPDX-License-Identifier: GPL-2.0 */
/* What the place that we print to can show. */
#ifndef _TCPTIMELINE_TERMINAL_H
#define _TCPTIMELINE_TERMINAL_H

#include <stdbool.h>

enum style {
	STYLE_NONE,
	STYLE_BOLD,	/* titles */
	STYLE_DIM,	/* what is there for whoever looks for it */
	STYLE_OPEN,	/* opens a connection */
	STYLE_CLOSE,	/* closes it in order */
	STYLE_STATE,	/* a state an endpoint moved to */
	STYLE_DATA,	/* data under way */
	STYLE_TLS,	/* a message of TLS that can be read */
	STYLE_SEALED,	/* one that is encrypted */
	STYLE_WARN,	/* not as it should be: sent again, inferred */
	STYLE_ALARM,	/* broken off, lost */
	STYLE_TEACH,	/* explanations */
	STYLE_NR,
};

enum colour {
	COLOUR_AUTO,
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

/**
 * struct glyphs - what ladders are made of
 * @line: a lifeline; this one and the next eight are one column wide, and so is
 *	@agrees
 * @fold: a lifeline with something left out
 * @dash: shaft of an arrow
 * @tls: shaft of an arrow that is a message of TLS
 * @sealed: shaft of one that is encrypted
 * @gap: shaft of an arrow that is lost, between dashes
 * @right: tip
 * @left: tip
 * @cross: where an arrow was lost
 * @up: from client to server
 * @down: from server to client
 * @dot: between parts of a sentence
 * @to: between two names
 * @undo: a move is taken back
 * @differs: the kernel tells another state
 * @agrees: the kernel tells the same state
 * @wait: a timer
 * @ellipsis: more was there
 */
struct glyphs {
	const char *line;
	const char *fold;
	const char *dash;
	const char *tls;
	const char *sealed;
	const char *gap;
	const char *right;
	const char *left;
	const char *cross;
	const char *up;
	const char *down;
	const char *dot;
	const char *to;
	const char *undo;
	const char *differs;
	const char *agrees;
	const char *wait;
	const char *ellipsis;
};

/**
 * struct terminal - where we print to
 * @width: columns
 * @colour: may escape codes be written
 * @ascii: nothing beyond ASCII
 * @g: glyphs to use
 */
struct terminal {
	unsigned int width;
	bool colour;
	bool ascii;
	const struct glyphs *g;
};

#define TERMINAL_MIN_WIDTH	40
#define TERMINAL_MAX_WIDTH	1000

void terminal_init(struct terminal *t, int fd, enum colour colour, bool ascii,
		   unsigned int width);
const char *terminal_on(const struct terminal *t, enum style style);
const char *terminal_off(const struct terminal *t, enum style style);

#endif /* _TCPTIMELINE_TERMINAL_H */
