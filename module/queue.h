/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues of ageing and eviction: for each kind of waiting, the flows in the
 * order in which they came to it. As all of a kind wait equally long, that is
 * the order of their deadlines, and the head is what goes first.
 *
 * There are several of each, so that CPUs do not share a lock; a flow stays
 * with the one of the CPU that first saw it.
 */
#ifndef _TCPTRACE_QUEUE_H
#define _TCPTRACE_QUEUE_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/conn.h"

/**
 * struct tcptrace_entry - a flow's place in the queues
 * @list: in a queue, or empty; guarded by that queue's lock
 * @due: when to look at it, in jiffies; guarded by that queue's lock
 * @seen: when it was last sighted, in jiffies; written under the flow's lock,
 *	which moves no list
 * @life: kind of waiting, or TCPTRACE_NR_LIVES; guarded by the flow's lock
 * @queue: which queues; never changes
 */
struct tcptrace_entry {
	struct list_head list;
	unsigned long due;
	unsigned long seen;
	u8 life;
	u8 queue;
};

int tcptrace_queue_setup(void);
void tcptrace_queue_teardown(void);

unsigned int tcptrace_queue_count(void);
void tcptrace_queue_init(struct tcptrace_entry *entry);
void tcptrace_queue_put(struct tcptrace_entry *entry, u8 life,
			unsigned long due);
void tcptrace_queue_remove(struct tcptrace_entry *entry);
struct tcptrace_entry *tcptrace_queue_pick(u8 life);
struct tcptrace_entry *tcptrace_queue_due(unsigned int queue, u8 life);

#endif /* _TCPTRACE_QUEUE_H */
