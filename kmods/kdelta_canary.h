/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The canary of workloads whose loops are too many to have each in 17 variants: the known cost is
 * paid in a loop of its own next to the measured one, once per operation. The empty pass runs that
 * loop with no no-ops, so that exactly the no-ops are left.
 */
#ifndef KDELTA_CANARY_H
#define KDELTA_CANARY_H

#include <linux/compiler.h>

#include "kdelta_bench.h"

#define KDELTA_CANARY_MAX 16

/* @nops no-op instructions, a constant. */
static __always_inline void kdelta_spend(const int nops)
{
	asm volatile(".rept %c0\n\tnop\n\t.endr" : : "i"(nops));
}

/* clang-format off */
/* One function per number: a count that is looked up in the loop would cost by itself. */
#define KDELTA_CANARY(n)							\
	static noinline u64 kdelta_canary_##n(unsigned int ops)			\
	{									\
		u64 start = kdelta_ticks();					\
										\
		while (ops--)							\
			kdelta_spend(n);					\
		return kdelta_ticks() - start;					\
	}

KDELTA_CANARY(0) KDELTA_CANARY(1) KDELTA_CANARY(2) KDELTA_CANARY(3)
KDELTA_CANARY(4) KDELTA_CANARY(5) KDELTA_CANARY(6) KDELTA_CANARY(7)
KDELTA_CANARY(8) KDELTA_CANARY(9) KDELTA_CANARY(10) KDELTA_CANARY(11)
KDELTA_CANARY(12) KDELTA_CANARY(13) KDELTA_CANARY(14) KDELTA_CANARY(15)
KDELTA_CANARY(16)

static u64 (*const kdelta_canaries[KDELTA_CANARY_MAX + 1])(unsigned int ops) = {
	kdelta_canary_0, kdelta_canary_1, kdelta_canary_2, kdelta_canary_3,
	kdelta_canary_4, kdelta_canary_5, kdelta_canary_6, kdelta_canary_7,
	kdelta_canary_8, kdelta_canary_9, kdelta_canary_10, kdelta_canary_11,
	kdelta_canary_12, kdelta_canary_13, kdelta_canary_14, kdelta_canary_15,
	kdelta_canary_16,
};

/* clang-format on */

/* @nops for each of @ops operations; returns the ticks that took. */
static inline u64 kdelta_canary_run(unsigned int nops, unsigned int ops)
{
	return kdelta_canaries[nops](ops);
}

#endif
