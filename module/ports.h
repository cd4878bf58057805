/* SPDX-License-Identifier: GPL-2.0 */
/* Which ports are traced: an RCU-published bitmap behind a parameter. */
#ifndef _TCPTRACE_PORTS_H
#define _TCPTRACE_PORTS_H

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "core/portset.h"

extern const struct tcptrace_portset __rcu *tcptrace_ports;

/**
 * tcptrace_ports_has() - is a port traced
 * @port: host byte order
 *
 * Context: any; under rcu_read_lock(), as all netfilter hooks are.
 */
static inline bool tcptrace_ports_has(u16 port)
{
	return tcptrace_portset_has(rcu_dereference(tcptrace_ports), port);
}

/**
 * tcptrace_ports_have() - is one of two ports traced
 * @a: a port, host byte order
 * @b: another
 *
 * Context: under rcu_read_lock().
 */
static inline bool tcptrace_ports_have(u16 a, u16 b)
{
	const unsigned long *bits;

	BUILD_BUG_ON(sizeof(*bits) != sizeof(tcptrace_ports->bits[0]));
	bits = (const unsigned long *)rcu_dereference(tcptrace_ports)->bits;
	return test_bit(a, bits) || test_bit(b, bits);
}

size_t tcptrace_ports_format(char *buf, size_t size);

#endif /* _TCPTRACE_PORTS_H */
