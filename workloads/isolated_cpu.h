/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the workloads with an isolated task have in common: which CPU it has for itself, that CPU set up and checked,
 * the task on it, and this process on another CPU. Their parameters `cpu`, `fifo` and `dirty` and their metrics `gap`,
 * `gap.max` and `spin.time` come from here.
 */
#ifndef KDELTA_WORKLOADS_ISOLATED_CPU_H
#define KDELTA_WORKLOADS_ISOLATED_CPU_H

#include "workloads/isolation.h"
#include "workloads/spinner.h"

struct isolated_cpu {
	int cpu, other; /* the isolated one; the one that this process runs on */
	struct isolation isolation;
	struct spinner *spinner;
};

/*
 * Chooses the CPU, sets it up, writes a note "isolation" for every fact that is not honoured, and starts the task.
 * @conf: its cpu, other, fifo and dirt are filled in here; other stays -1 where it is. A failure leaves what
 * isolated_cpu_end() takes away.
 */
int isolated_cpu_begin(struct isolated_cpu *i, struct workload_ctx *c, struct spinner_conf *conf,
		       struct err *e);
void isolated_cpu_end(struct isolated_cpu *i);

/* The end of a round: the worst gaps for the collectors, their window, sleep, and the records. */
int isolated_cpu_finish(struct isolated_cpu *i, struct workload_ctx *c, struct err *e);

// clang-format off
#define ISOLATED_CPU_PARAMS                                                                        \
	{ .name = "cpu",                                                                           \
	  .type = PARAM_INT,                                                                       \
	  .unit = "",                                                                              \
	  .min = -1,                                                                               \
	  .max = 1023,                                                                             \
	  .def = "-1",                                                                             \
	  .help = "the CPU that the isolated task has for itself; -1: the first that the "        \
		  "kernel calls isolated, else the last one" },                                    \
	{ .name = "fifo",                                                                          \
	  .type = PARAM_INT,                                                                       \
	  .unit = "",                                                                              \
	  .min = 0,                                                                                \
	  .max = 99,                                                                               \
	  .def = "0",                                                                              \
	  .help = "priority of the isolated task in SCHED_FIFO; 0: SCHED_OTHER" },                 \
	{ .name = "dirty",                                                                         \
	  .type = PARAM_ENUM,                                                                      \
	  .unit = "",                                                                              \
	  .def = "none",                                                                           \
	  .choices = dirt_names,                                                                   \
	  .help = DIRT_HELP }

#define ISOLATED_CPU_METRICS                                                                       \
	{ "gap", "ns", DIR_LOWER,                                                                  \
	  "distance of two readings of the clock: a turn of the loop, and every interruption" },   \
	{ "gap.max", "ns", DIR_LOWER, "the longest gap" },                                         \
	{ "spin.time", "ns", DIR_NONE, "length of the watched windows" }
// clang-format on

#endif
