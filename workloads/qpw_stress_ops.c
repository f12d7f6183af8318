// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of qpw_stress: some fill per-CPU caches (LRU and mlock batches, SLUB sheaves), some make the kernel drain
 * those of all CPUs, and some have tasks and CPUs come and go.
 */
#include "workloads/qpw_stress.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/str.h"

#define PAGE 4096
#define PAGES_MAX 64
#define BURST 200 /* operations on slab caches in one go */

/* xorshift64 (Marsaglia, "Xorshift RNGs", 2003): 13, 7, 17 is one of its full-period triples. */
static uint64_t next_random(struct stress_task *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random;
}

static unsigned int below(struct stress_task *t, unsigned int n)
{
	return (unsigned int)((next_random(t) >> 11) % n);
}

/* ENODEV: it went while it was open (fs/kernfs/file.c). */
static int put_failed(bool absent)
{
	return absent && (errno == ENOENT || errno == ENODEV) ? 0 : -1;
}

/* Not an error where @absent is: a kernel that does not have the file, or has it no more. */
static int put(const char *path, const char *text, bool absent)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return put_failed(absent);
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : put_failed(absent);
}

/* ---- Slab caches -------------------------------------------------------------------------------- */

static int module_op(struct stress_task *t, const char *file, unsigned int count)
{
	cleanup_free char *path = xasprintf(STRESS_DEBUGFS "/%s", file);
	cleanup_free char *text = xasprintf("%llu %u", (unsigned long long)next_random(t), count);

	return put(path, text, false);
}

static int run_burst(struct stress_task *t)
{
	return module_op(t, "burst", BURST);
}

static int run_irq(struct stress_task *t)
{
	return module_op(t, "irq", BURST / 4);
}

static int run_renew(struct stress_task *t)
{
	return module_op(t, "renew", 0);
}

static int run_shrink(struct stress_task *t)
{
	return module_op(t, "shrink", 0);
}

/*
 * Caches that others may destroy meanwhile, and with the lowest priority: who has taken objects from the caches of CPUs,
 * and is to free them, may have to let others run long enough for the cache to be destroyed without them.
 *
 * The odd ones (kmods/qpw_stress.c), of which KASAN keeps nothing back. What it has kept of the others it frees without
 * anybody waiting for it (kasan_quarantine_remove_cache()), and would leave objects in a destroyed cache by itself.
 */
static int run_shrink_late(struct stress_task *t)
{
	unsigned int first = below(t, STRESS_CACHES);
	int ret = setpriority(PRIO_PROCESS, 0, 19);

	for (unsigned int i = 0; !ret && i < STRESS_CACHES; i += 2) {
		cleanup_free char *path =
			xasprintf(STRESS_CACHE "%u/shrink", ((first + i) % STRESS_CACHES) | 1);

		ret = put(path, "1", true);
	}
	return setpriority(PRIO_PROCESS, 0, 0) ? -1 : ret;
}

/* Caches that everybody's system calls use. */
static int run_shrink_common(struct stress_task *t)
{
	static const char *const caches[] = { "names_cache", "vm_area_struct", "anon_vma",
					      "maple_node",  "filp",           "kmalloc-64",
					      "dentry" };
	cleanup_free char *path = xasprintf("/sys/kernel/slab/%s/shrink",
					    caches[below(t, sizeof(caches) / sizeof(caches[0]))]);

	return put(path, "1", true);
}

/* ---- Pages -------------------------------------------------------------------------------------- */

static void touch(char *map, size_t len)
{
	for (size_t i = 0; i < len; i += PAGE)
		*(volatile char *)(map + i) = 1;
}

static char *map_some(struct stress_task *t, size_t *len)
{
	char *map;

	*len = (size_t)(1 + below(t, PAGES_MAX)) * PAGE;
	map = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return map == MAP_FAILED ? NULL : map;
}

static int run_fault(struct stress_task *t)
{
	static const int advice[] = { MADV_NORMAL, MADV_DONTNEED, MADV_FREE, MADV_COLD };
	size_t len;
	char *map = map_some(t, &len);
	int ret;

	if (!map)
		return -1;
	touch(map, len);
	ret = madvise(map, len, advice[below(t, 4)]);
	touch(map, len);
	return munmap(map, len) ? -1 : ret;
}

/* What is still locked when it is unmapped goes another way than what was unlocked before. */
static int run_mlock(struct stress_task *t)
{
	unsigned int how = below(t, 4);
	size_t len;
	char *map = map_some(t, &len);
	int ret;

	if (!map)
		return -1;
	if (how & 1)
		touch(map, len);
	ret = mlock2(map, len, how & 1 ? 0 : MLOCK_ONFAULT);
	touch(map, len);
	if (!ret && how & 2)
		ret = munlock(map, len);
	return munmap(map, len) ? -1 : ret;
}

/* Read twice: the second time activates (folio_mark_accessed() in mm/folio.c). */
static int run_tmpfs(struct stress_task *t)
{
	unsigned int pages = 1 + below(t, PAGES_MAX);

	for (unsigned int i = 0; i < pages; i++)
		if (pwrite(t->file, t->page, PAGE, (off_t)i * PAGE) != PAGE)
			return -1;
	for (unsigned int i = 0; i < 2 * pages; i++)
		if (pread(t->file, t->page, PAGE, (off_t)(i % pages) * PAGE) != PAGE)
			return -1;
	if (below(t, 2))
		posix_fadvise(t->file, 0, 0, POSIX_FADV_DONTNEED);
	return ftruncate(t->file, 0);
}

/* ---- Drains, tasks ------------------------------------------------------------------------------ */

static int run_drop_caches(struct stress_task *t)
{
	static const char *const what[] = { "1", "2", "3" };

	return put("/proc/sys/vm/drop_caches", what[below(t, 3)], false);
}

static int run_compact(struct stress_task *t)
{
	(void)t;
	return put("/proc/sys/vm/compact_memory", "1", true);
}

/*
 * The way to lru_cache_disable() (mm/folio.c): move_pages(2) calls it before it looks where pages are, and these are where
 * they are to go already (do_pages_move() in mm/migrate.c). Until it is over, what others do goes past the batches.
 * A kernel without NUMA does not have the call; there the pages come and go.
 */
static int run_move_pages(struct stress_task *t)
{
	int node[PAGES_MAX] = { 0 }, status[PAGES_MAX], ret;
	void *pages[PAGES_MAX];
	size_t len;
	char *map = map_some(t, &len);

	if (!map)
		return -1;
	touch(map, len);
	for (size_t i = 0; i < len / PAGE; i++)
		pages[i] = map + i * PAGE;
	ret = (int)syscall(SYS_move_pages, 0, len / PAGE, pages, node, status, MPOL_MF_MOVE);
	if (ret < 0 && errno == ENOSYS)
		ret = 0;
	return munmap(map, len) || ret < 0 ? -1 : 0;
}

/* The CPU may be offline, or may be when it is tried. */
static int run_migrate(struct stress_task *t)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(below(t, (unsigned int)cpus), &set);
	if (sched_setaffinity(0, sizeof(set), &set) && errno != EINVAL)
		return -1;
	return 0;
}

static int run_fork(struct stress_task *t)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (!pid) {
		t->page[0]++;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	errno = ECHILD;
	return status ? -1 : 0;
}

static const struct stress_op {
	const char *name;
	unsigned int weight;
	int (*run)(struct stress_task *t); /* -1: errno */
} ops[] = {
	{ "burst", 40, run_burst },
	{ "irq", 8, run_irq },
	{ "renew", 2, run_renew },
	{ "shrink", 4, run_shrink },
	{ "shrink of caches that may go", 6, run_shrink_late },
	{ "shrink of a common cache", 4, run_shrink_common },
	{ "fault", 20, run_fault },
	{ "mlock", 15, run_mlock },
	{ "tmpfs", 15, run_tmpfs },
	{ "drop_caches", 4, run_drop_caches },
	{ "compact_memory", 1, run_compact },
	{ "move_pages", 4, run_move_pages },
	{ "migrate", 10, run_migrate },
	{ "fork", 2, run_fork },
};

#define NOPS (sizeof(ops) / sizeof(ops[0]))

const char *stress_task_choose(struct stress_task *t)
{
	unsigned int sum = 0, at;
	size_t i;

	for (i = 0; i < NOPS; i++)
		sum += ops[i].weight;
	at = below(t, sum);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	t->op = &ops[i];
	return t->op->name;
}

int stress_task_do(struct stress_task *t, struct err *e)
{
	if (t->op->run(t))
		return err_errno(e, ERR_INFRA, "operation '%s' failed", t->op->name);
	return 0;
}

int stress_task_open(struct stress_task *t, int number, uint64_t seed, struct err *e)
{
	/* SplitMix64's increment (Steele et al., "Fast splittable pseudorandom number generators", 2014), which
	 * sets neighbours apart */
	*t = (struct stress_task){
		.file = -1, .random = (seed + (uint64_t)number + 1) * 0x9e3779b97f4a7c15ULL
	};
	if (!t->random)
		t->random = 1;
	for (int i = 0; i < 8; i++)
		next_random(t);
	t->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->page == MAP_FAILED) {
		t->page = NULL;
		return err_errno(e, ERR_INFRA, "cannot map a page");
	}
	t->file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (t->file < 0) {
		stress_task_close(t);
		return err_errno(e, ERR_INFRA, "cannot make a file in '/tmp'");
	}
	return 0;
}

void stress_task_close(struct stress_task *t)
{
	if (t->file >= 0)
		close(t->file);
	if (t->page)
		munmap(t->page, PAGE);
	t->file = -1;
	t->page = NULL;
}

/* ---- CPUs --------------------------------------------------------------------------------------- */

static int set_online(int cpu, const char *to)
{
	cleanup_free char *path = xasprintf("/sys/devices/system/cpu/cpu%d/online", cpu);

	return put(path, to, false);
}

bool stress_hotplug_possible(void)
{
	return !access("/sys/devices/system/cpu/cpu1/online", W_OK);
}

int stress_hotplug(struct stress_task *t, int cpus, struct err *e)
{
	int cpu = 1 + (int)below(t, (unsigned int)cpus - 1);
	const char *to = below(t, 2) ? "1" : "0";

	if (set_online(cpu, to) && errno != EBUSY)
		return err_errno(e, ERR_INFRA, "cannot write %s to 'online' of CPU %d", to, cpu);
	return 0;
}

int stress_all_online(int cpus, struct err *e)
{
	for (int cpu = 1; cpu < cpus; cpu++)
		if (set_online(cpu, "1"))
			return err_errno(e, ERR_INFRA, "cannot bring CPU %d back", cpu);
	return 0;
}
