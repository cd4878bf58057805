/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's rings in plain memory: the same layout, and a writer that
 * publishes in the same order with the same barriers.
 */
#ifndef _TCPTRACE_TWIN_H
#define _TCPTRACE_TWIN_H

#include <stddef.h>
#include <stdint.h>

#include "uapi/tcptrace.h"

void *twin_create(unsigned int rings, uint32_t slots, size_t *ret_size);
void twin_write(void *base, unsigned int ring,
		const struct tcptrace_record *rec);
void twin_gone(void *base);

#endif /* _TCPTRACE_TWIN_H */
