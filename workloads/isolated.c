// SPDX-License-Identifier: GPL-2.0
/*
 * isolated: a task that should stay in user space. It spins on one CPU, calling the kernel a known number of
 * times, in an isolated window: with the plugin's excursions=on every stay in the kernel is counted and
 * measured, and what exceeds the calls came from the kernel itself.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "kmods/kdelta_marker.h"
#include "workloads/workload.h"

static int isolated_setup(struct workload_ctx *c, struct err *e)
{
	long long cpu = wctx_int(c, "cpu");

	if (cpu >= sysconf(_SC_NPROCESSORS_ONLN)) {
		c->state = WL_SKIPPED;
		return err_set(e, ERR_INFRA, "there is no CPU %lld", cpu);
	}
	return wctx_bind((int)cpu, e);
}

/* Not to be optimised away, and without memory, which could fault. */
static void spin(long long loops)
{
	while (loops--)
		asm volatile("" : "+r"(loops));
}

static int isolated_round(struct workload_ctx *c, struct err *e)
{
	long long calls = wctx_int(c, "syscalls"), loops = wctx_int(c, "loops");

	(void)e;
	kdelta_open_isolated(KDELTA_WINDOW_ISOLATED);
	for (long long i = 0; i < calls; i++) {
		spin(loops / (calls + 1));
		syscall(SYS_getppid);
	}
	spin(loops / (calls + 1));
	kdelta_close_isolated(KDELTA_WINDOW_ISOLATED);
	wctx_value(c, "calls", "count", -1, (double)calls);
	return 0;
}

static const struct param isolated_params[] = {
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 4095,
	  .def = "0",
	  .help = "the CPU that it has for itself" },
	{ .name = "loops",
	  .type = PARAM_INT,
	  .unit = "iterations",
	  .min = 0,
	  .max = 1000000000,
	  .def = "1000000",
	  .help = "length of the spinning of one round" },
	{ .name = "syscalls",
	  .type = PARAM_INT,
	  .unit = "calls",
	  .min = 0,
	  .max = 1000000,
	  .def = "0",
	  .help = "system calls, spread over the spinning: stays in the kernel of a known number" },
	{ .name = NULL },
};

static const struct metric isolated_metrics[] = {
	{ "calls", "calls", DIR_NONE, "system calls of one round" },
	{ .name = NULL },
};

const struct workload workload_isolated = {
	.name = "isolated",
	.summary = "a spinning task that should stay in user space",
	.params = isolated_params,
	.metrics = isolated_metrics,
	.setup = isolated_setup,
	.round = isolated_round,
};
