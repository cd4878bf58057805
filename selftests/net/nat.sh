#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# nat.sh - a connection whose addresses and ports change on its way is one
#
#	 client                router                 server
#	+--------------+      +----------------+     +--------------+
#	|    10.0.1.1  |------|  10.0.1.2      |     |              |
#	|              |      |      10.0.2.2  |-----|  10.0.2.1    |
#	+--------------+      +----------------+     +--------------+
#	namespace a: client and server on lo, 8081 redirected as it is sent
#	router: 8082 to the server, and as if the router had sent it
#	server: 8084 redirected as it arrives
#
# Who listens is nginx, on 8080. Of 8081 and 8084 nobody is told.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-router.sh"
run_both_ways

translate()
{
	ns a nft -f - <<-END &&
		table inet n {
			chain out {
				type nat hook output priority -100
				tcp dport 8081 redirect to :8080
			}
		}
	END
		ns router nft -f - <<-END &&
			table inet n {
				chain pre {
					type nat hook prerouting priority -100
					ip daddr 10.0.1.2 tcp dport 8082 dnat ip to 10.0.2.1:8080
					ip6 daddr fd00:1::2 tcp dport 8082 dnat ip6 to [fd00:2::1]:8080
				}
				chain post {
					type nat hook postrouting priority 100
					oifname to-server tcp dport 8080 masquerade
				}
			}
		END
		ns server nft -f - <<-END
			table inet n {
				chain pre {
					type nat hook prerouting priority -100
					tcp dport 8084 redirect to :8080
				}
			}
		END
}

# get NETNS CPORT ADDRESS PORT
get()
{
	ns "$1" curl -sS --no-progress-meter -H 'Connection: close' \
		--retry 3 --retry-connrefused --max-time 20 --local-port "$2" \
		-o "$TMP/got" "http://$3:$4/" &&
		same "bytes" "$(stat -c %s "$TMP/got")" 4096
}

# The states that the kernel's sockets had: local port, remote port.
kernels()
{
	awk -v l="$1" -v r="$2" '$2 == l && $4 == r { print $5 }' "$TMP/statelog"
}

# As the tracepoint would tell: to it, TIME_WAIT is CLOSED.
told()
{
	local way=${1//TIME_WAIT/CLOSED}

	echo "${way//CLOSED,CLOSED/CLOSED}"
}

# one NETNS CPORT PORT NAT - one connection there, in json to that port, and
# its last record says whether by NAT
one()
{
	local inode flags

	inode=$(netns_inode "$1")
	snapshot && conn_is "$2" complete true "$inode" &&
		conn_is "$2" lost 0 "$inode" &&
		conn_is "$2" verdict closed "$inode" || return 1
	conn "$2" sbytes "$inode"
	holds "bytes" "$REPLY >= 4096" || return 1
	same "server's port" "$(event "$2" \
		"select(.netns == $inode) | .server.port")" "$3" || return 1
	flags=$(raw "netns=$inode cport=$2 " | tail -n 1 |
		sed 's/.* rflags=\([^ ]*\).*/\1/')
	same "NAT" $((flags >> 6 & 1)) "$4"
}

# Each end that lives where it was traced: namespace, client's port, end, and
# its socket's ports.
ENDS="
a 41000 cstates 41000 8081
a 41000 sstates 8080 41000
a 41001 cstates 41001 8081
a 41001 sstates 8080 41001
client 41002 cstates 41002 8082
server 41002 sstates 8080 41002
client 41003 cstates 41003 8082
server 41003 sstates 8080 41003
server 41004 sstates 8080 41004
server 41005 sstates 8080 41005
"

as_the_kernel()
{
	local n p column l r

	"$TOOLS/statelog" "$TRACE" >"$TMP/statelog" && snapshot || return 1
	while read -r n p column l r; do
		conn "$p" "$column" "$(netns_inode "$n")"
		same "$n $p $column" "$(told "$REPLY")" "$(kernels "$l" "$r")" ||
			return 1
	done < <(grep . <<<"$ENDS")
}

# Seen where a port is traced, before or after NAT, and else not.
places()
{
	conn "$1" netns
	same "places" "$(wc -w <<<"$REPLY")" "$2"
}

need curl
{ netns_add a && wire; } || bail_out "cannot wire namespaces"
translate || bail_out "cannot set nft rules"
module_load ports=8080,8082 || bail_out "cannot load the module"
oracle_start 8080-8084 || bail_out "cannot start the kernel's log"

row "nginx on one host" nginx_start a
row "redirected as it is sent" get a 41000 127.0.0.1 8081
row "is one connection" await 5 one a 41000 8081 1
row "redirected as it is sent, IPv6" get a 41001 '[::1]' 8081
row "is one connection" await 5 one a 41001 8081 1
row "nginx ends" nginx_stop
row "nginx behind a router" nginx_start server
for p in 41002 41003; do
	addr=10.0.1.2
	[ $p = 41002 ] || addr='[fd00:1::2]'
	row "through a router that changes both ends: $addr" get client $p "$addr" 8082
	row "is one connection to the client" await 5 one client $p 8082 0
	row "is one connection to the router" await 5 one router $p 8082 1
	row "is one connection to the server" await 5 one server $p 8080 0
	row "at three places" places $p 3
done
for p in 41004 41005; do
	addr=10.0.2.1
	[ $p = 41004 ] || addr='[fd00:2::1]'
	row "redirected as it arrives: $addr" get client $p "$addr" 8084
	row "is one connection to the server" await 5 one server $p 8084 1
	row "seen there alone" places $p 1
done
row "nginx ends" nginx_stop
row "the states of all ends are the kernel's" as_the_kernel
closing_rows early
test_run
