#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# compare.sh - what three programs make of one capture
#
#	compare.sh PREFIX
#
# PREFIX.json is of tcptimeline, PREFIX.csv of Ostermann's tcptrace, and
# PREFIX.tshark has a line of fields for each packet, as pcap.sh makes them.
#
# Exit status: 1 if they differ where they should not, or cannot be read.

set -euo pipefail

[ $# -eq 1 ] || {
	echo "usage: compare.sh PREFIX" >&2
	exit 2
}

# One line per connection, tabs in between: address and port of client and of
# server, who sent the first FIN and the first RST, and of client and of server
# segments, bytes and retransmits.
connections()
{
	jq -r '
		def first_with($flag):
			first(.events[] | select(.kind == "segment" and
				(.flags | index($flag))) | .from) // "None";
		[(.client, .server | .addr, .port),
		 first_with("FIN"), first_with("RST"),
		 (.client, .server | .segments, .bytes, .retransmits)] | @tsv
	' "$1"
}

compare()
{
	awk -v name="${1##*/}" '
	# Modulo 2^32, from -2^31 on: sequence numbers wrap.
	function distance(to, from,   d) {
		d = (to - from) % TWO_32
		if (d < -TWO_31)
			d += TWO_32
		else if (d >= TWO_31)
			d -= TWO_32
		return d
	}
	function hex(text,   i, value) {
		text = tolower(text)
		for (i = 3; i <= length(text); i++)
			value = value * 16 + \
				index("0123456789abcdef", substr(text, i, 1)) - 1
		return value
	}
	function has(flags, flag) {
		return int(flags / flag) % 2
	}
	function broken(file) {
		print name "." file ": not understood: " $0 >"/dev/stderr"
		stopped = 1
		exit 1
	}

	# A packet of tshark.
	what == "tshark" {
		if (NF != 10 || $8 !~ /^0x[0-9a-fA-F]+$/ ||
		    $1 " " $4 " " $7 " " $9 " " $10 !~ FIVE_NUMBERS)
			broken("tshark")
		flags = hex($8)
		from = $2 $3 " " $4
		to = $5 $6 " " $7
		id = $1
		if (!(id in client)) {
			answer = has(flags, SYN) && has(flags, ACK)
			client[id] = answer ? to : from
			key = answer ? to " " from : from " " to
			if (!(key in stream))
				nr_streams++
			stream[key] = id
		}
		segment(id, from == client[id] ? 1 : 2, flags, $9 + 0, $10 + 0)
	}
	function segment(id, end, flags, seq, len,   after) {
		segments[id, end]++
		if (len)
			add_range(id SUBSEP end, seq, len)
		after = seq + len + has(flags, SYN) + has(flags, FIN)
		if (!has(flags, RST))
			note_span(id SUBSEP end, seq + has(flags, SYN),
				seq + has(flags, SYN) + len, has(flags, FIN))
		if (has(flags, RST)) {
			if (!(id in reset))
				reset[id] = END_NAME[end]
		} else if (!((id, end) in top)) {
			top[id, end] = after
		} else {
			if (distance(seq, top[id, end]) > 0)
				disordered[id, end] = 1
			if (distance(after, top[id, end]) >= 0)
				top[id, end] = after
		}
		if (has(flags, FIN) && !(id in closer))
			closer[id] = END_NAME[end]
	}
	# From the first number to the last one that a segment tells of: what the
	# capture missed of the payload between is known by its numbers alone.
	function note_span(half, from, to, fin) {
		if (!(half in span_from)) {
			span_from[half] = from
			span_to[half] = from
		}
		if (fin)
			fin_at[half] = to
		if (distance(to, span_to[half]) > 0)
			span_to[half] = to
	}
	function missed(half,   to) {
		to = (half in fin_at) ? fin_at[half] : span_to[half]
		to = distance(to, span_from[half]) - unique_bytes(half)
		return to > 0 ? to : 0
	}
	function all_bytes(half) {
		return unique_bytes(half) + missed(half)
	}
	# Sorted by where they start, relative to the first that came.
	function add_range(half, seq, len,   i) {
		if (!(half in nr_ranges))
			base[half] = seq
		seq = distance(seq, base[half])
		for (i = nr_ranges[half]++; i > 0; i--) {
			if (start[half, i] <= seq)
				break
			start[half, i + 1] = start[half, i]
			size[half, i + 1] = size[half, i]
		}
		start[half, i + 1] = seq
		size[half, i + 1] = len
	}
	# Each once, whatever the order in which they came.
	function unique_bytes(half,   i, from, to, end, total) {
		total = 0
		for (i = 1; i <= nr_ranges[half]; i++) {
			from = start[half, i]
			to = from + size[half, i]
			if (i > 1 && from < end)
				from = end
			if (to > from) {
				total += to - from
				end = to
			}
		}
		return total
	}

	# A connection of tcptrace; by ports, for it cuts IPv6 addresses short.
	what == "csv" {
		for (i = 1; i <= NF; i++)
			gsub(/^[ \t\r]+|[ \t\r]+$/, "", $i)
		if ($1 == "conn_#") {
			for (i = 1; i <= NF; i++)
				column[$i] = i
		} else if ("port_a" in column && $1 ~ /^[0-9]+$/) {
			key = $column["port_a"] " " $column["port_b"] " " \
				($column["host_a"] ~ /:/)
			nr_rows++
			same_row[key]++
			remember(key, 1, "_a2b")
			remember(key, 2, "_b2a")
		}
	}
	function remember(key, end, way) {
		row_segments[key, end] = cell("total_packets" way)
		row_bytes[key, end] = cell("unique_bytes_sent" way)
		row_again[key, end] = cell("rexmt_data_pkts" way)
	}
	function cell(title) {
		if (!(title in column) || $column[title] !~ /^[0-9]+$/)
			broken("csv")
		return $column[title] + 0
	}

	# A connection of ours.
	what == "json" && NF {
		key = $1 " " $2 " " $3 " " $4
		nr_conns++
		if (!same_conn[key]++)
			conn[++nr_keys] = $0
	}

	# How often a question was asked, and what came of it.
	function ask(question, ours, theirs, who) {
		if (!asked[question]++)
			asking[++nr_questions] = question
		if (ours "" != theirs "")
			wrong[question, ++nr_wrong[question]] = \
				who ": " ours ", they say " theirs
	}
	function tell(   i, j, question, differ) {
		for (i = 1; i <= nr_questions; i++) {
			question = asking[i]
			differ += nr_wrong[question]
			printf "  %s: %d compared, %d differ\n", question,
				asked[question], nr_wrong[question]
			for (j = 1; j <= nr_wrong[question] && j <= 5; j++)
				print "    " wrong[question, j]
		}
		if (fewer)
			printf "  sent again, tcptrace, out of order: fewer in %d\n", fewer
		return differ > 0
	}

	function none(table, id) {
		return id in table ? table[id] : "None"
	}
	function seen(id, end) {
		return (id, end) in disordered ? ", out of order" : seen_in_order
	}
	# Ours remembers one hole of a direction at a time: what comes late and
	# falls within the first and the last of several is taken for new.
	function ask_again(ours, theirs, how, who) {
		if (how != seen_in_order && ours + 0 < theirs + 0) {
			fewer++
			ours = theirs
		}
		ask("sent again, tcptrace" how, ours, theirs, who)
	}
	function compare_conn(line,   f, key, known, who, id, end, row) {
		split(line, f, "\t")
		key = f[1] " " f[2] " " f[3] " " f[4]
		who = f[1] ":" f[2] " > " f[4]
		known = key in stream
		ask("known to tshark", known ? "True" : "False", "True", who)
		if (!known || same_conn[key] != 1)
			return
		id = stream[key]
		for (end = 1; end <= 2; end++) {
			ask("segments, tshark", f[4 + 3 * end],
				segments[id, end] + 0, who " " END_NAME[end])
			ask("bytes, tshark" seen(id, end), f[5 + 3 * end],
				all_bytes(id SUBSEP end),
				who " " END_NAME[end])
		}
		ask("first FIN, tshark", f[5], none(closer, id), who)
		ask("first RST, tshark", f[6], none(reset, id), who)
		row = f[2] " " f[4] " " (f[1] ~ /:/)
		if (same_row[row] != 1)
			return
		for (end = 1; end <= 2; end++) {
			ask("segments, tcptrace", f[4 + 3 * end],
				row_segments[row, end], who " " END_NAME[end])
			ask("bytes, tcptrace" seen(id, end), f[5 + 3 * end],
				row_bytes[row, end] + missed(id SUBSEP end),
				who " " END_NAME[end])
			# SYNs and FINs that came again included: they have a number.
			ask_again(f[6 + 3 * end], row_again[row, end],
				seen(id, end), who " " END_NAME[end])
		}
	}

	BEGIN {
		TWO_31 = 2147483648
		TWO_32 = 4294967296
		FIN = 1
		SYN = 2
		RST = 4
		ACK = 16
		FIVE_NUMBERS = "^[0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+$"
		seen_in_order = ", in order"
		END_NAME[1] = "client"
		END_NAME[2] = "server"
	}
	END {
		if (stopped)
			exit 1
		printf "%s: %d connections; tshark %d, tcptrace %d\n",
			name, nr_conns, nr_streams, nr_rows
		ask("connections, tshark", nr_conns + 0, nr_streams + 0, "all")
		# It does not know Linux cooked captures v2.
		if (nr_rows)
			ask("connections, tcptrace", nr_conns + 0, nr_rows, "all")
		for (i = 1; i <= nr_keys; i++)
			compare_conn(conn[i])
		exit tell()
	}
	' FS=, what=tshark "$1.tshark" what=csv "$1.csv" FS='\t' what=json -
}

ours=$(connections "$1.json") || exit 1
compare "$1" <<<"$ours" || exit 1
