// SPDX-License-Identifier: GPL-2.0
/*
 * cyclictest (rt-tests): how late a thread wakes that sleeps until a known time, one thread per CPU, each a known
 * number of times.
 */
#include "workloads/cyclictest.h"

#include "workloads/tool.h"
#include "workloads/workload.h"

#define OUTPUT_MAX_BYTES (8 << 20)

static int cyclictest_setup(struct workload_ctx *c, struct err *e)
{
	return tool_cpus_setup(c, "cyclictest", e);
}

static void push_cpus(const struct tool_cpus *s, struct strv *argv)
{
	cleanup_str struct str list = STR_INIT;

	tool_cpus_add(s, &list);
	strv_pushf(argv, "--affinity=%s", list.buf);
	strv_pushf(argv, "--threads=%d", s->n);
}

static void push_args(const struct workload_ctx *c, struct strv *argv)
{
	strv_push(argv, "cyclictest");
	strv_push(argv, "--quiet");
	strv_push(argv, "--mlockall");
	push_cpus(c->priv, argv);
	strv_pushf(argv, "--histogram=%lld", wctx_int(c, "limit"));
	strv_pushf(argv, "--loops=%lld", wctx_int(c, "loops"));
	strv_pushf(argv, "--interval=%lld", wctx_int(c, "interval"));
	strv_pushf(argv, "--priority=%lld", wctx_int(c, "priority"));
	strv_pushf(argv, "--policy=%s", wctx_int(c, "priority") ? "fifo" : "other");
}

static void record(struct workload_ctx *c, int cpu, const struct cyclictest_thread *t)
{
	wctx_hist(c, "latency", cpu, &t->latency);
	wctx_value(c, "latency_min", "min", cpu, (double)t->min * 1e3);
	wctx_value(c, "latency_mean", "mean", cpu, (double)t->mean * 1e3);
	wctx_value(c, "latency_max", "max", cpu, (double)t->max * 1e3);
	tool_timed_value(c, "over_limit", "count", cpu, (double)t->over);
}

/* cyclictest ends when the first of its threads has done all of its loops; the others are cut short. */
static int check_wakeups(struct workload_ctx *c, const struct cyclictest_thread *t, size_t n,
			 struct err *e)
{
	uint64_t loops = (uint64_t)wctx_int(c, "loops"), most = 0;

	for (size_t i = 0; i < n; i++)
		if (t[i].samples + t[i].over > most)
			most = t[i].samples + t[i].over;
	wctx_value(c, "wakeups", "count", -1, (double)most);
	if (most == loops)
		return 0;
	return wctx_fail(c, e, "cyclictest woke %llu times at most, and %llu were asked for",
			 (unsigned long long)most, (unsigned long long)loops);
}

static int take_results(struct workload_ctx *c, const char *text, struct err *e)
{
	const struct tool_cpus *s = c->priv;
	size_t n = (size_t)s->n;
	cleanup_free struct cyclictest_thread *t = xcalloc(n, sizeof(*t));

	if (cyclictest_parse(text, t, n, e) || check_wakeups(c, t, n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		record(c, s->cpu[i], &t[i]);
	return 0;
}

static int cyclictest_round(struct workload_ctx *c, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct exec x;
	int ret;

	push_args(c, &argv);
	exec_init(&x, (const char *const *)argv.v);
	x.output_max = OUTPUT_MAX_BYTES;
	ret = exec_run(&x, e) || exec_check(&x, e) || take_results(c, x.out.buf, e);
	exec_release(&x);
	return ret ? -1 : 0;
}

static const struct param cyclictest_params[] = {
	{ .name = "cpus",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .check = tool_check_cpus,
	  .help = "CPUs, with a thread on each, as \"1,3-5\"; empty: all" },
	{ .name = "loops",
	  .type = PARAM_INT,
	  .unit = "wakeups",
	  .min = 1,
	  .max = 1000000000,
	  .def = "1000",
	  .help = "how often the first thread to finish has slept and woken; it ends the others" },
	{ .name = "interval",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 1,
	  .max = 1000000,
	  .def = "1000",
	  .help = "from one wakeup to the next" },
	{ .name = "priority",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 99,
	  .def = "80",
	  .help = "SCHED_FIFO priority of the threads; 0: SCHED_OTHER" },
	{ .name = "limit",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 1,
	  .max = 100000,
	  .def = "10000",
	  .help = "what is later than this is counted, and only the latest one of them is known" },
	{ .name = NULL },
};

static const struct metric cyclictest_metrics[] = {
	{ "latency", "ns", DIR_LOWER, "how late each wakeup was, in whole microseconds" },
	{ "latency_min", "ns", DIR_LOWER, "the earliest wakeup of a CPU" },
	{ "latency_mean", "ns", DIR_LOWER, "mean of a CPU, in whole microseconds" },
	{ "latency_max", "ns", DIR_LOWER, "the latest wakeup of a CPU" },
	{ "wakeups", "wakeups", DIR_NONE, "wakeups of the CPU that was done first" },
	{ "over_limit", "wakeups", DIR_LOWER, "wakeups of a CPU that were later than the limit" },
	{ .name = NULL },
};

static const char *const cyclictest_packages[] = { "rt-tests", NULL };

const struct workload workload_cyclictest = {
	.name = "cyclictest",
	.summary = "how late a sleeping thread wakes, on each CPU (rt-tests)",
	.packages = cyclictest_packages,
	.params = cyclictest_params,
	.metrics = cyclictest_metrics,
	.setup = cyclictest_setup,
	.round = cyclictest_round,
	.teardown = tool_cpus_teardown,
};
