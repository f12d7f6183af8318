/* SPDX-License-Identifier: GPL-2.0 */
/* What cyclictest (rt-tests) prints with --quiet --histogram, as a pure function. */
#ifndef KDELTA_WORKLOADS_CYCLICTEST_H
#define KDELTA_WORKLOADS_CYCLICTEST_H

#include <stddef.h>
#include <stdint.h>

#include "results/recorder.h"
#include "runner/base/err.h"

struct cyclictest_thread {
	uint64_t samples; /* in the histogram that was printed */
	uint64_t over; /* and above it */
	uint64_t min, mean, max; /* µs */
	struct hist latency; /* ns; see tool_hist_add_over() */
};

/* The @n threads of @text. Fails on other numbers of columns, on what is no number, and on a histogram that does not
 * hold as many samples as the totals say. @t: zeroed. */
int cyclictest_parse(const char *text, struct cyclictest_thread *t, size_t n, struct err *e);

#endif
