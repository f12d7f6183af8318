#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A part of a kernel, built by the toolchain of the root image in a measured kernel, on every architecture.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# lib/math/Makefile of 7.3, obj-y: div64 gcd lcm int_log int_pow int_sqrt reciprocal_div; and rational, where there is
# a COMMON_CLK to select it (drivers/clk/Kconfig)
declare -A objects=([x86_64]=7 [aarch64]=8 [s390x]=7)

for arch in "${!objects[@]}"; do
	db=$TEST_TMP/$arch.db
	cat >"$TEST_TMP/kbuild.yaml" <<-YAML
		description: the smallest folder of lib/ that always has objects
		variants: [base]
		targets: [qemu-$arch]
		boots: 1
		workloads:
		  - kbuild: {target: lib/math/, config: tinyconfig, rounds: 2, warmup: 0, timeout: 3000}
	YAML
	want 0 "$kdelta" run "$TEST_TMP/kbuild.yaml" --db "$db"
	db_whole
	equal "state on $arch" "$(sql 'SELECT state FROM workload_state')" ok
	equal "objects on $arch" "$(sql "SELECT group_concat(CAST(value AS INTEGER)) FROM v_record
		WHERE metric = 'kbuild.objects'")" "${objects[$arch]},${objects[$arch]}"
	# the compiler alone maps more than 8 MiB, and the machine has 512
	equal "memory on $arch" "$(sql "SELECT count(*) FROM v_record
		WHERE metric = 'kbuild.memory' AND value BETWEEN 8 << 20 AND 512 << 20")" 2
	equal "times on $arch" "$(sql "SELECT count(*) FROM v_record WHERE metric IN
		('kbuild.wall', 'kbuild.user', 'kbuild.sys') AND value > 0 AND evidence = 'emulated-time'")" 6
	equal "compiler on $arch" "$(sql "SELECT count(*) FROM info WHERE key = 'image.gcc'")" 1
	equal "tree on $arch" "$(sql "SELECT count(*) FROM info WHERE key = 'image.source'")" 1
done
