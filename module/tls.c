// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>

#include "range.h"
#include "ring.h"
#include "stats.h"
#include "tls.h"

static u32 tls_bytes = TCPTRACE_TLS_CAP;
static u32 tls_held = 1 << 20;

static const struct tcptrace_range tls_bytes_range = {
	&tls_bytes, 0, 1 << 16, false,
};

static const struct tcptrace_range tls_held_range = {
	&tls_held, 0, 1 << 28, false,
};

module_param_cb(tls_bytes, &tcptrace_range_ops, (void *)&tls_bytes_range, 0644);
MODULE_PARM_DESC(tls_bytes, "bytes of a TLS handshake to record at most, of each direction; 0: none (default 16384)");
module_param_cb(tls_held, &tcptrace_range_ops, (void *)&tls_held_range, 0644);
MODULE_PARM_DESC(tls_held, "bytes of handshakes that came out of order to hold at once, of all connections (default 1048576)");

static struct kmem_cache *cache;
static atomic_t nr_held = ATOMIC_INIT(0);	/* bytes of copies */

/* --- payload ---------------------------------------------------------- */

/* Of a packet: linear or not, of one segment or of many. */
struct skb_bytes {
	struct tcptrace_payload payload;
	const struct sk_buff *skb;
	u32 offset;
};

static bool get_skb(const struct tcptrace_payload *payload, u32 offset, u32 len,
		    void *to)
{
	const struct skb_bytes *b = (const struct skb_bytes *)payload;

	return !skb_copy_bits(b->skb, b->offset + offset, to, len);
}

static struct skb_bytes bytes_of(const struct tcptrace_packet *p)
{
	return (struct skb_bytes){
		.payload.get = get_skb,
		.skb = p->skb,
		.offset = p->skb->len - p->seg->len,
	};
}

/* Of a segment that came out of order. */
struct copy {
	struct tcptrace_tls_held held;
	u8 bytes[];
};

static bool get_copy(const struct tcptrace_payload *payload, u32 offset,
		     u32 len, void *to)
{
	const struct copy *copy = (const struct copy *)payload;

	if (offset > copy->held.len || len > copy->held.len - offset)
		return false;
	memcpy(to, copy->bytes + offset, len);
	return true;
}

/* What one costs: short ones more than their bytes, long ones a slab object. */
static u32 copy_size(u32 len)
{
	return roundup_pow_of_two(sizeof(struct copy) + len);
}

/* NULL, and counted, if it cannot be held. */
static struct tcptrace_tls_held *copy_make(const struct tcptrace_packet *p)
{
	const struct skb_bytes b = bytes_of(p);
	const u32 len = p->seg->len, size = copy_size(len);	/* at most 16 KiB */
	struct copy *copy;

	if ((u32)atomic_add_return(size, &nr_held) > READ_ONCE(tls_held)) {
		tcptrace_count(TCPTRACE_STAT_TLS_NO_ROOM);
		goto release;
	}
	copy = kmalloc(sizeof(*copy) + len, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy) {
		tcptrace_count(TCPTRACE_STAT_TLS_NO_MEMORY);
		goto release;
	}
	if (!get_skb(&b.payload, 0, len, copy->bytes))
		goto free;
	copy->held.payload.get = get_copy;
	copy->held.seq = tcptrace_tlsconn_seq(p->seg);
	copy->held.len = len;
	return &copy->held;

free:
	kfree(copy);
release:
	atomic_sub(size, &nr_held);
	return NULL;
}

static void free_list(struct tcptrace_tls_held *list)
{
	struct tcptrace_tls_held *next;

	for (; list; list = next) {
		next = list->next;
		atomic_sub(copy_size(list->len), &nr_held);
		kfree(list);
	}
}

/* --- records ---------------------------------------------------------- */

struct sink {
	struct tcptrace_tls_sink sink;
	struct tcptrace_flow *flow;
	const struct tcptrace_sighting *s;
	u32 nr;
};

static void put(struct tcptrace_tls_sink *sink,
		const struct tcptrace_tls_piece *piece)
{
	struct sink *out = (struct sink *)sink;
	struct tcptrace_record rec;

	tcptrace_tlsconn_record(&out->flow->conn, piece, out->s, &rec);
	rec.netns = out->flow->key.net->ns.inum;
	tcptrace_ring_write(&rec);
	out->nr++;
	if (piece->why == TCPTRACE_WHY_TLS_HOLE)
		tcptrace_count(TCPTRACE_STAT_TLS_HOLES);
}

/* --- walks ------------------------------------------------------------ */

static bool walks(const struct tcptrace_flow *flow)
{
	return flow->walk && flow->walk != TCPTRACE_WALK_OVER;
}

static void open_work(struct tcptrace_tls_work *work)
{
	if (!work->todo)
		*work = (struct tcptrace_tls_work){ .todo = true };
}

/* Caller must hold @flow->lock. */
static void retire(struct tcptrace_flow *flow, struct tcptrace_tls_work *work)
{
	flow->walk->next = work->old;
	work->old = flow->walk;
	flow->walk = NULL;
}

/* Caller must hold @flow->lock. */
static void end_walk(struct tcptrace_flow *flow, struct tcptrace_tls_work *work)
{
	const bool spoken = tcptrace_tlsrec_spoken(&flow->walk->tls);

	retire(flow, work);
	if (spoken)
		flow->walk = TCPTRACE_WALK_OVER;
}

/* Does the first byte of a stream, if this is it, look like TLS? */
static bool looks_like_tls(const struct tcptrace_packet *p)
{
	u8 type;

	return !skb_copy_bits(p->skb, p->skb->len - p->seg->len, &type, 1) &&
	       type == TCPTRACE_TLS_HANDSHAKE;
}

/**
 * tcptrace_tls_prepare() - make a walk, if TLS may begin with a segment
 * @flow: its flow, for which tcptrace_tls_may_begin()
 * @p: the sighting
 * @sender: index in the flow's key of who has sent it
 * @work: where the walk goes
 *
 * Context: any, under rcu_read_lock(), with no flow's lock held.
 */
void tcptrace_tls_prepare(const struct tcptrace_flow *flow,
			  const struct tcptrace_packet *p, u8 sender,
			  struct tcptrace_tls_work *work)
{
	const struct tcptrace_end *client = &flow->conn.end[TCPTRACE_CLIENT];
	u32 ahead;

	if (!READ_ONCE(tls_bytes) || (work->todo && work->spare))
		return;
	if (p->seg->flags & TCPTRACE_SYN) {
		if (!looks_like_tls(p))
			return;
	} else {
		/* data_race: a guess; the core writes plainly, under the lock */
		const u32 flags = data_race(READ_ONCE(client->flags));
		/* data_race: likewise */
		const u32 isn = data_race(READ_ONCE(client->isn));

		if (sender != READ_ONCE(flow->client) ||
		    !(flags & TCPTRACE_END_SYN))
			return;
		ahead = p->seg->seq - isn - 1;
		if (ahead > TCPTRACE_TLS_AHEAD || (!ahead && !looks_like_tls(p)))
			return;
	}
	open_work(work);
	work->spare = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!work->spare)
		tcptrace_count(TCPTRACE_STAT_TLS_NO_MEMORY);
}

/**
 * tcptrace_tls_look() - a segment for which tcptrace_tls_looks()
 * @flow: its flow; the caller holds its lock
 * @p: the sighting
 * @s: the same, as the core was shown it
 * @notes: what the core has noted; how the stream begins is added
 * @work: what is to be done without the lock
 *
 * Context: any.
 */
void tcptrace_tls_look(struct tcptrace_flow *flow,
		       const struct tcptrace_packet *p,
		       const struct tcptrace_sighting *s,
		       struct tcptrace_notes *notes,
		       struct tcptrace_tls_work *work)
{
	const struct skb_bytes b = bytes_of(p);

	lockdep_assert_held(&flow->lock);
	/* An end may be taken back: the walk stays as long as the flow. */
	if (flow->conn.flags & TCPTRACE_CONN_ENDED) {
		tcptrace_tls_abandon(flow, s->now_ns);
		return;
	}
	if (!READ_ONCE(tls_bytes) ||
	    !tcptrace_tlsconn_begins(&flow->conn, s, &b.payload, notes))
		return;
	/* No memory, or another CPU, or tls_bytes, was faster. */
	if (!work->todo || !work->spare) {
		tcptrace_count(TCPTRACE_STAT_TLS_HOLES);
		return;
	}
	flow->walk = work->spare;
	work->spare = NULL;
	tcptrace_tlsconn_init(&flow->walk->tls, &flow->conn,
			      READ_ONCE(tls_bytes));
	tcptrace_count(TCPTRACE_STAT_TLS);
}

/**
 * tcptrace_tls_payload() - a segment for which tcptrace_tls_wants()
 * @flow: its flow; the caller holds its lock
 * @p: the sighting
 * @s: the same, as the core was shown it
 * @notes: what the core has noted
 * @work: what is to be done without the lock
 *
 * Context: any; bounded by tls_bytes and the length of the segment.
 */
void tcptrace_tls_payload(struct tcptrace_flow *flow,
			  const struct tcptrace_packet *p,
			  const struct tcptrace_sighting *s,
			  const struct tcptrace_notes *notes,
			  struct tcptrace_tls_work *work)
{
	struct sink out = { .sink.put = put, .flow = flow, .s = s };
	const struct skb_bytes b = bytes_of(p);
	enum tcptrace_tls_result result;
	struct tcptrace_tls_piece piece;

	lockdep_assert_held(&flow->lock);
	if (!tcptrace_tlsconn_counts(&flow->conn, s, notes))
		return;
	open_work(work);
	if (!walks(flow)) {
		if (!notes->repeat && tcptrace_tlsconn_alert(&flow->conn, s,
							     &b.payload, &piece))
			put(&out.sink, &piece);
		work->nr += out.nr;
		return;
	}
	result = tcptrace_tlsconn_segment(&flow->walk->tls, &flow->conn, s,
					  &b.payload, &out.sink, &work->list);
	work->nr += out.nr;
	if (result == TCPTRACE_TLS_HOLD) {
		work->conn = flow->conn.id;
		work->from = s->from;
	} else if (result == TCPTRACE_TLS_ENDED) {
		end_walk(flow, work);
	}
}

/**
 * tcptrace_tls_abandon() - the end of a connection is about to be recorded
 * @flow: its flow; the caller holds its lock
 * @now_ns: when
 *
 * What was held waits in vain: there is a hole, and it is told.
 *
 * Context: any.
 */
void tcptrace_tls_abandon(struct tcptrace_flow *flow, u64 now_ns)
{
	const struct tcptrace_sighting s = { .now_ns = now_ns };
	struct sink out = { .sink.put = put, .flow = flow, .s = &s };

	lockdep_assert_held(&flow->lock);
	if (walks(flow))
		tcptrace_tlsrec_abandon(&flow->walk->tls, &out.sink);
}

/**
 * tcptrace_tls_leave() - a connection ends, or another takes its flow
 * @flow: the flow; the caller holds its lock
 * @work: takes its walk, if it has one
 *
 * Context: any.
 */
void tcptrace_tls_leave(struct tcptrace_flow *flow,
			struct tcptrace_tls_work *work)
{
	lockdep_assert_held(&flow->lock);
	if (walks(flow)) {
		open_work(work);
		retire(flow, work);
	}
	flow->walk = NULL;
}

/* Payload that came too early, unless it came in time after all. */
static void hold(struct tcptrace_flow *flow, const struct tcptrace_packet *p,
		 struct tcptrace_tls_work *work)
{
	struct tcptrace_tls_held *held = copy_make(p);
	struct tcptrace_sighting s = {
		.seg = p->seg,
		.from = work->from,
		.vantage = p->vantage,
	};
	struct sink out = { .sink.put = put, .flow = flow, .s = &s };
	enum tcptrace_tls_result result;
	unsigned long flags;

	raw_spin_lock_irqsave(&flow->lock, flags);
	if (flow->gone || flow->conn.id != work->conn || !walks(flow)) {
		raw_spin_unlock_irqrestore(&flow->lock, flags);
		if (held) {
			held->next = work->list;
			work->list = held;
		}
		return;
	}
	s.now_ns = ktime_get_ns();
	if (held)
		result = tcptrace_tlsrec_hold(&flow->walk->tls, s.from, held,
					      &out.sink, &work->list);
	else
		result = tcptrace_tlsrec_miss(&flow->walk->tls, s.from,
					      &out.sink, &work->list);
	if (result == TCPTRACE_TLS_ENDED)
		end_walk(flow, work);
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	work->nr += out.nr;
}

/**
 * tcptrace_tls_finish() - do what a sighting has left to be done
 * @flow: its flow, under rcu_read_lock()
 * @p: the sighting
 * @work: what is to be done
 *
 * Context: any, with no flow's lock held.
 * Return: whether the sighting wrote records of TLS.
 */
bool tcptrace_tls_finish(struct tcptrace_flow *flow,
			 const struct tcptrace_packet *p,
			 struct tcptrace_tls_work *work)
{
	struct tcptrace_walk *walk;

	if (work->conn)
		hold(flow, p, work);
	free_list(work->list);
	if (work->spare)
		kmem_cache_free(cache, work->spare);
	while ((walk = work->old)) {
		work->old = walk->next;
		tcptrace_tls_free(walk);
	}
	return work->nr;
}

/**
 * tcptrace_tls_free() - free a walk, and all that it holds
 * @walk: the walk, which nobody else knows any more; or none
 *
 * Context: any, with no flow's lock held.
 */
void tcptrace_tls_free(struct tcptrace_walk *walk)
{
	struct tcptrace_tls_held *list = NULL;

	if (!walk || walk == TCPTRACE_WALK_OVER)
		return;
	tcptrace_tlsrec_clean(&walk->tls, &list);
	free_list(list);
	kmem_cache_free(cache, walk);
}

/**
 * tcptrace_tls_init() - get ready for walks
 *
 * Context: process; may sleep.
 * Return: 0 or -ENOMEM.
 */
int tcptrace_tls_init(void)
{
	cache = kmem_cache_create("tcptrace_tls", sizeof(struct tcptrace_walk),
				  0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * tcptrace_tls_exit() - there are no flows any more, hence no walks
 *
 * Context: process; may sleep.
 */
void tcptrace_tls_exit(void)
{
	WARN_ON_ONCE(atomic_read(&nr_held));
	kmem_cache_destroy(cache);
}
