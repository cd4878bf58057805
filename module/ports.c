// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>

#include "drop.h"
#include "ports.h"
#include "range.h"

/*
 * Two sets: the one that is read and the one that is written next. Static, so
 * that a load that fails half way leaves nothing behind.
 */
static struct tcptrace_portset sets[2] = {
	[0] = { .bits = {
		[80 / 64] = 1ULL << (80 % 64),
		[443 / 64] = 1ULL << (443 % 64),
	} },
};

const struct tcptrace_portset __rcu *tcptrace_ports =
	(const struct tcptrace_portset __rcu *)&sets[0];

/* Writers are serialised by the lock of the module's parameters. */
static int ports_set(const char *val, const struct kernel_param *kp)
{
	const struct tcptrace_portset *now;
	struct tcptrace_portset *next;
	const char *wrong;
	size_t where;

	/*
	 * sysfs hands over a page at most: what is longer comes in pieces, each
	 * of which could be a list. At load there is no such bound.
	 */
	if (THIS_MODULE->state == MODULE_STATE_LIVE &&
	    strnlen(val, PAGE_SIZE) >= PAGE_SIZE) {
		pr_err("ports: a list is to be shorter than %lu characters here\n",
		       PAGE_SIZE);
		return -EINVAL;
	}
	now = rcu_dereference_protected(tcptrace_ports, true);
	next = now == &sets[0] ? &sets[1] : &sets[0];
	wrong = tcptrace_portset_parse(val, next, &where);
	if (wrong) {
		pr_err("ports: %s, at character %zu of \"%.*s\"\n", wrong,
		       where + 1, tcptrace_quoted_len(val), val);
		return -EINVAL;
	}
	rcu_assign_pointer(tcptrace_ports, next);
	/* Nobody reads the old one when the next write comes. */
	synchronize_rcu();
	tcptrace_drop_unlisted();
	return 0;
}

static int ports_get(char *buf, const struct kernel_param *kp)
{
	size_t len;

	len = tcptrace_ports_format(buf, PAGE_SIZE - 1);
	buf[len++] = '\n';
	buf[len] = '\0';
	return len;
}

static const struct kernel_param_ops ports_ops = {
	.set = ports_set,
	.get = ports_get,
};

module_param_cb(ports, &ports_ops, NULL, 0644);
MODULE_PARM_DESC(ports, "TCP ports to trace, as \"80,443,8000-8010\" (default 80,443)");

/**
 * tcptrace_ports_format() - the traced ports as a list
 * @buf: where to
 * @size: bytes at @buf
 *
 * Context: any.
 * Return: bytes written, without the NUL.
 */
size_t tcptrace_ports_format(char *buf, size_t size)
{
	size_t len;

	rcu_read_lock();
	len = tcptrace_portset_format(rcu_dereference(tcptrace_ports), buf,
				      size);
	rcu_read_unlock();
	return len;
}
