# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-stat.sh - the counters of /proc/net/stat/tcptrace. To be sourced after
# lib.sh.

declare -A now=() before=()

# Columns, summed over the CPUs; rows are hexadecimal.
read_stats()
{
	local names values i v

	before=()
	for i in "${!now[@]}"; do
		before[$i]=${now[$i]}
	done
	now=()
	{
		read -ra names
		while read -ra values; do
			same "columns" ${#values[@]} ${#names[@]} || return 1
			for i in "${!values[@]}"; do
				v=${names[i]}
				now[$v]=$((${now[$v]:-0} + 16#${values[i]}))
			done
		done
	} </proc/net/stat/tcptrace
}

delta()
{
	REPLY=$((now[$1] - before[$1]))
}

# changed NAME BY
changed()
{
	delta "$1"
	same "$1" "$REPLY" "$2"
}

books()
{
	read_stats || return 1
	same "recorded, counted and the drops" \
		$((now[recorded] + now[counted] + now[truncated] + \
		now[bad_offset] + now[bad_csum] + now[unknown] + \
		now[no_flow] + now[no_half_open] + now[no_memory] + \
		now[leaving])) "${now[matched]}"
}
