#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pickup.sh - connections that were there before they were traced
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
run_both_ways

active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
begin="listen l; connect c; accept s; send c 10; recv s 10; hold open"

declare -A feed pid

# begin CPORT PORT REST - plays up to where the module comes
begin()
{
	PORT=$2
	play_command a "$1" "$begin; $3"
	spawn_fed "$TMP/play.$1" "${COMMAND[@]}"
	feed[$1]=$FEED
	pid[$1]=$SPAWNED
	await 20 has_line "$TMP/play.$1" open
}

finish()
{
	echo >&"${feed[$1]}"
	reap "${pid[$1]}" || {
		cat "$TMP/play.$1"
		return 1
	}
}

# picked_up CPORT CLIENT SERVER - states from where it was picked up; what
# came before may be shown as UNKNOWN
picked_up()
{
	snapshot || return 1
	conn "$1" cstates
	same "client" "${REPLY#UNKNOWN,}" "$2" || return 1
	conn "$1" sstates
	same "server" "${REPLY#UNKNOWN,}" "$3" || return 1
	conn_is "$1" complete false && conn_is "$1" lost 0
}

later_port()
{
	echo 8080-8083 >/sys/module/tcptrace/parameters/ports && finish 42003 &&
		await 5 picked_up 42003 ESTABLISHED,"$active" ESTABLISHED,"$passive"
}

untouched()
{
	snapshot || return 1
	conn 42004 complete
	same "connections without a segment" "$REPLY" ""
}

netns_add a || bail_out "cannot make a namespace"
oracle_start 8080-8083 || bail_out "cannot start the kernel's log"
close="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
begin 42000 8080 "send c 10; recv s 10; send s 10; recv c 10; $close" &&
	begin 42001 8081 "$close" &&
	begin 42002 8082 "send s 10; recv c 10; abort s; reset c" &&
	begin 42003 8083 "send c 10; recv s 10; $close" &&
	begin 42004 8084 "$close" || bail_out "no connections to pick up"
module_load ports=8080-8082 || bail_out "cannot load the module"

row "before its first segment there is nothing" untouched
row "data goes on" finish 42000
row "picked up with data" await 5 picked_up 42000 ESTABLISHED,$active ESTABLISHED,$passive
row "its FIN is the next segment" finish 42001
row "picked up with its FIN" await 5 picked_up 42001 ESTABLISHED,$active ESTABLISHED,$passive
row "data, then a reset" finish 42002
row "picked up, then reset" await 5 picked_up 42002 ESTABLISHED,CLOSED ESTABLISHED,CLOSED
row "on a port that was added at run time" later_port
row "a connection on a port not traced" finish 42004
row "is not there" untouched
closing_rows
test_run
