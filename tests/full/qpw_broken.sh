#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that forgets the lock where it drains another CPU is found by its stress workload, on kernels without any
# debugging, with PREEMPT_RT and without: an object with two owners, something that is missing at the end, a task that gets
# no further, or what the kernel says of it itself.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures/patches/qpw-broken.patch" "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run qpw-broken --db "$db"
for variant in qpw-broken rt-qpw-broken; do
	found=$(reasons "$variant" failed; sql "SELECT reason FROM v_boot WHERE variant = '$variant' AND status = 'broken'")
	[[ -n $found ]] || fail "nothing was found in $variant"
	echo "$variant: found: $found"
done
