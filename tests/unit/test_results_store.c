// SPDX-License-Identifier: GPL-2.0
/* The database: what goes in comes out, one boot at a time, and trouble leaves it whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/store.h"
#include "results/store_db.h"
#include "runner/base/file.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct fixture {
	struct str dir;
	char *path;
	struct err e;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	str_init(&f->dir);
	if (dir_temp(NULL, &f->dir, &f->e))
		return -1;
	f->path = xasprintf("%s/k.db", f->dir.buf);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	tree_remove(f->dir.buf, NULL);
	str_release(&f->dir);
	free(f->path);
	free(f);
	return 0;
}

static void ok(const struct fixture *f, int ret)
{
	if (ret)
		fail_msg("got %d '%s', wanted success", ret, f->e.msg);
}

static void says(struct fixture *f, int ret, const char *want)
{
	if (!ret || !strstr(f->e.msg, want) || strchr(f->e.msg, '\n'))
		fail_msg("got %d '%s', wanted an error with '%s'", ret, f->e.msg, want);
	assert_int_equal(f->e.kind, ERR_INFRA);
	err_clear(&f->e);
}

static struct store *must_open(struct fixture *f, bool readonly)
{
	struct store *s = store_open(f->path, readonly, &f->e);

	ok(f, s ? 0 : -1);
	return s;
}

/* The one number that a query gives. */
static long long ask(struct fixture *f, struct store *s, const char *sql)
{
	long long v = -1;

	ok(f, db_lookup(s, &f->e, db_query(s, &f->e, sql, ""), &v));
	return v;
}

static const struct store_host host = {
	.hostname = "box",
	.machine = "x86_64",
	.cpu_model = "A CPU",
	.os = "Debian 12",
	.kernel_release = "6.1",
	.cpus = 2,
	.memory = 1 << 30,
};

static const struct store_run run_a = {
	.suite = "demo",
	.plan = "suite demo\n",
	.description = "what for",
	.baseline = "base",
	.kdelta_version = "1",
	.margin = 0.02,
	.seed = UINT64_MAX,
	.boots = 2,
};

static const struct store_workload workloads_a[] = {
	{ "kmalloc_bench", "kmalloc_bench size=64", "size=64 order=fifo", 3 },
	{ "none", "none", "", 1 },
};

static const struct store_boot_plan boots_a[] = {
	{ "t1", "init", NULL, 0, 0 }, { "t1", "base", NULL, 0, 1 }, { "t1", "base-twin", "base", 0, 2 },
	{ "t1", "base", NULL, 1, 0 }, { "t1", "base-twin", "base", 1, 1 }, { "t1", "init", NULL, 1, 2 },
	{ "t0", "base", NULL, 0, 0 }, { "t0", "init", NULL, 0, 1 },
};

static long long must_create(struct fixture *f, struct store *s)
{
	long long id = 0;

	ok(f, store_run_create(s, &run_a, &host, workloads_a, COUNT(workloads_a), boots_a,
			       COUNT(boots_a), &id, &f->e));
	return id;
}

static const struct store_boot boot_ok = {
	.status = "ok",
	.accel = "tcg",
	.qemu_version = "7.2.22",
	.command = "qemu -m 512",
	.console = "a\0b",
	.console_len = 3,
	.started = 1700000000123,
	.start_seconds = 1.5,
	.run_seconds = 2.5,
	.total_seconds = 4.5,
};

#define STREAM_HEAD                                                                                \
	"kdelta version=1\nstart release=7.3.4 machine=x86_64 cmdline=a%20b cpus=2\n"               \
	"info key=module value=abc\nbegin w=0\n"
#define VALUE(metric, stat, round, cpu, value)                                                     \
	"value w=0 metric=" metric " unit=i/op dir=lower ev=simulated stat=" stat " round=" round   \
	" cpu=" cpu " value=" value "\n"
#define STREAM_TAIL "done w=0 state=ok\ndone w=1 state=skipped reason=no%20PMU\n"

/* Rounds 10, 30, 12: median 12; two CPUs with means 4 and 6: 5; minima 4 and 6: 4; totals: 10. */
static const char stream_a[] = STREAM_HEAD VALUE("k", "mean", "0", "-1", "10")
	VALUE("k", "mean", "1", "-1", "30") VALUE("k", "mean", "2", "-1", "12")
	VALUE("c", "mean", "0", "0", "4") VALUE("c", "mean", "0", "1", "6")
	VALUE("c", "min", "0", "0", "4") VALUE("c", "min", "0", "1", "6")
	VALUE("c", "max", "0", "0", "4") VALUE("c", "max", "0", "1", "6")
	VALUE("c", "total", "0", "0", "4") VALUE("c", "total", "0", "1", "6")
	"hist w=0 metric=h unit=ns dir=lower ev=emulated-time round=0 cpu=-1 sub=3 buckets=1:2,16:3\n"
	STREAM_TAIL;

static int finish(struct fixture *f, struct store *s, long long boot, const struct store_boot *b,
		  const char *stream)
{
	struct record_set rs;
	int ret;

	record_set_init(&rs);
	ok(f, record_set_parse(&rs, stream, strlen(stream), 9, 1000, &f->e));
	ret = store_boot_finish(s, boot, b, &rs, &f->e);
	record_set_release(&rs);
	return ret;
}

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
	assert_int_equal(r.nplanned, COUNT(boots_a));
	assert_int_equal(r.nok + r.nbroken + r.nrecords + r.ended, 0);
	assert_true(r.started > 1700000000000);
	store_run_row_release(&r);
	ok(f, store_run_finish(s, id, "ok", &f->e));
	ok(f, store_run_get(s, id, &r, &f->e));
	assert_string_equal(r.status, "ok");
	assert_true(r.ended >= r.started);
	store_run_row_release(&r);
	says(f, store_run_get(s, 99, &r, &f->e), "no run 99 in '");
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
	assert_int_equal(n, COUNT(boots_a));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rows[i].target, boots_a[i].target);
		assert_string_equal(rows[i].variant, boots_a[i].variant);
		assert_int_equal(rows[i].block, boots_a[i].block);
		assert_int_equal(rows[i].position, boots_a[i].position);
		assert_string_equal(rows[i].status, "planned");
		assert_null(rows[i].reason);
	}
	ok(f, finish(f, s, rows[1].id, &boot_ok, stream_a));
	store_boots_free(rows, n);
	ok(f, store_boots(s, id, "ok", &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].variant, "base");
	store_boots_free(rows, n);
	ok(f, store_boots(s, id, "planned", &rows, &n, &f->e));
	assert_int_equal(n, COUNT(boots_a) - 1);
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
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
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
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run_variant WHERE modules_hash = 'mm'"), 2);
	store_close(s);
}

static void a_boot_is_kept_whole(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_run_row r;

	must_create(f, s);
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
	says(f, finish(f, s, 2, &boot_ok, stream_a), "boot 2 in '");
	says(f, finish(f, s, 99, &boot_ok, stream_a), "no boot 99 in '");
	ok(f, store_run_get(s, 0, &r, &f->e));
	assert_int_equal(r.nok, 1);
	assert_int_equal(r.nrecords, 12);
	store_run_row_release(&r);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM v_record WHERE run = 1 AND boot = 2"
				   " AND workload = 'kmalloc_bench size=64'"), 11);
	assert_int_equal(ask(f, s, "SELECT sum(count) FROM v_histogram WHERE unit = 'ns'"), 5);
	assert_int_equal(ask(f, s, "SELECT length(tail) FROM boot_console WHERE boot_id = 2"), 3);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE id = 2 AND release = '7.3.4' AND"
				   " cmdline = 'a b' AND cpus = 2 AND started = 1700000000123 AND"
				   " start_seconds = 1.5 AND total_seconds = 4.5"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM info WHERE key = 'module' AND value = 'abc'"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM v_boot WHERE boot = 2 AND status = 'ok' AND"
				   " started_utc = '2023-11-14 22:13:20'"), 1);
	ok(f, store_check(s, &f->e));
	store_close(s);
}

/* What fails in the middle of a boot leaves nothing of it. */
static void half_a_boot_is_none(void **state)
{
	static const char beyond[] = STREAM_HEAD VALUE("k", "mean", "0", "-1", "10")
		"done w=0 state=ok\nbegin w=7\ndone w=7 state=ok\n";
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	says(f, finish(f, s, 2, &boot_ok, beyond), "has no workload 7");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 0);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status <> 'planned'"), 0);
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
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
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
	ok(f, store_states(s, 1, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].variant, "init");
	assert_string_equal(rows[0].state, "failed");
	assert_string_equal(rows[0].reason, "lost \x1b" "count");
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
		{ "k", "mean", 12 }, { "c", "mean", 5 }, { "c", "min", 4 }, { "c", "max", 6 }, { "c", "total", 10 },
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &boot_ok, stream_a));
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
	ok(f, finish(f, s, 4, &boot_ok, stream_a));
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

/* The view that a person would query says the same as what comparisons load. */
static void the_view_agrees(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM v_boot_summary"), 5);
	assert_int_equal(ask(f, s, "SELECT median FROM v_boot_summary WHERE metric = 'k' AND lowest = 10"
				   " AND highest = 30 AND rounds = 3"), 12);
	assert_int_equal(ask(f, s, "SELECT median FROM v_boot_summary WHERE metric = 'c' AND"
				   " stat = 'mean'"), 5);
	assert_int_equal(ask(f, s, "SELECT median FROM v_boot_summary WHERE metric = 'c' AND"
				   " stat = 'total'"), 10);
	store_close(s);
}

/* Neither a broken boot nor a workload that failed takes part in a comparison; both are kept. */
static void only_good_boots_are_loaded(void **state)
{
	static const struct store_boot broken = { .status = "broken", .reason = "panic" };
	static const char failed[] = STREAM_HEAD VALUE("k", "mean", "0", "-1", "10")
		"done w=0 state=failed reason=wrong\n";
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &broken, stream_a));
	ok(f, finish(f, s, 2, &boot_ok, failed));
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
		"value w=0 metric=k unit=i/op dir=lower ev=virtual stat=mean round=0 cpu=-1 value=9\n"
		STREAM_TAIL;
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	ok(f, finish(f, s, 1, &boot_ok, virtual));
	ok(f, finish(f, s, 2, &boot_ok, stream_a));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	for (size_t i = 0; i < c.n; i++)
		assert_true(!c.pairs[i].na || !c.pairs[i].nb);
	comparison_free(&c);
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
	ok(f, finish(f, s, 1, &boot_ok, stream.buf));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM metric"), 100);
	assert_int_equal(ask(f, s, "SELECT value FROM v_record WHERE metric = 'm99' AND value > 150"), 199);
	store_close(s);
}

static void reading_needs_a_database(void **state)
{
	struct fixture *f = *state;

	says(f, !store_open(f->path, true, &f->e), "No such file or directory");
	ok(f, file_write(f->path, "", 0, &f->e));
	says(f, !store_open(f->path, true, &f->e), "schema version 0");
	ok(f, file_write(f->path, "this is not a database, but long enough to look like one", 56, &f->e));
	says(f, !store_open(f->path, false, &f->e), "the file is not a database");
	says(f, !store_open(f->path, true, &f->e), "the file is not a database");
}

static void a_read_only_store_refuses_to_write(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long id;

	must_create(f, s);
	store_close(s);
	s = must_open(f, true);
	says(f, store_run_create(s, &run_a, &host, NULL, 0, NULL, 0, &id, &f->e), "it is read-only");
	says(f, finish(f, s, 1, &boot_ok, stream_a), "it is read-only");
	says(f, store_run_finish(s, 1, "ok", &f->e), "it is read-only");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'planned'"), COUNT(boots_a));
	store_close(s);
}

static void another_program_s_database(void **state)
{
	static const struct schema other = { .version = 1, .create = "CREATE TABLE mine (a)" };
	struct fixture *f = *state;
	struct store *s = store_open_schema(f->path, &other, false, &f->e);

	ok(f, s ? 0 : -1);
	store_close(s);
	says(f, !store_open(f->path, false, &f->e), "it is not kdelta's");
}

#define APP "PRAGMA application_id = 1801741676;"

static const struct migration steps[] = {
	{ 2, "ALTER TABLE thing ADD COLUMN unit TEXT NOT NULL DEFAULT 'ns'" },
	{ 3, "INSERT INTO thing (name, unit) VALUES ('new', 's')" },
};

static const struct migration bad_steps[] = {
	{ 2, "ALTER TABLE thing ADD COLUMN unit TEXT NOT NULL DEFAULT 'ns'" },
	{ 3, "INSERT INTO nothing VALUES (1)" },
};

static const struct schema v1 = { 1, APP "CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('old')",
				  NULL, 0 };
static const struct schema v3 = { 3, APP "CREATE TABLE thing (name TEXT, unit TEXT)", steps, COUNT(steps) };
static const struct schema v3_bad = { 3, "", bad_steps, COUNT(bad_steps) };

static void old_schemas_migrate(void **state)
{
	struct fixture *f = *state;
	struct store *s = store_open_schema(f->path, &v1, false, &f->e);

	ok(f, s ? 0 : -1);
	store_close(s);
	says(f, !store_open_schema(f->path, &v3, true, &f->e), "schema version 1, and 3 is needed");
	says(f, !store_open_schema(f->path, &v3_bad, false, &f->e),
	     "cannot bring the schema to version 3");
	/* the step that worked was taken back with the one that did not */
	s = store_open_schema(f->path, &v1, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM pragma_table_info('thing')"), 1);
	store_close(s);
	s = store_open_schema(f->path, &v3, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "PRAGMA user_version"), 3);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing WHERE name = 'old' AND unit = 'ns'"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing WHERE unit = 's'"), 1);
	store_close(s);
	/* again: nothing left to do */
	s = store_open_schema(f->path, &v3, false, &f->e);
	ok(f, s ? 0 : -1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM thing"), 2);
	store_close(s);
	says(f, !store_open_schema(f->path, &v1, false, &f->e), "has schema version 3, this kdelta knows 1");
}

static void full_disk(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	cleanup_str struct str stream = STR_INIT;
	struct rlimit old, small;
	int ret;

	must_create(f, s);
	str_add(&stream, STREAM_HEAD);
	for (int i = 0; i < 900; i++)
		str_addf(&stream, VALUE("k", "mean", "%d", "-1", "%d.25"), i, i);
	str_add(&stream, STREAM_TAIL);
	/* a limit on the size of files stands in for a disk without space */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = (rlim_t)file_size(f->path) + 8192;
	setrlimit(RLIMIT_FSIZE, &small);
	ret = finish(f, s, 1, &boot_ok, stream.buf);
	setrlimit(RLIMIT_FSIZE, &old);
	says(f, ret, "cannot use database '");
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 0);
	ok(f, store_check(s, &f->e));
	ok(f, finish(f, s, 1, &boot_ok, stream.buf));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 900);
	store_close(s);
}

/* A process that dies between two boots leaves the first and nothing of the second. */
static void killed_writer(void **state)
{
	struct fixture *f = *state;
	struct store *s;
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		s = store_open(f->path, false, NULL);
		must_create(f, s);
		finish(f, s, 1, &boot_ok, stream_a);
		db_begin(s, NULL);
		db_script(s, "UPDATE boot SET status = 'broken'", NULL);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	s = must_open(f, false);
	ok(f, store_check(s, &f->e));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'ok'"), 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'planned'"), COUNT(boots_a) - 1);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), 11);
	store_close(s);
}

#define WRITERS 4

static int write_a_run(const char *path)
{
	struct err e = ERR_INIT;
	struct store *s = store_open(path, false, &e);
	struct record_set rs;
	long long id;
	int ret;

	if (!s)
		return -1;
	record_set_init(&rs);
	record_set_parse(&rs, stream_a, strlen(stream_a), 2, 1000, &e);
	ret = store_run_create(s, &run_a, &host, workloads_a, COUNT(workloads_a), boots_a, COUNT(boots_a),
			       &id, &e);
	for (size_t i = 0; !ret && i < COUNT(boots_a); i++)
		ret = store_boot_finish(s, (id - 1) * (long long)COUNT(boots_a) + (long long)i + 1,
					&boot_ok, &rs, &e);
	record_set_release(&rs);
	store_close(s);
	return ret;
}

/* Several processes make the database and write their runs into it at the same time. */
static void several_writers(void **state)
{
	struct fixture *f = *state;
	pid_t pid[WRITERS];
	struct store *s;

	for (int i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i])
			_exit(write_a_run(f->path) ? 1 : 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
	}
	s = must_open(f, true);
	ok(f, store_check(s, &f->e));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), WRITERS);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM boot WHERE status = 'ok'"),
			 WRITERS * COUNT(boots_a));
	assert_int_equal(ask(f, s, "SELECT count(*) FROM record"), WRITERS * COUNT(boots_a) * 11);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	store_close(s);
}

static void odd_paths(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	free(f->path);
	f->path = xasprintf("%s/a%%20b?mode=ro#c d.db", f->dir.buf);
	s = must_open(f, false);
	must_create(f, s);
	store_close(s);
	assert_true(file_exists(f->path));
	s = must_open(f, true);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM run"), 1);
	store_close(s);
}

static void strings_that_are_not_given(void **state)
{
	static const struct store_run bare = { .suite = "s" };
	static const struct store_host nobody = { .cpus = 1 };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_run_row r;
	long long id;

	ok(f, store_run_create(s, &bare, &nobody, NULL, 0, NULL, 0, &id, &f->e));
	ok(f, store_run_create(s, &bare, &nobody, NULL, 0, NULL, 0, &id, &f->e));
	ok(f, store_run_get(s, id, &r, &f->e));
	assert_string_equal(r.plan, "");
	assert_string_equal(r.hostname, "");
	store_run_row_release(&r);
	store_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		TEST(the_view_agrees),
		TEST(only_good_boots_are_loaded),
		TEST(metrics_of_other_evidence_stay_apart),
		TEST(a_guest_with_many_metrics),
		TEST(reading_needs_a_database),
		TEST(a_read_only_store_refuses_to_write),
		TEST(another_program_s_database),
		TEST(old_schemas_migrate),
		TEST(full_disk),
		TEST(killed_writer),
		TEST(several_writers),
		TEST(odd_paths),
		TEST(strings_that_are_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
