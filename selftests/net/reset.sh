#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# reset.sh - refused connections, and an RST in every state that one can reach
#
#	namespace a: client and server on lo; nft loses segments before they
#	arrive, so that their receiver stays where it is
#	namespace strict: the same, with tcp_rfc1337=1

. "$(dirname "$0")/lib.sh"
run_both_ways

begin="listen l; connect c; accept s"
wait="note s; shut c; eof s; state c FIN_WAIT2; close s; eof c; close c;
	has TIME_WAIT"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
lose_client_fin="in tcp sport %p tcp flags & fin == fin drop"
lose_server_fin="in tcp dport %p tcp flags & fin == fin drop"
lose_first_synack="in tcp dport %p tcp flags & syn == syn numgen inc mod 100000 == 0 drop"

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"a|refused|=CLOSED,SYN_SENT,CLOSED|=CLOSED||
	refused c"
"a|SYN_RCVD: nobody is there for the SYN-ACK|=CLOSED,SYN_SENT,CLOSED|=LISTEN,SYN_RCVD,LISTEN|$lose_first_synack|
	listen l; start c; has SYN_RCVD; close c; lacks SYN_RCVD"
"a|ESTABLISHED: the client aborts|CLOSED|CLOSED||$begin;
	send c 10; recv s 10; abort c; reset s"
"a|ESTABLISHED: the server aborts|CLOSED|CLOSED||$begin;
	abort s; reset c"
"a|ESTABLISHED: the server closes with data unread|CLOSED|CLOSED||$begin;
	send c 10; unread s 10; close s; reset c"
"a|ESTABLISHED: the client closes with data unread|CLOSED|CLOSED||$begin;
	send s 10; unread c 10; close c; reset s"
"a|ESTABLISHED: the listener goes before accept|CLOSED|CLOSED||
	listen l; connect c; close l; reset c"
"a|FIN_WAIT1: its FIN was lost|FIN_WAIT1,CLOSED|CLOSED|$lose_client_fin|$begin;
	shut c; state c FIN_WAIT1; abort s; state c CLOSED"
"a|FIN_WAIT2, sent in CLOSE_WAIT|FIN_WAIT1,FIN_WAIT2,CLOSED|CLOSE_WAIT,CLOSED||$begin;
	shut c; eof s; state c FIN_WAIT2; abort s; state c CLOSED"
"a|FIN_WAIT2: data comes, nobody will read it|FIN_WAIT1,FIN_WAIT2,CLOSED|CLOSE_WAIT,CLOSED||$begin;
	close c; eof s; acked s; send s 10; state s CLOSED"
"a|CLOSE_WAIT, sent in FIN_WAIT2|FIN_WAIT1,FIN_WAIT2,CLOSED|CLOSE_WAIT,CLOSED||$begin;
	shut c; eof s; state c FIN_WAIT2; abort c; state s CLOSED"
"a|CLOSING|FIN_WAIT1,CLOSING,CLOSED|FIN_WAIT1,FIN_WAIT2,CLOSED|$lose_client_fin|$begin;
	shut c; state c FIN_WAIT1; shut s;
	state c CLOSING; state s FIN_WAIT2; abort s; state c CLOSED"
"a|LAST_ACK: its FIN was lost|FIN_WAIT1,FIN_WAIT2,CLOSED|CLOSE_WAIT,LAST_ACK,CLOSED|$lose_server_fin|$begin;
	shut c; eof s; state c FIN_WAIT2; close s;
	has LAST_ACK; abort c; lacks LAST_ACK"
"a|TIME_WAIT|$active,CLOSED|$passive||$begin; $wait;
	forge R seq=1; lacks TIME_WAIT"
"a|TIME_WAIT: not by one whose number is not exact|$active|$passive||$begin; $wait;
	forge R seq=2; has TIME_WAIT"
"strict|TIME_WAIT: no reset ends it, with tcp_rfc1337=1|$active|$passive||$begin; $wait;
	forge R seq=1; has TIME_WAIT"
"strict|FIN_WAIT2: a reset ends it, with tcp_rfc1337=1|FIN_WAIT1,FIN_WAIT2,CLOSED|CLOSE_WAIT,CLOSED||$begin;
	shut c; eof s; state c FIN_WAIT2; abort s; state c CLOSED"
)

# sender_is CPORT WHO - of the RST
sender_is()
{
	same "sender of the RST" \
		"$(raw "cport=$1 .* flags=[A-Z,]*RST" |
			sed -n 's/.* from=\([01]\) .*/\1/p' | sort -u)" "$2"
}

# The reset did come, to a wait that goes on.
not_heeded()
{
	holds "resets" "$(raw "cport=$1 .* vantage=2 .* flags=RST " | wc -l) > 0"
}

netns_add a strict || bail_out "cannot make namespaces"
ns strict sysctl -qw net.ipv4.tcp_rfc1337=1 || bail_out "no tcp_rfc1337"
# Else 127.0.0.1 is no source for what comes from a packet socket.
for n in a strict; do
	ns $n sysctl -qw net.ipv4.conf.lo.route_localnet=1 \
		net.ipv4.conf.lo.accept_local=1 || bail_out "no route_localnet"
done
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
cases_play
cases_settle

case_rows
each="refused abandoned reset reset reset reset reset reset reset reset reset
	reset reset closed closed closed reset"
# shellcheck disable=SC2086 # a word for each case
row "verdicts" verdicts $each $each
row "the server refused" sender_is 41000 1
row "the client aborted" sender_is 41002 0
row "the server aborted" sender_is 41003 1
for p in 41014 41015 41031 41032; do
	row "a reset came to the wait of port $p" not_heeded $p
done
row "ss shows TIME_WAIT where we do" await 5 time_waits_agree a strict
closing_rows
test_run
