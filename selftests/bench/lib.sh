# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# lib.sh - what the benchmarks in the VM share. To be sourced first.
#
# A namespace NS for the load, and WATCHER: the process that looks on, whose
# output is in "$TMP/watch.out" and "$TMP/watch.err".

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TOP=${TCPTRACE_TOP:?is set by scripts/bench}
NS=tcptrace-bench
TMP=$(mktemp -d)
WATCHER=

die()
{
	echo "bench: $*" >&2
	exit 1
}

# For watch, which wants the process itself.
IN_NS=(nsenter --net="/run/netns/$NS" --)

in_ns()
{
	"${IN_NS[@]}" "$@"
}

# Has the one who looks on nothing to do?
rests()
{
	[[ $(sed 's/.*) //' "/proc/$WATCHER/stat" 2>/dev/null) == S* ]]
}

# watch READY COMMAND... - start one who looks on, until READY says it does, and
# it waits for something to see. Not a function: that would be a shell's process.
watch()
{
	local ready=$1 left=600
	shift

	"$@" >"$TMP/watch.out" 2>"$TMP/watch.err" </dev/null &
	WATCHER=$!
	until eval "$ready" && rests; do
		left=$((left - 1))
		if [ $left -le 0 ] || ! kill -0 "$WATCHER" 2>/dev/null; then
			die "$1 does not begin: $(head -n 3 "$TMP/watch.err")"
		fi
		sleep 0.1
	done
}

# Does somebody listen to the namespace's conntrack, by netlink (family 12)?
conntrack_listens()
{
	# shellcheck disable=SC2016 # awk's
	in_ns awk '$2 == 12 && $4 != "00000000" { heard = 1 }
		END { exit !heard }' /proc/net/netlink
}

unwatch()
{
	kill "$WATCHER" 2>/dev/null
	wait "$WATCHER" 2>/dev/null
	WATCHER=
}
