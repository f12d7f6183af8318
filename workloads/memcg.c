// SPDX-License-Identifier: GPL-2.0
/*
 * memcg: memory cgroups, made, filled and removed, one after the other. How long each takes, and what the kernel
 * keeps for them: per-CPU memory above all, of which every cgroup has some for every CPU.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workloads/memcg.h"
#include "workloads/ticks.h"
#include "workloads/workload.h"

struct memcg {
	int n;
	bool processes; /* one in every group; else a page is charged to it, or nothing */
	bool pages;
	int settle; /* s */
	pid_t *children; /* one in each group */
	int nchildren;
	char *memory; /* one page for each group */
	size_t page;
	uint64_t empty; /* ticks that a window takes with no step in it */
	struct memcg_usage usage[MEMCG_POINTS];
};

/* What one kind of step took, each and all together. */
struct steps {
	uint64_t total, min;
	struct hist hist;
};

typedef int step_fn(struct memcg *m, int group, struct err *e);

static int create_one(struct memcg *m, int group, struct err *e)
{
	(void)m;
	return memcg_group_make(group, e);
}

static int remove_one(struct memcg *m, int group, struct err *e)
{
	(void)m;
	return memcg_group_remove(group, e);
}

static int process_one(struct memcg *m, int group, struct err *e)
{
	pid_t pid = memcg_group_start(group, e);

	if (pid < 0)
		return -1;
	m->children[m->nchildren++] = pid;
	return 0;
}

/* The page belongs to the group that its first toucher is in, and stays there when that moves on. */
static int page_one(struct memcg *m, int group, struct err *e)
{
	volatile char *page = m->memory + (size_t)group * m->page;

	if (memcg_group_enter(group, e))
		return -1;
	*page = 1;
	return 0;
}

/* Every group in turn, timed. */
static int each(struct workload_ctx *c, const char *metric, step_fn *step, struct err *e)
{
	struct steps s = { .min = UINT64_MAX };
	struct memcg *m = c->priv;

	for (int i = 0; i < m->n; i++) {
		uint64_t ticks = ticks_read();

		if (step(m, i, e))
			return -1;
		ticks = ticks_less(ticks_read() - ticks, m->empty);
		s.total += ticks;
		if (ticks < s.min)
			s.min = ticks;
		hist_add(&s.hist, ticks);
	}
	wctx_value(c, metric, "mean", -1, (double)s.total / m->n);
	wctx_value(c, metric, "min", -1, (double)s.min);
	wctx_hist(c, metric, -1, &s.hist);
	return 0;
}

static int populate(struct workload_ctx *c, struct err *e)
{
	struct memcg *m = c->priv;

	if (m->processes)
		return each(c, "populate", process_one, e);
	if (!m->pages)
		return 0;
	m->memory = mmap(NULL, (size_t)m->n * m->page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->memory == MAP_FAILED) {
		m->memory = NULL;
		return err_errno(e, ERR_INFRA, "cannot map %d pages", m->n);
	}
	madvise(m->memory, (size_t)m->n * m->page, MADV_NOHUGEPAGE);
	if (each(c, "populate", page_one, e))
		return -1;
	return memcg_leave(e);
}

static int depopulate(struct memcg *m, struct err *e)
{
	int n;

	if (m->memory)
		munmap(m->memory, (size_t)m->n * m->page);
	m->memory = NULL;
	n = m->nchildren;
	m->nchildren = 0;
	return n ? memcg_kill(m->children, n, e) : 0;
}

/* The kernel's own count must be ours. */
static int check_groups(struct workload_ctx *c, int wanted, struct err *e)
{
	long long there;

	if (memcg_stat("nr_descendants", &there, e))
		return -1;
	if (there != wanted)
		return wctx_fail(c, e, "the kernel counts %lld cgroups, wanted %d", there, wanted);
	return 0;
}

static int make_all(struct workload_ctx *c, struct err *e)
{
	struct memcg *m = c->priv;

	if (memcg_usage_read(&m->usage[MEMCG_BEFORE], e) || each(c, "create", create_one, e) ||
	    check_groups(c, m->n, e) || memcg_usage_read(&m->usage[MEMCG_CREATED], e))
		return -1;
	wctx_value(c, "cgroups", "count", -1, m->n);
	return populate(c, e) || memcg_usage_read(&m->usage[MEMCG_POPULATED], e) ? -1 : 0;
}

static int remove_all(struct workload_ctx *c, struct err *e)
{
	struct memcg *m = c->priv;
	long long dying;
	double took;

	if (depopulate(m, e) || each(c, "destroy", remove_one, e) || check_groups(c, 0, e) ||
	    memcg_settle(m->settle, &dying, &took, e) ||
	    memcg_usage_read(&m->usage[MEMCG_DESTROYED], e))
		return -1;
	wctx_value(c, "settle", "total", -1, took);
	wctx_value(c, "dying", "count", -1, (double)dying);
	return 0;
}

static void record_usage(struct workload_ctx *c)
{
	static const char *const point[MEMCG_POINTS] = { "before", "created", "populated",
							 "destroyed" };
	struct memcg *m = c->priv;

	for (int f = 0; f < MEMCG_FIELDS; f++) {
		const struct memcg_usage *u = m->usage;
		long long added = u[MEMCG_CREATED].bytes[f] - u[MEMCG_BEFORE].bytes[f];
		long long kept = u[MEMCG_DESTROYED].bytes[f] - u[MEMCG_BEFORE].bytes[f];
		cleanup_free char *per = xasprintf("%s.per_cgroup", memcg_fields[f].name);
		cleanup_free char *left = xasprintf("%s.kept", memcg_fields[f].name);

		for (int p = 0; p < MEMCG_POINTS; p++) {
			cleanup_free char *name =
				xasprintf("%s.%s", memcg_fields[f].name, point[p]);

			wctx_value(c, name, "total", -1, (double)u[p].bytes[f]);
		}
		wctx_value(c, per, "mean", -1, (double)added / m->n);
		wctx_value(c, left, "total", -1, (double)kept);
	}
}

/* More than this is not what the kernel keeps in store, and said. */
static void note_kept(struct workload_ctx *c)
{
	cleanup_str struct str text = STR_INIT;
	struct memcg *m = c->priv;

	memcg_kept(m->usage, &text);
	if (text.len)
		wctx_note(c, -1, "memory.kept", text.buf);
}

static int memcg_round(struct workload_ctx *c, struct err *e)
{
	struct memcg *m = c->priv;
	int ret;

	m->empty = ticks_empty();
	wctx_value(c, "empty", "min", -1, (double)m->empty);
	wctx_window_open(c);
	ret = make_all(c, e) || remove_all(c, e);
	wctx_window_close(c);
	if (ret)
		return -1;
	record_usage(c);
	note_kept(c);
	return 0;
}

static int memcg_setup(struct workload_ctx *c, struct err *e)
{
	struct memcg *m = xcalloc(1, sizeof(*m));
	const char *what = wctx_str(c, "populate");

	c->priv = m;
	m->n = (int)wctx_int(c, "cgroups");
	m->processes = !strcmp(what, "process");
	m->pages = !strcmp(what, "page");
	m->settle = (int)wctx_int(c, "settle");
	m->children = xcalloc((size_t)m->n, sizeof(*m->children));
	m->page = (size_t)sysconf(_SC_PAGESIZE);
	return memcg_begin(e);
}

static void memcg_teardown(struct workload_ctx *c)
{
	struct err ignored = ERR_INIT;
	struct memcg *m = c->priv;

	depopulate(m, &ignored);
	memcg_end();
	free(m->children);
	free(m);
	c->priv = NULL;
}

static const char *const populations[] = { "none", "page", "process", NULL };

static const struct param memcg_params[] = {
	{ .name = "cgroups",
	  .type = PARAM_INT,
	  .unit = "cgroups",
	  .min = 1,
	  .max = 60000,
	  .def = "10000",
	  .help = "that are there at the same time; each takes some 20 KiB, and 2 KiB per CPU (the kernel has IDs for 65535)" },
	{ .name = "populate",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "page",
	  .choices = populations,
	  .help = "what each gets: nothing, a page that is charged to it, or a sleeping process" },
	{ .name = "settle",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 0,
	  .max = 3600,
	  .def = "30",
	  .help = "how long to wait, at most, until the removed ones are gone and per-CPU memory is given back" },
	{ .name = NULL },
};

/* One kind of memory at the four points, and what follows from them. */
#define USAGE(name, what)                                                                          \
	{ name ".before", "bytes", DIR_NONE, what " before the first cgroup" },                    \
		{ name ".created", "bytes", DIR_NONE, what " with all cgroups, empty" },           \
		{ name ".populated", "bytes", DIR_NONE, what " with all cgroups, populated" },     \
		{ name ".destroyed", "bytes", DIR_NONE, what " when they are gone" },              \
		{ name ".per_cgroup", "bytes/cgroup", DIR_LOWER,                                   \
		  what " that came with an empty cgroup" },                                        \
	{                                                                                          \
		name ".kept", "bytes", DIR_LOWER, what " that did not come back"                   \
	}

static const struct metric memcg_metrics[] = {
	{ "create", "ticks/cgroup", DIR_LOWER, "making one" },
	{ "populate", "ticks/cgroup", DIR_LOWER,
	  "starting a process in one, or going there and touching a page" },
	{ "destroy", "ticks/cgroup", DIR_LOWER, "removing an empty one" },
	{ "empty", "ticks", DIR_NONE, "a window without a step, which was subtracted from each" },
	{ "settle", "ns", DIR_LOWER, "until removed cgroups are gone, and per-CPU memory is back" },
	{ "cgroups", "cgroups", DIR_NONE, "that were made, by the kernel's own account" },
	{ "dying", "cgroups", DIR_LOWER, "that were removed and did not go away" },
	USAGE("percpu", "Percpu"),
	USAGE("vmalloc_used", "VmallocUsed"),
	USAGE("page_tables", "PageTables"),
	USAGE("slab", "Slab"),
	USAGE("kernel_stack", "KernelStack"),
	{ .name = NULL },
};

static const char *const memcg_kconfig[] = { "CONFIG_CGROUPS=y", "CONFIG_MEMCG=y",
					     "CONFIG_PROC_FS=y", NULL };

const struct workload workload_memcg = {
	.name = "memcg",
	.summary = "memory cgroups made, populated and removed: time, and what the kernel keeps",
	.kconfig = memcg_kconfig,
	.params = memcg_params,
	.metrics = memcg_metrics,
	.setup = memcg_setup,
	.round = memcg_round,
	.teardown = memcg_teardown,
	.own_window = true,
};
