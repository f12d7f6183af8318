// SPDX-License-Identifier: GPL-2.0
/*
 * canary: a workload of known cost, for testing kdelta itself. An operation is one turn of a loop in user space
 * with `canary` no-op instructions in it: what a kernel does, does not matter to it, and what is added is known.
 */
#include <stdint.h>

#include "kmods/kdelta_marker.h"
#include "workloads/ticks.h"
#include "workloads/workload.h"

#define CANARY_MAX 16

/* The formatter knows no asm. */
/* clang-format off */
#if defined(__x86_64__)
#define NOP "nop"
#define NEXT "dec %0\n\tjnz 1b"
#elif defined(__aarch64__)
#define NOP "nop"
#define NEXT "subs %0, %0, #1\n\tb.ne 1b"
#elif defined(__s390x__)
#define NOP "nopr %%r7"
#define NEXT "aghi %0, -1\n\tjnz 1b"
#else
#error "no loop for this architecture"
#endif

/*
 * Two instructions and the no-ops, and nothing else between the markers; @n at least 1. One loop per number of
 * no-ops: a number looked up in the loop would cost too.
 */
#define LOOP(nops)									\
	static void loop_##nops(uint64_t n)						\
	{										\
		asm volatile("" : "+r"(n));						\
		kdelta_open(KDELTA_WINDOW_CANARY);					\
		asm volatile("1:\n\t.rept " #nops "\n\t" NOP "\n\t.endr\n\t" NEXT	\
			     : "+r"(n) : : "cc", "memory");				\
		kdelta_close(KDELTA_WINDOW_CANARY);					\
	}

LOOP(0) LOOP(1) LOOP(2) LOOP(3) LOOP(4) LOOP(5)
LOOP(6) LOOP(7) LOOP(8) LOOP(9) LOOP(10) LOOP(11)
LOOP(12) LOOP(13) LOOP(14) LOOP(15) LOOP(16)

static void (*const loops[CANARY_MAX + 1])(uint64_t n) = {
	loop_0, loop_1, loop_2, loop_3, loop_4, loop_5,
	loop_6, loop_7, loop_8, loop_9, loop_10, loop_11,
	loop_12, loop_13, loop_14, loop_15, loop_16,
};
/* clang-format on */

static int canary_round(struct workload_ctx *c, struct err *e)
{
	long long operations = wctx_int(c, "operations");
	int nops = (int)wctx_int(c, "canary");
	uint64_t ticks, empty = ticks_empty();

	(void)e;
	ticks = ticks_read();
	loops[nops]((uint64_t)operations);
	ticks = ticks_less(ticks_read() - ticks, empty);
	wctx_value(c, "operation", "mean", -1, (double)ticks / (double)operations);
	wctx_value(c, "empty", "min", -1, (double)empty);
	wctx_value(c, "operations", "count", -1, (double)operations);
	return 0;
}

static const struct param canary_params[] = {
	{ .name = "operations",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 1,
	  .max = 1000000000,
	  .def = "100000",
	  .help = "turns of the loop in one round" },
	{ .name = "canary",
	  .type = PARAM_INT,
	  .unit = "instructions",
	  .min = 0,
	  .max = CANARY_MAX,
	  .def = "0",
	  .help = "no-op instructions in every operation: a known cost that must be found" },
	{ .name = NULL },
};

static const struct metric canary_metrics[] = {
	{ "operation", "ticks/op", DIR_LOWER, "one operation" },
	{ "empty", "ticks", DIR_NONE, "the window without a loop, which was subtracted" },
	{ "operations", "operations", DIR_NONE, "turns of the loop in a round" },
	{ .name = NULL },
};

const struct workload workload_canary = {
	.name = "canary",
	.summary = "a loop of known cost in user space, for testing kdelta itself",
	.params = canary_params,
	.metrics = canary_metrics,
	.round = canary_round,
};
