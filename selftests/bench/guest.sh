#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh - what looking at a connection costs; runs in the VM that counts
#
#	guest.sh CYCLES NUMBER CASE...
#
# Each case is set up CYCLES times, and each time NUMBER connections are made in
# a network namespace of its own: short ones, and a tenth as many of 20
# exchanges. Prints "case workload family nanoseconds sightings", both per
# connection, a line for each; one nanosecond is one instruction where time is
# counted so, and sightings are 0 where nobody counts them.
#
# A case is two functions, on_CASE and off_CASE; WATCHER is the process whose
# work is to be waited for and added.

set -uo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TRACEFS=/sys/kernel/tracing
PORT=80
LONG=20
WARM_UP=50	# connections.c makes so many before it measures

load()
{
	insmod "$TCPTRACE_KO" "$@" || die "cannot load the module"
}

unload()
{
	rmmod tcptrace || die "cannot unload the module"
}

on_bare() { :; }
off_bare() { :; }

on_empty-hooks() { insmod "$HERE/empty_hooks.ko" || die "no empty_hooks.ko"; }
off_empty-hooks() { rmmod empty_hooks; }

on_other-ports() { load ports=9; }
off_other-ports() { unload; }

on_traced() { load ports=$PORT sock=0 tls_bytes=0; }
off_traced() { unload; }

on_traced-sock() { load ports=$PORT sock=1 tls_bytes=0; }
off_traced-sock() { unload; }

on_traced-tls() { load ports=$PORT sock=1; }
off_traced-tls() { unload; }

on_ftrace() { echo 1 >$TRACEFS/events/sock/inet_sock_set_state/enable; }
off_ftrace()
{
	echo 0 >$TRACEFS/events/sock/inet_sock_set_state/enable
	echo >$TRACEFS/trace
}

on_conntrack()
{
	in_ns nft -f - <<-END
		table inet t {
			chain in {
				type filter hook input priority 0;
				ct state established,new accept
			}
			chain out {
				type filter hook output priority 0;
				ct state established,new accept
			}
		}
	END
}
off_conntrack() { in_ns nft flush ruleset; }

on_tcptimeline()
{
	load ports=$PORT sock=1 tls_bytes=0
	watch "[ -e $TMP/watch.tct ]" \
		"$TOP/userspace/tcptimeline" -w "$TMP/watch.tct"
}
off_tcptimeline()
{
	unwatch
	unload
	rm -f "$TMP/watch.tct"
}

on_tcpdump()
{
	watch "grep -qs 'listening on' $TMP/watch.err" \
		"${IN_NS[@]}" tcpdump -i lo -w "$TMP/watch.pcap" "tcp port $PORT"
}
off_tcpdump()
{
	unwatch
	rm -f "$TMP/watch.pcap"
}

on_conntrack-E()
{
	on_conntrack
	watch conntrack_listens "${IN_NS[@]}" conntrack -E
}
off_conntrack-E()
{
	unwatch
	off_conntrack
}

on_bpftrace()
{
	# shellcheck disable=SC2016 # bpftrace's variables
	watch "grep -qs Attach $TMP/watch.out" bpftrace -e '
		tracepoint:sock:inet_sock_set_state {
			printf("%s %d %d %d %d\n", comm, args->sport,
				args->dport, args->oldstate, args->newstate);
		}'
}
off_bpftrace() { unwatch; }

# All segments that the module's hooks have seen.
sightings()
{
	local seen sum=0

	[ -e /proc/net/stat/tcptrace ] || {
		echo 0
		return
	}
	{
		read -r _
		while read -r _ seen _; do
			sum=$((sum + 16#$seen))
		done
	} </proc/net/stat/tcptrace
	echo $sum
}

# measure CASE WORKLOAD FAMILY NUMBER OPTION...
measure()
{
	local case=$1 workload=$2 family=$3 number=$4 ns seen
	shift 4

	seen=$(sightings)
	ns=$(in_ns "$HERE/connections" -n "$number" "$@" ${WATCHER:+-w "$WATCHER"}) ||
		die "$case: the connections failed"
	# Those that warm up were seen as well.
	seen=$((($(sightings) - seen) / (number + WARM_UP)))
	echo "$case $workload $family $((ns / number)) $seen"
}

# One more name space each time, so that no TIME_WAIT of before is in the way.
cycle()
{
	local case=$1 number=$2

	ip netns add $NS || die "no network namespace"
	ip -n $NS link set lo up
	"on_$case"
	measure "$case" short 4 "$number"
	measure "$case" short 6 "$number" -6
	measure "$case" long 4 $((number / 10)) -x $LONG
	measure "$case" long 6 $((number / 10)) -6 -x $LONG
	"off_$case"
	ip netns del $NS
	# Namespaces go a little later.
	sleep 2
}

[ $# -ge 3 ] || die "usage: guest.sh CYCLES NUMBER CASE..."
cycles=$1
number=$2
shift 2
trap 'rm -rf "$TMP"' EXIT
[ -d $TRACEFS/events/sock ] || mount -t tracefs tracefs $TRACEFS ||
	die "no tracefs"
for ((i = 0; i < cycles; i++)); do
	for case; do
		cycle "$case" "$number"
	done
done
