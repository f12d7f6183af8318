#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Collectors against truths. 256 pages are discarded and touched again 4 times: 1024 page faults, and 4 flushes of
# the other CPU where another thread runs. The module calls a function on every CPU 20 times: 20 interrupts on the
# isolated CPU 3, counted by the kernel, traced as calls and as interruptions, each with its sender.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
calls=20
faults=1024

# of ARCH WORKLOAD METRIC CPU: the sum of what was recorded, "" where there is nothing
of()
{
	sql "SELECT CAST(sum(value) AS INTEGER) FROM v_record WHERE target = 'qemu-$1-isolated'
		AND workload LIKE '$2' AND metric LIKE '$3' AND cpu = $4 AND stat IN ('count', 'total')"
}

# between WHAT GOT MIN MAX
between()
{
	[[ -n $2 && $2 -ge $3 && $2 -le $4 ]] || fail "$1: got '$2', wanted $3 to $4"
}

want 0 "$kdelta" run collectors --db "$db"
db_whole
equal "workloads that are not ok" "$(sql "SELECT count(*) FROM workload_state WHERE state != 'ok'")" 0
equal "collectors that broke or were skipped" "$(sql "SELECT count(*) FROM note WHERE key LIKE 'collector.%'")" 0
equal "events that found no room" "$(sql "SELECT sum(value) FROM v_record WHERE metric = 'trace.lost'")" 0.0
equal "an event that no kernel has is said to be left out" "$(sql "SELECT count(*) FROM note
	WHERE key = 'trace.left_out' AND value LIKE '% no'")" 12

# the line of /proc/interrupts that counts calls of functions on another CPU
rows='x86_64 CAL
aarch64 IPI1
s390x EXC'
while read -r arch line; do
	ipi='drain trigger=ipi%'
	equal "$arch: interrupts on CPU 3" "$(of "$arch" "$ipi" "interrupts.$line" 3)" $calls
	equal "$arch: calls on CPU 3" "$(of "$arch" "$ipi" trace.event.csd_function_entry.do_nothing 3)" $calls
	equal "$arch: calls queued for it" "$(of "$arch" "$ipi" trace.event.csd_queue_cpu.do_nothing 3)" $calls
	equal "$arch: interruptions" "$(of "$arch" "$ipi" trace.interruption.ipi:do_nothing 3)" $calls
	equal "$arch: with a sender" "$(of "$arch" "$ipi" 'trace.sender.ipi:do_nothing<-%+0x%' 3)" $calls
	between "$arch: time stolen" "$(of "$arch" "$ipi" trace.stolen.ipi:do_nothing 3)" $((calls * 1000)) 10000000000
	for threads in 1 2; do
		pte="pte %threads=$threads"
		# reading the counters takes some faults of its own
		between "$arch: faults" "$(of "$arch" "$pte" vmstat.pgfault -1)" $faults $((faults + 60))
		between "$arch: pages" "$(of "$arch" "$pte" trace.event.mm_page_alloc 0)" $faults $((faults + 60))
	done
	# it shrinks its cache, which flushes what CPUs hold of it, when the window of its round is closed
	flushes=$(of "$arch" 'slab_bench%' trace.event.workqueue_queue_work.flush_cpu_sheaves 0)
	equal "$arch: flushes in the window of slab_bench" "${flushes:-0}" 0
	# two files of the kernel say how much memory its slab caches have
	between "$arch: slab, in percent of meminfo" "$(sql "SELECT CAST(100 * a.value / b.value AS INTEGER)
		FROM v_record a JOIN v_record b USING (run, target, workload, round) WHERE a.target = 'qemu-$arch-isolated'
		AND a.metric = 'memory.slab' AND b.metric = 'memory.Slab' AND workload LIKE 'drain%'")" 85 115
done <<<"$rows"

# x86_64 alone has an event of each fault, and interrupts for flushes
equal "faults of the task" "$(of x86_64 'pte %threads=1' trace.event.page_fault_user 0)" $faults
equal "flushes of one thread" "$(of x86_64 'pte %threads=1' interrupts.TLB -1)" 0
equal "flushes of two threads" "$(of x86_64 'pte %threads=2' interrupts.TLB -1)" 4

# the osnoise tracer sees most of the interrupts that the kernel counts around it, and none that it does not count
want 0 "$kdelta" run osnoise --db "$db"
equal "collectors that broke or were skipped" "$(sql "SELECT count(*) FROM note WHERE key LIKE 'collector.%'")" 0
for round in 0 1; do
	counted=$(sql "SELECT CAST(value AS INTEGER) FROM v_record WHERE run = 2 AND round = $round AND cpu = 3
		AND metric = 'interrupts.EXT'")
	seen=$(sql "SELECT CAST(ifnull(sum(value), 0) AS INTEGER) FROM v_record WHERE run = 2 AND round = $round
		AND cpu = 3 AND metric = 'osnoise.count.irq.EXT'")
	between "interrupts of CPU 3 in round $round" "$counted" 10 100000
	between "interrupts that osnoise saw in round $round" "$seen" $((counted / 2)) "$counted"
done

# what was first seen in the second round was there in the first one: a count as zero, a slab cache as it was
equal "values that only one round has" "$(sql "SELECT count(*) FROM (SELECT 1 FROM v_record WHERE run = 2
	AND (metric LIKE 'trace.%' OR metric LIKE 'osnoise.%' OR metric LIKE 'memory.%')
	GROUP BY metric, stat, cpu HAVING count(*) != 2)")" 0
between "slab caches" "$(sql "SELECT count(DISTINCT metric) FROM v_record WHERE run = 2 AND metric LIKE 'memory.slab.%.change'")" 1 300
between "values of both rounds" "$(sql "SELECT count(*) FROM v_record WHERE run = 2 AND metric LIKE 'osnoise.%'")" 4 100000

# an emulator's clock tells no number of gaps that would pass for an exact one
equal "numbers of gaps" "$(sql "SELECT count(*) FROM v_record WHERE run = 2 AND metric = 'osnoise.count.gap'")" 0

# a buffer that is too small for 2000 system calls keeps its beginning, counts the rest, and says so
lost=$(sql "SELECT CAST(sum(value) AS INTEGER) FROM v_record WHERE run = 2 AND metric = 'trace.lost' AND round = 0")
kept=$(sql "SELECT CAST(sum(value) AS INTEGER) FROM v_record WHERE run = 2 AND metric = 'trace.event.sys_enter' AND round = 0")
between "system calls that found room" "$kept" 50 1500
between "all system calls" $((kept + lost)) 2000 20000
equal "rounds that say their counts are lower bounds" "$(sql "SELECT count(*) FROM note
	WHERE key = 'trace.lost' AND value LIKE '%lower bounds%'")" 2
