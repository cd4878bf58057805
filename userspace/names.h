/* SPDX-License-Identifier: GPL-2.0 */
/* Names of what records hold: flags, reasons, addresses, numbers. */
#ifndef _TCPTIMELINE_NAMES_H
#define _TCPTIMELINE_NAMES_H

#include "text.h"
#include "uapi/tcptrace.h"

const char *name_flag(unsigned int i, uint16_t *ret_bit);
void name_flags(struct text *t, uint16_t flags, const char *between);
const char *name_why(uint8_t why);
const char *name_kind(uint8_t kind);
const char *name_vantage(uint8_t vantage);
void name_address(struct text *t, const uint8_t addr[16], uint8_t family);
void name_endpoint(struct text *t, const struct tcptrace_record *rec,
		   uint8_t who);

#endif /* _TCPTIMELINE_NAMES_H */
