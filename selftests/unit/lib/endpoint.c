// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "endpoint.h"

#define MSL2_NS	60000000000ULL

static void become(struct endpoint *ep, u8 state)
{
	ep->state = state;
	if (ep->nr_path == ENDPOINT_MAX_PATH)
		abort();
	ep->path[ep->nr_path++] = state;
}

static void put(struct endpoint *ep, u16 flags, u32 seq, u32 len, u32 ack)
{
	struct tcptrace_segment *seg = &ep->out[ep->nr_out];
	bool again = ep->snd_una != ep->snd_nxt && len +
		     (flags & (TCPTRACE_SYN | TCPTRACE_FIN)) &&
		     seq != ep->snd_nxt;

	if (ep->nr_out == ENDPOINT_MAX_OUT)
		abort();
	memset(seg, 0, sizeof(*seg));
	seg->seq = seq;
	seg->ack = flags & TCPTRACE_ACK ? ack : 0;
	seg->len = len;
	seg->end = seq + len + !!(flags & TCPTRACE_SYN) +
		   !!(flags & TCPTRACE_FIN);
	seg->flags = flags;
	seg->win = ENDPOINT_WINDOW;
	seg->segs = 1;
	seg->wscale = flags & TCPTRACE_SYN ? ENDPOINT_WSCALE :
					     TCPTRACE_WSCALE_NONE;
	ep->out_path[ep->nr_out] = ep->nr_path;
	ep->out_again[ep->nr_out++] = again;
	ep->spoke = true;
	if (flags & TCPTRACE_ACK) {
		ep->ack_due = false;
		ep->rcv_wup = ep->rcv_nxt;
	}
}

static void put_ack(struct endpoint *ep)
{
	put(ep, TCPTRACE_ACK, ep->snd_nxt, 0, ep->rcv_nxt);
}

static void put_synack(struct endpoint *ep)
{
	put(ep, TCPTRACE_SYN | TCPTRACE_ACK, ep->iss, 0, ep->rcv_nxt);
}

/* 3.10.7.1: a reset that makes itself acceptable to who asked for it. */
static void put_reset(struct endpoint *ep, const struct tcptrace_segment *seg)
{
	if (seg->flags & TCPTRACE_ACK)
		put(ep, TCPTRACE_RST, seg->ack, 0, 0);
	else
		put(ep, TCPTRACE_RST | TCPTRACE_ACK, 0, 0, seg->end);
}

static u32 window(const struct endpoint *ep)
{
	return ENDPOINT_WINDOW << ENDPOINT_WSCALE;
}

void endpoint_init(struct endpoint *ep, u32 iss, u8 dialect)
{
	memset(ep, 0, sizeof(*ep));
	ep->iss = iss;
	ep->dialect = dialect;
	ep->snd_una = iss;
	ep->snd_nxt = iss;
	become(ep, TCPTRACE_CLOSED);
}

/* --- 3.10.1 to 3.10.5: user calls ------------------------------------- */

bool endpoint_listen(struct endpoint *ep)
{
	if (ep->state != TCPTRACE_CLOSED || ep->nr_path > 1)
		return false;
	ep->passive = true;
	ep->nr_path = 0;
	become(ep, TCPTRACE_LISTEN);
	return true;
}

bool endpoint_connect(struct endpoint *ep)
{
	if (ep->state != TCPTRACE_CLOSED || ep->nr_path > 1 || ep->spoke)
		return false;
	ep->passive = false;
	ep->snd_nxt = ep->iss + 1;
	become(ep, TCPTRACE_SYN_SENT);
	put(ep, TCPTRACE_SYN, ep->iss, 0, 0);
	return true;
}

bool endpoint_send(struct endpoint *ep, u32 len)
{
	if (ep->state != TCPTRACE_ESTABLISHED &&
	    ep->state != TCPTRACE_CLOSE_WAIT)
		return false;
	if (!len || ep->sent + len > ENDPOINT_MAX_DATA)
		return false;
	put(ep, TCPTRACE_ACK | TCPTRACE_PSH, ep->snd_nxt, len, ep->rcv_nxt);
	ep->snd_nxt += len;
	ep->sent += len;
	return true;
}

bool endpoint_close(struct endpoint *ep, u32 len)
{
	u8 next;

	switch (ep->state) {
	case TCPTRACE_SYN_RCVD:
		if (ep->passive)
			return false;
		len = 0;
		__attribute__((__fallthrough__));
	case TCPTRACE_ESTABLISHED:
		next = TCPTRACE_FIN_WAIT1;
		break;
	case TCPTRACE_CLOSE_WAIT:
		next = TCPTRACE_LAST_ACK;
		break;
	default:
		return false;
	}
	if (ep->sent + len > ENDPOINT_MAX_DATA)
		len = 0;
	become(ep, next);
	put(ep, TCPTRACE_FIN | TCPTRACE_ACK, ep->snd_nxt, len, ep->rcv_nxt);
	ep->fin_sent = true;
	ep->fin_seq = ep->snd_nxt + len;
	ep->snd_nxt += len + 1;
	ep->sent += len;
	return true;
}

bool endpoint_abort(struct endpoint *ep)
{
	switch (ep->state) {
	case TCPTRACE_SYN_RCVD:
	case TCPTRACE_ESTABLISHED:
	case TCPTRACE_FIN_WAIT1:
	case TCPTRACE_FIN_WAIT2:
	case TCPTRACE_CLOSE_WAIT:
		become(ep, TCPTRACE_CLOSED);
		put(ep, TCPTRACE_RST | TCPTRACE_ACK, ep->snd_nxt, 0,
		    ep->rcv_nxt);
		return true;
	default:
		return false;
	}
}

/* --- 3.10.8: timeouts ------------------------------------------------- */

static bool unacknowledged(const struct endpoint *ep)
{
	return ep->snd_una != ep->snd_nxt && ep->state != TCPTRACE_CLOSED &&
	       ep->state != TCPTRACE_LISTEN;
}

bool endpoint_retransmit(struct endpoint *ep, u32 len)
{
	u16 flags = TCPTRACE_ACK;
	u32 rest;

	if (!unacknowledged(ep))
		return false;
	if (ep->state == TCPTRACE_SYN_SENT) {
		put(ep, TCPTRACE_SYN, ep->iss, 0, 0);
		return true;
	}
	if (ep->snd_una == ep->iss) {
		put_synack(ep);
		return true;
	}
	rest = (ep->fin_sent ? ep->fin_seq : ep->snd_nxt) - ep->snd_una;
	if (len >= rest) {
		len = rest;
		if (ep->fin_sent)
			flags |= TCPTRACE_FIN;
	} else if (!len) {
		len = 1;
	}
	if (len)
		flags |= TCPTRACE_PSH;
	put(ep, flags, ep->snd_una, len, ep->rcv_nxt);
	return true;
}

bool endpoint_acknowledge(struct endpoint *ep)
{
	if (!ep->ack_due || ep->state == TCPTRACE_CLOSED ||
	    ep->state == TCPTRACE_LISTEN)
		return false;
	put_ack(ep);
	return true;
}

bool endpoint_keepalive(struct endpoint *ep)
{
	if ((ep->state != TCPTRACE_ESTABLISHED &&
	     ep->state != TCPTRACE_CLOSE_WAIT &&
	     ep->state != TCPTRACE_FIN_WAIT2) || unacknowledged(ep))
		return false;
	put(ep, TCPTRACE_ACK, ep->snd_nxt - 1, 0, ep->rcv_nxt);
	return true;
}

static void start_time_wait(struct endpoint *ep, u64 now_ns)
{
	ep->tw_due_ns = now_ns + MSL2_NS;
}

bool endpoint_timer(struct endpoint *ep, u64 now_ns)
{
	if (ep->state != TCPTRACE_TIME_WAIT || now_ns < ep->tw_due_ns)
		return false;
	become(ep, TCPTRACE_CLOSED);
	return true;
}

/* --- 3.10.7: segments ------------------------------------------------- */

static void input_listen(struct endpoint *ep,
			 const struct tcptrace_segment *seg)
{
	if (seg->flags & TCPTRACE_RST)
		return;
	if (seg->flags & TCPTRACE_ACK || ep->nr_path > 1) {
		put_reset(ep, seg);
		return;
	}
	if (!(seg->flags & TCPTRACE_SYN))
		return;
	ep->irs = seg->seq;
	ep->rcv_nxt = seg->seq + 1;
	ep->snd_una = ep->iss;
	ep->snd_nxt = ep->iss + 1;
	become(ep, TCPTRACE_SYN_RCVD);
	put_synack(ep);
}

static void input_syn_sent(struct endpoint *ep,
			   const struct tcptrace_segment *seg)
{
	bool acks = seg->flags & TCPTRACE_ACK;

	if (acks && seg->ack != ep->iss + 1) {
		if (!(seg->flags & TCPTRACE_RST))
			put_reset(ep, seg);
		return;
	}
	if (seg->flags & TCPTRACE_RST) {
		if (acks)
			become(ep, TCPTRACE_CLOSED);
		return;
	}
	if (!(seg->flags & TCPTRACE_SYN))
		return;
	ep->irs = seg->seq;
	ep->rcv_nxt = seg->seq + 1;
	ep->rcv_wup = ep->rcv_nxt;
	if (!acks) {
		become(ep, TCPTRACE_SYN_RCVD);
		put_synack(ep);
		return;
	}
	ep->snd_una = seg->ack;
	become(ep, TCPTRACE_ESTABLISHED);
	ep->ack_due = true;
	if (!(ep->dialect & ENDPOINT_DELAYS_ACK))
		put_ack(ep);
}

/* As tcp_timewait_state_process() does it. */
static void input_time_wait(struct endpoint *ep,
			    const struct tcptrace_segment *seg, u64 now_ns)
{
	bool rst = seg->flags & TCPTRACE_RST;

	if (seg->seq == ep->rcv_nxt && (seg->end == seg->seq || rst)) {
		if (!rst)
			start_time_wait(ep, now_ns);
		else if (!(ep->dialect & ENDPOINT_RFC1337))
			become(ep, TCPTRACE_CLOSED);
		return;
	}
	if (rst)
		return;
	if (seg->flags & TCPTRACE_ACK)
		start_time_wait(ep, now_ns);
	put_ack(ep);
}

/* First check, 3.10.7.4; Linux takes what it has not acknowledged yet, too. */
static bool in_window(const struct endpoint *ep,
		      const struct tcptrace_segment *seg)
{
	return !tcptrace_before(seg->end, ep->rcv_wup) &&
	       !tcptrace_after(seg->seq, ep->rcv_nxt + window(ep));
}

/* Second check, with RFC 5961 section 3.2. */
static void input_reset(struct endpoint *ep,
			const struct tcptrace_segment *seg, bool in)
{
	bool exact = seg->seq == ep->rcv_nxt;

	switch (ep->state) {
	case TCPTRACE_SYN_RCVD:
		if (ep->passive && in && ep->dialect & ENDPOINT_REQUEST_SOCK)
			exact = true;
		break;
	case TCPTRACE_CLOSE_WAIT:
	case TCPTRACE_LAST_ACK:
	case TCPTRACE_CLOSING:
		exact = exact || seg->seq == ep->rcv_nxt - 1;
		break;
	}
	if (!exact) {
		if (in)
			put_ack(ep);
		return;
	}
	if (ep->state == TCPTRACE_SYN_RCVD && ep->passive)
		become(ep, TCPTRACE_LISTEN);
	else
		become(ep, TCPTRACE_CLOSED);
	ep->ack_due = false;
}

/* What of a segment's data and FIN is new, in order or not. */
static void input_text(struct endpoint *ep, const struct tcptrace_segment *seg)
{
	u32 i, pos;

	for (i = 0; i < seg->len; i++) {
		pos = seg->seq + i - (ep->irs + 1);
		if (pos < 64)
			ep->got |= 1ULL << pos;
	}
	if (seg->flags & TCPTRACE_FIN) {
		ep->fin_known = true;
		ep->peer_fin = seg->seq + seg->len;
	}
	while ((pos = ep->rcv_nxt - (ep->irs + 1)) < 64 &&
	       ep->got & (1ULL << pos))
		ep->rcv_nxt++;
}

static void input_fin(struct endpoint *ep, u64 now_ns)
{
	ep->rcv_nxt++;
	switch (ep->state) {
	case TCPTRACE_ESTABLISHED:
		become(ep, TCPTRACE_CLOSE_WAIT);
		break;
	case TCPTRACE_FIN_WAIT1:
		become(ep, TCPTRACE_CLOSING);
		break;
	case TCPTRACE_FIN_WAIT2:
		become(ep, TCPTRACE_TIME_WAIT);
		start_time_wait(ep, now_ns);
		break;
	}
}

/* Fifth check. Return: false if the segment is to be dropped. */
static bool input_ack(struct endpoint *ep, const struct tcptrace_segment *seg,
		      u64 now_ns)
{
	bool news = tcptrace_after(seg->ack, ep->snd_una);

	if (ep->state == TCPTRACE_SYN_RCVD) {
		if (!news || tcptrace_after(seg->ack, ep->snd_nxt)) {
			put_reset(ep, seg);
			return false;
		}
		become(ep, TCPTRACE_ESTABLISHED);
	}
	if (tcptrace_after(seg->ack, ep->snd_nxt)) {
		put_ack(ep);
		return false;
	}
	if (news)
		ep->snd_una = seg->ack;
	if (!ep->fin_sent || ep->snd_una != ep->snd_nxt)
		return true;
	switch (ep->state) {
	case TCPTRACE_FIN_WAIT1:
		become(ep, TCPTRACE_FIN_WAIT2);
		return true;
	case TCPTRACE_CLOSING:
		become(ep, TCPTRACE_TIME_WAIT);
		start_time_wait(ep, now_ns);
		return false;
	case TCPTRACE_LAST_ACK:
		become(ep, TCPTRACE_CLOSED);
		return false;
	default:
		return true;
	}
}

/* A SYN in SYN_RCVD. Return: false if it is dealt with. */
static bool input_syn_again(struct endpoint *ep,
			    const struct tcptrace_segment *seg)
{
	if (seg->seq != ep->irs)
		return true;
	if (!(seg->flags & TCPTRACE_ACK)) {
		if (ep->passive)
			put_synack(ep);
		else
			put_ack(ep);
		return false;
	}
	if (!(ep->dialect & ENDPOINT_TAKES_SYNACK) || ep->passive ||
	    seg->ack != ep->snd_nxt)
		return true;
	ep->snd_una = seg->ack;
	become(ep, TCPTRACE_ESTABLISHED);
	ep->ack_due = true;
	return false;
}

void endpoint_input(struct endpoint *ep, const struct tcptrace_segment *seg,
		    u64 now_ns)
{
	bool in, delay;
	u32 before;

	switch (ep->state) {
	case TCPTRACE_CLOSED:
		if (!(seg->flags & TCPTRACE_RST))
			put_reset(ep, seg);
		return;
	case TCPTRACE_LISTEN:
		input_listen(ep, seg);
		return;
	case TCPTRACE_SYN_SENT:
		input_syn_sent(ep, seg);
		return;
	case TCPTRACE_TIME_WAIT:
		input_time_wait(ep, seg, now_ns);
		return;
	}
	if (ep->state == TCPTRACE_SYN_RCVD && seg->flags & TCPTRACE_SYN &&
	    !(seg->flags & TCPTRACE_RST) && !input_syn_again(ep, seg))
		return;
	in = in_window(ep, seg);
	if (seg->flags & TCPTRACE_RST) {
		input_reset(ep, seg, in);
		return;
	}
	/* RFC 5961 section 4.2: a SYN is challenged wherever it lies. */
	if (!in || seg->flags & TCPTRACE_SYN) {
		put_ack(ep);
		return;
	}
	if (!(seg->flags & TCPTRACE_ACK) || !input_ack(ep, seg, now_ns))
		return;
	if (seg->end == seg->seq)
		return;
	if (!tcptrace_after(seg->end, ep->rcv_nxt)) {
		put_ack(ep);
		return;
	}
	if (ep->state != TCPTRACE_ESTABLISHED &&
	    ep->state != TCPTRACE_FIN_WAIT1 && ep->state != TCPTRACE_FIN_WAIT2)
		return;
	before = ep->rcv_nxt;
	if (ep->dialect & ENDPOINT_ORPHAN && ep->fin_sent && seg->len &&
	    tcptrace_after(seg->seq + seg->len, before)) {
		become(ep, TCPTRACE_CLOSED);
		put_reset(ep, seg);
		return;
	}
	input_text(ep, seg);
	delay = ep->dialect & ENDPOINT_DELAYS_ACK && ep->rcv_nxt != before;
	if (ep->fin_known && ep->rcv_nxt == ep->peer_fin) {
		input_fin(ep, now_ns);
		delay = ep->dialect & ENDPOINT_DELAYS_FIN_ACK &&
			ep->state == TCPTRACE_CLOSE_WAIT;
	}
	ep->ack_due = true;
	if (!delay)
		put_ack(ep);
}
