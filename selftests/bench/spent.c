// SPDX-License-Identifier: GPL-2.0
/*
 * spent - what a program takes: time of its own, and memory at its most
 *
 *	spent FILE COMMAND [ARGUMENT]...
 *
 * Leaves "user-microseconds kibibytes" in FILE. Exit status: the command's, 2
 * for a wrong command line, 127 if it could not be run.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage use;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		errx(2, "usage: spent FILE COMMAND [ARGUMENT]...");
	pid = fork();
	if (pid < 0)
		err(127, "fork");
	if (!pid) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (wait4(pid, &status, 0, &use) != pid)
		err(127, "wait4");
	f = fopen(argv[1], "w");
	if (!f || fprintf(f, "%lld %ld\n", use.ru_utime.tv_sec * 1000000LL +
			  use.ru_utime.tv_usec, use.ru_maxrss) < 0 || fclose(f))
		err(127, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
