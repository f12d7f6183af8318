// SPDX-License-Identifier: GPL-2.0
/*
 * slab_bench: the cost of a kmem_cache; the measuring is done by kmods/slab_bench.c. Here is what has
 * to be done from outside: a memory cgroup to charge, and looking whether every object came back.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/base/file.h"
#include "workloads/kmem_cgroup.h"
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/slab_bench"
#define CACHE "/sys/kernel/slab/kdelta_slab_bench"

/*
 * kfree_rcu() that finds no sheaf leaves objects to a work that runs every five seconds
 * (KFREE_DRAIN_JIFFIES in mm/slab_common.c).
 */
#define RCU_TRIES 100
#define RCU_PAUSE_NS 100000000L

static int slab_setup(struct workload_ctx *c, struct err *e)
{
	if (wctx_bind((int)wctx_int(c, "cpu"), e))
		return -1;
	return kmem_cgroup_begin(wctx_int(c, "account"), e);
}

/* The first number of a file of the cache: what all nodes have. */
static int read_count(const char *path, long *n, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 4096, &text, e))
		return -1;
	*n = strtol(text.buf, NULL, 10);
	return 0;
}

/* What is left in the cache once everything that is on its way has arrived. */
static int count_left(struct workload_ctx *c, long *objects, long *slabs, struct err *e)
{
	const struct timespec pause = { 0, RCU_PAUSE_NS };
	int tries = strcmp(wctx_str(c, "op"), "rcu") ? 1 : RCU_TRIES;

	while (tries--) {
		if (wctx_write(DEBUGFS "/settle", "1", e) ||
		    read_count(CACHE "/objects", objects, e) ||
		    read_count(CACHE "/slabs", slabs, e))
			return -1;
		if (!*objects && !*slabs)
			return 0;
		if (tries)
			nanosleep(&pause, NULL);
	}
	return 0;
}

static int slab_round(struct workload_ctx *c, struct err *e)
{
	long objects = 0, slabs = 0;

	if (wctx_module_run(c, DEBUGFS "/run", e) || count_left(c, &objects, &slabs, e))
		return -1;
	if (objects || slabs)
		return wctx_fail(c, e,
				 "%ld objects and %ld slabs of the cache are left after all were freed",
				 objects, slabs);
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static void slab_teardown(struct workload_ctx *c)
{
	(void)c;
	kmem_cgroup_end();
}

static const char *const ops[] = { "single", "bulk", "rcu", NULL };
static const char *const orders[] = { "lifo", "fifo", "random", NULL };
static const char *const cpus[] = { "one", "all", NULL };
static const char *const freers[] = { "same", "next", NULL };

static const struct param slab_params[] = {
	{ .name = "op",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "single",
	  .choices = ops,
	  .help = "single: kmem_cache_alloc and _free; bulk: their bulk forms; rcu: kfree_rcu frees" },
	{ .name = "size",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 8192,
	  .def = "64",
	  .help = "size of one object; with rcu at least the 16 of an rcu_head" },
	{ .name = "batch",
	  .type = PARAM_INT,
	  .unit = "objects",
	  .min = 1,
	  .max = 65536,
	  .def = "128",
	  .help = "objects that are allocated, then freed" },
	{ .name = "bulk",
	  .type = PARAM_INT,
	  .unit = "objects",
	  .min = 1,
	  .max = 65536,
	  .def = "16",
	  .help = "objects in one call of op bulk" },
	{ .name = "iterations",
	  .type = PARAM_INT,
	  .unit = "batches",
	  .min = 1,
	  .max = 1000000,
	  .def = "100",
	  .help = "batches in one round" },
	{ .name = "order",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "lifo",
	  .choices = orders,
	  .help = "order of the frees" },
	{ .name = "cpus",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "one",
	  .choices = cpus,
	  .help = "one; all at once, each with batches of its own" },
	{ .name = "free_on",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "same",
	  .choices = freers,
	  .help = "CPU that frees: the same that allocated, or the next one" },
	{ .name = "account",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "SLAB_ACCOUNT, in a memory cgroup of its own" },
	{ .name = "canary",
	  .type = PARAM_INT,
	  .unit = "instructions",
	  .min = 0,
	  .max = 16,
	  .def = "0",
	  .help = "no-op instructions added to every operation: a known cost that must be found" },
	{ .name = "leak",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "keep an object: the workload has to come out as failed" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 4095,
	  .def = "0",
	  .help = "CPU that runs it, or allocates where the next one frees" },
	{ .name = NULL },
};

/* Metrics in ticks are recorded as "<name>.<suffix>" of the target's clock (workload.h). */
static const struct metric slab_metrics[] = {
	{ "slab_alloc", "ticks/op", DIR_LOWER, "allocating one object, less the empty loop" },
	{ "slab_free", "ticks/op", DIR_LOWER, "freeing one object, less the empty loop" },
	{ "slab_alloc_batch", "ticks/batch", DIR_LOWER, "allocating a batch, less the empty loop" },
	{ "slab_free_batch", "ticks/batch", DIR_LOWER, "freeing a batch, less the empty loop" },
	{ "slab_alloc_empty", "ticks/op", DIR_NONE,
	  "the loop without allocating, which was subtracted" },
	{ "slab_free_empty", "ticks/op", DIR_NONE,
	  "the loop without freeing, which was subtracted" },
	{ "slab_alloc.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "slab_alloc.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "slab_free.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "slab_free.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "operations", "operations", DIR_NONE, "objects allocated in a round, and as many freed" },
	{ .name = NULL },
};

/* The last for the counts of objects that are left. */
static const char *const slab_kconfig[] = { "CONFIG_MODULES=y",    "CONFIG_DEBUG_FS=y",
					    "CONFIG_CGROUPS=y",    "CONFIG_MEMCG=y",
					    "CONFIG_SLUB_DEBUG=y", NULL };

/* The entry points, the per-CPU sheaves, the barn and the slabs behind them, and the charging. */
static const char *const slab_functions[] = {
	"kmem_cache_alloc_noprof",
	"kmem_cache_free",
	"kmem_cache_alloc_bulk_noprof",
	"kmem_cache_free_bulk",
	"kvfree_call_rcu",
	"__kfree_rcu_sheaf",
	"rcu_free_sheaf",
	"__pcs_replace_empty_main",
	"__pcs_replace_full_main",
	"barn_get_empty_sheaf",
	"barn_replace_empty_sheaf",
	"barn_replace_full_sheaf",
	"refill_objects",
	"__sheaf_flush_main_batch",
	"__kmem_cache_alloc_bulk",
	"__kmem_cache_free_bulk",
	"___slab_alloc",
	"__slab_free",
	"__memcg_slab_post_alloc_hook",
	"__memcg_slab_free_hook",
	"obj_cgroup_charge",
	"obj_cgroup_uncharge",
	"__refill_obj_stock",
	NULL,
};

const struct workload workload_slab_bench = {
	.name = "slab_bench",
	.summary =
		"the cost of a kmem_cache: single, in bulk, by RCU, remote, charged; nothing may be left",
	.module = "slab_bench",
	.kconfig = slab_kconfig,
	.functions = slab_functions,
	.params = slab_params,
	.metrics = slab_metrics,
	.own_window = true,
	.setup = slab_setup,
	.round = slab_round,
	.teardown = slab_teardown,
};
