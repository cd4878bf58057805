/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that write json share. */
#ifndef _TCPTIMELINE_RENDER_JSON_H
#define _TCPTIMELINE_RENDER_JSON_H

#include "jput.h"
#include "story.h"
#include "text.h"

static inline void jput_set_endpoint(struct jput *j, const char *key, uint8_t who)
{
	jput_set_string(j, key, who == TCPTRACE_CLIENT ? "client" :
				who == TCPTRACE_SERVER ? "server" : NULL);
}

/* A number that may not be known. */
static inline void jput_set_known(struct jput *j, const char *key, bool known,
				  uint64_t n)
{
	if (known)
		jput_set_number(j, key, n);
	else
		jput_set_null(j, key);
}

/* render_json_tls.c */
void render_json_tls(struct jput *j, const struct story *s);
void render_json_tls_record(struct jput *j,
			    const struct tcptrace_tls_record *rec);

#endif /* _TCPTIMELINE_RENDER_JSON_H */
