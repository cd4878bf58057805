#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# handshake.sh - ways to open a connection, and what each side offers
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
run_both_ways

end="close c; eof s; close s"
active=FIN_WAIT1,FIN_WAIT2,TIME_WAIT
passive=CLOSE_WAIT,LAST_ACK,CLOSED

# shellcheck disable=SC2034 # lib.sh plays them
cases=(
"a|three segments|$active|$passive||
	listen l; connect c; accept s; $end"
"a|the third segment carries data|$active|$passive||
	listen l; connect c delack; send c 10; accept s; recv s 10; $end"
"a|TCP_DEFER_ACCEPT, data in time|$active|$passive||
	listen l defer=10; connect c; send c 10; accept s; recv s 10; $end"
"a|TCP_DEFER_ACCEPT, data with the third segment|$active|$passive||
	listen l defer=10; connect c delack; send c 10; accept s; recv s 10; $end"
"a|TCP_DEFER_ACCEPT, no data: the third segment must be said twice|$active|$passive||
	listen l defer=1; connect c; accept s; $end"
"a|accepted long after it was established|$active|$passive||
	listen l; connect c; send c 10; close c; accept s; recv s 10; eof s; close s"
)

# flags, sequence and acknowledgement numbers and lengths of segments seen to
# leave, one segment a line
segments()
{
	raw "cport=$1 .*kind=1 .*vantage=1 " |
		sed -E 's/.* (flags=.*) win=.*/\1/'
}

# What the text says of the three: seq=x; seq=y ack=x+1; seq=x+1 ack=y+1.
numbers_fit()
{
	segments "$1" | awk -v len="$2" '
		{ for (i = 1; i <= NF; i++) { split($i, a, "="); v[NR, a[1]] = a[2] } }
		END {
			ok = v[1, "flags"] == "SYN" && v[1, "len"] == 0 &&
				v[2, "flags"] == "SYN,ACK" && v[2, "len"] == 0 &&
				v[2, "ack"] == (v[1, "seq"] + 1) % 4294967296 &&
				v[3, "seq"] == v[2, "ack"] &&
				v[3, "ack"] == (v[2, "seq"] + 1) % 4294967296 &&
				v[3, "len"] == len
			exit !ok
		}' || {
		segments "$1"
		return 1
	}
}

# The MTU of lo is 65536; what is left of it differs by family
options_fit()
{
	raw "cport=$1 .* flags=SYN " >"$TMP/syn"
	has_line "$TMP/syn" " mss=654[0-9][0-9] wscale=[0-9]+ " || {
		echo "not the options that a SYN on lo has:"
		cat "$TMP/syn"
		return 1
	}
}

taken_back()
{
	raw "cport=$1 " >"$TMP/records"
	has_line "$TMP/records" " kind=3 why=32 from=[0-9] vantage=[0-9] old=1,1 state=1,3 " || {
		echo "no record takes ESTABLISHED back to SYN_RCVD:"
		cat "$TMP/records"
		return 1
	}
}

# Every key that the manual promises, with its type; all connections.
schema()
{
	jq -es '
		def nat: type == "number" and . >= 0;
		def names: type == "array" and length > 0 and all(test("^[A-Z_0-9]+$"));
		def endpoint: (.addr | type == "string") and (.port | nat) and
			(.local | type == "boolean") and
			(.isn == null or (.isn | nat)) and (.states | names) and
			(.bytes | nat) and (.segments | nat) and (.retransmits | nat);
		def event: (.t_ns | nat) and (.client | type == "string") and
			(.server | type == "string") and
			(.from | . == null or . == "client" or . == "server") and
			(.vantage | test("^(leaves|arrives|passes|none)$")) and
			(.kind != "segment" or ((.flags | names) and (.seq | nat) and
			 (.ack == null or (.ack | nat)) and (.len | nat) and (.win | nat)));
		length > 0 and all(.version == 1 and (.client | endpoint) and
			(.server | endpoint) and (.netns | nat) and
			(.start | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z$")) and
			(.duration_ns | nat) and (.handshake_ns == null or (.handshake_ns | nat)) and
			(.verdict | test("^[a-z-]+$")) and (.complete | type == "boolean") and
			(.lost | nat) and (.events | length > 0 and all(event)))
		' "$TMP/json"
}

# One object a line: nothing else is printed.
one_a_line()
{
	same "objects" "$(jq -c . "$TMP/json" | wc -l)" "$(wc -l <"$TMP/json")"
}

# Within the minute that it has been since.
wall_time()
{
	local now start

	now=$(date +%s)
	start=$(event 41000 '.start | sub("\\.[0-9]+Z"; "Z") | fromdate')
	holds "start" "$start <= $now && $start > $now - 120"
}

handshake_times()
{
	local p

	for p in "${CASE_PORTS[@]}"; do
		conn "$p" handshake
		[[ $REPLY =~ ^[1-9][0-9]*$ ]] || {
			echo "port $p: handshake took '$REPLY' ns"
			return 1
		}
	done
}

netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
oracle_start || bail_out "cannot start the kernel's log"
cases_play
cases_settle

case_rows
row "numbers are x; y, x+1; x+1, y+1" numbers_fit 41000 0
row "numbers with data on the third segment" numbers_fit 41001 10
row "options of a SYN" options_fit 41000
row "options of a SYN, IPv6" options_fit 41006
row "a third segment without effect is taken back" taken_back 41004
row "verdicts" verdicts closed
row "json has what its schema says" schema
row "json is one object a line" one_a_line
row "json has the time of day" wall_time
row "each handshake has a duration" handshake_times
closing_rows
test_run
