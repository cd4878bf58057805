#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# parameters.sh - no value of a parameter does harm
#
#	namespace a: client and server on lo
#
# Each parameter that modinfo tells of is given each value, at insmod and, where
# it may be written, at run time. Either it is refused, with one line in the
# kernel log that names the parameter, and nothing is changed; or it is taken, is
# within its bounds then, and a connection is traced.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-ring.sh"
. "$(dirname "$0")/lib-param.sh"

# name|value; an empty name: the value tells
values=(
"empty|"
"a blank| "
"|0"
"|-1"
"|16"
"|65536"
"2^31|2147483648"
"-2^31|-2147483648"
"2^32|4294967296"
"2^32 + 16|4294967312"
"2^63|9223372036854775808"
"2^64 + 16|18446744073709551632"
"|nonsense"
"|%s%n%p%x"
"bytes that are no UTF-8|"$'\xff\xfe\x80\xc3'
"full-width digits|"$'\uff11\uff16'
"a line's end within|"$'16\n16'
"escape sequences|"$'\e[2J\a'
"4,000 nines|$(printf '%04000d' 0 | tr 0 9)"
"100,000 letters|$(head -c 100000 /dev/zero | tr '\0' a)"
)

# What each may be, as it reads back; numbers are looked at as such.
in_bounds()
{
	case $1 in
	ports) [[ $2 =~ ^[0-9,.-]*$ ]] ;;
	ring_slots) (($2 >= 16 && $2 <= 65536 && ($2 & ($2 - 1)) == 0)) ;;
	max_flows | max_half_open) (($2 >= 1 && $2 <= 1 << 24)) ;;
	tls_bytes) (($2 >= 0 && $2 <= 65536)) ;;
	tls_held) (($2 >= 0 && $2 <= 1 << 28)) ;;
	netns) [[ $2 =~ ^(all|init)$ ]] ;;
	sock) [[ $2 =~ ^[YN]$ ]] ;;
	*) echo "what may $1 be?"; return 1 ;;
	esac || {
		echo "$1 is $2"
		return 1
	}
}

# In the namespace a, unless that is not traced.
works()
{
	local before

	echo "$PORT" >"$PARAMETERS"/ports || return 1
	[ "$(cat "$PARAMETERS"/netns)" = all ] || return 0
	before=$(ring_heads)
	play a 0 "listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s" ||
		return 1
	holds "records" "$(ring_heads) > before"
}

# For documented values, "sock=2" is as wrong as "sock=x".
documented()
{
	[ "$1" != sock ] || [[ $2 =~ ^[01yYnN]$ ]] || {
		echo "taken, though it is neither 0 nor 1"
		return 1
	}
}

at_load()
{
	local p=$1 v=$2 status=0

	row_begins
	# A value with a blank, or none, is to be quoted.
	[[ $v =~ [[:space:]] ]] && v="\"$v\""
	insmod "$KO" ring_slots=16 "$p=$v" 2>"$TMP/insmod" || status=$?
	if [ "$status" -ne 0 ]; then
		! module_loaded || {
			echo "refused, and there"
			return 1
		}
		LC_ALL=C has_line "$TMP/insmod" "Invalid parameters" || {
			cut -c -300 "$TMP/insmod"
			return 1
		}
		names_it "$p"
		return
	fi
	documented "$p" "$v" && in_bounds "$p" "$(cat "$PARAMETERS"/"$p")" && works
	status=$?
	module_unload && return "$status"
}

at_run_time()
{
	local p=$1 v=$2 before

	before=$(cat "$PARAMETERS"/"$p")
	row_begins
	# In one write: a shell's would come in pieces.
	printf %s "$v" >"$TMP/value"
	if dd if="$TMP/value" of="$PARAMETERS/$p" bs=1M conv=notrunc 2>"$TMP/write"; then
		# Nothing to write is no write.
		in_bounds "$p" "$(cat "$PARAMETERS"/"$p")" && works
		return
	fi
	LC_ALL=C has_line "$TMP/write" "Invalid argument" || {
		cat "$TMP/write"
		return 1
	}
	same "$p" "$(cat "$PARAMETERS"/"$p")" "$before" && names_it "$p" && works
}

# A list that is longer than one write can hand over must not be taken in part.
long_list()
{
	local list

	list=$(seq -s, 10001 2 14000)
	module_load ports="$list" || return 1
	same "ports at load" "$(cut -c -20 "$PARAMETERS"/ports)" "$(cut -c -20 <<<"$list")" &&
		echo "$PORT" >"$PARAMETERS"/ports || return 1
	row_begins
	printf %s "$list" >"$TMP/value"
	if dd if="$TMP/value" of="$PARAMETERS/ports" bs=1M conv=notrunc 2>"$TMP/write"; then
		echo "was taken: $(tail -c 40 "$PARAMETERS"/ports)"
		return 1
	fi
	same "ports" "$(cat "$PARAMETERS"/ports)" "$PORT" && names_it ports
}

without_value()
{
	row_begins
	if insmod "$KO" "$1" 2>"$TMP/insmod"; then
		in_bounds "$1" "$(cat "$PARAMETERS"/"$1")" && works
		local status=$?
		module_unload && return "$status"
	fi
	! module_loaded
}

not_written()
{
	local before

	before=$(cat "$PARAMETERS"/"$1")
	! (echo 16 >"$PARAMETERS/$1") 2>"$TMP/write" &&
		has_line "$TMP/write" "Permission denied" &&
		same "$1" "$(cat "$PARAMETERS"/"$1")" "$before"
}

need modinfo dd objcopy
# It is loaded so often that its debugging symbols would take most of the time.
objcopy --strip-debug "$KO" "$TMP/tcptrace.ko" || bail_out "cannot copy $KO"
KO=$TMP/tcptrace.ko
netns_add a || bail_out "cannot make a namespace"
mapfile -t parameters < <(modinfo -p "$KO" | sed -nE 's/^([a-z_]+):.*/\1/p')
[ ${#parameters[@]} -ge 8 ] || bail_out "modinfo tells of ${#parameters[@]} parameters"

for p in "${parameters[@]}"; do
	for v in "${values[@]}"; do
		row "$p at load: ${v%%|*}$([[ $v != "|"* ]] || cut -d'|' -f2 <<<"$v")" \
			at_load "$p" "${v#*|}"
	done
	row "$p at load: no value" without_value "$p"
done
row "loaded with a long list; at run time it is refused" long_list
for p in "${parameters[@]}"; do
	case $p in
	ports | tls_bytes | tls_held)
		for v in "${values[@]}"; do
			row "$p at run time: ${v%%|*}$([[ $v != "|"* ]] || cut -d'|' -f2 <<<"$v")" \
				at_run_time "$p" "${v#*|}"
		done
		;;
	*) row "$p cannot be written" not_written "$p" ;;
	esac
done
closing_rows
test_run
