// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "jput.h"
#include "util.h"

static void make_room(struct jput *j, size_t more)
{
	size_t size = j->size ? j->size : 4096;

	while (size < j->len + more)
		size *= 2;
	j->s = grow(j->s, size, 1);
	j->size = size;
}

/* The generator writes most of what it writes character by character. */
static void put(void *ctx, const char *s, size_t size)
{
	struct jput *j = ctx;

	if (j->size - j->len < size)
		make_room(j, size);
	if (size == 1)
		j->s[j->len] = *s;
	else
		memcpy(j->s + j->len, s, size);
	j->len += size;
}

/* What is no json is refused: a value without a key, a text that is not UTF-8. */
static void must(yajl_gen_status status)
{
	if (status == yajl_gen_status_ok)
		return;
	complain("what is to be written makes no json (%d); please report this",
		 (int)status);
	exit(EXIT_RUN);
}

static yajl_gen generator(struct jput *j)
{
	if (j->gen)
		return j->gen;
	j->gen = yajl_gen_alloc(NULL);
	if (!j->gen) {
		complain("out of memory; narrow it down with --port or --host");
		exit(EXIT_RUN);
	}
	yajl_gen_config(j->gen, yajl_gen_print_callback, put, j);
	yajl_gen_config(j->gen, yajl_gen_validate_utf8, 1);
	return j->gen;
}

/**
 * jput_clear() - make it empty, keep its memory
 * @j: the json
 *
 * Context: any.
 */
void jput_clear(struct jput *j)
{
	j->len = 0;
	if (j->gen)
		yajl_gen_reset(j->gen, NULL);
}

/**
 * jput_free() - give its memory back
 * @j: the json; may be used again
 *
 * Context: any.
 */
void jput_free(struct jput *j)
{
	if (j->gen)
		yajl_gen_free(j->gen);
	free(j->s);
	memset(j, 0, sizeof(*j));
}

/**
 * jput_open() - begin an object or an array
 * @j: the json
 * @bracket: '{' or '['
 *
 * Context: any.
 */
void jput_open(struct jput *j, char bracket)
{
	if (bracket == '{')
		must(yajl_gen_map_open(generator(j)));
	else
		must(yajl_gen_array_open(generator(j)));
}

/**
 * jput_close() - end an object or an array
 * @j: the json
 * @bracket: '}' or ']'
 *
 * Context: any.
 */
void jput_close(struct jput *j, char bracket)
{
	if (bracket == '}')
		must(yajl_gen_map_close(generator(j)));
	else
		must(yajl_gen_array_close(generator(j)));
}

/**
 * jput_key() - what the next value is called
 * @j: the json, in an object
 * @key: UTF-8
 *
 * Context: any.
 */
void jput_key(struct jput *j, const char *key)
{
	jput_string(j, key);
}

/**
 * jput_null() - the value null
 * @j: the json
 *
 * Context: any.
 */
void jput_null(struct jput *j)
{
	must(yajl_gen_null(generator(j)));
}

/**
 * jput_bool() - true or false
 * @j: the json
 * @value: which
 *
 * Context: any.
 */
void jput_bool(struct jput *j, bool value)
{
	must(yajl_gen_bool(generator(j), value));
}

/**
 * jput_number() - a whole number
 * @j: the json
 * @n: the number
 *
 * Context: any.
 */
void jput_number(struct jput *j, int64_t n)
{
	must(yajl_gen_integer(generator(j), n));
}

static void put_string(struct jput *j, const char *s, size_t size)
{
	must(yajl_gen_string(generator(j), (const unsigned char *)s, size));
}

/**
 * jput_string() - a string
 * @j: the json
 * @s: UTF-8
 *
 * Context: any.
 */
void jput_string(struct jput *j, const char *s)
{
	put_string(j, s, strlen(s));
}

/**
 * jput_text() - a text
 * @j: the json
 * @t: UTF-8; freed
 *
 * Context: any.
 */
void jput_text(struct jput *j, struct text *t)
{
	put_string(j, t->s ? t->s : "", t->len);
	text_free(t);
}

/**
 * jput_set_null() - null under a key
 * @j: the json, in an object
 * @key: as for jput_key()
 *
 * Context: any.
 */
void jput_set_null(struct jput *j, const char *key)
{
	jput_key(j, key);
	jput_null(j);
}

/**
 * jput_set_bool() - true or false under a key
 * @j: the json, in an object
 * @key: as for jput_key()
 * @value: which
 *
 * Context: any.
 */
void jput_set_bool(struct jput *j, const char *key, bool value)
{
	jput_key(j, key);
	jput_bool(j, value);
}

/**
 * jput_set_number() - a number under a key
 * @j: the json, in an object
 * @key: as for jput_key()
 * @n: the number; those that readers take are below 2^63
 *
 * Context: any.
 */
void jput_set_number(struct jput *j, const char *key, uint64_t n)
{
	jput_key(j, key);
	jput_number(j, (int64_t)n);
}

/**
 * jput_set_string() - a string under a key
 * @j: the json, in an object
 * @key: as for jput_key()
 * @s: UTF-8; NULL for null
 *
 * Context: any.
 */
void jput_set_string(struct jput *j, const char *key, const char *s)
{
	jput_key(j, key);
	if (s)
		jput_string(j, s);
	else
		jput_null(j);
}

/**
 * jput_set_text() - a text under a key
 * @j: the json, in an object
 * @key: as for jput_key()
 * @t: UTF-8; freed
 *
 * Context: any.
 */
void jput_set_text(struct jput *j, const char *key, struct text *t)
{
	jput_key(j, key);
	jput_text(j, t);
}
