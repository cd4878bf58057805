#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scenarios.sh - every demo plays, and ends with the verdict that it promises
#
# All of scripts/demo.d are played, some at a time, each in a namespace of its
# own; those that want parameters of the module ("module:") one by one. Of each,
# comments have what it promises of its connections, in order of their start:
#
#	shows:	verdicts and Zeek's conn_states
#	tls:	a line for each: version, cipher, SNI, ALPN, how the handshake
#		went, the client's and the server's alert
#	sends:	likewise: who sent which message; a question mark where that is
#		concluded. Lines may go on.
#	says:	what is found in the drawing
#	varies:	what need not be the same on the next run: "bytes"
#
# Then all play once more, for a module that remembers nothing: times and what
# TCP and TLS choose at random aside, each ladder is the same on every run. Not
# on a debug kernel, which is so slow that TCP resends what nothing has lost.

. "$(dirname "$0")/lib.sh"

DEMOS=$TCPTRACE_TOP/scripts/demo.d
AT_ONCE=8
RUNS=(out again)
[ "$SLOW" -eq 1 ] || RUNS=(out)

names()
{
	local f

	# Those that wait for a minute go first.
	printf '%s\n' https http
	for f in "$DEMOS"/*; do
		case $f in
		*.sh | */http | */https) ;;
		*) grep -q "^# module: " "$f" || echo "${f##*/}" ;;
		esac
	done
}

alone()
{
	grep -l "^# module: " "$DEMOS"/* | sed 's|.*/||'
}

# play_all DIR - those named on standard input
play_all()
{
	mkdir -p "$1" || return 1
	# shellcheck disable=SC2016 # for the inner shell
	DEMO_OUT=$1 DEMO_TOOLS=$TOOLS xargs -P $AT_ONCE -I{} \
		sh -c 'rm -f "$2/$1.failed"; timeout $((300 * ${TCPTRACE_SLOW:-1})) "$0/$1" >"$2/$1.log" 2>&1 </dev/null || echo failed >"$2/$1.failed"' \
		"$DEMOS" {} "$1"
	# Each has left a process that holds its namespaces.
	cat "$1"/*.pid | xargs -r kill
	rm -f "$1"/*.pid
}

# played DIR NAME - to its end, and left a drawing; else what it said
played()
{
	local out=$TMP/$1/$2

	[ ! -e "$out.failed" ] && [ -s "$out.json" ] || {
		cat "$out.log"
		return 1
	}
}

same_again()
{
	played again "$1" || return 1
	outline "$1" "$TMP/out/$1.txt" >"$TMP/once"
	outline "$1" "$TMP/again/$1.txt" >"$TMP/twice"
	[ -s "$TMP/once" ] && diff -U 0 "$TMP/once" "$TMP/twice"
}

# play NAME... - each run with a module that has seen nothing before
play()
{
	local dir module

	module=$(sed -n 's/^# module: //p' "$DEMOS/$1")
	for dir in "${RUNS[@]}"; do
		module_loaded && module_unload
		# shellcheck disable=SC2086 # parameters
		module_load ports=80,443 $module ||
			bail_out "cannot load the module for $1"
		printf '%s\n' "$@" | play_all "$TMP/$dir"
	done
}

# outline NAME FILE - a drawing without what differs from run to run: times and
# what took long, running numbers, process ids, namespaces, ports that the
# kernel has chosen (the demos choose 50000 and the next), sequence numbers, and
# how wide that makes a column
outline()
{
	local bytes=

	[ "$(promised varies "$1")" != bytes ] ||
		bytes='s/[0-9]+ B|\b[u-y]\+[0-9]+/N/g'
	sed -E '
		s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+//
		s/^#[0-9]+ /# /
		s/netns [0-9]+/netns N/
		s/\[[0-9]+\]/[PID]/g
		s/\b[0-9]+\.[0-9]{3}\b/T/g
		s/[0-9]+(\.[0-9]+)? (s|ms|µs|us|minutes?)\b/TIME/g
		s/\b(seq|ack|[a-z])=[0-9]{3,}/\1=N/g
		s/ · waited TIME for [^·]*$//
		s/ · waited TIME for [^·]* ·/ ·/
		s/:(32[7-9]|3[3-9][0-9]|4[0-9]{2}|50[1-9]|5[1-9][0-9]|60[0-9])[0-9]{2}\b/:PORT/g
		s/:500[1-9][0-9]\b/:PORT/g
		s/([─═░ ])\1+/\1/g
		s/(─ )+─?/─/g
		s/^ +//
		'"$bytes"'
	' "$2"
}

# "verdict,verdict state,state", in order of the connections' start
told()
{
	without_events "$1" | jq -rs 'sort_by(.start) |
		"\(map(.verdict) | join(",")) \(map(.conn_state) | join(","))"'
}

# promised KEY NAME - the lines, each in one piece
promised()
{
	awk -v key="# $1: " '
		index($0, key) == 1 {
			text[++n] = substr($0, length(key) + 1)
			mine = 1
			next
		}
		/^#   / && mine {
			text[n] = text[n] " " substr($0, 5)
			next
		}
		{ mine = 0 }
		END {
			for (i = 1; i <= n; i++)
				print text[i]
		}
	' "$DEMOS/$2"
}

# What went on within TLS, a line for each connection
told_tls()
{
	without_events "$1" | jq -rs '
		def how:
			if .established == null then "unknown"
			elif .established | not then "failed"
			elif .resumed then "resumed"
			else "full" end;
		sort_by(.start)[] | .tls | if . then
			[.version, .cipher, .sni, .alpn, how, .client_alert,
			 .server_alert] | map(. // "-") | join(" ")
		else "-" end'
}

told_sends()
{
	without_events "$1" | jq -rs 'sort_by(.start)[].tls |
		[.messages[]? | .from[0:1] + " " + .name +
		 if .inferred then "?" else "" end] | join(", ")'
}

# keeps KEY NAME TOLD - if anything is promised
keeps()
{
	local want

	want=$(promised "$1" "$2")
	[ -z "$want" ] || same "$1" "$3" "$want"
}

says_all()
{
	local line

	promised says "$1" | while read -r line; do
		grep -qF -- "$line" "$2" || {
			echo "not in the drawing: $line"
			return 1
		}
	done
}

scenario()
{
	local out=$TMP/out/$1

	played out "$1" &&
		same "shows" "$(told "$out.json")" "$(promised shows "$1")" &&
		keeps tls "$1" "$(told_tls "$out.json")" &&
		keeps sends "$1" "$(told_sends "$out.json")" &&
		says_all "$1" "$out.txt" && [ -s "$out.txt" ]
}

# keep - what was drawn, for a look at it later
keep()
{
	[ -z "${TCPTRACE_KEEP:-}" ] || cp -r "${RUNS[@]/#/$TMP/}" "$TCPTRACE_KEEP"
}

# went_well NAME - it came to its end, and the same came out of it each time
went_well()
{
	played out "$1" && { [ ${#RUNS[@]} -eq 1 ] || same_again "$1"; }
}

# play_again NAME... - a machine that is hard put to it by so many at once resends
# what it was about to acknowledge, and is late for what a demo waits for. What
# did not go well is played again, alone: then it has to, if not at once, for so
# do other virtual machines beside this one.
play_again()
{
	local name try

	for name; do
		for try in 1 2 3 4 5; do
			went_well "$name" >"$TMP/unwell" 2>&1 && break
			echo "# $name failed or differs; once more, alone ($try)"
			tail -n 40 "$TMP/unwell" | sed 's/^/#   /'
			play "$name"
		done
	done
}

# shellcheck disable=SC2046 # names are words
play $(names)
for name in $(alone); do
	play "$name"
done
# shellcheck disable=SC2046
play_again $(names) $(alone)
keep
for name in $(names) $(alone); do
	row "$name" scenario "$name"
	[ ${#RUNS[@]} -eq 1 ] ||
		row "$name: the same once more" same_again "$name"
done
closing_rows
test_run
