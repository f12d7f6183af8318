// SPDX-License-Identifier: GPL-2.0
/* The guest's reading of a plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/probe_collectors.h"
#include "workloads/guest.h"

PROBE_COLLECTORS

#define CLOCK "clock suffix=instructions unit=instructions ev=simulated num=1 den=2\n"
#define NONE "workload w=0 name=none rounds=2 warmup=0 timeout=10\n"
#define PROBE                                                                                      \
	"collector c=4 name=probe\nparam c=4 name=depth value=9\n"                                 \
	"param c=4 name=events value=x%20y\nparam c=4 name=deep value=true\n"

static const char whole[] = "plan version=1 mode=run\n"
			    "expect release=7.3.4 machine=s390x\n"
			    "token value=init_on_alloc=1\n"
			    "token value=a%20b\n" CLOCK NONE
			    "workload w=3 name=kmalloc_bench rounds=5 warmup=1 timeout=60\n"
			    "param w=3 name=size value=64\n"
			    "param w=3 name=batch value=128\n"
			    "param w=3 name=iterations value=100\n"
			    "param w=3 name=order value=mixed\n"
			    "param w=3 name=preempt_off value=false\n"
			    "param w=3 name=account value=true\n"
			    "param w=3 name=canary value=0\n"
			    "param w=3 name=cpu value=-1\n"
			    "collector c=1 name=quiet\n" PROBE "end\n";

static void test_whole(void **state)
{
	struct err e = ERR_INIT;
	struct guest_plan p;

	(void)state;
	if (guest_plan_parse(&p, whole, sizeof(whole) - 1, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(p.mode, GUEST_RUN);
	assert_string_equal(p.release, "7.3.4");
	assert_string_equal(p.machine, "s390x");
	assert_int_equal(p.tokens.n, 2);
	assert_string_equal(p.tokens.v[0], "init_on_alloc=1");
	assert_string_equal(p.tokens.v[1], "a b");
	assert_string_equal(p.clock.suffix, "instructions");
	assert_int_equal(p.clock.ev, EV_SIMULATED);
	assert_true(p.clock.num == 1 && p.clock.den == 2);
	assert_int_equal(p.nworkloads, 2);
	assert_string_equal(p.workloads[0].w->name, "none");
	assert_int_equal(p.workloads[1].number, 3);
	assert_int_equal(p.workloads[1].rounds, 5);
	assert_int_equal(p.workloads[1].warmup, 1);
	assert_int_equal(p.workloads[1].timeout, 60);
	assert_string_equal(fields_get(&p.workloads[1].params.fields, "order"), "mixed");
	assert_string_equal(fields_get(&p.workloads[1].params.fields, "cpu"), "-1");
	assert_int_equal(p.ncollectors, 2);
	assert_ptr_equal(p.collectors[0].col, &collector_quiet);
	assert_int_equal(p.collectors[1].number, 4);
	assert_ptr_equal(p.collectors[1].col, &collector_probe);
	assert_string_equal(fields_get(&p.collectors[1].params.fields, "events"), "x y");
	guest_plan_release(&p);
}

static void test_exec(void **state)
{
	static const char text[] = "plan version=1 mode=exec\narg value=uname\narg value=-a\nend\n";
	struct err e = ERR_INIT;
	struct guest_plan p;

	(void)state;
	if (guest_plan_parse(&p, text, sizeof(text) - 1, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(p.mode, GUEST_EXEC);
	assert_null(p.release);
	assert_int_equal(p.args.n, 2);
	assert_string_equal(p.args.v[1], "-a");
	assert_null(p.args.v[2]);
	guest_plan_release(&p);
}

#define RUN "plan version=1 mode=run\n"

static void test_errors(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "empty", "", "plan line 1: no 'end'" },
		{ "no plan line", "end\n", "plan line 1: expected 'plan', got 'end'" },
		{ "cut off", RUN CLOCK, "plan line 3: no 'end'" },
		{ "last line without its end", RUN CLOCK "end", "plan line 3: no 'end'" },
		{ "newer version", "plan version=2 mode=run\nend\n",
		  "plan line 1: 'version': expected an integer from 1 to 1, got '2'" },
		{ "unknown mode", "plan version=1 mode=walk\nend\n",
		  "plan line 1: unknown mode 'walk'" },
		{ "unknown word", RUN "dance w=0\nend\n", "plan line 2: unknown word 'dance'" },
		{ "no clock", RUN NONE "end\n", "a plan to run has no clock" },
		{ "two clocks", RUN CLOCK CLOCK "end\n", "plan line 3: a second 'clock'" },
		{ "clock without evidence",
		  RUN "clock suffix=a unit=b num=1 den=1 ev=guessed\nend\n",
		  "plan line 2: unknown evidence 'guessed'" },
		{ "clock that divides by zero",
		  RUN "clock suffix=a unit=b num=1 den=0 ev=simulated\nend\n",
		  "plan line 2: 'den': expected a number over 0, got '0'" },
		{ "unknown workload",
		  RUN CLOCK "workload w=0 name=nop rounds=1 warmup=0 timeout=1\nend\n",
		  "plan line 3: unknown workload 'nop'" },
		{ "no rounds", RUN CLOCK "workload w=0 name=none warmup=0 timeout=1\nend\n",
		  "plan line 3: 'rounds' is missing" },
		{ "same number twice", RUN CLOCK NONE NONE "end\n",
		  "plan line 4: a second workload 0" },
		{ "parameter of nobody", RUN "param w=1 name=size value=1\nend\n",
		  "plan line 2: parameter of the unknown workload 1" },
		{ "unknown parameter", RUN CLOCK NONE "param w=0 name=size value=1\nend\n",
		  "plan line 4: workload 'none' has no parameter 'size'" },
		{ "parameters missing",
		  RUN CLOCK "workload w=0 name=kmalloc_bench rounds=1 warmup=0 timeout=1\nend\n",
		  "workload 0 lacks parameter 'size'" },
		{ "unknown collector", RUN "collector c=0 name=nop\nend\n",
		  "plan line 2: unknown collector 'nop'" },
		{ "a collector that is not of the guest", RUN "collector c=0 name=outside\nend\n",
		  "plan line 2: unknown collector 'outside'" },
		{ "same collector number twice",
		  RUN "collector c=0 name=quiet\ncollector c=0 name=probe\nend\n",
		  "plan line 3: a second collector 0" },
		{ "collector number out of range", RUN "collector c=10000 name=quiet\nend\n",
		  "plan line 2: 'c': expected an integer from 0 to 9999, got '10000'" },
		{ "parameter of no collector", RUN CLOCK NONE "param c=0 name=depth value=1\nend\n",
		  "plan line 4: parameter of the unknown collector 0" },
		{ "unknown parameter of a collector",
		  RUN CLOCK PROBE "param c=4 name=width value=1\nend\n",
		  "plan line 7: collector 'probe' has no parameter 'width'" },
		{ "parameter of a collector out of range",
		  RUN "collector c=0 name=probe\nparam c=0 name=depth value=10\nend\n",
		  "plan line 3: '10' is no value for 'depth': expected 1 to 9 levels" },
		{ "parameters of a collector missing",
		  RUN CLOCK "collector c=7 name=probe\nparam c=7 name=depth value=1\nend\n",
		  "collector 7 lacks parameter 'events'" },
		{ "no command", "plan version=1 mode=exec\nend\n",
		  "a plan to execute has no command" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		struct guest_plan p;
		int ret = guest_plan_parse(&p, rows[i].input, strlen(rows[i].input), &e);

		guest_plan_release(&p);
		if (ret != -1 || strcmp(e.msg, rows[i].want))
			fail_msg("%s: input '%s', got '%s', wanted '%s'", rows[i].name,
				 rows[i].input, e.msg, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
