/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of PMU events to the numbers that the guest opens (collect_perf_spec.h). Host side; the only user of libpfm4.
 *
 * What a user writes, the events of a group in braces, so that they are counted at the same time or not at all:
 *
 *	{cycles,instructions},page-faults:u,DTLB_LOAD_MISSES:WALK_COMPLETED,r01a2:k
 *
 *  - the generic events of perf_event_open(2), by perf's names, with :u, :k or :uk behind;
 *  - rHEX, a raw event of the PMU, likewise;
 *  - everything else is an event of the PMU as libpfm4 names it, with its own attributes (:u and :k are among them).
 */
#ifndef KDELTA_COLLECTORS_PFM_ENCODE_H
#define KDELTA_COLLECTORS_PFM_ENCODE_H

#include "runner/base/err.h"
#include "runner/base/str.h"

/*
 * @pmu: "auto", the PMU of this machine, or a PMU by libpfm4's name ("skl", "amd64_fam19h_zen4"), whatever machine
 * this is. libpfm4 knows the PMUs of its own architecture, @host; for another @arch only generic and raw events can
 * be encoded. ERR_USAGE with the event named. Not thread-safe: libpfm4 has one state per process.
 */
int pfm_encode(const char *events, const char *pmu, const char *arch, const char *host,
	       struct str *out, struct err *e);

#endif
