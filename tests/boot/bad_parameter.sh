#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Modules that refuse their parameters, or this machine: their reasons reach the user, and nothing counts as a pass.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 3 "$kdelta" run bad-parameter --db "$db"
says "$errors" 'cpu 63 is not online'
want 0 "$kdelta" show --db "$db"
says "$out" 'broken: .*cpu 63 is not online'
equal "states" "$(sql "SELECT group_concat(state, ' ') FROM (SELECT state FROM workload_state ORDER BY 1)")" "broken skipped"
equal "reason to skip" "$(sql "SELECT count(*) FROM workload_state WHERE state = 'skipped'
	AND reason LIKE '%(slab_bench: free_on ''next'' needs two CPUs)'")" 1
equal "records" "$(sql 'SELECT count(*) FROM record')" 0
db_whole
