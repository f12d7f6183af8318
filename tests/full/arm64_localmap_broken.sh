#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that maps the dynamic variables of the wrong CPU is found by percpu_stress: operations change the copy of CPU 0.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures/patches/arm64-localmap-broken.patch" "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run arm64-localmap-broken --db "$db"
db_whole
# what the kernel makes of its own broken variables may come first
found=$(sql "SELECT reason FROM workload_state WHERE state = 'failed' UNION SELECT reason FROM v_boot WHERE status = 'broken'")
[[ -n $found ]] || fail "nothing was found"
echo "found: $found"
