/* SPDX-License-Identifier: GPL-2.0 */
/* Parameters of the module that are numbers within bounds. */
#ifndef _TCPTRACE_RANGE_H
#define _TCPTRACE_RANGE_H

#include <linux/moduleparam.h>
#include <linux/types.h>

/**
 * struct tcptrace_range - where such a parameter is, and what it may be
 * @value: the parameter; with a mode that lets it be written at run time, to be
 *	read by READ_ONCE()
 * @least: no less than this
 * @most: no more than this
 * @power_of_two: nothing else
 */
struct tcptrace_range {
	u32 *value;
	u32 least;
	u32 most;
	bool power_of_two;
};

/* For module_param_cb(), with a struct tcptrace_range. */
extern const struct kernel_param_ops tcptrace_range_ops;

/**
 * tcptrace_quoted_len() - how much of a wrong value to show
 * @val: the value
 *
 * Context: any.
 * Return: characters, for "%.*s": one line's, without the end, which echo
 * writes, and no more than a line of the log has room for.
 */
int tcptrace_quoted_len(const char *val);

#endif /* _TCPTRACE_RANGE_H */
