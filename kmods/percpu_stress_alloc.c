// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of percpu_stress that comes and goes. It is zero when it comes, on every CPU; it is filled
 * and looked at from outside, by per_cpu_ptr(), and on every CPU itself, by this_cpu operations;
 * and when it goes it is as it was.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "kdelta_percpu_stress.h"

#define SMALL 256
#define LARGE 8192 /* at most PCPU_MIN_UNIT_SIZE */
#define WORD sizeof(u64)

/* Is this word counted up by every CPU? One in each page, wherever pages begin, and the last. */
static bool is_counted(const struct pstress_object *o, size_t offset)
{
	return !(offset % PAGE_SIZE) || offset == o->size - WORD;
}

/* The word at an offset in the copy of a CPU; @seen: it was counted up, if it is. */
static u64 word_at(const struct pstress_object *o, int cpu, size_t offset, bool seen)
{
	return o->pattern + ((u64)cpu << 32) + offset + (seen && is_counted(o, offset));
}

static void fill(const struct pstress_object *o)
{
	size_t offset;
	int cpu;

	for_each_possible_cpu(cpu)
		for (offset = 0; offset < o->size; offset += WORD)
			*(u64 *)(per_cpu_ptr(o->memory, cpu) + offset) =
				word_at(o, cpu, offset, false);
}

/* Everything, from outside. */
static void check(const struct pstress_object *o)
{
	size_t offset;
	int cpu;

	for_each_possible_cpu(cpu) {
		for (offset = 0; offset < o->size; offset += WORD) {
			u64 is = *(u64 *)(per_cpu_ptr(o->memory, cpu) + offset);
			u64 wanted = word_at(o, cpu, offset, cpu_online(cpu));

			if (is == wanted)
				continue;
			pstress_wrong("byte %zu of %zu on CPU %d is %#llx, not %#llx", offset,
				      o->size, cpu, is, wanted);
			return;
		}
	}
}

/* One word, from the CPU that it belongs to, where it is counted up. */
static void count_word(const struct pstress_object *o, size_t offset)
{
	u64 __percpu *word = o->memory + offset;
	int cpu = smp_processor_id();
	u64 wanted = word_at(o, cpu, offset, false), is;

	is = this_cpu_read(*word);
	if (is != wanted)
		pstress_wrong("byte %zu of %zu: this_cpu_read() on CPU %d gives %#llx, not %#llx",
			      offset, o->size, cpu, is, wanted);
	this_cpu_inc(*word);
	is = *per_cpu_ptr(word, cpu);
	if (is != wanted + 1)
		pstress_wrong("byte %zu of %zu: this_cpu_inc() on CPU %d makes %#llx, not %#llx",
			      offset, o->size, cpu, is, wanted + 1);
}

static void count_words(void *arg)
{
	const struct pstress_object *o = arg;
	int cpu = smp_processor_id();
	size_t offset;

	if (this_cpu_ptr(o->memory) != per_cpu_ptr(o->memory, cpu))
		pstress_wrong("this_cpu_ptr() on CPU %d is not per_cpu_ptr(), in new memory", cpu);
	for (offset = 0; offset < o->size; offset += WORD)
		if (is_counted(o, offset))
			count_word(o, offset);
}

static void check_new(const struct pstress_object *o)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (memchr_inv(per_cpu_ptr(o->memory, cpu), 0, o->size))
			pstress_wrong("%zu bytes of new memory are not zero on CPU %d", o->size,
				      cpu);
}

static void allocate(struct pstress_object *o, struct rnd_state *rnd)
{
	u32 kind = prandom_u32_state(rnd) % 8;
	gfp_t gfp = kind == 1 ? GFP_NOWAIT : GFP_KERNEL;

	o->size = WORD * (1 + prandom_u32_state(rnd) % ((kind ? SMALL : LARGE) / WORD));
	prandom_bytes_state(rnd, &o->pattern, sizeof(o->pattern));
	o->memory = __alloc_percpu_gfp(o->size, WORD, gfp | __GFP_NOWARN);
}

void pstress_object_free(struct pstress_object *o)
{
	if (!o->memory)
		return;
	check(o);
	free_percpu(o->memory);
	o->memory = NULL;
}

bool pstress_object_turn(struct pstress_object *o, struct rnd_state *rnd)
{
	if (o->memory) {
		pstress_object_free(o);
		return false;
	}
	allocate(o, rnd);
	if (!o->memory)
		return false;
	check_new(o);
	fill(o);
	on_each_cpu(count_words, o, true);
	check(o);
	return true;
}
