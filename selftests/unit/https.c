// SPDX-License-Identifier: GPL-2.0
/*
 * Connections with TLS as stories: captures of the real openssl
 * (selftests/golden/tls/make) read as the program reads them, what their
 * verdicts say, where messages stand among segments, and what becomes of all
 * that when records are lost, alone, filtered, followed, or hostile.
 */
#include <locale.h>
#include <unistd.h>

#include "filter.h"
#include "input.h"
#include "model.h"
#include "render.h"
#include "source.h"
#include "tap.h"
#include "util.h"

#define RECORDS_MAX	1024
#define C	TCPTRACE_CLIENT
#define S	TCPTRACE_SERVER

struct capture {
	struct tcptrace_record rec[RECORDS_MAX];
	unsigned int nr;
	int64_t wall_ns;
};

static struct capture *load(const char *name)
{
	struct capture *cap = zalloc(sizeof(*cap));
	struct source *s = NULL;
	struct input *in;
	char path[512];

	snprintf(path, sizeof(path), "%s/tls/%s.pcap",
		 getenv("GOLDEN") ?: "selftests/golden", name);
	in = input_open(path);
	if (in)
		s = source_pcap_open(in, NULL);
	if (!tap_ok(s, "%s: is there", name))
		exit(tap_done());
	while (cap->nr < RECORDS_MAX &&
	       s->ops->next(s, &cap->rec[cap->nr]) == SOURCE_RECORD)
		cap->nr++;
	cap->wall_ns = s->wall_ns;
	s->ops->close(s);
	return cap;
}

typedef void (*look_fn)(const struct story *s, void *arg);

struct looking {
	const struct capture *cap;
	uint64_t id;
	look_fn look;
	void *arg;
};

static void conn_done(void *arg, const struct model_conn *conn)
{
	const struct looking *l = arg;
	struct story s = { 0 };

	if (conn->id != l->id)
		return;
	story_init(&s, conn, &l->cap->wall_ns);
	l->look(&s, l->arg);
	story_clean(&s);
}

/* Looks at the story of connection @id without the records marked in @lost. */
static void tell(const struct capture *cap, uint64_t id, const bool *lost,
		 look_fn look, void *arg)
{
	struct looking l = { .cap = cap, .id = id, .look = look, .arg = arg };
	struct model m;

	model_init(&m, conn_done, &l);
	for (unsigned int i = 0; i < cap->nr; i++)
		if (!lost || !lost[i])
			model_add(&m, &cap->rec[i]);
	model_finish(&m);
}

static const struct {
	const char *file;
	uint64_t id;
	const char *sentence;
	unsigned int messages;
} verdicts[] = {
	{ "tls12", 1, "", 15 },
	{ "tls13", 1, "", 8 },
	{ "tls12-resumed", 2, "", 10 },
	{ "tls13-retry", 1, "", 10 },
	{ "tls12-client", 1, "", 18 },
	{ "tls12-expired", 1,
	  "TLS handshake failed: client refused the certificate (certificate_expired)",
	  6 },
	{ "tls13-expired", 1,
	  "TLS handshake failed: client refused the certificate (certificate_expired)",
	  5 },
	{ "tls13-refused", 1,
	  "TLS handshake failed: likely the client refused the certificate (its alert is encrypted)",
	  6 },
	{ "tls12-unknown-ca", 1,
	  "TLS handshake failed: client refused the certificate (unknown_ca)",
	  6 },
	{ "no-version", 1,
	  "TLS handshake failed: server shares no version with the client (protocol_version)",
	  2 },
	{ "no-cipher", 1,
	  "TLS handshake failed: server cannot use what is offered (handshake_failure)",
	  2 },
	{ "no-alpn", 1,
	  "TLS handshake failed: server shares no protocol with the client (no_application_protocol)",
	  2 },
};

static void look_verdict(const struct story *s, void *arg)
{
	const unsigned int i = *(unsigned int *)arg;
	const char *file = verdicts[i].file;
	unsigned int rows = 0, back = 0;
	uint64_t bytes[2] = { 0 };
	struct text t = { 0 };
	uint32_t n = 0;

	text_clear(&t);
	verdict_tls(s, &t);
	tap_is_str(t.s, verdicts[i].sentence, "%s: sentence", file);
	for (unsigned int k = 0; k < s->nr_rows; k++) {
		const struct row *row = &s->row[k];

		rows += row->kind == ROW_TLS;
		if (row->kind == ROW_DATA) {
			bytes[C] += row->data[C].bytes;
			bytes[S] += row->data[S].bytes;
			tap_ok(row->with_tls, "%s: data are those of TLS", file);
		}
		if (row->kind != ROW_TLS && row->kind != ROW_ARROW)
			continue;
		/* what rides with a FIN stands before it, and is told by it */
		if (row->kind == ROW_ARROW && row->first->u.seg.len &&
		    (row->first->u.seg.flags & TCPTRACE_FIN)) {
			bytes[row->first->from] += row->first->u.seg.len;
			continue;
		}
		back += row->first->n < n;
		n = row->first->n;
	}
	tap_is_u64(rows, verdicts[i].messages, "%s: messages", file);
	tap_is_u64(back, 0, "%s: in order among segments", file);
	tap_is_u64(bytes[C], s->end[C].sent.bytes, "%s: up counted once", file);
	tap_is_u64(bytes[S], s->end[S].sent.bytes, "%s: down counted once",
		   file);
	text_free(&t);
}

static void test_verdicts(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct capture *cap = load(verdicts[i].file);

		tell(cap, verdicts[i].id, NULL, look_verdict, &i);
		free(cap);
	}
}

struct gaps {
	uint64_t gap;
	unsigned int rows;
	uint64_t lost;
	bool states;
	bool failed;
};

static void look_gaps(const struct story *s, void *arg)
{
	struct gaps *g = arg;
	struct text t = { 0 };

	for (unsigned int i = 0; i < s->nr_rows; i++) {
		g->rows += s->row[i].kind == ROW_GAP;
		g->gap += s->row[i].gap;
	}
	verdict_tls(s, &t);
	g->failed = t.len;
	text_free(&t);
	g->lost = s->lost;
	g->states = story_reached(s, C, TCPTRACE_ESTABLISHED) &&
		    story_reached(s, S, TCPTRACE_ESTABLISHED);
}

/* Each record of TLS lost in turn, then each with the two around it. */
static void test_lost(void)
{
	struct capture *cap = load("tls12");
	unsigned int tried = 0, exact = 0, failed = 0;
	static bool lost[RECORDS_MAX];

	for (unsigned int wide = 0; wide < 2; wide++) {
		for (unsigned int i = 1; i + 1 < cap->nr; i++) {
			struct gaps g = { 0 };

			if (cap->rec[i].kind != TCPTRACE_REC_TLS)
				continue;
			memset(lost, 0, sizeof(lost));
			lost[i] = true;
			lost[i - 1] = wide;
			lost[i + 1] = wide;
			tell(cap, 1, lost, look_gaps, &g);
			exact += g.rows == 1 && g.gap == 1 + 2 * wide &&
				 g.lost == 1 + 2 * wide && g.states;
			failed += g.failed;
			tried++;
		}
	}
	tap_ok(tried > 40, "lost: %u tried", tried);
	tap_is_u64(exact, tried, "lost: each gap is exact");
	tap_is_u64(failed, 0, "lost: nothing is said to have failed");
	/* All of TLS from a record on, up to the FIN. */
	for (unsigned int i = 1; i < cap->nr; i++) {
		struct gaps g = { 0 };

		for (unsigned int k = 0; k < cap->nr; k++)
			lost[k] = k >= i && cap->rec[k].kind == TCPTRACE_REC_TLS;
		tell(cap, 1, lost, look_gaps, &g);
		failed += g.failed;
	}
	tap_is_u64(failed, 0, "lost: nor without the end of the handshake");
	free(cap);
}

static void look_draw(const struct story *s, void *arg)
{
	struct render *r = arg;

	r->ops->conn(r, s, verdict_find(s, UINT64_MAX));
}

static char *draw(const struct capture *cap, const struct render_ops *ops,
		  const bool *lost, bool follow)
{
	struct render r = {
		.ops = ops, .wall_ns = cap->wall_ns, .has_wall = true,
	};
	char *text = NULL;
	size_t size;

	terminal_init(&r.term, STDOUT_FILENO, COLOUR_NEVER, false, 100);
	r.out = open_memstream(&text, &size);
	for (unsigned int i = 0; follow && i < cap->nr; i++)
		ops->event(&r, &cap->rec[i]);
	if (!follow)
		tell(cap, 1, lost, look_draw, &r);
	if (ops->finish)
		ops->finish(&r);
	fclose(r.out);
	return text;
}

static const struct render_ops * const forms[] = {
	&render_ladder, &render_table, &render_json,
};

/* Nothing else came of a connection: it has no addresses and no states. */
static void test_alone(void)
{
	struct capture *cap = load("tls12");
	static bool lost[RECORDS_MAX];
	char *text;

	for (unsigned int i = 0; i < cap->nr; i++)
		lost[i] = cap->rec[i].kind != TCPTRACE_REC_TLS;
	text = draw(cap, &render_ladder, lost, false);
	tap_ok(strstr(text, "#1  ? → ?"), "alone: drawn without addresses");
	tap_ok(strstr(text, "Certificate CN=server.example.org"),
	       "alone: with its messages");
	free(text);
	text = draw(cap, &render_json, lost, false);
	tap_ok(strstr(text, "\"addr\":null,\"port\":null"), "alone: in json");
	free(text);
	text = draw(cap, &render_table, lost, false);
	tap_ok(strstr(text, "TLSv1.2"), "alone: in the table");
	free(text);
	free(cap);
}

/* What is no TLS, or not from its beginning, is named and never guessed at. */
static void test_openings(void)
{
	static const struct {
		uint8_t opening;
		uint8_t from;
		const char *ladder;
		const char *json;
	} openings[] = {
		{ TCPTRACE_OPENING_SSL2, C, "a hello in the form of SSLv2",
		  "\"opening\":\"sslv2\",\"tls\":null" },
		{ TCPTRACE_OPENING_HTTP, C, "plain HTTP, not TLS",
		  "\"opening\":\"http\",\"tls\":null" },
		{ TCPTRACE_OPENING_OTHER, C, "does not begin with TLS",
		  "\"opening\":\"other\",\"tls\":null" },
		{ TCPTRACE_OPENING_UNKNOWN, S, "the server speaks first",
		  "\"opening\":null,\"tls\":null" },
		{ TCPTRACE_OPENING_TLS, C, "TLS handshake not seen to its end",
		  "\"opening\":\"tls\",\"tls\":{" },
	};
	struct capture *cap = load("tls12");
	static bool lost[RECORDS_MAX];

	for (unsigned int i = 0; i < ARRAY_SIZE(openings); i++) {
		char *text;

		for (unsigned int k = 0; k < cap->nr; k++) {
			struct tcptrace_record *rec = &cap->rec[k];

			lost[k] = rec->kind == TCPTRACE_REC_TLS;
			if (rec->kind != TCPTRACE_REC_COUNT ||
			    rec->why != TCPTRACE_WHY_FIRST_DATA)
				continue;
			rec->from = openings[i].from;
			rec->rflags &= ~TCPTRACE_F_OPENING;
			rec->rflags |= openings[i].opening <<
				       TCPTRACE_OPENING_SHIFT;
		}
		text = draw(cap, &render_ladder, lost, false);
		tap_ok(strstr(text, openings[i].ladder), "opening: %s",
		       openings[i].ladder);
		free(text);
		text = draw(cap, &render_json, lost, false);
		tap_ok(strstr(text, openings[i].json), "opening: json %u", i);
		free(text);
	}
	free(cap);
}

/* Names that would clear the screen. */
static void test_hostile(void)
{
	static const char evil[6] = "\033[2J\n\x9b";
	struct capture *cap = load("tls12");
	unsigned int changed = 0;
	char *text;

	for (unsigned int i = 0; i < cap->nr; i++) {
		struct tcptrace_tls_record *rec = (void *)&cap->rec[i];
		uint8_t bytes[TCPTRACE_TLS_RECORD_BYTES];
		uint8_t *at;

		if (rec->kind != TCPTRACE_REC_TLS)
			continue;
		memcpy(bytes, rec->head, 40);
		memcpy(bytes + 40, rec->tail, 40);
		at = memmem(bytes, sizeof(bytes), "server.", 7);
		if (!at)
			continue;
		memcpy(at, evil, sizeof(evil));
		memcpy(rec->head, bytes, 40);
		memcpy(rec->tail, bytes + 40, 40);
		changed++;
	}
	tap_ok(changed >= 2, "hostile: in hello and certificate");
	for (unsigned int i = 0; i <= ARRAY_SIZE(forms); i++) {
		const bool follow = i == ARRAY_SIZE(forms);
		const struct render_ops *ops = forms[follow ? 0 : i];

		text = draw(cap, ops, NULL, follow);
		tap_ok(!strchr(text, '\033') && !strchr(text, '\x9b') &&
		       strstr(text, "x1b[2J"), "hostile: escaped by %s%s",
		       ops->name, follow ? ", followed" : "");
		free(text);
	}
	free(cap);
}

static void test_follow(void)
{
	static const char * const lines[] = {
		"127.0.0.1:4433  SYN",
		"127.0.0.1:4433  TLS ClientHello TLSv1.2 · sni=server.example.org",
		"127.0.0.1:47896  TLS ServerHello TLSv1.2",
		"TLS Certificate EXPIRED 2025-01-01",
		"TLS ServerKeyExchange", "TLS ServerHelloDone",
		"TLS Alert fatal certificate_expired", "FIN ACK",
	};
	struct capture *cap = load("tls12-expired");
	char *text = draw(cap, &render_ladder, NULL, true);
	const char *at = text;

	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *found = at ? strstr(at, lines[i]) : NULL;

		tap_ok(found, "followed: %s", lines[i]);
		at = found ? found + 1 : at;
	}
	free(text);
	free(cap);
}

static unsigned int passing(const struct capture *cap, const char *port)
{
	struct options opt = { .has_ports = true };
	unsigned int nr = 0;
	struct filter f;
	size_t where;

	tap_ok(!tcptrace_portset_parse(port, &opt.ports, &where),
	       "filter: port %s", port);
	filter_init(&f, &opt);
	for (unsigned int i = 0; i < cap->nr; i++)
		nr += filter_want(&f, &cap->rec[i]);
	filter_clean(&f);
	return nr;
}

static void test_filter(void)
{
	struct capture *cap = load("tls12-resumed");
	unsigned int first = passing(cap, "53306");
	unsigned int second = passing(cap, "53320");

	tap_is_u64(passing(cap, "4433"), cap->nr, "filter: all of both");
	tap_is_u64(first + second, cap->nr, "filter: each its own");
	tap_ok(first > 30 && second > 15, "filter: with those of TLS");
	tap_is_u64(passing(cap, "80"), 0, "filter: none");
	free(cap);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	setlocale(LC_ALL, "C.UTF-8");
	test_verdicts();
	test_lost();
	test_alone();
	test_openings();
	test_hostile();
	test_follow();
	test_filter();
	return tap_done();
}
