# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-netns.sh - network namespaces of our own, and what joins and filters in them
#
# Comes with lib.sh.

NETNS=()

# netns_add NAME - NAME is a word; the namespace is "$(netns NAME)"
netns()
{
	echo "tcptrace-$1"
}

netns_add()
{
	local n

	for n; do
		ip netns add "$(netns "$n")" || return 1
		NETNS+=("$n")
		ip -n "$(netns "$n")" link set lo up || return 1
	done
}

netns_del()
{
	ip netns del "$(netns "$1")"
}

netns_inode()
{
	stat -Lc %i "/run/netns/$(netns "$1")"
}

# ns NAME COMMAND...
ns()
{
	local n=$1
	shift

	nsenter --net="/run/netns/$(netns "$n")" -- "$@"
}

# veth NS1 ADDR4 ADDR6 NS2 ADDR4 ADDR6 - the two joined by a cable
veth()
{
	local d1=to-$4 d2=to-$1 n1 n2

	n1=$(netns "$1")
	n2=$(netns "$4")
	ip link add "$d1" netns "$n1" type veth peer name "$d2" netns "$n2" &&
		ip -n "$n1" addr add "$2" dev "$d1" &&
		ip -n "$n1" addr add "$3" dev "$d1" nodad &&
		ip -n "$n2" addr add "$5" dev "$d2" &&
		ip -n "$n2" addr add "$6" dev "$d2" nodad &&
		ip -n "$n1" link set "$d1" up &&
		ip -n "$n2" link set "$d2" up
}

# rules NAME <RULES - nft rules for the chains "in", "out" and "pass"; the
# first two at a priority before tcptrace's, so that it does not see drops
rules()
{
	{
		echo "table inet t {"
		echo "chain in { type filter hook input priority 0; }"
		echo "chain out { type filter hook output priority 0; }"
		echo "chain pass { type filter hook forward priority 0; }"
		echo "}"
		sed 's/^[[:space:]]*\(in\|out\|pass\) /add rule inet t \1 /'
	} | ns "$1" nft -f -
}
