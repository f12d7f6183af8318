/* SPDX-License-Identifier: GPL-2.0 */
/* What hackbench (rt-tests) prints, as a pure function. */
#ifndef KDELTA_WORKLOADS_HACKBENCH_H
#define KDELTA_WORKLOADS_HACKBENCH_H

#include <stdint.h>

#include "runner/base/err.h"

struct hackbench_result {
	uint64_t groups;
	uint64_t tasks; /* of one group: half of them send, half receive */
	uint64_t loops; /* messages of one sender to each receiver of its group */
	double seconds;
};

/* Fails unless everything is there. */
int hackbench_parse(const char *text, struct hackbench_result *r, struct err *e);
/* Messages of the whole run: every sender writes @loops of them to every receiver of its group. */
double hackbench_messages(const struct hackbench_result *r);

#endif
