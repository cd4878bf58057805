/* SPDX-License-Identifier: GPL-2.0 */
/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of recordings. */
#ifndef _TCPTIMELINE_CRC32C_H
#define _TCPTIMELINE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *data, size_t size);
uint32_t crc32c_table(const void *data, size_t size);

#endif /* _TCPTIMELINE_CRC32C_H */
