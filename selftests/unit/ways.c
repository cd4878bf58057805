// SPDX-License-Identifier: GPL-2.0
/*
 * Which way the core goes with a sighting, and with the kernel's words: what most
 * connections are made of must not come to go the long way, which would cost and
 * nothing else would tell.
 */
#include "lib/play.h"
#include "tap.h"

#define OPEN	"c S; s SA; c A;"
#define ASK	"c AP +100; s A;"
#define ANSWER	"s AP +4000; c A;"

/*
 * A letter for each sighting: 'p'lain, 'u'sual, 'l'ong. Over loopback each
 * segment is sighted twice, as it leaves and as it arrives. And one for each
 * word: 'w', or 'W' if it is not usual.
 */
static const struct row {
	const char *name;
	const char *text;
	enum play_seat seat;
	const char *ways;
} rows[] = {
	{ "handshake", OPEN, PLAY_LOOPBACK, "uuuuuu" },
	{ "handshake, one sighting each", OPEN, PLAY_MIDDLE, "uuu" },
	{ "the first data of both", OPEN ASK ANSWER, PLAY_LOOPBACK,
	  "uuuuuuuuuppppp" },
	{ "more of it", OPEN ASK ANSWER ASK ANSWER, PLAY_LOOPBACK,
	  "uuuuuuuuuppppppppppppp" },
	{ "data at the client", OPEN ASK ANSWER, PLAY_CLIENT, "uuuuupp" },
	{ "data at the server", OPEN ASK ANSWER, PLAY_SERVER, "uuuuupp" },
	{ "four segments close it", OPEN "c FA; s A; s FA; c A", PLAY_LOOPBACK,
	  "uuuuuuuuuuuuuu" },
	{ "three do", OPEN "c FA; s FA; c A", PLAY_LOOPBACK,
	  "uuuuuuuuuuuu" },
	{ "three do, the server first", OPEN "s FA; c FA; s A", PLAY_LOOPBACK,
	  "uuuuuuuuuuuu" },
	{ "three do, at the client: data from elsewhere, as it were",
	  OPEN "c FA; s FA; c A", PLAY_CLIENT, "uuuull" },
	{ "the last data and its FIN are one", OPEN ASK "s FAP +10; c FA; s A",
	  PLAY_LOOPBACK, "uuuuuuuuupuuuuuu" },
	{ "words of the handshake",
	  "c> S; c: SYN_SENT skb; c<; s> SA; s: SYN_RCVD skb; s<;"
	  "c: ESTABLISHED; c A; s: ESTABLISHED", PLAY_LOOPBACK,
	  "uwuuwuwuuw" },
	{ "words of a close", OPEN "c: ESTABLISHED; s: ESTABLISHED;" ASK ANSWER
	  "c: FIN_WAIT1; c FA; s: CLOSE_WAIT; s A; c: FIN_WAIT2;"
	  "s: LAST_ACK; s FA; c: CLOSED; c A; s: CLOSED", PLAY_LOOPBACK,
	  "uuuuuuwwupppppppwuuwuuwwuuwuuw" },
	{ "words of a close in three", OPEN "c: ESTABLISHED; s: ESTABLISHED;"
	  "c: FIN_WAIT1; c FA; s: CLOSE_WAIT; s: LAST_ACK; s FA;"
	  "c: FIN_WAIT2; c: CLOSED; c A; s: CLOSED", PLAY_LOOPBACK,
	  "uuuuuuwwwuuwwuuwwuuw" },
	{ "words of an abort", OPEN "c: ESTABLISHED; c: CLOSED; c RA",
	  PLAY_LOOPBACK, "uuuuuuwWll" },
	{ "a reset is not usual", OPEN "c RA", PLAY_LOOPBACK, "uuuuuull" },
	{ "nor is what is sent again", OPEN "c AP +100; c again; s A",
	  PLAY_LOOPBACK, "uuuuuuuullup" },
};

int main(void)
{
	static struct play p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		tap_is_str(play(row->text, row->seat, TCPTRACE_CLIENT, &p),
			   NULL, "%s: the play is sound", row->name);
		tap_is_str(p.ways, row->ways, "%s: the ways", row->name);
	}
	return tap_done();
}
