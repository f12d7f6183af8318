/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract of a workload: one descriptor, one file, one line in workloads/list.c.
 *
 * The descriptors are compiled twice: into the guest program, which runs them, and into the host
 * program, which checks parameters, lists them and prints the reference. The functions run only in the
 * guest; the framework (workloads/guest.c) checks needs, loads the module, calls
 *
 *	setup → round × (warmup + rounds) → teardown
 *
 * and turns what they return into begin/value/hist/done lines.
 */
#ifndef KDELTA_WORKLOADS_WORKLOAD_H
#define KDELTA_WORKLOADS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

enum param_type { PARAM_INT, PARAM_BOOL, PARAM_ENUM };

struct workload_param {
	const char *name; /* NULL ends the table */
	enum param_type type;
	const char *unit; /* "bytes", "operations", "" */
	long long min, max; /* PARAM_INT */
	const char *def; /* default, as text */
	const char *const *choices; /* PARAM_ENUM, NULL-terminated */
	const char *help;
};

/*
 * A metric whose unit is "ticks" or "ticks/…" is read from the kernel's cycle counter: it is recorded as
 * "<name>.<suffix>" in the unit of the target's clock (struct guest_clock): kmalloc in ticks/op becomes
 * kmalloc.instructions in instructions/op. Every other metric is recorded as it stands here: times
 * ("ns", "ns/…") and PMU counts with the evidence of the clock, except that an emulator's PMU is left out
 * where it says nothing (cycles under a simulated clock, both under emulated time), and events that
 * software counts stay simulated under emulated time.
 */
struct workload_metric {
	const char *name; /* NULL ends the table */
	const char *unit;
	enum direction dir;
	const char *help;
};

struct workload_ctx;

struct workload {
	const char *name;
	const char *summary; /* one line */
	const char *module; /* kmods/<module>.ko, or NULL */
	const char *const *kconfig; /* needed options, "CONFIG_MEMCG=y", NULL-terminated, or NULL */
	const char *const *archs; /* kdelta names (x86_64, aarch64, s390x), or NULL: all */
	/* Kernel functions that it measures, with the callees that matter; NULL-terminated, or NULL. Two kernels
	 * in which all of them are equal code are known not to differ here. Names that a kernel does not have
	 * do no harm; a name stands for the parts that the compiler splits off it too. */
	const char *const *functions;
	const struct workload_param *params; /* or NULL */
	const struct workload_metric *metrics;
	/* Each returns 0, or -1 with @e set; wctx_skip()/wctx_fail() say that it was not "broken". */
	int (*setup)(struct workload_ctx *c, struct err *e); /* may be NULL */
	int (*round)(struct workload_ctx *c, struct err *e);
	void (*teardown)(struct workload_ctx *c); /* may be NULL; called once setup was */
};

/* NULL-terminated; the one list. */
extern const struct workload *const workloads[];
const struct workload *workload_find(const char *name);
const struct workload_param *workload_param_find(const struct workload *w, const char *name);
/* Is @value allowed for @p? -1 with what was expected in @e. */
int workload_param_check(const struct workload_param *p, const char *value, struct err *e);

/*
 * How the ticks of the kernel's cycle counter read on this target; comes with the plan.
 * value = ticks × num / den in @unit, of evidence @ev, as metric "<metric>.<suffix>".
 */
struct guest_clock {
	const char *suffix; /* "instructions", "cycles", "time" */
	const char *unit; /* "instructions", "cycles", "ns" */
	enum evidence ev;
	double num, den;
};

/* What a workload may use while it runs. */
struct workload_ctx {
	const struct workload *w;
	int number; /* in the plan */
	int round; /* -1 and below: warm-up, nothing is recorded */
	const struct fields *params; /* complete: defaults are filled in by the host */
	const struct guest_clock *clock;
	enum wl_state state; /* what a -1 from setup/round means; WL_BROKEN unless changed */
	struct str *out; /* record lines go here */
	size_t *records; /* counts value and hist lines */
	void *priv;
};

long long wctx_int(const struct workload_ctx *c, const char *param);
const char *wctx_str(const struct workload_ctx *c, const char *param);
/* Record a value of this round (silently nothing in a warm-up round). */
void wctx_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu,
		double value);
/* Run on this CPU alone; -1: on any. A workload starts bound to CPU 0 and has never run elsewhere: a process that
 * was on two CPUs has an mm that both know, and changing its page tables stalls both. */
int wctx_bind(int cpu, struct err *e);
/* Write to a file of the kernel (sysfs, debugfs, cgroup) in one write; what it answers is the error. */
int wctx_write(const char *path, const char *text, struct err *e);
/* Read a module's result file and record all of its lines, ticks converted by the clock. */
int wctx_module_results(struct workload_ctx *c, const char *path, struct err *e);

#endif
