// SPDX-License-Identifier: GPL-2.0
/*
 * perf_record: one perf.data per workload, sampled in the windows of all of its rounds but those of warming up, and
 * kept as an artifact.
 */
#include <stdlib.h>
#include <unistd.h>

#include "collectors/collect_perf_tool.h"
#include "collectors/collector.h"
#include "workloads/artifact.h"

#define DATA "/tmp/kdelta-perf.data"

struct perf_record {
	struct perf_tool tool;
	bool sampled; /* a window was open */
};

static int perf_record_setup(struct collector_ctx *c, struct err *e)
{
	struct perf_record *s = xcalloc(1, sizeof(*s));
	cleanup_strv struct strv words = STRV_INIT;

	perf_tool_init(&s->tool);
	c->priv = s;
	if (perf_tool_need(c, e))
		return -1;
	strv_push(&words, "record");
	strv_push(&words, "--quiet");
	strv_push(&words, "--no-buildid-cache");
	strv_push(&words, "--output=" DATA);
	strv_pushf(&words, "--event=%s", collector_str(c, "events"));
	strv_pushf(&words, "--freq=%lld", collector_int(c, "frequency"));
	if (collector_int(c, "callgraph"))
		strv_push(&words, "-g");
	perf_tool_scope(c, &words);
	unlink(DATA);
	return perf_tool_start(&s->tool, &words, e);
}

static int perf_record_start(struct collector_ctx *c, struct err *e)
{
	struct perf_record *s = c->priv;

	if (c->r.round < 0)
		return 0;
	s->sampled = true;
	return perf_tool_enable(&s->tool, e);
}

static int perf_record_stop(struct collector_ctx *c, struct err *e)
{
	struct perf_record *s = c->priv;

	return c->r.round < 0 ? 0 : perf_tool_disable(&s->tool, e);
}

/* Its one result is there when all rounds are over: in the teardown. */
static int perf_record_report(struct collector_ctx *c, struct err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static void perf_record_teardown(struct collector_ctx *c)
{
	struct perf_record *s = c->priv;
	struct err e = ERR_INIT;

	if (s->sampled && s->tool.x.pid > 0 &&
	    (perf_tool_finish(&s->tool, &e) || artifact_send(c->r.number, "perf.data", DATA, &e))) {
		cleanup_free char *why = xasprintf("perf_record: %s", e.msg);

		recorder_fact(&c->r, "collector.broken", why);
	}
	perf_tool_release(&s->tool);
	unlink(DATA);
	free(s);
	c->priv = NULL;
}

static const char *const scopes[] = { "task", "system", NULL };

static const struct param perf_record_params[] = {
	{ .name = "events",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "cpu-clock",
	  .check = perf_tool_check_events,
	  .help = "as perf-list(1) names them, with commas; cpu-clock needs no PMU" },
	{ .name = "frequency",
	  .type = PARAM_INT,
	  .unit = "Hz",
	  .min = 1,
	  .max = 100000,
	  .def = "999",
	  .help = "samples per second of CPU time; the kernel may take fewer" },
	{ .name = "callgraph",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "record call chains, too" },
	{ .name = "scope",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "task",
	  .choices = scopes,
	  .help = "task: the workload and what it starts; system: all CPUs" },
	{ .name = NULL },
};

static const char *const perf_record_kconfig[] = { "CONFIG_PERF_EVENTS=y", NULL };

const struct collector collector_perf_record = {
	.name = "perf_record",
	.summary = "one perf.data per workload by `perf record`, kept as an artifact",
	.disturbs = "samples interrupt what is measured, and perf writes them beside it",
	.packages = perf_tool_packages,
	.artifacts = true,
	.kconfig = perf_record_kconfig,
	.params = perf_record_params,
	.setup = perf_record_setup,
	.start = perf_record_start,
	.stop = perf_record_stop,
	.report = perf_record_report,
	.teardown = perf_record_teardown,
};
