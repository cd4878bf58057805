// SPDX-License-Identifier: GPL-2.0
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <net/inet_timewait_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "sock.h"

/* The record's numbers are the kernel's. */
static_assert((int)TCPTRACE_ESTABLISHED == TCP_ESTABLISHED);
static_assert((int)TCPTRACE_SYN_SENT == TCP_SYN_SENT);
static_assert((int)TCPTRACE_SYN_RCVD == TCP_SYN_RECV);
static_assert((int)TCPTRACE_FIN_WAIT1 == TCP_FIN_WAIT1);
static_assert((int)TCPTRACE_FIN_WAIT2 == TCP_FIN_WAIT2);
static_assert((int)TCPTRACE_TIME_WAIT == TCP_TIME_WAIT);
static_assert((int)TCPTRACE_CLOSED == TCP_CLOSE);
static_assert((int)TCPTRACE_CLOSE_WAIT == TCP_CLOSE_WAIT);
static_assert((int)TCPTRACE_LAST_ACK == TCP_LAST_ACK);
static_assert((int)TCPTRACE_LISTEN == TCP_LISTEN);
static_assert((int)TCPTRACE_CLOSING == TCP_CLOSING);

/*
 * State of the socket that sends @skb, TCPTRACE_UNKNOWN if it says nothing of
 * this connection: there is none, or it is the control socket that sends
 * resets (SOCK_RAW), or the listener behind a SYN cookie.
 */
static u8 sender_state(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;
	u8 state;

	if (!sk)
		return TCPTRACE_UNKNOWN;
	/* Pairs with inet_sk_state_store(): what goes with the state is there. */
	state = smp_load_acquire(&sk->sk_state);
	if (state == TCP_NEW_SYN_RECV)
		return TCPTRACE_SYN_RCVD;
	if (state == TCP_TIME_WAIT)	/* FIN_WAIT2 hides in there, too */
		return inet_twsk(sk)->tw_substate;
	if (!sk_fullsock(sk) || sk->sk_type != SOCK_STREAM ||
	    state == TCP_LISTEN || state >= TCPTRACE_NR_STATES)
		return TCPTRACE_UNKNOWN;
	return state;
}

/**
 * tcptrace_sock_fill() - say what the sending socket and task say
 * @skb: a packet at LOCAL_OUT
 * @rec: a TCPTRACE_REC_SEGMENT; sk_state, pid, comm and their flags are set
 *
 * The current task is the sender's only in a system call: in softirq it is
 * whoever was interrupted; with softirqs off it may be one that hands packets
 * in (a tun device, busy polling); a kernel thread has no business here.
 *
 * Context: process or softirq, under rcu_read_lock().
 */
void tcptrace_sock_fill(const struct sk_buff *skb, struct tcptrace_record *rec)
{
	u8 state = sender_state(skb);

	if (state != TCPTRACE_UNKNOWN) {
		rec->rflags |= TCPTRACE_F_SK;
		rec->u.seg.sock_state = state;
	}
	if (in_task() && !softirq_count() && !(current->flags & PF_KTHREAD)) {
		rec->rflags |= TCPTRACE_F_TASK;
		rec->pid = task_tgid_nr(current);
		BUILD_BUG_ON(TASK_COMM_LEN != TCPTRACE_COMM_LEN);
		/* May be renamed while it is read; never unterminated. */
		memcpy(rec->u.seg.comm, current->comm, TCPTRACE_COMM_LEN - 1);
	}
}
