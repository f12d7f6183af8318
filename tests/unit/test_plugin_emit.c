// SPDX-License-Identifier: GPL-2.0
/* What the plugin writes of one window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/plugin.h"
#include "collectors/plugin_window.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define VCPUS 2
#define FUNCTIONS 4 /* "unknown" and three symbols */
#define FUNCTION_COUNTERS COUNTER_EVENTS /* of an architecture without events */

/* "unknown", a, b and c on each vCPU, and what is written of them as CPU:NAME=INSTRUCTIONS. */
static const struct row {
	const char *name;
	long where;
	uint64_t n[VCPUS][FUNCTIONS];
	const char *want;
} rows[] = {
	{ "all fit",
	  4,
	  { { 1, 5, 0, 0 }, { 0, 0, 7, 0 } },
	  "-1:b=7 -1:a=5 -1:unknown=1 0:a=5 0:unknown=1 1:b=7" },
	{ "the largest alone", 1, { { 0, 9, 3, 0 }, { 0, 9, 1, 0 } }, "-1:a=18 0:a=9 1:a=9" },
	{ "large on one CPU alone: with its whole",
	  1,
	  { { 0, 9, 2, 0 }, { 0, 0, 4, 3 } },
	  "-1:a=9 -1:b=6 0:a=9 1:b=4" },
	{ "nothing", 2, { { 0 }, { 0 } }, "" },
};

static void take(const struct fields *f, struct str *out)
{
	const char *metric = fields_get(f, "metric"),
		   *name = metric ? strstr(metric, ".in.") : NULL;

	if (name)
		str_addf(out, "%s%s:%s=%s", out->len ? " " : "", fields_get(f, "cpu"), name + 4,
			 fields_get(f, "value"));
}

/* The lines of functions; returns how many value lines there are in all. */
static size_t functions_of(const struct str *lines, struct str *out)
{
	cleanup_strv struct strv v = STRV_INIT;

	strv_split(&v, lines->buf, "\n");
	for (size_t i = 0; i < v.n; i++) {
		struct fields f;

		assert_int_equal(fields_parse(&f, v.v[i], strlen(v.v[i]), NULL), 0);
		take(&f, out);
		fields_release(&f);
	}
	return v.n;
}

static void functions(void **state)
{
	struct symbol named[] = { { 16, (char *)"a" }, { 32, (char *)"b" }, { 48, (char *)"c" } };
	const struct symbols symbols = { .v = named, .n = COUNT(named) };
	struct plugin_layout l = { .calls = FUNCTION_COUNTERS,
				   .functions = FUNCTION_COUNTERS,
				   .nfunctions = FUNCTIONS,
				   .counters = FUNCTION_COUNTERS + FUNCTIONS,
				   .symbols = &symbols };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t sum[VCPUS * (FUNCTION_COUNTERS + FUNCTIONS)] = { 0 };
		struct window_sums s = { .id = 1, .opened = 1, .vcpus = VCPUS, .sum = sum };
		cleanup_str struct str lines = STR_INIT, got = STR_INIT;
		size_t records;

		s.counters = l.counters;
		l.where = rows[i].where;
		for (size_t v = 0; v < VCPUS; v++)
			memcpy(sum + v * l.counters + l.functions, rows[i].n[v],
			       sizeof(rows[i].n[v]));
		records = plugin_emit_window(&l, &s, &lines);
		assert_int_equal(records, functions_of(&lines, &got));
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, got.buf, rows[i].want);
	}
}

static size_t lines_of(const struct str *lines, const char *word)
{
	cleanup_strv struct strv v = STRV_INIT;
	size_t n = 0;

	strv_split(&v, lines->buf, "\n");
	for (size_t i = 0; i < v.n; i++)
		n += str_starts(v.v[i], word);
	return n;
}

/* Any number of rounds fits into a boot: all values, and not too many words. */
static void many_rounds(void **state)
{
	const struct plugin_layout l = { .arch = NULL };
	cleanup_str struct str lines = STR_INIT;
	struct excursion_sums x = { .count = 3, .total = 60, .nlongest = 3 };
	struct window_sums s = { .id = 5, .vcpus = 1 };
	size_t records = 0, told = 0;

	(void)state;
	for (size_t i = 0; i < x.nlongest; i++)
		x.longest[i] = (struct excursion){ .length = 30 - i, .entry = -1, .top = -1 };
	x.bucket[20] = 3;
	for (s.round = 0; s.round < 1000; s.round++) {
		x.round = s.round;
		records += plugin_emit_excursions(&l, &s, &x, &told, &lines);
	}
	assert_int_equal(records, 4000);
	assert_int_equal(lines_of(&lines, "value "), 3000);
	assert_int_equal(lines_of(&lines, "hist "), 1000);
	assert_int_equal(lines_of(&lines, "info "), PLUGIN_TOLD_MAX);
	assert_int_equal(told, PLUGIN_TOLD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions),
		cmocka_unit_test(many_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
