// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "tlspcap.h"
#include "util.h"

#define PORT	4433
#define ETHERNET	14
#define STREAM_MAX	65536

/* One direction, and where its walk is. */
struct side {
	uint8_t bytes[STREAM_MAX];
	size_t len;
	size_t walked;
	uint32_t isn;
	bool ccs;
	bool ended;
};

/**
 * tlspcap_record() - one more record of which only the header is told
 * @t: where to
 * @from: the sender
 * @offset: where it begins
 * @why: TCPTRACE_WHY_TLS_*
 * @type: content type
 * @length: of its body
 * @t_ns: when
 */
void tlspcap_record(struct tlspcap *t, uint8_t from, uint32_t offset,
		    uint8_t why, uint8_t type, uint16_t length, uint64_t t_ns)
{
	struct tcptrace_tls_record *rec = &t->rec[t->in.nr];

	if (t->in.nr == TLSPCAP_RECORDS)
		abort();
	*rec = (struct tcptrace_tls_record){
		.kind = TCPTRACE_REC_TLS, .from = from, .offset = offset,
		.why = why, .type = type, .length = length, .t_ns = t_ns,
		.version = 0x0303, .n = t->in.nr,
	};
	t->at[t->in.nr++] = rec;
	t->in.records = t->at;
}

/**
 * tlspcap_bytes() - records with bytes, as many as it takes
 * @t: where to
 * @from: the sender
 * @offset: of the first byte
 * @bytes: the bytes
 * @len: how many
 * @t_ns: when
 */
void tlspcap_bytes(struct tlspcap *t, uint8_t from, uint32_t offset,
		   const uint8_t *bytes, size_t len, uint64_t t_ns)
{
	struct tcptrace_tls_record *rec;
	size_t part, head;

	for (; len; len -= part, bytes += part, offset += part) {
		rec = &t->rec[t->in.nr];
		tlspcap_record(t, from, offset, TCPTRACE_WHY_TLS_BYTES, 0, 0,
			       t_ns);
		part = len < 80 ? len : 80;
		head = part < 40 ? part : 40;
		rec->len = part;
		memcpy(rec->head, bytes, head);
		memcpy(rec->tail, bytes + head, part - head);
	}
}

static bool in_clear(const struct side *s, const uint8_t *r)
{
	if (r[0] == 20 || (r[0] == 21 && !s->ccs))
		return true;
	return r[0] == 22 && (!s->ccs || r[5] == 1 || r[5] == 2);
}

static void walk(struct tlspcap *t, struct side *s, uint8_t from, uint64_t t_ns)
{
	while (s->len - s->walked >= 6) {
		const uint8_t *r = s->bytes + s->walked;
		size_t length = r[3] << 8 | r[4];

		if (s->len - s->walked < 5 + length)
			return;
		if (s->ended) {
			if (r[0] == 21 || (r[0] == 23 && length == 19 &&
					   s->walked + 24 == s->len))
				tlspcap_record(t, from, s->walked,
					       TCPTRACE_WHY_TLS_ALERT, r[0],
					       length, t_ns);
		} else if (in_clear(s, r)) {
			tlspcap_bytes(t, from, s->walked, r, length + 5, t_ns);
			s->ccs |= r[0] == 20;
		} else {
			tlspcap_record(t, from, s->walked, r[0] == 23 ?
				       TCPTRACE_WHY_TLS_DATA :
				       TCPTRACE_WHY_TLS_RECORD, r[0], length,
				       t_ns);
			s->ended = r[0] == 23;
		}
		s->walked += 5 + length;
	}
}

static void segment(struct tlspcap *t, struct side *s, uint8_t from,
		    const struct tcphdr *tcp, size_t len, uint64_t t_ns)
{
	uint32_t seq = ntohl(tcp->seq), at;

	if (tcp->syn)
		s->isn = seq;
	at = seq - s->isn - 1;
	if (len && at == s->len && len <= STREAM_MAX - s->len) {
		memcpy(s->bytes + s->len, (const uint8_t *)tcp + tcp->doff * 4,
		       len);
		s->len += len;
		walk(t, s, from, t_ns);
	}
	if (tcp->fin && !t->in.fin_ns[from])
		t->in.fin_ns[from] = t_ns;
	if (tcp->rst && !t->in.rst_ns[from])
		t->in.rst_ns[from] = t_ns;
}

/**
 * tlspcap_read() - records of a connection of a capture
 * @path: the capture, of Ethernet and IPv4
 * @connection: which one, from 0, counted by SYN
 *
 * Return: the records, to be freed; NULL if there is no such capture.
 */
struct tlspcap *tlspcap_read(const char *path, unsigned int connection)
{
	struct side *sides = zalloc(2 * sizeof(*sides));
	struct tlspcap *t = zalloc(sizeof(*t));
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, why);
	struct pcap_pkthdr *head;
	const uint8_t *data;
	int client = 0;

	t->in.has_wall = true;
	while (pcap && pcap_next_ex(pcap, &head, &data) == 1) {
		static _Alignas(8) uint8_t copy[STREAM_MAX];
		const struct iphdr *ip = (const void *)copy;
		const struct tcphdr *tcp;
		uint8_t from;
		int port;

		if (head->caplen <= ETHERNET || head->caplen > sizeof(copy))
			continue;
		memcpy(copy, data + ETHERNET, head->caplen - ETHERNET);
		tcp = (const void *)(copy + ip->ihl * 4);
		from = ntohs(tcp->dest) == PORT ? 0 : 1;
		port = from ? tcp->dest : tcp->source;

		if (tcp->syn && !tcp->ack && !connection--)
			client = port;
		if (port == client)
			segment(t, &sides[from], from, tcp,
				ntohs(ip->tot_len) - ip->ihl * 4 -
				tcp->doff * 4,
				head->ts.tv_sec * NSEC_PER_SEC +
				head->ts.tv_usec * 1000ULL);
	}
	free(sides);
	if (pcap)
		pcap_close(pcap);
	if (!pcap || !client) {
		free(t);
		return NULL;
	}
	return t;
}
