#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timewait.sh - TIME_WAIT lasts 60 s, ends in a record, starts anew on a FIN
#
#	namespace a: client and server on lo
#	namespace slow: the same, and every segment is 200 ms under way
#
# All wait at the same time: the test takes 60 s and what a restart adds.

. "$(dirname "$0")/lib.sh"
run_both_ways

PORT=8000
PORTS=8000-8019
CASES_AT_ONCE=yes

begin="listen l; connect c; accept s"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
crossed=FIN_WAIT1,CLOSING,TIME_WAIT
end="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
SECOND=1000000000

# The second of the client's ACKs and the five after it are lost: its FIN
# unanswered, the server sends it again, as a probe at once and then after
# 0.2, 0.4, 0.8, 1.6, 3.2 s.
lose_acks="in tcp sport %p meta length < 80 tcp flags == ack numgen inc mod 100000 1-6 drop"

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"a|client waits|$active|$passive||$begin; $end"
"a|server waits|$passive|$active||$begin;
	shut s; eof c; state s FIN_WAIT2; close c; eof s; close s"
"a|restarted by a FIN that came again|$active|$passive|$lose_acks|$begin; $end"
"slow|both wait|$crossed|$crossed||$begin;
	shut c; shut s; eof c; eof s; close c; close s"
)
# shellcheck disable=SC2034 # lib.sh plays for them
ADDRESSES=(127.0.0.1 ::1)
TIMERS=10	# of 8 connections, two with two

uptime_ns()
{
	local up

	read -r up _ </proc/uptime
	echo "${up/./}0000000"
}

# Write down when ss last saw which client port wait, and when it first saw it
# wait no more, until all are over. How far these lie apart depends on how fast
# ss is here, so that each is taken for a bound.
watch_both()
{
	local n p before

	before=$(uptime_ns)
	for n in a slow; do
		ns "$n" ss -Htn state time-wait
	done | awk '{ n = split($3, l, ":"); m = split($4, r, ":")
		print (l[n] > 40000 ? l[n] : r[m]) }' | sort -u >"$TMP/waiting"
	for p in "${!last_wait[@]}"; do
		[ -n "${first_gone[$p]:-}" ] || first_gone[$p]=$(uptime_ns)
	done
	while read -r p; do
		last_wait[$p]=$before
		unset "first_gone[$p]"
	done <"$TMP/waiting"
	raw " kind=4 why=48 " >"$TMP/timers"
	[ "$(wc -l <"$TMP/timers")" -ge "$TIMERS" ] && [ ! -s "$TMP/waiting" ]
}

# timers_fit CPORT NUMBER
timers_fit()
{
	local t due since n=0

	while read -r t since due; do
		n=$((n + 1))
		holds "due after 60 s" "$due - $since == 60 * $SECOND" || return
		holds "not early" "$t >= $due" || return
		holds "3 s late at most" "$t - $due <= 3 * $SECOND" || return
	done < <(sed -nE "s/.* t=([0-9]+) .*cport=$1 .* due=([0-9]+) since=([0-9]+).*/\1 \3 \2/p" \
		"$TMP/timers")
	same "timers" "$n" "$2"
}

# The kernel's own TIME_WAIT ends not before the due time, and within 3 s of it.
kernel_fits()
{
	local due

	due=$(sed -nE "s/.*cport=$1 .* due=([0-9]+).*/\1/p" "$TMP/timers" | tail -n 1)
	[ -n "$due" ] && [ -n "${first_gone[$1]:-}" ] || {
		echo "never seen: by us '$due', gone for ss '${first_gone[$1]:-}'"
		return 1
	}
	holds "last seen by ss" "${last_wait[$1]} - $due <= 3 * $SECOND" &&
		holds "gone for ss" "${first_gone[$1]} - $due >= 0"
}

# From the last FIN that came again, not from the first.
restarted()
{
	local since last began

	raw "cport=$1 " >"$TMP/records"
	began=$(sed -nE 's/.* t=([0-9]+) .* old=5,[0-9]+ state=6,.*/\1/p' "$TMP/records" | tail -n 1)
	last=$(sed -nE 's/.* t=([0-9]+) .* from=1 vantage=2 .* flags=FIN,ACK .*/\1/p' "$TMP/records" | tail -n 1)
	since=$(sed -nE 's/.* since=([0-9]+).*/\1/p' "$TMP/records")
	holds "restarted" "$last - $began > 5 * $SECOND" &&
		same "the wait began" "$since" "$last"
}

began_with_its_state()
{
	local since began

	raw "cport=$1 " >"$TMP/records"
	began=$(sed -nE 's/.* t=([0-9]+) .* old=5,[0-9]+ state=6,.*/\1/p' "$TMP/records" | tail -n 1)
	since=$(sed -nE 's/.* since=([0-9]+).*/\1/p' "$TMP/records")
	same "the wait began" "$since" "$began"
}

ends_in_closed()
{
	local p column

	snapshot || return 1
	for p in "${CASE_PORTS[@]}"; do
		for column in cstates sstates; do
			conn "$p" "$column"
			[[ $REPLY == *,CLOSED ]] && continue
			echo "port $p: $column $REPLY"
			return 1
		done
	done
}

netns_add a slow || bail_out "cannot make namespaces"
ns slow tc qdisc add dev lo root netem delay 200ms || bail_out "no netem"
module_load ports=$PORTS || bail_out "cannot load the module"
oracle_start $PORTS || bail_out "cannot start the kernel's log"
declare -A last_wait=() first_gone=()
cases_play
cases_settle
await 5 time_waits_agree a slow >"$TMP/agree" 2>&1

case_rows
row "ss shows TIME_WAIT where we do" time_waits_agree a slow
row "TIME_WAITs end, with a record" await 90 watch_both
for p in 41000 41001 41002 41004 41005 41006; do
	row "a timer for port $p, 60 to 63 s" timers_fit $p 1
	row "the kernel's wait for port $p, as long" kernel_fits $p
done
for p in 41003 41007; do
	row "a timer for each end of port $p, 60 to 63 s" timers_fit $p 2
	row "the kernel's waits for port $p, as long" kernel_fits $p
done
row "the wait begins with the state" began_with_its_state 41000
row "the wait begins anew" restarted 41002
row "the wait begins anew, IPv6" restarted 41006
row "both ends are closed at last" ends_in_closed
closing_rows
test_run
