// SPDX-License-Identifier: GPL-2.0
/*
 * What all tasks and all interrupts of percpu_stress work on. No operation may be lost: the sum
 * over all CPUs is what they have added, and a bit that belongs to the interrupts of a CPU is as
 * they left it. And while an interrupt lasts, this CPU's copy is its own: only who has the wrong
 * CPU's address can change it. What no sum tells, writes for one, interrupts do to variables that
 * nobody else uses.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "kdelta_percpu_stress.h"

/* Of flags, what interrupts change; tasks have the others. */
#define OURS (~(u128)0 / 3)

/* One of vmlinux's own per-CPU variables: an event of machines that swap over a network. */
#define EVENT PGSCAN_DIRECT_THROTTLE
#define EVENTS_MAX 1000

struct shared {
	struct pstress_cell sums; /* PSTRESS_SUMMED */
	struct pstress_cell flags; /* PSTRESS_BITWISE */
	struct pstress_cell own; /* PSTRESS_ANY: the copy of a CPU is of its interrupts alone */
};

struct statics {
	struct shared shared;
	struct pstress_cell tasks[PSTRESS_TASKS_MAX];
};

/*
 * Not static, so that s390's position-independent module code loads the address instead of
 * computing it: QEMU 7.2 gets LARL wrong from 2 GiB on, which is how far modules are from the
 * kernel and its per-CPU variables.
 */
DECLARE_PER_CPU(struct statics, pstress_statics);
DEFINE_PER_CPU(struct statics, pstress_statics);

static struct shared __percpu *shared[PSTRESS_PLACES];
static struct pstress_tally first; /* what there was */

static const char *const places[] = { "static", "dynamic" };

struct pstress_cell __percpu *pstress_static_cell(unsigned int task)
{
	return &pstress_statics.tasks[task];
}

/* The sum over all CPUs. */
static void count_all(struct pstress_tally *sum)
{
	unsigned int place, w;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		sum->events += per_cpu(vm_event_states, cpu).event[EVENT];
		for (place = 0; place < PSTRESS_PLACES; place++)
			for (w = 0; w < PSTRESS_WIDTHS; w++)
				sum->sums[place][w] +=
					pstress_get(&per_cpu_ptr(shared[place], cpu)->sums, 1 << w);
	}
}

int pstress_shared_init(struct rnd_state *rnd)
{
	unsigned int place;
	int cpu;

	shared[PSTRESS_STATIC] = &pstress_statics.shared;
	shared[PSTRESS_DYNAMIC] = alloc_percpu(struct shared);
	if (!shared[PSTRESS_DYNAMIC])
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		for (place = 0; place < PSTRESS_PLACES; place++) {
			pstress_cell_random(&per_cpu_ptr(shared[place], cpu)->sums, rnd);
			pstress_cell_random(&per_cpu_ptr(shared[place], cpu)->flags, rnd);
			pstress_cell_random(&per_cpu_ptr(shared[place], cpu)->own, rnd);
		}
	}
	count_all(&first);
	return 0;
}

void pstress_shared_release(void)
{
	free_percpu(shared[PSTRESS_DYNAMIC]);
	shared[PSTRESS_DYNAMIC] = NULL;
}

void pstress_interrupts_init(struct pstress_interrupts *i, int cpu, u64 seed)
{
	unsigned int place;

	memset(i, 0, sizeof(*i));
	prandom_seed_state(&i->rnd, seed);
	for (place = 0; place < PSTRESS_PLACES; place++) {
		pstress_cell_read(&shared[place]->flags, cpu, &i->flags[place]);
		pstress_cell_read(&shared[place]->own, cpu, &i->own[place]);
	}
}

/* An operation that leaves bits outside of @mine as they are. */
static void choose_flags(struct pstress_turn *t, u128 mine, struct rnd_state *rnd,
			 const struct pstress_cell *now)
{
	pstress_turn_choose(t, PSTRESS_BITWISE, rnd, now);
	if (t->op->effect == PSTRESS_AND)
		t->operand = pstress_wrap(t->op->width, t->operand | ~mine);
	else
		t->operand &= mine;
}

static void add_event(struct pstress_tally *tally, struct rnd_state *rnd)
{
	u32 n = prandom_u32_state(rnd) % EVENTS_MAX;

	this_cpu_inc(vm_event_states.event[EVENT]);
	this_cpu_add(vm_event_states.event[EVENT], n);
	tally->events += n + 1;
}

static void add_to_sum(struct pstress_tally *tally, unsigned int place,
		       const struct pstress_turn *t, u128 returned)
{
	tally->sums[place][pstress_width_index(t->op->width)] +=
		pstress_turn_difference(t, returned);
}

void pstress_shared_turn(struct pstress_tally *tally, struct rnd_state *rnd)
{
	unsigned int place = prandom_u32_state(rnd) % PSTRESS_PLACES;
	struct pstress_cell now;
	struct pstress_turn t;
	u128 returned;

	switch (prandom_u32_state(rnd) % 4) {
	case 0:
		add_event(tally, rnd);
		return;
	case 1:
		pstress_cell_read(&shared[place]->flags, raw_smp_processor_id(), &now);
		choose_flags(&t, ~OURS, rnd, &now);
		pstress_turn_burst(&t, rnd, false);
		pstress_turn_run(&t, &shared[place]->flags);
		return;
	default:
		pstress_cell_read(&shared[place]->sums, raw_smp_processor_id(), &now);
		pstress_turn_choose(&t, PSTRESS_SUMMED, rnd, &now);
		pstress_turn_burst(&t, rnd, true);
		returned = pstress_turn_run(&t, &shared[place]->sums);
		add_to_sum(tally, place, &t, returned);
	}
}

/* Run it on a copy that nobody else may touch now, and see what it made. */
static u128 turn_alone(const struct pstress_turn *t, struct pstress_cell __percpu *cell,
		       unsigned int place, struct pstress_cell *now)
{
	int cpu = smp_processor_id();
	struct pstress_cell wanted = *now;
	u128 returned, right;

	if (this_cpu_ptr(cell) != per_cpu_ptr(cell, cpu))
		pstress_wrong("this_cpu_ptr() on CPU %d is not per_cpu_ptr(), in %s memory", cpu,
			      places[place]);
	pstress_turn_model(t, &wanted, &right);
	returned = pstress_turn_run(t, cell);
	pstress_cell_read(cell, cpu, now);
	if (!pstress_cell_equal(now, &wanted) || returned != right)
		pstress_wrong("%s, %u bytes, interrupt, CPU %d, %s: %#llx, not %#llx, gives %#llx",
			      t->op->name, t->op->width, cpu, places[place],
			      (u64)pstress_get(now, t->op->width),
			      (u64)pstress_get(&wanted, t->op->width), (u64)returned);
	return returned;
}

static void check_own(const struct pstress_cell *left, const struct pstress_cell *now, int cpu,
		      unsigned int place)
{
	if (!pstress_cell_equal(now, left))
		pstress_wrong("interrupts' own, CPU %d, %s: %32phN, not %32phN", cpu, places[place],
			      now, left);
}

static void check_flags(const struct pstress_cell *left, const struct pstress_cell *now, int cpu,
			unsigned int place)
{
	unsigned int w;

	for (w = 0; w < PSTRESS_WIDTHS; w++) {
		u128 is = pstress_get(now, 1 << w), was = pstress_get(left, 1 << w);

		if ((is ^ was) & OURS)
			pstress_wrong("interrupts' flags, CPU %d, %u bytes, %s: %#llx, not %#llx",
				      cpu, 1 << w, places[place], (u64)(is & OURS),
				      (u64)(was & OURS));
	}
}

void pstress_interrupt_turn(struct pstress_interrupts *i)
{
	unsigned int place = prandom_u32_state(&i->rnd) % PSTRESS_PLACES;
	int cpu = smp_processor_id();
	struct pstress_cell now;
	struct pstress_turn t;

	i->n++;
	switch (prandom_u32_state(&i->rnd) % 5) {
	case 0:
		add_event(&i->tally, &i->rnd);
		return;
	case 1:
		pstress_cell_read(&shared[place]->flags, cpu, &now);
		check_flags(&i->flags[place], &now, cpu, place);
		choose_flags(&t, OURS, &i->rnd, &now);
		turn_alone(&t, &shared[place]->flags, place, &now);
		i->flags[place] = now;
		return;
	case 2:
		pstress_cell_read(&shared[place]->own, cpu, &now);
		check_own(&i->own[place], &now, cpu, place);
		pstress_turn_choose(&t, PSTRESS_ANY, &i->rnd, &now);
		turn_alone(&t, &shared[place]->own, place, &now);
		i->own[place] = now;
		return;
	default:
		pstress_cell_read(&shared[place]->sums, cpu, &now);
		pstress_turn_choose(&t, PSTRESS_SUMMED, &i->rnd, &now);
		add_to_sum(&i->tally, place, &t, turn_alone(&t, &shared[place]->sums, place, &now));
	}
}

void pstress_tally_add(struct pstress_tally *all, const struct pstress_tally *one)
{
	unsigned int place, w;

	all->events += one->events;
	for (place = 0; place < PSTRESS_PLACES; place++)
		for (w = 0; w < PSTRESS_WIDTHS; w++)
			all->sums[place][w] += one->sums[place][w];
}

static void check_sum(unsigned int place, unsigned int width, u128 is, u128 wanted)
{
	u128 sum = pstress_wrap(width, is), right = pstress_wrap(width, wanted);

	if (sum != right)
		pstress_wrong("the sum of %u bytes, %s, is %#llx %016llx, not %#llx %016llx", width,
			      places[place], (u64)(sum >> 64), (u64)sum, (u64)(right >> 64),
			      (u64)right);
}

void pstress_shared_check(const struct pstress_tally *all)
{
	struct pstress_tally wanted = first, is;
	unsigned int place, w;

	pstress_tally_add(&wanted, all);
	count_all(&is);
	if (is.events != wanted.events)
		pstress_wrong("the sum of a variable of vmlinux is %#llx, not %#llx", is.events,
			      wanted.events);
	/* Statistics as before. */
	this_cpu_sub(vm_event_states.event[EVENT], is.events - first.events);
	for (place = 0; place < PSTRESS_PLACES; place++)
		for (w = 0; w < PSTRESS_WIDTHS; w++)
			check_sum(place, 1 << w, is.sums[place][w], wanted.sums[place][w]);
}

void pstress_shared_spoil(int cpu)
{
	per_cpu_ptr(shared[PSTRESS_DYNAMIC], cpu)->sums.v4++;
}
