// SPDX-License-Identifier: GPL-2.0
/* Verdicts: what boots of two variants make of a comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare.h"
#include "runner/base/str.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define BOOTS 8

struct side {
	size_t n;
	double v[BOOTS];
};

static struct boot_value *boots_of(const struct side *s)
{
	struct boot_value *v = xcalloc(s->n, sizeof(*v));

	for (size_t i = 0; i < s->n; i++) {
		v[i].block = (int)i;
		v[i].value = s->v[i];
	}
	return v;
}

static struct pair *add(struct comparison *c, const char *metric, const char *stat,
			enum evidence ev, enum direction dir)
{
	struct pair *p = ARRAY_PUSH(c->pairs, c->n, c->cap);

	p->target = xstrdup("t");
	p->workload = xstrdup("w");
	p->metric = xstrdup(metric);
	p->stat = xstrdup(stat);
	p->unit = xstrdup("ns");
	p->ev = ev;
	p->dir = dir;
	return p;
}

static void set(struct pair *p, const struct side *a, const struct side *b)
{
	p->a = boots_of(a);
	p->na = a->n;
	p->b = boots_of(b);
	p->nb = b->n;
}

static const struct row {
	const char *name;
	enum evidence ev;
	enum direction dir;
	struct side a, b;
	enum verdict want;
	bool exact;
	int pairs;
	double effect; /* NAN: none */
	const char *note;
} rows[] = {
	/* clang-format off */
	{ "simulated, equal", EV_SIMULATED, DIR_LOWER,
	  { 3, { 7, 7, 7 } }, { 3, { 7, 7, 7 } },
	  V_SAME, true, 0, 1, NULL },
	{ "simulated, up", EV_SIMULATED, DIR_LOWER,
	  { 3, { 100, 100, 100 } }, { 3, { 101, 101, 101 } },
	  V_WORSE, true, 0, 1.01, NULL },
	{ "simulated, far below the margin", EV_SIMULATED, DIR_LOWER,
	  { 2, { 1e6, 1e6 } }, { 2, { 1e6 - 1, 1e6 - 1 } },
	  V_BETTER, true, 0, 0.999999, NULL },
	{ "simulated, higher is better", EV_SIMULATED, DIR_HIGHER,
	  { 2, { 4, 4 } }, { 2, { 8, 8 } },
	  V_BETTER, true, 0, 2, NULL },
	{ "simulated, no direction", EV_SIMULATED, DIR_NONE,
	  { 2, { 4, 4 } }, { 2, { 8, 8 } },
	  V_CHANGED, true, 0, 2, NULL },
	{ "static, zero to some", EV_STATIC, DIR_LOWER,
	  { 1, { 0 } }, { 1, { 3 } },
	  V_WORSE, true, 0, 3, NULL },
	{ "simulated, both zero", EV_SIMULATED, DIR_LOWER,
	  { 2, { 0, 0 } }, { 2, { 0, 0 } },
	  V_SAME, true, 0, 0, NULL },
	{ "simulated, one boot", EV_SIMULATED, DIR_LOWER,
	  { 1, { 5 } }, { 1, { 5 } },
	  V_SAME, true, 0, 1, "one boot: nothing shows that it repeats" },
	{ "simulated, A disagrees", EV_SIMULATED, DIR_LOWER,
	  { 3, { 100, 100.1, 99.9 } }, { 3, { 100, 100, 100 } },
	  V_SAME, false, 3, NAN, "boots of A disagree" },
	{ "simulated, B disagrees", EV_SIMULATED, DIR_LOWER,
	  { 3, { 100, 100, 100 } }, { 3, { 200, 201, 199 } },
	  V_WORSE, false, 3, NAN, "boots of B disagree" },
	{ "simulated, both disagree", EV_SIMULATED, DIR_LOWER,
	  { 2, { 100, 300 } }, { 2, { 200, 100 } },
	  V_UNDECIDED, false, 2, 0.81649658092772603, "boots of A and boots of B disagree" },
	{ "emulated time", EV_EMULATED_TIME, DIR_LOWER,
	  { 3, { 1, 1, 1 } }, { 3, { 9, 9, 9 } },
	  V_SHOWN, false, 0, 9, "emulated time is never judged" },
	{ "virtual, clearly slower", EV_VIRTUAL, DIR_LOWER,
	  { 4, { 100, 110, 90, 100 } }, { 4, { 150, 166, 134, 151 } },
	  V_WORSE, false, 4, NAN, NULL },
	{ "virtual, clearly faster", EV_VIRTUAL, DIR_LOWER,
	  { 4, { 150, 166, 134, 151 } }, { 4, { 100, 110, 90, 100 } },
	  V_BETTER, false, 4, NAN, NULL },
	{ "virtual, drift cancels within blocks", EV_VIRTUAL, DIR_LOWER,
	  { 4, { 100, 200, 300, 400 } }, { 4, { 110.1, 219.9, 330.2, 440.1 } },
	  V_WORSE, false, 4, NAN, NULL },
	{ "hardware, equivalent", EV_HARDWARE, DIR_LOWER,
	  { 4, { 1000, 1001, 999, 1000 } }, { 4, { 1001, 1000, 1000, 999 } },
	  V_SAME, false, 4, NAN, NULL },
	{ "virtual, noise", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 100, 130, 90 } }, { 3, { 120, 100, 110 } },
	  V_UNDECIDED, false, 3, NAN, NULL },
	{ "virtual, zero possible", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 0, 1, 0 } }, { 3, { 50, 51, 52 } },
	  V_WORSE, false, 3, 50.666666666666664, NULL },
	{ "virtual, all zero", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 0, 0, 0 } }, { 3, { 0, 0, 0 } },
	  V_SAME, false, 3, 0, NULL },
	{ "virtual, negative", EV_VIRTUAL, DIR_HIGHER,
	  { 3, { -5, -6, -5 } }, { 3, { 50, 51, 52 } },
	  V_BETTER, false, 3, NAN, NULL },
	{ "virtual, one pair", EV_VIRTUAL, DIR_LOWER,
	  { 1, { 1 } }, { 1, { 2 } },
	  V_UNDECIDED, false, 1, 2, "one pair says nothing about the spread" },
	{ "virtual, a broken boot on each side", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 1, 2, 3 } }, { 2, { 2, 4 } },
	  V_UNDECIDED, false, 2, 2, NULL },
	{ "virtual, no spread, few", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 100, 100, 100 } }, { 3, { 101, 101, 101 } },
	  V_UNDECIDED, false, 3, 1.01, NULL },
	{ "virtual, no spread, six", EV_VIRTUAL, DIR_LOWER,
	  { 6, { 10, 10, 10, 10, 10, 10 } }, { 6, { 11, 11, 11, 11, 11, 11 } },
	  V_WORSE, false, 6, 1.1, NULL },
	{ "virtual, no spread, six, inside the margin", EV_VIRTUAL, DIR_LOWER,
	  { 6, { 1000, 1000, 1000, 1000, 1000, 1000 } }, { 6, { 1001, 1001, 1001, 1001, 1001, 1001 } },
	  V_SAME, false, 6, 1.001, NULL },
	{ "virtual, no spread, five, inside the margin", EV_VIRTUAL, DIR_LOWER,
	  { 5, { 1000, 1000, 1000, 1000, 1000 } }, { 5, { 1001, 1001, 1001, 1001, 1001 } },
	  V_UNDECIDED, false, 5, 1.001, NULL },
	{ "virtual, not a number", EV_VIRTUAL, DIR_LOWER,
	  { 3, { 1, NAN, INFINITY } }, { 1, { 2 } },
	  V_UNDECIDED, false, 1, 2, "one pair says nothing about the spread" },
	{ "A alone", EV_SIMULATED, DIR_LOWER,
	  { 1, { 1 } }, { 0, { 0 } },
	  V_MISSING, false, 0, NAN, "B has no value" },
	{ "B alone", EV_VIRTUAL, DIR_LOWER,
	  { 0, { 0 } }, { 1, { 1 } },
	  V_MISSING, false, 0, NAN, "A has no value" },
	{ "neither", EV_VIRTUAL, DIR_LOWER,
	  { 1, { NAN } }, { 0, { 0 } },
	  V_MISSING, false, 0, NAN, "neither side has a value" },
	/* clang-format on */
};

static bool as_wanted(const struct row *r, const struct pair *p)
{
	bool effect = isnan(r->effect) || fabs(p->effect - r->effect) < 1e-9;
	bool note = r->note ? p->note && !strcmp(p->note, r->note) : !p->note;

	return p->verdict == r->want && p->exact == r->exact && p->pairs == r->pairs && effect &&
	       note;
}

static void verdict_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct comparison c;
		struct pair *p;

		comparison_init(&c);
		p = add(&c, "m", "mean", rows[i].ev, rows[i].dir);
		set(p, &rows[i].a, &rows[i].b);
		compare_run(&c);
		if (!as_wanted(&rows[i], p))
			fail_msg("%s: got %s exact %d pairs %d effect %.17g note '%s', wanted %s %d %d %g '%s'",
				 rows[i].name, verdict_name(p->verdict), p->exact, p->pairs,
				 p->effect, p->note ? p->note : "", verdict_name(rows[i].want),
				 rows[i].exact, rows[i].pairs, rows[i].effect,
				 rows[i].note ? rows[i].note : "");
		assert_true(comparison_regressed(&c) ==
			    (rows[i].want == V_WORSE && rows[i].ev != EV_STATIC));
		comparison_free(&c);
	}
}

/* What equal code and equal command lines make of a difference. */
static void identical_code(void **state)
{
	static const struct {
		const char *name;
		enum evidence ev;
		bool code, cmdline;
		struct side a, b;
		enum verdict want;
		bool noise;
	} table[] = {
		{ "statistical, other code",
		  EV_VIRTUAL,
		  false,
		  true,
		  { 4, { 100, 110, 90, 100 } },
		  { 4, { 150, 166, 134, 151 } },
		  V_WORSE,
		  false },
		{ "statistical, same code",
		  EV_VIRTUAL,
		  true,
		  true,
		  { 4, { 100, 110, 90, 100 } },
		  { 4, { 150, 166, 134, 151 } },
		  V_SAME,
		  true },
		{ "statistical, same code, other command line",
		  EV_VIRTUAL,
		  true,
		  false,
		  { 4, { 100, 110, 90, 100 } },
		  { 4, { 150, 166, 134, 151 } },
		  V_WORSE,
		  false },
		{ "counts that disagree, same code",
		  EV_SIMULATED,
		  true,
		  true,
		  { 3, { 100, 100, 100 } },
		  { 3, { 200, 201, 199 } },
		  V_SAME,
		  true },
		{ "exact, same code",
		  EV_SIMULATED,
		  true,
		  true,
		  { 3, { 100, 100, 100 } },
		  { 3, { 101, 101, 101 } },
		  V_WORSE,
		  false },
		{ "no difference, same code",
		  EV_HARDWARE,
		  true,
		  true,
		  { 4, { 1000, 1001, 999, 1000 } },
		  { 4, { 1001, 1000, 1000, 999 } },
		  V_SAME,
		  false },
		{ "undecided stays undecided",
		  EV_VIRTUAL,
		  true,
		  true,
		  { 3, { 100, 130, 90 } },
		  { 3, { 120, 100, 110 } },
		  V_UNDECIDED,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct comparison c;
		struct pair *p;

		comparison_init(&c);
		p = add(&c, "m", "mean", table[i].ev, DIR_LOWER);
		set(p, &table[i].a, &table[i].b);
		p->same_code = table[i].code;
		p->same_boot = table[i].cmdline;
		compare_run(&c);
		if (p->verdict != table[i].want || p->noise != table[i].noise)
			fail_msg("%s: got %s noise %d, wanted %s %d", table[i].name,
				 verdict_name(p->verdict), p->noise, verdict_name(table[i].want),
				 table[i].noise);
		if (p->noise) {
			assert_string_equal(p->note, "identical code: the difference is noise");
			assert_true(p->p_holm <= 0.05 && p->effect > 1.4);
		}
		assert_true(comparison_regressed(&c) == (table[i].want == V_WORSE));
		comparison_free(&c);
	}
}

static void usual_values(void **state)
{
	static const struct {
		const char *name;
		struct side in;
		double want; /* NAN: none */
		size_t count;
	} table[] = {
		{ "one boot", { 1, { 5 } }, 5, 1 },
		{ "all agree", { 3, { 5, 5, 5 } }, 5, 3 },
		{ "one is odd", { 4, { 5, 6, 5, 5 } }, 5, 3 },
		{ "the first of two", { 4, { 6, 5, 5, 6 } }, 6, 2 },
		{ "each says something else", { 3, { 5, 6, 7 } }, NAN, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct boot_value *v = boots_of(&table[i].in);
		size_t count;
		double got = boots_usual(v, table[i].in.n, &count);

		free(v);
		if (count != table[i].count ||
		    (isnan(table[i].want) ? !isnan(got) : got != table[i].want))
			fail_msg("%s: got %g of %zu, wanted %g of %zu", table[i].name, got, count,
				 table[i].want, table[i].count);
	}
}

/* {1, 2} against {2, 8}: log ratios ln 2 and ln 4, mean ln √8, and one degree of freedom by hand. */
static void effect_and_interval(void **state)
{
	const struct side a = { 2, { 1, 2 } }, b = { 2, { 2, 8 } };
	const double half = tan(0.475 * acos(-1)) * log(2) / 2;
	struct comparison c;
	struct pair *p;

	(void)state;
	comparison_init(&c);
	p = add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER);
	set(p, &a, &b);
	compare_run(&c);
	assert_true(p->is_ratio);
	assert_true(fabs(p->effect - sqrt(8)) < 1e-12);
	assert_true(fabs(log(p->low) - (log(8) / 2 - half)) < 1e-6);
	assert_true(fabs(log(p->high) - (log(8) / 2 + half)) < 1e-6);
	assert_true(p->a_mid == 1.5 && p->a_min == 1 && p->a_max == 2);
	assert_true(p->b_mid == 5 && p->b_min == 2 && p->b_max == 8);
	assert_true(p->p == p->p_holm);
	assert_int_equal(c.judged, 1);
	assert_true(p->more_boots > 0);
	comparison_free(&c);
}

/* Pairs are made by block, in whatever order the boots come. */
static void pairs_by_block(void **state)
{
	const struct side a = { 3, { 10, 20, 30 } }, b = { 3, { 33, 11, 22 } };
	struct comparison c;
	struct pair *p;

	(void)state;
	comparison_init(&c);
	p = add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER);
	set(p, &a, &b);
	p->b[0].block = 2;
	p->b[1].block = 0;
	p->b[2].block = 1;
	compare_run(&c);
	assert_int_equal(p->pairs, 3);
	assert_true(fabs(p->effect - 1.1) < 1e-12);
	p->b[0].block = p->b[1].block = p->b[2].block = 9;
	compare_run(&c);
	assert_int_equal(p->pairs, 0);
	assert_int_equal(p->verdict, V_UNDECIDED);
	assert_string_equal(p->note, "no block has both");
	comparison_free(&c);
}

/* One of twenty noisy metrics with p = 0.02 is no finding, though alone it would be. */
static void holm_over_metrics(void **state)
{
	const struct side a = { 4, { 100, 100, 100, 100 } }, b = { 4, { 103, 110, 115, 122 } };
	const struct side noise = { 4, { 80, 125, 90, 111 } };
	struct comparison c;

	(void)state;
	comparison_init(&c);
	set(add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, &b);
	compare_run(&c);
	assert_true(c.pairs[0].p < 0.05);
	assert_int_equal(c.pairs[0].verdict, V_WORSE);
	for (int i = 0; i < 19; i++)
		set(add(&c, "n", "mean", EV_VIRTUAL, DIR_LOWER), &a, &noise);
	compare_run(&c);
	assert_int_equal(c.judged, 20);
	assert_true(c.pairs[0].p < 0.05 && c.pairs[0].p_holm > 0.05);
	assert_int_equal(c.pairs[0].verdict, V_UNDECIDED);
	assert_false(comparison_regressed(&c));
	comparison_free(&c);
}

/* Of 4 pairs against 100: p is just below 0.05, and twice that is above; of one pair nothing can be judged. */
#define CLEAR                                                                                      \
	{                                                                                          \
		4,                                                                                 \
		{                                                                                  \
			103, 110, 115, 122                                                         \
		}                                                                                  \
	}
#define ALONE                                                                                      \
	{                                                                                          \
		1,                                                                                 \
		{                                                                                  \
			103                                                                        \
		}                                                                                  \
	}
#define TWICE                                                                                      \
	{                                                                                          \
		4,                                                                                 \
		{                                                                                  \
			200, 200, 200, 200                                                         \
		}                                                                                  \
	}

struct member {
	const char *stat, *collector; /* stat NULL: no more */
	enum evidence ev;
	struct side b;
};

static const struct set_row {
	const char *name;
	size_t n;
	struct member m[2][2]; /* of each comparison */
	int judged, collected;
	double factor; /* p_holm / p of the first pair of the first comparison */
	enum verdict want; /* of that pair */
	bool regressed; /* the first comparison */
} set_rows[] = {
	/* clang-format off */
	{ "one variant", 1,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } } },
	  1, 0, 1, V_WORSE, true },
	{ "two, each significant alone", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } }, { { "mean", NULL, EV_VIRTUAL, CLEAR } } },
	  2, 0, 2, V_UNDECIDED, false },
	{ "exact ones take no part", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } }, { { "mean", NULL, EV_SIMULATED, TWICE } } },
	  1, 0, 1, V_WORSE, true },
	{ "nor are they touched", 2,
	  { { { "mean", NULL, EV_SIMULATED, TWICE } }, { { "mean", NULL, EV_VIRTUAL, CLEAR } } },
	  1, 0, NAN, V_WORSE, true },
	{ "nor do those that nothing can be said of", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } },
	    { { "mean", NULL, EV_VIRTUAL, ALONE }, { "total", NULL, EV_EMULATED_TIME, CLEAR } } },
	  1, 0, 1, V_WORSE, true },
	{ "nor an empty one", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } } },
	  1, 0, 1, V_WORSE, true },
	{ "nor extremes", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } },
	    { { "mean", NULL, EV_VIRTUAL, ALONE }, { "max", NULL, EV_VIRTUAL, CLEAR } } },
	  1, 0, 1, V_WORSE, true },
	{ "nor collectors", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } }, { { "mean", "trace", EV_VIRTUAL, CLEAR } } },
	  1, 1, 1, V_WORSE, true },
	{ "extremes of both", 2,
	  { { { "max", NULL, EV_VIRTUAL, CLEAR }, { "mean", NULL, EV_VIRTUAL, ALONE } },
	    { { "max", NULL, EV_VIRTUAL, CLEAR }, { "mean", NULL, EV_VIRTUAL, ALONE } } },
	  0, 0, 2, V_UNDECIDED, false },
	{ "an extreme that nothing stands beside in its own comparison", 2,
	  { { { "mean", NULL, EV_VIRTUAL, CLEAR } }, { { "max", NULL, EV_VIRTUAL, CLEAR } } },
	  2, 0, 2, V_UNDECIDED, false },
	{ "collectors of both", 2,
	  { { { "mean", "trace", EV_VIRTUAL, CLEAR } }, { { "mean", "trace", EV_VIRTUAL, CLEAR } } },
	  0, 2, 2, V_UNDECIDED, false },
	/* clang-format on */
};

static void fill_members(struct comparison *c, const struct member *m)
{
	static const struct side hundred = { 4, { 100, 100, 100, 100 } };

	comparison_init(c);
	for (size_t i = 0; i < 2 && m[i].stat; i++) {
		struct pair *p = add(c, "m", m[i].stat, m[i].ev, DIR_LOWER);

		p->collector = m[i].collector ? xstrdup(m[i].collector) : NULL;
		set(p, &hundred, &m[i].b);
	}
}

static bool same_number(double x, double y)
{
	return x == y || (isnan(x) && isnan(y));
}

/* To the last bit. */
static bool same_outcome(const struct pair *p, const struct pair *q)
{
	return p->verdict == q->verdict && p->more_boots == q->more_boots &&
	       same_number(p->effect, q->effect) && same_number(p->low, q->low) &&
	       same_number(p->high, q->high) && same_number(p->p, q->p) &&
	       same_number(p->p_holm, q->p_holm);
}

/* What several variants of a run say is corrected together; what one says alone only with itself. */
static void holm_over_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(set_rows); i++) {
		const struct set_row *r = &set_rows[i];
		struct comparison c[2], alone, *both[] = { &c[0], &c[1] };
		const struct pair *p;

		fill_members(&alone, r->m[0]);
		for (size_t j = 0; j < r->n; j++)
			fill_members(&c[j], r->m[j]);
		compare_run_set(both, r->n);
		compare_run(&alone);
		p = &c[0].pairs[0];
		if (p->verdict != r->want || !same_number(p->p_holm / p->p, r->factor) ||
		    comparison_regressed(&c[0]) != r->regressed)
			fail_msg("%s: got %s, p %g, corrected %g", r->name,
				 verdict_name(p->verdict), p->p, p->p_holm);
		if (same_outcome(p, &alone.pairs[0]) != (r->factor != 2))
			fail_msg("%s: alone %s, corrected %g; together %s, %g", r->name,
				 verdict_name(alone.pairs[0].verdict), alone.pairs[0].p_holm,
				 verdict_name(p->verdict), p->p_holm);
		for (size_t j = 0; j < r->n; j++) {
			if (c[j].judged != r->judged || c[j].judged_collected != r->collected ||
			    c[j].variants != (int)r->n)
				fail_msg("%s: %d of %d variants, %d of collectors", r->name,
					 c[j].judged, c[j].variants, c[j].judged_collected);
			comparison_free(&c[j]);
		}
		comparison_free(&alone);
	}
}

/* Where metrics are spread over comparisons makes no difference: also the advice asks what all of them ask. */
static void advice_of_all_variants(void **state)
{
	enum { N = 20 };
	const struct side a = { 4, { 100, 100, 100, 100 } }, b = { 4, { 90, 140, 120, 105 } };
	struct comparison c[N], *all[N], one;
	int alone;

	(void)state;
	comparison_init(&one);
	for (size_t i = 0; i < N; i++) {
		const struct side other = { 4, { 80, 125, 90 + (double)i, 111 } };

		comparison_init(&c[i]);
		all[i] = &c[i];
		set(add(&c[i], "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, i ? &other : &b);
		set(add(&one, "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, i ? &other : &b);
	}
	compare_run(&c[0]);
	alone = c[0].pairs[0].more_boots;
	compare_run_set(all, N);
	compare_run(&one);
	assert_true(alone > 0 && c[0].pairs[0].more_boots > alone);
	assert_int_equal(one.judged, N);
	for (size_t i = 0; i < N; i++) {
		if (!same_outcome(&c[i].pairs[0], &one.pairs[i]))
			fail_msg("metric %zu: %d more boots and %g, in one comparison %d and %g", i,
				 c[i].pairs[0].more_boots, c[i].pairs[0].p_holm,
				 one.pairs[i].more_boots, one.pairs[i].p_holm);
		assert_int_equal(c[i].judged, N);
		comparison_free(&c[i]);
	}
	comparison_free(&one);
}

/* A worse maximum beside a mean of the same metric is said, but does not gate; alone it does. */
static void extremes_do_not_gate(void **state)
{
	const struct side same = { 2, { 5, 5 } }, worse = { 2, { 9, 9 } };
	struct comparison c;

	(void)state;
	comparison_init(&c);
	set(add(&c, "m", "mean", EV_SIMULATED, DIR_LOWER), &same, &same);
	set(add(&c, "m", "max", EV_SIMULATED, DIR_LOWER), &same, &worse);
	compare_run(&c);
	assert_true(c.pairs[0].summary);
	assert_false(c.pairs[1].summary);
	assert_int_equal(c.pairs[1].verdict, V_WORSE);
	assert_false(comparison_regressed(&c));
	set(add(&c, "latency", "max", EV_SIMULATED, DIR_LOWER), &same, &worse);
	compare_run(&c);
	assert_true(c.pairs[2].summary);
	assert_true(comparison_regressed(&c));
	comparison_free(&c);
}

/*
 * What a collector recorded is judged beside the workload's own metrics: neither does it weaken them, nor do they
 * gate with it. p of the first metric is about 0.02.
 */
static void collected_apart(void **state)
{
	const struct side a = { 4, { 100, 100, 100, 100 } }, b = { 4, { 103, 110, 115, 122 } };
	const struct side noise = { 4, { 80, 125, 90, 111 } };
	const struct side same = { 2, { 5, 5 } }, worse = { 2, { 9, 9 } };
	struct comparison c;

	(void)state;
	comparison_init(&c);
	set(add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, &b);
	for (int i = 0; i < 19; i++) {
		struct pair *p = add(&c, "n", i ? "mean" : "max", EV_VIRTUAL, DIR_LOWER);

		p->collector = xstrdup("trace");
		set(p, &a, i == 1 ? &b : &noise);
	}
	compare_run(&c);
	assert_int_equal(c.judged, 1);
	assert_int_equal(c.judged_collected, 19);
	assert_int_equal(c.pairs[0].verdict, V_WORSE);
	assert_int_equal(c.pairs[2].verdict, V_UNDECIDED);
	assert_true(c.pairs[2].p == c.pairs[0].p && c.pairs[2].p_holm > 0.05);
	comparison_free(&c);

	comparison_init(&c);
	set(add(&c, "m", "mean", EV_SIMULATED, DIR_LOWER), &same, &worse);
	c.pairs[0].collector = xstrdup("trace");
	compare_run(&c);
	assert_int_equal(c.pairs[0].verdict, V_WORSE);
	assert_false(comparison_regressed(&c));
	comparison_free(&c);
}

static struct pair *add_collected(struct comparison *c, const char *workload, const char *metric,
				  const char *collector, bool sparse)
{
	struct pair *p = add(c, metric, "count", EV_SIMULATED, DIR_LOWER);

	free(p->workload);
	p->workload = xstrdup(workload);
	p->collector = xstrdup(collector);
	p->sparse = sparse;
	return p;
}

static const struct sparse_row {
	const char *name, *workload, *collector;
	bool sparse;
	struct side a, b; /* in the first blocks */
	enum verdict want;
	size_t na, nb;
	double amid, bmid;
} sparse_rows[] = {
	/* clang-format off */
	{ "always there", "w", "trace", true, { 3, { 9, 9, 9 } }, { 3, { 9, 9, 9 } },
	  V_SAME, 3, 3, 9, 9 },
	{ "gone in B", "w", "trace", true, { 3, { 20, 20, 20 } }, { 0, { 0 } },
	  V_BETTER, 3, 3, 20, 0 },
	{ "new in B, in some boots", "w", "trace", true, { 0, { 0 } }, { 1, { 4 } },
	  V_UNDECIDED, 3, 3, 0, 0 },
	{ "not sparse", "w", "trace", false, { 3, { 20, 20, 20 } }, { 0, { 0 } },
	  V_MISSING, 3, 0, 20, 0 },
	{ "A is watched in one boot", "v", "trace", true, { 1, { 5 } }, { 2, { 5, 5 } },
	  V_SAME, 1, 2, 5, 5 },
	{ "B is not watched", "u", "trace", true, { 2, { 5, 5 } }, { 0, { 0 } },
	  V_MISSING, 2, 0, 5, 0 },
	{ "nor by another collector", "w", "osnoise", true, { 2, { 5, 5 } }, { 0, { 0 } },
	  V_MISSING, 2, 0, 5, 0 },
	/* clang-format on */
};

/* A boot that was watched and did not see a sparse count had none; one that was not watched has no value. */
static void sparse_counts_are_zero(void **state)
{
	struct comparison c;

	(void)state;
	comparison_init(&c);
	for (size_t i = 0; i < COUNT(sparse_rows); i++) {
		const struct sparse_row *r = &sparse_rows[i];

		set(add_collected(&c, r->workload, r->name, r->collector, r->sparse), &r->a, &r->b);
	}
	compare_run(&c);
	for (size_t i = 0; i < COUNT(sparse_rows); i++) {
		const struct sparse_row *r = &sparse_rows[i];
		const struct pair *p = &c.pairs[i];

		if (p->verdict != r->want || p->na != r->na || p->nb != r->nb ||
		    (r->na && p->a_mid != r->amid) || (r->nb && p->b_mid != r->bmid))
			fail_msg("%s: %s, %zu boots of %g and %zu of %g", r->name,
				 verdict_name(p->verdict), p->na, p->a_mid, p->nb, p->b_mid);
	}
	comparison_free(&c);
}

/* A verdict must not depend on which side is the baseline. */
static void sides_are_symmetric(void **state)
{
	const struct side a = { 4, { 100, 101, 99, 100 } }, b = { 4, { 90, 91, 90, 89 } };
	struct comparison c;

	(void)state;
	comparison_init(&c);
	set(add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, &b);
	set(add(&c, "n", "mean", EV_VIRTUAL, DIR_LOWER), &b, &a);
	compare_run(&c);
	assert_int_equal(c.pairs[0].verdict, V_BETTER);
	assert_int_equal(c.pairs[1].verdict, V_WORSE);
	assert_true(fabs(c.pairs[0].effect * c.pairs[1].effect - 1) < 1e-12);
	assert_true(fabs(c.pairs[0].low * c.pairs[1].high - 1) < 1e-12);
	assert_true(fabs(c.pairs[0].p - c.pairs[1].p) < 1e-12);
	comparison_free(&c);
}

/* Half a percent, seen clearly: what it is called is a matter of the margin alone. */
static void the_margin_decides(void **state)
{
	static const struct {
		double margin;
		bool differences;
		enum verdict want;
	} cases[] = {
		{ 0.01, false, V_SAME },   { 0.0055, false, V_SAME }, { 0.0045, false, V_WORSE },
		{ 0, false, V_WORSE },     { 0.01, true, V_SAME },    { 0.0055, true, V_SAME },
		{ 0.0045, true, V_WORSE }, { 0, true, V_WORSE },
	};
	const struct side a = { 4, { 1000, 1000.1, 1000, 999.9 } };
	const struct side b = { 4, { 1005, 1005, 1005.1, 1004.9 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct comparison c;
		struct pair *p;

		comparison_init(&c);
		c.margin = cases[i].margin;
		p = add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER);
		set(p, &a, &b);
		/* the same numbers on the other side of zero have no ratio */
		for (size_t j = 0; cases[i].differences && j < a.n; j++) {
			p->a[j].value = -b.v[j];
			p->b[j].value = -a.v[j];
		}
		compare_run(&c);
		if (p->verdict != cases[i].want || p->is_ratio == cases[i].differences)
			fail_msg("margin %g: got %s, wanted %s", cases[i].margin,
				 verdict_name(p->verdict), verdict_name(cases[i].want));
		comparison_free(&c);
	}
}

static void empty(void **state)
{
	struct comparison c, *none[] = { &c };

	(void)state;
	comparison_init(&c);
	compare_run_set(none, 0);
	compare_run(&c);
	assert_int_equal(c.judged, 0);
	assert_false(comparison_regressed(&c));
	comparison_free(&c);
}

struct tally {
	int changed, same;
};

/* 2,000 comparisons of @n pairs; boots have a spread of 2 % and B is @shift times A. */
static struct tally simulate(gsl_rng *rng, size_t n, double shift)
{
	struct tally t = { 0, 0 };

	for (int i = 0; i < 2000; i++) {
		struct side a = { n, { 0 } }, b = { n, { 0 } };
		struct comparison c;
		enum verdict v;

		for (size_t j = 0; j < n; j++) {
			a.v[j] = exp(gsl_ran_gaussian(rng, 0.02));
			b.v[j] = shift * exp(gsl_ran_gaussian(rng, 0.02));
		}
		comparison_init(&c);
		set(add(&c, "m", "mean", EV_VIRTUAL, DIR_LOWER), &a, &b);
		compare_run(&c);
		v = c.pairs[0].verdict;
		t.changed += v == V_WORSE || v == V_BETTER;
		t.same += v == V_SAME;
		comparison_free(&c);
	}
	return t;
}

/* A/A alarms stay at 5 %; real differences are found more often with more boots, and are not "same". */
static void calibrated(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct tally few, many;

	(void)state;
	gsl_rng_set(rng, 7);
	for (size_t n = 2; n <= BOOTS; n += 3) {
		struct tally t = simulate(rng, n, 1);

		if (t.changed > 130)
			fail_msg("%zu boots: %d of 2000 A/A comparisons called different", n,
				 t.changed);
	}
	few = simulate(rng, 3, 1.04);
	many = simulate(rng, BOOTS, 1.04);
	if (many.changed < 1600 || few.changed >= many.changed || many.same > 20)
		fail_msg("a 4 %% shift is found %d times with 3 boots, %d with 8; called same %d times",
			 few.changed, many.changed, many.same);
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_rows),
		cmocka_unit_test(identical_code),
		cmocka_unit_test(usual_values),
		cmocka_unit_test(effect_and_interval),
		cmocka_unit_test(pairs_by_block),
		cmocka_unit_test(holm_over_metrics),
		cmocka_unit_test(holm_over_variants),
		cmocka_unit_test(advice_of_all_variants),
		cmocka_unit_test(extremes_do_not_gate),
		cmocka_unit_test(collected_apart),
		cmocka_unit_test(sparse_counts_are_zero),
		cmocka_unit_test(sides_are_symmetric),
		cmocka_unit_test(the_margin_decides),
		cmocka_unit_test(empty),
		cmocka_unit_test(calibrated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
