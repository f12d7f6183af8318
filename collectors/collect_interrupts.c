// SPDX-License-Identifier: GPL-2.0
/*
 * interrupts: what the kernel counted during the window: interrupts, softirqs, events of memory management, and
 * the scheduler's work. It reads files in /proc before and after, and nothing in between.
 *
 * The files are read in an order and closed in the reverse one, so that /proc/interrupts is read nearest to the
 * window; each reading is part of the windows of those read before it. Names that are chosen and that the kernel
 * has are always recorded, zero or not: a missing value would look like one that was not measured.
 */
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_counters.h"
#include "collectors/collect_cpus.h"
#include "collectors/collect_file.h"
#include "collectors/collector.h"
#include "runner/base/file.h"

#define SCHEDSTATS "/proc/sys/kernel/sched_schedstats"
#define TEXT_MAX (16 << 20)

struct source {
	const char *path;
	const char *param; /* which names of it are kept; NULL: all */
	const char *prefix, *unit;
	void (*parse)(struct counters *c, const char *text);
};

static const struct source sources[] = {
	{ "/sys/kernel/debug/sched/debug", NULL, "sched.", "switches", counters_switches },
	{ "/proc/schedstat", NULL, "sched.", "events", counters_schedstat },
	{ "/proc/vmstat", "vmstat", "vmstat.", "events", counters_vmstat },
	{ "/proc/softirqs", "softirqs", "softirq.", "softirqs", counters_softirqs },
	{ "/proc/interrupts", "lines", "interrupts.", "interrupts", counters_interrupts },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

struct interrupts {
	struct cpus cpus;
	bool has[SOURCES];
	struct str before[SOURCES], after[SOURCES];
	struct setting schedstats;
};

static bool is_scheduler(const struct source *s)
{
	return !s->param;
}

/* What a kernel may lack is left out, and said once. */
static void probe(struct collector_ctx *c, struct interrupts *it)
{
	for (size_t i = 0; i < SOURCES; i++) {
		if (is_scheduler(&sources[i]) && !collector_int(c, "sched"))
			continue;
		it->has[i] = file_exists(sources[i].path);
		if (!it->has[i]) {
			cleanup_free char *text =
				xasprintf("'%s' is not there: left out", sources[i].path);

			recorder_fact(&c->r, "interrupts.missing", text);
		}
	}
}

static int interrupts_setup(struct collector_ctx *c, struct err *e)
{
	struct interrupts *it = xcalloc(1, sizeof(*it));
	struct err why = ERR_INIT;

	c->priv = it;
	for (size_t i = 0; i < SOURCES; i++) {
		str_init(&it->before[i]);
		str_init(&it->after[i]);
	}
	if (cpus_choose(&it->cpus, collector_str(c, "cpu"), e))
		return -1;
	probe(c, it);
	if (collector_int(c, "schedstats") &&
	    setting_change(&it->schedstats, SCHEDSTATS, "1", &why))
		recorder_fact(&c->r, "interrupts.missing", why.msg);
	return 0;
}

static int read_source(struct interrupts *it, size_t i, struct str *to, struct err *e)
{
	str_reset(to);
	return it->has[i] ? file_read(sources[i].path, TEXT_MAX, to, e) : 0;
}

static int interrupts_start(struct collector_ctx *c, struct err *e)
{
	struct interrupts *it = c->priv;

	for (size_t i = 0; i < SOURCES; i++)
		if (read_source(it, i, &it->before[i], e))
			return -1;
	return 0;
}

static int interrupts_stop(struct collector_ctx *c, struct err *e)
{
	struct interrupts *it = c->priv;

	for (size_t i = SOURCES; i-- > 0;)
		if (read_source(it, i, &it->after[i], e))
			return -1;
	return 0;
}

static bool is_time(const char *name)
{
	return !strcmp(name, "sched.run") || !strcmp(name, "sched.wait");
}

/* What stands still unless kernel.sched_schedstats is 1 (kernel/sched/stats.h, schedstat_inc()). */
static bool needs_schedstats(const char *name)
{
	static const char *const names[] = { "sched.yields",  "sched.schedules",     "sched.idle",
					     "sched.wakeups", "sched.wakeups_local", NULL };

	for (const char *const *n = names; *n; n++)
		if (!strcmp(*n, name))
			return true;
	return false;
}

static void record(const struct collector_ctx *c, const struct source *s, const struct counters *v)
{
	const struct interrupts *it = c->priv;
	const char *patterns = s->param ? collector_str(c, s->param) : "*";

	for (size_t i = 0; i < v->n; i++) {
		const struct counter *n = &v->v[i];
		bool time = is_time(n->name);
		const struct metric m = {
			.name = n->name,
			.unit = time ? "ns" : s->unit,
			.dir = DIR_NONE,
		};

		if (n->cpu >= 0 && !it->cpus.has[n->cpu])
			continue;
		if (needs_schedstats(n->name) && !it->schedstats.path)
			continue;
		if (counters_chosen(patterns, n->name + strlen(s->prefix)))
			recorder_value(&c->r, &m, time ? "total" : "count", n->cpu, n->value);
	}
}

static int interrupts_report(struct collector_ctx *c, struct err *e)
{
	struct interrupts *it = c->priv;

	(void)e;
	for (size_t i = 0; i < SOURCES; i++) {
		struct counters before = COUNTERS_INIT, after = COUNTERS_INIT;

		sources[i].parse(&before, it->before[i].buf);
		sources[i].parse(&after, it->after[i].buf);
		counters_since(&after, &before);
		record(c, &sources[i], &after);
		counters_release(&before);
		counters_release(&after);
	}
	return 0;
}

static void interrupts_teardown(struct collector_ctx *c)
{
	struct interrupts *it = c->priv;

	setting_restore(&it->schedstats);
	for (size_t i = 0; i < SOURCES; i++) {
		str_release(&it->before[i]);
		str_release(&it->after[i]);
	}
	free(it);
}

static const struct param interrupts_params[] = {
	{ .name = "cpu",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "isolated",
	  .help = "CPUs that are recorded one by one, beside the sum over all: " CPUS_HELP,
	  .check = cpus_check },
	/* the local timer, and what one CPU sends to another */
	{ .name = "lines",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "LOC,RES,CAL,TLB,IWI,NMI,arch_timer,IPI[0-6],EXT,CLK,EXC,EMS",
	  .help = "of /proc/interrupts: labels, or names of handlers where there is a number; "
		  "separated by commas, with * ? [] as in a shell" },
	{ .name = "softirqs",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "TIMER,TASKLET,SCHED,HRTIMER,RCU",
	  .help = "of /proc/softirqs, likewise" },
	{ .name = "vmstat",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "pgfault,pgmajfault,pgalloc_*,pgfree,pgmigrate_success,drop_*,compact_migrate_scanned",
	  .help = "of /proc/vmstat, likewise; numbers of pages (nr_*) lag behind by what CPUs keep for themselves" },
	{ .name = "sched",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "true",
	  .help = "the scheduler's counts: switches, time of running and of waiting" },
	{ .name = "schedstats",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "set kernel.sched_schedstats meanwhile, and record wakeups and calls of schedule() too; that makes "
		  "the scheduler of all CPUs slower" },
	{ .name = NULL },
};

static const struct metric interrupts_metrics[] = {
	{ "interrupts.<line>", "interrupts", DIR_NONE, "a line of /proc/interrupts" },
	{ "softirq.<name>", "softirqs", DIR_NONE, "a line of /proc/softirqs" },
	{ "vmstat.<name>", "events", DIR_NONE, "a line of /proc/vmstat" },
	{ "sched.switches", "switches", DIR_NONE, "context switches" },
	{ "sched.schedules", "events", DIR_NONE, "calls of schedule()" },
	{ "sched.idle", "events", DIR_NONE, "that found nothing to run" },
	{ "sched.yields", "events", DIR_NONE, "calls of sched_yield(2)" },
	{ "sched.wakeups", "events", DIR_NONE, "tasks woken up" },
	{ "sched.wakeups_local", "events", DIR_NONE, "by their own CPU" },
	{ "sched.timeslices", "events", DIR_NONE, "stays of a task on a CPU" },
	{ "sched.run", "ns", DIR_NONE, "time of tasks on a CPU" },
	{ "sched.wait", "ns", DIR_NONE, "time of tasks that could run and did not" },
	{ .name = NULL },
};

const struct collector collector_interrupts = {
	.name = "interrupts",
	.summary = "interrupts, softirqs, vmstat and scheduler counts of the window",
	.disturbs = NULL,
	.params = interrupts_params,
	.metrics = interrupts_metrics,
	.setup = interrupts_setup,
	.start = interrupts_start,
	.stop = interrupts_stop,
	.report = interrupts_report,
	.teardown = interrupts_teardown,
};
