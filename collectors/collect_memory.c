// SPDX-License-Identifier: GPL-2.0
/*
 * memory: what the kernel says about its memory before and after the window: /proc/meminfo, slab caches, and the
 * per-CPU allocator. "<name>" is the state when the window closed, "<name>.change" what the window changed.
 *
 * Numbers of pages are summed up from counters that every CPU folds in now and then, so that a change of less than
 * some tens of pages per CPU may show later than it happened (mm/vmstat.c); "stat_refresh" folds them first.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/collect_counters.h"
#include "collectors/collect_file.h"
#include "collectors/collector.h"
#include "runner/base/file.h"

#define REFRESH "/proc/sys/vm/stat_refresh"
#define TEXT_MAX (16 << 20)

static void parse_slabinfo(struct counters *c, const char *text)
{
	counters_slabinfo(c, text, (size_t)sysconf(_SC_PAGESIZE));
}

struct source {
	const char *path;
	void (*parse)(struct counters *c, const char *text);
	bool slabs;
};

static const struct source sources[] = {
	{ "/proc/slabinfo", parse_slabinfo, true },
	{ "/sys/kernel/debug/percpu_stats", counters_percpu, false },
	{ "/proc/meminfo", counters_meminfo, false },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

#define SLAB "memory.slab."

/* What a round said of all slab caches: one that changes later was there before. */
struct slabs {
	struct counters before, after;
};

struct memory {
	bool has[SOURCES];
	struct str before[SOURCES], after[SOURCES];
	struct strv caches; /* that are recorded, in every round */
	struct slabs *past; /* by round */
	size_t npast, past_cap;
};

static int memory_setup(struct collector_ctx *c, struct err *e)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	(void)e;
	c->priv = m;
	for (size_t i = 0; i < SOURCES; i++) {
		cleanup_free char *text = NULL;

		str_init(&m->before[i]);
		str_init(&m->after[i]);
		m->has[i] = file_exists(sources[i].path);
		if (m->has[i])
			continue;
		text = xasprintf("'%s' is not there: left out", sources[i].path);
		recorder_fact(&c->r, "memory.missing", text);
	}
	return 0;
}

static int read_all(const struct collector_ctx *c, struct str *to, struct err *e)
{
	const struct memory *m = c->priv;

	if (collector_int(c, "refresh") && collect_write(REFRESH, "1", e))
		return -1;
	for (size_t i = 0; i < SOURCES; i++) {
		str_reset(&to[i]);
		if (m->has[i] && file_read(sources[i].path, TEXT_MAX, &to[i], e))
			return -1;
	}
	return 0;
}

static int memory_start(struct collector_ctx *c, struct err *e)
{
	return read_all(c, ((struct memory *)c->priv)->before, e);
}

static int memory_stop(struct collector_ctx *c, struct err *e)
{
	return read_all(c, ((struct memory *)c->priv)->after, e);
}

static double change_of(const struct counter *now, const struct counters *before)
{
	const struct counter *was = counters_find(before, now->name, -1);

	return now->value - (was ? was->value : 0);
}

static void record_one(const struct recorder *r, const struct counter *now,
		       const struct counters *before)
{
	const char *name = now->name;
	cleanup_free char *changed = xasprintf("%s.change", name);
	const struct metric state = { name, counters_memory_unit(name), DIR_NONE, NULL };
	const struct metric diff = { changed, state.unit, DIR_NONE, NULL };

	recorder_value(r, &state, "total", -1, now->value);
	recorder_value(r, &diff, "total", -1, change_of(now, before));
}

/* A cache is recorded from now on: what the rounds before said of it belongs to it, too. */
static void begin_cache(const struct collector_ctx *c, struct memory *m, const char *name)
{
	struct recorder r = c->r;

	strv_push(&m->caches, name);
	for (r.round = 0; (size_t)r.round < m->npast; r.round++) {
		const struct slabs *past = &m->past[r.round];
		const struct counter *now = counters_find(&past->after, name, -1);

		if (now)
			record_one(&r, now, &past->before);
	}
}

/* Slab caches are many: those are kept that changed by enough once, and those that are named. */
static bool keep_cache(const struct collector_ctx *c, const struct counter *now,
		       const struct counters *before)
{
	struct memory *m = c->priv;

	if (strv_has(&m->caches, now->name))
		return true;
	if (fabs(change_of(now, before)) < (double)collector_int(c, "slab_change") &&
	    !counters_chosen(collector_str(c, "slab"), now->name + strlen(SLAB)))
		return false;
	begin_cache(c, m, now->name);
	return true;
}

static void record(const struct collector_ctx *c, const struct counters *before,
		   const struct counters *after)
{
	const char *chosen = collector_str(c, "keep");

	for (size_t i = 0; i < after->n; i++) {
		const struct counter *now = &after->v[i];

		if (str_starts(now->name, SLAB) ?
			    keep_cache(c, now, before) :
			    counters_chosen(chosen, now->name + strlen("memory.")))
			record_one(&c->r, now, before);
	}
}

static int memory_report(struct collector_ctx *c, struct err *e)
{
	struct memory *m = c->priv;

	(void)e;
	for (size_t i = 0; i < SOURCES; i++) {
		struct counters before = COUNTERS_INIT, after = COUNTERS_INIT;

		sources[i].parse(&before, m->before[i].buf);
		sources[i].parse(&after, m->after[i].buf);
		record(c, &before, &after);
		if (sources[i].slabs && c->r.round >= 0) {
			*ARRAY_PUSH(m->past, m->npast, m->past_cap) =
				(struct slabs){ .before = before, .after = after };
			continue;
		}
		counters_release(&before);
		counters_release(&after);
	}
	return 0;
}

static void memory_teardown(struct collector_ctx *c)
{
	struct memory *m = c->priv;

	for (size_t i = 0; i < SOURCES; i++) {
		str_release(&m->before[i]);
		str_release(&m->after[i]);
	}
	for (size_t i = 0; i < m->npast; i++) {
		counters_release(&m->past[i].before);
		counters_release(&m->past[i].after);
	}
	free(m->past);
	strv_release(&m->caches);
	free(m);
}

static const struct param memory_params[] = {
	{ .name = "keep",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "MemFree,Percpu,PageTables,KernelStack,VmallocUsed,Slab,SReclaimable,SUnreclaim,AnonPages,"
		 "slab,percpu.nr_cur_alloc,percpu.nr_chunks,percpu.free_bytes",
	  .help = "names without \"memory.\", separated by commas, with * ? [] as in a shell" },
	{ .name = "slab",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .help = "slab caches that are recorded whatever they do, likewise" },
	{ .name = "slab_change",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 1LL << 40,
	  .def = "65536",
	  .help = "other caches are recorded when one round has changed them by this much" },
	{ .name = "refresh",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "have every CPU fold its counts in first, with work on each: " REFRESH },
	{ .name = NULL },
};

static const struct metric memory_metrics[] = {
	{ "memory.<name>", "bytes", DIR_NONE, "a line of /proc/meminfo when the window closed" },
	{ "memory.<name>.change", "bytes", DIR_NONE, "what the window changed of it" },
	{ "memory.slab", "bytes", DIR_NONE, "pages of all slab caches" },
	{ "memory.slab.<cache>", "bytes", DIR_NONE, "pages of one slab cache" },
	{ "memory.percpu.<name>", "objects", DIR_NONE, "statistics of the per-CPU allocator" },
	{ .name = NULL },
};

const struct collector collector_memory = {
	.name = "memory",
	.summary = "meminfo, slab caches and the per-CPU allocator, before and after",
	.params = memory_params,
	.metrics = memory_metrics,
	.setup = memory_setup,
	.start = memory_start,
	.stop = memory_stop,
	.report = memory_report,
	.teardown = memory_teardown,
};
