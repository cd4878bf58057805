#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# access.sh - who may open /proc/tcptrace, and who may not
#
#	namespace a: for root in another network namespace

. "$(dirname "$0")/lib.sh"

FILES=(/proc/tcptrace /proc/net/stat/tcptrace /proc/net/stat/tcptrace_books)

modes()
{
	local f

	for f in "${FILES[@]}"; do
		same "$f" "$(stat -c '%a %u %g' "$f")" "400 0 0" || return 1
	done
}

# refused ERROR COMMAND... - cat as somebody else
refused()
{
	local error=$1
	shift

	if "$@" >"$TMP/out" 2>"$TMP/err"; then
		echo "opened"
		return 1
	fi
	same "bytes read" "$(stat -c %s "$TMP/out")" 0 &&
		has_line "$TMP/err" "$error" || {
		cat "$TMP/err"
		return 1
	}
}

allowed()
{
	"$@" >"$TMP/out" 2>"$TMP/err" && has_line "$TMP/out" "^# tcptrace " || {
		cat "$TMP/err" "$TMP/out"
		return 1
	}
}

without()
{
	local cap=$1
	shift

	setpriv --inh-caps "-$cap" --bounding-set "-$cap" "$@"
}

# An open file may be handed on: what counts is who opened it.
handed_on()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		cat </proc/tcptrace >"$TMP/out" &&
		has_line "$TMP/out" "^# tcptrace "
}

# No permission is one clear line and status 1, as no module is.
reader_says_so()
{
	local status=0

	"$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	same "status" "$status" 1 && same "lines" "$(wc -l <"$TMP/err")" 1 &&
		has_line "$TMP/err" "^tcptimeline: .*[a-z]" || {
		cat "$TMP/err"
		return 1
	}
}

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

need setpriv unshare
netns_add a || bail_out "cannot make a namespace"
row "without module: tcptimeline says so" reader_says_so "$TCPTIMELINE"
row "the module loads" module_load
row "mode 0400, root's" modes
row "root may" allowed cat /proc/tcptrace
row "root without other capabilities may" allowed \
	setpriv --inh-caps -all --bounding-set -all,+net_admin,+net_raw cat /proc/tcptrace
row "an ordinary user may not" refused "Permission denied" \
	"${nobody[@]}" cat /proc/tcptrace
row "an ordinary user may not, statistics" refused "Permission denied" \
	"${nobody[@]}" cat /proc/net/stat/tcptrace
row "root without CAP_NET_ADMIN may not" refused "not permitted|denied" \
	without net_admin cat /proc/tcptrace
row "root without CAP_NET_RAW may not" refused "not permitted|denied" \
	without net_raw cat /proc/tcptrace
row "root in another network namespace may not" refused "not permitted|denied" \
	ns a cat /proc/tcptrace
row "root of a user namespace may not" refused "not permitted|denied" \
	unshare -U -r cat /proc/tcptrace
row "root of a user and network namespace may not" refused "not permitted|denied" \
	unshare -U -r -n cat /proc/tcptrace
row "a user who is root of his own namespace may not" refused "not permitted|denied" \
	"${nobody[@]}" unshare -U -r cat /proc/tcptrace
row "an open file may be handed on" handed_on
row "tcptimeline without permission says so" reader_says_so \
	"${nobody[@]}" "$TCPTIMELINE"
row "tcptimeline in another network namespace says so" reader_says_so \
	ns a "$TCPTIMELINE"
closing_rows
test_run
