// SPDX-License-Identifier: GPL-2.0
/*
 * failnth - let each allocation of a system call fail, one after the other
 *
 *	failnth load FILE [PARAMETER=VALUE]...	finit_module()
 *	failnth open FILE			open() for reading
 *	failnth netns				unshare(CLONE_NEWNET)
 *
 * The first allocation fails, then the second, and so on, until the call makes
 * fewer than that and succeeds: what is done then stays (the module is loaded)
 * or ends with the process. By /proc/thread-self/fail-nth, which kernels with
 * CONFIG_FAULT_INJECTION have. Says "failed N times, then not".
 *
 * Exit status: 0, 1 if it went wrong otherwise, 2 for a wrong command line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MANY	5000

static char parameters[1024];

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "failnth: %s: %m\n", what);
	exit(1);
}

static int nth = -1;

static void set_nth(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth, text, (size_t)len, 0) != len)
		fail("fail-nth");
}

/* How many allocations are left until one fails; 0: it did. */
static int left(void)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		fail("fail-nth");
	return atoi(text);
}

/* Return: 0, or what went wrong. */
static int call(const char *what, const char *file, int fd)
{
	long ret;

	if (!strcmp(what, "load"))
		ret = syscall(SYS_finit_module, fd, parameters, 0);
	else if (!strcmp(what, "netns"))
		ret = unshare(CLONE_NEWNET);
	else
		ret = open(file, O_RDONLY | O_CLOEXEC);
	return ret < 0 ? errno : 0;
}

int main(int argc, char **argv)
{
	const char *file = argc > 2 ? argv[2] : NULL;
	int fd = -1, n, err, unused, survived = 0;

	if (argc < 2 || (strcmp(argv[1], "netns") && !file))
		return 2;
	for (n = 3; n < argc; n++) {
		strncat(parameters, argv[n], sizeof(parameters) - strlen(parameters) - 2);
		strcat(parameters, " ");
	}
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		fail("fail-nth");
	if (!strcmp(argv[1], "load")) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail(file);
	}
	for (n = 1; n < MANY; n++) {
		set_nth(n);
		err = call(argv[1], file, fd);
		unused = left();
		set_nth(0);
		if (!err && unused) {
			printf("failed %d times, survived %d, then not\n", n - 1, survived);
			return 0;
		}
		if (err && unused) {
			errno = err;
			fail("failed, and no allocation did");
		}
		/* It went on without; undo, to try the next. */
		if (!err) {
			survived++;
			if (!strcmp(argv[1], "load") &&
			    syscall(SYS_delete_module, "tcptrace", O_NONBLOCK))
				fail("delete_module");
		}
	}
	fputs("failnth: no end of it\n", stderr);
	return 1;
}
