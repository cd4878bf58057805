/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The records of one connection as a story: rows from top to bottom, each an
 * arrow with its two times, a further move, data, a timer, a gap; and for each
 * endpoint what became of it. No I/O; what is drawn and printed comes from
 * here, whatever the form.
 */
#ifndef _TCPTIMELINE_STORY_H
#define _TCPTIMELINE_STORY_H

#include "model.h"
#include "tls.h"

enum row_kind {
	ROW_ARROW,	/* a segment */
	ROW_MOVE,	/* a further move by the segment above */
	ROW_UNDO,	/* an inferred move is taken back */
	ROW_TIMER,	/* a timer moves a state */
	ROW_WORD,	/* the kernel tells what no segment does, or differs */
	ROW_DATA,	/* plain data, folded */
	ROW_TLS,	/* a message of TLS, within data */
	ROW_GAP,	/* records are missing here */
	ROW_END,	/* nothing more was recorded, and why */
};

/* What becomes of an arrow whose receiver lives here. */
enum row_fate {
	FATE_UNKNOWN,	/* its receiver is elsewhere, or records are missing */
	FATE_ARRIVED,
	FATE_LOST,	/* it never arrived, though others did later */
};

/**
 * struct folded - plain data of one direction
 * @bytes: payload
 * @segs: segments that carried it
 * @retrans: segments sent again in that time
 */
struct folded {
	uint64_t bytes;
	uint32_t segs;
	uint32_t retrans;
};

/**
 * struct row - one row
 * @kind: what it is
 * @fate: of an arrow
 * @flying: plain data of which the counters have not come yet
 * @after_fin: data sent in CLOSE_WAIT, while the connection is half closed
 * @with_tls: the data is that in which messages of TLS came that have rows of
 *	their own
 * @first: the record it stands for; NULL for a gap. Of a message of TLS, the
 *	one that made it whole: it has no addresses and no states
 * @again: the arrow's arrival, if seen apart from its leaving
 * @label: by endpoint, index into story_end.move of the state shown here plus
 *	one, or 0
 * @has_time: by endpoint, @t_ns is valid
 * @t_ns: by endpoint, when it happened there
 * @tls: the message of TLS
 * @gap: records missing
 * @omitted: records that came and were not kept
 * @data: by sender, what data rows fold
 * @span_ns: how long that took
 */
struct row {
	enum row_kind kind;
	enum row_fate fate;
	bool flying;
	bool after_fin;
	bool with_tls;
	const struct tcptrace_record *first;
	const struct tcptrace_record *again;
	unsigned int label[2];
	bool has_time[2];
	uint64_t t_ns[2];
	const struct tls_message *tls;
	uint64_t gap;
	uint32_t omitted;
	struct folded data[2];
	uint64_t span_ns;
};

/**
 * struct move - a state that an endpoint was in
 * @state: enum tcptrace_state
 * @guess: inferred, and nothing that came later proved it
 * @undone: taken back
 * @back: where an undone move led back to; not a state of its own
 * @agreed: the kernel has named it, too
 * @t_ns: when it was entered
 */
struct move {
	uint8_t state;
	bool guess;
	bool undone;
	bool back;
	bool agreed;
	uint64_t t_ns;
};

/**
 * struct story_end - one endpoint
 * @move: its states in order
 * @nr_moves: how many
 * @size: allocated
 * @settled: of the moves before this one nothing more will be known
 * @state: the last one
 * @local: it lives on this host
 * @has_isn: @isn is known
 * @first_seen: @isn is but the first number that was seen
 * @has_fin: its FIN was seen; @fin is valid
 * @isn: initial sequence number
 * @fin: sequence number of its FIN
 * @fins: its FINs
 * @again: its SYNs and FINs that were sent again
 * @sent: what it sent, all segments counted
 * @pid: its process, 0 if not known
 * @comm: name of that; not NUL-terminated, not to be trusted
 * @heard: the kernel has told of its socket
 * @said: the kernel's last word, TCPTRACE_UNKNOWN if none
 * @ahead: @said has yet to be shown by a segment
 * @differed: how often the kernel and the segments told different states
 */
struct story_end {
	struct move *move;
	unsigned int nr_moves;
	unsigned int size;
	unsigned int settled;
	uint8_t state;
	bool local;
	bool has_isn;
	bool first_seen;
	bool has_fin;
	uint32_t isn;
	uint32_t fin;
	unsigned int fins;
	unsigned int again;
	struct tcptrace_count sent;
	uint32_t pid;
	char comm[TCPTRACE_COMM_LEN];
	bool heard;
	uint8_t said;
	bool ahead;
	unsigned int differed;
};

/**
 * struct story - one connection
 * @conn: where it comes from; must outlive the story
 * @any: one of its records, for what all but those of TLS carry; without
 *	addresses, its family 0, if no such record came
 * @nobody: that one
 * @end: the endpoints
 * @row: the rows
 * @nr_rows: how many
 * @size: allocated
 * @lost: records missing
 * @guesses: a state is left that is inferred
 * @agreed: so is one that the kernel has named, too
 * @counted: counters came: story_end.sent is what was sent, not only what
 *	was seen
 * @passing: seen on its way, at neither end
 * @pickup: it began before it was seen
 * @syns: SYNs of the client
 * @synacks: SYN-ACKs of the server
 * @fins: FINs of both
 * @retransmits: segments sent again that were recorded
 * @crossed_open: simultaneous open
 * @crossed_close: simultaneous close
 * @merged_close: ACK and FIN of the passive closer came in one segment
 * @fin_from: who closed first, or TCPTRACE_NOBODY
 * @rst_from: who reset the connection, or TCPTRACE_NOBODY
 * @rst_state: both endpoints' states before that
 * @refused: that was the answer to the SYN
 * @ended: TCPTRACE_WHY_* of the end that was recorded, 0 if there is none
 * @start_ns: first record
 * @last_ns: last segment
 * @syn_ns: first SYN of the client; this one and the next six are 0 if they
 *	were not seen, or only sent again
 * @synack_ns: first SYN-ACK of the server
 * @open_ns: when the handshake was over at both ends
 * @rst_ns: the reset
 * @fin_ns: first FIN
 * @fin2_ns: first FIN of the other endpoint
 * @fin_ack_ns: when that was acknowledged
 * @handshake_ns: from the first SYN until @open_ns; 0 on a clock that is coarse
 * @has_handshake: that is known
 * @opening: how the client's data begin, enum tcptrace_opening
 * @server_first: the first data were the server's
 * @tls: the TLS handshake; NULL if there is none
 */
struct story {
	const struct model_conn *conn;
	const struct tcptrace_record *any;
	struct tcptrace_record nobody;
	struct story_end end[2];
	struct row *row;
	unsigned int nr_rows;
	unsigned int size;
	uint64_t lost;
	bool guesses;
	bool agreed;
	bool counted;
	bool passing;
	bool pickup;
	unsigned int syns;
	unsigned int synacks;
	unsigned int fins;
	unsigned int retransmits;
	bool crossed_open;
	bool crossed_close;
	bool merged_close;
	uint8_t fin_from;
	uint8_t rst_from;
	uint8_t rst_state[2];
	bool refused;
	uint8_t ended;
	uint64_t start_ns;
	uint64_t last_ns;
	uint64_t syn_ns;
	uint64_t synack_ns;
	uint64_t open_ns;
	uint64_t rst_ns;
	uint64_t fin_ns;
	uint64_t fin2_ns;
	uint64_t fin_ack_ns;
	uint64_t handshake_ns;
	bool has_handshake;
	uint8_t opening;
	bool server_first;
	struct tls_info *tls;
};

void story_init(struct story *s, const struct model_conn *conn,
		const int64_t *wall_ns);
void story_clean(struct story *s);
bool story_complete(const struct story *s);
unsigned int story_mismatches(const struct story *s, uint8_t who);
bool story_reached(const struct story *s, uint8_t who, uint8_t state);

#endif /* _TCPTIMELINE_STORY_H */
