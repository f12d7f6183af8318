/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tasks of qpw_stress do: a table of operations, from which each task picks by its own sequence of random
 * numbers. Operations leave nothing behind but what the kernel keeps of them.
 *
 *	stress_task_open → (stress_task_choose → stress_task_do) × n → stress_task_close
 */
#ifndef KDELTA_WORKLOADS_QPW_STRESS_H
#define KDELTA_WORKLOADS_QPW_STRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/base/err.h"

#define STRESS_DEBUGFS "/sys/kernel/debug/kdelta/qpw_stress"
#define STRESS_CACHE "/sys/kernel/slab/kdelta_qpw_stress-"
#define STRESS_CACHES 8 /* SLOTS of kmods/qpw_stress.c */

struct stress_op;

struct stress_task {
	uint64_t random; /* state of the generator, not 0 */
	int file; /* on tmpfs */
	char *page; /* one, to write from and read to */
	const struct stress_op *op; /* that was chosen */
};

/* Number, seed: two tasks with the same do the same. */
int stress_task_open(struct stress_task *t, int number, uint64_t seed, struct err *e);
/* Choose the next operation; its name. */
const char *stress_task_choose(struct stress_task *t);
int stress_task_do(struct stress_task *t, struct err *e);
void stress_task_close(struct stress_task *t);

/* Take a CPU offline, or bring it back. @below: CPUs from 1 to below it. Nothing happens where the kernel is busy. */
int stress_hotplug(struct stress_task *t, int below, struct err *e);
/* Can CPUs be taken offline here? */
bool stress_hotplug_possible(void);
/* Bring all CPUs below @below back. */
int stress_all_online(int below, struct err *e);

#endif
