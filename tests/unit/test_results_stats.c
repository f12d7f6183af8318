// SPDX-License-Identifier: GPL-2.0
/* Statistics against values worked out by hand, published ones, and by simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "results/stats.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* NaN wants NaN. */
static int close_to(double got, double want)
{
	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got);
	return got == want || fabs(got - want) <= 1e-12 * fmax(1, fabs(want));
}

static void want(const char *name, double got, double wanted)
{
	if (!close_to(got, wanted))
		fail_msg("%s: got %.17g, wanted %.17g", name, got, wanted);
}

static void summary_rows(void **state)
{
	static const struct {
		const char *name;
		double v[6];
		size_t n;
		double mean, sd, median, min, max;
	} rows[] = {
		{ "none", { 0 }, 0, NAN, NAN, NAN, NAN, NAN },
		{ "one", { 7 }, 1, 7, NAN, 7, 7, 7 },
		{ "two", { 1, 2 }, 2, 1.5, 0.70710678118654757, 1.5, 1, 2 },
		{ "three, unsorted", { 3, 1, 2 }, 3, 2, 1, 2, 1, 3 },
		{ "four, unsorted", { 4, 1, 3, 2 }, 4, 2.5, 1.2909944487358056, 2.5, 1, 4 },
		{ "ties", { 5, 5, 5, 5 }, 4, 5, 0, 5, 5, 5 },
		{ "negative", { -1, -3 }, 2, -2, 1.4142135623730951, -2, -3, -1 },
		{ "a NaN", { 1, NAN, 3 }, 3, NAN, NAN, NAN, NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		want(rows[i].name, stats_mean(rows[i].v, rows[i].n), rows[i].mean);
		want(rows[i].name, stats_sd(rows[i].v, rows[i].n), rows[i].sd);
		want(rows[i].name, stats_median(rows[i].v, rows[i].n), rows[i].median);
		want(rows[i].name, stats_min(rows[i].v, rows[i].n), rows[i].min);
		want(rows[i].name, stats_max(rows[i].v, rows[i].n), rows[i].max);
	}
}

/* R: quantile(c(1, 2, 4, 8, 16), p, type = 7). */
static void quantile_rows(void **state)
{
	static const double v[] = { 16, 2, 8, 1, 4 };
	static const struct {
		size_t n;
		double p, want;
	} rows[] = {
		{ 5, 0, 1 },      { 5, 0.1, 1.4 },    { 5, 0.25, 2 },  { 5, 0.5, 4 },
		{ 5, 0.9, 12.8 }, { 5, 0.99, 15.68 }, { 5, 1, 16 },    { 1, 0.3, 16 },
		{ 0, 0.5, NAN },  { 5, -0.1, NAN },   { 5, 1.1, NAN }, { 5, NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double got = stats_quantile(v, rows[i].n, rows[i].p);

		if (!close_to(got, rows[i].want))
			fail_msg("n %zu p %g: got %.17g, wanted %.17g", rows[i].n, rows[i].p, got,
				 rows[i].want);
	}
	assert_true(v[0] == 16);
}

/* A worked example whose results are known to all digits. */
static void welch_published(void **state)
{
	static const double a[] = { 2, 1, 3, 4 }, b[] = { 6, 5, 7, 9 };
	struct t_test t = stats_t_welch(a, 4, b, 4, 0.95);

	(void)state;
	want("t", t.t, -3.9703446152237674);
	want("dof", t.dof, 5.584615384615385);
	assert_true(fabs(t.p - 0.0085128631314) < 1e-12);
	want("mean", t.mean, -4.25);
	/* the interval and p come from one model: where it ends, p is 5 % */
	assert_true(t.high < 0);
	t = stats_t_welch(a, 1, b, 4, 0.95);
	want("one value", t.p, NAN);
}

/*
 * By hand. {1, 2, 3}: mean 2, sd 1, t = 2√3, two degrees of freedom, where the distribution function is
 * known: F(t) = 1/2 + t / (2 √(2 + t²)), so p = 1 - t / √(2 + t²) and the quantile of 97.5 % is
 * 0.95 √(2 / (1 - 0.95²)). {1, 3}: one degree, Cauchy: p = 1 - 2/π atan(t), quantile tan(0.475 π).
 */
static void paired_by_hand(void **state)
{
	static const double three[] = { 1, 2, 3 }, two[] = { 1, 3 };
	const double pi = acos(-1), q2 = 0.95 * sqrt(2 / (1 - 0.95 * 0.95)), q1 = tan(0.475 * pi);
	struct t_test t = stats_t_paired(three, 3, 0.95);

	(void)state;
	want("t", t.t, 2 * sqrt(3));
	want("dof", t.dof, 2);
	assert_true(fabs(t.p - (1 - 2 * sqrt(3) / sqrt(14))) < 1e-10);
	assert_true(fabs(t.low - (2 - q2 / sqrt(3))) < 1e-8);
	assert_true(fabs(t.high - (2 + q2 / sqrt(3))) < 1e-8);
	t = stats_t_paired(two, 2, 0.95);
	want("t of two", t.t, 2);
	assert_true(fabs(t.p - (1 - 2 / pi * atan(2))) < 1e-10);
	assert_true(fabs(t.high - (2 + q1)) < 1e-6);
}

static void paired_edges(void **state)
{
	static const double same[] = { 2, 2, 2 }, zero[] = { 0, 0 }, bad[] = { 1, NAN, 2 };
	struct t_test t = stats_t_paired(same, 0, 0.95);

	(void)state;
	want("none: mean", t.mean, NAN);
	want("none: p", t.p, NAN);
	t = stats_t_paired(same, 1, 0.95);
	want("one: mean", t.mean, 2);
	want("one: sd", t.sd, NAN);
	want("one: p", t.p, NAN);
	want("one: low", t.low, NAN);
	t = stats_t_paired(same, 3, 0.95);
	want("equal: p", t.p, 0);
	want("equal: low", t.low, 2);
	t = stats_t_paired(zero, 2, 0.95);
	want("zero: p", t.p, 1);
	want("zero: high", t.high, 0);
	t = stats_t_paired(bad, 3, 0.95);
	want("NaN: p", t.p, NAN);
}

static void holm_rows(void **state)
{
	static const struct {
		const char *name;
		double p[4], want[4];
		size_t n, judged;
	} rows[] = {
		{ "none", { 0 }, { 0 }, 0, 0 },
		{ "one", { 0.03 }, { 0.03 }, 1, 1 },
		/* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") */
		{ "four", { 0.01, 0.04, 0.03, 0.005 }, { 0.03, 0.06, 0.06, 0.02 }, 4, 4 },
		{ "ties", { 0.02, 0.02, 0.02 }, { 0.06, 0.06, 0.06 }, 3, 3 },
		{ "at most one", { 0.6, 0.9 }, { 1, 1 }, 2, 2 },
		{ "NaN is not counted", { NAN, 0.02, NAN, 0.03 }, { NAN, 0.04, NAN, 0.04 }, 4, 2 },
		{ "all NaN", { NAN, NAN }, { NAN, NAN }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double got[4];
		size_t judged = stats_holm(rows[i].p, rows[i].n, got);

		if (judged != rows[i].judged)
			fail_msg("%s: got %zu, wanted %zu", rows[i].name, judged, rows[i].judged);
		for (size_t j = 0; j < rows[i].n; j++)
			want(rows[i].name, got[j], rows[i].want[j]);
		memcpy(got, rows[i].p, sizeof(got));
		stats_holm(got, rows[i].n, got);
		for (size_t j = 0; j < rows[i].n; j++)
			want("in place", got[j], rows[i].want[j]);
	}
}

static void sign_rows(void **state)
{
	(void)state;
	want("0", stats_sign_p(0), NAN);
	want("1", stats_sign_p(1), 1);
	want("2", stats_sign_p(2), 0.5);
	want("6", stats_sign_p(6), 0.03125);
	assert_true(stats_sign_p(1000000) >= 0);
}

static void pairs_needed_rows(void **state)
{
	static const struct {
		const char *name;
		double mean, sd, margin;
		size_t want;
	} rows[] = {
		/* changed: mean √n / sd ≥ t(0.975, n - 1); n = 5 gives 2.236 < 2.776, n = 7 2.646 ≥ 2.447 */
		{ "mean of one sd", 1, 1, 0, 7 },
		{ "mean of two sd", 2, 1, 0, 4 },
		/* same: t(0.975, n - 1) sd / √n ≤ margin is the same arithmetic */
		{ "no mean, margin of one sd", 0, 1, 1, 7 },
		{ "no spread", 1, 0, 0, 2 },
		{ "hopeless", 0.001, 1, 0, 0 },
		{ "on the margin", 1, 1e9, 1, 0 },
		{ "no spread known", 1, NAN, 0, 0 },
		{ "no mean known", NAN, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct t_test t = { .mean = rows[i].mean, .sd = rows[i].sd };
		size_t got = stats_pairs_needed(&t, rows[i].margin, 0.05, 1000);

		if (got != rows[i].want)
			fail_msg("%s: got %zu, wanted %zu", rows[i].name, got, rows[i].want);
	}
}

/* The 95 % interval covers the truth in 95 ± 1.5 % of 10,000 draws, and a true zero alarms in 5 %. */
static void coverage(void **state)
{
	static const size_t sizes[] = { 2, 3, 5, 10 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	(void)state;
	gsl_rng_set(rng, 20260713);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int covered = 0, alarms = 0;

		for (int draw = 0; draw < 10000; draw++) {
			struct t_test t;
			double d[10];

			for (size_t j = 0; j < sizes[i]; j++)
				d[j] = 0.3 + gsl_ran_gaussian(rng, 2);
			t = stats_t_paired(d, sizes[i], 0.95);
			covered += t.low <= 0.3 && 0.3 <= t.high;
			for (size_t j = 0; j < sizes[i]; j++)
				d[j] -= 0.3;
			alarms += stats_t_paired(d, sizes[i], 0.95).p <= 0.05;
		}
		if (covered < 9350 || covered > 9650 || alarms > 650 || alarms < 350)
			fail_msg("%zu pairs: covered %d, alarms %d of 10000", sizes[i], covered,
				 alarms);
	}
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summary_rows),    cmocka_unit_test(quantile_rows),
		cmocka_unit_test(welch_published), cmocka_unit_test(paired_by_hand),
		cmocka_unit_test(paired_edges),    cmocka_unit_test(holm_rows),
		cmocka_unit_test(sign_rows),       cmocka_unit_test(pairs_needed_rows),
		cmocka_unit_test(coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
