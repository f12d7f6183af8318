/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Progress on standard error, for commands: one rewritten line on a terminal, plain lines (at most one
 * every 10 s) otherwise. Commands pass progress_build() to kernel_build().
 */
#ifndef KDELTA_RUNNER_PROGRESS_H
#define KDELTA_RUNNER_PROGRESS_H

#include <stdbool.h>

#include "runner/kernel.h"

struct progress {
	bool tty;
	bool open; /* an unfinished line is on the terminal */
	double last; /* when the last plain line was printed, proc_now() */
};

void progress_init(struct progress *p);
/* Start a step: "fetching …", "building base x86_64". */
void progress_step(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A state of the step that will be overwritten by the next. */
void progress_update(struct progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* End the open line, before anything else is printed. */
void progress_end(struct progress *p);

/* The callbacks for kernel_build(); @p must live as long as they are used. */
struct build_progress progress_build(struct progress *p);

#endif
