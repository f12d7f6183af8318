/* SPDX-License-Identifier: GPL-2.0 */
/* The threads of a process and of all that descend from it, as /proc says at this moment. */
#ifndef KDELTA_COLLECTORS_COLLECT_TASKS_H
#define KDELTA_COLLECTORS_COLLECT_TASKS_H

#include <stddef.h>
#include <sys/types.h>

struct tasks {
	pid_t *v;
	size_t n, cap;
};

/* What @t had is forgotten. What begins or ends meanwhile may be missed. */
void tasks_of(struct tasks *t, pid_t root);
void tasks_release(struct tasks *t);

#endif
