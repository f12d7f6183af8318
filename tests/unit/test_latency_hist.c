// SPDX-License-Identifier: GPL-2.0
/* Quantiles and counts of histograms, whose samples are known to the width of a bucket; intervals over boots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency_figures.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void add_all(struct latency_hist *h, unsigned int sub, const struct bucket *b)
{
	for (; b->count; b++)
		latency_hist_add(h, sub, b->lower, b->count);
}

/* With sub = 5 values below 64 are exact; buckets of 80 are 2 wide, those of 992 16. */
static void quantiles(void **state)
{
	static const struct {
		const char *name;
		struct bucket b[5]; /* ends with a count of 0 */
		double p, low, high;
	} rows[] = {
		{ "nothing", { { 0, 0 } }, 0.5, NAN, NAN },
		{ "one sample, p0", { { 7, 1 } }, 0, 7, 7 },
		{ "one sample, p50", { { 7, 1 } }, 0.5, 7, 7 },
		{ "one sample, p100", { { 7, 1 } }, 1, 7, 7 },
		{ "one sample has no tail", { { 7, 1 } }, 0.99, NAN, NAN },
		{ "two samples, p50 is the first", { { 7, 1 }, { 9, 1 } }, 0.5, 7, 7 },
		{ "two samples, p0", { { 7, 1 }, { 9, 1 } }, 0, 7, 7 },
		{ "two samples, p100", { { 7, 1 }, { 9, 1 } }, 1, 9, 9 },
		{ "ties", { { 7, 5 } }, 0.5, 7, 7 },
		{ "in any order", { { 9, 1 }, { 3, 1 }, { 5, 1 } }, 0.5, 5, 5 },
		{ "the same bucket twice", { { 9, 1 }, { 3, 1 }, { 9, 1 } }, 0.5, 9, 9 },
		{ "the width of a bucket", { { 80, 3 } }, 0.5, 80, 81 },
		{ "99 of 100", { { 1, 99 }, { 992, 1 } }, 0.99, 1, 1 },
		{ "98 of 100", { { 1, 98 }, { 992, 2 } }, 0.99, 992, 1007 },
		{ "100 samples have no p99.9", { { 1, 99 }, { 992, 1 } }, 0.999, NAN, NAN },
		{ "1000 have one", { { 1, 998 }, { 992, 2 } }, 0.999, 992, 1007 },
		{ "beyond 1", { { 1, 9 } }, 1.5, NAN, NAN },
		{ "below 0", { { 1, 9 } }, -0.5, NAN, NAN },
		{ "NaN", { { 1, 9 } }, NAN, NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct latency_hist h = { 0 };
		struct latency_bounds got;

		add_all(&h, 5, rows[i].b);
		got = latency_hist_quantile(&h, rows[i].p);
		if (!same(got.low, rows[i].low) || !same(got.high, rows[i].high))
			fail_msg("%s: got %g..%g, wanted %g..%g", rows[i].name, got.low, got.high,
				 rows[i].low, rows[i].high);
		latency_hist_free(&h);
	}
}

static void counts_over(void **state)
{
	static const struct {
		const char *name;
		struct bucket b[4];
		uint64_t threshold;
		double low, high;
	} rows[] = {
		{ "nothing", { { 0, 0 } }, 5, 0, 0 },
		{ "all", { { 80, 3 }, { 992, 2 } }, 80, 5, 5 },
		{ "a border", { { 80, 3 }, { 992, 2 } }, 992, 2, 2 },
		{ "inside of a bucket", { { 80, 3 }, { 992, 2 } }, 1000, 0, 2 },
		{ "the last of a bucket", { { 992, 2 } }, 1007, 0, 2 },
		{ "behind it", { { 992, 2 } }, 1008, 0, 0 },
		{ "between two buckets", { { 80, 3 }, { 992, 2 } }, 500, 2, 2 },
		{ "zero", { { 0, 4 }, { 992, 2 } }, 0, 6, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct latency_hist h = { 0 };
		struct latency_bounds got;

		add_all(&h, 5, rows[i].b);
		got = latency_hist_over(&h, rows[i].threshold);
		if (got.low != rows[i].low || got.high != rows[i].high)
			fail_msg("%s: got %g..%g, wanted %g..%g", rows[i].name, got.low, got.high,
				 rows[i].low, rows[i].high);
		latency_hist_free(&h);
	}
}

/* Two resolutions cannot be told apart any more: nothing is said instead of something wrong. */
static void mixed_resolutions(void **state)
{
	struct latency_hist h = { 0 };

	(void)state;
	latency_hist_add(&h, 5, 80, 1);
	latency_hist_add(&h, 3, 80, 1);
	assert_true(isnan(latency_hist_quantile(&h, 0.5).low));
	assert_true(isnan(latency_hist_over(&h, 10).low));
	latency_hist_free(&h);
}

/* The table of David & Nagaraja's section 7.1 for the median at 95 %: 6 boots are the first that have one. */
static void order_places(void **state)
{
	static const struct {
		size_t n, k;
	} rows[] = {
		{ 0, 0 }, { 1, 0 },  { 2, 0 },  { 5, 0 },  { 6, 1 },  { 8, 1 },
		{ 9, 2 }, { 11, 2 }, { 12, 3 }, { 15, 4 }, { 20, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t got = latency_order_place(rows[i].n, 0.95);

		if (got != rows[i].k)
			fail_msg("%zu boots: got %zu, wanted %zu", rows[i].n, got, rows[i].k);
	}
}

/*
 * Of t with 2 degrees of freedom the 0.975 quantile is 4.302653, with 1 it is 12.7062 (any table of Student's t).
 * 9, 10, 11: mean 10, standard error 1/sqrt(3) = 0.577350, half width 2.484138.
 */
static void intervals(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		enum latency_interval kind;
		enum evidence ev;
		size_t n;
		struct latency_bounds boot[7];
		double mid, low, high; /* of mid the lower bound */
		bool exact;
		const char *why;
	} rows[] = {
		{ "nothing", LATENCY_MEAN, EV_VIRTUAL, 0, { { 0, 0 } }, NAN, NAN, NAN, false, "not measured" },
		{ "unknown", LATENCY_MEAN, EV_VIRTUAL, 2, { { NAN, NAN }, { NAN, NAN } }, NAN, NAN, NAN, false, "not measured" },
		{ "one", LATENCY_MEAN, EV_VIRTUAL, 1, { { 5, 5 } }, 5, NAN, NAN, false, "one boot: no interval" },
		{ "one of two", LATENCY_MEAN, EV_VIRTUAL, 2, { { NAN, NAN }, { 5, 5 } }, 5, NAN, NAN, false, "one boot: no interval" },
		{ "t", LATENCY_MEAN, EV_VIRTUAL, 3, { { 9, 9 }, { 11, 11 }, { 10, 10 } }, 10, 7.515862, 12.484138, false, NULL },
		{ "t of bounds", LATENCY_MEAN, EV_VIRTUAL, 3, { { 9, 19 }, { 11, 21 }, { 10, 20 } }, 10, 7.515862, 22.484138, false, NULL },
		{ "never negative", LATENCY_MEAN, EV_VIRTUAL, 2, { { 0, 0 }, { 2, 2 } }, 1, 0, 13.706205, false, NULL },
		{ "counts that agree", LATENCY_MEAN, EV_SIMULATED, 2, { { 4, 4 }, { 4, 4 } }, 4, 4, 4, true, NULL },
		{ "a tail of counts that agree", LATENCY_ORDER, EV_SIMULATED, 2, { { 4, 6 }, { 4, 6 } }, 4, 4, 6, true, NULL },
		{ "times that agree", LATENCY_MEAN, EV_HARDWARE, 2, { { 4, 4 }, { 4, 4 } }, 4, NAN, NAN, false, "no spread between the boots: no interval" },
		{ "a tail, five boots", LATENCY_ORDER, EV_VIRTUAL, 5, { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 5 } }, 3, NAN, NAN, false, "too few boots for an interval of a tail" },
		{ "a tail, six boots", LATENCY_ORDER, EV_VIRTUAL, 6, { { 6, 7 }, { 2, 3 }, { 3, 4 }, { 4, 5 }, { 5, 6 }, { 1, 2 } }, 3.5, 1, 7, false, NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct latency_figure f = { .kind = rows[i].kind,
					    .ev = rows[i].ev,
					    .boot = (struct latency_bounds *)rows[i].boot };

		latency_figure_finish(&f, rows[i].n);
		if (!same(f.mid.low, rows[i].mid) || isnan(f.ci.low) != isnan(rows[i].low) ||
		    fabs(f.ci.low - rows[i].low) > 1e-5 || fabs(f.ci.high - rows[i].high) > 1e-5 ||
		    f.exact != rows[i].exact || !f.why != !rows[i].why ||
		    (f.why && strcmp(f.why, rows[i].why) != 0))
			fail_msg("%s: got %g [%g, %g] %d '%s', wanted %g [%g, %g] %d '%s'",
				 rows[i].name, f.mid.low, f.ci.low, f.ci.high, f.exact,
				 f.why ? f.why : "", rows[i].mid, rows[i].low, rows[i].high,
				 rows[i].exact, rows[i].why ? rows[i].why : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles),         cmocka_unit_test(counts_over),
		cmocka_unit_test(mixed_resolutions), cmocka_unit_test(order_places),
		cmocka_unit_test(intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
