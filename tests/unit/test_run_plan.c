// SPDX-License-Identifier: GPL-2.0
/* A plan in the database, before anything boots, and as --dry-run shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/run_plan.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"
#include "tests/unit/store_fixture.h"

PROBE_COLLECTORS

/* The paths of a program are settled once: the folder is that of all tests. */
static struct config_folder *folder;
static char *elsewhere; /* a folder whose name begins like that of the configuration */

#define FAKE "backend: fake\narch: s390x\nfake_records: ../records\n"
#define SUITE                                                                                      \
	"description: what for\nvariants: [base, b]\ntwins: true\ntargets: [f, g]\nboots: 3\n"     \
	"margin: 2\nworkloads: [none: {rounds: 2, timeout: 10}, "                                  \
	"kmalloc_bench: {size: 64, rounds: 7, timeout: 3000}]\n"

static void put_outside(const char *name, const char *text)
{
	cleanup_free char *path = path_join(elsewhere, name);

	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

static int setup(void **state)
{
	if (config_folder_setup((void **)&folder))
		return -1;
	elsewhere = xasprintf("%s-mine", folder->dir.buf);
	assert_int_equal(dir_make(elsewhere, NULL), 0);
	config_folder_write(folder, "variants/b.yaml", "source: s\ncmdline: b\n");
	config_folder_write(folder, "targets/f.yaml", FAKE);
	config_folder_write(folder, "targets/g.yaml", FAKE);
	config_folder_write(folder, "suites/x.yaml", SUITE);
	config_folder_write(folder, "suites/.yaml/hidden.yaml", SUITE);
	config_folder_write(folder, "more/y.yaml", SUITE);
	put_outside("z.yaml", SUITE);
	*state = NULL;
	return setenv("KDELTA_CONFIGS", folder->dir.buf, 1);
}

static int teardown(void **state)
{
	void *f = folder;

	(void)state;
	assert_int_equal(tree_remove(elsewhere, NULL), 0);
	free(elsewhere);
	return config_folder_teardown(&f);
}

static void make(const char *suite, const struct plan_options *o, struct plan *p)
{
	const struct suite *s;
	struct err e = ERR_INIT;

	*p = (struct plan){ 0 };
	config_folder_reload(folder);
	s = config_suite(folder->config, suite, &e);
	if (!s || plan_make(folder->config, s, o, p, &e))
		fail_msg("suite '%s': %s", suite, e.msg);
}

/* Store a plan; the number of the run. */
static long long put(struct fixture *f, struct store *s, const char *suite,
		     const struct plan_options *o)
{
	long long id = 0;
	struct plan p;

	make(suite, o, &p);
	ok(f, run_plan_store(s, &p, "the text\n", &id, &f->e));
	plan_release(&p);
	return id;
}

/* What a run is stored under has to find its suite again, whoever resumes it from wherever. */
static void names(void **state)
{
	static const struct {
		const char *name, *suite, *want; /* below the configuration */
	} rows[] = {
		{ "by name", "x", "x" },
		{ "the same, by path", "/suites/x.yaml", "x" },
		{ "by a path with a detour", "/more/../suites/x.yaml", "x" },
		{ "beside the folder of suites", "/more/y.yaml", "/more/y.yaml" },
		{ "below it", "/suites/.yaml/hidden.yaml", "/suites/.yaml/hidden.yaml" },
		{ "in a folder of a name that begins so", "-mine/z.yaml", "-mine/z.yaml" },
	};
	const struct plan_options o = { .seed = 1 };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	for (size_t i = 0; i < NROWS(rows); i++) {
		const char *root = folder->dir.buf;
		cleanup_free char *suite = strchr(rows[i].suite, '/') ?
						   xasprintf("%s%s", root, rows[i].suite) :
						   xstrdup(rows[i].suite);
		cleanup_free char *want = strchr(rows[i].want, '/') ?
						  xasprintf("%s%s", root, rows[i].want) :
						  xstrdup(rows[i].want);
		struct store_run_row row;

		ok(f, store_run_get(s, put(f, s, suite, &o), &row, &f->e));
		config_folder_equal(folder, rows[i].name, suite, row.suite, want);
		config_folder_reload(folder);
		if (!config_suite(folder->config, row.suite, &f->e))
			fail_msg("%s: cannot resume: %s", rows[i].name, f->e.msg);
		store_run_row_release(&row);
	}
	store_close(s);
}

/* 2 targets, 3 blocks of 3 arms each: 18 boots, each arm once per block and, in 3 blocks of 3, once in each place. */
static void boots_of_a_plan(void **state)
{
	static const struct {
		const char *sql;
		long long want;
	} rows[] = {
		{ "SELECT count(*) FROM boot WHERE status = 'planned'", 18 },
		{ "SELECT count(*) FROM boot", 18 },
		{ "SELECT count(*) FROM block", 6 },
		{ "SELECT count(*) FROM block WHERE target = 'f'", 3 },
		{ "SELECT min(number) * 10 + max(number) FROM block WHERE target = 'g'", 2 },
		{ "SELECT count(*) FROM (SELECT DISTINCT target, variant, block FROM v_boot)", 18 },
		{ "SELECT count(*) FROM (SELECT DISTINCT target, variant, position FROM v_boot)",
		  18 },
		{ "SELECT max(position) FROM v_boot", 2 },
		{ "SELECT count(*) FROM run_variant WHERE twin_of IS NOT NULL", 2 },
		{ "SELECT count(*) FROM run_variant WHERE variant = 'base-twin' AND "
		  "twin_of = 'base'",
		  2 },
		{ "SELECT count(*) FROM run_variant WHERE kernel_id IS NULL AND cmdline = ''", 6 },
		{ "SELECT count(*) FROM workload", 2 },
		{ "SELECT count(*) FROM workload WHERE number = 0 AND name = 'none' AND "
		  "label = 'none' AND params = '' AND rounds = 2",
		  1 },
		{ "SELECT count(*) FROM workload WHERE number = 1 AND name = 'kmalloc_bench' AND "
		  "rounds = 7 AND params LIKE 'size=64 %'",
		  1 },
		{ "SELECT count(*) FROM run WHERE status = 'running' AND ended IS NULL AND "
		  "margin = 0.02 AND boots = 3 AND seed = '18446744073709551615' AND "
		  "baseline = 'base' AND description = 'what for' AND plan = 'the text' || "
		  "char(10)",
		  1 },
		{ "SELECT count(*) FROM host WHERE hostname <> '' AND cpus > 0 AND memory > 0", 1 },
		{ "SELECT count(*) FROM record", 0 },
	};
	const struct plan_options o = { .seed = UINT64_MAX };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);

	assert_int_equal(put(f, s, "x", &o), 1);
	for (size_t i = 0; i < NROWS(rows); i++) {
		long long got = ask(f, s, rows[i].sql);

		if (got != rows[i].want)
			fail_msg("%s: got %lld, wanted %lld", rows[i].sql, got, rows[i].want);
	}
	store_close(s);
}

/* The order of the database is that of the plan. */
static void order(void **state)
{
	const struct plan_options o = { .seed = 12, .boots = 7 };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct store_boot_row *rows;
	long long id = 0;
	struct plan p;
	size_t n;

	make("x", &o, &p);
	if (p.norder != 42) { /* 2 targets, 7 blocks of 3 arms */
		fail_msg("a plan of %zu boots instead of 42", p.norder);
		return;
	}
	ok(f, run_plan_store(s, &p, "", &id, &f->e));
	ok(f, store_boots(s, id, "planned", &rows, &n, &f->e));
	assert_int_equal(n, 42);
	for (size_t i = 0; i < n; i++) {
		const struct plan_arm *a = &p.arms[p.order[i].arm];

		assert_string_equal(rows[i].target, a->target->name);
		assert_string_equal(rows[i].variant, a->name);
		assert_int_equal(rows[i].block, p.order[i].block);
		assert_int_equal(rows[i].position, p.order[i].position);
	}
	store_boots_free(rows, n);
	plan_release(&p);
	store_close(s);
}

/* The fake target has no kernel, and a command line all the same. */
static void kernels_of_a_plan(void **state)
{
	const struct plan_options o = { .seed = 1 };
	struct fixture *f = *state;
	struct store *s = must_open(f, false);
	struct session session;
	long long id = 0;
	struct plan p;

	make("x", &o, &p);
	ok(f, session_init(&session, &p, NULL, &f->e));
	ok(f, run_plan_store(s, &p, "", &id, &f->e));
	/* a resumed run says it again */
	for (int i = 0; i < 2; i++) {
		ok(f, run_plan_store_kernels(s, id, &session, &f->e));
		assert_int_equal(ask(f, s, "SELECT count(*) FROM kernel WHERE key = 'fake'"), 1);
		assert_int_equal(ask(f, s, "SELECT count(*) FROM kernel"), 1);
		assert_int_equal(ask(f, s,
				     "SELECT count(*) FROM run_variant WHERE kernel_id = 1 AND "
				     "cmdline = 'panic=-1 loglevel=5'"),
				 4);
		assert_int_equal(ask(f, s,
				     "SELECT count(*) FROM run_variant WHERE variant = 'b' AND "
				     "cmdline = 'panic=-1 loglevel=5 b'"),
				 2);
	}
	session_release(&session);
	plan_release(&p);
	store_close(s);
}

/* The text of --dry-run for a suite that is written to suites/p.yaml. */
static char *shown(const char *suite, const struct plan_options *o)
{
	struct str out = STR_INIT;
	struct err e = ERR_INIT;
	struct session session;
	struct plan p;

	config_folder_write(folder, "suites/p.yaml", suite);
	make("p", o, &p);
	if (session_init(&session, &p, NULL, &e) || run_plan_print(&p, &session, &out, &e))
		fail_msg("%s: %s", suite, e.msg);
	session_release(&session);
	plan_release(&p);
	return str_detach(&out);
}

/* One arm has one order, whatever the seed. */
static void whole_text(void **state)
{
	const struct plan_options o = { .seed = 5 };
	cleanup_free char *got = shown("description: what for\nvariants: base\ntargets: [f, g]\n"
				       "boots: 2\nmargin: 0.5\nworkloads: [none: {rounds: 2, "
				       "warmup: 0, timeout: 10}]\n",
				       &o);

	(void)state;
	assert_string_equal(got,
			    "suite p: what for\n"
			    "seed 5, 2 blocks per target, baseline base, margin 0.5 %\n"
			    "\n"
			    "workloads:\n"
			    "  none (2 rounds, 0 warm-up, at most 10 s)\n"
			    "\n"
			    "boots:\n"
			    "  f block 0: base\n"
			    "  f block 1: base\n"
			    "  g block 0: base\n"
			    "  g block 1: base\n"
			    "\n"
			    "boot base on f:\n"
			    "  fake base\n"
			    "\n"
			    "boot base on g:\n"
			    "  fake base\n"
			    "\n"
			    "RUN is a temporary folder of the run.\n"
			    "estimate: 4 boots, about 0 min 20 s in all, one boot at a time\n");
}

/* A boot is taken for 5 s; the kernels of the fake target take nothing. */
static void parts_of_the_text(void **state)
{
#define PLAIN "variants: [base, b]\ntargets: f\nworkloads: [none]\n"
	static const struct {
		const char *name, *suite, *want;
		int boots;
	} rows[] = {
		{ "one boot", "variants: base\ntargets: f\nworkloads: [none]\n",
		  "estimate: 1 boot, about 0 min 5 s in all", 1 },
		{ "six", PLAIN, "estimate: 6 boots, about 0 min 30 s in all", 3 },
		{ "a minute", PLAIN, "estimate: 12 boots, about 1 min 0 s in all", 6 },
		{ "nearly an hour", PLAIN, "estimate: 718 boots, about 59 min 50 s in all", 359 },
		{ "an hour", PLAIN, "estimate: 720 boots, about 1 h 0 min in all", 360 },
		{ "days", PLAIN, "estimate: 20000 boots, about 27 h 46 min in all", 10000 },
		{ "no description", PLAIN, "suite p\nseed 7, 1 blocks", 1 },
		{ "a collector without parameters", PLAIN "collectors: [quiet]\n",
		  "\ncollectors:\n  quiet, in every boot\n", 1 },
		{ "one with parameters, together", PLAIN "collectors: [probe]\n",
		  "\ncollectors:\n  probe depth=3 events=a b deep=false, in every boot\n", 1 },
		{ "apart", PLAIN "collectors: [quiet, probe: {depth: 4}]\nobserve: apart\n",
		  "\ncollectors:\n  quiet, in every boot\n"
		  "  probe depth=4 events=a b deep=false, in boots of VARIANT-observed\n",
		  1 },
		{ "the boots of that", PLAIN "collectors: [probe]\nobserve: apart\n",
		  "\nboot b-observed on f:\n  fake b-observed\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct plan_options o = { .seed = 7, .boots = rows[i].boots };
		cleanup_free char *got = shown(rows[i].suite, &o);

		config_folder_contains(folder, rows[i].name, rows[i].suite, got, rows[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(boots_of_a_plan),
		TEST(order),
		TEST(kernels_of_a_plan),
		cmocka_unit_test(whole_text),
		cmocka_unit_test(parts_of_the_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
