/* SPDX-License-Identifier: GPL-2.0 */
/* Network namespaces as ip-netns(8) names them. Wants _GNU_SOURCE. */
#ifndef NETNS_H
#define NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* This thread goes there; false, with errno, if it cannot. */
static inline bool netns_enter(const char *name)
{
	char path[256];
	bool entered;
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	entered = !setns(fd, CLONE_NEWNET);
	close(fd);
	return entered;
}

#endif /* NETNS_H */
