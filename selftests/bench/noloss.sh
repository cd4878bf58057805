#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# noloss.sh - what those who look on lose under load; runs in the VM
#
#	noloss.sh SECONDS
#
# For each of them, on every CPU a program makes connections for so long, one
# after the other and as fast as it can. Prints "watcher connections seen lost
# unit" for each, of what it says of itself: records, packets; who says nothing
# is judged by the connections that it has told of. Exit status 1 if tcptimeline
# has lost something, its ring being of the default size.

set -uo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

trap 'rm -rf "$TMP"' EXIT
status=0

# Sets made: connections, all CPUs together.
load()
{
	local cpu n pids=()

	made=0
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		in_ns taskset -c "$cpu" "$HERE/connections" -s "$seconds" \
			-p $((80 + cpu)) >"$TMP/made.$cpu" &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || die "the connections failed"
	done
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		read -r n <"$TMP/made.$cpu"
		made=$((made + n))
	done
}

# Who looks on has the time to finish: until it rests, five looks in a row.
calm()
{
	local left=600 rested=0

	while [ "$rested" -lt 5 ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || die "who looks on is not done after a minute"
		sleep 0.1
		rests && rested=$((rested + 1)) || rested=0
	done
}

number_in()
{
	sed -nE "s/.*[^0-9]*\b([0-9]+) $1.*/\1/p" "$2" | head -n 1
}

run_tcptimeline()
{
	local lost

	insmod "$TCPTRACE_KO" ports=80-95 || die "cannot load the module"
	watch "[ -e $TMP/rec.tct ]" \
		"$TOP/userspace/tcptimeline" -w "$TMP/rec.tct"
	load
	calm
	unwatch
	lost=$(sed -nE 's/.*: ([0-9]+) of [0-9]+ records were over.*/\1/p' "$TMP/watch.err")
	echo "tcptimeline $made $(number_in "records in" "$TMP/watch.err") ${lost:-0} records"
	[ "${lost:-0}" -eq 0 ] || status=1
	rmmod tcptrace
	rm -f "$TMP/rec.tct"
}

run_tcpdump()
{
	watch "grep -qs 'listening on' $TMP/watch.err" "${IN_NS[@]}" tcpdump -i lo \
		-w "$TMP/watch.pcap" "tcp portrange 80-95"
	load
	calm
	unwatch
	echo "tcpdump $made $(number_in "packets captured" "$TMP/watch.err")" \
		"$(number_in "packets dropped by kernel" "$TMP/watch.err") packets"
	rm -f "$TMP/watch.pcap"
}

run_conntrack()
{
	local seen

	in_ns nft -f - <<-END
		table inet t {
			chain out {
				type filter hook output priority 0;
				ct state established,new accept
			}
		}
	END
	watch conntrack_listens "${IN_NS[@]}" conntrack -E -p tcp -e NEW
	load
	calm
	unwatch
	seen=$(grep -c NEW "$TMP/watch.out")
	echo "conntrack-E $made $seen $((made > seen ? made - seen : 0)) connections"
	in_ns nft flush ruleset
}

# Each connection moves its client to SYN_SENT once.
run_bpftrace()
{
	local seen

	# shellcheck disable=SC2016 # bpftrace's variables
	watch "grep -qs Attach $TMP/watch.out" bpftrace -e '
		tracepoint:sock:inet_sock_set_state {
			printf("%s %d %d %d %d\n", comm, args->sport,
				args->dport, args->oldstate, args->newstate);
		}'
	load
	calm
	unwatch
	seen=$(grep -c ' 7 2$' "$TMP/watch.out")
	echo "bpftrace $made $seen $((made > seen ? made - seen : 0)) connections"
}

[ $# -eq 1 ] || die "usage: noloss.sh SECONDS"
seconds=$1
for name in tcptimeline tcpdump conntrack bpftrace; do
	ip netns add $NS || die "no network namespace"
	ip -n $NS link set lo up
	"run_$name"
	ip netns del $NS
done
exit $status
