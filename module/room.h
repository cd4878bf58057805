/* SPDX-License-Identifier: GPL-2.0 */
/* How many flows there may be, and which one goes when there is another. */
#ifndef _TCPTRACE_ROOM_H
#define _TCPTRACE_ROOM_H

#include <linux/types.h>

void tcptrace_room_init(u32 max_flows, u32 max_half_open);
bool tcptrace_room_reserve(void);

#endif /* _TCPTRACE_ROOM_H */
