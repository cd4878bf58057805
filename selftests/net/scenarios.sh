#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scenarios.sh - every demo plays, and ends with the verdict that it promises
#
# All of scripts/demo.d are played, some at a time, each in a namespace of its
# own; those that want parameters of the module ("module:") one by one. The line
# "shows:" of each has the verdicts and Zeek's conn_states of its connections, in
# order of their start.

. "$(dirname "$0")/lib.sh"

DEMOS=$TCPTRACE_TOP/scripts/demo.d
AT_ONCE=8

names()
{
	local f

	# The one that waits for a minute goes first.
	echo http
	for f in "$DEMOS"/*; do
		case $f in
		*.sh | */http) ;;
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
		sh -c 'timeout 120 "$0/$1" >"$2/log/$1" 2>&1 </dev/null || echo failed >"$2/out/$1.failed"' \
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

scenario()
{
	local out=$TMP/out/$1

	[ ! -e "$out.failed" ] && [ -s "$out.json" ] || {
		cat "$TMP/log/$1"
		return 1
	}
	same "shows" "$(told "$out.json")" \
		"$(sed -n 's/^# shows: //p' "$DEMOS/$1")" &&
		[ -s "$out.txt" ]
}

module_load ports=80 || bail_out "cannot load the module"
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
