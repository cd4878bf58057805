// SPDX-License-Identifier: GPL-2.0
#include "note.h"

static u8 inferred_bits(const struct tcptrace_conn *conn)
{
	u8 bits = 0;

	if (tcptrace_end_inferred(&conn->end[TCPTRACE_CLIENT]))
		bits |= TCPTRACE_INFERRED_NEW(TCPTRACE_CLIENT);
	if (tcptrace_end_inferred(&conn->end[TCPTRACE_SERVER]))
		bits |= TCPTRACE_INFERRED_NEW(TCPTRACE_SERVER);
	return bits;
}

struct tcptrace_note *tcptrace_note_open(const struct tcptrace_conn *conn,
					 struct tcptrace_notes *notes,
					 u8 kind, u8 why, u8 from)
{
	struct tcptrace_note *note = &notes->note[notes->nr];

	note->kind = kind;
	note->why = why;
	note->from = from;
	note->old[TCPTRACE_CLIENT] = conn->end[TCPTRACE_CLIENT].state;
	note->old[TCPTRACE_SERVER] = conn->end[TCPTRACE_SERVER].state;
	note->inferred = inferred_bits(conn) << 2;
	note->rflags = 0;
	return note;
}

void tcptrace_note_close(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes,
			 struct tcptrace_note *note)
{
	note->state[TCPTRACE_CLIENT] = conn->end[TCPTRACE_CLIENT].state;
	note->state[TCPTRACE_SERVER] = conn->end[TCPTRACE_SERVER].state;
	note->inferred |= inferred_bits(conn);
	/* The longest sequence is shorter; never write past the end. */
	if (notes->nr < TCPTRACE_MAX_NOTES - 1)
		notes->nr++;
}

void tcptrace_note_plain(const struct tcptrace_conn *conn,
			 struct tcptrace_notes *notes, u8 kind, u8 why, u8 from)
{
	tcptrace_note_close(conn, notes,
			    tcptrace_note_open(conn, notes, kind, why, from));
}

void tcptrace_note_closed(struct tcptrace_conn *conn,
			  struct tcptrace_notes *notes)
{
	if (!tcptrace_conn_closed(conn) || (conn->flags & TCPTRACE_CONN_ENDED))
		return;
	conn->flags |= TCPTRACE_CONN_ENDED;
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_END, TCPTRACE_WHY_CLOSED,
			    TCPTRACE_NOBODY);
}

void tcptrace_note_closing(struct tcptrace_conn *conn,
			   struct tcptrace_notes *notes, u8 from)
{
	u8 i;

	if ((conn->flags & TCPTRACE_CONN_CLOSING) &&
	    !(conn->flags & TCPTRACE_CONN_LATE_DATA))
		return;
	conn->flags |= TCPTRACE_CONN_CLOSING;
	for (i = TCPTRACE_CLIENT; i <= TCPTRACE_SERVER; i++) {
		notes->closing[i] = conn->end[i].count;
		notes->closing_data_segs[i] = conn->end[i].data_segs;
	}
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_COUNT,
			    TCPTRACE_WHY_CLOSE, from);
}

void tcptrace_note_first_data(struct tcptrace_conn *conn,
			      struct tcptrace_notes *notes, u8 from)
{
	if (!(conn->end[from].flags & TCPTRACE_END_DATA) ||
	    (conn->flags & TCPTRACE_CONN_DATA))
		return;
	conn->flags |= TCPTRACE_CONN_DATA;
	tcptrace_note_plain(conn, notes, TCPTRACE_REC_COUNT,
			    TCPTRACE_WHY_FIRST_DATA, from);
}

static void fill_segment(const struct tcptrace_conn *conn,
			 const struct tcptrace_sighting *s,
			 struct tcptrace_seg *ret_seg)
{
	const struct tcptrace_segment *seg = s->seg;

	*ret_seg = (struct tcptrace_seg){
		.seq = seg->seq,
		.ack = seg->ack,
		.len = seg->len,
		.win = seg->win,
		.mss = seg->mss,
		.flags = seg->flags,
		.wscale = seg->flags & TCPTRACE_SYN ?
			  seg->wscale : tcptrace_conn_wscale(conn, s->from),
		.opts = seg->opts,
		.segs = seg->segs,
	};
}

/* What a record says of the connection itself. */
static u16 record_flags(const struct tcptrace_conn *conn)
{
	const u32 c = conn->end[TCPTRACE_CLIENT].flags & TCPTRACE_END_LOCAL;
	const u32 s = conn->end[TCPTRACE_SERVER].flags & TCPTRACE_END_LOCAL;
	const u32 how = conn->flags &
			(TCPTRACE_CONN_PICKUP | TCPTRACE_CONN_PARTIAL);

	/* Products and quotients of powers of two: shifts. */
	return c * (TCPTRACE_F_LOCAL_CLIENT / TCPTRACE_END_LOCAL) |
	       s * (TCPTRACE_F_LOCAL_SERVER / TCPTRACE_END_LOCAL) |
	       how * (TCPTRACE_F_PICKUP / TCPTRACE_CONN_PICKUP);
}

#define IN_RECORD(member) (offsetof(struct tcptrace_record, member) - \
			   offsetof(struct tcptrace_record, kind))

TCPTRACE_ASSERT(IN_RECORD(from) == offsetof(struct tcptrace_note, from) &&
		IN_RECORD(old) == offsetof(struct tcptrace_note, old) &&
		IN_RECORD(state) == offsetof(struct tcptrace_note, state) &&
		IN_RECORD(inferred) == offsetof(struct tcptrace_note, inferred) &&
		IN_RECORD(why) == offsetof(struct tcptrace_note, why) &&
		IN_RECORD(rflags) == offsetof(struct tcptrace_note, rflags),
		"one layout");
#undef IN_RECORD

TCPTRACE_ASSERT(TCPTRACE_F_PICKUP / TCPTRACE_CONN_PICKUP ==
		TCPTRACE_F_PARTIAL / TCPTRACE_CONN_PARTIAL, "one factor");

static void fill_counters(const struct tcptrace_conn *conn,
			  const struct tcptrace_notes *notes, bool closing,
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

void tcptrace_conn_record(struct tcptrace_conn *conn,
			  const struct tcptrace_notes *notes, u8 i,
			  const struct tcptrace_sighting *s, u64 now_ns,
			  struct tcptrace_record *rec)
{
	const struct tcptrace_note *note = &notes->note[i];

	rec->seq = 0;
	rec->t_ns = s ? s->now_ns : now_ns;
	rec->conn = conn->id;
	rec->n = conn->n++;
	memcpy((u8 *)rec + offsetof(struct tcptrace_record, kind), note,
	       offsetof(struct tcptrace_note, rflags));
	rec->vantage = s ? s->vantage : TCPTRACE_NOWHERE;
	rec->rflags = note->rflags | record_flags(conn);

	switch (note->kind) {
	case TCPTRACE_REC_COUNT:
		fill_counters(conn, notes, note->why == TCPTRACE_WHY_CLOSE, rec);
		break;
	case TCPTRACE_REC_END:
		fill_counters(conn, notes, false, rec);
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
			fill_segment(conn, s, &rec->u.seg);
		else
			memset(&rec->u, 0, sizeof(rec->u));
		break;
	}
}
