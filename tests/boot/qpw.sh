#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One kernel, two command lines: with qpw=0 every trigger interrupts the isolated CPU once per drain that it needs, with
# qpw=1 never; and the caches stay whole while all CPUs use and drain them at once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
n=10

# drains VARIANT DIRTY TRIGGER FUNCTION: interruptions of CPU 3 by this work item; a zero has to be a record, too
drains()
{
	sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE variant = '$1' AND cpu = 3
		AND workload = 'drain dirty=$2 trigger=$3 count=$n' AND metric = 'trace.interruption.work:$4'"
}

# whether anything else got worse is not for one boot to say
"$kdelta" run qpw-drains --db "$db" >"$out" 2>"$errors"
status=$?
[[ $status -le 1 ]] || fail "the run exited with $status"
db_whole
equal "kernels" "$(sql "SELECT count(DISTINCT kernel_key) FROM v_boot")" 1
while read -r dirty trigger function; do
	equal "$function by $trigger, qpw=0" "$(drains qpw-off "$dirty" "$trigger" "$function")" $n
	equal "$function by $trigger, qpw=1" "$(drains qpw-on "$dirty" "$trigger" "$function")" 0
done <<'EOF'
tmpfs drop_caches lru_add_drain_per_cpu
mlock drop_caches lru_add_drain_per_cpu
slab slab_shrink flush_cpu_sheaves
module cache_destroy flush_cpu_sheaves
module cache_destroy flush_rcu_sheaf
EOF

want 0 "$kdelta" run qpw-stress --db "$db"
# 8 tasks, two for each CPU
equal "operations" "$(sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE run = 2 AND metric = 'operations'")" 1200
[[ $(sql "SELECT value > 0 FROM v_record WHERE run = 2 AND metric = 'hotplugs'") == 1 ]] || fail "no CPU went offline"


# A value that it does not take is said, and nothing is on.
want 0 "$kdelta" boot qpw-odd --target qemu-x86_64 -- dmesg
says "$out" "qpw=: expected 0 or 1, got '7'"
