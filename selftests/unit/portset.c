// SPDX-License-Identifier: GPL-2.0
/* Lists of ports, good and bad, and back. */
#include "core/portset.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *back;	/* as it is written again; NULL: refused */
	size_t where;		/* of the first wrong character */
	uint32_t count;
} rows[] = {
	{ "80,443", "80,443", 0, 2 },
	{ "443,80,80", "80,443", 0, 2 },
	{ "8000-8010", "8000-8010", 0, 11 },
	{ "8000-8001", "8000,8001", 0, 2 },
	{ "80-80", "80", 0, 1 },
	{ " 80 , 443 - 445\n", "80,443-445", 0, 4 },
	{ "1-65535", "1-65535", 0, 65535 },
	{ "65535", "65535", 0, 1 },
	{ "", "", 0, 0 },
	{ "\n", "", 0, 0 },
	{ "63,64,65", "63-65", 0, 3 },
	{ "0", NULL, 0, 0 },
	{ "65536", NULL, 0, 0 },
	{ "80,99999999999999999999", NULL, 3, 0 },
	{ "80,", NULL, 3, 0 },
	{ ",80", NULL, 0, 0 },
	{ "80,,443", NULL, 3, 0 },
	{ "80 443", NULL, 3, 0 },
	{ "90-80", NULL, 0, 0 },
	{ "80-", NULL, 3, 0 },
	{ "-80", NULL, 0, 0 },
	{ "80-90-100", NULL, 5, 0 },
	{ "http", NULL, 0, 0 },
	{ "80x", NULL, 2, 0 },
	{ "80\n\n", NULL, 2, 0 },
	{ "+80", NULL, 0, 0 },
	{ "0x50", NULL, 0, 0 },
};

/* A list that does not fit shows that it is cut. */
static const struct {
	size_t size;
	const char *back;
} cuts[] = {
	{ 0, "x" }, { 1, "" }, { 4, "" }, { 5, ",..." }, { 8, "80,..." },
	{ 13, "80,443,..." }, { 15, "80,443,..." }, { 16, "80,443,8000,..." },
	{ 17, "80,443,8000,9000" }, { 64, "80,443,8000,9000" },
};

static void check_cuts(void)
{
	struct tcptrace_portset set;
	size_t i, where = 0;
	char buf[64];

	tap_is_str(tcptrace_portset_parse("80,443,8000,9000", &set, &where),
		   NULL, "the list to be cut is read");
	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		size_t len;

		memset(buf, 'x', sizeof(buf));
		len = tcptrace_portset_format(&set, buf, cuts[i].size);
		if (!cuts[i].size)
			buf[1] = '\0';	/* nothing is written there */
		tap_is_u64(len, cuts[i].size ? strlen(buf) : 0,
			   "cut to %zu: length", cuts[i].size);
		tap_is_str(buf, cuts[i].back, "cut to %zu", cuts[i].size);
	}
}

int main(void)
{
	static struct tcptrace_portset set;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t where = 0;
		char buf[128];
		const char *wrong = tcptrace_portset_parse(rows[i].text, &set,
							   &where);

		tap_is_u64(!wrong, !!rows[i].back, "\"%zu: %s\" is %s", i,
			   rows[i].back ? rows[i].back : "wrong",
			   rows[i].back ? "taken" : "refused");
		if (wrong) {
			tap_is_u64(where, rows[i].where, "%zu: where (%s)", i,
				   wrong);
			continue;
		}
		tcptrace_portset_format(&set, buf, sizeof(buf));
		tap_is_str(buf, rows[i].back, "%zu: and back", i);
		tap_is_u64(tcptrace_portset_count(&set), rows[i].count,
			   "%zu: how many", i);
	}
	check_cuts();
	return tap_done();
}
