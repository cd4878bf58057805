// SPDX-License-Identifier: GPL-2.0
/*
 * failnth - let each allocation of a system call fail, one after the other
 *
 *	failnth [-t SECONDS] load FILE [PARAMETER=VALUE]...	finit_module()
 *	failnth [-t SECONDS] open FILE				open() for reading
 *	failnth [-t SECONDS] netns				unshare(CLONE_NEWNET)
 *
 * The last allocation fails, then the one before it, and so on to the first:
 * of a module's load, those of the module come before those of who loads it.
 * SECONDS (60) later it ends in any case. At last none fails: what is done then
 * stays (the module is loaded) or ends with the process. By
 * /proc/thread-self/fail-nth, which kernels with CONFIG_FAULT_INJECTION have.
 * Says "N allocations, N failed, N calls went on without".
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
#include <time.h>
#include <unistd.h>

#define MANY	1000000

static char parameters[1024];

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "failnth: %s: %m\n", what);
	exit(1);
}

static int nth = -1, last_fd = -1;

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
	if (!strcmp(what, "open"))
		last_fd = (int)ret;
	return ret < 0 ? errno : 0;
}

/* To try again; what went on without memory, or had it, is taken back. */
static void undo(const char *what)
{
	if (!strcmp(what, "load") && syscall(SYS_delete_module, "tcptrace", O_NONBLOCK))
		fail("delete_module");
	if (!strcmp(what, "open"))
		close(last_fd);
}

/* Return: whether allocation @n was one, and failed. */
static bool try(const char *what, const char *file, int fd, int n, int *ret_err, int *ret_left)
{
	set_nth(n);
	*ret_err = call(what, file, fd);
	*ret_left = left();
	set_nth(0);
	if (*ret_err && *ret_left) {
		errno = *ret_err;
		fail("failed, and no allocation did");
	}
	return !*ret_left;
}

static void run(const char *what, const char *file, int fd, long seconds)
{
	int n, err, unused, total, failed = 0, survived = 0;
	const time_t end = time(NULL) + seconds;

	try(what, file, fd, MANY, &err, &unused);
	if (err)
		fail("without a failure");
	undo(what);
	total = MANY - unused;
	for (n = total; n && time(NULL) < end; n--) {
		failed += try(what, file, fd, n, &err, &unused);
		if (err)
			continue;
		survived += !unused;
		undo(what);
	}
	errno = call(what, file, fd);
	if (errno)
		fail("at last");
	printf("%d allocations, %d failed, %d calls went on without\n", total, failed,
	       survived);
}

int main(int argc, char **argv)
{
	const char *what, *file;
	long seconds = 60;
	int fd = -1, n;

	if (argc > 2 && !strcmp(argv[1], "-t")) {
		seconds = atol(argv[2]);
		argc -= 2;
		argv += 2;
	}
	what = argc > 1 ? argv[1] : "netns";
	file = argc > 2 ? argv[2] : NULL;
	if (argc < 2 || (strcmp(what, "netns") && !file))
		return 2;
	for (n = 3; n < argc; n++) {
		strncat(parameters, argv[n], sizeof(parameters) - strlen(parameters) - 2);
		strcat(parameters, " ");
	}
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		fail("fail-nth");
	if (!strcmp(what, "load")) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail(file);
	}
	run(what, file, fd, seconds);
	return 0;
}
