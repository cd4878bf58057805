/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment, or a word of the kernel, shown to a connection in the short ways
 * (core/plain.h, core/usual.h) and in the long one: what a short way takes, both
 * do the same with.
 */
#ifndef TWICE_H
#define TWICE_H

#include <stdio.h>
#include <stdlib.h>

#include "core/conn.h"
#include "core/plain.h"
#include "core/usual.h"

/* Whether a reset ends its TIME_WAIT is looked at again when there is one. */
static inline struct tcptrace_conn twice_without(const struct tcptrace_conn *conn)
{
	struct tcptrace_conn copy = *conn;

	copy.end[0].flags &= ~TCPTRACE_END_RFC1337;
	copy.end[1].flags &= ~TCPTRACE_END_RFC1337;
	return copy;
}

/* Is all that a segment is worth the same? Of no word and no timer. */
static inline bool twice_same_notes(const struct tcptrace_notes *a,
				    const struct tcptrace_notes *b)
{
	const struct tcptrace_note *n, *m;
	u8 i;

	if (a->nr != b->nr || a->reborn != b->reborn || a->timer != b->timer ||
	    a->foreign != b->foreign || a->repeat != b->repeat ||
	    a->still != b->still)
		return false;
	for (i = 0; i < a->nr; i++) {
		n = &a->note[i];
		m = &b->note[i];
		if (n->kind != m->kind || n->why != m->why ||
		    n->from != m->from || n->inferred != m->inferred ||
		    memcmp(n->old, m->old, sizeof(n->old)) ||
		    memcmp(n->state, m->state, sizeof(n->state)) ||
		    n->rflags != m->rflags)
			return false;
		if (n->why == TCPTRACE_WHY_CLOSE &&
		    (memcmp(a->closing, b->closing, sizeof(a->closing)) ||
		     memcmp(a->closing_data_segs, b->closing_data_segs,
			    sizeof(a->closing_data_segs))))
			return false;
	}
	return true;
}

/* The end of the test if a short way and the long one differ. */
static inline void twice_compare(const struct tcptrace_conn *shortly,
				 const struct tcptrace_conn *at_length,
				 const struct tcptrace_sighting *s, bool taken,
				 bool same_notes, const char *way)
{
	struct tcptrace_conn a = twice_without(shortly);
	struct tcptrace_conn b = twice_without(at_length);

	if (!memcmp(&a, &b, sizeof(a)) && (!taken || same_notes))
		return;
	fflush(stdout);
	fprintf(stderr, "# the %s way %s: seq %u ack %u len %u flags %x from %u vantage %u\n",
		way, taken ? "does not do the same" : "touches what it leaves",
		s->seg->seq, s->seg->ack, s->seg->len, s->seg->flags, s->from,
		s->vantage);
	abort();
}

/*
 * tcptrace_conn_segment(), and the end of the test if the ways differ. Returns
 * the shortest way that takes it: 'p'lain, 'u'sual, or the 'l'ong one.
 */
static inline char twice_segment(struct tcptrace_conn *conn,
				 const struct tcptrace_sighting *s,
				 struct tcptrace_notes *ret_notes)
{
	struct tcptrace_conn before = *conn, plainly = *conn, usually = *conn;
	struct tcptrace_notes notes;
	bool plain, usual;

	plain = tcptrace_plain(&plainly, s->seg, s->from, s->vantage,
			       s->to_local);
	usual = tcptrace_usual(&usually, s, &notes);
	tcptrace_conn_unusual(conn, s, ret_notes);
	twice_compare(&plainly, plain ? conn : &before, s, plain,
		      !ret_notes->nr && !ret_notes->reborn &&
		      !ret_notes->timer && ret_notes->still, "plain");
	twice_compare(&usually, usual ? conn : &before, s, usual,
		      usual && twice_same_notes(&notes, ret_notes), "usual");
	return plain ? 'p' : usual ? 'u' : 'l';
}

/* Likewise of a word: nothing else has one. */
static inline bool twice_same_words(const struct tcptrace_notes *a,
				    const struct tcptrace_notes *b)
{
	u8 i;

	for (i = 0; i < a->nr; i++)
		if (memcmp(&a->note[i].word, &b->note[i].word,
			   sizeof(a->note[i].word)))
			return false;
	return a->differs == b->differs;
}

/*
 * tcptrace_conn_word(), and the end of the test if tcptrace_usual_word() differs.
 * Returns the shorter way that takes it: 'w' if it is usual, else 'W'.
 */
static inline char twice_word(struct tcptrace_conn *conn, u8 who,
			      const struct tcptrace_word *word, u64 linger_ns,
			      u64 now_ns, struct tcptrace_notes *ret_notes)
{
	struct tcptrace_conn before = *conn, usually = *conn;
	struct tcptrace_notes notes;
	bool usual, same;

	usual = tcptrace_usual_word(&usually, who, word, &notes);
	tcptrace_conn_word(conn, who, word, linger_ns, now_ns, ret_notes);
	/* These are a segment's. */
	ret_notes->foreign = false;
	ret_notes->repeat = false;
	same = !usual || (twice_same_notes(&notes, ret_notes) &&
			  twice_same_words(&notes, ret_notes));
	if (same && !memcmp(&usually, usual ? conn : &before, sizeof(usually)))
		return usual ? 'w' : 'W';
	fflush(stdout);
	fprintf(stderr, "# the usual way %s: %u says %u, told by %u\n",
		usual ? "does not do the same" : "touches what it leaves",
		who, word->said, word->source);
	abort();
}

#endif /* TWICE_H */
