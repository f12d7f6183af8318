// SPDX-License-Identifier: GPL-2.0
#include "workloads/trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/ticks.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/drain_trigger"
#define MODULE "drain_trigger"
#define MODULE_PATH "/modules/" MODULE ".ko"
#define BLOCK_DEVICE "/dev/vda"

static int run_nothing(struct trigger_run *r, struct err *e)
{
	(void)r;
	(void)e;
	return 0;
}

/* From every node to every node: with one node nothing moves, and the drain comes first all the same. */
static long migrate_self(void)
{
	unsigned long nodes = 1;

	return syscall(SYS_migrate_pages, 0, 8 * sizeof(nodes), &nodes, &nodes);
}

static int run_migrate_pages(struct trigger_run *r, struct err *e)
{
	(void)r;
	if (migrate_self() < 0)
		return err_errno(e, ERR_INFRA, "cannot migrate pages");
	return 0;
}

static int can_migrate_pages(struct workload_ctx *c, struct err *e)
{
	if (migrate_self() < 0)
		return wctx_skip(c, e, "this kernel cannot migrate pages: %s", strerror(errno));
	return 0;
}

static int run_fadvise(struct trigger_run *r, struct err *e)
{
	int ret = posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED);

	if (ret)
		return err_set(e, ERR_INFRA, "cannot advise on '%s': %s", BLOCK_DEVICE,
			       strerror(ret));
	return 0;
}

/* On tmpfs the advice means nothing (generic_fadvise() in mm/fadvise.c). */
static int can_fadvise(struct workload_ctx *c, struct err *e)
{
	if (access(BLOCK_DEVICE, R_OK))
		return wctx_skip(c, e, "fadvise needs a file behind a device, and there is no '%s'",
				 BLOCK_DEVICE);
	return 0;
}

static int run_membarrier(struct trigger_run *r, struct err *e)
{
	(void)r;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0))
		return err_errno(e, ERR_INFRA, "cannot have a memory barrier");
	return 0;
}

static int load_module(struct trigger_run *r, struct err *e)
{
	int fd = open(MODULE_PATH, O_RDONLY | O_CLOEXEC);
	long ret = -1;

	(void)r;
	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", MODULE_PATH);
	ret = syscall(SYS_finit_module, fd, "", 0);
	if (ret)
		err_errno(e, ERR_INFRA, "cannot load module '%s'", MODULE);
	close(fd);
	return ret ? -1 : 0;
}

static int unload_module(struct trigger_run *r, struct err *e)
{
	(void)r;
	if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		return err_errno(e, ERR_INFRA, "cannot remove module '%s'", MODULE);
	return 0;
}

static int create_cache(struct trigger_run *r, struct err *e)
{
	(void)r;
	return wctx_write(DEBUGFS "/create", "1", e);
}

static int run_shootdown(struct trigger_run *r, struct err *e)
{
	return spinner_shootdown(r->spinner, &r->ns, e);
}

/*
 * What each does in 7.3, and where. flush_work() of a work item puts wq_barrier_func() behind it: that is not counted
 * as work here.
 */
static const struct trigger triggers[] = {
	{ .name = "none", .run = run_nothing },
	/* drop_caches_sysctl_handler(), fs/drop_caches.c: lru_add_drain_all(); 4 stops the line in the log */
	{ .name = "drop_caches",
	  .path = "/proc/sys/vm/drop_caches",
	  .text = "1",
	  .once = "4",
	  .work = "lru_add_drain_per_cpu",
	  .dirt = "tmpfs" },
	/* compact_nodes(), mm/compaction.c: lru_add_drain_all(), then pages move, mapped ones too */
	{ .name = "compact_memory",
	  .path = "/proc/sys/vm/compact_memory",
	  .text = "1",
	  .work = "lru_add_drain_per_cpu",
	  .dirt = "tmpfs" },
	/* do_migrate_pages(), mm/mempolicy.c: lru_cache_disable() */
	{ .name = "migrate_pages",
	  .run = run_migrate_pages,
	  .possible = can_migrate_pages,
	  .work = "lru_add_drain_per_cpu",
	  .dirt = "tmpfs" },
	/* generic_fadvise(), mm/fadvise.c: lru_add_drain_all() for a page that another CPU's batch holds */
	{ .name = "fadvise",
	  .path = BLOCK_DEVICE,
	  .run = run_fadvise,
	  .possible = can_fadvise,
	  .work = "lru_add_drain_per_cpu",
	  .dirt = "file" },
	/* __kmem_cache_shrink(), mm/slub.c: flush_all() */
	{ .name = "slab_shrink",
	  .path = "/sys/kernel/slab/names_cache/shrink",
	  .text = "1",
	  .work = "flush_cpu_sheaves",
	  .dirt = "slab" },
	/* kmem_cache_destroy(), mm/slab_common.c: flush_rcu_sheaves_on_cache() on every CPU, __kmem_cache_shutdown() */
	{ .name = "cache_destroy",
	  .path = DEBUGFS "/destroy",
	  .text = "1",
	  .prepare = create_cache,
	  .work = "flush_rcu_sheaf" },
	/* vmstat_refresh(), mm/vmstat.c: schedule_on_each_cpu() */
	{ .name = "stat_refresh",
	  .path = "/proc/sys/vm/stat_refresh",
	  .text = "1",
	  .work = "refresh_vm_stats" },
	/* membarrier_global_expedited(), kernel/sched/membarrier.c: smp_call_function_many(ipi_mb) */
	{ .name = "membarrier", .run = run_membarrier, .barrier = true },
	/* on_each_cpu() of nothing, by the module */
	{ .name = "ipi", .path = DEBUGFS "/ipi", .text = "1" },
	/* load_module(), kernel/module/main.c: mappings and text change, and every CPU has to know */
	{ .name = "module_load", .run = load_module, .prepare = unload_module },
	/* madvise(MADV_DONTNEED) of a thread of the isolated task's process: an IPI, or a broadcast in hardware */
	{ .name = "tlb", .run = run_shootdown, .second_thread = true },
};

const char *const trigger_names[] = {
	"none",       "drop_caches", "compact_memory", "migrate_pages",
	"fadvise",    "slab_shrink", "cache_destroy",  "stat_refresh",
	"membarrier", "ipi",         "module_load",    "tlb",
	NULL,
};

const struct trigger *trigger_find(const char *name)
{
	for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++)
		if (!strcmp(triggers[i].name, name))
			return &triggers[i];
	return NULL;
}

static int write_file(struct trigger_run *r, const char *text, struct err *e)
{
	size_t len = strlen(text);

	/* files in /proc/sys take a write at the start alone */
	if (pwrite(r->fd, text, len, 0) != (ssize_t)len)
		return err_errno(e, ERR_INFRA, "cannot write '%s' to '%s'", text, r->how->path);
	return 0;
}

int trigger_open(struct trigger_run *r, const struct trigger *how, struct workload_ctx *c,
		 struct err *e)
{
	*r = (struct trigger_run){ .how = how, .fd = -1 };
	if (how->possible && how->possible(c, e))
		return -1;
	if (!how->path)
		return 0;
	r->fd = open(how->path, (how->text ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT)
		return wctx_skip(c, e, "this kernel has no '%s'", how->path);
	if (r->fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", how->path);
	return how->once ? write_file(r, how->once, e) : 0;
}

int trigger_prepare(struct trigger_run *r, struct err *e)
{
	return r->how->prepare ? r->how->prepare(r, e) : 0;
}

int trigger_run(struct trigger_run *r, struct err *e)
{
	uint64_t start = clock_ns();
	int ret = r->how->run ? r->how->run(r, e) : write_file(r, r->how->text, e);

	/* what another thread does it has timed itself */
	if (!r->how->second_thread)
		r->ns = clock_ns() - start;
	return ret;
}

void trigger_close(struct trigger_run *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
