// SPDX-License-Identifier: GPL-2.0
#include "stop.h"
#include "util.h"

static const int wishes[] = { SIGINT, SIGTERM };

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	asked++;
}

/**
 * stop_init() - take the signals that ask the program to end
 * @ret_waiting: the mask for waiting, which lets them through
 *
 * Context: once; before, nobody waits.
 */
void stop_init(sigset_t *ret_waiting)
{
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t ours;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < ARRAY_SIZE(wishes); i++)
		sigaddset(&ours, wishes[i]);
	sigprocmask(SIG_BLOCK, &ours, ret_waiting);
	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		sigdelset(ret_waiting, wishes[i]);
		sigaction(wishes[i], &act, NULL);
	}
}

/**
 * stop_asked() - is the program to end
 *
 * Context: any.
 * Return: how often it was asked to.
 */
unsigned int stop_asked(void)
{
	const struct timespec now = { 0 };
	sigset_t pending, ours;
	size_t i;

	if (sigpending(&pending))
		return (unsigned int)asked;
	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		if (!sigismember(&pending, wishes[i]))
			continue;
		sigemptyset(&ours);
		sigaddset(&ours, wishes[i]);
		if (sigtimedwait(&ours, NULL, &now) == wishes[i])
			asked++;
	}
	return (unsigned int)asked;
}
