#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A run goes on only with the configuration it was started with.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs

"$kdelta" run long --db "$db" --seed 5 >"$out" 2>"$errors" &
pid=$!
while_running 60 boots_at_least 1 ok 2
kill -KILL $pid
wait $pid 2>/dev/null
echo 'cmdline: init_on_alloc=1' >>"$KDELTA_CONFIGS/variants/same.yaml"
before=$(boots 1 ok)
want 2 "$kdelta" run --resume 1 --db "$db"
says "$errors" "cannot resume run 1: .*'long' has changed"
equal "boots" "$(boots 1 ok)" "$before"
want 2 "$kdelta" run long --resume 1 --db "$db"
want 2 "$kdelta" run --resume 1 --boots 3 --db "$db"

# a boot that the plan does not know, in a database that somebody else has written to
sed -i '$d' "$KDELTA_CONFIGS/variants/same.yaml"
sql 'UPDATE block SET number = 100 + number WHERE number > 9'
want 3 "$kdelta" run --resume 1 --db "$db" --jobs 1
says "$errors" "boot [0-9]+ of run 1 \('[a-z-]+' on fake-slow, block 110\) is not in its plan"
