// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>

#include "queue.h"
#include "recent.h"
#include "stats.h"
#include "table.h"
#include "tls.h"

/* How many flows a walk looks at before it lets others run. */
#define WALK_STEPS	256

struct rhashtable tcptrace_table;
DEFINE_PER_CPU(struct tcptrace_recent, tcptrace_recent);
u64 tcptrace_table_secret[TCPTRACE_KEY_WORDS] __read_mostly;
/* Read for each segment: by itself, what is written for each flow is elsewhere. */
atomic64_t tcptrace_table_removals ____cacheline_aligned_in_smp = ATOMIC64_INIT(0);

static struct kmem_cache *cache;
static atomic_t nr_flows = ATOMIC_INIT(0);
static atomic64_t last_id = ATOMIC64_INIT(0);

/**
 * tcptrace_table_live() - how many connections are in the table
 *
 * Context: any.
 */
u32 tcptrace_table_live(void)
{
	return atomic_read(&nr_flows);
}

/**
 * tcptrace_table_reserve() - count one more flow, that is about to come
 *
 * Context: any.
 * Return: how many there are, with it.
 */
u32 tcptrace_table_reserve(void)
{
	return atomic_inc_return(&nr_flows);
}

/**
 * tcptrace_table_release() - it does not come
 *
 * Context: any.
 */
void tcptrace_table_release(void)
{
	atomic_dec(&nr_flows);
}

/**
 * tcptrace_table_next_id() - number of a connection that begins
 *
 * Context: any.
 * Return: not 0, and never the same again while the module is loaded.
 */
u64 tcptrace_table_next_id(void)
{
	return atomic64_inc_return(&last_id);
}

static struct tcptrace_flow *flow_alloc(const struct tcptrace_key *key,
					u8 client, u8 family)
{
	struct tcptrace_flow *flow;

	flow = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return NULL;
	flow->key = *key;
	raw_spin_lock_init(&flow->lock);
	tcptrace_queue_init(flow);
	flow->client = client;
	flow->family = family;
	flow->nat = false;
	flow->gone = false;
	flow->walk = NULL;
	tcptrace_conn_init(&flow->conn, tcptrace_table_next_id());
	return flow;
}

/**
 * tcptrace_table_add() - add a flow for which tcptrace_table_reserve() was
 * called
 * @key: its key
 * @client: index in @key of the client
 * @family: 4 or 6
 * @ret_added: whether it is the one that was added: another CPU may have been
 *	faster, and then it is that one's
 *
 * Context: any, under rcu_read_lock(), with no flow's lock held.
 * Return: the flow; NULL if there is no memory, or the table cannot grow just
 * now. Whenever none was added, the reservation is released.
 */
struct tcptrace_flow *tcptrace_table_add(const struct tcptrace_key *key,
					 u8 client, u8 family, bool *ret_added)
{
	struct tcptrace_flow *flow, *other;

	flow = flow_alloc(key, client, family);
	if (!flow) {
		tcptrace_table_release();
		return NULL;
	}
	other = rhashtable_lookup_get_insert_fast(&tcptrace_table, &flow->node,
						  tcptrace_table_params);
	*ret_added = !other;
	if (!other)
		return flow;
	kmem_cache_free(cache, flow);
	tcptrace_table_release();
	return IS_ERR(other) ? NULL : other;
}

/**
 * tcptrace_table_hide() - make room for another flow of the same key
 * @flow: a flow that is gone; whoever removes it may take a while
 *
 * Context: any, under rcu_read_lock(), with no flow's lock held.
 */
void tcptrace_table_hide(struct tcptrace_flow *flow)
{
	rhashtable_remove_fast(&tcptrace_table, &flow->node, tcptrace_table_params);
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct tcptrace_flow, rcu));
}

/**
 * tcptrace_table_unlink() - remove a flow that the caller has ended
 * @flow: the flow; freed after a grace period
 *
 * Somebody who needs its key may have taken it out of the table already.
 *
 * Context: any, with no flow's lock held.
 */
void tcptrace_table_unlink(struct tcptrace_flow *flow)
{
	tcptrace_table_hide(flow);
	tcptrace_table_release();
	tcptrace_count(TCPTRACE_STAT_REMOVED);
	/* Nobody looks at it any more who finds the flow gone. */
	tcptrace_tls_free(flow->walk);
	call_rcu(&flow->rcu, flow_free_rcu);
}

/**
 * tcptrace_table_walk() - visit all flows
 * @visit: what to do with each, under rcu_read_lock(); it may unlink the
 *	flow. Returns whether it was one that the caller is after
 * @arg: handed to @visit
 *
 * Context: process; may sleep.
 * Return: whether another walk is due: @visit found something, or something
 * may have been skipped: the table was resized, or the walk paused at a flow
 * that was removed meanwhile.
 */
bool tcptrace_table_walk(bool (*visit)(struct tcptrace_flow *flow, void *arg),
			 void *arg)
{
	struct rhashtable_iter iter;
	struct tcptrace_flow *flow;
	unsigned int steps = 0;
	bool again = false;

	rhashtable_walk_enter(&tcptrace_table, &iter);
	rhashtable_walk_start(&iter);
	while ((flow = rhashtable_walk_next(&iter))) {
		if (IS_ERR(flow)) {
			again = true;
			continue;
		}
		if (visit(flow, arg))
			again = true;
		if (++steps % WALK_STEPS)
			continue;
		rhashtable_walk_stop(&iter);
		cond_resched();
		rhashtable_walk_start(&iter);
		/* What it stood at was removed: it goes on as many steps down. */
		if (!iter.p)
			again = true;
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return again;
}

/**
 * tcptrace_table_init() - set up an empty table
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_table_init(void)
{
	int err;

	cache = kmem_cache_create("tcptrace_flow", sizeof(struct tcptrace_flow),
				  0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	BUILD_BUG_ON(sizeof(struct tcptrace_key) != 6 * sizeof(u64));
	get_random_bytes(tcptrace_table_secret, sizeof(tcptrace_table_secret));
	err = rhashtable_init(&tcptrace_table, &tcptrace_table_params);
	if (err)
		kmem_cache_destroy(cache);
	return err;
}

/**
 * tcptrace_table_exit() - take down the table, which is empty
 *
 * Context: process; may sleep.
 */
void tcptrace_table_exit(void)
{
	WARN_ON_ONCE(atomic_read(&nr_flows));
	/* Flows on their way to the cache: flow_free_rcu() is module text. */
	rcu_barrier();
	rhashtable_destroy(&tcptrace_table);
	kmem_cache_destroy(cache);
}
