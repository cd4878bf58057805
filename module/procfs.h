/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/tcptrace: text, mmap, poll; and the files of statfile.h beside it.
 *
 * /proc/tcptrace (0400, further checks at open):
 *	read	text: comments, then the records that the rings held at open,
 *		or at the last lseek to 0, as lines of text.h, merged by time.
 *		Consumes nothing; comes to an end under any load; tells the
 *		exact number of records that were overwritten meanwhile.
 *	mmap, poll, ioctl	see uapi/tcptrace.h
 */
#ifndef _TCPTRACE_PROCFS_H
#define _TCPTRACE_PROCFS_H

/**
 * tcptrace_procfs_init() - create the files
 *
 * Context: process, may sleep. After everything that the files show is set
 * up: rings, ports, flows. From here on there may be readers.
 * Return: 0; -ENOMEM, also if a file of the name exists.
 */
int tcptrace_procfs_init(void);

/**
 * tcptrace_procfs_exit() - remove the files and all who use them
 *
 * Calls tcptrace_ring_gone() and tcptrace_ring_drain_pollers(). On return no
 * handler runs or will run, and nobody sleeps on the rings; open files remain
 * and fail, mappings remain and work.
 *
 * Context: process, sleeps. There must be no writer of records any more; what
 * the files show must still be there.
 */
void tcptrace_procfs_exit(void);

#endif /* _TCPTRACE_PROCFS_H */
