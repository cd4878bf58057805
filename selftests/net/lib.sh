# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh - what the tests here share. To be sourced first. lib-netns.sh,
# lib-nginx.sh, lib-word.sh, lib-play.sh and lib-case.sh come with it.
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

# --- the rest, each in a file of its own ------------------------------------

. "$HERE/lib-netns.sh"
. "$HERE/lib-nginx.sh"
. "$HERE/lib-word.sh"
. "$HERE/lib-play.sh"
. "$HERE/lib-case.sh"

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
