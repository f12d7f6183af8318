// SPDX-License-Identifier: GPL-2.0
/* The one list of workloads. Adding one: its file, and a line in each of the two places here. */
#include "workloads/workload.h"

extern const struct workload workload_kmalloc_bench;
extern const struct workload workload_none;

const struct workload *const workloads[] = {
	&workload_kmalloc_bench,
	&workload_none,
	NULL,
};
