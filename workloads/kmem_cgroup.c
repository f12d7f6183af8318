// SPDX-License-Identifier: GPL-2.0
#include "workloads/kmem_cgroup.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workloads/workload.h"

#define CGROUPS "/sys/fs/cgroup"
#define GROUP CGROUPS "/kdelta"

int kmem_cgroup_begin(bool charge, struct err *e)
{
	if (wctx_write(CGROUPS "/cgroup.subtree_control", "+memory", e))
		return -1;
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		return err_errno(e, ERR_INFRA, "cannot make '%s'", GROUP);
	return charge ? wctx_write(GROUP "/cgroup.procs", "0", e) : 0;
}

void kmem_cgroup_end(void)
{
	struct err ignored = ERR_INIT;

	/* A group that stays behind harms nobody: the next workload takes it as it is. */
	if (!wctx_write(CGROUPS "/cgroup.procs", "0", &ignored))
		rmdir(GROUP);
}
