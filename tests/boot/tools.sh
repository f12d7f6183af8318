#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs of the root image as workloads, in one boot per architecture. What is asked for is what they do; a program
# that cannot, says why, and the others of the boot stand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cat >"$TEST_TMP/suite.yaml" <<'EOF'
description: programs of the root image
variants: [base]
targets: [qemu-x86_64, qemu-aarch64, qemu-s390x]
boots: 1
workloads:
  - stress-ng: {stressor: vm, instances: 160, ops: 16000, options: bytes=640M, for_cpus: 160, scale: 1/2, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: fork, ops: 21, version: 0.15.06, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: mmapfork, instances: 1, ops: 1, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: apparmor, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: nosuch, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: vm, version: "9", rounds: 1, warmup: 0, timeout: 60}
  - hackbench: {fds: 3, loops: 10, rounds: 1, warmup: 0, timeout: 60}
  - cyclictest: {loops: 30, limit: 20, rounds: 1, warmup: 0, timeout: 60}
  - rtla: {tool: osnoise, rounds: 1, warmup: 0, timeout: 60}
  - rtla: {tool: timerlat, limit: 100, rounds: 1, warmup: 0, timeout: 60}
EOF

# three WHAT VALUE CONDITION WANTED: the same on each of the three targets
three()
{
	equal "$1" "$(sql "SELECT group_concat(x, ' ') FROM (SELECT $2 AS x FROM v_record WHERE $3 ORDER BY 1)")" "$4 $4 $4"
}

want 3 "$kdelta" run "$TEST_TMP/suite.yaml" --db "$db"
db_whole

# 2 CPUs have 1/80 of 16000 operations, and the half of that
three "operations of vm" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=vm%'" 100
# one instance per CPU, and 21 operations cannot be shared
three "operations of fork" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=fork%'" 22
three "operations of mmapfork" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=mmapfork%'" 1
# 3 senders, 3 receivers, 10 messages from each to each
three "messages of hackbench" 'CAST(value AS INTEGER)' "metric = 'messages'" 90
three "wakeups of cyclictest" 'CAST(value AS INTEGER)' "metric = 'wakeups' AND workload LIKE 'cyclictest%'" 30
equal "most samples of a CPU" "$(sql "SELECT group_concat(n, ' ') FROM (SELECT max(n) AS n FROM
	(SELECT target, cpu, sum(count) AS n FROM v_histogram WHERE workload LIKE 'cyclictest%' GROUP BY target, cpu)
	GROUP BY target)")" "30 30 30"
equal "CPUs with noise" "$(sql "SELECT count(DISTINCT target || cpu) FROM v_record WHERE metric = 'noise'
	AND value BETWEEN 0 AND 1e9")" 4
equal "CPUs with a timer's latency" "$(sql "SELECT count(DISTINCT target || cpu) FROM v_histogram
	WHERE metric = 'thread_latency'")" 4

states=$(sql "SELECT DISTINCT state || ' ' || reason FROM workload_state WHERE state != 'ok' ORDER BY 1")
equal "states with reasons" "$states" "broken stress-ng is version '0.15.06', and the suite asks for '9' (parameter 'version')
broken stress-ng: exited with status 1: stress-ng: unrecognized option '--nosuch=2'
skipped does not run on s390x
skipped stress-ng skips apparmor: AppArmor is not enabled"
