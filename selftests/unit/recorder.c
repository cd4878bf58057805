// SPDX-License-Identifier: GPL-2.0
/*
 * A recording while it is being made: whenever the recorder waits, all that has
 * come is in the file, or it will come back in time to write it.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "options.h"
#include "recorder.h"
#include "source.h"
#include "stop.h"
#include "tap.h"

#define SEC	1000000000ULL

/* What the source does next, one step after the other. */
enum does {
	GIVES,		/* a record */
	RESTS,		/* it has none, and is waited for */
	SLEEPS,		/* likewise, for as long as it may be */
};

static const struct happening {
	const char *name;
	enum does does;
} rows[] = {
	{ "nothing has come yet", RESTS },
	{ "the first record", GIVES },
	{ "after it", RESTS },
	{ "another one", GIVES },
	{ "after that", SLEEPS },
	{ "a second later", RESTS },
	{ "and again", RESTS },
	{ "one so soon after a write", GIVES },
	{ "it has to wait", SLEEPS },
	{ "until then", RESTS },
};

static char path[40] = "/tmp/tcptimeline-recorder-XXXXXX";
static size_t step;
static bool owed;	/* a record that is not in the file yet, as far as seen */
static off_t size;

static enum source_status next(struct source *s, struct tcptrace_record *ret_rec)
{
	if (step == ARRAY_SIZE(rows))
		return SOURCE_END;
	if (rows[step].does != GIVES)
		return SOURCE_PAUSE;
	memset(ret_rec, 0, sizeof(*ret_rec));
	ret_rec->conn = 1;
	ret_rec->n = (uint32_t)step++;
	ret_rec->kind = TCPTRACE_REC_SEGMENT;
	owed = true;
	return SOURCE_RECORD;
}

static void wait(struct source *s, const sigset_t *mask, enum source_haste haste,
		 uint64_t most_ns)
{
	const struct happening *now = &rows[step++];
	struct stat st;

	if (stat(path, &st))
		abort();
	if (st.st_size > size)
		owed = false;
	size = st.st_size;
	if (owed)
		tap_ok(most_ns && most_ns <= SEC, "%s: to be written in time",
		       now->name);
	else
		tap_ok(most_ns == SOURCE_FOR_EVER, "%s: nothing to be written",
		       now->name);
	if (now->does == SLEEPS && most_ns <= SEC)
		usleep((useconds_t)(most_ns / 1000 + 1));
}

static bool no_losses(struct source *s, unsigned int i, uint64_t *ret_read,
		      uint64_t *ret_lost, uint64_t *ret_early)
{
	return false;
}

static int no_close(struct source *s)
{
	return 0;
}

static const struct source_ops ops = {
	.next = next,
	.wait = wait,
	.losses = no_losses,
	.close = no_close,
};

int main(void)
{
	struct source source = { .ops = &ops, .live = true };
	const struct options options = { 0 };
	static struct filter filter;
	sigset_t waiting;
	int fd = mkstemp(path);

	if (fd < 0)
		abort();
	close(fd);
	filter_init(&filter, &options);
	stop_init(&waiting);
	tap_is_u64(recorder_run(&source, &filter, path, &waiting), 0,
		   "the recording is made");
	tap_is_u64(step, ARRAY_SIZE(rows), "all has happened");
	unlink(path);
	return tap_done();
}
