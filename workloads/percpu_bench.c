// SPDX-License-Identifier: GPL-2.0
/*
 * percpu_bench: the cost of operations on per-CPU variables, and of allocating per-CPU memory; the
 * measuring is done by kmods/percpu_*.c, which also says whether the variables came out right.
 */
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/percpu_bench"

static int percpu_setup(struct workload_ctx *c, struct err *e)
{
	return wctx_bind((int)wctx_int(c, "cpu"), e);
}

static int percpu_round(struct workload_ctx *c, struct err *e)
{
	struct err wrong = ERR_INIT;

	if (wctx_module_run(c, DEBUGFS "/run", e))
		return -1;
	if (wctx_write(DEBUGFS "/check", "1", &wrong))
		return wctx_fail(c, e, "per-CPU memory is not what the operations make of it");
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static const char *const ops[] = { "read", "write", "inc",     "add",        "add_return", "and",
				   "or",   "xchg",  "cmpxchg", "cmpxchg128", "alloc",      NULL };
static const char *const kinds[] = { "this_cpu", "__this_cpu", "ptr", "raw", NULL };
static const char *const forms[] = { "loop", "leaf", NULL };
static const char *const cpus[] = { "one", "all", "migrating", NULL };

static const struct param percpu_params[] = {
	{ .name = "op",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "inc",
	  .choices = ops,
	  .help = "operation; inc: add of the constant 1; alloc: alloc_percpu and free_percpu" },
	{ .name = "width",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 16,
	  .def = "8",
	  .help = "of the variable: 1, 2, 4 or 8; 16 with cmpxchg128 alone; no matter with alloc" },
	{ .name = "kind",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "this_cpu",
	  .choices = kinds,
	  .help = "family of the operation; ptr: C on what this_cpu_ptr() gives; raw: raw_cpu" },
	{ .name = "form",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "loop",
	  .choices = forms,
	  .help = "loop: inlined into the loop; leaf: a call to a function that does nothing else" },
	{ .name = "cpus",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "one",
	  .choices = cpus,
	  .help = "one; all at once; migrating: a thread per CPU that is moved all the while, not measured, but "
		  "no operation may be lost (inc, add, add_return)" },
	{ .name = "size",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 32768,
	  .def = "64",
	  .help = "of one object of alloc, on every CPU" },
	{ .name = "batch",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 1,
	  .max = 65536,
	  .def = "1000",
	  .help = "operations that are timed together, with interrupts off (alloc: on)" },
	{ .name = "iterations",
	  .type = PARAM_INT,
	  .unit = "batches",
	  .min = 1,
	  .max = 1000000,
	  .def = "100",
	  .help = "batches in one round; migrating: how often each thread is moved" },
	{ .name = "canary",
	  .type = PARAM_INT,
	  .unit = "instructions",
	  .min = 0,
	  .max = 16,
	  .def = "0",
	  .help = "no-op instructions added to every operation: a known cost that must be found" },
	{ .name = "spoil",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "change the memory from outside: the workload has to come out as failed" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 4095,
	  .def = "0",
	  .help = "CPU that runs it" },
	{ .name = NULL },
};

/* Metrics in ticks are recorded as "<name>.<suffix>" of the target's clock (workload.h). */
static const struct metric percpu_metrics[] = {
	{ "percpu", "ticks/op", DIR_LOWER,
	  "one operation, less the empty loop; of a leaf: without call and return" },
	{ "percpu_batch", "ticks/batch", DIR_LOWER,
	  "all operations of a batch, less the empty loop" },
	{ "percpu_empty", "ticks/op", DIR_NONE,
	  "the loop without the operation, which was subtracted" },
	{ "percpu.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "percpu.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "percpu_alloc", "ticks/op", DIR_LOWER, "one alloc_percpu, less the empty loop" },
	{ "percpu_alloc_batch", "ticks/batch", DIR_LOWER, "all of a batch, less the empty loop" },
	{ "percpu_alloc_empty", "ticks/op", DIR_NONE, "the loop without it, which was subtracted" },
	{ "percpu_alloc.pmu_instructions", "instructions/op", DIR_LOWER,
	  "instructions by the PMU" },
	{ "percpu_alloc.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "percpu_free", "ticks/op", DIR_LOWER, "one free_percpu, less the empty loop" },
	{ "percpu_free_batch", "ticks/batch", DIR_LOWER, "all of a batch, less the empty loop" },
	{ "percpu_free_empty", "ticks/op", DIR_NONE, "the loop without it, which was subtracted" },
	{ "percpu_free.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "percpu_free.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "operations", "operations", DIR_NONE, "operations of a round, on all CPUs together" },
	{ "migrations", "migrations", DIR_NONE, "how often a thread was sent to another CPU" },
	{ .name = NULL },
};

static const char *const percpu_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_DEBUG_FS=y", NULL };

/* The operations themselves are in the module; these are what they call, and the allocator. */
static const char *const percpu_functions[] = {
	"preempt_schedule_notrace",
	"pcpu_alloc_noprof",
	"pcpu_find_block_fit",
	"pcpu_alloc_area",
	"pcpu_block_update_hint_alloc",
	"pcpu_chunk_relocate",
	"pcpu_memcg_post_alloc_hook",
	"free_percpu",
	"pcpu_free_area",
	"pcpu_block_update_hint_free",
	"pcpu_block_refresh_hint",
	"pcpu_chunk_refresh_hint",
	"pcpu_memcg_free_hook",
	NULL,
};

const struct workload workload_percpu_bench = {
	.name = "percpu_bench",
	.summary =
		"the cost of this_cpu operations and of allocating per-CPU memory, checked for lost updates",
	.module = "percpu_bench",
	.kconfig = percpu_kconfig,
	.functions = percpu_functions,
	.params = percpu_params,
	.metrics = percpu_metrics,
	.own_window = true,
	.setup = percpu_setup,
	.round = percpu_round,
};
