// SPDX-License-Identifier: GPL-2.0
/*
 * The operations of percpu_bench: include/linux/percpu-defs.h, for every width, inlined into a loop
 * and as a leaf function of their own. The call of a leaf is in the empty loop too, so what is left
 * is the leaf without its return.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "kdelta_bench.h"
#include "kdelta_marker.h"
#include "kdelta_percpu_bench.h"

#define GUARD 0xa5
/* Different from each other, and from what AND and OR make of them. */
#define FIRST 0x51
#define OPERAND 0x13

#define type_1 u8
#define type_2 u16
#define type_4 u32
#define type_8 u64
#define type_16 u128

/* The formatter knows no macros that define functions. */
/* clang-format off */

/*
 * What stands behind a variable in its word must not change: narrow operations may be made of wider
 * ones.
 *
 * Not static, so that s390's position-independent module code loads the address instead of
 * computing it, in one instruction either way: QEMU 7.2 gets LARL wrong from 2 GiB on, which is how
 * far modules are from the kernel and its per-CPU variables.
 */
#define CELL(w)									\
	struct cell_##w {							\
		type_##w cell, behind[3];					\
	} __aligned(4 * (w));							\
	DECLARE_PER_CPU(struct cell_##w, cell_##w);				\
	DEFINE_PER_CPU(struct cell_##w, cell_##w)

CELL(1);
CELL(2);
CELL(4);
CELL(8);
CELL(16);

/* For reference: the address first, then C on it. */
#define ptr_read(c)		READ_ONCE(*this_cpu_ptr(&(c)))
#define ptr_write(c, v)		WRITE_ONCE(*this_cpu_ptr(&(c)), v)
#define ptr_inc(c)		((*this_cpu_ptr(&(c)))++)
#define ptr_add(c, v)		(*this_cpu_ptr(&(c)) += (v))
#define ptr_add_return(c, v)	(*this_cpu_ptr(&(c)) += (v))
#define ptr_and(c, v)		(*this_cpu_ptr(&(c)) &= (v))
#define ptr_or(c, v)		(*this_cpu_ptr(&(c)) |= (v))
#define ptr_xchg(c, v)								\
	({									\
		typeof(c) *p__ = this_cpu_ptr(&(c)), old__ = *p__;		\
										\
		*p__ = (v);							\
		old__;								\
	})
#define ptr_cmpxchg(c, o, n)							\
	({									\
		typeof(c) *p__ = this_cpu_ptr(&(c)), old__ = *p__;		\
										\
		if (old__ == (o))						\
			*p__ = (n);						\
		old__;								\
	})

/* One operation, where P is this_cpu, __this_cpu, raw_cpu or ptr. */
#define DO_read(P, c, v)	P##_read(c)
#define DO_write(P, c, v)	P##_write(c, v)
#define DO_inc(P, c, v)		P##_inc(c)
#define DO_add(P, c, v)		P##_add(c, v)
#define DO_add_return(P, c, v)	P##_add_return(c, v)
#define DO_and(P, c, v)		P##_and(c, v)
#define DO_or(P, c, v)		P##_or(c, v)
#define DO_xchg(P, c, v)	P##_xchg(c, v)
#define DO_cmpxchg(P, c, v)	P##_cmpxchg(c, v, v)
#define DO_cmpxchg128(P, c, v)	P##_cmpxchg128(c, v, v)

/* The value is needed, and memory has to be as if it were looked at. */
#define use(value)	({ asm volatile("" : : "r"(value) : "memory"); })
#define use_nothing()	barrier()

/* What the loop needs is in registers before the window opens; only the loop is inside. */
#define TIMED(name, w, window, statement)					\
	static noinline u64 name(unsigned int n, u64 operand)			\
	{									\
		type_##w v = operand;						\
		u64 start, end;							\
										\
		start = kdelta_ticks();						\
		asm volatile("" : "+r"(n), "+r"(v));				\
		kdelta_open(window);						\
		do {								\
			statement;						\
		} while (--n);							\
		kdelta_close(window);						\
		end = kdelta_ticks();						\
		return end - start;						\
	}

/* A window has to end where it began; this may end on another CPU. */
#define REPEAT(name, call)								\
	static void name(unsigned int n, u64 operand)				\
	{									\
		do {								\
			call(operand);						\
		} while (--n);							\
	}

/* An operation that gives a value, and one that does not. */
#define FETCH(P, op, w)								\
	static __noipa type_##w leaf_##P##_##op##_##w(type_##w v)		\
	{									\
		return DO_##op(P, cell_##w.cell, v);				\
	}									\
	TIMED(loop_##P##_##op##_##w, w, KDELTA_WINDOW_PERCPU,			\
	      use(DO_##op(P, cell_##w.cell, v)))				\
	TIMED(calls_##P##_##op##_##w, w, KDELTA_WINDOW_PERCPU, \
	      use(leaf_##P##_##op##_##w(v)))					\
	REPEAT(repeat_##P##_##op##_##w, leaf_##P##_##op##_##w)

#define STORE(P, op, w)								\
	static __noipa void leaf_##P##_##op##_##w(type_##w v)		\
	{									\
		DO_##op(P, cell_##w.cell, v);					\
	}									\
	TIMED(loop_##P##_##op##_##w, w, KDELTA_WINDOW_PERCPU,			\
	      DO_##op(P, cell_##w.cell, v); use_nothing())			\
	TIMED(calls_##P##_##op##_##w, w, KDELTA_WINDOW_PERCPU, leaf_##P##_##op##_##w(v))	\
	REPEAT(repeat_##P##_##op##_##w, leaf_##P##_##op##_##w)

#define EMPTY(w)								\
	static __noipa void empty_##w(type_##w v)				\
	{									\
	}									\
	TIMED(loop_empty_##w, w, KDELTA_WINDOW_PERCPU_EMPTY, use(v))		\
	TIMED(calls_empty_##w, w, KDELTA_WINDOW_PERCPU_EMPTY, empty_##w(v))

#define FOR_WIDTHS(M, ...)							\
	M(__VA_ARGS__, 1) M(__VA_ARGS__, 2) M(__VA_ARGS__, 4) M(__VA_ARGS__, 8)

#define FOR_OPS(M, ...)								\
	FOR_WIDTHS(M, FETCH, __VA_ARGS__, read, PERCPU_KEEP)			\
	FOR_WIDTHS(M, STORE, __VA_ARGS__, write, PERCPU_SET)			\
	FOR_WIDTHS(M, STORE, __VA_ARGS__, inc, PERCPU_COUNT)			\
	FOR_WIDTHS(M, STORE, __VA_ARGS__, add, PERCPU_SUM)			\
	FOR_WIDTHS(M, FETCH, __VA_ARGS__, add_return, PERCPU_SUM)		\
	FOR_WIDTHS(M, STORE, __VA_ARGS__, and, PERCPU_AND)			\
	FOR_WIDTHS(M, STORE, __VA_ARGS__, or, PERCPU_OR)			\
	FOR_WIDTHS(M, FETCH, __VA_ARGS__, xchg, PERCPU_SET)			\
	FOR_WIDTHS(M, FETCH, __VA_ARGS__, cmpxchg, PERCPU_SWAP)

#define FOR_ALL(M)								\
	FOR_OPS(M, this_cpu, "this_cpu")					\
	FOR_OPS(M, __this_cpu, "__this_cpu")					\
	FOR_OPS(M, ptr, "ptr")							\
	FOR_OPS(M, raw_cpu, "raw")						\
	FOR_CMPXCHG128(M)

#ifdef system_has_cmpxchg128
#define FOR_CMPXCHG128(M)	M(FETCH, this_cpu, "this_cpu", cmpxchg128, PERCPU_SWAP, 16)
#define cpu_has_cmpxchg128()	system_has_cmpxchg128()
#else
#define FOR_CMPXCHG128(M)
#define cpu_has_cmpxchg128()	false
#endif

#define FUNCTIONS(shape, P, kind, op, effect, w)	shape(P, op, w)
#define ROW(shape, P, kind, op, effect, w)					\
	{ #op, kind, w, effect, loop_##P##_##op##_##w, calls_##P##_##op##_##w,	\
	  loop_empty_##w, calls_empty_##w, repeat_##P##_##op##_##w },

EMPTY(1)
EMPTY(2)
EMPTY(4)
EMPTY(8)
EMPTY(16)
FOR_ALL(FUNCTIONS)

static const struct percpu_op ops[] = { FOR_ALL(ROW) };

/* clang-format on */

#if defined(CONFIG_X86) && defined(system_has_cmpxchg128)
/*
 * What this_cpu_cmpxchg128() calls on a CPU without CMPXCHG16B (arch/x86/include/asm/percpu.h). The
 * kernel does not export its own, and nobody gets here: percpu_op_supported() says no on such a
 * CPU, and on the others the call has been replaced by the instruction.
 */
void this_cpu_cmpxchg16b_emu(void);
void this_cpu_cmpxchg16b_emu(void)
{
	WARN_ON_ONCE(1);
}
#endif

const struct percpu_op *percpu_op_find(const char *op, const char *kind, unsigned int width)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].width == width && !strcmp(ops[i].op, op) && !strcmp(ops[i].kind, kind))
			return &ops[i];
	return NULL;
}

bool percpu_op_supported(const struct percpu_op *op)
{
	return op->width < 16 || cpu_has_cmpxchg128();
}

static void *cell_of(const struct percpu_op *op, int cpu)
{
	switch (op->width) {
	case 1:
		return per_cpu_ptr(&cell_1.cell, cpu);
	case 2:
		return per_cpu_ptr(&cell_2.cell, cpu);
	case 4:
		return per_cpu_ptr(&cell_4.cell, cpu);
	case 8:
		return per_cpu_ptr(&cell_8.cell, cpu);
	default:
		return per_cpu_ptr(&cell_16.cell, cpu);
	}
}

static u128 cell_get(const struct percpu_op *op, int cpu)
{
	const void *cell = cell_of(op, cpu);

	switch (op->width) {
	case 1:
		return *(const u8 *)cell;
	case 2:
		return *(const u16 *)cell;
	case 4:
		return *(const u32 *)cell;
	case 8:
		return *(const u64 *)cell;
	default:
		return *(const u128 *)cell;
	}
}

static void cell_set(const struct percpu_op *op, int cpu, u64 value)
{
	void *cell = cell_of(op, cpu);

	switch (op->width) {
	case 1:
		*(u8 *)cell = value;
		break;
	case 2:
		*(u16 *)cell = value;
		break;
	case 4:
		*(u32 *)cell = value;
		break;
	case 8:
		*(u64 *)cell = value;
		break;
	default:
		*(u128 *)cell = value;
	}
}

/* @value as a variable of that width holds it. */
static u64 wrap(const struct percpu_op *op, u64 value)
{
	return op->width < 8 ? value & ((1ULL << (8 * op->width)) - 1) : value;
}

static u64 first_value(const struct percpu_op *op)
{
	return op->effect == PERCPU_SWAP ? OPERAND : FIRST;
}

static u64 value_after(const struct percpu_op *op, u64 n)
{
	u64 first = first_value(op);

	if (!n)
		return first;
	switch (op->effect) {
	case PERCPU_SET:
		return OPERAND;
	case PERCPU_COUNT:
		return wrap(op, first + n);
	case PERCPU_SUM:
		return wrap(op, first + n * OPERAND);
	case PERCPU_AND:
		return first & OPERAND;
	case PERCPU_OR:
		return first | OPERAND;
	case PERCPU_KEEP:
	case PERCPU_SWAP:
		break;
	}
	return first;
}

static void prepare_cell(const struct percpu_op *op, int cpu)
{
	memset(cell_of(op, cpu), GUARD, 4 * op->width);
	cell_set(op, cpu, first_value(op));
}

void percpu_op_prepare(const struct percpu_op *op)
{
	int cpu;

	for_each_possible_cpu(cpu)
		prepare_cell(op, cpu);
}

u64 percpu_op_run(percpu_fn fn, unsigned int n)
{
	return fn(n, OPERAND);
}

void percpu_op_repeat(const struct percpu_op *op, unsigned int n)
{
	op->repeat(n, OPERAND);
}

void percpu_op_spoil(const struct percpu_op *op, int cpu)
{
	cell_set(op, cpu, cell_get(op, cpu) ^ 0x80);
}

bool percpu_op_check(const struct percpu_op *op, int cpu, u64 n)
{
	const u8 *cell = cell_of(op, cpu);
	u128 got = cell_get(op, cpu);
	u64 wanted = value_after(op, n);

	if (got != wanted) {
		pr_err("%s of %u bytes, %llu times on CPU %d: got %#llx, wanted %#llx\n", op->op,
		       op->width, n, cpu, (u64)got, wanted);
		return false;
	}
	if (memchr_inv(cell + op->width, GUARD, 3 * op->width)) {
		pr_err("%s of %u bytes on CPU %d changed what stands behind its variable\n", op->op,
		       op->width, cpu);
		return false;
	}
	return true;
}

static u64 difference(const struct percpu_op *op, int cpu)
{
	return (u64)cell_get(op, cpu) - first_value(op);
}

bool percpu_op_check_sum(const struct percpu_op *op, u64 n)
{
	u64 sum = 0, wanted;
	int cpu;

	/* As if all had been on one CPU, whose first value the others have too. */
	for_each_possible_cpu(cpu)
		sum += difference(op, cpu);
	sum = wrap(op, sum + first_value(op));
	wanted = value_after(op, n);
	if (sum == wanted)
		return true;
	pr_err("%s of %u bytes, %llu times on any CPU: the sum is %#llx, wanted %#llx\n", op->op,
	       op->width, n, sum, wanted);
	return false;
}
