/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the workload pte: a mapping of present pages at a known place (pte_map.c), threads that keep the
 * process live on other CPUs (pte_threads.c), and the operations on its page tables (pte_ops.c).
 */
#ifndef KDELTA_WORKLOADS_PTE_H
#define KDELTA_WORKLOADS_PTE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/err.h"

/* --- pte_threads.c --- */

/* Threads that spin, each bound to a CPU of its own, none of them the caller's. */
struct pte_threads {
	pthread_t *thread;
	int n;
	char *stacks;
	size_t stacks_len;
	atomic_int running;
	atomic_bool stop;
};

/* Start @n of them and return when all run. What was started has to be stopped also after a failure. */
int pte_threads_start(struct pte_threads *t, int n, struct err *e);
void pte_threads_stop(struct pte_threads *t);

/* --- pte_map.c --- */

/*
 * One mapping in one of two places. Both begin at a multiple of the size of a huge page and have unmapped-but-
 * reserved memory on either side, so that neither merges with a neighbour, and what shares a page table with
 * them is the same in every kernel and every round.
 */
struct pte_map {
	char *reserved;
	size_t reserved_len;
	char *place[2];
	int at; /* the place that the mapping is in */
	size_t page, huge_page; /* bytes; huge_page 0: this kernel has none */
	size_t pages, len;
	bool huge; /* of huge pages; else of small ones, whatever the kernel's default is */
};

/* pages, huge_page, page and huge are the caller's; reserves the places. */
int pte_map_reserve(struct pte_map *m, struct err *e);
/* Map it where it is meant to be and touch every page. */
int pte_map_fill(struct pte_map *m, struct err *e);
/* Write to every page. */
void pte_map_touch(const struct pte_map *m);
char *pte_map_addr(const struct pte_map *m);
/* The place where the mapping is not: free it for a move, and reserve it again. */
int pte_map_open_other(struct pte_map *m, struct err *e);
int pte_map_close_other(struct pte_map *m, struct err *e);
/* Is every page present, and are they as large as was asked for? The kernel's own account, from smaps. */
int pte_map_check(const struct pte_map *m, struct err *e);
void pte_map_release(struct pte_map *m);

/* --- pte_ops.c --- */

struct pte {
	const struct pte_op *op;
	struct pte_map map;
	struct pte_threads threads;
	int nthreads; /* with the one that works */
	pid_t child; /* of fork, cow and exit; 0: none */
	bool forbid_huge; /* huge pages were off, and are to be so again */
	int gate; /* exit: the child ends when this is closed; -1: none */
	char *stack; /* an object on the stack above every frame of this workload */
};

struct pte_op {
	const char *name;
	int calls; /* of one act; cow, which has none: 1 */
	int changes; /* how often one act changes every page */
	bool in_child; /* what is changed belongs to a child, which has the mapping and the threads */
	bool first; /* the child must not run before it is waited for: real-time priority */
	int copies; /* of the memory, at most, at one time */
	int (*prepare)(struct pte *p, struct err *e); /* before the window; NULL: nothing */
	int (*act)(struct pte *p); /* inside it; -1 with errno */
	int (*undo)(struct pte *p,
		    struct err *e); /* after it: everything as it was before prepare() */
};

/* NULL: there is none of this name. */
const struct pte_op *pte_op_find(const char *name);
/* For the table of parameters; NULL-terminated. */
extern const char *const pte_op_names[];
/* End a child that an act left behind. */
void pte_end_child(struct pte *p);

#endif
