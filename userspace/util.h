/* SPDX-License-Identifier: GPL-2.0 */
/* What every file needs: memory that is there, and one line on stderr. */
#ifndef _TCPTIMELINE_UTIL_H
#define _TCPTIMELINE_UTIL_H

#include <stddef.h>

#define NSEC_PER_SEC	1000000000ULL

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

enum exit_code {
	EXIT_OK		= 0,
	EXIT_RUN	= 1,	/* something went wrong, or is missing */
	EXIT_USAGE	= 2,	/* the command line makes no sense */
};

void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void *grow(void *old, size_t nr, size_t size);
void *zalloc(size_t size);

#endif /* _TCPTIMELINE_UTIL_H */
