/* SPDX-License-Identifier: GPL-2.0 */
/* How a story comes about: what story*.c share. */
#ifndef _TCPTIMELINE_TELLING_H
#define _TCPTIMELINE_TELLING_H

#include "story.h"

#define NO_ROW	(~0u)

/**
 * struct telling - a story while its records are gone through
 * @s: the story
 * @leaving: by record: which record its segment left in, or NO_REC
 * @data: the data row whose counters are to come, or NO_ROW
 * @second_fin: row of the FIN that answers the first one, or NO_ROW
 * @fin_acked: the first FIN was acknowledged by a segment without FIN
 * @base: counters when the data row began
 * @fin_bytes: payload that FINs carried
 * @since: recorded since the last counters
 * @message: the next message of TLS to be told
 * @spoke: by sender, messages of TLS were told since the last counters
 */
struct telling {
	struct story *s;
	unsigned int *leaving;
	unsigned int data;
	unsigned int second_fin;
	bool fin_acked;
	struct folded base[2];
	uint64_t fin_bytes[2];
	struct tcptrace_count since[2];
	size_t message;
	bool spoke[2];
};

/* story.c */
struct row *telling_row(struct story *s, unsigned int at, enum row_kind kind,
			const struct tcptrace_record *rec);
void telling_sighting(struct row *row, const struct tcptrace_record *rec);

/* story_count.c */
void telling_count(struct telling *t, const struct tcptrace_record *rec);
void telling_since(struct telling *t);

/* story_tls.c */
void telling_tls_begin(struct telling *t, const int64_t *wall_ns);
void telling_tls(struct telling *t, const struct tcptrace_record *rec);
struct row *telling_data_last(struct telling *t);

/* story_moves.c */
void telling_time(struct row *row, uint8_t who, uint64_t t_ns);
void telling_moves(struct story *s, const struct tcptrace_record *rec,
		   struct row *row);
void telling_old(struct story *s, const struct tcptrace_record *rec);

/* story_facts.c */
void telling_segment(struct telling *t, const struct tcptrace_record *rec);
void telling_reset(struct story *s, const struct tcptrace_record *rec);

#endif /* _TCPTIMELINE_TELLING_H */
