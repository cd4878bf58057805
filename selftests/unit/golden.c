// SPDX-License-Identifier: GPL-2.0
/*
 * What connections look like, compared with files that a person has looked
 * at. "golden --write" draws them anew: read the difference before committing
 * it. "golden --show NAME WIDTH" draws one.
 */
#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "model.h"
#include "render.h"
#include "scenario.h"
#include "tap.h"
#include "widest.h"

#define START_NS	1000000000000ULL
#define WALL_NS		1767225600000000000LL	/* 2026-01-01 */

struct look {
	const char *file;
	const struct render_ops *ops;
	unsigned int width;
	bool ascii;
	bool colour;
	bool explain;
	const char *only;	/* one scenario, or NULL for all */
};

static const struct look looks[] = {
	{ "ladder-80.txt", &render_ladder, 80, false, false, false, NULL },
	{ "ladder-80-ascii.txt", &render_ladder, 80, true, false, false, NULL },
	{ "ladder-120.txt", &render_ladder, 120, false, false, false, NULL },
	{ "ladder-120-ascii.txt", &render_ladder, 120, true, false, false,
	  NULL },
	{ "ladder-200.txt", &render_ladder, 200, false, false, true,
	  "four-segments" },
	{ "ladder-colour.txt", &render_ladder, 80, false, true, false,
	  "four-segments" },
	{ "explain-80.txt", &render_ladder, 80, false, false, true, NULL },
	{ "explain-120-ascii.txt", &render_ladder, 120, true, false, true,
	  "lost-synack" },
	{ "table-80.txt", &render_table, 80, false, false, false, NULL },
	{ "table-120-ascii.txt", &render_table, 120, true, false, false, NULL },
	{ "connections.json", &render_json, 80, false, false, false, NULL },
};

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct render *r = arg;
	struct story story = { 0 };

	story_init(&story, conn, &r->wall_ns);
	r->ops->conn(r, &story, verdict_find(&story, r->now_ns));
	story_clean(&story);
}

static void draw_one(const struct look *look, const struct scenario *sc, u64 id,
		     struct render *r, bool gap)
{
	struct recorded out = { 0 };
	struct model model;
	unsigned int i;

	scenario_play(sc, id, START_NS, &out);
	model_init(&model, conn_done, r);
	r->now_ns = START_NS + 100 * TCPTRACE_NSEC_PER_SEC;
	for (i = 0; i < out.nr; i++)
		if (!gap || i < 4 || i > 7)
			model_add(&model, &out.rec[i]);
	model_finish(&model);
	recorded_free(&out);
}

static char *draw(const struct look *look)
{
	struct render r = {
		.ops = look->ops,
		.explain = look->explain,
		.wall_ns = WALL_NS - START_NS,
		.has_wall = true,
	};
	char *text = NULL;
	size_t size;
	unsigned int i;

	terminal_init(&r.term, STDOUT_FILENO,
		      look->colour ? COLOUR_ALWAYS : COLOUR_NEVER, look->ascii,
		      look->width);
	r.out = open_memstream(&text, &size);
	for (i = 0; i < nr_scenarios; i++)
		if (!look->only || !strcmp(look->only, scenarios[i].name))
			draw_one(look, &scenarios[i], i + 1, &r, false);
	if (!look->only)
		draw_one(look, &scenarios[0], nr_scenarios + 1, &r, true);
	if (r.ops->finish)
		r.ops->finish(&r);
	fclose(r.out);
	return text;
}

static void path_of(const struct look *look, char *path, size_t size)
{
	const char *dir = getenv("GOLDEN");

	snprintf(path, size, "%s/%s", dir ? dir : "selftests/golden",
		 look->file);
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/* The first line in which two texts differ. */
static void tell_difference(const char *got, const char *want)
{
	unsigned int line = 1;

	while (*got && *want) {
		size_t g = strcspn(got, "\n"), w = strcspn(want, "\n");

		if (g != w || memcmp(got, want, g)) {
			tap_diag("line %u", line);
			tap_diag("  got  %.*s", (int)g, got);
			tap_diag("  want %.*s", (int)w, want);
			return;
		}
		got += g + !!got[g];
		want += w + !!want[w];
		line++;
	}
	tap_diag("one ends after line %u", line - 1);
}

static void compare(const struct look *look)
{
	char path[512];
	char *got, *want;
	bool same;

	path_of(look, path, sizeof(path));
	want = slurp(path);
	got = draw(look);
	same = want && !strcmp(got, want);
	if (!tap_ok(same, "%s", look->file) && want)
		tell_difference(got, want);
	else if (!want)
		tap_diag("cannot read %s: %s", path, strerror(errno));
	free(got);
	free(want);
}

/* No line is wider than the terminal, as long as that has 80 columns. */
static void check_width(const struct look *look)
{
	char *text = draw(look);

	tap_ok(widest_line(text) <= look->width, "%s fits into %u columns", look->file,
	       look->width);
	free(text);
}

static int write_all(void)
{
	char path[512];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		char *text = draw(&looks[i]);
		FILE *f;

		path_of(&looks[i], path, sizeof(path));
		f = fopen(path, "w");
		if (!f || fputs(text, f) < 0 || fclose(f)) {
			perror(path);
			return 1;
		}
		free(text);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int i;

	setenv("TZ", "UTC", 1);
	setlocale(LC_ALL, "C.UTF-8");
	if (argc == 2 && !strcmp(argv[1], "--write"))
		return write_all();
	if (argc >= 4 && !strcmp(argv[1], "--show")) {
		struct look look = {
			.ops = &render_ladder, .only = argv[2],
			.width = (unsigned int)atoi(argv[3]),
			.explain = argc > 4, .colour = argc > 5,
		};
		char *text = draw(&look);

		fputs(text, stdout);
		free(text);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		compare(&looks[i]);
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		if (looks[i].ops != &render_json && !looks[i].colour)
			check_width(&looks[i]);
	return tap_done();
}
