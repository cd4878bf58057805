# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-ring.sh - what the rings hold, and what a reader says of it. To be sourced
# after lib.sh.

# ring_sums - "RINGS SLOTS HEADS LOST": HEADS records were written in all, and
# LOST of them are overwritten
ring_sums()
{
	"$TOOLS/ringfile" info | awk '
		$1 == "rings" { rings = $2 }
		$1 == "slots" { slots = $2 }
		$1 == "heads" { heads = $2 }
		$1 ~ /^head\./ && $2 > slots { lost += $2 - slots }
		END { print rings + 0, slots + 0, heads + 0, lost + 0 }'
}

# ring_heads - how many records were written in all
ring_heads()
{
	local heads

	read -r _ _ heads _ < <(ring_sums)
	echo "$heads"
}

# reader_said WHO FILE - its last words, "read R lost L heads H", to the array
# "said": what it has read and what it has lost is all that it knows of
declare -A said=()

reader_said()
{
	local re='read ([0-9]+) lost ([0-9]+) heads ([0-9]+)'

	[[ $(tail -n 1 "$2") =~ $re ]] || {
		echo "no sum of $1:"
		cat "$2"
		return 1
	}
	echo "note: $1: ${BASH_REMATCH[0]}"
	said=([read]=${BASH_REMATCH[1]} [lost]=${BASH_REMATCH[2]} [heads]=${BASH_REMATCH[3]})
	same "read + lost" $((said[read] + said[lost])) "${said[heads]}"
}
