// SPDX-License-Identifier: GPL-2.0
/* One record on one line, as it comes. */
#include <string.h>
#include <time.h>

#include "core/fsm.h"
#include "explain.h"
#include "names.h"
#include "render.h"
#include "util.h"

static void add_clock(const struct render *r, uint64_t t_ns, struct text *t)
{
	uint64_t wall = t_ns + (uint64_t)r->wall_ns;
	time_t sec = (time_t)(wall / NSEC_PER_SEC);
	char buf[16];
	struct tm tm;

	if (!r->has_wall || !localtime_r(&sec, &tm)) {
		text_style(t, &r->term, STYLE_DIM, "%.6f", (double)t_ns / 1e9);
		return;
	}
	strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
	text_style(t, &r->term, STYLE_DIM, "%s.%06llu", buf,
		   (unsigned long long)(wall % NSEC_PER_SEC / 1000));
}

static void add_moves(const struct render *r, const struct tcptrace_record *rec,
		      struct text *t)
{
	static const char * const who[] = { "client", "server" };
	uint8_t e;

	for (e = 0; e < 2; e++) {
		if (rec->old[e] == rec->state[e])
			continue;
		text_add(t, "  %s %s %s ", who[e],
			 tcptrace_state_name(rec->old[e]), r->term.g->to);
		text_style(t, &r->term, STYLE_STATE, "%s%s",
			   tcptrace_state_name(rec->state[e]),
			   rec->inferred & TCPTRACE_INFERRED_NEW(e) ? "?" : "");
	}
}

static void add_segment(const struct tcptrace_record *rec, struct text *t)
{
	const struct tcptrace_seg *seg = &rec->u.seg;

	name_flags(t, seg->flags, " ");
	text_add(t, " seq=%u", seg->seq);
	if (seg->flags & TCPTRACE_ACK)
		text_add(t, " ack=%u", seg->ack);
	if (seg->len)
		text_add(t, " len=%u", seg->len);
	text_add(t, " win=%u", seg->win);
	if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		text_add(t, " again");
	text_add(t, " %s", name_vantage(rec->vantage));
}

static void add_what(const struct tcptrace_record *rec, struct text *t)
{
	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		add_segment(rec, t);
		break;
	case TCPTRACE_REC_STATE:
		text_add(t, "and so");
		break;
	case TCPTRACE_REC_UNDO:
		text_add(t, "taken back: %s", explain_undo(rec->why));
		break;
	case TCPTRACE_REC_WORD:
		text_add(t, "kernel: %s", tcptrace_state_name(rec->u.word.said));
		break;
	case TCPTRACE_REC_TIMER:
		text_add(t, "timer %s", name_why(rec->why));
		break;
	case TCPTRACE_REC_END:
		text_add(t, "end: %s", explain_end(rec->why));
		break;
	default:
		text_add(t, "%s %s", name_kind(rec->kind), name_why(rec->why));
		break;
	}
}

/* When, which, who to whom. @ends has the addresses. */
static void begin_line(struct render *r, const struct tcptrace_record *rec,
		       const struct tcptrace_record *ends, struct text *t)
{
	const uint8_t from = rec->from == TCPTRACE_SERVER ? TCPTRACE_SERVER :
							    TCPTRACE_CLIENT;

	if (r->last == RENDER_CONN)
		fputc('\n', r->out);
	r->last = RENDER_EVENT;
	add_clock(r, rec->t_ns, t);
	text_style(t, &r->term, STYLE_BOLD, "  #%llu  ",
		   (unsigned long long)rec->conn);
	name_endpoint(t, ends, from);
	text_add(t, " %s ", r->term.g->to);
	name_endpoint(t, ends, !from);
	text_add(t, "  ");
}

static void message_line(struct render *r, const struct tcptrace_record *rec,
			 const struct tcptrace_record *ends,
			 const struct tls_message *m)
{
	struct text what = { 0 };
	struct text t = { 0 };

	begin_line(r, rec, ends, &t);
	text_add(&what, "TLS %s", m->name);
	if (m->flags & TLS_ENCRYPTED) {
		text_add(&what, " ");
		text_number(&what, m->len);
		text_add(&what, " B");
	}
	if (*m->detail)
		text_add(&what, " ");
	text_escaped(&what, m->detail, strlen(m->detail), r->term.ascii);
	text_style(&t, &r->term, m->flags & TLS_ENCRYPTED ? STYLE_SEALED :
				 STYLE_TLS, "%s", what.s);
	fprintf(r->out, "%s\n", t.s);
	text_free(&what);
	text_free(&t);
}

/* Each message on a line of its own, once it is whole. */
static void tls_lines(struct render *r, const struct tcptrace_record *rec)
{
	struct live *live = live_find(&r->live, rec->conn);
	const struct tls_info *tls;

	if (!live)
		return;
	tls = live_take(live, rec, r->has_wall ? &r->wall_ns : NULL);
	for (; live->shown < tls->nr_messages; live->shown++)
		message_line(r, rec, &live->ends, &tls->messages[live->shown]);
}

/**
 * render_event_line() - print a record on one line
 * @r: where to
 * @rec: the record
 *
 * Context: any.
 */
void render_event_line(struct render *r, const struct tcptrace_record *rec)
{
	struct text what = { 0 };
	struct text t = { 0 };
	enum style style = STYLE_NONE;

	if (rec->kind == TCPTRACE_REC_TLS) {
		tls_lines(r, rec);
		return;
	}
	live_add(&r->live, rec);
	/* The kernel's word is news where it moves something, or differs. */
	if (rec->kind == TCPTRACE_REC_COUNT ||
	    (rec->kind == TCPTRACE_REC_WORD &&
	     rec->why != TCPTRACE_WHY_WORD_CLOSED &&
	     rec->why != TCPTRACE_WHY_WORD_FIN &&
	     rec->why != TCPTRACE_WHY_WORD_DIFFERS))
		return;
	begin_line(r, rec, rec, &t);
	if (rec->kind == TCPTRACE_REC_SEGMENT &&
	    (rec->u.seg.flags & TCPTRACE_RST))
		style = STYLE_ALARM;
	else if (rec->rflags & TCPTRACE_F_RETRANSMIT)
		style = STYLE_WARN;
	else if (rec->kind != TCPTRACE_REC_SEGMENT)
		style = STYLE_DIM;
	add_what(rec, &what);
	text_style(&t, &r->term, style, "%s", what.s);
	text_free(&what);
	add_moves(r, rec, &t);
	fprintf(r->out, "%s\n", t.s);
	text_free(&t);
}
