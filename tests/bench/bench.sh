#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What kdelta itself costs, as ratios of one run:
#   boot   a whole `kdelta run` of one boot with the empty workload (process start to stored result and
#          printed comparison) over a bare QEMU boot of the same kernel on the same machine, whose init only
#          switches off. Interleaved, the order changing from pair to pair; median of the pairs' ratios.
#   static  analysis and comparison of two vmlinux.
#   store  rows per second into the database.
#
# BENCH_TARGET and BENCH_PAIRS choose another target and number of pairs.

set -eu
cd "$(dirname "$0")/../.."
kdelta=$PWD/build/kdelta
target=${BENCH_TARGET:-qemu-$(uname -m)-icount}
pairs=${BENCH_PAIRS:-10}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/kdelta-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
export XDG_DATA_HOME=$tmp/data NO_COLOR=1

cp -r configs "$tmp/configs"
export KDELTA_CONFIGS=$tmp/configs
cat >"$tmp/configs/suites/bench.yaml" <<YAML
description: one boot that measures nothing
variants: [base]
baseline: base
targets: [$target]
boots: 1
workloads:
  - none: {rounds: 1, warmup: 0, timeout: 30}
YAML

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
run_kdelta() { "$kdelta" run bench --seed 1 --db "$tmp/bench.db" >"$tmp/out" 2>&1 || { cat "$tmp/out" >&2; exit 3; }; }

# seconds COMMAND: sets $took
seconds()
{
	local start=$EPOCHREALTIME

	"$@"
	took=$(awk "BEGIN { printf \"%.6f\", $EPOCHREALTIME - $start }")
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

bare_command
run_bare && run_kdelta
for ((i = 0; i < pairs; i++)); do
	if ((i % 2)); then
		seconds run_bare && a=$took
		seconds run_kdelta && b=$took
	else
		seconds run_kdelta && b=$took
		seconds run_bare && a=$took
	fi
	echo "$a $b" >>"$tmp/pairs"
done
printf 'boot   kdelta / bare QEMU  %.3f  (%s, %d pairs; bare %.2f s, kdelta %.2f s; ratios %.3f to %.3f; goal 1.10)\n' \
	"$(awk '{ print $2 / $1 }' "$tmp/pairs" | median)" "$target" "$pairs" \
	"$(cut -d' ' -f1 "$tmp/pairs" | median)" "$(cut -d' ' -f2 "$tmp/pairs" | median)" \
	"$(awk '{ print $2 / $1 }' "$tmp/pairs" | sort -n | head -n 1)" \
	"$(awk '{ print $2 / $1 }' "$tmp/pairs" | sort -n | tail -n 1)"
seconds "$kdelta" compare --static base base --target "$target" >"$tmp/static"
printf 'static compare two vmlinux  %.2f s  (%s bytes of text each; goal 3)\n' "$took" \
	"$(awk '$1 == "text" { print $2 }' "$tmp/static")"
for program in build/bench/bench_*; do
	[[ ! -x $program || -d $program ]] || "$program" "$tmp/store.db"
done
