#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that forgets the lock where it drains another CPU is found by its stress workload, on a kernel without any
# debugging: an object with two owners, something that is missing at the end, or what the kernel says of it itself.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures/patches/qpw-broken.patch" "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run qpw-broken --db "$db"
found=$(sql "SELECT reason FROM workload_state WHERE state = 'failed' UNION SELECT reason FROM v_boot WHERE status = 'broken'")
[[ -n $found ]] || fail "nothing was found"
echo "found: $found"
