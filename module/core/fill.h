/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a note to a record. Inline: it is what most control segments end in, and
 * whoever fills in the rest of the record does so in the ring itself.
 */
#ifndef _TCPTRACE_FILL_H
#define _TCPTRACE_FILL_H

#include "conn.h"

static __always_inline void
tcptrace_fill_segment(const struct tcptrace_conn *conn,
		      const struct tcptrace_sighting *s,
		      struct tcptrace_seg *ret_seg)
{
	const struct tcptrace_segment *seg = s->seg;

	memcpy(ret_seg, seg, TCPTRACE_SEGMENT_SHOWN);
	if (!(seg->flags & TCPTRACE_SYN))
		ret_seg->wscale = tcptrace_conn_wscale(conn, s->from);
	memset(ret_seg->comm, 0, sizeof(ret_seg->comm));
}

/* What a record says of the connection itself. */
static inline u16 tcptrace_fill_flags(const struct tcptrace_conn *conn)
{
	const u32 c = conn->end[TCPTRACE_CLIENT].flags & TCPTRACE_END_LOCAL;
	const u32 s = conn->end[TCPTRACE_SERVER].flags & TCPTRACE_END_LOCAL;
	const u32 how = conn->flags &
			(TCPTRACE_CONN_PICKUP | TCPTRACE_CONN_PARTIAL);

	TCPTRACE_ASSERT(TCPTRACE_F_PICKUP / TCPTRACE_CONN_PICKUP ==
			TCPTRACE_F_PARTIAL / TCPTRACE_CONN_PARTIAL,
			"one factor");
	/* Products and quotients of powers of two: shifts. */
	return c * (TCPTRACE_F_LOCAL_CLIENT / TCPTRACE_END_LOCAL) |
	       s * (TCPTRACE_F_LOCAL_SERVER / TCPTRACE_END_LOCAL) |
	       how * (TCPTRACE_F_PICKUP / TCPTRACE_CONN_PICKUP);
}

static inline void tcptrace_fill_counters(const struct tcptrace_conn *conn,
					  const struct tcptrace_notes *notes,
					  bool closing,
					  struct tcptrace_record *rec)
{
	u8 i;

	for (i = TCPTRACE_CLIENT; i <= TCPTRACE_SERVER; i++) {
		rec->u.count[i] = closing ? notes->closing[i] :
					    conn->end[i].count;
		rec->u.data_segs[i] = closing ? notes->closing_data_segs[i] :
						conn->end[i].data_segs;
	}
}

/* What all kinds have. @rec->seq is not touched. */
static __always_inline void
tcptrace_fill_common(struct tcptrace_conn *conn, const struct tcptrace_note *note,
		     u8 vantage, u64 t_ns, struct tcptrace_record *rec)
{
	rec->t_ns = t_ns;
	rec->conn = conn->id;
	rec->n = conn->n++;
	memcpy((u8 *)rec + offsetof(struct tcptrace_record, kind), note,
	       offsetof(struct tcptrace_note, rflags));
	rec->vantage = vantage;
	rec->rflags = note->rflags | tcptrace_fill_flags(conn);
}

#define TCPTRACE_IN_RECORD(member) (offsetof(struct tcptrace_record, member) - \
				    offsetof(struct tcptrace_record, kind))
TCPTRACE_ASSERT(TCPTRACE_IN_RECORD(from) == offsetof(struct tcptrace_note, from) &&
		TCPTRACE_IN_RECORD(old) == offsetof(struct tcptrace_note, old) &&
		TCPTRACE_IN_RECORD(state) == offsetof(struct tcptrace_note, state) &&
		TCPTRACE_IN_RECORD(inferred) == offsetof(struct tcptrace_note, inferred) &&
		TCPTRACE_IN_RECORD(why) == offsetof(struct tcptrace_note, why) &&
		TCPTRACE_IN_RECORD(rflags) == offsetof(struct tcptrace_note, rflags),
		"one layout");
#undef TCPTRACE_IN_RECORD

/**
 * tcptrace_conn_record() - turn a note into a record
 * @conn: the connection; its @n advances
 * @notes: the notes of this sighting, timer or end
 * @i: which of them
 * @s: the sighting that it came from; NULL for timers and ends
 * @now_ns: time stamp if @s is NULL
 * @rec: all of it is written but seq, netns, addr, port, ifindex, family,
 *	pid, sock_state and comm (the last two zeroed): these the caller knows
 *
 * Context: any.
 */
static __always_inline void
tcptrace_conn_record(struct tcptrace_conn *conn,
		     const struct tcptrace_notes *notes, u8 i,
		     const struct tcptrace_sighting *s, u64 now_ns,
		     struct tcptrace_record *rec)
{
	const struct tcptrace_note *note = &notes->note[i];

	TCPTRACE_KEEP(note);
	tcptrace_fill_common(conn, note, s ? s->vantage : TCPTRACE_NOWHERE,
			     s ? s->now_ns : now_ns, rec);
	switch (note->kind) {
	case TCPTRACE_REC_COUNT:
	case TCPTRACE_REC_END:
		tcptrace_fill_counters(conn, notes,
				       note->why == TCPTRACE_WHY_CLOSE, rec);
		break;
	case TCPTRACE_REC_TIMER:
		memset(&rec->u, 0, sizeof(rec->u));
		rec->u.timer.due_ns = note->due_ns;
		rec->u.timer.since_ns = note->since_ns;
		break;
	case TCPTRACE_REC_WORD:
		memset(&rec->u, 0, sizeof(rec->u));
		rec->u.word = note->word;
		break;
	default:
		if (s)
			tcptrace_fill_segment(conn, s, &rec->u.seg);
		else
			memset(&rec->u, 0, sizeof(rec->u));
		break;
	}
}

#endif /* _TCPTRACE_FILL_H */
