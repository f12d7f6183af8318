#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# With random phases, what depends on ticks and batches of pages differs between the boots of one kernel, and the twin is
# not taken for another one; a boot with the same phase repeats to the last instruction; what depends on nothing stays.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 0 "$kdelta" run phases --db "$db" --seed 1
says "$out" "^A/A twin 'base-twin': 0 false alarms in [0-9]+ comparisons"
db_whole
equal "boots" "$(boots 1 ok)" 6
equal "phases" "$(sql "SELECT count(DISTINCT substr(cmdline, instr(cmdline, 'kdelta.phase='))) FROM boot
	WHERE cmdline LIKE '% kdelta.phase=%'")" 6

# base and its twin are six boots of one kernel
means=$(sql "SELECT count(DISTINCT value) FROM v_record WHERE run = 1 AND variant LIKE 'base%'
	AND workload LIKE '%op=cow %' AND metric = 'call.instructions' AND stat = 'mean'")
[[ $means -gt 4 ]] || fail "the mean has $means values in 18 rounds"
equal "cheapest calls" "$(sql "SELECT count(DISTINCT best) FROM (SELECT min(value) AS best FROM v_record WHERE run = 1
	AND variant LIKE 'base%' AND workload LIKE '%op=mprotect %' AND metric = 'call.instructions' AND stat = 'min'
	GROUP BY boot)")" 1
"$kdelta" compare base base-twin --db "$db" --format json >"$out" 2>"$errors"
says_not "$out" '"worse"|"better"'

want 0 "$kdelta" run phases --db "$db" --seed 1
measured 1 >"$TEST_TMP/first"
measured 2 >"$TEST_TMP/second"
[[ -s $TEST_TMP/first ]] || fail "nothing was measured"
diff "$TEST_TMP/first" "$TEST_TMP/second" >"$out" || fail "two runs with one seed differ"
