/* SPDX-License-Identifier: GPL-2.0 */
/* The names of reasons: one table for the text, the ladder and the json. */
#ifndef _TCPTRACE_WHY_H
#define _TCPTRACE_WHY_H

#include "env.h"

/**
 * tcptrace_why_name() - the word for a reason
 * @why: enum tcptrace_why
 *
 * Context: any.
 * Return: a constant string, lower case with hyphens; NULL for
 * TCPTRACE_WHY_NONE and for numbers that have no name.
 */
const char *tcptrace_why_name(u8 why);

#endif /* _TCPTRACE_WHY_H */
