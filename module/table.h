/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections that are followed, by what tells them apart.
 *
 * Readers are under rcu_read_lock(), which keeps a flow that they have found;
 * whether it is still of use its @gone tells, under its lock. A flow leaves
 * in two steps: tcptrace_expiry_end() under its lock, which only one can win,
 * and tcptrace_table_unlink() without.
 */
#ifndef _TCPTRACE_TABLE_H
#define _TCPTRACE_TABLE_H

#include <linux/rhashtable-types.h>
#include <linux/spinlock_types.h>

#include "core/conn.h"
#include "packet.h"
#include "queue.h"

struct tcptrace_walk;

/**
 * struct tcptrace_key - what tells connections apart
 * @net: network namespace; the pointer, for inode numbers are used again
 * @addr: both addresses, the smaller (addr, port) first
 * @port: both ports, in the order of @addr
 * @ifindex: of the interface if an address is link-local, else 0
 */
struct tcptrace_key {
	struct net *net;
	__be32 addr[2][4];
	u16 port[2];
	u32 ifindex;
};

/**
 * struct tcptrace_flow - a connection in the table
 * @node: in the table
 * @key: never changes
 * @entry: its place in the queues of ageing
 * @lock: guards all that follows but @rcu; taken before a queue's lock
 * @client: index in @key of the client
 * @family: 4 or 6
 * @nat: its packets have other addresses or ports than @key
 * @gone: is being removed: nothing may be done with it
 * @conn: the connection
 * @walk: over its TLS records, or TCPTRACE_WALK_OVER, or NULL; where it is
 *	@gone, its remover's
 * @rcu: freed after a grace period
 */
struct tcptrace_flow {
	struct rhash_head node;
	struct tcptrace_key key;
	struct tcptrace_entry entry;
	raw_spinlock_t lock;
	u8 client;
	u8 family;
	bool nat;
	bool gone;
	struct tcptrace_conn conn;
	union {
		struct tcptrace_walk *walk;
		struct rcu_head rcu;
	};
};

int tcptrace_table_init(void);
void tcptrace_table_exit(void);

u8 tcptrace_table_key(const struct tcptrace_tuple *tuple,
		      struct tcptrace_key *ret_key);
struct tcptrace_flow *tcptrace_table_find(const struct tcptrace_key *key);
u32 tcptrace_table_reserve(void);
void tcptrace_table_release(void);
struct tcptrace_flow *tcptrace_table_add(const struct tcptrace_key *key,
					 u8 client, u8 family, bool *ret_added);
u64 tcptrace_table_next_id(void);
void tcptrace_table_hide(struct tcptrace_flow *flow);
void tcptrace_table_unlink(struct tcptrace_flow *flow);
bool tcptrace_table_walk(bool (*visit)(struct tcptrace_flow *flow, void *arg),
			 void *arg);
u32 tcptrace_table_live(void);

#endif /* _TCPTRACE_TABLE_H */
