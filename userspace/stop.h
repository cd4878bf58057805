/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIGINT and SIGTERM as wishes: they are blocked, and come where they are looked
 * for or waited for. A system call is never torn.
 */
#ifndef _TCPTIMELINE_STOP_H
#define _TCPTIMELINE_STOP_H

#include <signal.h>

void stop_init(sigset_t *ret_waiting);
unsigned int stop_asked(void);

#endif /* _TCPTIMELINE_STOP_H */
