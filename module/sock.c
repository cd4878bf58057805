// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>
#include <net/inet_timewait_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "flow.h"
#include "ports.h"
#include "recent.h"
#include "sock.h"
#include "table.h"

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

/**
 * tcptrace_sock_state() - state of the socket that sends a packet
 * @skb: a packet at LOCAL_OUT
 * @resets: it is a reset
 *
 * Context: process or softirq, under rcu_read_lock().
 * Return: enum tcptrace_state; TCPTRACE_UNKNOWN if the socket says nothing of
 * this connection: there is none, or it is the control socket that sends
 * resets (SOCK_RAW), or the listener behind a SYN cookie, or what is left of a
 * closed socket that resets, which goes after its reset (7.2).
 */
TCPTRACE_INNER TCPTRACE_OFTEN
u8 tcptrace_sock_state(const struct sk_buff *skb, bool resets)
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
		return resets ? TCPTRACE_UNKNOWN : inet_twsk(sk)->tw_substate;
	if (!sk_fullsock(sk) || sk->sk_type != SOCK_STREAM ||
	    state == TCP_LISTEN || state >= TCPTRACE_NR_STATES)
		return TCPTRACE_UNKNOWN;
	return state;
}

/**
 * tcptrace_sock_owner() - say which task sends, where that is certain
 * @rec: a TCPTRACE_REC_SEGMENT of a packet at LOCAL_OUT
 *
 * The current task is the sender's only in a system call: in softirq it is
 * whoever was interrupted; with softirqs off it may be one that hands packets
 * in (a tun device, busy polling); a kernel thread has no business here.
 *
 * Context: process or softirq.
 */
TCPTRACE_INNER TCPTRACE_OFTEN
void tcptrace_sock_owner(struct tcptrace_record *rec)
{
	if (!in_task() || softirq_count() || (current->flags & PF_KTHREAD))
		return;
	rec->rflags |= TCPTRACE_F_TASK;
	rec->pid = task_tgid_nr(current);
	BUILD_BUG_ON(TASK_COMM_LEN != TCPTRACE_COMM_LEN);
	/* May be renamed while it is read; never unterminated. */
	memcpy(rec->u.seg.comm, current->comm, TCPTRACE_COMM_LEN - 1);
}

/* --- tracepoint sock:inet_sock_set_state ------------------------------- */

static struct tracepoint *state_event;

/*
 * A new-born or half-set-up socket has no tuple yet. A closed one has still
 * its source port, though no longer its number (inet_put_port()).
 */
static bool tuple_is_whole(const struct sock *sk)
{
	return inet_sk(sk)->inet_sport && sk->sk_dport;
}

/* Its ports, its own in the upper half. */
static __always_inline u32 ports_of(const struct sock *sk)
{
	return (u32)ntohs(inet_sk(sk)->inet_sport) << 16 | ntohs(sk->sk_dport);
}

static __always_inline bool is_traced(const struct sock *sk)
{
	const u32 ports = ports_of(sk);

	return tcptrace_ports_have(ports >> 16, (u16)ports);
}

/* Its connection, if this CPU has just seen it. */
static __always_inline struct tcptrace_flow *recent_of(const struct sock *sk,
						       unsigned int *ret_end)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return tcptrace_recent_ipv6(sock_net(sk), &sk->sk_v6_rcv_saddr,
					    &sk->sk_v6_daddr, ports_of(sk),
					    ret_end);
#endif
	return tcptrace_recent_ipv4(sock_net(sk), inet_sk(sk)->inet_saddr,
				    sk->sk_daddr, ports_of(sk), ret_end);
}

static void fill_tuple(const struct sock *sk, struct tcptrace_tuple *tuple)
{
	tuple->net = sock_net(sk);
	tuple->ifindex = sk->sk_bound_dev_if;
	tuple->port[0] = ntohs(inet_sk(sk)->inet_sport);
	tuple->port[1] = ntohs(sk->sk_dport);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		memcpy(tuple->addr[0], &sk->sk_v6_rcv_saddr, 16);
		memcpy(tuple->addr[1], &sk->sk_v6_daddr, 16);
		tuple->family = ipv6_addr_v4mapped(&sk->sk_v6_daddr) ? 4 : 6;
		return;
	}
#endif
	ipv6_addr_set_v4mapped(inet_sk(sk)->inet_saddr,
			       (struct in6_addr *)tuple->addr[0]);
	ipv6_addr_set_v4mapped(sk->sk_daddr,
			       (struct in6_addr *)tuple->addr[1]);
	tuple->family = 4;
}

/* The table's, or NULL. Out of line, for tuple and key take a stack. */
static noinline struct tcptrace_flow *find_flow(const struct sock *sk,
						unsigned int *ret_end)
{
	struct tcptrace_tuple tuple TCPTRACE_UNINIT;
	struct tcptrace_key key TCPTRACE_UNINIT;

	fill_tuple(sk, &tuple);
	*ret_end = tcptrace_table_key(&tuple, &key);
	return tcptrace_table_find(&key);
}

/*
 * A socket of a request that is thrown away before it was established: another
 * CPU was first (inet_csk_complete_hashdance()), or the listener had no room.
 * The connection goes on. No user has such a socket, unlike one that opens
 * actively, nor is it the first of a request, unlike one of Fast Open.
 */
static bool is_stillborn(const struct sock *sk, int oldstate, int newstate)
{
	return oldstate == TCP_SYN_RECV && newstate == TCP_CLOSE &&
	       !READ_ONCE(sk->sk_socket) &&
	       !rcu_access_pointer(tcp_sk(sk)->fastopen_rsk);
}

/*
 * Of a traced port. Out of line: what is not traced should not pay for the stack.
 * Caller must hold rcu_read_lock().
 */
static noinline void hear(const struct sock *sk, u8 said)
{
	struct tcptrace_flow *flow;
	unsigned int end = 0, found;
	u64 linger_ns = 0;

	flow = recent_of(sk, &end);
	if (!flow) {
		/* Its address is known elsewhere, and @end stays in a register. */
		flow = find_flow(sk, &found);
		if (!flow)
			return;
		end = found;
	}
	if (said == TCP_CLOSE)
		linger_ns = jiffies_to_nsecs(tcp_fin_time(sk));
	tcptrace_flow_word(flow, end, said, linger_ns);
}

/*
 * Called wherever a socket changes its state: in process or softirq, with
 * preemption off up to 7.1, on, under SRCU alone, since 7.2. Allocates nothing,
 * creates no flow.
 */
static void on_state(void *data, const struct sock *sk, const int oldstate,
		     const int newstate)
{
	if (sk->sk_protocol != IPPROTO_TCP || !tuple_is_whole(sk) ||
	    newstate == TCP_LISTEN || newstate <= 0 ||
	    newstate >= TCPTRACE_NR_STATES ||
	    is_stillborn(sk, oldstate, newstate))
		return;
	rcu_read_lock();
	if (is_traced(sk))
		hear(sk, newstate);
	rcu_read_unlock();
}

/* Tracepoints are not exported by name. */
static void find_state_event(struct tracepoint *tp, void *priv)
{
	if (!strcmp(tp->name, "inet_sock_set_state"))
		state_event = tp;
}

/**
 * tcptrace_sock_init() - listen to the kernel's state changes
 *
 * Without that tracepoint, only what leaves says what state its socket is in.
 *
 * Context: process; may sleep.
 * Return: 0 or -errno.
 */
int tcptrace_sock_init(void)
{
	int err;

	for_each_kernel_tracepoint(find_state_event, NULL);
	if (!state_event) {
		pr_info("no tracepoint inet_sock_set_state: going by packets alone\n");
		return 0;
	}
	err = tracepoint_probe_register(state_event, on_state, NULL);
	if (err)
		state_event = NULL;
	return err;
}

/**
 * tcptrace_sock_exit() - no longer listen; nobody is in the probe afterwards
 *
 * Context: process; may sleep.
 */
void tcptrace_sock_exit(void)
{
	if (!state_event)
		return;
	tracepoint_probe_unregister(state_event, on_state, NULL);
	tracepoint_synchronize_unregister();
	state_event = NULL;
}
