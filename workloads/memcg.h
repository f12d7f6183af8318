/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the workload memcg: its cgroups (memcg_group.c), all children of one that is its own, and the
 * memory that the kernel has for them (memcg_usage.c).
 */
#ifndef KDELTA_WORKLOADS_MEMCG_H
#define KDELTA_WORKLOADS_MEMCG_H

#include <sys/types.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

/* --- memcg_group.c --- */

/* Make the parent, without what an earlier run has left there. */
int memcg_begin(struct err *e);
/* Remove all groups that have no process, and the parent, as far as it goes. */
void memcg_end(void);

int memcg_group_make(int group, struct err *e);
int memcg_group_remove(int group, struct err *e);
/* Start a process in it that sleeps; -1 when it cannot. */
pid_t memcg_group_start(int group, struct err *e);
/* Be in it; memcg_leave(): be in the root cgroup. */
int memcg_group_enter(int group, struct err *e);
int memcg_leave(struct err *e);
/* End all processes in all groups, and wait for the @n that are children. */
int memcg_kill(const pid_t *children, int n, struct err *e);
/* A line of the parent's cgroup.stat: nr_descendants, nr_dying_descendants. */
int memcg_stat(const char *key, long long *out, struct err *e);

/*
 * A removed cgroup stays, "dying", as long as something is charged to it: pages on their way to the LRU lists of
 * some CPU, dentries. Drop those caches and wait, at most @seconds, until there are none, and until the per-CPU
 * allocator has stopped giving memory back. @dying: how many are left; @took: ns.
 */
int memcg_settle(int seconds, long long *dying, double *took, struct err *e);

/* --- memcg_usage.c --- */

enum { MEMCG_PERCPU, MEMCG_VMALLOC, MEMCG_PAGE_TABLES, MEMCG_SLAB, MEMCG_STACK, MEMCG_FIELDS };
enum { MEMCG_BEFORE, MEMCG_CREATED, MEMCG_POPULATED, MEMCG_DESTROYED, MEMCG_POINTS };

struct memcg_field {
	const char *name; /* of the metric */
	const char *key; /* in /proc/meminfo */
};

extern const struct memcg_field memcg_fields[MEMCG_FIELDS];

struct memcg_usage {
	long long bytes[MEMCG_FIELDS];
};

/* What /proc/meminfo says, in bytes; pure. */
int memcg_usage_parse(struct memcg_usage *u, const char *meminfo, struct err *e);
int memcg_usage_read(struct memcg_usage *u, struct err *e);

/*
 * What did not come back, as text, or nothing: "Percpu: 1024 of 8192 kB". A tenth of what came may stay without
 * being mentioned, and 128 KiB: allocators keep chunks and slabs that are shared with something that lives on.
 * @points: MEMCG_POINTS of them.
 */
void memcg_kept(const struct memcg_usage *points, struct str *out);

#endif
