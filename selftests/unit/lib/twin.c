// SPDX-License-Identifier: GPL-2.0
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "twin.h"

#define PAGE	4096u

static uint64_t round_up(uint64_t n)
{
	return (n + PAGE - 1) / PAGE * PAGE;
}

void *twin_create(unsigned int rings, uint32_t slots, size_t *ret_size)
{
	struct tcptrace_header *header;
	unsigned int i;
	size_t size;
	char *base;

	size = PAGE + round_up(rings * 64) +
	       rings * round_up((uint64_t)slots * TCPTRACE_RECORD_SIZE);
	base = aligned_alloc(PAGE, size);
	if (!base)
		abort();
	memset(base, 0, size);
	header = (void *)base;
	header->magic = TCPTRACE_MAGIC;
	header->abi_major = TCPTRACE_ABI_MAJOR;
	header->record_size = TCPTRACE_RECORD_SIZE;
	header->nr_rings = rings;
	header->slots = slots;
	header->head_stride = 64;
	header->heads_offset = PAGE;
	header->data_offset = PAGE + round_up(rings * 64);
	header->ring_stride = round_up((uint64_t)slots * TCPTRACE_RECORD_SIZE);
	header->total_size = size;
	for (i = 0; i < rings; i++)
		((struct tcptrace_ring_head *)(base + PAGE + i * 64))->cpu = i;
	*ret_size = size;
	return base;
}

/* As module/ring.h does it; A and B as in uapi/tcptrace.h. */
void twin_write(void *base, unsigned int ring,
		const struct tcptrace_record *rec)
{
	const struct tcptrace_header *header = base;
	struct tcptrace_ring_head *head = (void *)((char *)base +
		header->heads_offset + ring * header->head_stride);
	uint64_t pos = __atomic_load_n(&head->pos, __ATOMIC_RELAXED);
	uint64_t *slot = (void *)((char *)base + header->data_offset +
		ring * header->ring_stride +
		(pos & (header->slots - 1)) * TCPTRACE_RECORD_SIZE);
	uint64_t words[TCPTRACE_RECORD_WORDS];
	unsigned int i;

	memcpy(words, rec, sizeof(words));
	__atomic_store_n(&slot[0], 0, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_release);	/* A */
	for (i = 1; i < TCPTRACE_RECORD_WORDS; i++)
		__atomic_store_n(&slot[i], words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&slot[0], pos + 1, __ATOMIC_RELEASE);	/* B */
	__atomic_store_n(&head->pos, pos + 1, __ATOMIC_RELEASE);
}

void twin_gone(void *base)
{
	struct tcptrace_header *header = base;

	__atomic_fetch_or(&header->state, TCPTRACE_GONE, __ATOMIC_RELEASE);
}
