#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The shipped suite 'quiesce': 256 present pages, protected and back 10 times. On s390x an IPTE per page and call
# where another CPU runs the process too, else none, and one IDTE per call; on aarch64 a broadcast per page and
# call in both cases; on x86_64 nothing that stalls the machine has an instruction of its own.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
want 0 "$kdelta" run quiesce --db "$db"
db_whole
equal "workloads that are not ok" "$(sql "SELECT count(*) FROM workload_state WHERE state != 'ok'")" 0
rows='
qemu-s390x-count ipte.global 2 5120
qemu-s390x-count ipte.global 1 0
qemu-s390x-count idte.global 2 0
qemu-s390x-count idte.global 1 20
qemu-s390x-count quiesce 2 5120
qemu-s390x-count quiesce 1 20
qemu-aarch64-threads tlbi.broadcast 2 5120
qemu-aarch64-threads tlbi.broadcast 1 5120
qemu-x86_64-threads invlpg 1 0'
while read -r target event threads count; do
	[[ -n $target ]] || continue
	for round in 0 1; do
		equal "$event on $target, $threads threads, round $round" "$(sql "SELECT CAST(value AS INTEGER)
			FROM v_record WHERE target = '$target' AND metric = 'window.pte.$event' AND cpu = -1
			AND round = $round AND workload LIKE '%threads=$threads'")" "$count"
	done
done <<<"$rows"
