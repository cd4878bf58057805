/* SPDX-License-Identifier: GPL-2.0 */
/* "80,443,8000-8010" and the bitmap it stands for. */
#ifndef _TCPTRACE_PORTSET_H
#define _TCPTRACE_PORTSET_H

#include "env.h"

#define TCPTRACE_PORTSET_WORDS	(65536 / 64)

/**
 * struct tcptrace_portset - a set of TCP ports
 * @bits: port p is in the set if bit p % 64 of word p / 64 is set
 */
struct tcptrace_portset {
	u64 bits[TCPTRACE_PORTSET_WORDS];
};

static inline bool tcptrace_portset_has(const struct tcptrace_portset *set,
					u16 port)
{
	return (set->bits[port / 64] >> (port % 64)) & 1;
}

/**
 * tcptrace_portset_parse() - read a list of ports and ranges
 * @text: "80,443,8000-8010"; spaces around numbers and one trailing newline
 *	are allowed; an empty text is the empty set; NUL-terminated
 * @ret_set: the set; undefined on failure
 * @ret_where: offset of the offending character in @text; untouched on success
 *
 * Context: any.
 * Return: NULL, or what is wrong at @ret_where in a few words.
 */
const char *tcptrace_portset_parse(const char *text,
				   struct tcptrace_portset *ret_set,
				   size_t *ret_where);

/**
 * tcptrace_portset_format() - write a set as the shortest list
 * @set: the set
 * @buf: where to; always NUL-terminated if @size is not 0
 * @size: bytes at @buf
 *
 * A list that does not fit ends in ",..." if there is room for that, so that
 * it is never taken for a whole one.
 *
 * Context: any.
 * Return: bytes written, without the NUL.
 */
size_t tcptrace_portset_format(const struct tcptrace_portset *set,
			       char *buf, size_t size);

/**
 * tcptrace_portset_count() - how many ports are in a set
 * @set: the set
 *
 * Context: any.
 * Return: 0 to 65536.
 */
u32 tcptrace_portset_count(const struct tcptrace_portset *set);

#endif /* _TCPTRACE_PORTSET_H */
