// SPDX-License-Identifier: GPL-2.0
/*
 * The program as its user meets it: what it prints, what it says is wrong, its
 * exit status. Its /proc file is a twin of the module's rings in a file.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario.h"
#include "tap.h"
#include "twin.h"

/* Of records; this machine may be up for a shorter time than that. */
#define PAST_NS		1ULL
#define FUTURE_NS	1000000000000000000ULL

static char dir[64];

static void spit(const char *name, const void *data, size_t size)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static char *slurp(const char *name)
{
	static char buf[2][1 << 20];
	static unsigned int turn;
	char path[256];
	ssize_t n;
	int fd;

	turn = !turn;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	n = read(fd, buf[turn], sizeof(buf[turn]) - 1);
	close(fd);
	buf[turn][n < 0 ? 0 : n] = '\0';
	return buf[turn];
}

static int by_time(const void *a, const void *b)
{
	const struct tcptrace_record *x = a, *y = b;

	return (x->t_ns > y->t_ns) - (x->t_ns < y->t_ns);
}

/* In the order in which a kernel would have recorded them. */
static void play_three(uint64_t start_ns, struct recorded *out)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		scenario_play(&scenarios[i], i + 1, start_ns + i * 1000000,
			      out);
	qsort(out->rec, out->nr, sizeof(*out->rec), by_time);
}

/* Rings of a module: one whole, one that was lapped, some that are wrong. */
static void make_rings(void)
{
	struct tcptrace_header *header;
	struct recorded out = { 0 };
	unsigned int i;
	size_t size;
	void *base;

	play_three(PAST_NS, &out);
	base = twin_create(2, 64, &size);
	for (i = 0; i < out.nr; i++)
		twin_write(base, i % 2, &out.rec[i]);
	spit("rings", base, size);
	header = base;
	header->abi_major++;
	spit("newer", base, size);
	header->abi_major--;
	header->state |= TCPTRACE_GONE;
	spit("gone", base, size);
	free(base);

	base = twin_create(2, 8, &size);
	for (i = 0; i < out.nr; i++)
		twin_write(base, i % 2, &out.rec[i]);
	spit("lapped", base, size);
	free(base);
	recorded_free(&out);

	play_three(FUTURE_NS, &out);
	base = twin_create(2, 64, &size);
	for (i = 0; i < out.nr; i++)
		twin_write(base, i % 2, &out.rec[i]);
	twin_gone(base);
	spit("ahead", base, size);
	free(base);
	recorded_free(&out);
	spit("empty", "", 0);
	spit("text", "some text", 9);
}

/* Runs a shell command in the directory; its output is in files there. */
static int run(const char *command)
{
	char line[1024];
	int status;

	snprintf(line, sizeof(line), "cd %s && { %s ; } >out 2>err", dir,
		 command);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

struct line {
	const char *command;	/* T is the program */
	int status;
	const char *out;	/* a part of it; NULL: it is empty */
	const char *err;
};

static const struct line lines[] = {
	{ "$T --help", 0, "Usage: tcptimeline", NULL },
	{ "$T -h", 0, "--follow", NULL },
	{ "$T --version", 0, "ABI 1.", NULL },

	/* the command line */
	{ "$T --nonsense", 2, NULL, "--nonsense is no option" },
	{ "$T -x", 2, NULL, "-x is no option" },
	{ "$T -o", 2, NULL, "-o wants a value" },
	{ "$T -o pretty", 2, NULL, "no form is called 'pretty'" },
	{ "$T --port 80,x", 2, NULL, "at 'x'" },
	{ "$T --port 70000", 2, NULL, "--port" },
	{ "$T --host 1.2.3", 2, NULL, "'1.2.3' is no IPv4 or IPv6 address" },
	{ "$T --netns blue", 2, NULL, "neither an inode number" },
	{ "$T --color sometimes", 2, NULL, "none of auto, always, never" },
	{ "$T --width 0", 2, NULL, "no number of columns" },
	{ "$T --width 80x", 2, NULL, "no number of columns" },
	{ "$T eth0", 2, NULL, "'eth0'" },
	{ "cp text a; $T -w a -r ./a", 2, NULL, "would overwrite" },
	{ "$T -f -r b", 2, NULL, "--follow wants the module" },
	{ "$T -f -w b", 2, NULL, "follows already" },

	/* the module's file */
	{ "TCPTIMELINE_PROC=/nonexistent $T", 1, NULL,
	  "no such file; load the module: insmod tcptrace.ko ports=80,443" },
	{ "TCPTIMELINE_PROC=newer $T", 1, NULL, "ABI" },
	{ "TCPTIMELINE_PROC=. $T", 1, NULL, "cannot be mapped" },
	{ "TCPTIMELINE_PROC=rings $T", 0, "closed normally, client first",
	  NULL },
	{ "TCPTIMELINE_PROC=rings $T -o table", 0, "closed", NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json | grep -c '\"complete\":true'", 0,
	  "3\n", NULL },
	{ "TCPTIMELINE_PROC=lapped $T -o json", 0, "\"complete\":false",
	  "records were overwritten before they were read" },
	{ "TCPTIMELINE_PROC=gone $T -f -o json | grep -c version", 0, "1\n",
	  NULL },
	{ "TCPTIMELINE_PROC=gone timeout 10 $T -f", 0, "#2", NULL },
	{ "TCPTIMELINE_PROC=ahead $T -f -o json | grep -c version", 0, "1\n",
	  NULL },
	{ "TCPTIMELINE_PROC=ahead $T | grep -c \"$(date +%Y)-\"", 0, "3\n",
	  NULL },

	/* filters */
	{ "TCPTIMELINE_PROC=rings $T -o json -p 50001 | wc -l", 0, "1\n", NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -p 80 | wc -l", 0, "3\n", NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -p 1-79 | wc -l", 0, "0\n", NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -H 127.0.0.2 | wc -l", 0, "2\n",
	  NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -H 2001:db8::1 | wc -l", 0, "1\n",
	  NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -n 4026531840 | wc -l", 0, "3\n",
	  NULL },
	{ "TCPTIMELINE_PROC=rings $T -o json -n 1 | wc -l", 0, "0\n", NULL },

	/* recordings */
	{ "TCPTIMELINE_PROC=gone $T -w rec.tct", 0, NULL,
	  "records in rec.tct" },
	{ "$T -r rec.tct >a && TCPTIMELINE_PROC=rings $T >b && cmp a b", 0,
	  NULL, NULL },
	{ "TCPTIMELINE_PROC=gone $T -w - | $T -r - -o json | wc -l", 0, "3\n",
	  NULL },
	{ "gzip -k rec.tct; $T -r rec.tct.gz | cmp - a", 0, NULL, NULL },
	{ "head -c 500 rec.tct.gz | $T -r -", 1, NULL, "cut short" },
	{ "$T -r rec.tct -p 50001 -w part.tct && $T -r part.tct -o json | wc -l",
	  0, "1\n", "records in part.tct" },
	{ "printf '\\050\\265\\057\\375..' | $T -r -", 1, NULL,
	  "zstd -dc FILE" },
	{ "head -c 5000 rec.tct >cut.tct; $T -r cut.tct", 1, NULL, "cut short" },
	{ "head -c -1 rec.tct >cut.tct; $T -r cut.tct", 1, "closed normally",
	  "cut short" },
	{ "{ cat rec.tct; echo; } >more.tct; $T -r more.tct", 1,
	  "closed normally", "damaged" },
	{ "$T -r text", 1, NULL, "not a recording" },
	{ "$T -r empty", 1, NULL, "not a recording" },
	{ "$T -r nothere", 1, NULL, "No such file" },
	{ "TCPTIMELINE_PROC=gone $T -w /nonexistent/x", 1, NULL,
	  "cannot write" },
	{ "TCPTIMELINE_PROC=gone $T -w /dev/full", 1, NULL,
	  "No space left on device" },

	/* captures */
	{ "$T -r $GOLDEN/loopback.pcap", 0, "closed normally", NULL },
	{ "$T -r $GOLDEN/loopback.pcap | grep -c netns", 1, "0\n", NULL },
	{ "$T -r - -o json <$GOLDEN/loopback.pcap | wc -l", 0, "5\n", NULL },
	{ "$T -r $GOLDEN/loopback.pcap -o json -p 80 | wc -l", 0, "2\n", NULL },
	{ "$T -r $GOLDEN/loopback.pcap -o json -H ::1 | wc -l", 0, "1\n",
	  NULL },
	{ "$T -r $GOLDEN/loopback.pcap -p 99", 0, NULL,
	  "no TCP on these ports in 39 packets" },
	{ "$T -f -r $GOLDEN/loopback.pcap", 2, NULL, "wants the module" },
	{ "$T -n 1 -r $GOLDEN/loopback.pcap", 1, NULL,
	  "knows no network namespaces" },
	{ "$T -r $GOLDEN/loopback.pcap -w pcap.tct", 0, NULL,
	  "records in pcap.tct" },
	{ "$T -r pcap.tct >a && $T -r $GOLDEN/loopback.pcap >b && cmp a b", 0,
	  NULL, NULL },
	{ "gzip -c $GOLDEN/loopback.pcap >pcap.gz; $T -r pcap.gz | cmp - b", 0,
	  NULL, NULL },
	{ "head -c 500 pcap.gz | $T -r -", 1, "closed", "damaged or cut short" },
	{ "head -c 3000 $GOLDEN/loopback.pcap | $T -r -", 1, "refused",
	  "damaged or cut short" },
	{ "head -c 20 $GOLDEN/loopback.pcap | $T -r -", 1, NULL,
	  "damaged or cut short" },

	/* the output */
	{ "TCPTIMELINE_PROC=rings $T >/dev/full", 1, NULL,
	  "No space left on device" },
	{ "$T --help >/dev/full", 1, NULL, NULL },
	/* Once who reads it has gone. */
	{ "{ (trap '' PIPE; while echo; do :; done) 2>/dev/null; "
	  "TCPTIMELINE_PROC=rings $T; echo $? >&2; } | true", 0, NULL, "1\n" },
	{ "TCPTIMELINE_PROC=rings $T --color always | grep -c \"$(printf '\\033')\\[\" >/dev/null",
	  0, NULL, NULL },
	{ "TCPTIMELINE_PROC=rings $T | grep -c \"$(printf '\\033')\"", 1, "0\n",
	  NULL },
	{ "LC_ALL=C TCPTIMELINE_PROC=rings $T | LC_ALL=C grep -c '[^ -~]'", 1,
	  "0\n", NULL },
};

static void check(const struct line *line)
{
	int status = run(line->command);
	const char *out = slurp("out");
	const char *err = slurp("err");
	bool ok;

	ok = status == line->status &&
	     (line->out ? !!strstr(out, line->out) : !*out) &&
	     (line->err ? !!strstr(err, line->err) : !*err);
	if (!tap_ok(ok, "%s", line->command))
		tap_diag("status %d, out: %.300s, err: %.300s", status, out,
			 err);
	/* One line, no more. */
	if (line->status && line->err && status == line->status)
		tap_ok(strchr(err, '\n') == strrchr(err, '\n'),
		       "one line on stderr: %s", line->command);
}

int main(void)
{
	const char *program = getenv("TCPTIMELINE");
	char rm[300];
	unsigned int i;

	if (!program || access(program, X_OK)) {
		tap_ok(false, "TCPTIMELINE names the program");
		return tap_done();
	}
	setenv("T", program, 1);
	snprintf(dir, sizeof(dir), "/tmp/tcptimeline-cli-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	make_rings();
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		check(&lines[i]);
	snprintf(rm, sizeof(rm), "rm -r %s", dir);
	tap_ok(!system(rm), "nothing is left behind");
	return tap_done();
}
