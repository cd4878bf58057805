/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that write json share: jansson's calls, which never fail. */
#ifndef _TCPTIMELINE_RENDER_JSON_H
#define _TCPTIMELINE_RENDER_JSON_H

#include <jansson.h>
#include <stdlib.h>

#include "story.h"
#include "text.h"
#include "util.h"

/* Puts what jansson could not make room for down to what it is. */
static inline json_t *jput_must(json_t *value)
{
	if (!value) {
		complain("out of memory; narrow it down with --port or --host");
		exit(EXIT_RUN);
	}
	return value;
}

static inline void jput_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, jput_must(value)))
		jput_must(NULL);
}

static inline void jput_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, jput_must(value)))
		jput_must(NULL);
}

static inline json_t *jput_number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* The text goes with it. */
static inline json_t *jput_string(struct text *t)
{
	json_t *value = json_stringn(t->s ? t->s : "", t->len);

	text_free(t);
	return value;
}

static inline json_t *jput_name(const char *name)
{
	return name ? json_string(name) : json_null();
}

static inline json_t *jput_endpoint(uint8_t who)
{
	if (who > TCPTRACE_SERVER)
		return json_null();
	return json_string(who == TCPTRACE_CLIENT ? "client" : "server");
}

/* render_json_tls.c */
json_t *render_json_tls(const struct story *s);
void render_json_tls_record(json_t *object,
			    const struct tcptrace_tls_record *rec);

#endif /* _TCPTIMELINE_RENDER_JSON_H */
