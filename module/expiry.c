// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/time.h>
#include <linux/workqueue.h>

#include "expiry.h"
#include "queue.h"
#include "record.h"
#include "stats.h"
#include "table.h"

/* How long a connection is kept at which nothing is seen. */
static const unsigned int idle_seconds[TCPTRACE_NR_LIVES] = {
	[TCPTRACE_LIFE_DEAD]		= 5,
	[TCPTRACE_LIFE_HALF_OPEN]	= 180,	/* SYN retries end after 127 s */
	[TCPTRACE_LIFE_TIME_WAIT]	= 60,
	[TCPTRACE_LIFE_ORPHAN]		= 60,	/* or as its timer says */
	[TCPTRACE_LIFE_SETTLING]	= 1,
	[TCPTRACE_LIFE_CLOSING]		= 300,	/* FIN retries end before */
	[TCPTRACE_LIFE_OPEN]		= 5 * 24 * 3600,
};

/*
 * No queue waits longer at once, in jiffies, for its times have 32 bits; what is
 * due later (tcp_fin_timeout may be) is looked at now and then until it is.
 */
#define MAX_WAIT	(5 * 24 * 3600 * HZ)

static atomic_t nr_half_open = ATOMIC_INIT(0);

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(tick_work, tick);

/**
 * tcptrace_expiry_half_open() - how many flows are half-open
 *
 * Context: any.
 */
u32 tcptrace_expiry_half_open(void)
{
	return atomic_read(&nr_half_open);
}

/*
 * Takes a flow's place in the queues, and its share of the half-open ones.
 * Caller must hold @flow->lock.
 */
static void set_life(struct tcptrace_flow *flow, u8 life, u32 due)
{
	u8 before = flow->life;

	if (before == TCPTRACE_LIFE_HALF_OPEN &&
	    life != TCPTRACE_LIFE_HALF_OPEN)
		atomic_dec(&nr_half_open);
	else if (before != TCPTRACE_LIFE_HALF_OPEN &&
		 life == TCPTRACE_LIFE_HALF_OPEN)
		atomic_inc(&nr_half_open);
	if (life == TCPTRACE_NR_LIVES)
		tcptrace_queue_remove(flow);
	else
		tcptrace_queue_put(flow, life, due);
}

static u32 idle_due(u8 life, u32 since)
{
	/* One more, for the tick that had begun already. */
	return since + idle_seconds[life] * HZ + 1;
}

/**
 * tcptrace_expiry_move() - the way of tcptrace_expiry_wait() for one that moves
 * @flow: likewise
 * @life: what kind of waiting it does
 * @now_ns: likewise
 *
 * Context: any.
 */
void tcptrace_expiry_move(struct tcptrace_flow *flow, u8 life, u64 now_ns)
{
	u64 due_ns;
	u32 due;

	lockdep_assert_held(&flow->lock);
	due = idle_due(life, jiffies);
	due_ns = tcptrace_conn_due(&flow->conn);
	if (due_ns > now_ns)
		due = jiffies + 1 +
		      min_t(unsigned long, MAX_WAIT,
			    nsecs_to_jiffies(due_ns - now_ns));
	set_life(flow, life, due);
}

/**
 * tcptrace_expiry_again() - let a flow wait on, from its last sighting
 * @flow: the flow; the caller holds its lock
 *
 * Context: any.
 */
void tcptrace_expiry_again(struct tcptrace_flow *flow)
{
	u8 life = flow->life;

	lockdep_assert_held(&flow->lock);
	set_life(flow, life, idle_due(life, flow->seen));
}

/**
 * tcptrace_expiry_end() - end a flow
 * @flow: the flow, not yet gone; the caller holds its lock and, having
 *	released it, calls tcptrace_table_unlink()
 * @why: TCPTRACE_WHY_IDLE and following
 *
 * It leaves the queues, so that nobody else removes it.
 *
 * Context: any.
 */
void tcptrace_expiry_end(struct tcptrace_flow *flow, enum tcptrace_why why)
{
	struct tcptrace_notes notes TCPTRACE_UNINIT;
	u64 now_ns = ktime_get_ns();

	lockdep_assert_held(&flow->lock);
	flow->gone = true;
	/* D, pairs with tcptrace_recent_flow(): before its grace period. */
	atomic64_inc(&tcptrace_table_removals);
	set_life(flow, TCPTRACE_NR_LIVES, 0);
	tcptrace_conn_end(&flow->conn, why, &notes);
	tcptrace_record_event(flow, &notes, now_ns);
}

/*
 * The time of a flow at the head of its queue has come: its timers run, or it
 * has rested long enough, or it was seen since and waits on.
 *
 * Context: process, under rcu_read_lock().
 */
static void expire(struct tcptrace_flow *flow, u8 life)
{
	struct tcptrace_notes notes TCPTRACE_UNINIT;
	unsigned long flags;
	bool end = false;
	u64 now_ns;
	u32 due;

	raw_spin_lock_irqsave(&flow->lock, flags);
	if (flow->gone || flow->life != life)
		goto unlock;
	if (tcptrace_conn_due(&flow->conn)) {
		now_ns = ktime_get_ns();
		tcptrace_conn_timer(&flow->conn, now_ns, &notes);
		/* What has waited for long was not seen for too long for 32 bits. */
		flow->seen = jiffies;
		tcptrace_record_event(flow, &notes, now_ns);
		tcptrace_expiry_wait(flow, true, now_ns);
		goto unlock;
	}
	due = idle_due(life, flow->seen);
	if (time_after32(due, jiffies)) {
		set_life(flow, life, due);
		goto unlock;
	}
	if (life != TCPTRACE_LIFE_DEAD)
		tcptrace_count(TCPTRACE_STAT_IDLE);
	tcptrace_expiry_end(flow, TCPTRACE_WHY_IDLE);
	end = true;
unlock:
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	if (end)
		tcptrace_table_unlink(flow);
}

/* Return: whether there may be another one whose time has come. */
static bool expire_next(unsigned int queue, u8 life)
{
	struct tcptrace_flow *flow;

	rcu_read_lock();
	flow = tcptrace_queue_due(queue, life);
	if (flow)
		expire(flow, life);
	rcu_read_unlock();
	return flow;
}

static void tick(struct work_struct *work)
{
	unsigned int queue;
	u8 life;

	for (queue = 0; queue < tcptrace_queue_count(); queue++) {
		for (life = 0; life < TCPTRACE_NR_LIVES; life++) {
			while (expire_next(queue, life))
				cond_resched();
		}
	}
	if (tcptrace_table_live())
		schedule_delayed_work(&tick_work, HZ);
}

/**
 * tcptrace_expiry_kick() - there is a flow: let the clock run
 *
 * Context: any.
 */
void tcptrace_expiry_kick(void)
{
	if (!delayed_work_pending(&tick_work))
		schedule_delayed_work(&tick_work, HZ);
}

/**
 * tcptrace_expiry_init() - set up the queues
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_expiry_init(void)
{
	return tcptrace_queue_setup();
}

/**
 * tcptrace_expiry_exit() - stop the clock; nothing creates flows any more
 *
 * Context: process; may sleep.
 */
void tcptrace_expiry_exit(void)
{
	cancel_delayed_work_sync(&tick_work);
	tcptrace_queue_teardown();
}
