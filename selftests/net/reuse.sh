#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# reuse.sh - the same addresses and ports again are a new connection
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
run_both_ways

begin="listen l; connect c; accept s"
client_first="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
server_first="shut s; eof c; state s FIN_WAIT2; close c; eof s; close s"

# times CPORT NUMBER - as many connections, whole, each with a number and an
# initial sequence number of its own
times()
{
	snapshot || return 1
	conn "$1" complete
	same "whole connections" "$(grep -o true <<<"$REPLY" | wc -l)" "$2" &&
		same "ISNs" "$(event "$1" .client.isn | sort -u | wc -l)" "$2" &&
		same "ids" "$(raw "cport=$1 " | cut -d' ' -f1 | sort -u | wc -l)" "$2"
}

# ended_by_reuse CPORT NUMBER - connections with that as their end
ended_by_reuse()
{
	same "ended by a new one" \
		"$(raw "cport=$1 .* kind=6 why=82 " | wc -l)" "$2"
}

each_way()
{
	local p=$1 way
	shift

	for way; do
		play a "$p" "$begin; $way" || return 1
	done
}

# The kernel lets a client have its port again after one second, on lo.
wait_and_again()
{
	play a 41002 "$begin; $client_first" &&
		await 10 play a 41002 "$begin; $server_first" 2>/dev/null &&
		times 41002 2
}

in_time_wait()
{
	play a 41000 "$begin; $server_first; has TIME_WAIT" || return 1
	play a 41000 "$begin; $client_first" && await 5 times 41000 2
}

after_reset()
{
	each_way 41003 "abort c; reset s" "abort s; reset c" "$client_first" &&
		await 5 times 41003 3
}

after_refusal()
{
	play a 41004 "refused c" && each_way 41004 "$server_first" || return 1
	await 5 times 41004 2 && conn_is 41004 cstates \
		"CLOSED,SYN_SENT,CLOSED $OPEN_C,CLOSE_WAIT,LAST_ACK,CLOSED"
}

ten_times()
{
	play a 41005 "$begin; $server_first" -r 10 && await 5 times 41005 10
}

netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"

row "a SYN in the server's TIME_WAIT" in_time_wait
row "which was ended by it" ended_by_reuse 41000 1
row "a SYN from the client's TIME_WAIT" wait_and_again
row "which was ended by it" ended_by_reuse 41002 1
row "after an RST, twice" after_reset
row "after a refusal" after_refusal
row "ten times over" ten_times
row "nine of which were ended" ended_by_reuse 41005 9
closing_rows
test_run
