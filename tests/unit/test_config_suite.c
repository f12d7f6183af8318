// SPDX-License-Identifier: GPL-2.0
/* Suites: the names they refer to, workloads, parameters, sweeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"

PROBE_COLLECTORS

#define REST "targets: t\nworkloads: [none]\n"
#define HEAD "variants: base\ntargets: t\n"
#define KMALLOC HEAD "workloads:\n  - kmalloc_bench:\n"

static char *load_x(struct config_folder *w, const char *input)
{
	cleanup_str struct str dump = STR_INIT;
	struct err e = ERR_INIT;
	const struct suite *s;

	config_folder_write(w, "variants/b.yaml", "source: s\n");
	config_folder_write(w, "variants/base-twin.yaml", "source: s\n");
	config_folder_write(w, "variants/base-observed.yaml", "source: s\n");
	config_folder_write(w, "variants/broken.yaml", "source: s\narchs: vax\n");
	config_folder_write(w, "mine/own.yaml", "source: s\n");
	config_folder_write(w, "mine/suite.yaml",
			    "variants: base\ntargets: f\nworkloads: [none]\n");
	config_folder_write(w, "suites/bad.yaml", "variants: base\ntargets: f\nboots: 0\n");
	config_folder_write(w, "suites/several.yaml", "suites: good\n");
	config_folder_write(w, "suites/round.yaml", "suites: [good, x]\n");
	config_folder_write(w, "suites/x.yaml", input);
	config_folder_reload(w);
	s = config_suite(w->config, "x", &e);
	if (!s) {
		assert_int_equal(e.kind, ERR_USAGE);
		return config_folder_short(w, e.msg);
	}
	config_folder_dump("suites", s, &dump);
	return config_folder_short(w, dump.buf);
}

static void values(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "defaults", "variants: [base, b]\n" REST,
		  "variants=base,b\nbaseline=base\ntargets=t\ntwins=0\nboots=5\nmargin=0.01\n"
		  "workload=none rounds=5 warmup=1 timeout=60\n" },
		{ "description", "description: \"<b>&| %d\"\nvariants: base\n" REST,
		  "description=<b>&| %d\n" },
		{ "baseline", "variants: [base, b]\nbaseline: b\n" REST, "baseline=b\n" },
		{ "twins", "variants: base\ntwins: true\n" REST, "twins=1\n" },
		{ "twins: yes", "variants: base\ntwins: yes\n" REST, "twins=1\n" },
		{ "twins: off", "variants: base\ntwins: off\n" REST, "twins=0\n" },
		{ "a variant called like a twin", "variants: [base, base-twin]\n" REST,
		  "variants=base,base-twin\n" },
		{ "a twin of another", "variants: [b, base-twin]\ntwins: true\n" REST,
		  "baseline=b\n" },
		{ "suites", "description: all\nsuites: [good, ../mine/suite.yaml]\n",
		  "suites=good,suite\nvariants=\n" },
		{ "one suite", "suites: good\n", "suites=good\n" },
		{ "boots", "variants: base\nboots: 10000\n" REST, "boots=10000\n" },
		{ "margin", "variants: base\nmargin: 2.5\n" REST, "margin=0.025\n" },
		{ "margin in %", "variants: base\nmargin: 50 %\n" REST, "margin=0.5\n" },
		{ "no margin", "variants: base\nmargin: 0\n" REST, "margin=0\n" },
		{ "targets", "variants: base\ntargets: [f, t]\nworkloads: [none]\n",
		  "targets=f,t\n" },
		{ "a variant by path, beside the file", "variants: [base, ../mine/own.yaml]\n" REST,
		  "variants=base,own\n" },
		{ "a workload with an empty map", HEAD "workloads: [none: ]\n",
		  "workload=none rounds=5" },
		{ "what every workload takes",
		  KMALLOC "      rounds: 7\n      warmup: 0\n      timeout: 30\n",
		  "workload=kmalloc_bench rounds=7 warmup=0 timeout=30\n" },
		{ "a parameter", KMALLOC "      size: 128\n",
		  "workload=kmalloc_bench size=128 rounds=5 warmup=1 timeout=60\nparam=0 size=128\n"
		  "param=0 batch=128\n" },
		{ "defaults of parameters", KMALLOC "      rounds: 1\n", "param=0 size=64\n" },
		{ "an enum", KMALLOC "      order: fifo\n", "param=0 order=fifo\n" },
		{ "a boolean", KMALLOC "      account: true\n", "param=0 account=true\n" },
		{ "the label keeps one order", KMALLOC "      order: fifo\n      size: 8\n",
		  "workload=kmalloc_bench size=8 order=fifo rounds" },
		{ "a sweep", KMALLOC "      size: [8, 16]\n      rounds: 2\n",
		  "workload=kmalloc_bench size=16 rounds=2 " },
		{ "collectors at their defaults",
		  "variants: base\n" REST "collectors: [quiet, probe]\n",
		  "observe=0\ncollector=quiet\ncollector=probe depth='3' events='a b' deep='false'\n" },
		{ "a collector with parameters",
		  "variants: base\n" REST
		  "collectors: [probe: {deep: true, events: c, depth: 9}]\n",
		  "collector=probe depth='9' events='c' deep='true'\n" },
		{ "a collector with an empty map",
		  "variants: base\n" REST "collectors: [probe: ]\n", "collector=probe depth='3' " },
		{ "collectors apart",
		  "variants: base\nobserve: apart\n" REST "collectors: [quiet, probe]\n",
		  "observe=1\n" },
		{ "a variant called like an observed one",
		  "variants: [base, base-observed]\n" REST "collectors: [probe]\n",
		  "variants=base,base-observed\n" },
		{ "a sweep over two", KMALLOC "      size: [8, 16]\n      order: [lifo, fifo]\n",
		  "workload=kmalloc_bench size=16 order=fifo rounds" },
	};

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *got = load_x(*state, rows[i].input);

		config_folder_contains(*state, rows[i].name, rows[i].input, got, rows[i].want);
	}
}

struct row {
	const char *name, *input, *want;
};

/* Each suite is refused with these words. */
static void all_say(struct config_folder *w, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *got = load_x(w, rows[i].input);

		config_folder_equal(w, rows[i].name, rows[i].input, got, rows[i].want);
	}
}

static void errors_of_suites(void **state)
{
	static const struct row rows[] = {
		{ "no suites", "suites: []\n", "suites/x.yaml:1:1: 'suites' is empty" },
		{ "suites and more", "suites: good\n" HEAD,
		  "suites/x.yaml:2:1: 'variants' cannot stand beside 'suites': each of those has its own" },
		{ "suites after more", "boots: 3\ndescription: d\nsuites: [good]\n",
		  "suites/x.yaml:1:1: 'boots' cannot stand beside 'suites': each of those has its own" },
		{ "an unknown suite", "suites: [good, godo]\n",
		  "suites/x.yaml:1:16: 'godo' is not a suite; there are: bad, good, round, several, x" },
		{ "a suite twice", "suites: [good, good]\n",
		  "suites/x.yaml:1:16: 'good' stands twice" },
		{ "suites of suites", "suites:\n  - good\n  - several\n",
		  "suites/x.yaml:3:5: 'several' is made of suites itself: name those" },
		{ "a suite of itself", "suites: [good, x]\n",
		  "suites/x.yaml:1:16: 'suites' goes round in a circle: x → x" },
		{ "a circle of suites", "suites: round\n",
		  "suites/round.yaml:1:16: 'suites' goes round in a circle: x → round → x" },
		{ "an error in one of the suites", "suites: [good, bad]\n",
		  "suites/bad.yaml:3:8: '0' for 'boots': expected a whole number from 1 to 10000" },
	};

	all_say(*state, rows, NROWS(rows));
}

static void errors(void **state)
{
	static const struct row rows[] = {
		{ "no variants", REST, "suites/x.yaml:1:1: a suite needs the key 'variants'" },
		{ "no targets", "variants: base\nworkloads: [none]\n",
		  "suites/x.yaml:1:1: a suite needs the key 'targets'" },
		{ "no workloads", HEAD, "suites/x.yaml:1:1: a suite needs the key 'workloads'" },
		{ "empty variants", "variants: []\n" REST,
		  "suites/x.yaml:1:1: 'variants' is empty" },
		{ "variants of maps", "variants: [{a: b}]\n" REST,
		  "suites/x.yaml:1:13: 'variants': expected a name or a list of names" },
		{ "an unknown variant", "variants: [base, c]\n" REST,
		  "suites/x.yaml:1:18: 'c' is not a variant; there are: b, base, base-observed, base-twin, broken" },
		{ "a variant twice", "variants: [base, base]\n" REST,
		  "suites/x.yaml:1:18: 'base' stands twice" },
		{ "a variant twice, once by path", "variants: [base, ../variants/base.yaml]\n" REST,
		  "suites/x.yaml:1:18: '../variants/base.yaml' stands twice" },
		{ "a missing path", "variants: ../mine/none.yaml\n" REST,
		  "suites/x.yaml:1:11: there is no file 'suites/../mine/none.yaml'" },
		{ "an error in a variant", "variants: [base, broken]\n" REST,
		  "variants/broken.yaml:2:8: unknown architecture 'vax'; expected one of x86_64, aarch64, "
		  "s390x" },
		{ "an unknown target", "variants: base\ntargets: base\nworkloads: [none]\n",
		  "suites/x.yaml:2:10: 'base' is not a target; there are: f, t" },
		{ "a target twice", "variants: base\ntargets: [t, t]\nworkloads: [none]\n",
		  "suites/x.yaml:2:14: 't' stands twice" },
		{ "a baseline of another suite", "variants: base\nbaseline: b\n" REST,
		  "suites/x.yaml:2:11: baseline 'b' is not one of this suite's variants" },
		{ "a twin that is a variant", "variants: [base, base-twin]\ntwins: true\n" REST,
		  "suites/x.yaml:2:8: the twin of 'base' would be called 'base-twin', which is a variant "
		  "of this suite" },
		{ "a canary that nobody takes",
		  "variants: base\ncanary: 1\ntargets: t\nworkloads: [none]\n",
		  "suites/x.yaml:2:1: none of this suite's workloads has a parameter 'canary'" },
		{ "a canary that is too large", "variants: base\ncanary: 17\n" REST,
		  "suites/x.yaml:2:9: '17' for 'canary': expected a whole number from 0 to 16" },
		{ "twins", "variants: base\ntwins: 1\n" REST,
		  "suites/x.yaml:2:8: '1' for 'twins': expected true or false" },
		{ "boots", "variants: base\nboots: 0\n" REST,
		  "suites/x.yaml:2:8: '0' for 'boots': expected a whole number from 1 to 10000" },
		{ "margin", "variants: base\nmargin: 51\n" REST,
		  "suites/x.yaml:2:9: '51' for 'margin': expected a number from 0 to 50 % (or with a unit: "
		  "%)" },
		{ "extends", "extends: good\n",
		  "suites/x.yaml:1:1: unknown key 'extends' in a suite; it takes: description, suites, "
		  "variants, baseline, twins, canary, targets, boots, margin, workloads, collectors, observe, "
		  "phases" },
		{ "a misspelled key", "variant: base\n" REST,
		  "suites/x.yaml:1:1: unknown key 'variant' in a suite; did you mean 'variants'?" },
		{ "workloads as one name", HEAD "workloads: none\n",
		  "suites/x.yaml:3:12: 'workloads': expected a list of workloads" },
		{ "no workload", HEAD "workloads: []\n",
		  "suites/x.yaml:3:1: 'workloads': expected a list of workloads" },
		{ "two in one map", HEAD "workloads: [{none: {}, kmalloc_bench: {}}]\n",
		  "suites/x.yaml:3:14: expected the name of a workload, or one name with a map of "
		  "parameters" },
		{ "parameters as a list", HEAD "workloads: [none: [a]]\n",
		  "suites/x.yaml:3:13: expected the name of a workload, or one name with a map of "
		  "parameters" },
		{ "a workload twice", HEAD "workloads: [none, none]\n",
		  "suites/x.yaml:3:19: workload 'none' stands twice" },
		{ "the same in other words",
		  HEAD "workloads: [kmalloc_bench, kmalloc_bench: {size: 64}]\n",
		  "suites/x.yaml:3:28: workload 'kmalloc_bench size=64' is the same as 'kmalloc_bench'" },
		{ "the same in a sweep", KMALLOC "      size: [8, 16, 8]\n",
		  "suites/x.yaml:4:5: workload 'kmalloc_bench size=8' stands twice" },
		{ "an unknown parameter", HEAD "workloads: [none: {size: 1}]\n",
		  "suites/x.yaml:3:20: workload 'none' has no parameter 'size'; it takes: rounds, warmup, "
		  "timeout" },
		{ "a size of 0", KMALLOC "      size: 0\n",
		  "suites/x.yaml:5:13: '0' is no value for 'size': expected 1 to 4194304 bytes" },
		{ "octal for a kernel", KMALLOC "      size: 010\n",
		  "suites/x.yaml:5:13: '010' is no value for 'size': expected 1 to 4194304 bytes" },
		{ "hexadecimal", KMALLOC "      size: 0x10\n",
		  "suites/x.yaml:5:13: '0x10' is no value for 'size': expected 1 to 4194304 bytes" },
		{ "a bad value inside a sweep", KMALLOC "      size: [8, x]\n",
		  "suites/x.yaml:5:17: 'x' is no value for 'size': expected 1 to 4194304 bytes" },
		{ "an unknown choice", KMALLOC "      order: up\n",
		  "suites/x.yaml:5:14: 'up' is no value for 'order': expected one of lifo, fifo, random, "
		  "mixed" },
		{ "a boolean", KMALLOC "      account: 1\n",
		  "suites/x.yaml:5:16: '1' is no value for 'account': expected one of true, false" },
		{ "an empty sweep", KMALLOC "      size: []\n",
		  "suites/x.yaml:5:7: 'size': expected 1 value or more" },
		{ "a map as a value", KMALLOC "      size: {a: 1}\n",
		  "suites/x.yaml:5:14: 'size': expected one value or a list of values" },
		{ "a sweep of rounds", KMALLOC "      rounds: [1, 2]\n",
		  "suites/x.yaml:5:16: 'rounds': expected one number" },
		{ "rounds", KMALLOC "      rounds: 0\n",
		  "suites/x.yaml:5:15: '0' is no value for 'rounds': expected 1 to 100000 rounds" },
		{ "timeout", KMALLOC "      timeout: 86401\n",
		  "suites/x.yaml:5:16: '86401' is no value for 'timeout': expected 1 to 86400 s" },
	};

	all_say(*state, rows, NROWS(rows));
}

static void collector_errors(void **state)
{
	static const struct row rows[] = {
		{ "collectors as one name", "variants: base\n" REST "collectors: quiet\n",
		  "suites/x.yaml:4:13: 'collectors': expected a list of collectors" },
		{ "no collector", "variants: base\n" REST "collectors: []\n",
		  "suites/x.yaml:4:1: 'collectors': expected a list of collectors" },
		{ "a collector as a list", "variants: base\n" REST "collectors: [[quiet]]\n",
		  "suites/x.yaml:4:15: expected the name of a collector, or one name with a map of "
		  "parameters" },
		{ "an unknown collector", "variants: base\n" REST "collectors: [quiet, loud]\n",
		  "suites/x.yaml:4:21: unknown collector 'loud'; there are: probe, quiet" },
		{ "a collector of elsewhere", "variants: base\n" REST "collectors: [outside]\n",
		  "suites/x.yaml:4:14: collector 'outside' does not stand in a suite; it is had by: "
		  "key `plugin` of a target" },
		{ "a collector twice",
		  "variants: base\n" REST "collectors: [probe, probe: {depth: 2}]\n",
		  "suites/x.yaml:4:21: collector 'probe' stands twice" },
		{ "an unknown parameter of a collector",
		  "variants: base\n" REST "collectors: [probe: {width: 1}]\n",
		  "suites/x.yaml:4:22: collector 'probe' has no parameter 'width'; it takes: depth, "
		  "events, deep" },
		{ "a parameter of a collector without any",
		  "variants: base\n" REST "collectors: [quiet: {rounds: 1}]\n",
		  "suites/x.yaml:4:22: collector 'quiet' has no parameter 'rounds'; it takes: none" },
		{ "a sweep over a collector",
		  "variants: base\n" REST "collectors: [probe: {depth: [1, 2]}]\n",
		  "suites/x.yaml:4:30: 'depth': expected one value" },
		{ "a parameter of a collector out of range",
		  "variants: base\n" REST "collectors: [probe: {depth: 10}]\n",
		  "suites/x.yaml:4:29: '10' is no value for 'depth': expected 1 to 9 levels" },
		{ "an unknown way to observe",
		  "variants: base\nobserve: closely\n" REST "collectors: [probe]\n",
		  "suites/x.yaml:2:10: 'closely' for 'observe': expected one of together, apart" },
		{ "phases of another kind", "variants: base\nphases: full\n" REST,
		  "suites/x.yaml:2:9: 'full' for 'phases': expected one of fixed, random" },
		{ "nothing to observe apart",
		  "variants: base\nobserve: apart\n" REST "collectors: [quiet]\n",
		  "suites/x.yaml:2:1: none of this suite's collectors disturbs what it measures: there is "
		  "nothing to observe apart" },
		{ "apart from a variant that is called so",
		  "variants: [base, base-observed]\nobserve: apart\n" REST "collectors: [probe]\n",
		  "suites/x.yaml:2:10: 'base' observed would be called 'base-observed', which is a variant "
		  "of this suite" },
	};

	all_say(*state, rows, NROWS(rows));
}

static void unknown_workload(void **state)
{
	cleanup_free char *got = load_x(*state, HEAD "workloads:\n  - none\n  - nothing\n");

	config_folder_contains(*state, "an unknown workload", "nothing", got,
			       "suites/x.yaml:5:5: unknown workload 'nothing'; there are: ");
}

static void add_numbers(struct str *out, const char *key, int from, int n)
{
	str_addf(out, "      %s: [%d", key, from);
	for (int i = 1; i < n; i++)
		str_addf(out, ", %d", from + i);
	str_add(out, "]\n");
}

/* 32 × 32 is the most a suite may hold. */
static void many(void **state)
{
	static const struct {
		const char *name;
		int sizes, batches;
		bool more;
		size_t want; /* 0: refused */
	} rows[] = {
		{ "the most", 32, 32, false, 1024 },
		{ "one too many", 32, 32, true, 0 },
		{ "a sweep too large", 32, 33, false, 0 },
		{ "a list too large", 1025, 1, false, 0 },
	};
	struct config_folder *w = *state;

	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str text = STR_INIT;
		struct err e = ERR_INIT;
		const struct suite *s;

		str_add(&text, KMALLOC);
		add_numbers(&text, "size", 1, rows[i].sizes);
		add_numbers(&text, "batch", 1, rows[i].batches);
		if (rows[i].more)
			str_add(&text, "  - none\n");
		config_folder_write(w, "suites/x.yaml", text.buf);
		config_folder_reload(w);
		s = config_suite(w->config, "x", &e);
		if (rows[i].want)
			assert_int_equal(s ? s->nworkloads : 0, rows[i].want);
		else
			config_folder_contains(w, rows[i].name, "size: […]", s ? "loaded" : e.msg,
					       "more than 1024 workloads, sweeps counted out");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(values),           config_folder_test(errors),
		config_folder_test(errors_of_suites), config_folder_test(collector_errors),
		config_folder_test(unknown_workload), config_folder_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
