// SPDX-License-Identifier: GPL-2.0
/* The one list of workloads. Adding one: its file, and a line in each of the two places here. */
#include "workloads/workload.h"

extern const struct workload workload_drain;
extern const struct workload workload_event_bench;
extern const struct workload workload_isolated;
extern const struct workload workload_kmalloc_bench;
extern const struct workload workload_none;
extern const struct workload workload_pte;

/* One per line, so that adding one changes one. */
// clang-format off
const struct workload *const workloads[] = {
	&workload_drain,
	&workload_event_bench,
	&workload_isolated,
	&workload_kmalloc_bench,
	&workload_none,
	&workload_pte,
	NULL,
};
// clang-format on
