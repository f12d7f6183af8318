// SPDX-License-Identifier: GPL-2.0
/*
 * percpu_stress: operations on per-CPU variables, where they may go wrong. Tasks work on all kinds
 * of them, and are moved from CPU to CPU in the middle of an operation; interrupts work on the same
 * variables; and nothing may get lost, or happen to the copy of another CPU.
 *
 * On every CPU there are
 *
 *	tasks		(percpu_stress_task.c), which wander
 *	a mover		that preempts the task which runs there, sends all that are there to other
 *			CPUs, and interrupts another CPU
 *	a timer		that interrupts
 *
 * and beside them memory comes and goes (_alloc.c), and the kernel's page table grows (_entries.c).
 *
 * A write to "run" lasts until the tasks have done `operations`, until `seconds` are over, or until
 * something was wrong; "check" fails if so, and the log says what it was.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "kdelta_bench.h"
#include "kdelta_percpu_stress.h"
#include "kdelta_round.h"

#define OPERATIONS_MAX 1000000000
#define SECONDS_MAX 86400
#define PERIOD_MAX 1000000
#define ENTRIES_MAX 512
#define TURNS_PER_INTERRUPT 3

static unsigned int tasks;
module_param(tasks, uint, 0444);
MODULE_PARM_DESC(tasks, "tasks on all CPUs together; 0: two per CPU");

static unsigned int operations = 100000;
module_param(operations, uint, 0444);
MODULE_PARM_DESC(operations, "of all tasks in a round; 0: no end");

static unsigned int seconds;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "of a round at most; 0: no end");

static unsigned int period = 200;
module_param(period, uint, 0444);
MODULE_PARM_DESC(period,
		 "microseconds between two interrupts of a CPU, and between two moves; on average");

static unsigned int entries;
module_param(entries, uint, 0444);
MODULE_PARM_DESC(entries, "of the kernel's top page table that are first used in a round, at most");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of everything that is chosen");

static char *spoil = "none";
module_param(spoil, charp, 0444);
MODULE_PARM_DESC(spoil, "change a cell from outside, which has to be noticed: none, sum, copy");

enum { SPOIL_NONE, SPOIL_SUM, SPOIL_COPY };

/* What belongs to a CPU. */
struct post {
	int cpu;
	struct task_struct *mover;
	struct rnd_state rnd; /* the mover's */
	u64 moves;
	struct hrtimer timer;
	struct pstress_interrupts interrupts;
};

struct stress {
	struct mutex lock; /* one round at a time, no reading while it runs */
	struct dentry *dir;
	int spoil;
	bool valid; /* the last round is complete */
	/* Of a round */
	struct post *posts; /* by CPU */
	unsigned int ntasks;
	struct pstress_task *tasks[PSTRESS_TASKS_MAX];
	atomic_t running; /* tasks */
	struct completion done; /* none is */
	bool spoilt; /* by a mover; two at the same time may both do it */
	bool over;
	atomic_t wrong; /* times */
	/* Its result */
	struct pstress_numbers numbers;
	u64 moves, interrupts, entries;
};

static struct stress stress;

void pstress_wrong(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	WRITE_ONCE(stress.over, true);
	if (atomic_inc_return(&stress.wrong) > 1)
		return;
	va_start(args, fmt);
	vaf.va = &args;
	pr_err("%pV\n", &vaf);
	va_end(args);
}

bool pstress_over(void)
{
	return READ_ONCE(stress.over);
}

void pstress_task_ended(void)
{
	if (atomic_dec_and_test(&stress.running))
		complete(&stress.done);
}

/* A random time with the mean of @period, at least a microsecond. */
static u32 random_us(struct rnd_state *rnd)
{
	return 1 + prandom_u32_state(rnd) % (2 * period);
}

static void interrupt(struct post *p)
{
	int i;

	for (i = 0; i < TURNS_PER_INTERRUPT && !pstress_over(); i++)
		pstress_interrupt_turn(&p->interrupts);
}

static enum hrtimer_restart timer_interrupt(struct hrtimer *timer)
{
	struct post *p = container_of(timer, struct post, timer);

	interrupt(p);
	if (pstress_over())
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, us_to_ktime(random_us(&p->interrupts.rnd)));
	return HRTIMER_RESTART;
}

static void call_interrupt(void *unused)
{
	interrupt(&stress.posts[smp_processor_id()]);
}

static void start_timer(void *unused)
{
	struct post *p = &stress.posts[smp_processor_id()];

	hrtimer_start(&p->timer, us_to_ktime(period), HRTIMER_MODE_REL_PINNED_HARD);
}

/* A CPU that is not @cpu, or @cpu where there is no other. */
static int other_cpu(int cpu, struct rnd_state *rnd)
{
	int other = cpumask_nth(prandom_u32_state(rnd) % num_online_cpus(), cpu_online_mask);

	return other == cpu ? cpumask_next_wrap(cpu, cpu_online_mask) : other;
}

static void move_tasks(struct post *p)
{
	unsigned int i;

	for (i = 0; i < stress.ntasks; i++) {
		int to = other_cpu(p->cpu, &p->rnd);

		if (to == p->cpu || !pstress_task_move(stress.tasks[i], p->cpu, to))
			continue;
		p->moves++;
		if (stress.spoil == SPOIL_COPY && !READ_ONCE(stress.spoilt) &&
		    pstress_task_spoil(stress.tasks[i], p->cpu))
			WRITE_ONCE(stress.spoilt, true);
	}
}

static int mover_thread(void *arg)
{
	struct post *p = arg;

	while (!kthread_should_stop()) {
		u32 us = random_us(&p->rnd);

		usleep_range(us, us + us / 4);
		if (pstress_over())
			continue;
		move_tasks(p);
		smp_call_function_single(other_cpu(p->cpu, &p->rnd), call_interrupt, NULL, true);
	}
	return 0;
}

static int post_hire(struct post *p)
{
	struct task_struct *mover;

	mover = kthread_create_on_cpu(mover_thread, p, p->cpu, "pstress_mover/%u");
	if (IS_ERR(mover))
		return PTR_ERR(mover);
	sched_set_fifo(mover);
	p->mover = get_task_struct(mover);
	return 0;
}

/* A seed for everybody: neither equal nor next to each other. */
static u64 next_seed(struct rnd_state *rnd)
{
	u64 one;

	prandom_bytes_state(rnd, &one, sizeof(one));
	return one;
}

static void post_init(struct post *p, int cpu, struct rnd_state *rnd)
{
	p->cpu = cpu;
	p->mover = NULL;
	p->moves = 0;
	prandom_seed_state(&p->rnd, next_seed(rnd));
	pstress_interrupts_init(&p->interrupts, cpu, next_seed(rnd));
	hrtimer_setup(&p->timer, timer_interrupt, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
}

static int tasks_init(struct stress *s, struct rnd_state *rnd)
{
	unsigned int n = tasks ? tasks : min(2 * num_online_cpus(), PSTRESS_TASKS_MAX);

	for (s->ntasks = 0; s->ntasks < n; s->ntasks++) {
		struct pstress_task *t =
			pstress_task_new(s->ntasks, next_seed(rnd), DIV_ROUND_UP(operations, n));

		if (!t)
			return -ENOMEM;
		s->tasks[s->ntasks] = t;
	}
	return 0;
}

/* Everybody is there, and does not run yet. */
static int hire(struct stress *s)
{
	int cpu = -1, err = 0;
	unsigned int i;

	for_each_online_cpu(cpu) {
		err = post_hire(&s->posts[cpu]);
		if (err)
			return err;
	}
	cpu = -1;
	for (i = 0; i < s->ntasks && !err; i++) {
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
		err = pstress_task_hire(s->tasks[i], cpu);
	}
	return err ? err : pstress_entries_hire(entries, seconds);
}

static void work(struct stress *s)
{
	long left = seconds ? seconds * HZ : MAX_SCHEDULE_TIMEOUT;
	unsigned int i;
	int cpu;

	atomic_set(&s->running, s->ntasks);
	for (i = 0; i < s->ntasks; i++)
		pstress_task_start(s->tasks[i]);
	for_each_online_cpu(cpu)
		wake_up_process(s->posts[cpu].mover);
	pstress_entries_start();
	on_each_cpu(start_timer, NULL, true);
	left = wait_for_completion_killable_timeout(&s->done, left);
	WRITE_ONCE(s->over, true);
	if (left <= 0)
		wait_for_completion(&s->done);
}

/* Nobody is there any more: the code that they run is this module's. */
static void dismiss(struct stress *s)
{
	unsigned int i;
	int cpu;

	for_each_online_cpu(cpu) {
		hrtimer_cancel(&s->posts[cpu].timer);
		if (s->posts[cpu].mover)
			kthread_stop_put(s->posts[cpu].mover);
	}
	for (i = 0; i < s->ntasks; i++)
		pstress_task_join(s->tasks[i]);
}

/* Also when something was wrong: there may be more of it, which tells how. */
static void check_and_count(struct stress *s)
{
	struct pstress_tally all = {};
	unsigned int i;
	int cpu;

	s->numbers = (struct pstress_numbers){};
	s->moves = 0;
	s->interrupts = 0;
	for (i = 0; i < s->ntasks; i++) {
		pstress_tally_add(&all, pstress_task_tally(s->tasks[i]));
		pstress_task_numbers(s->tasks[i], &s->numbers);
	}
	for_each_online_cpu(cpu) {
		pstress_tally_add(&all, &s->posts[cpu].interrupts.tally);
		s->interrupts += s->posts[cpu].interrupts.n;
		s->moves += s->posts[cpu].moves;
	}
	if (s->spoil == SPOIL_SUM)
		pstress_shared_spoil(cpumask_last(cpu_online_mask));
	pstress_shared_check(&all);
}

static void free_tasks(struct stress *s)
{
	while (s->ntasks)
		pstress_task_free(s->tasks[--s->ntasks]);
}

static int run_round(struct stress *s)
{
	struct rnd_state rnd;
	int cpu, err, ended;

	prandom_seed_state(&rnd, seed);
	err = pstress_shared_init(&rnd);
	if (err)
		return err;
	s->over = false;
	atomic_set(&s->wrong, 0);
	s->spoilt = false;
	init_completion(&s->done);
	for_each_possible_cpu(cpu)
		post_init(&s->posts[cpu], cpu, &rnd);
	err = tasks_init(s, &rnd);
	if (!err)
		err = hire(s);
	if (!err)
		work(s);
	dismiss(s);
	ended = pstress_entries_join(&s->entries);
	if (!err)
		err = ended;
	if (!err)
		check_and_count(s);
	free_tasks(s);
	pstress_shared_release();
	if (!err && fatal_signal_pending(current))
		err = -EINTR;
	return err;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct stress *s = &stress;
	int err;

	err = mutex_lock_interruptible(&s->lock);
	if (err)
		return err;
	cpus_read_lock();
	err = run_round(s);
	cpus_read_unlock();
	s->valid = !err;
	mutex_unlock(&s->lock);
	return err ? err : len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static ssize_t check_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct stress *s = &stress;
	int err;

	err = mutex_lock_interruptible(&s->lock);
	if (err)
		return err;
	if (!s->valid)
		err = -ENODATA;
	else if (atomic_read(&s->wrong))
		err = -EBADMSG;
	mutex_unlock(&s->lock);
	return err ? err : len;
}

static const struct file_operations check_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = check_write,
};

static int result_show(struct seq_file *m, void *unused)
{
	struct stress *s = &stress;
	int err;

	err = mutex_lock_interruptible(&s->lock);
	if (err)
		return err;
	if (s->valid) {
		kdelta_count_show(m, "operations", s->numbers.operations);
		kdelta_count_show(m, "moves", s->moves);
		kdelta_count_show(m, "interrupts", s->interrupts);
		kdelta_count_show(m, "allocations", s->numbers.allocations);
		kdelta_count_show(m, "entries", s->entries);
	} else {
		err = -ENODATA;
	}
	mutex_unlock(&s->lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int check_params(struct stress *s)
{
	static const char *const spoils[] = { "none", "sum", "copy" };

	if (kdelta_check_range("tasks", tasks, 0, PSTRESS_TASKS_MAX) ||
	    kdelta_check_range("operations", operations, 0, OPERATIONS_MAX) ||
	    kdelta_check_range("seconds", seconds, 0, SECONDS_MAX) ||
	    kdelta_check_range("period", period, 1, PERIOD_MAX) ||
	    kdelta_check_range("entries", entries, 0, ENTRIES_MAX))
		return -EINVAL;
	if (!operations && !seconds) {
		pr_err("neither operations nor seconds: it would never end\n");
		return -EINVAL;
	}
	s->spoil = match_string(spoils, ARRAY_SIZE(spoils), spoil);
	if (s->spoil < 0) {
		pr_err("spoil '%s' is none of none, sum, copy\n", spoil);
		return -EINVAL;
	}
	return 0;
}

static int __init percpu_stress_init(void)
{
	struct stress *s = &stress;
	int err;

	err = check_params(s);
	if (err)
		return err;
	mutex_init(&s->lock);
	s->posts = kvcalloc(nr_cpu_ids, sizeof(*s->posts), GFP_KERNEL);
	if (!s->posts)
		return -ENOMEM;
	s->dir = kdelta_dir("percpu_stress");
	if (IS_ERR(s->dir)) {
		kvfree(s->posts);
		return PTR_ERR(s->dir);
	}
	debugfs_create_file("run", 0200, s->dir, NULL, &run_fops);
	debugfs_create_file("check", 0200, s->dir, NULL, &check_fops);
	debugfs_create_file("result", 0400, s->dir, NULL, &result_fops);
	return 0;
}

static void __exit percpu_stress_exit(void)
{
	debugfs_remove_recursive(stress.dir);
	pstress_entries_release();
	kvfree(stress.posts);
}

module_init(percpu_stress_init);
module_exit(percpu_stress_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kdelta workload: per-CPU operations in tasks that are moved and in interrupts");
