# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# lib.sh - what the demos share. They run in the VM, as root; see scripts/vm
# for the variables they get. To be sourced first.
#
# Each demo runs in a network namespace of its own, and what it names with
# "ip netns" is its own as well: many may run at the same time. With DEMO_OUT
# set, a directory, the module is there already, and the drawing goes to
# $DEMO_OUT/NAME.txt and NAME.json instead; with DEMO_CAPTURE set, demos of TLS
# leave $DEMO_OUT/NAME.pcap, too.

set -eu

TCPPLAY=${DEMO_TOOLS:-$TCPTRACE_TOP/build/demo}/tcpplay
NAME=${0##*/}

heading()
{
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
		printf '\n\033[1m== %s\033[0m\n' "$*"
	else
		printf '\n== %s\n' "$*"
	fi
}

# What will happen, in a sentence or two.
say()
{
	printf '%s\n' "$*"
}

# Show a command, then run it.
run()
{
	printf '# %s\n' "$*"
	"$@"
}

give_up()
{
	printf 'demo: error: %s: %s\n' "$NAME" "$*" >&2
	exit 1
}

# wait_for SECONDS WHAT COMMAND... - until the command succeeds; the longer that
# takes, the longer the naps, in tenths of a second: others are at work as well
wait_for()
{
	left=$(($1 * 10 * ${TCPTRACE_SLOW:-1})) what=$2 nap=1
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $left -gt 0 ] || give_up "waited in vain for $what"
		sleep $((nap / 10)).$((nap % 10))
		left=$((left - nap))
		[ $nap -ge 10 ] || nap=$((nap + 1))
	done
}

if [ -z "${DEMO_INSIDE:-}" ]; then
	export DEMO_INSIDE=yes
	# shellcheck disable=SC2046 # parameters that this one wants
	[ -n "${DEMO_OUT:-}" ] ||
		run insmod "$TCPTRACE_KO" ports=80,443 \
			$(sed -n 's/^# module: //p' "$0")
	status=0
	unshare --net --mount -- "$0" || status=$?
	[ -n "${DEMO_OUT:-}" ] || rmmod tcptrace
	exit $status
fi

# What inode a namespace has is what its connections are told apart by: none is
# to be used again while others play.
if [ -n "${DEMO_OUT:-}" ]; then
	sleep infinity >/dev/null 2>&1 &
	echo $! >"$DEMO_OUT/$NAME.pid"
fi
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip link set lo up
NETNS=$(stat -Lc %i /proc/self/ns/net)
DIR=$(mktemp -d)
chmod 755 "$DIR"
heading "$(sed -n "s/^# $NAME - //p" "$0")"

# What was recorded is told in the first namespace only.
tcptimeline()
{
	nsenter --net=/proc/1/ns/net -- \
		"$TCPTRACE_TOP/userspace/tcptimeline" ${NETNS:+-n "$NETNS"} "$@"
}

# on NAMESPACE - whose view is drawn, and waited for
on()
{
	NETNS=$(stat -Lc %i "/run/netns/$1")
}

# play SCRIPT [OPTION]... - both ends' system calls, one after the other
play()
{
	script=$1
	shift
	printf '# tcpplay -p 80 -c 50000 %s\n' "$*"
	printf '%s\n' "$script" | sed 's/^[[:space:]]*/    /'
	"$TCPPLAY" -p 80 -c 50000 "$@" "$(tr '\n' ' ' <<-END
	$script
	END
	)" || give_up "tcpplay failed"
}

# play_on SCRIPT [OPTION]... - the same, and the sockets stay as they are
play_on()
{
	script=$1
	shift
	printf '# tcpplay -p 80 -c 50000 %s\n' "$*"
	printf '%s\n' "$script" | sed 's/^[[:space:]]*/    /'
	mkfifo "$DIR/feed"
	"$TCPPLAY" -p 80 -c 50000 "$@" "$(tr '\n' ' ' <<-END
	$script; hold played
	END
	)" <"$DIR/feed" >"$DIR/said" &
	exec 3>"$DIR/feed"
	wait_for 60 "tcpplay" grep -q played "$DIR/said"
}

# drop IN|OUT MATCH... - lose segments: before they arrive, or never to leave
drop()
{
	drop_on '' "$@"
}

# drop_on NAMESPACE IN|OUT MATCH... - the same, there
drop_on()
{
	there=${1:+ip netns exec $1} chain=$2
	shift 2
	printf '# nft: %s tcp %s drop\n' "$chain" "$*"
	$there nft -f - <<-END
	table inet t {
		chain in { type filter hook input priority 0; }
		chain out { type filter hook output priority 0; }
	}
	add rule inet t $chain tcp $* drop
	END
}

# let_leave N MATCH... - of such segments only so many: what is drawn is then the
# same, however late it is drawn
let_leave()
{
	count=$1
	shift
	drop out "$* numgen inc mod 100000 >= $count"
}

# until_seen SECONDS COUNT LEAVES|ARRIVES FLAGS [JQ-CONDITION]
until_seen()
{
	until_is "$1" "[.[].events[] | select(.vantage == \"$3\" and
		.flags == $4 and (${5:-true}))] | length >= $2"
}

undrop()
{
	run nft flush ruleset
}

# is JQ-FILTER - does it hold for the connections, given as an array?
is()
{
	tcptimeline -o json | jq -es "$1" >/dev/null
}

until_is()
{
	wait_for "$1" "$2" is "$2"
}

# record_to FILE - until stop_recording
record_to()
{
	printf '# tcptimeline -w %s\n' "$1"
	nsenter --net=/proc/1/ns/net -- \
		"$TCPTRACE_TOP/userspace/tcptimeline" -w "$1" &
	RECORDER=$!
	wait_for 20 "the recording to begin" test -e "$1"
}

stop_recording()
{
	kill "$RECORDER"
	wait "$RECORDER" || give_up "the recording failed"
}

# draw [OPTION]... - what was recorded so far
draw()
{
	[ -z "${CAPTURE_PID:-}" ] || stop_capture
	if [ -n "${DEMO_OUT:-}" ]; then
		tcptimeline --explain -W 400 -c never "$@" >"$DEMO_OUT/$NAME.txt"
		tcptimeline -o json "$@" >"$DEMO_OUT/$NAME.json"
	else
		printf '\n# tcptimeline %s\n' "--explain${*:+ $*}"
		tcptimeline --explain "$@"
	fi
}

# draw_capture FILE - the same of a capture, without the module
draw_capture()
{
	NETNS=
	draw -r "$1"
}

# capture_to FILE PORT - what passes on lo, until stop_capture
capture_to()
{
	printf '# tcpdump -i lo -w %s tcp port %s\n' "$@"
	tcpdump -i lo -U -w "$1" tcp port "$2" 2>"$DIR/tcpdump" &
	CAPTURE=$!
	wait_for 20 "tcpdump" grep -q "listening on" "$DIR/tcpdump"
}

# stop_capture FILE COUNT - once it holds so many segments
stop_capture()
{
	wait_for 20 "$2 captured segments" holds_segments "$1" "$2"
	kill "$CAPTURE"
	wait "$CAPTURE" || true
}

holds_segments()
{
	[ "$(tcpdump -r "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}

listening()
{
	ss -Hltn "sport = :$1" | grep -q .
}

# write_nginx_conf LINES - of one server, that touches nothing outside of $DIR
write_nginx_conf()
{
	cat >"$DIR/nginx.conf" <<-END
	daemon off;
	pid $DIR/nginx.pid;
	error_log $DIR/error.log;
	worker_processes 1;
	events { }
	http {
	    access_log off;
	    client_body_temp_path $DIR/body;
	    proxy_temp_path $DIR/proxy;
	    fastcgi_temp_path $DIR/fastcgi;
	    uwsgi_temp_path $DIR/uwsgi;
	    scgi_temp_path $DIR/scgi;
	    server {
	        $1
	        root $DIR/www;
	    }
	}
	END
}

# Whether an ACK goes alone or with what follows, and what is sent first, is for
# the scheduler to say, otherwise.
settle_order()
{
	# What runs first may take as long as it needs, but what it has sent arrives.
	sysctl -qw kernel.sched_rt_runtime_us=-1
	chrt -f -p 2 "$(pgrep -x ksoftirqd/0)"
	for net in 127.0.0.0/8 127.0.0.1; do
		ip route replace table local local $net dev lo proto kernel \
			scope host src 127.0.0.1 quickack 1
	done
}

# first COMMAND... - a client: it runs until it waits
first()
{
	taskset -c 0 chrt -f 1 "$@"
}

# second COMMAND... - a server: it runs while the client waits
second()
{
	exec taskset -c 0 "$@"
}

# start_nginx - on 127.0.0.1:80, from a directory of its own
start_nginx()
{
	settle_order
	mkdir "$DIR/www"
	echo "Hello from nginx." >"$DIR/www/index.html"
	write_nginx_conf "listen 127.0.0.1:80;"
	printf '# nginx -c %s\n' "$DIR/nginx.conf"
	second nginx -c "$DIR/nginx.conf" &
	NGINX_PID=$!
	wait_for 60 "nginx to listen (see $DIR/error.log)" listening 80
}

stop_nginx()
{
	kill "$NGINX_PID"
	wait "$NGINX_PID" || true
}

time_wait_over()
{
	tcptimeline -o json | grep -Eq '"TIME_WAIT", *"CLOSED"\]'
}

# wait_for_time_wait - 60 s on Linux; say so meanwhile
wait_for_time_wait()
{
	start=$(date +%s)
	said=-10
	until time_wait_over; do
		waited=$(($(date +%s) - start))
		[ $waited -lt 90 ] || give_up "TIME_WAIT did not end in $waited s"
		if [ -t 2 ]; then
			printf '\r  waiting for the end of TIME_WAIT: %d of 60 s ' $waited >&2
		elif [ $((waited - said)) -ge 10 ]; then
			printf '  waiting for the end of TIME_WAIT: %d of 60 s\n' $waited >&2
			said=$waited
		fi
		sleep 0.5
	done
	[ ! -t 2 ] || printf '\r%60s\r' '' >&2
}
