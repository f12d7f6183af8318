#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# perf stat and perf record around workloads, in one boot per architecture: counts of known numbers, files that leave
# the guest whole, and a perf that refuses an event is the collector's trouble alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cat >"$TEST_TMP/suite.yaml" <<'EOF'
description: what perf counts and samples
variants: [base]
targets: [qemu-x86_64, qemu-aarch64, qemu-s390x]
boots: 1
collectors:
  - perf_stat: {events: "task-clock,context-switches,page-faults,cpu-cycles"}
  - perf_record: {frequency: 99}
workloads:
  - pte: {op: cow, pages: 256, times: 2, rounds: 2, warmup: 0, timeout: 60}
  - hackbench: {fds: 2, loops: 50, rounds: 1, warmup: 0, timeout: 60}
EOF
want 0 "$kdelta" run "$TEST_TMP/suite.yaml" --db "$db"
db_whole

# whoever writes to 512 pages that are shared copy-on-write takes as many page faults, and a few of his own
equal "page faults by perf outside of 512 to 552" "$(sql "SELECT target, round, value FROM v_record
	WHERE metric = 'perf_stat.page-faults' AND workload LIKE 'pte%' AND value NOT BETWEEN 512 AND 552")" ""
equal "rounds with page faults by perf" "$(sql "SELECT count(*) FROM v_record WHERE metric = 'perf_stat.page-faults'
	AND workload LIKE 'pte%' AND evidence = 'simulated'")" 6
equal "cycles of an emulator" "$(sql "SELECT count(*) FROM v_record WHERE metric LIKE 'perf_stat.cpu-cycles%'")" 0
equal "what x86_64 cannot count" "$(sql "SELECT DISTINCT note.value FROM note JOIN v_boot ON v_boot.boot = note.boot_id
	WHERE note.key = 'perf_stat.not_supported' AND v_boot.target = 'qemu-x86_64'")" cpu-cycles

# hackbench and its four tasks end, and each has to be waited for
equal "targets where hackbench switched less than 5 times" "$(sql "SELECT target, value FROM v_record
	WHERE metric = 'perf_stat.context-switches' AND workload LIKE 'hackbench%' AND value < 5")" ""

# one file per workload; its magic number is in the byte order of its architecture
equal "files of samples" "$(sql "SELECT count(*) FROM artifact WHERE name = 'perf.data' AND size > 1000")" 6
while read -r path; do
	magic=$(head -c 8 "$TEST_TMP/$path")
	[[ $magic == PERFILE2 || $magic == 2ELIFREP ]] || fail "$path begins with '$magic'"
done < <(sql "SELECT path FROM artifact")

# what perf refuses is the collector's trouble alone
cat >"$TEST_TMP/bad.yaml" <<'EOF'
description: an event that is none
variants: [base]
targets: [qemu-aarch64]
boots: 1
collectors:
  - perf_stat: {events: no-such-event}
workloads:
  - pte: {rounds: 1, warmup: 0}
EOF
want 0 "$kdelta" run "$TEST_TMP/bad.yaml" --db "$db"
equal "notes of a broken collector" "$(sql "SELECT value FROM note WHERE key = 'collector.broken'")" \
	"perf_stat: perf: exited with status 129: event syntax error: 'no-such-event'"
