#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# perf_events counts what is known: whoever writes to 512 pages that are shared copy-on-write takes as many page
# faults, and a few of his own. Where there is no PMU, each of its events is skipped with a reason, the others count.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cat >"$TEST_TMP/suite.yaml" <<'EOF'
description: page faults of a known number
variants: [base]
targets: [qemu-x86_64-threads, qemu-aarch64-threads, qemu-s390x-count]
boots: 1
collectors:
  - perf_events: {events: "{cycles,instructions},page-faults,minor-faults:u,task-clock,r1a2"}
workloads:
  - pte: {op: cow, pages: 256, times: 2, rounds: 2, warmup: 1, timeout: 60}
  - none: {rounds: 1, warmup: 0}
EOF
want 0 "$kdelta" run "$TEST_TMP/suite.yaml" --db "$db"
db_whole
equal "workloads that are not ok" "$(sql "SELECT count(*) FROM workload_state WHERE state != 'ok'")" 0
for event in page-faults minor-faults:u; do
	equal "$event outside of 512 to 552" "$(sql "SELECT target, round, value FROM v_record
		WHERE metric = 'perf.$event' AND workload LIKE 'pte%' AND value NOT BETWEEN 512 AND 552")" ""
	equal "rounds with $event" "$(sql "SELECT count(*) FROM v_record WHERE metric = 'perf.$event' AND cpu = -1
		AND workload LIKE 'pte%' AND evidence = 'simulated'")" 6
done
equal "evidence of task-clock" "$(sql "SELECT DISTINCT evidence FROM v_record WHERE metric = 'perf.task-clock'")" \
	emulated-time
equal "cycles of an emulator" "$(sql "SELECT count(*) FROM v_record WHERE metric LIKE 'perf.cycles%'")" 0
equal "reasons for cycles on x86_64" "$(sql "SELECT count(DISTINCT value) FROM note
	WHERE key = 'collector.skipped' AND value LIKE 'perf_events: event ''cycles'': %'")" 1

# Nine events for a PMU of six counters and one of cycles (QEMU's cortex-a72) take turns. The loop of the canary is two
# instructions; what a part of it gives, scaled, is them all, and the numbers say that they are estimates.
cat >"$TEST_TMP/turns.yaml" <<'EOF'
description: more events than counters
variants: [base]
targets: [qemu-aarch64-icount]
boots: 1
collectors:
  - perf_events: {events: "instructions:u,instructions:k,instructions,r8,r8:u,r8:k,cycles,cycles:u,cycles:k"}
workloads:
  - canary: {operations: 20000000, rounds: 1, warmup: 0, timeout: 60}
EOF
want 0 "$kdelta" run "$TEST_TMP/turns.yaml" --db "$db"
equal "scaled instructions in percent of 2 times 20000000" "$(sql "SELECT CAST(round(value / 400000) AS INTEGER)
	FROM v_record WHERE run = 2 AND metric = 'perf.instructions:u'")" 100
equal "events that took turns" "$(sql "SELECT count(DISTINCT value) FROM note JOIN v_boot ON v_boot.boot = note.boot_id
	WHERE run = 2 AND key = 'perf.multiplexed' AND value GLOB '* on the PMU for [4-9]? % of the window, and is scaled'")" 6

sed 's/events: ".*"/events: NO_SUCH_EVENT, pmu: nosuch/' "$TEST_TMP/suite.yaml" >"$TEST_TMP/bad.yaml"
want 2 "$kdelta" run "$TEST_TMP/bad.yaml" --db "$db" --only target=qemu-s390x-count
says "$errors" "collector 'perf_events': .*NO_SUCH_EVENT.*s390x"
sed 's/events: ".*"/encoded: "a@0:0:0:0:k:x"/' "$TEST_TMP/suite.yaml" >"$TEST_TMP/bad.yaml"
want 2 "$kdelta" run "$TEST_TMP/bad.yaml" --db "$db"
says "$errors" "bad.yaml:6:.*has no parameter 'encoded'"
