#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A run on the fake target, from the command line to verdicts: exact counts, exit status, the stored samples.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

# one variant is worse: status 1
want 1 "$kdelta" run quick --db "$db" --seed 7
says "$out" 'kmalloc\.instructions.*exact.*(same|worse|better)'
db_whole
equal "boots" "$(boots 1 ok)" 15
equal "planned boots" "$(boots 1 planned)" 0
# per boot: 2 rounds of 3 values
equal "records" "$(sql 'SELECT count(*) FROM record')" 90
equal "histograms" "$(sql 'SELECT count(*) FROM histogram')" 15
equal "buckets" "$(sql 'SELECT group_concat(lower || ":" || count) FROM histogram_bucket
	WHERE histogram_id = (SELECT min(id) FROM histogram)')" "240:100,256:3"
equal "a sample" "$(sql "SELECT DISTINCT value FROM v_record WHERE variant = 'slower' AND round = 1
	AND metric = 'kmalloc.instructions' AND stat = 'mean'")" 259.56
equal "seed" "$(sql 'SELECT seed FROM run')" 7

# every variant once in every block
equal "balance" "$(sql 'SELECT DISTINCT n FROM (SELECT count(*) AS n FROM v_boot GROUP BY block, variant)')" 1

# the order is the seed's alone
order() { sql "SELECT group_concat(variant) FROM (SELECT variant FROM v_boot WHERE run = $1 ORDER BY block, position)"; }
want 1 "$kdelta" run quick --db "$db" --seed 7
equal "order of a second run with the same seed" "$(order 2)" "$(order 1)"

# nothing differs: status 0, and what differs is found however it is asked for
want 0 "$kdelta" run equal --db "$db"
says_not "$out" 'worse|better'
want 0 "$kdelta" compare base same --run 1 --db "$db"
says "$out" 'kmalloc\.instructions.*same'
want 0 "$kdelta" compare base faster --run 1 --db "$db"
says "$out" 'kmalloc\.instructions.*better'
want 1 "$kdelta" compare base slower --run 1 --db "$db"
says "$out" 'kmalloc\.instructions.*worse'
want 0 "$kdelta" compare base base-twin --run 1 --db "$db"
says "$out" 'kmalloc\.instructions.*same'
want 0 "$kdelta" show 1 --db "$db"
says "$out" 'slower'
want 0 "$kdelta" show --list --db "$db"
equal "listed runs" "$(grep -c '^run ' "$out")" 3
