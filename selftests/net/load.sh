#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# load.sh - parameters: each good and each wrong value, ports at run time
#
#	namespace a: client and server on lo

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-param.sh"

# parameter, value, what reads back
good=(
"ports 80 80"
"ports 80,443,8000-8010 80,443,8000-8010"
"ports 443,80,81,82 80-82,443"
"ports 1-65535 1-65535"
"ring_slots 16 16"
"ring_slots 4096 4096"
"max_flows 1 1"
"max_flows 100000 100000"
"max_half_open 10 10"
"netns all all"
"netns init init"
"sock 0 N"
"sock 1 Y"
)

# What the kernel itself refuses is not here: each of these is our message.
wrong=(
"ports abc"
"ports 65536"
"ports 80-"
"ports 90-80"
"ports 80,,443"
"ports -1"
"ports 80;443"
"ring_slots 0"
"ring_slots 8"
"ring_slots 1000"
"ring_slots 131072"
"ring_slots 18446744073709551616"
"ring_slots many"
"max_flows 0"
"max_flows -1"
"max_flows x"
"max_half_open 0"
"max_half_open x"
"netns some"
"netns 0"
)

load_good()
{
	local readback

	# Small rings, for speed; a later value of a parameter wins.
	insmod "$KO" ring_slots=16 "$1=$2" || return 1
	readback=$(cat "$PARAMETERS"/"$1")
	rmmod tcptrace || return 1
	same "$1" "$readback" "$3"
}

load_wrong()
{
	row_begins
	if insmod "$KO" "$1=$2" 2>"$TMP/insmod"; then
		rmmod tcptrace
		echo "$1=$2 was taken"
		return 1
	fi
	has_line "$TMP/insmod" "Invalid parameters" || {
		cat "$TMP/insmod"
		return 1
	}
	names_it "$1"
}

# write_wrong VALUE - refused, and nothing changes
write_wrong()
{
	echo 80,8443 >"$PARAMETERS"/ports || return 1
	row_begins
	if (echo "$1" >"$PARAMETERS"/ports) 2>"$TMP/write"; then
		echo "'$1' was taken"
		return 1
	fi
	has_line "$TMP/write" "Invalid argument" || {
		cat "$TMP/write"
		return 1
	}
	same "ports" "$(cat "$PARAMETERS"/ports)" 80,8443 &&
		names_it ports
}

seen_on()
{
	raw "sport=$1 " | grep -c "kind=1 .* vantage=1 .*flags=SYN "
}

# connections PORT... - one to each
connections()
{
	for PORT; do
		play a 0 "listen l; connect c; accept s; close c; eof s; close s" ||
			return 1
	done
}

change_ports()
{
	connections 7001 7002 &&
		same "on 7001" "$(seen_on 7001)" 1 &&
		same "on 7002" "$(seen_on 7002)" 0 &&
		echo 7002,7100-7102 >"$PARAMETERS"/ports &&
		same "ports" "$(cat "$PARAMETERS"/ports)" 7002,7100-7102 &&
		connections 7001 7002 7100 7101 7103 &&
		same "on 7001" "$(seen_on 7001)" 1 &&
		same "on 7002" "$(seen_on 7002)" 1 &&
		same "on 7100" "$(seen_on 7100)" 1 &&
		same "on 7101" "$(seen_on 7101)" 1 &&
		same "on 7103" "$(seen_on 7103)" 0
}

# An open connection goes with its port, and the record says why; one whose
# port stays is left alone.
ports_go()
{
	local begin="listen l; connect c; accept s; hold open; close c; eof s; close s"
	local feed1 pid1

	echo 7011,7012 >"$PARAMETERS"/ports || return 1
	PORT=7011
	play_command a 43001 "$begin"
	spawn_fed "$TMP/hold1" "${COMMAND[@]}"
	feed1=$FEED
	pid1=$SPAWNED
	PORT=7012
	play_command a 43002 "$begin"
	spawn_fed "$TMP/hold2" "${COMMAND[@]}"
	await 20 has_line "$TMP/hold1" open &&
		await 20 has_line "$TMP/hold2" open &&
		echo 7012 >"$PARAMETERS"/ports || return 1
	same "ends by the port" "$(raw "cport=43001 .* kind=6 why=87 " | wc -l)" 1 &&
		same "ends of the other" "$(raw "cport=43002 .* kind=6 " | wc -l)" 0 ||
		return 1
	feed "$feed1" && feed "$FEED" && reap "$pid1" && reap "$SPAWNED" &&
		same "records behind the end" \
			"$(raw "cport=43001 " | sed '1,/ kind=6 /d' | wc -l)" 0
}

no_ports()
{
	echo >"$PARAMETERS"/ports && connections 7001 &&
		same "ports" "$(cat "$PARAMETERS"/ports)" "" &&
		same "on 7001" "$(seen_on 7001)" 1
}

default_ring()
{
	module_load || return 1
	"$TOOLS/ringfile" info >"$TMP/info"
	module_unload || return 1
	awk '{ v[$1] = $2 }
		END {
			bytes = v["rings"] * v["slots"] * 128
			exit !(v["slots"] >= 1024 && v["slots"] <= 65536 &&
				(bytes <= 64 * 1048576 || v["slots"] == 1024) &&
				(2 * bytes > 64 * 1048576 || v["slots"] == 65536))
		}' "$TMP/info" || {
		cat "$TMP/info"
		return 1
	}
}

read_only()
{
	local p

	for p in ring_slots max_flows max_half_open netns sock; do
		same "mode of $p" "$(stat -c %a "$PARAMETERS"/"$p")" 444 || return 1
	done
}

by_default()
{
	same "$1" "$(cat "$PARAMETERS"/"$1")" "$2"
}

three_times()
{
	local i

	for ((i = 0; i < 3; i++)); do
		module_load && connections 8080 && module_unload || return 1
	done
}

netns_add a || bail_out "cannot make a namespace"
for c in "${good[@]}"; do
	row "${c% *}" eval "load_good $c"
done
for c in "${wrong[@]}"; do
	row "$c is refused" load_wrong "${c%% *}" "${c#* }"
done
row "rings of 64 MiB together, within bounds" default_ring
row "loaded and unloaded, three times" three_times
row "loaded for port 7001" module_load ports=7001
row "the other parameters are read-only" read_only
row "the kernel's word is recorded by default" by_default sock Y
row "ports changed at run time" change_ports
row "connections go with their port" ports_go
row "no ports at all" no_ports
for c in x 0-70000 "80 443" 80-79; do
	row "ports '$c' at run time is refused" write_wrong "$c"
done
closing_rows
test_run
