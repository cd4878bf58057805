/* SPDX-License-Identifier: GPL-2.0 */
/* What the user wants. */
#ifndef _TCPTIMELINE_OPTIONS_H
#define _TCPTIMELINE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/portset.h"
#include "render.h"

/**
 * struct options - the command line, understood
 * @follow: go on as new records come
 * @write: file to record to, or NULL
 * @read: file to read from, or NULL
 * @proc: file of the module
 * @form: how to print
 * @explain: a sentence under each arrow
 * @ascii: nothing beyond ASCII
 * @colour: when to use colours
 * @width: columns, 0 for as many as there are
 * @has_ports: only connections of @ports
 * @ports: at either end
 * @has_host: only connections of @host
 * @host: at either end, as records have it
 * @has_netns: only connections of @netns
 * @netns: inode number
 */
struct options {
	bool follow;
	const char *write;
	const char *read;
	const char *proc;
	const struct render_ops *form;
	bool explain;
	bool ascii;
	enum colour colour;
	unsigned int width;
	bool has_ports;
	struct tcptrace_portset ports;
	bool has_host;
	uint8_t host[16];
	bool has_netns;
	uint32_t netns;
};

/* What options_parse() leaves to do. */
enum options_result {
	OPTIONS_GO,	/* the program's work */
	OPTIONS_DONE,	/* nothing: help was printed */
	OPTIONS_WRONG,	/* nothing: one line on stderr told what is wrong */
};

enum options_result options_parse(struct options *o, int argc, char **argv);

#endif /* _TCPTIMELINE_OPTIONS_H */
