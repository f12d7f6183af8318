/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Phases: where in its own cycles the kernel is when a round begins.
 *
 * What a round finds differs with when its first tick comes and with how full the kernel's per-CPU batches of pages are
 * (folio batches of the LRU lists, mm/swap.c). Boots that repeat to the last instruction repeat that, too: it looks
 * like a property of the variant. A suite with `phases: random` shifts both before each round, by numbers that the
 * boot's command line decides: the host adds PHASE_TOKEN and a number, which the kernel ignores (a parameter of a module
 * that it does not have).
 */
#ifndef KDELTA_WORKLOADS_PHASE_H
#define KDELTA_WORKLOADS_PHASE_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"

#define PHASE_TOKEN "kdelta.phase="
#define PHASE_TOKEN_MAX (sizeof(PHASE_TOKEN "4294967295") - 1) /* bytes */
#define PHASE_NS 10000000U /* ns: a tick at CONFIG_HZ=100 */
#define PHASE_PAGES 62U /* twice FOLIO_BATCH_SIZE (include/linux/folio_batch.h) */

struct phase {
	uint64_t ns; /* to wait, less than PHASE_NS */
	size_t pages; /* to use, fewer than PHASE_PAGES */
};

/* The number on the command line; 0: none. */
unsigned int phase_parse(const char *cmdline);
int phase_read(unsigned int *phase, struct err *e);
/* The shift before a round (warm-ups are below 0) of a workload; nothing with @phase 0. Pure. */
struct phase phase_draw(unsigned int phase, int workload, int round);
int phase_shift(const struct phase *p, struct err *e);

#endif
