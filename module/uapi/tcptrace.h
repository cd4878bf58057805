/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * tcptrace: what the module and its readers agree on.
 *
 * Open /proc/tcptrace (CAP_NET_ADMIN and CAP_NET_RAW in the initial user
 * namespace, from the initial network namespace) and mmap() it read-only:
 *
 *	offset 0		struct tcptrace_header, one page at least
 *	header.heads_offset	header.nr_rings heads, header.head_stride apart
 *	header.data_offset	header.nr_rings rings, header.ring_stride apart,
 *				each of header.slots records
 *
 * Whole, page-aligned parts may be mapped one by one as well. Who opened the
 * file is what counts: whoever is handed the descriptor may read and map it.
 *
 * Each ring belongs to one CPU and is overwritten from the oldest record on.
 * A reader keeps its own position per ring and never tells the kernel of it:
 *
 *	head = load_acquire(&head->pos)
 *	if (head - next > slots)
 *		lost += head - slots - next, next = head - slots
 *	for each next < head:
 *		slot = &ring[next & (slots - 1)]
 *		if (load_acquire(&slot->seq) != next + 1)		pairs with B
 *			lost++, next++, continue
 *		copy the record, by loads of any width: it may be torn
 *		atomic_thread_fence(acquire)				pairs with A
 *		if (load_relaxed(&slot->seq) != next + 1)
 *			lost++, next++, continue
 *		next++
 *
 * so that, always, records read + records lost = advance of the head. The
 * writer's half (A and B) is in module/ring.h. Positions count records since
 * the module was loaded and never wrap. A loss can be told per connection as
 * well: @n of struct tcptrace_record counts the records of one connection.
 *
 * poll() reports EPOLLIN when records were produced since the position that
 * this open file has seen, which a text read() or TCPTRACE_IOC_SEEN sets.
 *
 * When the module goes, TCPTRACE_GONE is set in header.state; mappings stay
 * valid and hold what was recorded, poll() is ready at once, read() fails.
 *
 * Rules of the version: a reader must refuse another abi_major. abi_minor
 * grows when reserved bytes or new kinds come into use; readers skip record
 * kinds that they do not know and ignore bits that they do not know.
 * All numbers are in host byte order, except the addresses.
 */
#ifndef _UAPI_TCPTRACE_H
#define _UAPI_TCPTRACE_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define TCPTRACE_MAGIC		0x3152545043543031ULL	/* "10TCPTR1" */
#define TCPTRACE_ABI_MAJOR	1
#define TCPTRACE_ABI_MINOR	2

/* header.state */
#define TCPTRACE_GONE		0x1	/* the module was unloaded */

/**
 * struct tcptrace_header - first page of the mapping
 * @magic: TCPTRACE_MAGIC; another value also tells a foreign byte order
 * @abi_major: TCPTRACE_ABI_MAJOR
 * @abi_minor: TCPTRACE_ABI_MINOR
 * @record_size: bytes of one record, sizeof(struct tcptrace_record)
 * @nr_rings: number of rings, one for each possible CPU
 * @slots: records in each ring, a power of two
 * @state: TCPTRACE_GONE or 0; may change while it is mapped
 * @head_stride: bytes from one head to the next
 * @heads_offset: offset of the first struct tcptrace_ring_head in the file
 * @data_offset: offset of the first ring in the file
 * @ring_stride: bytes from one ring to the next
 * @total_size: bytes of the whole mapping
 * @load_ns: CLOCK_MONOTONIC at which the module was loaded
 * @hz_slack_ns: how much later than due a timer record may be written
 */
struct tcptrace_header {
	__u64 magic;
	__u16 abi_major;
	__u16 abi_minor;
	__u32 record_size;
	__u32 nr_rings;
	__u32 slots;
	__u32 state;
	__u32 head_stride;
	__u64 heads_offset;
	__u64 data_offset;
	__u64 ring_stride;
	__u64 total_size;
	__u64 load_ns;
	__u64 hz_slack_ns;
};

/**
 * struct tcptrace_ring_head - where the writer of one ring is
 * @pos: records published since load; load with acquire
 * @cpu: the CPU that writes this ring
 * @reserved0: zero
 *
 * Heads stand &tcptrace_header.head_stride apart, on cache lines of their own.
 */
struct tcptrace_ring_head {
	__u64 pos;
	__u32 cpu;
	__u32 reserved0;
};

/*
 * States: the numbers of the kernel's enum (net/tcp_states.h), so that a
 * comparison with sk_state is an ==. NEW_SYN_RECV is folded into SYN_RCVD.
 */
enum tcptrace_state {
	TCPTRACE_UNKNOWN	= 0,
	TCPTRACE_ESTABLISHED	= 1,
	TCPTRACE_SYN_SENT	= 2,
	TCPTRACE_SYN_RCVD	= 3,
	TCPTRACE_FIN_WAIT1	= 4,
	TCPTRACE_FIN_WAIT2	= 5,
	TCPTRACE_TIME_WAIT	= 6,
	TCPTRACE_CLOSED		= 7,
	TCPTRACE_CLOSE_WAIT	= 8,
	TCPTRACE_LAST_ACK	= 9,
	TCPTRACE_LISTEN		= 10,
	TCPTRACE_CLOSING	= 11,
	TCPTRACE_NR_STATES	= 12,
};

/* Index of an endpoint: the client sent the first SYN, the server did not. */
enum tcptrace_endpoint {
	TCPTRACE_CLIENT		= 0,
	TCPTRACE_SERVER		= 1,
	TCPTRACE_NOBODY		= 255,	/* a timer, an eviction */
};

/* Where a segment was seen, as its sender or its receiver has it. */
enum tcptrace_vantage {
	TCPTRACE_NOWHERE	= 0,	/* no segment: a timer, an eviction */
	TCPTRACE_LEAVES		= 1,	/* LOCAL_OUT of its sender's host */
	TCPTRACE_ARRIVES	= 2,	/* LOCAL_IN of its receiver's host */
	TCPTRACE_PASSES		= 3,	/* FORWARD, or a capture */
};

enum tcptrace_kind {
	/* A sighting of a segment; moves at most one state of each endpoint. */
	TCPTRACE_REC_SEGMENT	= 1,
	/* A further move by the sighting recorded just before it. */
	TCPTRACE_REC_STATE	= 2,
	/* An inferred move is taken back: what was seen contradicts it. */
	TCPTRACE_REC_UNDO	= 3,
	/* A timer moved a state; u.timer. */
	TCPTRACE_REC_TIMER	= 4,
	/* Counters of both directions; u.count. */
	TCPTRACE_REC_COUNT	= 5,
	/*
	 * The connection is over: why tells the reason; u.count. What comes
	 * after is marked as an orphan, or takes the end back.
	 */
	TCPTRACE_REC_END	= 6,
	/* The kernel tells the state of its socket; u.word. Since 1.1. */
	TCPTRACE_REC_WORD	= 7,
	/* Of the TLS handshake: struct tcptrace_tls_record. Since 1.2. */
	TCPTRACE_REC_TLS	= 8,
};

/*
 * Why a record was written: for a segment the rule that it met, for a timer
 * which, for an end the reason. Never renumbered.
 */
enum tcptrace_why {
	TCPTRACE_WHY_NONE		= 0,

	/* segments */
	TCPTRACE_WHY_SYN		= 1,	/* asks for a connection */
	TCPTRACE_WHY_SYNACK		= 2,	/* answers a SYN */
	TCPTRACE_WHY_HANDSHAKE_ACK	= 3,	/* the third segment */
	TCPTRACE_WHY_FIN		= 4,	/* has no more data to send */
	TCPTRACE_WHY_ACK_OF_FIN		= 5,
	TCPTRACE_WHY_RST		= 6,
	TCPTRACE_WHY_PICKUP		= 7,	/* first seen in mid-stream */
	TCPTRACE_WHY_STALE		= 8,	/* an old or foreign segment: moves nothing */
	/* 9 was never written: the record of the end says TCPTRACE_WHY_REUSED */
	TCPTRACE_WHY_REFUSED		= 10,	/* RST instead of a SYN-ACK */
	TCPTRACE_WHY_SIMULTANEOUS_OPEN	= 11,	/* SYN crossed SYN */
	TCPTRACE_WHY_SYN_IN_TIME_WAIT	= 12,
	TCPTRACE_WHY_CHALLENGE		= 13,	/* would be answered by a challenge ACK */
	TCPTRACE_WHY_PROOF		= 14,	/* acknowledges what was not seen to arrive */

	/* inferences taken back */
	TCPTRACE_WHY_SYNACK_AGAIN	= 32,	/* the final ACK had no effect */
	TCPTRACE_WHY_NO_LISTENER	= 33,	/* an RST answered the SYN */
	TCPTRACE_WHY_NOT_TAKEN		= 34,	/* its next segment shows the old state */
	TCPTRACE_WHY_NO_CONNECTION	= 35,	/* an RST answered in mid-stream */

	/* timers */
	TCPTRACE_WHY_2MSL		= 48,	/* TIME_WAIT is over */
	TCPTRACE_WHY_ORPHAN		= 49,	/* FIN_WAIT2 of no process is over */

	/* counters */
	TCPTRACE_WHY_FIRST_DATA		= 64,
	TCPTRACE_WHY_CLOSE		= 65,	/* a FIN follows: the first, or after data */

	/* ends */
	TCPTRACE_WHY_CLOSED		= 80,	/* both endpoints closed */
	TCPTRACE_WHY_IDLE		= 81,	/* nothing seen for too long */
	TCPTRACE_WHY_REUSED		= 82,	/* a new connection took the tuple */
	TCPTRACE_WHY_EVICT_FLOWS	= 83,	/* room for another: max_flows */
	TCPTRACE_WHY_EVICT_HALF_OPEN	= 84,	/* room for another: max_half_open */
	TCPTRACE_WHY_NETNS		= 85,	/* its network namespace went */
	TCPTRACE_WHY_UNLOAD		= 86,	/* the module, or the capture, ended */
	TCPTRACE_WHY_PORTS		= 87,	/* its ports are no longer traced */

	/* the kernel's word */
	TCPTRACE_WHY_WORD_AGREES	= 96,	/* it is in this state */
	TCPTRACE_WHY_WORD_AHEAD		= 97,	/* a segment has yet to show it */
	TCPTRACE_WHY_WORD_CLOSED	= 98,	/* closed, and no segment said so */
	TCPTRACE_WHY_WORD_DIFFERS	= 99,	/* segments tell of another state */
	TCPTRACE_WHY_WORD_FIN		= 100,	/* its FIN waits behind data */

	/* the TLS handshake */
	TCPTRACE_WHY_TLS_BYTES		= 112,	/* of records in the clear */
	TCPTRACE_WHY_TLS_RECORD		= 113,	/* a record, its body not copied */
	TCPTRACE_WHY_TLS_DATA		= 114,	/* likewise, of type 23: the walk ends */
	TCPTRACE_WHY_TLS_CAP		= 115,	/* tls_bytes reached: bodies are left out */
	TCPTRACE_WHY_TLS_HOLE		= 116,	/* the rest is unseen, or too much: the walk ends */
	TCPTRACE_WHY_TLS_BAD		= 117,	/* no record begins here: the walk ends */
	TCPTRACE_WHY_TLS_ALERT		= 118,	/* after the walk: an alert, or of its size */
};

/* tcptrace_record.inferred: not proved (yet) by a segment of that endpoint */
#define TCPTRACE_INFERRED_NEW(end)	(1u << (end))		/* state[end] */
#define TCPTRACE_INFERRED_OLD(end)	(1u << (2 + (end)))	/* old[end] */

/* tcptrace_record.rflags */
#define TCPTRACE_F_LOCAL_CLIENT	0x0001	/* the client lives on this host */
#define TCPTRACE_F_LOCAL_SERVER	0x0002	/* the server lives on this host */
#define TCPTRACE_F_RETRANSMIT	0x0004	/* all it carries was sent before */
#define TCPTRACE_F_AGAIN	0x0008	/* second sighting: it left, now it arrives */
#define TCPTRACE_F_PICKUP	0x0010	/* this connection began before it was seen */
#define TCPTRACE_F_PARTIAL	0x0020	/* roles are a guess: no SYN was seen */
#define TCPTRACE_F_NAT		0x0040	/* the tuple is the one before NAT */
#define TCPTRACE_F_SK		0x0080	/* sock_state is valid */
#define TCPTRACE_F_TASK		0x0100	/* pid and comm are the sender's */
#define TCPTRACE_F_ORPHAN	0x0200	/* after the end of its connection */

/*
 * How the stream of a connection begins: bits of rflags of the REC_COUNT of
 * TCPTRACE_WHY_FIRST_DATA, if that is of the client. Since 1.2.
 */
#define TCPTRACE_F_OPENING	0x7000
#define TCPTRACE_OPENING_SHIFT	12

enum tcptrace_opening {
	TCPTRACE_OPENING_UNKNOWN = 0,	/* not looked at, or its first byte is missing */
	TCPTRACE_OPENING_TLS	= 1,	/* a TLS handshake record */
	TCPTRACE_OPENING_SSL2	= 2,	/* a ClientHello of SSL 2.0, or in its form */
	TCPTRACE_OPENING_HTTP	= 3,	/* a method of HTTP, in the clear */
	TCPTRACE_OPENING_OTHER	= 4,
};

/* TCP header flags, the bits of bytes 12 and 13 */
#define TCPTRACE_FIN	0x001
#define TCPTRACE_SYN	0x002
#define TCPTRACE_RST	0x004
#define TCPTRACE_PSH	0x008
#define TCPTRACE_ACK	0x010
#define TCPTRACE_URG	0x020
#define TCPTRACE_ECE	0x040
#define TCPTRACE_CWR	0x080
#define TCPTRACE_AE	0x100

/* options seen on the segment (tcptrace_seg.opts) */
#define TCPTRACE_OPT_MSS	0x01
#define TCPTRACE_OPT_WSCALE	0x02
#define TCPTRACE_OPT_SACK_PERM	0x04
#define TCPTRACE_OPT_TS		0x08
#define TCPTRACE_OPT_SACK	0x10
#define TCPTRACE_OPT_MD5	0x20
#define TCPTRACE_OPT_MPTCP	0x40
#define TCPTRACE_OPT_FASTOPEN	0x80

#define TCPTRACE_WSCALE_NONE	255
#define TCPTRACE_COMM_LEN	16

/**
 * struct tcptrace_seg - the segment of REC_SEGMENT, REC_STATE and REC_UNDO
 * @seq: sequence number of its first byte
 * @ack: acknowledgement number, 0 without TCPTRACE_ACK
 * @len: bytes of payload (a GSO or GRO packet carries many segments' worth)
 * @win: window field as on the wire, not scaled
 * @mss: MSS option of a SYN, 0 if none
 * @flags: TCPTRACE_FIN ... TCPTRACE_AE
 * @wscale: window scale that applies to @win, or on a SYN the one that is
 *	offered; TCPTRACE_WSCALE_NONE if there is none
 * @opts: TCPTRACE_OPT_*
 * @sock_state: with TCPTRACE_F_SK, the kernel's state of the sender's socket
 * @reserved: zero
 * @segs: wire segments in this packet, at least 1
 * @comm: with TCPTRACE_F_TASK, name of the sending task; NUL-terminated
 */
struct tcptrace_seg {
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u16 win;
	__u16 mss;
	__u16 flags;
	__u8 wscale;
	__u8 opts;
	__u8 sock_state;
	__u8 reserved;
	__u16 segs;
	char comm[TCPTRACE_COMM_LEN];
};

/**
 * struct tcptrace_count - what one endpoint has sent
 * @bytes: payload, each byte once
 * @segs: segments, retransmitted ones included
 * @retrans: segments that carried nothing new
 */
struct tcptrace_count {
	__u64 bytes;
	__u32 segs;
	__u32 retrans;
};

/**
 * struct tcptrace_timer - the timer of REC_TIMER
 * @due_ns: when it was due, CLOCK_MONOTONIC
 * @since_ns: when it was started
 */
struct tcptrace_timer {
	__u64 due_ns;
	__u64 since_ns;
};

/**
 * struct tcptrace_word - the kernel's word of REC_WORD
 * @said: state of the socket of endpoint @from, enum tcptrace_state
 * @before: what it had said before, TCPTRACE_UNKNOWN if nothing
 * @source: enum tcptrace_source
 *
 * To the kernel a socket in TIME_WAIT is CLOSED: what waits is another object.
 */
struct tcptrace_word {
	__u8 said;
	__u8 before;
	__u8 source;
};

enum tcptrace_source {
	TCPTRACE_SOURCE_EVENT	= 1,	/* tracepoint inet_sock_set_state */
	TCPTRACE_SOURCE_SKB	= 2,	/* the socket of a segment that leaves */
};

/**
 * struct tcptrace_record - one record of the ring, complete in itself
 * @seq: position of the record in its ring plus one; 0 while it is written
 * @t_ns: CLOCK_MONOTONIC of the sighting
 * @conn: id of the connection, never 0, never reused while loaded
 * @n: running number of the record within its connection, from 0
 * @netns: inode number of the network namespace
 * @addr: client's and server's address, network byte order; IPv4 is mapped
 *	(::ffff:a.b.c.d)
 * @port: client's and server's port
 * @ifindex: interface it left by or came in on, 0 if there is none
 * @kind: enum tcptrace_kind
 * @from: who sent the segment or whose timer it was, enum tcptrace_endpoint
 * @vantage: enum tcptrace_vantage
 * @family: 4 or 6
 * @old: both endpoints' states before
 * @state: both endpoints' states after
 * @inferred: TCPTRACE_INFERRED_NEW and TCPTRACE_INFERRED_OLD
 * @why: enum tcptrace_why
 * @rflags: TCPTRACE_F_*
 * @pid: with TCPTRACE_F_TASK, process (not thread) id in the initial namespace
 * @u: by @kind
 *
 * A segment may be worth several records; they have its time and stand in this
 * order: REC_UNDO or a REC_COUNT of TCPTRACE_WHY_CLOSE (which does not count
 * the segment in), REC_SEGMENT, REC_STATE, a REC_COUNT of
 * TCPTRACE_WHY_FIRST_DATA (which does), REC_END or REC_TLS, REC_WORD. A REC_TLS
 * of payload that came too early comes when it can be told, with that time.
 */
struct tcptrace_record {
	__u64 seq;
	__u64 t_ns;
	__u64 conn;
	__u32 n;
	__u32 netns;
	__u8 addr[2][16];
	__u16 port[2];
	__u32 ifindex;
	__u8 kind;
	__u8 from;
	__u8 vantage;
	__u8 family;
	__u8 old[2];
	__u8 state[2];
	__u8 inferred;
	__u8 why;
	__u16 rflags;
	__u32 pid;
	union {
		struct tcptrace_seg seg;
		struct {
			struct tcptrace_count count[2];
			__u32 data_segs[2];	/* segments with payload */
		};
		struct tcptrace_timer timer;
		struct tcptrace_word word;
		__u64 words[5];
	} u;
};

/**
 * struct tcptrace_tls_record - a record of the ring of kind TCPTRACE_REC_TLS
 * @seq: as in struct tcptrace_record
 * @t_ns: likewise
 * @conn: likewise
 * @n: likewise
 * @netns: likewise
 * @kind: TCPTRACE_REC_TLS
 * @from: who sent it, enum tcptrace_endpoint
 * @vantage: enum tcptrace_vantage
 * @why: TCPTRACE_WHY_TLS_*
 * @rflags: 0
 * @head: the first 40 of the bytes
 * @len: how many bytes are in @head and @tail together, at most 80; 0 where
 *	none are copied
 * @offset: where they stand, or the record begins, in what @from sends:
 *	0 is the byte after its SYN; modulo 2^32
 * @type: of a record whose body is not copied, its content type (RFC 8446
 *	section 5.1); else 0
 * @version: likewise, the version that its header tells
 * @length: likewise, bytes of its body
 * @tail: the bytes after @head
 *
 * It has no room for addresses and ports: these are in other records of its
 * connection, @conn. Bytes of each direction come in the order of @offset, each
 * once, and nothing of an encrypted record is among them. A TCPTRACE_WHY_TLS_HOLE
 * that shows at the end of its connection stands before TCPTRACE_REC_END and has
 * the vantage TCPTRACE_NOWHERE.
 */
struct tcptrace_tls_record {
	__u64 seq;
	__u64 t_ns;
	__u64 conn;
	__u32 n;
	__u32 netns;
	__u8 head[40];
	__u8 kind;
	__u8 from;
	__u8 vantage;
	__u8 len;
	__u32 offset;
	__u8 type;
	__u8 why;
	__u16 rflags;
	__u16 version;
	__u16 length;
	__u8 tail[40];
};

#define TCPTRACE_TLS_RECORD_BYTES	80

#define TCPTRACE_RECORD_SIZE	128
#define TCPTRACE_RECORD_WORDS	(TCPTRACE_RECORD_SIZE / 8)

/*
 * TCPTRACE_IOC_SEEN: the sum over all rings of the positions that this open
 * file has been read to; poll() is ready when more than these exist.
 */
#define TCPTRACE_IOC_SEEN	_IOW('t', 0xe0, __u64)

#if defined(__cplusplus)
#define TCPTRACE_ASSERT(what, why)	static_assert(what, why)
#else
#define TCPTRACE_ASSERT(what, why)	_Static_assert(what, why)
#endif

TCPTRACE_ASSERT(sizeof(struct tcptrace_record) == TCPTRACE_RECORD_SIZE,
		"a record is two cache lines");
TCPTRACE_ASSERT(sizeof(struct tcptrace_tls_record) == TCPTRACE_RECORD_SIZE,
		"a record of another form");
TCPTRACE_ASSERT(sizeof(struct tcptrace_seg) == 40, "no holes");
TCPTRACE_ASSERT(sizeof(struct tcptrace_header) == 80, "no holes");
TCPTRACE_ASSERT(sizeof(struct tcptrace_ring_head) == 16, "no holes");

#endif /* _UAPI_TCPTRACE_H */
