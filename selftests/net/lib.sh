# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh - what the tests here share. To be sourced first.
#
# A test is a list of rows, each "description" and a command; test_run runs
# them and speaks KTAP. What a row's command prints is shown if it fails.
# Whatever is started or made through this file is ended or removed at exit,
# also after a failure, by process id and by name.
#
# From the environment: TCPTRACE_KO (module), TCPTIMELINE (reader),
# TCPTRACE_TOOLS (directory of tcpplay, ringfile and statelog),
# TCPTRACE_SOCK (the module's parameter sock; its default if not set), and
# TCPTRACE_SLOW (how many times as long as elsewhere things may take; 1).

set -uo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
NAME=$(basename "$0" .sh)
PORT=8080
SOCK=${TCPTRACE_SOCK:-}
SLOW=${TCPTRACE_SLOW:-1}

# first_existing FILE... - to REPLY
first_existing()
{
	for REPLY; do
		[ ! -e "$REPLY" ] || return 0
	done
	REPLY=$1
}

# Installed by kselftest all files lie in one directory; in the tree not.
first_existing "$HERE/../../tcptrace.ko" "$HERE/tcptrace.ko"
KO=${TCPTRACE_KO:-$REPLY}
first_existing "$HERE/../../userspace/tcptimeline" \
	"${TCPTRACE_TOP:-$HERE/../..}/userspace/tcptimeline" "$HERE/tcptimeline"
TCPTIMELINE=${TCPTIMELINE:-$REPLY}
first_existing "$HERE/tcpplay" "$HERE/../tools/tcpplay" \
	"$HERE/../../build/selftests/tools/tcpplay"
TOOLS=${TCPTRACE_TOOLS:-${REPLY%/*}}
ORACLE=$HERE/lib-oracle.sh

# --- KTAP -------------------------------------------------------------------

ROW_NAMES=()
ROW_COMMANDS=()
PLANNED=no

# A failure outside of any row ends the test, and never looks like a success.
bail_out()
{
	printf 'Bail out! %s: %s\n' "$NAME" "$*"
	exit 1
}

# What a row's command returns if it says why it cannot be done here.
SKIP=77

# row DESCRIPTION COMMAND [ARGUMENT]...
row()
{
	ROW_NAMES+=("$1")
	shift
	ROW_COMMANDS+=("${*@Q}")
}

test_run()
{
	local i status failed=0 skipped=0 nr=${#ROW_NAMES[@]}

	[ "$nr" -gt 0 ] || bail_out "no rows"
	echo "TAP version 13"
	echo "1..$nr"
	PLANNED=yes
	for ((i = 0; i < nr; i++)); do
		status=0
		eval "${ROW_COMMANDS[i]}" >"$TMP/row" 2>&1 || status=$?
		case $status in
		0)
			echo "ok $((i + 1)) - $NAME: ${ROW_NAMES[i]}"
			[ ! -s "$TMP/row" ] || sed -n 's/^note: /# /p' "$TMP/row"
			;;
		"$SKIP")
			echo "ok $((i + 1)) - $NAME: ${ROW_NAMES[i]} # SKIP $(<"$TMP/row")"
			skipped=$((skipped + 1))
			;;
		*)
			echo "not ok $((i + 1)) - $NAME: ${ROW_NAMES[i]}"
			sed 's/^/# /' "$TMP/row"
			failed=$((failed + 1))
			;;
		esac
	done
	echo "# Totals: pass:$((nr - failed - skipped)) fail:$failed xfail:0 xpass:0 skip:$skipped error:0"
	[ $failed -eq 0 ]
	exit
}

# kernel_lacks WHAT... - the row of what this kernel was found not to be able to
kernel_lacks()
{
	echo "this kernel has no $*"
	return "$SKIP"
}

# run_both_ways - the whole test with sock=1, then with sock=0: packets alone must
# tell the same states. To be said before anything is set up.
run_both_ways()
{
	local way n=0 plan=0 failed=0 skipped=0 ended re="^(not )?ok [0-9]+ - $NAME: (.*)"

	[ -z "$SOCK" ] || return 0
	echo "TAP version 13"
	for way in 1 0; do
		ended=
		while IFS= read -r line; do
			if [[ $line =~ $re ]]; then
				n=$((n + 1))
				[ -z "${BASH_REMATCH[1]}" ] || failed=$((failed + 1))
				[[ $line != *"# SKIP "* ]] || skipped=$((skipped + 1))
				echo "${BASH_REMATCH[1]}ok $n - $NAME: sock=$way: ${BASH_REMATCH[2]}"
			elif [[ $line =~ ^1\.\.([0-9]+)$ ]]; then
				plan=$((plan + BASH_REMATCH[1]))
			elif [[ $line =~ ^ended\ ([0-9]+)$ ]]; then
				ended=${BASH_REMATCH[1]}
			elif [[ ! $line =~ ^(TAP\ version|#\ Totals:) ]]; then
				echo "$line"
			fi
		done < <(TCPTRACE_SOCK=$way bash "$0"; echo "ended $?")
		[ "$ended" = 0 ] || [ "$failed" -gt 0 ] ||
			bail_out "sock=$way ended with status '$ended'"
	done
	echo "1..$plan"
	PLANNED=yes
	echo "# Totals: pass:$((n - failed - skipped)) fail:$failed xfail:0 xpass:0 skip:$skipped error:0"
	[ "$plan" -gt 0 ] && [ "$plan" -eq "$n" ] && [ $failed -eq 0 ]
	exit
}

# same WHAT GOT WANTED
same()
{
	[ "$2" = "$3" ] || {
		echo "$1: is '$2', should be '$3'"
		return 1
	}
}

# holds WHAT EXPRESSION - arithmetic, to be true
holds()
{
	(($2)) || {
		echo "$1: not true: $2"
		return 1
	}
}

# --- waiting ----------------------------------------------------------------

# A tenth of a second without a process: nobody ever writes there.
pause()
{
	read -rt 0.1 <&"$SILENCE"
	return 0
}

# await SECONDS COMMAND... - until it succeeds; on a slow kernel that many times
# as long
await()
{
	local end=$((SECONDS + $1 * SLOW + 1))
	shift

	until "$@"; do
		[ $SECONDS -lt $end ] || {
			echo "timed out: $*"
			return 1
		}
		pause
	done
}

has_line()
{
	grep -qE "$2" "$1" 2>/dev/null
}

ended()
{
	! kill -0 "$1" 2>/dev/null
}

# --- processes --------------------------------------------------------------

PIDS=()

# spawn LOG COMMAND... - in the background; SPAWNED is its process id
spawn()
{
	local log=$1
	shift

	"$@" >"$log" 2>&1 </dev/null &
	SPAWNED=$!
	PIDS+=("$SPAWNED")
}

# spawn_fed LOG COMMAND... - the same, FEED being the file descriptor of a
# pipe to its standard input
spawn_fed()
{
	local log=$1 fifo
	shift

	fifo=$(mktemp -u "$TMP/feed.XXXXXX")
	mkfifo "$fifo"
	"$@" >"$log" 2>&1 <"$fifo" &
	SPAWNED=$!
	PIDS+=("$SPAWNED")
	# shellcheck disable=SC2034 # for the caller
	exec {FEED}>"$fifo"
}

# feed FD - a line for one who waits for it; says so if he has ended
feed()
{
	(trap '' PIPE; echo >&"$1") 2>/dev/null || {
		echo "nobody reads what is fed"
		return 1
	}
}

# reap PID [SECONDS] - wait for its end; its exit status
reap()
{
	await "${2:-20}" ended "$1" || return 124
	wait "$1"
}

# --- the kernel's log -------------------------------------------------------

MARK="tcptrace selftest $NAME $$"

kernel_log()
{
	dmesg | sed -n "/$MARK begins/,\$p" | sed 1d
}

SPLATS='BUG:|WARNING:|Oops|KASAN|KCSAN|UBSAN|KFENCE|general protection|INFO: task|possible circular|possible recursive|inconsistent lock|suspicious RCU|detected stall|unreferenced object|scheduling while atomic|sleeping function|refcount_t:|still in use|Call Trace|soft lockup|list_add corruption|list_del corruption'

kernel_log_clean()
{
	# grep -q would end before dmesg does, which counts as a failure.
	dmesg | grep "$MARK begins" >"$TMP/mark" || {
		echo "the mark is gone from the kernel log: it was overrun"
		return 1
	}
	! kernel_log | grep -E "$SPLATS"
}

# --- network namespaces -----------------------------------------------------

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

# --- the module -------------------------------------------------------------

module_loaded()
{
	[ -d /sys/module/tcptrace ]
}

# module_load [PARAMETER=VALUE]... - with ports=$PORT and, where it is set,
# sock=$SOCK, unless told otherwise
module_load()
{
	case " $* " in
	*" ports="*) ;;
	*) set -- ports=$PORT "$@" ;;
	esac
	case " $* " in
	*" sock="*) ;;
	*) set -- "$@" ${SOCK:+"sock=$SOCK"} ;;
	esac
	insmod "$KO" "$@"
}

module_unload()
{
	rmmod tcptrace
}

# --- nginx ------------------------------------------------------------------

# nginx_start NETNS [WORKERS] - serves 4 KiB at every address, port $PORT
nginx_start()
{
	local dir=$TMP/nginx

	command -v nginx >/dev/null || {
		echo "no nginx here"
		return 1
	}
	mkdir -p "$dir"
	head -c 4096 /dev/zero | tr '\0' x >"$dir/index.html"
	cat >"$dir/nginx.conf" <<-END
		user root;
		worker_processes ${2:-1};
		pid $dir/pid;
		error_log $dir/error.log;
		daemon off;
		events { worker_connections 4096; }
		http {
			access_log off;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			server {
				listen $PORT backlog=4096;
				listen [::]:$PORT backlog=4096;
				root $dir;
			}
		}
	END
	ns "$1" sysctl -qw net.core.somaxconn=4096
	spawn "$dir/log" nsenter --net="/run/netns/$(netns "$1")" -- \
		nginx -e "$dir/error.log" -c "$dir/nginx.conf" -p "$dir"
	NGINX=$SPAWNED
	await 20 listening "$1" || {
		cat "$dir/log" "$dir/error.log"
		return 1
	}
}

# nothing is connected to find out: that would be traced
listening()
{
	[ "$(ns "$1" ss -Htln "sport = :$PORT" | wc -l)" -ge 2 ]
}

nginx_stop()
{
	kill "$NGINX" 2>/dev/null
	reap "$NGINX"
}

# --- the kernel's own word --------------------------------------------------

TRACEFS=/sys/kernel/tracing
TRACE=

# trace_instance DIR - a trace of its own. Names of tasks are not kept with it:
# to do so the kernel patches __schedule() while another CPU is in it, and by
# QEMU's threads that other may see the breakpoint when it is long gone.
trace_instance()
{
	[ -d $TRACEFS/events/sock ] || mount -t tracefs tracefs $TRACEFS ||
		return 1
	echo 0 >$TRACEFS/options/record-cmd && mkdir "$1"
}

# oracle_start [PORT|PORT-PORT]... - log the states of sockets on these ports
oracle_start()
{
	local p end filter=

	[ $# -gt 0 ] || set -- $PORT
	for p; do
		for end in sport dport; do
			filter+="${filter:+ || }($end >= ${p%-*} && $end <= ${p#*-})"
		done
	done
	TRACE=$TRACEFS/instances/tcptrace-$$
	trace_instance "$TRACE" &&
		echo 8192 >"$TRACE/buffer_size_kb" &&
		echo mono >"$TRACE/trace_clock" &&
		echo "protocol == 6 && ($filter)" \
			>"$TRACE/events/sock/inet_sock_set_state/filter" &&
		echo 1 >"$TRACE/events/sock/inet_sock_set_state/enable"
}

# kernel_never_differs - from what segments told, by the module's own count
kernel_never_differs()
{
	local names values i agreed=0 differed=0

	{
		read -ra names
		while read -ra values; do
			for i in "${!names[@]}"; do
				case ${names[i]} in
				agreed) agreed=$((agreed + 16#${values[i]})) ;;
				differed) differed=$((differed + 16#${values[i]})) ;;
				esac
			done
		done
	} </proc/net/stat/tcptrace
	same "words that differ" "$differed" 0 || {
		grep "why=differs" /proc/tcptrace
		return 1
	}
	if [ "$SOCK" = 0 ]; then
		same "words with sock=0" "$agreed" 0
	else
		echo "note: $agreed words agree"
		holds "words" "$agreed > 0"
	fi
}

# oracle_agrees [last] - takes a snapshot, or the last one, and the log
oracle_agrees()
{
	local status=0

	[ "${1:-}" = last ] || snapshot || return 1
	"$TOOLS/statelog" "$TRACE" >"$TMP/statelog" || return 1
	"$ORACLE" "$TMP/json" "$TMP/statelog" >"$TMP/oracle" || status=1
	sed '$!d;s/^/note: /' "$TMP/oracle"
	[ $status -eq 0 ] || head -n 20 "$TMP/oracle"
	return $status
}

# --- playing and looking ----------------------------------------------------

ADDR=127.0.0.1

# play_command NETNS CPORT SCRIPT [OPTION]... - to the array COMMAND, to be
# spawned; %p in SCRIPT stands for CPORT
play_command()
{
	COMMAND=("$TOOLS/tcpplay" -a "$ADDR" -p "$PORT" -c "$2" "${@:4}"
		"netns tcptrace-$1; ${3//%p/$2}")
}

# play NETNS CPORT SCRIPT [OPTION]...
play()
{
	play_command "$@"
	"${COMMAND[@]}"
}

# Columns of "$TMP/conns", one line per connection, in order of their start.
COLUMNS_OF_CONN=(cport netns clocal slocal cstates sstates verdict complete
	lost cretrans sretrans cbytes sbytes duration handshake)

# Events are most of a connection's text, and jq is slow.
without_events()
{
	sed 's/,"events":\[.*\]}$/}/' "$1"
}

# snapshot - all connections, to "$TMP/json" and "$TMP/conns"
snapshot()
{
	"$TCPTIMELINE" -o json >"$TMP/json" 2>"$TMP/json.err" || {
		echo "tcptimeline failed:"
		cat "$TMP/json.err"
		return 1
	}
	without_events "$TMP/json" | jq -rs '
		sort_by(.start)[] | [.client.port, .netns,
			.client.local, .server.local,
			(.client.states | join(",")),
			(.server.states | join(",")),
			.verdict, .complete, .lost,
			.client.retransmits, .server.retransmits,
			.client.bytes, .server.bytes,
			.duration_ns, .handshake_ns]
		| map(tostring | gsub(" "; "_")) | join(" ")' >"$TMP/conns"
}

# conn CPORT COLUMN [NETNS INODE] - of each such connection, to REPLY, with
# spaces between; no process is made, for there are many rows
conn()
{
	local col f

	for col in "${!COLUMNS_OF_CONN[@]}"; do
		[ "${COLUMNS_OF_CONN[col]}" != "$2" ] || break
	done
	REPLY=
	while read -ra f; do
		[ "${f[0]}" != "$1" ] || [ "${3:-${f[1]}}" != "${f[1]}" ] ||
			REPLY+="${REPLY:+ }${f[col]}"
	done <"$TMP/conns"
}

# conn_is CPORT COLUMN WANTED [NETNS INODE]
conn_is()
{
	conn "$1" "$2" "${4:-}"
	same "$2 of port $1" "$REPLY" "$3"
}

# event CPORT JQ-FILTER - applied to the connection's object
event()
{
	jq -r "select(.client.port == $1) | $2" "$TMP/json"
}

# raw FILTER - records as ringfile prints them, lines that match
raw()
{
	"$TOOLS/ringfile" dump | grep -E "$1"
}

# Endpoints in TIME_WAIT by ss, and by the snapshot; namespaces that a test
# has nothing else in.
time_waits_agree()
{
	local n

	snapshot || return 1
	for n; do
		ns "$n" ss -Htn state time-wait | awk '{ print $3, $4 }'
	done | sort >"$TMP/tw.ss"
	jq -r '
		def text: "\(if .addr | test(":") then "[\(.addr)]" else .addr end):\(.port)";
		def line($me; $peer):
			if $me.local and $me.states[-1] == "TIME_WAIT"
			then "\($me | text) \($peer | text)" else empty end;
		line(.client; .server), line(.server; .client)
		' "$TMP/json" | sort >"$TMP/tw.ours"
	[ -s "$TMP/tw.ss" ] || {
		echo "ss shows no TIME_WAIT"
		return 1
	}
	diff -u "$TMP/tw.ss" "$TMP/tw.ours"
}

# --- cases: connections played first, checked later -------------------------
#
# A case is one connection on a client port of its own, so that all can be
# played one after the other and be looked at in a single snapshot.

CASE_NAMES=()
CASE_PORTS=()
CASE_STATES=()
CASE_PLAYED=()

OPEN_C=CLOSED,SYN_SENT,ESTABLISHED
# shellcheck disable=SC2034 # used by the tests
OPEN_S=LISTEN,SYN_RCVD,ESTABLISHED

# case_add PORT NAME CLIENT-STATES SERVER-STATES
case_add()
{
	CASE_PORTS+=("$1")
	CASE_NAMES+=("$2")
	CASE_STATES+=("$3 $4")
}

# cases_play - plays the array "cases" for each of ADDRESSES, on client ports
# from 41000 on. A case is "namespace|name|client|server|rules|script", the
# states being what follows ESTABLISHED; where one begins with a "=" they are
# all. Rules (see above) of all cases are set before the first is played; %p
# stands for the client's port. With CASES_AT_ONCE=yes all run at the same
# time, each with a server port of its own, from $PORT on.
ADDRESSES=(127.0.0.1 ::1)
CASES_AT_ONCE=no
CASES_SINCE=$SECONDS
cases=()

cases_play()
{
	local c i=0 p ns name client server rule script at_once=()
	local port=$PORT

	CASES_SINCE=$SECONDS
	: >"$TMP/list"
	for ADDR in "${ADDRESSES[@]}"; do
		for c in "${cases[@]}"; do
			IFS='|' read -rd '' ns name client server rule script \
				<<<"${c//||/| |}"
			p=$((41000 + i))
			[ "$ADDR" = "${ADDRESSES[0]}" ] || name+=", IPv6"
			whole_way $OPEN_C "$client"
			client=$REPLY
			whole_way $OPEN_S "$server"
			case_add $p "$name" "$client" "$REPLY"
			script=${script//$'\n'/ }
			[ $CASES_AT_ONCE = no ] || port=$((PORT + i))
			echo "$ADDR $port $p netns tcptrace-$ns; ${script//%p/$p}" \
				>>"$TMP/list"
			[[ $rule =~ ^[[:space:]]*$ ]] ||
				echo "${rule//%p/$p}" >>"$TMP/rules.$ns"
			i=$((i + 1))
		done
	done
	for rule in "$TMP"/rules.*; do
		[ ! -e "$rule" ] || rules "${rule##*.}" <"$rule" ||
			bail_out "cannot set nft rules: $(cat "$rule")"
	done
	[ $CASES_AT_ONCE = no ] || at_once=(-j)
	"$TOOLS/tcpplay" -b "${at_once[@]}" <"$TMP/list" >"$TMP/played" 2>"$TMP/played.err"
	while read -r p rule; do
		[[ $p$rule =~ ^[0-9]+failed$ ]] &&
			CASE_PLAYED[p - 41000]=$(grep " $p: " "$TMP/played.err")
	done <"$TMP/played"
}

# whole_way BEGINNING STATES - to REPLY
whole_way()
{
	case $2 in
	=*) REPLY=${2#=} ;;
	' ' | '') REPLY=$1 ;;
	*) REPLY=$1,$2 ;;
	esac
}

# case_fits INDEX - by the last snapshot; the expected way is a pattern
case_fits()
{
	local state

	conn "${CASE_PORTS[$1]}" cstates
	state=$REPLY
	conn "${CASE_PORTS[$1]}" sstates
	state+=" $REPLY"
	# On a slow machine the wait may be over before all was looked at.
	[ $((SECONDS - CASES_SINCE)) -lt 55 ] ||
		[[ ${CASE_STATES[$1]} == *TIME_WAIT,CLOSED* ]] ||
		state=${state//TIME_WAIT,CLOSED/TIME_WAIT}
	# shellcheck disable=SC2053
	[[ $state == ${CASE_STATES[$1]} ]] || {
		echo "client, server: $state"
		echo "     should be: ${CASE_STATES[$1]}"
		return 1
	}
}

all_settled()
{
	local i

	snapshot || return 1
	for i in "${!CASE_PORTS[@]}"; do
		case_fits "$i" || return 1
	done
}

# cases_settle [SECONDS] - wait until every case has its states; rows tell
# which have not
cases_settle()
{
	await "${1:-30}" all_settled >"$TMP/settle" 2>&1 || :
}

# case_check INDEX - the row of a case
case_check()
{
	local p=${CASE_PORTS[$1]} status=0

	if [ -n "${CASE_PLAYED[$1]:-}" ]; then
		echo "not played: ${CASE_PLAYED[$1]}"
		return 1
	fi
	case_fits "$1" || status=1
	# One that goes on has not all its records yet; one that had no answer
	# never has its server's.
	[[ ${CASE_STATES[$1]} == CLOSED,SYN_SENT\ * ||
		${CASE_STATES[$1]} == CLOSED,SYN_SENT*" *" ]] ||
		conn_is "$p" complete true || status=1
	conn_is "$p" lost 0 || status=1
	return $status
}

# verdicts WORD... - of the cases in order; the last word is for all the rest
verdicts()
{
	local i word status=0

	for i in "${!CASE_PORTS[@]}"; do
		word=$1
		[ $# -eq 1 ] || shift
		conn_is "${CASE_PORTS[i]}" verdict "$word" || status=1
	done
	return $status
}

case_rows()
{
	local i

	for i in "${!CASE_NAMES[@]}"; do
		row "${CASE_NAMES[i]}" case_check "$i"
	done
}

# --- begin and end ----------------------------------------------------------

# Rows that every test ends with. "early": the kernel's log was compared.
closing_rows()
{
	[ -z "$TRACE" ] || [ "${1:-}" = early ] ||
		row "the kernel's own log of states agrees" oracle_agrees
	[ -z "$TRACE" ] ||
		row "no word of a socket differs" kernel_never_differs
	row "the module unloads" module_unload
	row "the kernel log is clean" kernel_log_clean
}

# Reading ends what a process wrote; a process ends what a namespace holds.
# shellcheck disable=SC2317 # called from the trap
cleanup()
{
	local status=$? pid n

	trap - EXIT
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${PIDS[@]}"; do
		await 5 ended "$pid" >/dev/null || kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for n in "${NETNS[@]}"; do
		netns_del "$n" 2>/dev/null
	done
	[ -z "$TRACE" ] || rmdir "$TRACE" 2>/dev/null
	module_loaded && rmmod tcptrace 2>/dev/null
	rm -rf "$TMP"
	[ $PLANNED = yes ] || [ $status -ne 0 ] || status=1
	exit $status
}

need()
{
	local c

	for c; do
		command -v "$c" >/dev/null || bail_out "$c is needed"
	done
}

TMP=$(mktemp -d "${TMPDIR:-/tmp}/tcptrace-$NAME.XXXXXX") || exit 1
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkfifo "$TMP/silence" && exec {SILENCE}<>"$TMP/silence"

[ "$(id -u)" -eq 0 ] || bail_out "must be root"
need jq nft ip ss nsenter awk timeout
for f in "$KO" "$TCPTIMELINE" "$TOOLS/tcpplay" "$TOOLS/ringfile" "$TOOLS/statelog"; do
	[ -e "$f" ] || bail_out "$f is missing"
done
# One that a test before this one could not remove would be tested instead.
module_loaded && { rmmod tcptrace || bail_out "tcptrace is loaded already"; }
echo "$MARK begins" >/dev/kmsg
