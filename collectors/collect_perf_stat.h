/* SPDX-License-Identifier: GPL-2.0 */
/* What `perf stat --json-output` prints, as a pure function. */
#ifndef KDELTA_COLLECTORS_COLLECT_PERF_STAT_H
#define KDELTA_COLLECTORS_COLLECT_PERF_STAT_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/err.h"

#define PERF_STAT_NAME_MAX 96 /* bytes of an event's name; longer ones are cut */
#define PERF_COUNTS_MAX 65536 /* lines */

enum perf_state {
	PERF_COUNTED,
	PERF_NOT_COUNTED, /* it never had a counter, or nothing ran */
	PERF_NOT_SUPPORTED, /* this machine or kernel does not have it */
};

struct perf_count {
	char event[PERF_STAT_NAME_MAX];
	int cpu; /* -1: of all that was watched */
	enum perf_state state;
	double value; /* scaled by perf when it did not run all the time; clocks in ms */
	double running; /* % of the time that it was counted */
};

struct perf_counts {
	struct perf_count *v;
	size_t n, cap;
};

/*
 * Lines of flat JSON objects; empty lines and those that begin with '#' are passed over, and so are objects without
 * an event (what perf derives). Fails on everything else. @out: zeroed; free(out->v) in any case.
 */
int perf_stat_parse(const char *text, struct perf_counts *out, struct err *e);

/* Does software count this event, a generic one or a tracepoint? An emulator's PMU knows next to nothing of others. */
bool perf_stat_is_software(const char *event);

#endif
