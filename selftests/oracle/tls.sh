#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tls.sh - compare what tcptimeline tells of TLS handshakes with tshark
#
#   selftests/oracle/tls.sh [--keep DIR] CAPTURE...
#   selftests/oracle/tls.sh [--keep DIR] --live
#
#   --live       play the demos of TLS with the module, capture them, and
#                compare what the module saw, and what is made of the capture;
#                wants scripts/vm, the module not loaded, and Debian's tcpdump
#   --keep DIR   leave there what was compared
#
# Wants Debian's packages jq and tshark. Exit status 1 if anything differs.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
reader=${TCPTIMELINE:-$top/userspace/tcptimeline}
keep=
live=no
captures=()
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) sed -n '4,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	--keep) keep=${2:?}; shift ;;
	--live) live=yes ;;
	-*) echo "${0##*/}: unknown argument $1" >&2; exit 2 ;;
	*) captures+=("$1") ;;
	esac
	shift
done
[ $live = yes ] || [ ${#captures[@]} -gt 0 ] || {
	echo "${0##*/}: nothing to compare; see --help" >&2
	exit 2
}
dir=${keep:-$(mktemp -d)}
mkdir -p "$dir"
[ -n "$keep" ] || trap 'rm -rf "$dir"' EXIT

for program in jq tshark "$reader"; do
	command -v "$program" >/dev/null || {
		echo "${0##*/}: $program is missing" >&2
		exit 2
	}
done

# Each of both makes lines "CLIENT-PORT QUESTION<tab>ANSWER", one for each
# connection and question; a list is one answer, its parts in order.

# of_tshark CAPTURE
of_tshark()
{
	tshark -n -r "$1" -d tcp.port==4433,tls -d tcp.port==443,tls \
		-Y 'tcp.flags.syn == 1 || tls' -T fields \
		-E separator=/t -E occurrence=a -E aggregator='|' \
		-e tcp.srcport -e tcp.dstport -e tcp.flags.syn -e tcp.flags.ack \
		-e tls.handshake.type \
		-e tls.handshake.extensions_server_name \
		-e tls.handshake.extensions_alpn_str \
		-e tls.handshake.version \
		-e tls.handshake.extensions.supported_version \
		-e tls.handshake.ciphersuite \
		-e tls.alert_message.level -e tls.alert_message.desc \
		-e x509af.utcTime -e x509ce.dNSName -e x509sat.uTF8String \
		2>/dev/null | awk -F '\t' '
	function has(list, what) {
		return index("|" list "|", "|" what "|")
	}
	function add(table, key, what) {
		if (what != "")
			table[key] = table[key] (table[key] == "" ? "" : "|") what
	}
	# The authorities of a CertificateRequest come behind the certificates; of
	# those there are two dates each, and here two names of two parts each.
	function first(parts, dates,   part, n, i, list) {
		n = 2 * split(dates, part, "|")
		split(parts, part, "|")
		for (i = 1; i <= n; i++)
			list = list (i > 1 ? "|" : "") part[i]
		return list
	}
	$3 == 1 || tolower($3) == "true" {
		if ($4 == 0 || tolower($4) == "false") {
			server[$1] = $2
			conn[++nr] = $1
		}
		next
	}
	{
		up = $1 in server && server[$1] == $2
		c = up ? $1 : $2
		spoken[c] = 1
		if (up && has($5, 1) && !(c in sni)) {
			sni[c] = $6
			offered[c] = $7
		}
		if (!up && has($5, 2)) {
			version[c] = $9 != "" ? $9 : $8
			cipher[c] = $10
			alpn[c] = $7
		}
		if ($11 != "")
			alert[c, up] = $11 " " $12
		# those of a request are not those of a certificate
		if (has($5, 11)) {
			add(dates, c, $13)
			add(names, c, $14)
			add(parts, c, has($5, 13) ? first($15, $13) : $15)
		}
	}
	END {
		for (i = 1; i <= nr; i++) {
			c = conn[i]
			print c " TLS\t" (c in spoken ? "yes" : "no")
			print c " SNI\t" sni[c]
			print c " ALPN offered\t" offered[c]
			print c " ALPN chosen\t" alpn[c]
			print c " version\t" tolower(version[c])
			print c " cipher\t" tolower(cipher[c])
			print c " client alert\t" alert[c, 1]
			print c " server alert\t" alert[c, 0]
			print c " certificate dates\t" dates[c]
			print c " certificate DNS names\t" names[c]
			print c " certificate issuers and subjects\t" parts[c]
		}
	}'
}

# of_ours JSON - names of the registries become numbers again, by the tables
# of tshark, so that a wrong name is found, too
of_ours()
{
	jq -rn --slurpfile conns "$1" --slurpfile names "$dir/names.json" '
		def number($kind): if . == null then "" else
			$names[0][$kind][.] // "unknown: \(.)" end;
		def alert($from): first(.messages[] | select(.name == "Alert" and
			.from == $from and (.detail | contains("close_notify") | not)) |
			.detail | split(" ") | "\(if .[0] == "fatal" then 2
				else 1 end) \(.[1] | number("alert"))") // "";
		def rdns: split(",") | reverse | map(sub("^[A-Z]*="; ""));
		def date: sub("T"; " ") | sub("Z"; " (UTC)");
		$conns | sort_by(.start)[] | .client.port as $port | .tls |
		def ask($what; $answer): "\($port) \($what)\t\($answer)";
		ask("TLS"; if . then "yes" else "no" end),
		ask("SNI"; .sni // ""),
		ask("ALPN offered"; .alpn_offered // [] | join("|")),
		ask("ALPN chosen"; .alpn // ""),
		ask("version"; .version | number("version")),
		ask("cipher"; .cipher | number("cipher")),
		ask("client alert"; if . then alert("client") else "" end),
		ask("server alert"; if . then alert("server") else "" end),
		ask("certificate dates"; [.certificates[]? |
			.not_before, .not_after | date] | join("|")),
		ask("certificate DNS names"; [.certificates[]? | .san[] |
			select(startswith("DNS:")) | sub("DNS:"; "")] | join("|")),
		ask("certificate issuers and subjects"; [.certificates[]? |
			.issuer, .subject | rdns[]] | join("|"))'
}

# The tables of tshark: numbers and names of versions, ciphers and alerts.
make_names()
{
	tshark -G values 2>/dev/null | awk -F '\t' '
	$1 != "V" { next }
	$2 == "tls.handshake.ciphersuite" { add("cipher", $4, hex($3)) }
	$2 == "tls.alert_message.desc" { add("alert", alert($4), $3 + 0) }
	function add(kind, name, number) {
		list[kind] = list[kind] (list[kind] == "" ? "" : ",") \
			"\"" name "\":\"" number "\""
	}
	function hex(number) {
		return number ~ /^0x/ ? tolower(number) : sprintf("0x%04x", number)
	}
	# "Certificate Expired" there is certificate_expired in the registry
	function alert(name) {
		gsub(/[ ]+/, "_", name)
		return tolower(name)
	}
	END {
		printf "{\"cipher\":{%s},\"alert\":{%s},", list["cipher"],
			list["alert"]
		printf "\"version\":{\"SSLv3\":\"0x0300\",\"TLSv1.0\":\"0x0301\","
		print "\"TLSv1.1\":\"0x0302\",\"TLSv1.2\":\"0x0303\",\"TLSv1.3\":\"0x0304\"}}"
	}' >"$dir/names.json"
}

# compare NAME - of NAME.ours and NAME.tshark in $dir; adds to the sums
compare()
{
	awk -F '\t' -v name="$1" '
	NR == FNR {
		theirs[$1] = $2
		next
	}
	{
		key = $1
		question = $1
		sub(/^[0-9]+ /, "", question)
		asked[question]++
		told[question] += $2 != ""
		if (!(key in theirs) || theirs[key] != $2) {
			print "  " name ": " key ": " $2 ", they say " theirs[key] \
				>"/dev/stderr"
			wrong[question]++
		}
		delete theirs[key]
	}
	END {
		for (key in theirs) {
			print "  " name ": " key ": not told, they say " theirs[key] \
				>"/dev/stderr"
			question = key
			sub(/^[0-9]+ /, "", question)
			asked[question]++
			wrong[question]++
		}
		for (question in asked)
			printf "%s\t%d\t%d\t%d\n", question, asked[question],
				wrong[question], told[question]
	}' "$dir/$1.tshark" "$dir/$1.ours" >>"$dir/sums"
}

# The one that waits for the end of TIME_WAIT goes last.
play_demos()
{
	local demo

	command -v tcpdump >/dev/null || {
		echo "${0##*/}: tcpdump is missing" >&2
		exit 2
	}
	insmod "${TCPTRACE_KO:?is not set: try scripts/vm -- $0 --live}" ports=80,443
	for demo in "$top"/scripts/demo.d/http*; do
		[ "${demo##*/}" != http ] || continue
		DEMO_OUT=$dir DEMO_CAPTURE=yes "$demo" >"$dir/${demo##*/}.log" 2>&1 || {
			cat "$dir/${demo##*/}.log"
			return 1
		}
		captures+=("$dir/${demo##*/}.pcap")
	done
	rmmod tcptrace
}

: >"$dir/sums"
make_names
[ $live = no ] || play_demos
for capture in "${captures[@]}"; do
	name=$(basename "$capture" .pcap)
	of_tshark "$capture" >"$dir/$name.tshark"
	"$reader" -r "$capture" -o json >"$dir/$name.read.json"
	of_ours "$dir/$name.read.json" >"$dir/$name.ours"
	compare "$name"
	[ $live = yes ] || continue
	cp "$dir/$name.tshark" "$dir/$name.live.tshark"
	of_ours "$dir/$name.json" >"$dir/$name.live.ours"
	compare "$name.live"
done

awk -F '\t' '
	{
		asked[$1] += $2
		wrong[$1] += $3
		told[$1] += $4
	}
	END {
		for (question in asked) {
			printf "%s: %d compared, %d of them empty, %d differ\n",
				question, asked[question],
				asked[question] - told[question],
				wrong[question] | "sort"
			n += asked[question]
			bad += wrong[question]
		}
		close("sort")
		printf "all: %d compared, %d differ\n", n, bad
		exit bad > 0 || !n
	}' "$dir/sums"
