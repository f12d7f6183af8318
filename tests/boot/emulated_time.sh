#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Without icount a time is the emulator's own: stored, shown, never judged.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
sed -i 's/^targets: .*/targets: [impatient]/' "$KDELTA_CONFIGS/suites/time.yaml"

want 0 "$kdelta" run time --db "$db"
equal "evidence of ticks" "$(sql "SELECT DISTINCT evidence FROM v_record WHERE metric LIKE 'kmalloc.%'")" emulated-time
equal "records called cycles or instructions" "$(sql "SELECT count(*) FROM v_record WHERE unit LIKE 'cycles%' OR unit LIKE 'instructions%'")" 0
want 0 "$kdelta" compare base base-twin --db "$db" --format json
equal "verdicts" "$(jq -r '[.. | objects | select(.evidence? == "emulated-time") | .verdict] | unique | join(",")' "$out")" shown
