// SPDX-License-Identifier: GPL-2.0
/* The kernel's own word on the sockets of this host. */
#include "note.h"
#include "usual.h"

/*
 * CLOSED where segments tell of another state: in FIN_WAIT2 the rest of the
 * wait goes on without a process; elsewhere a segment says why in a moment.
 */
static bool begin_wait(struct tcptrace_end *end, u64 linger_ns, u64 now_ns)
{
	if (end->flags & TCPTRACE_END_PENDING)
		return false;
	switch (end->state) {
	case TCPTRACE_TIME_WAIT:
	case TCPTRACE_CLOSED:
	case TCPTRACE_LISTEN:
		return false;
	case TCPTRACE_FIN_WAIT2:
		end->tw_ns = now_ns + linger_ns;
		break;
	default:
		end->tw_ns = now_ns + TCPTRACE_SETTLE_NS;
		break;
	}
	end->flags |= TCPTRACE_END_PENDING;
	return true;
}

/* Has its process closed, and no FIN was sent yet? */
static bool closes(const struct tcptrace_end *end, u8 said)
{
	return (said == TCPTRACE_FIN_WAIT1 || said == TCPTRACE_LAST_ACK) &&
	       end->state != said &&
	       tcptrace_fsm_next(end->state, TCPTRACE_EV_SND_FIN) == said;
}

void tcptrace_word_catch_up(struct tcptrace_conn *conn, u8 who,
			    struct tcptrace_notes *notes)
{
	struct tcptrace_end *end = &conn->end[who];
	const u8 said = tcptrace_end_word(end);
	struct tcptrace_note *note;

	if (!closes(end, said))
		return;
	note = tcptrace_note_open(conn, notes, TCPTRACE_REC_WORD,
				  TCPTRACE_WHY_WORD_FIN, who);
	note->word.said = said;
	note->word.before = said;
	note->word.source = TCPTRACE_SOURCE_EVENT;
	end->state = said;
	end->sure = said;
	notes->still = false;
	tcptrace_note_close(conn, notes, note);
}

/*
 * The kernel reports each state but TIME_WAIT: one that it passes over was
 * inferred from what has come and was not taken, or not yet.
 */
static u16 passed_over(const struct tcptrace_end *end,
		       const struct tcptrace_word *word)
{
	const u8 before = tcptrace_end_word(end);

	if (word->source != TCPTRACE_SOURCE_EVENT)
		return 0;
	switch (word->said) {
	case TCPTRACE_CLOSED:
		if (before == TCPTRACE_FIN_WAIT1 &&
		    (end->state == TCPTRACE_FIN_WAIT2 ||
		     end->state == TCPTRACE_CLOSING ||
		     end->state == TCPTRACE_TIME_WAIT))
			return TCPTRACE_TOOK_FIN_ACK | TCPTRACE_TOOK_FIN;
		if (before == TCPTRACE_ESTABLISHED &&
		    end->state == TCPTRACE_CLOSE_WAIT)
			return TCPTRACE_TOOK_FIN;
		return 0;
	case TCPTRACE_FIN_WAIT1:
	case TCPTRACE_LAST_ACK:
		/* It closes while the reset waits in its backlog. */
		return end->state == TCPTRACE_CLOSED ? TCPTRACE_TOOK_RST : 0;
	default:
		return 0;
	}
}

static void take_back(struct tcptrace_conn *conn, u8 who, u16 what,
		      struct tcptrace_notes *notes)
{
	struct tcptrace_end *end = &conn->end[who];
	struct tcptrace_note *note;

	/* It may have come to its state without. */
	if (!(end->flags & what & ~(end->flags >> TCPTRACE_PROVED_SHIFT)))
		return;
	note = tcptrace_note_open(conn, notes, TCPTRACE_REC_UNDO,
				  TCPTRACE_WHY_NOT_TAKEN, who);
	if (!tcptrace_end_undo(end, what, who == TCPTRACE_SERVER))
		return;
	notes->still = false;
	tcptrace_note_close(conn, notes, note);
	conn->flags &= ~TCPTRACE_CONN_ENDED;
	if (end->state == TCPTRACE_TIME_WAIT)
		notes->timer = true;
}

/* Who takes an ACK of its FIN and the other one at once passes FIN_WAIT2. */
static __always_inline bool passes(const struct tcptrace_end *end, u8 said,
				   u16 unproved)
{
	return unproved == (TCPTRACE_TOOK_FIN_ACK | TCPTRACE_TOOK_FIN) &&
	       said == TCPTRACE_FIN_WAIT2 && end->sure == TCPTRACE_FIN_WAIT1 &&
	       end->state == TCPTRACE_TIME_WAIT;
}

/* Does @unproved, if it is one thing and no reset, lead to where the end is? */
static __always_inline bool explains(const struct tcptrace_end *end,
				     u16 unproved)
{
	if (!unproved)
		return end->sure == end->state;
	if ((unproved & (unproved - 1)) || unproved == TCPTRACE_TOOK_RST ||
	    (unproved == TCPTRACE_TOOK_OPEN && (end->flags & TCPTRACE_END_FIN)))
		return false;
	return tcptrace_fsm_next(end->sure,
				 tcptrace_end_event(end->sure, unproved,
						    false)) == end->state;
}

/*
 * CLOSED, of one that waits on, or has ended where the segments say that it does.
 * What it said before leaves nothing to be taken back (passed_over()), and no FIN
 * to be caught up with.
 */
static __always_inline bool closes_usually(const struct tcptrace_end *end)
{
	const u8 before = tcptrace_end_word(end);

	return (before == TCPTRACE_FIN_WAIT2 &&
		end->state == TCPTRACE_TIME_WAIT) ||
	       (before == TCPTRACE_LAST_ACK && end->state == TCPTRACE_CLOSED);
}

TCPTRACE_INNER TCPTRACE_OFTEN
bool tcptrace_usual_word(struct tcptrace_conn *conn, u8 who,
			 const struct tcptrace_word *word,
			 struct tcptrace_notes *ret_notes)
{
	struct tcptrace_end *end = &conn->end[who];
	const u8 said = word->said, before = tcptrace_end_word(end);
	u8 why = TCPTRACE_WHY_WORD_AGREES, sure = end->state;
	struct tcptrace_note *note;
	u16 proved;

	TCPTRACE_KEEP(end);
	if ((conn->flags & TCPTRACE_CONN_ENDED) || said == before ||
	    end->sure == TCPTRACE_UNKNOWN || end->doubts)
		return false;
	proved = end->flags & TCPTRACE_TOOK_ALL &
		 ~(end->flags >> TCPTRACE_PROVED_SHIFT);
	if (passes(end, said, proved)) {
		proved = TCPTRACE_TOOK_FIN_ACK;
		sure = said;
	} else if (!explains(end, proved)) {
		return false;
	} else if (said == TCPTRACE_CLOSED) {
		if (!closes_usually(end))
			return false;
	} else if (said != end->state) {
		if (proved || word->source != TCPTRACE_SOURCE_EVENT ||
		    !closes(end, said))
			return false;
		why = TCPTRACE_WHY_WORD_AHEAD;
	}

	memset(ret_notes, 0, offsetof(struct tcptrace_notes, closing));
	ret_notes->still = true;
	note = tcptrace_note_open(conn, ret_notes, TCPTRACE_REC_WORD, why, who);
	note->word = *word;
	note->word.before = before;
	end->flags &= ~TCPTRACE_END_WORD;
	end->flags |= TCPTRACE_END_LOCAL | proved << TCPTRACE_PROVED_SHIFT |
		      (u32)said << TCPTRACE_WORD_SHIFT;
	end->sure = sure;
	tcptrace_note_close(conn, ret_notes, note);
	return true;
}

TCPTRACE_INNER
void tcptrace_conn_word(struct tcptrace_conn *conn, u8 who,
			const struct tcptrace_word *word, u64 linger_ns,
			u64 now_ns, struct tcptrace_notes *ret_notes)
{
	struct tcptrace_end *end = &conn->end[who];
	struct tcptrace_note *note;
	bool agrees;
	u8 before;
	u16 what;

	ret_notes->nr = 0;
	ret_notes->reborn = false;
	ret_notes->timer = false;
	ret_notes->differs = false;
	ret_notes->still = true;
	if (word->source == TCPTRACE_SOURCE_SKB &&
	    tcptrace_conn_repeats(conn, who, word->said)) {
		end->flags |= TCPTRACE_END_LOCAL;
		return;
	}
	/* Its request may say its answer again while another CPU is further. */
	if (word->source == TCPTRACE_SOURCE_SKB &&
	    word->said == TCPTRACE_SYN_RCVD &&
	    end->state != TCPTRACE_SYN_RCVD &&
	    tcptrace_end_proved(end, TCPTRACE_TOOK_OPEN))
		return;
	end->flags |= TCPTRACE_END_LOCAL;
	what = passed_over(end, word);
	if (what)
		take_back(conn, who, what, ret_notes);
	if (word->said == TCPTRACE_CLOSED)
		tcptrace_word_catch_up(conn, who, ret_notes);
	note = tcptrace_note_open(conn, ret_notes, TCPTRACE_REC_WORD,
				  TCPTRACE_WHY_WORD_AGREES, who);
	agrees = tcptrace_end_said(end, word->said, who == TCPTRACE_SERVER);
	/*
	 * A socket that sends is in the state that its segment shows, unless
	 * its FIN waits behind data.
	 */
	if (!agrees)
		note->why = word->source == TCPTRACE_SOURCE_SKB &&
			    !closes(end, word->said) ?
			    TCPTRACE_WHY_WORD_DIFFERS :
			    TCPTRACE_WHY_WORD_AHEAD;
	if (conn->flags & TCPTRACE_CONN_ENDED)
		note->rflags |= TCPTRACE_F_ORPHAN;
	ret_notes->differs = note->why == TCPTRACE_WHY_WORD_DIFFERS;
	before = tcptrace_end_word(end);
	if (word->said == before && !ret_notes->differs)
		return;
	note->word = *word;
	note->word.before = before;
	end->flags &= ~TCPTRACE_END_WORD;
	end->flags |= (u32)word->said << TCPTRACE_WORD_SHIFT;
	if (word->said == TCPTRACE_CLOSED)
		ret_notes->timer |= begin_wait(end, linger_ns, now_ns);
	if (ret_notes->timer)
		ret_notes->still = false;
	tcptrace_note_close(conn, ret_notes, note);
}
