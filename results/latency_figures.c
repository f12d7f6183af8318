// SPDX-License-Identifier: GPL-2.0
/* From boots to figures. */
#include "results/latency_figures.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats.h"
#include "runner/base/str.h"

#define LEVEL 0.95
#define GIGA 1e9 /* ns per second; instructions per 1e9 */

static const struct latency_bounds unknown = { NAN, NAN };

static struct latency_bounds exactly(double v)
{
	return (struct latency_bounds){ v, v };
}

/* --- over the boots --- */

size_t latency_order_place(size_t n, double level)
{
	size_t k = 0;

	while (k + 1 <= (n + 1) / 2 &&
	       1 - 2 * gsl_cdf_binomial_P((unsigned int)k, 0.5, (unsigned int)n) >= level)
		k++;
	return k;
}

static bool no_spread(const double *v, size_t n)
{
	return stats_min(v, n) == stats_max(v, n);
}

static void order_interval(struct latency_figure *f, double *low, double *high, size_t n)
{
	size_t k = latency_order_place(n, LEVEL);

	if (!k) {
		f->why = "too few boots for an interval of a tail";
		return;
	}
	gsl_sort(low, 1, n);
	gsl_sort(high, 1, n);
	f->ci = (struct latency_bounds){ low[k - 1], high[n - k] };
}

/* From the lower end of the lower bounds' interval to the upper end of the upper bounds'; nothing here is negative. */
static void mean_interval(struct latency_figure *f, const double *low, const double *high, size_t n)
{
	/* a clock coarser than the noise; t would claim certainty */
	if (no_spread(low, n) && no_spread(high, n)) {
		f->why = "no spread between the boots: no interval";
		return;
	}
	f->ci.low = fmax(0, stats_t_paired(low, n, LEVEL).low);
	f->ci.high = stats_t_paired(high, n, LEVEL).high;
}

void latency_figure_finish(struct latency_figure *f, size_t nboot)
{
	double *low = xcalloc(nboot + 1, sizeof(*low)), *high = xcalloc(nboot + 1, sizeof(*high));
	size_t n = 0;

	for (size_t i = 0; i < nboot; i++) {
		if (isnan(f->boot[i].low) || isnan(f->boot[i].high))
			continue;
		low[n] = f->boot[i].low;
		high[n++] = f->boot[i].high;
	}
	f->boots = n;
	f->mid = (struct latency_bounds){ stats_median(low, n), stats_median(high, n) };
	f->range = (struct latency_bounds){ stats_min(low, n), stats_max(high, n) };
	f->ci = unknown;
	f->why = NULL;
	f->exact = n > 1 && (f->ev == EV_SIMULATED || f->ev == EV_STATIC) && no_spread(low, n) &&
		   no_spread(high, n);
	if (!n)
		f->why = "not measured";
	else if (n == 1)
		f->why = "one boot: no interval";
	else if (f->exact)
		f->ci = f->mid;
	else if (f->kind == LATENCY_ORDER)
		order_interval(f, low, high, n);
	else
		mean_interval(f, low, high, n);
	free(low);
	free(high);
}

/* --- of one boot --- */

/* What one boot is asked for; @w: what it says of the whole workload, or NULL. */
struct question {
	const struct latency_boot *b, *w;
	double p; /* of a quantile */
	uint64_t threshold;
	const char *cause; /* NULL: all */
	bool own; /* … of the task itself */
};

static struct latency_bounds gap_quantile(const struct question *q)
{
	struct latency_bounds v = latency_hist_quantile(&q->b->gap, q->p);

	/* a bucket ends where the largest gap is known to be */
	if (v.high > q->b->gap_max && v.low <= q->b->gap_max)
		v.high = q->b->gap_max;
	return v;
}

static struct latency_bounds gap_max(const struct question *q)
{
	return isnan(q->b->gap_max) ? latency_hist_quantile(&q->b->gap, 1) : exactly(q->b->gap_max);
}

static struct latency_bounds gaps_over(const struct question *q)
{
	return q->b->gap.samples ? latency_hist_over(&q->b->gap, q->threshold) : unknown;
}

static struct latency_bounds caller_quantile(const struct question *q)
{
	return latency_hist_quantile(&q->b->caller, q->p);
}

static struct latency_bounds window(const struct question *q)
{
	return exactly(q->b->spin);
}

static struct latency_bounds triggers(const struct question *q)
{
	return exactly(q->b->triggers);
}

/* What the watched task does itself is no interruption; collect_trace.h has the kinds. */
static bool is_own(const char *cause)
{
	return str_starts(cause, "syscall:") || str_starts(cause, "fault:") ||
	       str_starts(cause, "other:");
}

/* Does the question ask for this cause: for this very one, or for all of others or of the task's own? */
static bool is_asked(const struct question *q, const char *cause)
{
	return q->cause ? !strcmp(cause, q->cause) : is_own(cause) == q->own;
}

static double count_of(const struct question *q)
{
	double sum = 0;

	if (!q->b->traced)
		return NAN;
	for (size_t i = 0; i < q->b->ncause; i++)
		if (is_asked(q, q->b->cause[i].name))
			sum += q->b->cause[i].count;
	return sum;
}

static double stolen_of(const struct question *q)
{
	double sum = 0;

	if (!q->b->traced)
		return NAN;
	for (size_t i = 0; i < q->b->ncause; i++)
		if (is_asked(q, q->b->cause[i].name))
			sum += q->b->cause[i].stolen;
	return sum;
}

static struct latency_bounds own_stays(const struct question *q)
{
	struct question own = *q;

	own.own = true;
	return exactly(count_of(&own));
}

static struct latency_bounds interruptions(const struct question *q)
{
	return exactly(count_of(q));
}

static struct latency_bounds interruption_rate(const struct question *q)
{
	return q->b->spin > 0 ? exactly(count_of(q) * GIGA / q->b->spin) : unknown;
}

static struct latency_bounds per_trigger(const struct question *q)
{
	return q->w && q->w->triggers > 0 ? exactly(count_of(q) / q->w->triggers) : unknown;
}

static struct latency_bounds stolen_rate(const struct question *q)
{
	return q->b->spin > 0 ? exactly(stolen_of(q) * GIGA / q->b->spin) : unknown;
}

static struct latency_bounds excursions(const struct question *q)
{
	return exactly(q->b->excursions);
}

static struct latency_bounds excursion_rate(const struct question *q)
{
	return q->b->user > 0 ? exactly(q->b->excursions * GIGA / q->b->user) : unknown;
}

static struct latency_bounds excursion_stolen(const struct question *q)
{
	return q->b->user > 0 ? exactly(q->b->stolen * GIGA / q->b->user) : unknown;
}

static struct latency_bounds excursion_quantile(const struct question *q)
{
	struct latency_bounds v = latency_hist_quantile(&q->b->length, q->p);

	if (v.high > q->b->longest && v.low <= q->b->longest)
		v.high = q->b->longest;
	return v;
}

static struct latency_bounds excursion_max(const struct question *q)
{
	return exactly(q->b->longest);
}

/* --- the evidence of a figure: of the records that it is made from --- */

static enum evidence of_gap(const struct latency_boot *b)
{
	return b->gap_ev;
}

static enum evidence of_time(const struct latency_boot *b)
{
	return b->time_ev;
}

static enum evidence of_caller(const struct latency_boot *b)
{
	return b->caller_ev;
}

static enum evidence of_trigger(const struct latency_boot *b)
{
	return b->trigger_ev;
}

/* Of the first cause that has any: a boot has one clock. */
static enum evidence of_count(const struct latency_boot *b)
{
	for (size_t i = 0; i < b->ncause; i++)
		if (b->cause[i].count_ev != EV_COUNT)
			return b->cause[i].count_ev;
	/* nothing was counted: what software counts is exact in an emulator, and virtual or real otherwise */
	return b->ticked && b->time_ev != EV_EMULATED_TIME ? b->time_ev : EV_SIMULATED;
}

static enum evidence simulated(const struct latency_boot *b)
{
	(void)b;
	return EV_SIMULATED;
}

/* --- which figures there are --- */

static const struct desc {
	const char *name, *unit, *collector;
	enum direction dir;
	enum latency_interval kind;
	double p;
	struct latency_bounds (*ask)(const struct question *q);
	enum evidence (*evidence)(const struct latency_boot *b);
} descs[] = {
	{ "window", "ns", NULL, DIR_NONE, LATENCY_MEAN, 0, window, of_time },
	{ "gap.p50", "ns", NULL, DIR_LOWER, LATENCY_MEAN, 0.5, gap_quantile, of_gap },
	{ "gap.p99", "ns", NULL, DIR_LOWER, LATENCY_MEAN, 0.99, gap_quantile, of_gap },
	{ "gap.p99.9", "ns", NULL, DIR_LOWER, LATENCY_ORDER, 0.999, gap_quantile, of_gap },
	{ "gap.max", "ns", NULL, DIR_LOWER, LATENCY_ORDER, 1, gap_max, of_gap },
	{ "triggers", "triggers", NULL, DIR_NONE, LATENCY_MEAN, 0, triggers, of_trigger },
	{ "caller.p50", "ns", NULL, DIR_LOWER, LATENCY_MEAN, 0.5, caller_quantile, of_caller },
	{ "caller.p99", "ns", NULL, DIR_LOWER, LATENCY_ORDER, 0.99, caller_quantile, of_caller },
	{ "caller.max", "ns", NULL, DIR_LOWER, LATENCY_ORDER, 1, caller_quantile, of_caller },
	{ "interruptions", "interruptions", "trace", DIR_LOWER, LATENCY_MEAN, 0, interruptions,
	  of_count },
	{ "interruptions.rate", "1/s", "trace", DIR_LOWER, LATENCY_MEAN, 0, interruption_rate,
	  of_time },
	{ "interruptions.per_trigger", "1/trigger", "trace", DIR_LOWER, LATENCY_MEAN, 0,
	  per_trigger, of_count },
	{ "interruptions.stolen", "ns/s", "trace", DIR_LOWER, LATENCY_MEAN, 0, stolen_rate,
	  of_time },
	{ "own_stays", "stays", "trace", DIR_NONE, LATENCY_MEAN, 0, own_stays, of_count },
	{ "excursions", "excursions", "plugin", DIR_LOWER, LATENCY_MEAN, 0, excursions, simulated },
	{ "excursions.rate", "1/1e9 instructions", "plugin", DIR_LOWER, LATENCY_MEAN, 0,
	  excursion_rate, simulated },
	{ "excursions.stolen", "instructions/1e9 instructions", "plugin", DIR_LOWER, LATENCY_MEAN,
	  0, excursion_stolen, simulated },
	{ "excursion.p50", "instructions", "plugin", DIR_LOWER, LATENCY_MEAN, 0.5,
	  excursion_quantile, simulated },
	{ "excursion.p99", "instructions", "plugin", DIR_LOWER, LATENCY_ORDER, 0.99,
	  excursion_quantile, simulated },
	{ "excursion.max", "instructions", "plugin", DIR_LOWER, LATENCY_ORDER, 1, excursion_max,
	  simulated },
};

/* Of every threshold, and of every cause. */
static const struct desc over_desc = {
	.unit = "gaps",
	.dir = DIR_LOWER,
	.ask = gaps_over,
	.evidence = of_gap,
};
static const struct desc cause_desc = {
	.unit = "interruptions",
	.collector = "trace",
	.dir = DIR_LOWER,
	.ask = interruptions,
	.evidence = of_count,
};
static const struct desc cause_stolen_desc = {
	.unit = "ns/s",
	.collector = "trace",
	.dir = DIR_LOWER,
	.ask = stolen_rate,
	.evidence = of_time,
};

static const struct latency_boot *same_boot(const struct latency_row *r, long long boot)
{
	for (size_t i = 0; r && i < r->nboot; i++)
		if (r->boot[i].boot == boot)
			return &r->boot[i];
	return NULL;
}

/* Ask every boot of this evidence; a figure of which none says anything is left out. */
static void add_figure_of(struct latency_row *r, const struct latency_row *workload,
			  const char *name, const struct desc *d, struct question q,
			  enum evidence ev)
{
	struct latency_figure f = { .name = xstrdup(name),
				    .unit = d->unit,
				    .collector = d->collector,
				    .dir = d->dir,
				    .ev = ev,
				    .kind = d->kind };

	f.boot = xcalloc(r->nboot, sizeof(*f.boot));
	for (size_t i = 0; i < r->nboot; i++) {
		q.b = &r->boot[i];
		q.w = same_boot(workload, q.b->boot);
		f.boot[i] = d->evidence(q.b) == ev ? d->ask(&q) : unknown;
	}
	latency_figure_finish(&f, r->nboot);
	if (f.boots) {
		*ARRAY_PUSH(r->figure, r->nfigure, r->figure_cap) = f;
		return;
	}
	free(f.name);
	free(f.boot);
}

/* One figure per evidence: a run that was resumed where there is no KVM has boots of two. */
static void add_figure(struct latency_row *r, const struct latency_row *workload, const char *name,
		       const struct desc *d, struct question q)
{
	bool seen[EV_COUNT] = { false };

	for (size_t i = 0; i < r->nboot; i++)
		seen[d->evidence(&r->boot[i])] = true;
	for (int ev = 0; ev < EV_COUNT; ev++)
		if (seen[ev])
			add_figure_of(r, workload, name, d, q, (enum evidence)ev);
}

/* "gap.over.10us": the unit that leaves a whole number. */
static char *over_name(uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	size_t i = 0;

	while (units[i].ns > 1 && (!ns || ns % units[i].ns))
		i++;
	return xasprintf("gap.over.%llu%s", (unsigned long long)(ns / units[i].ns), units[i].unit);
}

/* The names of all causes of the row's boots, sorted. */
static void cause_names(const struct latency_row *r, struct strv *out)
{
	for (size_t i = 0; i < r->nboot; i++)
		for (size_t j = 0; j < r->boot[i].ncause; j++)
			if (!strv_has(out, r->boot[i].cause[j].name))
				strv_push(out, r->boot[i].cause[j].name);
	strv_sort(out);
}

void latency_row_figures(const struct latency *l, struct latency_row *r,
			 const struct latency_row *workload)
{
	cleanup_strv struct strv causes = STRV_INIT;

	for (size_t i = 0; i < sizeof(descs) / sizeof(*descs); i++)
		add_figure(r, workload, descs[i].name, &descs[i],
			   (struct question){ .p = descs[i].p });
	for (size_t i = 0; i < l->nthreshold; i++) {
		cleanup_free char *name = over_name(l->threshold[i]);

		add_figure(r, workload, name, &over_desc,
			   (struct question){ .threshold = l->threshold[i] });
	}
	cause_names(r, &causes);
	for (size_t i = 0; i < causes.n; i++) {
		const struct question q = { .cause = causes.v[i] };
		cleanup_free char *count = xasprintf("interruption.%s", q.cause);
		cleanup_free char *stolen = xasprintf("stolen.%s", q.cause);

		add_figure(r, workload, count, &cause_desc, q);
		add_figure(r, workload, stolen, &cause_stolen_desc, q);
	}
}
