#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One no-op instruction more per operation is found from one boot each, on every architecture, as what it is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 0 "$kdelta" run canary --seed 1 --db "$db"
says "$out" "canary 'base-canary', 1 no-op instruction more per operation: found"
want 1 "$kdelta" compare base base-canary --db "$db" --format json

for arch in x86_64 aarch64 s390x; do
	for metric in kmalloc.instructions kfree.instructions; do
		verdict=$(jq -r --arg t "qemu-$arch-icount" --arg m $metric \
			'.comparisons[] | select(.target == $t and .metric == $m and .stat == "mean") | .verdict' "$out")
		equal "verdict of $metric on $arch" "$verdict" worse
		# the fastest batch has no timer interrupt in it; s390's clock ticks in fractions of an instruction
		added=$(jq -r --arg t "qemu-$arch-icount" --arg m $metric \
			'.comparisons[] | select(.target == $t and .metric == $m and .stat == "min") | .b.median - .a.median
			| . * 100 | round / 100' "$out")
		[[ $added == 1 || $added == 1.01 ]] || fail "$metric on $arch grew by $added instructions, wanted 1"
	done
	# the loop in user space: two instructions, and three; some rounds have no timer interrupt in them
	grown=$(sql "SELECT round(max(least) - min(least), 1) FROM (SELECT min(value) AS least FROM v_record
		WHERE target = 'qemu-$arch-icount' AND workload LIKE 'canary %' AND metric = 'operation.instructions'
		GROUP BY variant)")
	equal "growth of the loop in user space on $arch" "$grown" 1.0
done
db_whole
