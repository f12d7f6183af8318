// SPDX-License-Identifier: GPL-2.0
/* What is read from perf stat: its output as perf 6.1 of Debian 12 wrote it, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/collect_perf_stat.h"
#include "collectors/collector.h"
#include "runner/base/file.h"

static void test_recorded(void **state)
{
	static const struct {
		const char *event;
		int cpu;
		enum perf_state state;
		double value;
	} want[] = {
		{ "task-clock", 0, PERF_COUNTED, 51.231323 },
		{ "task-clock", 1, PERF_COUNTED, 51.242470 },
		{ "context-switches", 0, PERF_COUNTED, 18 },
		{ "context-switches", 1, PERF_COUNTED, 44 },
		{ "cycles", 0, PERF_NOT_SUPPORTED, 0 },
		{ "cycles", 1, PERF_NOT_SUPPORTED, 0 },
	};
	cleanup_str struct str text = STR_INIT;
	struct perf_counts got = { 0 };

	(void)state;
	assert_int_equal(file_read("tests/fixtures/tools/perf-stat-6.1.txt", 0, &text, NULL), 0);
	assert_int_equal(perf_stat_parse(text.buf, &got, NULL), 0);
	assert_int_equal(got.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < got.n; i++) {
		assert_string_equal(got.v[i].event, want[i].event);
		assert_int_equal(got.v[i].cpu, want[i].cpu);
		assert_int_equal(got.v[i].state, want[i].state);
		assert_float_equal(got.v[i].value, want[i].value, 1e-9);
		assert_float_equal(got.v[i].running, 100, 0);
	}
	free(got.v);
}

#define C "{\"counter-value\" : \"5.0\", \"event\" : \"x\""
#define HUNDRED                                                                                    \
	"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"

static const struct {
	const char *text;
	int counts; /* -1: refused */
} rows[] = {
	{ C "}", 1 },
	{ C "}\n# a comment\n\n" C "}\n", 2 },
	{ C ",\"pcnt-running\":25.00, \"cpu\" : \"4095\"}", 1 },
	{ C ", \"metric-value\" : -nan, \"unit\" : \"\"}", 1 },
	{ C ", \"unit\" : \"a\\\"b\"}", 1 },
	{ "{\"metric-value\" : 0.5, \"metric-unit\" : \"GHz\"}", 0 },
	{ "{\"counter-value\" : \"<not counted>\", \"event\" : \"x\"}", 1 },
	{ "{\"counter-value\" : \"5.0\", \"event\" : \"" HUNDRED "\"}", 1 },
	{ "", 0 },
	{ "perf: something", -1 },
	{ "{}", -1 },
	{ "{", -1 },
	{ C, -1 },
	{ C ",}", -1 },
	{ C "} trailing", -1 },
	{ C ", \"cpu\" : \"-1\"}", -1 },
	{ C ", \"cpu\" : \"S0-D0\"}", -1 },
	{ C ", \"cpu\" : \"99999\"}", -1 },
	{ C ", \"pcnt-running\" : nan}", -1 },
	{ C ", \"unit\" : \"a\\", -1 },
	{ C ", \"unit\" \"a\"}", -1 },
	{ C ", \"list\" : [1]}", -1 },
	{ "{\"counter-value\" : \"five\", \"event\" : \"x\"}", -1 },
	{ "{\"counter-value\" : \"inf\", \"event\" : \"x\"}", -1 },
	{ "{\"counter-value\" : \"<other>\", \"event\" : \"x\"}", -1 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct perf_counts got = { 0 };
		struct err e = ERR_INIT;
		int ret = perf_stat_parse(rows[i].text, &got, &e);

		print_message("%s: %s\n", rows[i].text, e.msg);
		assert_int_equal(ret ? -1 : (int)got.n, rows[i].counts);
		free(got.v);
	}
}

static void test_details(void **state)
{
	struct perf_counts got = { 0 };

	(void)state;
	assert_int_equal(perf_stat_parse(C ",\"pcnt-running\":25.50, \"cpu\" : \"7\"}\n"
					   "{\"counter-value\" : \"1\", \"event\" : \"" HUNDRED
					   "\"}\n",
					 &got, NULL),
			 0);
	assert_int_equal(got.v[0].cpu, 7);
	assert_float_equal(got.v[0].running, 25.5, 0);
	assert_int_equal(got.v[1].cpu, -1);
	assert_int_equal(strlen(got.v[1].event), PERF_STAT_NAME_MAX - 1);
	free(got.v);
}

/* Cut anywhere, a line is no count. */
static void test_truncated(void **state)
{
	static const char line[] = "{\"cpu\" : \"0\", \"counter-value\" : \"18.000000\", "
				   "\"unit\" : \"\", \"event\" : \"context-switches\"}";

	(void)state;
	for (size_t len = 1; len < sizeof(line) - 1; len++) {
		cleanup_free char *cut = xstrndup(line, len);
		struct perf_counts got = { 0 };

		assert_int_equal(perf_stat_parse(cut, &got, NULL), -1);
		free(got.v);
	}
}

/* What counts them decides whether an emulator can be asked. */
static void test_software(void **state)
{
	static const struct {
		const char *event;
		bool software;
	} events[] = {
		{ "page-faults", true },
		{ "cs:u", true },
		{ "task-clock", true },
		{ "kmem:kmalloc", true },
		{ "cycles", false },
		{ "branch-misses:k", false },
		{ "r13", false },
		{ "r13:u", false },
		{ "LLC-loads", false },
		{ "cpu/event=0x3c/", false },
		{ "armv8_pmuv3_0/mem_access/:u", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (perf_stat_is_software(events[i].event) != events[i].software)
			fail_msg("'%s': wanted %d", events[i].event, events[i].software);
}

static void test_events_param(void **state)
{
	const struct collector *c = collector_find("perf_stat");
	const struct param *p;

	(void)state;
	assert_non_null(c);
	p = param_find(c->params, "events");
	assert_int_equal(param_check(p, "cycles:u,page-faults", NULL), 0);
	assert_int_equal(param_check(p, "", NULL), -1);
	assert_int_equal(param_check(p, "--output=x", NULL), -1);
	assert_int_equal(param_check(p, "cycles -o x", NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_details),  cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_software), cmocka_unit_test(test_events_param),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
