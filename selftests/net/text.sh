#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# text.sh - cat /proc/tcptrace
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"

one="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"

twice()
{
	cat /proc/tcptrace >"$TMP/first" && cat /proc/tcptrace >"$TMP/second" &&
		grep -v '^#' "$TMP/first" >"$TMP/first.records" &&
		grep -v '^#' "$TMP/second" >"$TMP/second.records" || return 1
	holds "records" "$(wc -l <"$TMP/first.records") > 50" &&
		cmp "$TMP/first.records" "$TMP/second.records"
}

# The same records as the mapping has.
as_mapped()
{
	"$TOOLS/ringfile" dump | sed -nE 's/^conn=([0-9]+) n=([0-9]+) .*/\1 \2/p' |
		sort >"$TMP/mapped"
	sed -nE 's|^[0-9.]+ #([0-9]+)/([0-9]+) .*|\1 \2|p' "$TMP/first.records" |
		sort >"$TMP/shown"
	[ -s "$TMP/mapped" ] && diff -u "$TMP/mapped" "$TMP/shown"
}

by_time()
{
	cut -d' ' -f1 "$TMP/first.records" >"$TMP/times"
	LC_ALL=C sort -c -n "$TMP/times"
}

# Each line as module/text.h has it.
well_formed()
{
	same "lines of another form" "$(grep -vcE \
		-e '^[0-9]+\.[0-9]{9} #[0-9]+/[0-9]+ ns=[0-9]+ if=[0-9]+ [0-9a-f.:[]+\]?:[0-9]+ [<>-] [0-9a-f.:[]+\]?:[0-9]+ [a-z]+.* client=[A-Z_0-9?>]+ server=[A-Z_0-9?>]+' \
		-e '^[0-9]+\.[0-9]{9} #[0-9]+/[0-9]+ ns=[0-9]+ if=0 - [<>] - tls (leaves|arrives|passes) offset=[0-9]+( len=[0-9]+ hex=([0-9a-f]{2})+)?( type=[0-9]+ version=0x[0-9a-f]{4} length=[0-9]+)? why=[a-z-]+$' \
		"$TMP/first.records")" 0
}

# A read of any size gives the same text.
small_reads()
{
	dd if=/proc/tcptrace bs=77 2>"$TMP/dd" | grep -v '^#' >"$TMP/small" &&
		cmp "$TMP/first.records" "$TMP/small"
}

under_load()
{
	local i load

	play_command a 0 "$one" -r 100000 -t 60
	spawn "$TMP/load" "${COMMAND[@]}"
	load=$SPAWNED
	await 10 growing || return 1
	for ((i = 0; i < 3; i++)); do
		timeout $((30 * SLOW)) cat /proc/tcptrace >"$TMP/out" || {
			echo "cat did not end"
			return 1
		}
		has_line "$TMP/out" "^# end: [0-9]+ records" || {
			tail -n 3 "$TMP/out"
			return 1
		}
	done
	ended "$load" && {
		echo "the load ended before cat did"
		return 1
	}
	kill "$load"
	reap "$load"
	return 0
}

growing()
{
	[ "$(ring_heads)" -gt 500 ]
}

# A name that would move the cursor, end the line, break quotes or a parser;
# 15 bytes, as many as a name may have.
HOSTILE=$'\e[2J\n" \\\xff\xc3a\x7f'

hostile()
{
	play a 43000 "$one" -n "$HOSTILE" || return 1
	grep -a ':43000 ' /proc/tcptrace >"$TMP/hostile"
	same "bytes that are not printable ASCII" \
		"$(LC_ALL=C tr -d ' -~\n' <"$TMP/hostile" | wc -c)" 0 || return 1
	same "lines without an address" "$(grep -vac \
		-e '^#' -e ' 127\.0\.0\.1:' -e ' \[::1\]:' /proc/tcptrace)" 0 || return 1
	grep -F 'comm="\x1b[2J\x0a\x22\x20\x5c\xff\xc3a\x7f"' "$TMP/hostile" >"$TMP/named" || {
		echo "the name is not as it should be:"
		head -n 1 "$TMP/hostile"
		return 1
	}
}

hostile_json()
{
	"$TCPTIMELINE" -o json >"$TMP/json" && jq -e . "$TMP/json" >"$TMP/parsed" || {
		echo "no JSON"
		return 1
	}
	same "control characters" "$(LC_ALL=C tr -d ' -~\n\200-\377' <"$TMP/json" | wc -c)" 0
}

hostile_ladder()
{
	"$TCPTIMELINE" --port "$PORT" >"$TMP/ladder" || return 1
	same "control characters" \
		"$(LC_ALL=C tr -d ' -~\n\200-\377' <"$TMP/ladder" | wc -c)" 0 &&
		same "lines of invalid UTF-8" "$(grep -vaxc '.*' "$TMP/ladder")" 0
}

netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
for i in 1 2 3 4 5 6; do
	play a $((41000 + i)) "$one" || bail_out "no traffic"
done
ADDR=::1 play a 41000 "$one" || bail_out "no traffic"
row "twice the same records" twice
row "the same records as by mmap" as_mapped
row "in order of time" by_time
row "each line is well formed" well_formed
row "small reads, the same text" small_reads
row "a hostile name is escaped" hostile
row "a hostile name in json" hostile_json
row "a hostile name in a ladder" hostile_ladder
row "cat ends under load" under_load
closing_rows
test_run
