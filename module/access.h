/* SPDX-License-Identifier: GPL-2.0 */
/* Who may see what was recorded. */
#ifndef _TCPTRACE_ACCESS_H
#define _TCPTRACE_ACCESS_H

struct file;

int tcptrace_access(const struct file *file);

#endif /* _TCPTRACE_ACCESS_H */
