/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of percpu_bench: percpu_main.c has the parameters and runs the rounds, percpu_ops.c the
 * operations on a per-CPU variable, percpu_alloc.c the allocation of per-CPU memory.
 */
#ifndef KDELTA_PERCPU_BENCH_H
#define KDELTA_PERCPU_BENCH_H

#include <linux/types.h>

/* What one operation does to the variable, and how many of them. */
enum percpu_effect {
	PERCPU_KEEP, /* read */
	PERCPU_SET, /* write, xchg: the operand */
	PERCPU_COUNT, /* inc: one more */
	PERCPU_SUM, /* add, add_return: the operand more */
	PERCPU_AND,
	PERCPU_OR,
	PERCPU_SWAP, /* cmpxchg: the operand for itself, so that each of them succeeds */
};

/* Run @n operations, at least one, inside a window; returns the ticks they took. */
typedef u64 (*percpu_fn)(unsigned int n, u64 operand);

struct percpu_op {
	const char *op, *kind;
	unsigned int width; /* bytes */
	enum percpu_effect effect;
	percpu_fn loop; /* inlined into the loop */
	percpu_fn leaf; /* a call to a function that does nothing else */
	percpu_fn empty_loop, empty_leaf; /* the same with the operation left out */
	void (*repeat)(unsigned int n, u64 operand); /* leaf, outside of any window */
};

/* NULL: there is no such operation on this architecture. */
const struct percpu_op *percpu_op_find(const char *op, const char *kind, unsigned int width);
/* Does this CPU have what the operation needs? */
bool percpu_op_supported(const struct percpu_op *op);

/* Every CPU's variable is made as it is before the first operation. */
void percpu_op_prepare(const struct percpu_op *op);
/* Run a batch. */
u64 percpu_op_run(percpu_fn fn, unsigned int n);
/* The same number of leaf calls, which need not end on the CPU that they began on. */
void percpu_op_repeat(const struct percpu_op *op, unsigned int n);
/* Change the variable of a CPU as no operation does. */
void percpu_op_spoil(const struct percpu_op *op, int cpu);
/*
 * After @n operations on @cpu: is its variable as it must be, and what stands behind it untouched?
 * Says what is wrong.
 */
bool percpu_op_check(const struct percpu_op *op, int cpu, u64 n);
/* After @n operations on any CPUs: is the sum right? Only of PERCPU_COUNT and PERCPU_SUM. */
bool percpu_op_check_sum(const struct percpu_op *op, u64 n);

/* Objects of one CPU for percpu_alloc.c. */
struct percpu_objs {
	void __percpu **ptr;
	unsigned int n; /* in a batch */
	size_t size; /* bytes of each, on every CPU */
};

int percpu_objs_init(struct percpu_objs *o, unsigned int n, size_t size);
void percpu_objs_release(struct percpu_objs *o);
/* Allocate or free all; the ticks they took. -ENOMEM: nothing is left allocated. */
int percpu_objs_alloc(struct percpu_objs *o, u64 *ticks);
u64 percpu_objs_free(struct percpu_objs *o);
/* The same loops without the calls. */
u64 percpu_objs_alloc_empty(struct percpu_objs *o);
u64 percpu_objs_free_empty(struct percpu_objs *o);
/* All of them were zero, on every CPU, and none shares memory with another. Says what is wrong. */
bool percpu_objs_check(struct percpu_objs *o);

#endif
