#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ten triggers on CPU 0 put ten work items on the isolated CPU 3 where its caches are dirty, and none where they are
# clean. The tracer, /proc/interrupts and the plugin each count them. Which work item it is stands in a note of the
# workload (the table in workloads/trigger.c).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
n=10
half=5
few=4 # interrupts that have another reason: RCU asks, the module's mapping goes away
many=100000
declare -A line=([x86_64]=CAL [aarch64]=IPI1 [s390x]=EXC) # of function call interrupts in /proc/interrupts

# on METRIC: the value on CPU 3 for $arch and $label, 0 where there is no such record.
on()
{
	sql "SELECT CAST(ifnull(sum(value), 0) AS INTEGER) FROM v_record WHERE target = 'qemu-$arch-isolated'
		AND workload = '$label' AND metric = '$1' AND cpu = 3"
}

# The function that the note of this workload names.
work()
{
	sql "SELECT note.value FROM note JOIN v_boot ON v_boot.boot = note.boot_id
		JOIN workload ON workload.id = note.workload_id
		WHERE v_boot.target = 'qemu-$arch-isolated' AND workload.label = '$label' AND note.key = 'trigger.work'"
}

not_honoured()
{
	sql "SELECT DISTINCT note.value FROM note JOIN v_boot ON v_boot.boot = note.boot_id
		WHERE v_boot.target = 'qemu-$arch-isolated' AND note.key = 'isolation'"
}

# between WHAT GOT MIN MAX
between()
{
	[[ $2 -ge $3 && $2 -le $4 ]] || fail "$arch, $label: $1: got $2, wanted $3 to $4"
}

# check DIRTY TRIGGER WORKS CALLS STAYS: work items, function call interrupts, stays in the kernel; each "MIN MAX".
check()
{
	local function

	label="drain dirty=$1 trigger=$2 count=$n"
	equal "$arch, $label: triggers" "$(sql "SELECT CAST(sum(value) AS INTEGER) FROM v_record WHERE metric = 'triggers'
		AND target = 'qemu-$arch-isolated' AND workload = '$label'")" $n
	function=$(work)
	if [[ -n $function ]]; then
		# shellcheck disable=SC2086 # two words each
		between "work items of $function" "$(on "trace.event.workqueue_execute_start.$function")" $3
		# shellcheck disable=SC2086
		between "interruptions by $function" "$(on "trace.interruption.work:$function")" $3
	fi
	# shellcheck disable=SC2086
	between "$calls" "$(on "interrupts.$calls")" $4
	# shellcheck disable=SC2086
	between "stays in the kernel" "$(on window.isolated.excursions)" $5
}

# arch ARCH QUIET FLUSHES: the stays in the kernel of a CPU that nobody disturbs; the interrupts by which a TLB is
# flushed from another CPU.
arch()
{
	local quiet=$2 flushes=$3

	arch=$1 calls=${line[$1]}
	check tmpfs none "0 0" "0 $few" "0 $quiet"
	check none drop_caches "0 0" "0 $few" "0 $quiet"
	check none slab_shrink "0 0" "0 $few" "0 $quiet"
	# a kworker that is still awake needs no interrupt to find the next work item
	check tmpfs drop_caches "$n $n" "$half $((n + few))" "$n $many"
	check mlock drop_caches "$n $n" "$half $((n + few))" "$n $many"
	check slab slab_shrink "$n $n" "$half $((n + few))" "$n $many"
	check module cache_destroy "$n $n" "$half $((2 * n + few))" "$((2 * n)) $many"
	check none membarrier "0 0" "$n $((n + few))" "$n $((n + quiet))"
	between "interruptions by ipi_mb" "$(on trace.interruption.ipi:ipi_mb)" $n $n
	check none tlb "0 0" "$flushes $((flushes + few))" "$flushes $((flushes + quiet))"
}

want 0 "$kdelta" run drain-counts --db "$db"
arch x86_64 $few $n
arch aarch64 $few 0
# without nohz_full, the tick goes on
arch s390x $many 0
for arch in x86_64 aarch64; do
	calls=${line[$arch]}
	check fault migrate_pages "$n $n" "$half $((n + few))" "$n $many"
	equal "what $arch does not honour" "$(not_honoured)" ""
done
arch=x86_64 label="drain dirty=none trigger=tlb count=$n"
equal "TLB shootdowns on x86_64" "$(on interrupts.TLB)" $n
arch=s390x
equal "what s390x does not honour" "$(not_honoured)" "nohz_full: this kernel has none"
equal "what cannot be done" "$(sql "SELECT group_concat(b.target || ' ' || substr(s.reason, 1, 32), '; ') FROM workload_state s
	JOIN v_boot b ON b.boot = s.boot_id WHERE s.state = 'skipped' AND s.reason NOT LIKE 'fadvise needs%'")" \
	"qemu-s390x-isolated this kernel cannot migrate pages"
equal "workloads that are broken" "$(sql "SELECT count(*) FROM workload_state WHERE state IN ('broken', 'failed')")" 0

# One latency per trigger, one gap per turn of the loop.
equal "samples of the caller's latency" "$(sql "SELECT sum(count) FROM v_histogram WHERE metric = 'caller.latency'
	AND workload LIKE '%trigger=drop_caches%' AND target = 'qemu-x86_64-isolated'")" $((3 * n))
equal "gaps that are longer than the longest" "$(sql "SELECT count(*) FROM v_histogram h JOIN v_record r ON r.boot = h.boot
	AND r.workload = h.workload AND r.round = h.round AND r.metric = 'gap.max' WHERE h.metric = 'gap' AND h.lower > r.value")" 0
db_whole
