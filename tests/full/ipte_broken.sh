#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A series that forgets to invalidate the last entry of a run, and one that forgets entries that become clean, so that
# nothing but what was written gets lost, are found by their stress workload, on kernels without any debugging.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures"/patches/ipte-*.patch "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run ipte-broken --db "$db"
for variant in ipte-broken ipte-dirty-broken; do
	found=$(reasons "$variant" failed)
	[[ $found == seed* ]] || fail "nothing was found in $variant"
	echo "$variant: found: $found"
	[[ $variant != ipte-dirty-broken || $found == *"had written"* ]] ||
		fail "what was found in $variant is not that something was lost"
done
