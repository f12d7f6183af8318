/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the workload modules of kdelta share: the tick counter, in-kernel PMU counters, histograms
 * and the lines of the record format (results/record.h of kdelta) that a result file consists of.
 *
 * A module makes the folder kdelta_dir(<name>) in debugfs with two files: a write to "run" runs one
 * round in the context of the writer (errno says how it went, pr_err() says why), a read of
 * "result" gives the lines of the last round. A module that does not load with EOPNOTSUPP lacks
 * something, a second CPU or an instruction: the workload is skipped; with any other error it is
 * broken.
 */
#ifndef KDELTA_BENCH_H
#define KDELTA_BENCH_H

#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/types.h>

/*
 * The finest counter that every CPU of the architecture has, read in program order, so that what is
 * measured cannot leak out of its window:
 *
 *	x86	TSC, RDTSCP or LFENCE+RDTSC; get_cycles() has no ordering
 *	arm64	CNTVCT_EL0 with ISB, as get_cycles() does it
 *	s390	TOD clock by STCKF, 4096 units per microsecond; get_cycles() drops two bits
 */
static __always_inline u64 kdelta_ticks(void)
{
#if defined(CONFIG_X86)
	return rdtsc_ordered();
#elif defined(CONFIG_S390)
	return get_tod_clock_fast();
#else
	return get_cycles();
#endif
}

/*
 * Log-linear histogram: 8 linear steps per power of two, values below 8 have a bucket of their own
 * (sub=3 of the record format).
 */
#define KDELTA_SUB 3
#define KDELTA_BUCKETS ((64 - KDELTA_SUB + 1) << KDELTA_SUB)

struct kdelta_hist {
	u32 count[KDELTA_BUCKETS];
};

static inline unsigned int kdelta_bucket(u64 v)
{
	unsigned int shift;

	if (v < (1 << KDELTA_SUB))
		return v;
	shift = fls64(v) - 1 - KDELTA_SUB;
	return (shift << KDELTA_SUB) + (v >> shift);
}

static inline u64 kdelta_bucket_lower(unsigned int i)
{
	unsigned int shift;

	if (i < (2 << KDELTA_SUB))
		return i;
	shift = (i >> KDELTA_SUB) - 1;
	return (u64)(i - (shift << KDELTA_SUB)) << shift;
}

static inline void kdelta_hist_add(struct kdelta_hist *h, u64 v)
{
	h->count[kdelta_bucket(v)]++;
}

/* A hist line; @cpu -1: not of one CPU. */
static inline void kdelta_hist_show(struct seq_file *m, const char *metric, const char *unit,
				    int cpu, const struct kdelta_hist *h)
{
	const char *sep = "";
	unsigned int i;

	seq_printf(m, "hist metric=%s unit=%s cpu=%d sub=%d buckets=", metric, unit, cpu,
		   KDELTA_SUB);
	for (i = 0; i < KDELTA_BUCKETS; i++) {
		if (!h->count[i])
			continue;
		seq_printf(m, "%s%llu:%u", sep, kdelta_bucket_lower(i), h->count[i]);
		sep = ",";
	}
	seq_putc(m, '\n');
}

/* A value line: @num / @den in @unit, nothing is rounded. */
struct kdelta_value {
	const char *metric;
	const char *stat;
	const char *unit;
	int cpu;
	s64 num;
	u64 den;
};

static inline void kdelta_value_show(struct seq_file *m, const struct kdelta_value *v)
{
	seq_printf(m, "value metric=%s stat=%s unit=%s cpu=%d value=%lld/%llu\n", v->metric,
		   v->stat, v->unit, v->cpu, v->num, v->den);
}

/* Counters of the PMU that follow the current task, where there are any. */
enum { KDELTA_INSTRUCTIONS, KDELTA_CYCLES, KDELTA_COUNTERS };

struct kdelta_pmu {
	struct perf_event *event[KDELTA_COUNTERS]; /* NULL: this PMU does not have it */
};

struct kdelta_counts {
	u64 n[KDELTA_COUNTERS];
};

#ifdef CONFIG_PERF_EVENTS

static inline void kdelta_pmu_open(struct kdelta_pmu *p)
{
	static const u64 config[KDELTA_COUNTERS] = {
		[KDELTA_INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
		[KDELTA_CYCLES] = PERF_COUNT_HW_CPU_CYCLES,
	};
	int i;

	for (i = 0; i < KDELTA_COUNTERS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_HARDWARE,
			.size = sizeof(attr),
			.config = config[i],
			.pinned = 1,
			.exclude_user = 1,
		};
		struct perf_event *e;

		e = perf_event_create_kernel_counter(&attr, -1, current, NULL, NULL);
		p->event[i] = IS_ERR(e) ? NULL : e;
	}
}

static inline void kdelta_pmu_close(struct kdelta_pmu *p)
{
	int i;

	for (i = 0; i < KDELTA_COUNTERS; i++) {
		if (p->event[i])
			perf_event_release_kernel(p->event[i]);
		p->event[i] = NULL;
	}
}

static inline u64 kdelta_pmu_read_one(struct perf_event *e)
{
	unsigned long flags;
	u64 n;

	local_irq_save(flags);
	if (e->oncpu == smp_processor_id())
		e->pmu->read(e);
	n = local64_read(&e->count);
	local_irq_restore(flags);
	return n;
}

/* A pinned event that the PMU could not schedule stands in the error state and counts nothing. */
static inline bool kdelta_pmu_valid(const struct kdelta_pmu *p, int i)
{
	return p->event[i] && p->event[i]->state != PERF_EVENT_STATE_ERROR;
}

#else

static inline void kdelta_pmu_open(struct kdelta_pmu *p)
{
	memset(p, 0, sizeof(*p));
}

static inline void kdelta_pmu_close(struct kdelta_pmu *p)
{
}

static inline u64 kdelta_pmu_read_one(struct perf_event *e)
{
	return 0;
}

static inline bool kdelta_pmu_valid(const struct kdelta_pmu *p, int i)
{
	return false;
}

#endif

static inline void kdelta_pmu_read(const struct kdelta_pmu *p, struct kdelta_counts *c)
{
	int i;

	for (i = 0; i < KDELTA_COUNTERS; i++)
		c->n[i] = p->event[i] ? kdelta_pmu_read_one(p->event[i]) : 0;
}

/*
 * /sys/kernel/debug/kdelta/<name>, or an error that was said; the common parent is made by the
 * first module and stays.
 */
static inline struct dentry *kdelta_dir(const char *name)
{
	struct dentry *parent = debugfs_lookup("kdelta", NULL), *dir;

	if (parent) {
		dir = debugfs_create_dir(name, parent);
		dput(parent);
	} else {
		/* with a parent that is an error it is that error */
		dir = debugfs_create_dir(name, debugfs_create_dir("kdelta", NULL));
	}
	if (IS_ERR(dir))
		pr_err("cannot make kdelta/%s in debugfs: error %ld\n", name, PTR_ERR(dir));
	return dir;
}

#endif
