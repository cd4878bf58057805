#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib-oracle.sh - do our states agree with the kernel's own?
#
#	lib-oracle.sh [--inferred] JSON STATELOG
#
# JSON is what tcptimeline -o json printed, STATELOG what tools/statelog did
# for the same time. For each endpoint that lives on this host the states in
# order are compared. The last line of output:
#
#	connections C endpoints E states S inferred I disagreements D
#
# preceded by a line for each disagreement. With --inferred an end that has a
# state marked as inferred may differ: it is counted and shown, but is no
# disagreement. Exit status: 0 if there is none and something was compared.
#
# What the tracepoint cannot say is left out of the comparison, no more:
#  - it reports a TIME_WAIT as CLOSE: ours is taken as CLOSED as well
#  - a passive socket exists from the final ACK on: LISTEN, SYN_RCVD without
#    ESTABLISHED has no kernel's word, and needs none
# and what packets cannot say:
#  - SYN_SENT that gives up and FIN_WAIT2 that its owner has left end without
#    a packet: there the kernel may be one CLOSED ahead
#  - a connection that was first seen in mid-stream has the kernel's end
#  - one with lost records is not compared

set -euo pipefail

inferred=0
[ "${1:-}" != --inferred ] || {
	inferred=1
	shift
}
[ $# -eq 2 ] || {
	echo "usage: lib-oracle.sh [--inferred] JSON STATELOG" >&2
	exit 2
}

# One line per local endpoint: local address, port, remote address, port,
# whole|pickup|lost, states, how many of them are inferred.
endpoints()
{
	# Without events, which are most of the text: jq is slow.
	sed 's/,"events":\[.*\]}$/}/' "$1" | jq -r '
		def line($me; $peer):
			"\($me.addr) \($me.port) \($peer.addr) \($peer.port) \(
				if .lost > 0 then "lost"
				elif .complete then "whole"
				else "pickup" end) \($me.states | join(",")) \($me.inferred | length)";
		(if .client.local then line(.client; .server) else empty end),
		(if .server.local then line(.server; .client) else empty end)
	'
}

compare()
{
	awk '
	# Ours in the words of the tracepoint.
	function translate(s,   part, n, i, out, last) {
		n = split(s, part, ",")
		out = last = ""
		for (i = 1; i <= n; i++) {
			if (part[i] == "TIME_WAIT")
				part[i] = "CLOSED"
			if (part[i] == last || (part[i] == "UNKNOWN" && out == ""))
				continue
			out = out (out == "" ? "" : ",") part[i]
			last = part[i]
		}
		return out
	}
	function is_tail(whole, tail) {
		return length(tail) <= length(whole) &&
			substr(whole, length(whole) - length(tail) + 1) == tail
	}
	function agree(ours, kernels, how) {
		if (ours == kernels)
			return 1
		if (ours ~ /(SYN_SENT|FIN_WAIT2)$/ && ours ",CLOSED" == kernels)
			return 1
		if (how == "pickup")
			return is_tail("," kernels, "," ours) ||
				(ours ~ /FIN_WAIT2$/ && is_tail("," kernels, "," ours ",CLOSED"))
		return 0
	}
	# First pass: the kernel, by tuple, in order of time.
	FNR == NR {
		key = $1 " " $2 " " $3 " " $4
		kernel[key, ++nr[key]] = $5
		next
	}
	# Second pass: ours. Each takes one that agrees, else the first left.
	{
		key = $1 " " $2 " " $3 " " $4
		ours = translate($6)
		if ($5 == "lost") {
			skipped++
			for (i = 1; i <= nr[key]; i++)
				if (!used[key, i]) {
					used[key, i] = 1
					break
				}
			next
		}
		# A SYN refused, a request never completed: no socket to compare.
		if (ours !~ /ESTABLISHED|SYN_SENT/)
			next
		first = found = 0
		for (i = 1; i <= nr[key] && !found; i++) {
			if (used[key, i])
				continue
			if (!first)
				first = i
			if (agree(ours, kernel[key, i], $5))
				found = i
		}
		compared++
		n = split(ours, part, ",")
		states += n
		if (found) {
			used[key, found] = 1
			next
		}
		if (may_infer && $7) {
			guesses++
			printf "inferred: "
		} else {
			wrong++
		}
		print key ": ours " ours ", kernel " \
			(first ? kernel[key, first] : "nothing")
		if (first)
			used[key, first] = 1
	}
	END {
		for (k in nr)
			for (i = 1; i <= nr[k]; i++)
				if (!used[k, i]) {
					wrong++
					print k ": ours nothing, kernel " kernel[k, i]
				}
		printf "connections %d endpoints %d states %d inferred %d disagreements %d\n",
			connections, compared, states, guesses, wrong
		exit wrong || !compared
	}' may_infer=$inferred connections="$(wc -l <"$1")" "$2" <(endpoints "$1")
}

compare "$1" "$2"
