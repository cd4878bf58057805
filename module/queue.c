// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/time.h>

#include "queue.h"
#include "table.h"

#define MAX_QUEUES	64

/**
 * struct queue - the flows of some CPUs
 * @lock: guards the lists and the flows' @list and @due; inside a flow's lock
 * @lives: a list for each kind of waiting, by deadline
 */
struct queue {
	raw_spinlock_t lock;
	struct list_head lives[TCPTRACE_NR_LIVES];
} ____cacheline_aligned_in_smp;

static struct queue *queues;
static unsigned int nr_queues;

/**
 * tcptrace_queue_setup() - make the queues
 *
 * Context: process; may sleep.
 * Return: 0 or -ENOMEM.
 */
int tcptrace_queue_setup(void)
{
	unsigned int i, life;

	nr_queues = min_t(unsigned int, MAX_QUEUES,
			  roundup_pow_of_two(num_possible_cpus()));
	queues = kcalloc(nr_queues, sizeof(*queues), GFP_KERNEL);
	if (!queues)
		return -ENOMEM;
	for (i = 0; i < nr_queues; i++) {
		raw_spin_lock_init(&queues[i].lock);
		for (life = 0; life < TCPTRACE_NR_LIVES; life++)
			INIT_LIST_HEAD(&queues[i].lives[life]);
	}
	return 0;
}

/**
 * tcptrace_queue_teardown() - free the queues, which are empty
 *
 * Context: process.
 */
void tcptrace_queue_teardown(void)
{
	kfree(queues);
	queues = NULL;
}

/**
 * tcptrace_queue_count() - how many queues there are
 *
 * Context: any.
 */
unsigned int tcptrace_queue_count(void)
{
	return nr_queues;
}

/**
 * tcptrace_queue_init() - give a new flow its queue, without putting it there
 * @flow: the flow
 *
 * Context: any.
 */
void tcptrace_queue_init(struct tcptrace_flow *flow)
{
	BUILD_BUG_ON(MAX_QUEUES > 1 << 6);
	INIT_LIST_HEAD(&flow->list);
	flow->due = 0;
	flow->seen = jiffies;
	flow->life = TCPTRACE_NR_LIVES;
	flow->queue = raw_smp_processor_id() & (nr_queues - 1);
}

/*
 * How far to look for the right place among timers. Those that stand out of
 * order are few, and near the head: the second end of a simultaneous close.
 * What is not placed by then goes where the search ends, to be looked at too
 * early, rather than late, and placed again: each time 64 others are gone.
 */
#define INSERT_STEPS	64

/* Does what waits there wait for a timer, not for being forgotten? */
static bool timed(u8 life)
{
	return life == TCPTRACE_LIFE_TIME_WAIT ||
	       life == TCPTRACE_LIFE_ORPHAN || life == TCPTRACE_LIFE_SETTLING;
}

/*
 * Keeps a list in the order of its deadlines: nearly always the new one is the
 * last, for all of a kind wait equally long. One that has waited before comes
 * in between; where exact times do not matter, it goes last all the same and
 * is looked at a little late. Caller must hold @queue->lock.
 */
static void insert(struct queue *queue, struct tcptrace_flow *flow)
{
	struct list_head *list = &queue->lives[flow->life];
	struct tcptrace_flow *pos, *last;
	int steps = 0;

	lockdep_assert_held(&queue->lock);
	last = list_empty(list) ? NULL :
	       list_last_entry(list, struct tcptrace_flow, list);
	if (last && time_before32(flow->due, last->due)) {
		if (timed(flow->life)) {
			list_for_each_entry(pos, list, list) {
				if (!time_before32(pos->due, flow->due))
					break;
				if (++steps == INSERT_STEPS) {
					flow->due = pos->due;
					break;
				}
			}
			/* Before @pos, which may be the end of the list. */
			list_add_tail(&flow->list, &pos->list);
			return;
		}
		flow->due = last->due;
	}
	list_add_tail(&flow->list, list);
}

/**
 * tcptrace_queue_put() - put a flow into a queue, or move it there
 * @flow: the flow, not gone; the caller holds its lock
 * @life: which kind of waiting
 * @due: when to look at it, in jiffies
 *
 * Context: any; takes the queue's lock.
 */
void tcptrace_queue_put(struct tcptrace_flow *flow, u8 life, u32 due)
{
	struct queue *queue = &queues[flow->queue];
	unsigned long flags;

	lockdep_assert_held(&flow->lock);
	raw_spin_lock_irqsave(&queue->lock, flags);
	list_del(&flow->list);
	flow->life = life;
	flow->due = due;
	insert(queue, flow);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

/**
 * tcptrace_queue_remove() - take a flow out of the queues, for good
 * @flow: the flow; the caller holds its lock
 *
 * Context: any; takes the queue's lock.
 */
void tcptrace_queue_remove(struct tcptrace_flow *flow)
{
	struct queue *queue = &queues[flow->queue];
	unsigned long flags;

	lockdep_assert_held(&flow->lock);
	raw_spin_lock_irqsave(&queue->lock, flags);
	list_del_init(&flow->list);
	flow->life = TCPTRACE_NR_LIVES;
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

/**
 * tcptrace_queue_pick() - the next to be evicted of a kind
 * @life: the kind
 *
 * This CPU's queue first, then the others'. The flow stays where it is; the
 * caller locks it and looks whether it is still of that kind.
 *
 * Context: under rcu_read_lock(), which keeps the flow; takes queues' locks.
 * Return: a flow, or NULL if there is none.
 */
struct tcptrace_flow *tcptrace_queue_pick(u8 life)
{
	unsigned int first = raw_smp_processor_id(), i;
	struct tcptrace_flow *flow;
	struct queue *queue;
	unsigned long flags;

	for (i = 0; i < nr_queues; i++) {
		queue = &queues[(first + i) & (nr_queues - 1)];
		/* A look without the lock: an empty one is the common case. */
		if (list_empty(&queue->lives[life]))
			continue;
		raw_spin_lock_irqsave(&queue->lock, flags);
		flow = list_first_entry_or_null(&queue->lives[life],
						struct tcptrace_flow, list);
		raw_spin_unlock_irqrestore(&queue->lock, flags);
		if (flow)
			return flow;
	}
	return NULL;
}

/**
 * tcptrace_queue_due() - the head of a queue, if its time has come
 * @queue: which queue, below tcptrace_queue_count()
 * @life: which kind of waiting
 *
 * Context: under rcu_read_lock(), which keeps the flow; takes the queue's lock.
 * Return: a flow, which stays where it is, or NULL.
 */
struct tcptrace_flow *tcptrace_queue_due(unsigned int queue, u8 life)
{
	struct tcptrace_flow *flow;
	unsigned long flags;

	raw_spin_lock_irqsave(&queues[queue].lock, flags);
	flow = list_first_entry_or_null(&queues[queue].lives[life],
					struct tcptrace_flow, list);
	if (flow && time_before32(jiffies, flow->due))
		flow = NULL;
	raw_spin_unlock_irqrestore(&queues[queue].lock, flags);
	return flow;
}
