/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters that the kernel prints as text, of the whole machine and of each CPU. Pure: text in, named numbers
 * out. What is no counter is passed over: the text comes from a kernel that is not trusted.
 *
 *	struct counters a = COUNTERS_INIT, b = COUNTERS_INIT;
 *	counters_interrupts(&a, before);
 *	counters_interrupts(&b, after);
 *	counters_since(&b, &a);             b is now the difference
 *
 * Each parser adds counters; names that occur several times in a text are added up. A name has a CPU's own value
 * (cpu = its number) and the machine's (cpu = -1).
 */
#ifndef KDELTA_COLLECTORS_COLLECT_COUNTERS_H
#define KDELTA_COLLECTORS_COLLECT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#define COUNTER_NAME_MAX 80

struct counter {
	char name[COUNTER_NAME_MAX];
	int cpu;
	double value;
};

struct counters {
	struct counter *v;
	size_t n, cap;
};

#define COUNTERS_INIT                                                                              \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

void counters_release(struct counters *c);
void counters_reset(struct counters *c); /* empty, memory kept */
const struct counter *counters_find(const struct counters *c, const char *name, int cpu);
/* Subtract @before from @c; what @before does not have started at 0. */
void counters_since(struct counters *c, const struct counters *before);

/* /proc/interrupts: "interrupts.LOC", "interrupts.IPI0", and for numbered lines the name of the handler,
 * "interrupts.arch_timer" (kernel/irq/proc.c, arch/<arch>/kernel/irq.c). */
void counters_interrupts(struct counters *c, const char *text);
/* /proc/softirqs: "softirq.TIMER" (fs/proc/softirqs.c). */
void counters_softirqs(struct counters *c, const char *text);
/* /proc/vmstat: "vmstat.pgfault" (mm/vmstat.c). */
void counters_vmstat(struct counters *c, const char *text);
/* /proc/schedstat, version 15 and later: the lines of CPUs (Documentation/scheduler/sched-stats.rst):
 * "sched.schedules", "sched.wakeups", "sched.run" and "sched.wait" in ns, … */
void counters_schedstat(struct counters *c, const char *text);
/* debugfs sched/debug: "sched.switches" (kernel/sched/debug.c, print_cpu()). */
void counters_switches(struct counters *c, const char *text);

/* /proc/meminfo: "memory.Percpu", in bytes. */
void counters_meminfo(struct counters *c, const char *text);
/* /proc/slabinfo, version 2.1: "memory.slab.<cache>" in bytes of its pages, with pages of @page bytes, and
 * "memory.slab" for all caches (mm/slab_common.c). */
void counters_slabinfo(struct counters *c, const char *text, size_t page);
/* debugfs percpu_stats: "memory.percpu.nr_alloc" and the other global ones, and the sums over all chunks of what
 * is free in them (mm/percpu-stats.c). */
void counters_percpu(struct counters *c, const char *text);
/* The unit of a counter of these three. */
const char *counters_memory_unit(const char *name);

/* Does @name match one of the patterns (fnmatch(3)) of this comma-separated list? */
bool counters_chosen(const char *patterns, const char *name);

#endif
