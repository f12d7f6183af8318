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

#include "results/param.h"
#include "results/recorder.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct workload_ctx;

struct workload {
	const char *name;
	const char *summary; /* one line */
	const char *module; /* kmods/<module>.ko, or NULL */
	bool module_bare; /* it has none of the workload's parameters */
	const char *other_module; /* one that the workload itself loads, from /modules; or NULL */
	const char *const *kconfig; /* needed options, "CONFIG_MEMCG=y", NULL-terminated, or NULL */
	const char *const *archs; /* kdelta names (x86_64, aarch64, s390x), or NULL: all */
	/* Debian packages that a root image must have, NULL-terminated, or NULL: needs no image. The host builds
	 * one image with the packages of all workloads and collectors of a suite (runner/image.h). */
	const char *const *packages;
	bool kernel_source; /* needs a kernel tree in its image (EXEC_SOURCE of workloads/exec.h) */
	int cpus; /* that it needs at least; 0: 1. Fewer online: skipped */
	/* Kernel functions that it measures, with the callees that matter; NULL-terminated, or NULL. Two kernels
	 * in which all of them are equal code are known not to differ here. Names that a kernel does not have
	 * do no harm; a name stands for the parts that the compiler splits off it too. */
	const char *const *functions;
	const struct param *params; /* or NULL */
	const struct metric *metrics;
	/* Each returns 0, or -1 with @e set; wctx_skip()/wctx_fail() say that it was not "broken". */
	int (*setup)(struct workload_ctx *c, struct err *e); /* may be NULL */
	int (*round)(struct workload_ctx *c, struct err *e);
	void (*teardown)(struct workload_ctx *c); /* may be NULL; called once setup was */
	/* What collectors see is the whole round(), unless the workload says where its window is, with
	 * wctx_window_open() and wctx_window_close(), exactly once per round. */
	bool own_window;
	bool artifacts; /* sends files (workloads/artifact.h) */
};

/* NULL-terminated; the one list. */
extern const struct workload *const workloads[];
const struct workload *workload_find(const char *name);

struct collectors;

/* What a workload may use while it runs. */
struct workload_ctx {
	const struct workload *w;
	struct recorder r; /* r.round -1 and below: warm-up, nothing is recorded */
	const struct fields *params; /* complete: defaults are filled in by the host */
	enum wl_state state; /* what a -1 from setup/round means; WL_BROKEN unless changed */
	struct collectors *collectors; /* NULL: none */
	void *priv;
};

long long wctx_int(const struct workload_ctx *c, const char *param);
const char *wctx_str(const struct workload_ctx *c, const char *param);
/* Record a value of this round (silently nothing in a warm-up round). */
void wctx_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu,
		double value);
/* As wctx_value(), for a metric that no table has because its name comes from a tool. */
void wctx_metric(struct workload_ctx *c, const struct metric *m, const char *stat, int cpu,
		 double value);
/* Record a histogram; an empty one records nothing. */
void wctx_hist(struct workload_ctx *c, const char *metric, int cpu, const struct hist *h);
/* A text of this round (recorder_note()). */
void wctx_note(struct workload_ctx *c, int cpu, const char *key, const char *text);
/* The window that collectors watch, of a workload that says so (own_window). They open in order and close in
 * reverse; both calls come from the same thread. A collector that fails is noted and left out from then on. */
void wctx_window_open(struct workload_ctx *c);
void wctx_window_close(struct workload_ctx *c);
/* Say that something needed is not there: sets the state to skipped and @e; returns -1. */
int wctx_skip(struct workload_ctx *c, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Say that it ran and was wrong: state failed. */
int wctx_fail(struct workload_ctx *c, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Run on this CPU alone; -1: on any. A workload starts bound to CPU 0 and has never run elsewhere: a process that
 * was on two CPUs has an mm that both know, and changing its page tables stalls both. */
int wctx_bind(int cpu, struct err *e);
/* Write to a file of the kernel (sysfs, debugfs, cgroup) in one write; what it answers is the error. */
int wctx_write(const char *path, const char *text, struct err *e);
/* Run one round of a module by a write to its file "run", which is the window (own_window). */
int wctx_module_run(struct workload_ctx *c, const char *path, struct err *e);
/* Read a module's result file and record all of its lines, ticks converted by the clock. */
int wctx_module_results(struct workload_ctx *c, const char *path, struct err *e);

#endif
