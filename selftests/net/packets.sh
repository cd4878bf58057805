#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# packets.sh - the shapes that a segment can have: super-packets, sk_buffs that
# are not linear, extension headers, fragments, options
#
#	 client                  router                  server
#	+---------------+       +----------------+      +-------------------+
#	| 10.0.1.1 plain|=======|plain  10.0.2.2 |------| 10.0.2.1, .3, .4  |
#	| 10.0.3.1 gro  |=======|gro    fd00:2::2|      | fd00:2::1, ::3, ::4|
#	| 10.0.4.1 super|=======|super           |      |                   |
#	+---------------+       +----------------+      +-------------------+
#
#	==== tools/wire, which does to segments what the case says; each wire has
#	an address of the server's of its own
#	namespace big: client and server on lo
#
# Each case is a connection that must be traced whole at every place, with the
# kernel's own count of segments and bytes. That the shape did occur is shown
# apart: by nft, by the wire, by a trace event.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-stat.sh"

[ -e "$TOOLS/wire" ] && [ -e "$TOOLS/biglink" ] || bail_out "tools are missing"

active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED

# --- cases ------------------------------------------------------------------

wired=()	# index of a case and how it goes by wire: "I HOW"
sizes=()	# bytes each way, by index
declare -A shown=()	# nft matches that show the shape, by index

# script NETNS-OF-CLIENT NETNS-OF-SERVER ADDR BYTES [OF-CLIENT] [OF-SERVER]
script()
{
	echo "netns tcptrace-$2; listen l addr=$3 ${6:-}; netns tcptrace-$1;
		connect c addr=$3 ${5:-}; accept s; send c $4; recv s $4;
		send s $4; recv c $4; acked c; acked s; tell c; tell s;
		shut c; eof s; state c FIN_WAIT2; close s; eof c; close c"
}

# by_wire NAME HOW SHOWN ADDR BYTES [OPTIONS-OF-CLIENT] [OPTIONS-OF-SERVER]
by_wire()
{
	local i=${#cases[@]}

	[ -z "$2" ] || wired+=("$i $2")
	[ -z "$3" ] || shown[$i]=$3
	sizes[i]=$5
	cases+=("client|$1|$active|$passive||$(script client server "${@:4}")")
}

# on_lo NAME SHOWN ADDR BYTES [OPTIONS]
on_lo()
{
	local i=${#cases[@]}

	[ -z "$2" ] || shown[$i]=$2
	sizes[i]=$4
	cases+=("big|$1|$active|$passive||$(script big big "$3" "$4" "${5:-}" "${5:-}")")
}

by_wire "linear, IPv4" "" "" 10.0.2.1 20000
by_wire "linear, IPv6" "" "" fd00:2::1 20000
by_wire "TCP header not linear, IPv4" far "" 10.0.2.1 20000
by_wire "TCP header not linear, IPv6" far "" fd00:2::1 20000
by_wire "options in the IPv4 header" nops "ip hdrlength 6" 10.0.2.1 20000
by_wire "options in the IPv4 header, TCP header not linear" nops,far \
	"ip hdrlength 6" 10.0.2.1 20000
by_wire "hop-by-hop options" "" "exthdr hbh exists" fd00:2::1 20000 hop hop
by_wire "destination options" "" "exthdr dst exists" fd00:2::1 20000 dest dest
by_wire "routing header" "" "exthdr rt exists" fd00:2::1 20000 route=fd00:1::2
# seg6 NETNS... - take segments routed by a routing header, at every device
seg6()
{
	local n dev

	for n; do
		for dev in $(ns "$n" ls /proc/sys/net/ipv6/conf); do
			ns "$n" sysctl -qw "net.ipv6.conf.$dev.seg6_enabled=1" ||
				return 1
		done
	done
}

# 5.10 and 6.12.95 write outside of a packet that they pass on by a routing header
# behind other headers (ipv6_srh_rcv() puts back what one header is long; an oops
# in eth_header()): nothing that could be tried out.
chain=yes
case $(uname -r) in
5.* | 6.12.*)
	chain=
	row "a chain of headers" kernel_lacks "safe routing by a header behind others"
	;;
*)
	by_wire "a chain of headers" "" "exthdr hbh exists exthdr dst exists exthdr rt exists" \
		fd00:2::1 20000 "chain route=fd00:1::2" chain
	by_wire "a chain of headers, TCP header not linear" far \
		"exthdr hbh exists exthdr dst exists exthdr rt exists" \
		fd00:2::1 20000 "chain route=fd00:1::2" chain
	;;
esac
by_wire "atomic fragments" atomic "exthdr frag exists" fd00:2::1 20000
by_wire "atomic fragments, TCP header not linear" atomic,far \
	"exthdr frag exists" fd00:2::1 20000
by_wire "fragments, IPv4" cut,udp "" 10.0.2.1 4000
by_wire "fragments, IPv6" cut,udp "" fd00:2::1 4000
by_wire "fragments, IPv6, TCP header not linear" cut,far "" fd00:2::1 4000
by_wire "bad checksum, IPv4" bad "" 10.0.2.1 20000
by_wire "bad checksum, IPv6" bad "" fd00:2::1 20000
by_wire "bad checksum, TCP header not linear, IPv4" bad,far "" 10.0.2.1 20000
by_wire "bad checksum, TCP header not linear, IPv6" bad,far "" fd00:2::1 20000
by_wire "bad checksum, extension headers, TCP header not linear" bad,far \
	"exthdr dst exists" fd00:2::1 20000 dest dest
# Until 5.15 what a socket owns, as a TUN device's does, was merged without its
# being told: "refcount_t: underflow" in sock_wfree(), whoever looks on.
case $(uname -r) in
5.*)
	row "GRO" kernel_lacks "GRO of what a socket owns"
	;;
*)
	by_wire "GRO, IPv4" "" "meta length > 1400" 10.0.2.3 100000
	by_wire "GRO, IPv6" "" "meta length > 1400" fd00:2::3 100000
	;;
esac
by_wire "super-packets of a virtual machine, IPv4" "" "meta length > 1400" \
	10.0.2.4 100000
by_wire "super-packets of a virtual machine, IPv6" "" "meta length > 1400" \
	fd00:2::4 100000
# Those on lo follow, once it is known what this kernel has.
md5=
mptcp=

# --- places -----------------------------------------------------------------

# A kernel that forwards a super-packet with destination options looks for the
# length of its TCP header in the wrong place (skb_gso_transport_seglen()), and
# may find its segments too big: hence none from the server.
wire_up()
{
	local dev n

	netns_add client router server big &&
		veth router 10.0.2.2/24 fd00:2::2/64 server 10.0.2.1/24 fd00:2::1/64 ||
		return 1
	modprobe tun 2>/dev/null
	for dev in plain gro super; do
		wire $dev || return 1
		n=${net[$dev]}
		both $dev link set $dev mtu 1400 up || return 1
		ip -n "$(netns client)" addr add "10.0.$n.1/24" dev $dev &&
			ip -n "$(netns client)" addr add "fd00:$n::1/64" dev $dev nodad &&
			ip -n "$(netns router)" addr add "10.0.$n.2/24" dev $dev &&
			ip -n "$(netns router)" addr add "fd00:$n::2/64" dev $dev nodad &&
			ip -n "$(netns client)" route add "${to[$dev]}" via "10.0.$n.2" &&
			ip -n "$(netns client)" route add "${to6[$dev]}" via "fd00:$n::2" ||
			return 1
	done
	for n in 3 4; do
		ip -n "$(netns server)" addr add 10.0.2.$n/24 dev to-router &&
			ip -n "$(netns server)" addr add fd00:2::$n/64 dev to-router nodad ||
			return 1
	done
	ip -n "$(netns server)" route add default via 10.0.2.2 &&
		ip -n "$(netns server)" route add default via fd00:2::2 || return 1
	# All that a case sends finds room before it is read.
	for n in client server big; do
		ns $n sysctl -qw net.ipv4.tcp_rmem="4096 8000000 8000000" \
			net.ipv4.tcp_wmem="4096 8000000 8000000" || return 1
	done
	ip -n "$(netns server)" link set to-router gso_max_segs 1 || return 1
	# Nothing looks at the TCP header before the hooks do.
	for n in client router server; do
		ns $n sysctl -qw net.ipv4.ip_early_demux=0 && seg6 $n || return 1
	done
	ns router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
		gro_waits
}

declare -A net=([plain]=1 [gro]=3 [super]=4)
declare -A to=([plain]=10.0.2.1 [gro]=10.0.2.3 [super]=10.0.2.4)
declare -A to6=([plain]=fd00:2::1 [gro]=fd00:2::3 [super]=fd00:2::4)
declare -A option=([gro]=-g [super]=-o)
declare -A wires=()

both()
{
	ip -n "$(netns client)" "${@:2}" && ip -n "$(netns router)" "${@:2}"
}

# wire DEV
wire()
{
	local w how=()

	for w in "${wired[@]}"; do
		[ "$1" != plain ] || how+=("$((41000 + ${w% *}))=${w#* }")
	done
	# shellcheck disable=SC2086 # none, or one
	spawn "$TMP/$1.log" "$TOOLS/wire" ${option[$1]:-} "$1" \
		"$(netns client)" "$(netns router)" "${how[@]}"
	wires[$1]=$SPAWNED
	await 20 has_line "$TMP/$1.log" ready || {
		cat "$TMP/$1.log"
		return 1
	}
}

# Segments come one by one: they merge if each waits a little for the next.
gro_waits()
{
	local n

	for n in client router; do
		ip netns exec "$(netns $n)" sh -c "
			echo 20000000 >/sys/class/net/gro/gro_flush_timeout &&
			echo 100 >/sys/class/net/gro/napi_defer_hard_irqs" || return 1
	done
}

# show RULES-OF - nft counts what the cases promise, at the server and on lo
show()
{
	local i p

	for i in "${!shown[@]}"; do
		p=$((41000 + i))
		echo "in tcp sport $p ${shown[$i]} counter comment \"$p\""
		echo "in tcp dport $p ${shown[$i]} counter comment \"$p\""
	done
}

# What a trace event is shown when a frame comes that is not linear.
FRAGS=$TRACEFS/instances/tcptrace-frags-$$

watch_frags()
{
	trace_instance "$FRAGS" && echo 4096 >"$FRAGS/buffer_size_kb" &&
		echo "data_len > 0" >"$FRAGS/events/net/napi_gro_frags_entry/filter" &&
		echo 1 >"$FRAGS/events/net/napi_gro_frags_entry/enable"
}

stop_watching()
{
	sed -nE 's/.* dev=plain .* len=([0-9]+) data_len=([0-9]+) .*/\1 \2/p' \
		"$FRAGS/trace" >"$TMP/frags" && rmdir "$FRAGS"
}

# knows OPTION - does this kernel have such sockets? On a port that is not traced.
knows()
{
	"$TOOLS/tcpplay" -t 5 -p 9999 -a 127.0.0.1 "netns tcptrace-big; listen l $1" \
		2>"$TMP/knows" && return 0
	has_line "$TMP/knows" "Protocol not (supported|available)" ||
		bail_out "cannot tell: $(cat "$TMP/knows")"
	return 1
}

cases_on_lo()
{
	local addr

	if knows md5; then
		md5="${#cases[@]} $((${#cases[@]} + 1))"
		on_lo "MD5, IPv4" "" 127.0.0.1 20000 md5
		on_lo "MD5, IPv6" "" ::1 20000 md5
	else
		row "MD5" kernel_lacks "TCP_MD5SIG"
	fi
	# Some distributions switch it off.
	ns big sysctl -qw net.mptcp.enabled=1 2>/dev/null
	# The close of MPTCP is a talk of its own, before FINs that may cross.
	if knows mptcp; then
		for addr in 127.0.0.1 ::1; do
			mptcp+=" ${#cases[@]}"
			cases+=("big|MPTCP, $addr|*|*||listen l addr=$addr mptcp;
				connect c addr=$addr mptcp; accept s; send c 20000;
				recv s 20000; send s 20000; recv c 20000;
				close c; eof s; close s; lacks ESTABLISHED")
		done
	else
		row "MPTCP" kernel_lacks "IPPROTO_MPTCP"
	fi
	ns big "$TOOLS/biglink" lo 400000 >"$TMP/biglink" || return 1
	if grep -q "^ipv6" "$TMP/biglink"; then
		on_lo "BIG TCP, IPv6" "meta length > 65575" ::1 2000000
	else
		row "BIG TCP, IPv6" kernel_lacks "BIG TCP of IPv6 (IFLA_TSO_MAX_SIZE)"
	fi
	if grep -q "^ipv4" "$TMP/biglink"; then
		on_lo "BIG TCP, IPv4" "meta length > 65535" 127.0.0.1 2000000
	else
		row "BIG TCP, IPv4" kernel_lacks "BIG TCP of IPv4 (IFLA_GSO_IPV4_MAX_SIZE)"
	fi
}

# --- checks -----------------------------------------------------------------

# Read once: a row that started a process for each number would take long.
declare -A views=()	# "CPORT INODE": complete, lost, states of both ends
declare -A places_of=()	# CPORT: at how many places it was seen
declare -A counts=()	# "CPORT INODE": before the first FIN, bytes and segments
			# with payload of the client's, the same of the server's
declare -A told=()	# "CPORT END": segments with payload that the kernel has
			# counted there, sent and received, and bytes received
declare -A seen=()	# CPORT: packets of the shape that nft has counted

read_views()
{
	local f

	views=()
	places_of=()
	while read -ra f; do
		views["${f[0]} ${f[1]}"]="${f[*]:7:2} ${f[*]:4:2}"
		places_of[${f[0]}]=$((${places_of[${f[0]}]:-0} + 1))
	done <"$TMP/conns"
}

read_counts()
{
	local p key rest

	cat /proc/tcptrace >"$TMP/text" || return 1
	sed -nE 's!.* ns=([0-9]+) .*[].0-9a-f]:([0-9]+) > .* count up=[0-9]+/([0-9]+)/[0-9]+/([0-9]+) down=[0-9]+/([0-9]+)/[0-9]+/([0-9]+) .*why=close( .*|$)!\2 \1 \3 \4 \5 \6!p' \
		"$TMP/text" >"$TMP/counts"
	while read -r p key rest; do
		counts["$p $key"]=$rest
	done <"$TMP/counts"
	sed -n 's/ tells / /p' "$TMP/played" >"$TMP/told"
	while read -r p key rest; do
		told["$p $key"]=$rest
	done <"$TMP/told"
	{
		ns server nft list table inet t
		ns big nft list table inet t
	} | sed -n 's/.*packets \([0-9]*\) .*"\(4[0-9]*\)".*/\2 \1/p' >"$TMP/seen"
	while read -r p rest; do
		seen[$p]=$((${seen[$p]:-0} + rest))
	done <"$TMP/seen"
}

# where INDEX - was a case seen, to REPLY
where()
{
	REPLY="client router server"
	[[ ${cases[$1]} != big\|* ]] || REPLY=big
}

# view_fits INDEX - states, at each place
view_fits()
{
	local p=${CASE_PORTS[$1]} n=0 place view

	[ -z "${CASE_PLAYED[$1]:-}" ] || {
		echo "not played: ${CASE_PLAYED[$1]}"
		return 1
	}
	where "$1"
	for place in $REPLY; do
		n=$((n + 1))
		view=${views["$p ${inodes[$place]}"]:-none}
		# On a slow machine the wait may be over before all was looked at.
		[ $((SECONDS - CASES_SINCE)) -lt 55 ] ||
			view=${view/TIME_WAIT,CLOSED/TIME_WAIT}
		# shellcheck disable=SC2053
		[[ $view == true\ 0\ ${CASE_STATES[$1]} ]] || {
			echo "at $place (complete, lost, states): $view"
			echo "should be true 0 ${CASE_STATES[$1]}"
			return 1
		}
	done
	same "places" "${places_of[$p]}" "$n"
}

all_fit()
{
	local i

	snapshot && read_views || return 1
	for i in "${!cases[@]}"; do
		view_fits "$i" || return 1
	done
}

# counted INDEX [WHERE...] - what the kernel has counted that sent it; only where
# WHERE says, if it does: at the "client:0" what the client sent, ":2" the server
counted()
{
	local p=${CASE_PORTS[$1]} n=${sizes[$1]} only=" ${*:2} " lost=0
	local place way c s want got

	# With a bad checksum it passes, and does not arrive.
	[[ ${CASE_NAMES[$1]} != "bad checksum"* ]] || lost=1
	read -ra c <<<"${told[$p c]:-}"
	read -ra s <<<"${told[$p s]:-}"
	same "bytes that the kernel has received" "${s[2]:-} ${c[2]:-}" "$n $n" ||
		return 1
	where "$1"
	for place in $REPLY; do
		read -ra got <<<"${counts["$p ${inodes[$place]}"]:-}"
		want=([0]="${c[0]}" [2]="${s[0]}")
		[ "$place" != client ] || want[2]=$((want[2] - lost))
		[ "$place" != server ] || want[0]=$((want[0] - lost))
		for way in 0 2; do
			[ "$only" = "  " ] || [[ $only == *" $place:$way "* ]] ||
				continue
			same "bytes at $place" "${got[way]:-none}" "$n" &&
				same "segments with payload at $place" \
					"${got[way + 1]}" "${want[way]}" ||
				return 1
		done
	done
}

# Where no fragments were in between. Of IPv4, they are whole at LOCAL_IN.
counted_but_fragments()
{
	if [[ ${CASE_NAMES[$1]} == *IPv4* ]]; then
		counted "$1" client:0 client:2 server:0 server:2 router:2
	else
		counted "$1" client:0 server:2 router:2
	fi
}

# shape_seen INDEX - by nft
shape_seen()
{
	local n=${seen[${CASE_PORTS[$1]}]:-0}

	holds "packets with ${shown[$1]}" "$n > 0" && echo "note: $n packets"
}

# from_wires COLUMN HOW - sum over the cases that go like this
from_wires()
{
	local w

	for w in "${wired[@]}"; do
		[[ ,${w#* }, != *",$2,"* ]] || echo "$((41000 + ${w% *}))"
	done | awk -v col="$1" 'NR == FNR { want[$1]; next }
		$1 in want { n += $col } END { print n + 0 }' - "$TMP/plain.log"
}

# Each case that a wire was to do something to did pass it, both ways.
wires_did()
{
	local w port there back

	for w in "${wired[@]}"; do
		read -r port there back _ < <(grep "^$((41000 + ${w% *})) " "$TMP/plain.log")
		holds "segments of ${w#* }" "${there:-0} > 5 && ${back:-0} > 5" ||
			return 1
	done
	holds "cut there" "$(from_wires 4 cut) > 0" &&
		holds "cut back" "$(from_wires 5 cut) > 0"
}

# The trace event sees the frame without its Ethernet header; that of IP, with
# its options or extension headers, is all that is linear.
headers_far()
{
	local frames far

	frames=$(wc -l <"$TMP/frags")
	far=$(($(from_wires 2 far) + $(from_wires 3 far) + \
		($(from_wires 4 cut,far) + $(from_wires 5 cut,far)) * 2 / 3))
	same "frames that are not linear" "$frames" "$far" || return 1
	awk '{ linear[$1 - $2]++ } END { for (l in linear) print linear[l], l }' \
		"$TMP/frags" | sort -rn >"$TMP/linear"
	sed 's/^\([0-9]*\) \(.*\)/note: \1 frames of which \2 bytes are linear/' \
		"$TMP/linear"
	same "how much is linear" "$(awk '{ print $2 }' "$TMP/linear" | sort -n |
		tr '\n' ' ')" "20 24 40 48 ${chain:+56 104 }"
}

# snmp NETNS NAME - a counter of the kernel's
snmp()
{
	ns "$1" cat /proc/thread-self/net/snmp /proc/thread-self/net/snmp6 |
		awk -v name="$2" '
		$1 == name { print $2; exit }
		/^[A-Z][A-Za-z]*: [A-Z]/ { split($0, head); next }
		/^[A-Z][A-Za-z]*: [0-9-]/ {
			proto = $1
			sub(":", "", proto)
			for (i = 2; i <= NF; i++)
				if (proto head[i] == name) {
					print $i
					exit
				}
		}'
}

# Those that a router passes are seen there, those of IPv6 where they arrive,
# too; each once. The kernel did put them together.
fragments()
{
	local up4 up6 down6

	up4=$(only IPv4 4)
	up6=$(only IPv6 4)
	down6=$(only IPv6 5)
	same "fragments" "${now[fragments]}" $((up4 + 2 * up6 + down6)) || return 1
	echo "note: ${now[fragments]} fragments"
	holds "reassembled at the server, IPv4" "$(snmp server IpReasmOKs) >= $up4 / 3" &&
		holds "reassembled at the client, IPv4" "$(snmp client IpReasmOKs) > 0" &&
		holds "reassembled at the server, IPv6" "$(snmp server Ip6ReasmOKs) >= $up6 / 3" &&
		holds "reassembled at the client, IPv6" "$(snmp client Ip6ReasmOKs) >= $down6 / 3"
}

# only FAMILY COLUMN - of what was cut
only()
{
	local w

	for w in "${wired[@]}"; do
		[[ ${w#* } != cut* || ${CASE_NAMES[${w% *}]} != *$1* ]] ||
			echo "$((41000 + ${w% *}))"
	done | awk -v col="$2" 'NR == FNR { want[$1]; next }
		$1 in want { n += $col } END { print n + 0 }' - "$TMP/plain.log"
}

# One each way for each of these cases; TCP found the same.
checksums()
{
	local bad

	bad=$(from_wires 6 bad)
	holds "cases" "$bad == 2 * 5" &&
		same "segments with a bad checksum" "${now[bad_csum]}" "$bad" &&
		same "those that the server's TCP found" "$(snmp server TcpInCsumErrors)" \
			$((bad / 2)) &&
		same "those that the client's TCP found" "$(snmp client TcpInCsumErrors)" \
			$((bad / 2))
}

# options_shown WORD INDEX... - on the SYN and the SYN-ACK
options_shown()
{
	local i n

	for i in "${@:2}"; do
		n=$(grep -E ":(${CASE_PORTS[$i]}) [<>] .*(SYN).* opts=[^ ]*$1" "$TMP/text" |
			grep -cE " (leaves|arrives) ")
		holds "SYNs that show $1" "$n >= 2" || return 1
	done
}

# A connection that MPTCP carries has the bytes of it, and it is MPTCP.
mptcp_bytes()
{
	local i

	for i; do
		conn_is "${CASE_PORTS[$i]}" cbytes 20000 &&
			conn_is "${CASE_PORTS[$i]}" sbytes 20000 || return 1
	done
}

nothing_dropped()
{
	same "unknown no_flow no_half_open no_memory truncated bad_offset no_ports" \
		"${now[unknown]} ${now[no_flow]} ${now[no_half_open]} ${now[no_memory]} ${now[truncated]} ${now[bad_offset]} ${now[no_ports]}" \
		"0 0 0 0 0 0 0" &&
		same "connections" "${now[created]}" "$(wc -l <"$TMP/conns")"
}

# --- play -------------------------------------------------------------------

wire_up >"$TMP/up" 2>&1 || bail_out "cannot wire namespaces: $(cat "$TMP/up")"
cases_on_lo 2>"$TMP/big" || bail_out "cannot make super-packets: $(cat "$TMP/big")"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
watch_frags || bail_out "cannot watch what is not linear"
show >"$TMP/rules" && rules server <"$TMP/rules" && rules big <"$TMP/rules" ||
	bail_out "cannot set nft rules"
declare -A inodes=()
for n in client router server big; do
	inodes[$n]=$(netns_inode $n)
done
# shellcheck disable=SC2034 # lib.sh plays for it
ADDRESSES=(-)
cases_play
await 30 all_fit >"$TMP/fit" 2>&1
read_counts || bail_out "cannot read counts"
read_stats || bail_out "cannot read the counters"
stop_watching || bail_out "cannot read what was not linear"
for n in "${wires[@]}"; do
	kill "$n" && reap "$n" || bail_out "a wire failed: $(cat "$TMP"/*.log)"
done

for i in "${!cases[@]}"; do
	row "${CASE_NAMES[i]}" view_fits "$i"
	case ${CASE_NAMES[i]} in
	fragments*) row "${CASE_NAMES[i]}: counted where whole" counted_but_fragments "$i" ;;
	MPTCP*) ;;
	*) row "${CASE_NAMES[i]}: counted" counted "$i" ;;
	esac
	[ -z "${shown[$i]:-}" ] || row "${CASE_NAMES[i]}: did occur" shape_seen "$i"
done
row "all wires did what they were to do" wires_did
row "TCP headers were out of the linear part" headers_far
row "fragments are counted, and nothing else" fragments
row "bad checksums are counted, and TCP found the same" checksums
# shellcheck disable=SC2086 # a list each
[ -z "$md5" ] || row "the records show MD5" options_shown md5 $md5
# shellcheck disable=SC2086
[ -z "$mptcp" ] || row "the records show MPTCP" options_shown mptcp $mptcp
# shellcheck disable=SC2086
[ -z "$mptcp" ] || row "MPTCP: bytes" mptcp_bytes $mptcp
row "nothing was dropped, nothing came to be twice" nothing_dropped
row "the books add up" books
closing_rows
test_run
