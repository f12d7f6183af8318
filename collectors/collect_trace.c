// SPDX-License-Identifier: GPL-2.0
/*
 * trace: what interrupted the watched CPUs during the window, who sent it, and how long it took. A private instance
 * of tracefs records; filters of the kernel keep out what does not concern the watched CPUs; the text is taken apart
 * when the window is closed (collect_trace.h).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/collect_cpus.h"
#include "collectors/collect_tasks.h"
#include "collectors/collect_trace.h"
#include "collectors/collect_tracefs.h"
#include "collectors/collector.h"
#include "runner/base/file.h"

/* Workloads that see gaps themselves leave the worst here: "cpu start_ns length_ns", CLOCK_MONOTONIC. */
#define GAPS "/tmp/kdelta-gaps"
#define GAPS_MAX 65536

enum quantity { COUNT_EVENTS, COUNT_STAYS, COUNT_SENDERS, TIME_STOLEN };

static const struct {
	const char *unit, *stat;
	enum direction dir;
} quantities[] = {
	[COUNT_EVENTS] = { "events", "count", DIR_NONE },
	[COUNT_STAYS] = { "interruptions", "count", DIR_LOWER },
	[COUNT_SENDERS] = { "interruptions", "count", DIR_NONE },
	[TIME_STOLEN] = { "ns", "total", DIR_LOWER },
};

/* Sums by metric and CPU. What was seen once is recorded in each round, as zero if need be. */
struct tally {
	char name[RECORD_NAME_MAX];
	enum quantity q;
	int cpu;
	double value;
};

struct tracing {
	struct tracefs fs;
	struct cpus cpus;
	struct str text;
	struct tasks tasks; /* that are watched when the window opens */
	struct tally *tally;
	size_t ntally, tally_cap, recorded; /* recorded: in a round before, the others are new */
};

/* ---- Sums -------------------------------------------------------------------------------------- */

static void tally_add(struct tracing *t, enum quantity q, int cpu, const char *name, double value)
{
	struct tally *new;

	for (size_t i = 0; i < t->ntally; i++) {
		struct tally *old = &t->tally[i];

		if (old->cpu == cpu && old->q == q && !strcmp(old->name, name)) {
			old->value += value;
			return;
		}
	}
	new = ARRAY_PUSH(t->tally, t->ntally, t->tally_cap);
	*new = (struct tally){ .q = q, .cpu = cpu, .value = value };
	snprintf(new->name, sizeof(new->name), "%s", name);
}

static void tally_event(struct tracing *t, const struct trace_line *l, int cpu)
{
	char name[RECORD_NAME_MAX], function[TRACE_WHAT_MAX];

	snprintf(name, sizeof(name), "trace.event.%.*s", (int)(l->name_len < 64 ? l->name_len : 64),
		 l->name);
	tally_add(t, COUNT_EVENTS, cpu, name, 1);
	if (!l->event || !l->event->split ||
	    !trace_value(l, l->event->split, function, sizeof(function)))
		return;
	trace_strip_offset(function);
	strncat(name, ".", sizeof(name) - strlen(name) - 1);
	strncat(name, function, sizeof(name) - strlen(name) - 1);
	tally_add(t, COUNT_EVENTS, cpu, name, 1);
}

static void tally_line(struct tracing *t, const struct trace_line *l)
{
	struct cpus of;

	if (l->event && l->event->scope == SCOPE_ALL)
		return;
	if (!l->event || l->event->scope == SCOPE_WATCHED) {
		if (t->cpus.has[l->cpu])
			tally_event(t, l, l->cpu);
		return;
	}
	trace_targets(l, &of);
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (of.has[cpu] && t->cpus.has[cpu])
			tally_event(t, l, cpu);
}

static void tally_stay(struct tracing *t, const struct trace_stay *s)
{
	char cause[TRACE_WHAT_MAX + 16], name[RECORD_NAME_MAX];

	snprintf(cause, sizeof(cause), "%s:%s", trace_kind_name(s->kind), s->what);
	snprintf(name, sizeof(name), "trace.interruption.%s", cause);
	tally_add(t, COUNT_STAYS, s->cpu, name, 1);
	snprintf(name, sizeof(name), "trace.stolen.%s", cause);
	tally_add(t, TIME_STOLEN, s->cpu, name, (double)s->length);
	if (!*s->sender)
		return;
	snprintf(name, sizeof(name), "trace.sender.%s<-%s", cause, s->sender);
	tally_add(t, COUNT_SENDERS, s->cpu, name, 1);
}

static void tally_record(const struct collector_ctx *c, struct tracing *t)
{
	for (size_t i = 0; i < t->ntally; i++) {
		const struct tally *s = &t->tally[i];
		const struct metric m = {
			.name = s->name,
			.unit = quantities[s->q].unit,
			.dir = quantities[s->q].dir,
		};

		recorder_sparse(&c->r, &m, quantities[s->q].stat, s->cpu, s->value,
				i >= t->recorded);
	}
	t->recorded = t->ntally;
}

static void tally_zero(struct tracing *t)
{
	for (size_t i = 0; i < t->ntally; i++)
		t->tally[i].value = 0;
}

/* ---- Events ------------------------------------------------------------------------------------ */

/* A whole system that is not there is named once: which ones there are differs by architecture. */
static void leave_out(const struct tracing *t, const char *system, const char *name,
		      struct strv *out)
{
	cleanup_free char *dir = xasprintf("%s/events/%s", t->fs.dir, system);
	cleanup_free char *event = xasprintf("%s:%s", system, name);
	const char *what = dir_exists(dir) ? event : system;

	if (!strv_has(out, what))
		strv_push(out, what);
}

static void enable_one(struct tracing *t, const char *system, const char *name, const char *field,
		       struct strv *left_out)
{
	cleanup_str struct str cpus = STR_INIT;
	cleanup_free char *filter = NULL;

	/* trace_events_filter.c: "CPU" is the one that it happens on */
	cpus_print(&t->cpus, &cpus);
	if (field)
		filter = xasprintf("%s & CPUS{%s}", field, cpus.buf);
	if (tracefs_enable(&t->fs, system, name, filter, NULL))
		leave_out(t, system, name, left_out);
}

static void enable_table(const struct collector_ctx *c, struct tracing *t, struct strv *left_out)
{
	for (const struct trace_event *ev = trace_events; ev->name; ev++) {
		const char *field = ev->scope == SCOPE_WATCHED ? "CPU" : ev->cpus;

		if (!ev->on_request || collector_int(c, "syscalls"))
			enable_one(t, ev->system, ev->name, field, left_out);
	}
}

static void enable_asked(const struct collector_ctx *c, struct tracing *t, struct strv *left_out)
{
	cleanup_strv struct strv names = STRV_INIT;

	strv_split(&names, collector_str(c, "events"), ", ");
	for (size_t i = 0; i < names.n; i++) {
		char *colon = strchr(names.v[i], ':');

		*colon = '\0';
		enable_one(t, names.v[i], colon + 1, "CPU", left_out);
	}
}

/*
 * Drains that this kernel could do, and may not: that there was none is what one wants to know of it. Without the
 * event nobody would know.
 */
static void expect_work(const struct collector_ctx *c, struct tracing *t,
			const struct strv *left_out)
{
	cleanup_strv struct strv work = STRV_INIT;
	char name[RECORD_NAME_MAX];

	if (strv_has(left_out, "workqueue") ||
	    strv_has(left_out, "workqueue:workqueue_execute_start"))
		return;
	strv_split(&work, collector_str(c, "work"), ", ");
	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		for (size_t i = 0; t->cpus.has[cpu] && i < work.n; i++) {
			snprintf(name, sizeof(name), "trace.interruption.work:%s", work.v[i]);
			tally_add(t, COUNT_STAYS, cpu, name, 0);
		}
	}
}

/* What the kernel does not have is said once. */
static void note_left_out(const struct collector_ctx *c, const struct strv *left_out)
{
	cleanup_str struct str text = STR_INIT;

	for (size_t i = 0; i < left_out->n; i++)
		str_addf(&text, "%s%s", i ? " " : "", left_out->v[i]);
	if (text.len)
		recorder_fact(&c->r, "trace.left_out", text.buf);
}

static int trace_setup(struct collector_ctx *c, struct err *e)
{
	cleanup_strv struct strv left_out = STRV_INIT;
	struct tracing *t = xcalloc(1, sizeof(*t));
	struct err why = ERR_INIT;

	c->priv = t;
	t->fs = (struct tracefs)TRACEFS_INIT;
	str_init(&t->text);
	if (cpus_choose(&t->cpus, collector_str(c, "cpu"), e))
		return -1;
	if (tracefs_open(&t->fs, "trace", (int)collector_int(c, "buffer"), &why))
		return collector_skip(c, e, "%s", why.msg);
	enable_table(c, t, &left_out);
	enable_asked(c, t, &left_out);
	expect_work(c, t, &left_out);
	note_left_out(c, &left_out);
	return 0;
}

static int trace_start(struct collector_ctx *c, struct err *e)
{
	struct tracing *t = c->priv;

	tasks_of(&t->tasks, c->pid);
	return tracefs_clear(&t->fs, e) || tracefs_run(&t->fs, true, e) ? -1 : 0;
}

static int trace_stop(struct collector_ctx *c, struct err *e)
{
	struct tracing *t = c->priv;

	return tracefs_run(&t->fs, false, e);
}

/* ---- Worst cases ------------------------------------------------------------------------------- */

static void note_timeline(const struct collector_ctx *c, const struct trace *trace, int cpu,
			  uint64_t start, uint64_t length)
{
	cleanup_str struct str text = STR_INIT;

	trace_timeline(trace, cpu, start, length, NOTE_MAX, &text);
	recorder_note(&c->r, cpu, "trace.timeline", text.buf);
}

/* The gaps that the workload saw, worst first. False: it did not say. */
static bool note_gaps(const struct collector_ctx *c, const struct trace *trace)
{
	const struct tracing *t = c->priv;
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;
	long long left = collector_int(c, "worst");

	if (file_read(GAPS, GAPS_MAX, &text, NULL))
		return false;
	unlink(GAPS); /* the next window has gaps of its own */
	strv_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n && left > 0; i++) {
		unsigned long long start, length;
		int cpu;

		if (sscanf(lines.v[i], "%d %llu %llu", &cpu, &start, &length) != 3 || cpu < 0 ||
		    cpu >= CPUS_MAX || !t->cpus.has[cpu])
			continue;
		note_timeline(c, trace, cpu, start, length);
		left--;
	}
	return true;
}

static int by_length(const void *a, const void *b)
{
	const struct trace_stay *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? 1 : -1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void note_worst(const struct collector_ctx *c, const struct trace *trace,
		       struct trace_stays *s)
{
	size_t worst = (size_t)collector_int(c, "worst");

	if (note_gaps(c, trace) || !s->n)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_length);
	for (size_t i = 0; i < s->n && i < worst; i++)
		note_timeline(c, trace, s->v[i].cpu, s->v[i].start, s->v[i].length);
}

/* ---- Records ----------------------------------------------------------------------------------- */

/* What found no room is missing in the counts, wherever it happened. */
static int note_lost(const struct collector_ctx *c, const struct tracing *t, struct err *e)
{
	static const struct metric lost_metric = { "trace.lost", "events", DIR_NONE, NULL };
	long long total = 0, lost;

	for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF) && cpu < CPUS_MAX; cpu++) {
		if (tracefs_lost(&t->fs, (int)cpu, &lost, e))
			return -1;
		total += lost;
	}
	recorder_value(&c->r, &lost_metric, "count", -1, (double)total);
	if (total) {
		cleanup_free char *text = xasprintf(
			"%lld events found no room: counts are lower bounds (collector 'trace', parameter 'buffer')",
			total);

		recorder_note(&c->r, -1, "trace.lost", text);
	}
	return 0;
}

static int trace_report(struct collector_ctx *c, struct err *e)
{
	struct tracing *t = c->priv;
	struct trace_stays stays = { 0 };
	struct trace trace;

	str_reset(&t->text);
	if (tracefs_read(&t->fs, &t->text, e) || note_lost(c, t, e))
		return -1;
	trace_parse(&trace, t->text.buf, t->text.len);
	trace_attribute(&trace, &t->cpus, t->tasks.v, t->tasks.n, &stays);
	tally_zero(t);
	for (size_t i = 0; i < trace.n; i++)
		tally_line(t, &trace.v[i]);
	for (size_t i = 0; i < stays.n; i++)
		tally_stay(t, &stays.v[i]);
	tally_record(c, t);
	note_worst(c, &trace, &stays);
	trace_stays_release(&stays);
	trace_release(&trace);
	return 0;
}

static void trace_teardown(struct collector_ctx *c)
{
	struct tracing *t = c->priv;

	tracefs_close(&t->fs, true);
	str_release(&t->text);
	tasks_release(&t->tasks);
	free(t->tally);
	free(t);
}

/* Names of functions, which become names of metrics. */
static int check_work(const struct param *p, const char *value, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	strv_split(&names, value, ", ");
	for (size_t i = 0; i < names.n; i++)
		for (const char *ch = names.v[i]; *ch; ch++)
			if ((!isalnum((unsigned char)*ch) && *ch != '_') || ch - names.v[i] >= 64)
				return err_set(e, ERR_USAGE, "'%s' in '%s' is no function",
					       names.v[i], p->name);
	return 0;
}

/* "sched:sched_switch,kmem:kmalloc": names become paths, and are nothing but names. */
static int check_events(const struct param *p, const char *value, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	strv_split(&names, value, ", ");
	for (size_t i = 0; i < names.n; i++) {
		size_t colons = 0;

		for (const char *ch = names.v[i]; *ch; ch++) {
			colons += *ch == ':';
			if (!isalnum((unsigned char)*ch) && !strchr("_:-", *ch))
				colons = 2;
		}
		if (colons != 1)
			return err_set(e, ERR_USAGE,
				       "'%s' in '%s' is no event: expected SYSTEM:NAME", names.v[i],
				       p->name);
	}
	return 0;
}

static const struct param trace_params[] = {
	{ .name = "cpu",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "isolated",
	  .help = "the watched CPUs: " CPUS_HELP,
	  .check = cpus_check },
	{ .name = "events",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .help = "further events of the watched CPUs to count, as SYSTEM:NAME, separated by commas",
	  .check = check_events },
	{ .name = "work",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "lru_add_drain_per_cpu,flush_cpu_sheaves,flush_rcu_sheaf",
	  .help = "functions of work items that are recorded as interruptions where there is none, too, as 0; "
		  "separated by commas",
	  .check = check_work },
	{ .name = "syscalls",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "trace the system calls of the watched CPUs; every task of the machine takes the slow way into "
		  "the kernel then" },
	{ .name = "worst",
	  .type = PARAM_INT,
	  .unit = "timelines",
	  .min = 0,
	  .max = 32,
	  .def = "3",
	  .help = "of the worst cases of each round: the longest gaps where the workload says them, else the longest "
		  "interruptions" },
	{ .name = "buffer",
	  .type = PARAM_INT,
	  .unit = "KiB",
	  .min = 16,
	  .max = 1 << 20,
	  .def = "1024",
	  .help = "for the events of a window, on each CPU of the machine; what finds no room is counted" },
	{ .name = NULL },
};

static const struct metric trace_metrics[] = {
	{ "trace.interruption.<cause>", "interruptions", DIR_LOWER,
	  "of a watched task; the cause is KIND:WHAT, \"work:lru_add_drain_per_cpu\"" },
	{ "trace.stolen.<cause>", "ns", DIR_LOWER, "time that they took" },
	{ "trace.sender.<cause><-<sender>", "interruptions", DIR_NONE,
	  "by whom: the place that sent an IPI, or the task and what it did" },
	{ "trace.event.<event>", "events", DIR_NONE,
	  "on a watched CPU, or sent to it; and \"….<function>\", by work function, callback or call site" },
	{ "trace.lost", "events", DIR_NONE,
	  "that found no room in the buffer: counts are lower bounds" },
	{ .name = NULL },
};

static const char *const trace_kconfig[] = { "CONFIG_EVENT_TRACING=y", NULL };

const struct collector collector_trace = {
	.name = "trace",
	.summary = "what interrupted the watched CPUs, who sent it, and for how long",
	.disturbs =
		"every traced event costs the CPU that it happens on; the first window patches tracepoints in",
	.kconfig = trace_kconfig,
	.params = trace_params,
	.metrics = trace_metrics,
	.setup = trace_setup,
	.start = trace_start,
	.stop = trace_stop,
	.report = trace_report,
	.teardown = trace_teardown,
};
