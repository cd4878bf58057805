#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.sh - run fuzzers that were built, one after the other; speaks TAP
#
#   fuzz.sh libfuzzer|afl|short SECONDS DIR NAME...
#
# "short" is libFuzzer from the committed corpus on, by a fixed seed, for 5,000
# inputs at most: the same inputs on every machine, or the first of them.
#
# DIR is where the Makefile builds. A crash ends the run of its fuzzer and is
# left in DIR/crash; logs are in DIR/log, and each run adds a line to
# DIR/executions: engine, fuzzer, executions.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
engine=$1
seconds=$2
dir=$3
shift 3

run_libfuzzer()
{
	mkdir -p "$dir/corpus/$1"
	"$dir/$1" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=20 \
		-print_final_stats=1 -artifact_prefix="$dir/crash/$1-" \
		"$dir/corpus/$1" "$here/corpus/$1"
}

count_libfuzzer()
{
	sed -n 's/^stat::number_of_executed_units: *//p' "$log"
}

# What it finds is forgotten again: the same as for everybody, next time.
run_short()
{
	local found=$dir/corpus/short/$1

	rm -rf "$found"
	mkdir -p "$found"
	"$dir/$1" -seed=1 -runs=5000 -max_total_time="$seconds" \
		-rss_limit_mb=1024 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$dir/crash/$1-" "$found" "$here/corpus/$1"
}

count_short()
{
	count_libfuzzer
}

# Whatever the machine does with crashes and CPUs is good enough here.
run_afl()
{
	local out=$dir/afl/out/$1

	rm -rf "$out"
	AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		AFL_BENCH_UNTIL_CRASH=1 \
		afl-fuzz -V "$seconds" -t 20000 -m none -i "$here/corpus/$1" \
		-o "$out" -- "$dir/afl/$1"
	if compgen -G "$out/default/crashes/id*" >/dev/null; then
		for crash in "$out"/default/crashes/id*; do
			cp "$crash" "$dir/crash/$1-afl-$(basename "$crash" | cut -c1-9)"
		done
		return 1
	fi
}

count_afl()
{
	sed -n 's/^execs_done *: *//p' "$dir/afl/out/$1/default/fuzzer_stats"
}

mkdir -p "$dir/log" "$dir/crash" "$dir/afl/out"
echo "TAP version 13"
echo "1..$#"
n=0
failed=0
for name; do
	n=$((n + 1))
	log=$dir/log/$engine-$name
	if "run_$engine" "$name" >"$log" 2>&1 </dev/null &&
		count=$("count_$engine" "$name") && [ "${count:-0}" -gt 0 ]; then
		echo "ok $n - $name: $count executions by $engine"
		echo "$engine $name $count" >>"$dir/executions"
	else
		echo "not ok $n - $name"
		tail -n 60 "$log" | cut -c1-200 | sed 's/^/# /'
		failed=1
	fi
done
exit "$failed"
