#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Three wrong series are found by percpu_stress. One maps the dynamic variables of the wrong CPU: operations change the
# copy of CPU 0. Another takes the CPU's own address, which a task that is moved then uses on another CPU; to be seen
# where it can be interrupted after that, and not in the series as it is. The third forgets entries of the top page
# table, which is nothing as long as there are no new ones.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
cp "$fixtures"/patches/arm64-localmap-{broken,raw-broken,entries-broken}.patch "$TEST_TMP/configs/patches/"

want 3 "$kdelta" run arm64-localmap-broken --db "$db"
db_whole
# what the kernel makes of its own broken variables may come first
found=$(reasons arm64-localmap-broken failed; sql "SELECT reason FROM v_boot WHERE status = 'broken'")
[[ -n $found ]] || fail "nothing was found of the wrong pages"
echo "found: $found"

want 3 "$kdelta" run arm64-localmap-raw-broken --db "$db"
db_whole
found=$(reasons arm64-localmap-raw-broken failed | grep "percpu_stress: task .* has changed CPU .*'s copy")
[[ -n $found ]] || fail "nothing was found of the wrong address"
equal "boots of the right series that are well" "$(reasons arm64-localmap ok | wc -l)" 2
echo "found: $found"

want 3 "$kdelta" run arm64-localmap-entries-broken --db "$db"
db_whole
found=$(reasons arm64-localmap-entries-broken failed | grep "percpu_stress: what entry .* is not there on CPU")
[[ -n $found ]] || fail "nothing was found of the entries"
equal "workloads without new entries" "$(reasons arm64-localmap-entries-broken ok | wc -l)" 1
equal "new entries in the right series" "$(sql "SELECT count(*) FROM v_record WHERE variant = 'arm64-localmap'
	AND metric = 'entries' AND value > 0")" 1
echo "found: $found"
