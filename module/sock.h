/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own word: state and owner of the sockets of this host. */
#ifndef _TCPTRACE_SOCK_H
#define _TCPTRACE_SOCK_H

#include <linux/types.h>

#include "core/env.h"
#include "uapi/tcptrace.h"

struct sk_buff;

TCPTRACE_INNER TCPTRACE_OFTEN
u8 tcptrace_sock_state(const struct sk_buff *skb, bool resets);
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_sock_owner(struct tcptrace_record *rec);

int tcptrace_sock_init(void);
void tcptrace_sock_exit(void);

#endif /* _TCPTRACE_SOCK_H */
