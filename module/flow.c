// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "core/conn.h"
#include "flow.h"
#include "queue.h"
#include "ring.h"
#include "sock.h"
#include "stats.h"

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
 * @gone: is being removed: nothing may be done with it
 * @conn: the connection
 * @rcu: freed after a grace period
 */
struct tcptrace_flow {
	struct rhash_head node;
	struct tcptrace_key key;
	struct tcptrace_entry entry;
	raw_spinlock_t lock;
	u8 client;
	u8 family;
	bool gone;
	struct tcptrace_conn conn;
	struct rcu_head rcu;
};

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

/* An open connection goes for a new one only if it has rested this long. */
#define EVICT_OPEN_SECONDS	300

/* How often a segment may find its connection just being removed. */
#define SEGMENT_TRIES	3

/* How many flows a walk looks at before it lets others run. */
#define WALK_STEPS	256

/* How many entries one eviction looks at before it gives up. */
#define EVICT_TRIES		8

static const struct rhashtable_params table_params = {
	.head_offset = offsetof(struct tcptrace_flow, node),
	.key_offset = offsetof(struct tcptrace_flow, key),
	.key_len = sizeof(struct tcptrace_key),
	.min_size = 1024,
	.automatic_shrinking = true,
};

static struct rhashtable table;
static struct kmem_cache *cache;
static atomic_t nr_flows = ATOMIC_INIT(0);
static atomic_t nr_half_open = ATOMIC_INIT(0);
static atomic64_t last_id = ATOMIC64_INIT(0);
static u32 max_flows;
static u32 max_half_open;
static bool words;		/* the kernel's word counts */
static bool unloading;

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(tick_work, tick);

/* --- records ---------------------------------------------------------- */

/* What is known of the sender of a packet at LOCAL_OUT. */
static void fill_sender(const struct tcptrace_packet *p,
			struct tcptrace_record *rec)
{
	if (p->said != TCPTRACE_UNKNOWN) {
		rec->rflags |= TCPTRACE_F_SK;
		rec->u.seg.sock_state = p->said;
	}
	tcptrace_sock_owner(rec);
}

/* Caller must hold @flow->lock. */
static void write_record(struct tcptrace_flow *flow,
			 const struct tcptrace_notes *notes, u8 i,
			 const struct tcptrace_packet *p,
			 const struct tcptrace_sighting *s, u64 now_ns)
{
	struct tcptrace_record rec;
	u8 client = flow->client;

	tcptrace_conn_record(&flow->conn, notes, i, s, now_ns, &rec);
	rec.netns = flow->key.net->ns.inum;
	memcpy(rec.addr[TCPTRACE_CLIENT], flow->key.addr[client], 16);
	memcpy(rec.addr[TCPTRACE_SERVER], flow->key.addr[!client], 16);
	rec.port[TCPTRACE_CLIENT] = flow->key.port[client];
	rec.port[TCPTRACE_SERVER] = flow->key.port[!client];
	rec.family = flow->family;
	rec.ifindex = p ? p->tuple.ifindex : 0;
	rec.pid = 0;
	if (s && s->vantage == TCPTRACE_LEAVES &&
	    rec.kind == TCPTRACE_REC_SEGMENT)
		fill_sender(p, &rec);
	tcptrace_ring_write(&rec);
	if (rec.kind == TCPTRACE_REC_END)
		tcptrace_count(TCPTRACE_STAT_ENDED);
}

/* Caller must hold @flow->lock. */
static void write_records(struct tcptrace_flow *flow,
			  const struct tcptrace_notes *notes,
			  const struct tcptrace_packet *p,
			  const struct tcptrace_sighting *s, u64 now_ns)
{
	u8 i;

	for (i = 0; i < notes->nr; i++)
		write_record(flow, notes, i, p, s, now_ns);
}

/* --- lifetime --------------------------------------------------------- */

static void flow_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct tcptrace_flow, rcu));
}

/*
 * Takes a flow's place in the queues, and its share of the half-open ones.
 * Caller must hold @flow->lock.
 */
static void set_life(struct tcptrace_flow *flow, u8 life, unsigned long due)
{
	u8 before = flow->entry.life;

	if (before == TCPTRACE_LIFE_HALF_OPEN &&
	    life != TCPTRACE_LIFE_HALF_OPEN)
		atomic_dec(&nr_half_open);
	else if (before != TCPTRACE_LIFE_HALF_OPEN &&
		 life == TCPTRACE_LIFE_HALF_OPEN)
		atomic_inc(&nr_half_open);
	if (life == TCPTRACE_NR_LIVES)
		tcptrace_queue_remove(&flow->entry);
	else
		tcptrace_queue_put(&flow->entry, life, due);
}

static unsigned long idle_due(u8 life, unsigned long since)
{
	/* One more, for the tick that had begun already. */
	return since + idle_seconds[life] * HZ + 1;
}

/*
 * Takes a flow out of the queues, so that nobody else removes it, and ends
 * its connection. Caller must hold @flow->lock and, having released it, call
 * flow_unlink().
 */
static void flow_end(struct tcptrace_flow *flow, enum tcptrace_why why)
{
	struct tcptrace_notes notes;
	u64 now_ns = ktime_get_ns();

	lockdep_assert_held(&flow->lock);
	flow->gone = true;
	set_life(flow, TCPTRACE_NR_LIVES, 0);
	tcptrace_conn_end(&flow->conn, why, &notes);
	write_records(flow, &notes, NULL, NULL, now_ns);
}

/*
 * Context: any but with @flow->lock held; the flow was ended by the caller.
 * Somebody who needs its key may have taken it out of the table already.
 */
static void flow_unlink(struct tcptrace_flow *flow)
{
	rhashtable_remove_fast(&table, &flow->node, table_params);
	atomic_dec(&nr_flows);
	call_rcu(&flow->rcu, flow_free_rcu);
}

static struct tcptrace_flow *flow_alloc(const struct tcptrace_key *key,
					const struct tcptrace_packet *p,
					u8 client)
{
	struct tcptrace_flow *flow;

	flow = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return NULL;
	flow->key = *key;
	raw_spin_lock_init(&flow->lock);
	tcptrace_queue_init(&flow->entry);
	flow->client = client;
	flow->family = p->tuple.family;
	flow->gone = false;
	tcptrace_conn_init(&flow->conn, atomic64_inc_return(&last_id));
	return flow;
}

/* --- eviction --------------------------------------------------------- */

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
	struct tcptrace_entry *entry;
	struct tcptrace_flow *flow;
	unsigned long flags;
	int tries;

	for (tries = 0; tries < EVICT_TRIES; tries++) {
		bool rest = true;

		entry = tcptrace_queue_pick(life);
		if (!entry)
			return false;
		flow = container_of(entry, struct tcptrace_flow, entry);
		raw_spin_lock_irqsave(&flow->lock, flags);
		if (flow->gone || entry->life != life) {
			/* Somebody was faster; it is where it belongs. */
			raw_spin_unlock_irqrestore(&flow->lock, flags);
			continue;
		}
		if (life == TCPTRACE_LIFE_OPEN)
			rest = time_after(jiffies, READ_ONCE(entry->seen) +
					  EVICT_OPEN_SECONDS * HZ);
		if (!rest) {
			set_life(flow, life, idle_due(life, entry->seen));
			raw_spin_unlock_irqrestore(&flow->lock, flags);
			continue;
		}
		flow_end(flow, why);
		raw_spin_unlock_irqrestore(&flow->lock, flags);
		flow_unlink(flow);
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

/* --- lookup ----------------------------------------------------------- */

/*
 * Fills @key so that both directions of a connection give the same one.
 * Return: index in it of the end whose tuple it is.
 */
static u8 make_key(const struct tcptrace_tuple *t, struct tcptrace_key *key)
{
	int order = memcmp(t->addr[0], t->addr[1], sizeof(t->addr[0]));
	u8 first = order > 0 || (order == 0 && t->port[0] > t->port[1]);

	key->net = t->net;
	memcpy(key->addr[first], t->addr[0], sizeof(t->addr[0]));
	memcpy(key->addr[!first], t->addr[1], sizeof(t->addr[1]));
	key->port[first] = t->port[0];
	key->port[!first] = t->port[1];
	key->ifindex = 0;
	if (t->family == 6 &&
	    ((ipv6_addr_type((const struct in6_addr *)t->addr[0]) |
	      ipv6_addr_type((const struct in6_addr *)t->addr[1])) &
	     IPV6_ADDR_LINKLOCAL))
		key->ifindex = t->ifindex;
	return first;
}

/* Context: under rcu_read_lock(). Return: NULL if it had to be dropped. */
static struct tcptrace_flow *flow_create(const struct tcptrace_packet *p,
					 const struct tcptrace_key *key,
					 u8 sender)
{
	struct tcptrace_flow *flow, *other;
	u8 from;

	if (!tcptrace_conn_starts(&p->seg)) {
		tcptrace_count(TCPTRACE_STAT_UNKNOWN);
		return NULL;
	}
	/* Approximate under contention, by as many as there are CPUs. */
	if (atomic_read(&nr_half_open) >= max_half_open &&
	    !evict_one(TCPTRACE_LIFE_HALF_OPEN,
		       TCPTRACE_WHY_EVICT_HALF_OPEN)) {
		tcptrace_count(TCPTRACE_STAT_NO_HALF_OPEN);
		return NULL;
	}
	if (atomic_inc_return(&nr_flows) > max_flows && !make_room()) {
		atomic_dec(&nr_flows);
		tcptrace_count(TCPTRACE_STAT_NO_FLOW);
		return NULL;
	}
	from = tcptrace_conn_first_from(&p->seg, p->sport_listed,
					p->dport_listed);
	flow = flow_alloc(key, p,
			  from == TCPTRACE_CLIENT ? sender : !sender);
	if (!flow) {
		atomic_dec(&nr_flows);
		tcptrace_count(TCPTRACE_STAT_NO_MEMORY);
		return NULL;
	}
	other = rhashtable_lookup_get_insert_fast(&table, &flow->node,
						  table_params);
	if (!other) {
		tcptrace_count(TCPTRACE_STAT_CREATED);
		if (!delayed_work_pending(&tick_work))
			schedule_delayed_work(&tick_work, HZ);
		return flow;
	}
	/* Another CPU was faster, or the table cannot grow just now. */
	kmem_cache_free(cache, flow);
	atomic_dec(&nr_flows);
	if (IS_ERR(other)) {
		tcptrace_count(TCPTRACE_STAT_NO_MEMORY);
		return NULL;
	}
	return other;
}

/* --- sightings -------------------------------------------------------- */

/*
 * Puts a flow where it waits for what comes next, after a sighting or a word.
 * Caller must hold @flow->lock.
 */
static void flow_wait(struct tcptrace_flow *flow, bool timer, u64 now_ns)
{
	u8 life = tcptrace_conn_life(&flow->conn);
	unsigned long due = idle_due(life, jiffies);
	u64 due_ns;

	if (life == flow->entry.life && !timer)
		return;
	due_ns = tcptrace_conn_due(&flow->conn);
	if (due_ns > now_ns)
		due = jiffies + nsecs_to_jiffies(due_ns - now_ns) + 1;
	set_life(flow, life, due);
}

/*
 * The socket that sends says in which state it is. Caller must hold
 * @flow->lock.
 */
static void flow_hear(struct tcptrace_flow *flow, u8 who, u8 said, u8 source,
		      u64 linger_ns, u64 now_ns)
{
	const struct tcptrace_word word = { .said = said, .source = source };
	struct tcptrace_notes notes;

	tcptrace_conn_word(&flow->conn, who, &word, linger_ns, now_ns, &notes);
	write_records(flow, &notes, NULL, NULL, now_ns);
	tcptrace_count(notes.differs ? TCPTRACE_STAT_DIFFERED :
				       TCPTRACE_STAT_AGREED);
	if (notes.timer)
		flow_wait(flow, true, now_ns);
}

/* Caller must hold @flow->lock. Return: how many records it was worth. */
static u8 flow_sighting(struct tcptrace_flow *flow,
			struct tcptrace_packet *p, u8 sender)
{
	struct tcptrace_notes notes;
	struct tcptrace_sighting s = {
		.seg = &p->seg,
		.now_ns = ktime_get_ns(),
		.from = sender == flow->client ? TCPTRACE_CLIENT :
						 TCPTRACE_SERVER,
		.vantage = p->vantage,
		.to_local = p->to_local,
	};

	lockdep_assert_held(&flow->lock);
	tcptrace_conn_segment(&flow->conn, &s, &notes);
	if (notes.reborn) {
		tcptrace_conn_end(&flow->conn, TCPTRACE_WHY_REUSED, &notes);
		write_records(flow, &notes, p, NULL, s.now_ns);
		tcptrace_conn_init(&flow->conn, atomic64_inc_return(&last_id));
		tcptrace_count(TCPTRACE_STAT_CREATED);
		s.from = tcptrace_conn_first_from(&p->seg, p->sport_listed,
						  p->dport_listed);
		flow->client = s.from == TCPTRACE_CLIENT ? sender : !sender;
		tcptrace_conn_segment(&flow->conn, &s, &notes);
	}
	/* Plain data shows nothing that has not been said. */
	if (notes.nr && s.vantage == TCPTRACE_LEAVES)
		p->said = tcptrace_sock_state(p->skb);
	write_records(flow, &notes, p, &s, s.now_ns);

	WRITE_ONCE(flow->entry.seen, jiffies);
	flow_wait(flow, notes.timer, s.now_ns);
	if (words && p->said != TCPTRACE_UNKNOWN)
		flow_hear(flow, s.from, p->said, TCPTRACE_SOURCE_SKB, 0,
			  s.now_ns);
	return notes.nr;
}

/**
 * tcptrace_flow_segment() - a segment with a traced port was sighted
 * @p: the sighting; @said is filled in
 *
 * Exactly one of the counters recorded, counted or a drop goes up.
 *
 * Context: process or softirq, under rcu_read_lock(); takes the flow's lock.
 */
void tcptrace_flow_segment(struct tcptrace_packet *p)
{
	struct tcptrace_flow *flow;
	struct tcptrace_key key;
	unsigned long flags;
	bool gone;
	u8 sender, nr = 0;
	int tries;

	p->said = TCPTRACE_UNKNOWN;
	sender = make_key(&p->tuple, &key);
	for (tries = 0; tries < SEGMENT_TRIES; tries++) {
		flow = rhashtable_lookup(&table, &key, table_params);
		if (!flow)
			flow = flow_create(p, &key, sender);
		if (!flow)
			return;

		raw_spin_lock_irqsave(&flow->lock, flags);
		gone = flow->gone;
		if (!gone)
			nr = flow_sighting(flow, p, sender);
		raw_spin_unlock_irqrestore(&flow->lock, flags);
		if (!gone) {
			tcptrace_count(nr ? TCPTRACE_STAT_RECORDED :
					    TCPTRACE_STAT_COUNTED);
			return;
		}
		/* Out of the way: whoever removes it may take a while. */
		rhashtable_remove_fast(&table, &flow->node, table_params);
	}
	tcptrace_count(TCPTRACE_STAT_LEAVING);
}

/**
 * tcptrace_flow_word() - the kernel has changed the state of a socket
 * @tuple: the socket's
 * @said: the new state, enum tcptrace_state
 * @linger_ns: how long a FIN_WAIT2 lasts that its process has left
 *
 * Nothing comes of it if the connection is not known.
 *
 * Context: process or softirq, under rcu_read_lock(); takes the flow's lock.
 */
void tcptrace_flow_word(const struct tcptrace_tuple *tuple, u8 said,
			u64 linger_ns)
{
	struct tcptrace_flow *flow;
	struct tcptrace_key key;
	unsigned long flags;
	u8 end;

	end = make_key(tuple, &key);
	flow = rhashtable_lookup(&table, &key, table_params);
	if (!flow)
		return;
	raw_spin_lock_irqsave(&flow->lock, flags);
	if (!flow->gone)
		flow_hear(flow, end == flow->client ? TCPTRACE_CLIENT :
						      TCPTRACE_SERVER,
			  said, TCPTRACE_SOURCE_EVENT, linger_ns,
			  ktime_get_ns());
	raw_spin_unlock_irqrestore(&flow->lock, flags);
}

/* --- ageing ----------------------------------------------------------- */

/*
 * The time of a flow at the head of its queue has come: its timers run, or it
 * has rested long enough, or it was seen since and waits on.
 *
 * Context: process, under rcu_read_lock().
 */
static void expire(struct tcptrace_flow *flow, u8 life)
{
	unsigned long flags, due;
	struct tcptrace_notes notes;
	bool end = false;
	u64 now_ns;

	raw_spin_lock_irqsave(&flow->lock, flags);
	if (flow->gone || flow->entry.life != life)
		goto unlock;
	if (tcptrace_conn_due(&flow->conn)) {
		now_ns = ktime_get_ns();
		tcptrace_conn_timer(&flow->conn, now_ns, &notes);
		write_records(flow, &notes, NULL, NULL, now_ns);
		flow_wait(flow, true, now_ns);
		goto unlock;
	}
	due = idle_due(life, READ_ONCE(flow->entry.seen));
	if (time_after(due, jiffies)) {
		set_life(flow, life, due);
		goto unlock;
	}
	if (life != TCPTRACE_LIFE_DEAD)
		tcptrace_count(TCPTRACE_STAT_IDLE);
	flow_end(flow, TCPTRACE_WHY_IDLE);
	end = true;
unlock:
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	if (end)
		flow_unlink(flow);
}

static void tick(struct work_struct *work)
{
	struct tcptrace_entry *entry;
	unsigned int queue;
	u8 life;

	for (queue = 0; queue < tcptrace_queue_count(); queue++) {
		for (life = 0; life < TCPTRACE_NR_LIVES; life++) {
			for (;;) {
				rcu_read_lock();
				entry = tcptrace_queue_due(queue, life);
				if (entry)
					expire(container_of(entry,
							    struct tcptrace_flow,
							    entry), life);
				rcu_read_unlock();
				if (!entry)
					break;
				cond_resched();
			}
		}
	}
	if (atomic_read(&nr_flows))
		schedule_delayed_work(&tick_work, HZ);
}

/**
 * tcptrace_flow_live() - how many connections are in the table
 *
 * Context: any.
 */
u32 tcptrace_flow_live(void)
{
	return atomic_read(&nr_flows);
}

/**
 * tcptrace_flow_unloading() - flows that go from now on go with the module
 *
 * Context: process.
 */
void tcptrace_flow_unloading(void)
{
	WRITE_ONCE(unloading, true);
}

/*
 * One walk over the table, to end what is of @net, or all of it when the
 * module goes: by then no namespace has hooks any more.
 *
 * Context: process; may sleep.
 * Return: whether another walk is due: something was found, or the table was
 * resized meanwhile. Where the walk paused, it may have skipped something.
 */
static bool drop_walk(struct net *net)
{
	const bool all = READ_ONCE(unloading);
	struct rhashtable_iter iter;
	struct tcptrace_flow *flow;
	unsigned int steps = 0;
	unsigned long flags;
	bool again = false, mine;

	rhashtable_walk_enter(&table, &iter);
	rhashtable_walk_start(&iter);
	while ((flow = rhashtable_walk_next(&iter))) {
		if (IS_ERR(flow)) {
			again = true;
			continue;
		}
		if (all || flow->key.net == net) {
			again = true;
			raw_spin_lock_irqsave(&flow->lock, flags);
			mine = !flow->gone;
			if (mine)
				flow_end(flow, all ? TCPTRACE_WHY_UNLOAD :
						     TCPTRACE_WHY_NETNS);
			raw_spin_unlock_irqrestore(&flow->lock, flags);
			if (mine)
				flow_unlink(flow);
		}
		if (++steps % WALK_STEPS)
			continue;
		rhashtable_walk_stop(&iter);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return again;
}

/**
 * tcptrace_flow_drop_net() - end all connections of a network namespace
 * @net: the namespace; its hooks are unregistered and a grace period is over
 *
 * Context: process; may sleep.
 */
void tcptrace_flow_drop_net(struct net *net)
{
	while (drop_walk(net))
		cond_resched();
}

/**
 * tcptrace_flow_init() - set up an empty table
 * @flows: how many connections it may hold
 * @half_open: how many of these may be half-open
 * @hear: sockets' own words become records
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_flow_init(u32 flows, u32 half_open, bool hear)
{
	int err;

	max_flows = flows;
	max_half_open = half_open;
	words = hear;
	err = tcptrace_queue_setup();
	if (err)
		return err;
	cache = kmem_cache_create("tcptrace_flow", sizeof(struct tcptrace_flow),
				  0, 0, NULL);
	if (!cache) {
		err = -ENOMEM;
		goto free_queues;
	}
	err = rhashtable_init(&table, &table_params);
	if (err)
		goto free_cache;
	return 0;

free_cache:
	kmem_cache_destroy(cache);
free_queues:
	tcptrace_queue_teardown();
	return err;
}

/**
 * tcptrace_flow_exit() - take the table down
 *
 * All hooks are gone, and all flows were dropped with their namespaces.
 *
 * Context: process; may sleep.
 */
void tcptrace_flow_exit(void)
{
	cancel_delayed_work_sync(&tick_work);
	WARN_ON_ONCE(atomic_read(&nr_flows));
	/* Flows on their way to the cache: flow_free_rcu() is module text. */
	rcu_barrier();
	rhashtable_destroy(&table);
	kmem_cache_destroy(cache);
	tcptrace_queue_teardown();
}
