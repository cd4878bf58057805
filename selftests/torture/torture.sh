#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# torture.sh - what nobody does to a module on purpose, for MINUTES
#
# In a guest; scripts/torture runs it. Parts (parts.sh) take turns, in rounds,
# each with its share of the time, and each at least once. After each part all
# must add up (lib-books.sh), the module unload, its caches be gone and the
# kernel's log be clean.
#
# From the environment: TCPTRACE_MINUTES, TCPTRACE_SEED, TCPTRACE_PARTS (names;
# all if not set). What chance decides in the scripts and tools is by the seed;
# what the scheduler decides is not.

TORTURE=$(cd "$(dirname "$0")" && pwd -P)
. "$TORTURE/../net/lib.sh"
. "$TORTURE/../net/lib-ring.sh"
. "$TORTURE/../net/lib-stat.sh"
. "$TORTURE/../net/lib-books.sh"
. "$TORTURE/../net/lib-barrage.sh"
. "$TORTURE/lib-world.sh"
. "$TORTURE/parts.sh"

MINUTES=${TCPTRACE_MINUTES:-10}
SEED=${TCPTRACE_SEED:-1}
RANDOM=$SEED
# Name and weight.
ALL_PARTS="load:3 ports:1 netns:1 hotplug:1 memory:1 flood:1 mangle:2 overflow:1"
KMEMLEAK=/sys/kernel/debug/kmemleak

declare -A runs=() failures=() skipped=() sums=()
figures=()	# "PART NAME", in the order in which they came
averages=()	# MemAvailable in kB, of each round
trend="not looked at"
leaks="this kernel cannot tell"

# plan - to PARTS, ROUNDS, UNIT (seconds for a weight of one) and LOADS
plan()
{
	local p weights=0

	PARTS=()
	for p in $ALL_PARTS; do
		[[ " ${TCPTRACE_PARTS:-${p%:*}} " == *" ${p%:*} "* ]] || continue
		PARTS+=("$p")
		weights=$((weights + ${p#*:}))
	done
	[ ${#PARTS[@]} -gt 0 ] || bail_out "no parts of these names"
	ROUNDS=$((MINUTES / 8))
	[ $ROUNDS -gt 0 ] || ROUNDS=1
	# What comes before and after a part takes some seconds as well.
	UNIT=$((MINUTES * 60 / ROUNDS / weights - 6))
	[ $UNIT -ge 5 ] || UNIT=5
	# 500 in an hour.
	# shellcheck disable=SC2034 # for part_load
	LOADS=$(((500 * MINUTES / 60 + ROUNDS - 1) / ROUNDS))
}

ticker()
{
	local doing minute=0

	while :; do
		read -rt 60 <&"$SILENCE"
		minute=$((minute + 1))
		read -r doing <"$TMP/now"
		echo "progress: $minute of about $MINUTES minutes: $doing"
	done
}

# One by one: a part leaves hundreds behind.
end_processes()
{
	local pid

	for pid in "${PIDS[@]}"; do
		[ "$pid" = "$SERVER" ] || kill -9 "$pid" 2>/dev/null
	done
	for pid in "${PIDS[@]}"; do
		[ "$pid" = "$SERVER" ] || wait "$pid" 2>/dev/null
	done
	PIDS=("$SERVER")
	TRAFFIC=()
	READERS=()
	READER_HOW=()
}

# What a part may have left as it should not be.
restore()
{
	local n

	[ ! -w "$CPU1" ] || [ "$(<"$CPU1")" = 1 ] || echo 1 >"$CPU1"
	[ ! -d $FAILSLAB ] || echo 0 >$FAILSLAB/probability
	rm -f /dev/shm/hog
	for n in t1 t2; do
		[ ! -e "/run/netns/$(netns $n)" ] || netns_del $n
	done
}

# Whoever sees an allocation fail says so at length, with his stack. That is no
# splat: each of these has a headline of its own.
expected_gone()
{
	sed '/Call Trace:/d'
}

log_clean()
{
	local filter=cat

	kernel_log_clean >"$TMP/log.part" && return
	[ "$1" != memory ] || filter=expected_gone
	kernel_log | $filter >"$TMP/log.rest"
	# Where nothing is left the mark may be gone, and with it what was to be seen.
	[ ! -s "$TMP/log.rest" ] || grep -qE "$SPLATS" "$TMP/log.rest" || return 0
	grep -m 1 -B 5 -A 40 -E "$SPLATS" "$TMP/log.rest"
	cat "$TMP/log.part"
	return 1
}

# around PART SECONDS - the part, and what must be so afterwards
around()
{
	local status=0

	"part_$1" "$2" || status=$?
	[ $status -eq 0 ] || take_books "$TMP/now" 2>/dev/null
	end_processes
	restore
	if module_loaded; then
		unload || {
			echo "it does not unload, or leaves something"
			status=1
		}
	fi
	log_clean "$1" || status=1
	slab_gone || status=1
	return $status
}

# keep PART - the figures that it has told
keep()
{
	local word name number

	while read -r word name number; do
		[ "$word" = figure ] || continue
		[ -n "${sums[$1 $name]:-}" ] || figures+=("$1 $name")
		sums[$1 $name]=$((${sums[$1 $name]:-0} + number))
	done <"$TMP/part"
}

# run_part PART SECONDS
run_part()
{
	local status=0 since=$SECONDS what=ok

	echo "round $ROUND of $ROUNDS, part $1, for $2 seconds" >"$TMP/now"
	MARK="tcptrace torture $$ round $ROUND part $1"
	echo "$MARK begins" >/dev/kmsg
	SEED=$((SEED + 1))
	RANDOM=$SEED
	# Not onto the console what is to be expected; the log has all.
	[ "$1" != memory ] || dmesg -n 1
	around "$1" "$2" >"$TMP/part" 2>&1 || status=$?
	[ "$1" != memory ] || dmesg -n 7
	runs[$1]=$((${runs[$1]:-0} + 1))
	keep "$1"
	case $status in
	0) ;;
	"$SKIP") what=skipped; skipped[$1]=$(head -n 1 "$TMP/part") ;;
	*) what=FAILED; failures[$1]=$((${failures[$1]:-0} + 1)) ;;
	esac
	echo "round $ROUND: $1: $what, after $((SECONDS - since)) s"
	if [ $what = FAILED ]; then
		grep -v '^figure' "$TMP/part" | tail -n 100 | sed 's/^/    /'
	else
		sed -n 's/^note: /    /p' "$TMP/part" | tail -n 6
	fi
	! module_loaded || finish "the module is stuck"
	rm -f "$TMP"/reader.* "$TMP"/follow.* "$TMP"/held.* "$TMP"/feed.*
}

one_round()
{
	local p sum=0 n=0

	for p in "${PARTS[@]}"; do
		[ "$ROUND" -eq 1 ] || [ $SECONDS -lt $((MINUTES * 60)) ] || return
		run_part "${p%:*}" $((UNIT * ${p#*:}))
		sum=$((sum + $(mem_available)))	# caches count as available
		n=$((n + 1))
	done
	averages+=($((sum / n)))
	echo "round $ROUND: MemAvailable ${averages[-1]} kB, on average after the parts"
}

# Of three rounds and more, behind the first: each with less than the one before,
# and 16 MiB in all, is a leak. Of fewer, nothing can be said.
memory_falls()
{
	local i rounds=${#averages[@]} falls=yes

	trend="MemAvailable ${averages[*]} kB"
	[ "$rounds" -ge 4 ] || {
		trend+=" (too few rounds to judge)"
		return 1
	}
	for ((i = 2; i < rounds; i++)); do
		[ "${averages[i]}" -lt "${averages[i - 1]}" ] || falls=no
	done
	[ $falls = yes ] && [ $((averages[1] - averages[rounds - 1])) -gt 16384 ]
}

# Twice: what it finds first may be on its way. In the module's text no symbols
# are left to be told by, only its addresses; of others it is not ours to judge.
leaks_found()
{
	local i

	[ -w $KMEMLEAK ] || return 1
	echo "kmemleak scans" >"$TMP/now"
	for i in 1 2 3; do
		await 6 false >/dev/null
		echo scan >$KMEMLEAK
	done
	cat $KMEMLEAK >"$TMP/leaks"
	# Where a cache cannot be made, its name in sysfs leaks: the kernel's own.
	awk '
		function tell() { if (ours && !theirs) printf "%s", object }
		/^unreferenced/ { tell(); object = ""; ours = theirs = 0 }
		{ object = object $0 "\n" }
		/tcptrace|\] 0xffffffff[0-9a-f]/ { ours = 1 }
		/sysfs_slab_add/ { theirs = 1 }
		END { tell() }
	' "$TMP/leaks" >"$TMP/leaks.ours"
	leaks="$(grep -c '^unreferenced' "$TMP/leaks") found"
	leaks+=", $(grep -c '^unreferenced' "$TMP/leaks.ours") of the module"
	head -n 60 "$TMP/leaks.ours"
	[ -s "$TMP/leaks.ours" ]
}

table()
{
	local p name f line result

	echo
	echo "kernel $(uname -r), $MINUTES minutes, seed ${TCPTRACE_SEED:-1}," \
		"${#averages[@]} rounds, $SECONDS s"
	printf '%-10s %-8s %s\n' part result figures
	for p in "${PARTS[@]}"; do
		p=${p%:*}
		result=ok
		line="rounds ${runs[$p]:-0}"
		for f in "${figures[@]}"; do
			name=${f#* }
			[ "${f% *}" != "$p" ] || line+=", ${name//_/ } ${sums[$f]}"
		done
		[ -z "${skipped[$p]:-}" ] || {
			result=skipped
			line+=", ${skipped[$p]}"
		}
		[ -z "${failures[$p]:-}" ] || {
			result=FAILED
			line+=", ${failures[$p]} FAILED"
		}
		[ "${runs[$p]:-0}" -gt 0 ] || result=FAILED
		printf '%-10s %-8s %s\n' "$p" $result "$line"
		case $result in
		ok) passed=$((passed + 1)) ;;
		FAILED) failed=$((failed + 1)) ;;
		esac
	done
}

# finish [WHY] - the table, and the end of it; WHY if it ends early
finish()
{
	local passed=0 failed=0

	kill "$TICKER"
	table
	if [ -n "${1:-}" ]; then
		echo "ended early: $1"
		failed=$((failed + 1))
	else
		if memory_falls; then
			failed=$((failed + 1))
			trend="FAILED, falls: $trend"
		else
			passed=$((passed + 1))
		fi
		if leaks_found; then
			failed=$((failed + 1))
			leaks="FAILED: $leaks"
		else
			passed=$((passed + 1))
		fi
		printf '%-10s %s\n' memory "$trend" kmemleak "$leaks"
	fi
	echo "torture: $passed passed, $failed failed, ${#skipped[@]} skipped"
	# shellcheck disable=SC2034 # for cleanup, in lib.sh
	PLANNED=yes
	exit $((failed > 0))
}

# What is for debuggers only is most of the file, to be read at each load.
lighten()
{
	command -v strip >/dev/null || return 0
	strip -g -o "$TMP/tcptrace.ko" "$KO" && KO=$TMP/tcptrace.ko
}

lighten || bail_out "cannot strip the module"
plan
echo "torture: $MINUTES minutes, seed $SEED, $ROUNDS rounds of: ${PARTS[*]}; $UNIT s each weight"
world_up || bail_out "cannot make the namespaces"
[ ! -w $KMEMLEAK ] || echo clear >$KMEMLEAK
echo "the beginning" >"$TMP/now"
ticker &
TICKER=$!
for ((ROUND = 1; ROUND == 1 || SECONDS < MINUTES * 60; ROUND++)); do
	one_round
done
finish
