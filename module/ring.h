/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU ring: reserve, publish, account, wake.
 *
 * A flight recorder: each CPU writes its own ring and overwrites the oldest
 * record. Readers, in the kernel or through a mapping, keep their positions
 * to themselves; how they read is told in uapi/tcptrace.h.
 *
 * Lifetime, as main.c drives it: tcptrace_ring_init(); writers and readers;
 * then, once no writer is left, tcptrace_ring_gone(); once the files are
 * removed, tcptrace_ring_drain_pollers(); tcptrace_ring_exit().
 */
#ifndef _TCPTRACE_RING_H
#define _TCPTRACE_RING_H

#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/kcsan-checks.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "stats.h"
#include "uapi/tcptrace.h"

struct vm_area_struct;
struct poll_table_struct;
struct file;

#define TCPTRACE_RING_SLOTS_MIN		1024
#define TCPTRACE_RING_SLOTS_MAX		65536
#define TCPTRACE_RING_DEFAULT_BYTES	(64UL << 20)	/* all CPUs together */

/*
 * A parameter may go below the default's minimum (tests of overflow do), not
 * below this.
 */
#define TCPTRACE_RING_SLOTS_LEAST	16

/**
 * struct tcptrace_ring_cursor - a reader's place in one ring
 * @next: position of the record to read next
 * @end: where to stop: the head when the reader began
 * @lost: records overwritten before they could be read
 *
 * Records read plus @lost is always the advance of @next.
 */
struct tcptrace_ring_cursor {
	u64 next;
	u64 end;
	u64 lost;
};

/**
 * tcptrace_ring_default_slots() - how large a ring is if nobody says
 *
 * Context: any.
 * Return: the power of two of records per CPU with which the rings of all
 * possible CPUs fill TCPTRACE_RING_DEFAULT_BYTES at most, within
 * TCPTRACE_RING_SLOTS_MIN and TCPTRACE_RING_SLOTS_MAX.
 */
u32 tcptrace_ring_default_slots(void);

/**
 * tcptrace_ring_init() - allocate a ring for each possible CPU
 * @slots: records in each ring, a power of two, TCPTRACE_RING_SLOTS_LEAST to
 *	TCPTRACE_RING_SLOTS_MAX; 0 for tcptrace_ring_default_slots()
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL if @slots is out of range; -ENOMEM.
 */
int tcptrace_ring_init(u32 slots);

/**
 * tcptrace_ring_gone() - tell readers that nothing will follow
 *
 * Sets TCPTRACE_GONE in the header with release semantics: who sees it sees
 * every record too. From here on tcptrace_ring_poll() is always true.
 *
 * Context: process. There must be no writer any more.
 */
void tcptrace_ring_gone(void);

/**
 * tcptrace_ring_drain_pollers() - wait until nobody sleeps on the rings
 *
 * The wait queue lies in the module: whoever is on it must leave before the
 * module does. On return the queue is empty and no epoll instance refers to
 * it.
 *
 * Context: process, sleeps. After tcptrace_ring_gone() and after the files
 * are removed, so that nobody can come to the queue again.
 */
void tcptrace_ring_drain_pollers(void);

/**
 * tcptrace_ring_exit() - free the rings
 *
 * Mappings stay valid: they hold references to the pages.
 *
 * Context: process, sleeps. After tcptrace_ring_drain_pollers(), and without
 * writers or readers in the kernel. Also undoes tcptrace_ring_init() where
 * nothing was written or opened.
 */
void tcptrace_ring_exit(void);

/**
 * tcptrace_ring_write() - copy a record to the ring of this CPU
 * @rec: the record; its @seq is ignored
 *
 * tcptrace_ring_reserve() and tcptrace_ring_publish() in one.
 *
 * Readers merge rings by time. Their order is right if each ring's times do
 * not decrease, thus take @t_ns with interrupts off and write before they are
 * on again; and to have a connection's order right across CPUs, take it under
 * the lock that gives out @n.
 *
 * Context: any but NMI; any lock may be held.
 */
void tcptrace_ring_write(const struct tcptrace_record *rec);

/**
 * struct tcptrace_ring - one CPU's ring
 * @slots: its records
 * @head: where the writer is; only this CPU writes to it
 * @mask: number of slots minus one
 * @mark_mask: a watermark lies where none of these bits is set
 * @wake: wakes sleepers, out of the context of whoever writes
 */
struct tcptrace_ring {
	struct tcptrace_record *slots;
	struct tcptrace_ring_head *head;
	u64 mask;
	u64 mark_mask;
	struct irq_work wake;
};

DECLARE_PER_CPU(struct tcptrace_ring, tcptrace_ring);

/**
 * tcptrace_ring_mark() - a quarter of a ring was written since the last wakeup
 * @ring: the ring, of this CPU
 *
 * Context: as tcptrace_ring_publish(), which calls it.
 */
void tcptrace_ring_mark(struct tcptrace_ring *ring);

/**
 * tcptrace_ring_reserve() - begin a record, on the ring of this CPU
 *
 * The oldest record is given up for it. Never waits, allocates or fails.
 *
 * Context: any but NMI, with interrupts off until tcptrace_ring_publish().
 * Return: the record, to be written in place: all of it but @seq.
 */
static inline struct tcptrace_record *tcptrace_ring_reserve(void)
{
	const struct tcptrace_ring *ring;
	struct tcptrace_record *rec;

	lockdep_assert_irqs_disabled();
	ring = this_cpu_ptr(&tcptrace_ring);
	rec = &ring->slots[ring->head->pos & ring->mask];
	WRITE_ONCE(rec->seq, 0);
	/*
	 * A, pairs with the acquire fence between a reader's copy and its
	 * second look at the stamp: who has copied a word of this record sees
	 * that the stamp is no longer that of the old one.
	 */
	smp_wmb();
	/* Readers copy what is being written, and throw it away. */
	kcsan_nestable_atomic_begin();
	return rec;
}

/**
 * tcptrace_ring_publish() - the record is written
 * @rec: what tcptrace_ring_reserve() returned
 *
 * Counts it in the statistics, and wakes readers.
 *
 * Context: as tcptrace_ring_reserve().
 */
static inline void tcptrace_ring_publish(struct tcptrace_record *rec)
{
	struct tcptrace_ring *ring = this_cpu_ptr(&tcptrace_ring);
	const u64 pos = ring->head->pos + 1;

	kcsan_nestable_atomic_end();
	tcptrace_count_record(rec->kind);
	/*
	 * B, pairs with the reader's load-acquire of the stamp: who sees the
	 * stamp sees the whole record.
	 */
	smp_store_release(&rec->seq, pos);
	/* B too, pairs with the load-acquire of the head. */
	smp_store_release(&ring->head->pos, pos);
	if (unlikely(!(pos & ring->mark_mask)))
		tcptrace_ring_mark(ring);
}

/**
 * tcptrace_ring_count() - how many rings there are
 *
 * Context: any, while initialised.
 * Return: number of possible CPUs.
 */
u32 tcptrace_ring_count(void);

/**
 * tcptrace_ring_slots() - how many records a ring holds
 *
 * Context: any, while initialised.
 * Return: a power of two.
 */
u32 tcptrace_ring_slots(void);

/**
 * tcptrace_ring_cpu() - whose ring this is
 * @ring: index of the ring, below tcptrace_ring_count()
 *
 * Context: any, while initialised.
 * Return: number of the CPU that writes it.
 */
u32 tcptrace_ring_cpu(u32 ring);

/**
 * tcptrace_ring_pos() - how many records a ring has had
 * @ring: index of the ring, below tcptrace_ring_count()
 *
 * Context: any, while initialised.
 * Return: records published since load, with acquire semantics: they can be
 * read, unless they are overwritten.
 */
u64 tcptrace_ring_pos(u32 ring);

/**
 * tcptrace_ring_total() - how many records all rings have had
 *
 * Context: any, while initialised.
 * Return: sum of tcptrace_ring_pos() over all rings; never less than what an
 * earlier call returned.
 */
u64 tcptrace_ring_total(void);

/**
 * tcptrace_ring_open() - begin to read what a ring holds now
 * @ring: index of the ring, below tcptrace_ring_count()
 * @ret_cursor: from the oldest record that is there to the newest
 *
 * What was overwritten before this call is not in @ret_cursor->lost.
 *
 * Context: any, while initialised.
 */
void tcptrace_ring_open(u32 ring, struct tcptrace_ring_cursor *ret_cursor);

/**
 * tcptrace_ring_read() - copy the next record, account for those missed
 * @ring: index of the ring, below tcptrace_ring_count()
 * @cursor: where the reader is; advanced, with the lost records counted
 * @ret_rec: the record; undefined if there is none
 *
 * Context: any, while initialised; the caller serialises use of @cursor.
 * Return: true with a record; false if @cursor has come to its end.
 */
bool tcptrace_ring_read(u32 ring, struct tcptrace_ring_cursor *cursor,
			struct tcptrace_record *ret_rec);

/**
 * tcptrace_ring_mmap() - map a part of the file that uapi/tcptrace.h draws
 * @vma: the mapping that is being made
 *
 * Read-only for good: neither writable nor executable, and never to be made
 * so. The mapping needs no code of the module and may outlive it.
 *
 * Context: process, in an mmap handler, mmap lock held for writing.
 * Return: 0; -EPERM if it asks for more than reading; -EINVAL if it reaches
 * beyond the end; -ENOMEM.
 */
int tcptrace_ring_mmap(struct vm_area_struct *vma);

/**
 * tcptrace_ring_poll() - are there records that a reader has not seen
 * @file: the reader's file
 * @pt: its poll table; it is registered on the wait queue only if it asks
 *	for EPOLLIN or EPOLLRDNORM
 * @seen: sum over all rings of the positions that the reader has seen
 *
 * Who sleeps is woken when a quarter of a ring was written, or within 100 ms.
 *
 * Context: process, in a poll handler.
 * Return: true if there are, or if the module is going.
 */
bool tcptrace_ring_poll(struct file *file, struct poll_table_struct *pt,
			u64 seen);

#endif /* _TCPTRACE_RING_H */
