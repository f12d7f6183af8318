// SPDX-License-Identifier: GPL-2.0
/*
 * perf_stat: what `perf stat` counts in each window, in the workload and what it starts, or in the whole machine. One
 * perf per window, for it prints its counts at its end; each is started before the window opens.
 */
#include "collectors/collect_perf_stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/collect_perf_spec.h"
#include "collectors/collect_perf_tool.h"
#include "runner/base/file.h"

#define OUTPUT "/tmp/kdelta-perf-stat.json"
#define OUTPUT_MAX (8 << 20)

struct perf_stat {
	struct perf_tool tool;
	bool said; /* what cannot be counted at all has been noted */
};

static int launch(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = c->priv;
	cleanup_strv struct strv words = STRV_INIT;

	strv_push(&words, "stat");
	strv_push(&words, "--json-output");
	strv_push(&words, "--output=" OUTPUT);
	strv_pushf(&words, "--event=%s", collector_str(c, "events"));
	perf_tool_scope(c, &words);
	unlink(OUTPUT);
	return perf_tool_start(&s->tool, &words, e);
}

static int perf_stat_setup(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = xcalloc(1, sizeof(*s));

	perf_tool_init(&s->tool);
	c->priv = s;
	return perf_tool_need(c, e) || launch(c, e) ? -1 : 0;
}

static int perf_stat_start(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = c->priv;

	return perf_tool_enable(&s->tool, e);
}

static int perf_stat_stop(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = c->priv;

	return perf_tool_disable(&s->tool, e);
}

/* --- what it counted --- */

#define NS_PER_MS 1e6

static void record(const struct recorder *r, const struct perf_count *k)
{
	const struct perf_generic *g = perf_generic_find(k->event);
	cleanup_free char *name = xasprintf("perf_stat.%s", k->event);
	struct metric m = { name, g ? g->unit : "events", DIR_LOWER, "" };
	bool is_clock = !strcmp(m.unit, "ns");

	recorder_value(r, &m, "count", k->cpu, is_clock ? k->value * NS_PER_MS : k->value);
}

/* Cycles and instructions the recorder knows about. */
static bool is_made_up(const struct recorder *r, const char *event)
{
	const struct perf_generic *g = perf_generic_find(event);
	bool emulated = r->clock->ev == EV_SIMULATED || r->clock->ev == EV_EMULATED_TIME;

	return emulated && (!g || !strcmp(g->unit, "events")) && !perf_stat_is_software(event);
}

static void note_share(const struct recorder *r, const struct perf_count *k)
{
	cleanup_free char *text =
		xasprintf("%s: counted for %.2f %% of the time, and scaled", k->event, k->running);

	recorder_note(r, k->cpu, "perf_stat.multiplexed", text);
}

static void take(struct collector_ctx *c, const struct perf_count *k)
{
	struct perf_stat *s = c->priv;
	bool made_up = k->state == PERF_COUNTED && is_made_up(&c->r, k->event);

	switch (made_up ? PERF_NOT_SUPPORTED : k->state) {
	case PERF_COUNTED:
		record(&c->r, k);
		if (k->running < 100)
			note_share(&c->r, k);
		break;
	case PERF_NOT_COUNTED:
		recorder_note(&c->r, k->cpu, "perf_stat.not_counted", k->event);
		break;
	case PERF_NOT_SUPPORTED:
		if (!s->said)
			recorder_fact(&c->r, "perf_stat.not_supported", k->event);
		break;
	}
}

static int read_counts(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = c->priv;
	cleanup_str struct str text = STR_INIT;
	struct perf_counts counts = { 0 };
	int ret;

	if (file_read(OUTPUT, OUTPUT_MAX, &text, e))
		return -1;
	ret = perf_stat_parse(text.buf, &counts, e);
	if (!ret && !counts.n)
		ret = err_set(e, ERR_INFRA, "perf stat has counted nothing");
	for (size_t i = 0; !ret && i < counts.n; i++)
		take(c, &counts.v[i]);
	s->said = true;
	free(counts.v);
	return ret;
}

/* And the perf of the next window, which nobody may see in there. */
static int perf_stat_report(struct collector_ctx *c, struct err *e)
{
	struct perf_stat *s = c->priv;

	if (perf_tool_finish(&s->tool, e) || read_counts(c, e))
		return -1;
	perf_tool_release(&s->tool);
	return launch(c, e);
}

static void perf_stat_teardown(struct collector_ctx *c)
{
	struct perf_stat *s = c->priv;

	perf_tool_release(&s->tool);
	free(s);
	c->priv = NULL;
}

static const struct param perf_stat_params[] = {
	{ .name = "events",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "task-clock,context-switches,cpu-migrations,page-faults",
	  .check = perf_tool_check_events,
	  .help = "as perf-list(1) names them, with commas" },
	{ .name = "scope",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "task",
	  .choices = perf_tool_scopes,
	  .help = "task: the workload and what it starts; system: all CPUs together; cpu: each CPU" },
	{ .name = NULL },
};

static const struct metric perf_stat_metrics[] = {
	{ "perf_stat.<event>", "events", DIR_LOWER,
	  "one count; clocks in ns, cycles and instructions in their own unit" },
	{ .name = NULL },
};

static const char *const perf_stat_kconfig[] = { "CONFIG_PERF_EVENTS=y", NULL };

const struct collector collector_perf_stat = {
	.name = "perf_stat",
	.summary = "counts by `perf stat`, of the workload or of all CPUs",
	.packages = perf_tool_packages,
	.kconfig = perf_stat_kconfig,
	.params = perf_stat_params,
	.metrics = perf_stat_metrics,
	.setup = perf_stat_setup,
	.start = perf_stat_start,
	.stop = perf_stat_stop,
	.report = perf_stat_report,
	.teardown = perf_stat_teardown,
};
