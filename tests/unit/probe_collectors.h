/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collectors of the tests' own, so that what is tested does not change with the real ones. A test that wants them
 * instead of those has the line PROBE_COLLECTORS.
 */
#ifndef KDELTA_TESTS_PROBE_COLLECTORS_H
#define KDELTA_TESTS_PROBE_COLLECTORS_H

#include "collectors/collector.h"

/* Disturbs; needs CONFIG_PROBE=y and x86_64; parameters depth (1…9, default 3), events (text), deep (boolean). */
extern const struct collector collector_probe;
extern const struct collector collector_quiet; /* nothing at all */
extern const struct collector collector_outside; /* not of a suite */

#define PROBE_COLLECTORS                                                                           \
	const struct collector *const collectors[] = { &collector_probe, &collector_quiet,         \
						       &collector_outside, NULL };

#endif
