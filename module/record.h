/* SPDX-License-Identifier: GPL-2.0 */
/* From what the core has noted on a flow to records in the ring. */
#ifndef _TCPTRACE_RECORD_H
#define _TCPTRACE_RECORD_H

#include "core/conn.h"

struct tcptrace_flow;

TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_record_sighting(struct tcptrace_flow *flow,
			      const struct tcptrace_notes *notes,
			      const struct tcptrace_sighting *s, u32 ifindex,
			      u8 said);
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_record_word(struct tcptrace_flow *flow,
			  const struct tcptrace_notes *notes, u64 now_ns);
void tcptrace_record_event(struct tcptrace_flow *flow,
			   const struct tcptrace_notes *notes, u64 now_ns);

#endif /* _TCPTRACE_RECORD_H */
