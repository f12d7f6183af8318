// SPDX-License-Identifier: GPL-2.0
/* What a latency report is made from, out of the store: rounds joined, and nothing of boots that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "results/latency.h"
#include "tests/unit/store_fixture.h"

#define COMMON(word, metric, unit, ev, round, cpu)                                                 \
	word " w=0 metric=" metric " unit=" unit " dir=lower ev=" ev " round=" round " cpu=" cpu " "
#define RECORD(metric, unit, stat, round, cpu, value)                                              \
	COMMON("value", metric, unit, "virtual", round, cpu) "stat=" stat " value=" value "\n"
#define GAPS(round, buckets)                                                                       \
	COMMON("hist", "gap", "ns", "virtual", round, "3") "sub=5 buckets=" buckets "\n"
#define CAUSE "irq:timer"

/* clang-format off */
static const char stream[] =
	STREAM_HEAD
	RECORD("gap.max", "ns", "max", "0", "3", "900")
	RECORD("gap.max", "ns", "max", "1", "3", "700")
	RECORD("spin.time", "ns", "total", "0", "3", "1e9")
	RECORD("spin.time", "ns", "total", "1", "3", "2e9")
	RECORD("trace.interruption." CAUSE, "n", "count", "0", "3", "4")
	RECORD("trace.interruption." CAUSE, "n", "count", "1", "3", "5")
	RECORD("triggers", "triggers", "count", "0", "-1", "3")
	RECORD("elsewhere", "n", "count", "0", "3", "1")
	GAPS("0", "10:5,20:1")
	GAPS("1", "10:7,992:2")
	"note w=0 round=1 cpu=3 key=trace.timeline value=gap_ns=900\n"
	"note w=0 round=1 cpu=3 key=other value=gap_ns=9000\n"
	STREAM_TAIL;

/* More samples than there are numbers. */
static const char hostile[] =
	STREAM_HEAD
	GAPS("0", "10:9223372036854775807")
	GAPS("1", "10:9223372036854775807")
	STREAM_TAIL;
/* clang-format on */

static void load(struct fixture *f, struct store *s, struct latency *l)
{
	latency_init(l, NULL, 0, "base", 0.01);
	ok(f, store_load_latency(s, 1, l, &f->e));
}

static const struct latency_boot *only_boot(const struct latency *l, int cpu)
{
	for (size_t i = 0; i < l->nrow; i++) {
		if (l->row[i].cpu != cpu)
			continue;
		assert_string_equal(l->row[i].target, "t1");
		assert_string_equal(l->row[i].variant, "base");
		assert_string_equal(l->row[i].workload, "kmalloc_bench size=64");
		assert_int_equal(l->row[i].nboot, 1);
		return &l->row[i].boot[0];
	}
	fail_msg("no row of CPU %d", cpu);
	return NULL;
}

static void rounds_are_joined(void **state)
{
	static const struct store_boot broken = { .status = "broken", .reason = "panic" };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	const struct latency_boot *b;
	struct latency l;

	must_create(f, s);
	ok(f, finish(f, s, 1, &broken, stream));
	ok(f, finish(f, s, 2, &example_ok, stream));
	load(f, s, &l);
	assert_int_equal(l.nrow, 2);
	b = only_boot(&l, 3);
	assert_true(b->gap_max == 900 && b->spin == 3e9);
	assert_int_equal(b->gap_ev, EV_VIRTUAL);
	assert_int_equal(b->ncause, 1);
	assert_true(b->cause[0].count == 9);
	assert_int_equal(b->gap.samples, 15);
	assert_int_equal(b->gap.n, 3);
	assert_int_equal(b->gap.b[0].count, 12);
	assert_int_equal(b->gap.b[2].lower, 992);
	assert_true(isnan(b->triggers));
	assert_true(only_boot(&l, -1)->triggers == 3);
	assert_int_equal(l.row[0].nworst + l.row[1].nworst, 1);
	latency_free(&l);
	store_close(s);
}

/* A guest that claims them costs its own figures alone. */
static void counts_beyond_all_numbers(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct latency l;

	must_create(f, s);
	ok(f, finish(f, s, 2, &example_ok, hostile));
	load(f, s, &l);
	latency_judge(&l);
	assert_int_equal(l.nrow, 1);
	assert_true(latency_figure(&l.row[0], "gap.p50")->mid.low == 10);
	latency_free(&l);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rounds_are_joined),
		TEST(counts_beyond_all_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
