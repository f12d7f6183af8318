// SPDX-License-Identifier: GPL-2.0
/* The operations of percpu_stress, and a model of each: include/linux/percpu-defs.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "kdelta_percpu_stress.h"

#define type_1 u8
#define type_2 u16
#define type_4 u32
#define type_8 u64
#define type_16 u128

/* The formatter knows no macros that define functions. */
/* clang-format off */

#define DO_read(v, a, x)	this_cpu_read(v)
#define DO_write(v, a, x)	({ this_cpu_write(v, a); 0; })
#define DO_inc(v, a, x)		({ this_cpu_inc(v); 0; })
#define DO_dec(v, a, x)		({ this_cpu_dec(v); 0; })
#define DO_add(v, a, x)		({ this_cpu_add(v, a); 0; })
#define DO_add_return(v, a, x)	this_cpu_add_return(v, a)
#define DO_and(v, a, x)		({ this_cpu_and(v, a); 0; })
#define DO_or(v, a, x)		({ this_cpu_or(v, a); 0; })
#define DO_xchg(v, a, x)	this_cpu_xchg(v, a)
#define DO_cmpxchg(v, a, x)	this_cpu_cmpxchg(v, x, a)
#define DO_try_cmpxchg(v, a, x)							\
({										\
	typeof(x) old = x;							\
	bool done = this_cpu_try_cmpxchg(v, &old, a);				\
										\
	/* What was there, as of cmpxchg; if it contradicts itself, what was not. */ \
	done == (old == x) ? old : (typeof(x))~old;				\
})
#define DO_cmpxchg128(v, a, x)	this_cpu_cmpxchg128(v, x, a)

/* As little as possible beside the operation, so that many interrupts come in the middle of one. */
#define OP(op, w, ...)								\
	static u128 run_##op##_##w(struct pstress_cell __percpu *c,		\
				   u128 operand, u128 expected, unsigned int n)	\
	{									\
		type_##w __maybe_unused a = operand, x = expected;			\
		type_##w got;							\
										\
		do {								\
			got = DO_##op(c->v##w, a, x);				\
			barrier();						\
		} while (--n);							\
		return got;							\
	}

#define ROW(op, w, effect, returns)	{ "this_cpu_" #op, w, effect, returns, run_##op##_##w },

#define FOR_WIDTHS(M, op, ...)							\
	M(op, 1, __VA_ARGS__) M(op, 2, __VA_ARGS__)				\
	M(op, 4, __VA_ARGS__) M(op, 8, __VA_ARGS__)

#ifdef system_has_cmpxchg128
#define FOR_CMPXCHG128(M)	M(cmpxchg128, 16, PSTRESS_COMPARE, true)
#define cpu_has_cmpxchg128()	system_has_cmpxchg128()
#else
#define FOR_CMPXCHG128(M)
#define cpu_has_cmpxchg128()	false
#endif

#define FOR_ALL(M)								\
	FOR_WIDTHS(M, read, PSTRESS_KEEP, true)					\
	FOR_WIDTHS(M, write, PSTRESS_SET, false)				\
	FOR_WIDTHS(M, inc, PSTRESS_INC, false)					\
	FOR_WIDTHS(M, dec, PSTRESS_DEC, false)					\
	FOR_WIDTHS(M, add, PSTRESS_ADD, false)					\
	FOR_WIDTHS(M, add_return, PSTRESS_ADD, true)				\
	FOR_WIDTHS(M, and, PSTRESS_AND, false)					\
	FOR_WIDTHS(M, or, PSTRESS_OR, false)					\
	FOR_WIDTHS(M, xchg, PSTRESS_SWAP, true)					\
	FOR_WIDTHS(M, cmpxchg, PSTRESS_COMPARE, true)				\
	FOR_WIDTHS(M, try_cmpxchg, PSTRESS_COMPARE, true)			\
	FOR_CMPXCHG128(M)

FOR_ALL(OP)

static const struct pstress_op ops[] = { FOR_ALL(ROW) };

/* clang-format on */

#if defined(CONFIG_X86) && defined(system_has_cmpxchg128)
/*
 * What this_cpu_cmpxchg128() calls on a CPU without CMPXCHG16B (arch/x86/include/asm/percpu.h). The
 * kernel does not export its own, and nobody gets here: see usable().
 */
void this_cpu_cmpxchg16b_emu(void);
void this_cpu_cmpxchg16b_emu(void)
{
	WARN_ON_ONCE(1);
}
#endif

unsigned int pstress_width_index(unsigned int width)
{
	return ilog2(width);
}

u128 pstress_wrap(unsigned int width, u128 value)
{
	return width < 16 ? value & (((u128)1 << (8 * width)) - 1) : value;
}

u128 pstress_get(const struct pstress_cell *c, unsigned int width)
{
	switch (width) {
	case 1:
		return c->v1;
	case 2:
		return c->v2;
	case 4:
		return c->v4;
	case 8:
		return c->v8;
	default:
		return c->v16;
	}
}

void pstress_put(struct pstress_cell *c, unsigned int width, u128 value)
{
	switch (width) {
	case 1:
		c->v1 = value;
		break;
	case 2:
		c->v2 = value;
		break;
	case 4:
		c->v4 = value;
		break;
	case 8:
		c->v8 = value;
		break;
	default:
		c->v16 = value;
	}
}

static u128 random_value(struct rnd_state *rnd)
{
	u128 value;

	prandom_bytes_state(rnd, &value, sizeof(value));
	return value;
}

static bool usable(const struct pstress_op *op, unsigned long effects)
{
	return effects & BIT(op->effect) && (op->width < 16 || cpu_has_cmpxchg128());
}

void pstress_turn_choose(struct pstress_turn *t, unsigned long effects, struct rnd_state *rnd,
			 const struct pstress_cell *likely)
{
	do {
		t->op = &ops[prandom_u32_state(rnd) % ARRAY_SIZE(ops)];
	} while (!usable(t->op, effects));
	t->n = 1;
	t->operand = pstress_wrap(t->op->width, random_value(rnd));
	/* One in eight fails. */
	t->expected = prandom_u32_state(rnd) % 8 ? pstress_get(likely, t->op->width) :
						   t->operand + 1;
	t->expected = pstress_wrap(t->op->width, t->expected);
}

void pstress_turn_burst(struct pstress_turn *t, struct rnd_state *rnd, bool summed)
{
	if (!summed || (t->op->effect >= PSTRESS_INC && t->op->effect <= PSTRESS_ADD))
		t->n = 1 + prandom_u32_state(rnd) % PSTRESS_BURST_MAX;
}

u128 pstress_turn_run(const struct pstress_turn *t, struct pstress_cell __percpu *c)
{
	return t->op->run(c, t->operand, t->expected, t->n);
}

static u128 new_value(const struct pstress_turn *t, u128 old)
{
	switch (t->op->effect) {
	case PSTRESS_SET:
	case PSTRESS_SWAP:
		return t->operand;
	case PSTRESS_INC:
		return old + 1;
	case PSTRESS_DEC:
		return old - 1;
	case PSTRESS_ADD:
		return old + t->operand;
	case PSTRESS_AND:
		return old & t->operand;
	case PSTRESS_OR:
		return old | t->operand;
	case PSTRESS_COMPARE:
		return old == t->expected ? t->operand : old;
	case PSTRESS_KEEP:
		break;
	}
	return old;
}

void pstress_turn_model(const struct pstress_turn *t, struct pstress_cell *c, u128 *returned)
{
	unsigned int width = t->op->width;
	u128 old = pstress_get(c, width), new = pstress_wrap(width, new_value(t, old));

	pstress_put(c, width, new);
	*returned = 0;
	if (t->op->returns)
		*returned = t->op->effect == PSTRESS_ADD ? new : old;
}

u128 pstress_turn_difference(const struct pstress_turn *t, u128 returned)
{
	switch (t->op->effect) {
	case PSTRESS_KEEP:
		return 0;
	case PSTRESS_INC:
		return t->n;
	case PSTRESS_DEC:
		return -(u128)t->n;
	case PSTRESS_ADD:
		return t->operand * t->n;
	case PSTRESS_SWAP:
		return t->operand - returned;
	case PSTRESS_COMPARE:
		return returned == t->expected ? t->operand - t->expected : 0;
	default:
		WARN_ON_ONCE(1);
		return 0;
	}
}

void pstress_cell_read(struct pstress_cell __percpu *c, int cpu, struct pstress_cell *out)
{
	barrier();
	memcpy(out, per_cpu_ptr(c, cpu), sizeof(*out));
	barrier();
}

bool pstress_cell_equal(const struct pstress_cell *a, const struct pstress_cell *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void pstress_cell_random(struct pstress_cell *c, struct rnd_state *rnd)
{
	prandom_bytes_state(rnd, c, sizeof(*c));
}
