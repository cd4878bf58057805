// SPDX-License-Identifier: GPL-2.0
#include "source.h"

/**
 * source_some() - the next records, as many as there are
 * @s: the source
 * @to: where to put them
 * @nr: how many have room there; how many came
 *
 * Context: any; never waits.
 * Return: SOURCE_RECORD if there may be more, else what next() says now.
 */
enum source_status source_some(struct source *s, struct tcptrace_record *to,
			       size_t *nr)
{
	enum source_status status = SOURCE_RECORD;
	const size_t max = *nr;

	if (s->ops->some)
		return s->ops->some(s, to, max, nr);
	for (*nr = 0; *nr < max; ++*nr) {
		status = s->ops->next(s, &to[*nr]);
		if (status != SOURCE_RECORD)
			break;
	}
	return status;
}
