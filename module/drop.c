// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "drop.h"
#include "expiry.h"
#include "table.h"

static bool unloading;

/**
 * tcptrace_drop_unloading() - flows that go from now on go with the module
 *
 * Context: process.
 */
void tcptrace_drop_unloading(void)
{
	WRITE_ONCE(unloading, true);
}

/* Context: under rcu_read_lock(). */
static void drop(struct tcptrace_flow *flow, enum tcptrace_why why)
{
	unsigned long flags;
	bool mine;

	raw_spin_lock_irqsave(&flow->lock, flags);
	mine = !flow->gone;
	if (mine)
		tcptrace_expiry_end(flow, why);
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	if (mine)
		tcptrace_table_unlink(flow);
}

/* When the module goes, no namespace has hooks any more by now: all go. */
static bool drop_of_net(struct tcptrace_flow *flow, void *net)
{
	const bool all = READ_ONCE(unloading);

	if (!all && flow->key.net != net)
		return false;
	drop(flow, all ? TCPTRACE_WHY_UNLOAD : TCPTRACE_WHY_NETNS);
	return true;
}

/**
 * tcptrace_drop_net() - end all connections of a network namespace
 * @net: the namespace; its hooks are unregistered and a grace period is over
 *
 * Context: process; may sleep.
 */
void tcptrace_drop_net(struct net *net)
{
	while (tcptrace_table_walk(drop_of_net, net))
		cond_resched();
}
