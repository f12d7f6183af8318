// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc_bench: the cost of kmalloc() and kfree(); the measuring is done by kmods/kmalloc_bench.c.
 * Here is what has to be done from outside: the CPU, and a memory cgroup to charge.
 */
#include "workloads/kmem_cgroup.h"
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/kmalloc_bench"

static int kmalloc_setup(struct workload_ctx *c, struct err *e)
{
	if (wctx_bind((int)wctx_int(c, "cpu"), e))
		return -1;
	return kmem_cgroup_begin(wctx_int(c, "account"), e);
}

static int kmalloc_round(struct workload_ctx *c, struct err *e)
{
	if (wctx_module_run(c, DEBUGFS "/run", e))
		return -1;
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static void kmalloc_teardown(struct workload_ctx *c)
{
	(void)c;
	kmem_cgroup_end();
}

static const char *const orders[] = { "lifo", "fifo", "random", "mixed", NULL };

static const struct param kmalloc_params[] = {
	{ .name = "size",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 4 << 20,
	  .def = "64",
	  .help = "size of one object; the kernel's KMALLOC_MAX_SIZE may be lower" },
	{ .name = "batch",
	  .type = PARAM_INT,
	  .unit = "objects",
	  .min = 1,
	  .max = 65536,
	  .def = "128",
	  .help = "objects that are allocated, then freed" },
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
	  .help = "order of the frees; mixed: allocate 16, free the 8 oldest, and so on" },
	{ .name = "preempt_off",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "disable preemption around each batch (allocates with GFP_NOWAIT; not on RT)" },
	{ .name = "account",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "GFP_KERNEL_ACCOUNT, in a memory cgroup of its own" },
	{ .name = "canary",
	  .type = PARAM_INT,
	  .unit = "instructions",
	  .min = 0,
	  .max = 16,
	  .def = "0",
	  .help = "no-op instructions added to every operation: a known cost that must be found" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = -1,
	  .max = 4095,
	  .def = "0",
	  .help = "CPU that runs it; -1: wherever the scheduler puts it" },
	{ .name = NULL },
};

/* Metrics in ticks are recorded as "<name>.<suffix>" of the target's clock (workload.h). */
static const struct metric kmalloc_metrics[] = {
	{ "kmalloc", "ticks/op", DIR_LOWER, "one kmalloc, less the empty loop" },
	{ "kfree", "ticks/op", DIR_LOWER, "one kfree, less the empty loop" },
	{ "kmalloc_batch", "ticks/batch", DIR_LOWER,
	  "all kmallocs of a batch, less the empty loop" },
	{ "kfree_batch", "ticks/batch", DIR_LOWER, "all kfrees of a batch, less the empty loop" },
	{ "kmalloc_empty", "ticks/op", DIR_NONE, "the loop without kmalloc, which was subtracted" },
	{ "kfree_empty", "ticks/op", DIR_NONE, "the loop without kfree, which was subtracted" },
	{ "kmalloc.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "kmalloc.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "kfree.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "kfree.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "operations", "operations", DIR_NONE, "kmallocs of a round, and as many kfrees" },
	{ .name = NULL },
};

static const char *const kmalloc_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_DEBUG_FS=y",
					       "CONFIG_CGROUPS=y", "CONFIG_MEMCG=y", NULL };

/* The entry points, what the per-CPU sheaves, the barn and the slabs behind them do, and the charging. */
static const char *const kmalloc_functions[] = {
	"__kmalloc_noprof",
	"__kmalloc_large_noprof",
	"__kmalloc_large_node_noprof",
	"___kmalloc_large_node",
	"kfree",
	"free_large_kmalloc",
	"__pcs_replace_empty_main",
	"__pcs_replace_full_main",
	"barn_get_empty_sheaf",
	"barn_replace_empty_sheaf",
	"barn_replace_full_sheaf",
	"refill_objects",
	"__sheaf_flush_main_batch",
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

const struct workload workload_kmalloc_bench = {
	.name = "kmalloc_bench",
	.summary = "the cost of kmalloc and kfree, timed apart inside the kernel",
	.module = "kmalloc_bench",
	.kconfig = kmalloc_kconfig,
	.functions = kmalloc_functions,
	.params = kmalloc_params,
	.metrics = kmalloc_metrics,
	.own_window = true,
	.setup = kmalloc_setup,
	.round = kmalloc_round,
	.teardown = kmalloc_teardown,
};
