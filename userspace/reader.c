// SPDX-License-Identifier: GPL-2.0
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "util.h"

/*
 * What the kernel writes while we read is read with these, but for a record as a
 * whole: see copy_torn(). C11's atomics want atomic types; the builtins beneath
 * them take the ABI's plain ones.
 */
#define load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_relaxed(p)	__atomic_load_n((p), __ATOMIC_RELAXED)

static bool fits(uint64_t offset, uint64_t stride, uint64_t nr, uint64_t last,
		 uint64_t total)
{
	uint64_t span;

	if (__builtin_mul_overflow(stride, nr - 1, &span) ||
	    __builtin_add_overflow(span, offset, &span) ||
	    __builtin_add_overflow(span, last, &span))
		return false;
	return span <= total;
}

/**
 * reader_check() - is this a mapping that we understand
 * @header: its beginning
 * @size: bytes that can be read
 *
 * The header is believed in nothing: a wrong one must not make us read beyond
 * the mapping.
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *reader_check(const struct tcptrace_header *header, uint64_t size)
{
	const uint64_t align = sizeof(uint64_t);
	uint64_t ring;

	if (size < sizeof(*header))
		return "it ends before its header does";
	if (header->magic == __builtin_bswap64(TCPTRACE_MAGIC))
		return "it has the other byte order";
	if (header->magic != TCPTRACE_MAGIC)
		return "it does not begin as one does";
	if (header->abi_major != TCPTRACE_ABI_MAJOR)
		return "its ABI is another one; use the tcptimeline that was built with it";
	if (header->record_size != sizeof(struct tcptrace_record))
		return "its records have another size";
	if (!header->nr_rings || !header->slots ||
	    (header->slots & (header->slots - 1)))
		return "its geometry makes no sense";
	ring = (uint64_t)header->slots * sizeof(struct tcptrace_record);
	if (header->heads_offset % align || header->head_stride % align ||
	    header->data_offset % align || header->ring_stride % align ||
	    header->head_stride < sizeof(struct tcptrace_ring_head) ||
	    header->ring_stride < ring)
		return "its geometry makes no sense";
	if (!fits(header->heads_offset, header->head_stride, header->nr_rings,
		  sizeof(struct tcptrace_ring_head), header->total_size) ||
	    !fits(header->data_offset, header->ring_stride, header->nr_rings,
		  ring, header->total_size))
		return "its geometry makes no sense";
	return NULL;
}

/**
 * reader_init() - begin to read at the oldest records that are left
 * @r: the reader
 * @base: a mapping of header->total_size bytes that reader_check() likes
 *
 * Context: any.
 */
void reader_init(struct reader *r, const void *base)
{
	const struct tcptrace_header *header = base;
	const char *bytes = base;
	unsigned int i;

	r->header = header;
	r->nr = header->nr_rings;
	r->slots = header->slots;
	r->ring = zalloc(r->nr * sizeof(*r->ring));
	r->lane = zalloc(r->nr * sizeof(*r->lane));
	r->nr_lanes = 0;
	for (i = 0; i < r->nr; i++) {
		struct reader_ring *ring = &r->ring[i];
		uint64_t head;

		ring->head = (const void *)(bytes + header->heads_offset +
					    (uint64_t)i * header->head_stride);
		ring->slot = (const void *)(bytes + header->data_offset +
					    (uint64_t)i * header->ring_stride);
		head = load_acquire(&ring->head->pos);
		if (head > r->slots) {
			ring->early = head - r->slots;
			ring->lost = ring->early;
			ring->next = ring->early;
		}
	}
}

/**
 * reader_clean() - give the memory of a reader back, not the mapping
 * @r: the reader
 *
 * Context: any.
 */
void reader_clean(struct reader *r)
{
	free(r->ring);
	free(r->lane);
	r->ring = NULL;
	r->lane = NULL;
	r->nr = 0;
	r->nr_lanes = 0;
}

/* If the writer has lapped us, what it has overwritten is lost. */
static void skip_overwritten(const struct reader *r, struct reader_ring *ring)
{
	uint64_t head = load_acquire(&ring->head->pos);

	if (head - ring->next <= r->slots)
		return;
	ring->lost += head - r->slots - ring->next;
	ring->next = head - r->slots;
}

/*
 * In steps as wide as the processor has them, which no builtin for atomics
 * takes: it may be torn, and who calls finds out. To the language that is a race,
 * for which reason TSAN is not to look; what keeps the copy where it is, behind
 * the load of a stamp and before the fence, is that compilers take both for
 * barriers to all memory. The one here says so to any that does not.
 */
__attribute__((no_sanitize("thread")))
static void copy_torn(const struct tcptrace_record *slot,
		      struct tcptrace_record *to)
{
	*to = *slot;
	__asm__ volatile("" ::: "memory");
}

/*
 * Copies the record at @pos, unless it is overwritten before or meanwhile: then
 * what it leaves in @to is worth nothing.
 */
static bool copy(const struct tcptrace_record *slot, uint64_t pos,
		 struct tcptrace_record *to)
{
	/* Pairs with B in module/ring.h: the words are those of @pos or newer */
	if (load_acquire(&slot->seq) != pos + 1)
		return false;
	copy_torn(slot, to);
	/* Pairs with A in module/ring.h: a newer word shows a newer seq */
	atomic_thread_fence(memory_order_acquire);
	return load_relaxed(&slot->seq) == pos + 1;
}

/* The place in the order of all records of the one at @pos; like copy(). */
static bool copy_key(const struct tcptrace_record *slot, uint64_t pos,
		     struct reader_key *to)
{
	if (load_acquire(&slot->seq) != pos + 1)
		return false;
	to->t_ns = load_relaxed(&slot->t_ns);
	to->conn = load_relaxed(&slot->conn);
	to->n = load_relaxed(&slot->n);
	atomic_thread_fence(memory_order_acquire);
	return load_relaxed(&slot->seq) == pos + 1;
}

/* To the next record of a ring that is still there, if this pass has one. */
static bool look_ahead(const struct reader *r, struct reader_ring *ring)
{
	for (;;) {
		skip_overwritten(r, ring);
		if (ring->next >= ring->until)
			return false;
		if (copy_key(&ring->slot[ring->next & (r->slots - 1)],
			     ring->next, &ring->ahead))
			return true;
		ring->next++;
		ring->lost++;
	}
}

static bool before(const struct reader_key *a, const struct reader_key *b)
{
	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns;
	if (a->conn != b->conn)
		return a->conn < b->conn;
	return a->n < b->n;
}

/* The lanes are a heap: to where it belongs goes one that may be too early. */
static void sink(struct reader *r, unsigned int at)
{
	struct reader_ring **lane = r->lane, *ring = lane[at];
	unsigned int child;

	for (; (child = 2 * at + 1) < r->nr_lanes; at = child) {
		if (child + 1 < r->nr_lanes &&
		    before(&lane[child + 1]->ahead, &lane[child]->ahead))
			child++;
		if (!before(&lane[child]->ahead, &ring->ahead))
			break;
		lane[at] = lane[child];
	}
	lane[at] = ring;
}

/* The first lane has been read from. */
static void set_first(struct reader *r)
{
	if (!look_ahead(r, r->lane[0]))
		r->lane[0] = r->lane[--r->nr_lanes];
	if (r->nr_lanes > 1)
		sink(r, 0);
}

/**
 * reader_pass() - from now on, read what has been published until now
 * @r: the reader
 *
 * Context: any.
 */
void reader_pass(struct reader *r)
{
	unsigned int i;

	r->nr_lanes = 0;
	for (i = 0; i < r->nr; i++) {
		struct reader_ring *ring = &r->ring[i];

		ring->until = load_acquire(&ring->head->pos);
		if (ring->next < ring->until && look_ahead(r, ring))
			r->lane[r->nr_lanes++] = ring;
	}
	for (i = r->nr_lanes / 2; i-- > 0;)
		sink(r, i);
}

/* What the first lane has that is earlier than this comes before all others. */
static uint64_t others_turn(const struct reader *r, uint64_t limit_ns)
{
	unsigned int i;

	for (i = 1; i < 3 && i < r->nr_lanes; i++)
		if (r->lane[i]->ahead.t_ns < limit_ns)
			limit_ns = r->lane[i]->ahead.t_ns;
	return limit_ns;
}

/*
 * The next record of @ring, and what follows it earlier than @end_ns, until one
 * is overwritten: nothing but copies, and the account for all of them at once.
 */
static size_t take_run(const struct reader *r, struct reader_ring *ring,
		       uint64_t end_ns, struct tcptrace_record *to, size_t max)
{
	const struct tcptrace_record *slot = ring->slot;
	const uint64_t mask = r->slots - 1, first = ring->next;
	uint64_t pos = first, end = ring->until;

	if (end - first > max)
		end = first + max;
	for (; pos < end; pos++, to++)
		if (!copy(&slot[pos & mask], pos, to) ||
		    (to->t_ns >= end_ns && pos != first))
			break;
	ring->next = pos;
	ring->read += pos - first;
	return (size_t)(pos - first);
}

/**
 * reader_some() - the next records of this pass, the oldest of all rings first
 * @r: the reader
 * @limit_ns: records later than this wait for the next pass, when others that
 *	are older may have become visible
 * @to: where to put them; what is beyond them is undefined afterwards
 * @max: how many have room there
 *
 * Context: any; never waits.
 * Return: how many there are; fewer than @max: this pass has no more.
 */
size_t reader_some(struct reader *r, uint64_t limit_ns,
		   struct tcptrace_record *to, size_t max)
{
	size_t got = 0;

	while (got < max && r->nr_lanes && r->lane[0]->ahead.t_ns <= limit_ns) {
		got += take_run(r, r->lane[0], others_turn(r, limit_ns),
				to + got, max - got);
		set_first(r);
	}
	return got;
}

/**
 * reader_next() - the next record of this pass
 * @r: the reader
 * @limit_ns: as in reader_some()
 * @ret_rec: the record; untouched if there is none
 *
 * Context: any; never waits.
 * Return: whether there is one.
 */
bool reader_next(struct reader *r, uint64_t limit_ns,
		 struct tcptrace_record *ret_rec)
{
	struct tcptrace_record rec;

	if (!reader_some(r, limit_ns, &rec, 1))
		return false;
	*ret_rec = rec;
	return true;
}

/**
 * reader_newest() - time of the newest record that is published
 * @r: the reader
 *
 * Context: any.
 * Return: the time, 0 if there is none.
 */
uint64_t reader_newest(const struct reader *r)
{
	struct tcptrace_record rec;
	uint64_t newest = 0;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		const struct reader_ring *ring = &r->ring[i];
		uint64_t pos = load_acquire(&ring->head->pos);

		/* If it is overwritten meanwhile, the next look will do. */
		if (pos-- &&
		    copy(&ring->slot[pos & (r->slots - 1)], pos, &rec) &&
		    rec.t_ns > newest)
			newest = rec.t_ns;
	}
	return newest;
}

/**
 * reader_gone() - was the module unloaded
 * @r: the reader
 *
 * Context: any. Whatever was recorded before is visible to a reader_pass()
 * that comes after.
 * Return: whether it was.
 */
bool reader_gone(const struct reader *r)
{
	return load_acquire(&r->header->state) & TCPTRACE_GONE;
}

/**
 * reader_seen() - how far all rings were read, for TCPTRACE_IOC_SEEN
 * @r: the reader
 *
 * Context: any.
 * Return: sum of positions.
 */
uint64_t reader_seen(const struct reader *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		sum += r->ring[i].next;
	return sum;
}

/**
 * reader_known() - how far this pass goes, for TCPTRACE_IOC_SEEN
 * @r: the reader
 *
 * What is held back counts: to wait for more than that is to let it rest.
 *
 * Context: any.
 * Return: sum of positions.
 */
uint64_t reader_known(const struct reader *r)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		sum += r->ring[i].next > r->ring[i].until ? r->ring[i].next :
							    r->ring[i].until;
	return sum;
}

/**
 * reader_holds() - are there records that wait for the next pass
 * @r: the reader
 *
 * Context: any.
 * Return: whether there are.
 */
bool reader_holds(const struct reader *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (r->ring[i].next < r->ring[i].until)
			return true;
	return false;
}
