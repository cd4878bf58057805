// SPDX-License-Identifier: GPL-2.0
/*
 * The TLS handshake: captures of the real openssl (selftests/golden/tls/make)
 * against what is known of them and against tshark's word, JA4 against values
 * that its makers publish, and input that lies.
 *
 *	tls --corpus DIR	writes the captures as seeds of selftests/fuzz
 */
#include <time.h>

#include "ja4.h"
#include "tap.h"
#include "text.h"
#include "tls.h"
#include "tls_names.h"
#include "tls_parser.h"
#include "tlspcap.h"
#include "util.h"

#define C	TCPTRACE_CLIENT
#define S	TCPTRACE_SERVER

struct expected {
	const char *file;
	unsigned int connection;
	const char *version;
	const char *alpn;
	const char *alert[2];
	enum tls_known resumed;
	enum tls_known established;
	const char *messages;
};

#define HELLOS_12	"c ClientHello, s ServerHello, s Certificate, "
#define FULL_12		HELLOS_12 "s ServerKeyExchange, s ServerHelloDone, "
#define KEYS_12		"c ClientKeyExchange, c ChangeCipherSpec, c Finished, "
#define TICKET_12	"s NewSessionTicket, s ChangeCipherSpec, s Finished, "
#define DATA_12		"c application data, s application data, "
#define CLOSE		"s encrypted alert?, c encrypted alert?"
#define HELLOS_13	"c ClientHello, s ServerHello, s ChangeCipherSpec, " \
			"s encrypted, "
#define REST_13		"c ChangeCipherSpec, c encrypted, "

static const struct expected rows[] = {
	{ "tls13", 0, "TLSv1.3", NULL, { 0 }, TLS_NO, TLS_YES,
	  HELLOS_13 REST_13 CLOSE },
	{ "tls13-resumed", 0, "TLSv1.3", NULL, { 0 }, TLS_NO, TLS_YES,
	  HELLOS_13 REST_13 CLOSE },
	{ "tls13-resumed", 1, "TLSv1.3", NULL, { 0 }, TLS_YES, TLS_YES,
	  HELLOS_13 REST_13 CLOSE },
	{ "tls13-retry", 0, "TLSv1.3", NULL, { 0 }, TLS_NO, TLS_YES,
	  "c ClientHello, s HelloRetryRequest, s ChangeCipherSpec, c ChangeCipherSpec, c ClientHello, s ServerHello, s encrypted, c encrypted, "
	  CLOSE },
	/* OpenSSL encrypts only with its Finished: this alert is in the clear */
	{ "tls13-expired", 0, "TLSv1.3", NULL, { "certificate_expired" },
	  TLS_NO, TLS_NO, HELLOS_13 "c Alert" },
	/* GnuTLS encrypts from the ServerHello on, its alert as well */
	{ "tls13-refused", 0, "TLSv1.3", NULL, { 0 }, TLS_NO, TLS_NO,
	  HELLOS_13 "c ChangeCipherSpec, c encrypted alert?" },
	{ "tls12", 0, "TLSv1.2", "http/1.1", { 0 }, TLS_NO, TLS_YES,
	  FULL_12 KEYS_12 TICKET_12 DATA_12 CLOSE },
	{ "tls12-rsa", 0, "TLSv1.2", NULL, { 0 }, TLS_NO, TLS_YES,
	  HELLOS_12 "s ServerHelloDone, " KEYS_12 TICKET_12 DATA_12 CLOSE },
	{ "tls12-resumed", 0, "TLSv1.2", NULL, { 0 }, TLS_NO, TLS_YES,
	  FULL_12 KEYS_12 TICKET_12 DATA_12 CLOSE },
	{ "tls12-resumed", 1, "TLSv1.2", NULL, { 0 }, TLS_YES, TLS_YES,
	  "c ClientHello, s ServerHello, s ChangeCipherSpec, s Finished, c ChangeCipherSpec, c Finished, "
	  DATA_12 CLOSE },
	{ "tls12-client", 0, "TLSv1.2", NULL, { 0 }, TLS_NO, TLS_YES,
	  HELLOS_12 "s ServerKeyExchange, s CertificateRequest, s ServerHelloDone, c Certificate, c ClientKeyExchange, c CertificateVerify, c ChangeCipherSpec, c Finished, "
	  TICKET_12 DATA_12 CLOSE },
	{ "tls12-expired", 0, "TLSv1.2", NULL, { "certificate_expired" },
	  TLS_NO, TLS_NO, FULL_12 "c Alert" },
	{ "tls12-unknown-ca", 0, "TLSv1.2", NULL, { "unknown_ca" }, TLS_NO,
	  TLS_NO, FULL_12 "c Alert" },
	{ "no-version", 0, NULL, NULL, { NULL, "protocol_version" },
	  TLS_UNKNOWN, TLS_NO, "c ClientHello, s Alert" },
	{ "no-cipher", 0, NULL, NULL, { NULL, "handshake_failure" },
	  TLS_UNKNOWN, TLS_NO, "c ClientHello, s Alert" },
	{ "no-alpn", 0, NULL, NULL, { NULL, "no_application_protocol" },
	  TLS_UNKNOWN, TLS_NO, "c ClientHello, s Alert" },
};

static struct tlspcap *load(const char *file, unsigned int connection)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tls/%s.pcap",
		 getenv("GOLDEN") ?: "selftests/golden", file);
	return tlspcap_read(path, connection);
}

/* "c ClientHello, s Alert": a question mark where it was concluded. */
static void list(const struct tls_info *tls, struct text *t)
{
	text_clear(t);
	text_add(t, "%s", "");
	for (size_t i = 0; i < tls->nr_messages; i++)
		text_add(t, "%s%c %s%s", i ? ", " : "",
			 tls->messages[i].from ? 's' : 'c',
			 tls->messages[i].name,
			 tls->messages[i].flags & TLS_INFERRED ? "?" : "");
}

static void test_row(const struct expected *e)
{
	struct tlspcap *cap = load(e->file, e->connection);
	struct text t = { 0 };
	struct tls_info *tls;

	if (!tap_ok(cap, "%s %u: is there", e->file, e->connection))
		return;
	tls = tls_parse(&cap->in);
	list(tls, &t);
	tap_is_str(t.s, e->messages, "%s %u: messages", e->file, e->connection);
	tap_is_str(tls->version_name, e->version, "%s: version", e->file);
	tap_is_str(tls->alpn, e->alpn, "%s: ALPN", e->file);
	tap_is_str(tls->alert[C].name, e->alert[C], "%s: client's alert",
		   e->file);
	tap_is_str(tls->alert[S].name, e->alert[S], "%s: server's alert",
		   e->file);
	tap_is_u64(tls->resumed, e->resumed, "%s: resumed", e->file);
	tap_is_u64(tls->established, e->established, "%s: established",
		   e->file);
	tap_is_u64(tls->has_handshake, e->established == TLS_YES,
		   "%s: its time is known", e->file);
	tap_is_u64(strlen(tls->ja4), JA4_SIZE - 1, "%s: a fingerprint",
		   e->file);
	text_free(&t);
	tls_free(tls);
	free(cap);
}

static void add_date(struct text *t, int64_t at)
{
	time_t when = at;
	char s[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(s, sizeof(s), "%Y-%m-%d %H:%M:%S (UTC)", &tm);
	text_add(t, "%s,", s);
}

/* The line that the script made of tshark's fields. */
static void as_tshark(const char *file, unsigned int connection,
		      const struct tls_info *tls, struct text *t)
{
	text_add(t, "%s.pcap %u|%s|", file, connection, tls->sni);
	text_add(t, "%s|", tls->alpn_offered ?: "");
	if (tls->version)
		text_add(t, "0x%04x|0x%04x|", tls->version, tls->cipher);
	else
		text_add(t, "||");
	for (int i = 0; i < 2; i++)
		if (tls->alert[i].seen && !tls->alert[i].encrypted)
			text_add(t, "%u %u", tls->alert[i].level,
				 tls->alert[i].description);
	text_add(t, "|");
	for (size_t i = 0; i < tls->nr_certs; i++) {
		add_date(t, tls->certs[i].not_before);
		add_date(t, tls->certs[i].not_after);
	}
	text_add(t, "|");
	for (size_t i = 0; i < tls->nr_certs; i++)
		for (size_t k = 0; k < tls->certs[i].nr_san; k++)
			if (!strncmp(tls->certs[i].san[k], "DNS:", 4))
				text_add(t, "%s,", tls->certs[i].san[k] + 4);
}

static void test_tshark(void)
{
	char path[4096], line[4096];
	unsigned int nr = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tls/tshark.txt",
		 getenv("GOLDEN") ?: "selftests/golden");
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned int connection;
		struct tls_info *tls;
		struct tlspcap *cap;
		struct text t = { 0 };
		char file[64];

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%63[^.].pcap %u", file, &connection) != 2)
			continue;
		cap = load(file, connection);
		if (!tap_ok(cap, "tshark, %s: is there", file))
			continue;
		tls = tls_parse(&cap->in);
		as_tshark(file, connection, tls, &t);
		tap_is_str(t.s, line, "tshark, %s %u: the same fields", file,
			   connection);
		nr++;
		text_free(&t);
		tls_free(tls);
		free(cap);
	}
	if (f)
		fclose(f);
	tap_is_u64(nr, ARRAY_SIZE(rows), "tshark: all connections");
}

/* From the specification of JA4, and from what a browser is told of itself. */
static void test_ja4(void)
{
	static const uint16_t suites[] = {
		0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
		0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
	};
	static const uint16_t first[] = {
		0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
		0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
		0xdada,
	};
	static const uint16_t second[] = {
		0x002d, 0x0033, 0x0010, 0xfe0d, 0x0017, 0x44cd, 0x0000, 0x000b,
		0x000a, 0x002b, 0xff01, 0x0023, 0x0012, 0x0005, 0x000d, 0x001b,
	};
	static const uint16_t schemes[] = {
		0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
	};
	static struct ja4_input in;
	char out[JA4_SIZE];

	in.version = 0x0304;
	in.has_sni = true;
	in.alpn = (const uint8_t *)"h2";
	in.alpn_len = 2;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		ja4_add(&in.suites, suites[i]);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		ja4_add(&in.schemes, schemes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		ja4_add(&in.extensions, first[i]);
	ja4_make(&in, out);
	tap_is_str(out, "t13d1516h2_8daaf6152771_e5627efa2ab1",
		   "JA4: the example of its specification");
	in.extensions.nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		ja4_add(&in.extensions, second[i]);
	ja4_make(&in, out);
	tap_is_str(out, "t13d1516h2_8daaf6152771_d8a2da3f94cd",
		   "JA4: a browser with ECH");
	in.alpn = (const uint8_t *)"\xab\xcd";
	ja4_make(&in, out);
	tap_ok(!strncmp(out + 8, "ad_", 3), "JA4: ALPN that is no text");
	memset(&in, 0, sizeof(in));
	ja4_make(&in, out);
	tap_is_str(out, "t00i000000_000000000000_000000000000",
		   "JA4: of nothing");
}

/* A capture again, with its bytes in other pieces. */
static struct tlspcap *recut(const struct tlspcap *cap, size_t piece)
{
	struct tlspcap *t = zalloc(sizeof(*t));

	t->in = cap->in;
	t->in.nr = 0;
	for (size_t i = 0; i < cap->in.nr; i++) {
		const struct tcptrace_tls_record *r = &cap->rec[i];
		uint8_t b[80];

		memcpy(b, r->head, 40);
		memcpy(b + 40, r->tail, 40);
		for (size_t at = 0; at < r->len; at += piece)
			tlspcap_bytes(t, r->from, r->offset + at, b + at,
				      r->len - at < piece ? r->len - at : piece,
				      r->t_ns);
		if (r->why != TCPTRACE_WHY_TLS_BYTES)
			tlspcap_record(t, r->from, r->offset, r->why, r->type,
				       r->length, r->t_ns);
	}
	return t;
}

static void test_pieces(void)
{
	struct tlspcap *cap = load("tls12-client", 0);
	struct text t = { 0 }, want = { 0 };
	struct tls_info *tls;

	tls = tls_parse(&cap->in);
	list(tls, &want);
	tls_free(tls);
	for (size_t piece = 1; piece < 8; piece++) {
		struct tlspcap *again;

		/* one byte of each record: the hello's are enough */
		cap->in.nr = piece == 1 ? 14 : cap->in.nr;
		tls = tls_parse(&cap->in);
		list(tls, &want);
		tls_free(tls);
		again = recut(cap, piece);
		tls = tls_parse(&again->in);
		list(tls, &t);
		tap_is_str(t.s, want.s, "in pieces of %zu", piece);
		tls_free(tls);
		free(again);
	}
	free(cap);
	text_free(&t);
	text_free(&want);
}

/* Records that are lost in the ring: each of them, one after the other. */
static void test_lost(void)
{
	struct tlspcap *cap = load("tls12", 0);
	size_t nr = cap->in.nr, named = 0, ended = 0, tried = 0;

	for (size_t lose = 1; lose < nr; lose++) {
		struct tls_input in = cap->in;
		const struct tcptrace_tls_record *at[TLSPCAP_RECORDS];
		struct tls_info *tls;
		bool said = false;

		if (cap->rec[lose].why != TCPTRACE_WHY_TLS_BYTES)
			continue;
		memcpy(at, cap->at, lose * sizeof(*at));
		memcpy(at + lose, cap->at + lose + 1,
		       (nr - lose - 1) * sizeof(*at));
		in.records = at;
		in.nr = nr - 1;
		tls = tls_parse(&in);
		for (size_t i = 0; i < tls->nr_messages; i++)
			said |= !strcmp(tls->messages[i].name, "bytes missing");
		named += said;
		tried++;
		ended += tls->established == TLS_YES;
		tls_free(tls);
	}
	tap_ok(tried > 20, "lost: %zu records tried", tried);
	tap_is_u64(named, tried, "lost: each is named");
	tap_is_u64(ended, tried, "lost: what follows is found again");
	free(cap);
}

#define BYTES(t, offset, ...) do {				\
	static const uint8_t bytes_[] = { __VA_ARGS__ };	\
								\
	tlspcap_bytes(t, S, offset, bytes_, sizeof(bytes_), 1);	\
} while (0)

static void test_lies(void)
{
	struct tlspcap *t = zalloc(sizeof(*t));
	struct tls_info *tls;

	/* a Certificate of 16 MB, of which 2 bytes come */
	BYTES(t, 0, 22, 3, 3, 0, 6, 11, 0xff, 0xff, 0xff, 1, 2);
	tls = tls_parse(&t->in);
	tap_is_u64(tls->nr_messages, 1, "16 MB: one message");
	tap_is_u64(tls->messages[0].len, 0xffffff, "16 MB: its length");
	tap_is_str(tls->messages[0].detail,
		   "none of them whole · cut short: 2 of 16777215 bytes",
		   "16 MB: said");
	tap_ok(tls->messages[0].flags & TLS_TRUNCATED, "16 MB: truncated");
	tls_free(tls);

	/* an alert between two halves of a message, and a record that is none */
	t->in.nr = 0;
	BYTES(t, 0, 22, 3, 3, 0, 2, 14, 0, 21, 3, 3, 0, 2, 1,
	      90, 22, 3, 3, 0, 2, 0, 0, 99, 1, 2, 3, 4);
	tls = tls_parse(&t->in);
	tap_is_u64(tls->nr_messages, 3, "interleaved: three messages");
	tap_is_str(tls->messages[0].detail, "warning user_canceled",
		   "interleaved: the alert");
	tap_is_str(tls->messages[1].name, "ServerHelloDone",
		   "interleaved: the message around it");
	tap_is_str(tls->messages[2].name, "not TLS", "a lying type");
	tap_is_u64(tls->stop[S], TLS_STOP_BAD, "is the end");
	tls_free(tls);

	/* more messages than anybody would send */
	t->in.nr = 0;
	for (unsigned int i = 0; i < 400; i++)
		BYTES(t, 9 * i, 22, 3, 3, 0, 4, 0, 0, 0, 0);
	tls = tls_parse(&t->in);
	tap_is_u64(tls->nr_messages, TLS_MESSAGES_MAX, "many: bounded");
	tap_is_u64(tls->omitted, 400 - TLS_MESSAGES_MAX, "many: counted");
	tls_free(tls);
	free(t);
}

/* A client that refuses a certificate under the key, as others than OpenSSL. */
static void test_encrypted_alert(void)
{
	struct tlspcap *t = load("tls13", 0);
	uint32_t offset;
	size_t nr = 0;

	for (size_t i = 0; i < t->in.nr; i++)
		if (t->rec[i].from == S || t->rec[i].why != TCPTRACE_WHY_TLS_DATA)
			nr = i;
		else
			break;
	t->in.nr = nr + 1;
	offset = t->rec[nr + 1].offset;
	tlspcap_record(t, C, offset, TCPTRACE_WHY_TLS_DATA, 23, 19,
		       t->rec[nr].t_ns + 1);

	struct tls_info *tls = tls_parse(&t->in);
	const struct tls_message *m = &tls->messages[tls->nr_messages - 1];

	tap_is_str(m->name, "encrypted alert", "1.3: size of an alert, a FIN");
	tap_is_u64(m->flags, TLS_ENCRYPTED | TLS_INFERRED | TLS_ALERT,
		   "1.3: concluded");
	tap_ok(tls->alert[C].inferred && !tls->alert[C].name,
	       "1.3: its cause is not known");
	tap_is_u64(tls->established, TLS_NO, "1.3: not established");
	tap_ok(!tls->close_notify[C], "1.3: no close_notify");
	tls_free(tls);
	t->in.fin_ns[C] = 0;
	t->in.rst_ns[C] = 0;
	tls = tls_parse(&t->in);
	tap_is_str(tls->messages[tls->nr_messages - 1].name, "encrypted",
		   "1.3: no FIN, no conclusion");
	tls_free(tls);
	free(t);
}

/* A ClientHello as browsers send it, too large for one segment. */
static void test_post_quantum(void)
{
	static const uint8_t front[] = {
		22, 3, 1, 0x05, 0x04, 1, 0, 0x05, 0x00,	/* 1284, 1280 */
		3, 3,
	};
	static const uint8_t middle[] = {
		0, 0, 2, 0x13, 0x01, 1, 0, 0x04, 0xd5,	/* extensions: 1237 */
		0, 43, 0, 7, 6, 0x7a, 0x7a, 3, 4, 3, 3,
		0, 51, 0x04, 0xc6, 0x04, 0xc4, 0x11, 0xec, 0x04, 0xc0,
	};
	struct tlspcap *t = zalloc(sizeof(*t));
	uint8_t hello[5 + 1284] = { 0 };
	struct tls_info *tls;

	memcpy(hello, front, sizeof(front));
	memcpy(hello + sizeof(front) + 32, middle, sizeof(middle));
	tlspcap_bytes(t, C, 0, hello, 700, 1);
	tlspcap_bytes(t, C, 700, hello + 700, sizeof(hello) - 700, 5);
	tls = tls_parse(&t->in);
	tap_is_str(tls->messages[0].detail,
		   "TLSv1.3 · key=X25519MLKEM768 · versions=TLSv1.3,TLSv1.2 · ciphers=1",
		   "post-quantum: read");
	tap_is_u64(tls->messages[0].t_ns, 5, "post-quantum: when it is whole");
	tap_is_u64(tls->messages[0].len, 1280, "post-quantum: its length");
	tap_is_u64(tls->messages[0].flags, 0, "post-quantum: not cut");
	tls_free(tls);
	free(t);
}

/* Whoever follows sees each message with the record that makes it whole. */
static void test_following(void)
{
	struct tlspcap *cap = load("tls12-client", 0);
	struct tls_info *whole = tls_parse(&cap->in);
	struct tls_parser *p = tls_begin(&cap->in);
	size_t shown = 0, late = 0, unlike = 0;

	for (size_t i = 0; i < cap->in.nr; i++) {
		const struct tls_info *tls = tls_take(p, &cap->rec[i]);

		for (; shown < tls->nr_messages; shown++) {
			late += tls->messages[shown].n != cap->rec[i].n;
			unlike += strcmp(tls->messages[shown].detail,
					 whole->messages[shown].detail) &&
				  !(whole->messages[shown].flags &
				    TLS_INFERRED);
		}
	}
	tap_is_u64(shown, whole->nr_messages, "following: all messages");
	tap_is_u64(late, 0, "following: each with its record");
	tap_is_u64(unlike, 0, "following: as they are in the end");
	tls_free(tls_end(p));
	tls_free(whole);

	/* what is cut short stands where its last byte was */
	cap->in.nr = 3;
	cap->rec[2].from = S;
	cap->rec[2].offset = 0;
	whole = tls_parse(&cap->in);
	tap_is_u64(whole->messages[0].n, cap->rec[1].n,
		   "cut short: where its last byte was");
	tls_free(whole);
	free(cap);
}

/* A name that looks like the parts around it. */
static void test_between(void)
{
	struct text t = { 0 };

	tls_add_part(&t, "sni=", "a · TLSv1.3 · b");
	tls_add_part(&t, "alpn=", " · ");
	tap_is_str(t.s, "sni=a_TLSv1.3_b · alpn=_", "no part is forged");
	text_free(&t);
}

static void test_names(void)
{
	tap_is_str(tls_suite_name(0x1301), "TLS_AES_128_GCM_SHA256", "suite");
	tap_is_str(tls_suite_name(0), "TLS_NULL_WITH_NULL_NULL", "first suite");
	tap_is_str(tls_suite_name(0xd005),
		   "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", "last suite");
	tap_is_str(tls_suite_name(0xffff), NULL, "no suite");
	tap_is_str(tls_group_name(0x11ec), "X25519MLKEM768", "group");
	tap_is_str(tls_opening_text(TCPTRACE_OPENING_HTTP),
		   "plain HTTP, not TLS", "opening");
	tap_ok(tls_is_grease(0xfafa) && !tls_is_grease(0x0a1a), "GREASE");
}

/* In the form that selftests/fuzz/tls.c reads. */
static int write_corpus(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tlspcap *t = load(rows[i].file, rows[i].connection);
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s-%u", dir, rows[i].file,
			 rows[i].connection);
		f = t ? fopen(path, "w") : NULL;
		if (!f)
			return 1;
		fputc(3, f);
		for (size_t k = 0; k < t->in.nr; k++) {
			const struct tcptrace_tls_record *r = &t->rec[k];

			fputc((r->why - TCPTRACE_WHY_TLS_BYTES) | r->from << 7,
			      f);
			fputc(r->why == TCPTRACE_WHY_TLS_BYTES ? r->len :
			      r->type, f);
			fputc(0, f);
			if (r->why == TCPTRACE_WHY_TLS_BYTES) {
				fwrite(r->head, 1, r->len < 40 ? r->len : 40, f);
				fwrite(r->tail, 1, r->len > 40 ? r->len - 40 : 0,
				       f);
			} else {
				fputc(r->length >> 8, f);
				fputc(r->length & 0xff, f);
			}
		}
		fclose(f);
		free(t);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--corpus"))
		return write_corpus(argv[2]);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		test_row(&rows[i]);
	test_tshark();
	test_ja4();
	test_pieces();
	test_lost();
	test_lies();
	test_encrypted_alert();
	test_post_quantum();
	test_following();
	test_between();
	test_names();
	return tap_done();
}
