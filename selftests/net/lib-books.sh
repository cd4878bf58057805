# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-books.sh - adding up, to the last record. To be sourced after lib.sh and
# lib-stat.sh.
#
#	each sighting	matched = recorded + counted + the drops by name
#	each record	of each CPU: head = records = the sum of all kinds
#	each flow	created = entries + reused + removed
#	each reader	of each CPU: head = read + lost
#
# All of it holds at rest: while nothing is sighted, and no timer is told.

STAT=/proc/net/stat/tcptrace
BOOKS=/proc/net/stat/tcptrace_books
KINDS=(segment state undo timer count end word tls_record)

# take_books WHERE - counters and heads as they are now
take_books()
{
	cat $STAT >"$1.stat" && cat $BOOKS >"$1.books" &&
		"$TOOLS/ringfile" info >"$1.info"
}

# Whatever is sighted or told moves a counter. A window as short as can be, for
# timers are told once a second; hence without processes, but for one.
nothing_moves()
{
	local first books last

	mapfile first <$STAT
	mapfile books <$BOOKS
	"$TOOLS/ringfile" info >"$TMP/now.info" || return 1
	mapfile last <$STAT
	printf %s "${first[@]}" >"$TMP/now.stat"
	printf %s "${books[@]}" >"$TMP/now.books"
	[ ${#first[@]} -gt 1 ] && [ "${first[*]}" = "${last[*]}" ]
}

# at_rest [SECONDS] - until two looks see the same; what they saw is in
# "$TMP/now.stat", "$TMP/now.books" and "$TMP/now.info"
at_rest()
{
	await "${1:-60}" nothing_moves
}

# row_of FILE INDEX - the row of a CPU, by name, to the array "cell"
declare -A cell=()

row_of()
{
	local names values i

	{
		read -ra names
		for ((i = 0; i <= $2; i++)); do
			read -ra values || return 1
		done
	} <"$1"
	same "columns of ${1##*.}" ${#values[@]} ${#names[@]} || return 1
	for i in "${!names[@]}"; do
		cell[${names[i]}]=$((16#${values[i]}))
	done
}

# info NAME [WHEN] - of the rings, as they were then; default: now
info()
{
	sed -n "s/^$1 //p" "$TMP/${2:-now}.info"
}

# cpu_adds_up INDEX - the records of one CPU
cpu_adds_up()
{
	local kind sum=0 head slots

	row_of "$TMP/now.stat" "$1" && row_of "$TMP/now.books" "$1" || return 1
	head=$(info "head.$1")
	slots=$(info slots)
	for kind in "${KINDS[@]}"; do
		sum=$((sum + ${cell[$kind]:?}))
	done
	same "CPU ${cell[cpu]}: kinds" $sum "$head" &&
		same "CPU ${cell[cpu]}: records" "${cell[records]}" "$head" &&
		same "CPU ${cell[cpu]}: overwritten" "${cell[overwritten]}" \
			$((head > slots ? head - slots : 0)) &&
		same "CPU ${cell[cpu]}: ends" "${cell[ended]}" "${cell[end]}"
}

DROPS=(truncated bad_offset bad_csum unknown no_flow no_half_open no_memory
	leaving)

# all_adds_up - what was taken at rest; its sums are in the array "total"
declare -A total=()

all_adds_up()
{
	local i name drop drops=0

	total=()
	for ((i = 0; i < $(info rings); i++)); do
		cpu_adds_up $i || return 1
		for name in "${!cell[@]}"; do
			total[$name]=$((${total[$name]:-0} + ${cell[$name]}))
		done
	done
	# The same in each row.
	total[entries]=${cell[entries]}
	for drop in "${DROPS[@]}"; do
		drops=$((drops + ${total[$drop]:?}))
	done
	same "matched" "${total[matched]}" \
		$((total[recorded] + total[counted] + drops)) &&
		same "created" "${total[created]}" \
			$((total[entries] + total[reused] + total[removed])) &&
		same "heads" "$(info heads)" "${total[records]}" || return 1
	echo "note: ${total[matched]} sightings = ${total[recorded]} recorded +" \
		"${total[counted]} counted + $drops dropped; ${total[records]} records," \
		"${total[overwritten]} overwritten"
}

# books_add_up [SECONDS] - wait for rest, then add
books_add_up()
{
	at_rest "$@" && all_adds_up
}

# reader_adds_up FILE - what "ringfile follow" said at its end, of each CPU: one
# that was there since the load. It came as far as the heads taken at rest, and
# not further than they are now: a TIME_WAIT may have ended meanwhile.
reader_adds_up()
{
	local head i re rings

	rings=$(info rings)
	"$TOOLS/ringfile" info >"$TMP/later.info" || return 1
	for ((i = 0; i < rings; i++)); do
		row_of "$TMP/now.books" $i || return 1
		re="^ring ${cell[cpu]} head ([0-9]+) = ([0-9]+) \\+ ([0-9]+)\$"
		[[ $(grep "^ring ${cell[cpu]} " "$1") =~ $re ]] || {
			echo "nothing of CPU ${cell[cpu]}:"
			cat "$1"
			return 1
		}
		head=${BASH_REMATCH[1]}
		same "CPU ${cell[cpu]}: read + lost" \
			$((BASH_REMATCH[2] + BASH_REMATCH[3])) "$head" &&
			holds "CPU ${cell[cpu]}: head" "$(info "head.$i") <= $head &&
				$head <= $(info "head.$i" later)" || return 1
	done
}

# killed_added_up FILE - the last pass of a "ringfile follow -v" that could not
# say more; what it has written last may be half a line
killed_added_up()
{
	local re='^pass [0-9]+ read ([0-9]+) lost ([0-9]+) heads ([0-9]+)$' line

	line=$(grep -E "$re" "$1" | tail -n 1)
	[[ $line =~ $re ]] || {
		echo "it made no pass"
		return 1
	}
	echo "note: killed after $line"
	same "read + lost" $((BASH_REMATCH[1] + BASH_REMATCH[2])) "${BASH_REMATCH[3]}" &&
		holds "not ahead of the heads" "${BASH_REMATCH[3]} <= $(info heads)"
}
