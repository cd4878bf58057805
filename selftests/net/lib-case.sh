# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-case.sh - cases: connections played first, checked later
#
# A case is one connection on a client port of its own, so that all can be
# played one after the other and be looked at in a single snapshot. Comes with
# lib.sh.

CASE_NAMES=()
CASE_PORTS=()
CASE_STATES=()
CASE_PLAYED=()

OPEN_C=CLOSED,SYN_SENT,ESTABLISHED
# shellcheck disable=SC2034 # used by the tests
OPEN_S=LISTEN,SYN_RCVD,ESTABLISHED

# case_add PORT NAME CLIENT-STATES SERVER-STATES
case_add()
{
	CASE_PORTS+=("$1")
	CASE_NAMES+=("$2")
	CASE_STATES+=("$3 $4")
}

# cases_play - plays the array "cases" for each of ADDRESSES, on client ports
# from 41000 on. A case is "namespace|name|client|server|rules|script", the
# states being what follows ESTABLISHED; where one begins with a "=" they are
# all. Rules (see above) of all cases are set before the first is played; %p
# stands for the client's port. With CASES_AT_ONCE=yes all run at the same
# time, each with a server port of its own, from $PORT on.
ADDRESSES=(127.0.0.1 ::1)
CASES_AT_ONCE=no
CASES_SINCE=$SECONDS
cases=()

cases_play()
{
	local c i=0 p ns name client server rule script at_once=()
	# shellcheck disable=SC2153 # lib.sh's
	local port=$PORT

	CASES_SINCE=$SECONDS
	: >"$TMP/list"
	for ADDR in "${ADDRESSES[@]}"; do
		for c in "${cases[@]}"; do
			IFS='|' read -rd '' ns name client server rule script \
				<<<"${c//||/| |}"
			p=$((41000 + i))
			[ "$ADDR" = "${ADDRESSES[0]}" ] || name+=", IPv6"
			whole_way $OPEN_C "$client"
			client=$REPLY
			whole_way $OPEN_S "$server"
			case_add $p "$name" "$client" "$REPLY"
			script=${script//$'\n'/ }
			[ $CASES_AT_ONCE = no ] || port=$((PORT + i))
			echo "$ADDR $port $p netns tcptrace-$ns; ${script//%p/$p}" \
				>>"$TMP/list"
			[[ $rule =~ ^[[:space:]]*$ ]] ||
				echo "${rule//%p/$p}" >>"$TMP/rules.$ns"
			i=$((i + 1))
		done
	done
	for rule in "$TMP"/rules.*; do
		[ ! -e "$rule" ] || rules "${rule##*.}" <"$rule" ||
			bail_out "cannot set nft rules: $(cat "$rule")"
	done
	[ $CASES_AT_ONCE = no ] || at_once=(-j)
	"$TOOLS/tcpplay" -b "${at_once[@]}" <"$TMP/list" >"$TMP/played" 2>"$TMP/played.err"
	while read -r p rule; do
		[[ $p$rule =~ ^[0-9]+failed$ ]] &&
			CASE_PLAYED[p - 41000]=$(grep " $p: " "$TMP/played.err")
	done <"$TMP/played"
}

# whole_way BEGINNING STATES - to REPLY
whole_way()
{
	case $2 in
	=*) REPLY=${2#=} ;;
	' ' | '') REPLY=$1 ;;
	*) REPLY=$1,$2 ;;
	esac
}

# case_fits INDEX - by the last snapshot; the expected way is a pattern
case_fits()
{
	local state

	conn "${CASE_PORTS[$1]}" cstates
	state=$REPLY
	conn "${CASE_PORTS[$1]}" sstates
	state+=" $REPLY"
	# On a slow machine the wait may be over before all was looked at.
	[ $((SECONDS - CASES_SINCE)) -lt 55 ] ||
		[[ ${CASE_STATES[$1]} == *TIME_WAIT,CLOSED* ]] ||
		state=${state//TIME_WAIT,CLOSED/TIME_WAIT}
	# shellcheck disable=SC2053
	[[ $state == ${CASE_STATES[$1]} ]] || {
		echo "client, server: $state"
		echo "     should be: ${CASE_STATES[$1]}"
		return 1
	}
}

all_settled()
{
	local i

	snapshot || return 1
	for i in "${!CASE_PORTS[@]}"; do
		case_fits "$i" || return 1
	done
}

# cases_settle [SECONDS] - wait until every case has its states; rows tell
# which have not
cases_settle()
{
	await "${1:-30}" all_settled >"$TMP/settle" 2>&1 || :
}

# case_check INDEX - the row of a case
case_check()
{
	local p=${CASE_PORTS[$1]} status=0

	if [ -n "${CASE_PLAYED[$1]:-}" ]; then
		echo "not played: ${CASE_PLAYED[$1]}"
		return 1
	fi
	case_fits "$1" || status=1
	# One that goes on has not all its records yet; one that had no answer
	# never has its server's.
	[[ ${CASE_STATES[$1]} == CLOSED,SYN_SENT\ * ||
		${CASE_STATES[$1]} == CLOSED,SYN_SENT*" *" ]] ||
		conn_is "$p" complete true || status=1
	conn_is "$p" lost 0 || status=1
	return $status
}

# verdicts WORD... - of the cases in order; the last word is for all the rest
verdicts()
{
	local i word status=0

	for i in "${!CASE_PORTS[@]}"; do
		word=$1
		[ $# -eq 1 ] || shift
		conn_is "${CASE_PORTS[i]}" verdict "$word" || status=1
	done
	return $status
}

case_rows()
{
	local i

	for i in "${!CASE_NAMES[@]}"; do
		row "${CASE_NAMES[i]}" case_check "$i"
	done
}
