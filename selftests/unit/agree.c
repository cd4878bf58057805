// SPDX-License-Identifier: GPL-2.0
/* A state that the kernel has named, too, is told from one that it has not. */
#include <locale.h>

#include "model.h"
#include "render.h"
#include "scenario.h"
#include "tap.h"

#define START_NS	1000000000000ULL

/* A word after each record that leads the server to ESTABLISHED. */
static void add_words(struct model *m, const struct recorded *in, uint16_t why,
		      uint8_t said)
{
	struct tcptrace_record rec;
	unsigned int i, n = 0;

	for (i = 0; i < in->nr; i++) {
		rec = in->rec[i];
		rec.n = n++;
		model_add(m, &rec);
		if (rec.old[1] == rec.state[1] ||
		    rec.state[1] != TCPTRACE_ESTABLISHED)
			continue;
		rec.n = n++;
		rec.kind = TCPTRACE_REC_WORD;
		rec.why = (uint8_t)why;
		rec.from = TCPTRACE_SERVER;
		rec.vantage = 0;
		rec.old[1] = rec.state[1];
		rec.inferred = 0;
		memset(&rec.u, 0, sizeof(rec.u));
		rec.u.word.said = said;
		model_add(m, &rec);
	}
}

static void conn_done(void *arg, const struct model_conn *conn)
{
	struct render *r = arg;
	struct story s = { 0 };

	story_init(&s, conn, NULL);
	r->ops->conn(r, &s, verdict_find(&s, UINT64_MAX));
	story_clean(&s);
}

static char *draw(const struct render_ops *ops, bool ascii, unsigned int width,
		  uint16_t why, uint8_t said)
{
	struct render r = { .ops = ops };
	struct recorded out = { 0 };
	struct model m;
	char *text = NULL;
	size_t size;

	scenario_play(scenario_find("four-segments"), 1, START_NS, &out);
	terminal_init(&r.term, 1, COLOUR_NEVER, ascii, width);
	r.out = open_memstream(&text, &size);
	model_init(&m, conn_done, &r);
	add_words(&m, &out, why, said);
	model_finish(&m);
	if (ops->finish)
		ops->finish(&r);
	fclose(r.out);
	recorded_free(&out);
	return text;
}

static void check(const char *text, const char *part, bool wanted,
		  const char *what)
{
	tap_ok(!!strstr(text, part) == wanted, "%s", what);
}

int main(void)
{
	static const unsigned int widths[] = { 80, 200 };
	char *text;
	size_t i;

	setlocale(LC_ALL, "");
	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		text = draw(&render_ladder, false, widths[i],
			    TCPTRACE_WHY_WORD_AGREES, TCPTRACE_ESTABLISHED);
		check(text, " ESTABLISHED✓\n", true, "the kernel said so");
		check(text, "ESTABLISHED │", true, "of the other it did not");
		check(text, "✓ the kernel", true, "the mark is explained");
		free(text);
	}
	text = draw(&render_ladder, true, 80, TCPTRACE_WHY_WORD_AGREES,
		    TCPTRACE_ESTABLISHED);
	check(text, " ESTABLISHED=\n", true, "in ASCII");
	free(text);
	text = draw(&render_ladder, false, 80, TCPTRACE_WHY_WORD_DIFFERS,
		    TCPTRACE_CLOSE_WAIT);
	check(text, "✓", false, "no mark where it differs");
	check(text, "≠ kernel: CLOSE_WAIT", true, "but a flag");
	free(text);
	text = draw(&render_json, false, 80, TCPTRACE_WHY_WORD_DIFFERS,
		    TCPTRACE_CLOSE_WAIT);
	check(text, "\"agrees\":false", true, "json: it does not agree");
	check(text, "\"mismatches\":1", true, "json: counted");
	free(text);
	text = draw(&render_json, false, 80, TCPTRACE_WHY_WORD_AGREES,
		    TCPTRACE_ESTABLISHED);
	check(text, "\"agrees\":true", true, "json: it agrees");
	free(text);
	return tap_done();
}
