# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-param.sh - the module's parameters, and what the kernel log says of them.
# To be sourced after lib.sh.

# shellcheck disable=SC2034 # used by the tests
PARAMETERS=/sys/module/tcptrace/parameters

# Records as they come, each once.
exec {KMSG}</dev/kmsg

new_records()
{
	# One record a read, until there is none.
	dd iflag=nonblock bs=16K <&"$KMSG" 2>"$TMP/dd"
}

row_begins()
{
	new_records >"$TMP/before"
}

# The module's own lines in the kernel log since row_begins, as the log has
# them: what is not printable, and a line's end within a line, is escaped. What
# the kernel's parameter code adds ("`x' invalid for parameter `y'", cut off where
# it is too long) is not ours.
our_lines()
{
	new_records | grep -aE '^[0-9]+,[^;]*;tcptrace: ' |
		grep -avE "^[^;]*;tcptrace: \`|taint"
}

# names_it PARAMETER - one line, and it says which
names_it()
{
	our_lines >"$TMP/lines"
	[ "$(wc -l <"$TMP/lines")" -eq 1 ] &&
		LC_ALL=C has_line "$TMP/lines" ";tcptrace: $1: .*[a-z]" &&
		! LC_ALL=C has_line "$TMP/lines" '\\x0a' || {
		echo "not one line that names $1:"
		cat "$TMP/lines"
		return 1
	}
}
