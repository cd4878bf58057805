// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the reader's TLS parser. An input is a row of records, each
 *
 *	byte 0		why, from TCPTRACE_WHY_TLS_BYTES on; bit 7: the server
 *	byte 1		bytes that follow for _BYTES, else content type
 *	byte 2		what is skipped before it: mostly nothing
 *	then		the bytes, or two of a length
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fuzzer.h"
#include "lib/must.h"
#include "tls.h"

#define RECORDS_MAX	2048

static struct tcptrace_tls_record recs[RECORDS_MAX];
static const struct tcptrace_tls_record *at[RECORDS_MAX];

static size_t put_bytes(struct tcptrace_tls_record *rec, const uint8_t *data,
			size_t len)
{
	size_t head;

	if (len > TCPTRACE_TLS_RECORD_BYTES)
		len = TCPTRACE_TLS_RECORD_BYTES;
	rec->len = len;
	head = len < sizeof(rec->head) ? len : sizeof(rec->head);
	memcpy(rec->head, data, head);
	memcpy(rec->tail, data + head, len - head);
	return len;
}

/* What must hold whatever comes in. */
static void check(const struct tls_info *tls)
{
	MUST(tls->nr_messages <= TLS_MESSAGES_MAX);
	MUST(tls->nr_certs <= 2 * TLS_CERTS_MAX);
	for (size_t i = 0; i < tls->nr_messages; i++)
		MUST(tls->messages[i].name && tls->messages[i].detail &&
		     tls->messages[i].explain && tls->messages[i].from <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_input in = { .records = at };
	uint32_t offset[2] = { 0 };
	struct tls_info *tls;

	if (!size)
		return 0;
	for (int i = 0; i < 2; i++) {
		in.fin_ns[i] = data[0] & 1 << i ? RECORDS_MAX : 0;
		in.rst_ns[i] = data[0] & 4 << i ? RECORDS_MAX : 0;
	}
	in.lost = data[0] & 16;
	data++;
	size--;
	while (size >= 3 && in.nr < RECORDS_MAX) {
		struct tcptrace_tls_record *rec = &recs[in.nr];
		size_t used;

		memset(rec, 0, sizeof(*rec));
		rec->kind = TCPTRACE_REC_TLS;
		rec->t_ns = in.nr + 1;
		rec->from = data[0] >> 7;
		rec->why = TCPTRACE_WHY_TLS_BYTES + (data[0] & 7);
		rec->offset = offset[rec->from];
		if (data[2] >= 0xf0)
			rec->offset += (data[2] & 0xf) - 4;
		data += 3;
		size -= 3;
		if (rec->why == TCPTRACE_WHY_TLS_BYTES) {
			used = put_bytes(rec, data, data[-2] < size ?
					 data[-2] : size);
			offset[rec->from] = rec->offset + used;
		} else {
			rec->type = data[-2];
			used = size < 2 ? size : 2;
			rec->length = used == 2 ? data[0] << 8 | data[1] : 0;
			offset[rec->from] = rec->offset + 5 + rec->length;
		}
		data += used;
		size -= used;
		at[in.nr] = rec;
		in.nr++;
	}
	tls = tls_parse(&in);
	check(tls);
	tls_free(tls);
	return 0;
}
