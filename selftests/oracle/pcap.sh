#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pcap.sh - compare tcptimeline on captures with tshark and Ostermann's tcptrace
#
#   selftests/oracle/pcap.sh [OPTION]...
#
#   --connections N   how many; default 300
#   --seed N          of the random choices; default: of the day
#   --keep DIR        leave captures and what was made of them there
#
# Makes random connections, IPv4 and IPv6, between two network namespaces of
# its own, through netem that loses, duplicates and reorders, and captures them
# in between. Wants root, a kernel with netem (scripts/vm has one), and Debian's
# packages gcc, iproute2, jq, tcpdump, tcptrace and tshark. Exit status 1 if
# anything differs.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
connections=300
seed=$(date +%j)
keep=
names="ethernet cooked1 cooked2 cut"
inside=no
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) sed -n '4,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	--connections) connections=${2:?}; shift ;;
	--seed) seed=${2:?}; shift ;;
	--keep) keep=${2:?}; shift ;;
	--inside) inside=yes ;;
	*) echo "${0##*/}: unknown argument $1" >&2; exit 2 ;;
	esac
	shift
done
dir=${keep:-$(mktemp -d)}
reader=${TCPTIMELINE:-$here/../../userspace/tcptimeline}

for program in cc ip jq ss tc tcpdump tcptrace tshark unshare nsenter "$reader"; do
	command -v "$program" >/dev/null || {
		echo "${0##*/}: $program is missing" >&2
		exit 2
	}
done

if [ $inside = no ]; then
	mkdir -p "$dir"
	if [ -n "$keep" ]; then
		trap 'rm -f "$dir/traffic"' EXIT
	else
		trap 'rm -rf "$dir"' EXIT
	fi
	cc -std=gnu11 -O2 -Wall -Wextra -pthread -o "$dir/traffic" \
		"$here/../tools/traffic.c"
	unshare --net "$0" --inside --connections "$connections" \
		--seed "$seed" --keep "$dir"
	exit
fi

# The other end, in a namespace that lives as long as this process.
unshare --net sleep infinity &
other=$!
captures=()
trap 'kill "${captures[@]}" $other 2>/dev/null' EXIT
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
	sleep 0.1
done
at_other()
{
	nsenter --net=/proc/$other/ns/net "$@"
}

# await SECONDS COMMAND... - until it is true, but no longer than that
await()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || {
			echo "${0##*/}: waited in vain: $*" >&2
			return 1
		}
		sleep 0.1
	done
}

# By IPv4 and by IPv6.
listening()
{
	[ "$(at_other ss -Hltn 'sport = :8080' | wc -l)" -eq 2 ]
}

# No file has grown at 15 looks in a row: the kernel may keep what it captured
# for a second before tcpdump sees it.
captures_complete()
{
	local before=$sizes

	sizes=$(stat -c %s "$dir"/*.pcap)
	[ "$sizes" = "$before" ] || still=0
	[ $((still += 1)) -gt 15 ]
}

ip link add name here type veth peer name there netns "/proc/$other/ns/net"
ip link set lo up
ip address add 10.9.0.1/24 dev here
ip address add fd09::1/64 dev here nodad
ip link set here up
at_other ip link set lo up
at_other ip address add 10.9.0.2/24 dev there
at_other ip address add fd09::2/64 dev there nodad
at_other ip link set there up
tc qdisc add dev here root netem delay 4ms 3ms loss 2% duplicate 1% || {
	echo "${0##*/}: no netem here; try scripts/vm --timeout 1800 -- $0" >&2
	exit 2
}
at_other tc qdisc add dev there root netem delay 4ms 3ms loss 2% duplicate 1%

# Of each link layer one, and one that is cut behind the headers.
tcpdump -i here -B 65536 -U -w "$dir/ethernet.pcap" tcp 2>/dev/null &
captures+=($!)
tcpdump -i any -B 65536 -U -w "$dir/cooked2.pcap" tcp 2>/dev/null &
captures+=($!)
tcpdump -i any -y LINUX_SLL -B 65536 -U -w "$dir/cooked1.pcap" tcp 2>/dev/null &
captures+=($!)
tcpdump -i here -s 96 -B 65536 -U -w "$dir/cut.pcap" tcp 2>/dev/null &
captures+=($!)
for name in $names; do
	until [ -s "$dir/$name.pcap" ]; do
		sleep 0.1
	done
done

at_other "$dir/traffic" serve &
server=$!
await 10 listening
"$dir/traffic" connect "$connections" "$seed"
kill $server
wait $server 2>/dev/null || true
still=0
sizes=
await 30 captures_complete
kill "${captures[@]}"
wait "${captures[@]}" 2>/dev/null || true

status=0
for name in $names; do
	"$reader" -r "$dir/$name.pcap" -o json >"$dir/$name.json" || status=1
	# It does not know Linux cooked captures v2, and says so.
	tcptrace -n -l --csv "$dir/$name.pcap" >"$dir/$name.csv" 2>/dev/null ||
		[ "$name" = cooked2 ] || status=1
	tshark -n -r "$dir/$name.pcap" -T fields -E separator=, \
		-e tcp.stream -e ip.src -e ipv6.src -e tcp.srcport \
		-e ip.dst -e ipv6.dst -e tcp.dstport -e tcp.flags \
		-e tcp.seq_raw -e tcp.len \
		-Y tcp >"$dir/$name.tshark" 2>/dev/null || status=1
	"$here/compare.sh" "$dir/$name" || status=1
done
echo "seed $seed"
exit $status
