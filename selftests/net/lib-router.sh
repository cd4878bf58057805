# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-router.sh - client and server with a router between them. To be sourced
# after lib.sh.

# Namespaces client, router, server; the server is 10.0.2.1 and fd00:2::1.
wire()
{
	netns_add client router server &&
		veth client 10.0.1.1/24 fd00:1::1/64 router 10.0.1.2/24 fd00:1::2/64 &&
		veth router 10.0.2.2/24 fd00:2::2/64 server 10.0.2.1/24 fd00:2::1/64 &&
		ns router sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1 &&
		ip -n "$(netns client)" route add default via 10.0.1.2 &&
		ip -n "$(netns client)" -6 route add default via fd00:1::2 &&
		ip -n "$(netns server)" route add default via 10.0.2.2 &&
		ip -n "$(netns server)" -6 route add default via fd00:2::2
}

# reachable PORT - the server, which refuses it: one that is not traced
reachable()
{
	"$TOOLS/tcpplay" -t 1 -a 10.0.2.1 -p "$1" "netns $(netns client); refused c" &&
		"$TOOLS/tcpplay" -t 1 -a fd00:2::1 -p "$1" \
			"netns $(netns client); refused c"
}
