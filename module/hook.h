/* SPDX-License-Identifier: GPL-2.0 */
/* Netfilter hooks: sk_buff to segment; always NF_ACCEPT. */
#ifndef _TCPTRACE_HOOK_H
#define _TCPTRACE_HOOK_H

struct net;

int tcptrace_hook_register(struct net *net);
void tcptrace_hook_unregister(struct net *net);

#endif /* _TCPTRACE_HOOK_H */
