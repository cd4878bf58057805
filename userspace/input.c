// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "input.h"
#include "util.h"

#define MAGIC_BYTES	6
#define CHUNK		65536

/**
 * struct input - an open file
 * @path: its name
 * @fd: its descriptor
 * @size: bytes of a regular file, else 0
 * @done: bytes read of it
 * @head: what was read of it, uncompressed, to see what it is
 * @head_nr: how many bytes
 * @head_at: how many of these were given out
 * @direct: a stream of stdio reads @fd, not we
 * @torn: compressed data is damaged, or its end is missing
 * @zip: compressed data is being uncompressed with @z
 * @eof: nothing more is to be had of @fd
 * @z: state of zlib
 * @raw: compressed data
 */
struct input {
	const char *path;
	int fd;
	uint64_t size;
	uint64_t done;
	unsigned char head[MAGIC_BYTES];
	size_t head_nr;
	size_t head_at;
	bool direct;
	bool torn;
#ifdef HAVE_ZLIB
	bool zip;
	bool eof;
	bool whole;
	z_stream z;
	unsigned char raw[CHUNK];
#endif
};

struct magic {
	unsigned char byte[MAGIC_BYTES];
	size_t nr;
	const char *name;
};

/* Ways to compress a file, the first of them gzip. */
static const struct magic compressed[] = {
	{ { 0x1f, 0x8b }, 2, "gzip" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd" },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, "xz" },
	{ { 'B', 'Z', 'h' }, 3, "bzip2" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4" },
};

/* Microseconds, nanoseconds, Kuznetzov's; either byte order; and pcapng. */
static const struct magic captures[] = {
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, 4, "pcap" },
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, 4, "pcap" },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, 4, "pcap" },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, 4, "pcap" },
	{ { 0xa1, 0xb2, 0xcd, 0x34 }, 4, "pcap" },
	{ { 0x34, 0xcd, 0xb2, 0xa1 }, 4, "pcap" },
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, 4, "pcapng" },
};

static const struct magic *find_magic(const struct input *in,
				      const struct magic *m, size_t nr)
{
	for (; nr; nr--, m++)
		if (in->head_nr >= m->nr && !memcmp(in->head, m->byte, m->nr))
			return m;
	return NULL;
}

static ssize_t read_raw(struct input *in, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(in->fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		in->done += (uint64_t)n;
	return n;
}

#ifdef HAVE_ZLIB
/* False at the end, or if no more can be read. */
static bool refill(struct input *in)
{
	ssize_t n = read_raw(in, in->raw, sizeof(in->raw));

	if (n <= 0) {
		in->eof = true;
		return false;
	}
	in->z.next_in = in->raw;
	in->z.avail_in = (unsigned int)n;
	return true;
}

/* A file may be several compressed ones, one behind the other. */
static ssize_t read_zip(struct input *in, void *buf, size_t size)
{
	int ret;

	if (size > INT32_MAX)
		size = INT32_MAX;
	in->z.next_out = buf;
	in->z.avail_out = (unsigned int)size;
	while (in->z.avail_out == size && !in->torn) {
		if (!in->z.avail_in && (in->eof || !refill(in))) {
			in->torn = !in->whole;
			break;
		}
		if (in->whole && inflateReset(&in->z) != Z_OK)
			break;
		in->whole = false;
		ret = inflate(&in->z, Z_NO_FLUSH);
		if (ret == Z_STREAM_END)
			in->whole = true;
		else if (ret != Z_OK && ret != Z_BUF_ERROR)
			in->torn = true;
	}
	return (ssize_t)(size - in->z.avail_out);
}
#endif

static ssize_t read_on(struct input *in, void *buf, size_t size)
{
#ifdef HAVE_ZLIB
	if (in->zip)
		return read_zip(in, buf, size);
#endif
	return read_raw(in, buf, size);
}

/* False after one line on stderr. */
static bool read_head(struct input *in)
{
	ssize_t n;

	in->head_nr = 0;
	do {
		n = read_on(in, in->head + in->head_nr,
			    sizeof(in->head) - in->head_nr);
		if (n < 0) {
			complain("%s: cannot read: %s", in->path,
				 strerror(errno));
			return false;
		}
		in->head_nr += (size_t)n;
	} while (n && in->head_nr < sizeof(in->head));
	return true;
}

/* False after one line on stderr. */
static bool inflate_on(struct input *in, const struct magic *how)
{
#ifdef HAVE_ZLIB
	if (how == compressed) {
		/* 16: with the header of gzip. */
		if (inflateInit2(&in->z, 16 + MAX_WBITS) != Z_OK) {
			complain("%s: cannot uncompress: out of memory",
				 in->path);
			return false;
		}
		memcpy(in->raw, in->head, in->head_nr);
		in->z.next_in = in->raw;
		in->z.avail_in = (unsigned int)in->head_nr;
		in->zip = true;
		return read_head(in);
	}
#endif
	complain("%s: compressed; uncompress it first: %s -dc FILE | tcptimeline -r -",
		 in->path, how->name);
	return false;
}

/**
 * input_open() - open a file and see what it is
 * @path: the file; "-" is the standard input
 *
 * Context: any.
 * Return: the file, or NULL after one line on stderr.
 */
struct input *input_open(const char *path)
{
	struct input *in = zalloc(sizeof(*in));
	const struct magic *how;
	struct stat st;

	in->path = path;
	in->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
				     STDIN_FILENO;
	if (in->fd < 0) {
		complain("%s: %s", path, strerror(errno));
		free(in);
		return NULL;
	}
	if (!fstat(in->fd, &st) && S_ISREG(st.st_mode))
		in->size = (uint64_t)st.st_size;
	if (!read_head(in))
		goto close;
	how = find_magic(in, compressed, ARRAY_SIZE(compressed));
	if (how && !inflate_on(in, how))
		goto close;
	return in;

close:
	input_close(in);
	return NULL;
}

/**
 * input_close() - close a file
 * @in: the file; gone afterwards
 *
 * Context: any.
 */
void input_close(struct input *in)
{
#ifdef HAVE_ZLIB
	if (in->zip)
		inflateEnd(&in->z);
#endif
	if (in->fd != STDIN_FILENO)
		close(in->fd);
	free(in);
}

/**
 * input_path() - what a file is called
 * @in: the file
 *
 * Context: any.
 */
const char *input_path(const struct input *in)
{
	return in->path;
}

/**
 * input_is_capture() - is a file one for libpcap
 * @in: the file
 *
 * Context: any.
 */
bool input_is_capture(const struct input *in)
{
	return find_magic(in, captures, ARRAY_SIZE(captures));
}

/**
 * input_read() - read on
 * @in: the file
 * @buf: where to
 * @size: bytes at most, not 0
 *
 * Context: any.
 * Return: bytes read, 0 at the end, -1 and errno if it cannot be read.
 */
ssize_t input_read(struct input *in, void *buf, size_t size)
{
	size_t left = in->head_nr - in->head_at;

	if (!left)
		return read_on(in, buf, size);
	if (left > size)
		left = size;
	memcpy(buf, in->head + in->head_at, left);
	in->head_at += left;
	return (ssize_t)left;
}

static ssize_t stream_read(void *cookie, char *buf, size_t size)
{
	return input_read(cookie, buf, size);
}

/*
 * A file as it lies on the disk is read by stdio itself: for each packet that
 * takes half the instructions of a stream that is somebody's. NULL if it is none.
 */
static FILE *plain_stream(struct input *in)
{
	FILE *f;
	int fd;

#ifdef HAVE_ZLIB
	if (in->zip)
		return NULL;
#endif
	if (!in->size || lseek(in->fd, -(off_t)in->head_nr, SEEK_CUR) < 0)
		return NULL;
	fd = fcntl(in->fd, F_DUPFD_CLOEXEC, 0);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (f) {
		in->direct = true;
		return f;
	}
	if (fd >= 0)
		close(fd);
	lseek(in->fd, (off_t)in->head_nr, SEEK_CUR);
	return NULL;
}

/**
 * input_stream() - the file as a stream of stdio
 * @in: the file; is not closed with the stream
 *
 * Context: any.
 * Return: the stream, or NULL after one line on stderr.
 */
FILE *input_stream(struct input *in)
{
	const cookie_io_functions_t io = { .read = stream_read };
	FILE *f = plain_stream(in);

	if (!f)
		f = fopencookie(in, "r", io);
	if (!f) {
		complain("%s: %s", in->path, strerror(errno));
		return NULL;
	}
	setvbuf(f, NULL, _IOFBF, CHUNK);
	/* One thread reads it. */
	__fsetlocking(f, FSETLOCKING_BYCALLER);
	return f;
}

/**
 * input_torn() - was compressed data damaged, or its end missing
 * @in: the file
 *
 * Context: any.
 */
bool input_torn(const struct input *in)
{
	return in->torn;
}

/**
 * input_size() - how long a file is
 * @in: the file
 *
 * Context: any.
 * Return: bytes, as they lie on the disk; 0 if it is not known.
 */
uint64_t input_size(const struct input *in)
{
	return in->size;
}

/**
 * input_done() - how much of a file was read
 * @in: the file
 *
 * Context: any.
 * Return: bytes, as they lie on the disk.
 */
uint64_t input_done(const struct input *in)
{
	const off_t at = in->direct ? lseek(in->fd, 0, SEEK_CUR) : -1;

	return at < 0 ? in->done : (uint64_t)at;
}
