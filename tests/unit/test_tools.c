// SPDX-License-Identifier: GPL-2.0
/*
 * What is read from programs of the root image. The fixtures were printed by the programs of Debian 12; numbers of
 * them that are wanted here were read from them by eye. What is cut or garbled must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "workloads/cyclictest.h"
#include "workloads/hackbench.h"
#include "workloads/rtla.h"
#include "workloads/stress_ng.h"
#include "workloads/tool.h"

#define FIXTURE(name) "tests/fixtures/tools/" name

static void read_fixture(const char *path, struct str *text)
{
	assert_int_equal(file_read(path, 0, text, NULL), 0);
}

/* --- stress-ng: what is asked for --- */

static const struct {
	const char *name;
	struct stress_ng s;
	int online;
	const char *want;
} argv_rows[] = {
	{ "as it stands",
	  { .stressor = "vm", .instances = 2, .ops = 100, .options = "bytes=128M keep", .scale = 1 },
	  4,
	  "--vm=2 --vm-ops=100 --vm-bytes=128M --vm-keep" },
	{ "one per CPU, and operations that can be shared",
	  { .stressor = "fork", .ops = 10, .options = "", .scale = 1 },
	  4,
	  "--fork=4 --fork-ops=12" },
	{ "the published vm on 4 of 160 CPUs, a hundred-thousandth: each instance has its share",
	  { .stressor = "vm",
	    .instances = 160,
	    .ops = 100000000,
	    .options = "bytes=128M",
	    .for_cpus = 160,
	    .scale = 1e-5 },
	  4,
	  /* 100000000 / 40 / 100000 = 25, of 4 instances: 28; 134217728 / 40 = 3355443 = 819.2 pages */
	  "--vm=4 --vm-ops=28 --vm-bytes=3354624" },
	{ "never less than one",
	  { .stressor = "fork",
	    .instances = 1,
	    .ops = 1,
	    .options = "bytes=4k",
	    .for_cpus = 160,
	    .scale = 1e-6 },
	  2,
	  "--fork=1 --fork-ops=1 --fork-bytes=4096" },
	{ "a percentage is not scaled",
	  { .stressor = "vm",
	    .instances = 8,
	    .ops = 8,
	    .options = "bytes=50% --taskset=0,1 --oomable",
	    .for_cpus = 8,
	    .scale = 1,
	    .verify = true },
	  2,
	  "--verify --vm=2 --vm-ops=2 --vm-bytes=50% --taskset=0,1 --oomable" },
	{ "a bigger machine",
	  { .stressor = "vm",
	    .instances = 1,
	    .ops = 10,
	    .options = "bytes=1g",
	    .for_cpus = 2,
	    .scale = 1 },
	  4,
	  "--vm=2 --vm-ops=20 --vm-bytes=2147483648" },
	{ "a ratio that no binary fraction is: 50 MiB * 23 / 5 are whole pages",
	  { .stressor = "vm",
	    .instances = 5,
	    .ops = 5,
	    .options = "bytes=50M",
	    .for_cpus = 5,
	    .scale = 1 },
	  23,
	  "--vm=23 --vm-ops=23 --vm-bytes=241172480" },
	{ "more than there can be",
	  { .stressor = "vm",
	    .instances = 1,
	    .ops = 1,
	    .options = "bytes=1073741824g",
	    .for_cpus = 1,
	    .scale = 1 },
	  64,
	  "--vm=64 --vm-ops=64 --vm-bytes=9000000000000000000" },
};

static void test_stress_ng_argv(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(argv_rows) / sizeof(argv_rows[0]); i++) {
		struct stress_ng s = argv_rows[i].s;
		cleanup_strv struct strv argv = STRV_INIT;
		cleanup_str struct str got = STR_INIT;
		cleanup_free char *want =
			xasprintf("stress-ng --no-rand-seed --metrics-brief --yaml=/tmp/out.yaml "
				  "--temp-path=/tmp %s",
				  argv_rows[i].want);

		print_message("%s\n", argv_rows[i].name);
		stress_ng_scale(&s, argv_rows[i].online);
		assert_int_equal(stress_ng_argv(&s, argv_rows[i].online, "/tmp/out.yaml", &argv,
						NULL),
				 0);
		for (size_t k = 0; k < argv.n; k++)
			str_addf(&got, "%s%s", k ? " " : "", argv.v[k]);
		assert_string_equal(got.buf, want);
	}
}

static const struct {
	const char *options;
	const char *want; /* NULL: taken */
} option_rows[] = {
	{ "", NULL },
	{ "bytes=128M keep method=rand-set", NULL },
	{ "--sched=fifo --taskset=0-3", NULL },
	{ "opsy=1", NULL },
	{ "ops=5", "'ops=5': the number of operations is given by 'ops'" },
	{ "op=5", "'op=5': the number of operations is given by 'ops'" },
	{ "o=5", "'o=5': the number of operations is given by 'ops'" },
	{ "--timeout=5", "'--timeout=5' is no general option" },
	{ "--yaml=/etc/passwd", "'--yaml=/etc/passwd' is no general option" },
	{ "--vm-bytes=4k", "go without '--' and its name" },
	{ "-t 5", "'-t' is no option" },
	{ "bytes 128M", "'128M' is no option" },
	{ "Keep", "'Keep' is no option" },
	{ "=", "'=' is no option" },
	{ "--", "'--' is no option" },
	{ "---x", "'---x' is no option" },
	{ "keep;reboot", "'keep;reboot' is no option" },
};

static void test_stress_ng_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++) {
		struct err e = ERR_INIT;
		int ret = stress_ng_check_options(option_rows[i].options, &e);

		print_message("'%s': %s\n", option_rows[i].options, e.msg);
		assert_int_equal(ret, option_rows[i].want ? -1 : 0);
		if (option_rows[i].want)
			assert_non_null(strstr(e.msg, option_rows[i].want));
	}
}

static const struct {
	const char *param, *value;
	bool ok;
} param_rows[] = {
	{ "stressor", "vm", true },
	{ "stressor", "sem-sysv", true },
	{ "stressor", "", false },
	{ "stressor", "-t", false },
	{ "stressor", "vm 1 --all", false },
	{ "scale", "1/160", true },
	{ "scale", "0.25", true },
	{ "scale", "0", false },
	{ "scale", "-1", false },
	{ "scale", "1/0", false },
	{ "scale", "all", false },
	{ "options", "ops=1", false },
	{ "options", "bytes=1M", true },
	{ "ops", "0", false },
};

static void test_stress_ng_params(void **state)
{
	const struct workload *w = workload_find("stress-ng");

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i < sizeof(param_rows) / sizeof(param_rows[0]); i++) {
		const struct param *p = param_find(w->params, param_rows[i].param);

		print_message("%s: '%s'\n", param_rows[i].param, param_rows[i].value);
		assert_int_equal(param_check(p, param_rows[i].value, NULL),
				 param_rows[i].ok ? 0 : -1);
	}
}

/* --- stress-ng: what it says --- */

static void test_stress_ng_yaml(void **state)
{
	cleanup_str struct str text = STR_INIT;
	struct stress_ng_result r;
	struct err e = ERR_INIT;

	(void)state;
	read_fixture(FIXTURE("stress-ng-0.15.06.yaml"), &text);
	assert_int_equal(stress_ng_parse(text.buf, "vm", &r, &e), 0);
	assert_float_equal(r.ops, 1000, 0);
	assert_float_equal(r.wall, 4.871275, 1e-9);
	assert_float_equal(r.user, 0.017583, 1e-9);
	assert_float_equal(r.sys, 0.129031, 1e-9);
	assert_float_equal(r.max_rss, 10248, 0);
	assert_int_equal(stress_ng_parse(text.buf, "mmapfork", &r, &e), 0);
	assert_float_equal(r.ops, 2, 0);
	assert_float_equal(r.max_rss, 353244, 0);
	assert_int_equal(stress_ng_parse(text.buf, "mmap", &r, &e), -1);
	assert_string_equal(e.msg, "cannot read the YAML of stress-ng: no 'bogo-ops' of 'mmap'");
}

/* Cut anywhere before its last wanted number, no result is taken from it. */
static void test_stress_ng_truncated(void **state)
{
	cleanup_str struct str text = STR_INIT;
	struct stress_ng_result r;
	size_t whole;

	(void)state;
	read_fixture(FIXTURE("stress-ng-0.15.06.yaml"), &text);
	whole = (size_t)(strstr(text.buf, "max-rss: 353244") - text.buf) + strlen("max-rss: ");
	for (size_t len = 0; len <= whole; len++) {
		cleanup_free char *cut = xstrndup(text.buf, len);

		assert_int_equal(stress_ng_parse(cut, "mmapfork", &r, NULL), -1);
	}
}

#define VM "metrics:\n    - stressor: vm\n"
#define REST                                                                                       \
	"      wall-clock-time: 1\n      user-time: 1\n      system-time: 1\n      max-rss: 1\n"

static const struct {
	const char *yaml;
	bool ok;
} yaml_rows[] = {
	{ VM "      bogo-ops: 5\n" REST, true },
	{ VM "      other: x\n      bogo-ops: 5\n" REST, true },
	{ VM "      bogo-ops: 5\n      bogo-ops: 5\n" REST, false },
	{ VM "      bogo-ops: -5\n" REST, false },
	{ VM "      bogo-ops: nan\n" REST, false },
	{ VM "      bogo-ops: inf\n" REST, false },
	{ VM "      bogo-ops: 5 ops\n" REST, false },
	{ VM "      bogo-ops:\n" REST, false },
	{ VM "      bogo-ops\n" REST, false },
	{ VM "      bogo-ops: 5\n" REST VM "      bogo-ops: 6\n" REST, false },
	{ "    - stressor: vm\n      bogo-ops: 5\n" REST, false },
	{ "system-info:\n    - stressor: vm\n      bogo-ops: 5\n" REST, false },
	{ "", false },
};

static void test_stress_ng_hostile(void **state)
{
	struct stress_ng_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(yaml_rows) / sizeof(yaml_rows[0]); i++) {
		print_message("%s", yaml_rows[i].yaml);
		assert_int_equal(stress_ng_parse(yaml_rows[i].yaml, "vm", &r, NULL),
				 yaml_rows[i].ok ? 0 : -1);
	}
}

static void test_stress_ng_skipped(void **state)
{
	static const char said[] =
		"stress-ng: info:  [176] apparmor stressor will be skipped, AppArmor is not enabled\n"
		"stress-ng: error: [176] No stress workers invoked (one or more were unsupported)\n";
	cleanup_free char *why = stress_ng_skipped(said, "apparmor");

	(void)state;
	assert_string_equal(why, "AppArmor is not enabled");
	assert_null(stress_ng_skipped(said, "armor"));
	assert_null(stress_ng_skipped("", "vm"));
}

/* --- hackbench --- */

static void test_hackbench(void **state)
{
	cleanup_str struct str text = STR_INIT;
	struct hackbench_result r;

	(void)state;
	read_fixture(FIXTURE("hackbench-2.4.txt"), &text);
	assert_int_equal(hackbench_parse(text.buf, &r, NULL), 0);
	assert_int_equal(r.groups, 1);
	assert_int_equal(r.tasks, 4);
	assert_int_equal(r.loops, 10);
	assert_float_equal(r.seconds, 0.002, 1e-12);
	/* two senders, two receivers, ten messages to each */
	assert_float_equal(hackbench_messages(&r), 40, 0);
}

#define RUNNING "Running in process mode with 1 groups using 4 file descriptors each (== 4 tasks)\n"
#define EACH "Each sender will pass 10 messages of 100 bytes\n"

static const struct {
	const char *text, *want;
} hackbench_rows[] = {
	{ "", "no number of groups" },
	{ "Running in process mode\n" EACH "Time: 1\n", "no number of groups" },
	{ "Running in process mode with x groups (== 4 tasks)\n" EACH "Time: 1\n",
	  "no number of groups" },
	{ "Running in process mode with 1 groups\n" EACH "Time: 1\n", "no number of tasks" },
	{ RUNNING "Time: 1\n", "no number of messages" },
	{ RUNNING EACH, "no time" },
	{ RUNNING EACH "Time: -1\n", "no time" },
	{ RUNNING EACH "Time: 1.5s\n", "no time" },
};

static void test_hackbench_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hackbench_rows) / sizeof(hackbench_rows[0]); i++) {
		struct hackbench_result r;
		struct err e = ERR_INIT;

		assert_int_equal(hackbench_parse(hackbench_rows[i].text, &r, &e), -1);
		print_message("%s\n", e.msg);
		assert_non_null(strstr(e.msg, hackbench_rows[i].want));
	}
}

/* --- cyclictest --- */

static uint64_t samples(const struct hist *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++)
		sum += h->count[i];
	return sum;
}

static void test_cyclictest(void **state)
{
	struct cyclictest_thread *t = xcalloc(2, sizeof(*t));
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	read_fixture(FIXTURE("cyclictest-2.4.txt"), &text);
	assert_int_equal(cyclictest_parse(text.buf, t, 2, &e), 0);
	assert_int_equal(t[0].samples, 299);
	assert_int_equal(t[0].over, 1);
	assert_int_equal(t[0].min, 69);
	assert_int_equal(t[0].mean, 84);
	assert_int_equal(t[0].max, 180);
	assert_int_equal(t[1].samples, 300);
	assert_int_equal(t[1].max, 100);
	for (int i = 0; i < 2; i++)
		assert_int_equal(samples(&t[i].latency), 300);
	/* what the histogram of 120 µs did not hold is where the maximum was */
	assert_int_equal(t[0].latency.max, 180000);
	assert_int_equal(t[0].latency.count[hist_index(180000)], 1);
	assert_int_equal(t[1].latency.max, 100000);
	free(t);
}

#define TAIL(total, over)                                                                          \
	"# Total: " total "\n# Min Latencies: 1\n# Avg Latencies: 1\n# Max Latencies: 9\n"         \
	"# Histogram Overflows: " over "\n"

static const struct {
	const char *text, *want; /* NULL: taken */
} cyclictest_rows[] = {
	{ "000001 000003\n" TAIL("3", "0"), NULL },
	{ "000001 000003\n" TAIL("3", "5"), NULL },
	{ "", "0 numbers in '# Total:', and there are 1 threads" },
	{ "000001 000003\n" TAIL("3 3", "0"), "2 numbers in '# Total:'" },
	{ "000001 000003\n" TAIL("4", "0"), "does not hold the 4 samples" },
	{ "000001 000003 000003\n" TAIL("3", "0"), "'000001 000003 000003'" },
	{ "000001 3x\n" TAIL("3", "0"), "cyclictest: '3x' is no number" },
	{ "000001 -3\n" TAIL("3", "0"), "is no number" },
	{ "000001 99999999999999999999\n" TAIL("3", "0"), "is no number" },
	{ "000001 000003\n" TAIL("3", "x"), "is no number" },
};

static void test_cyclictest_hostile(void **state)
{
	struct cyclictest_thread *t = xcalloc(1, sizeof(*t));

	(void)state;
	for (size_t i = 0; i < sizeof(cyclictest_rows) / sizeof(cyclictest_rows[0]); i++) {
		struct err e = ERR_INIT;
		int ret;

		memset(t, 0, sizeof(*t));
		ret = cyclictest_parse(cyclictest_rows[i].text, t, 1, &e);
		print_message("%s\n", e.msg);
		assert_int_equal(ret, cyclictest_rows[i].want ? -1 : 0);
		if (cyclictest_rows[i].want)
			assert_non_null(strstr(e.msg, cyclictest_rows[i].want));
	}
	free(t);
}

/* --- rtla --- */

static void test_rtla_noise(void **state)
{
	cleanup_str struct str text = STR_INIT;
	struct rtla_noise n[2] = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	read_fixture(FIXTURE("rtla-6.1-osnoise-top.txt"), &text);
	assert_int_equal(rtla_parse_noise(text.buf, n, 2, &e), 2);
	assert_int_equal(n[1].cpu, 1);
	assert_int_equal(n[1].runtime, 2000000);
	assert_int_equal(n[1].noise, 50255);
	assert_int_equal(n[1].max_noise, 33976);
	assert_int_equal(n[1].max_single, 6265);
	assert_int_equal(n[1].hw, 973);
	assert_int_equal(n[1].nmi, 0);
	assert_int_equal(n[1].irq, 234);
	assert_int_equal(n[1].softirq, 49);
	assert_int_equal(n[1].thread, 18);
	/* a third CPU, half a line, nothing */
	assert_int_equal(rtla_parse_noise(text.buf, n, 1, NULL), -1);
	assert_int_equal(rtla_parse_noise("  0 #1  1000000  26703", n, 2, NULL), -1);
	assert_int_equal(rtla_parse_noise("0 #1 1 x 97 1 1 1 1 1 1 1", n, 2, NULL), -1);
	assert_int_equal(rtla_parse_noise("0 1 1 1 97 1 1 1 1 1 1 1", n, 2, NULL), -1);
	assert_int_equal(rtla_parse_noise("", n, 2, &e), -1);
	assert_string_equal(e.msg, "rtla says nothing of any CPU");
}

static void test_rtla_latency(void **state)
{
	struct rtla_latency *l = xcalloc(4, sizeof(*l));
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	read_fixture(FIXTURE("rtla-6.1-timerlat-hist.txt"), &text);
	assert_int_equal(rtla_parse_latency(text.buf, 256, l, 4, &e), 4);
	assert_false(l[2].thread);
	assert_true(l[3].thread);
	assert_int_equal(l[3].cpu, 1);
	assert_int_equal(l[3].count, 1977);
	assert_int_equal(l[3].over, 16);
	assert_int_equal(l[3].min, 40);
	assert_int_equal(l[3].mean, 84);
	assert_int_equal(l[3].max, 8061);
	assert_int_equal(samples(&l[3].latency), 1977);
	assert_int_equal(l[3].latency.max, 8061000);
	assert_int_equal(l[0].count, 1975);
	free(l);
}

#define TITLES "Index   IRQ-000   Thr-000\n"
#define SUMS "over: 0 0\ncount: 2 3\nmin: 1 1\navg: 1 1\nmax: 1 1\n"

static const struct {
	const char *text, *want;
} rtla_rows[] = {
	{ TITLES "1 2 3\n" SUMS, NULL },
	{ TITLES "over: 0 0\ncount: 0 0\nmin: - -\navg: - -\nmax: - -\n", NULL },
	{ "", "no 'over:'" },
	{ TITLES "1 2 3\n", "no 'over:'" },
	{ TITLES "1 2 3\nover: 0 0\ncount: 2 3\nmin: 1 1\navg: 1 1\n", "no 'max:'" },
	{ TITLES "1 2\n" SUMS, "'1 2'" },
	{ TITLES "1 2 3 4\n" SUMS, "'1 2 3 4'" },
	{ TITLES "1 2 x\n" SUMS, "'1 2 x'" },
	{ TITLES "1 2 4\n" SUMS, "does not hold the 3 samples" },
	{ TITLES "oops: 1 2\n" SUMS, "'oops: 1 2'" },
	{ "Index IRQ-x\n", "'Index IRQ-x'" },
	{ "Index usr-000\n", "'Index usr-000'" },
	{ "Index\n", "'Index'" },
	{ "Index IRQ-000 IRQ-001 IRQ-002\n", "'Index IRQ-000 IRQ-001 IRQ-002'" },
};

static void test_rtla_hostile(void **state)
{
	struct rtla_latency *l = xcalloc(2, sizeof(*l));

	(void)state;
	for (size_t i = 0; i < sizeof(rtla_rows) / sizeof(rtla_rows[0]); i++) {
		struct err e = ERR_INIT;
		int ret;

		memset(l, 0, 2 * sizeof(*l));
		ret = rtla_parse_latency(rtla_rows[i].text, 256, l, 2, &e);
		print_message("%s\n", e.msg);
		assert_int_equal(ret, rtla_rows[i].want ? -1 : 2);
		if (rtla_rows[i].want)
			assert_non_null(strstr(e.msg, rtla_rows[i].want));
	}
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress_ng_argv),
		cmocka_unit_test(test_stress_ng_options),
		cmocka_unit_test(test_stress_ng_params),
		cmocka_unit_test(test_stress_ng_yaml),
		cmocka_unit_test(test_stress_ng_truncated),
		cmocka_unit_test(test_stress_ng_hostile),
		cmocka_unit_test(test_stress_ng_skipped),
		cmocka_unit_test(test_hackbench),
		cmocka_unit_test(test_hackbench_hostile),
		cmocka_unit_test(test_cyclictest),
		cmocka_unit_test(test_cyclictest_hostile),
		cmocka_unit_test(test_rtla_noise),
		cmocka_unit_test(test_rtla_latency),
		cmocka_unit_test(test_rtla_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
