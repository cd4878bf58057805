/* SPDX-License-Identifier: GPL-2.0 */
/* Sightings and words, each to the connection that it belongs to. */
#ifndef _TCPTRACE_FLOW_H
#define _TCPTRACE_FLOW_H

#include "packet.h"

int tcptrace_flow_init(bool hear);
void tcptrace_flow_exit(void);

void tcptrace_flow_segment(struct tcptrace_packet *p);
void tcptrace_flow_word(const struct tcptrace_tuple *tuple, u8 said,
			u64 linger_ns);

#endif /* _TCPTRACE_FLOW_H */
