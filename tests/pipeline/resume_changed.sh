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
