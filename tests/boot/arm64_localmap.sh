#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series arm64-localmap: what leaf functions of this_cpu operations execute, that the operations are what they say on
# four CPUs at once, and CPUs that come and go. A broken series: tests/full/arm64_localmap_broken.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

# count METRIC OPERATION: on all CPUs together
count()
{
	sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE metric = 'window.$1' AND cpu = -1
		AND workload = 'percpu_bench op=$2 form=leaf batch=100 iterations=3'"
}

# Along the path that is executed, with the return that the subtracted loop has too; counted by hand in what objdump -d
# shows of leaf_this_cpu_inc_8 and the others in percpu_bench.ko, built with gcc 12.2. Without the map, inc is 24.
want 0 "$kdelta" run arm64-localmap-leaf --db "$db"
db_whole
while read -r operation instructions; do
	full=$(count percpu.instructions "$operation")
	empty=$(count percpu_empty.instructions "$operation")
	[[ $full && $empty ]] || fail "nothing was counted for $operation"
	equal "instructions of $operation" "$((full - empty))" "$(((instructions - 1) * 300))"
done <<'END'
read 6
inc 11
add_return 11
xchg 11
cmpxchg 14
END

want 0 "$kdelta" run arm64-localmap-stress --db "$db"
equal "workloads that are ok" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'ok'")" 7
for metric in moves interrupts allocations entries memcgs modules; do
	equal "targets with $metric" "$(sql "SELECT count(DISTINCT target) FROM v_record WHERE metric = '$metric' AND value > 0")" 2
done

# A CPU enters the kernel through swapper_pg_dir each time it comes.
# shellcheck disable=SC2016
want 0 "$kdelta" boot arm64-localmap --target qemu-aarch64-stress -- sh -c 'cd /sys/devices/system/cpu
	for i in 1 2 3; do echo 0 >cpu3/online && echo 1 >cpu3/online || exit 1; done; cat online'
equal "CPUs after coming and going" "$(cat "$out")" 0-3
