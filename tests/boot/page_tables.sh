#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What changing page tables costs in flushes, in one boot per architecture, against counts derived from Linux 7.3.
#
# s390x (arch/s390/mm/pgtable.c, include/asm/tlb.h). A present entry of an mm that another CPU has attached is
# changed by ptep_flush_lazy() with one IPTE, else marked invalid, and the mm flushed by one IDTE at the end
# (flush_mm). MADV_COLD clears the young bit, and a write to a shared page replaces it, by ptep_xchg_direct(): an
# IPTE per page in any case, and local when no other CPU knows the mm. A page table that becomes empty is freed, by
# munmap, mremap and MADV_DONTNEED (PT_RECLAIM): pte_free_tlb() sets flush_mm, one IDTE more. 256 pages are a whole
# page table there, 16 are none. A process that ends flushes once.
#
# aarch64 (arch/arm64/include/asm/tlbflush.h; the CPU has no ranged TLBI). A broadcast TLBI per page in any case;
# one for the whole mm where it ends or forks.
#
# x86_64 (arch/x86/mm/tlb.c). Up to 33 pages (tlb_single_page_flush_ceiling) an INVLPG each, above one write of
# CR3; on every CPU that the mm is on, the others by interrupt. Other CPUs may fold flushes together.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

# count TARGET WORKLOAD METRIC CPU: of the round that has least. The windows are the machine's: what the kernel does
# for itself meanwhile, such as flushing after it has given back areas of vmalloc, can only be more.
count()
{
	sql "SELECT CAST(min(value) AS INTEGER) FROM v_record
		WHERE target = '$1' AND workload = '$2' AND metric = '$3' AND cpu = $4"
}

# exactly TARGET WORKLOAD METRIC CPU WANTED; a CPU that did nothing in the window is not recorded
exactly()
{
	local got

	got=$(count "$1" "$2" "$3" "$4")
	equal "$3 of '$2' on $1" "${got:-0}" "$5"
}

# between WHAT VALUE LOW HIGH
between()
{
	awk -v n="$2" -v lo="$3" -v hi="$4" 'BEGIN { exit !(n != "" && n >= lo && n <= hi) }' ||
		fail "$1: got '$2', wanted $3 to $4"
}

want 3 "$kdelta" run page-tables --db "$db"
db_whole
s390=qemu-s390x-count x86=qemu-x86_64-threads arm=qemu-aarch64-threads

# operation, s390x: IPTE and IDTE with two threads, IPTE (local) and IDTE with one; aarch64: TLBI
whole='
mprotect 2048 0 0 8 2048
munmap 1024 4 0 4 1024
mremap 1024 4 0 8 1024
madv_dontneed 1024 4 0 4 1024
madv_free 1024 0 0 4 1024
madv_cold 1024 0 1024 0 1024
cow 1024 0 1024 0 1024'
while read -r op ipte idte ipte1 idte1 tlbi; do
	[[ -n $op ]] || continue
	args="pages=256 times=4 threads"
	exactly $s390 "pte op=$op $args=2" window.pte.ipte.global -1 "$ipte"
	exactly $s390 "pte op=$op $args=2" window.pte.idte.global -1 "$idte"
	exactly $s390 "pte op=$op $args=1" window.pte.ipte.global -1 0
	exactly $s390 "pte op=$op $args=1" window.pte.ipte.local -1 "$ipte1"
	exactly $s390 "pte op=$op $args=1" window.pte.idte.global -1 "$idte1"
	exactly $arm "pte op=$op $args=1" window.pte.tlbi.broadcast -1 "$tlbi"
	exactly $arm "pte op=$op $args=2" window.pte.tlbi.broadcast -1 "$tlbi"
done <<<"$whole"
for threads in 1 2; do
	exactly $s390 "pte op=exit pages=256 times=4 threads=$threads" window.pte.idte.global -1 4
	exactly $arm "pte op=exit pages=256 times=4 threads=$threads" window.pte.tlbi.broadcast -1 4
done

# operation, changes of 16 pages, s390x: IDTE with one thread
part='
mprotect 128 8
munmap 64 4
mremap 64 4
madv_dontneed 64 4
madv_free 64 4
madv_cold 64 0'
while read -r op changes idte1; do
	[[ -n $op ]] || continue
	args="pages=16 times=4 threads"
	exactly $s390 "pte op=$op $args=2" window.pte.ipte.global -1 "$changes"
	exactly $s390 "pte op=$op $args=2" window.pte.idte.global -1 0
	exactly $s390 "pte op=$op $args=1" window.pte.idte.global -1 "$idte1"
	exactly $arm "pte op=$op $args=2" window.pte.tlbi.broadcast -1 "$changes"
	for threads in 1 2; do
		exactly $x86 "pte op=$op $args=$threads" window.pte.invlpg 0 "$changes"
		exactly $x86 "pte op=$op $args=$threads" pages -1 "$changes"
	done
	# the other CPU may flush all instead, in each of three rounds, and is not asked when it has nothing to do with it
	exactly $x86 "pte op=$op $args=1" window.pte.invlpg 1 0
	between "flushes of '$op' on the other CPU" "$(sql "SELECT sum(value) FROM v_record WHERE target = '$x86' AND cpu = 1
		AND workload = 'pte op=$op $args=2' AND metric IN ('window.pte.invlpg', 'window.pte.cr3_write')")" 1 $((3 * changes))
done <<<"$part"

# fork protects each of the parent's writable pages: 256 more are 256 more IPTE, some other page now and then
for threads in 1 2; do
	args="times=4 threads=$threads"
	metric=window.pte.ipte.global added=1024
	[[ $threads == 2 ]] || added=0
	small=$(count $s390 "pte op=fork pages=256 $args" $metric -1)
	large=$(count $s390 "pte op=fork pages=512 $args" $metric -1)
	between "IPTE of fork for 1024 pages more, $threads threads" "$((large - small))" \
		$((added - 32)) $((added + 32))
done
exactly $s390 'pte op=fork pages=512 times=4 threads=1' window.pte.idte.global -1 4
between "TLBI of fork on aarch64" "$(count $arm 'pte op=fork pages=512 times=4 threads=1' window.pte.tlbi.broadcast -1)" 4 32

# huge pages: 1024 small ones are two, on the CPUs that have them
huge='times=4 threads=2 huge=true'
for op in munmap madv_cold; do
	exactly $arm "pte op=$op pages=1024 $huge" window.pte.tlbi.broadcast -1 8
	exactly $x86 "pte op=$op pages=1024 $huge" window.pte.invlpg 0 8
done
equal "huge pages on s390x, of which QEMU has none" "$(sql "SELECT count(*) FROM workload_state JOIN v_boot
	ON v_boot.boot = workload_state.boot_id WHERE target = '$s390' AND workload_state.state = 'skipped'
	AND workload_state.reason LIKE 'no transparent huge pages%'")" 3

# vfree: an IPTE per page at once, an IDTE with the flush; TLBI and INVLPG with the flush alone, the guard page too
exactly $s390 'vmalloc_bench pages=16 times=5 flush=false' window.free.ipte.global -1 80
exactly $s390 'vmalloc_bench pages=16 times=5 flush=false' window.free.idte.global -1 0
exactly $s390 'vmalloc_bench pages=16 times=5 flush=true' window.free.ipte.global -1 80
exactly $s390 'vmalloc_bench pages=16 times=5 flush=true' window.free.idte.global -1 5
exactly $arm 'vmalloc_bench pages=16 times=5 flush=false' window.free.tlbi.broadcast -1 0
exactly $arm 'vmalloc_bench pages=16 times=5 flush=true' window.free.tlbi.broadcast -1 85
exactly $x86 'vmalloc_bench pages=16 times=5 flush=false' window.free.invlpg -1 0
exactly $x86 'vmalloc_bench pages=16 times=5 flush=true' window.free.invlpg -1 170

for target in $s390 $x86 $arm; do
	# a turn of the loop is two instructions and the canary
	exactly "$target" 'canary operations=1000 canary=0' window.canary.instructions.user -1 2000
	exactly "$target" 'canary operations=1000 canary=1' window.canary.instructions.user -1 3000
	exactly "$target" 'canary operations=1000 canary=16' window.canary.instructions.user -1 18000

	# every process has a kernel stack of 16 KiB (THREAD_SIZE of all three architectures)
	populated=$(count "$target" 'memcg cgroups=200 populate=process' kernel_stack.populated -1)
	created=$(count "$target" 'memcg cgroups=200 populate=process' kernel_stack.created -1)
	equal "kernel stacks of 200 processes on $target" "$((populated - created))" $((200 * 16384))
	for populate in none page process; do
		label="memcg cgroups=200 populate=$populate"
		equal "cgroups of $label on $target" "$(count "$target" "$label" cgroups -1)" 200
		equal "dying cgroups of $label on $target" "$(count "$target" "$label" dying -1)" 0
		between "slab per cgroup of $label on $target" "$(count "$target" "$label" slab.per_cgroup -1)" 1024 65536
	done

	# what could not be measured, and that the rest of the boot was
	sql "SELECT workload_state.state || ' ' || coalesce(workload_state.reason, '') FROM workload_state JOIN v_boot ON v_boot.boot = workload_state.boot_id
		WHERE target = '$target'" >"$TEST_TMP/states"
	says "$TEST_TMP/states" '^skipped 65 threads need a CPU each, and 2 are online$'
	says "$TEST_TMP/states" '^skipped mprotect of 1048576 pages needs 4096 MiB, and [0-9]+ MiB are free$'
	says "$TEST_TMP/states" '^broken .*\(vmalloc_bench: no memory for an area of 1048576 pages\)$'
	says "$TEST_TMP/states" '^broken no result within 1 s$'
	[[ $target == "$s390" ]] ||
		says "$TEST_TMP/states" '^broken 100 pages are no whole number of huge pages, which are 512 pages each$'
	tail -n 1 "$TEST_TMP/states" | grep -q '^ok' || fail "what came after a broken workload is not ok on $target"
done
equal "what came after a workload that was killed" "$(sql "SELECT count(*) FROM note JOIN workload ON workload.id = note.workload_id
	WHERE key = 'after.killed' AND workload.label LIKE 'none%'
	AND note.value LIKE 'workload % was ended by force%'")" 3
equal "notes of that kind" "$(sql "SELECT count(*) FROM note WHERE key = 'after.killed'")" 3
equal "workloads that could not be measured" \
	"$(sql "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM workload_state WHERE state != 'ok' GROUP BY boot_id)")" "7,5,5"
