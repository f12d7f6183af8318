// SPDX-License-Identifier: GPL-2.0
/* Databases of older versions of kdelta, with what they hold; and what versions 2 to 5 added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "runner/base/file.h"
#include "tests/unit/store_fixture.h"

/* A run with one kernel and one good boot, as versions 1 to 3 wrote it. */
static const char content[] =
	"INSERT INTO host VALUES (1, 'box', 'x86_64', 'A CPU', 'Debian 12', '6.1', 2, 1024);"
	"INSERT INTO kernel VALUES (1, 'k1', 'x86_64', '7.3.4', '7.3.4', '', '', '', 'gcc', 'ld',"
	" '', '', 10, 20, 30, 40);"
	"INSERT INTO run VALUES (1, 1, 'demo', '', 'plan', 'base', '1', 0.01, '7', 1, 'ok', 5, 6);"
	"INSERT INTO run_variant VALUES (1, 1, 't1', 'base', NULL, 1, '', 'quiet');"
	"INSERT INTO run_variant VALUES (2, 1, 't1', 'init', NULL, 1, '', 'quiet x');"
	"INSERT INTO block VALUES (1, 1, 't1', 0);"
	"INSERT INTO boot (id, run_variant_id, block_id, position, status) VALUES (1, 1, 1, 0, 'ok');"
	"INSERT INTO workload VALUES (1, 1, 0, 'kmalloc_bench', 'kmalloc_bench', '', 1);"
	"INSERT INTO workload_state VALUES (1, 1, 'ok', '');"
	"INSERT INTO metric VALUES (1, 'k', 'i/op', 'lower', 'simulated');"
	"INSERT INTO record VALUES (1, 0, 1, 1, 'mean', 0, -1, 12.5)";

static void write_version(struct fixture *f, int version)
{
	cleanup_free char *path = xasprintf("tests/fixtures/store/schema-%d.sql", version);
	cleanup_str struct str sql = STR_INIT;
	struct schema old = { .version = version };
	struct store *s;

	ok(f, file_read(path, 0, &sql, &f->e));
	old.create = sql.buf;
	s = store_open_schema(f->path, &old, false, &f->e);
	ok(f, s ? 0 : -1);
	ok(f, db_script(s, content, &f->e));
	store_close(s);
}

static void check_content(struct fixture *f, int version)
{
	cleanup_free char *want = xasprintf("schema version %d, and 5 is needed", version);
	struct comparison c;
	struct store *s;

	says(f, !store_open(f->path, true, &f->e), want);
	s = must_open(f, false);
	assert_int_equal(ask(f, s, "PRAGMA user_version"), 5);
	assert_int_equal(ask(f, s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(ask(f, s, "SELECT value * 2 FROM v_round WHERE run = 1"), 25);
	ok(f, store_check(s, &f->e));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	assert_int_equal(c.n, 1);
	assert_int_equal(c.pairs[0].a[0].boot, 1);
	assert_false(c.pairs[0].same_code || c.pairs[0].same_boot);
	comparison_free(&c);
	store_close(s);
	store_close(must_open(f, true));
}

static void content_survives(void **state)
{
	struct fixture *f = *state;

	for (int version = 1; version < 5; version++) {
		write_version(f, version);
		check_content(f, version);
		ok(f, tree_remove(f->path, &f->e));
	}
}

#define COLUMNS                                                                                        \
	"SELECT t.type || ' ' || t.name || ' ' || i.name || ' ' || i.type || i.\"notnull\" || i.pk"    \
	" FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS i"                                    \
	" WHERE t.name NOT LIKE 'sqlite_%'"                                                            \
	" UNION ALL SELECT t.name || ' references ' || k.\"table\" || k.\"from\" || k.on_delete"       \
	" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k"                               \
	" UNION ALL SELECT name || strict || wr FROM pragma_table_list WHERE schema = 'main'"          \
	" UNION ALL SELECT name || replace(replace(replace(sql, ' ', ''), char(9), ''), char(10), '')" \
	" FROM sqlite_schema WHERE type = 'view'"                                                      \
	" ORDER BY 1"

static void describe(struct fixture *f, struct str *out)
{
	struct store *s = must_open(f, false);
	struct sqlite3_stmt *st = db_query(s, &f->e, COLUMNS, "");

	ok(f, st ? 0 : -1);
	while (db_next(s, st, &f->e) > 0) {
		cleanup_free char *line = db_text(st, 0);

		str_addf(out, "%s\n", line);
	}
	store_close(s);
}

static void old_and_new_are_alike(void **state)
{
	struct fixture *f = *state;
	cleanup_str struct str made = STR_INIT;

	describe(f, &made);
	assert_non_null(strstr(made.buf, "table kernel_value unit TEXT"));
	assert_non_null(strstr(made.buf, "v_roundCREATEVIEWv_roundASSELECT"));
	for (int version = 1; version < 5; version++) {
		cleanup_str struct str brought = STR_INIT;

		ok(f, tree_remove(f->path, &f->e));
		write_version(f, version);
		describe(f, &brought);
		assert_string_equal(brought.buf, made.buf);
	}
}

static const struct store_value few[] = {
	{ "text", "bytes", DIR_LOWER, 1000 },
	{ "functions", "functions", DIR_NONE, 7 },
	{ "calls.x", "sites", DIR_LOWER, 3 },
};

static const struct store_value many[] = {
	{ "text", "bytes", DIR_LOWER, 1100 },
	{ "functions", "functions", DIR_NONE, 7 },
	{ "calls.y", "sites", DIR_LOWER, 5 },
};

static void attach(struct fixture *f, struct store *s, const char *variant, const char *key,
		   const struct store_value *v, size_t n)
{
	const struct store_kernel k = {
		.key = key,
		.modules_hash = "",
		.values = v,
		.nvalues = n,
	};

	ok(f, store_run_kernel(s, 1, "t1", variant, &k, "quiet", &f->e));
}

static void figures_of_kernels(void **state)
{
	static const struct {
		const char *metric;
		double a, b;
		enum direction dir;
	} want[] = {
		{ "text", 1000, 1100, DIR_LOWER },
		{ "functions", 7, 7, DIR_NONE },
		{ "calls.x", 3, 0, DIR_LOWER },
		{ "calls.y", 0, 5, DIR_LOWER },
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	attach(f, s, "base", "k1", few, COUNT(few));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	assert_int_equal(c.n, 0); /* the other side has no figures */
	attach(f, s, "init", "k2", NULL, 0);
	attach(f, s, "init", "k2", many, COUNT(many));
	attach(f, s, "init", "k2", few, COUNT(few)); /* what is there stays; calls.x is new */
	ok(f, db_script(s, "DELETE FROM kernel_value WHERE metric = 'calls.x' AND kernel_id = 2",
			&f->e));
	ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
	compare_run(&c);
	assert_int_equal(c.n, COUNT(want));
	for (size_t i = 0; i < c.n; i++) {
		const struct pair *p = &c.pairs[i];

		if (strcmp(p->metric, want[i].metric) || p->a_mid != want[i].a ||
		    p->b_mid != want[i].b || p->dir != want[i].dir || !p->exact)
			fail_msg("row %zu: got %s %g %g, wanted %s %g %g", i, p->metric, p->a_mid,
				 p->b_mid, want[i].metric, want[i].a, want[i].b);
		assert_string_equal(p->workload, COMPARE_KERNEL);
		assert_int_equal(p->ev, EV_STATIC);
	}
	assert_int_equal(c.pairs[0].verdict, V_WORSE);
	assert_false(comparison_regressed(&c));
	comparison_free(&c);
	store_close(s);
}

static void code_of_workloads(void **state)
{
	static const struct {
		const char *name, *a, *b; /* digests; NULL: none */
		bool want;
	} rows[] = {
		{ "nothing known", NULL, NULL, false },
		{ "one side known", "d1", NULL, false },
		{ "different", "d1", "d2", false },
		{ "equal", "d2", "d2", true },
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	must_create(f, s);
	attach(f, s, "base", "k1", NULL, 0);
	attach(f, s, "init", "k2", NULL, 0);
	ok(f, finish(f, s, 1, &example_ok, example_stream));
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct comparison c;

		comparison_init(&c);
		if (rows[i].a)
			ok(f, store_run_code(s, 1, "t1", "base", 0, rows[i].a, &f->e));
		if (rows[i].b)
			ok(f, store_run_code(s, 1, "t1", "init", 0, rows[i].b, &f->e));
		ok(f, store_load_pairs(s, 1, "base", "init", &c, &f->e));
		assert_true(c.n > 0);
		for (size_t j = 0; j < c.n; j++)
			if (c.pairs[j].same_code != rows[i].want || !c.pairs[j].same_boot)
				fail_msg("%s: got %d %d, wanted %d 1", rows[i].name,
					 c.pairs[j].same_code, c.pairs[j].same_boot, rows[i].want);
		comparison_free(&c);
	}
	says(f, store_run_code(s, 1, "t1", "base", 9, "d", &f->e), "with a workload 9");
	store_close(s);
}

static void a_variant_is_its_own_code(void **state)
{
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct comparison c;

	must_create(f, s);
	attach(f, s, "base", "k1", few, COUNT(few));
	ok(f, store_run_code(s, 1, "t1", "base", 0, "d1", &f->e));
	ok(f, finish(f, s, 2, &example_ok, example_stream));
	comparison_init(&c);
	ok(f, store_load_pairs(s, 1, "base", "base", &c, &f->e));
	assert_true(c.n > COUNT(few));
	assert_true(c.pairs[0].same_code && c.pairs[0].same_boot);
	assert_string_equal(c.pairs[c.n - 1].metric, "calls.x");
	comparison_free(&c);
	store_close(s);
}

/* Equal code is no excuse for what one side alone does besides. */
static void booted_alike(void **state)
{
	static const struct store_boot_plan plan[] = {
		{ "t1", "base", NULL, 0, 0 },          { "t1", "base-twin", "base", 0, 1 },
		{ "t1", "base-canary", "base", 0, 2 }, { "t1", "base-observed", NULL, 0, 3 },
		{ "t1", "init-observed", NULL, 0, 4 }, { "t1", "my-canary", NULL, 0, 5 },
	};
	static const struct {
		const char *a, *b;
		bool want;
	} rows[] = {
		{ "base", "base-twin", true },
		{ "base", "base-canary", false },
		{ "base-twin", "base-canary", false },
		{ "base-canary", "base-canary", true },
		{ "base", "base-observed", false },
		{ "base-observed", "base", false },
		{ "base-observed", "init-observed", true },
		{ "base", "my-canary", true }, /* a variant of that name */
	};
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	long long run = 0;

	ok(f, store_run_create(s, &example_run, &example_host, example_workloads, EXAMPLE_WORKLOADS,
			       plan, COUNT(plan), &run, &f->e));
	for (size_t i = 0; i < COUNT(plan); i++) {
		attach(f, s, plan[i].variant, "k1", NULL, 0);
		ok(f, finish(f, s, (long long)i + 1, &example_ok, example_stream));
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct comparison c;

		comparison_init(&c);
		ok(f, store_load_pairs(s, run, rows[i].a, rows[i].b, &c, &f->e));
		assert_true(c.n > 0);
		if (c.pairs[0].same_boot != rows[i].want)
			fail_msg("%s, %s: got %d, wanted %d", rows[i].a, rows[i].b,
				 c.pairs[0].same_boot, rows[i].want);
		comparison_free(&c);
	}
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(content_survives),  TEST(old_and_new_are_alike),     TEST(figures_of_kernels),
		TEST(code_of_workloads), TEST(a_variant_is_its_own_code), TEST(booted_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
