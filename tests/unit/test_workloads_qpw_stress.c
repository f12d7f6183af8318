// SPDX-License-Identifier: GPL-2.0
/* qpw_stress: the seed and the number of a task decide what it does, and everything is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/str.h"
#include "workloads/qpw_stress.h"

#define CHOICES 10000
#define OPERATIONS 14 /* rows of the table in workloads/qpw_stress_ops.c */

static void open_task(struct stress_task *t, int number, uint64_t seed)
{
	struct err e = ERR_INIT;

	if (stress_task_open(t, number, seed, &e))
		fail_msg("%s", e.msg);
}

/* How many of the first choices of two tasks agree. */
static int agreement(int number_a, uint64_t seed_a, int number_b, uint64_t seed_b)
{
	struct stress_task a, b;
	int same = 0;

	open_task(&a, number_a, seed_a);
	open_task(&b, number_b, seed_b);
	for (int i = 0; i < CHOICES; i++)
		same += stress_task_choose(&a) == stress_task_choose(&b);
	stress_task_close(&a);
	stress_task_close(&b);
	return same;
}

static void sequences(void **state)
{
	static const struct {
		const char *name;
		int number_a, number_b;
		uint64_t seed_a, seed_b;
		bool same;
	} rows[] = {
		{ "equal", 3, 3, 17, 17, true },
		{ "equal, all zero", 0, 0, 0, 0, true },
		{ "another task", 0, 1, 1, 1, false },
		{ "another seed", 0, 0, 1, 2, false },
		{ "the largest seed", 0, 1, UINT64_MAX, UINT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = agreement(rows[i].number_a, rows[i].seed_a, rows[i].number_b,
				    rows[i].seed_b);

		/* by chance about 1 in 6, by the weights */
		if (rows[i].same ? got != CHOICES : got > CHOICES / 3)
			fail_msg("%s: %d of %d choices are equal", rows[i].name, got, CHOICES);
	}
}

static void everything_is_chosen(void **state)
{
	cleanup_strv struct strv names = STRV_INIT;
	struct stress_task t;

	(void)state;
	open_task(&t, 0, 1);
	for (int i = 0; i < CHOICES; i++) {
		const char *name = stress_task_choose(&t);

		if (!strv_has(&names, name))
			strv_push(&names, name);
	}
	stress_task_close(&t);
	assert_int_equal(names.n, OPERATIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences),
		cmocka_unit_test(everything_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
