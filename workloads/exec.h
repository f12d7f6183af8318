/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of the root image, for workloads and collectors that need a userland. The image is mounted read-only
 * at EXEC_IMAGE, with this kernel's /proc, /sys, /dev and a common, writable /tmp inside it (also at /tmp outside).
 *
 *	exec_run(): argument vector in; exit status, output and times out. Never a shell.
 *	exec_start() … exec_stop(): the same in the background, for what runs beside a workload.
 *
 * A program leads a process group of its own, starts in /tmp with nothing in its environment but PATH, HOME, TMPDIR
 * and LC_ALL=C, reads from /dev/null, and inherits the descriptors that are not close-on-exec. What is left of its
 * group when it ends is killed; what left the group too, when the workload ends.
 */
#ifndef KDELTA_WORKLOADS_EXEC_H
#define KDELTA_WORKLOADS_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

#define EXEC_IMAGE "/image"
/* The kernel tree of a workload that asks for one (struct workload, kernel_source), as programs see it. */
#define EXEC_SOURCE "/usr/src/linux"

struct exec {
	const char *const *
		argv; /* argv[0] is a path inside the image, or a name that is looked for in its PATH */
	int timeout; /* s; then the group is killed and it fails. 0: the workload's own timeout ends it */
	int cpu; /* bind to this CPU; -1: any */
	size_t output_max; /* of each of out and err; more is an error. 0: 1 MiB */
	const char *cgroup; /* path of a cgroup folder that it starts in, or NULL */
	const char *root; /* what it sees as /: EXEC_IMAGE; NULL: what we see */
	/* out */
	struct str out, err; /* what it wrote */
	int status; /* exit status; 128 + signal */
	double wall, user, sys; /* s: CLOCK_MONOTONIC, and what it and its children used */
	long max_rss; /* KiB */
	pid_t pid;
	/* exec.c's own */
	int out_fd, err_fd;
	double begin;
};

void exec_init(struct exec *x, const char *const *argv);
/* Ends what still runs. */
void exec_release(struct exec *x);
/* -1 when it could not be started, was killed, or wrote too much; an exit status of its own is no error here. */
int exec_run(struct exec *x, struct err *e);
/* What it writes is not read before exec_stop(): a program that wrote output_max bytes waits. */
int exec_start(struct exec *x, struct err *e);
/* @signal 0: wait until it ends by itself. The timeout counts from here. Fills the results. */
int exec_stop(struct exec *x, int signal, struct err *e);
/* Is this program in the image? */
bool exec_has(const char *name);
/* "hackbench: exited with status 1: <last line of stderr>" unless it ended with 0. */
int exec_check(const struct exec *x, struct err *e);

#endif
