// SPDX-License-Identifier: GPL-2.0
/*
 * isolated: a task that should stay in user space. It spins on one CPU and reads the clock, calling the kernel a known
 * number of times, in an isolated window: with the plugin's excursions=on every stay in the kernel is counted and
 * measured, and what exceeds the calls came from the kernel itself.
 */
#include <stdlib.h>

#include "workloads/isolated_cpu.h"

#define NS_PER_MS 1000000

static void isolated_teardown(struct workload_ctx *c)
{
	if (c->priv)
		isolated_cpu_end(c->priv);
	free(c->priv);
	c->priv = NULL;
}

static int isolated_setup(struct workload_ctx *c, struct err *e)
{
	struct spinner_conf conf = {
		.other = -1,
		.loops = (uint64_t)wctx_int(c, "loops"),
		.duration = (uint64_t)wctx_int(c, "duration") * NS_PER_MS,
		.syscalls = (uint64_t)wctx_int(c, "syscalls"),
	};

	if (!conf.loops && !conf.duration)
		return err_set(e, ERR_INFRA, "a round without loops needs a duration");
	c->priv = xcalloc(1, sizeof(struct isolated_cpu));
	return isolated_cpu_begin(c->priv, c, &conf, e);
}

static int isolated_round(struct workload_ctx *c, struct err *e)
{
	struct isolated_cpu *i = c->priv;

	if (spinner_gate(i->spinner, e))
		return -1;
	spinner_settle();
	wctx_window_open(c);
	if (spinner_watch(i->spinner, e) || spinner_wait(i->spinner, e) ||
	    isolated_cpu_finish(i, c, e))
		return -1;
	wctx_value(c, "calls", "count", -1, (double)spinner_result(i->spinner)->calls);
	return 0;
}

static const struct param isolated_params[] = {
	ISOLATED_CPU_PARAMS,
	{ .name = "loops",
	  .type = PARAM_INT,
	  .unit = "iterations",
	  .min = 0,
	  .max = 1000000000,
	  .def = "1000000",
	  .help = "readings of the clock in one round; 0: the duration ends it" },
	{ .name = "duration",
	  .type = PARAM_INT,
	  .unit = "ms",
	  .min = 0,
	  .max = 3600000,
	  .def = "0",
	  .help = "length of a round, when loops is 0" },
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
	ISOLATED_CPU_METRICS,
	{ "calls", "calls", DIR_NONE, "system calls of one round" },
	{ .name = NULL },
};

const struct workload workload_isolated = {
	.name = "isolated",
	.summary = "a spinning task that should stay in user space, and how often it does not",
	.params = isolated_params,
	.metrics = isolated_metrics,
	.own_window = true,
	.setup = isolated_setup,
	.round = isolated_round,
	.teardown = isolated_teardown,
};
