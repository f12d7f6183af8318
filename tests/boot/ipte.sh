#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the series ipte-batch makes of the IPTE that tests/boot/page_tables.sh counts, with a stand-in for ranged IPTE:
# a page table of s390 has 256 entries, so N pages of a process that another CPU runs, too, are one range for each
# table that they are in. The pages begin with a table. One page is still a single IPTE. What is on this CPU alone is as
# before. When somebody else is to run, the kernel ends a range early (need_resched() in zap_pte_range(),
# copy_pte_range(), madvise_cold_or_pageout_pte_range()), and now and then it frees the stack of a process that is gone,
# which is a vfree(): a count may be a little more, and never less.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

# count WORKLOAD METRIC: of the round that has least
count()
{
	sql "SELECT CAST(min(value) AS INTEGER) FROM v_record WHERE workload = '$1' AND metric = '$2' AND cpu = -1"
}

# about WORKLOAD METRIC WANTED: or a few more
about()
{
	local got

	got=$(count "$1" "$2")
	[[ -n $got && $got -ge $3 && $got -le $(($3 + 3)) ]] ||
		fail "$2 of '$1': got '$got', wanted $3, or up to 3 more"
}

want 0 "$kdelta" run ipte-counts --db "$db"
db_whole

# operation, how often it changes the pages in one round; IDTE with one thread: of 1 and of 16 pages, of 1024 pages, of
# which four page tables are freed
ops='
mprotect 8 8 8
munmap 4 4 4
mremap 4 4 20
madv_dontneed 4 4 4
madv_free 4 4 4
madv_cold 4 0 0'
while read -r op changes idte idte_all; do
	[[ -n $op ]] || continue
	per_page=0
	[[ $op != madv_cold ]] || per_page=$changes
	about "pte op=$op pages=1 times=4 threads=2" window.pte.ipte.global "$changes"
	about "pte op=$op pages=1 times=4 threads=2" window.pte.ipte.range 0
	about "pte op=$op pages=16 times=4 threads=2" window.pte.ipte.range "$changes"
	about "pte op=$op pages=16 times=4 threads=2" window.pte.ipte.global 0
	about "pte op=$op pages=1024 times=4 threads=2" window.pte.ipte.range $((changes * 4))
	about "pte op=$op pages=1024 times=4 threads=2" window.pte.ipte.global 0
	for pages in 1 16 1024; do
		one="pte op=$op pages=$pages times=4 threads=1"
		[[ $pages != 1024 ]] || idte=$idte_all
		about "$one" window.pte.ipte.range 0
		about "$one" window.pte.ipte.global 0
		equal "local IPTE of '$one'" "$(count "$one" window.pte.ipte.local)" $((per_page * pages))
		about "$one" window.pte.idte.global "$idte"
	done
done <<<"$ops"
# a process that ends flushes once, if there are threads or not
for threads in 1 2; do
	about "pte op=exit pages=1024 times=4 threads=$threads" window.pte.idte.global 4
	about "pte op=exit pages=1024 times=4 threads=$threads" window.pte.ipte.global 0
done

# fork protects other pages of the process, too: 1024 pages more are four more ranges each time
for threads in 1 2; do
	more=$(($(count "pte op=fork pages=1280 times=4 threads=$threads" window.pte.ipte.range) - \
		$(count "pte op=fork pages=256 times=4 threads=$threads" window.pte.ipte.range)))
	wanted=$((threads == 2 ? 16 : 0))
	[[ $more -ge $((wanted - 8)) && $more -le $((wanted + 8)) ]] || fail "ranges of fork: got $more more, wanted $wanted"
done

# 256 pages and one that guards them are in two page tables, or in one
about 'vmalloc_bench pages=1 times=5' window.free.ipte.global 5
ranges=$(count 'vmalloc_bench pages=256 times=5' window.free.ipte.range)
[[ $ranges -ge 5 && $ranges -le 10 ]] || fail "ranges of vfree: got $ranges, wanted 5 to 10"
