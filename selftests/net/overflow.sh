#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# overflow.sh - rings that are too small: what is lost is known, to the record
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"

one="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"

reload()
{
	if module_loaded; then
		module_unload || return 1
	fi
	module_load ring_slots="$1"
}

traffic()
{
	play a 0 "$one" -r "$1"
}

# all_agree SLOTS LOST? - ringfile, tcptimeline, text and statistics
all_agree()
{
	local rings slots heads lost text

	read -r rings slots heads lost < <(ring_sums)
	echo "note: $rings rings of $slots: $heads records, $lost lost"
	same "slots" "$slots" "$1" || return 1
	holds "lost" "lost $2" || return 1
	same "ringfile" "$("$TOOLS/ringfile" dump | sed -n 's/^# gaps [0-9]* //p')" \
		"read $((heads - lost)) lost $lost heads $heads" || return 1
	"$TCPTIMELINE" -o json >"$TMP/json" 2>"$TMP/json.err" || return 1
	if [ "$lost" -eq 0 ]; then
		same "tcptimeline's complaint" "$(cat "$TMP/json.err")" "" || return 1
	else
		has_line "$TMP/json.err" "(^|[^0-9])$lost of $heads records" || {
			cat "$TMP/json.err"
			return 1
		}
	fi
	cat /proc/tcptrace >"$TMP/text" || return 1
	text=$(grep -vc '^#' "$TMP/text")
	same "lines of text" "$text" $((heads - lost)) || return 1
	same "overwritten" "$(sed -n 's/^# entries=.* overwritten=\([0-9]*\).*/\1/p' "$TMP/text")" \
		"$lost"
}

# Inside connections: what json says is lost is what their numbers lack.
gaps_agree()
{
	"$TOOLS/ringfile" dump | awk '
		{ for (i = 1; i <= NF; i++) { split($i, a, "="); v[a[1]] = a[2] } }
		!/^#/ {
			have[v["conn"]]++
			if (v["n"] >= top[v["conn"]])
				top[v["conn"]] = v["n"] + 1
		}
		END { for (c in have) print top[c] - have[c] }' | sort -n >"$TMP/gaps"
	jq .lost "$TMP/json" | sort -n >"$TMP/lost"
	[ -s "$TMP/gaps" ] && diff -u "$TMP/gaps" "$TMP/lost"
}

# One with a gap at its beginning is never called whole.
none_called_whole()
{
	same "called complete with records lost" \
		"$(jq -c 'select(.lost > 0 and .complete)' "$TMP/json")" ""
}

# Readers while it is overwritten: each pass checks read + lost = head.
under_load()
{
	local p pids=() d

	for d in 0 1000 50000; do
		spawn "$TMP/follow.$d" "$TOOLS/ringfile" follow -d "$d"
		pids+=("$SPAWNED")
		await 10 has_line "$TMP/follow.$d" ready || return 1
	done
	traffic 200 || return 1
	for p in "${pids[@]}"; do
		kill "$p"
		reap "$p" || {
			cat "$TMP"/follow.*
			return 1
		}
	done
	heads=$(ring_heads)
	for d in 0 1000 50000; do
		reader_said "pause of $d us" "$TMP/follow.$d" &&
			same "heads" "${said[heads]}" "$heads" || return 1
	done
}

netns_add a || bail_out "cannot make a namespace"
row "rings of 16 records, the least" reload 16
row "a connection that is longer than a ring" traffic 1
row "each reader says the same" all_agree 16 ">= 0"
row "100 connections" traffic 100
row "each reader says the same, to the record" all_agree 16 "> 1000"
row "gaps within connections are what is lost there" gaps_agree
row "none with a gap is called complete" none_called_whole
row "three readers while records are overwritten" under_load
row "rings of 64 records" reload 64
row "100 connections" traffic 100
row "each reader says the same, to the record" all_agree 64 "> 1000"
row "gaps within connections are what is lost there" gaps_agree
row "rings of 4096 records" reload 4096
row "100 connections" traffic 100
row "nothing is lost" all_agree 4096 "== 0"
closing_rows
test_run
