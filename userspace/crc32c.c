// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>

#include "crc32c.h"

/* Bytes that the loops below take at once where there are so many. */
#define STEP	64

#define POLY	0x82f63b78u	/* bits reversed */

static uint32_t table[8][256];

static void make_table(void)
{
	uint32_t i, j, c;

	for (i = 0; i < 256; i++) {
		c = i;
		for (j = 0; j < 8; j++)
			c = c & 1 ? c >> 1 ^ POLY : c >> 1;
		table[0][i] = c;
	}
	for (i = 0; i < 256; i++)
		for (j = 1; j < 8; j++)
			table[j][i] = table[j - 1][i] >> 8 ^
				      table[0][table[j - 1][i] & 0xff];
}

/**
 * crc32c_table() - the checksum without help from the processor
 * @data: bytes
 * @size: how many
 *
 * Context: one thread; the table is made at the first call.
 * Return: the CRC, as RFC 3720 has it.
 */
uint32_t crc32c_table(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	if (!table[0][1])
		make_table();

	/* Eight bytes a step: their remainders are independent (slicing). */
	for (; size >= 8; size -= 8, p += 8) {
		crc ^= p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
		crc = table[7][crc & 0xff] ^ table[6][crc >> 8 & 0xff] ^
		      table[5][crc >> 16 & 0xff] ^ table[4][crc >> 24] ^
		      table[3][p[4]] ^ table[2][p[5]] ^
		      table[1][p[6]] ^ table[0][p[7]];
	}
	while (size--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

static bool have_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

#define INSTRUCTION	__attribute__((target("sse4.2")))
#define CRC_WORD(crc, word)	_mm_crc32_u64(crc, word)
#define CRC_BYTE(crc, byte)	_mm_crc32_u8((uint32_t)(crc), byte)
#elif defined(__aarch64__) && defined(__GNUC__) && \
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <sys/auxv.h>
#include <asm/hwcap.h>

static bool have_instruction(void)
{
	return getauxval(AT_HWCAP) & HWCAP_CRC32;
}

#define INSTRUCTION	__attribute__((target("+crc")))
#define CRC_WORD(crc, word)	__builtin_aarch64_crc32cx((uint32_t)(crc), word)
#define CRC_BYTE(crc, byte)	__builtin_aarch64_crc32cb((uint32_t)(crc), byte)
#endif

#ifdef INSTRUCTION
INSTRUCTION
static uint32_t crc32c_instruction(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t crc = ~0u, word;
	size_t i;

	/* A record takes two steps. */
	for (; size >= STEP; size -= STEP, p += STEP) {
#pragma GCC unroll 8
		for (i = 0; i < STEP; i += 8) {
			memcpy(&word, p + i, 8);
			crc = CRC_WORD(crc, word);
		}
	}
	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		crc = CRC_WORD(crc, word);
	}
	while (size--)
		crc = CRC_BYTE(crc, *p++);
	return ~(uint32_t)crc;
}
#endif

/**
 * crc32c() - the checksum of some bytes
 * @data: bytes
 * @size: how many
 *
 * Context: one thread.
 * Return: the CRC, by the processor's own instruction where it has one.
 */
uint32_t crc32c(const void *data, size_t size)
{
#ifdef INSTRUCTION
	if (have_instruction())
		return crc32c_instruction(data, size);
#endif
	return crc32c_table(data, size);
}
