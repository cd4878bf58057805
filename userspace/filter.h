/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which records the user wants: all of a connection, or none. Those of TLS have
 * no addresses, so the connections that were wanted are remembered.
 */
#ifndef _TCPTIMELINE_FILTER_H
#define _TCPTIMELINE_FILTER_H

#include "options.h"

/* Of more connections that live at once the oldest are forgotten. */
#define FILTER_MAX	262144

struct filter_conn;

/**
 * struct filter - what is wanted
 * @opt: what the user said
 * @wanted: connections that live and are wanted, if that is not all of them
 * @nr: how many
 */
struct filter {
	const struct options *opt;
	struct filter_conn *wanted;
	unsigned int nr;
};

void filter_init(struct filter *f, const struct options *opt);
bool filter_wants_all(const struct filter *f);
bool filter_want(struct filter *f, const struct tcptrace_record *rec);
void filter_clean(struct filter *f);

#endif /* _TCPTIMELINE_FILTER_H */
