// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "source.h"
#include "util.h"

#define COLUMNS		79
#define FIRST_NS	(2 * NSEC_PER_SEC)	/* who waits less is not told */
#define AGAIN_NS	(NSEC_PER_SEC / 2)

/**
 * progress_init() - something begins that may take long
 * @p: the line
 *
 * Context: any.
 */
void progress_init(struct progress *p)
{
	p->wanted = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	p->shown = false;
	p->due_ns = p->wanted ? source_clock() + FIRST_NS : 0;
}

/**
 * progress_due() - is it time to show it
 * @p: the line
 *
 * Context: any; reads a clock.
 */
bool progress_due(struct progress *p)
{
	uint64_t now;

	if (!p->wanted)
		return false;
	now = source_clock();
	if (now < p->due_ns)
		return false;
	p->due_ns = now + AGAIN_NS;
	return true;
}

/**
 * progress_show() - show how far it is
 * @p: the line
 * @fmt: what it says, one line without its end
 *
 * Context: any.
 */
void progress_show(struct progress *p, const char *fmt, ...)
{
	char line[COLUMNS + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "\r%-*s", COLUMNS, line);
	p->shown = true;
}

/**
 * progress_clear() - take it away
 * @p: the line
 *
 * Context: any.
 */
void progress_clear(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%*s\r", COLUMNS, "");
	p->shown = false;
}
