/* SPDX-License-Identifier: GPL-2.0 */
/* The memory cgroup that workloads have which allocate in the kernel, charged or not. */
#ifndef KDELTA_WORKLOADS_KMEM_CGROUP_H
#define KDELTA_WORKLOADS_KMEM_CGROUP_H

#include <stdbool.h>

#include "runner/base/err.h"

/*
 * From the first memory cgroup on, kmalloc and kfree of the whole kernel look whether to charge, and never stop
 * (memcg_kmem_online_key): a few instructions each. So the group is made in any case, or the cost of the same
 * workload would depend on what ran before it in this boot. With @charge this process is in it from then on: in the
 * root group an accounted allocation charges nothing.
 */
int kmem_cgroup_begin(bool charge, struct err *e);
void kmem_cgroup_end(void);

#endif
