// SPDX-License-Identifier: GPL-2.0
/* Files and rules of cgroups: Documentation/admin-guide/cgroup-v2.rst. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/memcg.h"
#include "workloads/proc_text.h"
#include "workloads/raw_fork.h"
#include "workloads/ticks.h"
#include "workloads/workload.h"

#define ROOT "/sys/fs/cgroup"
#define PARENT ROOT "/kdelta_memcg"
#define GROUP PARENT "/g%d"
#define PATH_SIZE 64
#define STAT_MAX 4096
#define POLL_NS 20000000L

int memcg_group_make(int group, struct err *e)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), GROUP, group);
	return mkdir(path, 0755) ? err_errno(e, ERR_INFRA, "cannot make cgroup '%s'", path) : 0;
}

int memcg_group_remove(int group, struct err *e)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), GROUP, group);
	return rmdir(path) ? err_errno(e, ERR_INFRA, "cannot remove cgroup '%s'", path) : 0;
}

pid_t memcg_group_start(int group, struct err *e)
{
	char path[PATH_SIZE];
	pid_t pid;
	int fd;

	snprintf(path, sizeof(path), GROUP, group);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open cgroup '%s'", path);
	pid = raw_fork(fd);
	if (!pid)
		for (;;)
			pause();
	if (pid < 0)
		err_errno(e, ERR_INFRA, "cannot start a process in cgroup '%s'", path);
	close(fd);
	return pid;
}

int memcg_group_enter(int group, struct err *e)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), GROUP "/cgroup.procs", group);
	return wctx_write(path, "0", e);
}

int memcg_leave(struct err *e)
{
	return wctx_write(ROOT "/cgroup.procs", "0", e);
}

int memcg_kill(const pid_t *children, int n, struct err *e)
{
	if (wctx_write(PARENT "/cgroup.kill", "1", e))
		return -1;
	for (int i = 0; i < n; i++)
		if (waitpid(children[i], NULL, 0) < 0)
			return err_errno(e, ERR_INFRA, "cannot wait for a process");
	return 0;
}

int memcg_stat(const char *key, long long *out, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(PARENT "/cgroup.stat", STAT_MAX, &text, e))
		return -1;
	*out = proc_number(text.buf, key);
	return *out < 0 ? err_set(e, ERR_INFRA, "'%s/cgroup.stat' has no line '%s'", PARENT, key) :
			  0;
}

/* Groups that a run has left which did not end as it should. */
static void remove_left(void)
{
	DIR *dir = opendir(PARENT);
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir)))
		if (d->d_type == DT_DIR && d->d_name[0] == 'g')
			unlinkat(dirfd(dir), d->d_name, AT_REMOVEDIR);
	closedir(dir);
}

int memcg_begin(struct err *e)
{
	if (wctx_write(ROOT "/cgroup.subtree_control", "+memory", e))
		return -1;
	if (mkdir(PARENT, 0755) && errno != EEXIST)
		return err_errno(e, ERR_INFRA, "cannot make cgroup '%s'", PARENT);
	remove_left();
	return wctx_write(PARENT "/cgroup.subtree_control", "+memory", e);
}

void memcg_end(void)
{
	struct err ignored = ERR_INIT;

	memcg_leave(&ignored);
	remove_left();
	rmdir(PARENT);
}

int memcg_settle(int seconds, long long *dying, double *took, struct err *e)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct memcg_usage before = { .bytes = { -1 } }, now;
	uint64_t start = clock_ns();

	if (wctx_write("/proc/sys/vm/drop_caches", "3", e))
		return -1;
	for (;; before = now) {
		if (memcg_stat("nr_dying_descendants", dying, e) || memcg_usage_read(&now, e))
			return -1;
		*took = (double)(clock_ns() - start);
		if (!*dying && now.bytes[MEMCG_PERCPU] == before.bytes[MEMCG_PERCPU])
			return 0;
		if (*took >= seconds * 1e9)
			return 0;
		nanosleep(&pause, NULL);
	}
}
