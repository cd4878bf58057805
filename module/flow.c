// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>

#include "core/usual.h"
#include "expiry.h"
#include "flow.h"
#include "recent.h"
#include "record.h"
#include "room.h"
#include "sock.h"
#include "stats.h"
#include "table.h"
#include "tls.h"

/* How often a segment may find its connection just being removed. */
#define SEGMENT_TRIES	3

static bool words;		/* the kernel's word counts */

/* Context: under rcu_read_lock(). Return: NULL if it had to be dropped. */
static struct tcptrace_flow *flow_create(const struct tcptrace_packet *p,
					 const struct tcptrace_key *key,
					 u8 sender)
{
	struct tcptrace_flow *flow;
	bool added;
	u8 from;

	if (!tcptrace_conn_starts(p->seg)) {
		tcptrace_count(TCPTRACE_STAT_UNKNOWN);
		return NULL;
	}
	if (!tcptrace_room_reserve())
		return NULL;
	from = tcptrace_conn_first_from(p->seg, p->sport_listed,
					p->dport_listed);
	flow = tcptrace_table_add(key, from == TCPTRACE_CLIENT ? sender :
							       !sender,
				  p->tuple.family, &added);
	if (!flow) {
		tcptrace_count(TCPTRACE_STAT_NO_MEMORY);
	} else if (added) {
		tcptrace_count(TCPTRACE_STAT_CREATED);
		tcptrace_expiry_kick();
	}
	return flow;
}

/* What is said is not usual. Caller must hold @flow->lock. */
static noinline void flow_hear_unusual(struct tcptrace_flow *flow, u8 who,
				       u8 said, u8 source, u64 linger_ns,
				       u64 now_ns)
{
	const struct tcptrace_word word = { .said = said, .source = source };
	struct tcptrace_notes notes TCPTRACE_UNINIT;

	lockdep_assert_held(&flow->lock);
	tcptrace_conn_word(&flow->conn, who, &word, linger_ns, now_ns, &notes);
	tcptrace_record_event(flow, &notes, now_ns);
	tcptrace_count(notes.differs ? TCPTRACE_STAT_DIFFERED :
				       TCPTRACE_STAT_AGREED);
	if (!notes.still)
		tcptrace_expiry_wait(flow, notes.timer, now_ns);
}

/*
 * A socket of this host says in which state it is. Caller must hold
 * @flow->lock.
 */
static __always_inline void flow_hear(struct tcptrace_flow *flow, u8 who,
				      u8 said, u8 source, u64 linger_ns,
				      u64 now_ns)
{
	const struct tcptrace_word word = { .said = said, .source = source };
	struct tcptrace_notes notes TCPTRACE_UNINIT;

	lockdep_assert_held(&flow->lock);
	if (!tcptrace_usual_word(&flow->conn, who, &word, &notes)) {
		flow_hear_unusual(flow, who, said, source, linger_ns,
				  now_ns);
		return;
	}
	tcptrace_record_word(flow, &notes, now_ns);
	tcptrace_count(TCPTRACE_STAT_AGREED);
}

/* Likewise, of one that sends: seldom anything new. */
static noinline void flow_hear_sender(struct tcptrace_flow *flow, u8 who,
				      u8 said, u64 now_ns)
{
	flow_hear(flow, who, said, TCPTRACE_SOURCE_SKB, 0, now_ns);
}

/* The segment begins another connection. Caller must hold @flow->lock. */
static noinline void flow_reuse(struct tcptrace_flow *flow,
				const struct tcptrace_packet *p, u8 sender,
				struct tcptrace_sighting *s,
				struct tcptrace_notes *notes,
				struct tcptrace_tls_work *work)
{
	lockdep_assert_held(&flow->lock);
	tcptrace_conn_end(&flow->conn, TCPTRACE_WHY_REUSED, notes);
	tcptrace_record_event(flow, notes, s->now_ns);
	tcptrace_tls_leave(flow, work);
	tcptrace_conn_init(&flow->conn, tcptrace_table_next_id());
	tcptrace_count(TCPTRACE_STAT_REUSED);
	tcptrace_count(TCPTRACE_STAT_CREATED);
	s->from = tcptrace_conn_first_from(p->seg, p->sport_listed,
					   p->dport_listed);
	WRITE_ONCE(flow->client, s->from == TCPTRACE_CLIENT ? sender : !sender);
	flow->nat = false;
	tcptrace_conn_segment(&flow->conn, s, notes);
}

/* The segment is not a usual one. Caller must hold @flow->lock. */
static noinline void flow_unusual(struct tcptrace_flow *flow,
				  const struct tcptrace_packet *p, u8 sender,
				  struct tcptrace_sighting *s,
				  struct tcptrace_notes *notes,
				  struct tcptrace_tls_work *work)
{
	lockdep_assert_held(&flow->lock);
	s->rfc1337 = READ_ONCE(p->tuple.net->ipv4.sysctl_tcp_rfc1337);
	tcptrace_conn_unusual(&flow->conn, s, notes);
	if (notes->reborn)
		flow_reuse(flow, p, sender, s, notes, work);
}

/*
 * Caller must hold @flow->lock. Return: how many records it was worth.
 *
 * Who is not usual is handed copies: a packet and a sighting whose addresses are
 * known elsewhere would not stay in registers, for those that are.
 */
static __always_inline u8 flow_sighting(struct tcptrace_flow *flow,
					const struct tcptrace_packet *p,
					u8 sender,
					struct tcptrace_tls_work *work)
{
	struct tcptrace_notes notes TCPTRACE_UNINIT;
	struct tcptrace_sighting s = {
		.seg = p->seg,
		.now_ns = ktime_get_ns(),
		/* TCPTRACE_CLIENT if they are the same, else TCPTRACE_SERVER */
		.from = sender ^ flow->client,
		.vantage = p->vantage,
		.to_local = p->to_local,
	};
	u8 said = TCPTRACE_UNKNOWN;

	lockdep_assert_held(&flow->lock);
	if (!tcptrace_usual(&flow->conn, &s, &notes)) {
		struct tcptrace_packet packet = *p;
		struct tcptrace_sighting sighting = s;

		flow_unusual(flow, &packet, sender, &sighting, &notes, work);
		s.from = sighting.from;
	}
	/* NAT of the source comes behind LOCAL_OUT: told from the answer on. */
	if (p->nat)
		flow->nat = true;
	/* Plain data shows nothing that has not been said. */
	if (notes.nr) {
		if (s.vantage == TCPTRACE_LEAVES)
			said = tcptrace_sock_state(p->skb, p->seg->flags &
							   TCPTRACE_RST);
		if (tcptrace_tls_looks(flow, p->seg->len)) {
			struct tcptrace_packet packet = *p;
			struct tcptrace_sighting sighting = s;

			tcptrace_tls_look(flow, &packet, &sighting, &notes,
					  work);
		}
		tcptrace_record_sighting(flow, &notes, &s, p->tuple.ifindex,
					 said);
	}
	if (tcptrace_tls_wants(flow, p->seg->len)) {
		struct tcptrace_packet packet = *p;
		struct tcptrace_sighting sighting = s;

		tcptrace_tls_payload(flow, &packet, &sighting, &notes, work);
	}

	flow->seen = jiffies;
	if (!notes.still)
		tcptrace_expiry_wait(flow, notes.timer, s.now_ns);
	if (words && said != TCPTRACE_UNKNOWN) {
		if (tcptrace_conn_repeats(&flow->conn, s.from, said))
			tcptrace_count(TCPTRACE_STAT_AGREED);
		else
			flow_hear_sender(flow, s.from, said, s.now_ns);
	}
	return notes.nr;
}

/*
 * The flow of a segment, from the table, or a new one. Out of line: the key
 * should not be paid for where the flow is at hand.
 *
 * Context: under rcu_read_lock(). Return: NULL if it had to be dropped.
 */
static noinline struct tcptrace_flow *
flow_find(const struct tcptrace_packet *p, u8 *ret_sender)
{
	struct tcptrace_key key TCPTRACE_UNINIT;
	struct tcptrace_flow *flow;

	*ret_sender = tcptrace_table_key(&p->tuple, &key);
	flow = tcptrace_table_find(&key);
	if (!flow)
		flow = flow_create(p, &key, *ret_sender);
	return flow;
}

static __always_inline void count_sighting(unsigned int nr)
{
	tcptrace_count(nr ? TCPTRACE_STAT_RECORDED : TCPTRACE_STAT_COUNTED);
}

/**
 * tcptrace_flow_at_hand() - a segment of a flow that this CPU has seen last
 * @flow: its flow
 * @sender: index in the flow's key of the end that sends it
 * @p: the sighting; of @tuple the namespace and the interface, and not which of
 *	its ports are traced
 * @may_be_plain: it may go the plain segments' way, and nobody has looked yet
 *
 * Exactly one of the counters recorded and counted goes up.
 *
 * Context: process or softirq, under rcu_read_lock(); takes the flow's lock.
 * Return: false if it is for tcptrace_flow_segment(), and nothing was done.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_flow_at_hand(struct tcptrace_flow *flow, unsigned int sender,
			   struct tcptrace_packet *p, bool may_be_plain)
{
	struct tcptrace_tls_work work TCPTRACE_UNINIT;
	unsigned int nr = 0;
	unsigned long flags;
	bool gone;

	work.todo = false;
	if (tcptrace_tls_may_begin(flow, p)) {
		struct tcptrace_packet packet = *p;

		tcptrace_tls_prepare(flow, &packet, sender, &work);
	}
	/* Of a SYN, with which alone another connection begins, none is asked. */
	p->sport_listed = true;
	p->dport_listed = true;
	raw_spin_lock_irqsave(&flow->lock, flags);
	gone = flow->gone;
	if (likely(!gone) &&
	    (!may_be_plain || !tcptrace_flow_plain(flow, sender, p->seg,
						   p->vantage, p->to_local)))
		nr = flow_sighting(flow, p, sender, &work);
	raw_spin_unlock_irqrestore(&flow->lock, flags);
	if (unlikely(work.todo)) {
		struct tcptrace_packet packet = *p;

		nr += tcptrace_tls_finish(flow, &packet, &work);
	}
	if (unlikely(gone))
		return false;
	count_sighting(nr);
	return true;
}

/**
 * tcptrace_flow_segment() - a segment with a traced port was sighted
 * @p: the sighting
 *
 * Exactly one of the counters recorded, counted or a drop goes up.
 *
 * Context: process or softirq, under rcu_read_lock(); takes the flow's lock.
 */
void tcptrace_flow_segment(struct tcptrace_packet *p)
{
	struct tcptrace_tls_work work TCPTRACE_UNINIT;
	struct tcptrace_flow *flow;
	unsigned long flags;
	bool gone = true;
	unsigned int nr = 0;
	int tries;
	u8 sender;

	work.todo = false;
	flow = tcptrace_recent_find(&p->tuple, &sender);
	for (tries = 0; gone && tries < SEGMENT_TRIES; tries++) {
		if (!flow)
			flow = flow_find(p, &sender);
		if (!flow)
			break;
		if (tcptrace_tls_may_begin(flow, p))
			tcptrace_tls_prepare(flow, p, sender, &work);

		raw_spin_lock_irqsave(&flow->lock, flags);
		gone = flow->gone;
		if (!gone) {
			tcptrace_recent_remember(flow);
			if ((p->nat && !flow->nat) ||
			    !tcptrace_flow_plain(flow, sender, p->seg,
						 p->vantage, p->to_local))
				nr = flow_sighting(flow, p, sender, &work);
		}
		raw_spin_unlock_irqrestore(&flow->lock, flags);
		if (gone) {
			tcptrace_table_hide(flow);
			flow = NULL;
		}
	}
	if (unlikely(work.todo))
		nr += tcptrace_tls_finish(flow, p, &work);
	if (!gone)
		count_sighting(nr);
	else if (tries == SEGMENT_TRIES)
		tcptrace_count(TCPTRACE_STAT_LEAVING);
}

/**
 * tcptrace_flow_word() - the kernel has changed the state of a socket
 * @flow: its connection
 * @end: index in the flow's key of the end whose socket it is
 * @said: the new state, enum tcptrace_state
 * @linger_ns: how long a FIN_WAIT2 lasts that its process has left
 *
 * Context: process or softirq, under rcu_read_lock(); takes the flow's lock.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_flow_word(struct tcptrace_flow *flow, unsigned int end, u8 said,
			u64 linger_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&flow->lock, flags);
	if (!flow->gone)
		flow_hear(flow, end ^ flow->client, said,
			  TCPTRACE_SOURCE_EVENT, linger_ns, ktime_get_ns());
	raw_spin_unlock_irqrestore(&flow->lock, flags);
}

/**
 * tcptrace_flow_init() - get ready for sightings
 * @hear: sockets' own words become records
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_flow_init(bool hear)
{
	int err;

	words = hear;
	err = tcptrace_expiry_init();
	if (err)
		return err;
	err = tcptrace_tls_init();
	if (err)
		goto exit_expiry;
	err = tcptrace_table_init();
	if (err)
		goto exit_tls;
	return 0;

exit_tls:
	tcptrace_tls_exit();
exit_expiry:
	tcptrace_expiry_exit();
	return err;
}

/**
 * tcptrace_flow_exit() - there are no more sightings, and no flows left
 *
 * All hooks are gone, and all flows were dropped with their namespaces.
 *
 * Context: process; may sleep.
 */
void tcptrace_flow_exit(void)
{
	tcptrace_expiry_exit();
	tcptrace_table_exit();
	tcptrace_tls_exit();
}
