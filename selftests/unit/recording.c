// SPDX-License-Identifier: GPL-2.0
/* Recordings: whole, cut short at every byte, and with every bit flipped. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crc32c.h"
#include "input.h"
#include "recording.h"
#include "source.h"
#include "tap.h"
#include "util.h"

#define PER_BLOCK	3u
#define BLOCKS		4u
#define RECORDS		(PER_BLOCK * BLOCKS)
#define BLOCK_BYTES	(32 + 16 + PER_BLOCK * TCPTRACE_RECORD_SIZE)

/* Both in memory: they are written thousands of times. */
static char path[32];
static char cut[32];

static void add(struct recording *w, const struct tcptrace_record *rec)
{
	size_t nr;

	*recording_room(w, &nr) = *rec;
	recording_added(w, 1);
}

static void make(void)
{
	static const struct recording_loss loss[] = { { 12, 5, 2 }, { 0 } };
	struct tcptrace_record rec = { .conn = 1 };
	struct recording *w = recording_create(path);
	unsigned int i;

	for (i = 0; i < RECORDS; i++) {
		rec.n = i;
		rec.t_ns = i * 10;
		add(w, &rec);
		if (i % PER_BLOCK == PER_BLOCK - 1)
			recording_flush(w);
	}
	recording_losses(w, loss, ARRAY_SIZE(loss));
	tap_is_u64(recording_records(w), RECORDS, "records are counted");
	tap_is_u64(recording_finish(w), EXIT_OK, "a recording is written");
}

/* Reads a file; bit i of the result says that record i came. */
static unsigned int take(const char *file, int *ret_status, bool *ret_sane)
{
	struct source *s = source_file_open(input_open(file));
	struct tcptrace_record rec;
	unsigned int got = 0;

	*ret_sane = true;
	while (s->ops->next(s, &rec) == SOURCE_RECORD) {
		if (rec.n >= RECORDS || rec.t_ns != rec.n * 10 ||
		    (got & (1u << rec.n)))
			*ret_sane = false;
		else
			got |= 1u << rec.n;
	}
	*ret_status = s->ops->close(s);
	return got;
}

static size_t slurp(unsigned char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, size);

	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void spit(const unsigned char *buf, size_t size)
{
	int fd = open(cut, O_WRONLY | O_TRUNC);

	if (write(fd, buf, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void check_whole(void)
{
	struct source *s = source_file_open(input_open(path));
	struct tcptrace_record rec;
	uint64_t read, lost, early;
	unsigned int nr = 0;

	while (s->ops->next(s, &rec) == SOURCE_RECORD)
		nr++;
	tap_is_u64(nr, RECORDS, "all records come back");
	tap_ok(s->has_wall, "with the time of day");
	tap_ok(s->ops->losses(s, 0, &read, &lost, &early) && read == 12 &&
	       lost == 5 && early == 2, "with the losses of the first ring");
	tap_ok(s->ops->losses(s, 1, &read, &lost, &early) && !read,
	       "and of the second");
	tap_ok(!s->ops->losses(s, 2, &read, &lost, &early), "which is the last");
	tap_is_u64(s->ops->close(s), EXIT_OK, "and nothing is missing");
}

static void check_cut(const unsigned char *buf, size_t size)
{
	unsigned int bad = 0, i;
	size_t at;

	for (at = 0; at < size; at++) {
		unsigned int want = 0, got;
		int status;
		bool sane;

		for (i = 0; i < BLOCKS && (i + 1) * BLOCK_BYTES <= at; i++)
			want |= ((1u << PER_BLOCK) - 1) << (i * PER_BLOCK);
		spit(buf, at);
		got = take(cut, &status, &sane);
		if (got != want || status != EXIT_RUN || !sane) {
			bad++;
			tap_diag("cut at %zu: got %x, want %x, status %d", at,
				 got, want, status);
		}
	}
	tap_is_u64(bad, 0, "cut short at each of %zu bytes: every whole block comes, and the status tells",
		   size);
}

/* Whatever bit is flipped, the blocks that it is not in come whole. */
static void check_flips(unsigned char *buf, size_t size)
{
	unsigned int bad = 0;
	size_t at;

	for (at = 0; at < size * 8; at++) {
		unsigned int block = (unsigned int)(at / 8 / BLOCK_BYTES);
		unsigned int all = (1u << RECORDS) - 1;
		unsigned int want = all, got;
		int status;
		bool sane;

		if (block < BLOCKS)
			want &= ~(((1u << PER_BLOCK) - 1) <<
				  (block * PER_BLOCK));
		buf[at / 8] ^= (unsigned char)(1 << at % 8);
		spit(buf, size);
		buf[at / 8] ^= (unsigned char)(1 << at % 8);
		got = take(cut, &status, &sane);
		if (got != want || status != EXIT_RUN || !sane) {
			bad++;
			tap_diag("bit %zu: got %x, want %x, status %d", at, got,
				 want, status);
		}
	}
	tap_is_u64(bad, 0, "each of %zu bits flipped: the other blocks come, and the status tells",
		   size * 8);
}

static void check_crc(void)
{
	static const char digits[] = "123456789";
	unsigned char zero[32] = { 0 };
	unsigned char bytes[300];
	unsigned int i, bad = 0;

	tap_is_u64(crc32c(digits, 9), 0xe3069283, "crc32c of 123456789");
	tap_is_u64(crc32c_table(digits, 9), 0xe3069283, "by table as well");
	/* RFC 3720 appendix B.4 */
	tap_is_u64(crc32c(zero, 32), 0x8a9136aa, "crc32c of 32 zeroes");
	memset(zero, 0xff, 32);
	tap_is_u64(crc32c_table(zero, 32), 0x62a8ab43, "and of 32 ones");
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + i / 7);
	for (i = 0; i < sizeof(bytes); i++)
		bad += crc32c(bytes + i % 9, i - i % 9) !=
		       crc32c_table(bytes + i % 9, i - i % 9);
	tap_is_u64(bad, 0, "instruction and table agree on all lengths");
}

static void check_foreign(void)
{
	static const unsigned char pcap[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0 };
	int status;
	bool sane;

	spit(pcap, sizeof(pcap));
	tap_ok(!take(cut, &status, &sane) && status == EXIT_RUN,
	       "another kind of file is refused");
	tap_ok(!input_open("/nonexistent/file"),
	       "a file that is not there is refused");
}

/* Checksums are good, and still nobody can have recorded it. */
static const struct sense {
	const char *what;
	bool comes;
	struct tcptrace_record rec;
} senses[] = {
	{ "a segment of the server", true,
	  { .kind = TCPTRACE_REC_SEGMENT, .from = TCPTRACE_SERVER } },
	{ "a segment of nobody", false,
	  { .kind = TCPTRACE_REC_SEGMENT, .from = TCPTRACE_NOBODY } },
	{ "a segment of a third end", false,
	  { .kind = TCPTRACE_REC_SEGMENT, .from = 2 } },
	{ "a further move of nobody", false,
	  { .kind = TCPTRACE_REC_STATE, .from = TCPTRACE_NOBODY } },
	{ "a timer of nobody", false,
	  { .kind = TCPTRACE_REC_TIMER, .from = TCPTRACE_NOBODY } },
	{ "the kernel's word on nobody", false,
	  { .kind = TCPTRACE_REC_WORD, .from = TCPTRACE_NOBODY } },
	{ "counters at the end of a capture, of nobody", true,
	  { .kind = TCPTRACE_REC_COUNT, .from = TCPTRACE_NOBODY } },
	{ "counters of a third end", false,
	  { .kind = TCPTRACE_REC_COUNT, .from = 2 } },
	{ "an end, of nobody", true,
	  { .kind = TCPTRACE_REC_END, .from = TCPTRACE_NOBODY } },
	{ "an end of a third end", false,
	  { .kind = TCPTRACE_REC_END, .from = 2 } },
	{ "of a kind that is not known yet", true,
	  { .kind = 99, .from = TCPTRACE_NOBODY } },
	{ "the highest state", true,
	  { .kind = TCPTRACE_REC_SEGMENT, .state = { 11, 11 } } },
	{ "a state after that", false,
	  { .kind = TCPTRACE_REC_SEGMENT, .state = { 0, 12 } } },
	{ "a state that was before, and cannot be", false,
	  { .kind = TCPTRACE_REC_END, .old = { 12, 0 } } },
	{ "80 bytes of TLS", true,
	  { .kind = TCPTRACE_REC_TLS, .family = 80 } },	/* its len */
	{ "81 bytes of TLS", false,
	  { .kind = TCPTRACE_REC_TLS, .family = 81 } },
	{ "bytes of TLS of nobody", false,
	  { .kind = TCPTRACE_REC_TLS, .from = TCPTRACE_NOBODY } },
};

static void check_sense(void)
{
	size_t i;

	_Static_assert(offsetof(struct tcptrace_record, family) ==
		       offsetof(struct tcptrace_tls_record, len), "see above");
	for (i = 0; i < ARRAY_SIZE(senses); i++) {
		struct recording *w = recording_create(path);
		struct tcptrace_record rec = senses[i].rec;
		struct source *s;
		bool came = false;
		unsigned int nr = 0;

		rec.n = 1;
		add(w, &rec);
		rec = senses[0].rec;
		add(w, &rec);
		recording_finish(w);
		s = source_file_open(input_open(path));
		while (s->ops->next(s, &rec) == SOURCE_RECORD) {
			nr++;
			came |= rec.n == 1;
		}
		tap_ok(came == senses[i].comes && nr == 1u + came, "%s %s",
		       senses[i].what, senses[i].comes ? "comes" :
		       "is passed over, the next one comes");
		tap_is_u64(s->ops->close(s), senses[i].comes ? EXIT_OK : EXIT_RUN,
			   "%s: status", senses[i].what);
	}
}

int main(void)
{
	static unsigned char buf[8192];
	int null = open("/dev/null", O_WRONLY);
	size_t size;

	snprintf(path, sizeof(path), "/proc/self/fd/%d",
		 memfd_create("path", 0));
	snprintf(cut, sizeof(cut), "/proc/self/fd/%d",
		 memfd_create("cut", 0));
	/* Its lines on what is missing are looked at in cli.c. */
	dup2(null, STDERR_FILENO);
	check_crc();
	make();
	check_whole();
	size = slurp(buf, sizeof(buf));
	tap_ok(size > BLOCKS * BLOCK_BYTES && size < sizeof(buf),
	       "the file has %zu bytes", size);
	check_cut(buf, size);
	check_flips(buf, size);
	check_foreign();
	check_sense();
	return tap_done();
}
