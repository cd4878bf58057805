#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# http.sh - nginx and curl: 1,000 connections in a burst
#
#	namespace a: nginx and curl on lo
#
# At the default size of the rings nothing is lost; with rings of 64 records
# nearly all is, and each reader says exactly how much.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"

BURST=500	# of each family

# burst - curl reports how many answers were whole
burst()
{
	local n

	for ADDR in 127.0.0.1 '[::1]'; do
		ns a curl -sS --no-progress-meter -Z --parallel-max 32 \
			-H 'Connection: close' -o /dev/null \
			-w '%{http_code} %{size_download}\n' \
			"http://$ADDR:$PORT/?[1-$BURST]" 2>"$TMP/curl.err"
	done >"$TMP/curl"
	n=$(grep -c '^200 4096$' "$TMP/curl")
	same "answers" "$n" $((2 * BURST)) || {
		head "$TMP/curl.err"
		return 1
	}
}

# One pass over all: whole, nothing lost, both ends in an end state, data.
all_whole()
{
	snapshot || return 1
	awk '{
			n++
			if ($8 != "true" || $9 != 0 || $13 < 4096 ||
			    $5 !~ /^CLOSED,SYN_SENT,ESTABLISHED,.*(CLOSED|TIME_WAIT)$/ ||
			    $6 !~ /^LISTEN,SYN_RCVD,ESTABLISHED,.*(CLOSED|TIME_WAIT)$/) {
				bad++
				if (bad < 10)
					print
			}
		}
		END {
			if (n != want || bad)
				printf "%d connections, %d of them not whole\n", n, bad
			exit n != want || bad
		}' want=$((2 * BURST)) "$TMP/conns"
}

nothing_lost()
{
	"$TOOLS/ringfile" dump | tail -n 1 >"$TMP/sum"
	has_line "$TMP/sum" '^# gaps 0 read [1-9][0-9]* lost 0 heads [1-9]' &&
		[ ! -s "$TMP/json.err" ] || cat "$TMP/sum" "$TMP/json.err"
	has_line "$TMP/sum" '^# gaps 0 read [1-9][0-9]* lost 0 ' &&
		[ ! -s "$TMP/json.err" ]
}

follow()
{
	spawn "$TMP/follow.$1" "$TOOLS/ringfile" follow -d "$1"
	follower[$1]=$SPAWNED
	await 10 has_line "$TMP/follow.$1" ready
}

heads_at_rest()
{
	read -r _ _ HEADS LOST < <(ring_sums)
	holds "records" "$HEADS > 10 * 2 * BURST" && holds "lost" "$LOST > 0"
}

# came_to HEADS [LOST] - what a reader says of all that was written, and of what
# was overwritten before it came: as at rest, and not more than now, for a
# TIME_WAIT may have ended meanwhile
came_to()
{
	local heads lost

	read -r _ _ heads lost < <(ring_sums)
	holds "heads" "$HEADS <= $1 && $1 <= $heads" &&
		holds "lost" "$LOST <= ${2:-$LOST} && ${2:-$LOST} <= $lost"
}

# follower_exact DELAY - its books add up to the heads
follower_exact()
{
	kill "${follower[$1]}"
	reap "${follower[$1]}" || {
		cat "$TMP/follow.$1"
		return 1
	}
	reader_said "pause of $1 us" "$TMP/follow.$1" && came_to "${said[heads]}"
}

late_reader_exact()
{
	"$TOOLS/ringfile" dump >"$TMP/dump"
	reader_said "who comes late" "$TMP/dump" &&
		came_to "${said[heads]}" "${said[lost]}"
}

# "tcptimeline: L of H records were overwritten before they were read, ..."
reader_exact()
{
	local re='(^|[^0-9])([0-9]+) of ([0-9]+) records were overwritten'

	"$TCPTIMELINE" -o json >"$TMP/json" 2>"$TMP/json.err" || return 1
	cat "$TMP/json.err"
	[[ $(<"$TMP/json.err") =~ $re ]] &&
		came_to "${BASH_REMATCH[3]}" "${BASH_REMATCH[2]}"
}

reload_small()
{
	module_unload && module_load ring_slots=64
}

declare -A follower=()
netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
nginx_start a 2 || bail_out "cannot start nginx"

row "$((2 * BURST)) connections in a burst" burst
row "all are whole in json" await 10 all_whole
row "nothing was lost" nothing_lost
row "the kernel's own log of states agrees" oracle_agrees last
row "reload with rings of 64 records" reload_small
row "a busy reader" follow 100
row "a lazy reader" follow 300000
row "the same burst" burst
row "what the heads say" heads_at_rest
row "the busy reader knows its loss exactly" follower_exact 100
row "the lazy reader knows its loss exactly" follower_exact 300000
row "one who comes late knows his loss exactly" late_reader_exact
row "tcptimeline says the same number" reader_exact
row "nginx ends" nginx_stop
closing_rows early
test_run
