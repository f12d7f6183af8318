// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc_bench: what one kmalloc() and one kfree() cost, timed apart.
 *
 * A round is: the empty loop, `iterations` batches; then the real loop, `iterations` batches. A
 * batch allocates and frees `batch` objects in steps, and only the inside of a step is timed.
 * Orders:
 *
 *	lifo	allocate all; free the newest first
 *	fifo	allocate all; free the oldest first
 *	random	allocate all; free in a shuffled order, the same in every batch, round and boot
 *	mixed	allocate 16, free the 8 oldest, and so on; what is left is freed at the end
 *
 * The empty loop takes the same steps through the same arrays, with the call left out, so that the
 * cost of the loop and of reading the counters falls away when it is subtracted.
 *
 * The size is not a compile-time constant here, so this is the __kmalloc() entry: a caller with a
 * constant size saves the lookup of the cache.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "kdelta_round.h"

#define BATCH_MAX 65536
#define ITERATIONS_MAX 1000000
#define CANARY_MAX 16
#define MIXED_ALLOC 16
#define MIXED_FREE 8

static unsigned int size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes per object");

static unsigned int batch = 128;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "objects per batch");

static unsigned int iterations = 100;
module_param(iterations, uint, 0444);
MODULE_PARM_DESC(iterations, "batches per round");

static char *order = "lifo";
module_param(order, charp, 0444);
MODULE_PARM_DESC(order, "order of kfree: lifo, fifo, random, mixed");

static bool preempt_off;
module_param(preempt_off, bool, 0444);
MODULE_PARM_DESC(preempt_off, "disable preemption around each batch, allocate with GFP_NOWAIT");

static bool account;
module_param(account, bool, 0444);
MODULE_PARM_DESC(account, "charge the objects to the memory cgroup of the writer");

static unsigned int canary;
module_param(canary, uint, 0444);
MODULE_PARM_DESC(canary, "no-op instructions added to every operation, a known cost");

static int cpu = -1;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that the writer of \"run\" must be on, -1 any");

static const char *const order_names[] = { "lifo", "fifo", "random", "mixed" };
enum { ORDER_LIFO, ORDER_FIFO, ORDER_RANDOM, ORDER_MIXED };

enum { SIDE_ALLOC, SIDE_FREE, SIDES };

/* Objects [from, to) of the batch are allocated, or freed. */
struct step {
	int side;
	u32 from, to;
};

struct bench;
typedef u64 (*loop_fn)(struct bench *b, u32 from, u32 to);

struct bench {
	struct mutex lock; /* one round at a time, no reading while it runs */
	struct dentry *dir;
	gfp_t gfp;
	void **objs;
	u32 *turn; /* objs[turn[i]] is the i-th to be freed */
	struct step *steps;
	u32 nsteps;
	u32 live_from, live_to; /* allocated and not freed: positions of both sides */
	bool failed; /* an allocation came back empty */
	struct kdelta_round round;
	int ran_on; /* CPU of the round, -1 not bound to one */
	bool valid; /* the last round is complete */
};

static struct bench bench;

static __always_inline void spend(const int nops)
{
	asm volatile(".rept %c0\n\tnop\n\t.endr" : : "i"(nops));
}

static __always_inline u64 alloc_loop(struct bench *b, u32 from, u32 to, const int nops)
{
	void **objs = b->objs;
	size_t bytes = size;
	gfp_t gfp = b->gfp;
	u64 start, end;
	u32 i;

	start = kdelta_ticks();
	for (i = from; i < to; i++) {
		void *p = kmalloc(bytes, gfp);

		objs[i] = p;
		if (unlikely(!p))
			break;
		if (nops)
			spend(nops);
	}
	end = kdelta_ticks();
	b->live_to = i;
	b->failed = i < to;
	return end - start;
}

static __always_inline u64 free_loop(struct bench *b, u32 from, u32 to, const int nops)
{
	void **objs = b->objs;
	u32 *turn = b->turn;
	u64 start, end;
	u32 i;

	start = kdelta_ticks();
	for (i = from; i < to; i++) {
		kfree(objs[turn[i]]);
		if (nops)
			spend(nops);
	}
	end = kdelta_ticks();
	b->live_from = to;
	return end - start;
}

static noinline u64 alloc_empty(struct bench *b, u32 from, u32 to)
{
	void **objs = b->objs;
	void *dummy = b;
	u64 start, end;
	u32 i;

	start = kdelta_ticks();
	for (i = from; i < to; i++) {
		void *p = dummy;

		OPTIMIZER_HIDE_VAR(p);
		barrier();
		objs[i] = p;
		if (unlikely(!p))
			break;
	}
	end = kdelta_ticks();
	return end - start;
}

static noinline u64 free_empty(struct bench *b, u32 from, u32 to)
{
	void **objs = b->objs;
	u32 *turn = b->turn;
	u64 start, end;
	u32 i;

	start = kdelta_ticks();
	for (i = from; i < to; i++) {
		void *p = objs[turn[i]];

		OPTIMIZER_HIDE_VAR(p);
		barrier();
	}
	end = kdelta_ticks();
	return end - start;
}

/* clang-format off */
/* One pair of loops per canary: a count that is looked up in the loop would cost by itself. */
#define ALLOC(n)								\
	static noinline u64 alloc_##n(struct bench *b, u32 from, u32 to)	\
	{									\
		return alloc_loop(b, from, to, n);				\
	}

#define FREE(n)									\
	static noinline u64 free_##n(struct bench *b, u32 from, u32 to)		\
	{									\
		return free_loop(b, from, to, n);				\
	}

ALLOC(0) ALLOC(1) ALLOC(2) ALLOC(3) ALLOC(4) ALLOC(5)
ALLOC(6) ALLOC(7) ALLOC(8) ALLOC(9) ALLOC(10) ALLOC(11)
ALLOC(12) ALLOC(13) ALLOC(14) ALLOC(15) ALLOC(16)

FREE(0) FREE(1) FREE(2) FREE(3) FREE(4) FREE(5)
FREE(6) FREE(7) FREE(8) FREE(9) FREE(10) FREE(11)
FREE(12) FREE(13) FREE(14) FREE(15) FREE(16)

#define ROW(n) { alloc_##n, free_##n }

static const loop_fn real_loops[CANARY_MAX + 1][SIDES] = {
	ROW(0), ROW(1), ROW(2), ROW(3), ROW(4), ROW(5),
	ROW(6), ROW(7), ROW(8), ROW(9), ROW(10), ROW(11),
	ROW(12), ROW(13), ROW(14), ROW(15), ROW(16),
};

/* clang-format on */

static const loop_fn empty_loops[SIDES] = { alloc_empty, free_empty };

static void run_steps(struct bench *b, const loop_fn *loops, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	u64 ticks;
	u32 i;

	for (i = 0; i < b->nsteps && !b->failed; i++) {
		const struct step *s = &b->steps[i];

		kdelta_side_begin(&b->round, &before);
		ticks = loops[s->side](b, s->from, s->to);
		kdelta_side_end(&b->round, &before, &cost[s->side], ticks);
	}
}

static void free_rest(struct bench *b)
{
	u32 i;

	/* A failed mixed batch has freed [0, live_from) of [0, live_to), in the same order. */
	for (i = b->live_from; i < b->live_to; i++)
		kfree(b->objs[i]);
}

static int run_batch(void *arg, bool empty, struct kdelta_cost *cost)
{
	const loop_fn *loops = empty ? empty_loops : real_loops[canary];
	struct bench *b = arg;

	b->live_from = 0;
	b->live_to = 0;
	b->failed = false;
	if (preempt_off)
		preempt_disable();
	run_steps(b, loops, cost);
	if (preempt_off)
		preempt_enable();
	if (!b->failed)
		return 0;
	pr_err("no memory for object %u of %u, %u bytes each\n", b->live_to, batch, size);
	free_rest(b);
	return -ENOMEM;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bench *b = &bench;
	int err;

	if (!kdelta_on_cpu(cpu))
		return -EINVAL;
	err = mutex_lock_interruptible(&b->lock);
	if (err)
		return err;
	b->valid = false;
	b->ran_on = current->nr_cpus_allowed == 1 ? raw_smp_processor_id() : -1;
	err = kdelta_round_run(&b->round);
	b->valid = !err;
	mutex_unlock(&b->lock);
	return err ? err : len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static const struct kdelta_side_names side_names[SIDES] = {
	[SIDE_ALLOC] = KDELTA_SIDE_NAMES(kmalloc),
	[SIDE_FREE] = KDELTA_SIDE_NAMES(kfree),
};

static int result_show(struct seq_file *m, void *unused)
{
	struct bench *b = &bench;
	struct kdelta_value ops = {
		.metric = "operations", .stat = "count", .unit = "operations", .den = 1
	};
	int side, err;

	err = mutex_lock_interruptible(&b->lock);
	if (err)
		return err;
	if (!b->valid) {
		mutex_unlock(&b->lock);
		return -ENODATA;
	}
	for (side = 0; side < SIDES; side++)
		kdelta_round_show(m, &b->round, side, &side_names[side], b->ran_on, batch);
	ops.cpu = b->ran_on;
	ops.num = (s64)iterations * batch;
	kdelta_value_show(m, &ops);
	mutex_unlock(&b->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static void add_step(struct bench *b, int side, u32 from, u32 to)
{
	if (from < to)
		b->steps[b->nsteps++] = (struct step){ .side = side, .from = from, .to = to };
}

static void plan_mixed(struct bench *b)
{
	u32 allocated = 0, freed = 0, n;

	while (allocated < batch) {
		n = min(batch - allocated, MIXED_ALLOC);
		add_step(b, SIDE_ALLOC, allocated, allocated + n);
		allocated += n;
		n = min(allocated - freed, MIXED_FREE);
		add_step(b, SIDE_FREE, freed, freed + n);
		freed += n;
	}
	add_step(b, SIDE_FREE, freed, batch);
}

static void plan_steps(struct bench *b, int how)
{
	u32 i;

	for (i = 0; i < batch; i++)
		b->turn[i] = how == ORDER_LIFO ? batch - 1 - i : i;
	if (how == ORDER_RANDOM)
		kdelta_shuffle(b->turn, batch);
	if (how == ORDER_MIXED) {
		plan_mixed(b);
		return;
	}
	add_step(b, SIDE_ALLOC, 0, batch);
	add_step(b, SIDE_FREE, 0, batch);
}

static int check_params(int *how)
{
	if (kdelta_check_range("size", size, 1, KMALLOC_MAX_SIZE) ||
	    kdelta_check_range("batch", batch, 1, BATCH_MAX) ||
	    kdelta_check_range("iterations", iterations, 1, ITERATIONS_MAX) ||
	    kdelta_check_range("canary", canary, 0, CANARY_MAX) || kdelta_check_cpu(cpu))
		return -EINVAL;
	if (account && !IS_ENABLED(CONFIG_MEMCG)) {
		pr_err("account needs a kernel with CONFIG_MEMCG=y\n");
		return -EOPNOTSUPP;
	}
	if (preempt_off && IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_err("preempt_off is not possible with PREEMPT_RT: kmalloc may sleep there\n");
		return -EOPNOTSUPP;
	}
	*how = match_string(order_names, ARRAY_SIZE(order_names), order);
	if (*how < 0) {
		pr_err("order '%s' is none of lifo, fifo, random, mixed\n", order);
		return -EINVAL;
	}
	return 0;
}

static void free_arrays(struct bench *b)
{
	kvfree(b->objs);
	kvfree(b->turn);
	kvfree(b->steps);
}

static int alloc_arrays(struct bench *b)
{
	/* mixed: two steps per chunk and the rest */
	u32 steps = 2 * DIV_ROUND_UP(batch, MIXED_ALLOC) + 1;

	b->objs = kvcalloc(batch, sizeof(*b->objs), GFP_KERNEL);
	b->turn = kvcalloc(batch, sizeof(*b->turn), GFP_KERNEL);
	b->steps = kvcalloc(steps, sizeof(*b->steps), GFP_KERNEL);
	if (b->objs && b->turn && b->steps)
		return 0;
	free_arrays(b);
	pr_err("no memory for a batch of %u\n", batch);
	return -ENOMEM;
}

static int __init kmalloc_bench_init(void)
{
	struct bench *b = &bench;
	int how, err;

	err = check_params(&how);
	if (err)
		return err;
	err = alloc_arrays(b);
	if (err)
		return err;
	mutex_init(&b->lock);
	b->round.batches = iterations;
	b->round.sides = SIDES;
	b->round.batch = run_batch;
	b->round.arg = b;
	/* NORETRY: a batch that does not fit is an error to report, no reason to kill a process. */
	b->gfp = (preempt_off ? GFP_NOWAIT : GFP_KERNEL | __GFP_NORETRY) | __GFP_NOWARN;
	if (account)
		b->gfp |= __GFP_ACCOUNT;
	plan_steps(b, how);
	b->dir = kdelta_dir("kmalloc_bench");
	if (IS_ERR(b->dir)) {
		free_arrays(b);
		return PTR_ERR(b->dir);
	}
	debugfs_create_file("run", 0200, b->dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, b->dir, NULL, &result_fops);
	return 0;
}

static void __exit kmalloc_bench_exit(void)
{
	debugfs_remove_recursive(bench.dir);
	free_arrays(&bench);
}

module_init(kmalloc_bench_init);
module_exit(kmalloc_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: cost of kmalloc and kfree");
