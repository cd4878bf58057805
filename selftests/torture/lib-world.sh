# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2015
#
# lib-world.sh - who talks and who listens while a part goes on
#
#	namespace here -- veth -- namespace there: traffic of all kinds, rough
#	namespace here, on lo: tcpplay, a script over and over
#
# Traffic goes to ports 8080 to 8082, 8090 and 8091; PORTS has them all.

PORTS=8080-8099
PORT=8090

EVER="listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s"
EVER+="; connect d; accept t; abort d; reset t"

# pick WORD... - one of them by chance, to REPLY
pick()
{
	local words=("$@")

	REPLY=${words[RANDOM % $#]}
}

figure()
{
	echo "figure $1 $2"
}

# --- traffic ------------------------------------------------------------------

TRAFFIC=()

serving()
{
	[ "$(ns there ss -Hltn 'sport = :8080' | wc -l)" -eq 2 ]
}

world_up()
{
	netns_add here there &&
		veth here 10.9.0.1/24 fd09::1/64 there 10.9.0.2/24 fd09::2/64 &&
		ns here sysctl -qw net.ipv4.tcp_fastopen=0x603 net.ipv4.tcp_orphan_retries=2 \
			net.ipv4.tcp_syn_retries=2 net.ipv4.tcp_fin_timeout=3 &&
		ns there sysctl -qw net.ipv4.tcp_fastopen=0x603 net.ipv4.tcp_orphan_retries=2 \
			net.ipv4.tcp_synack_retries=1 net.ipv4.tcp_fin_timeout=3 || return 1
	spawn "$TMP/server" nsenter --net="/run/netns/$(netns there)" -- \
		"$TOOLS/traffic" serve rough
	SERVER=$SPAWNED
	await 20 serving
}

# over_and_over COMMAND... - until told to end; %s is a number that grows
over_and_over()
{
	local i=$RANDOM child=

	trap 'kill "$child" 2>/dev/null; exit 0' TERM
	while :; do
		"${@//%s/$((i++))}" &
		child=$!
		# A step may time out while all the world is being flooded.
		wait "$child" || pause
	done
}

# traffic_start [full] - with "full", as much as there can be; else so little
# that others have their share of two emulated CPUs
traffic_start()
{
	local i script="$EVER; rest 20" loops=1

	[ "${1:-}" != full ] || {
		script=$EVER
		loops=2
	}
	TRAFFIC=()
	for ((i = 0; i < loops; i++)); do
		spawn /dev/null over_and_over nsenter --net="/run/netns/$(netns here)" -- \
			"$TOOLS/traffic" connect 100 %s rough
		TRAFFIC+=("$SPAWNED")
		PORT=$((8090 + i))
		play_command here 0 "$script" -r 1000 -t 5
		spawn /dev/null over_and_over "${COMMAND[@]}"
		TRAFFIC+=("$SPAWNED")
	done
	PORT=8090
}

traffic_stop()
{
	local pid

	for pid in "${TRAFFIC[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${TRAFFIC[@]}"; do
		reap "$pid" || return 1
	done
	TRAFFIC=()
}

heads_above()
{
	[ "$(ring_heads)" -gt "$1" ]
}

# busy - there is traffic, and it is traced
busy()
{
	await 120 heads_above 100
}

# settle - no traffic any more; what there was adds up
settle()
{
	traffic_stop && books_add_up 120 || return 1
	figure sightings "${total[matched]}"
	figure records "${total[records]}"
	figure overwritten "${total[overwritten]}"
	holds "sightings" "total[matched] > 100"
}

# --- readers --------------------------------------------------------------------

READERS=()
SHOT=0
declare -A READER_HOW=()

text_loop()
{
	while cat /proc/tcptrace >/dev/null 2>&1; do
		:
	done
}

# reader HOW - one of those that unload.sh knows, and some more
reader()
{
	case $1 in
	follow*) spawn "$TMP/reader.$1" "$TOOLS/ringfile" follow -d "${1#follow}" ;;
	poll* | epoll*) spawn "$TMP/reader.$1" "$TOOLS/ringfile" sleep "$1" ;;
	text) spawn "$TMP/reader.text" text_loop ;;
	timeline) spawn /dev/null "$TCPTIMELINE" -f -o json ;;
	esac
	READERS+=("$SPAWNED")
	READER_HOW[$SPAWNED]=$1
}

some_readers()
{
	local i

	for ((i = 0; i < $1; i++)); do
		pick follow0 follow1000 follow50000 poll epoll poll0 epoll0 text timeline
		reader "$REPLY"
	done
}

# shoot N - so many of the readers, in whatever they are doing
shoot()
{
	local i n pid

	for ((n = 0; n < $1 && ${#READERS[@]} > 0; n++)); do
		i=$((RANDOM % ${#READERS[@]}))
		pid=${READERS[i]}
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		unset "READERS[i]"
		READERS=("${READERS[@]}")
		SHOT=$((SHOT + 1))
	done
}

# readers_end - the module is gone: all end by themselves, but those who asked
# for no event; one that was just coming finds no file, which is no fault
readers_end()
{
	local pid status

	for pid in "${READERS[@]}"; do
		case ${READER_HOW[$pid]} in
		poll0 | epoll0) kill "$pid" 2>/dev/null ;;
		esac
		status=0
		reap "$pid" 30 || status=$?
		[ $status -ne 124 ] && [ $status -lt 128 ] || {
			echo "reader ${READER_HOW[$pid]}: status $status"
			return 1
		}
	done
	READERS=()
	READER_HOW=()
}

# --- leftovers ------------------------------------------------------------------

# Caches are not merged (slab_nomerge): their names go with the module.
slab_gone()
{
	! grep ^tcptrace /proc/slabinfo
}

unload()
{
	timeout 120 rmmod tcptrace && ! module_loaded && slab_gone
}

mem_available()
{
	awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo
}
