// SPDX-License-Identifier: GPL-2.0
/*
 * tcptimeline: a source gives records, the model makes connections of them, a
 * form prints them. Or a recording takes the records as they are.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "input.h"
#include "model.h"
#include "options.h"
#include "recorder.h"
#include "render.h"
#include "source.h"
#include "stop.h"
#include "util.h"

/* Records that a source is asked for at a time, if it can give several. */
#define SOME		64

struct program {
	struct options opt;
	struct filter filter;
	bool all;		/* it lets everything pass */
	struct source *source;
	struct model model;
	struct render render;
	struct story story;	/* of one connection after the other */
	sigset_t waiting;	/* the mask while we wait */
};

static void done(void *arg, const struct model_conn *conn)
{
	struct program *p = arg;
	enum verdict verdict;

	if (ferror(p->render.out))
		return;
	/* Who follows has not asked for what was over before. */
	if (p->opt.follow && conn->ended && conn->last_ns < p->source->began_ns)
		return;
	story_init(&p->story, conn,
		   p->source->has_wall ? &p->source->wall_ns : NULL);
	p->render.now_ns = p->model.now_ns;
	verdict = verdict_find(&p->story, p->model.now_ns);
	p->render.ops->conn(&p->render, &p->story, verdict);
}

static void take(struct program *p, const struct tcptrace_record *rec)
{
	if (!p->all && !filter_want(&p->filter, rec))
		return;
	if (p->opt.follow && p->render.ops->event &&
	    rec->t_ns >= p->source->began_ns)
		p->render.ops->event(&p->render, rec);
	model_add(&p->model, rec);
}

/* Nothing comes for a moment. */
static void pause_here(struct program *p)
{
	model_advance(&p->model, source_now(p->source));
	if (p->render.ops->flush)
		p->render.ops->flush(&p->render);
	fflush(p->render.out);
	if (stop_asked() || ferror(p->render.out))
		return;
	p->source->ops->wait(p->source, &p->waiting, SOURCE_NOW,
			     p->model.ended ? SOURCE_TICK_NS : SOURCE_FOR_EVER);
}

/*
 * Who has said stop is shown what was there until then; who says it again is
 * not. Only a source that is followed is stopped: else nobody took signals.
 */
static bool over(struct program *p, bool *stopping)
{
	unsigned int asked = p->opt.follow ? stop_asked() : 0;

	if (asked && !*stopping) {
		*stopping = true;
		p->source->ops->stop(p->source);
	}
	return asked > 1 || ferror(p->render.out);
}

static void run(struct program *p)
{
	const bool some = p->source->ops->some;
	struct tcptrace_record rec[SOME];
	enum source_status status;
	bool stopping = false;
	size_t nr, i;

	do {
		/* Where more would have to be waited for, one at a time. */
		nr = some ? SOME : 1;
		status = source_some(p->source, rec, &nr);
		p->render.wall_ns = p->source->wall_ns;
		p->render.has_wall = p->source->has_wall;
		for (i = 0; i < nr; i++)
			take(p, &rec[i]);
		if (status == SOURCE_PAUSE && !stopping)
			pause_here(p);
	} while (status != SOURCE_END && !over(p, &stopping));
	/* Who has been silent up to now is late. */
	if (status == SOURCE_END && p->source->live)
		model_advance(&p->model, source_now(p->source));
}

static void draw(struct program *p)
{
	p->render.ops = p->opt.form;
	p->render.out = stdout;
	p->render.explain = p->opt.explain;
	terminal_init(&p->render.term, STDOUT_FILENO, p->opt.colour, p->opt.ascii,
		      p->opt.width);
	model_init(&p->model, done, p);
	run(p);
	model_finish(&p->model);
	story_clean(&p->story);
	if (p->render.ops->finish)
		p->render.ops->finish(&p->render);
}

/* One line on what was overwritten before it was read. */
static void tell_losses(struct program *p)
{
	unsigned long long read = 0, lost = 0, early = 0;
	uint64_t r, l, e;
	unsigned int i;

	for (i = 0; p->source->ops->losses(p->source, i, &r, &l, &e); i++) {
		read += r;
		lost += l;
		early += e;
	}
	if (lost)
		complain("%llu of %llu records were overwritten before they were read, %llu of them before this reader came; ring_slots= makes the rings larger",
			 lost, read + lost, early);
}

static int finish(struct program *p)
{
	int ret = EXIT_OK;

	/* The pipe may have gone with what was held back. */
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the output: %s",
			 strerror(errno ? errno : EIO));
		ret = EXIT_RUN;
	}
	tell_losses(p);
	filter_clean(&p->filter);
	if (p->source->ops->close(p->source) != EXIT_OK)
		ret = EXIT_RUN;
	return ret;
}

static struct source *open_source(const struct options *opt)
{
	struct input *in;

	if (!opt->read)
		return source_proc_open(opt->proc, opt->follow || opt->write);
	in = input_open(opt->read);
	if (!in)
		return NULL;
	if (!input_is_capture(in))
		return source_file_open(in);
	if (opt->has_netns) {
		complain("--netns: %s is a capture, which knows no network namespaces",
			 opt->read);
		input_close(in);
		return NULL;
	}
	return source_pcap_open(in, opt->has_ports ? &opt->ports : NULL);
}

int main(int argc, char **argv)
{
	static struct program p;
	int ret = EXIT_OK;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	/* A reader of ours that goes is an error of write(), not a death. */
	signal(SIGPIPE, SIG_IGN);

	switch (options_parse(&p.opt, argc, argv)) {
	case OPTIONS_DONE:
		return fflush(stdout) ? EXIT_RUN : EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_GO:
		break;
	}

	filter_init(&p.filter, &p.opt);
	p.all = filter_wants_all(&p.filter);
	p.source = open_source(&p.opt);
	if (!p.source)
		return EXIT_RUN;
	if (p.opt.follow || p.opt.write)
		stop_init(&p.waiting);
	if (p.opt.write)
		ret = recorder_run(p.source, &p.filter, p.opt.write, &p.waiting);
	else
		draw(&p);
	return finish(&p) == EXIT_OK ? ret : EXIT_RUN;
}
