/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of perf_event_open(2) as they travel in the plan: encoded on the host (collectors/pfm_encode.h), opened in
 * the guest, which needs no list of events of its own. Pure.
 *
 *	groups are separated by ';', the events of a group by ',':
 *	NAME@TYPE:CONFIG:CONFIG1:CONFIG2:MODE:UNIT
 *
 * TYPE to CONFIG2 are hexadecimal, as they stand in struct perf_event_attr (linux/perf_event.h); MODE is the privilege
 * levels that are counted: "k", "u" or "ku"; UNIT is that of the metric.
 */
#ifndef KDELTA_COLLECTORS_COLLECT_PERF_SPEC_H
#define KDELTA_COLLECTORS_COLLECT_PERF_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

#define PERF_SPECS_MAX 32
#define PERF_NAME_MAX 64 /* of an event, so that "perf." and the name make a metric */

struct perf_spec {
	char name[PERF_NAME_MAX];
	uint32_t type;
	uint64_t config, config1, config2;
	bool kernel, user;
	char unit[16];
	int group; /* from 0; the first event of a group leads it */
};

struct perf_specs {
	struct perf_spec v[PERF_SPECS_MAX];
	size_t n;
};

/* A generic event of perf_event_open(2), by perf's name. */
struct perf_generic {
	const char *name;
	uint32_t type;
	uint64_t config;
	const char *unit;
};

/* The one that @event names, with or without ":…" behind; NULL: none. */
const struct perf_generic *perf_generic_find(const char *event);

/* "event 3: …" in @e on failure. */
int perf_specs_parse(const char *text, struct perf_specs *out, struct err *e);
/* One event to its text, without separators. */
void perf_spec_write(const struct perf_spec *s, struct str *out);

#endif
