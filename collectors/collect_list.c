// SPDX-License-Identifier: GPL-2.0
/* The one list of collectors. Adding one: its file, and a line in each of the two places here. */
#include "collectors/collector.h"

extern const struct collector collector_call;
extern const struct collector collector_excursions;
extern const struct collector collector_interrupts;
extern const struct collector collector_memory;
extern const struct collector collector_osnoise;
extern const struct collector collector_perf_events;
extern const struct collector collector_perf_record;
extern const struct collector collector_perf_stat;
extern const struct collector collector_static;
extern const struct collector collector_trace;
extern const struct collector collector_where;
extern const struct collector collector_windows;

/* One per line, so that adding one changes one. */
// clang-format off
const struct collector *const collectors[] = {
	&collector_call,
	&collector_excursions,
	&collector_interrupts,
	&collector_memory,
	&collector_osnoise,
	&collector_perf_events,
	&collector_perf_record,
	&collector_perf_stat,
	&collector_static,
	&collector_trace,
	&collector_where,
	&collector_windows,
	NULL,
};
// clang-format on
