// SPDX-License-Identifier: GPL-2.0
/*
 * percpu_bench: what one operation on a per-CPU variable costs, or one allocation of such memory.
 *
 * A round is: the empty loop, `iterations` batches; then the real loop, `iterations` batches. A
 * batch is `batch` operations with interrupts off, so that nothing but them is in it; allocations
 * may sleep and have interrupts on. Where:
 *
 *	one		in the writer of "run"
 *	all		on every CPU, each batch at the same time
 *	migrating	a thread per CPU, with interrupts on, each moved to another CPU
 *			`iterations` times: not measured, but not one operation may be lost
 *
 * A write to "check" fails if the last round left a variable with another value than that many
 * operations make, changed what stands behind it, or was given memory that was not zero.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "kdelta_canary.h"
#include "kdelta_crew.h"
#include "kdelta_percpu_bench.h"
#include "kdelta_round.h"

#define BATCH_MAX 65536
#define ITERATIONS_MAX 1000000

static char *op = "inc";
module_param(op, charp, 0444);
MODULE_PARM_DESC(op,
		 "read, write, inc, add, add_return, and, or, xchg, cmpxchg, cmpxchg128, alloc");

static unsigned int width = 8;
module_param(width, uint, 0444);
MODULE_PARM_DESC(width, "bytes of the variable: 1, 2, 4, 8; 16 for cmpxchg128 alone");

static char *kind = "this_cpu";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "this_cpu, __this_cpu, ptr (C on this_cpu_ptr()), raw (raw_cpu)");

static char *form = "loop";
module_param(form, charp, 0444);
MODULE_PARM_DESC(form, "loop: inlined; leaf: a function that does nothing else");

static char *cpus = "one";
module_param(cpus, charp, 0444);
MODULE_PARM_DESC(cpus, "one, all, migrating");

static unsigned int size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes per object of op=alloc, on every CPU");

static unsigned int batch = 1000;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "operations per batch");

static unsigned int iterations = 100;
module_param(iterations, uint, 0444);
MODULE_PARM_DESC(iterations, "batches per round; migrating: moves of each thread");

static unsigned int canary;
module_param(canary, uint, 0444);
MODULE_PARM_DESC(canary, "no-op instructions added to every operation, a known cost");

static bool spoil;
module_param(spoil, bool, 0444);
MODULE_PARM_DESC(spoil, "change a variable from outside, which has to be noticed");

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that the writer of \"run\" must be on");

enum { SIDE_OP };
enum { SIDE_ALLOC, SIDE_FREE };

/* What one CPU does. */
struct share {
	struct kdelta_round round;
	struct kdelta_member *member;
	struct percpu_objs objs; /* op=alloc */
	u64 done; /* operations that the variables have seen */
	bool wrong; /* op=alloc: an object was not as it must be */
};

struct bench {
	struct mutex lock; /* one round at a time, no reading while it runs */
	struct dentry *dir;
	struct kdelta_crew crew;
	struct share *shares;
	const struct percpu_op *op; /* NULL: alloc */
	percpu_fn real, empty;
	bool all, migrating;
	u64 migrations;
	bool moved; /* as often as it was asked for: the threads may stop */
	bool valid; /* the last round is complete */
};

static struct bench bench;

static int op_batch(void *arg, bool empty, struct kdelta_cost *cost)
{
	struct share *s = arg;
	struct kdelta_counts before;
	unsigned long flags;
	u64 ticks;

	if (!kdelta_gate_pass(s->member))
		return -ECANCELED;
	kdelta_side_begin(&s->round, &before);
	local_irq_save(flags);
	ticks = percpu_op_run(empty ? bench.empty : bench.real, batch);
	if (canary)
		ticks += kdelta_canary_run(empty ? 0 : canary, batch);
	local_irq_restore(flags);
	kdelta_side_end(&s->round, &before, &cost[SIDE_OP], ticks);
	if (!empty)
		s->done += batch;
	return 0;
}

/* Nobody looks at the time: interrupts stay on, and the thread may be moved anywhere. */
static int migrating_batches(struct share *s)
{
	while (!READ_ONCE(bench.moved)) {
		percpu_op_repeat(bench.op, batch);
		s->done += batch;
		cond_resched();
	}
	return 0;
}

static int alloc_side(struct share *s, bool empty, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	u64 ticks;
	int err = 0;

	kdelta_side_begin(&s->round, &before);
	if (empty)
		ticks = percpu_objs_alloc_empty(&s->objs);
	else
		err = percpu_objs_alloc(&s->objs, &ticks);
	if (err)
		return err;
	if (canary)
		ticks += kdelta_canary_run(empty ? 0 : canary, batch);
	kdelta_side_end(&s->round, &before, cost, ticks);
	return 0;
}

static void free_side(struct share *s, bool empty, struct kdelta_cost *cost)
{
	struct kdelta_counts before;
	u64 ticks;

	kdelta_side_begin(&s->round, &before);
	ticks = empty ? percpu_objs_free_empty(&s->objs) : percpu_objs_free(&s->objs);
	if (canary)
		ticks += kdelta_canary_run(empty ? 0 : canary, batch);
	kdelta_side_end(&s->round, &before, cost, ticks);
}

static int alloc_batch(void *arg, bool empty, struct kdelta_cost *cost)
{
	struct share *s = arg;
	int err;

	if (!kdelta_gate_pass(s->member))
		return -ECANCELED;
	err = alloc_side(s, empty, &cost[SIDE_ALLOC]);
	if (err)
		return err;
	if (!empty) {
		if (spoil)
			*(u8 *)per_cpu_ptr(s->objs.ptr[0], raw_smp_processor_id()) = 1;
		s->wrong |= !percpu_objs_check(&s->objs);
		s->done += batch;
	}
	free_side(s, empty, &cost[SIDE_FREE]);
	return 0;
}

static int work(struct kdelta_member *m)
{
	struct share *s = &bench.shares[m->number];

	s->member = m;
	s->done = 0;
	s->wrong = false;
	if (bench.migrating)
		return migrating_batches(s);
	s->round.batches = iterations;
	s->round.sides = bench.op ? 1 : 2;
	s->round.batch = bench.op ? op_batch : alloc_batch;
	s->round.arg = s;
	return kdelta_round_run(&s->round);
}

/* Every thread to the next CPU, as often as there are iterations. */
static void migrate(struct kdelta_crew *c)
{
	unsigned int i, n;

	for (n = 0; n < iterations && !fatal_signal_pending(current); n++) {
		for (i = 0; i < c->size; i++) {
			struct kdelta_member *m = &c->members[i];
			int next = cpumask_next_wrap(m->cpu, cpu_online_mask);

			if (!set_cpus_allowed_ptr(m->task, cpumask_of(next)))
				bench.migrations++;
			m->cpu = next;
		}
	}
	WRITE_ONCE(bench.moved, true);
}

static int run_round(struct bench *b)
{
	int err;

	if (b->op)
		percpu_op_prepare(b->op);
	b->migrations = 0;
	b->moved = false;
	cpus_read_lock();
	err = kdelta_crew_run(&b->crew, b->all ? cpu_online_mask : cpumask_of(cpu));
	cpus_read_unlock();
	if (!err && b->op && spoil)
		percpu_op_spoil(b->op, cpu);
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

static u64 all_done(const struct bench *b)
{
	u64 n = 0;
	unsigned int i;

	for (i = 0; i < b->crew.size; i++)
		n += b->shares[i].done;
	return n;
}

static bool is_right(const struct bench *b)
{
	bool right = true;
	unsigned int i;

	if (b->migrating)
		return percpu_op_check_sum(b->op, all_done(b));
	for (i = 0; i < b->crew.size; i++) {
		const struct share *s = &b->shares[i];

		if (b->op)
			right &= percpu_op_check(b->op, s->member->cpu, s->done);
		else
			right &= !s->wrong;
	}
	return right;
}

static ssize_t check_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bench *b = &bench;
	int err;

	err = mutex_lock_interruptible(&b->lock);
	if (err)
		return err;
	if (!b->valid)
		err = -ENODATA;
	else if (!is_right(b))
		err = -EBADMSG;
	mutex_unlock(&b->lock);
	return err ? err : len;
}

static const struct file_operations check_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = check_write,
};

static const struct kdelta_side_names op_names[] = {
	[SIDE_OP] = KDELTA_SIDE_NAMES(percpu),
};

static const struct kdelta_side_names alloc_names[] = {
	[SIDE_ALLOC] = KDELTA_SIDE_NAMES(percpu_alloc),
	[SIDE_FREE] = KDELTA_SIDE_NAMES(percpu_free),
};

static void show_shares(struct seq_file *m, const struct bench *b)
{
	const struct kdelta_side_names *names = b->op ? op_names : alloc_names;
	unsigned int i, side;

	for (i = 0; i < b->crew.size; i++) {
		const struct share *s = &b->shares[i];

		for (side = 0; side < s->round.sides; side++)
			kdelta_round_show(m, &s->round, side, &names[side], s->member->cpu, batch);
	}
}

static int result_show(struct seq_file *m, void *unused)
{
	struct bench *b = &bench;
	int err;

	err = mutex_lock_interruptible(&b->lock);
	if (err)
		return err;
	if (b->valid) {
		if (b->migrating)
			kdelta_count_show(m, "migrations", b->migrations);
		else
			show_shares(m, b);
		kdelta_count_show(m, "operations", all_done(b));
	} else {
		err = -ENODATA;
	}
	mutex_unlock(&b->lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int check_op(struct bench *b)
{
	static const char *const forms[] = { "loop", "leaf" };
	int leaf;

	if (!strcmp(op, "alloc"))
		return 0;
	leaf = match_string(forms, ARRAY_SIZE(forms), form);
	if (leaf < 0) {
		pr_err("form '%s' is neither loop nor leaf\n", form);
		return -EINVAL;
	}
	b->op = percpu_op_find(op, kind, width);
	if (!b->op) {
		pr_err("there is no %s '%s' of %u bytes\n", kind, op, width);
		return -EINVAL;
	}
	if (!percpu_op_supported(b->op)) {
		pr_err("this CPU has no %s of %u bytes\n", op, width);
		return -EOPNOTSUPP;
	}
	b->real = leaf ? b->op->leaf : b->op->loop;
	b->empty = leaf ? b->op->empty_leaf : b->op->empty_loop;
	return 0;
}

static int check_cpus(struct bench *b)
{
	static const char *const names[] = { "one", "all", "migrating" };
	int which = match_string(names, ARRAY_SIZE(names), cpus);

	if (which < 0) {
		pr_err("cpus '%s' is none of one, all, migrating\n", cpus);
		return -EINVAL;
	}
	b->all = which > 0;
	b->migrating = which == 2;
	if (!b->migrating)
		return 0;
	if (!b->op || (b->op->effect != PERCPU_COUNT && b->op->effect != PERCPU_SUM)) {
		pr_err("cpus 'migrating' needs an operation that counts: inc, add, add_return\n");
		return -EINVAL;
	}
	if (num_online_cpus() < 2) {
		pr_err("cpus 'migrating' needs two CPUs\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int check_params(struct bench *b)
{
	int err;

	if (kdelta_check_range("batch", batch, 1, BATCH_MAX) ||
	    kdelta_check_range("iterations", iterations, 1, ITERATIONS_MAX) ||
	    kdelta_check_range("size", size, 1, PCPU_MIN_UNIT_SIZE) ||
	    kdelta_check_range("canary", canary, 0, KDELTA_CANARY_MAX) ||
	    kdelta_check_range("cpu", cpu, 0, nr_cpu_ids - 1) || kdelta_check_cpu(cpu))
		return -EINVAL;
	err = check_op(b);
	return err ? err : check_cpus(b);
}

static void free_shares(struct bench *b)
{
	unsigned int i;

	for (i = 0; b->shares && i < nr_cpu_ids; i++)
		percpu_objs_release(&b->shares[i].objs);
	kvfree(b->shares);
	kdelta_crew_release(&b->crew);
}

static int alloc_shares(struct bench *b)
{
	unsigned int i, n = b->all ? num_online_cpus() : 1;
	int err;

	err = kdelta_crew_init(&b->crew);
	if (err)
		return err;
	b->shares = kvcalloc(nr_cpu_ids, sizeof(*b->shares), GFP_KERNEL);
	if (!b->shares)
		return -ENOMEM;
	for (i = 0; i < n && !err && !b->op; i++)
		err = percpu_objs_init(&b->shares[i].objs, batch, size);
	return err;
}

static int __init percpu_bench_init(void)
{
	struct bench *b = &bench;
	int err;

	err = check_params(b);
	if (err)
		return err;
	mutex_init(&b->lock);
	b->crew.work = work;
	b->crew.meanwhile = b->migrating ? migrate : NULL;
	err = alloc_shares(b);
	if (err) {
		free_shares(b);
		return err;
	}
	b->dir = kdelta_dir("percpu_bench");
	if (IS_ERR(b->dir)) {
		free_shares(b);
		return PTR_ERR(b->dir);
	}
	debugfs_create_file("run", 0200, b->dir, NULL, &run_fops);
	debugfs_create_file("check", 0200, b->dir, NULL, &check_fops);
	debugfs_create_file("result", 0400, b->dir, NULL, &result_fops);
	return 0;
}

static void __exit percpu_bench_exit(void)
{
	debugfs_remove_recursive(bench.dir);
	free_shares(&bench);
}

module_init(percpu_bench_init);
module_exit(percpu_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: cost of per-CPU operations and allocations");
