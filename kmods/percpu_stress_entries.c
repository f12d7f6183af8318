// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of the kernel's top page table that come while percpu_stress runs. Where every CPU has a
 * top table of its own, an entry has to be in all of them before anybody uses what it leads to.
 *
 * All CPUs want memory behind one entry that is not there yet, at the same time: one of them makes
 * it, others find it made, and each uses its memory at once. Then all look at what the others have,
 * first with interrupts off, and then in an interrupt, at what came before as well.
 *
 * vmalloc() takes the lowest address that is aligned as it should be. With an alignment of an entry
 * divided by the CPUs they thus fill one entry after the other. An entry that was made stays, and
 * tells nothing a second time: the memory is kept as long as the module, so that the next is new.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/log2.h>
#include <linux/pgtable.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "kdelta_crew.h"
#include "kdelta_percpu_stress.h"

#define PAUSE (HZ / 100) /* between two entries, in a round without an end */

/* A page, which holds its address. */
struct piece {
	u64 *address;
};

struct entries {
	struct piece *pieces; /* all that there can be */
	unsigned int n;
	unsigned long part; /* bytes of an entry that are one piece's */
	unsigned long last; /* where the last piece is */
	/* Of a round */
	struct kdelta_crew crew;
	struct task_struct *thread;
	unsigned int wanted;
	long pause;
	u64 taken;
	int err;
};

static struct entries entries;

/* What this CPU finds at the address of a piece; false: nothing. */
static bool see(const struct piece *p, u64 *value)
{
	if (!copy_from_kernel_nofault(value, p->address, sizeof(*value)))
		return true;
	pstress_wrong("what entry %lu of the top page table leads to is not there on CPU %d",
		      pgd_index((unsigned long)p->address), raw_smp_processor_id());
	return false;
}

static void look_at(const struct piece *p)
{
	u64 value;

	if (see(p, &value) && value != (unsigned long)p->address)
		pstress_wrong("behind entry %lu of the top page table CPU %d finds something else",
			      pgd_index((unsigned long)p->address), raw_smp_processor_id());
}

/* Get the memory, and use it. */
static int take(struct piece *p)
{
	u64 unused;

	p->address = vrealloc_node_align(NULL, PAGE_SIZE, entries.part, GFP_KERNEL | __GFP_NOWARN,
					 NUMA_NO_NODE);
	if (!p->address)
		return -ENOSPC;
	if (see(p, &unused))
		*p->address = (unsigned long)p->address;
	return 0;
}

static int member_work(struct kdelta_member *m)
{
	struct piece *pieces = &entries.pieces[entries.n];
	unsigned long flags;
	unsigned int i;
	int err;

	if (!kdelta_gate_pass(m))
		return -ECANCELED;
	err = take(&pieces[m->number]);
	if (err)
		return err;
	if (!kdelta_gate_pass(m))
		return -ECANCELED;
	local_irq_save(flags);
	for (i = 0; i < m->crew->size; i++)
		look_at(&pieces[i]);
	local_irq_restore(flags);
	return 0;
}

/* Take what is left of the entry that was begun, so that all can meet in the next. */
static int fill_up(struct entries *e)
{
	while (!IS_ALIGNED(e->last + e->part, PGDIR_SIZE)) {
		struct piece *p = &e->pieces[e->n];
		int err = take(p);

		if (err)
			return err;
		e->n++;
		e->last = (unsigned long)p->address;
	}
	return 0;
}

static int take_entry(struct entries *e)
{
	struct piece *pieces;
	unsigned int i;
	int err;

	err = fill_up(e);
	if (err)
		return err;
	pieces = &e->pieces[e->n];
	memset(pieces, 0, num_online_cpus() * sizeof(*pieces));
	err = kdelta_crew_run(&e->crew, cpu_online_mask);
	/* Some may have got theirs when others did not. */
	for (i = 0; i < e->crew.size; i++) {
		unsigned long address = (unsigned long)pieces[i].address;

		if (!address)
			continue;
		e->last = max(e->last, address);
		e->pieces[e->n++] = pieces[i];
	}
	return err;
}

/* In an interrupt. */
static void look_at_all(void *arg)
{
	const struct entries *e = arg;
	unsigned int i;

	for (i = 0; i < e->n; i++)
		look_at(&e->pieces[i]);
}

static int entries_thread(void *arg)
{
	struct entries *e = arg;

	while (e->taken < e->wanted && !pstress_over()) {
		e->err = take_entry(e);
		if (e->err)
			break;
		e->taken++;
		on_each_cpu(look_at_all, e, true);
		schedule_timeout_interruptible(e->pause);
	}
	return 0;
}

/* Memory for all pieces, the first time: each has a part of its own, and none is ever freed. */
static int entries_init(struct entries *e)
{
	if (e->pieces)
		return 0;
	e->pieces = kvcalloc(PTRS_PER_PGD * roundup_pow_of_two(nr_cpu_ids), sizeof(*e->pieces),
			     GFP_KERNEL);
	return e->pieces ? 0 : -ENOMEM;
}

int pstress_entries_hire(unsigned int n, unsigned int seconds)
{
	struct entries *e = &entries;
	struct task_struct *thread;
	int err;

	e->taken = 0;
	e->err = 0;
	if (!n)
		return 0;
	err = entries_init(e);
	if (!err)
		err = kdelta_crew_init(&e->crew);
	if (err)
		return err;
	e->crew.work = member_work;
	e->wanted = n;
	e->pause = seconds ? seconds * HZ / (n + 1) : PAUSE;
	e->part = PGDIR_SIZE / roundup_pow_of_two(num_online_cpus());
	thread = kthread_create(entries_thread, e, "pstress_entries");
	if (IS_ERR(thread)) {
		kdelta_crew_release(&e->crew);
		return PTR_ERR(thread);
	}
	e->thread = get_task_struct(thread);
	return 0;
}

void pstress_entries_start(void)
{
	if (entries.thread)
		wake_up_process(entries.thread);
}

int pstress_entries_join(u64 *taken)
{
	struct entries *e = &entries;

	if (e->thread) {
		kthread_stop_put(e->thread);
		e->thread = NULL;
		kdelta_crew_release(&e->crew);
	}
	*taken = e->taken;
	if (!e->err || e->taken)
		return 0;
	pr_err("no entry of the top page table can be taken: error %d\n", e->err);
	return e->err;
}

void pstress_entries_release(void)
{
	struct entries *e = &entries;

	while (e->n)
		vfree(e->pieces[--e->n].address);
	kvfree(e->pieces);
}
