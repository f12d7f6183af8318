#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every system call of a task in an isolated window is one stay in the kernel; a few interrupts come on top.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 0 "$kdelta" run excursions --db "$db"
for arch in x86_64 aarch64 s390x; do
	stays=$(sql "SELECT group_concat(value, ' ') FROM v_record
		WHERE target = 'excursions-$arch' AND metric LIKE '%.excursions'")
	[[ $(wc -w <<<"$stays") == 2 ]] || fail "$arch has excursions of '$stays', wanted two rounds"
	for n in $stays; do
		awk -v n="$n" 'BEGIN { exit !(n >= 200 && n <= 260) }' || fail "$arch: $n stays for 200 calls"
	done
	lengths=$(sql "SELECT sum(b.count) FROM v_histogram b
		WHERE b.target = 'excursions-$arch' AND b.metric LIKE '%.excursion_length'")
	equal "stays in the histogram on $arch" "$lengths" "$(sql "SELECT CAST(sum(value) AS INTEGER) FROM v_record
		WHERE target = 'excursions-$arch' AND metric LIKE '%.excursions'")"
	longest=$(sql "SELECT count(*) FROM info JOIN boot ON boot.id = info.boot_id
		WHERE info.key LIKE 'excursion.%'")
	[[ $longest -gt 0 ]] || fail "no excursion is attributed"
done
db_whole
