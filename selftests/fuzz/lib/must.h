/* SPDX-License-Identifier: GPL-2.0 */
/* What must hold whatever comes in. */
#ifndef _TCPTRACE_MUST_H
#define _TCPTRACE_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(what)							\
	do {								\
		if (!(what)) {						\
			fprintf(stderr, "%s:%d: must hold: %s\n",	\
				__FILE__, __LINE__, #what);		\
			abort();					\
		}							\
	} while (0)

#endif /* _TCPTRACE_MUST_H */
