#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh - what looking at a connection costs; runs in the VM that counts
#
#	guest.sh CYCLES NUMBER CASE...
#
# Each case is set up CYCLES times, and each time NUMBER connections are made in
# a network namespace of its own: short ones, and a tenth as many of 20
# exchanges. Prints "case workload family mean quartile sightings" per connection,
# a line for each, in nanoseconds, which are instructions where time is counted
# so; sightings are 0 where nobody counts them. The quartile is what three in four
# connections exceed: it tells what a case adds to each to some hundred
# instructions. The mean has in it what is done now and then, and by others: the
# clock's tick every 4,000,000, the module's every second, RCU's callbacks, SLUB's
# slow ways, WATCHER.
#
# With what takes memory comes "memory NAME BYTES" as well.
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

# A crowd of connections that sent a SYN, to where nobody is; other cases have
# none.
crowd()
{
	local before number=$1

	load ports=$PORT,81 sock=0 tls_bytes=0 max_flows=1100000 max_half_open=1100000
	if ! ip -n $NS link add nowhere type dummy ||
		! ip -n $NS link set nowhere up ||
		! ip -n $NS addr add 198.18.0.1/15 dev nowhere; then
		die "no dummy device"
	fi
	before=$(free_bytes)
	in_ns "$HERE/crowd" "$number" || die "no crowd"
	grep -q "^# entries=$number " /proc/tcptrace ||
		die "not $number flows: $(grep "^# entries=" /proc/tcptrace)"
	[ "$number" -lt 100000 ] ||
		echo "memory flow $(((before - $(free_bytes)) / number))"
}

on_crowd-1000() { crowd 1000; }
off_crowd-1000() { unload; }

on_crowd-1000000() { crowd 1000000; }
off_crowd-1000000() { unload; }

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

# Of libbpf-tools.
on_tcpstates()
{
	watch "grep -qs NEWSTATE $TMP/watch.out" stdbuf -oL tcpstates
}
off_tcpstates() { unwatch; }

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

# What is free, with what CPUs hold at hand, in pages of 4096 bytes.
free_bytes()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/stat_refresh	# CPUs hold back what they counted
	awk '$1 == "nr_free_pages" || $1 == "count:" { pages += $2 }
		END { printf "%d\n", pages * 4096 }' /proc/zoneinfo
}

# What the module takes besides its rings.
weigh()
{
	local before rings

	before=$(free_bytes)
	load ring_slots=4096
	rings=$((4096 * 128 * $(getconf _NPROCESSORS_CONF)))
	echo "memory load $((before - $(free_bytes) - rings))"
	unload
}

# All segments that the module's hooks have seen.
seen_in_all()
{
	local seen sum=0

	{
		read -r _
		while read -r _ seen _; do
			sum=$((sum + 16#$seen))
		done
	} </proc/net/stat/tcptrace
	echo $sum
}

# sightings OPTION... - of a connection; those that warm up are seen as well
sightings()
{
	local before number=10

	[ -e /proc/net/stat/tcptrace ] || {
		echo 0
		return
	}
	before=$(seen_in_all)
	in_ns "$HERE/connections" -l -n $number "$@" >/dev/null
	echo $((($(seen_in_all) - before) / (number + WARM_UP)))
}

# measure CASE WORKLOAD FAMILY NUMBER OPTION...
measure()
{
	local case=$1 workload=$2 family=$3 number=$4 ns quartile
	shift 4

	read -r ns quartile < <(in_ns "$HERE/connections" -n "$number" "$@" \
		${WATCHER:+-w "$WATCHER"}) || die "$case: the connections failed"
	echo "$case $workload $family $((ns / number)) $quartile $(sightings "$@")"
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
weigh
[ -d $TRACEFS/events/sock ] || mount -t tracefs tracefs $TRACEFS ||
	die "no tracefs"
for ((i = 0; i < cycles; i++)); do
	for case; do
		[ "$case" != crowd-1000000 ] || [ $i -eq 0 ] || continue
		cycle "$case" "$number"
	done
done
