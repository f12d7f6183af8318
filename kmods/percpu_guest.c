// SPDX-License-Identifier: GPL-2.0
/*
 * percpu_guest: a module that comes and goes while percpu_stress runs. It has static per-CPU
 * variables with a value, which must be there on every CPU as soon as the module is.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#define VALUE 0x6b64656c7461ULL
#define WORDS 64

struct words {
	u64 word[WORDS];
	u64 zero[WORDS];
};

/* Not static: see percpu_stress_shared.c. */
DECLARE_PER_CPU(struct words, percpu_guest_words);
DEFINE_PER_CPU(struct words, percpu_guest_words) = { .word = { [0 ... WORDS - 1] = VALUE } };

static bool is_right(int cpu, u64 counted)
{
	const struct words *w = per_cpu_ptr(&percpu_guest_words, cpu);
	int i;

	for (i = 0; i < WORDS; i++) {
		if (w->word[i] == VALUE + counted && !w->zero[i])
			continue;
		pr_err("word %d on CPU %d is %#llx and %#llx, wanted %#llx and 0\n", i, cpu,
		       w->word[i], w->zero[i], VALUE + counted);
		return false;
	}
	return true;
}

static void count(void *unused)
{
	int i;

	for (i = 0; i < WORDS; i++)
		this_cpu_inc(percpu_guest_words.word[i]);
}

static int __init percpu_guest_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (!is_right(cpu, 0))
			return -EBADMSG;
	on_each_cpu(count, NULL, true);
	for_each_online_cpu(cpu)
		if (!is_right(cpu, 1))
			return -EBADMSG;
	return 0;
}

static void __exit percpu_guest_exit(void)
{
}

module_init(percpu_guest_init);
module_exit(percpu_guest_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta: static per-CPU variables that come and go");
