// SPDX-License-Identifier: GPL-2.0
/* The walk over TLS records: plain enough to be right, bounded in all it does. */
#include "tlsrec.h"

/* RFC 5246 section 6.2.3: the most that a record's body may have. */
#define BODY_MAX	(16384 + 2048)
/* An alert in the clear has two bytes; two of them may share a record. */
#define ALERTS_MAX	4
#define CLIENT_HELLO	1
#define SERVER_HELLO	2

static u32 smaller(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* A walk through one segment, or one piece that was held. */
struct walk {
	struct tcptrace_tls *tls;
	struct tcptrace_tls_dir *dir;
	const struct tcptrace_payload *payload;
	struct tcptrace_tls_sink *sink;
	u32 seq;	/* of the payload's first byte */
	struct tcptrace_tls_piece piece;
};

/* --- how a stream begins ---------------------------------------------- */

static bool begins(const u8 *bytes, u32 len, const char *word)
{
	u32 i;

	for (i = 0; i < len && word[i]; i++)
		if (bytes[i] != (u8)word[i])
			return false;
	return true;
}

static bool is_http(const u8 *bytes, u32 len)
{
	static const char * const methods[] = {
		"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ",
		"OPTIONS ", "TRACE ", "PATCH ", "PRI * ", NULL
	};
	const char * const *method;

	for (method = methods; *method; method++)
		if (begins(bytes, len, *method))
			return true;
	return false;
}

/* RFC 6101 appendix E: two bytes of length, a ClientHello, its version. */
static bool is_ssl2(const u8 *bytes, u32 len)
{
	if (!(bytes[0] & 0x80) || (len > 2 && bytes[2] != CLIENT_HELLO))
		return false;
	if (len > 3 && bytes[3] != 0 && bytes[3] != 3)
		return false;
	return len <= 4 || bytes[3] == 3 || bytes[4] == 2;
}

enum tcptrace_opening tcptrace_tlsrec_opening(const u8 *bytes, u32 len)
{
	if (!len)
		return TCPTRACE_OPENING_UNKNOWN;
	if (bytes[0] == TCPTRACE_TLS_HANDSHAKE && (len < 2 || bytes[1] == 3) &&
	    (len < 6 || bytes[5] == CLIENT_HELLO))
		return TCPTRACE_OPENING_TLS;
	if (is_http(bytes, len))
		return TCPTRACE_OPENING_HTTP;
	if (is_ssl2(bytes, len))
		return TCPTRACE_OPENING_SSL2;
	return TCPTRACE_OPENING_OTHER;
}

/* --- pieces ----------------------------------------------------------- */

static void flush(struct walk *w)
{
	if (!w->piece.len)
		return;
	w->sink->put(w->sink, &w->piece);
	w->piece.len = 0;
}

/* How many bytes make the piece that waits, or a new one, full. */
static u32 piece_room(const struct walk *w)
{
	if (w->piece.len == TCPTRACE_TLS_RECORD_BYTES)
		return TCPTRACE_TLS_RECORD_BYTES;
	return TCPTRACE_TLS_RECORD_BYTES - w->piece.len;
}

/* Bytes that end at @dir->next; they follow those that wait to be flushed. */
static void put_bytes(struct walk *w, const u8 *bytes, u32 offset, u32 len)
{
	struct tcptrace_tls_piece *piece = &w->piece;

	if (piece->len &&
	    (piece->offset + piece->len != offset ||
	     piece->len + len > TCPTRACE_TLS_RECORD_BYTES))
		flush(w);
	if (!piece->len)
		piece->offset = offset;
	memcpy(piece->bytes + piece->len, bytes, len);
	piece->len += len;
	w->dir->copied += len;
}

/* The header of a record whose body stays here, or the end of the walk. */
static void put_mark(struct walk *w, u8 why, u32 offset, bool header)
{
	const u8 *head = w->dir->head;
	struct tcptrace_tls_piece mark = {
		.why = why,
		.from = w->piece.from,
		.offset = offset,
	};

	flush(w);
	if (header) {
		mark.type = head[0];
		mark.version = head[1] << 8 | head[2];
		mark.length = head[3] << 8 | head[4];
	}
	w->sink->put(w->sink, &mark);
}

static void end_walk(struct walk *w, u8 why, u32 offset, bool header)
{
	put_mark(w, why, offset, header);
	w->dir->flags |= TCPTRACE_TLS_OVER;
}

/* --- records ---------------------------------------------------------- */

static u32 body_length(const struct tcptrace_tls_dir *dir)
{
	return dir->head[3] << 8 | dir->head[4];
}

/* In the header is a record; the client's first one is of a handshake. */
static bool sane(const struct tcptrace_tls_dir *dir, u8 from)
{
	const u8 *head = dir->head;
	const u32 length = body_length(dir);

	if (head[0] < TCPTRACE_TLS_CCS || head[0] > TCPTRACE_TLS_HEARTBEAT ||
	    head[1] != 3 || head[2] > 4 || length > BODY_MAX)
		return false;
	if (!length && head[0] != TCPTRACE_TLS_DATA)
		return false;
	if (dir->flags & TCPTRACE_TLS_BEGUN)
		return true;
	return head[0] == TCPTRACE_TLS_HANDSHAKE ||
	       (from == TCPTRACE_SERVER && head[0] == TCPTRACE_TLS_ALERT);
}

/*
 * Once the cipher has changed, a record of a handshake is encrypted, unless it
 * is the hello that follows a HelloRetryRequest (RFC 8446 appendix D.4). Such
 * a one tells its length twice; that random bytes do is one chance in 2^32.
 */
static bool is_hello(const struct tcptrace_tls_dir *dir, u8 from)
{
	const u8 *head = dir->head;
	const u32 length = body_length(dir);

	return head[5] == (from == TCPTRACE_CLIENT ? CLIENT_HELLO :
						     SERVER_HELLO) &&
	       !head[6] && (u32)(head[7] << 8 | head[8]) + 4 == length;
}

/* How many bytes it takes to know what to do with the record. */
static u32 head_wanted(const struct tcptrace_tls_dir *dir)
{
	if (dir->head_len < TCPTRACE_TLS_HEADER ||
	    dir->head[0] != TCPTRACE_TLS_HANDSHAKE ||
	    !(dir->flags & TCPTRACE_TLS_CHANGED) ||
	    body_length(dir) < 4)
		return TCPTRACE_TLS_HEADER;
	return TCPTRACE_TLS_HEADER + 4;
}

/* Does the record pass in the clear, to be copied? */
static bool is_clear(const struct tcptrace_tls_dir *dir, u8 from)
{
	const u32 length = body_length(dir);

	switch (dir->head[0]) {
	case TCPTRACE_TLS_CCS:
		return length == 1;
	case TCPTRACE_TLS_ALERT:
		return !(dir->flags & TCPTRACE_TLS_CHANGED) &&
		       length <= ALERTS_MAX;
	case TCPTRACE_TLS_HANDSHAKE:
		if (!(dir->flags & TCPTRACE_TLS_CHANGED))
			return true;
		return dir->head_len > TCPTRACE_TLS_HEADER &&
		       is_hello(dir, from);
	default:
		return false;
	}
}

/* From @offset on no more bodies are copied. */
static void reach_cap(struct walk *w, u32 offset)
{
	put_mark(w, TCPTRACE_WHY_TLS_CAP, offset, false);
	w->dir->flags &= ~TCPTRACE_TLS_COPYING;
	w->dir->flags |= TCPTRACE_TLS_CAPPED;
}

/* Is it to be copied: does it pass in the clear, and is there room? */
static bool wants_copy(struct walk *w, u32 offset)
{
	struct tcptrace_tls_dir *dir = w->dir;

	if (!is_clear(dir, w->piece.from) ||
	    (dir->flags & TCPTRACE_TLS_CAPPED))
		return false;
	if (dir->copied + dir->head_len <= w->tls->cap)
		return true;
	reach_cap(w, offset);
	return false;
}

/*
 * A record that is not copied is told by its header, but not for ever: one is
 * as short as six bytes.
 */
static void tell_record(struct walk *w, u32 offset)
{
	if (w->dir->nr_told == TCPTRACE_TLS_MAX_TOLD) {
		end_walk(w, TCPTRACE_WHY_TLS_HOLE, offset, false);
		return;
	}
	w->dir->nr_told++;
	put_mark(w, TCPTRACE_WHY_TLS_RECORD, offset, true);
}

/* All of the header is there, and what it takes of the body. */
static void begin_record(struct walk *w)
{
	struct tcptrace_tls_dir *dir = w->dir;
	const u32 offset = dir->next - dir->base - dir->head_len;

	dir->left = body_length(dir) - (dir->head_len - TCPTRACE_TLS_HEADER);
	dir->flags &= ~TCPTRACE_TLS_COPYING;
	dir->flags |= TCPTRACE_TLS_BEGUN;
	if (dir->head[0] == TCPTRACE_TLS_DATA) {
		end_walk(w, TCPTRACE_WHY_TLS_DATA, offset, true);
	} else if (wants_copy(w, offset)) {
		dir->flags |= TCPTRACE_TLS_COPYING;
		put_bytes(w, dir->head, offset, dir->head_len);
	} else {
		tell_record(w, offset);
	}
	if (dir->head[0] == TCPTRACE_TLS_CCS)
		dir->flags |= TCPTRACE_TLS_CHANGED;
	dir->head_len = 0;
}

/* Return: false if the bytes cannot be had, which ends the walk. */
static bool walk_head(struct walk *w, u32 end)
{
	struct tcptrace_tls_dir *dir = w->dir;
	u32 len = head_wanted(dir) - dir->head_len;

	len = smaller(len, end - dir->next);
	if (!w->payload->get(w->payload, dir->next - w->seq, len,
			     dir->head + dir->head_len))
		return false;
	dir->head_len += len;
	dir->next += len;
	if (dir->head_len < TCPTRACE_TLS_HEADER)
		return true;
	if (dir->head_len == TCPTRACE_TLS_HEADER && !sane(dir, w->piece.from)) {
		end_walk(w, TCPTRACE_WHY_TLS_BAD,
			 dir->next - dir->base - dir->head_len, false);
		return true;
	}
	if (dir->head_len == head_wanted(dir))
		begin_record(w);
	return true;
}

/* Return: false if the bytes cannot be had, which ends the walk. */
static bool walk_body(struct walk *w, u32 end)
{
	struct tcptrace_tls_dir *dir = w->dir;
	u32 len = end - dir->next, offset = dir->next - dir->base;
	u8 bytes[TCPTRACE_TLS_RECORD_BYTES];

	len = smaller(len, dir->left);
	if (dir->copied >= w->tls->cap && (dir->flags & TCPTRACE_TLS_COPYING))
		reach_cap(w, offset);
	if (dir->flags & TCPTRACE_TLS_COPYING) {
		len = smaller(len, w->tls->cap - dir->copied);
		len = smaller(len, piece_room(w));
		if (!w->payload->get(w->payload, dir->next - w->seq, len,
				     bytes))
			return false;
		put_bytes(w, bytes, offset, len);
	}
	dir->next += len;
	dir->left -= len;
	return true;
}

/* From @dir->next to @end, or to where the walk ends. */
static void walk(struct walk *w, u32 end)
{
	struct tcptrace_tls_dir *dir = w->dir;
	bool ok = true;

	while (ok && !(dir->flags & TCPTRACE_TLS_OVER) &&
	       tcptrace_before(dir->next, end))
		ok = dir->left ? walk_body(w, end) : walk_head(w, end);
	if (!ok)
		end_walk(w, TCPTRACE_WHY_TLS_HOLE, dir->next - dir->base,
			 false);
	flush(w);
}

/* --- segments --------------------------------------------------------- */

static void give_back(struct tcptrace_tls_dir *dir,
		      struct tcptrace_tls_held **ret_free)
{
	struct tcptrace_tls_held *held = dir->held;

	dir->held = held->next;
	dir->nr_held--;
	dir->held_bytes -= held->len;
	held->next = *ret_free;
	*ret_free = held;
}

/* What was held and can be walked over now, or need not be. */
static void walk_held(struct walk *w, struct tcptrace_tls_held **ret_free)
{
	struct tcptrace_tls_dir *dir = w->dir;
	struct tcptrace_tls_held *held;

	while ((held = dir->held)) {
		if (!(dir->flags & TCPTRACE_TLS_OVER)) {
			if (tcptrace_after(held->seq, dir->next))
				return;
			w->payload = &held->payload;
			w->seq = held->seq;
			walk(w, held->seq + held->len);
		}
		give_back(dir, ret_free);
	}
}

static enum tcptrace_tls_result result(const struct tcptrace_tls *tls)
{
	return tls->dir[0].flags & tls->dir[1].flags & TCPTRACE_TLS_OVER ?
	       TCPTRACE_TLS_ENDED : TCPTRACE_TLS_WALKED;
}

/*
 * A server whose client has nothing to do with TLS is not looked at; that it
 * does what it does is said with the client's walk.
 */
static void follow(struct tcptrace_tls *tls,
		   struct tcptrace_tls_held **ret_free)
{
	const struct tcptrace_tls_dir *client = &tls->dir[TCPTRACE_CLIENT];
	struct tcptrace_tls_dir *server = &tls->dir[TCPTRACE_SERVER];

	if (!(client->flags & TCPTRACE_TLS_OVER) ||
	    (client->flags & TCPTRACE_TLS_BEGUN))
		return;
	server->flags |= TCPTRACE_TLS_OVER;
	while (server->held)
		give_back(server, ret_free);
}

/* Sent again while it waits. */
static bool is_held(const struct tcptrace_tls_dir *dir, u32 start, u32 end)
{
	const struct tcptrace_tls_held *held;

	for (held = dir->held; held; held = held->next)
		if (!tcptrace_before(start, held->seq) &&
		    !tcptrace_after(end, held->seq + held->len))
			return true;
	return false;
}

/* What overlaps counts twice: the bound is of memory. */
static bool may_hold(const struct tcptrace_tls_dir *dir, u32 end, u32 len)
{
	return end - dir->next <= TCPTRACE_TLS_AHEAD &&
	       dir->held_bytes + len <= TCPTRACE_TLS_AHEAD &&
	       dir->nr_held < TCPTRACE_TLS_MAX_HELD;
}

void tcptrace_tlsrec_init(struct tcptrace_tls *tls, u32 client_next,
			  u32 server_next, u32 cap)
{
	memset(tls, 0, sizeof(*tls));
	tls->dir[TCPTRACE_CLIENT].base = client_next;
	tls->dir[TCPTRACE_CLIENT].next = client_next;
	tls->dir[TCPTRACE_SERVER].base = server_next;
	tls->dir[TCPTRACE_SERVER].next = server_next;
	tls->cap = cap;
}

enum tcptrace_tls_result
tcptrace_tlsrec_segment(struct tcptrace_tls *tls, u8 from, u32 seq, u32 len,
			const struct tcptrace_payload *payload,
			struct tcptrace_tls_sink *sink,
			struct tcptrace_tls_held **ret_free)
{
	struct walk w = {
		.tls = tls,
		.dir = &tls->dir[from],
		.payload = payload,
		.sink = sink,
		.seq = seq,
		.piece = { .why = TCPTRACE_WHY_TLS_BYTES, .from = from },
	};
	struct tcptrace_tls_dir *dir = w.dir;

	if ((dir->flags & TCPTRACE_TLS_OVER) ||
	    !tcptrace_after(seq + len, dir->next))
		return TCPTRACE_TLS_WALKED;
	if (tcptrace_after(seq, dir->next)) {
		if (is_held(dir, seq, seq + len))
			return TCPTRACE_TLS_WALKED;
		if (may_hold(dir, seq + len, len))
			return TCPTRACE_TLS_HOLD;
		return tcptrace_tlsrec_miss(tls, from, sink, ret_free);
	}
	walk(&w, seq + len);
	walk_held(&w, ret_free);
	follow(tls, ret_free);
	return result(tls);
}

enum tcptrace_tls_result
tcptrace_tlsrec_hold(struct tcptrace_tls *tls, u8 from,
		     struct tcptrace_tls_held *held,
		     struct tcptrace_tls_sink *sink,
		     struct tcptrace_tls_held **ret_free)
{
	struct tcptrace_tls_dir *dir = &tls->dir[from];
	struct tcptrace_tls_held **at = &dir->held;
	const u32 end = held->seq + held->len;
	struct walk w = {
		.tls = tls,
		.dir = dir,
		.sink = sink,
		.piece = { .why = TCPTRACE_WHY_TLS_BYTES, .from = from },
	};

	/* Others may have come while the copy was made, in its place too. */
	if ((dir->flags & TCPTRACE_TLS_OVER) || !tcptrace_after(end, dir->next)) {
		held->next = *ret_free;
		*ret_free = held;
		return result(tls);
	}
	if (tcptrace_after(held->seq, dir->next) &&
	    !may_hold(dir, end, held->len)) {
		held->next = *ret_free;
		*ret_free = held;
		return tcptrace_tlsrec_miss(tls, from, sink, ret_free);
	}
	while (*at && !tcptrace_after((*at)->seq, held->seq))
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	dir->nr_held++;
	dir->held_bytes += held->len;
	walk_held(&w, ret_free);
	follow(tls, ret_free);
	return result(tls);
}

enum tcptrace_tls_result
tcptrace_tlsrec_miss(struct tcptrace_tls *tls, u8 from,
		     struct tcptrace_tls_sink *sink,
		     struct tcptrace_tls_held **ret_free)
{
	struct tcptrace_tls_dir *dir = &tls->dir[from];
	struct walk w = {
		.tls = tls,
		.dir = dir,
		.sink = sink,
		.piece = { .from = from },
	};

	if (!(dir->flags & TCPTRACE_TLS_OVER))
		end_walk(&w, TCPTRACE_WHY_TLS_HOLE, dir->next - dir->base,
			 false);
	walk_held(&w, ret_free);
	follow(tls, ret_free);
	return result(tls);
}

void tcptrace_tlsrec_abandon(struct tcptrace_tls *tls,
			     struct tcptrace_tls_sink *sink)
{
	struct tcptrace_tls_dir *dir;
	struct walk w;
	u8 i;

	for (i = 0; i < 2; i++) {
		dir = &tls->dir[i];
		w = (struct walk){
			.tls = tls, .dir = dir, .sink = sink,
			.piece = { .from = i },
		};
		if (dir->held && !(dir->flags & TCPTRACE_TLS_OVER))
			end_walk(&w, TCPTRACE_WHY_TLS_HOLE,
				 dir->next - dir->base, false);
	}
}

void tcptrace_tlsrec_clean(struct tcptrace_tls *tls,
			   struct tcptrace_tls_held **ret_free)
{
	u8 i;

	for (i = 0; i < 2; i++)
		while (tls->dir[i].held)
			give_back(&tls->dir[i], ret_free);
}

/* --- after the handshake ---------------------------------------------- */

/* RFC 8446 section 5.2: level, description, the inner type, an AEAD's tag */
#define ALERT_SIZE	(2 + 1 + 16)

bool tcptrace_tlsrec_alert(const u8 *head, u32 len,
			   struct tcptrace_tls_piece *piece)
{
	const u32 length = head[3] << 8 | head[4];

	if (head[1] != 3 || head[2] > 4 || length + TCPTRACE_TLS_HEADER != len)
		return false;
	if (head[0] != TCPTRACE_TLS_ALERT &&
	    (head[0] != TCPTRACE_TLS_DATA || length != ALERT_SIZE))
		return false;
	piece->type = head[0];
	piece->version = head[1] << 8 | head[2];
	piece->length = length;
	return true;
}
