#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kdelta dies in the middle of a boot: QEMU dies with it, and the run goes on later.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 0 "$kdelta" build base --target qemu-x86_64
"$kdelta" run tiny --only target=qemu-x86_64-icount --db "$db" --seed 1 --jobs 1 >"$out" 2>"$errors" &
pid=$!
while_running 120 boots_at_least 1 ok 1
children() { pgrep -P "$pid"; }
while_running 60 children
qemu=$(children)
kill -KILL $pid
wait $pid 2>/dev/null
gone() { for p in $qemu; do [[ ! -e /proc/$p || $(awk '/^State:/ { print $2 }' "/proc/$p/status" 2>/dev/null) == [ZX] ]] || return 1; done; }
until_true 10 gone
db_whole
want 1 "$kdelta" run --resume 1 --db "$db"
equal "boots" "$(boots 1 ok)" 6
db_whole
