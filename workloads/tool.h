/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workloads that are programs of the root image: what they have in common. The parsers of their outputs are pure, take
 * text of any kind, and fail with one line that names what was expected.
 */
#ifndef KDELTA_WORKLOADS_TOOL_H
#define KDELTA_WORKLOADS_TOOL_H

#include <sched.h>
#include <stdint.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "workloads/exec.h"
#include "workloads/workload.h"

/* Is the program in the image? Else the workload is skipped, naming the package that has it. */
int tool_need(struct workload_ctx *c, const char *program, struct err *e);
/* Run it to its end; -1 too when it exited with another status than 0. @x: to exec_release(), in any case. */
int tool_run(const struct strv *argv, struct exec *x, struct err *e);

/* Digits alone, as programs print counts ("000012" too), of at most 2^63 - 1. */
int tool_count(const char *text, uint64_t *out);
/* As tool_count(); "cannot read the output of hackbench: '12a' is no number" in @e. */
int tool_need_count(const char *program, const char *text, uint64_t *out, struct err *e);
/* The rest of the first line of @text that begins with @prefix (blanks and tabs before it are skipped), up to its
 * end; the caller frees. NULL: there is none. */
char *tool_line(const char *text, const char *prefix);

/*
 * Histograms of tools that count whole microseconds, rounded down, as nanoseconds. What such a histogram has no bucket
 * for is known by its number and its largest sample alone: that one is added where it was, the others at @limit_us,
 * the smallest that they can have been.
 */
void tool_hist_add(struct hist *h, uint64_t us, uint64_t n);
void tool_hist_add_over(struct hist *h, uint64_t limit_us, uint64_t max_us, uint64_t n);

/* Record what depends on how fast the clock runs and has no unit of time. Left out where the clock is an emulator's:
 * it would pass for a simulated count, which is exact. */
void tool_timed_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu,
		      double value);

/*
 * setup() and teardown() of a workload whose program watches the CPUs of its "cpus" parameter: a cpulist, or all that
 * are online where it is empty. Skipped when one of them, or the program, is not there. In c->priv:
 */
struct tool_cpus {
	int cpu[CPU_SETSIZE]; /* in rising order */
	int n;
};

int tool_cpus_setup(struct workload_ctx *c, const char *program, struct err *e);
void tool_cpus_teardown(struct workload_ctx *c);
/* "0,1,3" */
void tool_cpus_add(const struct tool_cpus *s, struct str *out);
/* A param's check: is it empty or a cpulist? */
int tool_check_cpus(const struct param *p, const char *value, struct err *e);

#endif
