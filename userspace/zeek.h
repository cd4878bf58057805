/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection in the words of Zeek's conn.log, which many people can read:
 * conn_state and history. No I/O.
 */
#ifndef _TCPTIMELINE_ZEEK_H
#define _TCPTIMELINE_ZEEK_H

#include "story.h"
#include "text.h"

const char *zeek_read(const struct story *s, struct text *t);

#endif /* _TCPTIMELINE_ZEEK_H */
