/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What core/ needs from where it is compiled: fixed-width types, bool and
 * memcpy. The only file in core/ that knows of a kernel.
 */
#ifndef _TCPTRACE_ENV_H
#define _TCPTRACE_ENV_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;
typedef __INT32_TYPE__ s32;
#endif

#include "../uapi/tcptrace.h"

/*
 * Of a local that is written before it is read, each part that is read: kernels
 * that zero all locals (CONFIG_INIT_STACK_ALL_ZERO) need not.
 */
#ifdef __has_attribute
#if __has_attribute(__uninitialized__)
#define TCPTRACE_UNINIT __attribute__((__uninitialized__))
#endif
#endif
#ifndef TCPTRACE_UNINIT
#define TCPTRACE_UNINIT
#endif

/*
 * What is called where it is compiled in one piece with its callers, and nowhere
 * else (module/path.c): the compiler may know that, and what is called once costs
 * no call.
 */
#ifdef TCPTRACE_ONE_PIECE
#define TCPTRACE_INNER static
#else
#define TCPTRACE_INNER
#endif

/*
 * What is called for most segments that are worth a record, or most words of the
 * kernel, where it is compiled in one piece: inline, so that what is handed on
 * stays in registers.
 */
#ifdef TCPTRACE_ONE_PIECE
#define TCPTRACE_OFTEN	__always_inline
#else
#define TCPTRACE_OFTEN
#endif

/*
 * What is seldom called, by what is called for each segment: inlined, it would
 * take that one's registers.
 */
#ifdef __KERNEL__
#define TCPTRACE_SELDOM	noinline
#else
#define TCPTRACE_SELDOM
#endif

/*
 * A pointer into an array is to be kept, not worked out anew from its index at
 * each use: the compiler need not know where it points.
 */
#define TCPTRACE_KEEP(pointer)	__asm__("" : "+r" (pointer))

/* RFC 9293 section 3.4: sequence numbers compare modulo 2^32. */
static inline bool tcptrace_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool tcptrace_after(u32 a, u32 b)
{
	return (s32)(b - a) < 0;
}

#endif /* _TCPTRACE_ENV_H */
