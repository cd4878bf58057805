// SPDX-License-Identifier: GPL-2.0
/* A capture: what the module would have recorded, had it been there. */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "core/ip.h"
#include "core/parse.h"
#include "flows.h"
#include "input.h"
#include "linktype.h"
#include "progress.h"
#include "source.h"
#include "text.h"
#include "util.h"

/* Times beyond are garbage: year 2106, where 32 bits of seconds end. */
#define LAST_SECOND	UINT32_MAX

/* TCP options without a length (RFC 9293 section 3.2). */
#define OPTION_END	0
#define OPTION_NOP	1

/* Packets between two looks at the clock. */
#define LOOK_EVERY	4096

/* Packets of a file that libpcap is asked for at a time; of a pipe it is one. */
#define BATCH		64

struct source_pcap {
	struct source source;
	struct input *in;
	pcap_t *pcap;
	int link;
	int batch;
	bool has_ports;
	struct tcptrace_portset ports;
	struct flows flows;
	struct tcptrace_record *queue;	/* made and not given out yet */
	unsigned int nr;
	unsigned int size;
	unsigned int at;
	bool finished;
	bool failed;		/* libpcap could not go on; its message says */
	uint64_t now_ns;	/* of the last packet; never goes back */
	int64_t shift_ns;	/* from the time of packets to @now_ns */
	uint64_t packets;
	uint64_t segments;	/* of them, wanted ones */
	uint64_t fragments;
	uint64_t cut;		/* headers are not all there */
	uint64_t bad;		/* lengths make no sense */
	struct progress progress;
};

static struct tcptrace_record *room(void *arg)
{
	struct source_pcap *p = arg;

	if (p->nr == p->size) {
		p->size = p->size ? p->size * 2 : 64;
		p->queue = grow(p->queue, p->size, sizeof(*p->queue));
	}
	return &p->queue[p->nr++];
}

/*
 * Time never goes back: packets of several CPUs may be a little out of order,
 * and that moves nothing else; a clock that was set back goes on from where
 * it was.
 */
static void take_time(struct source_pcap *p, const struct pcap_pkthdr *h)
{
	const int64_t jump_ns = (int64_t)NSEC_PER_SEC;
	const int64_t now = (int64_t)p->now_ns;
	int64_t sec = h->ts.tv_sec, ns = h->ts.tv_usec, t;

	if ((uint64_t)sec > LAST_SECOND)
		sec = sec < 0 ? 0 : LAST_SECOND;
	if ((uint64_t)ns >= NSEC_PER_SEC)
		ns = NSEC_PER_SEC - 1;
	t = sec * (int64_t)NSEC_PER_SEC + ns + p->shift_ns;
	if (t < now) {
		if (now - t > jump_ns)
			p->shift_ns += now - t;
		return;
	}
	/* Garbage, again and again, must not lead past the end of time. */
	if (t > INT64_MAX / 2) {
		t -= p->shift_ns;
		p->shift_ns = 0;
	}
	if (t > now)
		p->now_ns = (uint64_t)t;
}

static uint32_t hash(const uint8_t *p, size_t size)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	while (size--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

/* By what it is known again where it can come twice. */
static void take_print(struct flows_packet *packet, const uint8_t *th,
		       size_t avail)
{
	const struct tcptrace_segment *seg = &packet->seg;
	size_t header = (th[12] >> 4) * 4u;

	if (header > avail)
		header = avail;
	packet->print = (struct vantage_print) {
		.seq = seg->seq,
		.ack = seg->ack,
		.len = seg->len,
		.options = hash(th + TCPTRACE_TCP_HEADER_MIN,
				header - TCPTRACE_TCP_HEADER_MIN),
		.flags = seg->flags,
		.win = seg->win,
		.id = packet->ip.id,
		.ttl = packet->ip.ttl,
		.way = packet->link.way,
		.ifindex = packet->link.ifindex,
	};
}

/* Copies a header whose last options were not captured, up to these. */
static void whole_options(const uint8_t *th, size_t avail, uint8_t *ret_th)
{
	size_t at = TCPTRACE_TCP_HEADER_MIN, size;

	while (at < avail && th[at] != OPTION_END) {
		if (th[at] == OPTION_NOP)
			size = 1;
		else if (at + 1 < avail && th[at + 1] >= 2)
			size = th[at + 1];
		else
			break;
		if (size > avail - at)
			break;
		at += size;
	}
	memset(ret_th, 0, TCPTRACE_TCP_HEADER_MAX);
	memcpy(ret_th, th, at);
}

static enum tcptrace_parse_result parse(const uint8_t *th, size_t avail,
					uint32_t total,
					struct flows_packet *packet)
{
	uint8_t whole[TCPTRACE_TCP_HEADER_MAX];
	enum tcptrace_parse_result result;

	if (avail >= TCPTRACE_TCP_HEADER_MIN &&
	    total >= TCPTRACE_TCP_HEADER_MIN && !(th[13] & TCPTRACE_SYN))
		return tcptrace_parse_bare(th, total, &packet->seg);
	result = tcptrace_parse_tcp(th, avail, total, &packet->seg);
	if (result != TCPTRACE_PARSE_SHORT ||
	    avail < TCPTRACE_TCP_HEADER_MIN || avail >= sizeof(whole))
		return result;
	whole_options(th, avail, whole);
	packet->options_cut = true;
	return tcptrace_parse_tcp(whole, sizeof(whole), total, &packet->seg);
}

static bool listed(const struct source_pcap *p, uint16_t port)
{
	return p->has_ports && tcptrace_portset_has(&p->ports, port);
}

/* What of the payload was captured. */
static void take_bytes(struct flows_packet *packet, const uint8_t *th,
		       size_t avail)
{
	size_t header = (th[12] >> 4) * 4u;

	packet->bytes = (struct walk_bytes){ 0 };
	if (!packet->seg.len || avail <= header)
		return;
	avail -= header;
	packet->bytes.bytes = th + header;
	packet->bytes.len = avail < packet->seg.len ? (uint32_t)avail :
						      packet->seg.len;
}

static void take_segment(struct source_pcap *p, struct flows_packet *packet)
{
	const uint8_t *th = packet->link.ip + packet->ip.offset;
	size_t avail;

	if (packet->ip.offset > packet->link.avail) {
		p->cut++;
		return;
	}
	avail = packet->link.avail - packet->ip.offset;
	packet->options_cut = false;
	switch (parse(th, avail, packet->ip.total, packet)) {
	case TCPTRACE_PARSE_OK:
		break;
	case TCPTRACE_PARSE_BAD_OFFSET:
		p->bad++;
		return;
	default:
		p->cut++;
		return;
	}
	packet->sport_listed = listed(p, packet->seg.sport);
	packet->dport_listed = listed(p, packet->seg.dport);
	if (p->has_ports && !packet->sport_listed && !packet->dport_listed)
		return;
	p->segments++;
	packet->t_ns = p->now_ns;
	if (packet->link.cooked)
		take_print(packet, th, avail);
	take_bytes(packet, th, avail);
	flows_segment(&p->flows, packet);
}

static void take_packet(struct source_pcap *p, const struct pcap_pkthdr *h,
			const uint8_t *data)
{
	/* Each step fills in what is its own, and looks at what is before it. */
	struct flows_packet packet;
	const struct linktype_packet *link = &packet.link;

	p->packets++;
	take_time(p, h);
	switch (linktype_strip(p->link, data, h->caplen, h->len, &packet.link)) {
	case LINKTYPE_IP:
		break;
	case LINKTYPE_SHORT:
		p->cut++;
		return;
	default:
		return;
	}
	switch (tcptrace_ip_parse(link->ip, link->avail, link->wire, &packet.ip)) {
	case TCPTRACE_IP_OK:
		take_segment(p, &packet);
		break;
	case TCPTRACE_IP_FRAGMENT:
		p->fragments++;
		break;
	case TCPTRACE_IP_SHORT:
		p->cut++;
		break;
	case TCPTRACE_IP_BAD:
		p->bad++;
		break;
	case TCPTRACE_IP_OTHER:
		break;
	}
}

static void show_progress(struct source_pcap *p)
{
	char part[16] = "";
	uint64_t size, done;

	if (!progress_due(&p->progress))
		return;
	size = input_size(p->in);
	done = input_done(p->in);
	if (size)
		snprintf(part, sizeof(part), "%u %%, ",
			 (unsigned int)(done < size ? done * 100 / size : 100));
	progress_show(&p->progress, "%.30s: %s%llu packets, %u connections live",
		      input_path(p->in), part, (unsigned long long)p->packets,
		      p->flows.nr);
}

static void got_packet(u_char *arg, const struct pcap_pkthdr *h,
		       const u_char *data)
{
	struct source_pcap *p = (struct source_pcap *)arg;

	take_packet(p, h, data);
	if (p->packets % LOOK_EVERY == 0)
		show_progress(p);
}

/* False if there are no more records. */
static bool fill_queue(struct source_pcap *p)
{
	int ret;

	while (p->at == p->nr) {
		p->at = 0;
		p->nr = 0;
		if (p->finished)
			return false;
		ret = pcap_dispatch(p->pcap, p->batch, got_packet, (u_char *)p);
		if (ret > 0)
			continue;
		p->failed = ret < 0;
		p->finished = true;
		flows_finish(&p->flows, p->now_ns);
		progress_clear(&p->progress);
	}
	return true;
}

static enum source_status pcap_source_next(struct source *s,
					   struct tcptrace_record *ret_rec)
{
	struct source_pcap *p = (struct source_pcap *)s;

	if (!fill_queue(p))
		return SOURCE_END;
	*ret_rec = p->queue[p->at++];
	return SOURCE_RECORD;
}

/* What a pipe has brought is given out before more of it is waited for. */
static enum source_status pcap_source_some(struct source *s,
					   struct tcptrace_record *to,
					   size_t max, size_t *ret_nr)
{
	struct source_pcap *p = (struct source_pcap *)s;
	size_t nr;

	*ret_nr = 0;
	if (!fill_queue(p))
		return SOURCE_END;
	nr = p->nr - p->at;
	if (nr > max)
		nr = max;
	memcpy(to, &p->queue[p->at], nr * sizeof(*to));
	p->at += (unsigned int)nr;
	*ret_nr = nr;
	return SOURCE_RECORD;
}

static bool pcap_source_losses(struct source *s, unsigned int i,
			       uint64_t *ret_read, uint64_t *ret_lost,
			       uint64_t *ret_early)
{
	return false;
}

static void add_count(struct text *t, uint64_t nr, const char *one,
		      const char *many)
{
	if (nr)
		text_add(t, "%s%llu %s", t->s[0] ? ", " : "",
			 (unsigned long long)nr, nr == 1 ? one : many);
}

/* What was passed over in packets that could be read. */
static void left_out(const struct source_pcap *p, struct text *t)
{
	text_clear(t);
	add_count(t, p->fragments, "IP fragment", "IP fragments");
	add_count(t, p->cut, "packet captured without all of its headers",
		  "packets captured without all of their headers");
	add_count(t, p->bad, "malformed packet", "malformed packets");
}

/* One line at most on what could not be had. */
static int pcap_source_verdict(const struct source_pcap *p, const char *out)
{
	const unsigned long long packets = p->packets;
	const char *path = input_path(p->in), *why;
	const bool torn = input_torn(p->in);

	if (p->failed || torn) {
		why = torn ? "its compressed data is damaged, or its end is missing" :
			     pcap_geterr(p->pcap);
		if (strstr(why, "different from the"))
			complain("%s: %s; libpcap reads only captures whose interfaces are alike; %llu packets could be read%s%s",
				 path, why, packets, *out ? ", left out: " : "", out);
		else
			complain("%s: damaged or cut short: %s; %llu packets could be read%s%s",
				 path, why, packets, *out ? ", left out: " : "", out);
		return EXIT_RUN;
	}
	if (*out)
		complain("%s: left out of %llu packets: %s", path, packets,
			 out);
	else if (p->finished && !p->segments)
		complain("%s: no TCP%s in %llu packets", path,
			 p->has_ports ? " on these ports" : "", packets);
	return EXIT_OK;
}

static int pcap_source_close(struct source *s)
{
	struct source_pcap *p = (struct source_pcap *)s;
	struct text out = { 0 };
	int ret;

	progress_clear(&p->progress);
	left_out(p, &out);
	ret = pcap_source_verdict(p, out.s);
	text_free(&out);
	pcap_close(p->pcap);
	input_close(p->in);
	flows_clean(&p->flows);
	free(p->queue);
	free(p);
	return ret;
}

static const struct source_ops pcap_ops = {
	.next = pcap_source_next,
	.some = pcap_source_some,
	.losses = pcap_source_losses,
	.close = pcap_source_close,
};

/* NULL after one line on stderr. */
static pcap_t *open_pcap(struct input *in)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = input_stream(in);
	const char *name;
	pcap_t *pcap;
	int link;

	if (!stream)
		return NULL;
	pcap = pcap_fopen_offline_with_tstamp_precision(stream,
							PCAP_TSTAMP_PRECISION_NANO,
							why);
	if (!pcap) {
		complain("%s: damaged or cut short: %s", input_path(in), why);
		fclose(stream);
		return NULL;
	}
	link = pcap_datalink(pcap);
	if (linktype_known(link))
		return pcap;
	name = pcap_datalink_val_to_description_or_dlt(link);
	complain("%s: link type %s cannot be read; Ethernet, Linux cooked, raw IP and loopback can",
		 input_path(in), name);
	pcap_close(pcap);
	return NULL;
}

/**
 * source_pcap_open() - read a capture
 * @in: the file; belongs to the source
 * @ports: only these, NULL for all
 *
 * Context: any.
 * Return: the source, or NULL after one line on stderr.
 */
struct source *source_pcap_open(struct input *in,
				const struct tcptrace_portset *ports)
{
	struct source_pcap *p = zalloc(sizeof(*p));

	p->source.ops = &pcap_ops;
	p->source.has_wall = true;
	p->in = in;
	p->has_ports = ports;
	if (ports)
		p->ports = *ports;
	flows_init(&p->flows, room, p);
	progress_init(&p->progress);
	p->pcap = open_pcap(in);
	if (!p->pcap) {
		input_close(in);
		free(p);
		return NULL;
	}
	p->link = pcap_datalink(p->pcap);
	/* What comes now and then is to be shown when it comes. */
	p->batch = input_size(in) ? BATCH : 1;
	return &p->source;
}
