// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "draw.h"
#include "filter.h"
#include "input.h"
#include "model.h"
#include "must.h"
#include "render.h"
#include "source.h"
#include "util.h"

static struct {
	unsigned int lines;
	char line[4096];
} complaint;

/* In place of complain(), see the Makefile. */
void __wrap_complain(const char *fmt, ...)
{
	va_list ap;

	complaint.lines++;
	va_start(ap, fmt);
	vsnprintf(complaint.line, sizeof(complaint.line), fmt, ap);
	va_end(ap);
	MUST(*complaint.line);
	for (const char *p = complaint.line; *p; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
}

struct drawing {
	struct source *source;
	struct render render;
	struct model model;
	struct options opt;
	struct filter filter;
};

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct drawing *d = arg;
	struct story story = { 0 };

	story_init(&story, conn,
		   d->source->has_wall ? &d->source->wall_ns : NULL);
	d->render.now_ns = d->model.now_ns;
	d->render.ops->conn(&d->render, &story,
			    verdict_find(&story, d->model.now_ns));
	story_clean(&story);
}

/* An escape code of ours: "ESC [ digits m". */
static const char *skip_style(const char *p)
{
	MUST(*p++ == '[');
	p += strspn(p, "0123456789;");
	MUST(*p == 'm');
	return p;
}

/* Nothing but what shows, and line ends; UTF-8, or ASCII where that is drawn. */
static void check_text(const char *text, const struct terminal *term,
		       bool ascii)
{
	MUST(mbstowcs(NULL, text, 0) != (size_t)-1);
	for (const char *p = text; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (c == 0x1b && term->colour) {
			p = skip_style(p + 1);
			continue;
		}
		MUST(c >= ' ' || c == '\n');
		MUST(c < 0x7f || (c > 0x7f && !ascii));
		/* C1 controls in UTF-8 */
		MUST(c != 0xc2 || (unsigned char)p[1] >= 0xa0);
	}
}

/* Each line is a JSON object that can be read. */
static void check_json(const char *text)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		json_error_t error;
		json_t *json;

		MUST(end);
		json = json_loadb(text, (size_t)(end - text), 0, &error);
		MUST(json_is_object(json));
		json_decref(json);
		text = end + 1;
	}
}

static void take(struct drawing *d, const struct tcptrace_record *rec,
		 bool events)
{
	if (!filter_want(&d->filter, rec))
		return;
	d->render.wall_ns = d->source->wall_ns;
	d->render.has_wall = d->source->has_wall;
	if (events && d->render.ops->event)
		d->render.ops->event(&d->render, rec);
	model_add(&d->model, rec);
}

static void draw(struct drawing *d, bool events, struct drawn *ret)
{
	struct tcptrace_record rec;
	enum source_status status;
	uint64_t counts[3];
	size_t size = 0;
	unsigned int i;

	while ((status = d->source->ops->next(d->source, &rec)) ==
	       SOURCE_RECORD) {
		if (ret->nr == size) {
			size = size ? size * 2 : 64;
			ret->rec = grow(ret->rec, size, sizeof(rec));
		}
		ret->rec[ret->nr++] = rec;
		take(d, &rec, events);
	}
	MUST(status == SOURCE_END);
	MUST(d->source->ops->next(d->source, &rec) == SOURCE_END);
	for (i = 0; d->source->ops->losses(d->source, i, &counts[0],
					   &counts[1], &counts[2]); i++)
		MUST(i < 8192);
	model_finish(&d->model);
	if (d->render.ops->flush)
		d->render.ops->flush(&d->render);
	if (d->render.ops->finish)
		d->render.ops->finish(&d->render);
}

static struct source *open_source(const char *path, const struct options *opt)
{
	struct input *in = input_open(path);

	if (!in)
		return NULL;
	return input_is_capture(in) ?
	       source_pcap_open(in, opt->has_ports ? &opt->ports : NULL) :
	       source_file_open(in);
}

static void begin(struct drawing *d, uint8_t look)
{
	static const struct render_ops * const forms[] = {
		&render_ladder, &render_table, &render_json, &render_ladder,
	};
	static const unsigned int widths[] = { 80, 40, 132, 1000 };
	size_t where;

	d->render.ops = forms[look & DRAW_FORM];
	d->render.explain = (look & DRAW_FORM) == 3;
	terminal_init(&d->render.term, -1,
		      look & DRAW_COLOUR ? COLOUR_ALWAYS : COLOUR_NEVER,
		      look & DRAW_ASCII, widths[look >> 6]);
	if (look & DRAW_FILTER) {
		d->opt.has_ports = true;
		MUST(!tcptrace_portset_parse("80,443", &d->opt.ports, &where));
	}
	filter_init(&d->filter, &d->opt);
	model_init(&d->model, conn_done, d);
}

void draw_file(const uint8_t *data, size_t size, uint8_t look,
	       struct drawn *ret_drawn)
{
	struct drawing d = { 0 };
	char *text = NULL;
	const char *path;
	size_t length;
	int fd;

	setlocale(LC_ALL, "C.UTF-8");
	memset(ret_drawn, 0, sizeof(*ret_drawn));
	complaint.lines = 0;
	path = draw_path(data, size, &fd);
	begin(&d, look);
	d.source = open_source(path, &d.opt);
	if (!d.source) {
		ret_drawn->status = EXIT_RUN;
	} else {
		d.render.out = open_memstream(&text, &length);
		MUST(d.render.out);
		draw(&d, look & DRAW_EVENTS, ret_drawn);
		MUST(!fclose(d.render.out) && strlen(text) == length);
		ret_drawn->status = d.source->ops->close(d.source);
		check_text(text, &d.render.term, d.render.term.ascii &&
			   d.render.ops != &render_json);
		if (d.render.ops == &render_json && !(look & DRAW_EVENTS))
			check_json(text);
		free(text);
	}
	filter_clean(&d.filter);
	close(fd);
	/* A capture may have one to say of what it left out. */
	MUST(complaint.lines <= 1);
	MUST(complaint.lines || ret_drawn->status == EXIT_OK);
	MUST(ret_drawn->status == EXIT_OK || ret_drawn->status == EXIT_RUN);
}

void drawn_free(struct drawn *drawn)
{
	free(drawn->rec);
}

const char *draw_path(const uint8_t *data, size_t size, int *ret_fd)
{
	static char path[64];
	int fd = memfd_create("fuzz", 0);

	MUST(fd >= 0);
	MUST(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_fd = fd;
	return path;
}
