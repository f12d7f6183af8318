#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guests that panic, hang, flood the console, or stop early: each is recognised, explained, and stored as broken.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

[[ $(uname -m) == x86_64 ]] && cc=gcc || cc=x86_64-linux-gnu-gcc
mkdir -p "$TEST_TMP/guests/x86_64"
$cc -O1 -static -o "$TEST_TMP/guests/x86_64/kdelta-guest" "$fixtures/boot/badguest.c" || fail "cannot compile"
export KDELTA_GUESTS=$TEST_TMP/guests

# QEMU may run as somebody else, who has to get at the folder of a boot
chmod 755 "$TEST_TMP"
export TMPDIR=$TEST_TMP/tmp
mkdir -m 1777 "$TMPDIR"

run=0
# broken FAULT REASON SECONDS
broken()
{
	local start=$SECONDS

	run=$((run + 1))
	want 3 "$kdelta" run "bad-$1" --db "$db"
	[[ $((SECONDS - start)) -le $3 ]] || fail "$1 took $((SECONDS - start)) s"
	equal "broken boots ($1)" "$(boots $run broken)" 1
	sql "SELECT reason FROM v_boot WHERE run = $run" >"$TEST_TMP/reason"
	says "$TEST_TMP/reason" "$2"
	says "$errors" 'broken'
	[[ -s $(sql "SELECT console_path FROM boot JOIN v_boot ON v_boot.boot = boot.id WHERE run = $run") ]] ||
		[[ $1 == hang || $1 == exit || $1 == cut ]] || fail "no console log ($1)"
	db_whole
}

# the first run may have to build a kernel
"$kdelta" build base --target qemu-x86_64 >"$out" 2>&1 || fail "cannot build base"
broken panic '^panic: Kernel panic - not syncing: .*init' 60
broken hang 'no start line within 20 s' 60
broken flood 'flood|console' 60
broken exit 'start line|before|early' 60
broken cut 'end' 60
equal "what is left in the temporary folder" "$(ls "$TMPDIR")" ""
