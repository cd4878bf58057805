# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh - what the scripts here share: messages, root rights, packages,
# the cache. To be sourced, after which TOP names the repository.

# shellcheck disable=SC2034 # used by the scripts that source this file
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Everything that is downloaded or built outside the tree lives here, and
# all of it may be deleted at any time.
CACHE=${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/tcptrace

# shellcheck disable=SC2034 # used by the scripts that source this file
DEFAULT_KERNEL=6.1

info()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# A wrong command line is told apart from a failure by its exit status.
usage_error()
{
	printf '%s: error: %s (try --help)\n' "${0##*/}" "$*" >&2
	exit 2
}

# What runs beside us, and is to go when we do.
CHILDREN=()

# stop_children - for a trap of EXIT; when it is through, so are their own traps
stop_children()
{
	set +e # a trap, too, ends at the first command that fails
	[ ${#CHILDREN[@]} -eq 0 ] ||
		{ kill "${CHILDREN[@]}"; wait "${CHILDREN[@]}"; } 2>/dev/null
}

# teed FILE COMMAND... - run a command; what it prints goes to FILE as well. It is
# stopped when we are, and then its own traps have run. Returns its exit status.
teed()
{
	local file=$1 status=0 out tee
	shift

	trap stop_children EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	exec {out}> >(exec tee "$file")
	tee=$!
	"$@" >&"$out" &
	CHILDREN=($!)
	exec {out}>&-
	wait "${CHILDREN[0]}" || status=$?
	CHILDREN=()
	wait "$tee"
	return $status
}

# The comment block at the top of a script is its help text.
print_help()
{
	sed -n '4,/^[^#]/{/^#/!q;s/^# \{0,1\}//p}' "$1"
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "need root rights for: $*; run as root or install sudo"
	fi
}

# apt-get, quiet unless it fails, patient while somebody else runs it.
# DPkg::Lock::Timeout covers dpkg's lock, not the one on the package lists.
apt()
{
	local log try status

	log=$(mktemp)
	for try in $(seq 60); do
		status=0
		as_root env DEBIAN_FRONTEND=noninteractive \
			NEEDRESTART_SUSPEND=1 \
			apt-get -y -o DPkg::Lock::Timeout=600 \
			-o APT::Sandbox::User=root "$@" \
			</dev/null >"$log" 2>&1 || status=$?
		[ $status -ne 0 ] || break
		grep -q 'Could not get lock' "$log" || break
		[ "$try" -gt 1 ] || info "waiting for another apt-get"
		sleep 5
	done
	[ $status -eq 0 ] || tail -n 20 "$log" >&2
	rm -f "$log"
	return "$status"
}

package_installed()
{
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages NAME... - install what is missing, and say so.
# Only packages without services belong here. One that brings a daemon
# would start it now and at every boot: see scripts/guest-packages.
need_packages()
{
	local name
	local missing=()

	command -v apt-get >/dev/null ||
		die "no apt-get: this needs Debian 12; elsewhere, install: $*"
	for name; do
		package_installed "$name" || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	info "installing Debian packages: ${missing[*]}"
	update_package_lists
	apt install --no-install-recommends "${missing[@]}" ||
		die "apt-get could not install: ${missing[*]} (its last lines are above)"
}

# Once a run is enough; the mark is inherited by scripts called from here.
update_package_lists()
{
	[ -z "${TCPTRACE_LISTS_FRESH:-}" ] || return 0
	info "running apt-get update"
	apt update || info "apt-get update failed; trying with the lists at hand"
	export TCPTRACE_LISTS_FRESH=1
}

# Options of apt-get and apt-cache for lists other than this machine's own;
# scripts/lib-archive.sh sets them.
ARCHIVE_OPTIONS=()

# download_packages DIR NAME[=VERSION]... - fetch .deb files into DIR.
# apt-get checks each against the archive's signed list of checksums.
download_packages()
{
	local dir=$1 log
	shift

	log=$(mktemp)
	if ! (cd "$dir" && apt-get "${ARCHIVE_OPTIONS[@]}" \
		-o APT::Sandbox::User=root download "$@") >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die "could not download: $* (apt-get's last lines are above)"
	fi
	rm -f "$log"
}

# lock NAME - one process at a time past this point, until this one exits.
lock()
{
	mkdir -p "$CACHE" || die "cannot create $CACHE; set XDG_CACHE_HOME"
	exec {LOCK_FD}>"$CACHE/$1.lock" || die "cannot write in $CACHE"
	flock -n "$LOCK_FD" && return
	info "waiting for another run that prepares $1"
	flock "$LOCK_FD"
}

# tree_sum DIR - a fingerprint of names, sizes, modes and times of all
# files. Reading a kernel tree whole would take seconds at each start;
# this notices truncation, deletion and replacement in a tenth of one.
tree_sum()
{
	(cd "$1" && find . ! -type d ! -name 'manifest*' \
		-printf '%p %y %m %s %T@ %l\n' | LC_ALL=C sort | sha256sum)
}

# seal_tree DIR VERSIONS... - write the manifest that tree_whole checks.
seal_tree()
{
	local dir=$1
	shift

	printf '%s\n' "$@" >"$dir/manifest.packages"
	tree_sum "$dir" >"$dir/manifest"
}

tree_whole()
{
	[ -s "$1/manifest" ] && [ "$(tree_sum "$1")" = "$(cat "$1/manifest")" ]
}

# quote WORD... - the words, quoted for a POSIX shell.
quote()
{
	local word

	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# To build the module, the reader and the host tests.
need_build_packages()
{
	need_packages gcc libc6-dev libelf1 libssl3 make pkg-config \
		libjansson-dev libyajl-dev libpcap-dev zlib1g-dev libssl-dev \
		uthash-dev
}

# To run the fuzzers: libFuzzer, and AFL++.
need_fuzz_packages()
{
	need_packages afl++ clang libclang-rt-14-dev
}

# What tests and demos run in the VM, which sees this machine's programs.
need_guest_programs()
{
	need_packages curl ethtool gnutls-bin iproute2 jq kmod mawk nftables \
		openssl perl procps socat tcpdump util-linux
	"$TOP/scripts/guest-packages" >/dev/null
}

# module_of VERSION - where scripts/build leaves that kernel's module
module_of()
{
	echo "${TCPTRACE_KO:-$TOP/build/ko/$1/tcptrace.ko}"
}

# is_debug_kernel NAME - one of scripts/debug-kernel's
is_debug_kernel()
{
	[[ $1 == *-k[ac]san ]]
}

# slowness KERNEL - how many times as long as elsewhere things may take there
slowness()
{
	case $1 in
	*-kasan) echo 5 ;;
	*-kcsan) echo 3 ;;
	*) echo 1 ;;
	esac
}

# Set KREL, KDIR and so on for a kernel version, fetching it if need be, or
# building it.
use_kernel()
{
	local file maker=kernel

	! is_debug_kernel "$1" || maker=debug-kernel
	file=$("$TOP/scripts/$maker" "$1") || exit 1
	# shellcheck disable=SC1090
	. "$file"
}

# Set KSRC: the kernel's test and lint tools.
use_kernel_tools()
{
	local file

	file=$("$TOP/scripts/kernel" --selftests "${1%-k[ac]san}") || exit 1
	# shellcheck disable=SC1090
	. "$file"
}
