/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The isolated task: a process of its own that spins on one CPU, reads the clock, and counts how far apart two
 * readings are. It shares nothing with the process that steers it but one mapping and two pipes, so that what that
 * one does to its own memory does not disturb the CPU. libc alone.
 *
 *	spinner_start → (spinner_gate → (spinner_watch)… → spinner_rest → spinner_sleep) × rounds → spinner_stop
 *
 *	asleep	blocked in the kernel, where nothing is in the way of anybody
 *	gate	spins, and records nothing: collectors may start and stop now
 *	watched	spins and records, in the isolated window of kmods/kdelta_marker.h
 *
 * What it does on purpose does not count: spinner_watch() ends the window, makes the CPU's caches dirty, and opens
 * it again; the gaps of those moments are not recorded. Tools that watch the CPU see system calls there, and no
 * interruptions.
 */
#ifndef KDELTA_WORKLOADS_SPINNER_H
#define KDELTA_WORKLOADS_SPINNER_H

#include <stdbool.h>
#include <stdint.h>

#include "results/recorder.h"
#include "runner/base/err.h"
#include "workloads/dirt.h"
#include "workloads/workload.h"

struct spinner_conf {
	int cpu;
	int other; /* a CPU for its second thread, which spinner_shootdown() asks; -1: no such thread */
	int fifo; /* priority in SCHED_FIFO; 0: SCHED_OTHER */
	const struct dirt *dirt; /* what it leaves behind before every window (dirt.h) */
	bool barrier; /* take part in membarrier(2)'s global expedited barriers */
	/* A watched window ends by itself after so many loops, or else so many ns; both 0: when it is told to. */
	uint64_t loops, duration;
	uint64_t syscalls; /* spread evenly over such a window; it makes as many as it gets to */
};

#define SPINNER_WORST 32

struct spinner_gap {
	uint64_t start, length; /* CLOCK_MONOTONIC, ns */
};

/* Of all windows of a round. */
struct spinner_result {
	struct hist gaps; /* ns */
	struct spinner_gap worst[SPINNER_WORST]; /* the longest, in no order; length 0: none */
	uint64_t floor; /* the shortest of them */
	uint64_t time; /* ns */
	uint64_t calls; /* system calls in them */
};

struct spinner;

/* Starts asleep. A failure leaves nothing behind. */
struct spinner *spinner_start(const struct spinner_conf *conf, struct err *e);
/* NULL is fine. */
void spinner_stop(struct spinner *s);

/* From asleep to the gate; the results are emptied. */
int spinner_gate(struct spinner *s, struct err *e);
/*
 * Let pass at the gate what came before: a CPU that ran two tasks keeps its tick until one of the next ticks finds
 * that it has a single one, and that tick would fall into the first window.
 */
void spinner_settle(void);
/* To a new watched window, from the gate or from the last one. Returns when it is open; for one that ends by itself,
 * does not wait for that. */
int spinner_watch(struct spinner *s, struct err *e);
/* Wait for the end of a window that ends by itself, without taking any CPU. */
int spinner_wait(struct spinner *s, struct err *e);
/* Back to the gate. */
int spinner_rest(struct spinner *s, struct err *e);
int spinner_sleep(struct spinner *s, struct err *e);

/*
 * Another thread of its process, on another CPU, changes the protection of a page of theirs, which the isolated CPU
 * may have to learn. Takes @ns.
 */
int spinner_shootdown(struct spinner *s, uint64_t *ns, struct err *e);

/* Valid at the gate and asleep. */
const struct spinner_result *spinner_result(const struct spinner *s);

/* "cpu start length" of the worst gaps, worst first: collectors look there what to explain. */
#define SPINNER_GAPS_FILE "/tmp/kdelta-gaps"
int spinner_write_gaps(const struct spinner *s, int cpu, struct err *e);
/* Keep a gap that is longer than the shortest of the longest. */
void spinner_worst_add(struct spinner_result *r, uint64_t start, uint64_t length);
void spinner_gaps_text(const struct spinner_result *r, int cpu, struct str *out);

#endif
