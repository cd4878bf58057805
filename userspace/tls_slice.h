/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes that are read from front to back and never past their end: a getter
 * either takes all that it asks for, or takes nothing and makes the slice
 * short for good, so that a parser may check once, at its end.
 */
#ifndef _TCPTIMELINE_TLS_SLICE_H
#define _TCPTIMELINE_TLS_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct slice - bytes still to be read
 * @p: the next
 * @len: how many there are
 * @is_short: something was asked for that is not there
 */
struct slice {
	const uint8_t *p;
	size_t len;
	bool is_short;
};

/* Whatever is left of a slice that turned out short is no longer read. */
static inline const uint8_t *slice_take(struct slice *s, size_t n)
{
	const uint8_t *p = s->p;

	if (s->is_short || n > s->len) {
		s->is_short = true;
		s->len = 0;
		return NULL;
	}
	if (n)
		s->p += n;
	s->len -= n;
	return p;
}

/* A big-endian number of up to four bytes; 0 where it is not there. */
static inline uint32_t slice_number(struct slice *s, unsigned int bytes)
{
	const uint8_t *p = slice_take(s, bytes);
	uint32_t number = 0;

	for (unsigned int i = 0; p && i < bytes; i++)
		number = number << 8 | p[i];
	return number;
}

/*
 * A vector with its length in front. Of one that goes past the end, what is
 * there is returned, short from the beginning: may be read, known to be cut.
 */
static inline struct slice slice_vector(struct slice *s, unsigned int bytes)
{
	size_t len = slice_number(s, bytes);
	struct slice v = { .p = s->p, .len = len };

	if (s->is_short)
		return (struct slice){ .p = s->p, .is_short = true };
	if (len > s->len) {
		v.len = s->len;
		slice_take(s, len);
		return v;
	}
	slice_take(s, len);
	return v;
}

#endif /* _TCPTIMELINE_TLS_SLICE_H */
