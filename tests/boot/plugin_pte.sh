#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# s390x: 256 present pages, protected and back 10 times: an IPTE per page and call where another CPU runs the
# process too, else none, and one IDTE per call.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
want 0 "$kdelta" run pte --db "$db"
db_whole
for round in 0 1; do
	at="cpu = -1 AND round = $round"
	for row in 'ipte.global 2 5120' 'ipte.global 1 0' 'idte.global 1 20' 'quiesce 1 20'; do
		read -r event threads count <<<"$row"
		equal "$event, $threads threads, round $round" "$(sql "SELECT CAST(value AS INTEGER) FROM v_record
			WHERE metric = 'window.pte.$event' AND $at AND workload LIKE '%threads=$threads'")" "$count"
	done
done
