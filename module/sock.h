/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own word: state and owner of the socket that sends. */
#ifndef _TCPTRACE_SOCK_H
#define _TCPTRACE_SOCK_H

#include "uapi/tcptrace.h"

struct sk_buff;

void tcptrace_sock_fill(const struct sk_buff *skb, struct tcptrace_record *rec);

#endif /* _TCPTRACE_SOCK_H */
