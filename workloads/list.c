// SPDX-License-Identifier: GPL-2.0
/* The one list of workloads. Adding one: its file, and a line in each of the two places here. */
#include "workloads/workload.h"

extern const struct workload workload_canary;
extern const struct workload workload_cyclictest;
extern const struct workload workload_drain;
extern const struct workload workload_event_bench;
extern const struct workload workload_hackbench;
extern const struct workload workload_isolated;
extern const struct workload workload_kbuild;
extern const struct workload workload_kmalloc_bench;
extern const struct workload workload_memcg;
extern const struct workload workload_none;
extern const struct workload workload_percpu_bench;
extern const struct workload workload_percpu_stress;
extern const struct workload workload_pte;
extern const struct workload workload_pte_stress;
extern const struct workload workload_qpw_stress;
extern const struct workload workload_rtla;
extern const struct workload workload_slab_bench;
extern const struct workload workload_stress_ng;
extern const struct workload workload_vmalloc_bench;

/* One per line, so that adding one changes one. */
// clang-format off
const struct workload *const workloads[] = {
	&workload_canary,
	&workload_cyclictest,
	&workload_drain,
	&workload_event_bench,
	&workload_hackbench,
	&workload_isolated,
	&workload_kbuild,
	&workload_kmalloc_bench,
	&workload_memcg,
	&workload_none,
	&workload_percpu_bench,
	&workload_percpu_stress,
	&workload_pte,
	&workload_pte_stress,
	&workload_qpw_stress,
	&workload_rtla,
	&workload_slab_bench,
	&workload_stress_ng,
	&workload_vmalloc_bench,
	NULL,
};
// clang-format on
