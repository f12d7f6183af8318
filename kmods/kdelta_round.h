/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One round of a workload on one CPU: batches of an empty loop, then batches of the real one, and
 * the lines that say what an operation cost.
 *
 * A batch has one side, or several that are timed apart (allocate, free). kdelta_round_run() calls
 * batch() for every batch; it runs all sides and adds what each took to its cost, with
 * kdelta_side_begin() and kdelta_side_end() around the timed code. kdelta_round_show() subtracts
 * the empty loop and writes the lines of one side.
 */
#ifndef KDELTA_ROUND_H
#define KDELTA_ROUND_H

#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>

#include "kdelta_bench.h"

#define KDELTA_SIDES_MAX 2

/* What one batch took on one side. */
struct kdelta_cost {
	u64 ticks;
	struct kdelta_counts pmu;
};

/* What all batches of a round took on one side. */
struct kdelta_tally {
	u64 ticks, min, max;
	struct kdelta_counts pmu;
	struct kdelta_hist hist;
};

struct kdelta_round {
	unsigned int batches;
	unsigned int sides;
	/* @cost has one entry per side, all zero. Returns 0, or an error that ends the round. */
	int (*batch)(void *arg, bool empty, struct kdelta_cost *cost);
	void *arg;
	/* The rest is the round's own. */
	struct kdelta_pmu pmu; /* of the task that runs it */
	bool pmu_valid[KDELTA_COUNTERS];
	struct kdelta_tally empty[KDELTA_SIDES_MAX], real[KDELTA_SIDES_MAX];
};

static inline void kdelta_side_begin(const struct kdelta_round *r, struct kdelta_counts *before)
{
	kdelta_pmu_read(&r->pmu, before);
}

/* @ticks: of the timed code, which reads the ticks itself, next to what it measures. */
static inline void kdelta_side_end(const struct kdelta_round *r, const struct kdelta_counts *before,
				   struct kdelta_cost *cost, u64 ticks)
{
	struct kdelta_counts after;
	int i;

	kdelta_pmu_read(&r->pmu, &after);
	cost->ticks += ticks;
	for (i = 0; i < KDELTA_COUNTERS; i++)
		cost->pmu.n[i] += after.n[i] - before->n[i];
}

static inline void kdelta_tally_add(struct kdelta_tally *t, const struct kdelta_cost *c, u64 empty)
{
	int i;

	t->ticks += c->ticks;
	t->min = min(t->min, c->ticks);
	t->max = max(t->max, c->ticks);
	for (i = 0; i < KDELTA_COUNTERS; i++)
		t->pmu.n[i] += c->pmu.n[i];
	kdelta_hist_add(&t->hist, c->ticks > empty ? c->ticks - empty : 0);
}

static inline int kdelta_pass_run(struct kdelta_round *r, bool empty)
{
	struct kdelta_tally *tally = empty ? r->empty : r->real;
	u64 mean[KDELTA_SIDES_MAX] = {};
	unsigned int i, side;
	int err;

	for (side = 0; side < r->sides; side++) {
		if (!empty)
			mean[side] = div_u64(r->empty[side].ticks, r->batches);
		memset(&tally[side], 0, sizeof(tally[side]));
		tally[side].min = U64_MAX;
	}
	for (i = 0; i < r->batches; i++) {
		struct kdelta_cost cost[KDELTA_SIDES_MAX] = {};

		err = r->batch(r->arg, empty, cost);
		if (err)
			return err;
		for (side = 0; side < r->sides; side++)
			kdelta_tally_add(&tally[side], &cost[side], mean[side]);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* In the task that is measured. */
static inline int kdelta_round_run(struct kdelta_round *r)
{
	int i, err;

	kdelta_pmu_open(&r->pmu);
	err = kdelta_pass_run(r, true);
	if (!err)
		err = kdelta_pass_run(r, false);
	for (i = 0; i < KDELTA_COUNTERS; i++)
		r->pmu_valid[i] = kdelta_pmu_valid(&r->pmu, i);
	kdelta_pmu_close(&r->pmu);
	return err;
}

/* The names of one side in the result. */
struct kdelta_side_names {
	const char *metric, *batch, *empty;
	const char *pmu[KDELTA_COUNTERS];
};

#define KDELTA_SIDE_NAMES(name)                                                                    \
	{                                                                                          \
		.metric = #name, .batch = #name "_batch", .empty = #name "_empty",                 \
		.pmu = { #name ".pmu_instructions", #name ".pmu_cycles" },                         \
	}

/* @per_batch: operations of this side in a batch. @cpu -1: not of one CPU. */
static inline void kdelta_round_show(struct seq_file *m, const struct kdelta_round *r,
				     unsigned int side, const struct kdelta_side_names *names,
				     int cpu, unsigned int per_batch)
{
	static const char *const units[KDELTA_COUNTERS] = { "instructions/op", "cycles/op" };
	const struct kdelta_tally *real = &r->real[side], *empty = &r->empty[side];
	struct kdelta_value v = { .metric = names->metric, .unit = "ticks/op", .cpu = cpu };
	int i;

	v.den = (u64)r->batches * per_batch;
	v.stat = "mean";
	v.num = real->ticks - empty->ticks;
	kdelta_value_show(m, &v);
	v.stat = "min";
	v.num = real->min * r->batches - empty->ticks;
	kdelta_value_show(m, &v);
	v.stat = "max";
	v.num = real->max * r->batches - empty->ticks;
	kdelta_value_show(m, &v);
	v.metric = names->empty;
	v.stat = "mean";
	v.num = empty->ticks;
	kdelta_value_show(m, &v);
	for (i = 0; i < KDELTA_COUNTERS; i++) {
		if (!r->pmu_valid[i])
			continue;
		v.metric = names->pmu[i];
		v.unit = units[i];
		v.num = real->pmu.n[i] - empty->pmu.n[i];
		kdelta_value_show(m, &v);
	}
	kdelta_hist_show(m, names->batch, "ticks/batch", cpu, &real->hist);
}

/* A line that says how many of something a round had, on all CPUs together. */
static inline void kdelta_count_show(struct seq_file *m, const char *metric, u64 n)
{
	struct kdelta_value v = {
		.metric = metric, .stat = "count", .unit = metric, .cpu = -1, .num = n, .den = 1
	};

	kdelta_value_show(m, &v);
}

/* Fisher-Yates with a fixed seed: the order must be the same in every batch, round and boot. */
static inline void kdelta_shuffle(u32 *turn, u32 n)
{
	struct rnd_state rnd;
	u32 i, j;

	prandom_seed_state(&rnd, 0x6b64656c7461ULL);
	for (i = n - 1; i > 0; i--) {
		j = prandom_u32_state(&rnd) % (i + 1);
		swap(turn[i], turn[j]);
	}
}

/* A module parameter that is a number; says what is wrong with it. */
static inline int kdelta_check_range(const char *name, unsigned int value, unsigned int lo,
				     unsigned int hi)
{
	if (value < lo) {
		pr_err("%s %u is under %u\n", name, value, lo);
		return -EINVAL;
	}
	if (value > hi) {
		pr_err("%s %u is over %u\n", name, value, hi);
		return -EINVAL;
	}
	return 0;
}

/* A module parameter that is a CPU, -1 for any. */
static inline int kdelta_check_cpu(int cpu)
{
	if (cpu == -1 || (cpu >= 0 && cpu < nr_cpu_ids && cpu_online(cpu)))
		return 0;
	pr_err("cpu %d is not online, %u are\n", cpu, num_online_cpus());
	return -EINVAL;
}

/* Is the writer of "run" where the parameter says, and will it stay? */
static inline bool kdelta_on_cpu(int cpu)
{
	if (cpu < 0)
		return true;
	if (current->nr_cpus_allowed == 1 && raw_smp_processor_id() == cpu)
		return true;
	pr_err("the round must run on CPU %d alone, is on CPU %d of %d allowed\n", cpu,
	       raw_smp_processor_id(), current->nr_cpus_allowed);
	return false;
}

#endif
