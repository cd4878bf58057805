#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# netns.sh - network namespaces keep their connections apart
#
#	namespaces a, b: client and server on lo, with the same addresses
#	namespace c: goes while a connection is open
#	the namespace of the start is left as it is

. "$(dirname "$0")/lib.sh"

begin="listen l; connect c; accept s; send c 10; recv s 10; hold open"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED
client_first="shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
server_first="shut s; eof c; state s FIN_WAIT2; close c; eof s; close s"

declare -A feed pid

# begin NETNS CPORT REST
begin()
{
	play_command "$1" "$2" "$begin; $3"
	spawn_fed "$TMP/play.$1" "${COMMAND[@]}"
	feed[$1]=$FEED
	pid[$1]=$SPAWNED
	await 20 has_line "$TMP/play.$1" open
}

finish()
{
	echo >&"${feed[$1]}"
	reap "${pid[$1]}" || {
		cat "$TMP/play.$1"
		return 1
	}
}

# The same tuple, open in both at once, closed from different sides.
same_tuple()
{
	begin a 41000 "$client_first" && begin b 41000 "$server_first" &&
		finish b && finish a
}

kept_apart()
{
	local a b

	a=$(netns_inode a)
	b=$(netns_inode b)
	snapshot && conn_is 41000 complete true "$a" &&
		conn_is 41000 complete true "$b" &&
		conn_is 41000 cstates "$OPEN_C,$active" "$a" &&
		conn_is 41000 sstates "$OPEN_S,$passive" "$a" &&
		conn_is 41000 cstates "$OPEN_C,$passive" "$b" &&
		conn_is 41000 sstates "$OPEN_S,$active" "$b"
}

# --netns takes an inode, or the path of a namespace
filtered()
{
	local inode which

	inode=$(netns_inode b)
	for which in "$inode" "/run/netns/$(netns b)"; do
		"$TCPTIMELINE" -o json --netns "$which" >"$TMP/b.json" &&
			same "namespaces for $which" \
				"$(jq .netns "$TMP/b.json" | sort -u)" "$inode" ||
			return 1
	done
}

# A namespace that goes takes its connections along, and says so.
namespace_goes()
{
	local inode

	inode=$(netns_inode c)
	begin c 41001 "" || return 1
	# The sockets hold the namespace: they must go first.
	kill -9 "${pid[c]}"
	reap "${pid[c]}" 2>/dev/null
	netns_del c || return 1
	await 20 netns_end_recorded "$inode"
}

netns_end_recorded()
{
	raw "netns=$1 .*cport=41001 .* kind=6 " >"$TMP/ends"
	has_line "$TMP/ends" " why=(80|85) "
}

# TIME_WAIT does not hold a namespace: the connection is given up with it.
waiting_goes()
{
	local inode

	netns_add d || return 1
	inode=$(netns_inode d)
	play d 41002 "listen l; connect c; accept s; $client_first; has TIME_WAIT" &&
		netns_del d && await 20 waiting_end_recorded "$inode"
}

waiting_end_recorded()
{
	raw "netns=$1 .*cport=41002 .* kind=6 why=85 " >"$TMP/ends"
}

new_namespace()
{
	netns_add e && play e 41003 "listen l; connect c; accept s; $client_first" &&
		snapshot && conn_is 41003 complete true "$(netns_inode e)"
}

# netns=init: the others are not traced, nor is one that is made later.
only_init()
{
	module_unload && module_load netns=init || return 1
	netns_add f || return 1
	for n in a f; do
		play "$n" 41004 "listen l; connect c; accept s; $client_first" ||
			return 1
	done
	same "records" "$(raw 'cport=41004 ' | wc -l)" 0 || return 1
	ip link set lo up
	"$TOOLS/tcpplay" -p "$PORT" -c 41005 \
		"listen l; connect c; accept s; $client_first" &&
		snapshot && conn_is 41005 complete true \
			"$(stat -Lc %i /proc/self/ns/net)"
}

netns_add a b c || bail_out "cannot make namespaces"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
row "the same tuple in two namespaces at once" same_tuple
row "is two connections, each right" await 5 kept_apart
row "json for one namespace alone" filtered
row "a namespace made after the module was loaded" new_namespace
row "the kernel's own log of states agrees" oracle_agrees
row "a namespace goes, with a connection" namespace_goes
row "a namespace goes, with a TIME_WAIT" waiting_goes
row "netns=init traces that namespace alone" only_init
closing_rows early
test_run
