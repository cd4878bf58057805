#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# unload.sh - rmmod while everything is in use
#
#	namespace a: client and server on lo
#
# What waits on the file, in each way that there is, must outlive the module
# and, where it asked for events, be woken. Mappings stay, and stay readable.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"

# One that waits in TIME_WAIT, and one that ends at once: -f prints it.
one="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"
one+="; connect d; accept t; abort d; reset t; rest 20"
sleepers=(poll epoll poll0 epoll0)
ROUNDS=${TCPTRACE_ROUNDS:-1}
declare -A pid=()

load_start()
{
	for PORT in 7001 7002; do
		play_command a 0 "$one" -r 1000000 -t 100
		spawn "$TMP/load.$PORT" "${COMMAND[@]}"
		pid[load.$PORT]=$SPAWNED
	done
}

readers_start()
{
	local how

	for how in "${sleepers[@]}"; do
		spawn "$TMP/sleep.$how" "$TOOLS/ringfile" sleep "$how"
		pid[$how]=$SPAWNED
	done
	spawn_fed "$TMP/hold" "$TOOLS/ringfile" hold
	pid[hold]=$SPAWNED
	feed=$FEED
	spawn "$TMP/ring.follow" "$TOOLS/ringfile" follow -d 1000
	pid[follow]=$SPAWNED
	"$TCPTIMELINE" -f -o json >"$TMP/timeline" 2>"$TMP/timeline.err" &
	pid[timeline]=$!
	PIDS+=($!)
	"$TCPTIMELINE" -w "$TMP/rec.tct" >"$TMP/record" 2>&1 &
	pid[record]=$!
	PIDS+=($!)
	# Opened and left alone: no file of a module that is gone may matter.
	exec {idle}</proc/tcptrace
	for how in "${sleepers[@]}"; do
		await 20 has_line "$TMP/sleep.$how" ready || return 1
	done
	await 20 has_line "$TMP/hold" ready &&
		await 20 has_line "$TMP/ring.follow" ready &&
		await 20 [ -s "$TMP/timeline" ]
}

unload_now()
{
	timeout $((60 * SLOW)) rmmod tcptrace && ! module_loaded
}

woken()
{
	local how

	for how in poll epoll; do
		reap "${pid[$how]}" && has_line "$TMP/sleep.$how" "^$how woken" || {
			echo "$how:"
			cat "$TMP/sleep.$how"
			return 1
		}
	done
}

# Who asked for no events may sleep on; it ends when told, without harm.
sleep_on()
{
	local how

	for how in poll0 epoll0; do
		kill "${pid[$how]}" 2>/dev/null
		reap "${pid[$how]}" && has_line "$TMP/sleep.$how" "^$how (woken|asleep)" || {
			echo "$how:"
			cat "$TMP/sleep.$how"
			return 1
		}
	done
}

mapping_lives()
{
	echo >&"$feed"
	exec {feed}>&-
	reap "${pid[hold]}" && has_line "$TMP/hold" "^gone 1 " || {
		cat "$TMP/hold"
		return 1
	}
}

follower_ends()
{
	reap "${pid[follow]}" && has_line "$TMP/ring.follow" " gone 1 read " || {
		cat "$TMP/ring.follow"
		return 1
	}
}

# reader_ends WHICH - by itself, with status 0
reader_ends()
{
	local status=0

	reap "${pid[$1]}" || status=$?
	[ "$status" -eq 0 ] || cat "$TMP/timeline.err" "$TMP/record"
	same "status" "$status" 0
}

timeline_whole()
{
	jq -es 'length > 0 and all(.version == 1)' "$TMP/timeline" >"$TMP/jq" || {
		tail -n 1 "$TMP/timeline"
		return 1
	}
}

recording_whole()
{
	"$TCPTIMELINE" -r "$TMP/rec.tct" -o json >"$TMP/rec.json" &&
		[ -s "$TMP/rec.json" ]
}

file_is_gone()
{
	local c

	exec {idle}<&-
	[ ! -e /proc/tcptrace ] && [ ! -e /proc/net/stat/tcptrace ]
}

# Flows in every state, then away with the module.
again()
{
	local i

	for ((i = 0; i < 3; i++)); do
		module_load ports=7001-7002 && await 10 growing && unload_now ||
			return 1
	done
}

growing()
{
	[ "$(ring_heads)" -gt 100 ]
}

netns_add a || bail_out "cannot make a namespace"
load_start
for ((r = 1; r <= ROUNDS; r++)); do
	row "round $r: loaded under traffic" module_load ports=7001-7002
	row "round $r: readers of all kinds" readers_start
	row "round $r: rmmod under traffic, with all of them" unload_now
	row "round $r: poll and epoll are woken, read gives EIO" woken
	row "round $r: sleepers without events survive" sleep_on
	row "round $r: a mapping outlives the module" mapping_lives
	row "round $r: a follower sees that it is gone" follower_ends
	row "round $r: tcptimeline -f ends by itself" reader_ends timeline
	row "round $r: tcptimeline -w ends by itself" reader_ends record
	row "round $r: what -f printed is whole" timeline_whole
	row "round $r: the recording can be read" recording_whole
	row "round $r: the files are gone" file_is_gone
done
row "three more times, under traffic" again
row "the module is loaded for the last time" module_load
closing_rows
test_run
