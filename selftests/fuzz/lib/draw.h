/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "tcptimeline -r FILE" does with the bytes of a file, and what must hold
 * then: an exit status and, for each that is not 0, one line on stderr; text of
 * printable characters alone; JSON that is JSON.
 */
#ifndef _TCPTRACE_FUZZ_DRAW_H
#define _TCPTRACE_FUZZ_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "uapi/tcptrace.h"

/* Bits of a byte that tells how to draw. */
#define DRAW_FORM	0x03	/* ladder, table, json, ladder explained */
#define DRAW_ASCII	0x04
#define DRAW_COLOUR	0x08
#define DRAW_EVENTS	0x10	/* as they come, too */
#define DRAW_FILTER	0x20	/* of ports 80 and 443 alone */
#define DRAW_WIDTH	0xc0	/* 80, 40, 132, 1000 columns */

/**
 * struct drawn - what has come out
 * @rec: the records that were read, in order; freed by drawn_free()
 * @nr: how many
 * @status: of the exit
 */
struct drawn {
	struct tcptrace_record *rec;
	size_t nr;
	int status;
};

/**
 * draw_file() - read a file and draw it
 * @data: its bytes
 * @size: how many
 * @look: DRAW_* bits
 * @ret_drawn: what has come out
 *
 * Does not return if something does not hold.
 */
void draw_file(const uint8_t *data, size_t size, uint8_t look,
	       struct drawn *ret_drawn);
void drawn_free(struct drawn *drawn);

/**
 * draw_path() - a file in memory
 * @data: its bytes
 * @size: how many
 * @ret_fd: to be closed
 *
 * Return: its name, until the next call.
 */
const char *draw_path(const uint8_t *data, size_t size, int *ret_fd);

/* What is called in place of complain(), see the Makefile. */
void __wrap_complain(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* _TCPTRACE_FUZZ_DRAW_H */
