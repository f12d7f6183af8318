// SPDX-License-Identifier: GPL-2.0
/*
 * qpw_stress: the slab side of the workload of that name. Objects of caches of its own and of
 * kmalloc() go from hand to hand: who allocates one leaves it in a bin, and who finds one there,
 * on whichever CPU, frees it. Every object knows whether it is in use, so that one that the
 * allocator hands out twice, or takes back twice, is noticed in any kernel, debugging or not.
 *
 * A write to a file of kdelta/qpw_stress in debugfs does something, in the context of the writer:
 *
 *	burst	"SEED COUNT": operations on one cache, and kmalloc()
 *	irq	"SEED COUNT": in an interrupt of some CPU, what any context may do; then the same as
 *		burst in an irq work of that CPU, but no bulk operations, which need interrupts
 *		enabled (include/linux/slab.h). With PREEMPT_RT, where only the first may be done
 *		in a hard interrupt, the irq work runs in a thread
 *	renew	"SEED": free what is left of a cache, destroy it, and make it again
 *	shrink	"SEED": shrink a cache
 *	settle	free everything, and take back what CPUs have cached of it: sooner or later no
 *		object is left then, as "objects" of each cache in /sys/kernel/slab tells
 *
 * A read of "wrong" gives what was wrong first, or nothing.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "kdelta_bench.h"

#define SLOTS 8
#define BINS 256
#define BULK_MAX 32
#define KMALLOC_MAX 4096
#define COUNT_MAX 100000
#define STAMP 0x6b64656c7461UL

#define GFP_STRESS (__GFP_NORETRY | __GFP_NOWARN)

/* New in Linux 7.3; in older ones kfree_rcu() takes no spinlock_t with PREEMPT_RT either. */
#ifndef kfree_rcu_nolock
#define kvfree_rcu_head rcu_head
#define kfree_rcu_nolock(object, head) kfree_rcu(object, head)
#endif

enum { OBJECT_FREE = 0x46, OBJECT_USED = 0x55 };

struct object {
	atomic_t state; /* set by the constructor, and kept by the allocator between two users */
	u32 slot;
	struct kvfree_rcu_head rcu;
};

/* A cache, and objects of it that somebody else will free. */
struct slot {
	struct rw_semaphore lock; /* write: of the cache itself */
	struct kmem_cache *cache; /* NULL: there was no memory for it */
	struct object *bin[BINS];
};

/* What kmalloc() gave. */
struct chunk {
	unsigned long stamp; /* of its address */
	u32 size;
};

static struct slot slots[SLOTS];
static struct chunk *chunks[BINS];
static struct chunk *nolock_chunks[BINS]; /* of kmalloc_nolock() */
static struct dentry *dir;
static atomic_t nr_wrong;
static char first_wrong[160];

static void wrong(const char *what, u32 slot, const void *object)
{
	if (atomic_fetch_inc(&nr_wrong))
		return;
	scnprintf(first_wrong, sizeof(first_wrong), "%s: cache %u, on CPU %u\n", what, slot,
		  raw_smp_processor_id());
	pr_warn("%s: cache %u, object %p\n", what, slot, object);
}

/* ---- Caches ------------------------------------------------------------------------------- */

static void construct(void *p)
{
	struct object *o = p;

	atomic_set(&o->state, OBJECT_FREE);
}

/*
 * Odd ones by SLAB_TYPESAFE_BY_RCU: KASAN keeps objects of the others back for a while, and gives
 * them to slabs then, so that nothing is ever freed to a sheaf. So it does with these if the kernel
 * has CONFIG_SLUB_RCU_DEBUG.
 */
static bool slot_is_typesafe(u32 nr)
{
	return nr & 1;
}

static int slot_fill(u32 nr)
{
	slab_flags_t flags = SLAB_NO_MERGE | (slot_is_typesafe(nr) ? SLAB_TYPESAFE_BY_RCU : 0);
	unsigned int size = sizeof(struct object) << (nr / 2);
	char name[32];

	snprintf(name, sizeof(name), "kdelta_qpw_stress-%u", nr);
	slots[nr].cache = kmem_cache_create(name, size, 0, flags, construct);
	return slots[nr].cache ? 0 : -ENOMEM;
}

static void take(u32 nr, struct object *o)
{
	if (atomic_cmpxchg(&o->state, OBJECT_FREE, OBJECT_USED) != OBJECT_FREE)
		wrong("allocated what is in use", nr, o);
	o->slot = nr;
}

static void leave(u32 nr, struct object *o)
{
	if (o->slot != nr)
		wrong("changed while in use", nr, o);
	if (atomic_cmpxchg(&o->state, OBJECT_USED, OBJECT_FREE) != OBJECT_USED)
		wrong("was free while in use", nr, o);
}

static struct object *object_get(u32 nr, gfp_t gfp)
{
	struct object *o = kmem_cache_alloc(slots[nr].cache, gfp | GFP_STRESS);

	if (o)
		take(nr, o);
	return o;
}

static void object_put(u32 nr, struct object *o)
{
	if (!o)
		return;
	leave(nr, o);
	kmem_cache_free(slots[nr].cache, o);
}

static void object_put_rcu(u32 nr, struct object *o)
{
	if (!o || slot_is_typesafe(nr)) {
		object_put(nr, o);
		return;
	}
	leave(nr, o);
	kfree_rcu(o, rcu);
}

/*
 * In any context. With PREEMPT_RT nothing else uses the sheaves that objects wait in for RCU:
 * kvfree_call_rcu() goes past them there (mm/slab_common.c).
 */
static void object_put_rcu_nolock(u32 nr, struct object *o)
{
	if (!o)
		return;
	leave(nr, o);
	kfree_rcu_nolock(o, rcu);
}

static void slot_empty(u32 nr)
{
	unsigned int i;

	for (i = 0; i < BINS; i++)
		object_put(nr, xchg(&slots[nr].bin[i], NULL));
}

/* ---- Operations of a burst ---------------------------------------------------------------- */

struct burst {
	struct rnd_state rnd;
	unsigned int count;
	u32 nr; /* of the slot */
	gfp_t gfp;
	struct irq_work work;
};

static u32 any(struct burst *b, u32 below)
{
	return prandom_u32_state(&b->rnd) % below;
}

static struct object **any_bin(struct burst *b)
{
	return &slots[b->nr].bin[any(b, BINS)];
}

static void swap_object(struct burst *b)
{
	object_put(b->nr, xchg(any_bin(b), object_get(b->nr, b->gfp)));
}

static void take_object(struct burst *b)
{
	object_put(b->nr, xchg(any_bin(b), NULL));
}

static void take_object_rcu(struct burst *b)
{
	object_put_rcu(b->nr, xchg(any_bin(b), NULL));
}

static void take_object_rcu_nolock(struct burst *b)
{
	if (!slot_is_typesafe(b->nr))
		object_put_rcu_nolock(b->nr, xchg(any_bin(b), NULL));
}

static void swap_many(struct burst *b)
{
	unsigned int i, n = 1 + any(b, BULK_MAX);
	void *objects[BULK_MAX];

	lockdep_assert_irqs_enabled();
	if (!kmem_cache_alloc_bulk(slots[b->nr].cache, b->gfp | GFP_STRESS, n, objects))
		return;
	for (i = 0; i < n; i++)
		take(b->nr, objects[i]);
	for (i = 0; i < n; i++)
		leave(b->nr, objects[i]);
	kmem_cache_free_bulk(slots[b->nr].cache, n, objects);
}

static struct chunk *chunk_take(struct chunk *c, u32 size)
{
	if (c) {
		c->size = size;
		c->stamp = (unsigned long)c ^ STAMP ^ size;
	}
	return c;
}

static struct chunk *chunk_leave(struct chunk *c)
{
	if (c) {
		if (c->stamp != ((unsigned long)c ^ STAMP ^ c->size))
			wrong("kmalloc memory changed while in use", SLOTS, c);
		c->stamp = 0;
	}
	return c;
}

static void swap_chunk(struct burst *b)
{
	u32 size = sizeof(struct chunk) + any(b, KMALLOC_MAX);
	struct chunk *c = chunk_take(kmalloc(size, b->gfp | GFP_STRESS), size);

	kfree(chunk_leave(xchg(&chunks[any(b, BINS)], c)));
}

/* In any context; in some there is never memory. */
static void swap_chunk_nolock(struct burst *b)
{
	u32 size = sizeof(struct chunk) + any(b, KMALLOC_MAX);
	struct chunk *c = chunk_take(kmalloc_nolock(size, 0, NUMA_NO_NODE), size);

	kfree_nolock(chunk_leave(xchg(&nolock_chunks[any(b, BINS)], c)));
}

/* Those that are there twice are done more often. */
static void (*const operations[])(struct burst *b) = {
	/* in any context */
	take_object_rcu_nolock,
	swap_chunk_nolock,
	/* where a spinlock_t may be taken */
	swap_object,
	swap_object,
	swap_object,
	swap_object,
	take_object,
	take_object_rcu,
	swap_chunk,
	/* with interrupts enabled */
	swap_many,
};

enum {
	IN_ANY_CONTEXT = 2,
	WITH_SPINLOCKS = ARRAY_SIZE(operations) - 1,
	WITH_INTERRUPTS = ARRAY_SIZE(operations),
};

/* Of @operations those of the first @choice. The slot is held. */
static void burst_run(struct burst *b, unsigned int choice)
{
	unsigned int i;

	for (i = 0; i < b->count; i++)
		operations[any(b, choice)](b);
}

/* ---- Files -------------------------------------------------------------------------------- */

static int burst(struct burst *b)
{
	b->gfp = GFP_KERNEL;
	burst_run(b, WITH_INTERRUPTS);
	return 0;
}

static void irq_work_run_burst(struct irq_work *work)
{
	burst_run(container_of(work, struct burst, work), WITH_SPINLOCKS);
}

/* Never a spinlock_t here, with which PREEMPT_RT sleeps; that is why there is the irq work. */
static void irq_run_burst(void *arg)
{
	struct burst *b = arg;

	burst_run(b, IN_ANY_CONTEXT);
	irq_work_queue(&b->work);
}

static int irq(struct burst *b)
{
	unsigned int cpu;
	int err;

	b->gfp = GFP_ATOMIC;
	b->work = IRQ_WORK_INIT(irq_work_run_burst);
	cpus_read_lock();
	cpu = cpumask_nth(any(b, num_online_cpus()), cpu_online_mask);
	err = smp_call_function_single(cpu, irq_run_burst, b, 1);
	if (!err)
		irq_work_sync(&b->work);
	cpus_read_unlock();
	return err;
}

static int shrink(struct burst *b)
{
	kmem_cache_shrink(slots[b->nr].cache);
	return 0;
}

static int renew(struct burst *b)
{
	slot_empty(b->nr);
	kmem_cache_destroy(slots[b->nr].cache);
	return slot_fill(b->nr);
}

static void shrink_all(void)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		down_read(&slots[i].lock);
		if (slots[i].cache)
			kmem_cache_shrink(slots[i].cache);
		up_read(&slots[i].lock);
	}
}

static int settle(struct burst *b)
{
	unsigned int i;

	for (i = 0; i < BINS; i++) {
		kfree(chunk_leave(xchg(&chunks[i], NULL)));
		kfree_nolock(chunk_leave(xchg(&nolock_chunks[i], NULL)));
	}
	for (i = 0; i < SLOTS; i++) {
		down_write(&slots[i].lock);
		slot_empty(i);
		up_write(&slots[i].lock);
	}
	/* The first submits what CPUs have collected for a grace period; then it comes back. */
	shrink_all();
	rcu_barrier();
	shrink_all();
	rcu_barrier(); /* slabs of SLAB_TYPESAFE_BY_RCU */
	return 0;
}

static const struct op {
	const char *name;
	int (*run)(struct burst *b);
	enum { HOLD_NOTHING, HOLD_SLOT, HOLD_CACHE } hold;
} ops[] = {
	{ "burst", burst, HOLD_SLOT },   { "irq", irq, HOLD_SLOT }, { "renew", renew, HOLD_CACHE },
	{ "shrink", shrink, HOLD_SLOT }, { "settle", settle },
};

static int op_run(const struct op *op, struct burst *b)
{
	struct slot *s = &slots[b->nr];
	int err = 0;

	switch (op->hold) {
	case HOLD_SLOT:
		down_read(&s->lock);
		if (s->cache)
			err = op->run(b);
		up_read(&s->lock);
		break;
	case HOLD_CACHE:
		down_write(&s->lock);
		err = op->run(b);
		up_write(&s->lock);
		break;
	default:
		err = op->run(b);
	}
	return err;
}

static ssize_t op_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	unsigned long long seed = 0;
	char text[48] = "";
	struct burst b = {};
	int err;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	if (sscanf(text, "%llu %u", &seed, &b.count) < 1 || b.count > COUNT_MAX)
		return -EINVAL;
	prandom_seed_state(&b.rnd, seed);
	b.nr = any(&b, SLOTS);
	err = op_run(file->private_data, &b);
	return err ? err : len;
}

static const struct file_operations op_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = op_write,
};

static int wrong_show(struct seq_file *m, void *unused)
{
	if (atomic_read(&nr_wrong))
		seq_printf(m, "%d times, first: %s", atomic_read(&nr_wrong), first_wrong);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(wrong);

static void release(void)
{
	unsigned int i;

	debugfs_remove_recursive(dir);
	settle(NULL);
	for (i = 0; i < SLOTS; i++)
		kmem_cache_destroy(slots[i].cache);
}

static int __init qpw_stress_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < SLOTS; i++)
		init_rwsem(&slots[i].lock);
	for (i = 0; i < SLOTS; i++) {
		err = slot_fill(i);
		if (err) {
			release();
			return err;
		}
	}
	dir = kdelta_dir("qpw_stress");
	if (IS_ERR(dir)) {
		err = PTR_ERR(dir);
		release();
		return err;
	}
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		debugfs_create_file(ops[i].name, 0200, dir, (void *)&ops[i], &op_fops);
	debugfs_create_file("wrong", 0400, dir, NULL, &wrong_fops);
	return 0;
}

static void __exit qpw_stress_exit(void)
{
	release();
}

module_init(qpw_stress_init);
module_exit(qpw_stress_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: slab caches that are used and drained everywhere at once");
