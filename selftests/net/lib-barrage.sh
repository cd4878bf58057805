# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-barrage.sh - tools/barrage, set up in a namespace. To be sourced after
# lib.sh.

# barrage_start NETNS ADDR4 ADDR6 HOW OPTION... - BARRAGE is its process id
barrage_start()
{
	local netns dev

	netns=$(netns "$1")
	rm -f "$TMP/barrage"
	# A module in most kernels, which its device file does not load by itself.
	[ -e /dev/net/tun ] || modprobe tun || return 1
	spawn_fed "$TMP/barrage" "$TOOLS/barrage" "${@:5}" "$netns" bar "$2" "$3" "$4"
	BARRAGE=$SPAWNED
	await 20 has_line "$TMP/barrage" ready || {
		cat "$TMP/barrage"
		return 1
	}
	for dev in bar0 bar1; do
		ip -n "$netns" link set "$dev" arp off up || return 1
	done
	# What is closed and never answered is given up soon.
	ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.tcp_orphan_retries=1 &&
		ip -n "$netns" addr replace "$2/32" dev lo &&
		ip -n "$netns" addr replace "$3/128" dev lo nodad &&
		ip -n "$netns" route replace default dev bar0 &&
		ip -n "$netns" -6 route replace default dev bar0 || return 1
	feed "$FEED" || return 1
	exec {FEED}>&-
}

# barrage_over NETNS - sockets that have no process hold their namespace, and
# their states would be in the log of the next test
barrage_over()
{
	await 60 no_orphans "$1"
}

no_orphans()
{
	ns "$1" ss -Htan state fin-wait-1 state last-ack state closing >"$TMP/orphans" &&
		[ ! -s "$TMP/orphans" ]
}

# barrage_wait SECONDS - its last line is a note, its numbers are in SENT,
# ANSWERS and ACCEPTED
barrage_wait()
{
	local re='^sent ([0-9]+) refused ([0-9]+) answers ([0-9]+) accepted ([0-9]+) seed'

	reap "$BARRAGE" "$1" && [[ $(tail -n 1 "$TMP/barrage") =~ $re ]] || {
		cat "$TMP/barrage"
		# Where it hangs, if it does: its devices end with it.
		cat "/proc/$BARRAGE/stack" 2>/dev/null
		return 1
	}
	# shellcheck disable=SC2034 # for the caller
	SENT=${BASH_REMATCH[1]} ANSWERS=${BASH_REMATCH[3]} ACCEPTED=${BASH_REMATCH[4]}
	sed -n '$s/^/note: /p' "$TMP/barrage"
}
