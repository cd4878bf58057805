#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# close.sh - every orderly way to close a connection, from either side
#
#	namespace a: client and server on lo
#	namespace slow: the same, and every segment is 200 ms under way
#
# Three segments of a close are made by keeping the ACK from leaving before
# the FIN that can carry it.

. "$(dirname "$0")/lib.sh"
run_both_ways

begin="listen l; connect c; accept s"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
crossed=FIN_WAIT1,CLOSING,TIME_WAIT
pure_ack="tcp flags == ack"
no_server_ack="out tcp dport %p $pure_ack drop"
# The first one is that of the handshake.
no_client_ack="out tcp sport %p $pure_ack numgen inc mod 100000 != 0 drop"

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"a|four segments, client first|$active|$passive||$begin;
	shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
"a|four segments, server first|$passive|$active||$begin;
	shut s; eof c; state s FIN_WAIT2; close c; eof s; close s"
"a|three segments, client first|$active|$passive|$no_server_ack|$begin;
	shut c; eof s; close s; eof c; close c"
"a|three segments, server first|$passive|$active|$no_client_ack|$begin;
	shut s; eof c; close c; eof s; close s"
"a|half close by the client, data follows|$active|$passive||$begin;
	send c 100; recv s 100; shut c; eof s; state c FIN_WAIT2;
	send s 50000; recv c 50000; close s; eof c; close c"
"a|half close by the server, data follows|$passive|$active||$begin;
	send s 100; recv c 100; shut s; eof c; state s FIN_WAIT2;
	send c 50000; recv s 50000; close c; eof s; close s"
"a|FIN with data|$active|$passive||$begin;
	more c 500; shut c; recv s 500; eof s; close s; eof c; close c"
"a|FIN with data both ways|$active|$passive||$begin;
	more c 500; shut c; recv s 500; eof s; more s 700; close s;
	recv c 700; eof c; close c"
"a|client leaves its socket at once|$active|$passive||$begin;
	close c; eof s; close s"
"a|server leaves its socket at once|$passive|$active||$begin;
	send c 10; recv s 10; send s 20; close s; recv c 20; eof c; close c"
"slow|simultaneous close|$crossed|$crossed||$begin;
	shut c; shut s; eof c; eof s; close c; close s"
)

# bytes_of CPORT CLIENT SERVER
bytes_of()
{
	conn_is "$1" cbytes "$2" && conn_is "$1" sbytes "$3"
}

# close_segments CPORT NUMBER - segments that closed it, from the first FIN
# on, seen to leave, without data
close_segments()
{
	local n

	n=$(raw "cport=$1 .* kind=1 .* vantage=1 " |
		sed -n '/ flags=[A-Z,]*FIN/,$p' | wc -l)
	same "segments of the close" "$n" "$2"
}

netns_add a slow || bail_out "cannot make namespaces"
ns slow tc qdisc add dev lo root netem delay 200ms || bail_out "no netem"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
cases_play
cases_settle

case_rows
row "the verdict on each is closed" verdicts closed
row "the first close took four segments" close_segments 41000 4
row "the third close took three segments" close_segments 41002 3
row "data after the client's FIN is counted" bytes_of 41004 100 50000
row "data after the server's FIN is counted" bytes_of 41005 50000 100
row "data with FINs is counted" bytes_of 41007 500 700
row "ss shows TIME_WAIT where we do" await 5 time_waits_agree a slow
closing_rows
test_run
