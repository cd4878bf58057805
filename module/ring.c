// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU ring: reserve, publish, account, wake.
 *
 * The memory, in the order of the file that readers map:
 *
 *	front		header page, then the heads, each on lines of its own
 *	one per ring	records, on the memory node of the CPU that writes them
 *
 * Policies:
 *
 * One writer per ring. Interrupts are off from reservation to publication:
 * a softirq that writes in between could otherwise go round a small ring while
 * the outer record is half written, and leave it with a valid stamp.
 *
 * Readers cost writers nothing. There is no position of a reader in shared
 * memory, and a wakeup is at most an irq_work for every quarter of a ring;
 * between these a tick looks after the sleepers, and only while there are any.
 */
#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "ring.h"
#include "stats.h"

#ifndef CONFIG_64BIT
#error "tcptrace needs a 64-bit kernel: positions are stored in one piece"
#endif

#define TICK		(HZ / 10)

/* The prefetcher fetches pairs of 64-byte lines. */
#define HEAD_STRIDE	(SMP_CACHE_BYTES > 128 ? SMP_CACHE_BYTES : 128)

DEFINE_PER_CPU(struct tcptrace_ring, tcptrace_ring);

/* All set up by tcptrace_ring_init() and constant until tcptrace_ring_exit(). */
static struct tcptrace_ring **rings;
static struct tcptrace_header *header;

static DECLARE_WAIT_QUEUE_HEAD(sleepers);

/* What the tick last saw; only the tick's work touches it. */
static u64 tick_total;

static void tick_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(tick, tick_work);

static void wake_sleepers(void)
{
	tcptrace_count(TCPTRACE_STAT_WAKEUPS);
	wake_up_interruptible_poll(&sleepers, EPOLLIN | EPOLLRDNORM);
}

static void wake_work(struct irq_work *work)
{
	wake_sleepers();
}

/*
 * Whoever comes to the queue after the check at the end finds the tick not
 * pending and starts it anew.
 */
static void tick_work(struct work_struct *work)
{
	u64 total = tcptrace_ring_total();

	if (total != tick_total) {
		tick_total = total;
		wake_sleepers();
	}
	if (wq_has_sleeper(&sleepers))
		schedule_delayed_work(&tick, TICK);
}

u32 tcptrace_ring_default_slots(void)
{
	unsigned long slots = TCPTRACE_RING_DEFAULT_BYTES /
			      sizeof(struct tcptrace_record) /
			      num_possible_cpus();

	if (slots < TCPTRACE_RING_SLOTS_MIN)
		return TCPTRACE_RING_SLOTS_MIN;
	if (slots > TCPTRACE_RING_SLOTS_MAX)
		return TCPTRACE_RING_SLOTS_MAX;
	return rounddown_pow_of_two(slots);
}

/*
 * The timer wheel rounds up a deadline of TIME_WAIT's length (60 s) to a
 * multiple of 8 for each of its levels; level n begins at 63 * 8^(n-1) ticks.
 */
static u64 timer_slack_ns(void)
{
	unsigned long granularity = 1;

	while (60UL * HZ >= 63 * granularity)
		granularity *= 8;
	return (u64)granularity * TICK_NSEC;
}

static void init_header(u32 slots, size_t front_size)
{
	u64 ring_stride = PAGE_ALIGN(slots * sizeof(struct tcptrace_record));
	u32 nr_rings = num_possible_cpus();

	*header = (struct tcptrace_header) {
		.magic		= TCPTRACE_MAGIC,
		.abi_major	= TCPTRACE_ABI_MAJOR,
		.abi_minor	= TCPTRACE_ABI_MINOR,
		.record_size	= sizeof(struct tcptrace_record),
		.nr_rings	= nr_rings,
		.slots		= slots,
		.head_stride	= HEAD_STRIDE,
		.heads_offset	= PAGE_SIZE,
		.data_offset	= front_size,
		.ring_stride	= ring_stride,
		.total_size	= front_size + nr_rings * ring_stride,
		.load_ns	= ktime_get_ns(),
		.hz_slack_ns	= timer_slack_ns(),
	};
}

static int init_ring(struct tcptrace_ring *ring, u32 index, int cpu)
{
	ring->slots = vzalloc_node(header->ring_stride, cpu_to_node(cpu));
	if (!ring->slots)
		return -ENOMEM;

	ring->head = (void *)header + header->heads_offset +
		     index * header->head_stride;
	ring->head->cpu = cpu;
	ring->mask = header->slots - 1;
	ring->mark_mask = header->slots / 4 - 1;
	init_irq_work(&ring->wake, wake_work);
	return 0;
}

static void free_rings(u32 count)
{
	while (count)
		vfree(rings[--count]->slots);
}

int tcptrace_ring_init(u32 slots)
{
	u32 index = 0;
	size_t front_size;
	int cpu, err;

	if (!slots)
		slots = tcptrace_ring_default_slots();
	if (!is_power_of_2(slots) || slots < TCPTRACE_RING_SLOTS_LEAST ||
	    slots > TCPTRACE_RING_SLOTS_MAX)
		return -EINVAL;

	rings = kcalloc(num_possible_cpus(), sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return -ENOMEM;

	front_size = PAGE_SIZE + PAGE_ALIGN(num_possible_cpus() * HEAD_STRIDE);
	header = vzalloc(front_size);
	if (!header) {
		err = -ENOMEM;
		goto free_index;
	}
	init_header(slots, front_size);

	for_each_possible_cpu(cpu) {
		struct tcptrace_ring *ring = per_cpu_ptr(&tcptrace_ring, cpu);

		err = init_ring(ring, index, cpu);
		if (err)
			goto free_slots;
		rings[index++] = ring;
	}
	tick_total = 0;
	return 0;

free_slots:
	free_rings(index);
	vfree(header);
free_index:
	kfree(rings);
	return err;
}

void tcptrace_ring_gone(void)
{
	/* C, pairs with the load-acquire of header.state by readers */
	smp_store_release(&header->state, TCPTRACE_GONE);
}

/*
 * A sleeper in poll() or select() takes itself off when it has run; an epoll
 * instance, aio or io_uring takes itself off on POLLFREE, within the wakeup.
 * All of them were registered for EPOLLIN, which the removed file always
 * reports, hence none goes back to sleep.
 */
void tcptrace_ring_drain_pollers(void)
{
	for (;;) {
		__wake_up(&sleepers, TASK_NORMAL, 0,
			  poll_to_key(EPOLLIN | EPOLLHUP | POLLFREE));
		/* No barrier needed: nobody comes to the queue any more. */
		if (!waitqueue_active(&sleepers))
			break;
		schedule_timeout_uninterruptible(1);
	}

	/* The last one to leave may not yet have unlocked. */
	spin_lock_irq(&sleepers.lock);
	spin_unlock_irq(&sleepers.lock);

	/* Epoll looks at the queue under RCU until POLLFREE has come through. */
	synchronize_rcu();
}

void tcptrace_ring_exit(void)
{
	u32 i;

	for (i = 0; i < header->nr_rings; i++)
		irq_work_sync(&rings[i]->wake);
	cancel_delayed_work_sync(&tick);

	free_rings(header->nr_rings);
	vfree(header);
	kfree(rings);
}

void tcptrace_ring_mark(struct tcptrace_ring *ring)
{
	/* No barrier: the tick finds a sleeper that is missed here, who started it. */
	if (waitqueue_active(&sleepers))
		irq_work_queue(&ring->wake);
}

void tcptrace_ring_write(const struct tcptrace_record *rec)
{
	struct tcptrace_record *slot;
	unsigned long flags;

	local_irq_save(flags);
	slot = tcptrace_ring_reserve();
	memcpy((u8 *)slot + sizeof(slot->seq), (const u8 *)rec + sizeof(rec->seq),
	       sizeof(*rec) - sizeof(rec->seq));
	tcptrace_ring_publish(slot);
	local_irq_restore(flags);
}

u32 tcptrace_ring_count(void)
{
	return header->nr_rings;
}

u32 tcptrace_ring_slots(void)
{
	return header->slots;
}

u32 tcptrace_ring_cpu(u32 ring)
{
	return rings[ring]->head->cpu;
}

u64 tcptrace_ring_pos(u32 ring)
{
	/* Pairs with B in tcptrace_ring_publish(). */
	return smp_load_acquire(&rings[ring]->head->pos);
}

u64 tcptrace_ring_total(void)
{
	u64 total = 0;
	u32 i;

	for (i = 0; i < header->nr_rings; i++)
		total += tcptrace_ring_pos(i);
	return total;
}

void tcptrace_ring_open(u32 ring, struct tcptrace_ring_cursor *ret_cursor)
{
	u64 end = tcptrace_ring_pos(ring);

	ret_cursor->next = end > header->slots ? end - header->slots : 0;
	ret_cursor->end = end;
	ret_cursor->lost = 0;
}

/* Step over what the writer has overtaken since the cursor was last moved. */
static void skip_overwritten(u32 ring, struct tcptrace_ring_cursor *cursor)
{
	u64 head = tcptrace_ring_pos(ring);
	u64 oldest;

	if (head - cursor->next <= header->slots)
		return;
	oldest = min(head - header->slots, cursor->end);
	cursor->lost += oldest - cursor->next;
	cursor->next = oldest;
}

/* The reader's half of the protocol; false if the slot holds another record. */
static bool copy_slot(const u64 *slot, u64 stamp, u64 *to)
{
	int i;

	/* Pairs with B in tcptrace_ring_publish(). */
	to[0] = smp_load_acquire(&slot[0]);
	if (to[0] != stamp)
		return false;
	for (i = 1; i < TCPTRACE_RECORD_WORDS; i++)
		to[i] = READ_ONCE(slot[i]);
	/* Pairs with A in tcptrace_ring_reserve(). */
	smp_rmb();
	return READ_ONCE(slot[0]) == stamp;
}

bool tcptrace_ring_read(u32 ring, struct tcptrace_ring_cursor *cursor,
			struct tcptrace_record *ret_rec)
{
	const struct tcptrace_ring *r = rings[ring];

	for (;;) {
		const struct tcptrace_record *slot;

		skip_overwritten(ring, cursor);
		if (cursor->next == cursor->end)
			return false;

		slot = &r->slots[cursor->next++ & r->mask];
		if (copy_slot((const u64 *)slot, cursor->next, (u64 *)ret_rec))
			return true;
		cursor->lost++;
	}
}

/* The page at an offset of the file; offset below header->total_size. */
static struct page *page_at(u64 offset)
{
	void *base = header;
	u64 ring;

	if (offset >= header->data_offset) {
		offset -= header->data_offset;
		ring = offset / header->ring_stride;
		offset %= header->ring_stride;
		base = rings[ring]->slots;
	}
	return vmalloc_to_page(base + offset);
}

int tcptrace_ring_mmap(struct vm_area_struct *vma)
{
	unsigned long file_pages = header->total_size >> PAGE_SHIFT;
	unsigned long pages = vma_pages(vma);
	unsigned long i;
	int err;

	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	if (vma->vm_pgoff > file_pages || pages > file_pages - vma->vm_pgoff)
		return -EINVAL;

	/* Without VM_MAYWRITE not even root's mprotect() makes it writable. */
	tcptrace_vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP,
			      VM_MAYWRITE | VM_MAYEXEC);

	/* No vm_ops: a mapping must not need the module. */
	for (i = 0; i < pages; i++) {
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     page_at((u64)(vma->vm_pgoff + i)
					     << PAGE_SHIFT));
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

bool tcptrace_ring_poll(struct file *file, struct poll_table_struct *pt,
			u64 seen)
{
	/*
	 * Who asks for neither could not be woken for good when the module
	 * goes (tcptrace_ring_drain_pollers()), so does not get on the queue.
	 */
	if (poll_requested_events(pt) & (EPOLLIN | EPOLLRDNORM)) {
		poll_wait(file, &sleepers, pt);
		schedule_delayed_work(&tick, TICK);
	}

	/* Pairs with C in tcptrace_ring_gone(). */
	return smp_load_acquire(&header->state) == TCPTRACE_GONE ||
	       tcptrace_ring_total() > seen;
}
