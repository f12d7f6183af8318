// SPDX-License-Identifier: GPL-2.0
#include "workloads/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workloads/ticks.h"

#define POLL_NS 10000000L

/* waitpid(2), with 0 when it has not ended before @end. */
static pid_t wait_until(pid_t pid, uint64_t end, int *status)
{
	const struct timespec a_moment = { .tv_nsec = POLL_NS };
	pid_t ended;

	while (!(ended = waitpid(pid, status, WNOHANG)) && clock_ns() < end)
		nanosleep(&a_moment, NULL);
	return ended;
}

static uint64_t in_seconds(int seconds)
{
	return clock_ns() + (uint64_t)seconds * 1000000000U;
}

pid_t worker_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		close_range(STDERR_FILENO + 1, ~0U, 0);
	return pid;
}

int worker_wait(pid_t pid, int seconds, int *status, struct err *e)
{
	pid_t ended = wait_until(pid, in_seconds(seconds), status);

	if (ended < 0)
		return err_errno(e, ERR_INFRA, "cannot wait for process %d", (int)pid);
	return !ended;
}

int worker_kill(pid_t *pids, int n)
{
	uint64_t end = in_seconds(WORKER_KILL_PATIENCE);
	int status, left = 0;

	for (int i = 0; i < n; i++)
		if (pids[i] && kill(pids[i], SIGKILL))
			pids[i] = 0;
	for (int i = 0; i < n; i++) {
		if (pids[i] && wait_until(pids[i], end, &status))
			pids[i] = 0;
		left += pids[i] != 0;
	}
	return left;
}

void worker_hold_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)fd; /* it is never closed */
}
