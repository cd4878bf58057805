// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "recorder.h"
#include "recording.h"
#include "source.h"
#include "stop.h"
#include "util.h"

/* What came is written at the latest after this. */
#define FLUSH_NS	NSEC_PER_SEC

struct recorder {
	struct source *source;
	struct filter *filter;
	struct recording *recording;
	uint64_t flushed_ns;
};

/* Leaves those that pass, without holes. Return: how many. */
static size_t sift(struct filter *f, struct tcptrace_record *rec, size_t nr)
{
	size_t i, left = 0;

	if (filter_wants_all(f))
		return nr;
	for (i = 0; i < nr; i++) {
		if (!filter_want(f, &rec[i]))
			continue;
		if (left != i)
			rec[left] = rec[i];
		left++;
	}
	return left;
}

/* From the source, for which it is one system call and no copy more. */
static bool take(struct recorder *r, enum source_status *ret_status)
{
	const struct source *s = r->source;
	struct tcptrace_record *to;
	size_t nr;

	to = recording_room(r->recording, &nr);
	*ret_status = source_some(r->source, to, &nr);
	if (!s->live && s->has_wall)
		recording_set_wall(r->recording, s->wall_ns);
	return recording_added(r->recording, sift(r->filter, to, nr));
}

/* Until more comes, or what has come is to be written. */
static bool rest(struct recorder *r, const sigset_t *waiting)
{
	uint64_t now = source_clock();
	uint64_t past = now - r->flushed_ns;
	uint64_t most_ns = SOURCE_FOR_EVER;

	if (past >= FLUSH_NS) {
		r->flushed_ns = now;
		if (!recording_flush(r->recording))
			return false;
	} else if (recording_unwritten(r->recording)) {
		most_ns = FLUSH_NS - past;
	}
	r->source->ops->wait(r->source, waiting, SOURCE_LATER, most_ns);
	return true;
}

/* What has come until somebody says stop belongs to the recording. */
static bool run(struct recorder *r, const sigset_t *waiting)
{
	enum source_status status;
	bool stopping = false;

	for (;;) {
		if (!take(r, &status))
			return false;
		if (status == SOURCE_END)
			return true;
		if (!stopping && stop_asked()) {
			if (!r->source->ops->stop)
				return true;
			r->source->ops->stop(r->source);
			stopping = true;
		}
		if (status == SOURCE_PAUSE && !stopping && !rest(r, waiting))
			return false;
	}
}

static bool save_losses(struct recorder *r)
{
	struct recording_loss *loss = NULL;
	unsigned int nr = 0;
	bool more = true, ok;

	while (more) {
		loss = grow(loss, nr + 1, sizeof(*loss));
		more = r->source->ops->losses(r->source, nr, &loss[nr].read,
					      &loss[nr].lost, &loss[nr].early);
		nr += more;
	}
	ok = recording_losses(r->recording, loss, nr);
	free(loss);
	return ok;
}

/**
 * recorder_run() - record until the source ends or somebody says stop
 * @source: where records come from
 * @filter: which of them
 * @path: the recording
 * @waiting: the mask for waiting
 *
 * Context: after stop_init().
 * Return: EXIT_OK, or EXIT_RUN after one line on stderr.
 */
int recorder_run(struct source *source, struct filter *filter, const char *path,
		 const sigset_t *waiting)
{
	struct recorder r = {
		.source = source,
		.filter = filter,
		.recording = recording_create(path),
	};
	unsigned long long records;
	int ret;

	if (!r.recording)
		return EXIT_RUN;
	if (run(&r, waiting))
		save_losses(&r);
	records = recording_records(r.recording);
	ret = recording_finish(r.recording);
	if (ret == EXIT_OK && strcmp(path, "-"))
		complain("%llu records in %s", records, path);
	return ret;
}
