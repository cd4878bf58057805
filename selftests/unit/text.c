// SPDX-License-Identifier: GPL-2.0
/* What strangers chose shows itself, and does nothing else; widths; numbers. */
#include <locale.h>

#include "tap.h"
#include "text.h"

struct escape {
	const char *in;
	const char *utf8;
	const char *ascii;
};

static const struct escape escapes[] = {
	{ "nginx", "nginx", "nginx" },
	{ "", "", "" },
	{ "a b", "a b", "a b" },
	{ "\033[2J", "\\x1b[2J", "\\x1b[2J" },
	{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", "a\\x0ab\\x09c\\x0d" },
	{ "\177", "\\x7f", "\\x7f" },
	{ "back\\slash", "back\\\\slash", "back\\\\slash" },
	{ "h\303\251", "h\303\251", "h\\xc3\\xa9" },
	{ "\346\227\245", "\346\227\245", "\\xe6\\x97\\xa5" },
	/* C1 control CSI, as a byte and as a character */
	{ "\233m", "\\x9bm", "\\x9bm" },
	{ "\302\233m", "\\xc2\\x9bm", "\\xc2\\x9bm" },
	/* right-to-left override, zero width space, soft hyphen, BOM */
	{ "\342\200\256", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },
	{ "\342\200\213", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b" },
	{ "\302\255", "\\xc2\\xad", "\\xc2\\xad" },
	{ "\357\273\277", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf" },
	/* overlong, surrogate, beyond Unicode, cut short */
	{ "\300\257", "\\xc0\\xaf", "\\xc0\\xaf" },
	{ "\355\240\200", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
	{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80" },
	{ "\346\227", "\\xe6\\x97", "\\xe6\\x97" },
};

struct width {
	const char *s;
	unsigned int cols;
};

static const struct width widths[] = {
	{ "", 0 }, { "abc", 3 }, { "\342\224\202", 1 }, { "\342\226\266", 1 },
	{ "\346\227\245\346\234\254", 4 }, { "e\314\201", 1 },
	{ "\377", 1 }, { "\302", 1 },
};

struct number {
	uint64_t n;
	const char *grouped;
	const char *bytes;
	const char *span;
};

static const struct number numbers[] = {
	{ 0, "0", "0 B", "0.00 ms" },
	{ 999, "999", "999 B", "0.00 ms" },
	{ 1000, "1,000", "1.0 kB", "0.00 ms" },
	{ 4096, "4,096", "4.1 kB", "0.00 ms" },
	{ 999949, "999,949", "999.9 kB", "1.00 ms" },
	{ 999950, "999,950", "1.0 MB", "1.00 ms" },
	{ 12700000, "12,700,000", "12.7 MB", "12.7 ms" },
	{ 350000000, "350,000,000", "350.0 MB", "350 ms" },
	{ 60000000000, "60,000,000,000", "60.0 GB", "60.0 s" },
	{ 7100000000000, "7,100,000,000,000", "7.1 TB", "118.3 min" },
	{ UINT64_MAX, "18,446,744,073,709,551,615", "18446.7 PB",
	  "5124095.6 h" },
};

static const struct {
	const char *in;
	unsigned int cols;
	const char *ellipsis;
	const char *out;
} shortened[] = {
	{ "as it is", 8, "…", "as it is" },
	{ "too wide", 7, "…", "too wi…" },
	{ "too wide", 7, "...", "too ..." },
	{ "züüüüg", 4, "…", "züü…" },
	{ "東京東京", 6, "…", "東京…" },
	{ "東京東京", 4, "…", "東…" },
	{ "東", 1, "…", "…" },
};

static void check_escape(const struct escape *row)
{
	struct text t = { 0 };

	text_clear(&t);
	text_escaped(&t, row->in, 64, false);
	tap_is_str(t.s, row->utf8, "escaped in UTF-8: %s", row->utf8);
	text_clear(&t);
	text_escaped(&t, row->in, 64, true);
	tap_is_str(t.s, row->ascii, "escaped in ASCII: %s", row->ascii);
	text_free(&t);
}

/* No byte of any name of two bytes may reach the terminal as a control. */
static void check_bytes(void)
{
	unsigned int i, j, bad = 0;
	struct text t = { 0 };

	for (i = 1; i < 65536; i++) {
		char name[2] = { (char)(i >> 8), (char)i };

		text_clear(&t);
		text_escaped(&t, name, sizeof(name), true);
		for (j = 0; j < t.len; j++)
			bad += t.s[j] < 0x20 || t.s[j] == 0x7f;
		bad += t.cols != t.len;
	}
	text_free(&t);
	tap_is_u64(bad, 0, "65535 names of two bytes make no control");
}

int main(void)
{
	struct text t = { 0 };
	unsigned int i;

	setlocale(LC_ALL, "C.UTF-8");
	for (i = 0; i < ARRAY_SIZE(escapes); i++)
		check_escape(&escapes[i]);
	check_bytes();
	text_clear(&t);
	text_escaped(&t, "not ended", 3, false);
	tap_is_str(t.s, "not", "a name without NUL ends with its field");
	for (i = 0; i < ARRAY_SIZE(widths); i++)
		tap_is_u64(text_width(widths[i].s), widths[i].cols,
			   "width %u", i);
	for (i = 0; i < ARRAY_SIZE(shortened); i++) {
		text_clear(&t);
		text_add(&t, "%s", shortened[i].in);
		text_shorten(&t, shortened[i].cols, shortened[i].ellipsis);
		tap_is_str(t.s, shortened[i].out, "shortened %u", i);
		tap_ok(t.cols <= shortened[i].cols && t.cols == text_width(t.s),
		       "shortened %u: its columns", i);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		text_clear(&t);
		text_number(&t, numbers[i].n);
		tap_is_str(t.s, numbers[i].grouped, "number %u", i);
		text_clear(&t);
		text_bytes(&t, numbers[i].n);
		tap_is_str(t.s, numbers[i].bytes, "bytes %u", i);
		text_clear(&t);
		text_span(&t, numbers[i].n);
		tap_is_str(t.s, numbers[i].span, "span %u", i);
	}
	text_free(&t);
	return tap_done();
}
