/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing records: what a workload or a collector measured in one round, as lines of the record format, in the
 * units and with the evidence that this target's clock allows. libc alone; runs in the guest.
 */
#ifndef KDELTA_RESULTS_RECORDER_H
#define KDELTA_RESULTS_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/record.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

/*
 * A metric whose unit is "ticks" or "ticks/…" is read from the kernel's cycle counter: it is recorded as
 * "<name>.<suffix>" in the unit of the target's clock (struct guest_clock): kmalloc in ticks/op becomes
 * kmalloc.instructions in instructions/op. Every other metric is recorded as it stands here: times
 * ("ns", "ns/…") and PMU counts with the evidence of the clock, except that an emulator's PMU is left out
 * where it says nothing (cycles under a simulated clock, both under emulated time), and events that
 * software counts stay simulated under emulated time, but for rates ("…/s").
 */
struct metric {
	const char *name; /* NULL ends a table; less than RECORD_NAME_MAX bytes with the suffix */
	const char *unit;
	enum direction dir;
	const char *help;
};

/* By name in a table, which may be NULL. */
const struct metric *metric_find(const struct metric *table, const char *name);

/*
 * How the ticks of the kernel's cycle counter read on this target; comes with the plan.
 * value = ticks × num / den in @unit, of evidence @ev, as metric "<metric>.<suffix>".
 */
struct guest_clock {
	const char *suffix; /* "instructions", "cycles", "time" */
	const char *unit; /* "instructions", "cycles", "ns" */
	enum evidence ev;
	double num, den;
};

/* Where lines go. In a warm-up round (round below 0) every function here silently records nothing. */
struct recorder {
	int number; /* of the workload in the plan */
	int round;
	const char *by; /* the collector that records; NULL: the workload itself */
	const struct guest_clock *clock;
	struct str *out;
	size_t *records; /* counts value and hist lines */
};

/* @cpu -1: not of one CPU. @stat: mean, min, max, count, total. */
void recorder_value(const struct recorder *r, const struct metric *m, const char *stat, int cpu,
		    double value);

/*
 * As recorder_value(), of what need not happen and is first heard of when it does: a count, a total or a maximum that is
 * zero where nothing is recorded. The record says so (sparse=1), for boots that never hear of it. @new: this round is
 * the first to; the rounds before it get their zeros, because whoever summarises the rounds of a boot takes those without
 * a value for rounds that were not watched.
 */
void recorder_sparse(const struct recorder *r, const struct metric *m, const char *stat, int cpu,
		     double value, bool new);

/*
 * A histogram of the record format (log-linear, 2^HIST_SUB steps per power of two) that user space fills:
 * hist_add() is a handful of instructions and touches one cache line. 17 KiB; zero it before use.
 */
#define HIST_SUB 5
#define HIST_BUCKETS ((64 - HIST_SUB + 1) << HIST_SUB)

struct hist {
	uint64_t count[HIST_BUCKETS];
	uint64_t max; /* the largest sample */
};

static inline unsigned int hist_index(uint64_t v)
{
	unsigned int shift;

	if (v < (1U << HIST_SUB))
		return (unsigned int)v;
	shift = 63 - (unsigned int)__builtin_clzll(v) - HIST_SUB;
	return (shift << HIST_SUB) + (unsigned int)(v >> shift);
}

static inline void hist_add(struct hist *h, uint64_t v)
{
	h->count[hist_index(v)]++;
	if (v > h->max)
		h->max = v;
}

/* The smallest sample that falls into bucket @i. */
uint64_t hist_lower(unsigned int i);
/* An empty histogram records nothing. Ticks are scaled by the clock. */
void recorder_hist(const struct recorder *r, const struct metric *m, int cpu, const struct hist *h);

/* A text that belongs to this round: a timeline, a tool's version. Cut to NOTE_MAX bytes. */
#define NOTE_MAX 4096
void recorder_note(const struct recorder *r, int cpu, const char *key, const char *text);
/* A text that belongs to the whole workload. Written in a warm-up round and before the first one, too. */
void recorder_fact(const struct recorder *r, const char *key, const char *text);

/*
 * Lines that a kernel module wrote (record.h: "A kernel module has no idea of w, round or ev"), whose metrics
 * stand in @table. "<@name>:3: …" in @e when one is wrong.
 */
int recorder_module_lines(const struct recorder *r, const struct metric *table, const char *name,
			  const struct str *lines, struct err *e);

#endif
