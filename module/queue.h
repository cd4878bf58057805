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

#include <linux/types.h>

struct tcptrace_flow;

int tcptrace_queue_setup(void);
void tcptrace_queue_teardown(void);

unsigned int tcptrace_queue_count(void);
void tcptrace_queue_init(struct tcptrace_flow *flow);
void tcptrace_queue_put(struct tcptrace_flow *flow, u8 life, u32 due);
void tcptrace_queue_remove(struct tcptrace_flow *flow);
struct tcptrace_flow *tcptrace_queue_pick(u8 life);
struct tcptrace_flow *tcptrace_queue_due(unsigned int queue, u8 life);

#endif /* _TCPTRACE_QUEUE_H */
