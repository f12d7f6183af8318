/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the module percpu_stress: operations on cells and what they must make of them
 * (percpu_stress_ops.c), cells that everybody works on (_shared.c), tasks that are moved all the
 * while, with cells of their own (_task.c), memory that comes and goes (_alloc.c), entries of the
 * top page table that come (_entries.c), and the round (_main.c).
 *
 * A cell is one per-CPU variable of each width, side by side, so that an operation on one that
 * touches its neighbour is noticed too.
 */
#ifndef KDELTA_PERCPU_STRESS_H
#define KDELTA_PERCPU_STRESS_H

#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/types.h>

struct pstress_cell {
	u128 v16;
	u64 v8;
	u32 v4;
	u16 v2;
	u8 v1, rest;
};

/* Where the variables are. */
enum { PSTRESS_STATIC, PSTRESS_DYNAMIC, PSTRESS_PLACES };
#define PSTRESS_WIDTHS 5 /* 1, 2, 4, 8, 16 bytes, by the logarithm */
#define PSTRESS_TASKS_MAX 32
#define PSTRESS_BURST_MAX 256

/* --- percpu_stress_ops.c --- */

/* What an operation makes of a variable. */
enum pstress_effect {
	PSTRESS_KEEP, /* read */
	PSTRESS_SET, /* write */
	PSTRESS_INC,
	PSTRESS_DEC,
	PSTRESS_ADD, /* add, add_return: add the operand */
	PSTRESS_AND,
	PSTRESS_OR,
	PSTRESS_SWAP, /* xchg */
	PSTRESS_COMPARE, /* cmpxchg, try_cmpxchg: the operand, if the value is what is expected */
};

struct pstress_op {
	const char *name; /* "this_cpu_inc" */
	unsigned int width;
	enum pstress_effect effect;
	bool returns; /* the new value (PSTRESS_ADD) or the old one */
	/* @n times, one after the other; what the last one returned. */
	u128 (*run)(struct pstress_cell __percpu *c, u128 operand, u128 expected, unsigned int n);
};

/* An operation that was chosen. */
struct pstress_turn {
	const struct pstress_op *op;
	u128 operand, expected;
	unsigned int n; /* times; more than once only what adds, or is the same the second time */
};

/* The effects that pstress_turn_choose() may choose from, as bits. */
#define PSTRESS_ANY (BIT(PSTRESS_COMPARE + 1) - 1)
#define PSTRESS_BITWISE (BIT(PSTRESS_AND) | BIT(PSTRESS_OR))
/* Those after which the difference that they made is known. */
#define PSTRESS_SUMMED                                                                             \
	(BIT(PSTRESS_KEEP) | BIT(PSTRESS_INC) | BIT(PSTRESS_DEC) | BIT(PSTRESS_ADD) |              \
	 BIT(PSTRESS_SWAP) | BIT(PSTRESS_COMPARE))

/* Number of a width; the value of a variable, which is all zero above its width. */
unsigned int pstress_width_index(unsigned int width);
u128 pstress_get(const struct pstress_cell *c, unsigned int width);
void pstress_put(struct pstress_cell *c, unsigned int width, u128 value);
/* @value as a variable of that width holds it. */
u128 pstress_wrap(unsigned int width, u128 value);

/*
 * A random operation, once, with operands that a variable of a cell like @likely makes use of: what
 * a cmpxchg expects is mostly there.
 */
void pstress_turn_choose(struct pstress_turn *t, unsigned long effects, struct rnd_state *rnd,
			 const struct pstress_cell *likely);
/* How often, if more than once can be checked. */
void pstress_turn_burst(struct pstress_turn *t, struct rnd_state *rnd, bool summed);
/* Do it. */
u128 pstress_turn_run(const struct pstress_turn *t, struct pstress_cell __percpu *c);
/* What one time makes of a cell; @returned: what it gives back, 0 without a value. */
void pstress_turn_model(const struct pstress_turn *t, struct pstress_cell *c, u128 *returned);
/* What all times of PSTRESS_SUMMED added to the variable; @returned: by the operation. */
u128 pstress_turn_difference(const struct pstress_turn *t, u128 returned);

/* The copy of a CPU, now. */
void pstress_cell_read(struct pstress_cell __percpu *c, int cpu, struct pstress_cell *out);
bool pstress_cell_equal(const struct pstress_cell *a, const struct pstress_cell *b);
void pstress_cell_random(struct pstress_cell *c, struct rnd_state *rnd);

/* --- percpu_stress_main.c --- */

/* Something is wrong: the first one is printed, and the round ends. In any context. */
__printf(1, 2) void pstress_wrong(const char *fmt, ...);
/* Is the round over? */
bool pstress_over(void);
/* Called by a task at its end. */
void pstress_task_ended(void);

/* --- percpu_stress_shared.c --- */

/* What somebody has added to what all work on. */
struct pstress_tally {
	u128 sums[PSTRESS_PLACES][PSTRESS_WIDTHS];
	u64 events; /* in a variable of vmlinux */
};

/* The interrupts of one CPU. */
struct pstress_interrupts {
	struct rnd_state rnd;
	struct pstress_tally tally;
	/* As they left them: bits of the one, all of the other. */
	struct pstress_cell flags[PSTRESS_PLACES], own[PSTRESS_PLACES];
	u64 n;
};

/* Before a round, and after one. */
int pstress_shared_init(struct rnd_state *rnd);
void pstress_shared_release(void);
/* The static cell of a task. */
struct pstress_cell __percpu *pstress_static_cell(unsigned int task);
void pstress_interrupts_init(struct pstress_interrupts *i, int cpu, u64 seed);

/* By a task, anywhere. */
void pstress_shared_turn(struct pstress_tally *tally, struct rnd_state *rnd);
/* By an interrupt: as long as it lasts, nobody else may touch the copy of this CPU. */
void pstress_interrupt_turn(struct pstress_interrupts *i);

/* Is what all have added, together, what there is? Says what is wrong. */
void pstress_tally_add(struct pstress_tally *all, const struct pstress_tally *one);
void pstress_shared_check(const struct pstress_tally *all);
/* Change a cell as no operation does. */
void pstress_shared_spoil(int cpu);

/* --- percpu_stress_task.c --- */

struct pstress_task;

/*
 * @number: from 0, below PSTRESS_TASKS_MAX; @operations: 0: until the round is over. NULL: no
 * memory.
 */
struct pstress_task *pstress_task_new(unsigned int number, u64 seed, u64 operations);
void pstress_task_free(struct pstress_task *t);
/* Ready to run on @cpu; and go. */
int pstress_task_hire(struct pstress_task *t, int cpu);
void pstress_task_start(struct pstress_task *t);
/*
 * Wait until its thread is gone, once it has ended or if it was never started; check where it was
 * last.
 */
void pstress_task_join(struct pstress_task *t);
/*
 * By the mover of @from, a thread of a real-time class that is bound to it, so that the task does
 * not run now: send it to @to, if it is here and waits for this CPU. Since it was sent here it can
 * have changed nothing on any other CPU, which is checked.
 */
bool pstress_task_move(struct pstress_task *t, int from, int to);
/*
 * By the mover of @cpu, which has just sent the task away: change the copy there. False: it would
 * not be noticed.
 */
bool pstress_task_spoil(struct pstress_task *t, int cpu);

struct pstress_numbers {
	u64 operations, allocations;
};

void pstress_task_numbers(const struct pstress_task *t, struct pstress_numbers *add);
const struct pstress_tally *pstress_task_tally(const struct pstress_task *t);

/* --- percpu_stress_alloc.c --- */

#define PSTRESS_OBJECTS 8

/* Memory of one task that comes and goes. */
struct pstress_object {
	void __percpu *memory; /* NULL: none */
	size_t size; /* a multiple of 8 */
	u64 pattern; /* of its content */
};

/* Free what is there, or allocate, and look at it on every CPU. True: allocated. */
bool pstress_object_turn(struct pstress_object *o, struct rnd_state *rnd);
void pstress_object_free(struct pstress_object *o);

/* --- percpu_stress_entries.c --- */

/*
 * A thread that takes @n entries in about @seconds, or one after the other; 0: none. It does so
 * from the start until there are no more, or the round is over.
 */
int pstress_entries_hire(unsigned int n, unsigned int seconds);
void pstress_entries_start(void);
/* Once the round is over. Fails if entries were wanted, and there were none. */
int pstress_entries_join(u64 *taken);
/* Give back what all rounds have taken. */
void pstress_entries_release(void);

#endif
