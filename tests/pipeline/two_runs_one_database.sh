#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs at the same time into one database do not lose or mix anything.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

pids=()
for i in 1 2 3; do
	"$kdelta" run long --db "$db" --boots 8 --seed "$i" --jobs 2 >"$TEST_TMP/out.$i" 2>"$TEST_TMP/errors.$i" &
	pids+=($!)
done
for i in 1 2 3; do
	wait "${pids[i - 1]}" || fail "run $i exited with $?: $(cat "$TEST_TMP/errors.$i")"
done
db_whole
equal "runs" "$(sql "SELECT count(*) FROM run WHERE status = 'ok'")" 3
equal "boots per run" "$(sql "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM v_boot WHERE status = 'ok' GROUP BY run)")" 24,24,24
equal "records per run" "$(sql 'SELECT group_concat(n) FROM (SELECT count(*) AS n FROM v_record GROUP BY run)')" 144,144,144
equal "seeds" "$(sql 'SELECT group_concat(seed) FROM (SELECT seed FROM run ORDER BY seed)')" 1,2,3
# shared rows are shared
equal "hosts" "$(sql 'SELECT count(*) FROM host')" 1

# runs of two databases have the same numbers, and console logs of their own
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs
for db in "$TEST_TMP/one.db" "$TEST_TMP/two.db"; do
	echo "console of ${db##*/}" >"$TEST_TMP/p/records/base.console"
	want 0 "$kdelta" run equal --only variant=base --boots 1 --db "$db"
done
for db in "$TEST_TMP/one.db" "$TEST_TMP/two.db"; do
	equal "the log of ${db##*/}" "$(cat "$(sql 'SELECT console_path FROM boot')")" "console of ${db##*/}"
done
