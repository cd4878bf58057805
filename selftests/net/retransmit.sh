#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# retransmit.sh - each segment of a connection lost once, and sent again
#
#	namespace a: client and server on lo; nft drops a segment where it would
#	arrive, so that it leaves and never arrives
#	namespace mute: the same, but a client says its SYN twice only
#	namespace twice: every segment arrives twice
#	namespace poor: segments are delayed and lost at random
#
# All connections run at the same time, for each waits for TCP's timers.

. "$(dirname "$0")/lib.sh"
run_both_ways

PORT=8000
PORTS=8000-8099
POOR=30

begin="listen l; connect c; accept s"
end="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
once="numgen inc mod 100000 == 0 drop"
pure="meta length < 80 tcp flags == ack"

# No segment says that the client gives up: the kernel's word does, which is
# recorded a second later, when no segment has said more.
gives_up='=CLOSED,SYN_SENT,CLOSED'
[ "$SOCK" != 0 ] || gives_up='=CLOSED,SYN_SENT'

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"a|SYN lost|$active|$passive|
	in tcp sport %p tcp flags == syn $once|$begin; $end"
"a|SYN lost twice|$active|$passive|
	in tcp sport %p tcp flags == syn numgen inc mod 100000 < 2 drop|$begin; $end"
"a|SYN-ACK lost|$active|$passive|
	in tcp dport %p tcp flags & syn == syn $once|$begin; $end"
"a|final ACK of the handshake lost|$active|$passive|
	in tcp sport %p $pure $once|$begin; $end"
"a|data of the client lost|$active|$passive|
	in tcp sport %p meta length > 1000 $once|$begin;
	send c 2000; recv s 2000; acked c; $end"
"a|data of the server lost|$active|$passive|
	in tcp dport %p meta length > 1000 $once|$begin;
	send s 2000; recv c 2000; acked s; $end"
"a|FIN of the client lost|$active|$passive|
	in tcp sport %p tcp flags & fin == fin $once|$begin; $end"
"a|ACK of the client's FIN lost|$active|$passive|
	in tcp dport %p $pure $once|$begin; $end"
"a|FIN of the server lost|$active|$passive|
	in tcp dport %p tcp flags & fin == fin $once|$begin; $end;
	lacks LAST_ACK"
"a|last ACK lost: the FIN comes again in TIME_WAIT|$active|$passive|
	in tcp sport %p $pure numgen inc mod 100000 == 1 drop|$begin; $end;
	lacks LAST_ACK"
"mute|SYN unanswered|$gives_up|=*|
	in tcp sport %p tcp flags == syn drop|
	listen l; start c; finish c ETIMEDOUT"
"twice|every segment arrives twice|$active|$passive||$begin;
	send c 100; recv s 100; send s 3000; recv c 3000; $end;
	lacks LAST_ACK"
)

# again CPORT CLIENT SERVER - segments sent again, by counters
again()
{
	conn_is "$1" cretrans "$2" && conn_is "$1" sretrans "$3"
}

# sent_again CPORT FLAGS WHO NUMBER - by records of segments that left
sent_again()
{
	local n

	n=$(raw "cport=$1 .* kind=1 .* from=$3 vantage=1 .* flags=$2 " | wc -l)
	holds "$2 sent" "$n $4" || raw "cport=$1 "
}

# The server alone knows nothing: no final ACK arrived, none is inferred.
held_in_syn_rcvd()
{
	local p=45000 lost="tcp sport 45000 meta length < 80 tcp flags == ack"

	rules held <<<"in $lost drop" || return 1
	ADDR=127.0.0.1
	play_command held "$p" \
		"listen l; connect c; hold connected; accept s; $end"
	spawn_fed "$TMP/held" "${COMMAND[@]}"
	await 10 has_line "$TMP/held" connected || return 1
	same "seen by ss" "$(ns held ss -Htn state syn-recv | wc -l)" 1 &&
		snapshot && conn_is "$p" cstates "$OPEN_C" &&
		conn_is "$p" sstates LISTEN,SYN_RCVD || return 1
	ns held nft flush chain inet t in
	feed "$FEED" && reap "$SPAWNED" 30 || {
		cat "$TMP/held"
		return 1
	}
	await 5 held_is_over
}

held_is_over()
{
	snapshot && conn_is 45000 sstates "$OPEN_S,$passive"
}

poor_all_seen()
{
	local n

	cat "$TMP/poor.log"
	snapshot || return 1
	n=$(awk '$1 >= 46000 && $1 < 46000 + n && $8 == "true" &&
		$6 ~ /(CLOSED|TIME_WAIT)$/' n="$POOR" "$TMP/conns" | wc -l)
	same "connections that are whole and over" "$n" "$POOR"
}

netns_add a mute twice poor held || bail_out "cannot make namespaces"
ns mute sysctl -qw net.ipv4.tcp_syn_retries=1 || bail_out "no sysctl"
ns twice tc qdisc add dev lo root netem duplicate 100% ||
	bail_out "no netem"
ns poor tc qdisc add dev lo root netem delay 5ms 3ms loss 5% ||
	bail_out "no netem"
module_load ports=$PORTS || bail_out "cannot load the module"
oracle_start $PORTS || bail_out "cannot start the kernel's log"


for ((i = 0; i < POOR; i++)); do
	echo "127.0.0.1 $((8050 + i)) $((46000 + i)) netns $(netns poor); $begin;" \
		"send c 100; recv s 100; send s 5000; recv c 5000; $end; lacks LAST_ACK"
done >"$TMP/poor"
"$TOOLS/tcpplay" -b -j <"$TMP/poor" >"$TMP/poor.log" 2>&1 &
PIDS+=($!)
poor_pid=$!
# shellcheck disable=SC2034 # lib.sh looks
CASES_AT_ONCE=yes
# shellcheck disable=SC2034 # nft drops by port; a family more adds nothing
ADDRESSES=(127.0.0.1)
cases_play
reap $poor_pid 90
cases_settle

case_rows
row "verdicts" verdicts closed closed closed closed closed closed closed \
	closed closed closed no-answer closed
row "SYN: 2 by the client" sent_again 41000 SYN 0 "== 2"
row "SYN: 3 by the client" sent_again 41001 SYN 0 "== 3"
row "SYN-ACK: 2 or 3 by the server" sent_again 41002 SYN,ACK 1 ">= 2"
row "final ACK: the SYN-ACK again" sent_again 41003 SYN,ACK 1 ">= 2"
row "data of the client: counted" again 41004 1 0
row "data of the server: counted" again 41005 0 1
row "FIN of the client: 2" sent_again 41006 FIN,ACK 0 "== 2"
row "ACK of the FIN: the FIN again" sent_again 41007 FIN,ACK 0 "== 2"
row "FIN of the server: 2" sent_again 41008 FIN,ACK 1 "== 2"
row "last ACK: the FIN again" sent_again 41009 FIN,ACK 1 "== 2"
row "unanswered: 2 SYNs" sent_again 41010 SYN 0 "== 2"
row "final ACK missing: SYN-RECV says ss, SYN_RCVD say we" held_in_syn_rcvd
row "$POOR connections over a poor network" poor_all_seen
closing_rows
test_run
