/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Excursions: stays in the kernel of a vCPU that should stay in user space, within an isolated window.
 * Lengths are instructions in the kernel. Not thread-safe across one vCPU; vCPUs are independent.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_EXCURSION_H
#define KDELTA_COLLECTORS_PLUGIN_EXCURSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/plugin_window.h"
#include "results/record.h"

#define EXCURSION_LONGEST 5
#define EXCURSION_SUB 3
#define EXCURSION_BUCKETS ((64 - EXCURSION_SUB + 1) << EXCURSION_SUB)

struct excursion {
	uint64_t length;
	long entry; /* symbol that it began in, -1 unknown */
	long top; /* symbol with the most instructions, -1 unknown */
	uint64_t top_length;
};

/* All excursions of one vCPU in one window of one round. */
struct excursion_sums {
	int w, round;
	unsigned int id, vcpu;
	uint64_t count, total;
	uint32_t bucket[EXCURSION_BUCKETS];
	struct excursion longest[EXCURSION_LONGEST]; /* by falling length */
	size_t nlongest;
};

/* What a vCPU is at. */
enum excursion_state {
	EXCURSION_OFF, /* no isolated window is open */
	EXCURSION_USER,
	EXCURSION_KERNEL,
};

struct excursions;
struct excursions *excursions_new(unsigned int vcpus);
void excursions_free(struct excursions *x);

/* @now: kernel instructions that the vCPU has executed so far. Each returns the state after it. */
enum excursion_state excursion_open(struct excursions *x, unsigned int vcpu,
				    const struct window_sums *s, bool kernel, uint64_t now);
enum excursion_state excursion_close(struct excursions *x, unsigned int vcpu, uint64_t now);
/* A block begins, in kernel or user mode, of function @symbol (-1: unknown). */
enum excursion_state excursion_block(struct excursions *x, unsigned int vcpu, bool kernel,
				     long symbol, uint64_t now);

/* The sums of one window and vCPU, or NULL; the caller frees. */
struct excursion_sums *excursion_take(struct excursions *x, const struct window_sums *s,
				      unsigned int vcpu);
/* LOWER:COUNT,… of the record format. */
void excursion_buckets(const struct excursion_sums *s, struct str *out);

#endif
