// SPDX-License-Identifier: GPL-2.0
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "drop.h"
#include "expiry.h"
#include "ports.h"
#include "table.h"

static bool unloading;

/*
 * Guards @begun: the ports may be written while the module is being set up or
 * taken down, when there is no table.
 */
static DEFINE_MUTEX(lock);
static bool begun;

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

/* What NAT has made of its ports is not known here: it waits to age. */
static bool drop_unlisted(struct tcptrace_flow *flow, void *arg)
{
	bool nat;

	raw_spin_lock_irq(&flow->lock);
	nat = flow->nat;
	raw_spin_unlock_irq(&flow->lock);
	if (nat || tcptrace_ports_has(flow->key.port[0]) ||
	    tcptrace_ports_has(flow->key.port[1]))
		return false;
	drop(flow, TCPTRACE_WHY_PORTS);
	return true;
}

/**
 * tcptrace_drop_unlisted() - end the connections of ports no longer traced
 *
 * The ports were changed and a grace period is over: no hook begins others.
 * Where there is no table (yet, or any more), nothing is to be done.
 *
 * Context: process; may sleep.
 */
void tcptrace_drop_unlisted(void)
{
	mutex_lock(&lock);
	while (begun && tcptrace_table_walk(drop_unlisted, NULL))
		cond_resched();
	mutex_unlock(&lock);
}

/**
 * tcptrace_drop_begin() - there is a table from now on
 *
 * Context: process; may sleep.
 */
void tcptrace_drop_begin(void)
{
	mutex_lock(&lock);
	begun = true;
	mutex_unlock(&lock);
}

/**
 * tcptrace_drop_finish() - the table is about to go
 *
 * Context: process; may sleep.
 */
void tcptrace_drop_finish(void)
{
	mutex_lock(&lock);
	begun = false;
	mutex_unlock(&lock);
}
