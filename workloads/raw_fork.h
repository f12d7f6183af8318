/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fork() of the kernel alone, by clone3(2): without what the C library does in the child, which touches the stacks
 * of other threads, and into a cgroup where one is given. The child may do system calls and nothing else.
 */
#ifndef KDELTA_WORKLOADS_RAW_FORK_H
#define KDELTA_WORKLOADS_RAW_FORK_H

#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* @cgroup: a descriptor of its folder, or -1 for the caller's. As fork(). */
static inline pid_t raw_fork(int cgroup)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	if (cgroup >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

#endif
