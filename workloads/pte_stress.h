/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the workload pte_stress: what is done to the pages and what must hold then (pte_stress_model.c, pure),
 * accesses that may fault (pte_stress_probe.c), the system calls of a step (pte_stress_act.c), the threads, which go
 * through a step together (pte_stress_crew.c), and what each of them checks (pte_stress_check.c).
 *
 * Pages have two places, and are at one of them. A page has a slot for each thread, which alone writes to it, always
 * numbers that it never wrote before; and one for forked children. So a thread knows what its slots hold. Some pages are
 * private and anonymous, the others are shared ones of a file in memory, which keeps what was written.
 */
#ifndef KDELTA_WORKLOADS_PTE_STRESS_H
#define KDELTA_WORKLOADS_PTE_STRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/base/err.h"

#define STRESS_PAGES_MAX 1024
#define STRESS_THREADS_MAX 8
#define STRESS_CHURN_PAGES 300 /* more than a page table of s390 has */
#define STRESS_SLEEP_MS 100 /* who is to be woken is; but a child may die before it wakes anybody */

/* --- pte_stress_model.c --- */

enum stress_op {
	STRESS_MPROTECT, /* to step.prot */
	STRESS_MUNMAP,
	STRESS_MMAP, /* of what is not mapped */
	STRESS_MREMAP, /* to the other place */
	STRESS_DONTNEED,
	STRESS_FREE,
	STRESS_PAGEOUT,
	STRESS_COLD, /* of all pages */
	STRESS_FORK,
	STRESS_RESET, /* map all pages anew in place 0 */
	STRESS_OPS
};

/* What a thread other than the one that acts does meanwhile. */
enum stress_mood {
	STRESS_HAMMER, /* access the pages all the time */
	STRESS_IDLE, /* have accessed them, and wait in user space */
	STRESS_NAP, /* sleep, so that the CPU leaves the process */
	STRESS_CHURN, /* map and unmap pages of its own */
	STRESS_MOODS
};

struct stress_page {
	bool mapped, readable, writable;
	bool shared; /* the page of that number of the file; always the same ones */
	int place;
};

struct stress_range {
	size_t first, count; /* pages */
};

struct stress_step {
	enum stress_op op;
	size_t first, count; /* pages */
	/* those of them that are accessed before, meanwhile and after: all, or some around one of the ends */
	struct stress_range look;
	bool full; /* look at all, and at each as often as can be */
	int prot; /* PROT_… of mprotect */
	int actor; /* thread */
	/* the thread that accesses the pages after STRESS_COLD, and that writes to them after STRESS_FREE */
	int toucher;
	bool follows; /* STRESS_PAGEOUT, of the pages of the STRESS_FREE right before */
	enum stress_mood mood[STRESS_THREADS_MAX];
};

struct stress_model {
	struct stress_page page[STRESS_PAGES_MAX];
	size_t pages;
	int threads; /* more than one */
	uint64_t random;
	unsigned long planned; /* steps */
	struct stress_step latest; /* that was planned */
};

enum stress_when { STRESS_BEFORE, STRESS_MEANWHILE, STRESS_AFTER };

/* Pages as after STRESS_RESET; pages, threads and random are the caller's. */
void stress_reset(struct stress_model *m);
/* Choose the next step. */
void stress_plan(struct stress_model *m, struct stress_step *s);
/* What the pages are after it. */
void stress_apply(struct stress_model *m, const struct stress_step *s);
const char *stress_op_name(enum stress_op op);
/* The pages it is done to, of this kind, have lost their content: they are zero. */
bool stress_drops(enum stress_op op, bool shared);
/*
 * May a thread write to the pages of the step? Not while their content is dropped, and not if that would hide what is
 * to be seen. After MADV_FREE it is whether a write makes a page dirty when its CPU knows it as dirty from before: one
 * thread writes, and nobody who might have faulted, until the kernel has looked for memory.
 */
bool stress_may_write(const struct stress_step *s, enum stress_when when, int thread, bool shared);
/* The pages of the step that are looked at, with @more pages on either side. */
struct stress_range stress_look(const struct stress_model *m, const struct stress_step *s,
				size_t more);
/* The pages from @first on, before @end, that are alike: one system call. */
size_t stress_run(const struct stress_model *m, size_t first, size_t end);

/* --- pte_stress_probe.c --- */

/* Before the first access, and after the last. */
int probe_init(struct err *e);
void probe_release(void);
/* Read or write, like memory; false: it faulted. */
bool probe_read(const volatile uint64_t *at, uint64_t *value);
bool probe_write(volatile uint64_t *at, uint64_t value);
/* Faults of this thread at an address that it did not access. */
unsigned long probe_stray(void);

/* --- pte_stress_crew.c --- */

/* What is to become of a forked child's view, in memory that it shares. */
struct stress_child {
	atomic_int ready, go;
	/* by the child: at first, and in shared pages at last */
	uint64_t seen[STRESS_PAGES_MAX][STRESS_THREADS_MAX];
	size_t bad_page, bad_slot; /* which was another one later on */
	uint64_t bad_value;
};

struct stress_thread {
	struct stress *s;
	int number;
	pthread_t id;
	uint64_t random;
	uint64_t counter; /* the number that was written last */
	uint64_t forked; /* the same, when the latest fork was over */
	uint64_t last[STRESS_PAGES_MAX]; /* what the slots hold */
	uint64_t before[STRESS_PAGES_MAX]; /* the same, before the latest fork */
	/* it may have become zero: the kernel was free to drop it, and nothing was written since */
	bool maybe[STRESS_PAGES_MAX];
	unsigned long probes, faults;
	unsigned int missing; /* accesses in this check that had to fault */
	char *own; /* STRESS_CHURN_PAGES of its own */
};

struct stress {
	struct stress_model model, old; /* after the present step, before it */
	struct stress_step step;
	struct stress_thread *thread;
	struct stress_child *child;
	pid_t pid; /* of the child; 0: none */
	bool scribbled[STRESS_PAGES_MAX]; /* shared pages, by a child, since the latest STRESS_RESET */
	int file; /* of the shared pages */
	char *reserved;
	size_t reserved_len;
	char *place[2];
	size_t page;
	atomic_int acting; /* the system calls of the step are not over */
	atomic_int arrived, phase; /* the barrier; who waits for the phase to change may sleep */
	atomic_bool stop;
	atomic_int failed;
	pthread_mutex_t lock;
	char what[256]; /* that failed first */
	struct err trouble; /* what could not be done */
};

int stress_init(struct stress *s, size_t pages, int threads, uint64_t seed, struct err *e);
void stress_release(struct stress *s);
/* One step of all threads. The caller is thread 0. -1: it could not be done; else look at failed. */
int stress_one(struct stress *s, struct err *e);
/* Sleep while *@word is @value, STRESS_SLEEP_MS at most; and wake all that do, of this process or of its children. */
void stress_sleep(atomic_int *word, int value);
void stress_wake(atomic_int *word);
/* Note what is wrong, unless something was already. */
void stress_fail(struct stress *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *stress_addr(const struct stress *s, size_t page, int place);
volatile uint64_t *stress_slot(const struct stress *s, size_t page, int place, int slot);
/* Pages are reserved when they are not mapped, lest something else be mapped there. */
int stress_reserve(void *at, size_t len);
int stress_map(void *at, size_t len);
/* Pages that are alike. */
int stress_map_pages(const struct stress *s, size_t first, size_t n, int place);

/* --- pte_stress_act.c --- */

/* The system calls of the step. -1: with errno. */
int stress_act(struct stress *s);
/* Reserve what the step left unmapped. */
int stress_tidy(struct stress *s);

/* --- pte_stress_check.c --- */

/* Before the step: access the pages, so that this CPU knows them. Again: without a fault, most likely. */
void stress_warm(struct stress_thread *t);
/* During the step. */
void stress_meanwhile(struct stress_thread *t);
/* After it: what must fault does, what must not does not, and slots hold what was written. */
void stress_check(struct stress_thread *t);
/* After all have: everybody sees the same. For thread 0. */
int stress_verify(struct stress *s, struct err *e);

#endif
