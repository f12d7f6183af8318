#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# slab_bench on three architectures: every object comes back, a kept one is noticed, counts repeat to the last
# instruction, and a known cost is found as what it is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

# of TARGET METRIC STAT LABEL: values of the workload of this label, of all CPUs and rounds
of()
{
	sql "SELECT value FROM v_record WHERE run = 1 AND target = '$1' AND metric = '$2' AND stat = '$3'
		AND workload = 'slab_bench $4'"
}

# more WHAT A B: B is larger
more()
{
	[[ $(jq -n "$3 > $2") == true ]] || fail "$1: $3 is not more than $2"
}

want 3 "$kdelta" run slab-bench --db "$db"
db_whole
for target in qemu-x86_64-icount qemu-aarch64-icount qemu-s390x; do
	equal "objects of one CPU on $target" "$(of $target operations count 'op=single iterations=10 account=true')" 1280.0
	equal "objects of two CPUs on $target" "$(of $target operations count 'op=bulk bulk=7 iterations=10 cpus=all')" 2560.0
	# one allocates, the other frees
	equal "CPUs of a remote free on $target" "$(sql "SELECT group_concat(metric || ' ' || cpu) FROM (SELECT DISTINCT
		metric, cpu FROM v_record WHERE target = '$target' AND metric IN ('slab_alloc.time', 'slab_free.time',
		'slab_alloc.instructions', 'slab_free.instructions') AND workload LIKE '%cpus=one free_on=next%'
		ORDER BY metric)" | sed 's/\.[a-z]*//g')" "slab_alloc 0,slab_free 1"
done
equal "workloads that are not ok" "$(sql "SELECT count(*) FROM workload_state WHERE state != 'ok'")" 3
equal "kept objects that were noticed" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'failed'
	AND reason LIKE '1 objects and 1 slabs of the cache are left%'")" 3

for target in qemu-x86_64-icount qemu-aarch64-icount; do
	for side in slab_alloc slab_free; do
		one=$(of $target $side.instructions min 'op=single iterations=10 account=false')
		canary=$(of $target $side.instructions min 'op=single iterations=10 canary=3')
		charged=$(of $target $side.instructions min 'op=single iterations=10 account=true')
		equal "instructions of canary=3 in $side on $target" "$(jq -n "$canary - $one")" 3
		more "$side, charged to a cgroup, on $target" "$one" "$charged"
	done
	more "single against bulk on $target" "$(of $target slab_alloc.instructions mean 'op=bulk bulk=16 iterations=10')" "$one"
done

# The same boots again.
want 3 "$kdelta" run slab-bench --only target=qemu-x86_64-icount --db "$db"
for run in 1 2; do
	sql "SELECT workload, metric, stat, round, cpu, printf('%.17g', value) FROM v_record WHERE run = $run
		AND target = 'qemu-x86_64-icount' ORDER BY 1, 2, 3, 4, 5" >"$TEST_TMP/run$run"
done
[[ -s $TEST_TMP/run1 ]] || fail "nothing was measured"
diff "$TEST_TMP/run1" "$TEST_TMP/run2" >"$out" || fail "two boots differ"
