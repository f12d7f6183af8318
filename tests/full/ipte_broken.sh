#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that forgets to invalidate the last entry of a run is found by its stress workload, on a kernel without any
# debugging.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures/patches/ipte-broken.patch" "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run ipte-broken --db "$db"
found=$(sql "SELECT reason FROM workload_state WHERE state = 'failed'")
[[ -n $found ]] || fail "nothing was found"
echo "found: $found"
