// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "text.h"
#include "util.h"

static void make_room(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 64;

	while (size < t->len + more + 1)
		size *= 2;
	t->s = grow(t->s, size, 1);
	t->size = size;
	t->s[t->len] = '\0';
}

/* There nearly always is. */
static void reserve(struct text *t, size_t more)
{
	if (t->size < t->len + more + 1)
		make_room(t, more);
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

/* How many bytes of ASCII, which take a column each, it begins with. */
static size_t plain(const char *s, size_t size)
{
	const uint64_t beyond = 0x8080808080808080u;
	uint64_t word;
	size_t at = 0;

	while (size - at >= sizeof(word)) {
		memcpy(&word, s + at, sizeof(word));
		if (word & beyond)
			return at;
		at += sizeof(word);
	}
	while (at < size && (unsigned char)s[at] < 0x80)
		at++;
	return at;
}

static unsigned int width(const char *s, size_t size)
{
	unsigned int cols = 0;
	uint32_t c;
	size_t n;
	int w;

	for (;;) {
		n = plain(s, size);
		cols += (unsigned int)n;
		s += n;
		size -= n;
		if (!size)
			return cols;
		n = decode(s, size, &c);
		w = wcwidth((wchar_t)(n ? c : '?'));
		n = n ? n : 1;
		cols += w < 0 ? 1 : (unsigned int)w;
		s += n;
		size -= n;
	}
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
	return width(s, strlen(s));
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

/* Most texts fit where there is room already. */
static void vadd(struct text *t, const char *fmt, va_list ap)
{
	size_t at = t->len, room;
	va_list copy;
	int n;

	reserve(t, 0);
	room = t->size - at;
	va_copy(copy, ap);
	n = vsnprintf(t->s + at, room, fmt, copy);
	va_end(copy);
	if (n < 0) {
		t->s[at] = '\0';
		return;
	}
	if ((size_t)n >= room) {
		reserve(t, (size_t)n);
		vsnprintf(t->s + at, (size_t)n + 1, fmt, ap);
	}
	t->len += (size_t)n;
	t->cols += width(t->s + at, (size_t)n);
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
 * text_put() - add a string to a text
 * @t: the text
 * @s: UTF-8 without escape codes
 *
 * Context: any.
 */
void text_put(struct text *t, const char *s)
{
	size_t size = strlen(s);

	put(t, s, size);
	t->cols += width(s, size);
}

/**
 * text_char() - add a character to a text
 * @t: the text
 * @c: one of ASCII
 *
 * Context: any.
 */
void text_char(struct text *t, char c)
{
	reserve(t, 1);
	t->s[t->len++] = c;
	t->s[t->len] = '\0';
	t->cols++;
}

/* Returns where in @ret_end, which is behind its last digit, it begins. */
static char *decimal(uint64_t n, char *ret_end)
{
	while (n >= 10) {
		*--ret_end = (char)('0' + n % 10);
		n /= 10;
	}
	*--ret_end = (char)('0' + n);
	return ret_end;
}

/**
 * text_decimal() - add a number to a text
 * @t: the text
 * @n: the number
 *
 * Context: any.
 */
void text_decimal(struct text *t, uint64_t n)
{
	char digits[20], *end = digits + sizeof(digits);
	const char *p = decimal(n, end);
	const size_t size = (size_t)(end - p);

	text_piece(t, p, size, (unsigned int)size);
}

/**
 * text_dotted() - add an IPv4 address to a text
 * @t: the text
 * @addr: the address
 *
 * Context: any.
 */
void text_dotted(struct text *t, const uint8_t addr[4])
{
	char buf[4 * sizeof("255.")], *end = buf + sizeof(buf), *p = end;
	unsigned int i;

	for (i = 4; i--; ) {
		p = decimal(addr[i], p);
		if (i)
			*--p = '.';
	}
	text_piece(t, p, (size_t)(end - p), (unsigned int)(end - p));
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
 * text_spaces() - add spaces to a text
 * @t: the text
 * @n: how many
 *
 * Context: any.
 */
void text_spaces(struct text *t, unsigned int n)
{
	char *end;

	reserve(t, n);
	t->len += n;
	t->cols += n;
	end = t->s + t->len;
	*end = '\0';
	while (n--)
		*--end = ' ';
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
	if (t->cols < cols)
		text_spaces(t, cols - t->cols);
}

/**
 * text_piece() - add a piece of another text
 * @t: the text
 * @s: the piece, without styles
 * @size: its bytes
 * @cols: columns that it takes
 *
 * Context: any.
 */
void text_piece(struct text *t, const char *s, size_t size, unsigned int cols)
{
	put(t, s, size);
	t->cols += cols;
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
	if (other->len)
		text_piece(t, other->s, other->len, other->cols);
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
			text_put(t, "\\\\");
		} else if (!shows(c) || (ascii && c > 0x7e)) {
			for (size_t i = 0; i < n; i++)
				text_add(t, "\\x%02x", (unsigned char)s[i]);
		} else {
			put(t, s, n);
			t->cols += width(s, n);
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

/*
 * @n / @unit with so many digits after the point, as printf() has it of a
 * double: which way it goes with what lies half way is left to it.
 */
static void add_fraction(struct text *t, uint64_t n, uint64_t unit, int digits)
{
	static const unsigned int parts[] = { 1, 10, 100 };
	const uint64_t part = unit / parts[digits];
	const uint64_t rest = n % part;
	uint64_t value = n / part + (rest > part / 2);

	if (rest * 2 == part && part > 1) {
		text_add(t, "%.*f", digits, (double)n / (double)unit);
		return;
	}
	text_decimal(t, value / parts[digits]);
	if (!digits)
		return;
	value %= parts[digits];
	text_char(t, '.');
	if (digits == 2)
		text_char(t, (char)('0' + value / 10));
	text_char(t, (char)('0' + value % 10));
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
	static const char * const name[] = { " B", " kB", " MB", " GB", " TB", " PB" };
	uint64_t unit = 1;
	unsigned int i;

	/* 999.95 would be printed as 1000.0 */
	for (i = 0; n >= 1000 * unit - unit / 20 && i + 1 < ARRAY_SIZE(name); i++)
		unit *= 1000;
	if (i)
		add_fraction(t, n, unit, 1);
	else
		text_decimal(t, n);
	text_put(t, name[i]);
}

#define USEC	1000ull
#define MSEC	(1000 * USEC)
#define SEC	(1000 * MSEC)

/* Each goes as far as it can be shown in so many digits; the last, on and on. */
static const struct {
	uint64_t below;
	uint64_t unit;
	int digits;
	const char *name;
} spans[] = {
	{ 9995 * USEC, MSEC, 2, " ms" },
	{ 99950 * USEC, MSEC, 1, " ms" },
	{ 999500 * USEC, MSEC, 0, " ms" },
	{ 119950 * MSEC, SEC, 1, " s" },
	{ 7200 * SEC, 60 * SEC, 1, " min" },
	{ UINT64_MAX, 3600 * SEC, 1, " h" },
};

/**
 * text_span() - add a length of time, three digits of it
 * @t: the text
 * @ns: nanoseconds
 *
 * Context: any.
 */
void text_span(struct text *t, uint64_t ns)
{
	unsigned int i = 0;

	while (i + 1 < ARRAY_SIZE(spans) && ns >= spans[i].below)
		i++;
	add_fraction(t, ns, spans[i].unit, spans[i].digits);
	text_put(t, spans[i].name);
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
