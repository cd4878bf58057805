// SPDX-License-Identifier: GPL-2.0
/* What the core makes of exchanges: states of both ends, from every seat. */
#include "lib/play.h"
#include "tap.h"

#define OPEN	"c S; s SA; c A;"
#define REQUEST	"c AP +100; s A; s AP +4000; c A;"

static const struct row {
	const char *name;
	const char *text;
	enum play_seat seat;
	const char *client;
	const char *server;
} rows[] = {
	{ "handshake, both ends here",
	  OPEN, PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "handshake, the client here",
	  OPEN, PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "handshake, passing by",
	  OPEN, PLAY_MIDDLE,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "data on the third segment",
	  "c S; s SA; c AP +100; s A; s FA; c FA; s A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?",
	  "LISTEN? SYN_RCVD ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?" },
	{ "four-segment close, client first",
	  OPEN REQUEST "c FA; s A; s FA; c A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "four-segment close, client first, seen by the client",
	  OPEN REQUEST "c FA; s A; s FA; c A", PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "four-segment close, client first, seen by the server",
	  OPEN REQUEST "c FA; s A; s FA; c A", PLAY_SERVER,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "four-segment close, server first",
	  OPEN REQUEST "s FA; c A; c FA; s A", PLAY_MIDDLE,
	  "CLOSED SYN_SENT ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?",
	  "LISTEN? SYN_RCVD ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?" },
	{ "three-segment close",
	  OPEN REQUEST "c FA; s FA; c A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "half close, data goes on the other way",
	  OPEN "c FA; s A; s AP +500; c A; s FA +20; c A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "TIME_WAIT ends by its timer, not before",
	  OPEN REQUEST "c FA; s FA; c A; wait 59; wait 2", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT? CLOSED",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "last ACK lost: FIN again, TIME_WAIT anew",
	  OPEN REQUEST "c FA; s FA; c! A; wait 50; s again; c A; wait 50",
	  PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "last ACK passes by and is lost then: CLOSED is taken back",
	  OPEN REQUEST "c FA; s FA; c! A; wait 50; s again; c A; wait 50",
	  PLAY_MIDDLE,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED? ^LAST_ACK CLOSED?" },
	{ "simultaneous close",
	  OPEN REQUEST "c> FA; s> FA; c<; s<; c A; s A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 CLOSING? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? FIN_WAIT1 CLOSING? TIME_WAIT?" },
	{ "simultaneous close, seen by the client",
	  OPEN REQUEST "c> FA; s> FA; c<; s<; c A; s A", PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 CLOSING? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? ^ESTABLISHED FIN_WAIT1 CLOSING? TIME_WAIT?" },
	{ "simultaneous close, passing by",
	  OPEN REQUEST "c> FA; s> FA; c<; s<; c A; s A", PLAY_MIDDLE,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 CLOSING? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? ^ESTABLISHED FIN_WAIT1 CLOSING? TIME_WAIT?" },
	{ "refused",
	  "c S; s RA seq=0", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT CLOSED?",
	  "LISTEN? ^CLOSED" },
	{ "refused, passing by",
	  "c S; s RA seq=0", PLAY_MIDDLE,
	  "CLOSED SYN_SENT CLOSED?",
	  "LISTEN? ^CLOSED" },
	{ "SYN lost twice",
	  "c! S; wait 1; c! S; wait 2; c S; s SA; c A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "SYN-ACK lost",
	  "c S; s! SA; c again; s SA; c A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "SYN-ACK passes by and is lost then",
	  "c S; s! SA; c again; s SA; c A", PLAY_MIDDLE,
	  "CLOSED SYN_SENT ESTABLISHED? ^SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "final ACK arrives without effect, as with TCP_DEFER_ACCEPT",
	  "c S; s SA; c A; wait 1; s SA; c A +10 seq=1; s A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED? ^SYN_RCVD ESTABLISHED?" },
	{ "final ACK lost, data establishes",
	  "c S; s SA; c! A; c AP +10; s A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "aborted by the client",
	  OPEN REQUEST "c RA", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? CLOSED",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSED?" },
	{ "aborted by the server, seen by the client",
	  OPEN REQUEST "s RA", PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED? CLOSED?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSED" },
	{ "aborted in CLOSE_WAIT",
	  OPEN REQUEST "c FA; s A; s RA", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? CLOSED?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? CLOSED" },
	{ "aborted in SYN_RCVD: back to LISTEN",
	  "c S; s SA; c R seq=1", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? ^SYN_SENT CLOSED",
	  "LISTEN? SYN_RCVD LISTEN?" },
	{ "a reset outside of the window is a forgery",
	  OPEN REQUEST "s R seq=99999", PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "a reset in the window, not exact: challenge, no move",
	  OPEN REQUEST "s R seq=4010", PLAY_CLIENT,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "a SYN into an established connection moves nothing",
	  OPEN REQUEST "c S seq=70000", PLAY_SERVER,
	  "CLOSED SYN_SENT ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "a FIN that arrives before data that is missing",
	  OPEN "c! AP +100; c FA; s A ack=1; c AP +100 seq=1; s A ack=102; s FA ack=102; c A",
	  PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT LAST_ACK CLOSED?" },
	{ "port used again in TIME_WAIT",
	  OPEN REQUEST "c FA; s FA; c A; c S seq=70000", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT? CLOSED? | CLOSED SYN_SENT",
	  "LISTEN? SYN_RCVD ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED? | LISTEN?" },
	{ "port used again by a remote client, in the server's TIME_WAIT",
	  OPEN REQUEST "s FA; c FA; s A; c S seq=70000", PLAY_SERVER,
	  "CLOSED SYN_SENT ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED? | CLOSED SYN_SENT",
	  "LISTEN? SYN_RCVD ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT? CLOSED? | LISTEN?" },
	{ "picked up in mid-stream",
	  "c AP +100; s AP +100; c FA; s FA; c A", PLAY_LOOPBACK,
	  "ESTABLISHED? FIN_WAIT1 FIN_WAIT2? TIME_WAIT?",
	  "ESTABLISHED? CLOSE_WAIT? LAST_ACK CLOSED?" },
	{ "picked up at its SYN-ACK",
	  "s SA; c A; c AP +100; s AP +100", PLAY_MIDDLE,
	  "SYN_SENT? ESTABLISHED?",
	  "LISTEN? SYN_RCVD ESTABLISHED?" },
	{ "a lone reset begins nothing",
	  "s R", PLAY_MIDDLE, "", "" },
	{ "simultaneous open",
	  "c> S; s> S; c<; s<; c> SA; s> SA; c<; s<; c AP +10; s A", PLAY_LOOPBACK,
	  "CLOSED SYN_SENT SYN_RCVD? ESTABLISHED?",
	  "LISTEN? SYN_SENT SYN_RCVD? ESTABLISHED?" },
};

static void check_paths(void)
{
	static struct play p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const char *wrong = play(row->text, row->seat, TCPTRACE_CLIENT,
					 &p);

		tap_is_str(wrong, NULL, "%s: the play is sound", row->name);
		tap_is_str(p.path[TCPTRACE_CLIENT], row->client, "%s: client",
			   row->name);
		tap_is_str(p.path[TCPTRACE_SERVER], row->server, "%s: server",
			   row->name);
	}
}

int main(void)
{
	check_paths();
	return tap_done();
}
