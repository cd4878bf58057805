// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "text.h"
#include "util.h"

static void reserve(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 64;

	while (size < t->len + more + 1)
		size *= 2;
	if (size == t->size)
		return;
	t->s = grow(t->s, size, 1);
	t->size = size;
	t->s[t->len] = '\0';
}

static void put(struct text *t, const char *s, size_t size)
{
	reserve(t, size);
	memcpy(t->s + t->len, s, size);
	t->len += size;
	t->s[t->len] = '\0';
}

/*
 * One character of UTF-8. Overlong forms, surrogates and what is beyond
 * Unicode are not characters. Returns its bytes, 0 if it is none.
 */
static size_t decode(const char *s, size_t size, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t i, n;
	uint32_t c;

	if (!size)
		return 0;
	if (p[0] < 0x80)
		n = 1, c = p[0];
	else if ((p[0] & 0xe0) == 0xc0)
		n = 2, c = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3, c = p[0] & 0x0f;
	else if ((p[0] & 0xf8) == 0xf0)
		n = 4, c = p[0] & 0x07;
	else
		return 0;
	if (n > size)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/*
 * Does a character show itself, and nothing else? Controls do not, nor do
 * those that turn the direction of writing, join, or take no room.
 */
static bool shows(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad)
		return false;
	if (c < 0x7f)
		return true;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0x61c || c == 0xfeff ||
	    (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000)
		return false;
	return wcwidth((wchar_t)c) > 0;
}

/**
 * text_width() - columns that a text takes
 * @s: UTF-8 without escape codes
 *
 * Context: any, after setlocale().
 * Return: columns; a byte that is no character counts as one.
 */
unsigned int text_width(const char *s)
{
	size_t size = strlen(s);
	unsigned int cols = 0;
	uint32_t c;
	size_t n;
	int w;

	while (size) {
		n = decode(s, size, &c);
		if (!n) {
			n = 1;
			c = '?';
		}
		w = c < 0x7f ? 1 : wcwidth((wchar_t)c);
		cols += w < 0 ? 1 : (unsigned int)w;
		s += n;
		size -= n;
	}
	return cols;
}

/**
 * text_clear() - make a text empty, keep its memory
 * @t: the text
 *
 * Context: any.
 */
void text_clear(struct text *t)
{
	reserve(t, 0);
	t->len = 0;
	t->cols = 0;
	t->s[0] = '\0';
}

/**
 * text_free() - give the memory of a text back
 * @t: the text; may be used again
 *
 * Context: any.
 */
void text_free(struct text *t)
{
	free(t->s);
	memset(t, 0, sizeof(*t));
}

static void vadd(struct text *t, const char *fmt, va_list ap)
{
	size_t at = t->len;
	va_list copy;
	int n;

	va_copy(copy, ap);
	n = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	if (n < 0)
		return;
	reserve(t, (size_t)n);
	vsnprintf(t->s + at, (size_t)n + 1, fmt, ap);
	t->len += (size_t)n;
	t->cols += text_width(t->s + at);
}

/**
 * text_add() - add to a text, printf-like
 * @t: the text
 * @fmt: what; UTF-8 without escape codes
 *
 * Context: any.
 */
void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(t, fmt, ap);
	va_end(ap);
}

/**
 * text_insert() - put something into the middle of a text
 * @t: the text, without escape codes
 * @at: bytes of it that stay before
 * @s: UTF-8 without escape codes
 *
 * Context: any.
 */
void text_insert(struct text *t, size_t at, const char *s)
{
	size_t size = strlen(s);

	reserve(t, size);
	memmove(t->s + at + size, t->s + at, t->len - at + 1);
	memcpy(t->s + at, s, size);
	t->len += size;
	t->cols += text_width(s);
}

/**
 * text_style() - add to a text in a style
 * @t: the text
 * @term: where it will be shown
 * @style: how
 * @fmt: what; UTF-8 without escape codes
 *
 * Context: any.
 */
void text_style(struct text *t, const struct terminal *term, enum style style,
		const char *fmt, ...)
{
	const char *on = terminal_on(term, style);
	const char *off = terminal_off(term, style);
	va_list ap;

	put(t, on, strlen(on));
	va_start(ap, fmt);
	vadd(t, fmt, ap);
	va_end(ap);
	put(t, off, strlen(off));
}

/**
 * text_pad() - add spaces up to a column
 * @t: the text
 * @cols: the column; nothing is added if the text is there already
 *
 * Context: any.
 */
void text_pad(struct text *t, unsigned int cols)
{
	while (t->cols < cols)
		text_add(t, " ");
}

/**
 * text_fill() - add a glyph again and again
 * @t: the text
 * @glyph: one column wide
 * @cols: how often
 *
 * Context: any.
 */
void text_fill(struct text *t, const char *glyph, unsigned int cols)
{
	while (cols--)
		text_add(t, "%s", glyph);
}

/**
 * text_append() - add one text to another
 * @t: the text
 * @other: what is added, styles included
 *
 * Context: any.
 */
void text_append(struct text *t, const struct text *other)
{
	if (!other->len)
		return;
	put(t, other->s, other->len);
	t->cols += other->cols;
}

/**
 * text_shorten() - leave out the end of a text that is too wide
 * @t: the text, without escape codes
 * @cols: columns that it may take, at least those of @ellipsis
 * @ellipsis: what stands for what was left out
 *
 * Context: any.
 * Return: whether something was left out.
 */
bool text_shorten(struct text *t, unsigned int cols, const char *ellipsis)
{
	const unsigned int room = cols - text_width(ellipsis);

	if (t->cols <= cols)
		return false;
	while (t->len && t->cols > room) {
		do
			t->len--;
		while (t->len && (t->s[t->len] & 0xc0) == 0x80);
		t->s[t->len] = '\0';
		t->cols = text_width(t->s);
	}
	text_add(t, "%s", ellipsis);
	return true;
}

/**
 * text_escaped() - add a text that a stranger chose
 * @t: the text
 * @s: bytes from the wire or from a task; ends at a NUL
 * @size: or after so many
 * @ascii: escape everything beyond ASCII as well
 *
 * Whatever is not a character that shows itself becomes \xNN, a backslash \\.
 *
 * Context: any, after setlocale().
 */
void text_escaped(struct text *t, const char *s, size_t size, bool ascii)
{
	uint32_t c;
	size_t n;

	size = strnlen(s, size);
	while (size) {
		n = decode(s, size, &c);
		if (!n) {
			text_add(t, "\\x%02x", (unsigned char)*s);
			n = 1;
		} else if (c == '\\') {
			text_add(t, "\\\\");
		} else if (!shows(c) || (ascii && c > 0x7e)) {
			for (size_t i = 0; i < n; i++)
				text_add(t, "\\x%02x", (unsigned char)s[i]);
		} else {
			text_add(t, "%.*s", (int)n, s);
		}
		s += n;
		size -= n;
	}
}

/**
 * text_number() - add a number in groups of three digits
 * @t: the text
 * @n: the number
 *
 * Context: any.
 */
void text_number(struct text *t, uint64_t n)
{
	char digits[24];
	int i, len;

	len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	for (i = 0; i < len; i++)
		text_add(t, "%s%c", i && (len - i) % 3 == 0 ? "," : "",
			 digits[i]);
}

/**
 * text_bytes() - add a number of bytes, short
 * @t: the text
 * @n: the number
 *
 * Context: any.
 */
void text_bytes(struct text *t, uint64_t n)
{
	static const char * const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double x = (double)n;
	unsigned int i = 0;

	/* 999.95 would be printed as 1000.0 */
	for (; x >= 999.95 && i + 1 < ARRAY_SIZE(unit); i++)
		x /= 1000;
	if (!i)
		text_add(t, "%llu B", (unsigned long long)n);
	else
		text_add(t, "%.1f %s", x, unit[i]);
}

/**
 * text_span() - add a length of time, three digits of it
 * @t: the text
 * @ns: nanoseconds
 *
 * Context: any.
 */
void text_span(struct text *t, uint64_t ns)
{
	double ms = (double)ns / 1e6;

	if (ms < 9.995)
		text_add(t, "%.2f ms", ms);
	else if (ms < 99.95)
		text_add(t, "%.1f ms", ms);
	else if (ms < 999.5)
		text_add(t, "%.0f ms", ms);
	else if (ms < 119950)
		text_add(t, "%.1f s", ms / 1000);
	else if (ms < 7200000)
		text_add(t, "%.1f min", ms / 60000);
	else
		text_add(t, "%.1f h", ms / 3600000);
}

/**
 * text_count() - add "1 segment" or "2 segments"
 * @t: the text
 * @n: how many
 * @noun: of what, in the singular
 *
 * Context: any.
 */
void text_count(struct text *t, uint64_t n, const char *noun)
{
	text_number(t, n);
	text_add(t, " %s%s", noun, n == 1 ? "" : "s");
}
