#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# s390x with two CPUs under icount: repeats to the last instruction with a QEMU that can, and where the archive has
# none, falls back to one CPU and says so. What the installed QEMU cannot do is never asked of it silently.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
target=qemu-s390x-icount

# system_only: the same target, confined to the installed QEMU
system_only()
{
	printf 'extends: %s\nqemu: system\n' $target >"$KDELTA_CONFIGS/targets/system-only.yaml"
	sed "s/^targets: .*/targets: [system-only]/" "$KDELTA_CONFIGS/suites/tiny.yaml" >"$KDELTA_CONFIGS/suites/system-only.yaml"
}

cpus_of()
{
	sql "SELECT DISTINCT cpus FROM boot WHERE status = 'ok'"
}

old=$(qemu-system-s390x --version | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
if "$kdelta" doctor --fetch-qemu >"$out" 2>"$errors"; then
	repeatable s390x
	equal "CPUs" "$(cpus_of)" 2
	equal "what was given up" "$(sql "SELECT DISTINCT accel FROM boot")" tcg
elif [[ $old -lt 9 ]]; then
	says "$errors" 'cannot fetch a private QEMU: '
	cat "$errors"
	echo "no newer QEMU here: the fallback to one CPU is what is tested"
fi

[[ $old -lt 9 ]] || exit 0
db=$TEST_TMP/system.db
system_only
want 1 "$kdelta" run system-only --db "$db" --seed 1
says "$errors" "target 'system-only': 1 CPU instead of 2: qemu-system-s390x [0-9.]+ does not"
equal "CPUs of the fallback" "$(cpus_of)" 1
equal "what is stored" "$(sql "SELECT DISTINCT accel FROM boot")" "tcg, 1 CPU instead of 2"
want 0 "$kdelta" compare base base-twin --db "$db"
says "$out" 'system-only \(QEMU [0-9.]+, tcg, 1 CPU instead of 2\)'

printf 'smp: required\n' >>"$KDELTA_CONFIGS/targets/system-only.yaml"
want 3 "$kdelta" run system-only --db "$db" --seed 1
says "$errors" "needs its 2 CPUs \(smp: required\)"
