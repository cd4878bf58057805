#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tls.sh - TLS handshakes in the ring: all of what is in the clear, no more
#
#	namespace a: openssl s_server and s_client on lo, and bytes of choice
#	namespace c: clients -- cable, 1500 bytes -- servers, in the test's own
#
# What the ring has is compared with what tcpdump captured of the same traffic,
# put together by tlssent. On lo all is seen to leave first; behind the cable
# the module, of netns=init, sees what arrives, in the order in which it does.

. "$(dirname "$0")/lib.sh"
need openssl tcpdump tc ethtool curl

SPORTS=8080-8083
# Repeated: what is copied of it has it whole, however it is cut.
WORD=zqxjkvbw
PLAIN=7a71786a6b767762	# in hexadecimal
NAME_PART=zxqjwkbv
SNI=zxqjwkbvzxqjwkbvzxqjwkbvzxqjwkbvzxqjwkbvzxqjwkbv.example
HELLO=160303002f0100002b03030102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20000002130101000000
H=$((${#HELLO} / 2))

# --- programs -----------------------------------------------------------------

certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$TMP/key" -out "$TMP/crt" -days 30 \
		-subj "/O=tcptrace/CN=$SNI" -addext "subjectAltName=DNS:$SNI" \
		2>"$TMP/openssl.err"
}

# at NAMESPACE COMMAND... - "-" is the test's own
at()
{
	local n=$1
	shift

	if [ "$n" = - ]; then
		"$@"
	else
		ns "$n" "$@"
	fi
}

listens_at()
{
	[ "$(at "$1" ss -Htln "sport = :$2" | wc -l)" -ge 1 ]
}

# server NAMESPACE PORT [OPTION]...
server()
{
	local enter=()

	[ "$1" = - ] || enter=(nsenter --net="/run/netns/$(netns "$1")" --)
	spawn "$TMP/server.$2" "${enter[@]}" openssl s_server -accept "$2" \
		-key "$TMP/key" -cert "$TMP/crt" -WWW "${@:3}"
	await 20 listens_at "$1" "$2"
}

# client NAMESPACE ADDR PORT CPORT [OPTION]... - one request
client()
{
	local from=127.0.0.1
	[ "$2" = 127.0.0.1 ] || from=10.9.8.2

	printf 'GET /page HTTP/1.0\r\n\r\n' |
		at "$1" timeout $((30 * SLOW)) openssl s_client -connect "$2:$3" -bind "$from:$4" \
		-servername "$SNI" -quiet -ign_eof "${@:5}" \
		>"$TMP/answer" 2>"$TMP/client.err"
	grep -q "$WORD$WORD" "$TMP/answer" || {
		echo "no answer to port $4:"
		tail -n 3 "$TMP/client.err"
		return 1
	}
}

# capture NAMESPACE DEVICE FILTER - to "$TMP/pcap", until capture_end
capture()
{
	local enter=()

	[ "$1" = - ] || enter=(nsenter --net="/run/netns/$(netns "$1")" --)
	: >"$TMP/tcpdump"
	spawn "$TMP/tcpdump" "${enter[@]}" tcpdump -i "$2" -U -s 0 -w "$TMP/pcap" \
		--immediate-mode -B 8192 "$3"
	TCPDUMP=$SPAWNED
	await 20 has_line "$TMP/tcpdump" listening
}

# Both FINs of each connection are in the capture.
captured()
{
	"$TOOLS/tlssent" "$TMP/pcap" "$SPORTS" >"$TMP/sent" || return 1
	same "directions" "$(grep -c . "$TMP/sent")" $((2 * $1)) &&
		! grep -q ' open ' "$TMP/sent"
}

capture_end()
{
	await 20 captured "$1" || return 1
	kill "$TCPDUMP"
	reap "$TCPDUMP" >/dev/null
	return 0
}

# --- what the ring has --------------------------------------------------------

# To "$TMP/ring" a line for each direction with records of TLS, CPORT
# client|server BYTES MARKS HEX: of bytes that follow each other from the
# stream's beginning on, and the reasons of the other records
ring()
{
	"$TOOLS/ringfile" dump >"$TMP/dump" || return 1
	awk '
		function value(key,	i) {
			for (i = 1; i <= NF; i++)
				if (index($i, key "=") == 1)
					return substr($i, length(key) + 2)
		}
		/^conn=/ && value("kind") != 8 {
			cport[value("conn")] = value("cport")
		}
		/^conn=/ && value("kind") == 8 {
			id = value("conn") " " value("from")
			seen[id] = 1
			if (value("why") != 112) {
				marks[id] = marks[id] "," value("why")
				if (value("len") != 0)
					wrong[id] = "bytes-in-a-mark"
				next
			}
			if (value("offset") != bytes[id] + 0)
				wrong[id] = "gap-before-" value("offset")
			hex[id] = hex[id] value("hex")
			bytes[id] = value("offset") + value("len")
		}
		END {
			for (id in seen) {
				split(id, part, " ")
				said = wrong[id] ? wrong[id] : substr(marks[id], 2)
				if (!said)
					said = "-"
				side = part[2] ? "server" : "client"
				print cport[part[1]], side, bytes[id] + 0, said, hex[id]
			}
		}' "$TMP/dump" >"$TMP/ring"
}

# whole CPORT... - both directions are in the ring as they were sent
whole()
{
	local cport side sent got

	for cport; do
		for side in client server; do
			sent=$(awk -v c="$cport" -v s="$side" \
				'$1 == c && $2 == s { print $3, $5 }' "$TMP/sent")
			got=$(awk -v c="$cport" -v s="$side" \
				'$1 == c && $2 == s { print $3, $5 }' "$TMP/ring")
			[ "${sent%% *}" -gt 100 ] || [ "$side" = server ] || {
				echo "port $cport: the $side has sent nothing: $sent"
				return 1
			}
			[ "$sent" = "$got" ] || {
				echo "port $cport, $side: ${got%% *} bytes are not the ${sent%% *} that were sent"
				grep "^$cport $side" "$TMP/ring" | cut -c1-100
				return 1
			}
		done
	done
}

# marks CPORT SIDE WANTED
marks()
{
	same "marks of port $1, $2" \
		"$(awk -v c="$1" -v s="$2" '$1 == c && $2 == s { print $4 }' "$TMP/ring")" "$3"
}

# bytes CPORT SIDE WANTED
bytes()
{
	same "bytes of port $1, $2" \
		"$(awk -v c="$1" -v s="$2" '$1 == c && $2 == s { print $3 }' "$TMP/ring")" "$3"
}

# How many records of TLS a connection has; none has no line in "$TMP/ring".
tls_records()
{
	local id

	id=$(awk -v c="cport=$1" '$5 == c { print $1; exit }' "$TMP/dump")
	same "$id of port $1" "${id%%[0-9]*}" conn= || return 1
	REPLY=$(awk -v id="$id" '$1 == id && $5 == "kind=8"' "$TMP/dump" | wc -l)
}

no_tls()
{
	tls_records "$1" && same "records of TLS, port $1" "$REPLY" 0
}

# stat NAME - to REPLY, summed over the CPUs
stat()
{
	local names values i sum=0

	{
		read -ra names
		while read -ra values; do
			for i in "${!names[@]}"; do
				[ "${names[i]}" != "$1" ] || sum=$((sum + 16#${values[i]}))
			done
		done
	} </proc/net/stat/tcptrace
	REPLY=$sum
}

# everything - the text and a recording of all that the rings have
everything()
{
	rm -f "$TMP/rec.tct"
	cat /proc/tcptrace >"$TMP/text" || return 1
	spawn "$TMP/rec.err" "$TCPTIMELINE" -w "$TMP/rec.tct"
	await 10 [ -s "$TMP/rec.tct" ] && kill "$SPAWNED" && reap "$SPAWNED" || {
		cat "$TMP/rec.err"
		return 1
	}
}

hex()
{
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'
}

# places WORD WHERE - how often it is in the ring, the text, the recording
places()
{
	case $2 in
	ring) REPLY=$("$TOOLS/ringfile" search "$(hex "$1")") ;;
	text) REPLY=$(grep -c -e "$1" -e "$(hex "$1")" "$TMP/text") ;;
	recording) REPLY=$(LC_ALL=C grep -caF "$1" "$TMP/rec.tct") ;;
	esac
}

nowhere()
{
	local where

	for where in ring text recording; do
		places "$1" "$where"
		same "places of $1 in the $where" "$REPLY" 0 || return 1
	done
}

everywhere()
{
	local where

	for where in ring text recording; do
		places "$1" "$where"
		holds "places of $1 in the $where" "$REPLY > 0" || return 1
	done
}

# --- on lo ----------------------------------------------------------------------

# What a curious client offers: more than a segment of the cable has.
long_alpn()
{
	local i

	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		printf '%s%0200d' "${sep:-}" "$i"
		local sep=,
	done
}
LONG=$(long_alpn)

on_lo()
{
	capture a lo "tcp portrange $SPORTS" &&
		client a 127.0.0.1 8080 41000 -tls1_3 &&
		client a 127.0.0.1 8080 41001 -tls1_2 &&
		client a 127.0.0.1 8081 41002 -tls1_3 -groups X25519:P-384 &&
		client a 127.0.0.1 8080 41003 -tls1_3 -alpn "$LONG" &&
		client a 127.0.0.1 8080 41004 -tls1_2 -sess_out "$TMP/session" &&
		client a 127.0.0.1 8080 41005 -tls1_2 -sess_in "$TMP/session" || return 1
	at a curl -sk --local-port 41007 --connect-to "::127.0.0.1:8080" \
		"https://$SNI:8080/page" >"$TMP/curl" && grep -q "$WORD$WORD" "$TMP/curl" || {
		echo "curl got nothing"
		return 1
	}
	! at a openssl s_client -connect 127.0.0.1:8082 -bind 127.0.0.1:41006 \
		-tls1_2 </dev/null >"$TMP/refused" 2>&1 || {
		echo "TLS 1.2 was not refused"
		return 1
	}
	capture_end 8 && ring
}

# An alert is told once, by its sender's segment that leaves, with its header.
alerts()
{
	local from type

	for type in 23:41000 21:41001; do
		for from in 0 1; do
			same "alerts of port ${type#*:}, end $from" "$(
				awk -v c="cport=${type#*:}" -v f="from=$from" \
					-v t="type=${type%:*}" '
					$5 == c { id = $1 }
					$1 == id && $5 == "kind=8" && $6 == "why=118" && $7 == f && \
						$0 ~ " " t " "' "$TMP/dump" | wc -l)" 1 || return 1
		done
	done
}

text_lines()
{
	grep ' tls ' /proc/tcptrace >"$TMP/lines"
	holds "lines" "$(wc -l <"$TMP/lines") > 50" || return 1
	same "lines of another form" "$(grep -vcE \
		'^[0-9]+\.[0-9]{9} #[0-9]+/[0-9]+ ns=[0-9]+ if=0 - [<>] - tls (leaves|arrives|passes) offset=[0-9]+( len=[0-9]+ hex=([0-9a-f]{2})+)?( type=[0-9]+ version=0x[0-9a-f]{4} length=[0-9]+)? why=[a-z-]+$' \
		"$TMP/lines")" 0 || return 1
	same "bytes in the text" \
		"$(sed -n 's/.* hex=\([0-9a-f]*\).*/\1/p' "$TMP/lines" | tr -d '\n' | wc -c)" \
		"$(awk '{ n += 2 * $3 } END { print n }' "$TMP/ring")"
}

# Neither the page that was sent, nor any of what it was encrypted to.
nothing_encrypted()
{
	local cipher pieces=() i

	everything || return 1
	while read -r cipher; do
		for ((i = 0; i + 16 <= ${#cipher}; i += 16)); do
			pieces+=("${cipher:i:16}")
		done
	done < <(awk '$6 != "-" { print $6 }' "$TMP/sent")
	holds "pieces" "${#pieces[@]} > 100" || return 1
	same "places of encrypted bytes" "$("$TOOLS/ringfile" search "${pieces[@]}")" 0 &&
		nowhere "$WORD"
}

# Streams that are not TLS, or not from their beginning, full of a word.
no_payload()
{
	local open="listen l; connect c; accept s;"
	local end="recv s 1; close c; close s"

	play a 42000 "$open write c $PLAIN 2000; write s $PLAIN 2000; $end" &&
		play a 42001 "$open write c 474554202f$PLAIN; write s $PLAIN 500; $end" &&
		play a 42002 "$open write s $PLAIN; recv c 8; write c $HELLO$PLAIN; $end" &&
		play a 42003 "$open write c 16; write c $PLAIN 100; $end" &&
		play a 42004 "$open write c 1603010200; write c 05$PLAIN; $end" &&
		play a 42005 "$open trickle c $PLAIN$PLAIN; $end" &&
		play a 42006 "$open write c 80; write c 2e010002$PLAIN; $end" || return 1
	everything && nowhere "$WORD" && everywhere "$NAME_PART" || return 1
	ring && no_tls 42000 && no_tls 42001 && no_tls 42002 && no_tls 42006 &&
		marks 42003 client 117
}

opening()
{
	same "opening of port $1" "$(grep ":$1 " "$TMP/text" |
		sed -n 's/.* opening=\([a-z0-9]*\).*/\1/p')" "$2"
}

openings()
{
	opening 41000 tls && opening 42000 other && opening 42001 http &&
		opening 42002 "" && opening 42006 ssl2
}

parameter=/sys/module/tcptrace/parameters/tls_bytes

capped()
{
	echo 100 >"$parameter" && client a 127.0.0.1 8080 43000 -tls1_2 &&
		echo 0 >"$parameter" && client a 127.0.0.1 8080 43001 -tls1_2 &&
		echo 16384 >"$parameter" && ring &&
		bytes 43000 client 100 && bytes 43000 server 100 && no_tls 43001 || return 1
	# The cap, what is not copied of the handshake, and the end of the walk.
	grep -E "^43000 (client|server) 100 115,(113,)+114,118" "$TMP/ring" >"$TMP/row.capped"
	same "directions with their marks" "$(wc -l <"$TMP/row.capped")" 2
}

refused()
{
	local value

	for value in 65537 -1 many; do
		! echo "$value" >"$parameter" || {
			echo "$value was taken"
			return 1
		}
	done 2>"$TMP/row.refused"
	same "tls_bytes" "$(cat "$parameter")" 16384 &&
		kernel_log | grep -c 'tls_bytes: 65537 is not between 0 and 65536' &&
		kernel_log | grep -c 'tls_bytes: "many" is not a number'
}

# Text and rings, with no record between: a wait may end at any time.
both_at_once()
{
	stat records
	local before=$REPLY

	everything && "$TOOLS/ringfile" dump >"$TMP/dump" || return 1
	stat records
	[ "$REPLY" = "$before" ]
}

# Records by kind are what the rings have; sightings end in one way each.
books()
{
	local name sum=0

	await 30 both_at_once || return 1
	stat records
	same "records in the rings" "$(grep -c '^conn=' "$TMP/dump")" "$REPLY" || return 1
	same "records in the text" "$(grep -vc '^#' "$TMP/text")" "$REPLY" || return 1
	for name in recorded counted truncated bad_offset bad_csum unknown no_flow \
		no_half_open no_memory leaving; do
		stat "$name"
		sum=$((sum + REPLY))
	done
	stat matched
	same "sightings" "$sum" "$REPLY"
}

# --- hostile streams -----------------------------------------------------------------

# attack NAMESPACE CPORT CLIENT-BYTES STEPS [SERVER-BYTES STEPS]
attack()
{
	play "$1" "$2" "listen l; connect c; accept s; $4 recv s $3; ${6:-}
		${5:+recv c $5;} close c; eof s; close s"
}

hostile()
{
	local big i

	# A message of 16 MB in records of 16 KB, of which twelve are sent.
	big="write c 160301400001ffffff; write c 00 16380;"
	for ((i = 1; i < 12; i++)); do
		big+=" write c 1603014000; write c 00 16384;"
	done
	attack a 44000 69 "write c 160301ffff; write c 01 64;" &&
		attack a 44001 "$H" "trickle c $HELLO;" &&
		attack a 44002 $((H + 21)) "write c $HELLO; write c 15030300020100 3;" \
			7 "write s 15030300020128;" &&
		attack a 44003 $((12 * 16389)) "$big" &&
		attack a 44004 $((H + 60000)) \
			"write c $HELLO; write c 140303000101 10000;" &&
		attack a 44005 $((H + 30006)) "write c $HELLO; write c 140303000101;
			write c 160303000155 5000;" &&
		ring
}

hostile_named()
{
	marks 44000 client 117 && bytes 44000 client 0 || return 1
	same "the hello in segments of a byte" \
		"$(awk '$1 == 44001 { print $5 }' "$TMP/ring")" "$HELLO" &&
		marks 44001 client - || return 1
	same "a hello and alerts" \
		"$(awk '$1 == 44002 && $2 == "client" { print $5 }' "$TMP/ring")" \
		"${HELLO}150303000201001503030002010015030300020100" &&
		bytes 44002 server 7
}

# bounded CPORT - bytes, and records: of these, of marks, and a few
bounded()
{
	bytes "$1" client "$2" && tls_records "$1" &&
		holds "records of port $1" "$REPLY <= $3"
}

hostile_bounded()
{
	bounded 44003 16384 300 && bounded 44004 16384 420 &&
		bounded 44005 $((H + 6)) 70 || return 1
	marks 44003 client 115,113,113,113,113,113,113,113,113,113,113,113
}

# --- the end of connections, namespaces, and of the module ---------------------------

# Walks that never end, in a namespace that goes; without sock=0 the kernel
# would tell of the end of their sockets.
netns_goes()
{
	local i

	module_unload && module_load "ports=$SPORTS" sock=0 || return 1
	for i in 1 2 3 4 5 6 7 8; do
		play gone $((45000 + i)) "listen l; connect c; accept s; write c $HELLO;
			write s 16030300; vanish c; vanish s" || return 1
	done
	netns_del gone && await 60 gone_ended
}

gone_ended()
{
	[ "$(grep -c ' why=netns' /proc/tcptrace)" -ge 8 ]
}

evicted()
{
	module_unload && module_load max_flows=8 "ports=$SPORTS" || return 1
	play_command a 0 "listen l; connect c; accept s; write c $HELLO;
		recv s $H; shut c; eof s; close s; eof c; close c" -r 200
	"${COMMAND[@]}" && stat tls && holds "walks" "$REPLY >= 200" || return 1
	stat evict_time_wait && holds "evictions" "$REPLY >= 100"
}

unload_in_traffic()
{
	local i load=() p

	play_command a 0 "listen l; connect c; accept s; write c $HELLO;
		trickle s 16030300; recv c 4; recv s $H; close c; eof s; close s" \
		-r 1000000 -t 100
	spawn "$TMP/load.hello" "${COMMAND[@]}"
	load+=("$SPAWNED")
	spawn "$TMP/load.tls" nsenter --net="/run/netns/$(netns a)" -- bash -c \
		"while :; do echo | openssl s_client -connect 127.0.0.1:8080 -quiet; done"
	load+=("$SPAWNED")
	for i in 1 2 3; do
		await 20 busy || return 1
		module_unload && module_load "ports=$SPORTS" || return 1
	done
	await 20 busy || return 1
	for p in "${load[@]}"; do
		ended "$p" && {
			echo "the load ended early"
			return 1
		}
		kill "$p"
		reap "$p"
	done
	return 0
}

busy()
{
	stat tls
	[ "$REPLY" -ge 20 ]
}

# --- behind a cable -------------------------------------------------------------------

cable()
{
	ip link add tls0 type veth peer name tls1 netns "$(netns c)" &&
		ip addr add 10.9.8.1/24 dev tls0 && ip link set tls0 up &&
		ip -n "$(netns c)" addr add 10.9.8.2/24 dev tls1 &&
		ip -n "$(netns c)" link set tls1 up || return 1
	# What is to come out of order must not travel as one.
	ethtool -K tls0 tso off gso off gro off >"$TMP/ethtool" 2>&1 &&
		ns c ethtool -K tls1 tso off gso off gro off >"$TMP/ethtool" 2>&1 || {
		cat "$TMP/ethtool"
		return 1
	}
	module_unload && module_load "ports=$SPORTS" netns=init &&
		server - 8080 && server - 8081 -groups P-384
}

# The first segment of a hello is lost once: those that follow wait for it.
lose_first()
{
	nft -f - <<-END
		table inet tls {
			chain in {
				type filter hook input priority 0
				iifname tls0 tcp dport 8080 meta length > 1400 numgen inc mod 1000000 == 0 drop
			}
		}
	END
}

lost_once()
{
	lose_first && capture - tls0 "tcp portrange $SPORTS" &&
		client c 10.9.8.1 8080 46000 -tls1_2 -alpn "$LONG" || return 1
	nft delete table inet tls
	capture_end 1 && ring && whole 46000 && stat tls_holes &&
		same "holes" "$REPLY" 0
}

# No room to wait in: a hole, where the hello begins, counted with its cause.
no_room()
{
	echo 100 >/sys/module/tcptrace/parameters/tls_held && lose_first || return 1
	client c 10.9.8.1 8080 46001 -tls1_2 -alpn "$LONG" || return 1
	nft delete table inet tls
	echo 1048576 >/sys/module/tcptrace/parameters/tls_held
	ring && bytes 46001 client 0 && marks 46001 client 116 && stat tls_holes &&
		same "holes" "$REPLY" 1 && stat tls_no_room &&
		same "for want of room" "$REPLY" 1
}

poor_cable()
{
	local i

	tc qdisc add dev tls0 root netem delay 4ms 3ms loss 3% duplicate 3% &&
		ns c tc qdisc add dev tls1 root netem delay 4ms 3ms loss 3% duplicate 3% &&
		capture - tls0 "tcp portrange $SPORTS" || return 1
	for ((i = 0; i < 4; i++)); do
		client c 10.9.8.1 8080 $((47000 + i)) -tls1_2 -alpn "$LONG" &&
			client c 10.9.8.1 8081 $((47100 + i)) -tls1_3 -alpn "$LONG" \
				-groups X25519:P-384 || return 1
	done
	capture_end 8 && ring && whole {47000..47003} {47100..47103} || return 1
	tc qdisc del dev tls0 root
	ns c tc qdisc del dev tls1 root
	return 0
}

# --- rows -----------------------------------------------------------------------------

netns_add a c gone || bail_out "cannot make a namespace"
certificate || bail_out "no certificate: $(cat "$TMP/openssl.err")"
# shellcheck disable=SC2034 # read by the servers
for ((i = 0; i < 500; i++)); do
	printf '%s' "$WORD"
done >"$TMP/page"
cd "$TMP" || bail_out "no directory"
module_load "ports=$SPORTS" || bail_out "cannot load the module"
server a 8080 && server a 8081 -groups P-384 && server a 8082 -tls1_3 ||
	bail_out "no server"
PORT=8083
row "handshakes over lo" on_lo
row "TLS 1.3 is in the ring as it was sent" whole 41000
row "TLS 1.2" whole 41001
row "HelloRetryRequest" whole 41002
row "a hello of four kilobytes" whole 41003
row "TLS 1.2, resumed" whole 41004 41005
row "a refusal" whole 41006
row "curl" whole 41007
row "encrypted alerts are named, once" alerts
row "the text has the same bytes" text_lines
row "nothing that was encrypted" nothing_encrypted
row "what is there is found" everywhere "$NAME_PART"
row "no byte of a stream that is not TLS" no_payload
row "how streams begin" openings
row "tls_bytes caps, and 0 is off" capped
row "the books add up" books
row "a wrong tls_bytes is refused" refused
row "hostile streams" hostile
row "hostile streams are named" hostile_named
row "hostile streams are bounded" hostile_bounded
row "a namespace goes, walks with it" netns_goes
row "connections are evicted, walks with them" evicted
row "unloaded in traffic" unload_in_traffic
row "behind a cable" cable
row "a segment that is lost once" lost_once
row "no room for what comes early" no_room
row "a cable that loses, doubles and reorders" poor_cable
closing_rows
test_run
