# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-play.sh - connections that tcpplay makes, and what is seen of them
#
# Comes with lib.sh.

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
