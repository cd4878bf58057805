#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stat.sh - /proc/net/stat/tcptrace: lnstat reads it, and the books add up
#
#	namespace a: client and server on lo; nft counts there as well

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"
. "$(dirname "$0")/lib-stat.sh"

one="listen l; connect c; accept s; send c 100; recv s 100; send s 5000;
	recv c 5000; shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
one=${one//$'\n'/ }

format()
{
	local names

	read -ra names </proc/net/stat/tcptrace
	holds "columns" "${#names[@]} <= 32" || return 1
	same "rows" "$(sed 1d /proc/net/stat/tcptrace | wc -l)" \
		"$("$TOOLS/ringfile" info | awk '$1 == "rings" { print $2 }')" || return 1
	same "rows not of hexadecimal numbers" \
		"$(sed 1d /proc/net/stat/tcptrace | grep -vcE '^[0-9a-f]{8,16}( [0-9a-f]{8,16})*$')" 0
}

lnstat_reads()
{
	local names

	read -ra names </proc/net/stat/tcptrace
	# Its exit status is 1 whatever it does.
	lnstat -f tcptrace -c 1 -i 1 >"$TMP/lnstat" 2>&1
	same "columns" "$(sed -n '$p' "$TMP/lnstat" | tr -cd '|' | wc -c)" \
		${#names[@]} && has_line "$TMP/lnstat" "^tcptrace\|" &&
		has_line "$TMP/lnstat" " matched\|" || {
		cat "$TMP/lnstat"
		return 1
	}
}

# What nft has counted at the same places is what passed the hooks.
known_traffic()
{
	local counted

	read_stats || return 1
	play a 41000 "$one" && play a 41001 "$one" && play a 41002 "refused c" ||
		return 1
	play a 0 "$one" -p 9999 || return 1
	read_stats || return 1
	counted=$(nft_count "port 8080")
	holds "segments" "$counted > 20" &&
		changed matched "$counted" &&
		changed seen $((counted + $(nft_count "other ports"))) &&
		changed created 3 && changed ended 1 && changed bad_csum 0 &&
		changed no_flow 0 && changed no_memory 0 && changed unknown 0
}

nft_count()
{
	ns a nft list table inet t | sed -n "s/.*packets \([0-9]*\) .*\"$1\".*/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

# Records of the ring, by the statistics and by the ring.
records()
{
	read_stats || return 1
	same "records" "${now[records]}" \
		"$(ring_heads)"
}

# A cap of one connection: the second takes its room, or is refused; each is
# counted by its name, and the books still add up.
caps()
{
	local i

	module_unload && module_load max_flows=4 max_half_open=2 || return 1
	for ((i = 0; i < 5; i++)); do
		play a $((42000 + i)) "$one" || return 1
	done
	books || return 1
	holds "made room or refused" "now[evict_dead] + now[evict_half_open] +
		now[evict_time_wait] + now[evict_closing] + now[evict_open] +
		now[no_flow] + now[no_half_open] > 0" &&
		holds "entries" "16#$(awk 'END { print $1 }' /proc/net/stat/tcptrace) <= 4"
}

netns_add a || bail_out "cannot make a namespace"
rules a <<END || bail_out "cannot set nft rules"
in tcp sport $PORT counter comment "port 8080"
in tcp dport $PORT counter comment "port 8080"
out tcp sport $PORT counter comment "port 8080"
out tcp dport $PORT counter comment "port 8080"
in tcp dport 9999 counter comment "other ports"
in tcp sport 9999 counter comment "other ports"
out tcp dport 9999 counter comment "other ports"
out tcp sport 9999 counter comment "other ports"
END
module_load || bail_out "cannot load the module"
row "at most 32 columns, a row for each CPU" format
row "lnstat reads it" lnstat_reads
row "counts of known traffic" known_traffic
row "the books add up" books
row "records are what the rings have" records
row "evicted and refused are counted" caps
closing_rows
test_run
