// SPDX-License-Identifier: GPL-2.0
/*
 * drain: triggers against an isolated task. On one CPU a task spins in user space, after it has left something in the
 * CPU's caches; on another, this process does what makes the kernel want it back. Per trigger:
 *
 *	prepare → the task makes its caches dirty → its window opens → trigger, timed → wait for the next one's time
 *
 * so that the window of the task is open for all of the time in which the trigger may disturb it, and never while it
 * calls the kernel itself. The first trigger of a round is not counted: it takes away what was in the caches before.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "workloads/isolated_cpu.h"
#include "workloads/ticks.h"
#include "workloads/trigger.h"

#define NS_PER_S 1000000000ULL

struct drain {
	struct isolated_cpu on;
	struct trigger_run trigger;
	struct hist latency; /* of a round, ns */
	uint64_t empty; /* ns, of the caller's clock */
};

static void drain_teardown(struct workload_ctx *c)
{
	struct drain *d = c->priv;

	if (!d)
		return;
	trigger_close(&d->trigger);
	isolated_cpu_end(&d->on);
	free(d);
	c->priv = NULL;
}

static int drain_setup(struct workload_ctx *c, struct err *e)
{
	const struct trigger *how = trigger_find(wctx_str(c, "trigger"));
	struct spinner_conf conf = { .other = how->second_thread ? 0 : -1,
				     .barrier = how->barrier };
	struct drain *d = c->priv = xcalloc(1, sizeof(*d));

	if (trigger_open(&d->trigger, how, c, e) || isolated_cpu_begin(&d->on, c, &conf, e))
		return -1;
	d->trigger.spinner = d->on.spinner;
	if (how->work)
		recorder_fact(&c->r, "trigger.work", how->work);
	return 0;
}

static void wait_until(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int one_trigger(struct drain *d, struct err *e)
{
	if (trigger_prepare(&d->trigger, e) || spinner_watch(d->on.spinner, e) ||
	    trigger_run(&d->trigger, e))
		return -1;
	hist_add(&d->latency, ticks_less(d->trigger.ns, d->empty));
	return 0;
}

/* The n-th one comes n periods after the first; the last has a period to itself like the others. */
static int pull_triggers(struct drain *d, uint64_t count, uint64_t period, struct err *e)
{
	uint64_t start = clock_ns();

	d->latency = (struct hist){ .max = 0 };
	for (uint64_t i = 0; i < count; i++) {
		if (one_trigger(d, e))
			return -1;
		if (period)
			wait_until(start + (i + 1) * period);
	}
	return spinner_rest(d->on.spinner, e);
}

static int drain_round(struct workload_ctx *c, struct err *e)
{
	struct drain *d = c->priv;
	uint64_t count = (uint64_t)wctx_int(c, "count"), rate = (uint64_t)wctx_int(c, "rate");

	if (spinner_gate(d->on.spinner, e) || trigger_prepare(&d->trigger, e) ||
	    trigger_run(&d->trigger, e))
		return -1;
	d->empty = clock_empty(clock_ns);
	spinner_settle();
	wctx_window_open(c);
	if (pull_triggers(d, count, rate ? NS_PER_S / rate : 0, e) ||
	    isolated_cpu_finish(&d->on, c, e))
		return -1;
	wctx_value(c, "triggers", "count", -1, (double)count);
	wctx_value(c, "caller.empty", "min", -1, (double)d->empty);
	wctx_hist(c, "caller.latency", -1, &d->latency);
	return 0;
}

static const struct param drain_params[] = {
	ISOLATED_CPU_PARAMS,
	{ .name = "trigger",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "drop_caches",
	  .choices = trigger_names,
	  .help = "what is done on another CPU; none: nothing, for comparison" },
	{ .name = "count",
	  .type = PARAM_INT,
	  .unit = "triggers",
	  .min = 1,
	  .max = 1000000,
	  .def = "20",
	  .help = "triggers of one round" },
	{ .name = "rate",
	  .type = PARAM_INT,
	  .unit = "triggers/s",
	  .min = 0,
	  .max = 100000,
	  .def = "50",
	  .help = "triggers per second; 0: one after the other" },
	{ .name = NULL },
};

static const struct metric drain_metrics[] = {
	ISOLATED_CPU_METRICS,
	{ "triggers", "triggers", DIR_NONE, "triggers of one round" },
	{ "caller.latency", "ns", DIR_LOWER, "how long a trigger kept its caller" },
	{ "caller.empty", "ns", DIR_NONE, "reading the caller's clock, which was subtracted" },
	{ .name = NULL },
};

static const char *const drain_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_MODULE_UNLOAD=y",
					     "CONFIG_DEBUG_FS=y", NULL };

const struct workload workload_drain = {
	.name = "drain",
	.summary = "what disturbs an isolated task: drains of per-CPU caches, interrupts, flushes",
	.module = "drain_trigger",
	.module_bare = true,
	.kconfig = drain_kconfig,
	.cpus = 2,
	.params = drain_params,
	.metrics = drain_metrics,
	.own_window = true,
	.setup = drain_setup,
	.round = drain_round,
	.teardown = drain_teardown,
};
