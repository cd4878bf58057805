// SPDX-License-Identifier: GPL-2.0
#include "core/fill.h"
#include "play.h"
#include "twice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE	16
#define MSEC	1000000ULL

static const uint32_t isn[2] = { PLAY_ISN_CLIENT, PLAY_ISN_SERVER };

/* An endpoint that sends what it is told to. */
struct actor {
	uint32_t snd_nxt;
	uint32_t rcv_nxt;
	struct tcptrace_segment last;
	struct tcptrace_segment queue[QUEUE];
	unsigned int head, tail;
};

struct stage {
	struct play *play;
	struct actor actor[2];
	enum play_seat seat;
	enum tcptrace_endpoint first_from;
	bool begun;
	bool swapped;		/* the actors' roles are not the watcher's */
	bool rfc1337;
	uint64_t ids;
};

static void append(struct play *p, int end, const char *fmt, const char *name,
		   const char *mark)
{
	size_t used = strlen(p->path[end]);

	snprintf(p->path[end] + used, sizeof(p->path[end]) - used, fmt,
		 used ? " " : "", name, mark);
}

/* A connection begins where its first record says that it was before. */
static void path_begin(struct play *p, const struct tcptrace_record *rec)
{
	int end;

	for (end = 0; end < 2; end++) {
		if (p->path[end][0])
			append(p, end, "%s%s%s", "|", "");
		append(p, end, "%s%s%s", tcptrace_state_name(rec->old[end]),
		       rec->inferred & TCPTRACE_INFERRED_OLD(end) ? "?" : "");
	}
}

static void keep(struct stage *st, const struct tcptrace_notes *notes,
		 const struct tcptrace_sighting *s)
{
	struct play *p = st->play;
	uint8_t i;
	int end;

	for (i = 0; i < notes->nr; i++) {
		struct tcptrace_record *rec = &p->records[p->nr_records];

		if (p->nr_records < PLAY_MAX_RECORDS - 1)
			p->nr_records++;
		memset(rec, 0, sizeof(*rec));
		tcptrace_conn_record(&p->conn, notes, i, s, p->now_ns, rec);
		if (!rec->n)
			path_begin(p, rec);
		for (end = 0; end < 2; end++) {
			const char *mark = rec->inferred &
				TCPTRACE_INFERRED_NEW(end) ? "?" : "";

			if (rec->old[end] == rec->state[end])
				continue;
			append(p, end, rec->kind == TCPTRACE_REC_UNDO ?
			       "%s^%s%s" : "%s%s%s",
			       tcptrace_state_name(rec->state[end]), mark);
		}
	}
}

static void keep_way(struct play *p, char way)
{
	if (p->nr_ways < PLAY_MAX_WAYS)
		p->ways[p->nr_ways++] = way;
}

static void show(struct play *p, const struct tcptrace_sighting *s,
		 struct tcptrace_notes *ret_notes)
{
	keep_way(p, twice_segment(&p->conn, s, ret_notes));
}

static void sight(struct stage *st, int who,
		  const struct tcptrace_segment *seg,
		  enum tcptrace_vantage vantage)
{
	struct play *p = st->play;
	struct tcptrace_notes notes;
	struct tcptrace_sighting s = {
		.seg = seg,
		.vantage = vantage,
		.to_local = vantage == TCPTRACE_ARRIVES ||
			    (vantage == TCPTRACE_LEAVES &&
			     st->seat == PLAY_LOOPBACK),
		.rfc1337 = st->rfc1337,
	};

	p->now_ns += MSEC;
	s.now_ns = p->now_ns;
	if (!st->begun) {
		if (!tcptrace_conn_starts(seg))
			return;
		st->begun = true;
		goto begin;
	}
	s.from = st->swapped ? !who : who;
	show(p, &s, &notes);
	if (!notes.reborn) {
		keep(st, &notes, &s);
		return;
	}
	tcptrace_conn_end(&p->conn, TCPTRACE_WHY_REUSED, &notes);
	keep(st, &notes, NULL);
begin:
	s.from = seg->flags & TCPTRACE_SYN ?
		 tcptrace_conn_first_from(seg, false, false) :
		 (uint8_t)st->first_from;
	st->swapped = s.from != who;
	tcptrace_conn_init(&p->conn, ++st->ids);
	show(p, &s, &notes);
	keep(st, &notes, &s);
}

static void deliver(struct stage *st, int who,
		    const struct tcptrace_segment *seg)
{
	struct actor *to = &st->actor[!who];

	if (seg->flags & TCPTRACE_SYN)
		to->rcv_nxt = seg->end;
	else if (seg->seq == to->rcv_nxt)
		to->rcv_nxt = seg->end;
	if (st->seat == PLAY_LOOPBACK ||
	    (st->seat == PLAY_CLIENT && who == TCPTRACE_SERVER) ||
	    (st->seat == PLAY_SERVER && who == TCPTRACE_CLIENT))
		sight(st, who, seg, TCPTRACE_ARRIVES);
}

static void go(struct stage *st, int who, const struct tcptrace_segment *seg)
{
	struct actor *from = &st->actor[who];

	if ((int32_t)(seg->end - from->snd_nxt) > 0)
		from->snd_nxt = seg->end;
	from->last = *seg;
	if (st->seat == PLAY_MIDDLE)
		sight(st, who, seg, TCPTRACE_PASSES);
	else if (st->seat == PLAY_LOOPBACK ||
		 (st->seat == PLAY_CLIENT) == (who == TCPTRACE_CLIENT))
		sight(st, who, seg, TCPTRACE_LEAVES);
}

static const char *parse_flags(const char *word, struct tcptrace_segment *seg)
{
	for (; *word; word++) {
		switch (*word) {
		case 'S':
			seg->flags |= TCPTRACE_SYN;
			break;
		case 'A':
			seg->flags |= TCPTRACE_ACK;
			break;
		case 'F':
			seg->flags |= TCPTRACE_FIN;
			break;
		case 'R':
			seg->flags |= TCPTRACE_RST;
			break;
		case 'P':
			seg->flags |= TCPTRACE_PSH;
			break;
		case '-':
			break;
		default:
			return "flags are of the letters S A F R P -";
		}
	}
	return NULL;
}

/* The @nth oldest that is under way is delivered, and may stay under way. */
static const char *fetch(struct stage *st, int who, unsigned int nth, bool stay)
{
	struct actor *from = &st->actor[who];
	struct tcptrace_segment seg;

	if (from->tail - from->head <= nth)
		return "nothing is under way to be delivered";
	seg = from->queue[(from->head + nth) % QUEUE];
	if (!stay) {
		for (; nth; nth--)
			from->queue[(from->head + nth) % QUEUE] =
				from->queue[(from->head + nth - 1) % QUEUE];
		from->head++;
	}
	deliver(st, who, &seg);
	return NULL;
}

/* The kernel's word: @state, and what follows it if @more is not NULL. */
static const char *say(struct stage *st, int who, const char *state,
		       const char *more)
{
	struct tcptrace_word word = {
		.source = more ? TCPTRACE_SOURCE_SKB : TCPTRACE_SOURCE_EVENT,
	};
	struct play *p = st->play;
	struct tcptrace_notes notes;

	if (more && strcmp(more, "skb"))
		return "after a word comes skb, or nothing";
	while (++word.said < TCPTRACE_NR_STATES)
		if (state && !strcmp(state, tcptrace_state_name(word.said)))
			break;
	if (word.said == TCPTRACE_NR_STATES)
		return "a word is the name of a state";
	p->now_ns += MSEC;
	keep_way(p, twice_word(&p->conn, st->swapped ? !who : who, &word,
			       60 * TCPTRACE_NSEC_PER_SEC, p->now_ns, &notes));
	keep(st, &notes, NULL);
	return NULL;
}

static const char *step(struct stage *st, char *text)
{
	struct tcptrace_segment seg = {
		.win = 1000, .segs = 1, .wscale = TCPTRACE_WSCALE_NONE,
	};
	char *save = NULL, *word = strtok_r(text, " \t\n", &save);
	const char *wrong;
	struct actor *from;
	bool acks = true;
	char how;
	int who;

	if (!word)
		return NULL;
	if (!strcmp(word, "wait")) {
		struct tcptrace_notes notes;

		word = strtok_r(NULL, " \t\n", &save);
		st->play->now_ns += strtoull(word ? word : "0", NULL, 10) *
				    TCPTRACE_NSEC_PER_SEC;
		tcptrace_conn_timer(&st->play->conn, st->play->now_ns, &notes);
		keep(st, &notes, NULL);
		return NULL;
	}
	if (!strcmp(word, "rfc1337")) {
		st->rfc1337 = true;
		return NULL;
	}
	if (word[0] != 'c' && word[0] != 's')
		return "a step begins with c, s, wait or rfc1337";
	who = word[0] == 'c' ? TCPTRACE_CLIENT : TCPTRACE_SERVER;
	how = word[1];
	from = &st->actor[who];
	if (how == '<' || how == '=')
		return fetch(st, who, (unsigned int)atoi(word + 2), how == '=');
	word = strtok_r(NULL, " \t\n", &save);
	if (how == ':')
		return say(st, who, word, strtok_r(NULL, " \t\n", &save));
	if (!word)
		return "a step has flags";
	if (!strcmp(word, "again")) {
		seg = from->last;
		goto send;
	}
	wrong = parse_flags(word, &seg);
	if (wrong)
		return wrong;
	seg.seq = seg.flags & TCPTRACE_SYN ? isn[who] : from->snd_nxt;
	seg.ack = from->rcv_nxt;
	if (seg.flags & TCPTRACE_SYN)
		seg.wscale = 7;
	while ((word = strtok_r(NULL, " \t\n", &save))) {
		if (word[0] == '+')
			seg.len = (uint32_t)atoi(word + 1);
		else if (!strncmp(word, "seq=", 4))
			seg.seq = isn[who] + (uint32_t)atoi(word + 4);
		else if (!strncmp(word, "ack=", 4))
			seg.ack = isn[!who] + (uint32_t)atoi(word + 4);
		else if (!strncmp(word, "win=", 4))
			seg.win = (uint16_t)atoi(word + 4);
		else
			return "a step has +LEN, seq=, ack= and win=";
	}
	if (!(seg.flags & TCPTRACE_ACK))
		acks = false;
	if (!acks)
		seg.ack = 0;
	seg.end = seg.seq + seg.len + !!(seg.flags & TCPTRACE_SYN) +
		  !!(seg.flags & TCPTRACE_FIN);
send:
	go(st, who, &seg);
	switch (how) {
	case '\0':
		deliver(st, who, &seg);
		return NULL;
	case '!':
		return NULL;
	case '>':
		if (from->tail - from->head == QUEUE)
			return "too many are under way";
		from->queue[from->tail++ % QUEUE] = seg;
		return NULL;
	default:
		return "after c or s comes :, !, >, < or =";
	}
}

const char *play(const char *text, enum play_seat seat,
		 enum tcptrace_endpoint first_from, struct play *ret_play)
{
	struct stage st = {
		.play = ret_play, .seat = seat, .first_from = first_from,
	};
	char *copy, *save = NULL, *part;
	const char *wrong = NULL;
	int who;

	memset(ret_play, 0, sizeof(*ret_play));
	ret_play->now_ns = 1000 * TCPTRACE_NSEC_PER_SEC;
	for (who = 0; who < 2; who++) {
		st.actor[who].snd_nxt = isn[who] + 1;
		st.actor[who].rcv_nxt = isn[!who] + 1;
	}
	copy = strdup(text);
	if (!copy)
		return "no memory";
	for (part = strtok_r(copy, ";", &save); part && !wrong;
	     part = strtok_r(NULL, ";", &save))
		wrong = step(&st, part);
	free(copy);
	for (who = 0; who < 2; who++)
		ret_play->dead_letters += st.actor[who].tail -
					  st.actor[who].head;
	return wrong;
}
