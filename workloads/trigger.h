/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Triggers: what a CPU does that may make the kernel disturb another one. One table; a row is a write to a file of
 * the kernel, or a function.
 *
 *	trigger_open → (trigger_prepare → trigger_run) × n → trigger_close
 */
#ifndef KDELTA_WORKLOADS_TRIGGER_H
#define KDELTA_WORKLOADS_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/spinner.h"
#include "workloads/workload.h"

struct trigger_run;

struct trigger {
	const char *name;
	const char *path, *text; /* what is written where; or */
	int (*run)(struct trigger_run *r, struct err *e);
	const char *once; /* written to path before the first one, or NULL */
	/* Before the isolated task makes its caches dirty, outside of what is timed; or NULL. */
	int (*prepare)(struct trigger_run *r, struct err *e);
	/* Tried at the start: -1 skips the workload. NULL: what is needed is path. */
	int (*possible)(struct workload_ctx *c, struct err *e);
	/* Function of the work item that each of these puts on a CPU whose caches are dirty in the way of `dirt`,
	 * or on every CPU (dirt NULL); NULL: none. In Linux 7.3. */
	const char *work, *dirt;
	bool barrier,
		second_thread; /* what the isolated task has to do for it (struct spinner_conf) */
};

/* As choices of a parameter. */
extern const char *const trigger_names[];
/* NULL for an unknown name. */
const struct trigger *trigger_find(const char *name);

struct trigger_run {
	const struct trigger *how;
	struct spinner *spinner;
	int fd; /* of path */
	uint64_t ns; /* how long the last one took its caller */
};

int trigger_open(struct trigger_run *r, const struct trigger *how, struct workload_ctx *c,
		 struct err *e);
int trigger_prepare(struct trigger_run *r, struct err *e);
int trigger_run(struct trigger_run *r, struct err *e);
void trigger_close(struct trigger_run *r);

#endif
