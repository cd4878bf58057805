// SPDX-License-Identifier: GPL-2.0
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "util.h"

/*
 * What the kernel writes while we read is read with these. C11's atomics want
 * atomic types; the builtins beneath them take the ABI's plain ones.
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
	r->ring = NULL;
	r->nr = 0;
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

	for (i = 0; i < r->nr; i++)
		r->ring[i].until = load_acquire(&r->ring[i].head->pos);
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
 * takes: it may be torn, and who calls finds out. TSAN, to which that is a race,
 * is not to look.
 */
__attribute__((no_sanitize("thread")))
static void copy_torn(const struct tcptrace_record *slot,
		      struct tcptrace_record *to)
{
	*to = *slot;
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

/* The next record of a ring that is still there, if this pass has one. */
static bool fetch(const struct reader *r, struct reader_ring *ring,
		  struct tcptrace_record *to)
{
	for (;;) {
		const struct tcptrace_record *slot;

		skip_overwritten(r, ring);
		if (ring->next >= ring->until)
			return false;
		slot = &ring->slot[ring->next & (r->slots - 1)];
		if (copy(slot, ring->next++, to)) {
			ring->read++;
			return true;
		}
		ring->lost++;
	}
}

static bool look_ahead(const struct reader *r, struct reader_ring *ring)
{
	if (!ring->has_ahead)
		ring->has_ahead = fetch(r, ring, &ring->ahead);
	return ring->has_ahead;
}

static bool before(const struct tcptrace_record *a,
		   const struct tcptrace_record *b)
{
	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns;
	if (a->conn != b->conn)
		return a->conn < b->conn;
	return a->n < b->n;
}

/* The ring whose next record is the oldest, and the one that comes second. */
static struct reader_ring *oldest(struct reader *r,
				  const struct reader_ring **ret_rival)
{
	struct reader_ring *best = NULL, *rival = NULL;
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		struct reader_ring *ring = &r->ring[i];

		if (!look_ahead(r, ring))
			continue;
		if (!best || before(&ring->ahead, &best->ahead)) {
			rival = best;
			best = ring;
		} else if (!rival || before(&ring->ahead, &rival->ahead)) {
			rival = ring;
		}
	}
	*ret_rival = rival;
	return best;
}

/*
 * What @ring has that is earlier than @end_ns, until one is overwritten: nothing
 * but copies, and the account for all of them at once.
 */
static size_t take_plain(const struct reader *r, struct reader_ring *ring,
			 uint64_t end_ns, struct tcptrace_record *to, size_t max)
{
	const struct tcptrace_record *slot = ring->slot;
	const uint64_t mask = r->slots - 1, first = ring->next;
	uint64_t pos, end = ring->until;

	if (end > first && end - first > max)
		end = first + max;
	for (pos = first; pos < end; pos++, to++)
		if (!copy(&slot[pos & mask], pos, to) || to->t_ns >= end_ns)
			break;
	ring->next = pos;
	ring->read += pos - first;
	return (size_t)(pos - first);
}

/* What @ring has before it is @rival's turn; straight to where it is wanted. */
static size_t take_run(const struct reader *r, struct reader_ring *ring,
		       const struct reader_ring *rival, uint64_t limit_ns,
		       struct tcptrace_record *to, size_t max)
{
	uint64_t plain_ns = limit_ns;
	size_t got = 0;

	if (rival && rival->ahead.t_ns < plain_ns)
		plain_ns = rival->ahead.t_ns;
	while (got < max) {
		got += take_plain(r, ring, plain_ns, &to[got], max - got);
		if (got == max || !fetch(r, ring, &to[got]))
			break;
		if (to[got].t_ns > limit_ns ||
		    (rival && !before(&to[got], &rival->ahead))) {
			ring->ahead = to[got];
			ring->has_ahead = true;
			break;
		}
		got++;
	}
	return got;
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
	const struct reader_ring *rival;
	struct reader_ring *best;
	size_t got = 0;

	while (got < max) {
		best = oldest(r, &rival);
		if (!best || best->ahead.t_ns > limit_ns)
			break;
		to[got++] = best->ahead;
		best->has_ahead = false;
		got += take_run(r, best, rival, limit_ns, to + got, max - got);
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
	const struct reader_ring *rival;
	struct reader_ring *best = oldest(r, &rival);

	if (!best || best->ahead.t_ns > limit_ns)
		return false;
	*ret_rec = best->ahead;
	best->has_ahead = false;
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
		if (r->ring[i].has_ahead || r->ring[i].next < r->ring[i].until)
			return true;
	return false;
}
