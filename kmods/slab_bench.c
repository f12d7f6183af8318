// SPDX-License-Identifier: GPL-2.0
/*
 * slab_bench: what allocating from a kmem_cache and freeing to it cost, timed apart.
 *
 * The cache is the module's own and shares its slabs with nobody. A round is: the empty loop,
 * `iterations` batches; then the real loop, `iterations` batches. In a batch `batch` objects are
 * allocated, then all of them are freed, in an order that was prepared in between:
 *
 *	single	kmem_cache_alloc(), kmem_cache_free()
 *	bulk	kmem_cache_alloc_bulk(), kmem_cache_free_bulk() of `bulk` objects at a time
 *	rcu	kmem_cache_alloc(), kfree_rcu(): the call; a grace period later it is freed
 *
 * With free_on=next every CPU frees what the one before it has allocated, all of them at the same
 * time; on one CPU that is two threads, one of which allocates and the other frees.
 *
 * A write to "settle" waits for grace periods and takes back what CPUs have cached: no object is
 * left then, as objects and slabs of the cache in /sys/kernel/slab tell.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "kdelta_canary.h"
#include "kdelta_crew.h"
#include "kdelta_marker.h"
#include "kdelta_round.h"

#define CACHE_NAME "kdelta_slab_bench"
#define OBJECT_MAX 8192
#define BATCH_MAX 65536
#define ITERATIONS_MAX 1000000

static char *op = "single";
module_param(op, charp, 0444);
MODULE_PARM_DESC(op, "single, bulk, rcu");

static unsigned int size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes per object");

static unsigned int batch = 128;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "objects per batch");

static unsigned int bulk = 16;
module_param(bulk, uint, 0444);
MODULE_PARM_DESC(bulk, "objects per call of op=bulk");

static unsigned int iterations = 100;
module_param(iterations, uint, 0444);
MODULE_PARM_DESC(iterations, "batches per round");

static char *order = "lifo";
module_param(order, charp, 0444);
MODULE_PARM_DESC(order, "order of freeing: lifo, fifo, random");

static char *cpus = "one";
module_param(cpus, charp, 0444);
MODULE_PARM_DESC(cpus, "one, all");

static char *free_on = "same";
module_param(free_on, charp, 0444);
MODULE_PARM_DESC(free_on, "CPU that frees: same, next");

static bool account;
module_param(account, bool, 0444);
MODULE_PARM_DESC(account, "charge the objects to the memory cgroup of the writer");

static unsigned int canary;
module_param(canary, uint, 0444);
MODULE_PARM_DESC(canary, "no-op instructions added to every operation, a known cost");

static bool leak;
module_param(leak, bool, 0444);
MODULE_PARM_DESC(leak, "keep an object, which has to be noticed");

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that the writer of \"run\" must be on");

enum { SIDE_ALLOC, SIDE_FREE, SIDES };
enum { ORDER_LIFO, ORDER_FIFO, ORDER_RANDOM };

struct object {
	struct rcu_head rcu;
};

/* All return the ticks they took. */
struct op {
	const char *name;
	u64 (*alloc)(void **objs, unsigned int *done); /* @done under batch: no more memory */
	u64 (*free)(void **objs);
	u64 (*alloc_empty)(void **objs, unsigned int *done);
	u64 (*free_empty)(void **objs);
};

/* What one CPU does. */
struct share {
	struct kdelta_round round;
	struct kdelta_member *member;
	void **objs; /* as they were allocated here */
	void **freeing; /* as they will be freed here */
	bool allocates, frees;
};

struct bench {
	struct mutex lock; /* one round at a time, no reading while it runs */
	struct dentry *dir;
	struct kmem_cache *cache;
	const struct op *op;
	bool all, remote;
	u32 *turn; /* the turn[i]-th that was allocated is the i-th to be freed */
	struct kdelta_crew crew;
	struct share *shares;
	struct mem_cgroup *memcg; /* that the threads of a crew charge */
	void *leaked;
	bool valid; /* the last round is complete */
};

static struct bench bench;

/* NORETRY: a batch that does not fit is an error to report, no reason to kill a process. */
#define GFP_BENCH (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

static noinline u64 alloc_single(void **objs, unsigned int *done)
{
	struct kmem_cache *cache = bench.cache;
	unsigned int i, n = batch;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC);
	for (i = 0; i < n; i++) {
		void *p = kmem_cache_alloc(cache, GFP_BENCH);

		objs[i] = p;
		if (unlikely(!p))
			break;
	}
	kdelta_close(KDELTA_WINDOW_ALLOC);
	end = kdelta_ticks();
	*done = i;
	return end - start;
}

static noinline u64 alloc_single_empty(void **objs, unsigned int *done)
{
	void *dummy = bench.cache;
	unsigned int i, n = batch;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC_EMPTY);
	for (i = 0; i < n; i++) {
		void *p = dummy;

		OPTIMIZER_HIDE_VAR(p);
		barrier();
		objs[i] = p;
		if (unlikely(!p))
			break;
	}
	kdelta_close(KDELTA_WINDOW_ALLOC_EMPTY);
	end = kdelta_ticks();
	*done = i;
	return end - start;
}

static noinline u64 alloc_bulk(void **objs, unsigned int *done)
{
	struct kmem_cache *cache = bench.cache;
	unsigned int i, n = batch, at_once = bulk;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC);
	for (i = 0; i < n; i += at_once)
		if (!kmem_cache_alloc_bulk(cache, GFP_BENCH, min(at_once, n - i), objs + i))
			break;
	kdelta_close(KDELTA_WINDOW_ALLOC);
	end = kdelta_ticks();
	*done = min(i, n);
	return end - start;
}

static noinline u64 alloc_bulk_empty(void **objs, unsigned int *done)
{
	unsigned int i, n = batch, at_once = bulk;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_ALLOC_EMPTY);
	for (i = 0; i < n; i += at_once) {
		unsigned int some = min(at_once, n - i);

		OPTIMIZER_HIDE_VAR(some);
		barrier();
		if (!some)
			break;
	}
	kdelta_close(KDELTA_WINDOW_ALLOC_EMPTY);
	end = kdelta_ticks();
	*done = min(i, n);
	return end - start;
}

static noinline u64 free_single(void **objs)
{
	struct kmem_cache *cache = bench.cache;
	unsigned int i, n = batch;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE);
	for (i = 0; i < n; i++)
		kmem_cache_free(cache, objs[i]);
	kdelta_close(KDELTA_WINDOW_FREE);
	end = kdelta_ticks();
	return end - start;
}

static noinline u64 free_rcu(void **objs)
{
	unsigned int i, n = batch;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE);
	for (i = 0; i < n; i++) {
		struct object *o = objs[i];

		kfree_rcu(o, rcu);
	}
	kdelta_close(KDELTA_WINDOW_FREE);
	end = kdelta_ticks();
	return end - start;
}

static noinline u64 free_single_empty(void **objs)
{
	unsigned int i, n = batch;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE_EMPTY);
	for (i = 0; i < n; i++) {
		void *p = objs[i];

		OPTIMIZER_HIDE_VAR(p);
		barrier();
	}
	kdelta_close(KDELTA_WINDOW_FREE_EMPTY);
	end = kdelta_ticks();
	return end - start;
}

static noinline u64 free_bulk(void **objs)
{
	struct kmem_cache *cache = bench.cache;
	unsigned int i, n = batch, at_once = bulk;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE);
	for (i = 0; i < n; i += at_once)
		kmem_cache_free_bulk(cache, min(at_once, n - i), objs + i);
	kdelta_close(KDELTA_WINDOW_FREE);
	end = kdelta_ticks();
	return end - start;
}

static noinline u64 free_bulk_empty(void **objs)
{
	unsigned int i, n = batch, at_once = bulk;
	u64 start, end;

	start = kdelta_ticks();
	kdelta_open(KDELTA_WINDOW_FREE_EMPTY);
	for (i = 0; i < n; i += at_once) {
		unsigned int some = min(at_once, n - i);

		OPTIMIZER_HIDE_VAR(some);
		barrier();
	}
	kdelta_close(KDELTA_WINDOW_FREE_EMPTY);
	end = kdelta_ticks();
	return end - start;
}

static const struct op ops[] = {
	{ "single", alloc_single, free_single, alloc_single_empty, free_single_empty },
	{ "bulk", alloc_bulk, free_bulk, alloc_bulk_empty, free_bulk_empty },
	{ "rcu", alloc_single, free_rcu, alloc_single_empty, free_single_empty },
};

static int alloc_side(struct share *s, bool empty, struct kdelta_cost *cost)
{
	const struct op *how = bench.op;
	struct kdelta_counts before;
	unsigned int done;
	u64 ticks;

	kdelta_side_begin(&s->round, &before);
	ticks = empty ? how->alloc_empty(s->objs, &done) : how->alloc(s->objs, &done);
	if (canary)
		ticks += kdelta_canary_run(empty ? 0 : canary, batch);
	kdelta_side_end(&s->round, &before, cost, ticks);
	if (done == batch)
		return 0;
	pr_err("no memory for object %u of %u, %u bytes each\n", done, batch, size);
	kmem_cache_free_bulk(bench.cache, done, s->objs);
	return -ENOMEM;
}

static void free_side(struct share *s, bool empty, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	u64 ticks;

	kdelta_side_begin(&s->round, &before);
	ticks = empty ? bench.op->free_empty(s->freeing) : bench.op->free(s->freeing);
	if (canary)
		ticks += kdelta_canary_run(empty ? 0 : canary, batch);
	kdelta_side_end(&s->round, &before, cost, ticks);
}

/* From the share before this one, which is itself where there is only one. */
static void take_over(struct share *s)
{
	unsigned int from = bench.remote ? (s->member->number ?: bench.crew.size) - 1 :
					   s->member->number;
	void **objs = bench.shares[from].objs;
	unsigned int i;

	for (i = 0; i < batch; i++)
		s->freeing[i] = objs[bench.turn[i]];
}

/* Keep the first object of the round; one that nobody else knows takes its place. */
static int keep_one(struct share *s)
{
	if (!leak || cmpxchg(&bench.leaked, NULL, s->freeing[0]))
		return 0;
	s->freeing[0] = kmem_cache_alloc(bench.cache, GFP_BENCH);
	return s->freeing[0] ? 0 : -ENOMEM;
}

static int run_batch(void *arg, bool empty, struct kdelta_cost *cost)
{
	struct share *s = arg;
	int err;

	if (!kdelta_gate_pass(s->member))
		return -ECANCELED;
	if (s->allocates) {
		err = alloc_side(s, empty, &cost[SIDE_ALLOC]);
		if (err)
			return err;
	}
	if (!kdelta_gate_pass(s->member)) {
		if (s->allocates && !empty)
			kmem_cache_free_bulk(bench.cache, batch, s->objs);
		return -ECANCELED;
	}
	if (!s->frees)
		return 0;
	take_over(s);
	err = empty ? 0 : keep_one(s);
	if (!err)
		free_side(s, empty, &cost[SIDE_FREE]);
	return err;
}

static int work(struct kdelta_member *m)
{
	struct share *s = &bench.shares[m->number];
	struct mem_cgroup *old;
	int err;

	s->member = m;
	s->allocates = bench.all || !bench.remote || m->cpu == cpu;
	s->frees = bench.all || !bench.remote || m->cpu != cpu;
	s->round.batches = iterations;
	s->round.sides = SIDES;
	s->round.batch = run_batch;
	s->round.arg = s;
	old = set_active_memcg(bench.memcg);
	err = kdelta_round_run(&s->round);
	set_active_memcg(old);
	return err;
}

/* One CPU alone and its objects freed elsewhere: the next CPU does that. */
static void choose_cpus(const struct bench *b, struct cpumask *which)
{
	if (b->all) {
		cpumask_copy(which, cpu_online_mask);
		return;
	}
	cpumask_copy(which, cpumask_of(cpu));
	if (b->remote)
		cpumask_set_cpu(cpumask_next_wrap(cpu, cpu_online_mask), which);
}

static int run_round(struct bench *b)
{
	cpumask_var_t which;
	int err;

	if (!zalloc_cpumask_var(&which, GFP_KERNEL))
		return -ENOMEM;
	/* The writer alone is charged as it is; threads have no group of their own. */
	b->memcg = account && (b->all || b->remote) ? get_mem_cgroup_from_mm(current->mm) : NULL;
	cpus_read_lock();
	choose_cpus(b, which);
	err = kdelta_crew_run(&b->crew, which);
	cpus_read_unlock();
	mem_cgroup_put(b->memcg);
	free_cpumask_var(which);
	return err;
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
	err = run_round(b);
	b->valid = !err;
	mutex_unlock(&b->lock);
	return err ? err : len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static ssize_t settle_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	/* The first submits what CPUs have collected for a grace period; then it comes back. */
	kmem_cache_shrink(bench.cache);
	rcu_barrier();
	kmem_cache_shrink(bench.cache);
	return len;
}

static const struct file_operations settle_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = settle_write,
};

static const struct kdelta_side_names side_names[SIDES] = {
	[SIDE_ALLOC] = KDELTA_SIDE_NAMES(slab_alloc),
	[SIDE_FREE] = KDELTA_SIDE_NAMES(slab_free),
};

static void show_share(struct seq_file *m, const struct share *s)
{
	const int on = s->member->cpu;

	if (s->allocates)
		kdelta_round_show(m, &s->round, SIDE_ALLOC, &side_names[SIDE_ALLOC], on, batch);
	if (s->frees)
		kdelta_round_show(m, &s->round, SIDE_FREE, &side_names[SIDE_FREE], on, batch);
}

static int result_show(struct seq_file *m, void *unused)
{
	struct bench *b = &bench;
	unsigned int i, allocating = 0;
	int err;

	err = mutex_lock_interruptible(&b->lock);
	if (err)
		return err;
	if (b->valid) {
		for (i = 0; i < b->crew.size; i++) {
			show_share(m, &b->shares[i]);
			allocating += b->shares[i].allocates;
		}
		kdelta_count_show(m, "operations", (u64)allocating * iterations * batch);
	} else {
		err = -ENODATA;
	}
	mutex_unlock(&b->lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(result);

/* Which of @names @value is. */
static int choose(const char *what, const char *value, const char *const *names, size_t n)
{
	int which = match_string(names, n, value);

	if (which < 0)
		pr_err("%s '%s' is none that there is\n", what, value);
	return which;
}

static int check_op(struct bench *b)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(ops[i].name, op))
			b->op = &ops[i];
	if (!b->op) {
		pr_err("op '%s' is none of single, bulk, rcu\n", op);
		return -EINVAL;
	}
	return kdelta_check_range("size", size, b->op->free == free_rcu ? sizeof(struct object) : 1,
				  OBJECT_MAX);
}

static int check_params(struct bench *b, int *how)
{
	static const char *const orders[] = { "lifo", "fifo", "random" };
	static const char *const wheres[] = { "one", "all" };
	static const char *const frees[] = { "same", "next" };
	int where, on;

	if (check_op(b) || kdelta_check_range("batch", batch, 1, BATCH_MAX) ||
	    kdelta_check_range("bulk", bulk, 1, BATCH_MAX) ||
	    kdelta_check_range("iterations", iterations, 1, ITERATIONS_MAX) ||
	    kdelta_check_range("canary", canary, 0, KDELTA_CANARY_MAX) ||
	    kdelta_check_range("cpu", cpu, 0, nr_cpu_ids - 1) || kdelta_check_cpu(cpu))
		return -EINVAL;
	*how = choose("order", order, orders, ARRAY_SIZE(orders));
	where = choose("cpus", cpus, wheres, ARRAY_SIZE(wheres));
	on = choose("free_on", free_on, frees, ARRAY_SIZE(frees));
	if (*how < 0 || where < 0 || on < 0)
		return -EINVAL;
	b->all = where == 1;
	b->remote = on == 1;
	if (b->remote && num_online_cpus() < 2) {
		pr_err("free_on 'next' needs two CPUs\n");
		return -EOPNOTSUPP;
	}
	if (account && !IS_ENABLED(CONFIG_MEMCG)) {
		pr_err("account needs a kernel with CONFIG_MEMCG=y\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void plan_order(struct bench *b, int how)
{
	u32 i;

	for (i = 0; i < batch; i++)
		b->turn[i] = how == ORDER_LIFO ? batch - 1 - i : i;
	if (how == ORDER_RANDOM)
		kdelta_shuffle(b->turn, batch);
}

static void release(struct bench *b)
{
	unsigned int i;

	for (i = 0; b->shares && i < nr_cpu_ids; i++) {
		kvfree(b->shares[i].objs);
		kvfree(b->shares[i].freeing);
	}
	kvfree(b->shares);
	kvfree(b->turn);
	kdelta_crew_release(&b->crew);
	if (b->leaked)
		kmem_cache_free(b->cache, b->leaked);
	kmem_cache_destroy(b->cache); /* waits for kfree_rcu() */
}

static int prepare(struct bench *b)
{
	unsigned int i, n = b->all ? num_online_cpus() : 1 + b->remote;
	slab_flags_t flags = SLAB_NO_MERGE | (account ? SLAB_ACCOUNT : 0);

	if (kdelta_crew_init(&b->crew))
		return -ENOMEM;
	b->cache = kmem_cache_create(CACHE_NAME, size, 0, flags, NULL);
	b->turn = kvcalloc(batch, sizeof(*b->turn), GFP_KERNEL);
	b->shares = kvcalloc(nr_cpu_ids, sizeof(*b->shares), GFP_KERNEL);
	if (!b->cache || !b->turn || !b->shares)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct share *s = &b->shares[i];

		s->objs = kvcalloc(batch, sizeof(*s->objs), GFP_KERNEL);
		s->freeing = kvcalloc(batch, sizeof(*s->freeing), GFP_KERNEL);
		if (!s->objs || !s->freeing)
			return -ENOMEM;
	}
	return 0;
}

static int __init slab_bench_init(void)
{
	struct bench *b = &bench;
	int how, err;

	err = check_params(b, &how);
	if (err)
		return err;
	mutex_init(&b->lock);
	b->crew.work = work;
	err = prepare(b);
	if (err) {
		release(b);
		pr_err("no memory for batches of %u\n", batch);
		return err;
	}
	plan_order(b, how);
	b->dir = kdelta_dir("slab_bench");
	if (IS_ERR(b->dir)) {
		release(b);
		return PTR_ERR(b->dir);
	}
	debugfs_create_file("run", 0200, b->dir, NULL, &run_fops);
	debugfs_create_file("settle", 0200, b->dir, NULL, &settle_fops);
	debugfs_create_file("result", 0400, b->dir, NULL, &result_fops);
	return 0;
}

static void __exit slab_bench_exit(void)
{
	debugfs_remove_recursive(bench.dir);
	release(&bench);
}

module_init(slab_bench_init);
module_exit(slab_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: cost of a kmem_cache");
