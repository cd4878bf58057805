# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-archive.sh - packages of another release of Debian, of which this
# machine's own apt learns nothing, and a root directory of such a release to
# build in. To be sourced after lib.sh, by scripts that take what is missing.

ARCHIVE_KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

# archive_mirror - where this machine's apt gets Debian 12 from
archive_mirror()
{
	# The label is known once the lists are there, the release before that.
	# shellcheck disable=SC2016 # these are apt's variables
	apt-get indextargets --format \
		'$(CREATED_BY)|$(REPO_URI)|$(COMPONENT)|$(LABEL)|$(RELEASE)' |
		awk -F'|' '$1 == "Packages" && $3 == "main" && $2 !~ /security/ &&
			($4 == "Debian" || $5 ~ /^(bookworm|oldstable|stable)$/) {
				print $2
				exit
			}'
}

# archive_use SUITE - from here on, apt_get and apt_cache know that one alone
archive_use()
{
	local dir=$CACHE/apt/$1 mirror log

	need_packages debian-archive-keyring
	mirror=$(archive_mirror)
	[ -n "$mirror" ] ||
		die "no Debian mirror in this machine's apt sources; Debian 12's must be there"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" ||
		die "cannot create $dir; set XDG_CACHE_HOME"
	echo "deb [signed-by=$ARCHIVE_KEYS] $mirror $1 main" >"$dir/sources.list"
	ARCHIVE_OPTIONS=(
		-o "Dir::Etc::SourceList=$dir/sources.list"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$dir/lists"
		-o "Dir::Cache=$dir/cache"
	)
	info "fetching the package lists of Debian $1"
	log=$(mktemp)
	# An error, not a warning, if it has to do with old lists or none.
	if ! apt-get "${ARCHIVE_OPTIONS[@]}" -o APT::Sandbox::User=root \
		--error-on=any update </dev/null >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die "could not fetch the package lists of Debian $1 (apt-get's last lines are above)"
	fi
	rm -f "$log"
}

apt_cache()
{
	apt-cache "${ARCHIVE_OPTIONS[@]}" "$@"
}

# chroot_make DIR SUITE PACKAGE... - a Debian of that release in DIR
chroot_make()
{
	local dir=$1 suite=$2 log
	shift 2

	need_packages debootstrap mount util-linux
	info "installing Debian $suite in the cache, to build in: $*"
	log=$(mktemp)
	# What debootstrap mounts ends with the name space that it runs in.
	if ! { as_root unshare --mount debootstrap --variant=minbase \
		--keyring="$ARCHIVE_KEYS" "$suite" "$dir" "$(archive_mirror)" &&
		in_chroot "$dir" "$TOP" root env DEBIAN_FRONTEND=noninteractive \
			apt-get -y -o APT::Sandbox::User=root \
			install --no-install-recommends "$@" &&
		in_chroot "$dir" "$TOP" root sh -c 'apt-get clean &&
			rm -rf /var/lib/apt/lists/* /var/log/*'; } \
		</dev/null >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die "could not install Debian $suite in $dir (the last lines are above)"
	fi
	rm -f "$log"
	# To be read, and removed, by its owner.
	as_root chown -Rh "$(id -u):$(id -g)" "$dir"
	chmod -R u+rwX,go+rX "$dir"
}

# in_chroot ROOT DIR USER COMMAND... - DIR of this machine is /mnt there. The
# mounts are in a name space of the command's own: they end when it does.
in_chroot()
{
	# shellcheck disable=SC2016 # for the shell inside
	as_root unshare --mount sh -c '
		root=$1 user=$3
		mount -t proc proc "$root/proc" && mount --bind "$2" "$root/mnt" ||
			exit
		shift 3
		exec chroot --userspec="$user" "$root" "$@"' in_chroot "$@"
}
