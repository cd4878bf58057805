/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TCPTRACE_WIDEST_H
#define _TCPTRACE_WIDEST_H

#include <string.h>

#include "text.h"

/**
 * widest_line() - columns of the widest line of a text
 * @text: the text; its line ends are overwritten
 */
static inline unsigned int widest_line(char *text)
{
	unsigned int cols, widest = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		cols = text_width(line);
		if (cols > widest)
			widest = cols;
	}
	return widest;
}

#endif /* _TCPTRACE_WIDEST_H */
