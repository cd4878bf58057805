// SPDX-License-Identifier: GPL-2.0
/*
 * intrude - try to write to the rings of /proc/tcptrace, to map what they do not
 * have, and to get further with a descriptor than who opened it meant
 *
 *	intrude map		mappings of odd sizes and places
 *	intrude write		all ways to write to a mapping, shared and private,
 *				by a descriptor for reading and one for both
 *	intrude hand-on		what an unprivileged process can do with a
 *				descriptor that was sent to it
 *	intrude words		words of the mapping that could be addresses of the
 *				kernel: "offset value" a line, and "# N words"
 *
 * Each attempt is a line "attempt outcome": an errno, a signal, "works". The
 * test says which it should be. At the end the rings must hold what they held:
 * nothing may be recorded meanwhile.
 *
 * Exit status: 0, 1 if something could not be tried or the rings have changed,
 * 2 for a wrong command line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../module/uapi/tcptrace.h"

#define FILE_NAME	"/proc/tcptrace"
#define NOBODY		65534

static size_t page;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "intrude: %s: %m\n", what);
	exit(1);
}

static void say(const char *prefix, const char *what, const char *outcome)
{
	printf("%s%s %s\n", prefix, what, outcome);
	fflush(stdout);
}

static const char *outcome(bool works)
{
	return works ? "works" : strerrorname_np(errno);
}

static int open_file(int flags)
{
	int fd = open(FILE_NAME, flags | O_CLOEXEC);

	if (fd < 0)
		fail(FILE_NAME);
	return fd;
}

static const struct tcptrace_header *map_all(int fd, int flags)
{
	const struct tcptrace_header *h;
	size_t size;

	h = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	if (h == MAP_FAILED)
		fail("mmap of the first page");
	size = h->total_size;
	munmap((void *)h, page);
	h = mmap(NULL, size, PROT_READ, flags, fd, 0);
	if (h == MAP_FAILED)
		fail("mmap");
	return h;
}

/* In the manner of FNV-1a, over all that is mapped. */
static uint64_t sum_of(const struct tcptrace_header *h)
{
	const uint64_t *p = (const void *)h, *end = p + h->total_size / 8;
	uint64_t sum = 0xcbf29ce484222325ULL;

	for (; p < end; p++)
		sum = (sum ^ *p) * 0x100000001b3ULL;
	return sum;
}

/* --- odd mappings ------------------------------------------------------ */

/* Not mmap(): libc refuses some of these itself. */
static void try_map(int fd, const char *what, uint64_t size, int prot,
		    uint64_t offset)
{
	long p = syscall(SYS_mmap, NULL, size, prot, MAP_SHARED, fd, offset);

	say("", what, outcome(p != -1));
	if (p != -1)
		munmap((void *)p, size);
}

static void do_map(void)
{
	int fd = open_file(O_RDONLY);
	const struct tcptrace_header *h = map_all(fd, MAP_SHARED);
	uint64_t size = h->total_size;

	try_map(fd, "all", size, PROT_READ, 0);
	try_map(fd, "first-page", page, PROT_READ, 0);
	try_map(fd, "last-page", page, PROT_READ, size - page);
	try_map(fd, "a-byte", 1, PROT_READ, 0);
	try_map(fd, "a-byte-less", size - 1, PROT_READ, 0);
	try_map(fd, "nothing", 0, PROT_READ, 0);
	try_map(fd, "a-byte-more", size + 1, PROT_READ, 0);
	try_map(fd, "a-page-more", size + page, PROT_READ, 0);
	try_map(fd, "all-from-page-1", size, PROT_READ, page);
	try_map(fd, "two-from-the-last", 2 * page, PROT_READ, size - page);
	try_map(fd, "behind-the-end", page, PROT_READ, size);
	try_map(fd, "far-behind", page, PROT_READ, 1ULL << 40);
	try_map(fd, "at-the-largest", page, PROT_READ, INT64_MAX & -page);
	try_map(fd, "negative", page, PROT_READ, -page);
	try_map(fd, "offset-1", page, PROT_READ, 1);
	try_map(fd, "offset-half", page, PROT_READ, page / 2);
	try_map(fd, "executable", page, PROT_READ | PROT_EXEC, 0);
}

/* --- ways to write ------------------------------------------------------ */

struct target {
	int fd;
	int flags;		/* MAP_SHARED, MAP_PRIVATE */
	uint8_t *at;		/* all of the file */
	size_t size;
};

/* Run in a child: what it does to its mapping, and may die of, is its own. */
static void in_child(const char *prefix, const char *what,
		     const char *(*attempt)(const struct target *t),
		     const struct target *t)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fail("fork");
	if (!pid) {
		say(prefix, what, attempt(t));
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (WIFSIGNALED(status))
		say(prefix, what, sigabbrev_np(WTERMSIG(status)));
	else if (status)
		say(prefix, what, "failed");
}

static const char *try_mmap_write(const struct target *t)
{
	return outcome(mmap(NULL, page, PROT_READ | PROT_WRITE, t->flags,
			    t->fd, 0) != MAP_FAILED);
}

static const char *try_mmap_ring(const struct target *t)
{
	return outcome(mmap(NULL, page, PROT_WRITE, t->flags, t->fd,
			    (off_t)(t->size - page)) != MAP_FAILED);
}

static const char *try_mprotect(const struct target *t)
{
	return outcome(!mprotect(t->at, page, PROT_READ | PROT_WRITE));
}

static const char *try_mprotect_exec(const struct target *t)
{
	return outcome(!mprotect(t->at, page, PROT_READ | PROT_EXEC));
}

/* A piece that was moved is as it was. */
static const char *try_mprotect_moved(const struct target *t)
{
	void *to = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	if (mremap(t->at + page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) != to)
		return "unmoved";
	return outcome(!mprotect(to, page, PROT_READ | PROT_WRITE));
}

static const char *try_mremap_grow(const struct target *t)
{
	return outcome(mremap(t->at, t->size, t->size + page,
			      MREMAP_MAYMOVE) != MAP_FAILED);
}

static const char *try_mremap_piece(const struct target *t)
{
	uint8_t *p = mmap(NULL, page, PROT_READ, t->flags, t->fd, 0);

	return outcome(mremap(p, page, 2 * page, MREMAP_MAYMOVE) != MAP_FAILED);
}

/* With an old size of 0 a shared mapping is mapped once more. */
static const char *try_mremap_again(const struct target *t)
{
	return outcome(mremap(t->at, 0, t->size + page, MREMAP_MAYMOVE) !=
		       MAP_FAILED);
}

static const char *try_store(const struct target *t)
{
	*(volatile uint64_t *)t->at = 0;
	return "works";
}

static const char *try_store_dropped(const struct target *t)
{
	madvise(t->at, page, MADV_DONTNEED);
	return try_store(t);
}

/* What was dropped is not given again, and not as something else. */
static const char *try_load_dropped(const struct target *t)
{
	if (madvise(t->at, page, MADV_DONTNEED))
		return outcome(false);
	return *(volatile uint64_t *)t->at == TCPTRACE_MAGIC ? "whole" : "other";
}

/* By the kernel, in the name of a system call. */
static const char *try_read_into(const struct target *t)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	return outcome(read(zero, t->at, 8) == 8);
}

static const char *try_vm_writev(const struct target *t)
{
	uint64_t zero = 0;
	struct iovec from = { &zero, sizeof(zero) }, to = { t->at, sizeof(zero) };

	return outcome(process_vm_writev(getpid(), &from, 1, &to, 1, 0) > 0);
}

/* A debugger's ways, which turn a private page into a copy where they may. */
static const char *try_proc_mem(const struct target *t)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint64_t zero = 0;

	return outcome(fd >= 0 && pwrite(fd, &zero, sizeof(zero),
					 (off_t)(uintptr_t)t->at) > 0);
}

static const char *try_poke(const struct target *t)
{
	pid_t pid = fork();
	const char *how;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) != pid)
		fail("waitpid");
	how = outcome(!ptrace(PTRACE_POKEDATA, pid, t->at, NULL));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return how;
}

static const char *try_load_forked(const struct target *t)
{
	return ((const struct tcptrace_header *)t->at)->magic ==
		TCPTRACE_MAGIC ? "works" : "other";
}

static const struct {
	const char *name;
	const char *(*attempt)(const struct target *t);
} ways[] = {
	{ "load-forked", try_load_forked },
	{ "mmap-write", try_mmap_write },
	{ "mmap-write-ring", try_mmap_ring },
	{ "mprotect-write", try_mprotect },
	{ "mprotect-exec", try_mprotect_exec },
	{ "mprotect-moved", try_mprotect_moved },
	{ "mremap-grow", try_mremap_grow },
	{ "mremap-piece", try_mremap_piece },
	{ "mremap-again", try_mremap_again },
	{ "store", try_store },
	{ "store-dropped", try_store_dropped },
	{ "load-dropped", try_load_dropped },
	{ "read-into", try_read_into },
	{ "process_vm_writev", try_vm_writev },
	{ "proc-self-mem", try_proc_mem },
	{ "ptrace-poke", try_poke },
};

static void try_ways(int fd, const char *fd_name)
{
	int flags;
	size_t i;

	for (flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		const struct tcptrace_header *h = map_all(fd, flags);
		struct target t = {
			.fd = fd,
			.flags = flags,
			.at = (uint8_t *)h,
			.size = h->total_size,
		};
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "%s-%s-", fd_name,
			 flags == MAP_SHARED ? "shared" : "private");
		for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			in_child(prefix, ways[i].name, ways[i].attempt, &t);
		munmap((void *)h, h->total_size);
	}
}

static void do_write(void)
{
	const struct tcptrace_header *h = map_all(open_file(O_RDONLY), MAP_SHARED);
	uint64_t before = sum_of(h);

	try_ways(open_file(O_RDONLY), "r");
	try_ways(open_file(O_RDWR), "rw");
	say("", "changed", sum_of(h) == before ? "nothing" : "something");
}

/* --- a descriptor handed on ---------------------------------------------- */

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void send_fd(int sock, int fd)
{
	union control c = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, 0) != 1)
		fail("sendmsg");
}

static int receive_fd(int sock)
{
	union control c;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		fail("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* As nobody, with nothing but what comes by @sock. */
static void use_descriptor(int sock)
{
	uint64_t seen = 0, beyond = UINT64_MAX;
	char name[64], text[16];
	int fd;

	if (setgid(NOBODY) || setuid(NOBODY))
		fail("setuid");
	say("", "open", outcome(open(FILE_NAME, O_RDONLY) >= 0));
	fd = receive_fd(sock);
	say("", "read", outcome(read(fd, text, sizeof(text)) > 0));
	say("", "text", memcmp(text, "# tcptrace ", 11) ? "other" : "works");
	say("", "seen", outcome(!ioctl(fd, TCPTRACE_IOC_SEEN, &seen)));
	say("", "seen-beyond", outcome(!ioctl(fd, TCPTRACE_IOC_SEEN, &beyond)));
	say("", "seen-nowhere", outcome(!ioctl(fd, TCPTRACE_IOC_SEEN, NULL)));
	say("", "other-ioctl", outcome(!ioctl(fd, TCPTRACE_IOC_SEEN + 1, &seen)));
	say("", "write", outcome(write(fd, "x", 1) > 0));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	say("", "reopen", outcome(open(name, O_RDONLY) >= 0));
	say("", "reopen-write", outcome(open(name, O_RDWR) >= 0));
	try_ways(fd, "nobody");
}

static void do_hand_on(void)
{
	int fd = open_file(O_RDONLY), sock[2], status;
	const struct tcptrace_header *h = map_all(fd, MAP_SHARED);
	uint64_t before = sum_of(h);
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		fail("socketpair");
	pid = fork();
	if (!pid) {
		/* By SCM_RIGHTS or not at all. */
		close(fd);
		use_descriptor(sock[1]);
		_exit(0);
	}
	send_fd(sock[0], fd);
	if (waitpid(pid, &status, 0) != pid || status)
		fail("nobody");
	say("", "changed", sum_of(h) == before ? "nothing" : "something");
}

/* --- addresses ----------------------------------------------------------- */

/* The upper half of the address space, from where 57 bits begin. */
static bool is_address(uint64_t word)
{
	return word >= 0xffff800000000000ULL;
}

/*
 * What is any number at all is not looked at: bytes of TLS handshakes, among
 * which are random ones, and the word of seq and ack.
 */
static bool is_any(const struct tcptrace_header *h, size_t offset)
{
	const struct tcptrace_record *rec;
	size_t in_rec;

	if (offset < h->data_offset)
		return false;
	in_rec = (offset - h->data_offset) % h->ring_stride % h->record_size;
	rec = (const void *)((const char *)h + offset - in_rec);
	if (rec->kind == TCPTRACE_REC_TLS) {
		const struct tcptrace_tls_record *tls = (const void *)rec;
		size_t head = offsetof(struct tcptrace_tls_record, head);
		size_t tail = offsetof(struct tcptrace_tls_record, tail);

		return (in_rec >= head && in_rec < head + sizeof(tls->head)) ||
		       (in_rec >= tail && in_rec < tail + sizeof(tls->tail));
	}
	return rec->kind <= TCPTRACE_REC_UNDO &&
	       in_rec == offsetof(struct tcptrace_record, u.seg.seq);
}

static void do_words(void)
{
	const struct tcptrace_header *h = map_all(open_file(O_RDONLY), MAP_SHARED);
	size_t offset, looked_at = 0, set = 0;
	uint64_t word;

	for (offset = 0; offset < h->total_size; offset += sizeof(word)) {
		if (is_any(h, offset))
			continue;
		word = *(const volatile uint64_t *)((const char *)h + offset);
		looked_at++;
		set += word != 0;
		if (is_address(word))
			printf("%#zx %#" PRIx64 "\n", offset, word);
	}
	printf("# %zu words, %zu not zero\n", looked_at, set);
}

int main(int argc, char **argv)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	if (argc == 2 && !strcmp(argv[1], "map"))
		do_map();
	else if (argc == 2 && !strcmp(argv[1], "write"))
		do_write();
	else if (argc == 2 && !strcmp(argv[1], "hand-on"))
		do_hand_on();
	else if (argc == 2 && !strcmp(argv[1], "words"))
		do_words();
	else
		return 2;
	return 0;
}
