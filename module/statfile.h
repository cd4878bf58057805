/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/stat/tcptrace and /proc/net/stat/tcptrace_books: the counters.
 *
 * Both 0400, in the initial network namespace, in the format of lnstat(8): a
 * line of names, then a row of hexadecimal numbers for each possible CPU. The
 * second file has what the first one, at the most that lnstat takes, has no
 * room for: what is needed to add all up.
 */
#ifndef _TCPTRACE_STATFILE_H
#define _TCPTRACE_STATFILE_H

#include <linux/types.h>

struct seq_file;

int tcptrace_statfile_init(void);
void tcptrace_statfile_exit(void);

void tcptrace_statfile_sums(struct seq_file *m);

#endif /* _TCPTRACE_STATFILE_H */
