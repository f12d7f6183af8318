// SPDX-License-Identifier: GPL-2.0
/* event_bench: a known number of one instruction, executed by kmods/event_bench.c in a window. */
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/event_bench"

static int event_setup(struct workload_ctx *c, struct err *e)
{
	return wctx_bind((int)wctx_int(c, "cpu"), e);
}

static int event_round(struct workload_ctx *c, struct err *e)
{
	if (wctx_module_run(c, DEBUGFS "/run", e))
		return -1;
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static const char *const events[] = { "loop",
				      /* x86_64 */
				      "lock", "invlpg", "invpcid", "cr3_write", "wrmsr", "mfence",
				      /* s390x */
				      "ipte.range", "ipte.global", "ipte.local", "idte.global",
				      "idte.local", "csp", "cspg", "ptlb", "sske.quiescing", "sske",
				      "sigp.sense", "laa", "cs", "mviy",
				      /* aarch64 */
				      "tlbi.broadcast", "tlbi.local", "dsb", "lse_atomic",
				      "load_exclusive", "store_exclusive", "ttbr0_write",
				      "ttbr1_write", NULL };

static const struct param event_params[] = {
	{ .name = "event",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "loop",
	  .choices = events,
	  .help = "instruction to execute; loop: 3 × count instructions of a loop" },
	{ .name = "count",
	  .type = PARAM_INT,
	  .unit = "instructions",
	  .min = 1,
	  .max = 10000000,
	  .def = "1000",
	  .help = "how often in one round" },
	{ .name = "all_cpus",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "on all CPUs at the same time, CPU n (n + 1) × count times" },
	{ .name = "leave_open",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "leave a window open: the workload has to come out as broken" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 1023,
	  .def = "0",
	  .help = "CPU that runs it" },
	{ .name = NULL },
};

static const struct metric event_metrics[] = {
	{ "executed", "events", DIR_NONE, "how many were executed, by the module's own account" },
	{ .name = NULL },
};

static const char *const event_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_DEBUG_FS=y", NULL };

const struct workload workload_event_bench = {
	.name = "event_bench",
	.summary = "exactly N of one instruction, the truth that counters are held against",
	.module = "event_bench",
	.kconfig = event_kconfig,
	.params = event_params,
	.metrics = event_metrics,
	.own_window = true,
	.setup = event_setup,
	.round = event_round,
};
