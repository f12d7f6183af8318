// SPDX-License-Identifier: GPL-2.0
/* Plans: every arm once per block, balanced and repeatable; what --only takes; what a plan's text holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/plan.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"

PROBE_COLLECTORS

#define SUITE                                                                                      \
	"variants: [base, b, c]\ntargets: [t, f]\nboots: 8\n"                                      \
	"workloads: [none, kmalloc_bench: {size: [64, 128], timeout: 10}]\n"

static void write_all(struct config_folder *w, const char *suite)
{
	config_folder_write(w, "variants/b.yaml", "source: s\ncmdline: b\n");
	config_folder_write(w, "variants/c.yaml", "source: s\npatches: one\n");
	config_folder_write(w, "kconfig/s390x.config", "CONFIG_X=y\n");
	config_folder_write(w, "suites/x.yaml", suite);
}

static int make(struct config_folder *w, const struct plan_options *o, struct plan *p,
		struct err *e)
{
	const struct suite *s;

	config_folder_reload(w);
	s = config_suite(w->config, "x", e);
	if (!s)
		memset(p, 0, sizeof(*p));
	return s ? plan_make(w->config, s, o, p, e) : -1;
}

/* "t:base t:b …|0 2 1…": the arms, then the order, or the error. */
static char *describe(struct config_folder *w, const struct plan_options *o)
{
	struct err e = ERR_INIT;
	struct str out = STR_INIT;
	struct plan p;

	if (make(w, o, &p, &e)) {
		assert_int_equal(e.kind, ERR_USAGE);
		str_add(&out, e.msg);
	}
	for (size_t i = 0; !e.kind && i < p.narms; i++)
		str_addf(&out, "%s:%s ", p.arms[i].target->name, p.arms[i].name);
	str_add(&out, "|");
	for (size_t i = 0; !e.kind && i < p.nworkloads; i++)
		str_addf(&out, " %s", p.suite->workloads[p.workloads[i]].label);
	plan_release(&p);
	return str_detach(&out);
}

static void only(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "everything", "",
		  "t:base t:b t:c f:base f:b f:c | none kmalloc_bench size=64 "
		  "kmalloc_bench size=128" },
		{ "a target", "target=f",
		  "f:base f:b f:c | none kmalloc_bench size=64 kmalloc_bench "
		  "size=128" },
		{ "a variant, and the baseline", "target=t,variant=c",
		  "t:base t:c | none kmalloc_bench size=64 kmalloc_bench size=128" },
		{ "the baseline alone", "target=t,variant=base",
		  "t:base | none kmalloc_bench size=64 kmalloc_bench size=128" },
		{ "two variants", "target=t,variant=c,variant=b",
		  "t:base t:b t:c | none kmalloc_bench size=64 kmalloc_bench size=128" },
		{ "a workload by name", "target=t,variant=b,workload=kmalloc_bench",
		  "t:base t:b | kmalloc_bench size=64 kmalloc_bench size=128" },
		{ "a workload by label", "target=t,variant=b,workload=kmalloc_bench size=128",
		  "t:base t:b | kmalloc_bench size=128" },
		{ "an unknown variant", "variant=d", "suite 'x' has no variant 'd'|" },
		{ "an unknown target", "target=base", "suite 'x' has no target 'base'|" },
		{ "an unknown workload", "workload=kmalloc",
		  "suite 'x' has no workload 'kmalloc'|" },
		{ "a twin where none is", "variant=base-twin",
		  "suite 'x' has no variant 'base-twin'|" },
		{ "a good and a bad one", "variant=b,variant=d", "suite 'x' has no variant 'd'|" },
		{ "no kind", "base",
		  "'--only base': expected variant=NAME, target=NAME or workload=NAME|" },
		{ "an unknown kind", "arch=s390x",
		  "'--only arch=s390x': expected variant=NAME, target=NAME or workload=NAME|" },
		{ "no name", "variant=",
		  "'--only variant=': expected variant=NAME, target=NAME or workload=NAME|" },
	};
	struct config_folder *w = *state;

	write_all(w, SUITE);
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct plan_options o = { .seed = 1 };
		cleanup_free char *got = NULL;

		strv_split(&o.only, rows[i].input, ",");
		got = describe(w, &o);
		config_folder_equal(w, rows[i].name, rows[i].input, got, rows[i].want);
		strv_release(&o.only);
	}
}

static void twins(void **state)
{
	static const struct {
		const char *name, *only, *want;
	} rows[] = {
		{ "a twin per target", "", "t:base t:b t:base-twin f:base f:b f:base-twin | none" },
		{ "not asked for", "target=t,variant=b", "t:base t:b | none" },
		{ "asked for", "target=t,variant=base-twin", "t:base t:base-twin | none" },
	};
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	struct err e = ERR_INIT;
	struct plan p;

	write_all(w, "variants: [base, b]\ntargets: [t, f]\ntwins: true\nworkloads: [none]\n");
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct plan_options some = { .seed = 1 };
		cleanup_free char *got = NULL;

		strv_split(&some.only, rows[i].only, ",");
		got = describe(w, &some);
		config_folder_equal(w, rows[i].name, rows[i].only, got, rows[i].want);
		strv_release(&some.only);
	}
	if (make(w, &o, &p, &e) || p.narms < 3) {
		fail_msg("no plan with three arms: %s", e.msg);
		return;
	}
	assert_null(p.arms[0].twin_of);
	assert_string_equal(p.arms[2].twin_of, "base");
	assert_ptr_equal(p.arms[2].variant, p.arms[0].variant);
	plan_release(&p);
}

static void canary(void **state)
{
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	struct err e = ERR_INIT;
	struct plan p;

	write_all(w, "variants: [base, b]\ntargets: t\ntwins: true\ncanary: 3\n"
		     "workloads: [kmalloc_bench]\n");
	if (make(w, &o, &p, &e) || p.narms != 4) {
		fail_msg("no plan with four arms: %s", e.msg);
		return;
	}
	assert_string_equal(p.arms[3].name, "base-canary");
	assert_string_equal(p.arms[3].twin_of, "base");
	assert_ptr_equal(p.arms[3].variant, p.arms[0].variant);
	assert_int_equal(p.arms[3].canary, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(p.arms[i].canary, 0);
	plan_release(&p);
}

/* Each variant with its observed arm, compared with that of the baseline; twin and canary check plain boots. */
static void observed(void **state)
{
	static const struct {
		const char *name, *against; /* NULL: it is what others are compared with */
		bool disturbed;
	} want[] = {
		{ "base", NULL, false },        { "base-observed", NULL, true },
		{ "b", "base", false },         { "b-observed", "base-observed", true },
		{ "base-twin", "base", false }, { "base-canary", "base", false },
	};
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	struct err e = ERR_INIT;
	struct plan p;

	write_all(w, "variants: [base, b]\ntargets: t\ntwins: true\ncanary: 1\nobserve: apart\n"
		     "workloads: [kmalloc_bench]\ncollectors: [quiet, probe]\n");
	if (make(w, &o, &p, &e) || p.narms != NROWS(want)) {
		fail_msg("no plan with six arms: %s", e.msg);
		return;
	}
	for (size_t i = 0; i < NROWS(want); i++) {
		const struct plan_arm *a = &p.arms[i];

		assert_string_equal(a->name, want[i].name);
		assert_string_equal(a->against ? a->against : "-",
				    want[i].against ? want[i].against : "-");
		assert_true(plan_arm_collects(a, &collector_quiet));
		assert_int_equal(plan_arm_collects(a, &collector_probe), want[i].disturbed);
		assert_ptr_equal(a->variant, p.arms[i == 2 || i == 3 ? 2 : 0].variant);
	}
	assert_null(p.arms[1].twin_of);
	plan_release(&p);
}

/* Together, all take part in everything, and nothing is added. */
static void observed_together(void **state)
{
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	struct err e = ERR_INIT;
	struct plan p;

	write_all(w, "variants: [base, b]\ntargets: t\ntwins: true\n"
		     "workloads: [none]\ncollectors: [quiet, probe]\n");
	if (make(w, &o, &p, &e) || p.narms != 3) {
		fail_msg("no plan with three arms: %s", e.msg);
		return;
	}
	for (size_t i = 0; i < p.narms; i++)
		assert_true(plan_arm_collects(&p.arms[i], &collector_probe));
	plan_release(&p);
}

/* Every arm once per block, in the positions 0…k-1; over k blocks once in each position. */
static void check_balance(const struct plan *p, size_t first, size_t k)
{
	int *at = xcalloc(p->narms * k, sizeof(*at));

	assert_int_equal(p->norder, p->narms * (size_t)p->boots);
	for (size_t i = 0; i < p->norder; i++) {
		const struct plan_boot *b = &p->order[i];

		if (b->arm < first || b->arm >= first + k)
			continue;
		assert_in_range(b->position, 0, k - 1);
		assert_in_range(b->block, 0, p->boots - 1);
		/* target by target, block by block, in position order */
		assert_int_equal(i, first * (size_t)p->boots + (size_t)b->block * k +
					    (size_t)b->position);
		at[b->arm * k + (size_t)b->position]++;
		if ((size_t)(b->block + 1) % k || (size_t)b->position + 1 < k)
			continue;
		/* a Latin square has ended */
		for (size_t arm = first; arm < first + k; arm++)
			for (size_t pos = 0; pos < k; pos++)
				assert_int_equal(at[arm * k + pos], (b->block + 1) / (int)k);
	}
	free(at);
}

static void balance(void **state)
{
	struct config_folder *w = *state;

	write_all(w, SUITE);
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct plan_options o = { .seed = seed, .boots = seed % 2 ? 9 : 7 };
		struct err e = ERR_INIT;
		struct plan p;

		assert_int_equal(make(w, &o, &p, &e), 0);
		assert_int_equal(p.boots, o.boots);
		assert_int_equal(p.narms, 6);
		/* the sum of the workloads' timeouts: 60 by default, and twice 10 */
		assert_int_equal(p.run_timeout, 80);
		check_balance(&p, 0, 3);
		check_balance(&p, 3, 3);
		plan_release(&p);
	}
}

static bool same_order(const struct plan *a, const struct plan *b)
{
	return a->norder == b->norder && !memcmp(a->order, b->order, a->norder * sizeof(*a->order));
}

static void seeds(void **state)
{
	struct config_folder *w = *state;
	const struct suite *s;
	struct err e = ERR_INIT;
	int equal = 0;

	write_all(w, SUITE);
	s = config_suite(w->config, "x", &e);
	assert_non_null(s);
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct plan_options one = { .seed = seed }, next = { .seed = seed + 1 };
		struct plan a, b, c;

		assert_int_equal(plan_make(w->config, s, &one, &a, &e), 0);
		assert_int_equal(plan_make(w->config, s, &one, &b, &e), 0);
		assert_int_equal(plan_make(w->config, s, &next, &c, &e), 0);
		assert_int_equal(a.boots, 8);
		assert_true(same_order(&a, &b));
		equal += same_order(&a, &c);
		plan_release(&a);
		plan_release(&b);
		plan_release(&c);
	}
	assert_int_equal(equal, 0);
}

/* Phases of all boots, an element each. */
static void phases_of(struct config_folder *w, uint64_t seed, struct strv *each)
{
	struct plan_options o = { .seed = seed };
	struct err e = ERR_INIT;
	struct plan p;

	if (make(w, &o, &p, &e))
		fail_msg("no plan: %s", e.msg);
	for (int block = 0; block < p.boots; block++)
		for (size_t arm = 0; arm < p.narms; arm++)
			strv_pushf(each, "%u", plan_phase(&p, arm, block));
	plan_release(&p);
	assert_true(each->n > 8);
}

static bool same_texts(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strv_has(b, a->v[i]))
			return false;
	return a->n == b->n;
}

/* A number of its own for every boot, the same again for the same seed. */
static void phases(void **state)
{
	cleanup_strv struct strv one = STRV_INIT, again = STRV_INIT, other = STRV_INIT;
	cleanup_strv struct strv fixed = STRV_INIT, distinct = STRV_INIT;
	struct config_folder *w = *state;

	write_all(w, SUITE);
	phases_of(w, 1, &fixed);
	config_folder_write(w, "suites/x.yaml", SUITE "phases: random\n");
	phases_of(w, 1, &one);
	phases_of(w, 1, &again);
	phases_of(w, 2, &other);
	assert_true(same_texts(&one, &again));
	assert_false(same_texts(&one, &other));
	assert_false(strv_has(&one, "0"));
	for (size_t i = 0; i < fixed.n; i++)
		assert_string_equal(fixed.v[i], "0");
	for (size_t i = 0; i < one.n; i++)
		if (!strv_has(&distinct, one.v[i]))
			strv_push(&distinct, one.v[i]);
	assert_int_equal(distinct.n, one.n);
}

static void architecture(void **state)
{
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	cleanup_free char *got = NULL;

	write_all(w, SUITE);
	config_folder_write(w, "variants/c.yaml", "source: s\narchs: [x86_64]\n");
	got = describe(w, &o);
	config_folder_equal(w, "a target of another architecture", "archs: [x86_64]", got,
			    "variant 'c' does not support s390x, which target 'f' is|");
}

static char *text_of(struct config_folder *w, const struct plan_options *o)
{
	struct str out = STR_INIT;
	struct err e = ERR_INIT;
	struct plan p;

	if (make(w, o, &p, &e) || plan_text(&p, o, &out, &e))
		fail_msg("no text: %s", e.msg);
	plan_release(&p);
	return str_detach(&out);
}

static void phases_in_text(void **state)
{
	struct plan_options o = { .seed = 1 };
	struct config_folder *w = *state;
	cleanup_free char *fixed = NULL, *random = NULL;

	write_all(w, SUITE);
	fixed = text_of(w, &o);
	config_folder_write(w, "suites/x.yaml", SUITE "phases: random\n");
	random = text_of(w, &o);
	assert_false(plan_text_random_phases(fixed));
	assert_true(plan_text_random_phases(random));
}

/* One input changes at a time, and with it the text. */
static void text_holds_everything(void **state)
{
	static const struct {
		const char *name, *file, *text;
	} rows[] = {
		{ "a fragment's content", "kconfig/common.config", "CONFIG_64BIT=n\n" },
		{ "a patch's content", "patches/one/0001-a.patch", "--- a/y\n+++ b/y\n" },
		{ "one more patch", "patches/one/0002-b.patch", "--- a/y\n+++ b/y\n" },
		{ "the source", "sources/s.yaml", "urls: [http://example.org/linux-7.4.tar.xz]\n" },
		{ "the source's version", "sources/s.yaml",
		  "version: 7.3\nurls: [http://example.org/linux-7.3.tar.xz]\n" },
		{ "a variant's command line", "variants/b.yaml", "source: s\ncmdline: c\n" },
		{ "a variant's options", "variants/b.yaml",
		  "source: s\ncmdline: b\noptions: CONFIG_A=y\n" },
		{ "where a configuration starts", "variants/b.yaml",
		  "source: s\ncmdline: b\nbase_config: defconfig\n" },
		{ "memory", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nmemory: 1G\n" },
		{ "CPUs", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\ncpus: 3\n" },
		{ "machine", "targets/t.yaml", "arch: x86_64\nmachine: pc\nconsole: ttyS0\n" },
		{ "CPU model", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\ncpu: a\n" },
		{ "CPU model under KVM", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\ncpu_kvm: a\n" },
		{ "accelerator", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\naccel: tcg\n" },
		{ "icount", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nicount: 1\n" },
		{ "date", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nrtc: 2000-01-01\n" },
		{ "QEMU's seed", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nseed: 2\n" },
		{ "console", "targets/t.yaml", "arch: x86_64\nmachine: q35\nconsole: ttyS1\n" },
		{ "serial device", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nserial_device: a\n" },
		{ "a target's command line", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\ncmdline: a\n" },
		{ "QEMU's arguments", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nqemu_args: -s\n" },
		{ "the plugin", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nplugin: windows\n" },
		{ "the time to boot", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nboot_timeout: 61\n" },
		{ "the time to end", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\noff_timeout: 21\n" },
		{ "what is a flood", "targets/t.yaml",
		  "arch: x86_64\nmachine: q35\nconsole: ttyS0\nconsole_limit: 64\n" },
		{ "a parameter", "suites/x.yaml",
		  "variants: [base, b, c]\ntargets: [t, f]\nboots: 8\n"
		  "workloads: [none, kmalloc_bench: {size: [64, 129], timeout: 10}]\n" },
		{ "rounds", "suites/x.yaml",
		  "variants: [base, b, c]\ntargets: [t, f]\nboots: 8\n"
		  "workloads: [none, kmalloc_bench: {size: [64, 128], timeout: 10, rounds: 6}]\n" },
		{ "the baseline", "suites/x.yaml", SUITE "baseline: b\n" },
		{ "the margin", "suites/x.yaml", SUITE "margin: 2\n" },
		{ "a twin", "suites/x.yaml", SUITE "twins: true\n" },
		{ "a canary", "suites/x.yaml", SUITE "canary: 2\n" },
		{ "phases", "suites/x.yaml", SUITE "phases: random\n" },
	};

	for (size_t i = 0; i < NROWS(rows); i++) {
		struct plan_options o = { .seed = 1 };
		cleanup_free char *before = NULL, *again = NULL, *after = NULL;
		void *w;

		assert_int_equal(config_folder_setup(&w), 0);
		write_all(w, SUITE);
		before = text_of(w, &o);
		again = text_of(w, &o);
		assert_string_equal(before, again);
		config_folder_write(w, rows[i].file, rows[i].text);
		after = text_of(w, &o);
		if (!strcmp(before, after)) {
			print_error("%s: the plan's text stays the same\n", rows[i].name);
			((struct config_folder *)*state)->failed++;
		}
		config_folder_teardown(&w);
	}
}

static void text_round_trip(void **state)
{
	static const struct {
		const char *name;
		uint64_t seed;
		int boots;
		const char *only;
	} rows[] = {
		{ "plain", 1, 0, "" },
		{ "all of it", 12345678901234567890ULL, 12,
		  "variant=b,target=t,workload=kmalloc_bench size=64" },
		{ "seed 0", 0, 10000, "target=f" },
	};
	struct config_folder *w = *state;

	write_all(w, SUITE);
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct plan_options o = { .seed = rows[i].seed, .boots = rows[i].boots };
		struct plan_options back = { 0 };
		cleanup_free char *text = NULL, *second = NULL;
		struct err e = ERR_INIT;

		strv_split(&o.only, rows[i].only, ",");
		text = text_of(w, &o);
		assert_int_equal(plan_text_options(text, &back, &e), 0);
		assert_true(back.seed == o.seed);
		assert_int_equal(back.boots, o.boots ? o.boots : 8);
		second = text_of(w, &back);
		config_folder_equal(w, rows[i].name, rows[i].only, second, text);
		strv_release(&o.only);
		strv_release(&back.only);
	}
}

static void bad_text(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "nothing", "", "the stored plan is of another version of kdelta" },
		{ "another version", "kdelta-plan 2\nboots 1\n",
		  "the stored plan is of another version of kdelta" },
		{ "no boots", "kdelta-plan 1\nseed 1\n",
		  "the stored plan names no number of boots" },
		{ "boots too late", "kdelta-plan 1\nworkload none\nboots 1\n",
		  "the stored plan names no number of boots" },
		{ "a word for a seed", "kdelta-plan 1\nseed x\n",
		  "the stored plan says 'x' where a number belongs" },
		{ "many boots", "kdelta-plan 1\nboots 1000001\n",
		  "the stored plan says '1000001' where a number belongs" },
		{ "a seed too large", "kdelta-plan 1\nseed 18446744073709551616\n",
		  "the stored plan says '18446744073709551616' where a number belongs" },
	};

	for (size_t i = 0; i < NROWS(rows); i++) {
		struct plan_options o = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(plan_text_options(rows[i].input, &o, &e), -1);
		assert_int_equal(e.kind, ERR_INFRA);
		config_folder_equal(*state, rows[i].name, rows[i].input, e.msg, rows[i].want);
		strv_release(&o.only);
	}
}

/* A line break in a value is no new fact. */
static void text_is_unambiguous(void **state)
{
	struct config_folder *w = *state;
	struct plan_options o = { .seed = 1 };
	cleanup_free char *one = NULL, *two = NULL;

	write_all(w, SUITE);
	config_folder_write(w, "targets/t.yaml",
			    "arch: x86_64\nmachine: q35\nconsole: ttyS0\n"
			    "qemu_args: [\"a\\nqemu_arg b\"]\n");
	one = text_of(w, &o);
	config_folder_write(w, "targets/t.yaml",
			    "arch: x86_64\nmachine: q35\nconsole: ttyS0\nqemu_args: [a, b]\n");
	two = text_of(w, &o);
	assert_string_not_equal(one, two);
}

/* Whatever differs in what is collected differs in the text. */
static void text_of_collectors(void **state)
{
	static const char *const rows[] = {
		SUITE,
		SUITE "collectors: [quiet]\n",
		SUITE "collectors: [probe]\n",
		SUITE "collectors: [quiet, probe]\n",
		SUITE "collectors: [probe, quiet]\n",
		SUITE "collectors: [probe]\nobserve: apart\n",
		SUITE "collectors: [probe: {depth: 4}]\n",
		SUITE "collectors: [probe: {events: a}]\n",
		SUITE "collectors: [probe: {events: a, deep: true}]\n",
		SUITE "collectors: [probe: {events: \"a deep=true\"}]\n",
		SUITE "collectors: [probe: {events: \"a' deep=true\"}]\n",
		SUITE "collectors: [probe: {events: \"a\\\\' deep=true\"}]\n",
	};
	struct config_folder *w = *state;
	cleanup_strv struct strv texts = STRV_INIT;
	struct plan_options o = { .seed = 1 };

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *text = NULL;

		write_all(w, rows[i]);
		text = text_of(w, &o);
		if (strv_has(&texts, text))
			fail_msg("row %zu: the text is that of another row:\n%s", i, text);
		strv_push(&texts, text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(only),
		config_folder_test(twins),
		config_folder_test(canary),
		config_folder_test(observed),
		config_folder_test(observed_together),
		config_folder_test(balance),
		config_folder_test(seeds),
		config_folder_test(phases),
		config_folder_test(phases_in_text),
		config_folder_test(architecture),
		config_folder_test(text_holds_everything),
		config_folder_test(text_round_trip),
		config_folder_test(bad_text),
		config_folder_test(text_is_unambiguous),
		config_folder_test(text_of_collectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
