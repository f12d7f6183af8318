// SPDX-License-Identifier: GPL-2.0
/* vmalloc_bench: pages mapped into the kernel and unmapped; measured by kmods/vmalloc_bench.c. */
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/vmalloc_bench"

static int vmalloc_setup(struct workload_ctx *c, struct err *e)
{
	return wctx_bind((int)wctx_int(c, "cpu"), e);
}

static int vmalloc_round(struct workload_ctx *c, struct err *e)
{
	if (wctx_module_run(c, DEBUGFS "/run", e))
		return -1;
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static const struct param vmalloc_params[] = {
	{ .name = "pages",
	  .type = PARAM_INT,
	  .unit = "pages",
	  .min = 1,
	  .max = 1 << 20,
	  .def = "256",
	  .help = "pages of one area" },
	{ .name = "times",
	  .type = PARAM_INT,
	  .unit = "areas",
	  .min = 1,
	  .max = 1000000,
	  .def = "10",
	  .help = "areas that are mapped and unmapped in one round, one after the other" },
	{ .name = "huge",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "allow huge pages, where the architecture has them in vmalloc areas" },
	{ .name = "flush",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "flush the TLBs with each vfree, which else leaves that for later" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = -1,
	  .max = 4095,
	  .def = "0",
	  .help = "CPU that runs it; -1: wherever the scheduler puts it" },
	{ .name = NULL },
};

static const struct metric vmalloc_metrics[] = {
	{ "vmalloc", "ticks/op", DIR_LOWER, "one vmalloc, less the empty call" },
	{ "vfree", "ticks/op", DIR_LOWER, "one vfree, less the empty call" },
	{ "vmalloc_batch", "ticks/batch", DIR_LOWER, "the same, each of them" },
	{ "vfree_batch", "ticks/batch", DIR_LOWER, "the same, each of them" },
	{ "vmalloc_empty", "ticks/op", DIR_NONE, "the call without vmalloc, which was subtracted" },
	{ "vfree_empty", "ticks/op", DIR_NONE, "the call without vfree, which was subtracted" },
	{ "vmalloc.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "vmalloc.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "vfree.pmu_instructions", "instructions/op", DIR_LOWER, "instructions by the PMU" },
	{ "vfree.pmu_cycles", "cycles/op", DIR_LOWER, "CPU cycles by the PMU" },
	{ "operations", "operations", DIR_NONE, "areas of a round" },
	{ "pages", "pages", DIR_NONE, "pages that were mapped, and unmapped again" },
	{ .name = NULL },
};

static const char *const vmalloc_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_DEBUG_FS=y", NULL };

/* The entry points, and what maps, unmaps and flushes. */
static const char *const vmalloc_functions[] = {
	"__vmalloc_node_range_noprof",
	"__vmalloc_noprof",
	"vmalloc_huge_node_noprof",
	"alloc_vmap_area",
	"vmap_small_pages_range_noflush",
	"__vmap_pages_range_noflush",
	"vfree",
	"remove_vm_area",
	"__vunmap_range_noflush",
	"vunmap_range_noflush",
	"free_vmap_area_noflush",
	"__purge_vmap_area_lazy",
	"_vm_unmap_aliases",
	"vm_unmap_aliases",
	"flush_tlb_kernel_range",
	NULL,
};

const struct workload workload_vmalloc_bench = {
	.name = "vmalloc_bench",
	.summary = "the cost of mapping pages into the kernel by vmalloc, and of vfree",
	.module = "vmalloc_bench",
	.kconfig = vmalloc_kconfig,
	.functions = vmalloc_functions,
	.params = vmalloc_params,
	.metrics = vmalloc_metrics,
	.own_window = true,
	.setup = vmalloc_setup,
	.round = vmalloc_round,
};
