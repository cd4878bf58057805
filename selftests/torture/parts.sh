# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2015
#
# parts.sh - what is done to the module. To be sourced after lib-world.sh.
#
# part_NAME SECONDS - loads the module and leaves it loaded, all adding up; says
# "figure NAME NUMBER", which is summed up over the rounds.

# a. Loaded and unloaded under traffic, with readers that are shot meanwhile.
part_load()
{
	local end=$((SECONDS + $1)) n=0

	SHOT=0
	traffic_start
	while ((SECONDS < end && n < LOADS)) || ((n < 3)); do
		pick 16 64 1024 65536
		module_load ports="$PORTS" ring_slots="$REPLY" || return 1
		some_readers 3
		await 60 heads_above 50 || return 1
		shoot $((RANDOM % 4))
		unload && readers_end || return 1
		n=$((n + 1))
	done
	figure loads $n
	figure readers_shot $SHOT
	module_load ports="$PORTS" && busy && settle
}

# b. The list of ports written over and over, by two at once.
write_ports()
{
	pick "$PORTS" 8080 8090,8080 "" 1-65535 8091,8093-8095 443 \
		1-8079,8081-8089,8091-65535
	echo "$REPLY" >/sys/module/tcptrace/parameters/ports
}

ports_writer()
{
	while write_ports; do
		:
	done
}

part_ports()
{
	local end n=0 other

	module_load ports="$PORTS" || return 1
	traffic_start full && busy || return 1
	end=$((SECONDS + $1))
	some_readers 3
	spawn "$TMP/writer" ports_writer
	other=$SPAWNED
	while ((SECONDS < end)); do
		write_ports || return 1
		n=$((n + 1))
	done
	ended "$other" && {
		cat "$TMP/writer"
		return 1
	}
	kill -9 "$other"
	wait "$other" 2>/dev/null
	figure writes_by_the_first $n
	shoot 9
	echo "$PORTS" >/sys/module/tcptrace/parameters/ports && settle
}

# c. Namespaces come and go, with connections in any state.
netns_round()
{
	local n pids=() pid

	for n in t1 t2; do
		ip netns add "$(netns $n)" && ip -n "$(netns $n)" link set lo up ||
			return 1
		play_command $n 0 "$EVER; rest 5" -r 1000
		spawn /dev/null "${COMMAND[@]}"
		pids+=("$SPAWNED")
		play_command $n 0 "listen l port=8095; connect c port=8095; accept s; rest 60000"
		spawn /dev/null "${COMMAND[@]}"
		pids+=("$SPAWNED")
	done
	[ $((RANDOM % 2)) -eq 0 ] ||
		veth t1 10.5.0.1/24 fd05::1/64 t2 10.5.0.2/24 fd05::2/64 || return 1
	[ $((RANDOM % 3)) -eq 0 ] || pause
	netns_del t1 || return 1
	for pid in "${pids[@]}"; do
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	netns_del t2
}

part_netns()
{
	local end n=0

	module_load ports="$PORTS" || return 1
	traffic_start && busy || return 1
	end=$((SECONDS + $1))
	some_readers 3
	while ((SECONDS < end)); do
		netns_round || return 1
		n=$((n + 2))
	done
	figure namespaces $n
	shoot 9
	settle
}

# d. A CPU goes and comes back.
CPU1=/sys/devices/system/cpu/cpu1/online

part_hotplug()
{
	local end=$((SECONDS + $1)) n=0

	[ -w $CPU1 ] || {
		kernel_lacks "CPU that could go"
		return
	}
	module_load ports="$PORTS" ring_slots=4096 || return 1
	traffic_start && busy || return 1
	some_readers 4
	while ((SECONDS < end)); do
		echo 0 >$CPU1 && pause && echo 1 >$CPU1 || return 1
		n=$((n + 1))
		[ $((RANDOM % 4)) -ne 0 ] || {
			shoot 1
			some_readers 1
		}
	done
	figure offline_and_online $n
	shoot 9
	settle
}

# e. Allocations fail.
FAILSLAB=/sys/kernel/debug/failslab

# each_allocation WORD... - failnth
each_allocation()
{
	"$TOOLS/failnth" -t 90 "$@" >"$TMP/failnth" 2>&1 &&
		[[ $(<"$TMP/failnth") =~ ^[0-9]+\ allocations,\ ([0-9]+)\ failed ]] || {
		cat "$TMP/failnth"
		return 1
	}
	echo "note: $1: $(<"$TMP/failnth")"
	figure "$1_failed" "${BASH_REMATCH[1]}"
}

injection_on()
{
	echo 0 >$FAILSLAB/verbose && echo -1 >$FAILSLAB/times &&
		echo 1 >$FAILSLAB/interval && echo N >$FAILSLAB/task-filter &&
		echo N >$FAILSLAB/ignore-gfp-wait && echo "$1" >$FAILSLAB/cache-filter &&
		echo "$2" >$FAILSLAB/probability
}

# Our caches only (slub_debug=A,tcptrace_*), of whatever CPU and context.
memory_by_injection()
{
	injection_on N 0 && each_allocation load "$KO" ports="$PORTS" &&
		each_allocation open /proc/tcptrace && each_allocation netns || return 1
	# A word with its own name for what is to be looked for.
	injection_on Y 25 || return 1
	traffic_start
	some_readers 2
	barrage_start there 10.9.0.2 fd09::2 mangle -p 8083 -s "$SEED" -t "$1" &&
		barrage_wait $((3 * $1 + 60)) || return 1
	injection_on Y 0 || return 1
	shoot 9
	settle || return 1
	figure no_memory "${total[no_memory]}"
	figure tls_no_memory "${total[tls_no_memory]}"
	holds "connections that found no memory" "total[no_memory] > 0"
}

# All but a little is taken; the kernel must find what we ask for elsewhere.
memory_by_hog()
{
	local end=$((SECONDS + $1)) n=0 size hog=/dev/shm/hog

	echo "note: this kernel has no fault injection: memory is hogged instead"
	traffic_start
	while ((SECONDS < end)); do
		size=$(($(mem_available) - 300 * 1024))
		[ $size -gt 0 ] || return 1
		mount -o remount,size="${size}k" /dev/shm &&
			head -c "${size}K" /dev/zero >$hog 2>/dev/null
		module_load ports="$PORTS" || return 1
		some_readers 3
		busy || return 1
		shoot 9
		n=$((n + 1))
		rm -f $hog
		((SECONDS >= end)) || unload || return 1
	done
	figure hogs $n
	settle
}

part_memory()
{
	if [ -d $FAILSLAB ] && [ -e /proc/self/fail-nth ]; then
		memory_by_injection "$1"
	else
		memory_by_hog "$1"
	fi
}

# f. A flood of SYNs; connections that are open stay, and go on afterwards.
HELD=8

held_start()
{
	local i addr

	HELD_FEEDS=()
	HELD_PIDS=()
	for ((i = 0; i < HELD; i++)); do
		addr=10.9.0.2
		[ $((i % 2)) -eq 0 ] || addr=fd09::2
		spawn_fed "$TMP/held.$i" "$TOOLS/tcpplay" -a $addr -p $((8092 + i)) -c $((43000 + i)) \
			"netns $(netns there); listen l; netns $(netns here); connect c;
			accept s; send c 100; recv s 100; send s 100; recv c 100; hold open;
			send c 10; recv s 10; shut c; eof s; state c FIN_WAIT2; close s;
			eof c; close c"
		HELD_FEEDS+=("$FEED")
		HELD_PIDS+=("$SPAWNED")
		await 30 has_line "$TMP/held.$i" open || {
			cat "$TMP/held.$i"
			return 1
		}
	done
}

# held_ids - "PORT NETNS CONNECTION", of what the rings have of them
held_ids()
{
	"$TOOLS/ringfile" dump | sed -nE \
		's/^conn=([0-9]+) .* netns=([0-9]+) cport=(4300[0-9]) sport=809[0-9] .*/\3 \2 \1/p' |
		sort -u
}

held_finish()
{
	local i fd

	for ((i = 0; i < HELD; i++)); do
		fd=${HELD_FEEDS[i]}
		feed "$fd" && exec {fd}>&- && reap "${HELD_PIDS[i]}" || {
			cat "$TMP/held.$i"
			return 1
		}
	done
}

# The same connections as before, in both namespaces; from ESTABLISHED on to the
# end, no state of it taken back, none picked up anew, none ended otherwise. But
# who sends its FIN again, as on a machine that is slow, had not taken the ACK.
held_whole()
{
	held_ids >"$TMP/held.after"
	same "views" "$(wc -l <"$TMP/held.before")" $((2 * HELD)) &&
		diff -u "$TMP/held.before" "$TMP/held.after" || return 1
	"$TOOLS/ringfile" dump | grep -E " cport=4300[0-9] sport=809[0-9] " >"$TMP/held.records"
	# Client: ESTABLISHED (1) to FIN_WAIT1 (4), FIN_WAIT2 (5), TIME_WAIT (6);
	# server: to CLOSE_WAIT (8), LAST_ACK (9), CLOSED (7).
	awk -v wanted=$((2 * HELD)) '
		{ for (i = 1; i <= NF; i++) { split($i, a, "="); v[a[1]] = a[2] } }
		{ id = v["conn"]; split(v["state"], s, ","); split(v["old"], o, ",") }
		# TCPTRACE_F_RETRANSMIT is 4
		v["kind"] == 3 && !(v["flags"] ~ /FIN/ && v["rflags"] ~ /[4-7c-f]$/) {
			print "taken back: " $0
			bad++
		}
		v["kind"] == 6 { print "ended: " $0; bad++ }
		s[1] == 4 && o[1] == 1 && o[2] == 1 { fin[id] = 1 }
		{ last[id] = v["state"] }
		END {
			for (id in last) {
				n++
				if (!(id in fin)) { print id ": not closed from ESTABLISHED"; bad++ }
				if (last[id] != "6,7") { print id ": ends in " last[id]; bad++ }
			}
			exit bad || n != wanted
		}' "$TMP/held.records" || {
		tail -n 40 "$TMP/held.records"
		return 1
	}
}

part_flood()
{
	local follower number=131072

	# As many of each family; where all is slow, of both together.
	[ "$SLOW" -eq 1 ] || number=65536
	module_load ports="$PORTS" ring_slots=65536 || return 1
	held_start && at_rest && held_ids >"$TMP/held.before" || return 1
	spawn "$TMP/follow" "$TOOLS/ringfile" follow -d 0
	follower=$SPAWNED
	barrage_start there 10.9.0.2 fd09::2 flood -s "$SEED" -n $number &&
		barrage_wait 3600 && held_finish || return 1
	figure spoofed_sources "$SENT"
	# Before TIME_WAIT is over.
	held_whole && settle || return 1
	figure evicted_half_open "${total[evict_half_open]}"
	figure refused $((total[no_half_open] + total[no_flow]))
	same "open ones evicted" "${total[evict_open]}" 0 &&
		same "closing ones evicted" "${total[evict_closing]}" 0 &&
		holds "half-open ones that are left" "total[entries] < 8192 + 200" &&
		holds "each source a connection, or refused" \
			"total[created] + total[no_half_open] + total[no_flow] +
			total[no_memory] >= SENT" &&
		holds "each that is not there any more was evicted, or aged" \
			"total[evict_half_open] + total[no_half_open] + total[idle] >=
			SENT - 8200" || return 1
	figure established_kept $((2 * HELD))
	kill "$follower"
	reap "$follower" 60 && reader_adds_up "$TMP/follow"
}

# g. Packets that are wrong in any way.
part_mangle()
{
	local parameters=()

	pick "" "max_flows=16 max_half_open=4" "tls_held=20000" "ring_slots=64" "max_half_open=30"
	read -ra parameters <<<"$REPLY"
	echo "note: parameters: ${parameters[*]}"
	module_load ports="$PORTS" "${parameters[@]}" || return 1
	# It is traffic enough; all the time is for it.
	some_readers 1
	barrage_start there 10.9.0.2 fd09::2 mangle -p 8083 -s "$SEED" -t "$1" &&
		barrage_wait $((3 * $1 + 60)) || return 1
	figure packets "$SENT"
	figure answers "$ANSWERS"
	figure accepted "$ACCEPTED"
	shoot 9
	settle || return 1
	for name in truncated bad_offset bad_csum unknown no_ports fragments tls; do
		figure "$name" "${total[$name]}"
	done
}

# h. Rings that are far too small, three readers, and one that dies.
part_overflow()
{
	local end=$((SECONDS + $1)) d n=0
	declare -A follower=()

	pick 16 64 256
	module_load ports="$PORTS" ring_slots="$REPLY" || return 1
	traffic_start full
	for d in 0 1000 50000; do
		spawn "$TMP/follow.$d" "$TOOLS/ringfile" follow -d $d
		follower[$d]=$SPAWNED
	done
	await 120 heads_above 2000 || return 1
	while ((SECONDS < end)) || ((n < 1)); do
		spawn "$TMP/follow.killed" "$TOOLS/ringfile" follow -v -d 500
		await 30 has_line "$TMP/follow.killed" "^pass 20 " || return 1
		kill -9 "$SPAWNED"
		wait "$SPAWNED" 2>/dev/null
		take_books "$TMP/now" && killed_added_up "$TMP/follow.killed" >"$TMP/killed" || {
			cat "$TMP/killed"
			return 1
		}
		n=$((n + 1))
	done
	figure readers_killed $n
	settle || return 1
	for d in "${!follower[@]}"; do
		kill "${follower[$d]}"
		reap "${follower[$d]}" && reader_adds_up "$TMP/follow.$d" || return 1
		echo "note: pause of $d us: $(tail -n 1 "$TMP/follow.$d")"
	done
	holds "overwritten" "total[overwritten] > 1000"
}
