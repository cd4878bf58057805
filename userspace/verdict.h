/* SPDX-License-Identifier: GPL-2.0 */
/* What happened to a connection: in one word, and in one sentence. */
#ifndef _TCPTIMELINE_VERDICT_H
#define _TCPTIMELINE_VERDICT_H

#include "story.h"
#include "text.h"

/* The words are documented in the man page; never change one. */
enum verdict {
	VERDICT_UNKNOWN,	/* too little was seen */
	VERDICT_OPENING,	/* the handshake is under way */
	VERDICT_NO_ANSWER,	/* nothing came back for a SYN */
	VERDICT_REFUSED,	/* a reset came back for a SYN */
	VERDICT_ABANDONED,	/* a reset before the handshake was over */
	VERDICT_HALF_OPEN,	/* the SYN-ACK was not answered */
	VERDICT_OPEN,		/* established, and lives */
	VERDICT_HALF_CLOSED,	/* one side has sent its FIN, and it is acked */
	VERDICT_CLOSING,	/* a FIN waits for its answer */
	VERDICT_CLOSED,		/* both FINs are acked */
	VERDICT_RESET,		/* broken off by a reset */
	VERDICT_REUSED,		/* its tuple was taken while it lived */
	VERDICT_IDLE,		/* nothing was seen for too long */
	VERDICT_EVICTED,	/* the tracer had no room to watch on */
	VERDICT_NR,
};

/* What may have been sent more than once. */
enum again {
	AGAIN_SYN,
	AGAIN_SYNACK,
	AGAIN_CLIENT_DATA,
	AGAIN_SERVER_DATA,
	AGAIN_CLIENT_FIN,
	AGAIN_SERVER_FIN,
	AGAIN_NR,
};

enum verdict verdict_find(const struct story *s, uint64_t now_ns);
const char *verdict_word(enum verdict verdict);
enum style verdict_style(enum verdict verdict);
void verdict_sentence(enum verdict verdict, const struct story *s,
		      struct text *t);
void verdict_tls(const struct story *s, struct text *t);
void verdict_again(enum verdict verdict, const struct story *s,
		   enum again what, struct text *t);

#endif /* _TCPTIMELINE_VERDICT_H */
