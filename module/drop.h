/* SPDX-License-Identifier: GPL-2.0 */
/* Flows that go together, with what they belong to. */
#ifndef _TCPTRACE_DROP_H
#define _TCPTRACE_DROP_H

struct net;

void tcptrace_drop_unloading(void);
void tcptrace_drop_net(struct net *net);
void tcptrace_drop_begin(void);
void tcptrace_drop_finish(void);
void tcptrace_drop_unlisted(void);

#endif /* _TCPTRACE_DROP_H */
