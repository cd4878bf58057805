/* SPDX-License-Identifier: GPL-2.0 */
/* A line on the terminal for those who wait. */
#ifndef _TCPTIMELINE_PROGRESS_H
#define _TCPTIMELINE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - a line that may be shown
 * @wanted: stderr is a terminal, and stdout is not: nothing else moves there
 * @shown: it is there now
 * @due_ns: when to show it, or to show it anew
 */
struct progress {
	bool wanted;
	bool shown;
	uint64_t due_ns;
};

void progress_init(struct progress *p);
bool progress_due(struct progress *p);
void progress_show(struct progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void progress_clear(struct progress *p);

#endif /* _TCPTIMELINE_PROGRESS_H */
