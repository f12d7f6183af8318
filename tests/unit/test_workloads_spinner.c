// SPDX-License-Identifier: GPL-2.0
/* The isolated task, its longest gaps, and the tables of dirt and triggers, on this machine: nothing is timed. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "workloads/spinner.h"
#include "workloads/ticks.h"
#include "workloads/trigger.h"

static void test_worst(void **state)
{
	struct spinner_result r = { .floor = 0 };
	struct str text = STR_INIT;

	(void)state;
	spinner_worst_add(&r, 100, 5);
	spinner_worst_add(&r, 200, 7);
	spinner_worst_add(&r, 50, 7);
	spinner_gaps_text(&r, 3, &text);
	assert_string_equal(text.buf, "3 50 7\n3 200 7\n3 100 5\n");
	assert_int_equal(r.floor, 0);
	str_release(&text);
}

static void test_worst_of_many(void **state)
{
	struct spinner_result r = { .floor = 0 };
	struct str text = STR_INIT;
	size_t lines = 0;

	(void)state;
	/* 1 … 100, the large ones first and last */
	for (uint64_t i = 100; i > 50; i--)
		spinner_worst_add(&r, i, i);
	for (uint64_t i = 1; i <= 50; i++)
		spinner_worst_add(&r, i, i);
	assert_int_equal(r.floor, 100 - SPINNER_WORST + 1);
	spinner_gaps_text(&r, 0, &text);
	for (size_t i = 0; i < text.len; i++)
		lines += text.buf[i] == '\n';
	assert_int_equal(lines, SPINNER_WORST);
	assert_true(str_starts(text.buf, "0 100 100\n0 99 99\n"));
	str_release(&text);
}

static uint64_t gaps_counted(const struct spinner_result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++)
		n += r->gaps.count[i];
	return n;
}

/* It locks its memory, which takes a privilege. */
static struct spinner_conf conf_of(const char *dirt)
{
	if (geteuid())
		skip();
	return (struct spinner_conf){ .cpu = sched_getcpu(), .other = -1, .dirt = dirt_find(dirt) };
}

/* A window of N loops has N gaps, and all of the calls that it was asked for; the next round begins at zero. */
static void test_loops(void **state)
{
	struct spinner_conf conf = conf_of("none");
	struct err e = ERR_INIT;
	struct spinner *s;

	(void)state;
	conf.loops = 10000;
	conf.syscalls = 37;
	s = spinner_start(&conf, &e);
	if (!s)
		fail_msg("%s", e.msg);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(spinner_gate(s, &e), 0);
		assert_int_equal(spinner_watch(s, &e), 0);
		assert_int_equal(spinner_wait(s, &e), 0);
		assert_int_equal(spinner_sleep(s, &e), 0);
		assert_int_equal(gaps_counted(spinner_result(s)), 10000);
		assert_int_equal(spinner_result(s)->calls, 37);
		assert_true(spinner_result(s)->time >= spinner_result(s)->gaps.max);
	}
	spinner_stop(s);
}

/* The least that all gaps can sum up to. */
static uint64_t gaps_least(const struct spinner_result *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		sum += r->gaps.count[i] * hist_lower(i);
	return sum;
}

/* The gaps are the time that was watched: nothing is lost between two windows, and nothing added. */
static void test_windows(void **state)
{
	struct spinner_conf conf = conf_of("fault");
	const struct spinner_result *r;
	uint64_t before, watched, ns;
	struct err e = ERR_INIT;
	struct spinner *s;

	(void)state;
	conf.other = conf.cpu;
	s = spinner_start(&conf, &e);
	if (!s)
		fail_msg("%s", e.msg);
	assert_int_equal(spinner_gate(s, &e), 0);
	before = clock_ns();
	for (int i = 0; i < 3; i++)
		assert_int_equal(spinner_watch(s, &e), 0);
	assert_int_equal(spinner_shootdown(s, &ns, &e), 0);
	assert_int_equal(spinner_rest(s, &e), 0);
	watched = clock_ns() - before;
	assert_int_equal(spinner_sleep(s, &e), 0);
	r = spinner_result(s);
	assert_true(r->time <= watched);
	assert_true(gaps_least(r) <= r->time);
	assert_true(gaps_least(r) >= r->time / 2);
	for (size_t i = 0; i < SPINNER_WORST; i++)
		assert_true(!r->worst[i].length || r->worst[i].start >= before);
	spinner_stop(s);
}

/*
 * A window is watched until the next order, whatever the task does when that comes. Here it is on the CPU of who
 * orders, and kept from running meanwhile: a gap like any other.
 */
static void test_whole_window(void **state)
{
	struct spinner_conf conf = conf_of("none");
	uint64_t opened, closed;
	struct err e = ERR_INIT;
	struct spinner *s;

	(void)state;
	s = spinner_start(&conf, &e);
	if (!s)
		fail_msg("%s", e.msg);
	for (int round = 0; round < 100; round++) {
		assert_int_equal(spinner_gate(s, &e), 0);
		assert_int_equal(spinner_watch(s, &e), 0);
		opened = clock_ns();
		sched_yield();
		closed = clock_ns();
		assert_int_equal(spinner_rest(s, &e), 0);
		assert_int_equal(spinner_sleep(s, &e), 0);
		assert_true(spinner_result(s)->time >= closed - opened);
	}
	spinner_stop(s);
}

static void test_bad_start(void **state)
{
	struct spinner_conf conf = conf_of("none");
	struct err e = ERR_INIT;

	(void)state;
	conf.cpu = CPU_SETSIZE - 1;
	assert_null(spinner_start(&conf, &e));
	assert_string_equal(e.msg, "the isolated task: cannot run on CPU 1023: Invalid argument");
	spinner_stop(NULL);
}

/* Every choice has its row. */
static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; dirt_names[i]; i++)
		assert_string_equal(dirt_find(dirt_names[i])->name, dirt_names[i]);
	assert_null(dirt_find("mud"));
	for (size_t i = 0; trigger_names[i]; i++) {
		const struct trigger *t = trigger_find(trigger_names[i]);

		assert_string_equal(t->name, trigger_names[i]);
		assert_true(!t->text == !!t->run);
		assert_true(!t->text || t->path);
		assert_true(!t->dirt || (t->work && dirt_find(t->dirt)));
	}
	assert_null(trigger_find("luck"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worst),        cmocka_unit_test(test_worst_of_many),
		cmocka_unit_test(test_loops),        cmocka_unit_test(test_windows),
		cmocka_unit_test(test_whole_window), cmocka_unit_test(test_bad_start),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
