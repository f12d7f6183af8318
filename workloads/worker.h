/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes of a stress workload, which may get stuck in the kernel: to find that is what they are there for. Who waits
 * for them does so for a limited time, and leaves behind what does not even end when it is killed.
 *
 *	worker_fork() → worker_wait() × n, until it has ended
 *	                worker_kill(), when it is not wanted any more → worker_hold_module(), if it stays
 */
#ifndef KDELTA_WORKLOADS_WORKER_H
#define KDELTA_WORKLOADS_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "runner/base/err.h"

/*
 * Seconds after which a process that does something short is taken for stuck: as many as the kernel's own detector gives
 * it (DEFAULT_HUNG_TASK_TIMEOUT in lib/Kconfig.debug).
 */
#define WORKER_PATIENCE 120
/*
 * Seconds that a process gets to end once it is killed, which it does when what it is in the kernel for is done. Those who
 * are killed were waited for already, or have worked until now.
 */
#define WORKER_KILL_PATIENCE 20

/*
 * As fork(). The child has no files but the standard ones: whoever reads our results waits until all have closed that
 * pipe, and one that is stuck never would.
 */
pid_t worker_fork(void);
/* Wait that long for its end. 1: it is still there; 0: it has ended, as @status tells (waitpid(2)); -1: with @e. */
int worker_wait(pid_t pid, int seconds, int *status, struct err *e);
/* Kill these and wait for them; 0 is none, and those that have ended become 0. Returns how many are still there. */
int worker_kill(pid_t *pids, int n);
/*
 * Keep the module of a debugfs file until this process ends, so that the one who would remove it does not get stuck as
 * well, by what a process holds that cannot be killed. The module stays then.
 */
void worker_hold_module(const char *path);

#endif
