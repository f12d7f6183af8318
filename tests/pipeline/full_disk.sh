#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The disk fills up in the middle of a run: one clear line, status 3, the database whole, and the run can go on.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake
need_root_mount size=2m
db=$TEST_TMP/mnt/t.db

"$kdelta" run long --db "$db" --seed 5 --jobs 1 >"$out" 2>"$errors" &
pid=$!
while_running 60 boots_at_least 1 ok 3
# all that is left
dd if=/dev/zero of="$TEST_TMP/mnt/ballast" bs=4096 >/dev/null 2>&1
wait $pid
equal "status with a full disk" $? 3
says "$errors" 'full'
says "$errors" 'run --resume 1'
equal "lines that complain" "$(grep -c '^kdelta: ' "$errors")" 1
rm "$TEST_TMP/mnt/ballast"
db_whole
[[ $(boots 1 planned) -gt 0 ]] || fail "every boot was stored on a full disk"
equal "records of planned boots" "$(sql "SELECT count(*) FROM record JOIN boot ON boot.id = boot_id
	WHERE status = 'planned'")" 0
want 0 "$kdelta" run --resume 1 --db "$db" --jobs 3
equal "boots" "$(boots 1 ok)" 60
equal "records" "$(sql 'SELECT count(*) FROM record')" 360
db_whole

# a disk that is full from the start: nothing is begun
dd if=/dev/zero of="$TEST_TMP/mnt/ballast" bs=4096 >/dev/null 2>&1
want 3 "$kdelta" run quick --db "$TEST_TMP/mnt/new.db"
equal "lines that complain" "$(grep -c '^kdelta: ' "$errors")" 1
