// SPDX-License-Identifier: GPL-2.0
/* What an act of pte does beside what it is for: no page of the caller is copied, wherever its frames lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runner/base/str.h"
#include "workloads/pte.h"

#define PAGES 16
#define STEP 16 /* bytes: how a stack is aligned */
#define TURNS (4096 / STEP)

static long faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_minflt;
}

static struct pte *make(const char *op)
{
	struct pte *p = xcalloc(1, sizeof(*p));
	struct err e = ERR_INIT;

	p->op = pte_op_find(op);
	p->gate = -1;
	p->nthreads = 1;
	p->map.page = (size_t)sysconf(_SC_PAGESIZE);
	p->map.pages = PAGES;
	if (pte_map_reserve(&p->map, &e) || pte_map_fill(&p->map, &e))
		fail_msg("%s", e.msg);
	return p;
}

/* What is written in the window lies in frames on either side of the workload's own. */
static __attribute__((noinline)) long act(struct pte *p, volatile uint64_t *ticks)
{
	struct err e = ERR_INIT;
	long before, after;

	if (p->op->prepare && p->op->prepare(p, &e))
		fail_msg("%s", e.msg);
	before = faults();
	*ticks = (uint64_t)before;
	assert_int_equal(p->op->act(p), 0);
	*ticks = 0;
	after = faults();
	if (p->op->undo(p, &e))
		fail_msg("%s", e.msg);
	return after - before;
}

static __attribute__((noinline)) long act_further_down(struct pte *p, size_t bytes)
{
	char space[bytes + 1];
	volatile uint64_t ticks;

	memset(space, 1, bytes + 1);
	return act(p, &ticks);
}

static void check(const char *op, long wanted)
{
	char above = 0;
	struct pte *p = make(op);

	p->stack = &above;
	act_further_down(p, 0);
	for (size_t i = 0; i < TURNS; i++) {
		long got = act_further_down(p, i * STEP);

		if (got != wanted)
			fail_msg("%s: %ld faults with the stack %zu bytes further down, wanted %ld",
				 op, got, i * STEP, wanted);
	}
	pte_end_child(p);
	pte_map_release(&p->map);
	free(p);
}

static void test_exit(void **state)
{
	(void)state;
	check("exit", 0);
}

static void test_cow(void **state)
{
	(void)state;
	check("cow", PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_cow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
