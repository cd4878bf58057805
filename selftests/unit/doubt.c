// SPDX-License-Identifier: GPL-2.0
/* What is certain in the end, and what no segment can tell. */
#include "core/fsm.h"
#include "lib/play.h"
#include "tap.h"

#define OPEN	"c S; s SA; c A; c AP +100; s A;"

static const struct row {
	const char *name;
	const char *text;
	enum play_seat seat;
	const char *state[2];	/* "?" behind what is not certain */
} rows[] = {
	{ "reset with all acknowledged: no FIN can have waited",
	  OPEN "c R seq=101; s! R seq=1", PLAY_SERVER,
	  { "CLOSED", "CLOSED" } },
	{ "reset with data on its way: a FIN may have waited behind it",
	  OPEN "s! AP +1000; c R seq=101; s! R seq=1", PLAY_SERVER,
	  { "CLOSED", "CLOSED?" } },
	{ "the same in CLOSE_WAIT",
	  OPEN "c FA; s A; s! AP +1000; c R seq=102; s! R seq=1", PLAY_SERVER,
	  { "CLOSED", "CLOSED?" } },
	{ "the same into a window that is closed",
	  "c S; s SA; c A win=0; c AP +100 win=0; s A; c R seq=101; s! R seq=1",
	  PLAY_SERVER,
	  { "CLOSED", "CLOSED?" } },
	{ "its FIN had been sent: it did not wait",
	  OPEN "s! FA; c R seq=101; s! R seq=2", PLAY_SERVER,
	  { "CLOSED", "CLOSED" } },
	{ "answers data with a reset, data on its way: closed before, it seems",
	  OPEN "s! AP +1000; c AP +100; s! R seq=1", PLAY_SERVER,
	  { "CLOSED?", "CLOSED?" } },
	{ "aborts with data on its way",
	  OPEN "s! AP +1000; s! RA seq=1001", PLAY_SERVER,
	  { "CLOSED?", "CLOSED" } },
	{ "it sends while the reset waits in its backlog",
	  OPEN "c R seq=101; s! AP +1000 seq=1 ack=101", PLAY_SERVER,
	  { "CLOSED", "CLOSED?" } },
	{ "it closes while the reset waits, which hits where the FIN was",
	  OPEN "c FA; c R seq=101; s! FA seq=1 ack=102", PLAY_SERVER,
	  { "CLOSED", "CLOSED?" } },
	{ "it still sends long after the reset: that was not taken",
	  OPEN "c R seq=101; wait 2; s! AP +1000 seq=1 ack=101", PLAY_SERVER,
	  { "CLOSED", "ESTABLISHED?" } },
	{ "it has no connection, whatever came for one",
	  "c FA seq=1 ack=1; s! R seq=1", PLAY_SERVER,
	  { "CLOSED?", "CLOSED" } },
};

static const char *state_of(const struct tcptrace_end *end)
{
	static char buf[2][32];
	static int turn;

	turn = !turn;
	snprintf(buf[turn], sizeof(buf[turn]), "%s%s",
		 tcptrace_state_name(end->state),
		 tcptrace_end_inferred(end) ? "?" : "");
	return buf[turn];
}

int main(void)
{
	static struct play p;
	size_t i;
	int end;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		tap_is_str(play(row->text, row->seat, TCPTRACE_CLIENT, &p),
			   NULL, "%s: the play is sound", row->name);
		for (end = 0; end < 2; end++)
			tap_is_str(state_of(&p.conn.end[end]), row->state[end],
				   "%s: %s", row->name,
				   end ? "server" : "client");
	}
	return tap_done();
}
