/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A crew: the same work on several CPUs at once, one member per CPU. A single member runs in the
 * caller, which is where a writer of "run" is measured; several run in kernel threads.
 *
 * kdelta_gate_pass() inside of work(): nobody goes on before all have come. All members get the
 * same answer; false means that one has failed or the caller was killed, and that everybody has to
 * return -ECANCELED. Members that do not fail pass the same number of gates. kdelta_crew_run()
 * waits for all and returns the first error.
 */
#ifndef KDELTA_CREW_H
#define KDELTA_CREW_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

struct kdelta_crew;

struct kdelta_member {
	struct kdelta_crew *crew;
	unsigned int number; /* from 0 */
	int cpu;
	bool sent_away; /* a gate said no */
	struct task_struct *task; /* NULL: the caller itself */
};

struct kdelta_crew {
	int (*work)(struct kdelta_member *m);
	/* While several members work, in the caller; may be NULL. */
	void (*meanwhile)(struct kdelta_crew *crew);
	/* The rest is the crew's own. */
	unsigned int size;
	struct kdelta_member *members;
	atomic64_t arrived; /* at any gate, ever */
	atomic64_t opened; /* gates that were opened, times two, plus whether the last let pass */
	atomic_t running, err;
	struct completion done;
};

static inline bool kdelta_gate_pass(struct kdelta_member *m)
{
	struct kdelta_crew *c = m->crew;
	u64 arrived = atomic64_inc_return(&c->arrived);
	u64 gate = div_u64(arrived + c->size - 1, c->size);

	/* The last one decides for all. */
	if (arrived == gate * c->size)
		atomic64_set_release(&c->opened, gate << 1 | !atomic_read(&c->err));
	while (atomic64_read_acquire(&c->opened) >> 1 < gate) {
		cpu_relax();
		cond_resched();
	}
	m->sent_away = !(atomic64_read(&c->opened) & 1);
	return !m->sent_away;
}

static inline void kdelta_member_work(struct kdelta_member *m)
{
	int err = m->crew->work(m);

	if (err)
		atomic_cmpxchg(&m->crew->err, 0, err);
	/* Who has failed comes to one more gate: the others are there, or come at their end. */
	if (!m->sent_away)
		kdelta_gate_pass(m);
}

static inline int kdelta_member_thread(void *arg)
{
	struct kdelta_member *m = arg;
	struct kdelta_crew *c = m->crew;

	kdelta_member_work(m);
	if (atomic_dec_and_test(&c->running))
		complete(&c->done);
	return 0;
}

static inline int kdelta_crew_hire(struct kdelta_crew *c)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < c->size; i++) {
		struct kdelta_member *m = &c->members[i];

		task = kthread_create_on_cpu(kdelta_member_thread, m, m->cpu, "kdelta/%u");
		if (IS_ERR(task)) {
			while (i--)
				kthread_stop_put(c->members[i].task); /* it has never run */
			return PTR_ERR(task);
		}
		m->task = get_task_struct(task);
	}
	return 0;
}

static inline int kdelta_crew_together(struct kdelta_crew *c)
{
	unsigned int i;
	int err;

	err = kdelta_crew_hire(c);
	if (err)
		return err;
	atomic_set(&c->running, c->size);
	for (i = 0; i < c->size; i++)
		wake_up_process(c->members[i].task);
	if (c->meanwhile)
		c->meanwhile(c);
	if (wait_for_completion_killable(&c->done)) {
		atomic_cmpxchg(&c->err, 0, -EINTR);
		wait_for_completion(&c->done);
	}
	/* Waits until it is really gone: the code that it runs is this module's. */
	for (i = 0; i < c->size; i++)
		kthread_stop_put(c->members[i].task);
	return 0;
}

static inline void kdelta_crew_add(struct kdelta_crew *c, int cpu)
{
	struct kdelta_member *m = &c->members[c->size];

	*m = (struct kdelta_member){ .crew = c, .number = c->size++, .cpu = cpu };
}

/* @cpus: whose members they are, not empty. Members stay until the next run or the release. */
static inline int kdelta_crew_run(struct kdelta_crew *c, const struct cpumask *cpus)
{
	int cpu, err = 0;

	c->size = 0;
	atomic64_set(&c->arrived, 0);
	atomic64_set(&c->opened, 0);
	atomic_set(&c->err, 0);
	init_completion(&c->done);
	for_each_cpu(cpu, cpus)
		kdelta_crew_add(c, cpu);
	if (c->size == 1)
		kdelta_member_work(&c->members[0]);
	else
		err = kdelta_crew_together(c);
	return err ? err : atomic_read(&c->err);
}

/* Before the first run. */
static inline int kdelta_crew_init(struct kdelta_crew *c)
{
	c->members = kcalloc(nr_cpu_ids, sizeof(*c->members), GFP_KERNEL);
	return c->members ? 0 : -ENOMEM;
}

static inline void kdelta_crew_release(struct kdelta_crew *c)
{
	kfree(c->members);
}

#endif
