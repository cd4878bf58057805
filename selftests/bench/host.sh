#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host.sh - what reading a capture costs; runs on the host
#
#	host.sh DIR READER
#
# DIR holds "capture" and "spent". For each program that reads a capture prints
# "program instructions-a-connection start-instructions user-us KiB", the last
# two of 20,000 connections, and then "million FORM user-us KiB" of READER alone
# on 1,000,000 connections of which 10,000 are open at a time.
#
# Instructions are counted by callgrind, on captures of FEW and of MANY
# connections: what the second takes more is the connections', the rest is the
# start. All of 20,000 would take callgrind half an hour for some of them. FEW is
# what READER has room for in its table: that is made once.

set -euo pipefail

FEW=512
MANY=1024
NUMBER=20000

die()
{
	echo "bench: $*" >&2
	exit 1
}

[ $# -eq 2 ] || die "usage: host.sh DIR READER"
dir=$1
reader=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The command of a program for a capture, in words.
command_of()
{
	local file=$2

	case $1 in
	tcptimeline-table) words=("$reader" -r "$file" -o table) ;;
	tcptimeline-json) words=("$reader" -r "$file" -o json) ;;
	tcptrace) words=(tcptrace -n "$file") ;;
	tshark-conv) words=(tshark -n -r "$file" -q -z "conv,tcp") ;;
	tshark-fields)
		words=(tshark -n -r "$file" -T fields -e frame.time_epoch
			-e tcp.stream -e ip.src -e tcp.srcport -e ip.dst
			-e tcp.dstport -e tcp.flags -e tcp.seq -e tcp.len)
		;;
	esac
}

# Instructions of a program on a capture.
count()
{
	command_of "$1" "$2"
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--log-file="$tmp/log" "${words[@]}" >/dev/null 2>&1 ||
		die "$1 failed under valgrind: $(tail -n 1 "$tmp/log")"
	sed -n 's/.*Collected : //p' "$tmp/log"
}

for number in $FEW $MANY $NUMBER; do
	# As many live at a time as with all of them: 1 in 20.
	"$dir/capture" -n "$number" -l $((number / 20)) >"$tmp/$number.pcap"
done

for name in tcptimeline-table tcptimeline-json tcptrace tshark-conv \
	tshark-fields; do
	few=$(count $name "$tmp/$FEW.pcap")
	many=$(count $name "$tmp/$MANY.pcap")
	each=$(((many - few) / (MANY - FEW)))
	command_of $name "$tmp/$NUMBER.pcap"
	"$dir/spent" "$tmp/spent" "${words[@]}" >/dev/null 2>"$tmp/err" ||
		die "$name failed: $(head -n 1 "$tmp/err")"
	read -r us kib <"$tmp/spent"
	echo "$name $each $((few - FEW * each)) $us $kib"
done

for form in table json; do
	"$dir/capture" -n 1000000 -l 10000 |
		"$dir/spent" "$tmp/spent" "$reader" -r - -o $form >/dev/null
	read -r us kib <"$tmp/spent"
	echo "million $form $us $kib"
done
