/* SPDX-License-Identifier: GPL-2.0 */
/* What a row of a ladder means, in plain words. */
#ifndef _TCPTIMELINE_EXPLAIN_H
#define _TCPTIMELINE_EXPLAIN_H

#include "story.h"
#include "text.h"

void explain_row(const struct story *s, const struct row *row, struct text *t);
const char *explain_undo(uint8_t why);
const char *explain_end(uint8_t why);

#endif /* _TCPTIMELINE_EXPLAIN_H */
