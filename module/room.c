// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/time.h>

#include "expiry.h"
#include "queue.h"
#include "room.h"
#include "stats.h"
#include "table.h"

/* An open connection goes for a new one only if it has rested this long. */
#define EVICT_OPEN_SECONDS	300

/* How many flows one eviction looks at before it gives up. */
#define EVICT_TRIES		8

static u32 max_flows;
static u32 max_half_open;

static void count_eviction(u8 life)
{
	switch (life) {
	case TCPTRACE_LIFE_DEAD:
		tcptrace_count(TCPTRACE_STAT_EVICT_DEAD);
		break;
	case TCPTRACE_LIFE_HALF_OPEN:
		tcptrace_count(TCPTRACE_STAT_EVICT_HALF_OPEN);
		break;
	case TCPTRACE_LIFE_TIME_WAIT:
		tcptrace_count(TCPTRACE_STAT_EVICT_TIME_WAIT);
		break;
	case TCPTRACE_LIFE_ORPHAN:
	case TCPTRACE_LIFE_SETTLING:
	case TCPTRACE_LIFE_CLOSING:
		tcptrace_count(TCPTRACE_STAT_EVICT_CLOSING);
		break;
	default:
		tcptrace_count(TCPTRACE_STAT_EVICT_OPEN);
		break;
	}
}

/*
 * Removes one flow of a kind, the one that came to it first: a flow that has
 * been seen since goes to the end of its queue instead (second chance), but
 * for half-open ones, for which a flood can care as well.
 *
 * Context: under rcu_read_lock(), no locks held.
 * Return: whether there is room now.
 */
static bool evict_one(u8 life, enum tcptrace_why why)
{
	struct tcptrace_flow *flow;
	unsigned long flags;
	int tries;

	for (tries = 0; tries < EVICT_TRIES; tries++) {
		bool rest = true;

		flow = tcptrace_queue_pick(life);
		if (!flow)
			return false;
		raw_spin_lock_irqsave(&flow->lock, flags);
		if (flow->gone || flow->life != life) {
			/* Somebody was faster; it is where it belongs. */
			raw_spin_unlock_irqrestore(&flow->lock, flags);
			continue;
		}
		if (life == TCPTRACE_LIFE_OPEN)
			rest = time_after32(jiffies, flow->seen +
					    EVICT_OPEN_SECONDS * HZ);
		if (!rest) {
			tcptrace_expiry_again(flow);
			raw_spin_unlock_irqrestore(&flow->lock, flags);
			continue;
		}
		tcptrace_expiry_end(flow, why);
		raw_spin_unlock_irqrestore(&flow->lock, flags);
		tcptrace_table_unlink(flow);
		count_eviction(life);
		return true;
	}
	return false;
}

/* Makes room under max_flows; what is worth least goes first. */
static bool make_room(void)
{
	static const u8 order[] = {
		TCPTRACE_LIFE_DEAD,
		TCPTRACE_LIFE_HALF_OPEN,
		TCPTRACE_LIFE_SETTLING,
		TCPTRACE_LIFE_TIME_WAIT,
		TCPTRACE_LIFE_ORPHAN,
		TCPTRACE_LIFE_CLOSING,
		TCPTRACE_LIFE_OPEN,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (evict_one(order[i], TCPTRACE_WHY_EVICT_FLOWS))
			return true;
	}
	return false;
}

/**
 * tcptrace_room_reserve() - make room for one more flow, half-open at first
 *
 * The caller adds it (tcptrace_table_add()) or calls tcptrace_table_release().
 * A tuple that is used again has its room already, and is not asked. Where
 * there is none, the drop is counted.
 *
 * Context: any, under rcu_read_lock(), with no flow's lock held.
 * Return: whether there is room. Approximate under contention, by as many as
 * there are CPUs.
 */
bool tcptrace_room_reserve(void)
{
	if (tcptrace_expiry_half_open() >= max_half_open &&
	    !evict_one(TCPTRACE_LIFE_HALF_OPEN,
		       TCPTRACE_WHY_EVICT_HALF_OPEN)) {
		tcptrace_count(TCPTRACE_STAT_NO_HALF_OPEN);
		return false;
	}
	if (tcptrace_table_reserve() > max_flows && !make_room()) {
		tcptrace_table_release();
		tcptrace_count(TCPTRACE_STAT_NO_FLOW);
		return false;
	}
	return true;
}

/**
 * tcptrace_room_init() - set the bounds
 * @flows: how many connections there may be
 * @half_open: how many of these may be half-open
 *
 * Context: process, before there is any flow.
 */
void tcptrace_room_init(u32 flows, u32 half_open)
{
	max_flows = flows;
	max_half_open = half_open;
}
