// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "core/fill.h"
#include "twice.h"
#include "world.h"

struct tally tally;

/* --- what one observer has seen, to be printed ------------------------- */

#define LOG_MAX	512

static struct {
	bool on;
	u8 seat;
	unsigned int nr;
	struct sight {
		struct tcptrace_segment seg;
		u32 serial;
		u8 who;
		u8 vantage;
		u8 wait;
	} sight[LOG_MAX];
} log_;

void world_log(enum play_seat seat)
{
	memset(&log_, 0, sizeof(log_));
	log_.on = true;
	log_.seat = (u8)seat;
}

static void log_add(u8 seat, const struct packet *packet, u8 vantage, u8 wait)
{
	struct sight *sight;

	if (!log_.on || seat != log_.seat || log_.nr == LOG_MAX)
		return;
	sight = &log_.sight[log_.nr++];
	memset(sight, 0, sizeof(*sight));
	sight->vantage = vantage;
	sight->wait = wait;
	if (!packet)
		return;
	sight->seg = packet->seg;
	sight->serial = packet->serial;
	sight->who = packet->from;
}

/* Does packet @serial arrive again after sighting @i? */
static bool arrives_later(unsigned int i, u32 serial)
{
	while (++i < log_.nr)
		if (log_.sight[i].vantage == TCPTRACE_ARRIVES &&
		    log_.sight[i].serial == serial)
			return true;
	return false;
}

static void print_segment(FILE *f, const struct sight *sight, const char *how,
			  const u32 isn[2])
{
	const struct tcptrace_segment *seg = &sight->seg;

	fprintf(f, "%c%s ", "cs"[sight->who], how);
	if (!seg->flags)
		fputc('-', f);
	if (seg->flags & TCPTRACE_SYN)
		fputc('S', f);
	if (seg->flags & TCPTRACE_FIN)
		fputc('F', f);
	if (seg->flags & TCPTRACE_RST)
		fputc('R', f);
	if (seg->flags & TCPTRACE_PSH)
		fputc('P', f);
	if (seg->flags & TCPTRACE_ACK)
		fputc('A', f);
	if (seg->len)
		fprintf(f, " +%u", seg->len);
	if (!(seg->flags & TCPTRACE_SYN))
		fprintf(f, " seq=%d", (s32)(seg->seq - isn[sight->who]));
	if (seg->flags & TCPTRACE_ACK)
		fprintf(f, " ack=%d", (s32)(seg->ack - isn[!sight->who]));
}

/* On loopback a segment leaves, and arrives as one of those under way. */
static void print_loopback(FILE *f, unsigned int i, u32 *way[2],
			   unsigned int nr[2], const u32 isn[2])
{
	const struct sight *sight = &log_.sight[i];
	unsigned int k, who = sight->who;

	if (sight->vantage == TCPTRACE_LEAVES) {
		if (!arrives_later(i, sight->serial)) {
			print_segment(f, sight, "!", isn);
			return;
		}
		print_segment(f, sight, ">", isn);
		way[who][nr[who]++] = sight->serial;
		return;
	}
	for (k = 0; k < nr[who] && way[who][k] != sight->serial; k++)
		;
	fprintf(f, "%c%c", "cs"[who], arrives_later(i, sight->serial) ?
		'=' : '<');
	if (k)
		fprintf(f, "%u", k);
	if (arrives_later(i, sight->serial) || k >= nr[who])
		return;
	nr[who]--;
	memmove(&way[who][k], &way[who][k + 1],
		(nr[who] - k) * sizeof(way[who][0]));
}

char *world_text(const u32 isn[2])
{
	static u32 way_c[LOG_MAX], way_s[LOG_MAX];
	u32 *way[2] = { way_c, way_s };
	unsigned int i, nr[2] = { 0, 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	for (i = 0; i < log_.nr; i++) {
		const struct sight *sight = &log_.sight[i];

		if (i)
			fputs("; ", f);
		if (sight->vantage == TCPTRACE_NOWHERE)
			fprintf(f, "wait %u", sight->wait);
		else if (log_.seat == PLAY_LOOPBACK)
			print_loopback(f, i, way, nr, isn);
		else
			print_segment(f, sight,
				      sight->vantage == TCPTRACE_ARRIVES ?
				      "" : "!", isn);
	}
	fclose(f);
	log_.on = false;
	return text;
}

/* --- observers --------------------------------------------------------- */

static bool is_local(u8 seat, u8 who)
{
	return seat == PLAY_LOOPBACK ||
	       seat == (who == 0 ? PLAY_CLIENT : PLAY_SERVER);
}

static void blame(struct world *w, u8 fault, u8 seat, u8 who)
{
	if (w->fault || w->odd)
		return;
	w->fault = fault;
	w->seat = seat;
	w->who = who;
}

/* Caller has seen to it that the end has a path. */
static void observer_move(struct observer *o, u8 who, u8 state, bool undo)
{
	u8 i;

	if (undo) {
		for (i = o->nr_path[who]; i--;) {
			if (o->path[who][i] != state)
				continue;
			o->nr_path[who] = i + 1;
			return;
		}
		if (o->nr_path[who])
			o->nr_path[who]--;
	}
	if (o->nr_path[who] < OBSERVER_MAX_PATH)
		o->path[who][o->nr_path[who]++] = state;
}

static void observer_records(struct world *w, u8 seat,
			     const struct tcptrace_notes *notes,
			     const struct tcptrace_sighting *s)
{
	struct observer *o = &w->obs[seat];
	struct tcptrace_record rec;
	u8 i, role, who;

	if (notes->nr > TCPTRACE_MAX_NOTES)
		blame(w, FAULT_RECORDS, seat, 0);
	for (i = 0; i < notes->nr; i++) {
		memset(&rec, 0, sizeof(rec));
		tcptrace_conn_record(&o->conn, notes, i, s, w->now_ns, &rec);
		if (rec.n != o->next++)
			blame(w, FAULT_RECORDS, seat, 0);
		for (role = 0; role < 2; role++) {
			who = role ^ o->swapped;
			if (!rec.n)
				observer_move(o, who, rec.old[role], false);
			else if (rec.old[role] != o->state[role])
				blame(w, FAULT_RECORDS, seat, who);
			o->state[role] = rec.state[role];
			if (rec.old[role] != rec.state[role])
				observer_move(o, who, rec.state[role],
					      rec.kind == TCPTRACE_REC_UNDO);
		}
	}
	if (o->next != o->conn.n)
		blame(w, FAULT_RECORDS, seat, 0);
	for (role = 0; role < 2 && o->next; role++)
		if (o->state[role] != o->conn.end[role].state)
			blame(w, FAULT_RECORDS, seat, role ^ o->swapped);
}

static void observer_begin(struct observer *o,
			   const struct tcptrace_sighting *s, u8 who)
{
	o->swapped = s->from != who;
	o->next = 0;
	o->nr_path[0] = 0;
	o->nr_path[1] = 0;
	tcptrace_conn_init(&o->conn, 1);
}

static void observer_sees(struct world *w, u8 seat,
			  const struct packet *packet, u8 vantage)
{
	const struct tcptrace_segment *seg = &packet->seg;
	struct observer *o = &w->obs[seat];
	struct tcptrace_notes notes;
	struct tcptrace_sighting s = {
		.seg = seg,
		.now_ns = w->now_ns,
		.vantage = vantage,
		.to_local = vantage != TCPTRACE_PASSES &&
			    is_local(seat, !packet->from),
		.rfc1337 = w->ep[!packet->from].dialect & ENDPOINT_RFC1337,
	};

	log_add(seat, packet, vantage, 0);
	if (packet->serial < o->newest[packet->from] &&
	    !is_local(seat, packet->from))
		o->cause[packet->from] |= CAUSE_MIXED;
	else
		o->newest[packet->from] = packet->serial;
	/* One that repeats data does not tell of a FIN that was lost. */
	if (!packet->again && packet->path > o->seen[packet->from])
		o->seen[packet->from] = packet->path;
	if (!o->begun && !tcptrace_conn_starts(seg))
		return;
	if (o->begun) {
		s.from = packet->from ^ o->swapped;
		twice_segment(&o->conn, &s, &notes);
		if (!notes.reborn) {
			observer_records(w, seat, &notes, &s);
			return;
		}
		tcptrace_conn_end(&o->conn, TCPTRACE_WHY_REUSED, &notes);
		observer_records(w, seat, &notes, NULL);
		o->reborn = true;
	}
	o->begun = true;
	s.from = tcptrace_conn_first_from(seg, false, true);
	observer_begin(o, &s, packet->from);
	twice_segment(&o->conn, &s, &notes);
	observer_records(w, seat, &notes, &s);
}

static void observers_time(struct world *w)
{
	struct tcptrace_notes notes;
	u8 seat;

	for (seat = 0; seat < WORLD_OBSERVERS; seat++) {
		if (!w->obs[seat].begun)
			continue;
		tcptrace_conn_timer(&w->obs[seat].conn, w->now_ns, &notes);
		observer_records(w, seat, &notes, NULL);
	}
}

/* --- comparisons ------------------------------------------------------- */

/* After a passive OPEN, there is no connection in either. */
static bool over(u8 state)
{
	return state == TCPTRACE_CLOSED || state == TCPTRACE_LISTEN;
}

/* What was certain must be so: now, or since it was last heard of. */
static void check_certain(struct world *w)
{
	u8 seat, who, i;

	for (seat = 0; seat < WORLD_OBSERVERS; seat++) {
		const struct observer *o = &w->obs[seat];

		for (who = 0; o->begun && who < 2; who++) {
			const struct tcptrace_end *end =
				&o->conn.end[who ^ o->swapped];
			const struct endpoint *ep = &w->ep[who];

			if (tcptrace_end_inferred(end) ||
			    end->state == ep->state ||
			    (over(end->state) && over(ep->state)))
				continue;
			i = o->seen[who] ? o->seen[who] - 1 : 0;
			for (; i < ep->nr_path; i++)
				if (end->state == ep->path[i])
					break;
			if (is_local(seat, who) || i == ep->nr_path)
				blame(w, FAULT_CERTAIN, seat, who);
		}
	}
}

/* The first state is what it was before anything was seen: a guess. */
static bool same_path(const struct observer *o, const struct endpoint *ep,
		      u8 who)
{
	return o->nr_path[who] == ep->nr_path &&
	       !memcmp(&o->path[who][1], &ep->path[1], ep->nr_path - 1u);
}

static void check_rest(struct world *w)
{
	u8 seat, who;

	tally.rests++;
	for (seat = 0; seat < WORLD_OBSERVERS; seat++) {
		const struct observer *o = &w->obs[seat];

		for (who = 0; o->begun && who < 2; who++) {
			const struct tcptrace_end *end =
				&o->conn.end[who ^ o->swapped];
			bool inferred = tcptrace_end_inferred(end);

			tally.compared++;
			tally.certain += !inferred;
			if (end->state != w->ep[who].state) {
				if (over(end->state) && over(w->ep[who].state))
					continue;
				if (!inferred && !is_local(seat, who) &&
				    o->cause[who] & CAUSE_UNSEEN)
					tally.unseen++;
				else if (!inferred ||
					 !(o->cause[0] | o->cause[1]))
					blame(w, FAULT_REST, seat, who);
				else
					tally.unknowable++;
			} else if (is_local(seat, who) &&
				   !(o->cause[who] &
				     (CAUSE_LOST | CAUSE_SYNACK)) &&
				   !(inferred && o->cause[who] & CAUSE_HELD) &&
				   !o->reborn &&
				   !same_path(o, &w->ep[who], who)) {
				blame(w, FAULT_PATH, seat, who);
			}
			if (is_local(seat, who) &&
			    end->count.bytes != w->ep[who].sent)
				blame(w, FAULT_BYTES, seat, who);
		}
	}
}

/* --- steps ------------------------------------------------------------- */

static void pass(struct world *w, struct packet *packet)
{
	if (packet->passed)
		return;
	packet->passed = true;
	observer_sees(w, PLAY_MIDDLE, packet, TCPTRACE_PASSES);
}

/* Something happens to a packet that only some have seen. */
static void cause(struct world *w, const struct packet *packet, u8 what,
		  bool arrived)
{
	u8 to = !packet->from;

	/* On loopback what is lost on the way never arrives, and is known. */
	if (arrived) {
		w->obs[PLAY_LOOPBACK].cause[to] |= what;
		w->obs[to ? PLAY_SERVER : PLAY_CLIENT].cause[to] |= what;
	}
	w->obs[to ? PLAY_CLIENT : PLAY_SERVER].cause[to] |= what;
	if (packet->passed)
		w->obs[PLAY_MIDDLE].cause[to] |= what;
}

static void lose(struct world *w, const struct packet *packet)
{
	cause(w, packet, CAUSE_LOST, false);
	w->obs[packet->from ? PLAY_CLIENT : PLAY_SERVER].cause[packet->from] |=
		CAUSE_UNSEEN;
	if (!packet->passed)
		w->obs[PLAY_MIDDLE].cause[packet->from] |= CAUSE_UNSEEN;
}

static void flush(struct world *w, u8 who)
{
	struct endpoint *ep = &w->ep[who];
	u8 i;

	for (i = 0; i < ep->nr_out; i++) {
		const struct packet *sent;
		struct packet packet;

		if (ep->out[i].flags & TCPTRACE_RST && !ep->out[i].seq &&
		    -ep->iss < 2 * ENDPOINT_MAX_DATA)
			w->odd = true;
		sent = network_send(&w->net, &ep->out[i], who,
				    ep->out_path[i], ep->out_again[i]);
		if (sent) {
			packet = *sent;
		} else {
			packet = (struct packet) {
				.seg = ep->out[i], .from = who,
				.serial = w->net.serial++,
				.path = ep->out_path[i],
			};
			w->obs[PLAY_LOOPBACK].cause[!who] |= CAUSE_LOST;
			w->obs[who ? PLAY_SERVER : PLAY_CLIENT].cause[!who] |=
				CAUSE_LOST;
			lose(w, &packet);
		}
		observer_sees(w, PLAY_LOOPBACK, &packet, TCPTRACE_LEAVES);
		observer_sees(w, who ? PLAY_SERVER : PLAY_CLIENT, &packet,
			      TCPTRACE_LEAVES);
	}
	ep->nr_out = 0;
}

/*
 * Where implementations differ and no packet tells which one it is. Only of
 * itself a host knows if it heeds resets in TIME_WAIT.
 */
static u8 not_told(const struct endpoint *ep,
		   const struct tcptrace_segment *seg, bool here)
{
	if (ep->state == TCPTRACE_TIME_WAIT && seg->flags & TCPTRACE_RST &&
	    ep->dialect & ENDPOINT_RFC1337 && !here)
		return CAUSE_RST;
	if (ep->state == TCPTRACE_SYN_RCVD && ep->passive &&
	    seg->flags & TCPTRACE_RST && seg->seq != ep->rcv_nxt &&
	    ep->dialect & ENDPOINT_REQUEST_SOCK)
		return CAUSE_RST;
	if (ep->state == TCPTRACE_SYN_RCVD && seg->flags & TCPTRACE_SYN &&
	    seg->flags & TCPTRACE_ACK &&
	    !(ep->dialect & ENDPOINT_TAKES_SYNACK))
		return CAUSE_SYNACK;
	return 0;
}

static void arrive(struct world *w, struct packet *packet, bool refused)
{
	u8 seat, to = !packet->from;

	pass(w, packet);
	observer_sees(w, PLAY_LOOPBACK, packet, TCPTRACE_ARRIVES);
	observer_sees(w, to ? PLAY_SERVER : PLAY_CLIENT, packet,
		      TCPTRACE_ARRIVES);
	if (refused) {
		cause(w, packet, CAUSE_LOST, true);
		return;
	}
	if (packet->serial < w->newest[to]) {
		cause(w, packet, CAUSE_ORDER, false);
		cause(w, packet, CAUSE_HELD, true);
	} else {
		w->newest[to] = packet->serial;
	}
	for (seat = 0; seat < WORLD_OBSERVERS; seat++)
		w->obs[seat].cause[to] |= not_told(&w->ep[to], &packet->seg,
						   is_local(seat, to));
	endpoint_input(&w->ep[to], &packet->seg, w->now_ns);
	flush(w, to);
}

static bool step_packet(struct world *w, const struct step *step)
{
	struct packet packet;

	if (step->n >= w->net.nr)
		return false;
	switch (step->kind) {
	case STEP_PASS:
		if (w->net.packet[step->n].passed)
			return false;
		pass(w, &w->net.packet[step->n]);
		return true;
	case STEP_DOUBLE:
		cause(w, &w->net.packet[step->n], CAUSE_DOUBLED, false);
		return network_double(&w->net, step->n);
	default:
		break;
	}
	packet = network_take(&w->net, step->n);
	if (step->kind == STEP_LOSE)
		lose(w, &packet);
	else
		arrive(w, &packet, step->kind == STEP_REFUSE);
	return true;
}

static bool step_call(struct world *w, const struct step *step)
{
	struct endpoint *ep = &w->ep[step->who];

	switch (step->kind) {
	case STEP_OPEN:
		return endpoint_connect(ep);
	case STEP_SEND:
		return endpoint_send(ep, step->n);
	case STEP_CLOSE:
		return endpoint_close(ep, step->n);
	case STEP_ABORT:
		return endpoint_abort(ep);
	case STEP_RETRANSMIT:
		return endpoint_retransmit(ep, step->n);
	case STEP_ACK:
		return endpoint_acknowledge(ep);
	case STEP_KEEPALIVE:
		return endpoint_keepalive(ep);
	default:
		return false;
	}
}

static void step_wait(struct world *w, u8 seconds)
{
	/* No packet lives for so long. */
	while (w->net.nr) {
		struct packet packet = network_take(&w->net, 0);

		lose(w, &packet);
	}
	w->now_ns += seconds * TCPTRACE_NSEC_PER_SEC;
	endpoint_timer(&w->ep[0], w->now_ns);
	endpoint_timer(&w->ep[1], w->now_ns);
	log_add(log_.seat, NULL, TCPTRACE_NOWHERE, seconds);
	observers_time(w);
}

bool world_step(struct world *w, const struct step *step)
{
	if (w->fault || step->kind == STEP_NONE)
		return false;
	w->now_ns += w->tick_ns;
	if (step->kind <= STEP_DOUBLE) {
		if (!step_packet(w, step))
			return false;
	} else if (step->kind == STEP_WAIT) {
		step_wait(w, step->n);
	} else {
		if (!step_call(w, step))
			return false;
		flush(w, step->who);
	}
	check_certain(w);
	return true;
}

bool world_rest(struct world *w)
{
	static const struct step deliver = { STEP_DELIVER, 0, 0 };
	static const struct step wait = { STEP_WAIT, 0, 61 };
	unsigned int n;
	u8 who;

	for (n = 0; n < 300 && !w->fault; n++) {
		bool acked, busy = false;

		if (world_step(w, &deliver))
			continue;
		for (who = 0; who < 2; who++) {
			struct step ack = { STEP_ACK, who, 0 };

			busy |= world_step(w, &ack);
		}
		acked = busy;
		for (who = 0; who < 2 && !acked; who++) {
			struct step again = {
				STEP_RETRANSMIT, who, ENDPOINT_MAX_DATA,
			};

			busy |= world_step(w, &again);
		}
		if (!busy)
			break;
	}
	if (n == 300)
		blame(w, FAULT_RESTLESS, 0, 0);
	if (!w->fault)
		check_rest(w);
	world_step(w, &wait);
	if (!w->fault)
		check_rest(w);
	return !w->fault;
}

void world_init(struct world *w, const u32 iss[2], const u8 dialect[2],
		bool listens, u64 tick_ns)
{
	memset(w, 0, sizeof(*w));
	endpoint_init(&w->ep[0], iss[0], dialect[0]);
	endpoint_init(&w->ep[1], iss[1], dialect[1]);
	if (listens)
		endpoint_listen(&w->ep[1]);
	w->now_ns = 1000 * TCPTRACE_NSEC_PER_SEC;
	w->tick_ns = tick_ns;
}

/* --- hash -------------------------------------------------------------- */

static u64 mix(u64 h, const void *data, size_t size)
{
	const u8 *p = data;
	u64 word;

	for (; size; p += sizeof(word)) {
		size_t part = size < sizeof(word) ? size : sizeof(word);

		word = 0;
		memcpy(&word, p, part);
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
		size -= part;
	}
	return h;
}

u64 world_hash(const struct world *w)
{
	u64 h = mix(1, &w->now_ns, sizeof(w->now_ns)), packets = 0;
	u8 i, who;

	for (who = 0; who < 2; who++)
		h = mix(h, &w->ep[who], offsetof(struct endpoint, path) +
			w->ep[who].nr_path);
	for (i = 0; i < WORLD_OBSERVERS; i++) {
		struct observer o = w->obs[i];

		o.newest[0] = 0;
		o.newest[1] = 0;
		h = mix(h, &o, sizeof(o));
	}
	for (i = 0; i < w->net.nr; i++) {
		struct packet packet = w->net.packet[i];

		packet.serial = 0;
		packets += mix(2, &packet, sizeof(packet));
	}
	return mix(h, &packets, sizeof(packets));
}
