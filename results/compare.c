// SPDX-License-Identifier: GPL-2.0
#include "results/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare_sparse.h"
#include "results/stats.h"
#include "runner/base/str.h"

#define ALPHA 0.05
#define LEVEL 0.95
#define PAIRS_MAX 1000 /* an estimate beyond this is no advice */
#define MARGIN_DEFAULT 0.01

enum kind {
	KIND_SETTLED, /* the verdict is there */
	KIND_T,
	KIND_SIGN, /* no spread: signs alone */
};

/* What is known of a pair between the steps of compare_run_set(). */
struct work {
	struct pair *pair;
	enum kind kind;
	struct t_test t; /* of log ratios or differences */
	double margin; /* in the same terms */
};

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[V_SAME] = "same",       [V_BETTER] = "better",       [V_WORSE] = "worse",
		[V_CHANGED] = "changed", [V_UNDECIDED] = "undecided", [V_SHOWN] = "shown",
		[V_MISSING] = "missing",
	};

	return (size_t)v < sizeof(names) / sizeof(*names) ? names[v] : "unknown";
}

void comparison_init(struct comparison *c)
{
	memset(c, 0, sizeof(*c));
	c->margin = MARGIN_DEFAULT;
}

void comparison_free(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct pair *p = &c->pairs[i];

		free(p->target);
		free(p->workload);
		free(p->metric);
		free(p->stat);
		free(p->unit);
		free(p->collector);
		free(p->a);
		free(p->b);
	}
	free(c->pairs);
	free(c->a);
	free(c->b);
	memset(c, 0, sizeof(*c));
}

static enum verdict changed(const struct pair *p, bool up)
{
	if (p->dir == DIR_NONE)
		return V_CHANGED;
	return up == (p->dir == DIR_HIGHER) ? V_BETTER : V_WORSE;
}

static void settle(struct pair *p, struct work *w, enum verdict v, const char *note)
{
	w->kind = KIND_SETTLED;
	p->verdict = v;
	p->note = note;
}

/* Values that are no numbers are no values. */
static void drop_nonfinite(struct boot_value *v, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (isfinite(v[i].value))
			v[kept++] = v[i];
	*n = kept;
}

static void summarise(const struct boot_value *v, size_t n, double *mid, double *min, double *max)
{
	double *values = xmalloc(n * sizeof(*values));

	for (size_t i = 0; i < n; i++)
		values[i] = v[i].value;
	*mid = stats_median(values, n);
	*min = stats_min(values, n);
	*max = stats_max(values, n);
	free(values);
}

/* Effect of one number on another, for comparisons without an interval. */
static void set_effect(struct pair *p)
{
	p->is_ratio = p->a_min > 0 && p->b_min > 0;
	p->effect = p->is_ratio ? p->b_mid / p->a_mid : p->b_mid - p->a_mid;
}

static void compare_exactly(struct pair *p, struct work *w)
{
	bool alone = p->ev == EV_SIMULATED && (p->na == 1 || p->nb == 1);

	p->exact = true;
	settle(p, w, p->a_mid == p->b_mid ? V_SAME : changed(p, p->b_mid > p->a_mid),
	       alone ? "one boot: nothing shows that it repeats" : NULL);
}

static bool counts(const struct pair *p)
{
	return p->ev == EV_STATIC || p->ev == EV_SIMULATED;
}

bool pair_disagrees(const struct pair *p)
{
	return counts(p) && ((p->na && p->a_min != p->a_max) || (p->nb && p->b_min != p->b_max));
}

double boots_usual(const struct boot_value *v, size_t n, size_t *count)
{
	size_t best = 0;

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		for (size_t j = 0; j < n; j++)
			same += v[j].value == v[i].value;
		if (same > *count) {
			*count = same;
			best = i;
		}
	}
	return n > 1 && *count == 1 ? NAN : v[best].value;
}

static const char *disagreement(const struct pair *p)
{
	bool a = p->a_min != p->a_max, b = p->b_min != p->b_max;

	if (!counts(p))
		return NULL;
	return a && b ? "boots of A and boots of B disagree" :
	       a      ? "boots of A disagree" :
			"boots of B disagree";
}

static const struct boot_value *in_block(const struct boot_value *v, size_t n, int block)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].block == block)
			return &v[i];
	return NULL;
}

/* The differences of all blocks that have both sides, in the terms of @p; the caller frees. */
static double *differences(struct pair *p)
{
	double *d = xmalloc(p->na * sizeof(*d));

	p->pairs = 0;
	for (size_t i = 0; i < p->na; i++) {
		const struct boot_value *b = in_block(p->b, p->nb, p->a[i].block);

		if (b)
			d[p->pairs++] = p->is_ratio ? log(b->value / p->a[i].value) :
						      b->value - p->a[i].value;
	}
	return d;
}

static double in_terms(const struct pair *p, double v)
{
	return p->is_ratio ? exp(v) : v;
}

/* Equal differences in all pairs, but for the rounding of the logarithm. */
static bool no_spread(const struct t_test *t)
{
	return t->mean != 0 && t->sd <= 1e-12 * fabs(t->mean);
}

/* p without its correction goes to @p->p; pairs that nothing can be said of are settled. */
static void test_pairs(const struct comparison *c, struct pair *p, struct work *w)
{
	double *d = differences(p);

	w->t = stats_t_paired(d, (size_t)p->pairs, LEVEL);
	free(d);
	w->margin = p->is_ratio ? log1p(c->margin) : c->margin * fabs(p->a_mid);
	w->kind = no_spread(&w->t) ? KIND_SIGN : KIND_T;
	p->note = c->random_phases ? NULL : disagreement(p);
	if (!p->pairs) {
		settle(p, w, V_UNDECIDED, "no block has both");
		return;
	}
	p->effect = in_terms(p, w->t.mean);
	if (p->pairs < 2) {
		settle(p, w, V_UNDECIDED, "one pair says nothing about the spread");
		return;
	}
	if (w->kind == KIND_SIGN) {
		p->p = stats_sign_p((size_t)p->pairs);
		return;
	}
	p->p = w->t.p;
	p->low = in_terms(p, w->t.low);
	p->high = in_terms(p, w->t.high);
}

static bool is_extreme(const struct pair *p)
{
	return !strcmp(p->stat, "min") || !strcmp(p->stat, "max");
}

static bool same_metric(const struct pair *p, const struct pair *q)
{
	return p->ev == q->ev && !strcmp(p->metric, q->metric) && !strcmp(p->unit, q->unit) &&
	       !strcmp(p->workload, q->workload) && !strcmp(p->target, q->target);
}

/* An extreme stands for its metric only where nothing else does. */
static bool is_summary(const struct comparison *c, const struct pair *p)
{
	if (!is_extreme(p))
		return true;
	for (size_t i = 0; i < c->n; i++)
		if (!is_extreme(&c->pairs[i]) && same_metric(&c->pairs[i], p))
			return false;
	return true;
}

static void reset_out(const struct comparison *c, struct pair *p)
{
	p->verdict = V_UNDECIDED;
	p->exact = false;
	p->summary = is_summary(c, p);
	p->is_ratio = false;
	p->effect = p->low = p->high = p->p = p->p_holm = NAN;
	p->pairs = 0;
	p->more_boots = 0;
	p->noise = false;
	p->note = NULL;
}

static void measure(const struct comparison *c, struct pair *p, struct work *w)
{
	reset_out(c, p);
	drop_nonfinite(p->a, &p->na);
	drop_nonfinite(p->b, &p->nb);
	summarise(p->a, p->na, &p->a_mid, &p->a_min, &p->a_max);
	summarise(p->b, p->nb, &p->b_mid, &p->b_min, &p->b_max);
	if (!p->na || !p->nb) {
		settle(p, w, V_MISSING,
		       p->na ? "B has no value" :
		       p->nb ? "A has no value" :
			       "neither side has a value");
		return;
	}
	set_effect(p);
	if (p->ev == EV_EMULATED_TIME)
		settle(p, w, V_SHOWN, "emulated time is never judged");
	else if (counts(p) && p->a_min == p->a_max && p->b_min == p->b_max)
		compare_exactly(p, w);
	else
		test_pairs(c, p, w);
}

/* Comparisons that are corrected together. */
enum family { FAMILY_SUMMARY, FAMILY_EXTREME, FAMILY_COLLECTED, FAMILIES };

static enum family family_of(const struct pair *p)
{
	if (p->collector)
		return FAMILY_COLLECTED;
	return p->summary ? FAMILY_SUMMARY : FAMILY_EXTREME;
}

/* Holm within one family; returns its size. */
static size_t correct(const struct work *w, size_t n, enum family family)
{
	double *p = xmalloc(n * sizeof(*p));
	size_t judged;

	for (size_t i = 0; i < n; i++)
		p[i] = family_of(w[i].pair) == family && w[i].kind != KIND_SETTLED ? w[i].pair->p :
										     NAN;
	judged = stats_holm(p, n, p);
	for (size_t i = 0; i < n; i++)
		if (family_of(w[i].pair) == family)
			w[i].pair->p_holm = p[i];
	free(p);
	return judged;
}

/* Pairs at which the smallest p of the sign-flip test passes @alpha. */
static size_t sign_pairs_needed(double alpha)
{
	size_t n = 2;

	while (n < PAIRS_MAX && stats_sign_p(n) > alpha)
		n++;
	return n;
}

/* Do all pairs differ by the same amount, and one that is none? */
static bool is_constant_inside(const struct work *w)
{
	return w->kind == KIND_SIGN && fabs(w->t.mean) <= w->margin;
}

/* Two one-sided tests at 2.5 %: by the interval, and of signs by half of their two-sided p. */
static bool is_inside(const struct pair *p, const struct work *w)
{
	if (w->kind == KIND_SIGN)
		return is_constant_inside(w) && p->p <= ALPHA;
	return w->t.low >= -w->margin && w->t.high <= w->margin;
}

static void advise(struct pair *p, const struct work *w, size_t family)
{
	/* what Holm asks of the first comparison of its family, and of equivalence nobody */
	double alpha = ALPHA / (double)(family && !is_constant_inside(w) ? family : 1);
	size_t need = w->kind == KIND_SIGN ? sign_pairs_needed(alpha) :
					     stats_pairs_needed(&w->t, w->margin, alpha, PAIRS_MAX);

	if (need)
		p->more_boots = need > (size_t)p->pairs ? (int)need - p->pairs : 1;
}

static void decide(struct pair *p, const struct work *w, size_t family)
{
	if (is_inside(p, w)) {
		p->verdict = V_SAME;
	} else if (p->p_holm <= ALPHA && p->same_code && p->same_boot) {
		p->verdict = V_SAME;
		p->noise = true;
		p->note = "identical code: the difference is noise";
	} else if (p->p_holm <= ALPHA) {
		p->verdict = changed(p, w->t.mean > 0);
	} else {
		p->verdict = V_UNDECIDED;
		advise(p, w, family);
	}
}

static void measure_all(struct comparison *c, struct work *w)
{
	compare_fill_sparse(c);
	for (size_t i = 0; i < c->n; i++) {
		w[i].pair = &c->pairs[i];
		measure(c, &c->pairs[i], &w[i]);
	}
}

void compare_run_set(struct comparison *const *c, size_t n)
{
	size_t total = 0, place = 0, judged[FAMILIES];
	struct work *w;

	for (size_t i = 0; i < n; i++)
		total += c[i]->n;
	w = xcalloc(total, sizeof(*w));
	for (size_t i = 0; i < n; i++) {
		measure_all(c[i], &w[place]);
		place += c[i]->n;
	}
	for (int f = 0; f < FAMILIES; f++)
		judged[f] = correct(w, total, (enum family)f);
	for (size_t i = 0; i < total; i++)
		if (w[i].kind != KIND_SETTLED)
			decide(w[i].pair, &w[i], judged[family_of(w[i].pair)]);
	for (size_t i = 0; i < n; i++) {
		c[i]->variants = (int)n;
		c[i]->judged = (int)judged[FAMILY_SUMMARY];
		c[i]->judged_collected = (int)judged[FAMILY_COLLECTED];
	}
	free(w);
}

void compare_run(struct comparison *c)
{
	compare_run_set(&c, 1);
}

bool comparison_regressed(const struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (family_of(&c->pairs[i]) == FAMILY_SUMMARY && c->pairs[i].ev != EV_STATIC &&
		    c->pairs[i].verdict == V_WORSE)
			return true;
	return false;
}
