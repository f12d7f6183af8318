#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What kdelta itself costs, as ratios of one run:
#   boot   a whole `kdelta run` of one boot with the empty workload (process start to stored result and
#          printed comparison) over a bare QEMU boot of the same kernel on the same machine, whose init only
#          switches off. Interleaved, the order changing from pair to pair; median of the pairs' ratios.
#   plugin  a boot whose windows are counted, over the same boot without the plugin: with every counter on, and
#          with functions, calls and excursions followed too. Interleaved like the above.
#   counts  reading what the plugin wrote into the records of the boot.
#   static  analysis and comparison of two vmlinux.
#   empty  what each timing workload measured of a window with nothing in it, and subtracted: it is recorded in
#          every round of every run. That every timing workload has one is a unit test.
#   hist   recording one sample into a histogram in user space, per sample.
#   store  rows per second into the database.
#
# BENCH_TARGET and BENCH_PAIRS choose another target and number of pairs; BENCH_PLAIN the target that the plugin is
# added to.

set -eu
cd "$(dirname "$0")/../.."
kdelta=$PWD/build/kdelta
target=${BENCH_TARGET:-qemu-$(uname -m)-icount}
isolated=qemu-$(uname -m)-isolated # of drain, which needs a second CPU
plain=${BENCH_PLAIN:-qemu-$(uname -m)-icount}
pairs=${BENCH_PAIRS:-10}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/kdelta-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
export XDG_DATA_HOME=$tmp/data NO_COLOR=1

cp -r configs "$tmp/configs"
export KDELTA_CONFIGS=$tmp/configs
# suite NAME TARGET WORKLOAD…
suite()
{
	local name=$1 on=$2 workload

	shift 2
	{
		printf 'description: %s\nvariants: [base]\nbaseline: base\ntargets: [%s]\nboots: 1\nworkloads:\n' \
			"a boot of the benchmark" "$on"
		for workload in "$@"; do echo "  - $workload"; done
	} >"$tmp/configs/suites/$name.yaml"
}

# plugin_target NAME WORDS
plugin_target()
{
	printf 'description: with the plugin\nextends: %s\nplugin: %s\n' "$plain" "$2" \
		>"$tmp/configs/targets/$1.yaml"
}

counted=('pte: {times: 20, rounds: 3, warmup: 1, timeout: 60}'
	'event_bench: {event: loop, count: 10000, rounds: 3, timeout: 60}')
suite bench "$target" 'none: {rounds: 1, warmup: 0, timeout: 30}'
plugin_target bench-windows windows
plugin_target bench-everything '[windows, where=10, call=preempt_schedule_notrace, excursions=on]'
suite bench-empty "$target" 'canary: {operations: 1000, rounds: 3}' 'kmalloc_bench: {size: 64, iterations: 100, rounds: 3}' \
	'slab_bench: {op: single, iterations: 100, rounds: 3}' 'percpu_bench: {op: add, iterations: 100, rounds: 3}' \
	'vmalloc_bench: {pages: 4, rounds: 3}' 'pte: {op: mprotect, pages: 16, times: 20, rounds: 3}' \
	'memcg: {cgroups: 20, rounds: 3}'
suite bench-empty-drain "$isolated" 'drain: {trigger: stat_refresh, dirty: none, count: 5, rounds: 3}'
suite bench-plain "$plain" "${counted[@]}"
suite bench-windows bench-windows "${counted[@]}"
suite bench-everything bench-everything "${counted[@]}"

"$kdelta" build base --target "$target" >&2
mkdir "$tmp/root"
gcc -O2 -static -o "$tmp/root/init" tests/bench/bare_init.c
(cd "$tmp/root" && echo init | cpio --quiet -o -H newc) >"$tmp/bare.cpio"

# The machine is the one that kdelta would start; of the rest only what a boot needs is kept.
bare=()
bare_command()
{
	local -a argv=()
	local i

	eval "argv=($("$kdelta" run bench --dry-run --seed 1 | sed -n '/^boot base on /{n;p;q}'))"
	bare=("${argv[0]}" -nodefaults -no-user-config -display none -nic none -no-reboot
		-serial "file:$tmp/console" -initrd "$tmp/bare.cpio")
	for ((i = 1; i < ${#argv[@]}; i++)); do
		case ${argv[i]} in
		-machine | -accel | -cpu | -smp | -m | -icount | -rtc | -seed | -kernel | -append)
			bare+=("${argv[i]}" "${argv[i + 1]}")
			;;
		esac
	done
}

run_bare() { timeout 120 "${bare[@]}" </dev/null; }
run_suite() { "$kdelta" run "$1" --seed 1 --db "$tmp/bench.db" >"$tmp/out" 2>&1 || { cat "$tmp/out" >&2; exit 3; }; }
run_kdelta() { run_suite bench; }

# seconds COMMAND: sets $took
seconds()
{
	local start=$EPOCHREALTIME

	"$@"
	took=$(awk "BEGIN { printf \"%.6f\", $EPOCHREALTIME - $start }")
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# interleave FILE A B: pairs of the seconds that two commands take, into FILE
# shellcheck disable=SC2086 # a command is a function and its arguments
interleave()
{
	local file=$1 first=$2 second=$3 a b i

	$first && $second
	for ((i = 0; i < pairs; i++)); do
		if ((i % 2)); then
			seconds $first && a=$took
			seconds $second && b=$took
		else
			seconds $second && b=$took
			seconds $first && a=$took
		fi
		echo "$a $b" >>"$file"
	done
}

# ratios FILE LABEL NAME-A NAME-B WHERE GOAL
ratios()
{
	local file=$1

	awk '{ print $2 / $1 }' "$file" | sort -n >"$file.ratios"
	printf '%-22s %.3f  (%s, %d pairs; %s %.2f s, %s %.2f s; ratios %.3f to %.3f; goal %s)\n' \
		"$2" "$(median <"$file.ratios")" "$5" "$pairs" \
		"$3" "$(cut -d' ' -f1 "$file" | median)" "$4" "$(cut -d' ' -f2 "$file" | median)" \
		"$(head -n 1 "$file.ratios")" "$(tail -n 1 "$file.ratios")" "$6"
}

bare_command
interleave "$tmp/boot" run_bare run_kdelta
ratios "$tmp/boot" 'boot kdelta / QEMU' bare kdelta "$target" 1.10
"$kdelta" build base --target "$plain" >&2
for what in windows everything; do
	interleave "$tmp/$what" 'run_suite bench-plain' "run_suite bench-$what"
	ratios "$tmp/$what" "plugin, $what" without with "$plain" 2.5
done
seconds "$kdelta" compare --static base base --target "$target" >"$tmp/static"
printf 'static compare two vmlinux  %.2f s  (%s bytes of text each; goal 3)\n' "$took" \
	"$(awk '$1 == "text" { print $2 }' "$tmp/static")"

# The empty windows of a run, mean of its rounds. Where instructions are counted, ticks are these.
empty_windows()
{
	sqlite3 -batch -separator ' ' "$tmp/bench.db" "SELECT substr(workload, 1, instr(workload || ' ', ' ') - 1), metric,
			printf('%.4g', avg(value)), unit FROM v_record WHERE run = $1 AND (metric LIKE '%empty' OR metric LIKE '%empty.%')
			AND stat IN ('min', 'mean') GROUP BY workload, metric ORDER BY 1, 2" |
		awk '{ printf "%-22s %-36s %s %s, subtracted\n", "empty window", $1 " " $2, $3, $4 }'
}

for suite in bench-empty bench-empty-drain; do
	run_suite $suite
	empty_windows "$(sqlite3 -batch "$tmp/bench.db" 'SELECT max(id) FROM run')"
done
for program in build/bench/bench_*; do
	[[ ! -x $program || -d $program ]] || "$program" "$tmp/${program##*/}"
done
