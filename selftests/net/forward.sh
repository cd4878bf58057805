#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# forward.sh - one connection seen from three places
#
#	 client                router                 server
#	+--------------+      +----------------+     +--------------+
#	|    10.0.1.1  |------|  10.0.1.2      |     |              |
#	| fd00:1::1    |      |  fd00:1::2     |     |              |
#	|              |      |      10.0.2.2  |-----|  10.0.2.1    |
#	|              |      |    fd00:2::2   |     |  fd00:2::1   |
#	+--------------+      +----------------+     +--------------+
#	 leaves, arrives       passes                 leaves, arrives

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-router.sh"
run_both_ways

active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
begin="netns tcptrace-server; listen l; netns tcptrace-client; connect c; accept s"
client_first="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"client|client closes first|$active|$passive||$begin;
	send c 100; recv s 100; send s 20000; recv c 20000; $client_first"
"client|server closes first|$passive|$active||$begin;
	send c 100; recv s 100; shut s; eof c; state s FIN_WAIT2; close c;
	eof s; close s"
"client|reset by the server|CLOSED|CLOSED||$begin;
	send c 10; unread s 10; close s; reset c"
"client|refused|=CLOSED,SYN_SENT,CLOSED|=CLOSED||
	refused c"
)
# shellcheck disable=SC2034 # lib.sh plays for them
ADDRESSES=(10.0.2.1 fd00:2::1)

# A case has three connections; all must have gone the same way, at each place
# with the right end local.
all_three()
{
	snapshot || return 1
	awk '
		NR == FNR { place[$1] = $2; next }
		$2 in place {
			n++
			local = $3 "," $4
			want = place[$2] == "client" ? "true,false" : \
				place[$2] == "server" ? "false,true" : "false,false"
			if (local != want) {
				print $1 " at " place[$2] ": local is " local
				bad++
			}
			if ($8 != "true" || $9 != 0) {
				print $1 " at " place[$2] ": not whole"
				bad++
			}
			if (!($1 in way))
				way[$1] = $5 " " $6
			if (way[$1] != $5 " " $6) {
				print $1 " at " place[$2] ": " $5 " " $6 ", elsewhere " way[$1]
				bad++
			}
			count[$1]++
		}
		END {
			for (p in count)
				if (count[p] != 3) {
					print p ": seen at " count[p] " places"
					bad++
				}
			if (n != 3 * want_n)
				print n " views, should be " 3 * want_n
			exit bad || n != 3 * want_n
		}' want_n=$((${#cases[@]} * ${#ADDRESSES[@]})) "$TMP/places" "$TMP/conns"
}

# vantage NETNS NUMBER... - the only ones there are
vantage()
{
	local inode

	inode=$(netns_inode "$1")
	shift
	same "vantages" "$(raw "netns=$inode .* kind=1 " |
		sed 's/.* vantage=\([0-9]\).*/\1/' | sort -u | tr '\n' ' ')" "$* "
}

# view_fits INDEX - the three views of a case, in the last snapshot
view_fits()
{
	local inode place state

	while read -r inode place; do
		conn "${CASE_PORTS[$1]}" cstates "$inode"
		state=$REPLY
		conn "${CASE_PORTS[$1]}" sstates "$inode"
		same "as seen by the $place" "$state $REPLY" "${CASE_STATES[$1]}" ||
			return 1
	done <"$TMP/places"
}

wire || bail_out "cannot wire namespaces"
await 10 reachable 9999 2>"$TMP/reachable" || bail_out "the server cannot be reached"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
for n in client router server; do
	echo "$(netns_inode $n) $n"
done >"$TMP/places"
cases_play
await 5 all_three >/dev/null

for i in "${!CASE_NAMES[@]}"; do
	row "${CASE_NAMES[i]}" view_fits "$i"
done
row "all agree, each with its own end local" all_three
row "the client sees leaving and arriving" vantage client 1 2
row "the router sees passing" vantage router 3
row "the server sees leaving and arriving" vantage server 1 2
closing_rows
test_run
