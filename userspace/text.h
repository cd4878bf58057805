/* SPDX-License-Identifier: GPL-2.0 */
/* A line that grows, and knows how many columns of a terminal it takes. */
#ifndef _TCPTIMELINE_TEXT_H
#define _TCPTIMELINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal.h"

/**
 * struct text - some text
 * @s: the bytes, NUL-terminated; NULL before anything was added
 * @len: how many
 * @size: allocated
 * @cols: columns taken, escape codes not counted
 */
struct text {
	char *s;
	size_t len;
	size_t size;
	unsigned int cols;
};

void text_clear(struct text *t);
void text_free(struct text *t);
void text_add(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void text_put(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_decimal(struct text *t, uint64_t n);
void text_dotted(struct text *t, const uint8_t addr[4]);
void text_insert(struct text *t, size_t at, const char *s);
void text_style(struct text *t, const struct terminal *term, enum style style,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void text_spaces(struct text *t, unsigned int n);
void text_pad(struct text *t, unsigned int cols);
void text_piece(struct text *t, const char *s, size_t size, unsigned int cols);
void text_append(struct text *t, const struct text *other);
void text_escaped(struct text *t, const char *s, size_t size, bool ascii);
bool text_shorten(struct text *t, unsigned int cols, const char *ellipsis);
void text_number(struct text *t, uint64_t n);
void text_bytes(struct text *t, uint64_t n);
void text_span(struct text *t, uint64_t ns);
void text_count(struct text *t, uint64_t n, const char *noun);

unsigned int text_width(const char *s);

#endif /* _TCPTIMELINE_TEXT_H */
