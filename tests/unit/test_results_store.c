// SPDX-License-Identifier: GPL-2.0
/* The database: what goes in comes out, one boot at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/store_fixture.h"

static void a_run_comes_back(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long id = must_create(f, s);
	struct store_run_row r;

	ok(f, store_run_get(s, 0, &r, &f->e));
	assert_int_equal(r.id, id);
	assert_string_equal(r.suite, "demo");
	assert_string_equal(r.plan, "suite demo\n");
	assert_string_equal(r.baseline, "base");
	assert_string_equal(r.description, "what for");
	assert_string_equal(r.status, "running");
	assert_string_equal(r.hostname, "box");
	assert_string_equal(r.cpu_model, "A CPU");
	assert_string_equal(r.kdelta_version, "1");
	assert_true(r.margin == 0.02 && r.seed == UINT64_MAX);
	assert_int_equal(r.boots, 2);
	assert_int_equal(r.nplanned, EXAMPLE_BOOTS);
	assert_int_equal(r.nok + r.nbroken + r.nrecords + r.ended, 0);
	assert_true(r.started > 1700000000000);
	store_run_row_release(&r);
	ok(f, store_run_finish(s, id, "ok", &f->e));
	ok(f, store_run_get(s, id, &r, &f->e));
	assert_string_equal(r.status, "ok");
	assert_true(r.ended >= r.started);
	store_run_row_release(&r);
	/* whoever asks for it made a mistake, not the database */
	assert_int_equal(store_run_get(s, 99, &r, &f->e), -1);
	assert_int_equal(f->e.kind, ERR_USAGE);
	assert_non_null(strstr(f->e.msg, "no run 99 in '"));
	err_clear(&f->e);
	says(f, store_run_finish(s, 99, "ok", &f->e), "no run 99 in '");
	store_close(s);
}

static void runs_are_listed_newest_first(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_run_row *rows, none;
	size_t n;

	says(f, store_run_get(s, 0, &none, &f->e), "no run in '");
	ok(f, store_runs(s, 9, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	for (int i = 0; i < 3; i++)
		must_create(f, s);
	ok(f, store_runs(s, 2, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].id, 3);
	assert_int_equal(rows[1].id, 2);
	for (size_t i = 0; i < n; i++)
		store_run_row_release(&rows[i]);
	free(rows);
	/* three runs of one machine are one host */
	assert_int_equal(ask(f, s, "SELECT count(*) FROM host"), 1);
	store_close(s);
}

static void boots_come_in_plan_order(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long id = must_create(f, s);
	struct store_boot_row *rows;
	size_t n;

	ok(f, store_boots(s, id, NULL, &rows, &n, &f->e));
	assert_int_equal(n, EXAMPLE_BOOTS);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rows[i].target, example_boots[i].target);
		assert_string_equal(rows[i].variant, example_boots[i].variant);
		assert_int_equal(rows[i].block, example_boots[i].block);
		assert_int_equal(rows[i].position, example_boots[i].position);
		assert_string_equal(rows[i].status, "planned");
		assert_null(rows[i].reason);
	}
	ok(f, finish(f, s, rows[1].id, &example_ok, example_stream));
	store_boots_free(rows, n);
	ok(f, store_boots(s, id, "ok", &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].variant, "base");
	store_boots_free(rows, n);
	ok(f, store_boots(s, id, "planned", &rows, &n, &f->e));
	assert_int_equal(n, EXAMPLE_BOOTS - 1);
	store_boots_free(rows, n);
	store_close(s);
}

static void variants_and_kernels(void **state)
{
	static const struct store_kernel k = {
		.key = "abcd",
		.arch = "x86_64",
		.release = "7.3.4",
		.compiler = "gcc 12",
		.vmlinux_hash = "ff",
		.modules_hash = "mm",
		.text = 1000,
		.image_size = 2000,
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long id = must_create(f, s);
	struct store_variant_row *rows;
	size_t n;

	ok(f, store_run_kernel(s, id, "t1", "base", &k, "quiet", &f->e));
	ok(f, store_run_kernel(s, id, "t1", "init", &k, "quiet init_on_alloc=1", &f->e));
	says(f, store_run_kernel(s, id, "t1", "rt", &k, "", &f->e), "has no variant 'rt' on 't1'");
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	ok(f, store_variants(s, id, &rows, &n, &f->e));
	assert_int_equal(n, 5);
	assert_string_equal(rows[0].variant, "init");
	assert_string_equal(rows[0].cmdline, "quiet init_on_alloc=1");
	assert_string_equal(rows[0].accel, "");
	assert_string_equal(rows[1].variant, "base");
	assert_string_equal(rows[1].kernel_key, "abcd");
	assert_string_equal(rows[1].release, "7.3.4");
	assert_string_equal(rows[1].compiler, "gcc 12");
	assert_string_equal(rows[1].vmlinux_hash, "ff");
	assert_string_equal(rows[1].accel, "tcg");
	assert_string_equal(rows[1].qemu_version, "7.2.22");
	assert_int_equal(rows[1].text, 1000);
	assert_int_equal(rows[1].image_size, 2000);
	assert_null(rows[1].twin_of);
	assert_string_equal(rows[2].twin_of, "base");
	assert_string_equal(rows[2].kernel_key, "");
	store_variants_free(rows, n);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM kernel"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run_variant WHERE modules_hash = 'mm'"),
			 2);
	store_close(s);
}

static void a_boot_is_kept_whole(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_run_row r;

	must_create(f, s);
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	says(f, finish(f, s, 2, &example_ok, example_stream), "boot 2 in '");
	says(f, finish(f, s, 99, &example_ok, example_stream), "no boot 99 in '");
	ok(f, store_run_get(s, 0, &r, &f->e));
	assert_int_equal(r.nok, 1);
	assert_int_equal(r.nrecords, 12);
	store_run_row_release(&r);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM v_record WHERE run = 1 AND boot = 2"
			     " AND workload = 'kmalloc_bench size=64'"),
			 11);
	assert_int_equal(ask(f, s, "SELECT sum(count) FROM v_histogram WHERE unit = 'ns'"), 5);
	assert_int_equal(ask(f, s, "SELECT length(tail) FROM boot_console WHERE boot_id = 2"), 3);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM boot WHERE id = 2 AND release = '7.3.4' AND"
			     " cmdline = 'a b' AND cpus = 2 AND started = 1700000000123 AND"
			     " start_seconds = 1.5 AND total_seconds = 4.5"),
			 1);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM info WHERE key = 'module' AND value = 'abc'"),
			 1);
	assert_int_equal(ask(f, s,
			     "SELECT count(*) FROM v_boot WHERE boot = 2 AND status = 'ok' AND"
			     " started_utc = '2023-11-14 22:13:20'"),
			 1);
	ok(f, store_check(s, &f->e));
	store_close(s);
}

/* What fails in the middle of a boot leaves nothing of it. */
static void half_a_boot_is_none(void **state)
{
	static const char beyond[] =
		STREAM_HEAD VALUE("k", "mean", "0", "-1",
				  "10") "done w=0 state=ok\nbegin w=7\ndone w=7 state=ok\n";
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	says(f, finish(f, s, 2, &example_ok, beyond), "has no workload 7");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 0);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status <> 'planned'"), 0);
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	store_close(s);
}

static void states_that_are_not_ok(void **state)
{
	static const struct store_boot broken = { .status = "broken", .reason = "panic: oh" };
	static const char stream[] = STREAM_HEAD "done w=0 state=failed reason=lost%20%1bcount\n";
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_state_row *rows;
	struct store_boot_row *boots;
	size_t n;

	must_create(f, s);
	ok(f, finish(f, s, 1, &broken, stream));
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	ok(f, store_states(s, 1, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].variant, "init");
	assert_string_equal(rows[0].state, "failed");
	assert_string_equal(rows[0].reason, "lost \x1b"
					    "count");
	assert_string_equal(rows[0].label, "kmalloc_bench size=64");
	assert_string_equal(rows[1].state, "skipped");
	assert_string_equal(rows[1].target, "t1");
	store_states_free(rows, n);
	ok(f, store_boots(s, 1, "broken", &boots, &n, &f->e));
	assert_int_equal(n, 1);
	assert_string_equal(boots[0].reason, "panic: oh");
	store_boots_free(boots, n);
	store_close(s);
}

static const struct pair *find(const struct comparison *c, const char *metric, const char *stat)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->pairs[i].metric, metric) && !strcmp(c->pairs[i].stat, stat))
			return &c->pairs[i];
	fail_msg("no pair %s %s", metric, stat);
	return NULL;
}

static void pairs_are_loaded(void **state)
{
	static const struct {
		const char *metric, *stat;
		double want;
	} rows[] = {
		{ "k", "mean", 12 }, { "c", "mean", 5 },   { "c", "min", 4 },
		{ "c", "max", 6 },   { "c", "total", 10 },
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &example_ok, example_stream));
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	ok(f, finish(f, s, 4, &example_ok, example_stream));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	assert_string_equal(c.a, "base");
	assert_string_equal(c.b, "init");
	assert_int_equal(c.n, COUNT(rows));
	assert_string_equal(c.pairs[0].metric, "k");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct pair *p = find(&c, rows[i].metric, rows[i].stat);

		assert_string_equal(p->target, "t1");
		assert_string_equal(p->workload, "kmalloc_bench size=64");
		assert_string_equal(p->unit, "i/op");
		assert_int_equal(p->dir, DIR_LOWER);
		assert_int_equal(p->ev, EV_SIMULATED);
		assert_int_equal(p->na, 2);
		assert_int_equal(p->nb, 1);
		assert_int_equal(p->a[0].block, 0);
		assert_int_equal(p->a[1].block, 1);
		if (p->a[0].value != rows[i].want || p->b[0].value != rows[i].want)
			fail_msg("%s %s: got %g and %g, wanted %g", rows[i].metric, rows[i].stat,
				 p->a[0].value, p->b[0].value, rows[i].want);
	}
	comparison_free(&c);
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "base", &c, &f->e));
	assert_int_equal(find(&c, "k", "mean")->na, 2);
	assert_int_equal(find(&c, "k", "mean")->nb, 2);
	comparison_free(&c);
	store_close(s);
}

/* Who recorded a metric is told by its records alone, per workload: a name that looks like it says nothing. */
static void collected_pairs_come_last(void **state)
{
	static const char stream[] = STREAM_HEAD
		"value w=0 metric=trace.a unit=i/op dir=lower ev=simulated stat=mean"
		" round=0 cpu=-1 value=1 by=trace sparse=1\n"
		"value w=0 metric=b unit=i/op dir=lower ev=simulated stat=mean"
		" round=0 cpu=-1 value=2 by=interrupts\n" VALUE(
			"trace.b", "mean", "0", "-1",
			"3") "done w=0 state=ok\nbegin w=1\n"
			     "value w=1 metric=trace.a unit=i/op dir=lower ev=simulated"
			     " stat=mean round=0 cpu=-1 value=4\ndone w=1 state=ok\n";
	static const struct {
		const char *metric, *collector; /* NULL: the workload's own */
		double value;
	} want[] = {
		{ "trace.b", NULL, 3 },
		{ "trace.a", NULL, 4 },
		{ "b", "interrupts", 2 },
		{ "trace.a", "trace", 1 },
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 2, &example_ok, stream));
	ok(f, finish(f, s, 4, &example_ok, stream));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "base", &c, &f->e));
	assert_int_equal(c.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct pair *p = &c.pairs[i];
		const char *by = p->collector ? p->collector : "";

		if (strcmp(p->metric, want[i].metric) || p->na != 2 ||
		    p->a[1].value != want[i].value ||
		    strcmp(by, want[i].collector ? want[i].collector : "") ||
		    p->sparse != !strcmp(by, "trace"))
			fail_msg("row %zu: got %s of '%s' %g, wanted %s of '%s' %g", i, p->metric,
				 by, p->a[1].value, want[i].metric, want[i].collector,
				 want[i].value);
	}
	comparison_free(&c);
	store_close(s);
}

/* The view that a person would query says the same as what comparisons load. */
static void the_view_agrees(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM v_boot_summary"), 5);
	assert_int_equal(ask(f, s,
			     "SELECT median FROM v_boot_summary WHERE metric = 'k' AND lowest = 10"
			     " AND highest = 30 AND rounds = 3"),
			 12);
	assert_int_equal(ask(f, s,
			     "SELECT median FROM v_boot_summary WHERE metric = 'c' AND"
			     " stat = 'mean'"),
			 5);
	assert_int_equal(ask(f, s,
			     "SELECT median FROM v_boot_summary WHERE metric = 'c' AND"
			     " stat = 'total'"),
			 10);
	store_close(s);
}

/* What is recorded of the machine and of single CPUs, too, as by the collector interrupts, is not counted twice. */
static void the_whole_is_no_cpu(void **state)
{
	/* clang-format off */
	static const char stream[] = STREAM_HEAD
		VALUE("c", "count", "0", "-1", "34") VALUE("c", "count", "0", "3", "11")
		VALUE("c", "count", "1", "-1", "36") VALUE("c", "count", "1", "3", "0")
		VALUE("m", "mean", "0", "-1", "5") VALUE("m", "mean", "0", "0", "1")
		VALUE("m", "min", "0", "-1", "3") VALUE("m", "min", "0", "0", "1")
		VALUE("m", "max", "0", "-1", "7") VALUE("m", "max", "0", "0", "9")
		VALUE("c", "count", "2", "0", "2") VALUE("c", "count", "2", "1", "3") STREAM_TAIL;
	/* clang-format on */
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	ok(f, finish(f, s, 2, &example_ok, stream));
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE metric = 'c' AND round = 0"),
			 34);
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE metric = 'c' AND round = 1"),
			 36);
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE metric = 'c' AND round = 2"),
			 5);
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE stat = 'mean'"), 5);
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE stat = 'min'"), 3);
	assert_int_equal(ask(f, s, "SELECT value FROM v_round WHERE stat = 'max'"), 7);
	store_close(s);
}

/* Neither a broken boot nor a workload that failed takes part in a comparison; both are kept. */
static void only_good_boots_are_loaded(void **state)
{
	static const struct store_boot broken = { .status = "broken", .reason = "panic" };
	static const char failed[] = STREAM_HEAD VALUE("k", "mean", "0", "-1",
						       "10") "done w=0 state=failed reason=wrong\n";
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &broken, example_stream));
	ok(f, finish(f, s, 2, &example_ok, failed));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	assert_int_equal(c.n, 0);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 12);
	comparison_free(&c);
	store_close(s);
}

static void metrics_of_other_evidence_stay_apart(void **state)
{
	static const char virtual[] = STREAM_HEAD
		"value w=0 metric=k unit=i/op dir=lower ev=virtual stat=mean round=0 cpu=-1 value=9\n" STREAM_TAIL;
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &example_ok, virtual));
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	for (size_t i = 0; i < c.n; i++)
		assert_true(!c.pairs[i].na || !c.pairs[i].nb);
	comparison_free(&c);
	store_close(s);
}

/* One name with two directions is two metrics: a change for the better must not read as one for the worse. */
static void metrics_differ_in_every_part(void **state)
{
	static const char stream[] = STREAM_HEAD
		"value w=0 metric=k unit=u dir=lower ev=virtual stat=mean round=0 cpu=-1 value=1\n"
		"value w=0 metric=k unit=u dir=higher ev=virtual stat=mean round=0 cpu=-1 value=2\n"
		"value w=0 metric=k unit=v dir=lower ev=virtual stat=mean round=0 cpu=-1 value=3\n"
		"value w=0 metric=k unit=u dir=lower ev=static stat=mean round=0 cpu=-1 value=4\n"
		"value w=0 metric=k unit=u dir=lower ev=virtual stat=mean round=1 cpu=-1 value=5\n" STREAM_TAIL;
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	ok(f, finish(f, s, 1, &example_ok, stream));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM metric"), 4);
	assert_int_equal(ask(f, s, "SELECT value FROM v_record WHERE direction = 'higher'"), 2);
	assert_int_equal(ask(f, s, "SELECT value FROM v_record WHERE unit = 'v'"), 3);
	assert_int_equal(ask(f, s, "SELECT value FROM v_record WHERE evidence = 'static'"), 4);
	store_close(s);
}

/* More metrics than the writer remembers, each found again. */
static void a_guest_with_many_metrics(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	cleanup_str struct str stream = STR_INIT;

	must_create(f, s);
	str_add(&stream, STREAM_HEAD);
	for (int i = 0; i < 200; i++)
		str_addf(&stream, VALUE("m%d", "mean", "0", "-1", "%d"), i % 100, i);
	str_add(&stream, STREAM_TAIL);
	ok(f, finish(f, s, 1, &example_ok, stream.buf));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM metric"), 100);
	assert_int_equal(ask(f, s,
			     "SELECT value FROM v_record WHERE metric = 'm99' AND value > 150"),
			 199);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_comes_back),
		TEST(runs_are_listed_newest_first),
		TEST(boots_come_in_plan_order),
		TEST(variants_and_kernels),
		TEST(a_boot_is_kept_whole),
		TEST(half_a_boot_is_none),
		TEST(states_that_are_not_ok),
		TEST(pairs_are_loaded),
		TEST(collected_pairs_come_last),
		TEST(the_view_agrees),
		TEST(the_whole_is_no_cpu),
		TEST(only_good_boots_are_loaded),
		TEST(metrics_of_other_evidence_stay_apart),
		TEST(metrics_differ_in_every_part),
		TEST(a_guest_with_many_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
