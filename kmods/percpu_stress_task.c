// SPDX-License-Identifier: GPL-2.0
/*
 * A task of percpu_stress. It works on what all share, on cells that are its own, and on memory
 * that comes and goes; its mover sends it from CPU to CPU at any instruction.
 *
 * Of its own cells it knows every copy. After an operation exactly one of them is what the
 * operation makes of it. On which CPU, only the movers know: as soon as it was sent away from one,
 * its copy there must not change until it comes back.
 *
 * What a copy was when the task left is known only if its mover kept the CPU from reading it until
 * the task was gone. It may lose it: the server of the fair class (kernel/sched/deadline.c) lets
 * tasks that have starved run before real-time ones, 50 ms in a second.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kdelta_percpu_stress.h"

/* One cell, and two views of its copies, by CPU. */
struct own {
	struct pstress_cell __percpu *cell;
	struct pstress_cell *known; /* the task's */
	struct pstress_cell *left; /* the movers': where it is not */
};

struct pstress_task {
	unsigned int number;
	struct task_struct *thread;
	int cpu; /* where it may run; changed by the mover of that CPU */
	u64 limit; /* operations */
	struct rnd_state rnd;
	struct own own[PSTRESS_PLACES];
	cpumask_t unsure; /* the movers': CPUs of which `left` may be older than the task's leave */
	struct pstress_object objects[PSTRESS_OBJECTS];
	struct pstress_tally tally;
	struct pstress_numbers numbers;
};

static void say_wrong(const struct pstress_task *t, const struct pstress_turn *turn, int cpu,
		      const struct own *o)
{
	struct pstress_cell now;

	pstress_cell_read(o->cell, cpu, &now);
	pstress_wrong("task %u: %s, %u bytes, %u times, %#llx, %s: CPU %d has %32phN of %32phN",
		      t->number, turn->op->name, turn->op->width, turn->n, (u64)turn->operand,
		      o == &t->own[PSTRESS_STATIC] ? "static" : "dynamic", cpu, &now,
		      &o->known[cpu]);
}

/* If the operation was on @cpu: its copy is as it must be, and the result too. */
static bool was_on(const struct pstress_turn *turn, const struct own *o, int cpu, u128 returned)
{
	struct pstress_cell wanted = o->known[cpu], now;
	u128 right;

	pstress_turn_model(turn, &wanted, &right);
	pstress_cell_read(o->cell, cpu, &now);
	return returned == right && pstress_cell_equal(&now, &wanted);
}

/* The CPU whose copy is another than before; -1: none. False: there are several. */
static bool find_changed(const struct own *o, int *changed)
{
	struct pstress_cell now;
	int cpu;

	*changed = -1;
	for_each_possible_cpu(cpu) {
		pstress_cell_read(o->cell, cpu, &now);
		if (pstress_cell_equal(&now, &o->known[cpu]))
			continue;
		if (*changed >= 0)
			return false;
		*changed = cpu;
	}
	return true;
}

/* Once: on one CPU, whichever, and nothing on the others. */
static void check_once(const struct pstress_task *t, const struct pstress_turn *turn, struct own *o,
		       u128 returned)
{
	bool one, right = false;
	int changed, cpu;

	one = find_changed(o, &changed);
	if (changed >= 0)
		right = was_on(turn, o, changed, returned);
	else
		for_each_possible_cpu(cpu)
			right = right || was_on(turn, o, cpu, returned);
	if (!one || !right)
		say_wrong(t, turn, max(changed, 0), o);
	if (changed >= 0)
		pstress_cell_read(o->cell, changed, &o->known[changed]);
}

/* Many times, each on some CPU: of what adds, the sum is known. */
static void check_sum(const struct pstress_task *t, const struct pstress_turn *turn, struct own *o)
{
	unsigned int width = turn->op->width;
	u128 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pstress_cell now, wanted = o->known[cpu];

		pstress_cell_read(o->cell, cpu, &now);
		sum += pstress_get(&now, width) - pstress_get(&wanted, width);
		pstress_put(&wanted, width, pstress_get(&now, width));
		if (!pstress_cell_equal(&now, &wanted))
			say_wrong(t, turn, cpu, o);
		o->known[cpu] = now;
	}
	if (pstress_wrap(width, sum - pstress_turn_difference(turn, 0)))
		pstress_wrong("task %u: %s, %u bytes, %u times, %#llx: the sum is %#llx more",
			      t->number, turn->op->name, width, turn->n, (u64)turn->operand,
			      (u64)pstress_wrap(width, sum));
}

/* Of what does nothing more the second time: each CPU has seen it or not. */
static void check_same(const struct pstress_task *t, const struct pstress_turn *turn, struct own *o)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pstress_cell now, wanted = o->known[cpu];
		u128 unused;

		pstress_turn_model(turn, &wanted, &unused);
		pstress_cell_read(o->cell, cpu, &now);
		if (!pstress_cell_equal(&now, &wanted) && !pstress_cell_equal(&now, &o->known[cpu]))
			say_wrong(t, turn, cpu, o);
		o->known[cpu] = now;
	}
}

static void own_turn(struct pstress_task *t)
{
	struct own *o = &t->own[prandom_u32_state(&t->rnd) % PSTRESS_PLACES];
	struct pstress_turn turn;
	u128 returned;

	pstress_turn_choose(&turn, PSTRESS_ANY, &t->rnd, &o->known[raw_smp_processor_id()]);
	if (prandom_u32_state(&t->rnd) % 2)
		pstress_turn_burst(&turn, &t->rnd, false);
	returned = pstress_turn_run(&turn, o->cell);
	if (turn.n == 1)
		check_once(t, &turn, o, returned);
	else if (turn.op->effect >= PSTRESS_INC && turn.op->effect <= PSTRESS_ADD)
		check_sum(t, &turn, o);
	else
		check_same(t, &turn, o);
	t->numbers.operations += turn.n;
}

static void object_turn(struct pstress_task *t)
{
	u32 i = prandom_u32_state(&t->rnd) % PSTRESS_OBJECTS;

	t->numbers.allocations += pstress_object_turn(&t->objects[i], &t->rnd);
}

static int task_thread(void *arg)
{
	struct pstress_task *t = arg;

	while (!pstress_over() && (!t->limit || t->numbers.operations < t->limit)) {
		u32 what = prandom_u32_state(&t->rnd) % 64;

		if (!what)
			object_turn(t);
		else if (what < 16)
			pstress_shared_turn(&t->tally, &t->rnd);
		else
			own_turn(t);
		cond_resched();
	}
	pstress_task_ended();
	return 0;
}

/* Has it changed a copy of a CPU on which it was not? */
static void check_left(const struct pstress_task *t)
{
	unsigned int place;
	int cpu;

	for (place = 0; place < PSTRESS_PLACES; place++) {
		for_each_possible_cpu(cpu) {
			struct pstress_cell now;

			if (cpu == t->cpu || cpumask_test_cpu(cpu, &t->unsure))
				continue;
			pstress_cell_read(t->own[place].cell, cpu, &now);
			if (!pstress_cell_equal(&now, &t->own[place].left[cpu]))
				pstress_wrong("task %u, on CPU %d, has changed CPU %d's copy, %s",
					      t->number, t->cpu, cpu, place ? "dynamic" : "static");
		}
	}
}

/* How often the task that runs here has lost its CPU to another (__schedule()). */
static unsigned long times_switched(void)
{
	return READ_ONCE(current->nvcsw) + READ_ONCE(current->nivcsw);
}

bool pstress_task_move(struct pstress_task *t, int from, int to)
{
	unsigned long switched = times_switched();
	unsigned int place;

	/* Where it is, its mover says, when it is through with it. */
	if (smp_load_acquire(&t->cpu) != from)
		return false;
	/* One that sleeps could run before it is moved, and would change what was read. */
	if (READ_ONCE(t->thread->__state) != TASK_RUNNING || t->thread->migration_disabled)
		return false;
	check_left(t);
	for (place = 0; place < PSTRESS_PLACES; place++)
		pstress_cell_read(t->own[place].cell, from, &t->own[place].left[from]);
	if (set_cpus_allowed_ptr(t->thread, cpumask_of(to)))
		return false;
	/* It may run on @from only, and cannot have done so as long as its mover did. */
	if (times_switched() == switched)
		cpumask_clear_cpu(from, &t->unsure);
	else
		cpumask_set_cpu(from, &t->unsure);
	/* Pairs with the load of the next mover: the copies that were left are written. */
	smp_store_release(&t->cpu, to);
	return true;
}

bool pstress_task_spoil(struct pstress_task *t, int cpu)
{
	if (cpumask_test_cpu(cpu, &t->unsure))
		return false;
	per_cpu_ptr(t->own[PSTRESS_STATIC].cell, cpu)->v4++;
	return true;
}

static int own_init(struct own *o, struct pstress_cell __percpu *cell, struct rnd_state *rnd)
{
	int cpu;

	o->cell = cell;
	o->known = kvcalloc(nr_cpu_ids, sizeof(*o->known), GFP_KERNEL);
	o->left = kvcalloc(nr_cpu_ids, sizeof(*o->left), GFP_KERNEL);
	if (!o->cell || !o->known || !o->left)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		pstress_cell_random(&o->known[cpu], rnd);
		o->left[cpu] = o->known[cpu];
		memcpy(per_cpu_ptr(cell, cpu), &o->known[cpu], sizeof(o->known[cpu]));
	}
	return 0;
}

static void own_release(struct own *o)
{
	kvfree(o->known);
	kvfree(o->left);
}

struct pstress_task *pstress_task_new(unsigned int number, u64 seed, u64 operations)
{
	struct pstress_task *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->number = number;
	t->limit = operations;
	prandom_seed_state(&t->rnd, seed);
	if (!own_init(&t->own[PSTRESS_STATIC], pstress_static_cell(number), &t->rnd) &&
	    !own_init(&t->own[PSTRESS_DYNAMIC], alloc_percpu(struct pstress_cell), &t->rnd))
		return t;
	pstress_task_free(t);
	return NULL;
}

void pstress_task_free(struct pstress_task *t)
{
	unsigned int i;

	for (i = 0; i < PSTRESS_OBJECTS; i++)
		pstress_object_free(&t->objects[i]);
	free_percpu(t->own[PSTRESS_DYNAMIC].cell);
	for (i = 0; i < PSTRESS_PLACES; i++)
		own_release(&t->own[i]);
	kfree(t);
}

int pstress_task_hire(struct pstress_task *t, int cpu)
{
	struct task_struct *thread;

	/* Bound by the kernel, or it would choose its CPUs itself when it starts (kthread()). */
	thread = kthread_create_on_cpu(task_thread, t, cpu, "pstress/%u");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	t->thread = get_task_struct(thread);
	t->cpu = cpu;
	return 0;
}

void pstress_task_start(struct pstress_task *t)
{
	wake_up_process(t->thread);
}

void pstress_task_join(struct pstress_task *t)
{
	if (!t->thread)
		return;
	kthread_stop_put(t->thread);
	t->thread = NULL;
	check_left(t);
}

void pstress_task_numbers(const struct pstress_task *t, struct pstress_numbers *add)
{
	add->operations += t->numbers.operations;
	add->allocations += t->numbers.allocations;
}

const struct pstress_tally *pstress_task_tally(const struct pstress_task *t)
{
	return &t->tally;
}
