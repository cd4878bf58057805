#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# random.sh - random connections over a bad wire, and the kernel's own states
#
#	namespace here: the clients -- netem -- namespace there: the servers
#
# IPv4 and IPv6; some break off at any time, with data unread or on its way,
# by a reset or without a word; some ask where nobody answers. The module
# traces each end as a local one, so each has its states in order in the
# kernel's log as well: they must be the same. An end of which a state is
# marked as inferred may differ; such are counted.
#
# TCPTRACE_CONNECTIONS says how many (default 200), TCPTRACE_SEED what the
# random choices begin with (default 1), TCPTRACE_KEEP names a directory where
# the recording and what was made of it are left.
# TCPTRACE_MAY_DIFFER says how many ends in a thousand may differ without being
# marked (default 10): under such traffic about one does, and which one chance
# decides. make check-states allows none.

. "$(dirname "$0")/lib.sh"
run_both_ways

CONNECTIONS=${TCPTRACE_CONNECTIONS:-200}
SEED=${TCPTRACE_SEED:-1}
MAY_DIFFER=${TCPTRACE_MAY_DIFFER:-10}
# Answered, refused, silent.
PORTS=8080-8082

# Ends that nobody waits for are done within seconds, not minutes.
side()
{
	ns "$1" tc qdisc add dev "$2" root netem limit 100000 \
		delay 4ms 3ms loss 2% duplicate 1% reorder 10% &&
		ns "$1" sysctl -qw net.ipv4.tcp_fastopen=0x603 \
			net.ipv4.tcp_syn_retries=2 \
			net.ipv4.tcp_synack_retries=3 \
			net.ipv4.tcp_orphan_retries=3 \
			net.ipv4.tcp_retries2=6 net.ipv4.tcp_fin_timeout=5 \
			net.ipv4.tcp_max_tw_buckets=262144
}

wire_up()
{
	netns_add here there &&
		veth here 10.9.0.1/24 fd09::1/64 there 10.9.0.2/24 fd09::2/64 &&
		side here to-there && side there to-here &&
		rules there <<-END
			add rule inet t in tcp dport 8082 drop
		END
}

serving()
{
	[ "$(ns there ss -Hltn 'sport = :8080' | wc -l)" -eq 2 ]
}

at_rest()
{
	ns here ss -Htan state all exclude time-wait >"$TMP/sockets" &&
		ns there ss -Htan state all exclude time-wait \
			exclude listening >>"$TMP/sockets" &&
		[ ! -s "$TMP/sockets" ]
}

record()
{
	spawn "$TMP/recorder" "$TCPTIMELINE" -w "$TMP/recording"
	RECORDER=$SPAWNED
}

serve()
{
	spawn "$TMP/server" nsenter --net="/run/netns/$(netns there)" -- \
		"$TOOLS/traffic" serve rough
	SERVER=$SPAWNED
	await 20 serving
}

connect()
{
	echo "note: $CONNECTIONS connections, seed $SEED"
	ns here "$TOOLS/traffic" connect "$CONNECTIONS" "$SEED" rough
}

# The module may have a last word on sockets that are gone: it waits a second
# for a segment to tell why, and looks once a second.
all_told()
{
	local end=$((SECONDS + 4))

	until [ "$SECONDS" -ge "$end" ]; do
		pause
	done
}

recorder_stops()
{
	kill "$SERVER"
	kill -INT "$RECORDER"
	reap "$RECORDER" 60 || {
		cat "$TMP/recorder"
		return 1
	}
	"$TCPTIMELINE" -r "$TMP/recording" -o json >"$TMP/json"
}

# One that seemed over and went on is told of twice: its first part is no loss.
nothing_lost()
{
	without_events "$TMP/json" | jq -rs 'group_by(.id)[] | select(length == 1)[] | select(.lost > 0) |
		"\(.id) \(.client.addr) \(.client.port) lost \(.lost): " +
		"\(.client.states) \(.server.states) \(.verdict) \(.end)"' >"$TMP/lost"
	[ ! -s "$TMP/lost" ] || {
		wc -l <"$TMP/lost"
		head -n 20 "$TMP/lost"
		show_connection ".lost > 0" | head -n 100
		return 1
	}
}

show_connection()
{
	jq -r "select($1)"' | .id as $id | .events[] | [$id, .n, .t_ns, .kind,
		.why, .from, .vantage, (.flags // [] | join("")), .seq, .ack,
		.len, .said, .client, .server] | map(tostring) | join(" ")' \
		"$TMP/json"
}

# The records of some that are wrong.
show_worst()
{
	local port

	for port in $(grep -v -e ^inferred -e ^connections "$TMP/oracle" |
		grep -oE " [0-9]+:? " | tr -d : | grep -vx " 8080 " | head -n 3); do
		show_connection ".client.port == $port"
		grep " $port " "$TMP/statelog"
	done
}

# Ends whose state cannot be told from packets are few, and say so.
states_agree()
{
	local ends wrong

	"$TOOLS/statelog" "$TRACE" >"$TMP/statelog" || return 1
	"$ORACLE" --inferred "$TMP/json" "$TMP/statelog" >"$TMP/oracle"
	[ -z "${TCPTRACE_KEEP:-}" ] ||
		cp "$TMP"/{recording,json,statelog,oracle} "$TCPTRACE_KEEP"
	sed '$!d;s/^/note: /' "$TMP/oracle"
	read -r _ _ _ ends _ _ _ _ _ wrong < <(tail -n 1 "$TMP/oracle")
	grep -v -e ^inferred -e ^connections "$TMP/oracle" |
		sed "s/^/note: /" | head -n 40
	holds "ends that differ" \
		"${ends:-0} > 0 && ${wrong:-1} * 1000 <= $MAY_DIFFER * ends" || {
		show_worst | head -n 60
		return 1
	}
}

few_inferred()
{
	read -r _ _ _ ENDS _ _ _ INFERRED _ < <(tail -n 1 "$TMP/oracle")
	grep ^inferred "$TMP/oracle" | sed 's/.*: ours/note: ours/' |
		sort | uniq -c | sort -rn | head -n 20
	holds "ends with an inferred state that differs" \
		"$INFERRED * 20 <= $ENDS"
}

words_agree()
{
	kernel_never_differs && return
	show_connection "any(.events[]; .why == \"differs\")" | head -n 100
	return 1
}

wire_up || bail_out "cannot join two namespaces"
module_load ports=$PORTS ring_slots=65536 || bail_out "cannot load the module"
oracle_start $PORTS || bail_out "cannot start the kernel's log"
echo 65536 >"$TRACE/buffer_size_kb"
row "all is recorded" record
row "servers listen" serve
row "random connections" connect
row "they are over" await 240 at_rest
row "all of it is told" all_told
row "the recording ends" recorder_stops
row "no record was lost" nothing_lost
row "each end's states are the kernel's" states_agree
row "states that cannot be told are few" few_inferred
row "the kernel's word differs nowhere" words_agree
closing_rows early
test_run
