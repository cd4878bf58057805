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

. "$(dirname "$0")/lib.sh"

DEMOS=$TCPTRACE_TOP/scripts/demo.d
AT_ONCE=8

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

play_all()
{
	mkdir -p "$TMP/out" "$TMP/log" || return 1
	# shellcheck disable=SC2016 # for the inner shell
	DEMO_OUT=$TMP/out DEMO_TOOLS=$TOOLS xargs -P $AT_ONCE -I{} \
		sh -c 'timeout 300 "$0/$1" >"$2/log/$1" 2>&1 </dev/null || echo failed >"$2/out/$1.failed"' \
		"$DEMOS" {} "$TMP"
	# Each has left a process that holds its namespaces.
	cat "$TMP"/out/*.pid | xargs -r kill
	rm -f "$TMP"/out/*.pid
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

	[ ! -e "$out.failed" ] && [ -s "$out.json" ] || {
		cat "$TMP/log/$1"
		return 1
	}
	same "shows" "$(told "$out.json")" "$(promised shows "$1")" &&
		keeps tls "$1" "$(told_tls "$out.json")" &&
		keeps sends "$1" "$(told_sends "$out.json")" &&
		says_all "$1" "$out.txt" && [ -s "$out.txt" ]
}

module_load ports=80,443 || bail_out "cannot load the module"
names | play_all
for name in $(names); do
	row "$name" scenario "$name"
done
for name in $(alone); do
	module_unload
	# shellcheck disable=SC2046 # parameters
	module_load ports=80 $(sed -n 's/^# module: //p' "$DEMOS/$name") ||
		bail_out "cannot load the module for $name"
	echo "$name" | play_all
	row "$name" scenario "$name"
done
closing_rows
test_run
