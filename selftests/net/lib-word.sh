# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-word.sh - the kernel's own word on the states of its sockets, to compare
#
# Comes with lib.sh.

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

	[ $# -gt 0 ] || set -- "$PORT"
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
