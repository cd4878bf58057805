#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ring.sh - search all that can happen to the ring's protocol, with spin
#
# What is done rightly must hold in every state that can be reached, and the
# search must be whole. What is done wrongly must be found out, each by the
# property that it breaks; and each turn of what is done rightly must be reached.
# See ring.pml for the names.

set -uo pipefail

MODEL=$(cd "$(dirname "$0")" && pwd -P)/ring.pml

# what | what is left out | sought | outcome
#
# The stamp's own release and acquire, and the first look, are not needed where
# the head's are there: a head that was loaded shows the whole record. They are
# for whoever comes to a slot by another way, and each is shown to carry where
# the head's barriers are away.
rows=(
"the protocol|||holds"
"a record is accepted||ACCEPTED|reached"
"the first look misses||FIRST_MISSED|reached"
"the second look misses||SECOND_MISSED|reached"
"the reader is overtaken||SKIPPED|reached"
"the reader is lapped||LAPPED|reached"
"the reader comes to the end||ENDED|reached"
"no A, smp_wmb()|NO_A|TORN|fails"
"no acquire fence|NO_FENCE|TORN|fails"
"no B at the head|NO_B_HEAD|NOT_OVERWRITTEN|fails"
"no B at all, stamp and head|NO_B_STAMP NO_B_HEAD|TORN|fails"
"no acquire of the head|NO_ACQUIRE_HEAD|NOT_OVERWRITTEN|fails"
"no acquire of stamp and head|NO_ACQUIRE NO_ACQUIRE_HEAD|TORN|fails"
"the stamp not zeroed|NO_ZERO|TORN|fails"
"interrupts on|NO_IRQS_OFF|TORN|fails"
"no second look|NO_SECOND|TORN|fails"
"no look at all|NO_FIRST NO_SECOND|OF_ANOTHER|fails"
"no first look, no B at the head|NO_FIRST NO_B_HEAD|TORN|fails"
"no C, release of the flag|NO_C|CUT_SHORT|fails"
"no B at the stamp, B at the head|NO_B_STAMP||holds"
"no acquire of the stamp, of the head one|NO_ACQUIRE||holds"
"no first look|NO_FIRST||holds"
"slot by slot where it is lapped|NO_SKIP||holds"
"no B at the head: whole|NO_B_HEAD|TORN|holds"
"no acquire of the head: whole|NO_ACQUIRE_HEAD|TORN|holds"
)

bail_out()
{
	printf 'Bail out! model: %s\n' "$*"
	exit 1
}

# value NAME... - of ring.pml's definitions, or-ed, to REPLY
declare -A defined=()
value()
{
	local name

	REPLY=0
	for name; do
		[ -n "${defined[$name]:-}" ] || bail_out "ring.pml has no $name"
		REPLY=$((REPLY | defined[$name]))
	done
}

build()
{
	local name number

	command -v spin gcc >/dev/null ||
		bail_out "spin and gcc are needed: apt-get install spin gcc"
	if ! (cd "$work" && spin -a "$MODEL" &&
		gcc -O2 -w -DSAFETY -DMEMLIM=1024 -o pan pan.c) >"$work/log" 2>&1; then
		sed 's/^/# /' "$work/log"
		bail_out "ring.pml does not become a program"
	fi
	while read -r name number; do
		defined[$name]=$number
	done < <(sed -nE 's/^#define ([A-Z_]+)[[:space:]]+([0-9]+)([[:space:]].*)?$/\1 \2/p' "$MODEL")
}

# search OUTCOME - what pan says, in "$work/out", is this; the number of states
# to STATES. Whatever cuts a search short is neither.
search()
{
	STATES=$(sed -nE 's/^ *([0-9]+) states, stored$/\1/p' "$work/out")
	if ! grep -q '^Full statespace search' "$work/out" ||
		grep -qiE 'not completed.*(memory|depth)|too small|exceeded|out of memory|invalid end state \(' "$work/out"; then
		echo "# the search was cut short"
		return 1
	fi
	case $1 in
	holds)
		grep -q 'errors: 0$' "$work/out" &&
			! grep -qE 'assertion violated|Search not completed' \
				<(grep -v '^	assertion violations' "$work/out") && [ "${STATES:-0}" -gt 10000 ]
		;;
	fails | reached)
		grep -q '^pan:1: assertion violated' "$work/out" &&
			grep -q 'errors: 1$' "$work/out"
		;;
	esac
}

check_row()
{
	local what out sought outcome

	IFS='|' read -r what out sought outcome <<<"$1"
	# shellcheck disable=SC2086 # words
	value $out
	out=$REPLY
	# shellcheck disable=SC2086
	value $sought
	# It writes a trail where it is.
	(cd "$work" && WRONG=$out SOUGHT=$REPLY ./pan -m100000 -b -w20) \
		>"$work/out" 2>&1
	if search "$outcome"; then
		echo "ok $n - model: $what: $outcome"
		echo "# $STATES states"
		return 0
	fi
	echo "not ok $n - model: $what: should be: $outcome"
	sed 's/^/# /' "$work/out"
	return 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/tcptrace-model.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
build
echo "TAP version 13"
echo "1..${#rows[@]}"
n=0
failed=0
for row in "${rows[@]}"; do
	n=$((n + 1))
	check_row "$row" || failed=$((failed + 1))
done
echo "# Totals: pass:$((n - failed)) fail:$failed xfail:0 xpass:0 skip:0 error:0"
[ $failed -eq 0 ]
