/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An isolated CPU: what can be set at run time is set, and what the running kernel does not honour is said. The
 * command line (isolcpus=, nohz_full=, rcu_nocbs=) belongs to the target or the variant. libc alone.
 *
 *	isolation_begin → isolation_check → … → isolation_end
 *
 * isolation_end() writes back what isolation_begin() has changed, last first; it may be called at any time.
 */
#ifndef KDELTA_WORKLOADS_ISOLATION_H
#define KDELTA_WORKLOADS_ISOLATION_H

#include <sched.h>
#include <stddef.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

/*
 * The kernel's texts for sets of CPUs (Documentation/admin-guide/cputopology.rst, lib/bitmap-str.c). Empty texts are
 * empty sets. Fails on anything else, and on a CPU from CPU_SETSIZE on.
 *
 *	list	0-2,5,8-15:2/4	(a group "first-last:used/size" is used CPUs out of every size)
 *	mask	00000001,ffffffff	(words of 32 bits, the highest first)
 */
int cpulist_parse(const char *text, cpu_set_t *set, struct err *e);
int cpumask_parse(const char *text, cpu_set_t *set, struct err *e);
void cpulist_add(const cpu_set_t *set, struct str *out);
void cpumask_add(const cpu_set_t *set, struct str *out);

struct isolation {
	const char *root; /* put in front of every path: "" but in tests */
	int cpu;
	struct isolation_saved {
		char *path, *text;
	} * saved; /* what was changed, and what it was */
	size_t nsaved, cap;
};

/* @root has to outlive it. */
void isolation_init(struct isolation *iso, const char *root, int cpu);
/* Interrupts and unbound work go to the other CPUs, timers migrate. What the kernel refuses is for the check. */
void isolation_begin(struct isolation *iso);
/* One line per fact that this kernel does not honour: "nohz_full: this kernel has none". */
void isolation_check(const struct isolation *iso, struct strv *facts);
void isolation_end(struct isolation *iso);

/* The first CPU that the kernel calls isolated, or -1. */
int isolation_first(const char *root);

#endif
