/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP endpoint, written from RFC 9293 section 3.10, RFC 5961 and what Linux
 * makes of them: a referee for the core, with which it shares no rule.
 *
 * It does what it is told (open, send, close, abort, retransmit) and answers
 * what it is given. It never acts by itself, and its user calls come only in
 * states in which they put a segment on the wire: a SYN_SENT that gives up, or
 * an abort in CLOSING, says nothing to anybody and is for the kernel's word.
 * It serves one connection: an end that was reset or has answered as a closed
 * port opens no other.
 * After a passive OPEN there is no user before ESTABLISHED, as with accept().
 */
#ifndef _TCPTRACE_ENDPOINT_H
#define _TCPTRACE_ENDPOINT_H

#include "core/segment.h"

#define ENDPOINT_WINDOW		1000	/* field of the header */
#define ENDPOINT_WSCALE		7
#define ENDPOINT_MAX_DATA	60	/* bytes that one endpoint may send */
#define ENDPOINT_MAX_OUT	4
#define ENDPOINT_MAX_PATH	32

/* Where implementations differ; struct endpoint.dialect. */
#define ENDPOINT_DELAYS_ACK	0x01	/* of data and of a SYN-ACK */
#define ENDPOINT_DELAYS_FIN_ACK	0x02
#define ENDPOINT_TAKES_SYNACK	0x04	/* in SYN_RCVD; else a challenge ACK */
#define ENDPOINT_REQUEST_SOCK	0x08	/* any RST in the window ends SYN_RCVD */
#define ENDPOINT_RFC1337	0x10	/* no RST ends TIME_WAIT */
#define ENDPOINT_ORPHAN		0x20	/* data after CLOSE is answered by RST */
#define ENDPOINT_NR_DIALECTS	0x40

/**
 * struct endpoint - an endpoint
 * @state: enum tcptrace_state, the truth
 * @dialect: ENDPOINT_* bits
 * @passive: its last OPEN was passive
 * @fin_sent: @fin_seq is valid
 * @fin_known: @peer_fin is valid
 * @ack_due: it owes an acknowledgement
 * @spoke: it has put out something
 * @iss: initial send sequence number
 * @snd_una: oldest number that is not acknowledged
 * @snd_nxt: next number to send
 * @fin_seq: number of its FIN
 * @irs: initial receive sequence number
 * @rcv_nxt: next number expected
 * @rcv_wup: the last one acknowledged
 * @peer_fin: number of the peer's FIN, in order or not
 * @sent: bytes it was told to send
 * @got: which of the positions from @irs + 1 on have arrived
 * @tw_due_ns: when TIME_WAIT ends
 * @nr_path: how many states it has been in
 * @path: which
 * @nr_out: how many segments it has put out and nobody has fetched yet
 * @out: these
 * @out_path: length of the path when each was put out
 * @out_again: each was a retransmission
 */
struct endpoint {
	u8 state;
	u8 dialect;
	bool passive;
	bool fin_sent;
	bool fin_known;
	bool ack_due;
	bool spoke;
	u32 iss;
	u32 snd_una;
	u32 snd_nxt;
	u32 fin_seq;
	u32 irs;
	u32 rcv_nxt;
	u32 rcv_wup;
	u32 peer_fin;
	u32 sent;
	u64 got;
	u64 tw_due_ns;
	u8 nr_path;
	u8 path[ENDPOINT_MAX_PATH];
	u8 nr_out;
	struct tcptrace_segment out[ENDPOINT_MAX_OUT];
	u8 out_path[ENDPOINT_MAX_OUT];
	bool out_again[ENDPOINT_MAX_OUT];
};

/**
 * endpoint_init() - an endpoint that is CLOSED
 * @ep: the endpoint
 * @iss: its initial sequence number
 * @dialect: ENDPOINT_* bits
 */
void endpoint_init(struct endpoint *ep, u32 iss, u8 dialect);

/**
 * endpoint_listen() - passive OPEN
 * @ep: the endpoint
 *
 * Return: whether its state allows it; nothing has changed else. So with the
 * other calls.
 */
bool endpoint_listen(struct endpoint *ep);

/**
 * endpoint_connect() - active OPEN, once
 * @ep: the endpoint
 */
bool endpoint_connect(struct endpoint *ep);

/**
 * endpoint_send() - SEND
 * @ep: the endpoint
 * @len: bytes, all in one segment
 */
bool endpoint_send(struct endpoint *ep, u32 len);

/**
 * endpoint_close() - CLOSE
 * @ep: the endpoint
 * @len: bytes of data that go with the FIN
 */
bool endpoint_close(struct endpoint *ep, u32 len);

/**
 * endpoint_abort() - ABORT
 * @ep: the endpoint
 */
bool endpoint_abort(struct endpoint *ep);

/**
 * endpoint_retransmit() - its retransmission timer has run out
 * @ep: the endpoint
 * @len: bytes of data that it repeats at most
 */
bool endpoint_retransmit(struct endpoint *ep, u32 len);

/**
 * endpoint_acknowledge() - the time of a delayed ACK has come
 * @ep: the endpoint
 */
bool endpoint_acknowledge(struct endpoint *ep);

/**
 * endpoint_keepalive() - probe an idle peer
 * @ep: the endpoint
 */
bool endpoint_keepalive(struct endpoint *ep);

/**
 * endpoint_timer() - let the 2MSL timer run
 * @ep: the endpoint
 * @now_ns: the time
 */
bool endpoint_timer(struct endpoint *ep, u64 now_ns);

/**
 * endpoint_input() - a segment arrives
 * @ep: the endpoint
 * @seg: the segment
 * @now_ns: the time
 */
void endpoint_input(struct endpoint *ep, const struct tcptrace_segment *seg,
		    u64 now_ns);

#endif /* _TCPTRACE_ENDPOINT_H */
