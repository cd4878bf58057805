/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash tables: uthash, with a hash of our own. uthash's takes a step for each
 * byte; this one is for keys of multiples of 4 bytes without holes.
 */
#ifndef _TCPTIMELINE_HASH_H
#define _TCPTIMELINE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef UTHASH_H
#error "hash.h comes before uthash.h, or the key is hashed in another way"
#endif
#define HASH_FUNCTION(key, size, hash)	((hash) = hash_words((key), (size)))
#include <uthash.h>

/**
 * hash_words() - hash a key
 * @key: the key; need not be aligned
 * @size: its bytes, a multiple of 4
 *
 * Multiplied by the golden ratio, folded: all bits come to bear on all.
 *
 * Context: any.
 */
static inline unsigned int hash_words(const void *key, size_t size)
{
	const uint64_t golden = 0x9e3779b97f4a7c15u;
	const uint8_t *p = key;
	uint64_t h = 0, word;
	uint32_t last;

	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * golden;
		h ^= h >> 32;
	}
	if (size) {
		memcpy(&last, p, 4);
		h = (h ^ last) * golden;
		h ^= h >> 32;
	}
	return (unsigned int)h;
}

#endif /* _TCPTIMELINE_HASH_H */
