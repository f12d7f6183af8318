/* SPDX-License-Identifier: GPL-2.0 */
/* What the workload stress-ng asks for and what it reads, as pure functions (stress-ng(1), version 0.15). */
#ifndef KDELTA_WORKLOADS_STRESS_NG_H
#define KDELTA_WORKLOADS_STRESS_NG_H

#include <stdbool.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

/* What one invocation is asked to do. */
struct stress_ng {
	const char *stressor;
	long long instances; /* 0: one per online CPU */
	long long ops; /* bogo operations of all instances together */
	const char *options; /* further ones: see the parameter */
	long long for_cpus; /* 0: nothing is scaled with the CPUs */
	double scale; /* of the operations */
	bool verify;
};

/*
 * Scale what was asked for to a machine with @online CPUs, in place:
 *
 *	instances	× online / for_cpus
 *	ops		× online / for_cpus × scale
 *
 * rounded, and at least 1: stress-ng divides operations (and bytes: stress_ng_argv()) among the instances, so each
 * of them does what it would do there, times @scale. Operations are rounded up to a multiple of the instances, as
 * stress-ng does.
 */
void stress_ng_scale(struct stress_ng *s, int online);
/* Of a scaled @s. With for_cpus, "bytes" is scaled like the instances, in whole pages of 4 KiB, at least one; a
 * percentage stays as it is. Its measurements go to the file @yaml. */
int stress_ng_argv(const struct stress_ng *s, int online, const char *yaml, struct strv *argv,
		   struct err *e);
/* Are these options that stress_ng_argv() takes? */
int stress_ng_check_options(const char *options, struct err *e);

struct stress_ng_result {
	double ops;
	double wall, user, sys; /* s; user and system time of all instances */
	double max_rss; /* KiB, of the largest process */
};

/* The measurements of @stressor in stress-ng's YAML: every one of them, once, finite and not negative. */
int stress_ng_parse(const char *yaml, const char *stressor, struct stress_ng_result *r,
		    struct err *e);
/* "<stressor> stressor will be skipped, REASON" among what it wrote: REASON, to free, or NULL. */
char *stress_ng_skipped(const char *output, const char *stressor);
/* Whether every instance of this stressor does exactly its share of operations, and not some more. */
bool stress_ng_exact(const char *stressor);

#endif
