#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# readers.sh - many readers at once, each on its own; one is killed
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"

one="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"
delays=(0 2000 100000)
declare -A reader=()
before=0
heads=0

start()
{
	local d

	for d in "${delays[@]}" killed; do
		spawn "$TMP/reader.$d" "$TOOLS/ringfile" follow -d "${d/killed/1000}"
		reader[$d]=$SPAWNED
		await 10 has_line "$TMP/reader.$d" ready || return 1
	done
	spawn "$TMP/reader.text" bash -c "while :; do cat /proc/tcptrace; done"
	reader[text]=$SPAWNED
	"$TCPTIMELINE" -w "$TMP/rec.tct" >"$TMP/reader.w" 2>&1 &
	reader[w]=$!
	PIDS+=($!)
	await 10 [ -e "$TMP/rec.tct" ]
}

traffic()
{
	play a 0 "$one" -r "$1"
}

kill_one()
{
	kill -9 "${reader[killed]}"
	reap "${reader[killed]}"
	same "status of the killed" $? 137
}

stop()
{
	local d

	before=$(ring_heads)
	kill -9 "${reader[text]}"
	reap "${reader[text]}"
	for d in "${delays[@]}"; do
		kill "${reader[$d]}"
		reap "${reader[$d]}" || {
			cat "$TMP/reader.$d"
			return 1
		}
	done
	heads=$(ring_heads)
	kill -INT "${reader[w]}"
	reap "${reader[w]}" || {
		cat "$TMP/reader.w"
		return 1
	}
}

# Of what was recorded before the signal nothing is held back.
drained()
{
	local read

	read=$(sed -nE 's/.*: ([0-9]+) records in .*/\1/p' "$TMP/reader.w")
	[ "${read:-0}" -ge "$heads" ] || {
		echo "heads $heads, recorded ${read:-0}"
		return 1
	}
}

has_open()
{
	readlink "/proc/$1/fd/"* 2>/dev/null | grep -qx /proc/tcptrace
}

# Wakeups come many at a time; somebody who looks on does not wait for that.
live()
{
	local follower

	"$TCPTIMELINE" -f -a >"$TMP/live" 2>&1 &
	follower=$!
	PIDS+=("$follower")
	await 10 has_open "$follower" && play a 0 "$one" || return 1
	await 1 has_line "$TMP/live" "SYN" || {
		echo "nothing is shown after a second"
		return 1
	}
	kill -INT "$follower"
	reap "$follower"
}

# written NUMBER - so many records are in the recording
written()
{
	local read

	read=$("$TCPTIMELINE" -r "$TMP/rec.tct" -o json 2>&1 >/dev/null |
		sed -nE 's/.*; ([0-9]+) records could be read/\1/p')
	[ "${read:-0}" -ge "$1" ]
}

# Who looks at a recording that is being made sees what was a second ago, also if
# nothing has come since: the second time so soon after the first, it has to wait.
timely()
{
	local i

	for i in 1 2; do
		play a 0 "$one" || return 1
		heads=$(ring_heads)
		await 5 written "$heads" || return 1
	done
}

# Each came as far as the heads were when they were told to end, and not further
# than they were then.
books()
{
	local d

	for d in "${delays[@]}"; do
		reader_said "pause of $d us" "$TMP/reader.$d" &&
			holds "heads" "$before <= said[heads] && said[heads] <= $heads" ||
			return 1
	done
}

# At this size none of them may have lost a record.
none_lost()
{
	local d

	for d in "${delays[@]}"; do
		has_line "$TMP/reader.$d" " lost 0 " || {
			cat "$TMP/reader.$d"
			return 1
		}
	done
}

# outcomes FILE - of connections, whether or not their TIME_WAIT is over
outcomes()
{
	jq -c 'def waits: if .[-2] == "TIME_WAIT" then .[:-1] else . end;
		[.client.port, (.client.states | waits),
			(.server.states | waits), .complete, .lost]' "$1" | sort
}

# What was recorded is what is in the ring still.
recording_agrees()
{
	"$TCPTIMELINE" -r "$TMP/rec.tct" -o json >"$TMP/rec.json" &&
		"$TCPTIMELINE" -o json >"$TMP/live.json" || return 1
	outcomes "$TMP/rec.json" >"$TMP/rec.lines"
	outcomes "$TMP/live.json" >"$TMP/live.lines"
	same "recorded" "$(wc -l <"$TMP/rec.lines")" 303 &&
		diff -u "$TMP/rec.lines" "$TMP/live.lines"
}

protected()
{
	"$TOOLS/ringfile" protect >"$TMP/protect" || {
		cat "$TMP/protect"
		return 1
	}
	! grep ALLOWED "$TMP/protect"
}

netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
row "six readers of all kinds" start
row "100 connections" traffic 100
row "one is killed" kill_one
row "200 connections" traffic 200
row "a live view shows it within a second" live
row "a recording has it soon after" timely
row "the others end" stop
row "a recording has all until the signal" drained
row "read + lost = head for each" books
row "none has lost anything" none_lost
row "a recording has the same connections" recording_agrees
row "no reader can write" protected
closing_rows
test_run
