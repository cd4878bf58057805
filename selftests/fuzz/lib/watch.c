// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "core/fill.h"
#include "core/tlsrec.h"
#include "core/why.h"
#include "../../unit/lib/twice.h"
#include "must.h"
#include "watch.h"

/* Is there a transition that leads there? */
static bool leads(u8 from, u8 to)
{
	unsigned int event;

	for (event = 0; event < TCPTRACE_NR_EVENTS; event++)
		if (tcptrace_fsm_next(from, event) == to)
			return true;
	return from == to;
}

static bool legal(u8 state)
{
	return state != TCPTRACE_UNKNOWN && state < TCPTRACE_NR_STATES;
}

/* Does a state go on to another one? Back goes what is undone alone. */
static bool may_move(const struct tcptrace_record *rec, u8 old, u8 state)
{
	if (old == state)
		return true;
	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
	case TCPTRACE_REC_STATE:
		/* A guess: it listens after all, or did so before. */
		if (rec->why == TCPTRACE_WHY_SYNACK && old == TCPTRACE_CLOSED &&
		    (state == TCPTRACE_SYN_RCVD || state == TCPTRACE_SYN_SENT))
			return true;
		return leads(old, state);
	case TCPTRACE_REC_UNDO:
		return true;
	case TCPTRACE_REC_TIMER:
		return state == TCPTRACE_CLOSED &&
		       old == (rec->why == TCPTRACE_WHY_2MSL ?
			       TCPTRACE_TIME_WAIT : TCPTRACE_FIN_WAIT2);
	case TCPTRACE_REC_WORD:
		return (rec->why == TCPTRACE_WHY_WORD_CLOSED &&
			state == TCPTRACE_CLOSED) ||
		       (rec->why == TCPTRACE_WHY_WORD_FIN &&
			leads(old, state));
	case TCPTRACE_REC_END:
		return rec->why == TCPTRACE_WHY_REUSED &&
		       old == TCPTRACE_TIME_WAIT && state == TCPTRACE_CLOSED;
	default:
		return false;
	}
}

/* Where a record stands among those of its sighting; see uapi/tcptrace.h. */
static u8 rank_of(const struct tcptrace_record *rec)
{
	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		return 2;
	case TCPTRACE_REC_STATE:
		return 3;
	case TCPTRACE_REC_COUNT:
		return rec->why == TCPTRACE_WHY_CLOSE ? 1 : 4;
	case TCPTRACE_REC_END:
		return 5;
	case TCPTRACE_REC_TLS:
		return 6;
	default:
		return 1;
	}
}

static void check_order(struct watch *w, const struct tcptrace_record *rec)
{
	u8 rank = rank_of(rec);

	MUST(rank >= w->rank);
	MUST(rank != w->rank || (rank != 2 && rank != 4 && rank != 5));
	w->rank = rank;
}

static void check_tls(const struct tcptrace_record *rec)
{
	const struct tcptrace_tls_record *tls = (const void *)rec;

	MUST(tls->from <= TCPTRACE_SERVER);
	MUST(tls->len <= TCPTRACE_TLS_RECORD_BYTES);
	MUST(tls->why >= TCPTRACE_WHY_TLS_BYTES &&
	     tls->why <= TCPTRACE_WHY_TLS_ALERT);
	MUST((tls->why == TCPTRACE_WHY_TLS_BYTES) == !!tls->len);
	MUST(!tls->rflags);
}

/* The one place that all records come by. */
static void take(struct watch *w, const struct tcptrace_record *rec)
{
	u8 who;

	MUST(rec->conn == w->ids && rec->n == w->next++);
	MUST(rec->vantage <= TCPTRACE_PASSES);
	MUST(rec->t_ns == w->now_ns);
	check_order(w, rec);
	if (rec->kind == TCPTRACE_REC_TLS) {
		check_tls(rec);
		return;
	}
	MUST(rec->kind >= TCPTRACE_REC_SEGMENT &&
	     rec->kind <= TCPTRACE_REC_WORD);
	MUST(rec->from == (rec->kind == TCPTRACE_REC_END ? TCPTRACE_NOBODY :
							   rec->from & 1));
	MUST(rec->why == TCPTRACE_WHY_NONE || tcptrace_why_name(rec->why));
	MUST(rec->inferred < 16);
	for (who = 0; who < 2; who++) {
		MUST(legal(rec->old[who]) && legal(rec->state[who]));
		/* No state is skipped, none moves without a record. */
		MUST(!rec->n || rec->old[who] == w->state[who]);
		MUST(may_move(rec, rec->old[who], rec->state[who]));
		w->state[who] = rec->state[who];
	}
	if (rec->kind == TCPTRACE_REC_UNDO)
		MUST(memcmp(rec->old, rec->state, 2));
	if (rec->kind == TCPTRACE_REC_TIMER)
		MUST(rec->u.timer.due_ns <= w->now_ns &&
		     rec->u.timer.since_ns <= rec->u.timer.due_ns);
	w->inferred = rec->inferred;
}

static void check_end(struct watch *w, u8 who)
{
	const struct tcptrace_end *end = &w->conn.end[who];
	u32 took = end->flags & TCPTRACE_TOOK_ALL;
	u32 proved = (end->flags >> TCPTRACE_PROVED_SHIFT) & TCPTRACE_TOOK_ALL;

	MUST(legal(end->state) && end->sure < TCPTRACE_NR_STATES);
	MUST(!w->next || end->state == w->state[who]);
	/* What is proved was taken. */
	MUST(!(proved & ~took));
	MUST(end->wscale <= 14 || end->wscale == TCPTRACE_WSCALE_NONE);
	MUST(end->count.retrans <= end->count.segs);
	MUST(end->data_segs <= end->count.segs);
	MUST(end->count.segs >= w->count[who].segs);
	MUST(end->count.retrans >= w->count[who].retrans);
	/* One byte is taken back where it was the FIN's number. */
	MUST(end->count.bytes + 1 >= w->count[who].bytes);
	w->count[who] = end->count;
}

/* What must hold between two sightings. */
static void check(struct watch *w)
{
	const struct tcptrace_conn *conn = &w->conn;

	MUST(w->next == conn->n);
	check_end(w, TCPTRACE_CLIENT);
	check_end(w, TCPTRACE_SERVER);
	MUST(tcptrace_conn_life(conn) < TCPTRACE_NR_LIVES);
	MUST((tcptrace_conn_life(conn) == TCPTRACE_LIFE_DEAD) ==
	     !!(conn->flags & TCPTRACE_CONN_ENDED));
	MUST(!tcptrace_conn_closed(conn) ||
	     (conn->flags & TCPTRACE_CONN_ENDED));
}

/* The last record says what is inferred; later nothing changes in silence. */
static void check_inferred(const struct watch *w,
			   const struct tcptrace_notes *notes)
{
	u8 who;

	for (who = 0; who < 2 && notes->nr; who++)
		MUST(!!(w->inferred & TCPTRACE_INFERRED_NEW(who)) ==
		     tcptrace_end_inferred(&w->conn.end[who]));
}

/* The last one that the walk has made, if it was not taken yet. */
static void take_made(struct watch *w)
{
	if (w->made.kind)
		take(w, &w->made);
	w->made.kind = 0;
}

static struct tcptrace_record *room(void *arg)
{
	struct watch *w = arg;

	take_made(w);
	return &w->made;
}

static void record(struct watch *w, const struct tcptrace_notes *notes,
		   const struct tcptrace_sighting *s)
{
	struct tcptrace_record rec;
	u8 i;

	/* One more, and one would have been left out. */
	MUST(notes->nr < TCPTRACE_MAX_NOTES - 1);
	w->rank = 0;
	for (i = 0; i < notes->nr; i++) {
		memset(&rec, 0, sizeof(rec));
		tcptrace_conn_record(&w->conn, notes, i, s, w->now_ns, &rec);
		take(w, &rec);
	}
}

/* Was it written? */
static bool is_bool(const bool *b)
{
	u8 value;

	memcpy(&value, b, sizeof(value));
	return value <= 1;
}

/* All that is not written by the core is garbage. */
static void spoil(struct tcptrace_notes *notes)
{
	memset(notes, 0xa5, sizeof(*notes));
}

static void begin(struct watch *w, struct tcptrace_sighting *s, u8 who)
{
	s->from = tcptrace_conn_first_from(s->seg, false, true);
	w->swapped = s->from != who;
	w->begun = true;
	w->next = 0;
	memset(w->count, 0, sizeof(w->count));
	tcptrace_conn_init(&w->conn, ++w->ids);
}

static void end(struct watch *w, u8 why)
{
	struct tcptrace_notes notes;

	if (!(w->conn.flags & TCPTRACE_CONN_ENDED))
		walk_abandon(&w->all, &w->walk, &w->conn, w->now_ns);
	take_made(w);
	spoil(&notes);
	tcptrace_conn_end(&w->conn, why, &notes);
	MUST(notes.nr <= 1);
	record(w, &notes, NULL);
	walk_end(&w->all, &w->walk);
	MUST(!w->all.held);
}

/* What it waits for is what it waited for @before. */
static void check_still(const struct watch *w,
			const struct tcptrace_conn *before)
{
	MUST(tcptrace_conn_life(&w->conn) == tcptrace_conn_life(before));
	MUST(tcptrace_conn_due(&w->conn) == tcptrace_conn_due(before));
}

static bool is_new(const struct tcptrace_conn *conn)
{
	return !((conn->end[0].flags | conn->end[1].flags) & TCPTRACE_END_SEEN);
}

void watch_segment(struct watch *w, struct tcptrace_sighting s,
		   const struct walk_bytes *bytes)
{
	const u64 due = w->begun ? tcptrace_conn_due(&w->conn) : 0;
	struct tcptrace_notes notes;
	struct tcptrace_conn before;
	u8 who = s.from;

	s.now_ns = w->now_ns;
	if (!w->begun && !tcptrace_conn_starts(s.seg))
		return;
	if (!w->begun)
		begin(w, &s, who);
	s.from = who ^ w->swapped;
	before = w->conn;
	spoil(&notes);
	twice_segment(&w->conn, &s, &notes);
	if (notes.reborn) {
		MUST(!notes.nr && !memcmp(&before, &w->conn, sizeof(before)));
		w->rank = 0;
		end(w, TCPTRACE_WHY_REUSED);
		begin(w, &s, who);
		before = w->conn;
		spoil(&notes);
		twice_segment(&w->conn, &s, &notes);
		MUST(!notes.reborn);
	}
	MUST(is_bool(&notes.foreign) && is_bool(&notes.repeat) &&
	     is_bool(&notes.timer) && is_bool(&notes.still));
	if (notes.still) {
		MUST(!is_new(&before) && !notes.timer);
		check_still(w, &before);
	}
	walk_look(&w->walk, &w->conn, &s, bytes, &notes);
	record(w, &notes, &s);
	check_inferred(w, &notes);
	walk_payload(&w->all, &w->walk, &w->conn, &s, bytes, &notes);
	take_made(w);
	check(w);
	if (!due && tcptrace_conn_due(&w->conn))
		MUST(notes.timer);
}

void watch_word(struct watch *w, u8 who, u8 said, u8 source, u64 linger_ns)
{
	const struct tcptrace_word word = { .said = said, .source = source };
	struct tcptrace_notes notes;
	struct tcptrace_conn before;
	u64 due;

	if (!w->begun)
		return;
	before = w->conn;
	due = tcptrace_conn_due(&w->conn);
	spoil(&notes);
	twice_word(&w->conn, who ^ w->swapped, &word, linger_ns, w->now_ns,
		   &notes);
	MUST(is_bool(&notes.timer) && is_bool(&notes.differs) &&
	     is_bool(&notes.still));
	MUST(!notes.reborn);
	if (notes.still) {
		MUST(!notes.timer);
		check_still(w, &before);
	}
	record(w, &notes, NULL);
	check(w);
	if (!due && tcptrace_conn_due(&w->conn))
		MUST(notes.timer);
}

void watch_time(struct watch *w, u64 now_ns)
{
	struct tcptrace_notes notes;
	u64 due;

	w->now_ns = now_ns;
	if (!w->begun)
		return;
	spoil(&notes);
	due = tcptrace_conn_timer(&w->conn, now_ns, &notes);
	MUST(due == tcptrace_conn_due(&w->conn));
	MUST(!due || due > now_ns);
	MUST(!notes.reborn && !notes.timer);
	record(w, &notes, NULL);
	check(w);
}

void watch_end(struct watch *w, u8 why)
{
	if (!w->begun)
		return;
	w->rank = 0;
	end(w, why);
	check(w);
}

void watch_init(struct watch *w, u64 now_ns)
{
	memset(w, 0, sizeof(*w));
	w->now_ns = now_ns;
	w->all.held_max = 65536;
	w->all.room = room;
	w->all.arg = w;
}

void watch_clean(struct watch *w)
{
	walk_end(&w->all, &w->walk);
	MUST(!w->all.held);
}
