#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# books.sh - all adds up: each sighting, each record, each flow, each reader
#
#	namespace a: client and server on lo; a barrage comes by TAP devices
#
# See lib-books.sh for the sums.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-stat.sh"
. "$(dirname "$0")/lib-books.sh"
. "$(dirname "$0")/lib-barrage.sh"

one="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"
SOURCES=3000
declare -A follower=()

reload()
{
	if module_loaded; then
		module_unload || return 1
	fi
	module_load "$@"
	LOADED=$SECONDS
}

no_flows()
{
	grep -q "^# entries=0 " /proc/tcptrace
}

# TIME_WAITs end while all is added up, if that comes a minute late: wait until
# they have. There must be no open connection.
no_time_wait_ends()
{
	[ "$SLOW" -eq 1 ] && ((SECONDS - LOADED < 40)) || await 90 no_flows
}

traffic()
{
	play a 0 "$one" -r "$1"
}

# Nothing is overwritten: what the ring has of each kind is what was counted.
kinds_are_the_rings()
{
	local i n

	books_add_up || return 1
	same "overwritten" "${total[overwritten]}" 0 || return 1
	"$TOOLS/ringfile" dump >"$TMP/dump" || return 1
	for i in "${!KINDS[@]}"; do
		n=$(grep -c " kind=$((i + 1)) " "$TMP/dump")
		same "${KINDS[i]}" "${total[${KINDS[i]}]}" "$n" || return 1
	done
}

# Both files are for lnstat, and add up to what the text says in its head.
files_agree()
{
	local name

	books_add_up || return 1
	sed -n 's/^# entries=/entries=/p' /proc/tcptrace | tr ' ' '\n' >"$TMP/head"
	for name in "${!total[@]}"; do
		[ "$name" != cpu ] || continue
		same "$name" "$(sed -n "s/^$name=//p" "$TMP/head")" "${total[$name]}" ||
			return 1
	done
	lnstat -f tcptrace_books -c 1 -i 1 >"$TMP/lnstat" 2>&1
	has_line "$TMP/lnstat" " segment\|" || {
		cat "$TMP/lnstat"
		return 1
	}
}

# follow WORD [OPTION]... - a reader from the load on
follow()
{
	spawn "$TMP/follow.$1" "$TOOLS/ringfile" follow "${@:2}"
	follower[$1]=$SPAWNED
	await 10 has_line "$TMP/follow.$1" ready
}

followers()
{
	follow fast -d 0 && follow middle -d 2000 && follow slow -d 100000
}

reader_dies()
{
	follow killed -v -d 1000 && traffic 20 || return 1
	kill -9 "${follower[killed]}"
	reap "${follower[killed]}"
	same "status" $? 137 && traffic 20 && at_rest &&
		killed_added_up "$TMP/follow.killed"
}

# each_reader_adds_up WORD... - all is at rest: the last pass comes to the heads
each_reader_adds_up()
{
	local r

	books_add_up || return 1
	for r; do
		kill "${follower[$r]}"
		reap "${follower[$r]}" && reader_adds_up "$TMP/follow.$r" || {
			echo "of the $r reader"
			return 1
		}
		sed -n '$s/^/note: '"$r"': /p' "$TMP/follow.$r"
	done
}

# The kernel's own reader, while records are overwritten: lines are what it
# says it has shown, and what it lost is the sum of what it said on the way.
text_adds_up()
{
	local i p shown lost

	play_command a 0 "$one" -r 1000000
	spawn "$TMP/load" "${COMMAND[@]}"
	p=$SPAWNED
	for ((i = 0; i < 20; i++)); do
		cat /proc/tcptrace >"$TMP/text" || return 1
		[[ $(tail -n 1 "$TMP/text") =~ ^#\ end:\ ([0-9]+)\ records,\ ([0-9]+)\ lost$ ]] || {
			tail -n 1 "$TMP/text"
			return 1
		}
		shown=${BASH_REMATCH[1]}
		lost=${BASH_REMATCH[2]}
		same "lines" "$(grep -vc '^#' "$TMP/text")" "$shown" &&
			same "lost" "$(sed -n 's/^# lost \([0-9]*\):.*/\1/p' "$TMP/text" |
				awk '{ n += $1 } END { print n + 0 }')" "$lost" || return 1
	done
	kill "$p"
	reap "$p"
	return 0
}

# barrage HOW COUNT - into namespace a
barrage()
{
	barrage_start a 10.9.9.9 fd09:9::9 "$1" -s 1 -n "$2" && barrage_wait 240
}

# ended_by WHY - how many ends the fast reader has seen
ended_by()
{
	sed -n 's/^ends / /p' "$TMP/follow.fast" | tr ' ' '\n' |
		sed -n "s/^$1=//p" | grep . || echo 0
}

# Each source is a connection; whoever had to go for another was counted, and
# its end recorded: nobody has lost a record here.
evictions_are_told()
{
	each_reader_adds_up fast || return 1
	holds "sources that became connections" "total[created] >= SOURCES" &&
		has_line "$TMP/follow.fast" " read [0-9]+ lost 0 " &&
		holds "half-open ones that are left" "total[entries] <= 64 + 2" &&
		same "evicted, by counters and by ends" \
			$((total[evict_half_open] + total[evict_time_wait] + \
			total[evict_closing] + total[evict_open])) \
			$(($(ended_by 83) + $(ended_by 84))) &&
		holds "evicted" "total[evict_half_open] > SOURCES - 200" &&
		same "open ones evicted" "${total[evict_open]}" 0 &&
		same "ends by counters and by readers" "${total[end]}" \
			"$(sed -n 's/^kinds.* 6=\([0-9]*\).*/\1/p' "$TMP/follow.fast")" || {
		cat "$TMP/follow.fast"
		return 1
	}
}

# What is spoiled is dropped under a name.
drops_have_names()
{
	local name

	books_add_up || return 1
	for name in truncated bad_offset bad_csum unknown no_ports fragments; do
		echo "note: $name ${total[$name]}"
		holds "$name" "total[$name] > 10" || return 1
	done
}

netns_add a || bail_out "cannot make a namespace"
row "rings of 16384 records" reload ring_slots=16384
row "20 connections" traffic 20
row "what was counted of each kind is in the rings" kinds_are_the_rings
row "no TIME_WAIT is about to end" no_time_wait_ends
row "both files of counters, and the text" files_agree
row "rings of 64 records" reload ring_slots=64
row "three readers, of different speeds" followers
row "a reader dies in between" reader_dies
row "200 connections" traffic 200
row "200 connections: no TIME_WAIT is about to end" no_time_wait_ends
row "all adds up, for each reader" each_reader_adds_up fast middle slow
row "the text adds up while records are overwritten" text_adds_up
row "rings of 65536 records, room for 64 half-open ones" reload \
	ring_slots=65536 max_half_open=64 max_flows=200
row "a reader" follow fast -d 0
row "a flood from $SOURCES sources" barrage flood $SOURCES
row "each that had to go is told, and counted" evictions_are_told
row "20,000 mangled packets" barrage mangle 20000
row "what is dropped has names, and all adds up" drops_have_names
row "nothing is left of it" barrage_over a
closing_rows
test_run
