/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What workloads and collectors need and an arm does not have. They are left out of its boots, each with its reason;
 * that of a workload is a state of the boot like any other, that of a collector a note.
 */
#ifndef KDELTA_RUNNER_SESSION_NEEDS_H
#define KDELTA_RUNNER_SESSION_NEEDS_H

#include "runner/session.h"

/* The workload at place @i of the plan. */
const struct workload *needs_workload(const struct session *s, size_t i);

/* Nothing is left out yet but what this architecture, and a target of so few CPUs, cannot run; and silently the
 * collectors that take no part in this arm. */
void needs_init(const struct session *s, struct session_arm *a);
/* Kernel options, once there is a kernel. */
int needs_kernel(const struct session *s, struct session_arm *a, struct err *e);
void needs_release(const struct session *s, struct session_arm *a);

/* Leave one out; takes @reason over. */
void needs_skip_workload(struct session_arm *a, size_t i, char *reason);
void needs_skip_collector(struct session_arm *a, size_t i, char *reason);

/* Add what was left out to what a boot said. What was not left out, and is not mentioned by a boot that has ended, is
 * broken. */
void needs_report(const struct session *s, const struct session_arm *a, struct record_set *rs);

#endif
