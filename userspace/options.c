// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "options.h"
#include "util.h"

#ifndef TCPTIMELINE_VERSION
#define TCPTIMELINE_VERSION "unknown"
#endif

#define DEFAULT_PROC	"/proc/tcptrace"

static const char help[] =
"Usage: tcptimeline [-f] [-w FILE] [-r FILE] [-o FORM] [OPTION]...\n"
"Draw the TCP connections that the tcptrace module has recorded.\n"
"\n"
"  -f, --follow         go on: new events as they come, each connection drawn\n"
"                       as it ends, the others on Ctrl-C\n"
"  -w, --write FILE     record until Ctrl-C instead of drawing; with --read\n"
"                       make a recording of what is read\n"
"  -r, --read FILE      draw what was recorded, or a pcap or pcapng capture;\n"
"                       needs no module and no root\n"
"  -o, --output FORM    ladder (default), table, or json: one object a line\n"
"  -p, --port LIST      only these ports, as in 80,443,8000-8010\n"
"  -H, --host ADDRESS   only this address, at either end\n"
"  -n, --netns INODE    only this network namespace; a path will do\n"
"  -e, --explain        say what each arrow means\n"
"  -c, --color WHEN     auto (default), always, never\n"
"  -a, --ascii          draw with ASCII characters alone\n"
"  -W, --width COLUMNS  draw for so many columns\n"
"  -h, --help           this text\n"
"  -V, --version        version of the program and of the module's ABI\n"
"\n"
"More in tcptimeline(8).\n";

static const struct option longs[] = {
	{ "follow", no_argument, NULL, 'f' },
	{ "write", required_argument, NULL, 'w' },
	{ "read", required_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' },
	{ "port", required_argument, NULL, 'p' },
	{ "host", required_argument, NULL, 'H' },
	{ "netns", required_argument, NULL, 'n' },
	{ "explain", no_argument, NULL, 'e' },
	{ "color", required_argument, NULL, 'c' },
	{ "colour", required_argument, NULL, 'c' },
	{ "ascii", no_argument, NULL, 'a' },
	{ "width", required_argument, NULL, 'W' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool wrong(const char *fmt, const char *value)
{
	complain(fmt, value);
	return false;
}

static bool parse_form(struct options *o, const char *s)
{
	static const struct render_ops * const forms[] = {
		&render_ladder, &render_table, &render_json,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (!strcmp(s, forms[i]->name)) {
			o->form = forms[i];
			return true;
		}
	}
	return wrong("--output: no form is called '%s'; there are ladder, table and json",
		     s);
}

static bool parse_ports(struct options *o, const char *s)
{
	const char *why;
	size_t where;

	why = tcptrace_portset_parse(s, &o->ports, &where);
	if (why) {
		complain("--port: '%s': %s at '%s'", s, why, s + where);
		return false;
	}
	o->has_ports = true;
	return true;
}

static bool parse_host(struct options *o, const char *s)
{
	o->has_host = true;
	if (inet_pton(AF_INET6, s, o->host) == 1)
		return true;
	memset(o->host, 0, 10);
	memset(o->host + 10, 0xff, 2);
	if (inet_pton(AF_INET, s, o->host + 12) == 1)
		return true;
	return wrong("--host: '%s' is no IPv4 or IPv6 address", s);
}

static bool parse_number(const char *s, unsigned long max, unsigned long *ret)
{
	unsigned long n;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno || *end || n > max)
		return false;
	*ret = n;
	return true;
}

static bool parse_netns(struct options *o, const char *s)
{
	unsigned long n;
	struct stat st;

	if (parse_number(s, UINT32_MAX, &n))
		o->netns = (uint32_t)n;
	else if (!stat(s, &st))
		o->netns = (uint32_t)st.st_ino;
	else
		return wrong("--netns: '%s' is neither an inode number nor a path to a namespace, such as /run/netns/NAME",
			     s);
	o->has_netns = true;
	return true;
}

static bool parse_colour(struct options *o, const char *s)
{
	if (!strcmp(s, "auto"))
		o->colour = COLOUR_AUTO;
	else if (!strcmp(s, "always"))
		o->colour = COLOUR_ALWAYS;
	else if (!strcmp(s, "never"))
		o->colour = COLOUR_NEVER;
	else
		return wrong("--color: '%s' is none of auto, always, never", s);
	return true;
}

static bool parse_width(struct options *o, const char *s)
{
	unsigned long n;

	if (!parse_number(s, TERMINAL_MAX_WIDTH, &n) || n < TERMINAL_MIN_WIDTH)
		return wrong("--width: '%s' is no number of columns from 40 to 1000",
			     s);
	o->width = (unsigned int)n;
	return true;
}

static bool parse_one(struct options *o, int c)
{
	switch (c) {
	case 'f':
		o->follow = true;
		return true;
	case 'w':
		o->write = optarg;
		return true;
	case 'r':
		o->read = optarg;
		return true;
	case 'o':
		return parse_form(o, optarg);
	case 'p':
		return parse_ports(o, optarg);
	case 'H':
		return parse_host(o, optarg);
	case 'n':
		return parse_netns(o, optarg);
	case 'e':
		o->explain = true;
		return true;
	case 'c':
		return parse_colour(o, optarg);
	case 'a':
		o->ascii = true;
		return true;
	case 'W':
		return parse_width(o, optarg);
	default:
		return false;
	}
}

/* What is wrong with an option that getopt_long() does not like. */
static void complain_option(int c, char **argv)
{
	const char *word = argv[optind - 1];

	if (c == ':')
		complain("%s wants a value; see --help", word);
	else if (optopt && strncmp(word, "--", 2))
		complain("-%c is no option; see --help", optopt);
	else
		complain("%s is no option; see --help", word);
}

static bool same_file(const char *a, const char *b)
{
	struct stat st_a, st_b;

	return !stat(a, &st_a) && !stat(b, &st_b) && S_ISREG(st_a.st_mode) &&
	       st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

static bool consistent(const struct options *o)
{
	if (o->write && o->read && same_file(o->write, o->read))
		return wrong("%s: --write would overwrite what --read reads",
			     o->read);
	if (o->follow && o->read)
		return wrong("%s: --follow wants the module; a file grows no more",
			     o->read);
	if (o->follow && o->write)
		return wrong("%s: --write follows already; leave --follow out",
			     o->write);
	return true;
}

/**
 * options_parse() - understand the command line
 * @o: the result
 * @argc: as in main()
 * @argv: as in main()
 *
 * Context: once, after setlocale().
 * Return: what is left to do.
 */
enum options_result options_parse(struct options *o, int argc, char **argv)
{
	const char *proc = getenv("TCPTIMELINE_PROC");
	int c;

	memset(o, 0, sizeof(*o));
	o->form = &render_ladder;
	o->proc = proc && *proc ? proc : DEFAULT_PROC;
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":fw:r:o:p:H:n:ec:aW:hV", longs,
				NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return OPTIONS_DONE;
		}
		if (c == 'V') {
			printf("tcptimeline %s, ABI %d.%d\n",
			       TCPTIMELINE_VERSION, TCPTRACE_ABI_MAJOR,
			       TCPTRACE_ABI_MINOR);
			return OPTIONS_DONE;
		}
		if (c == '?' || c == ':') {
			complain_option(c, argv);
			return OPTIONS_WRONG;
		}
		if (!parse_one(o, c))
			return OPTIONS_WRONG;
	}
	if (optind < argc) {
		complain("'%s': there is nothing to be done with it; see --help",
			 argv[optind]);
		return OPTIONS_WRONG;
	}
	return consistent(o) ? OPTIONS_GO : OPTIONS_WRONG;
}
