// SPDX-License-Identifier: GPL-2.0
/* One line of a ladder: margins, and what is between the lifelines. */
#include <string.h>

#include "core/fsm.h"
#include "ladder.h"

/**
 * ladder_emit() - print the line, begin another
 * @l: the ladder
 *
 * Context: any.
 */
void ladder_emit(struct ladder *l)
{
	size_t len = l->line.len;

	/* Spaces at the end only make lines wrap. */
	while (len && l->line.s[len - 1] == ' ')
		len--;
	fwrite(l->line.s, 1, len, l->r->out);
	fputc('\n', l->r->out);
	text_clear(&l->line);
}

/**
 * ladder_time() - add a time, since the connection began
 * @l: the ladder
 * @t_ns: the time
 * @t: where to
 *
 * Context: any.
 */
void ladder_time(const struct ladder *l, uint64_t t_ns, struct text *t)
{
	double ns = (double)(t_ns - l->s->start_ns);

	if (t_ns < l->s->start_ns)
		ns = -(double)(l->s->start_ns - t_ns);
	text_add(t, "%.3f", ns / (l->seconds ? 1e9 : 1e6));
}

/**
 * ladder_left() - columns of the left margin: time, space, state, mark
 * @l: the ladder
 *
 * Context: any.
 * Return: columns.
 */
unsigned int ladder_left(const struct ladder *l)
{
	return l->time[TCPTRACE_CLIENT] + 1 + STATE_COLS + MARK_COLS;
}

/**
 * ladder_right_gap() - columns from the server's lifeline to its states
 * @l: the ladder
 *
 * Context: any.
 * Return: columns.
 */
unsigned int ladder_right_gap(const struct ladder *l)
{
	return 1 + l->time[TCPTRACE_SERVER] + !!l->time[TCPTRACE_SERVER];
}

/**
 * ladder_right() - columns of the right margin
 * @l: the ladder
 *
 * Context: any.
 * Return: columns.
 */
unsigned int ladder_right(const struct ladder *l)
{
	return ladder_right_gap(l) + STATE_COLS + MARK_COLS;
}

/* A state that is inferred, or confirmed by the kernel, says so. */
static bool has_mark(const struct ladder *l, uint8_t who, unsigned int label)
{
	const struct move *move;

	if (!label)
		return false;
	move = &l->s->end[who].move[label - 1];
	return move->guess || move->agreed;
}

static void add_state(struct ladder *l, uint8_t who, unsigned int label,
		      struct text *t)
{
	const struct terminal *term = &l->r->term;
	const struct move *move;
	enum style style = STYLE_STATE;

	if (!label)
		return;
	move = &l->s->end[who].move[label - 1];
	if (move->guess)
		style = STYLE_WARN;
	else if (move->state == TCPTRACE_CLOSED ||
		 move->state == TCPTRACE_LISTEN)
		style = STYLE_NONE;
	text_style(t, term, style, "%s%s", tcptrace_state_name(move->state),
		   move->guess ? "?" : "");
	if (!move->guess && move->agreed)
		text_style(t, term, STYLE_DIM, "%s", term->g->agrees);
}

/**
 * ladder_left_margin() - time and state of the client, up to its lifeline
 * @l: the ladder
 * @row: the row; NULL leaves the margin empty
 *
 * Context: any.
 */
void ladder_left_margin(struct ladder *l, const struct row *row)
{
	const unsigned int end = ladder_left(l);
	struct text *t = &l->line;
	unsigned int cols;

	text_clear(&l->part);
	if (row && row->has_time[TCPTRACE_CLIENT] && row->kind != ROW_END)
		ladder_time(l, row->t_ns[TCPTRACE_CLIENT], &l->part);
	text_pad(t, l->time[TCPTRACE_CLIENT] - l->part.cols);
	text_append(t, &l->part);

	text_clear(&l->part);
	if (row)
		add_state(l, TCPTRACE_CLIENT, row->label[TCPTRACE_CLIENT],
			  &l->part);
	/* A state ends where the others do, its mark comes after. */
	cols = l->part.cols;
	if (row && has_mark(l, TCPTRACE_CLIENT, row->label[TCPTRACE_CLIENT]))
		cols--;
	text_pad(t, end - MARK_COLS - cols);
	text_append(t, &l->part);
	text_pad(t, end);
}

/**
 * ladder_right_margin() - time and state of the server, after its lifeline
 * @l: the ladder
 * @row: the row; NULL leaves the margin empty
 *
 * Context: any.
 */
void ladder_right_margin(struct ladder *l, const struct row *row)
{
	const unsigned int at = l->line.cols;
	struct text *t = &l->line;

	if (!row)
		return;
	text_clear(&l->part);
	if (row->has_time[TCPTRACE_SERVER] && row->kind != ROW_END)
		ladder_time(l, row->t_ns[TCPTRACE_SERVER], &l->part);
	if (l->part.cols) {
		text_pad(t, at + 1 + l->time[TCPTRACE_SERVER] - l->part.cols);
		text_append(t, &l->part);
	}
	if (!row->label[TCPTRACE_SERVER])
		return;
	text_pad(t, at + ladder_right_gap(l));
	add_state(l, TCPTRACE_SERVER, row->label[TCPTRACE_SERVER], t);
}

/* The lane with a text in it; lines run through @glyph. */
static void lane_text(struct ladder *l, const char *glyph, enum style style,
		      const struct text *what)
{
	const struct terminal *term = &l->r->term;
	struct text *t = &l->line;
	unsigned int end = t->cols + 1 + l->lane;

	text_style(t, term, STYLE_DIM, "%s", glyph);
	if (what && what->len) {
		text_add(t, " ");
		text_style(t, term, style, "%s", what->s);
	}
	text_pad(t, end);
	text_style(t, term, STYLE_DIM, "%s", glyph);
}

/**
 * ladder_plain_row() - a row without an arrow: margins around a text
 * @l: the ladder
 * @row: for the margins; may be NULL
 * @glyph: of the lifelines
 * @style: of the text
 * @what: the text; may be NULL
 *
 * Context: any.
 */
void ladder_plain_row(struct ladder *l, const struct row *row,
		      const char *glyph, enum style style,
		      const struct text *what)
{
	ladder_left_margin(l, row);
	lane_text(l, glyph, style, what);
	ladder_right_margin(l, row);
}

/**
 * ladder_wrapped_row() - the same, on as many lines as the text takes
 * @l: the ladder
 * @row: for the margins of the first line
 * @glyph: of the lifelines
 * @style: of the text
 * @text: the text
 *
 * The last line is left for the caller to print.
 *
 * Context: any.
 */
void ladder_wrapped_row(struct ladder *l, const struct row *row,
			const char *glyph, enum style style, const char *text)
{
	unsigned int room = l->lane - 2;
	struct text what = { 0 };

	text_clear(&what);
	while (*text) {
		size_t len = strcspn(text, " ");
		struct text word = { 0 };

		text_add(&word, "%.*s", (int)len, text);
		if (what.cols && what.cols + 1 + word.cols > room) {
			ladder_plain_row(l, row, glyph, style, &what);
			ladder_emit(l);
			row = NULL;
			text_clear(&what);
		}
		text_add(&what, "%s%s", what.cols ? " " : "", word.s);
		text_free(&word);
		text += len;
		text += strspn(text, " ");
	}
	ladder_plain_row(l, row, glyph, style, &what);
	text_free(&what);
}
