// SPDX-License-Identifier: GPL-2.0
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

static const struct glyphs utf8 = {
	.line = "│", .fold = "┊", .dash = "─",
	.tls = "═", .sealed = "░", .gap = " ",
	.right = "▶", .left = "◀", .cross = "✗", .up = "↑", .down = "↓",
	.dot = "·", .to = "→", .undo = "↶", .differs = "≠", .agrees = "✓",
	.wait = "◷", .ellipsis = "…",
};

static const struct glyphs ascii_only = {
	.line = "|", .fold = ":", .dash = "-",
	.tls = "=", .sealed = "#", .gap = " ",
	.right = ">", .left = "<", .cross = "x", .up = "up", .down = "down",
	.dot = "-", .to = "->", .undo = "~", .differs = "!=", .agrees = "=",
	.wait = "@", .ellipsis = "...",
};

/* Colours by name, so that each terminal's own palette decides. */
static const char * const codes[STYLE_NR] = {
	[STYLE_NONE]	= "",
	[STYLE_BOLD]	= "\033[1m",
	[STYLE_DIM]	= "\033[2m",
	[STYLE_OPEN]	= "\033[32m",
	[STYLE_CLOSE]	= "\033[34m",
	[STYLE_STATE]	= "\033[1m",
	[STYLE_DATA]	= "\033[36m",
	[STYLE_TLS]	= "\033[35m",
	[STYLE_SEALED]	= "\033[2;35m",
	[STYLE_WARN]	= "\033[33m",
	[STYLE_ALARM]	= "\033[1;31m",
	[STYLE_TEACH]	= "\033[3m",
};

static unsigned int find_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	if (columns && atoi(columns) > 0)
		return (unsigned int)atoi(columns);
	return 80;
}

static bool find_colour(int fd)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb");
}

/**
 * terminal_init() - find out what can be shown
 * @t: the result
 * @fd: where will be printed
 * @colour: the user's wish
 * @ascii: the user wants nothing beyond ASCII
 * @width: columns that the user wants, 0 for as many as there are
 *
 * Context: after setlocale().
 */
void terminal_init(struct terminal *t, int fd, enum colour colour, bool ascii,
		   unsigned int width)
{
	t->width = width ? width : find_width(fd);
	if (t->width < TERMINAL_MIN_WIDTH)
		t->width = TERMINAL_MIN_WIDTH;
	if (t->width > TERMINAL_MAX_WIDTH)
		t->width = TERMINAL_MAX_WIDTH;
	t->colour = colour == COLOUR_ALWAYS ||
		    (colour == COLOUR_AUTO && find_colour(fd));
	t->ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8");
	t->g = t->ascii ? &ascii_only : &utf8;
}

/**
 * terminal_on() - what begins a style
 * @t: the terminal
 * @style: the style
 *
 * Context: any.
 * Return: an escape code, or nothing.
 */
const char *terminal_on(const struct terminal *t, enum style style)
{
	return t->colour && style < STYLE_NR ? codes[style] : "";
}

/**
 * terminal_off() - what ends a style
 * @t: the terminal
 * @style: the style
 *
 * Context: any.
 * Return: an escape code, or nothing.
 */
const char *terminal_off(const struct terminal *t, enum style style)
{
	return t->colour && style != STYLE_NONE ? "\033[0m" : "";
}
