// SPDX-License-Identifier: GPL-2.0
/*
 * osnoise: the kernel's own tracer of noise (Documentation/trace/osnoise-tracer.rst). It runs a thread on each
 * watched CPU that does nothing but look for gaps in its own time, and says what each came from. Gaps and sources
 * are two views of the same time: "gap" is what the thread saw, the sources are what the kernel knows about.
 *
 * It takes the watched CPUs for itself, so it belongs into windows that leave them idle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collectors/collect_cpus.h"
#include "collectors/collect_file.h"
#include "collectors/collect_osnoise.h"
#include "collectors/collect_tracefs.h"
#include "collectors/collector.h"
#include "runner/base/file.h"

#define RUNTIME_MIN 100 /* us */
#define RUNTIME_STEPS 51200 /* us */
#define START_MS 20000 /* an emulated CPU takes its time */

/*
 * In this order, and given back in reverse: the kernel refuses a period that is shorter than the time of running in it
 * (kernel/trace/trace_osnoise.c, osnoise_period). Here both are the same, and as short as can be between windows.
 */
enum { SET_CPUS, SET_THRESHOLD, SET_RUNTIME, SET_PERIOD, SETTINGS };

static const char *const setting_files[SETTINGS] = {
	[SET_CPUS] = "osnoise/cpus",
	[SET_THRESHOLD] = "tracing_thresh",
	[SET_RUNTIME] = "osnoise/runtime_us",
	[SET_PERIOD] = "osnoise/period_us",
};

static const char *const events[] = {
	"sample_threshold", "irq_noise", "softirq_noise", "thread_noise", "nmi_noise", NULL,
};

struct osnoise {
	struct tracefs fs;
	struct cpus cpus;
	struct setting settings[SETTINGS];
	struct str text;
	struct noise noise;
	size_t recorded; /* of its sources: the others are new */
};

static int set(struct osnoise *o, int which, const char *value, struct err *e)
{
	cleanup_free char *path = path_join(o->fs.root, setting_files[which]);

	return setting_change(&o->settings[which], path, value, e);
}

static int set_number(struct osnoise *o, int which, long long value, struct err *e)
{
	cleanup_free char *text = xasprintf("%lld", value);

	return set(o, which, text, e);
}

static int set_all(const struct collector_ctx *c, struct osnoise *o, struct err *e)
{
	cleanup_str struct str cpus = STR_INIT;

	cpus_print(&o->cpus, &cpus);
	if (set(o, SET_CPUS, cpus.buf, e) ||
	    set_number(o, SET_THRESHOLD, collector_int(c, "threshold"), e) ||
	    set_number(o, SET_RUNTIME, RUNTIME_MIN, e) || set_number(o, SET_PERIOD, RUNTIME_MIN, e))
		return -1;
	for (const char *const *ev = events; *ev; ev++)
		if (tracefs_enable(&o->fs, "osnoise", *ev, NULL, e))
			return -1;
	return 0;
}

static int osnoise_setup(struct collector_ctx *c, struct err *e)
{
	struct osnoise *o = xcalloc(1, sizeof(*o));
	struct err why = ERR_INIT;

	c->priv = o;
	o->fs = (struct tracefs)TRACEFS_INIT;
	str_init(&o->text);
	if (cpus_choose(&o->cpus, collector_str(c, "cpu"), e))
		return -1;
	if (tracefs_open(&o->fs, "osnoise", (int)collector_int(c, "buffer"), &why) ||
	    set_all(c, o, &why))
		return collector_skip(c, e, "%s", why.msg);
	return 0;
}

static int change_number(const struct osnoise *o, int which, long long value, struct err *e)
{
	cleanup_free char *text = xasprintf("%lld", value);

	return collect_write_at(o->fs.root, setting_files[which], text, e);
}

static int lengthen_to(const struct osnoise *o, long long us, struct err *e)
{
	return change_number(o, SET_PERIOD, us, e) || change_number(o, SET_RUNTIME, us, e) ? -1 : 0;
}

/*
 * A thread that ends a run between the two writes sleeps for the rest of the new period, and the window would go by
 * without it. That is likely while it runs for as short as the writes take; so it does not, before the period is long.
 */
static int lengthen(const struct osnoise *o, long long us, struct err *e)
{
	for (long long step = 2 * RUNTIME_MIN; step < us && step <= RUNTIME_STEPS; step *= 2) {
		const struct timespec run = { .tv_nsec = step * 1000 };

		if (lengthen_to(o, step, e))
			return -1;
		nanosleep(&run, NULL);
	}
	return lengthen_to(o, us, e);
}

static int shorten(const struct osnoise *o, struct err *e)
{
	return change_number(o, SET_RUNTIME, RUNTIME_MIN, e) ||
			       change_number(o, SET_PERIOD, RUNTIME_MIN, e) ?
		       -1 :
		       0;
}

/* Every run of a thread ends with an entry in its CPU's buffer (trace_osnoise_sample()). */
static int wait_for_thread(const struct osnoise *o, int cpu, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	long long entries = 0;

	for (int waited = 0; waited < START_MS; waited++) {
		if (tracefs_entries(&o->fs, cpu, &entries, e))
			return -1;
		if (entries)
			return 0;
		nanosleep(&pause, NULL);
	}
	return err_set(e, ERR_INFRA, "the osnoise tracer does not run on CPU %d after %d s", cpu,
		       START_MS / 1000);
}

static int wait_for_threads(const struct osnoise *o, struct err *e)
{
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (o->cpus.has[cpu] && wait_for_thread(o, cpu, e))
			return -1;
	return 0;
}

/*
 * A thread that finds no running trace with this tracer sleeps for a whole period (osnoise_main()), and the threads
 * are started before the trace is known to them: with the periods of the window they would miss its beginning.
 */
static int osnoise_start(struct collector_ctx *c, struct err *e)
{
	struct osnoise *o = c->priv;

	if (tracefs_run(&o->fs, true, e) || tracefs_set(&o->fs, "current_tracer", "osnoise", e) ||
	    wait_for_threads(o, e) || lengthen(o, collector_int(c, "runtime"), e))
		return -1;
	return tracefs_clear(&o->fs, e);
}

static int osnoise_stop(struct collector_ctx *c, struct err *e)
{
	struct osnoise *o = c->priv;

	return tracefs_run(&o->fs, false, e);
}

static void record_source(const struct collector_ctx *c, const struct noise_source *s, bool new)
{
	cleanup_free char *count = xasprintf("osnoise.count.%s", s->name);
	cleanup_free char *time = xasprintf("osnoise.time.%s", s->name);
	const struct metric counts = { count, "events", DIR_LOWER, NULL };
	const struct metric times = { time, "ns", DIR_LOWER, NULL };
	/* an emulator's clock decides which gaps pass the threshold: no count that is exact */
	bool made_up = !strcmp(s->name, "gap") && c->r.clock->ev == EV_EMULATED_TIME;

	if (!made_up)
		recorder_sparse(&c->r, &counts, "count", s->cpu, s->count, new);
	recorder_sparse(&c->r, &times, "total", s->cpu, s->total, new);
	recorder_sparse(&c->r, &times, "max", s->cpu, s->max, new);
}

static int record_lost(const struct collector_ctx *c, const struct osnoise *o, struct err *e)
{
	static const struct metric metric = { "osnoise.lost", "events", DIR_NONE, NULL };
	long long lost;

	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!o->cpus.has[cpu])
			continue;
		if (tracefs_lost(&o->fs, cpu, &lost, e))
			return -1;
		recorder_value(&c->r, &metric, "count", cpu, (double)lost);
	}
	return 0;
}

static int osnoise_report(struct collector_ctx *c, struct err *e)
{
	struct osnoise *o = c->priv;

	str_reset(&o->text);
	if (tracefs_read(&o->fs, &o->text, e) || record_lost(c, o, e))
		return -1;
	/* ends the threads, and empties the buffer */
	if (tracefs_set(&o->fs, "current_tracer", "nop", e) || shorten(o, e))
		return -1;
	noise_parse(&o->noise, o->text.buf, o->text.len);
	for (size_t i = 0; i < o->noise.n; i++)
		record_source(c, &o->noise.v[i], i >= o->recorded);
	o->recorded = o->noise.n;
	return 0;
}

static void osnoise_teardown(struct collector_ctx *c)
{
	struct osnoise *o = c->priv;

	if (o->fs.dir)
		tracefs_set(&o->fs, "current_tracer", "nop", NULL);
	/* so that what there was fits in any order */
	if (o->settings[SET_PERIOD].path)
		shorten(o, NULL);
	for (int i = SETTINGS; i-- > 0;)
		setting_restore(&o->settings[i]);
	tracefs_close(&o->fs, false);
	str_release(&o->text);
	noise_release(&o->noise);
	free(o);
}

static const struct param osnoise_params[] = {
	{ .name = "cpu",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "isolated",
	  .help = "CPUs that its threads take: " CPUS_HELP,
	  .check = cpus_check },
	{ .name = "threshold",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 1,
	  .max = 1000000,
	  .def = "10",
	  .help = "shorter gaps are none; an emulated CPU needs 5 us for one look at the clock" },
	{ .name = "runtime",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = RUNTIME_MIN,
	  .max = 100000000,
	  .def = "1000000",
	  .help = "between two short pauses of the threads" },
	{ .name = "buffer",
	  .type = PARAM_INT,
	  .unit = "KiB",
	  .min = 16,
	  .max = 1 << 20,
	  .def = "1024",
	  .help = "for the events of a window, on each CPU of the machine; what finds no room is counted" },
	{ .name = NULL },
};

static const struct metric osnoise_metrics[] = {
	{ "osnoise.count.<source>", "events", DIR_LOWER,
	  "noise by source: gap (all that its thread saw), irq.NAME, softirq.NAME, thread.NAME, nmi" },
	{ "osnoise.time.<source>", "ns", DIR_LOWER, "time that it took, and the longest" },
	{ "osnoise.lost", "events", DIR_NONE,
	  "that found no room in the buffer: the rest are lower bounds" },
	{ .name = NULL },
};

static const char *const osnoise_kconfig[] = { "CONFIG_OSNOISE_TRACER=y", NULL };

const struct collector collector_osnoise = {
	.name = "osnoise",
	.summary = "the kernel's osnoise tracer: noise on CPUs that nothing else uses, by source",
	.disturbs = "takes the watched CPUs for threads of its own",
	.kconfig = osnoise_kconfig,
	.params = osnoise_params,
	.metrics = osnoise_metrics,
	.setup = osnoise_setup,
	.start = osnoise_start,
	.stop = osnoise_stop,
	.report = osnoise_report,
	.teardown = osnoise_teardown,
};
