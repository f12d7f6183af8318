// SPDX-License-Identifier: GPL-2.0
/* What the table of workloads promises for every one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/str.h"
#include "workloads/ticks.h"
#include "workloads/workload.h"

static bool ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* What is timed with the tick counter is recorded less the empty window, and that beside it. */
static void ticks_have_an_empty_window(void **state)
{
	size_t timing = 0;

	(void)state;
	for (const struct workload *const *p = workloads; *p; p++) {
		bool ticks = false, empty = false;

		for (const struct metric *m = (*p)->metrics; m && m->name; m++) {
			bool is_empty = ends(m->name, "empty");

			ticks |= str_starts(m->unit, "ticks") && !is_empty;
			empty |= is_empty && m->dir == DIR_NONE;
		}
		if (ticks && !empty)
			fail_msg("workload '%s' times without an empty window", (*p)->name);
		timing += ticks;
	}
	assert_true(timing >= 7);
}

static uint64_t script[4], reads;

static uint64_t scripted_clock(void)
{
	return script[reads++ % 4];
}

/* The cheapest of the pairs counts: here 5, of 7 and 5. */
static void empty_is_the_cheapest(void **state)
{
	static const uint64_t times[4] = { 100, 107, 200, 205 };

	(void)state;
	memcpy(script, times, sizeof(script));
	reads = 0;
	assert_int_equal(clock_empty(scripted_clock), 5);
	assert_true(reads >= 4);
	assert_true(ticks_empty() < UINT64_MAX);
}

static void less_is_never_negative(void **state)
{
	static const struct {
		uint64_t ticks, empty, want;
	} rows[] = { { 10, 3, 7 },
		     { 3, 3, 0 },
		     { 2, 3, 0 },
		     { 0, 0, 0 },
		     { UINT64_MAX, 1, UINT64_MAX - 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(ticks_less(rows[i].ticks, rows[i].empty), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_have_an_empty_window),
		cmocka_unit_test(empty_is_the_cheapest),
		cmocka_unit_test(less_is_never_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
