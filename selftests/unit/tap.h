/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for host tests that read as tables. A program is
 *
 *	int main(void)
 *	{
 *		for (i = 0; i < ARRAY_SIZE(cases); i++)
 *			tap_is_u64(f(cases[i].in), cases[i].out,
 *				   "f(%s)", cases[i].name);
 *		return tap_done();
 *	}
 *
 * Every check prints "ok N - name" or "not ok N - name" followed by what was
 * got and what was wanted, and returns whether it held. A program fails if a
 * check failed, if a plan that was announced is not met, if it made no check
 * at all, or if it ends without tap_done().
 */
#ifndef _TCPTRACE_TAP_H
#define _TCPTRACE_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define TAP_PRINTF(f, a)	__attribute__((format(printf, f, a), unused))

static struct {
	unsigned int plan;
	unsigned int pass;
	unsigned int fail;
	unsigned int skip;
	bool begun;
	bool done;
} tap;

static void tap_at_exit(void)
{
	if (!tap.done) {
		printf("Bail out! the program ended early\n");
		fflush(stdout);
		_Exit(1);
	}
}

static void tap_begin(void)
{
	if (tap.begun)
		return;
	tap.begun = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	atexit(tap_at_exit);
}

/* Announce how many checks there will be; optional, before the first. */
__attribute__((unused))
static void tap_plan(unsigned int n)
{
	tap_begin();
	tap.plan = n;
	printf("1..%u\n", n);
}

/* A line for people. */
static void TAP_PRINTF(1, 2) tap_diag(const char *fmt, ...)
{
	va_list ap;

	tap_begin();
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static bool tap_vok(bool ok, const char *fmt, va_list ap)
{
	tap_begin();
	if (ok)
		tap.pass++;
	else
		tap.fail++;
	printf("%sok %u - ", ok ? "" : "not ",
	       tap.pass + tap.fail + tap.skip);
	vprintf(fmt, ap);
	printf("\n");
	return ok;
}

/* The check: does @ok hold? The rest is its name, printf-like. */
static bool TAP_PRINTF(2, 3) tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_vok(ok, fmt, ap);
	va_end(ap);
	return ok;
}

/* Are two numbers equal? */
static bool TAP_PRINTF(3, 4) tap_is_u64(uint64_t got, uint64_t want,
					const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = tap_vok(got == want, fmt, ap);
	va_end(ap);
	if (!ok)
		tap_diag("  got %llu (0x%llx), want %llu (0x%llx)",
			 (unsigned long long)got, (unsigned long long)got,
			 (unsigned long long)want, (unsigned long long)want);
	return ok;
}

/* Are two strings equal? NULL equals NULL alone. */
static bool TAP_PRINTF(3, 4) tap_is_str(const char *got, const char *want,
					const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = tap_vok(got && want ? !strcmp(got, want) : got == want, fmt, ap);
	va_end(ap);
	if (!ok) {
		tap_diag("  got  %s%s%s", got ? "\"" : "", got ? got : "NULL",
			 got ? "\"" : "");
		tap_diag("  want %s%s%s", want ? "\"" : "",
			 want ? want : "NULL", want ? "\"" : "");
	}
	return ok;
}

/* A check that cannot be made here; the rest says what and why. */
static void TAP_PRINTF(1, 2) tap_skip(const char *fmt, ...)
{
	va_list ap;

	tap_begin();
	tap.skip++;
	printf("ok %u - ", tap.pass + tap.fail + tap.skip);
	printf("# SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* The last call: summary and exit status of main(). */
static int tap_done(void)
{
	unsigned int nr = tap.pass + tap.fail + tap.skip;
	bool ok = !tap.fail && tap.pass;

	tap_begin();
	if (!tap.plan) {
		printf("1..%u\n", nr);
	} else if (tap.plan != nr) {
		tap_diag("planned %u checks, made %u", tap.plan, nr);
		ok = false;
	}
	tap_diag("Totals: pass:%u fail:%u skip:%u", tap.pass, tap.fail,
		 tap.skip);
	tap.done = true;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif /* _TCPTRACE_TAP_H */
