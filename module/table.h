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

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rhashtable.h>
#include <linux/spinlock_types.h>
#include <net/ipv6.h>

#include "core/conn.h"
#include "packet.h"

struct tcptrace_walk;

/**
 * struct tcptrace_key - what tells connections apart
 * @net: network namespace; the pointer, for inode numbers are used again
 * @addr: both addresses, the smaller (addr, port) first
 * @addr64: the same
 * @port: both ports, in the order of @addr
 * @ifindex: of the interface if an address is link-local, else 0
 */
struct tcptrace_key {
	struct net *net;
	union {
		__be32 addr[2][4];
		u64 addr64[2][2];
	};
	u16 port[2];
	u32 ifindex;
};

/**
 * struct tcptrace_flow - a connection in the table
 * @node: in the table
 * @key: never changes
 * @lock: guards all that follows and says nothing else; taken before a queue's
 *	lock
 * @seen: when it was last sighted, in jiffies
 * @client: index in @key of the client
 * @family: 4 or 6; never changes
 * @life: kind of waiting, or TCPTRACE_NR_LIVES: it is in no queue
 * @queue: which queues; never changes
 * @nat: its packets have other addresses or ports than @key
 * @gone: is being removed: nothing may be done with it
 * @due: when its queue is to look at it, in jiffies; guarded by that queue's lock
 * @walk: over its TLS records, or TCPTRACE_WALK_OVER, or NULL; where it is
 *	@gone, its remover's
 * @conn: the connection
 * @list: in a queue of ageing, or empty; guarded by that queue's lock
 * @rcu: freed after a grace period; it has left the queues when it was @gone
 *
 * What may be read without @lock has a byte of its own at least. Times are of
 * 32 bits: compared as such, they reach 24 days at 1000 Hz. What plain segments
 * touch is close together, and what they do not is at the end.
 */
struct tcptrace_flow {
	struct rhash_head node;
	struct tcptrace_key key;
	raw_spinlock_t lock;
	u32 seen;
	u8 client;
	u8 family;
	u8 life;
	u8 queue : 6;
	u8 nat : 1;
	u8 gone : 1;
	u32 due;
	struct tcptrace_walk *walk;
	struct tcptrace_conn conn;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
};

/* 14 to a page of 4 KiB; where locks are debugged, memory does not count. */
#define TCPTRACE_FLOW_SIZE	288
TCPTRACE_ASSERT(sizeof(raw_spinlock_t) > sizeof(u32) ||
		sizeof(struct tcptrace_flow) <= TCPTRACE_FLOW_SIZE,
		"a flow has not grown");

#define TCPTRACE_KEY_WORDS	(sizeof(struct tcptrace_key) / sizeof(u64))

extern struct rhashtable tcptrace_table;
extern atomic64_t tcptrace_table_removals;
extern u64 tcptrace_table_secret[TCPTRACE_KEY_WORDS];

/* A product of 128 bits, its halves folded into one. */
static inline u64 tcptrace_table_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

/*
 * Each pair of words is multiplied under secrets: three multiplications where
 * jhash takes 150 instructions. Who does not know the secrets cannot fill one
 * bucket. @seed is new when the table has become unbalanced all the same.
 */
static inline u32 tcptrace_table_hash(const void *data, u32 len, u32 seed)
{
	const u64 *w = data, *s = tcptrace_table_secret;
	u64 hash;

	hash = tcptrace_table_fold(w[0] ^ s[0] ^ seed, w[5] ^ s[5]) ^
	       tcptrace_table_fold(w[1] ^ s[1], w[2] ^ s[2]) ^
	       tcptrace_table_fold(w[3] ^ s[3], w[4] ^ s[4]);
	return hash ^ hash >> 32;
}

static inline int tcptrace_table_differs(struct rhashtable_compare_arg *arg,
					 const void *object)
{
	const struct tcptrace_flow *flow = object;
	const u64 *a = arg->key, *b = (const u64 *)&flow->key;

	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) |
		(a[4] ^ b[4]) | (a[5] ^ b[5])) != 0;
}

static const struct rhashtable_params tcptrace_table_params = {
	.head_offset = offsetof(struct tcptrace_flow, node),
	.key_offset = offsetof(struct tcptrace_flow, key),
	.key_len = sizeof(struct tcptrace_key),
	.hashfn = tcptrace_table_hash,
	.obj_cmpfn = tcptrace_table_differs,
	.min_size = 1024,
	.automatic_shrinking = true,
};

/**
 * tcptrace_table_key() - what tells the connection of a tuple from others
 * @tuple: of either end
 * @ret_key: the key: both directions of a connection give the same one
 *
 * Context: any.
 * Return: index in the key of the end whose tuple it is.
 */
static inline u8 tcptrace_table_key(const struct tcptrace_tuple *tuple,
				    struct tcptrace_key *ret_key)
{
	const u64 *a = tuple->addr64[0], *b = tuple->addr64[1];
	u8 first;

	/* Any order will do that is the same from both ends. */
	if (a[1] != b[1])
		first = a[1] > b[1];
	else if (a[0] != b[0])
		first = a[0] > b[0];
	else
		first = tuple->port[0] > tuple->port[1];
	ret_key->net = tuple->net;
	ret_key->addr64[first][0] = a[0];
	ret_key->addr64[first][1] = a[1];
	ret_key->addr64[!first][0] = b[0];
	ret_key->addr64[!first][1] = b[1];
	ret_key->port[first] = tuple->port[0];
	ret_key->port[!first] = tuple->port[1];
	ret_key->ifindex = 0;
	if (tuple->family == 6 &&
	    ((ipv6_addr_type((const struct in6_addr *)tuple->addr[0]) |
	      ipv6_addr_type((const struct in6_addr *)tuple->addr[1])) &
	     IPV6_ADDR_LINKLOCAL))
		ret_key->ifindex = tuple->ifindex;
	return first;
}

/**
 * tcptrace_table_find() - the flow of a key
 * @key: the key
 *
 * Context: under rcu_read_lock(), which keeps the flow.
 * Return: the flow, or NULL.
 */
static inline struct tcptrace_flow *
tcptrace_table_find(const struct tcptrace_key *key)
{
	return rhashtable_lookup(&tcptrace_table, key, tcptrace_table_params);
}

int tcptrace_table_init(void);
void tcptrace_table_exit(void);

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
