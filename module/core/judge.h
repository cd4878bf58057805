/* SPDX-License-Identifier: GPL-2.0 */
/* What an endpoint makes of a segment that reaches it. Nothing moves here. */
#ifndef _TCPTRACE_JUDGE_H
#define _TCPTRACE_JUDGE_H

#include "end.h"
#include "segment.h"

/**
 * tcptrace_judge_synchronized() - has an endpoint's opening handshake happened
 * @end: the endpoint
 *
 * RFC 9293 section 3.3.2 counts ESTABLISHED and all that follow, but CLOSED.
 *
 * Context: any.
 */
TCPTRACE_INNER
bool tcptrace_judge_synchronized(const struct tcptrace_end *end);

/**
 * tcptrace_judge_overtaken() - was a SYN overtaken by what its sender sent next
 * @x: the sender, whose SYN was not seen before
 * @seg: a segment with SYN
 *
 * Context: any.
 */
TCPTRACE_INNER
bool tcptrace_judge_overtaken(const struct tcptrace_end *x,
			      const struct tcptrace_segment *seg);

/**
 * tcptrace_judge_rst() - does a reset end its receiver's connection
 * @y: the receiver
 * @x: the sender
 * @seg: a segment with RST
 *
 * It must hit the next number exactly (RFC 5961 section 3.2); by Linux's rules
 * (tcp_validate_incoming(), tcp_check_req(), tcp_rcv_synsent_state_process())
 * also one below it after a FIN, and in SYN_SENT by its acknowledgement alone.
 * Older kernels take it anywhere in the window of SYN_RCVD: that is a doubt. In
 * TIME_WAIT none does, where the receiver is known to follow RFC 1337.
 *
 * Context: any.
 */
TCPTRACE_INNER
bool tcptrace_judge_rst(const struct tcptrace_end *y,
			const struct tcptrace_end *x,
			const struct tcptrace_segment *seg);

/**
 * tcptrace_judge_missed() - does a segment acknowledge what was never seen
 * @y: the receiver
 * @x: the sender, the segment not counted in
 * @seg: the segment
 *
 * Of a host elsewhere, something may have gone another way than past here, or
 * in fragments, or a capture has dropped it: no more of it than the window of
 * its peer lets through, and nothing after a FIN. What is beyond that is
 * somebody's forgery, and so is what acknowledges more than a host here has
 * sent.
 *
 * Context: any.
 */
TCPTRACE_INNER
bool tcptrace_judge_missed(const struct tcptrace_end *y,
			   const struct tcptrace_end *x,
			   const struct tcptrace_segment *seg);

/**
 * tcptrace_judge_segment() - would a receiver listen to a segment
 * @y: the receiver
 * @x: the sender
 * @seg: a segment without RST
 *
 * The window test of RFC 9293 section 3.10.7.4 and the kernel's
 * tcp_sequence(), and that nothing is acknowledged that was not sent.
 *
 * Context: any.
 * Return: false for what is old or foreign.
 */
TCPTRACE_INNER
bool tcptrace_judge_segment(const struct tcptrace_end *y,
			    const struct tcptrace_end *x,
			    const struct tcptrace_segment *seg);

/**
 * tcptrace_judge_takes() - what moves a receiver's state
 * @y: the receiver
 * @x: the sender, the segment counted in
 * @seg: the segment
 *
 * Context: any.
 * Return: TCPTRACE_TOOK_* bits that @y has not taken yet; a FIN only once all
 * before it has arrived.
 */
TCPTRACE_INNER
u16 tcptrace_judge_takes(const struct tcptrace_end *y,
			 const struct tcptrace_end *x,
			 const struct tcptrace_segment *seg);

/**
 * tcptrace_judge_fin_waits() - may an end be closed, and its FIN not be sent yet
 * @end: the end
 * @peer: the other one
 *
 * The FIN waits behind data that is not acknowledged or finds no window; no
 * segment tells, though the kernel would.
 *
 * Context: any.
 */
TCPTRACE_INNER
bool tcptrace_judge_fin_waits(const struct tcptrace_end *end,
			      const struct tcptrace_end *peer);

#endif /* _TCPTRACE_JUDGE_H */
