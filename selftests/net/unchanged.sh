#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# unchanged.sh - the module changes no packet
#
#	 client                router                 server
#	+--------------+      +----------------+     +--------------+
#	|    10.0.1.1  |------|  10.0.1.2      |     |              |
#	| fd00:1::1    |      |  fd00:1::2     |     |              |
#	|              |      |      10.0.2.2  |-----|  10.0.2.1    |
#	|              |      |    fd00:2::2   |     |  fd00:2::1   |
#	+--------------+      +----------------+     +--------------+
#
# Fixed packets are sent by raw sockets of the client, with and without the
# module, past LOCAL_OUT and FORWARD: at the far end all bytes must be the same.
#
# Real connections are captured on both sides of the router: what goes in must
# come out, but for the hop limit. And the bytes that the ends receive, past
# LOCAL_IN, must be those that were sent.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-router.sh"
need tcpdump socat ethtool perl cmp

UNTRACED=9999

# --- captures -----------------------------------------------------------------

CAPTURES=()

# capture NAME NETNS DEVICE FILTER
capture()
{
	spawn "$TMP/$1.log" nsenter --net="/run/netns/$(netns "$2")" -- \
		tcpdump -i "$3" -B 32768 -s 0 --immediate-mode -U -w "$TMP/$1.pcap" "$4"
	CAPTURES+=("$SPAWNED")
	await 20 has_line "$TMP/$1.log" "listening on"
}

# packets NAME - to "$TMP/NAME.packets", without Ethernet's header, a line each
packets()
{
	perl -e '
		binmode STDIN;
		read STDIN, $h, 24;
		while (read STDIN, $h, 16) {
			(undef, undef, $n, $len) = unpack "L4", $h;
			read STDIN, $p, $n;
			die "cut" if $n != $len;
			print unpack("H*", substr $p, 14), "\n";
		}' <"$TMP/$1.pcap" >"$TMP/$1.packets"
}

# captures_end NAME... - the last one begun ends first
captures_end()
{
	local i name

	for ((i = ${#CAPTURES[@]} - 1; i >= 0; i--)); do
		kill -INT "${CAPTURES[i]}"
		reap "${CAPTURES[i]}" || return 1
	done
	CAPTURES=()
	for name; do
		has_line "$TMP/$name.log" "^0 packets dropped by kernel" || {
			cat "$TMP/$name.log"
			return 1
		}
		packets "$name" || return 1
	done
}

# As much is written of what came out as of what went in.
even()
{
	local way

	for way in up down; do
		packets "$way".in 2>/dev/null && packets "$way".out 2>/dev/null &&
			[ "$(wc -l <"$TMP/$way.in.packets")" -eq \
			"$(wc -l <"$TMP/$way.out.packets")" ] || return 1
	done
}

# captured NAME N
captured()
{
	packets "$1" 2>/dev/null && [ "$(wc -l <"$TMP/$1.packets")" -ge "$2" ]
}

# --- fixed packets --------------------------------------------------------------

# fixed FAMILY - sends what no stack of today would, and what each does: options
# of all kinds, odd fields, a ClientHello in two segments, wrong checksums
fixed()
{
	ns client perl - "$1" "$PORT" "$UNTRACED" <<-'END'
	use Socket qw(:all);
	my ($family, @ports) = @ARGV;
	my $v6 = $family == 6;
	my ($from, $to) = $v6 ? ("fd00:1::1", "fd00:2::1") : ("10.0.1.1", "10.0.2.1");
	my ($a, $b) = map { inet_pton($v6 ? AF_INET6 : AF_INET, $_) } $from, $to;
	socket(S, $v6 ? AF_INET6 : AF_INET, SOCK_RAW, 255) or die "socket: $!";
	# The whole stays in the buffer until it has left.
	setsockopt(S, SOL_SOCKET, SO_SNDBUF, pack("l", 1 << 20));

	sub sum {
		my $sum = 0;
		$sum += $_ for unpack "n*", $_[0] . (length($_[0]) % 2 ? "\0" : "");
		$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
		return ~$sum & 0xffff;
	}
	my $id = 0x1234;
	# Fields of the segment; hop, tos, ipopt of the header before it.
	sub emit {
		my %f = (seq => 1, ack => 0, flags => 0x10, win => 512, opt => "",
			 data => "", urg => 0, bad => 0, hop => 64, tos => 0,
			 ipopt => "", cport => 5000, reserved => 0, @_);
		my $tcp = pack "nnNNnnnn", $f{cport}, $f{port}, $f{seq}, $f{ack},
			(5 + length($f{opt}) / 4) << 12 | $f{reserved} << 9 | $f{flags},
			$f{win}, 0, $f{urg};
		$tcp .= $f{opt} . $f{data};
		my $sum = sum($a . $b . pack("NN", length $tcp, 6) . $tcp);
		substr $tcp, 16, 2, pack "n", $sum ^ $f{bad};
		my $ip;
		if ($v6) {
			$ip = pack "NnCC", 6 << 28 | $f{tos} << 20 | 0xabcde,
				length $tcp, 6, $f{hop};
			$ip .= $a . $b;
		} else {
			$ip = pack "CCnnnCCn", 0x45 + length($f{ipopt}) / 4, $f{tos},
				20 + length($f{ipopt} . $tcp), $id++, 0x4000, $f{hop}, 6, 0;
			$ip .= $a . $b . $f{ipopt};
		}
		send S, $ip . $tcp, 0, $v6 ? pack_sockaddr_in6(0, $b)
			: pack_sockaddr_in(0, $b) or die "send: $!";
		$sent++;
	}
	my $syn_opt = pack "CCn CCC CC CCCNN", 2, 4, 1460, 3, 3, 7, 4, 2, 1, 8, 10, 1, 0;
	$syn_opt .= "\1" x (-length($syn_opt) % 4);
	my $hello = pack("CnnCCn", 22, 0x301, 604, 1, 0, 600) . join "", map chr, (1 .. 200) x 3;
	$hello = substr $hello, 0, 609;
	for my $port (@ports) {
		for my $begin ($hello, "GET / HTTP/1.1\r\n\r\n") {
			my @to = (port => $port, cport => ++$cport + 5000);
			emit(@to, flags => 0x02, seq => 99, opt => $syn_opt);
			emit(@to, seq => 100, ack => 7);
			emit(@to, seq => 100, ack => 7, flags => 0x18, data => substr $begin, 0, 7);
			emit(@to, seq => 107, ack => 7, flags => 0x18, data => substr $begin, 7);
			emit(@to, seq => 107, ack => 7, flags => 0x18, data => substr $begin, 7);
			emit(@to, seq => 800, ack => 7, flags => 0x39, urg => 3, data => "urgent");
			emit(@to, seq => 900, ack => 7, flags => 0xd8, tos => 3, data => "ECE, CWR");
			emit(@to, seq => 950, ack => 7, reserved => 5, data => "reserved");
			emit(@to, seq => 999, ack => 7, bad => 1, data => "wrong");
			emit(@to, seq => 999, ack => 7, hop => 7, tos => 0x88, win => 0);
			emit(@to, seq => 999, ack => 7, ipopt => "\1\1\1\1") unless $v6;
			emit(@to, seq => 999, ack => 7, opt => pack("CCx2x4", 254, 8), data => "x" x 1300);
			emit(@to, seq => 999, ack => 7, opt => pack("CCNN CC", 5, 10, 1100, 1200, 1, 1));
			emit(@to, seq => 999, ack => 7, flags => 0, data => "no flag");
			emit(@to, seq => 999, ack => 7, flags => 0x1ff, data => "all");
			emit(@to, seq => 999, ack => 7, flags => 0x11);
			emit(@to, seq => 1000, ack => 7, flags => 0x14);
			emit(@to, seq => 1001, flags => 0x04);
		}
	}
	print "$sent\n";
	END
}

# fixed_captured NAME - both families, to "$TMP/NAME.packets"
fixed_captured()
{
	local sent

	capture "$1" server to-router "src host 10.0.1.1 or src host fd00:1::1" &&
		sent=$(($(fixed 4) + $(fixed 6))) &&
		await 20 captured "$1" "$sent" && captures_end "$1" || return 1
	echo "note: $sent packets"
	same "packets" "$(wc -l <"$TMP/$1.packets")" "$sent" &&
		holds "packets" "$sent > 100"
}

fixed_unchanged()
{
	fixed_captured with && cmp "$TMP/without.packets" "$TMP/with.packets"
}

# Seen, or the comparison says nothing. With the module at all three places.
was_traced()
{
	"$TOOLS/ringfile" dump >"$TMP/dump" || return 1
	holds "leave, $1" "$(grep -cE "$2.* kind=1 .* vantage=1 " "$TMP/dump") > $3" &&
		holds "pass, $1" "$(grep -cE "$2.* kind=1 .* vantage=3 " "$TMP/dump") > $3" &&
		holds "arrive, $1" "$(grep -cE "$2.* kind=1 .* vantage=2 " "$TMP/dump") > $3"
}

# --- connections ---------------------------------------------------------------

# What begins as a TLS handshake, and what does not; always the same bytes.
make_files()
{
	local n

	for n in up down; do
		perl -e 'srand(length $ARGV[0]); print chr(int rand 256) for 1 .. 300000' $n \
			>"$TMP/$n.plain"
		{
			printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'
			head -c 508 "$TMP/$n.plain"
			cat "$TMP/$n.plain"
		} >"$TMP/$n.tls"
	done
	cat >"$TMP/serve" <<-'END'
	#!/bin/sh
	cat >"$1.got" && cat "$2"
	END
	chmod +x "$TMP/serve"
}

# offload on|off - of all devices: what one hands on is a segment, or many
offload()
{
	local place

	for place in client/to-router router/to-client router/to-server server/to-router; do
		ns "${place%/*}" ethtool -K "${place#*/}" tso "$1" gso "$1" gro "$1" \
			tx "$1" >"$TMP/ethtool" 2>&1 || {
			cat "$TMP/ethtool"
			return 1
		}
	done
}

# transfer FAMILY PORT KIND
transfer()
{
	local to=10.0.2.1 server

	[ "$1" = 4 ] || to='[fd00:2::1]'
	spawn "$TMP/socat" nsenter --net="/run/netns/$(netns server)" -- \
		socat -t 30 "TCP$1-LISTEN:$2,reuseaddr" \
		EXEC:"$TMP/serve $TMP/up $TMP/down.$3"
	server=$SPAWNED
	await 20 listens "$2" &&
		ns client timeout 60 socat -t 30 - "TCP$1:$to:$2" \
			<"$TMP/up.$3" >"$TMP/down.got" || {
		cat "$TMP/socat"
		# The next one needs its port.
		kill "$server" && reap "$server"
		return 1
	}
	reap "$server" &&
		cmp "$TMP/up.got" "$TMP/up.$3" && cmp "$TMP/down.got" "$TMP/down.$3"
}

listens()
{
	[ -n "$(ns server ss -Htln "sport = :$1")" ]
}

# hop_less NAME - the packets as they are behind the router
hop_less()
{
	perl -ne '
		chomp;
		$p = pack "H*", $_;
		if (ord($p) >> 4 == 4) {
			$n = 4 * (ord($p) & 15);
			substr $p, 8, 1, chr(ord(substr $p, 8, 1) - 1);
			substr $p, 10, 2, "\0\0";
			$sum = 0;
			$sum += $_ for unpack "n*", substr $p, 0, $n;
			$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
			substr $p, 10, 2, pack "n", ~$sum & 0xffff;
		} else {
			substr $p, 7, 1, chr(ord(substr $p, 7, 1) - 1);
		}
		print unpack("H*", $p), "\n"' "$TMP/$1.packets"
}

# came_through WAY - what came out of the router went in. Two CPUs may hand on what
# came first after what came next; and some a router may lose, or tcpdump not see.
came_through()
{
	hop_less "$1".in | LC_ALL=C sort >"$TMP/expected"
	LC_ALL=C sort "$TMP/$1.out.packets" >"$TMP/sorted"
	LC_ALL=C comm -13 "$TMP/expected" "$TMP/sorted" >"$TMP/others"
	LC_ALL=C comm -23 "$TMP/expected" "$TMP/sorted" >"$TMP/missing"
	same "packets that did not go in, $1" "$(cut -c -200 "$TMP/others")" "" &&
		holds "packets, $1" "$(wc -l <"$TMP/sorted") > 10" &&
		holds "lost, $1" "2 * $(wc -l <"$TMP/missing") <= $(wc -l <"$TMP/expected")"
}

# Both ends are through with each other: nothing more is sent.
silent()
{
	local place

	for place in client server; do
		[ -z "$(ns "$place" ss -Htan exclude time-wait "( sport = :$1 or dport = :$1 )")" ] ||
			return 1
	done
}

# Larger than a link takes, or none that is: GSO was on, or off.
large()
{
	awk 'length($0) > 2 * 1514 { n++ } END { print n + 0 }' "$TMP/$1.packets"
}

# wrong_sums NAME - by tcpdump, which is told of no offload
wrong_sums()
{
	tcpdump -nvvr "$TMP/$1.pcap" 2>/dev/null | grep -cE "incorrect|bad cksum"
}

# passed FAMILY OFFLOAD PORT KIND
passed()
{
	local port="port $3" way

	offload "$2" &&
		capture up.in router to-client "src host 10.0.1.1 or src host fd00:1::1 and $port" &&
		capture down.in router to-server "src host 10.0.2.1 or src host fd00:2::1 and $port" &&
		capture up.out router to-server "src host 10.0.1.1 or src host fd00:1::1 and $port" &&
		capture down.out router to-client "src host 10.0.2.1 or src host fd00:2::1 and $port" &&
		transfer "$1" "$3" "$4" && await 20 silent "$3" || return 1
	# What tcpdump has yet to write when it is told to end is lost.
	await 10 even >"$TMP/even" || :
	captures_end up.in up.out down.in down.out || return 1
	for way in up down; do
		came_through "$way" || return 1
		if [ "$2" = off ]; then
			same "large ones, $way" "$(large "$way".in)" 0 &&
				same "wrong checksums, $way" "$(wrong_sums "$way".out)" 0 ||
				return 1
		else
			holds "large ones, $way" "$(large "$way".in) > 0" || return 1
		fi
	done
	echo "note: $(wc -l <"$TMP/up.in.packets") and $(wc -l <"$TMP/down.in.packets") packets"
}

{ wire && await 20 reachable 9998; } || bail_out "cannot make namespaces and routes"
make_files
row "fixed packets without the module" fixed_captured without
row "the module loads" module_load
row "the same, byte by byte, with the module" fixed_unchanged
row "fixed packets were traced" was_traced "of 5001" "cport=5001 " 3
for offload in off on; do
	for family in 4 6; do
		for kind in plain tls; do
			row "IPv$family, offload $offload, $kind" passed $family $offload $PORT $kind
		done
		row "IPv$family, offload $offload, port not traced" \
			passed $family $offload $UNTRACED plain
	done
done
row "connections were traced" was_traced "of any" "cport=[1-6][0-9]{4} " 20
row "without tls_bytes" eval "echo 0 >/sys/module/tcptrace/parameters/tls_bytes"
row "IPv4, offload on, tls, not looked at" passed 4 on $PORT tls
closing_rows
test_run
