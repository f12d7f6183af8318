// SPDX-License-Identifier: GPL-2.0
/* Sums into lines of the record format. */
#include "collectors/plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kmods/kdelta_marker.h"

#define ALL_CPUS (-1)

struct emitter {
	const struct plugin_layout *l;
	const struct window_sums *s;
	struct str *out;
	size_t records;
};

const char *plugin_window_name(unsigned int id)
{
	static const char *const names[] = {
		[KDELTA_WINDOW_EVENTS] = "events",
		[KDELTA_WINDOW_PTE] = "pte",
		[KDELTA_WINDOW_ALLOC] = "alloc",
		[KDELTA_WINDOW_FREE] = "free",
		[KDELTA_WINDOW_ISOLATED] = "isolated",
		[KDELTA_WINDOW_ALLOC_EMPTY] = "alloc_empty",
		[KDELTA_WINDOW_FREE_EMPTY] = "free_empty",
		[KDELTA_WINDOW_PERCPU] = "percpu",
		[KDELTA_WINDOW_PERCPU_EMPTY] = "percpu_empty",
		[KDELTA_WINDOW_CANARY] = "canary",
	};
	static char number[16];

	if (id < sizeof(names) / sizeof(*names) && names[id])
		return names[id];
	snprintf(number, sizeof(number), "%u", id);
	return number;
}

/* A counter of one vCPU, or of all. */
static uint64_t sum_of(const struct emitter *e, int cpu, size_t counter)
{
	const struct window_sums *s = e->s;
	uint64_t sum = 0;

	if (cpu != ALL_CPUS)
		return s->sum[(size_t)cpu * s->counters + counter];
	for (unsigned int v = 0; v < s->vcpus; v++)
		sum += s->sum[v * s->counters + counter];
	return sum;
}

static void record_begin(struct emitter *e, const char *word, const char *metric,
			 enum direction dir, int cpu)
{
	line_begin(e->out, word);
	line_fieldf(e->out, "w", "%d", e->s->w);
	line_fieldf(e->out, "metric", "window.%s.%s", plugin_window_name(e->s->id), metric);
	line_field(e->out, "dir", direction_name(dir));
	line_field(e->out, "ev", evidence_name(EV_SIMULATED));
	line_fieldf(e->out, "round", "%d", e->s->round);
	line_fieldf(e->out, "cpu", "%d", cpu);
	e->records++;
}

struct value {
	const char *metric, *unit, *stat;
	uint64_t n;
	enum direction dir;
};

static void value(struct emitter *e, int cpu, const struct value *v)
{
	record_begin(e, "value", v->metric, v->dir, cpu);
	line_field(e->out, "unit", v->unit);
	line_field(e->out, "stat", v->stat);
	line_fieldf(e->out, "value", "%" PRIu64, v->n);
	line_end(e->out);
}

/* A total stands also when it is zero; a vCPU that has none is left out. */
static void total(struct emitter *e, int cpu, const char *metric, const char *unit, uint64_t n)
{
	if (n || cpu == ALL_CPUS)
		value(e, cpu, &(struct value){ metric, unit, "total", n, DIR_LOWER });
}

static void emit_instructions(struct emitter *e, int cpu)
{
	uint64_t kernel = sum_of(e, cpu, COUNTER_KERNEL), user = sum_of(e, cpu, COUNTER_USER);

	total(e, cpu, "instructions", "instructions", kernel + user);
	total(e, cpu, "instructions.kernel", "instructions", kernel);
	total(e, cpu, "instructions.user", "instructions", user);
}

static void emit_events(struct emitter *e, int cpu)
{
	uint64_t quiesce = 0, n;
	bool any = false;

	for (size_t i = 0; i < e->l->nevents; i++) {
		const struct event *ev = event_of_counter(e->l->arch, i);

		n = sum_of(e, cpu, COUNTER_EVENTS + i);
		total(e, cpu, ev->name, "events", n);
		if (ev->stall != STALL_MACHINE)
			continue;
		any = true;
		quiesce += n;
	}
	if (any)
		total(e, cpu, "quiesce", "events", quiesce);
}

static void emit_calls(struct emitter *e, int cpu)
{
	cleanup_str struct str metric = STR_INIT;

	for (size_t i = 0; i < e->l->ncalls; i++) {
		str_reset(&metric);
		str_addf(&metric, "call.%.90s", e->l->call[i].name);
		total(e, cpu, metric.buf, "calls", sum_of(e, cpu, e->l->calls + i));
	}
}

/* A function and its instructions. */
struct place {
	size_t function; /* 0: unknown, else symbol + 1 */
	uint64_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->function < y->function ? -1 : x->function > y->function;
}

/* All that have any, the largest first; returns how many. @p has room for all functions. */
static size_t sort_functions(const struct emitter *e, int cpu, struct place *p)
{
	const struct plugin_layout *l = e->l;
	size_t n = 0;

	for (size_t i = 0; i < l->nfunctions; i++) {
		p[n].function = i;
		p[n].n = sum_of(e, cpu, l->functions + i);
		n += p[n].n != 0;
	}
	qsort(p, n, sizeof(*p), by_count);
	return n;
}

/* Those that are one of the largest of all CPUs together, or of one of them. */
static bool *choose_functions(const struct emitter *e, struct place *p)
{
	bool *chosen = xcalloc(e->l->nfunctions, sizeof(*chosen));

	for (int cpu = ALL_CPUS; cpu < (int)e->s->vcpus; cpu++) {
		size_t n = sort_functions(e, cpu, p);

		for (size_t i = 0; i < n && i < (size_t)e->l->where; i++)
			chosen[p[i].function] = true;
	}
	return chosen;
}

static void emit_functions(struct emitter *e, int cpu)
{
	const struct plugin_layout *l = e->l;
	cleanup_str struct str metric = STR_INIT;
	struct place *p = xcalloc(l->nfunctions + 1, sizeof(*p));
	/* who adds up the CPUs of which there is something takes the whole where there is one: there has to be */
	bool *whole = cpu == ALL_CPUS ? choose_functions(e, p) : NULL;
	size_t n = sort_functions(e, cpu, p);

	for (size_t i = 0; i < n; i++) {
		const char *name = p[i].function ? l->symbols->v[p[i].function - 1].name :
						   "unknown";

		if (whole ? !whole[p[i].function] : i >= (size_t)l->where)
			continue;
		str_reset(&metric);
		str_addf(&metric, "in.%.90s", name);
		total(e, cpu, metric.buf, "instructions", p[i].n);
	}
	free(whole);
	free(p);
}

static void emit_cpu(struct emitter *e, int cpu)
{
	emit_instructions(e, cpu);
	emit_events(e, cpu);
	emit_calls(e, cpu);
	if (e->l->nfunctions)
		emit_functions(e, cpu);
}

size_t plugin_emit_window(const struct plugin_layout *l, const struct window_sums *s,
			  struct str *out)
{
	struct emitter e = { .l = l, .s = s, .out = out };

	value(&e, ALL_CPUS, &(struct value){ "count", "windows", "count", s->opened, DIR_NONE });
	emit_cpu(&e, ALL_CPUS);
	for (unsigned int v = 0; v < s->vcpus; v++)
		emit_cpu(&e, (int)v);
	return e.records;
}

static const char *function_name(const struct plugin_layout *l, long symbol)
{
	return symbol >= 0 ? l->symbols->v[symbol].name : "unknown";
}

/* What the longest ones were, for people: info lines are not compared. */
static void emit_longest(const struct emitter *e, const struct excursion_sums *x, size_t *told)
{
	for (size_t i = 0; i < x->nlongest && *told < PLUGIN_TOLD_MAX; i++, ++*told) {
		const struct excursion *l = &x->longest[i];

		line_begin(e->out, "info");
		line_fieldf(e->out, "key", "excursion.w%d.round%d.%s.cpu%u.%zu", x->w, x->round,
			    plugin_window_name(x->id), x->vcpu, i + 1);
		line_fieldf(e->out, "value",
			    "%" PRIu64 " instructions, entered in %s, %" PRIu64 " of them in %s",
			    l->length, function_name(e->l, l->entry), l->top_length,
			    function_name(e->l, l->top));
		line_end(e->out);
	}
}

size_t plugin_emit_excursions(const struct plugin_layout *l, const struct window_sums *s,
			      const struct excursion_sums *x, size_t *told, struct str *out)
{
	struct emitter e = { .l = l, .s = s, .out = out };
	cleanup_str struct str buckets = STR_INIT;
	int cpu = (int)x->vcpu;

	value(&e, cpu, &(struct value){ "excursions", "excursions", "count", x->count, DIR_LOWER });
	value(&e, cpu,
	      &(struct value){ "excursion_length", "instructions", "total", x->total, DIR_LOWER });
	if (!x->count)
		return e.records;
	value(&e, cpu,
	      &(struct value){ "excursion_length", "instructions", "max", x->longest[0].length,
			       DIR_LOWER });
	excursion_buckets(x, &buckets);
	record_begin(&e, "hist", "excursion_length", DIR_LOWER, cpu);
	line_field(out, "unit", "instructions");
	line_fieldf(out, "sub", "%d", EXCURSION_SUB);
	line_field(out, "buckets", buckets.buf);
	line_end(out);
	emit_longest(&e, x, told);
	return e.records;
}
