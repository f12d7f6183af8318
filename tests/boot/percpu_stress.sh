#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# percpu_stress on three architectures: per-CPU operations are what they say also where tasks are moved and interrupts
# come, and what is not is noticed. A broken series: tests/full/percpu_broken.sh. On s390x, base has code
# sections: it is what s390-percpu is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

# of TARGET METRIC: what the workload that goes well has
of()
{
	sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE target = '$1' AND metric = '$2'"
}

# failed WHAT: in how many boots a workload failed with what the module says
failed()
{
	sql "SELECT count(*) FROM workload_state WHERE state = 'failed' AND reason LIKE '%percpu_stress: $1'"
}

# QEMU 7.2 now and then executes what stood at an address before, where modules come and go on several s390 CPUs
if "$kdelta" doctor --fetch-qemu >"$out" 2>"$errors"; then
	printf 'qemu: private\n' >>"$KDELTA_CONFIGS/targets/qemu-s390x.yaml"
fi
want 3 "$kdelta" run percpu-stress --db "$db"
db_whole
for target in qemu-{x86_64,aarch64,s390x}; do
	[[ $(of "$target" operations) -ge 10000 ]] || fail "$target: only $(of "$target" operations) operations"
	for metric in moves interrupts allocations memcgs modules; do
		[[ $(of "$target" "$metric") -gt 0 ]] || fail "$target: no $metric"
	done
done
equal "workloads that are ok" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'ok'")" 3
# What was spoilt: a sum that is one more, and the copy of a CPU where the task is not.
equal "sums that are noticed" "$(failed 'the sum of 4 bytes, dynamic, is %')" 3
equal "copies that are noticed" "$(failed 'task %')" 3
equal "other workloads" "$(sql "SELECT count(*) FROM workload_state")" 9
