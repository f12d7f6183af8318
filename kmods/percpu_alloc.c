// SPDX-License-Identifier: GPL-2.0
/* Per-CPU memory, allocated and freed: __alloc_percpu() and free_percpu(). */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kdelta_bench.h"
#include "kdelta_marker.h"
#include "kdelta_percpu_bench.h"

#define ALIGN_OF_OBJECT 8

int percpu_objs_init(struct percpu_objs *o, unsigned int n, size_t size)
{
	o->n = n;
	o->size = size;
	o->ptr = kvcalloc(n, sizeof(*o->ptr), GFP_KERNEL);
	if (o->ptr)
		return 0;
	pr_err("no memory for a batch of %u\n", n);
	return -ENOMEM;
}

void percpu_objs_release(struct percpu_objs *o)
{
	kvfree(o->ptr);
}

int percpu_objs_alloc(struct percpu_objs *o, u64 *ticks)
{
	void __percpu **ptr = o->ptr;
	size_t size = o->size;
	unsigned int i;
	u64 start;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC);
	for (i = 0; i < o->n; i++) {
		ptr[i] = __alloc_percpu_gfp(size, ALIGN_OF_OBJECT, GFP_KERNEL | __GFP_NOWARN);
		if (unlikely(!ptr[i]))
			break;
	}
	kdelta_close(KDELTA_WINDOW_ALLOC);
	*ticks = kdelta_ticks() - start;
	if (i == o->n)
		return 0;
	pr_err("no per-CPU memory for object %u of %u, %zu bytes each\n", i, o->n, size);
	while (i--)
		free_percpu(ptr[i]);
	return -ENOMEM;
}

u64 percpu_objs_free(struct percpu_objs *o)
{
	void __percpu **ptr = o->ptr;
	unsigned int i;
	u64 start;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE);
	for (i = 0; i < o->n; i++)
		free_percpu(ptr[i]);
	kdelta_close(KDELTA_WINDOW_FREE);
	return kdelta_ticks() - start;
}

u64 percpu_objs_alloc_empty(struct percpu_objs *o)
{
	void __percpu **ptr = o->ptr;
	void *dummy = o;
	unsigned int i;
	u64 start;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC_EMPTY);
	for (i = 0; i < o->n; i++) {
		OPTIMIZER_HIDE_VAR(dummy);
		barrier();
		ptr[i] = (void __force __percpu *)dummy;
		if (unlikely(!ptr[i]))
			break;
	}
	kdelta_close(KDELTA_WINDOW_ALLOC_EMPTY);
	return kdelta_ticks() - start;
}

u64 percpu_objs_free_empty(struct percpu_objs *o)
{
	void __percpu **ptr = o->ptr;
	unsigned int i;
	u64 start;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE_EMPTY);
	for (i = 0; i < o->n; i++)
		asm volatile("" : : "r"(ptr[i]) : "memory");
	kdelta_close(KDELTA_WINDOW_FREE_EMPTY);
	return kdelta_ticks() - start;
}

/* It is filled when it was found to be zero, so one that shares memory with an earlier is not. */
static bool is_new(struct percpu_objs *o, unsigned int i, int cpu)
{
	void *p = per_cpu_ptr(o->ptr[i], cpu);

	if (memchr_inv(p, 0, o->size)) {
		pr_err("per-CPU object %u is not zero on CPU %d\n", i, cpu);
		return false;
	}
	memset(p, 0xff, o->size);
	return true;
}

bool percpu_objs_check(struct percpu_objs *o)
{
	bool right = true;
	unsigned int i;
	int cpu;

	for (i = 0; i < o->n; i++)
		for_each_possible_cpu(cpu)
			right = right && is_new(o, i, cpu);
	return right;
}
