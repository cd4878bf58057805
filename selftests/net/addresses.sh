#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# addresses.sh - no address of the kernel in anything that the module shows
#
#	namespace a: client and server on lo
#
# With kptr_restrict=0, under which the kernel's own files show theirs. Looked for
# are words from 0xffff800000000000 on: all of the kernel's half, whatever KASLR
# made of it. Not looked at, since they may have any value: in the mapping the
# bytes of TLS handshakes and the word of seq and ack, in the text the hexadecimal
# bytes of TLS. /sys/module/tcptrace/sections is the kernel's, and root's.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-param.sh"

ADDRESS='ffff[89a-f][0-9a-f]{11}'

# A ClientHello's beginning; the server answers with an alert.
hello=16030100400100003c0303$(printf '42%.0s' {1..58})

scripts=(
"listen l; connect c; accept s; send c 100; recv s 100; send s 9000; recv c 9000; shut c; eof s; close s; eof c; close c"
"listen l; connect c; accept s; write c $hello; recv s 69; write s 15030100020228; recv c 7; close s; eof c; close c"
"listen l; connect c; accept s; send c 10; unread s 10; close s; reset c"
"listen l; connect c; accept s; abort c; reset s"
"refused c"
)

busy()
{
	local i script

	row_begins
	for ADDR in 127.0.0.1 ::1; do
		for ((i = 0; i < 4; i++)); do
			for script in "${scripts[@]}"; do
				play a 0 "$script" -n "busy $i" || return 1
			done
		done
	done
	# What the log says of values that are wrong.
	! (echo none >/sys/module/tcptrace/parameters/ports) 2>/dev/null &&
		! (echo none >/sys/module/tcptrace/parameters/tls_held) 2>/dev/null
}

# none FILE - of what looks like one, or like a hashed one, in lower case or upper
none()
{
	[ -s "$1" ] || {
		echo "nothing to look at"
		return 1
	}
	! grep -aiE "$ADDRESS|(0x|[^0-9a-f])[0-9a-f]{16}([^0-9a-f]|$)|ptrval" "$1"
}

# The kernel shows some, or that this finds none would say nothing.
shown_by_the_kernel()
{
	grep -E "^$ADDRESS . tcptrace_ring_write" /proc/kallsyms >"$TMP/symbol" || {
		echo "/proc/kallsyms shows no address"
		return 1
	}
	! none "$TMP/symbol" >"$TMP/found"
}

in_text()
{
	sed -E 's/ hex=[0-9a-f]+//' "$1" >"$TMP/text"
	none "$TMP/text"
}

in_mapping()
{
	"$TOOLS/intrude" words >"$TMP/words" &&
		[[ $(tail -n 1 "$TMP/words") =~ ^#\ ([0-9]+)\ words,\ ([0-9]+)\ not\ zero ]] || {
		cat "$TMP/words"
		return 1
	}
	echo "note: ${BASH_REMATCH[0]#\# }"
	holds "words that are not zero" "${BASH_REMATCH[2]} > 1000" &&
		same "addresses" "$(grep -v '^#' "$TMP/words")" ""
}

in_parameters()
{
	grep -H . /sys/module/tcptrace/parameters/* >"$TMP/parameters"
	none "$TMP/parameters"
}

in_log()
{
	our_lines >"$TMP/log"
	none "$TMP/log"
}

in_timeline()
{
	"$TCPTIMELINE" >"$TMP/timeline" && "$TCPTIMELINE" -o json >>"$TMP/timeline" &&
		none "$TMP/timeline"
}

[ -e "$TOOLS/intrude" ] || bail_out "$TOOLS/intrude is missing"
netns_add a || bail_out "cannot make a namespace"
sysctl -qw kernel.kptr_restrict=0 || bail_out "cannot set kptr_restrict"
module_load || bail_out "cannot load the module"
row "the kernel's own files show addresses" shown_by_the_kernel
row "busy traffic" busy
row "none in /proc/tcptrace" in_text /proc/tcptrace
row "none in /proc/net/stat/tcptrace" in_text /proc/net/stat/tcptrace
row "none in what is mapped" in_mapping
row "none in the parameters" in_parameters
row "none in the kernel log" in_log
row "none in what tcptimeline shows" in_timeline
closing_rows
test_run
