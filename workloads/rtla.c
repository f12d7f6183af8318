// SPDX-License-Identifier: GPL-2.0
/*
 * rtla: the kernel's own osnoise and timerlat tracers, by the tool that comes with Linux. Both run for a time and not
 * for a number of events, for that is how they are asked.
 */
#include "workloads/rtla.h"

#include <string.h>

#include "workloads/tool.h"
#include "workloads/workload.h"

#define OUTPUT_MAX_BYTES (16 << 20)

static int rtla_setup(struct workload_ctx *c, struct err *e)
{
	return tool_cpus_setup(c, "rtla", e);
}

static void push_common(const struct workload_ctx *c, struct strv *argv)
{
	cleanup_str struct str list = STR_INIT;
	long long priority = wctx_int(c, "priority");

	tool_cpus_add(c->priv, &list);
	strv_push(argv, "-c");
	strv_push(argv, list.buf);
	strv_push(argv, "-d");
	strv_pushf(argv, "%llds", wctx_int(c, "duration"));
	if (priority) {
		strv_push(argv, "-P");
		strv_pushf(argv, "f:%lld", priority);
	}
}

/* In a second: how many periods a CPU got to in the time of a round is not the same in every one. */
static void record_rate(struct workload_ctx *c, const char *metric, const struct rtla_noise *n,
			uint64_t count)
{
	tool_timed_value(c, metric, "mean", (int)n->cpu, (double)count * 1e6 / (double)n->runtime);
}

static void record_noise(struct workload_ctx *c, const struct rtla_noise *n)
{
	int cpu = (int)n->cpu;

	wctx_value(c, "runtime", "total", cpu, (double)n->runtime * 1e3);
	wctx_value(c, "noise_max", "max", cpu, (double)n->max_noise * 1e3);
	wctx_value(c, "noise_single", "max", cpu, (double)n->max_single * 1e3);
	if (!n->runtime)
		return;
	wctx_value(c, "noise", "mean", cpu, (double)n->noise * 1e9 / (double)n->runtime);
	record_rate(c, "noise_hw", n, n->hw);
	record_rate(c, "noise_nmi", n, n->nmi);
	record_rate(c, "noise_irq", n, n->irq);
	record_rate(c, "noise_softirq", n, n->softirq);
	record_rate(c, "noise_thread", n, n->thread);
}

static int check_cpu(const struct tool_cpus *s, uint64_t cpu, struct err *e)
{
	for (int i = 0; i < s->n; i++)
		if ((uint64_t)s->cpu[i] == cpu)
			return 0;
	return err_set(e, ERR_INFRA, "rtla speaks of CPU %llu, which it was not asked for",
		       (unsigned long long)cpu);
}

static int take_noise(struct workload_ctx *c, const char *text, struct err *e)
{
	const struct tool_cpus *s = c->priv;
	cleanup_free struct rtla_noise *n = xcalloc((size_t)s->n, sizeof(*n));
	int found = rtla_parse_noise(text, n, (size_t)s->n, e);

	for (int i = 0; i < found; i++) {
		if (check_cpu(s, n[i].cpu, e))
			return -1;
		record_noise(c, &n[i]);
	}
	return found < 0 ? -1 : 0;
}

static void record_latency(struct workload_ctx *c, const struct rtla_latency *l)
{
	const char *name = l->thread ? "thread_latency" : "irq_latency";
	const char *max = l->thread ? "thread_latency_max" : "irq_latency_max";
	int cpu = (int)l->cpu;

	wctx_hist(c, name, cpu, &l->latency);
	wctx_value(c, max, "max", cpu, (double)l->max * 1e3);
	if (l->thread)
		tool_timed_value(c, "wakeups", "count", cpu, (double)l->count);
}

static int take_latency(struct workload_ctx *c, const char *text, struct err *e)
{
	const struct tool_cpus *s = c->priv;
	size_t max = 2 * (size_t)s->n;
	cleanup_free struct rtla_latency *l = xcalloc(max, sizeof(*l));
	int found = rtla_parse_latency(text, (uint64_t)wctx_int(c, "limit"), l, max, e);

	for (int i = 0; i < found; i++) {
		if (check_cpu(s, l[i].cpu, e))
			return -1;
		record_latency(c, &l[i]);
	}
	return found < 0 ? -1 : 0;
}

#define OSNOISE_PERIOD 100000 /* us; rtla's own second leaves nothing of a run of a second */
#define TIMERLAT_PERIOD 1000 /* us; rtla's own */

static void push_period(const struct workload_ctx *c, const char *option, long long def,
			struct strv *argv)
{
	long long period = wctx_int(c, "period");

	strv_push(argv, option);
	strv_pushf(argv, "%lld", period ? period : def);
}

/* The whole period is runtime: a CPU is watched all the time. */
static void push_osnoise(const struct workload_ctx *c, struct strv *argv)
{
	strv_push(argv, "osnoise");
	strv_push(argv, "top");
	strv_push(argv, "-q");
	push_period(c, "-p", OSNOISE_PERIOD, argv);
	push_period(c, "-r", OSNOISE_PERIOD, argv);
}

static void push_timerlat(const struct workload_ctx *c, struct strv *argv)
{
	strv_push(argv, "timerlat");
	strv_push(argv, "hist");
	strv_push(argv, "-E");
	strv_pushf(argv, "%lld", wctx_int(c, "limit"));
	push_period(c, "-p", TIMERLAT_PERIOD, argv);
}

/* In the order of the choices. osnoise has no histogram here: that of rtla needs CONFIG_HIST_TRIGGERS. */
static const struct mode {
	const char *name;
	void (*push)(const struct workload_ctx *c, struct strv *argv);
	int (*take)(struct workload_ctx *c, const char *text, struct err *e);
} modes[] = {
	{ "osnoise", push_osnoise, take_noise },
	{ "timerlat", push_timerlat, take_latency },
};

static const char *const tools[] = { "osnoise", "timerlat", NULL };

static const struct mode *mode_of(const struct workload_ctx *c)
{
	return &modes[strcmp(wctx_str(c, "tool"), modes[0].name) ? 1 : 0];
}

static int rtla_round(struct workload_ctx *c, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;
	const struct mode *mode = mode_of(c);
	struct exec x;
	int ret;

	strv_push(&argv, "rtla");
	mode->push(c, &argv);
	push_common(c, &argv);
	exec_init(&x, (const char *const *)argv.v);
	x.output_max = OUTPUT_MAX_BYTES;
	ret = exec_run(&x, e) || exec_check(&x, e) || mode->take(c, x.out.buf, e);
	exec_release(&x);
	return ret ? -1 : 0;
}

static const struct param rtla_params[] = {
	{ .name = "tool",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "timerlat",
	  .choices = tools,
	  .help = "osnoise: what a spinning thread of each CPU loses; timerlat: how late a timer's "
		  "interrupt and the thread that it wakes are" },
	{ .name = "duration",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 1,
	  .max = 86400,
	  .def = "1",
	  .help = "length of one round" },
	{ .name = "cpus",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .check = tool_check_cpus,
	  .help = "CPUs, as \"1,3-5\"; empty: all" },
	{ .name = "period",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 0,
	  .max = 100000000,
	  .def = "0",
	  .help = "of the tracer; 0: 100 ms for osnoise, 1 ms for timerlat" },
	{ .name = "priority",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 99,
	  .def = "0",
	  .help = "SCHED_FIFO priority of the tracer's threads; 0: rtla's own" },
	{ .name = "limit",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 11,
	  .max = 9999998,
	  .def = "10000",
	  .help = "timerlat: what is later than this is counted, and only the latest one is known" },
	{ .name = NULL },
};

static const struct metric rtla_metrics[] = {
	{ "irq_latency", "ns", DIR_LOWER,
	  "how late the timer's interrupt was, in whole microseconds" },
	{ "irq_latency_max", "ns", DIR_LOWER, "the latest of a CPU" },
	{ "thread_latency", "ns", DIR_LOWER, "how late the thread woke, in whole microseconds" },
	{ "thread_latency_max", "ns", DIR_LOWER, "the latest of a CPU" },
	{ "wakeups", "wakeups", DIR_NONE, "wakeups of a CPU's thread" },
	{ "noise", "ns/s", DIR_LOWER, "time that a CPU lost, per second" },
	{ "runtime", "ns", DIR_NONE, "how long a CPU was watched" },
	{ "noise_max", "ns", DIR_LOWER, "most that was lost in one period" },
	{ "noise_single", "ns", DIR_LOWER, "most that was lost at once" },
	{ "noise_hw", "1/s", DIR_LOWER, "interruptions by hardware, hypervisor or emulator" },
	{ "noise_nmi", "1/s", DIR_LOWER, "interruptions by NMIs" },
	{ "noise_irq", "1/s", DIR_LOWER, "interruptions by interrupts" },
	{ "noise_softirq", "1/s", DIR_LOWER, "interruptions by softirqs" },
	{ "noise_thread", "1/s", DIR_LOWER, "interruptions by other threads" },
	{ .name = NULL },
};

static const char *const rtla_packages[] = { "rtla", NULL };
/* Those for which Debian 12 builds the package. */
static const char *const rtla_archs[] = { "x86_64", "aarch64", NULL };
static const char *const rtla_kconfig[] = { "CONFIG_OSNOISE_TRACER=y", "CONFIG_TIMERLAT_TRACER=y",
					    NULL };

const struct workload workload_rtla = {
	.name = "rtla",
	.summary = "the kernel's osnoise and timerlat tracers",
	.kconfig = rtla_kconfig,
	.archs = rtla_archs,
	.packages = rtla_packages,
	.params = rtla_params,
	.metrics = rtla_metrics,
	.setup = rtla_setup,
	.round = rtla_round,
	.teardown = tool_cpus_teardown,
};
