/* SPDX-License-Identifier: GPL-2.0 */
/* Records go from a source into a recording as they are, many at a time. */
#ifndef _TCPTIMELINE_RECORDER_H
#define _TCPTIMELINE_RECORDER_H

#include <signal.h>

struct filter;
struct source;

int recorder_run(struct source *source, struct filter *filter, const char *path,
		 const sigset_t *waiting);

#endif /* _TCPTIMELINE_RECORDER_H */
