// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/fill.h"
#include "core/note.h"
#include "core/plain.h"
#include "flows.h"
#include "hash.h"
#include "util.h"

#define WSCALE_MAX	14	/* RFC 7323 section 2.3 */

/* Connections whose memory is kept for others, rather than given back. */
#define MAX_SPARE	64

/* Payload out of order that waits for what precedes it, of all connections. */
#define HELD_MAX	(8u << 20)

/* What tells connections apart: the smaller (address, port) first. No holes. */
struct key {
	uint8_t addr[2][16];
	uint16_t port[2];
};

_Static_assert(sizeof(struct key) % 4 == 0, "hash_words() leaves nothing out");

/**
 * struct flow - a connection in the table
 * @key: never changes
 * @client: index in @key of the client
 * @family: 4 or 6
 * @life: which queue it is in
 * @due_ns: when to look at it: the queue's order
 * @conn: the connection
 * @vantage: where its packets were seen
 * @walk: over its TLS handshake
 * @prev: in its queue
 * @next: in its queue, or of what is spare
 * @hh: in the table
 */
struct flow {
	struct key key;
	uint8_t client;
	uint8_t family;
	uint8_t life;
	uint64_t due_ns;
	struct tcptrace_conn conn;
	struct vantage vantage;
	struct walk walk;
	struct flow *prev;
	struct flow *next;
	UT_hash_handle hh;
};

/* How long a connection is kept at which nothing is seen; as the module has it. */
static const unsigned int idle_seconds[TCPTRACE_NR_LIVES] = {
	[TCPTRACE_LIFE_DEAD]		= 5,
	[TCPTRACE_LIFE_HALF_OPEN]	= 180,
	[TCPTRACE_LIFE_TIME_WAIT]	= 60,
	[TCPTRACE_LIFE_CLOSING]		= 300,
	[TCPTRACE_LIFE_OPEN]		= 5 * 24 * 3600,
};

/* --- records ---------------------------------------------------------- */

static void emit(struct flows *f, struct flow *flow,
		 const struct tcptrace_notes *notes,
		 const struct tcptrace_sighting *s, uint32_t ifindex,
		 uint64_t now_ns)
{
	const struct key *key = &flow->key;
	const uint8_t client = flow->client, server = client ^ 1;
	struct tcptrace_record *rec;
	uint8_t i;

	for (i = 0; i < notes->nr; i++) {
		if (notes->note[i].kind == TCPTRACE_REC_END)
			walk_abandon(&f->walks, &flow->walk, &flow->conn,
				     now_ns);
		rec = f->walks.room(f->walks.arg);
		tcptrace_conn_record(&flow->conn, notes, i, s, now_ns, rec);
		rec->seq = 0;
		rec->netns = 0;
		memcpy(rec->addr[TCPTRACE_CLIENT], key->addr[client], 16);
		memcpy(rec->addr[TCPTRACE_SERVER], key->addr[server], 16);
		rec->port[TCPTRACE_CLIENT] = key->port[client];
		rec->port[TCPTRACE_SERVER] = key->port[server];
		rec->ifindex = ifindex;
		rec->family = flow->family;
		rec->pid = 0;
	}
}

/* --- ageing ----------------------------------------------------------- */

static uint64_t idle_due(uint8_t life, uint64_t since_ns)
{
	return since_ns + idle_seconds[life] * NSEC_PER_SEC;
}

/* Nothing is due before: for most packets that is all there is to look at. */
static void expect(struct flows *f, const struct flow *flow)
{
	if (flow && flow->due_ns < f->due_ns)
		f->due_ns = flow->due_ns;
}

/* Nearly always the last one: all of a kind wait equally long. */
static void enqueue(struct flows *f, struct flow *flow, uint8_t life,
		    uint64_t due_ns)
{
	struct flow **queue = &f->queue[life];
	struct flow *at;

	flow->life = life;
	flow->due_ns = due_ns;
	expect(f, flow);
	at = *queue ? (*queue)->prev : NULL;
	while (at && at->due_ns > due_ns)
		at = at == *queue ? NULL : at->prev;
	if (at)
		DL_APPEND_ELEM(*queue, at, flow);
	else
		DL_PREPEND(*queue, flow);
}

/* A timer of a connection that has had one run is due soon: from the front. */
static void enqueue_soon(struct flows *f, struct flow *flow, uint8_t life,
			 uint64_t due_ns)
{
	struct flow **queue = &f->queue[life];
	struct flow *at = NULL, *next = *queue;

	flow->life = life;
	flow->due_ns = due_ns;
	expect(f, flow);
	while (next && next->due_ns <= due_ns) {
		at = next;
		next = next->next;
	}
	if (at)
		DL_APPEND_ELEM(*queue, at, flow);
	else
		DL_PREPEND(*queue, flow);
}

static void dequeue(struct flows *f, struct flow *flow)
{
	DL_DELETE(f->queue[flow->life], flow);
}

/* Memory for one, all of it zero. */
static struct flow *obtain(struct flows *f)
{
	struct flow *flow = f->spare;

	if (!flow)
		return zalloc(sizeof(*flow));
	f->spare = flow->next;
	f->nr_spare--;
	memset(flow, 0, sizeof(*flow));
	return flow;
}

static void release(struct flows *f, struct flow *flow)
{
	if (f->nr_spare == MAX_SPARE) {
		free(flow);
		return;
	}
	flow->next = f->spare;
	f->spare = flow;
	f->nr_spare++;
}

static void forget(struct flows *f, struct flow *flow)
{
	dequeue(f, flow);
	HASH_DEL(f->table, flow);
	walk_end(&f->walks, &flow->walk);
	if (f->recent == flow)
		f->recent = NULL;
	f->nr--;
	release(f, flow);
}

/* Its time has come: timers run, or it has rested long enough. */
static void expire(struct flows *f, struct flow *flow)
{
	const uint64_t due_ns = flow->due_ns;
	struct tcptrace_notes notes;
	uint64_t next_ns;
	uint8_t life;

	if (flow->life != TCPTRACE_LIFE_TIME_WAIT) {
		tcptrace_conn_end(&flow->conn, TCPTRACE_WHY_IDLE, &notes);
		emit(f, flow, &notes, NULL, 0, due_ns);
		forget(f, flow);
		return;
	}
	next_ns = tcptrace_conn_timer(&flow->conn, due_ns, &notes);
	emit(f, flow, &notes, NULL, 0, due_ns);
	life = tcptrace_conn_life(&flow->conn);
	dequeue(f, flow);
	if (next_ns)
		enqueue_soon(f, flow, life, next_ns);
	else
		enqueue(f, flow, life, idle_due(life, due_ns));
}

/* In the order of time, whatever they wait for. */
static void advance(struct flows *f, uint64_t now_ns)
{
	struct flow *first, *flow;
	uint8_t life;

	if (now_ns < f->due_ns)
		return;
	do {
		first = NULL;
		for (life = 0; life < TCPTRACE_NR_LIVES; life++) {
			flow = f->queue[life];
			if (flow && flow->due_ns <= now_ns &&
			    (!first || flow->due_ns < first->due_ns))
				first = flow;
		}
		if (first)
			expire(f, first);
	} while (first);
	f->due_ns = UINT64_MAX;
	for (life = 0; life < TCPTRACE_NR_LIVES; life++)
		expect(f, f->queue[life]);
}

/* It was seen: to the end of the queue that it is in, if it is not there. */
static void rest(struct flows *f, struct flow *flow, uint64_t now_ns)
{
	const uint64_t due_ns = idle_due(flow->life, now_ns);

	if (f->queue[flow->life]->prev == flow) {
		flow->due_ns = due_ns;
		return;
	}
	dequeue(f, flow);
	enqueue(f, flow, flow->life, due_ns);
}

/* It was seen: to the end of the queue that it belongs to. */
static void touch(struct flows *f, struct flow *flow, uint64_t now_ns,
		  bool timer)
{
	const uint8_t life = tcptrace_conn_life(&flow->conn);

	if (life != flow->life) {
		dequeue(f, flow);
		enqueue(f, flow, life, idle_due(life, now_ns));
	} else if (life != TCPTRACE_LIFE_TIME_WAIT || timer) {
		/* Else a timer does not wait longer for what was seen. */
		rest(f, flow, now_ns);
	}
}

/* --- lookup ----------------------------------------------------------- */

/* The same key for both directions. Return: index of the sender in it. */
static uint8_t make_key(const struct flows_packet *p, struct key *key)
{
	const struct tcptrace_segment *seg = &p->seg;
	int order = memcmp(p->ip.addr[0], p->ip.addr[1], sizeof(p->ip.addr[0]));
	uint8_t sender = order > 0 || (order == 0 && seg->sport > seg->dport);

	memcpy(key->addr[sender], p->ip.addr[0], sizeof(p->ip.addr[0]));
	memcpy(key->addr[!sender], p->ip.addr[1], sizeof(p->ip.addr[1]));
	key->port[sender] = seg->sport;
	key->port[!sender] = seg->dport;
	return sender;
}

static uint8_t first_from(const struct flows_packet *p)
{
	return tcptrace_conn_first_from(&p->seg, p->sport_listed,
					p->dport_listed);
}

static struct flow *create(struct flows *f, const struct flows_packet *p,
			   const struct key *key, uint8_t sender)
{
	struct flow *flow;

	if (!tcptrace_conn_starts(&p->seg))
		return NULL;
	flow = obtain(f);
	flow->key = *key;
	flow->client = first_from(p) == TCPTRACE_CLIENT ? sender : !sender;
	flow->family = p->ip.family;
	tcptrace_conn_init(&flow->conn, ++f->last_id);
	HASH_ADD(hh, f->table, key, sizeof(flow->key), flow);
	enqueue(f, flow, TCPTRACE_LIFE_HALF_OPEN,
		idle_due(TCPTRACE_LIFE_HALF_OPEN, p->t_ns));
	f->nr++;
	return flow;
}

static bool same_address(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return x[0] == y[0] && x[1] == y[1];
}

/* Is it of the flow that was seen last? If not, the table tells. */
static bool is_recent(const struct flows *f, const struct flows_packet *p,
		      uint8_t *ret_sender)
{
	const struct key *key;
	uint8_t sender;

	if (!f->recent)
		return false;
	key = &f->recent->key;
	sender = key->port[0] != p->seg.sport;
	*ret_sender = sender;
	return key->port[sender] == p->seg.sport &&
	       key->port[!sender] == p->seg.dport &&
	       same_address(key->addr[sender], p->ip.addr[0]) &&
	       same_address(key->addr[!sender], p->ip.addr[1]);
}

/* The flow of a segment, or a new one; NULL if it begins none. */
static struct flow *find(struct flows *f, const struct flows_packet *p,
			 uint8_t *ret_sender)
{
	struct flow *flow;
	struct key key;

	if (is_recent(f, p, ret_sender))
		return f->recent;
	*ret_sender = make_key(p, &key);
	HASH_FIND(hh, f->table, &key, sizeof(key), flow);
	if (!flow)
		flow = create(f, p, &key, *ret_sender);
	f->recent = flow;
	return flow;
}

/* --- sightings -------------------------------------------------------- */

/* Return: enum tcptrace_vantage, TCPTRACE_NOWHERE if it was seen before. */
static uint8_t find_vantage(struct flows *f, struct flow *flow,
			    const struct flows_packet *p, uint8_t sender)
{
	const bool passing = flow->vantage.passing;
	uint8_t vantage;

	if (p->link.loopback && p->link.way == LINKTYPE_WAY_OUT) {
		f->doubled = true;
		return TCPTRACE_LEAVES;
	}
	/* libpcap shows only the arrival: then that is the first sighting. */
	if (p->link.loopback)
		return f->doubled ? TCPTRACE_ARRIVES : TCPTRACE_PASSES;
	if (!p->link.cooked)
		return TCPTRACE_PASSES;
	vantage = vantage_find(&flow->vantage, &p->print, sender);
	if (flow->vantage.passing && !passing) {
		/* It looked as if one of them lived there. */
		flow->conn.end[TCPTRACE_CLIENT].flags &= ~TCPTRACE_END_LOCAL;
		flow->conn.end[TCPTRACE_SERVER].flags &= ~TCPTRACE_END_LOCAL;
	}
	return vantage;
}

static void begin_anew(struct flows *f, struct flow *flow,
		       const struct flows_packet *p, uint8_t sender,
		       struct tcptrace_sighting *s)
{
	struct tcptrace_notes notes;

	tcptrace_conn_end(&flow->conn, TCPTRACE_WHY_REUSED, &notes);
	emit(f, flow, &notes, NULL, p->link.ifindex, p->t_ns);
	walk_end(&f->walks, &flow->walk);
	tcptrace_conn_init(&flow->conn, ++f->last_id);
	s->from = first_from(p);
	flow->client = s->from == TCPTRACE_CLIENT ? sender : !sender;
}

/* Of most segments this is all: they move numbers, and are worth no record. */
static bool plain(struct flows *f, struct flow *flow,
		  const struct flows_packet *p, uint8_t from, uint8_t vantage,
		  bool to_local)
{
	if (walk_goes_on(&flow->walk) ||
	    !tcptrace_plain(&flow->conn, &p->seg, from, vantage, to_local))
		return false;
	rest(f, flow, p->t_ns);
	return true;
}

static void judge(struct flows *f, struct flow *flow,
		  const struct flows_packet *p, uint8_t sender,
		  struct tcptrace_sighting *s)
{
	struct tcptrace_notes notes;

	tcptrace_conn_segment(&flow->conn, s, &notes);
	if (notes.reborn) {
		begin_anew(f, flow, p, sender, s);
		tcptrace_conn_segment(&flow->conn, s, &notes);
	}
	/* The window may be as large as it gets: nothing in it is foreign. */
	if (p->options_cut && p->seg.wscale == TCPTRACE_WSCALE_NONE)
		flow->conn.end[s->from].wscale = WSCALE_MAX;
	/* A stream begins with data, and that is noted. */
	if (notes.nr && p->seg.len)
		walk_look(&flow->walk, &flow->conn, s, &p->bytes, &notes);
	emit(f, flow, &notes, s, p->link.ifindex, p->t_ns);
	if (walk_goes_on(&flow->walk))
		walk_payload(&f->walks, &flow->walk, &flow->conn, s, &p->bytes,
			     &notes);
	touch(f, flow, p->t_ns, notes.timer);
}

static void sighting(struct flows *f, struct flow *flow,
		     const struct flows_packet *p, uint8_t sender)
{
	const uint8_t from = sender == flow->client ? TCPTRACE_CLIENT :
						      TCPTRACE_SERVER;
	const uint8_t vantage = find_vantage(f, flow, p, sender);
	const bool to_local = vantage == TCPTRACE_ARRIVES ||
			      (vantage == TCPTRACE_LEAVES && p->link.loopback);

	if (vantage == TCPTRACE_NOWHERE ||
	    plain(f, flow, p, from, vantage, to_local))
		return;
	judge(f, flow, p, sender, &(struct tcptrace_sighting) {
		.seg = &p->seg,
		.now_ns = p->t_ns,
		.from = from,
		.vantage = vantage,
		.to_local = to_local,
	});
}

/**
 * flows_init() - an empty table
 * @f: the table
 * @room: where each record goes
 * @arg: its first argument
 *
 * Context: any.
 */
void flows_init(struct flows *f, walk_room_fn room, void *arg)
{
	memset(f, 0, sizeof(*f));
	f->walks.held_max = HELD_MAX;
	f->walks.room = room;
	f->walks.arg = arg;
}

/**
 * flows_segment() - a segment was captured
 * @f: the table
 * @p: the segment
 *
 * What was due before it happens first.
 *
 * Context: any; makes records.
 */
void flows_segment(struct flows *f, const struct flows_packet *p)
{
	struct flow *flow;
	uint8_t sender;

	advance(f, p->t_ns);
	flow = find(f, p, &sender);
	if (flow)
		sighting(f, flow, p, sender);
}

/* Of a connection that lives the counters are all there is to say. */
static void say_counters(struct flows *f, struct flow *flow, uint64_t now_ns)
{
	struct tcptrace_notes notes = { 0 };

	if (flow->conn.flags & TCPTRACE_CONN_ENDED)
		return;
	tcptrace_note_plain(&flow->conn, &notes, TCPTRACE_REC_COUNT,
			    TCPTRACE_WHY_NONE, TCPTRACE_NOBODY);
	walk_abandon(&f->walks, &flow->walk, &flow->conn, now_ns);
	emit(f, flow, &notes, NULL, 0, now_ns);
}

/**
 * flows_finish() - the capture is over
 * @f: the table; empty afterwards
 * @now_ns: its last time
 *
 * Connections that live do not end with it: the last record of theirs is one
 * of their counters, with TCPTRACE_WHY_NONE.
 *
 * Context: any; makes records.
 */
void flows_finish(struct flows *f, uint64_t now_ns)
{
	struct flow *flow, *tmp;

	advance(f, now_ns);
	HASH_ITER(hh, f->table, flow, tmp)
		say_counters(f, flow, now_ns);
	flows_clean(f);
}

/**
 * flows_clean() - forget all connections
 * @f: the table; empty afterwards
 *
 * Context: any.
 */
void flows_clean(struct flows *f)
{
	struct flow *flow, *tmp;

	HASH_ITER(hh, f->table, flow, tmp)
		forget(f, flow);
	while (f->spare) {
		flow = f->spare;
		f->spare = flow->next;
		free(flow);
	}
	f->nr_spare = 0;
}
