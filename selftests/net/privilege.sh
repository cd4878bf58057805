#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# privilege.sh - containers, descriptors that are handed on, and mappings: who
# may see the rings, and that nobody can write to them
#
#	namespace a: for root in another network namespace
#
# access.sh has the plain cases: users and single capabilities.

. "$(dirname "$0")/lib.sh"

ours=/proc/tcptrace
counters=/proc/net/stat/tcptrace

# What an open gives, "opened" or an errno, in a program that any of the setups
# below can run.
# shellcheck disable=SC2016
opens='sysopen(F, $ARGV[0], 0) and do { print "opened"; exit };
	print +(grep { $!{$_} } keys %!)[0]'

# Mounts, processes and network of its own, /proc as its processes have it;
# "$1": capabilities as setpriv has them.
container()
{
	unshare --mount --pid --net --fork --mount-proc \
		setpriv --bounding-set="$1" --inh-caps="$1" "${@:2}"
}

# What docker leaves, and what --cap-add makes of it.
docker=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid
docker+=,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod
docker+=,+audit_write,+setfcap

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# setup|errno of /proc/tcptrace|of the counters; where a network namespace has
# no such file there is none.
setups=(
"a container|EPERM|ENOENT|container $docker"
"a container with CAP_NET_ADMIN, without CAP_NET_RAW|EPERM|ENOENT|container $docker,+net_admin,-net_raw"
"a container with all but CAP_NET_ADMIN|EPERM|ENOENT|container -net_admin"
"a container with all but CAP_NET_RAW|EPERM|ENOENT|container -net_raw"
"a container with CAP_NET_ADMIN and CAP_NET_RAW|EACCES|ENOENT|container $docker,+net_admin"
"a container with all capabilities|EACCES|ENOENT|container +all"
"a container of a user namespace|EPERM|ENOENT|unshare --user --map-root-user --mount --pid --net --fork --mount-proc"
"a container of a user who is nobody|EACCES|ENOENT|${nobody[*]} unshare --user --map-root-user --mount --pid --net --fork --mount-proc"
"another network namespace alone|EACCES|ENOENT|ns a"
"a user namespace alone|EPERM|EPERM|unshare --user --map-root-user"
"root without CAP_NET_ADMIN|EPERM|EPERM|setpriv --bounding-set=-net_admin --inh-caps=-net_admin"
"root without CAP_NET_RAW|EPERM|EPERM|setpriv --bounding-set=-net_raw --inh-caps=-net_raw"
"root without capabilities|EPERM|EPERM|setpriv --bounding-set=-all --inh-caps=-all"
"a user with CAP_DAC_OVERRIDE|EPERM|EPERM|setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all,+dac_override --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override"
"a user|EACCES|EACCES|${nobody[*]}"
)

# refused WANTED FILE COMMAND...
refused()
{
	same "open of $2" "$("${@:3}" perl -MErrno -e "$opens" "$2" 2>&1)" "$1"
}

# One line, status 1, and it tells what is needed.
reader_refused()
{
	local status=0

	"$@" "$TCPTIMELINE" >"$TMP/out" 2>"$TMP/err" || status=$?
	same "status" "$status" 1 && same "lines" "$(wc -l <"$TMP/err")" 1 &&
		same "bytes shown" "$(stat -c %s "$TMP/out")" 0 &&
		has_line "$TMP/err" "^tcptimeline: .*(CAP_NET_ADMIN|root|permi)" || {
		cat "$TMP/err"
		return 1
	}
}

# By whatever name.
by_other_names()
{
	local f

	for f in /proc/self/root/proc/tcptrace /proc/1/root/proc/tcptrace \
		/proc/self/../tcptrace; do
		refused EACCES "$f" container +all || return 1
	done
}

# The network namespace of a process that is seen is named in its /proc.
host_process()
{
	refused EACCES /proc/1/net/stat/tcptrace unshare --mount --net &&
		refused EPERM /proc/1/net/stat/tcptrace unshare --mount --net \
			setpriv --bounding-set=-all --inh-caps=-all &&
		refused EACCES /proc/tcptrace unshare --mount --net
}

# The traffic of the host, told by its port, must be nowhere in such a /proc.
nowhere()
{
	container +all cat /proc/net/tcp /proc/net/tcp6 /proc/net/nf_conntrack \
		/proc/tcptrace /proc/net/stat/tcptrace >"$TMP/seen" 2>/dev/null
	[ -s "$TMP/seen" ] && ! grep -iE ":1F90|41999|^# tcptrace" "$TMP/seen"
}

# attempts LOG N, then lines "PATTERN OUTCOME": each of the N lines of the log is
# judged by the first pattern that it matches whole
attempts()
{
	local attempt outcome pattern wanted status=0 n=0 of

	mapfile -t of
	while read -r attempt outcome; do
		n=$((n + 1))
		wanted=
		for pattern in "${of[@]}"; do
			[[ $attempt =~ ^(${pattern%% *})$ ]] || continue
			wanted=${pattern#* }
			break
		done
		[[ $outcome =~ ^(${wanted:-to be told here})$ ]] || {
			echo "$attempt: is $outcome, should be ${wanted:-told here}"
			status=1
		}
	done <"$1"
	same "attempts" "$n" "$2" && return "$status"
}

odd_mappings()
{
	"$TOOLS/intrude" map >"$TMP/map" || return 1
	attempts "$TMP/map" 17 <<-'END'
	all|first-page|last-page works
	a-byte|a-byte-less works
	nothing|offset-1|offset-half EINVAL
	a-byte-more|a-page-more|all-from-page-1|two-from-the-last EINVAL
	behind-the-end|far-behind EINVAL
	at-the-largest|negative EINVAL|EOVERFLOW
	executable EPERM
	END
}

# A load of what was dropped is refused, not answered with other memory. Not each
# kernel has process_vm_writev() (CONFIG_CROSS_MEMORY_ATTACH).
WAYS='.*-load-forked works
.*-mmap-write|.*-mmap-write-ring EACCES|EPERM
.*-mprotect-(write|exec|moved) EACCES
.*-mremap-(grow|piece|again) EFAULT|EINVAL
.*-store|.*-store-dropped SEGV
.*-load-dropped BUS
.*-read-into EFAULT
.*-process_vm_writev EFAULT|ENOSYS
nobody-.*-proc-self-mem EACCES
.*-proc-self-mem|.*-ptrace-poke EIO|EFAULT
changed nothing'

no_way_to_write()
{
	"$TOOLS/intrude" write >"$TMP/write" || return 1
	attempts "$TMP/write" $((4 * 16 + 1)) <<<"$WAYS"
}

# Who may open the file may hand it on: what the descriptor shows is then to be
# read and mapped, and nothing else.
handed_on()
{
	"$TOOLS/intrude" hand-on >"$TMP/hand-on" || return 1
	attempts "$TMP/hand-on" $((2 * 16 + 11)) <<-END
	open|reopen|reopen-write EACCES
	read|text|seen works
	seen-beyond EINVAL
	seen-nowhere EFAULT
	other-ioctl ENOTTY
	write EBADF
	$WAYS
	END
}

# Also by an exec, into another network namespace, and with no capability left.
inherited()
{
	container -all bash -c "cat <&9" 9<"$ours" >"$TMP/inherited" &&
		has_line "$TMP/inherited" "^# end: [0-9]+ records"
}

need setpriv unshare perl
[ -e "$TOOLS/intrude" ] || bail_out "$TOOLS/intrude is missing"
netns_add a || bail_out "cannot make a namespace"
module_load || bail_out "cannot load the module"
ip link set lo up
"$TOOLS/tcpplay" -a 127.0.0.1 -p $PORT -c 41999 \
	"listen l; connect c; accept s; send c 10; recv s 10; close c; eof s; close s" ||
	bail_out "no traffic"
for s in "${setups[@]}"; do
	IFS='|' read -r what errno errno_counters how <<<"$s"
	read -ra how <<<"$how"
	row "$what: /proc/tcptrace, $errno" refused "$errno" $ours "${how[@]}"
	row "$what: counters, $errno_counters" refused "$errno_counters" \
		$counters "${how[@]}"
	row "$what: tcptimeline says so" reader_refused "${how[@]}"
done
row "root: /proc/tcptrace" refused opened $ours env
row "root: counters" refused opened $counters env
row "by other names" by_other_names
row "by way of the host's processes" host_process
row "the host's traffic is nowhere in a container" nowhere
row "mappings of odd sizes and places" odd_mappings
row "no way to write to a mapping" no_way_to_write
row "a descriptor sent to nobody" handed_on
row "a descriptor inherited by a container" inherited
closing_rows
test_run
