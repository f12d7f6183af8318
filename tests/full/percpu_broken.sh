#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that does not fix up interrupted code sections is found by percpu_stress: a task that was moved away from a CPU
# has still changed the copy there. The series as it is has nothing to be found.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures/patches/s390-percpu-broken.patch" "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run percpu-broken --db "$db"
db_whole
# what the kernel makes of its own broken variables may come first, in some boot
found=$(sql "SELECT reason FROM workload_state WHERE state = 'failed' AND reason LIKE '%percpu_stress: task % has changed CPU %''s copy%'")
[[ -n $found ]] || fail "nothing was found"
echo "found: $found"
