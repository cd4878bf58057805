/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Json as it is written: values one after the other, each in an object after
 * its key. Nothing is kept but the text. yajl does the writing.
 */
#ifndef _TCPTIMELINE_JPUT_H
#define _TCPTIMELINE_JPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/**
 * struct jput - some json, as far as it was written
 * @s: the bytes, no NUL after them
 * @len: how many
 * @size: allocated
 * @gen: yajl's generator, which knows this struct's address
 */
struct jput {
	char *s;
	size_t len;
	size_t size;
	struct yajl_gen_t *gen;
};

void jput_clear(struct jput *j);
void jput_free(struct jput *j);

void jput_open(struct jput *j, char bracket);
void jput_close(struct jput *j, char bracket);
void jput_key(struct jput *j, const char *key);
void jput_null(struct jput *j);
void jput_bool(struct jput *j, bool value);
void jput_number(struct jput *j, int64_t n);
void jput_string(struct jput *j, const char *s);
void jput_text(struct jput *j, struct text *t);

/* Each with its key, in an object; NULL is null. */
void jput_set_null(struct jput *j, const char *key);
void jput_set_bool(struct jput *j, const char *key, bool value);
void jput_set_number(struct jput *j, const char *key, uint64_t n);
void jput_set_string(struct jput *j, const char *key, const char *s);
void jput_set_text(struct jput *j, const char *key, struct text *t);

#endif /* _TCPTIMELINE_JPUT_H */
