#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What twin and canary prove is counted from what their boots say: equal code is no excuse for a false alarm, hides
# no canary, and figures of the one kernel that both boot are no comparisons.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs

# boots ARM MEAN: records of 6 boots around MEAN
boots_of()
{
	local spread=(0 1 -1 2 -2 1) i

	for i in "${!spread[@]}"; do
		sed "s/ev=simulated/ev=virtual/; s,value=25[02]00/100,value=$(($2 + spread[i])),; /stat=max\|^hist/d; s/records=7/records=4/" \
			"$fixtures/pipeline/records/base.records" >"$TEST_TMP/p/records/$1-$i.records"
	done
}

cat >"$KDELTA_CONFIGS/suites/checked.yaml" <<'EOF'
description: a twin and a canary
variants: [base]
baseline: base
twins: true
canary: 4
targets: [fake]
boots: 6
workloads:
  - kmalloc_bench: {rounds: 2, timeout: 10}
EOF
boots_of base 250
boots_of base-twin 250
boots_of base-canary 300
want 0 "$kdelta" run checked --db "$db"
says "$out" "^A/A twin 'base-twin': 0 false alarms in 1 comparisons$"
says "$out" "^canary 'base-canary', 4 .*: found \(1 of 1 comparisons differ\)$"

# all boots are of one kernel, whose code is known and whose figures were counted
known="INSERT INTO workload_code SELECT rv.id, w.id, 'd1' FROM run_variant AS rv JOIN workload AS w USING (run_id)
	WHERE run_id = (SELECT max(id) FROM run);
	INSERT OR IGNORE INTO kernel_value SELECT id, 'text', 'bytes', 'lower', 0, 1000 FROM kernel"
sql "$known"
want 0 "$kdelta" run --resume 1 --db "$db"
says "$out" "^A/A twin 'base-twin': 0 false alarms in 1 comparisons$"
says "$out" "^canary 'base-canary', 4 .*: found \(1 of 1 comparisons differ\)$"

boots_of base-twin 280
want 0 "$kdelta" run checked --db "$db"
sql "$known"
want 0 "$kdelta" run --resume 2 --db "$db"
says "$out" "^A/A twin 'base-twin': 1 false alarm in 1 comparisons$"
want 0 "$kdelta" compare base base-twin --db "$db"
says "$out" 'same: identical code: the difference is noise'
