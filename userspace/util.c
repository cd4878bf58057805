// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "util.h"

/**
 * complain() - say on stderr, in one line, what is wrong and what to do
 * @fmt: the line, without name and newline
 *
 * Context: any; what was printed on stdout before is flushed first, so that
 * the two come in order on a terminal.
 */
void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("tcptimeline: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/**
 * grow() - realloc() for an array
 * @old: the array, or NULL
 * @nr: elements wanted
 * @size: bytes of one
 *
 * Context: any; ends the program when memory is exhausted.
 * Return: the array, never NULL.
 */
void *grow(void *old, size_t nr, size_t size)
{
	void *p = NULL;

	if (!size || nr <= SIZE_MAX / size)
		p = realloc(old, nr && size ? nr * size : 1);
	if (!p) {
		complain("out of memory; narrow it down with --port or --host");
		exit(EXIT_RUN);
	}
	return p;
}

/**
 * zalloc() - memory of zeroes
 * @size: bytes
 *
 * Context: any; ends the program when memory is exhausted.
 * Return: the memory, never NULL.
 */
void *zalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p) {
		complain("out of memory; narrow it down with --port or --host");
		exit(EXIT_RUN);
	}
	return p;
}
