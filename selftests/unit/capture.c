// SPDX-License-Identifier: GPL-2.0
/*
 * What real captures look like, compared with files that a person has looked
 * at. "capture --write" draws them anew: read the difference before committing
 * it. Both show the same connections over a loopback interface, as tcpdump
 * wrote them: loopback.pcap with -i lo, cooked.pcap with -i any.
 */
#include <locale.h>
#include <unistd.h>

#include "input.h"
#include "model.h"
#include "render.h"
#include "source.h"
#include "tap.h"
#include "widest.h"

struct look {
	const char *captures[16];	/* and a NULL */
	const char *file;
	const struct render_ops *ops;
	unsigned int width;
	bool explain;
	bool ascii;
	bool colour;
};

#define TLS_BOTH	"tls/tls12.pcap", "tls/tls13.pcap"
#define TLS_ALL		TLS_BOTH, "tls/tls12-rsa.pcap", "tls/tls12-resumed.pcap", \
			"tls/tls13-resumed.pcap", "tls/tls13-retry.pcap", \
			"tls/tls12-client.pcap", "tls/tls12-expired.pcap", \
			"tls/tls13-expired.pcap", "tls/tls13-refused.pcap", \
			"tls/tls12-unknown-ca.pcap", \
			"tls/no-version.pcap", "tls/no-cipher.pcap", \
			"tls/no-alpn.pcap"

static const struct look looks[] = {
	{ { "loopback.pcap" }, "loopback-table.txt", &render_table, 100 },
	{ { "loopback.pcap" }, "loopback.json", &render_json, 100 },
	{ { "cooked.pcap" }, "loopback-table.txt", &render_table, 100 },
	{ { TLS_ALL }, "https-80.txt", &render_ladder, 80 },
	{ { TLS_ALL }, "https-120.txt", &render_ladder, 120 },
	{ { TLS_BOTH }, "https-200.txt", &render_ladder, 200, .explain = true },
	{ { TLS_BOTH, "tls/tls13-refused.pcap" }, "https-explain-80.txt", &render_ladder, 80,
	  .explain = true },
	{ { TLS_BOTH }, "https-80-ascii.txt", &render_ladder, 80,
	  .ascii = true },
	{ { "tls/tls12-expired.pcap", "tls/tls13.pcap" }, "https-colour.txt",
	  &render_ladder, 80, .colour = true },
	{ { TLS_ALL }, "https-table.txt", &render_table, 100 },
	{ { "tls/tls12-client.pcap", "tls/tls13-retry.pcap" }, "https.json",
	  &render_json, 100 },
};

static const char *path_of(const char *file)
{
	static char path[512];
	const char *dir = getenv("GOLDEN");

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "selftests/golden",
		 file);
	return path;
}

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct render *r = arg;
	struct story story = { 0 };

	story_init(&story, conn, &r->wall_ns);
	r->now_ns = conn->last_ns;
	r->ops->conn(r, &story, verdict_find(&story, r->now_ns));
	story_clean(&story);
}

static void read_all(const char *capture, struct render *r)
{
	struct input *in = input_open(path_of(capture));
	struct source *s = in ? source_pcap_open(in, NULL) : NULL;
	struct tcptrace_record rec;
	struct model model;

	if (!s)
		return;
	r->wall_ns = s->wall_ns;
	r->has_wall = s->has_wall;
	model_init(&model, conn_done, r);
	while (s->ops->next(s, &rec) == SOURCE_RECORD)
		model_add(&model, &rec);
	model_finish(&model);
	tap_is_u64(s->ops->close(s), 0, "%s is whole", capture);
}

static char *draw(const struct look *look)
{
	struct render r = { .ops = look->ops, .explain = look->explain };
	char *text = NULL;
	unsigned int i;
	size_t size;

	terminal_init(&r.term, STDOUT_FILENO,
		      look->colour ? COLOUR_ALWAYS : COLOUR_NEVER, look->ascii,
		      look->width);
	r.out = open_memstream(&text, &size);
	for (i = 0; look->captures[i]; i++)
		read_all(look->captures[i], &r);
	if (r.ops->finish)
		r.ops->finish(&r);
	fclose(r.out);
	return text;
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (f && getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

static void compare(const struct look *look)
{
	char *want = slurp(path_of(look->file));
	char *got = draw(look);

	tap_is_str(got, want, "%s of %s", look->file, look->captures[0]);
	free(got);
	free(want);
}

/* No line of a ladder is wider than the terminal. */
static void check_width(const struct look *look)
{
	char *text = draw(look);

	tap_ok(widest_line(text) <= look->width, "%s fits into %u columns", look->file,
	       look->width);
	free(text);
}

static int write_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		char *text = draw(&looks[i]);
		FILE *f = fopen(path_of(looks[i].file), "w");

		if (!f || fputs(text, f) < 0 || fclose(f)) {
			perror(looks[i].file);
			return 1;
		}
		free(text);
	}
	return tap_done();
}

int main(int argc, char **argv)
{
	unsigned int i;

	setenv("TZ", "UTC", 1);
	setlocale(LC_ALL, "C.UTF-8");
	if (argc == 2 && !strcmp(argv[1], "--write"))
		return write_all();
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		compare(&looks[i]);
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		if (looks[i].ops == &render_ladder && !looks[i].colour)
			check_width(&looks[i]);
	return tap_done();
}
