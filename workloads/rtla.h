/* SPDX-License-Identifier: GPL-2.0 */
/* What rtla (version 6.1) prints, as pure functions. Colours and headlines are passed over. */
#ifndef KDELTA_WORKLOADS_RTLA_H
#define KDELTA_WORKLOADS_RTLA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/recorder.h"
#include "runner/base/err.h"

/* One line of `rtla osnoise top --quiet`: what a CPU lost during its runtime. */
struct rtla_noise {
	uint64_t cpu;
	uint64_t runtime, noise; /* µs */
	uint64_t max_noise, max_single; /* µs: in one period, at once */
	uint64_t hw, nmi, irq, softirq, thread; /* interruptions by kind */
};

/* At most @max CPUs; how many, or -1. None at all is an error. */
int rtla_parse_noise(const char *text, struct rtla_noise *n, size_t max, struct err *e);

/* One column of `rtla timerlat hist`. */
struct rtla_latency {
	bool thread; /* of the thread that is woken; else of the timer's interrupt */
	uint64_t cpu;
	uint64_t count, over; /* samples, and those of them above the histogram */
	uint64_t min, mean, max; /* µs */
	struct hist latency; /* ns; see tool_hist_add_over() */
};

/*
 * The columns of a histogram of @entries µs, in order; at most @max of them (zeroed). How many, or -1: none at all,
 * a row with another number of columns, or a column that does not hold as many samples as its count says.
 */
int rtla_parse_latency(const char *text, uint64_t entries, struct rtla_latency *l, size_t max,
		       struct err *e);

#endif
