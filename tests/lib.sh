# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test scripts share. Sourced; a script is run by tests/run, or by hand from anywhere.

set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fixtures=$root/tests/fixtures
kdelta=${KDELTA:-$root/build/kdelta} # another build can be tested

if [[ -z ${TEST_TMP:-} ]]; then
	TEST_TMP=$(mktemp -d "${TMPDIR:-/tmp}/kdelta-test.XXXXXX")
	export XDG_DATA_HOME=$TEST_TMP/data NO_COLOR=1 LC_ALL=C.UTF-8
	trap 'rm -rf "$TEST_TMP"' EXIT
fi
out=$TEST_TMP/out # what the last `run` wrote to standard output
errors=$TEST_TMP/errors # and to standard error
db=$TEST_TMP/t.db

fail()
{
	echo "FAILED: $*"
	local i=1

	# the line of the test, not of a helper
	while [[ ${BASH_SOURCE[i]} == */lib.sh && $i -lt $((${#BASH_SOURCE[@]} - 1)) ]]; do
		i=$((i + 1))
	done
	echo "  at ${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}"
	for file in "$out" "$errors"; do
		[[ ! -s $file ]] || { echo "  last ${file##*/}:" && tail -n 30 "$file" | sed 's/^/    /'; }
	done
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# want STATUS COMMAND…: run it and insist on its exit status.
want()
{
	local wanted=$1 got

	shift
	"$@" >"$out" 2>"$errors"
	got=$?
	[[ $got == "$wanted" ]] || fail "'$*' exited with $got, wanted $wanted"
}

# says FILE REGEX: one line must match.
says()
{
	grep -Eq -e "$2" "$1" || fail "${1##*/} has no line with '$2'"
}

says_not()
{
	! grep -Eq -e "$2" "$1" || fail "${1##*/} has a line with '$2': $(grep -E -m1 -e "$2" "$1")"
}

# sql QUERY: on $db. Waits for writers. What a wrong query gives is equal to nothing that a test wants.
sql()
{
	sqlite3 -batch -cmd '.timeout 10000' "$db" "$1" || {
		echo "(the query failed)"
		return 1
	}
}

# reasons VARIANT STATE: of the variant's workloads that ended so, a line each; it is empty for those that are ok
reasons()
{
	sql "SELECT w.reason FROM workload_state AS w JOIN v_boot AS b ON b.boot = w.boot_id
		WHERE b.variant = '$1' AND w.state = '$2'"
}

# equal WHAT GOT WANTED
equal()
{
	[[ $2 == "$3" ]] || fail "$1: got '$2', wanted '$3'"
}

db_whole()
{
	equal "integrity of $db" "$(sql 'PRAGMA integrity_check')" ok
	equal "foreign keys of $db" "$(sql 'PRAGMA foreign_key_check')" ""
}

# until_true SECONDS COMMAND…: poll a condition.
until_true()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[[ $SECONDS -lt $end ]] || fail "never became true: $*"
		sleep 0.02
	done
}

# while_running SECONDS COMMAND…: the same, for what the background process $pid brings about.
while_running()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		kill -0 "$pid" 2>/dev/null || fail "the run has ended, and this is not true: $*"
		[[ $SECONDS -lt $end ]] || fail "never became true: $*"
		sleep 0.02
	done
}

# Boots of a run, by status: boots RUN ok
boots()
{
	sql "SELECT count(*) FROM v_boot WHERE run = $1 AND status = '$2'"
}

# There may be no table yet.
boots_at_least()
{
	local n

	[[ -e $db ]] && n=$(boots "$1" "$2" 2>/dev/null) && [[ $n -ge $3 ]]
}

use_fake()
{
	export KDELTA_CONFIGS=$fixtures/pipeline/configs
}

need_root_mount()
{
	[[ $(id -u) == 0 ]] || skip "needs root, to mount a small file system"
	mkdir -p "$TEST_TMP/mnt"
	mount -t tmpfs -o "$1" tmpfs "$TEST_TMP/mnt" 2>/dev/null || skip "needs permission to mount a tmpfs"
	trap 'umount -l "$TEST_TMP/mnt"' EXIT
}

# The shipped configuration with the additions of the boot tests.
use_boot_configs()
{
	cp -r "$root/configs" "$TEST_TMP/configs"
	cp -r "$fixtures/boot/configs/." "$TEST_TMP/configs/"
	export KDELTA_CONFIGS=$TEST_TMP/configs
}

# Everything that a run measured, in an order of its own.
measured()
{
	sql "SELECT variant, block, workload, metric, stat, round, cpu, printf('%.17g', value), unit, evidence
		FROM v_record WHERE run = $1 ORDER BY 1, 2, 3, 4, 5, 6, 7"
	sql "SELECT variant, block, workload, metric, round, cpu, lower, count
		FROM v_histogram WHERE run = $1 ORDER BY 1, 2, 3, 4, 5, 6, 7"
}

# One architecture: commands run in its kernel, a module measures, records are stored and judged.
real_arch()
{
	local arch=$1

	want 0 "$kdelta" boot base --target "qemu-$arch" -- uname -a
	says "$out" "^Linux .* 7\.3.* $arch"
	equal "lines of uname" "$(wc -l <"$out")" 1
	want 0 "$kdelta" boot base --target "qemu-$arch" -- sh -c 'exit 0'
	want 42 "$kdelta" boot base --target "qemu-$arch" -- sh -c 'echo one; echo two; exit 42'
	equal "output of a command" "$(tr '\n' ' ' <"$out")" "one two "

	# init-on-alloc is worse, and says so
	want 1 "$kdelta" run tiny --only "target=qemu-$arch-icount" --db "$db" --seed 1
	db_whole
	equal "boots" "$(boots 1 ok)" 6
	[[ $(sql 'SELECT count(*) FROM record') -gt 50 ]] || fail "only $(sql 'SELECT count(*) FROM record') records"
	[[ $(sql 'SELECT count(*) FROM histogram') -gt 0 ]] || fail "no histograms"
	equal "architecture" "$(sql 'SELECT DISTINCT machine FROM boot')" "$arch"
	equal "evidence" "$(sql "SELECT DISTINCT evidence FROM v_record WHERE metric = 'kmalloc.instructions'")" simulated
	equal "releases" "$(sql "SELECT count(DISTINCT booted_release), min(booted_release = built_release) FROM v_boot")" "1|1"
	equal "kernels" "$(sql 'SELECT count(DISTINCT kernel_key) FROM v_boot')" 1
}

# Two runs give the same counts, to the last one.
repeatable()
{
	local arch=$1

	want 1 "$kdelta" run tiny --only "target=qemu-$arch-icount" --db "$db" --seed 1
	want 1 "$kdelta" run tiny --only "target=qemu-$arch-icount" --db "$db" --seed 1
	measured 1 >"$TEST_TMP/first"
	measured 2 >"$TEST_TMP/second"
	[[ -s $TEST_TMP/first ]] || fail "nothing was measured"
	diff "$TEST_TMP/first" "$TEST_TMP/second" >"$out" || fail "two runs differ"
	equal "values that differ between boots of one variant" "$(sql "SELECT count(*) FROM (SELECT 1 FROM v_record
		GROUP BY variant, workload, metric, stat, round, cpu HAVING count(DISTINCT value) > 1)")" 0
	verdicts base base-twin
	equal "verdicts of the twin" "$(cat "$TEST_TMP/verdicts")" "same true"
	verdicts base init-on-alloc
	says "$TEST_TMP/verdicts" '^worse true$'
}

# The different verdicts of simulated counts, each with "compared exactly?".
verdicts()
{
	"$kdelta" compare "$1" "$2" --db "$db" --format json >"$out" 2>"$errors"
	jq -r '.. | objects | select(.evidence? == "simulated") | "\(.verdict) \(.exact)"' "$out" | sort -u >"$TEST_TMP/verdicts"
}

# window METRIC CPU LABEL: the value that the plugin counted for the workload whose label ends in LABEL.
window()
{
	sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE metric = 'window.$1' AND cpu = $2 AND workload LIKE '%$3'"
}

# counts_are_exact ARCH EVENT: EVENT is the one that all CPUs execute at the same time.
counts_are_exact()
{
	local arch=$1 both=$2

	"$kdelta" run "events-$arch" --db "$db" >"$out" 2>"$errors"
	db_whole
	equal "instructions of a loop" "$(window events.instructions -1 'event=loop count=10000')" 30000
	for event in $(sed -n 's/.*event: \([a-z0-9_.]*\), count: 1001.*/\1/p' "$KDELTA_CONFIGS/suites/events-$arch.yaml"); do
		equal "$event" "$(window "events.$event" -1 "event=$event count=1001")" 1001
	done
	equal "$both on CPU 0" "$(window "events.$both" 0 'all_cpus=true')" 100
	equal "$both on CPU 1" "$(window "events.$both" 1 'all_cpus=true')" 200
	equal "windows left open" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'broken' AND reason LIKE '%still open%'")" 1
	equal "workloads that are not ok" "$(sql "SELECT count(*) FROM workload_state WHERE state != 'ok'")" 1
}
