/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of the root image, for workloads and collectors that need a userland. The image is mounted read-only
 * at EXEC_IMAGE, with this kernel's /proc, /sys, /dev and a common, writable /tmp inside it (also at /tmp outside).
 *
 *	exec_run(): argument vector in; exit status, output and times out. Never a shell.
 *	exec_start() … exec_stop(): the same in the background, for what runs beside a workload.
 */
#ifndef KDELTA_WORKLOADS_EXEC_H
#define KDELTA_WORKLOADS_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

#define EXEC_IMAGE "/image"

struct exec {
	const char *const *argv; /* argv[0] is a path inside the image, or a name that is looked for in its PATH */
	int timeout; /* s; then the group is killed and it fails. 0: the workload's own timeout ends it */
	int cpu; /* bind to this CPU; -1: any */
	size_t output_max; /* of each of out and err; more is an error. 0: 1 MiB */
	const char *cgroup; /* path of a cgroup folder that it starts in, or NULL */
	/* out */
	struct str out, err; /* what it wrote */
	int status; /* exit status; 128 + signal */
	double wall, user, sys; /* s: CLOCK_MONOTONIC, and what it and its children used */
	long max_rss; /* KiB */
	pid_t pid;
};

void exec_init(struct exec *x, const char *const *argv);
void exec_release(struct exec *x);
/* -1 when it could not be started, was killed, or wrote too much; an exit status of its own is no error here. */
int exec_run(struct exec *x, struct err *e);
int exec_start(struct exec *x, struct err *e);
/* @signal 0: wait until it ends by itself (within timeout). Fills the results. */
int exec_stop(struct exec *x, int signal, struct err *e);
/* Is this program in the image? */
bool exec_has(const char *name);
/* "hackbench: exited with status 1: <last line of stderr>" unless it ended with 0. */
int exec_check(const struct exec *x, struct err *e);

#endif
