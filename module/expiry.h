/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time, and how a flow ends by it: timers of its states run out, or nothing
 * has been seen of it for too long. And the one way in which any flow ends.
 */
#ifndef _TCPTRACE_EXPIRY_H
#define _TCPTRACE_EXPIRY_H

#include <linux/lockdep.h>
#include <linux/types.h>

#include "core/conn.h"
#include "table.h"

int tcptrace_expiry_init(void);
void tcptrace_expiry_exit(void);

void tcptrace_expiry_kick(void);
void tcptrace_expiry_move(struct tcptrace_flow *flow, u8 life, u64 now_ns);

/**
 * tcptrace_expiry_wait() - put a flow where it waits for what comes next
 * @flow: the flow, after a sighting or a word; the caller holds its lock
 * @timer: a timer of the connection was started, or has run out
 * @now_ns: the time
 *
 * Context: any.
 */
static inline void tcptrace_expiry_wait(struct tcptrace_flow *flow, bool timer,
					u64 now_ns)
{
	const u8 life = tcptrace_conn_life(&flow->conn);

	lockdep_assert_held(&flow->lock);
	if (life != flow->life || timer)
		tcptrace_expiry_move(flow, life, now_ns);
}

void tcptrace_expiry_again(struct tcptrace_flow *flow);
void tcptrace_expiry_end(struct tcptrace_flow *flow, enum tcptrace_why why);
u32 tcptrace_expiry_half_open(void);

#endif /* _TCPTRACE_EXPIRY_H */
