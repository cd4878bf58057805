// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: the same connection in every link layer, cut, damaged, seen twice,
 * and what the flow table makes of time. Captures are made here, byte by byte.
 */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/ip.h"
#include "flows.h"
#include "input.h"
#include "linktype.h"
#include "source.h"
#include "tap.h"
#include "util.h"

#define MAX_RECORDS	512
#define SECOND		1000000u	/* in the microseconds of a capture */

/* --- captures --------------------------------------------------------- */

static unsigned char file[1 << 20];
static size_t file_size;
static bool swapped;		/* of another byte order */

static void put(const void *data, size_t size)
{
	if (file_size + size > sizeof(file))
		abort();
	memcpy(file + file_size, data, size);
	file_size += size;
}

static void put16(uint16_t n)
{
	n = swapped ? __builtin_bswap16(n) : n;
	put(&n, sizeof(n));
}

static void put32(uint32_t n)
{
	n = swapped ? __builtin_bswap32(n) : n;
	put(&n, sizeof(n));
}

static void begin(uint32_t magic, uint32_t linktype)
{
	file_size = 0;
	put32(magic);
	put16(2);
	put16(4);
	put32(0);
	put32(0);
	put32(262144);
	put32(linktype);
}

/* How a connection is put into packets. */
struct look {
	const char *name;
	uint32_t linktype;		/* as files have it */
	const unsigned char *link;	/* what stands before IP */
	unsigned int link_size;
	bool v6;
	const unsigned char *headers;	/* IPv6 extension headers */
	unsigned int headers_size;
	uint8_t first;			/* number of the first of them */
	unsigned int snaplen;		/* 0: all */
	bool no_length;			/* of segmentation offload */
	unsigned int final;		/* where in the headers the last address stands */
};

/* Who sends, when, what. */
struct packet {
	uint32_t us;
	bool server;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	uint16_t len;
	uint8_t way;		/* of a cooked capture */
	uint8_t ifindex;
	uint8_t ttl_less;
};

#define CLIENT_PORT	40000
#define SERVER_PORT	80
#define FIN		0x01
#define SYN		0x02
#define RST		0x04
#define ACK		0x10

static void set16(unsigned char *p, uint16_t n)
{
	p[0] = (unsigned char)(n >> 8);
	p[1] = (unsigned char)n;
}

static void set32(unsigned char *p, uint32_t n)
{
	set16(p, (uint16_t)(n >> 16));
	set16(p + 2, (uint16_t)n);
}

static size_t make_tcp(unsigned char *th, const struct packet *p)
{
	/* MSS, SACK permitted, time stamps, NOP, window scale: as Linux does */
	static const unsigned char options[20] = {
		2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	size_t size = 20;

	memset(th, 0, 20);
	set16(th, p->server ? SERVER_PORT : CLIENT_PORT);
	set16(th + 2, p->server ? CLIENT_PORT : SERVER_PORT);
	set32(th + 4, p->seq);
	set32(th + 8, p->flags & ACK ? p->ack : 0);
	if (p->flags & SYN) {
		memcpy(th + 20, options, sizeof(options));
		size += sizeof(options);
	}
	th[12] = (unsigned char)(size / 4 << 4);
	th[13] = p->flags;
	set16(th + 14, 500);
	memset(th + size, 'x', p->len);
	return size + p->len;
}

static size_t make_ip(unsigned char *ip, const struct look *look,
		      const struct packet *p)
{
	size_t size = 20, total;

	if (look->v6) {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		ip[6] = look->headers ? look->first : 6;
		ip[7] = (unsigned char)(64 - p->ttl_less);
		ip[8] = 0xfd;
		ip[23] = p->server ? 2 : 1;
		ip[24] = 0xfd;
		ip[39] = p->server ? 1 : 2;
		size = 40 + look->headers_size;
		if (look->headers)
			memcpy(ip + 40, look->headers, look->headers_size);
		if (look->final) {
			memcpy(ip + 40 + look->final, ip + 24, 16);
			ip[39] = 99;	/* the next on the way */
		}
	} else {
		memset(ip, 0, 20);
		ip[0] = 0x45;
		set16(ip + 4, (uint16_t)(p->seq + p->flags + p->us / 1000));
		ip[8] = (unsigned char)(64 - p->ttl_less);
		ip[9] = 6;
		ip[12] = 10;
		ip[15] = p->server ? 2 : 1;
		ip[16] = 10;
		ip[19] = p->server ? 1 : 2;
	}
	total = size + make_tcp(ip + size, p);
	if (look->v6)
		set16(ip + 4, (uint16_t)(look->no_length ? 0 : total - 40));
	else
		set16(ip + 2, (uint16_t)(look->no_length ? 0 : total));
	return total;
}

static size_t make_packet(unsigned char *data, const struct look *look,
			  const struct packet *p)
{
	if (look->link)
		memcpy(data, look->link, look->link_size);
	if (look->linktype == 113)
		data[1] = p->way;
	if (look->linktype == 276) {
		data[10] = p->way;
		data[7] = p->ifindex;
	}
	return look->link_size + make_ip(data + look->link_size, look, p);
}

static void put_packet(const struct look *look, const struct packet *p)
{
	unsigned char data[2048];
	size_t size = make_packet(data, look, p);
	size_t cut = look->snaplen && size > look->snaplen ? look->snaplen :
							     size;

	put32(1000 + p->us / SECOND);
	put32(p->us % SECOND);
	put32((uint32_t)cut);
	put32((uint32_t)size);
	put(data, cut);
}

/* --- what comes of them ----------------------------------------------- */

struct result {
	struct tcptrace_record rec[MAX_RECORDS];
	unsigned int nr;
	unsigned int conns;
	int status;
	bool refused;
	char said[1024];	/* on stderr */
	uint64_t wall_ns;	/* of the first record */
};

static struct result result;

static int saved_err, err = -1;

static void listen_err(void)
{
	fflush(stderr);
	if (err < 0)
		err = memfd_create("stderr", 0);
	if (ftruncate(err, 0) || lseek(err, 0, SEEK_SET))
		abort();
	saved_err = dup(STDERR_FILENO);
	dup2(err, STDERR_FILENO);
}

static void heard(char *said, size_t size)
{
	ssize_t n;

	fflush(stderr);
	dup2(saved_err, STDERR_FILENO);
	close(saved_err);
	n = pread(err, said, size - 1, 0);
	said[n < 0 ? 0 : n] = '\0';
}

static void take_all(struct source *s)
{
	struct tcptrace_record rec;

	while (s->ops->next(s, &rec) == SOURCE_RECORD) {
		if (rec.conn > result.conns)
			result.conns = (unsigned int)rec.conn;
		if (!result.nr)
			result.wall_ns = rec.t_ns + (uint64_t)s->wall_ns;
		if (result.nr < MAX_RECORDS)
			result.rec[result.nr++] = rec;
	}
	result.status = s->ops->close(s);
}

/* Reads the first @size bytes of the file as a capture. */
static void read_part(size_t size, const struct tcptrace_portset *ports)
{
	static int fd = -1;
	static char path[64];
	struct source *s;
	struct input *in;

	if (fd < 0) {
		fd = memfd_create("capture", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) || pwrite(fd, file, size, 0) != (ssize_t)size)
		abort();
	memset(&result, 0, sizeof(result));
	listen_err();
	in = input_open(path);
	if (in && !input_is_capture(in)) {
		input_close(in);
		in = NULL;
	}
	s = in ? source_pcap_open(in, ports) : NULL;
	if (s)
		take_all(s);
	heard(result.said, sizeof(result.said));
	result.refused = !s;
}

static void read_file(void)
{
	read_part(file_size, NULL);
}

/* "what/why client server" of each record, one a line. */
static const char *told(void)
{
	static char text[2][16384];
	static unsigned int turn;
	size_t at = 0;
	unsigned int i;

	turn = !turn;
	text[turn][0] = '\0';
	for (i = 0; i < result.nr && at < sizeof(text[0]) - 64; i++) {
		const struct tcptrace_record *r = &result.rec[i];

		at += (size_t)snprintf(text[turn] + at, 64,
				       "%llu/%u %u/%u %u %u %x %u\n",
				       (unsigned long long)r->conn, r->n,
				       r->kind, r->why, r->state[0],
				       r->state[1], r->inferred, r->family);
	}
	return text[turn];
}

/* Numbers of the vantages of all segments, in one word. */
static const char *vantages(void)
{
	static char text[MAX_RECORDS + 1];
	unsigned int i, at = 0;

	for (i = 0; i < result.nr; i++)
		if (result.rec[i].kind == TCPTRACE_REC_SEGMENT)
			text[at++] = "-LAP"[result.rec[i].vantage & 3];
	text[at] = '\0';
	return text;
}

static const struct tcptrace_record *last_of(uint64_t conn)
{
	static const struct tcptrace_record none;
	const struct tcptrace_record *last = &none;
	unsigned int i;

	for (i = 0; i < result.nr; i++)
		if (result.rec[i].conn == conn)
			last = &result.rec[i];
	return last;
}

/* --- link layers ------------------------------------------------------ */

#define L(...) \
	.link = (const unsigned char []) { __VA_ARGS__ }, \
	.link_size = sizeof((const unsigned char []) { __VA_ARGS__ })
#define ETHER(...)	L(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, __VA_ARGS__)
#define SLL(...)	L(0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, __VA_ARGS__)
#define SLL2(high, low) \
	L(high, low, 0, 0, 0, 0, 0, 2, 0, 1, 3, 6, 2, 0, 0, 0, 0, 1, 0, 0)
#define HEADERS(number, ...) \
	.v6 = true, .first = (number), \
	.headers = (const unsigned char []) { __VA_ARGS__ }, \
	.headers_size = sizeof((const unsigned char []) { __VA_ARGS__ })

static const struct look looks[] = {
	{ "Ethernet", 1, ETHER(8, 0) },
	{ "Ethernet, IPv6", 1, ETHER(0x86, 0xdd), .v6 = true },
	{ "802.1Q", 1, ETHER(0x81, 0, 0, 5, 8, 0) },
	{ "802.1ad and 802.1Q, IPv6", 1,
	  ETHER(0x88, 0xa8, 0, 6, 0x81, 0, 0, 5, 0x86, 0xdd), .v6 = true },
	{ "cooked v1", 113, SLL(8, 0) },
	{ "cooked v1, IPv6", 113, SLL(0x86, 0xdd), .v6 = true },
	{ "cooked v1, VLAN", 113, SLL(0x81, 0, 0, 5, 8, 0) },
	{ "cooked v2", 276, SLL2(8, 0) },
	{ "cooked v2, IPv6", 276, SLL2(0x86, 0xdd), .v6 = true },
	{ "raw IP", .linktype = 101 },
	{ "raw IP, IPv6", .linktype = 101, .v6 = true },
	{ "IPv4", .linktype = 228 },
	{ "IPv6", .linktype = 229, .v6 = true },
	{ "null", 0, L(2, 0, 0, 0) },
	{ "null, other byte order", 0, L(0, 0, 0, 2) },
	{ "null, IPv6 of FreeBSD", 0, L(28, 0, 0, 0), .v6 = true },
	{ "loop", 108, L(0, 0, 0, 2) },
	{ "loop, IPv6", 108, L(0, 0, 0, 24), .v6 = true },
	{ "no length, as with offload", 1, ETHER(8, 0), .no_length = true },
	{ "jumbogram", .linktype = 101, .no_length = true,
	  HEADERS(0, 6, 0, 0xc2, 4, 0, 1, 0, 0) },
	{ "snaplen 64", 1, ETHER(8, 0), .snaplen = 64 },
	{ "snaplen 54", 1, ETHER(8, 0), .snaplen = 54 },
	{ "snaplen 96, IPv6", 1, ETHER(0x86, 0xdd), .v6 = true,
	  .snaplen = 96 },
	{ "hop-by-hop options", .linktype = 101,
	  HEADERS(0, 6, 0, 1, 4, 0, 0, 0, 0) },
	{ "destination options and routing", .linktype = 101,
	  HEADERS(60, 43, 0, 1, 4, 0, 0, 0, 0, 6, 1, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 0) },
	{ "mobile routing, one address left", .linktype = 101, .final = 8,
	  HEADERS(43, 6, 2, 2, 1, 0, 0, 0, 0,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77) },
	{ "segment routing, one of two left, behind options", .linktype = 101,
	  .final = 16,
	  HEADERS(0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 4, 4, 1, 1, 0, 0, 0,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77) },
	{ "source routing, two of two left", .linktype = 101, .final = 24,
	  HEADERS(43, 6, 4, 0, 2, 0, 0, 0, 0,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77) },
	{ "segment routing, none left", .linktype = 101,
	  HEADERS(43, 6, 4, 4, 0, 1, 0, 0, 0,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77) },
	{ "a routing header of a type that nobody knows", .linktype = 101,
	  HEADERS(43, 6, 2, 77, 1, 0, 0, 0, 0,
		  0xfd, 0, 0, 0, 0, 0, 0, 0,
		  0, 0, 0, 0, 0, 0, 0, 77) },
	{ "a routing header too short for an address", .linktype = 101,
	  HEADERS(43, 6, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ "authentication header", .linktype = 101,
	  HEADERS(51, 6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1,
		  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ "atomic fragment", .linktype = 101,
	  HEADERS(44, 6, 0, 0, 0, 0, 0, 0, 1) },
};

/* Handshake, a request of 100 bytes, an answer of 1000, a close. */
static const struct packet closed[] = {
	{ 0, false, SYN, 1000, 0, 0, 0, 0, 0 },
	{ 100, true, SYN | ACK, 5000, 1001, 0, 0, 0, 0 },
	{ 200, false, ACK, 1001, 5001, 0, 0, 0, 0 },
	{ 300, false, ACK, 1001, 5001, 100, 0, 0, 0 },
	{ 1400, true, ACK, 5001, 1101, 1000, 0, 0, 0 },
	{ 1500, false, FIN | ACK, 1101, 6001, 0, 0, 0, 0 },
	{ 2600, true, FIN | ACK, 6001, 1102, 0, 0, 0, 0 },
	{ 2700, false, ACK, 1102, 6002, 0, 0, 0, 0 },
};

/* Long after: another one on the same ports, which stays open. */
static const struct packet open_one[] = {
	{ 70 * SECOND, false, SYN, 9000, 0, 0, 0, 0, 0 },
	{ 70 * SECOND + 1, true, SYN | ACK, 80000, 9001, 0, 0, 0, 0 },
	{ 70 * SECOND + 2, false, ACK, 9001, 80001, 0, 0, 0, 0 },
	{ 70 * SECOND + 3, false, ACK, 9001, 80001, 7, 0, 0, 0 },
};

/* Cooked packets are between others, unless the test says otherwise. */
static void put_packets(const struct look *look, const struct packet *p,
			unsigned int nr, int way)
{
	struct packet copy;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		copy = p[i];
		if (way < 0)
			copy.way = 3;
		else
			copy.way = copy.server == (way == 1) ? 4 : 0;
		copy.ifindex = 2;
		put_packet(look, &copy);
	}
}

static void check_conn(const char *name)
{
	const struct tcptrace_record *r;
	unsigned int i, timers = 0;

	tap_is_u64(result.status, EXIT_OK, "%s: read", name);
	tap_is_str(result.said, "", "%s: nothing to complain of", name);
	tap_is_u64(result.conns, 2, "%s: two connections", name);
	r = last_of(1);
	tap_ok(r->kind == TCPTRACE_REC_END && r->why == TCPTRACE_WHY_CLOSED &&
	       r->u.count[0].bytes == 100 && r->u.count[1].bytes == 1000 &&
	       r->u.count[0].segs == 5 && r->u.count[1].segs == 3 &&
	       !r->u.count[0].retrans && !r->u.count[1].retrans,
	       "%s: the first one is over, and counted", name);
	r = last_of(2);
	tap_ok(r->kind == TCPTRACE_REC_COUNT && r->why == TCPTRACE_WHY_NONE &&
	       r->state[0] == TCPTRACE_ESTABLISHED &&
	       r->u.count[0].bytes == 7,
	       "%s: the second one is open, and counted", name);
	for (i = 0; i < result.nr; i++) {
		r = &result.rec[i];
		if (r->kind != TCPTRACE_REC_TIMER)
			continue;
		timers++;
		tap_ok(r->t_ns == 1060002600000ULL &&
		       r->u.timer.due_ns == r->t_ns,
		       "%s: TIME_WAIT ends by the time of the capture", name);
	}
	tap_is_u64(timers, 1, "%s: one timer", name);
}

static void check_links(void)
{
	static char want[2][16384];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct look *look = &looks[i];

		begin(0xa1b2c3d4, look->linktype);
		put_packets(look, closed, ARRAY_SIZE(closed), -1);
		put_packets(look, open_one, ARRAY_SIZE(open_one), -1);
		read_file();
		check_conn(look->name);
		if (!want[look->v6][0])
			snprintf(want[look->v6], sizeof(want[0]), "%s", told());
		tap_is_str(told(), want[look->v6],
			   "%s: the same records as with Ethernet", look->name);
	}
}

static void check_files(void)
{
	const struct look *look = &looks[0];
	char want[16384];

	begin(0xa1b2c3d4, 1);
	put_packets(look, closed, ARRAY_SIZE(closed), -1);
	read_file();
	snprintf(want, sizeof(want), "%s", told());
	tap_is_u64(result.wall_ns, 1000 * NSEC_PER_SEC, "time of day");
	tap_is_u64(result.rec[1].t_ns, 1000 * NSEC_PER_SEC + 100000,
		   "microseconds");

	swapped = true;
	begin(0xa1b2c3d4, 1);
	put_packets(look, closed, ARRAY_SIZE(closed), -1);
	swapped = false;
	read_file();
	tap_is_str(told(), want, "a file of another byte order");

	begin(0xa1b23c4d, 1);
	put_packets(look, closed, ARRAY_SIZE(closed), -1);
	read_file();
	tap_is_str(told(), want, "a file with nanoseconds");
	tap_is_u64(result.rec[1].t_ns, 1000 * NSEC_PER_SEC + 100,
		   "nanoseconds");

	begin(0xa1b2c3d4, 105);
	read_file();
	tap_ok(result.refused && strstr(result.said, "802.11"),
	       "another link type is refused by its name");
	begin(0xa1b2c3d4, 1);
	read_file();
	tap_ok(!result.nr && result.status == EXIT_OK &&
	       strstr(result.said, "no TCP in 0 packets"),
	       "a capture of nothing");
}

/* --- pcapng ----------------------------------------------------------- */

static void put_section(void)
{
	file_size = 0;
	put32(0x0a0d0d0a);
	put32(28);
	put32(0x1a2b3c4d);
	put16(1);
	put16(0);
	put32(0xffffffff);
	put32(0xffffffff);
	put32(28);
}

static void put_interface(uint16_t linktype)
{
	put32(1);
	put32(20);
	put16(linktype);
	put16(0);
	put32(262144);
	put32(20);
}

static void put_enhanced(const struct look *look, const struct packet *p,
			 unsigned int nr, uint32_t interface)
{
	static const unsigned char zero[4];
	unsigned char data[2048];

	for (; nr; nr--, p++) {
		uint64_t us = 1000ULL * SECOND + p->us;
		uint32_t size = (uint32_t)make_packet(data, look, p);
		uint32_t padded = (size + 3) & ~3u;

		put32(6);
		put32(32 + padded);
		put32(interface);
		put32((uint32_t)(us >> 32));
		put32((uint32_t)us);
		put32(size);
		put32(size);
		put(data, size);
		put(zero, padded - size);
		put32(32 + padded);
	}
}

static void check_pcapng(void)
{
	const struct look *look = &looks[0];

	put_section();
	put_interface(1);
	put_interface(1);
	put_enhanced(look, closed, ARRAY_SIZE(closed), 1);
	put_enhanced(look, open_one, ARRAY_SIZE(open_one), 0);
	read_file();
	check_conn("pcapng, two interfaces");

	put_section();
	put_interface(1);
	put_enhanced(look, closed, ARRAY_SIZE(closed), 0);
	put_interface(113);
	put_enhanced(&looks[4], open_one, ARRAY_SIZE(open_one), 1);
	read_file();
	tap_ok(result.status == EXIT_RUN && result.conns == 1 &&
	       strstr(result.said, "8 packets could be read") &&
	       strstr(result.said, "interfaces"),
	       "pcapng, interfaces of different kinds");
	if (!strstr(result.said, "interfaces"))
		tap_diag("%s", result.said);
}

/* --- cooked captures -------------------------------------------------- */

static void check_cooked(void)
{
	const struct look *v2 = &looks[7];
	struct look lo = *v2;
	unsigned char link[20];
	unsigned int i;
	struct packet p;

	for (i = 4; i < 9; i++) {
		const struct look *look = &looks[i];

		begin(0xa1b2c3d4, look->linktype);
		put_packets(look, closed, ARRAY_SIZE(closed), 0);
		put_packets(look, open_one, ARRAY_SIZE(open_one), 0);
		read_file();
		check_conn(look->name);
		tap_is_str(vantages(), "LALLALLAL",
			   "%s: from the client's host", look->name);
		tap_ok((result.rec[result.nr - 1].rflags & 3) ==
		       TCPTRACE_F_LOCAL_CLIENT,
		       "%s: the client is local", look->name);
	}
	begin(0xa1b2c3d4, 276);
	put_packets(v2, closed, ARRAY_SIZE(closed), 1);
	read_file();
	tap_is_str(vantages(), "ALAALA", "from the server's host");

	/* An interface and the one below it: each packet twice. */
	begin(0xa1b2c3d4, 276);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		p = closed[i];
		p.way = p.server ? 0 : 4;
		p.ifindex = 2;
		put_packet(v2, &p);
		p.ifindex = 3;
		put_packet(v2, &p);
	}
	put_packets(v2, open_one, ARRAY_SIZE(open_one), 0);
	read_file();
	check_conn("on a bond and its member");
	tap_is_str(vantages(), "LALLALLAL", "each packet counts once");

	/* A router: in, and out again. */
	begin(0xa1b2c3d4, 276);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		p = closed[i];
		p.ifindex = p.server ? 3 : 2;
		put_packet(v2, &p);
		p.way = 4;
		p.ifindex = p.server ? 2 : 3;
		p.ttl_less = 1;
		put_packet(v2, &p);
	}
	put_packets(v2, open_one, ARRAY_SIZE(open_one), -1);
	read_file();
	check_conn("on a router");
	tap_ok(!(last_of(1)->rflags & 3), "on a router: neither is local");

	/* Loopback, as libpcap shows it, and as others do. */
	memcpy(link, v2->link, sizeof(link));
	set16(link + 8, 772);
	lo.link = link;
	begin(0xa1b2c3d4, 276);
	for (i = 0; i < ARRAY_SIZE(closed); i++)
		put_packet(&lo, &closed[i]);
	put_packets(&lo, open_one, ARRAY_SIZE(open_one), -1);
	read_file();
	check_conn("loopback, arrivals only");
	begin(0xa1b2c3d4, 276);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		p = closed[i];
		p.way = 4;
		put_packet(&lo, &p);
		p.way = 0;
		put_packet(&lo, &p);
	}
	read_file();
	tap_is_str(vantages(), "LALALALALALA",
		   "loopback: a segment leaves and arrives");
	tap_ok(last_of(1)->kind == TCPTRACE_REC_COUNT &&
	       last_of(1)->u.count[0].segs == 5 &&
	       last_of(1)->u.count[1].segs == 3 &&
	       !last_of(1)->u.count[0].retrans &&
	       !last_of(1)->u.count[1].retrans,
	       "loopback: and counts once");
	tap_is_u64(last_of(1)->rflags & 3, 3, "loopback: both are local");
}

/* --- damage ----------------------------------------------------------- */

static void check_cut(void)
{
	unsigned int wrong = 0, nr = 0;
	size_t size, next = 24;

	begin(0xa1b2c3d4, 1);
	put_packets(&looks[0], closed, ARRAY_SIZE(closed), -1);
	for (size = 24; size < file_size; size++) {
		uint32_t caplen;

		memcpy(&caplen, file + next + 8, sizeof(caplen));
		if (size == next + 16 + caplen)
			next = size;
		read_part(size, NULL);
		wrong += result.refused || result.nr < nr ||
			 result.status != (size == next ? EXIT_OK : EXIT_RUN);
		wrong += size != next && !strstr(result.said, "cut short");
		nr = result.nr ? result.nr - 1 : 0;
	}
	tap_is_u64(wrong, 0, "cut at every byte: what was whole is read");
	for (size = 0; size < 24; size++) {
		read_part(size, NULL);
		wrong += !result.refused;
	}
	tap_is_u64(wrong, 0, "cut in its header: refused");
}

static uint32_t seed = 1;

static uint32_t dice(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void check_garbage(void)
{
	static const uint32_t links[] = { 1, 113, 276, 101, 228, 229, 0, 108 };
	static unsigned char whole[1 << 16];
	size_t whole_size, at;
	unsigned int i, j, k, round;

	/* Every bit flipped. */
	begin(0xa1b2c3d4, 1);
	put_packets(&looks[0], closed, ARRAY_SIZE(closed), -1);
	memcpy(whole, file, file_size);
	whole_size = file_size;
	for (i = 0; i < whole_size * 8; i++) {
		memcpy(file, whole, whole_size);
		file[i / 8] ^= (unsigned char)(1u << i % 8);
		read_part(whole_size, NULL);
	}
	tap_ok(true, "every bit flipped");

	/* Packets of garbage, with a little truth in them. */
	for (round = 0; round < 400; round++) {
		const struct look *look = &looks[round % ARRAY_SIZE(looks)];

		begin(0xa1b2c3d4, look->linktype);
		for (i = 0; i < 50; i++) {
			put_packet(look, &closed[dice() % ARRAY_SIZE(closed)]);
			for (j = dice() % 8; j; j--) {
				at = file_size - 1 - dice() % 60;
				file[at] = (unsigned char)dice();
			}
		}
		read_file();
	}
	for (round = 0; round < 400; round++) {
		begin(0xa1b2c3d4, links[round % ARRAY_SIZE(links)]);
		for (i = 0; i < 20; i++) {
			k = dice() % 200;
			put32(dice() << 8);
			put32(dice());
			put32(k);
			put32(dice() % 3 ? k : dice() << 8);
			while (k--) {
				unsigned char c = (unsigned char)dice();

				put(&c, 1);
			}
		}
		read_file();
	}
	for (round = 0; round < 400; round++) {
		if (round % 2)
			put_section();
		else
			begin(0xa1b2c3d4, 1);
		for (k = dice() % 4096; k; k--) {
			unsigned char c = (unsigned char)dice();

			put(&c, 1);
		}
		read_file();
	}
	tap_ok(true, "garbage");
}

static void check_left_out(void)
{
	const struct look frag = {
		"fragment", .linktype = 101,
		HEADERS(44, 6, 0, 0, 1, 0, 0, 0, 1)
	};
	struct look tiny = looks[0];
	struct tcptrace_portset ports = { 0 };
	size_t where;

	begin(0xa1b2c3d4, 101);
	put_packets(&frag, closed, 3, -1);
	put_packets(&looks[10], closed, ARRAY_SIZE(closed), -1);
	read_file();
	tap_ok(result.status == EXIT_OK && result.conns == 1 &&
	       strstr(result.said, "3 IP fragments"),
	       "fragments are counted");

	tiny.snaplen = 40;
	begin(0xa1b2c3d4, 1);
	put_packets(&tiny, closed, 1, -1);
	put_packets(&looks[0], closed, ARRAY_SIZE(closed), -1);
	read_file();
	tap_ok(result.conns == 1 &&
	       strstr(result.said, "1 packet captured without"),
	       "a packet without its headers is counted");

	begin(0xa1b2c3d4, 1);
	put_packets(&looks[0], closed, ARRAY_SIZE(closed), -1);
	tcptrace_portset_parse("81-90", &ports, &where);
	read_part(file_size, &ports);
	tap_ok(!result.nr && strstr(result.said, "no TCP on these ports"),
	       "other ports are left out");
	tcptrace_portset_parse("80", &ports, &where);
	read_part(file_size, &ports);
	tap_ok(result.nr && result.conns == 1, "and these are not");
}

/* --- time ------------------------------------------------------------- */

static void check_time(void)
{
	static const uint32_t order[] = { 0, 100, 50, 300, 250, 400, 350, 500 };
	struct packet p;
	unsigned int i, wrong = 0;

	begin(0xa1b2c3d4, 1);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		p = closed[i];
		p.us = order[i];
		put_packet(&looks[0], &p);
	}
	read_file();
	for (i = 1; i < result.nr; i++)
		wrong += result.rec[i].t_ns < result.rec[i - 1].t_ns;
	tap_is_u64(wrong, 0, "time does not go back");

	/* The clock is set back by half an hour in between. */
	begin(0xa1b2c3d4, 1);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		p = closed[i];
		p.us += i < 4 ? 1800 * SECOND : 0;
		put_packet(&looks[0], &p);
	}
	read_file();
	tap_ok(result.rec[result.nr - 1].t_ns - result.rec[0].t_ns <
	       10000000, "a clock that is set back goes on");
}

static unsigned int ended;
static uint64_t idle_ns;

/* The last one that was made, if it is not counted yet. */
static struct tcptrace_record made;

static void count(void)
{
	if (made.kind == TCPTRACE_REC_END) {
		ended++;
		if (made.why == TCPTRACE_WHY_IDLE)
			idle_ns = made.t_ns;
	}
	made.kind = 0;
}

static struct tcptrace_record *room(void *arg)
{
	(void)arg;
	count();
	return &made;
}

/* Memory follows what lives: 100 connections a second, for half an hour. */
static void check_memory(void)
{
	struct flows_packet packet = { .ip.family = 4 };
	struct flows flows;
	unsigned int i, j, most = 0;

	flows_init(&flows, room, NULL);
	packet.ip.addr[0][15] = 1;
	packet.ip.addr[1][15] = 2;
	for (i = 0; i < 180000; i++) {
		for (j = 0; j < ARRAY_SIZE(closed); j++) {
			const struct packet *p = &closed[j];

			if (i % 10 == 9 && j == 1)
				break;		/* nobody answers */
			packet.t_ns = i * 10000000ULL + p->us * 1000ULL;
			packet.seg = (struct tcptrace_segment) {
				.seq = p->seq,
				.ack = p->ack,
				.len = p->len,
				.end = p->seq + p->len +
				       !!(p->flags & (SYN | FIN)),
				.flags = p->flags,
				.win = 500,
				.segs = 1,
				.wscale = TCPTRACE_WSCALE_NONE,
				.sport = (uint16_t)(p->server ? 80 : i % 50000),
				.dport = (uint16_t)(p->server ? i % 50000 : 80),
			};
			packet.ip.addr[0][14] = (uint8_t)(p->server ? 0 :
						       i / 50000 + 1);
			packet.ip.addr[1][14] = (uint8_t)(p->server ?
						       i / 50000 + 1 : 0);
			packet.ip.addr[0][15] = p->server ? 2 : 1;
			packet.ip.addr[1][15] = p->server ? 1 : 2;
			flows_segment(&flows, &packet);
		}
		if (flows.nr > most)
			most = flows.nr;
	}
	/* 90 a second live for 65 s, 10 a second for 180 s. */
	tap_ok(most > 7000 && most < 8000, "%u connections at most", most);
	flows_finish(&flows, packet.t_ns);
	tap_is_u64(flows.nr, 0, "none is left");
	count();
	tap_ok(ended > 170000, "%u have ended", ended);
}

static void send_syn(struct flows *flows, uint16_t sport, uint64_t second)
{
	struct flows_packet packet = {
		.seg = {
			.seq = 1000,
			.end = 1001,
			.flags = SYN,
			.win = 500,
			.segs = 1,
			.wscale = TCPTRACE_WSCALE_NONE,
			.sport = sport,
			.dport = 80,
		},
		.t_ns = second * NSEC_PER_SEC,
		.ip = { .family = 4, .addr = { { [15] = 1 }, { [15] = 2 } } },
	};

	flows_segment(flows, &packet);
}

/* What is seen again waits on, from when it was seen: a SYN for 180 s. */
static void check_idle(void)
{
	static const struct {
		uint16_t sport;
		uint64_t second;
		unsigned int live;
		uint64_t ended;
	} cases[] = {
		{ 1, 1, 1, 0 },
		{ 2, 100, 2, 0 },
		{ 1, 150, 2, 0 },	/* this one again */
		{ 3, 200, 3, 0 },	/* the first had to wait until 181 */
		{ 4, 281, 3, 280 },	/* the second was seen once */
		{ 3, 329, 3, 280 },
		{ 4, 331, 2, 330 },	/* as long after 150 */
	};
	struct flows flows;
	unsigned int i;

	flows_init(&flows, room, NULL);
	idle_ns = 0;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		send_syn(&flows, cases[i].sport, cases[i].second);
		count();
		tap_ok(flows.nr == cases[i].live &&
		       idle_ns == cases[i].ended * NSEC_PER_SEC,
		       "%u live in second %u", flows.nr,
		       (unsigned int)cases[i].second);
	}
	flows_clean(&flows);
}

int main(void)
{
	check_links();
	check_files();
	check_pcapng();
	check_cooked();
	check_cut();
	check_left_out();
	check_time();
	check_garbage();
	check_memory();
	check_idle();
	return tap_done();
}
