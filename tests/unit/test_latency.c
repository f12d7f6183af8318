// SPDX-License-Identifier: GPL-2.0
/* From records to judged rows: which there are, in which order, and what each says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define WORK "work:lru_add_drain_per_cpu"

static int setup(void **state)
{
	struct latency *l = xcalloc(1, sizeof(*l));

	latency_init(l, NULL, 0, "base", 0.01);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	latency_free(*state);
	free(*state);
	return 0;
}

/* Boots of "base" have even numbers, those of other variants odd ones. */
static struct latency_key key(const char *variant, int block, int cpu)
{
	return (struct latency_key){ .target = "t",
				     .variant = variant,
				     .workload = "drain",
				     .block = block,
				     .cpu = cpu,
				     .boot = 2 * block + (strcmp(variant, "base") != 0) };
}

static void value(struct latency *l, const char *variant, int block, int cpu, const char *metric,
		  const char *stat, double v)
{
	struct latency_key k = key(variant, block, cpu);

	latency_value(l, &k, metric, stat, EV_VIRTUAL, v, v);
}

static void note(struct latency *l, const char *variant, int block, const char *name,
		 const char *text)
{
	struct latency_key k = key(variant, block, 3);

	latency_note(l, &k, 0, name, text);
}

static const struct latency_row *row(const struct latency *l, const char *variant, int cpu)
{
	for (size_t i = 0; i < l->nrow; i++)
		if (l->row[i].cpu == cpu && !strcmp(l->row[i].variant, variant))
			return &l->row[i];
	fail_msg("no row of '%s', CPU %d", variant, cpu);
	return NULL;
}

static double median(const struct latency *l, const char *variant, int cpu, const char *name)
{
	const struct latency_figure *f = latency_figure(row(l, variant, cpu), name);

	if (f && f->mid.low != f->mid.high)
		fail_msg("%s of %s: %g..%g", name, variant, f->mid.low, f->mid.high);
	return f ? f->mid.low : NAN;
}

static void nothing(void **state)
{
	struct latency *l = *state;

	latency_judge(l);
	assert_int_equal(l->nrow, 0);
	assert_int_equal(l->nagainst, 0);
}

static void rates(void **state)
{
	struct latency *l = *state;

	value(l, "base", 0, 3, "spin.time", "total", 2e9);
	value(l, "base", 0, 3, "trace.interruption." WORK, "count", 100);
	value(l, "base", 0, 3, "trace.interruption.tick:t", "count", 4);
	value(l, "base", 0, 3, "trace.interruption.syscall:39", "count", 30);
	value(l, "base", 0, 3, "trace.interruption.other:kernel", "count", 3);
	value(l, "base", 0, 3, "trace.stolen." WORK, "total", 5e5);
	value(l, "base", 0, 3, "trace.stolen.syscall:39", "total", 7e7);
	value(l, "base", 0, 3, "trace.stolen.tick:t", "total", 1e5);
	value(l, "base", 0, -1, "triggers", "count", 50);
	latency_judge(l);
	assert_int_equal(l->nrow, 2);
	assert_true(median(l, "base", 3, "window") == 2e9);
	assert_true(median(l, "base", 3, "interruptions") == 104);
	assert_true(median(l, "base", 3, "own_stays") == 33);
	assert_true(median(l, "base", 3, "interruptions.rate") == 52);
	assert_true(median(l, "base", 3, "interruptions.per_trigger") == 2.08);
	assert_true(median(l, "base", 3, "interruptions.stolen") == 3e5);
	assert_true(median(l, "base", 3, "interruption." WORK) == 100);
	assert_true(median(l, "base", 3, "stolen.tick:t") == 5e4);
	assert_true(median(l, "base", -1, "triggers") == 50);
	assert_true(isnan(median(l, "base", 3, "gap.max")));
	assert_true(isnan(median(l, "base", -1, "interruptions")));
}

/* What the plugin counts, per 1e9 instructions of the task that it followed. */
static void excursions(void **state)
{
	struct latency *l = *state;

	value(l, "base", 0, 3, "window.isolated.excursions", "count", 8);
	value(l, "base", 0, 3, "window.isolated.excursion_length", "total", 1000);
	value(l, "base", 0, 3, "window.isolated.excursion_length", "max", 400);
	value(l, "base", 0, 3, "window.isolated.instructions.user", "total", 5e8);
	value(l, "base", 0, -1, "window.isolated.instructions.user", "total", 9e8);
	latency_judge(l);
	assert_int_equal(l->nrow, 1);
	assert_true(median(l, "base", 3, "excursions.rate") == 16);
	assert_true(median(l, "base", 3, "excursions.stolen") == 2000);
	assert_true(median(l, "base", 3, "excursion.max") == 400);
	assert_int_equal(latency_figure(row(l, "base", 3), "excursion.max")->ev, EV_SIMULATED);
}

/* A CPU that is traced, but on which nothing spins, has no latency. */
static void watched_alone_is_no_row(void **state)
{
	struct latency *l = *state;

	value(l, "base", 0, 1, "trace.interruption." WORK, "count", 7);
	value(l, "base", 0, -1, "trace.lost", "count", 0);
	latency_judge(l);
	assert_int_equal(l->nrow, 0);
}

static void zero_is_a_count_where_it_was_watched(void **state)
{
	struct latency *l = *state;

	for (int cpu = 2; cpu < 4; cpu++) {
		value(l, "base", 0, cpu, "spin.time", "total", 1e9);
		value(l, "new", 0, cpu, "spin.time", "total", 1e9);
		value(l, "other", 0, cpu, "spin.time", "total", 1e9);
	}
	value(l, "base", 0, 3, "trace.interruption." WORK, "count", 7);
	value(l, "new", 0, -1, "trace.lost", "count", 0);
	latency_judge(l);
	assert_true(median(l, "base", 3, "interruptions") == 7);
	/* the collector was there, and says nothing of a CPU that it watches */
	assert_true(median(l, "new", 3, "interruptions") == 0);
	/* it never says anything of CPU 2, and was not there at all in the other */
	assert_true(isnan(median(l, "new", 2, "interruptions")));
	assert_true(isnan(median(l, "other", 3, "interruptions")));
}

static const struct pair *pair_of(const struct latency_comparison *lc, const char *metric)
{
	for (size_t i = 0; i < lc->c.n; i++)
		if (!strcmp(lc->c.pairs[i].metric, metric))
			return &lc->c.pairs[i];
	fail_msg("'%s' was not compared", metric);
	return NULL;
}

static void variants_are_judged(void **state)
{
	struct latency *l = *state;
	const struct latency_comparison *lc;

	for (int block = 0; block < 5; block++) {
		value(l, "new", block, 3, "gap.max", "max", 1000 + block * 3);
		value(l, "base", block, 3, "gap.max", "max", 50000 + block * 40);
		value(l, "base", block, 3, "trace.interruption." WORK, "count", 10 + block);
		value(l, "new", block, 3, "trace.interruption.tick:t", "count", 1);
	}
	latency_judge(l);
	assert_int_equal(l->nagainst, 1);
	lc = &l->against[0];
	assert_string_equal(lc->c.a, "base");
	assert_string_equal(lc->c.b, "new");
	assert_string_equal(l->row[0].variant, "base"); /* though it came second */
	assert_int_equal(pair_of(lc, "gap.max")->verdict, V_BETTER);
	assert_null(pair_of(lc, "gap.max")->collector);
	assert_int_equal(pair_of(lc, "interruptions")->verdict, V_BETTER);
	/* a cause that one side alone has is zero on the other */
	assert_int_equal(pair_of(lc, "interruption." WORK)->verdict, V_BETTER);
	assert_true(pair_of(lc, "interruption." WORK)->b_mid == 0);
	assert_int_equal(pair_of(lc, "interruption." WORK)->nb, 5);
	assert_true(pair_of(lc, "interruption.tick:t")->a_mid == 0);
	assert_string_equal(pair_of(lc, "interruption.tick:t")->collector, "trace");
}

/* A difference that one CPU alone would show, said of eight of them, is one of eight tries. */
static void cpus_are_corrected_together(void **state)
{
	static const double new[] = { 1010, 1030, 1012, 1033, 1020 };
	struct latency *l = *state;

	for (int block = 0; block < 5; block++) {
		for (int cpu = 0; cpu < 8; cpu++) {
			value(l, "base", block, cpu, "gap.max", "max", 1000);
			value(l, "new", block, cpu, "gap.max", "max", new[block]);
		}
		value(l, "lone", block, 0, "gap.max", "max", new[block]);
	}
	latency_judge(l);
	assert_int_equal(l->nagainst, 9);
	for (size_t i = 0; i < l->nagainst; i++) {
		const struct latency_comparison *lc = &l->against[i];
		const struct pair *p = pair_of(lc, "gap.max");

		assert_int_equal(lc->a->cpu, lc->b->cpu);
		assert_string_equal(lc->a->variant, "base");
		assert_true(p->p < 0.05 && p->p > 0.05 / 8);
		assert_int_equal(p->verdict, strcmp(lc->b->variant, "new") ? V_WORSE : V_UNDECIDED);
	}
}

/* Boots of KVM and of an emulator in one run are two figures, each of its own boots. */
static void evidence_is_not_mixed(void **state)
{
	struct latency_key k = key("base", 1, 3);
	struct latency *l = *state;
	const struct latency_row *r;

	value(l, "base", 0, 3, "gap.max", "max", 10);
	latency_value(l, &k, "gap.max", "max", EV_EMULATED_TIME, 9000, 9000);
	value(l, "new", 0, 3, "gap.max", "max", 20);
	latency_judge(l);
	r = row(l, "base", 3);
	assert_int_equal(r->nfigure, 2);
	for (size_t i = 0; i < r->nfigure; i++) {
		assert_string_equal(r->figure[i].name, "gap.max");
		assert_int_equal(r->figure[i].boots, 1);
		assert_true(r->figure[i].mid.low == (r->figure[i].ev == EV_VIRTUAL ? 10 : 9000));
	}
	assert_int_equal(l->against[0].c.n, 1);
	assert_int_equal(l->against[0].c.pairs[0].ev, EV_VIRTUAL);
	assert_int_equal(l->against[0].c.pairs[0].na, 1);
	assert_true(l->against[0].c.pairs[0].a[0].value == 10);
}

static void observed_against_observed(void **state)
{
	static const char *const names[] = { "base", "new", "base-observed", "new-observed" };
	struct latency *l = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		value(l, names[i], 0, 3, "gap.max", "max", 1000);
	latency_judge(l);
	assert_int_equal(l->nagainst, 2);
	assert_string_equal(l->against[0].c.a, "base");
	assert_string_equal(l->against[0].c.b, "new");
	assert_string_equal(l->against[1].c.a, "base-observed");
	assert_string_equal(l->against[1].c.b, "new-observed");
}

static void worst_cases_by_gap(void **state)
{
	static const char *const texts[] = {
		"gap_ns=5 at_ns=1\n+0 a", "gap_ns=9 at_ns=2\n+0 b", "no gap",
		"gap_ns=7 at_ns=3\n+0 c", "gap_ns=8 at_ns=4\n+0 d", "gap_ns=nan at_ns=4",
		"gap_ns=1 at_ns=5\n+0 e",
	};
	static const double want[] = { 9, 8, 7 };
	struct latency *l = *state;

	value(l, "base", 0, 3, "spin.time", "total", 1);
	for (size_t i = 0; i < COUNT(texts); i++)
		note(l, "base", 0, "trace.timeline", texts[i]);
	latency_judge(l);
	assert_int_equal(row(l, "base", 3)->nworst, LATENCY_WORST);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_true(row(l, "base", 3)->worst[i].gap == want[i]);
	assert_string_equal(row(l, "base", 3)->worst[0].text, texts[1]);
}

static void senders_of_all_boots(void **state)
{
	struct latency *l = *state;
	const struct latency_row *r;

	value(l, "base", 0, 3, "spin.time", "total", 1);
	value(l, "base", 0, 3, "trace.sender." WORK "<-a:f+0x1", "count", 2);
	value(l, "base", 0, 3, "trace.sender." WORK "<-b:g", "count", 3);
	value(l, "base", 1, 3, "trace.sender." WORK "<-a:f+0x1", "count", 4);
	value(l, "base", 1, 3, "trace.sender.no_arrow", "count", 4);
	note(l, "base", 0, "isolation", "no nohz_full");
	note(l, "base", 1, "isolation", "no nohz_full");
	latency_judge(l);
	r = row(l, "base", 3);
	assert_int_equal(r->nsender, 2);
	assert_string_equal(r->sender[0].sender, "a:f+0x1");
	assert_true(r->sender[0].count == 6);
	assert_string_equal(r->sender[1].cause, WORK);
	assert_true(r->sender[1].count == 3);
	assert_int_equal(r->dishonoured.n, 1);
}

/* A guest that invents causes, senders and CPUs: what is too much is one cause, or left out; nothing gets slow. */
static void more_than_a_report(void **state)
{
	struct latency *l = *state;
	const struct latency_row *r;

	value(l, "base", 0, 3, "spin.time", "total", 1);
	for (int i = 0; i < 3000; i++) {
		cleanup_free char *cause = xasprintf("trace.interruption.irq:%d", i);
		cleanup_free char *sender = xasprintf("trace.sender.irq:1<-s%d", i);

		value(l, "base", 0, 3, cause, "count", 1);
		value(l, "base", 0, 3, sender, "count", 1);
	}
	for (int cpu = 4; cpu < 6000; cpu++)
		value(l, "base", 0, cpu, "spin.time", "total", 1);
	latency_judge(l);
	r = row(l, "base", 3);
	assert_true(median(l, "base", 3, "interruptions") == 3000);
	assert_true(median(l, "base", 3, "interruption.more") == 2000);
	assert_int_equal(r->boot[0].ncause, 1001);
	assert_int_equal(r->nsender, 1000);
	assert_int_equal(l->nrow, 4096);
}

/* Thresholds are sorted and named after the unit that leaves a whole number. */
static void thresholds(void **state)
{
	static const uint64_t ns[] = { 1500, 2000000000, 40 };
	static const char *const names[] = { "gap.over.40ns", "gap.over.1500ns", "gap.over.2s" };
	static const double want[] = { 4, 1, 0 };
	struct latency_key k = key("base", 0, 3);
	struct latency l;

	(void)state;
	latency_init(&l, ns, COUNT(ns), "base", 0.01);
	latency_bucket(&l, &k, "gap", EV_VIRTUAL, 5, 10, 5);
	latency_bucket(&l, &k, "gap", EV_VIRTUAL, 5, 40, 3);
	latency_bucket(&l, &k, "gap", EV_VIRTUAL, 5, 4096, 1);
	latency_judge(&l);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_true(median(&l, "base", 3, names[i]) == want[i]);
	latency_free(&l);
}

/* A bucket cannot reach beyond the largest gap. */
static void the_largest_gap_ends_its_bucket(void **state)
{
	struct latency *l = *state;
	struct latency_key k = key("base", 0, 3);
	const struct latency_figure *f;

	latency_bucket(l, &k, "gap", EV_VIRTUAL, 5, 992, 2);
	value(l, "base", 0, 3, "gap.max", "max", 999);
	latency_judge(l);
	f = latency_figure(row(l, "base", 3), "gap.p50");
	assert_true(f->mid.low == 992 && f->mid.high == 999);
	assert_true(median(l, "base", 3, "gap.max") == 999);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),
		TEST(rates),
		TEST(excursions),
		TEST(watched_alone_is_no_row),
		TEST(zero_is_a_count_where_it_was_watched),
		TEST(variants_are_judged),
		TEST(cpus_are_corrected_together),
		TEST(evidence_is_not_mixed),
		TEST(observed_against_observed),
		TEST(worst_cases_by_gap),
		TEST(senders_of_all_boots),
		TEST(more_than_a_report),
		cmocka_unit_test(thresholds),
		TEST(the_largest_gap_ends_its_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
