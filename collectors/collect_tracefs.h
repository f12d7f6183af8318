/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace of its own: an instance of tracefs, with the clock "mono" and a bounded buffer that keeps its beginning
 * when it is full (Documentation/trace/ftrace.rst).
 *
 *	tracefs_open() → tracefs_enable()… → (tracefs_clear(), tracefs_run(t, true) … tracefs_run(t, false),
 *	tracefs_read()) × rounds → tracefs_close()
 *
 * An instance may be kept, with its events: turning an event on or off rewrites the kernel's code while all CPUs
 * run, and the next workload of the boot wants the same ones. QEMU before 8.1 can execute what was there before
 * when a CPU has a thread of its own (it does not lock the pages that it translates), and then an x86 kernel ends
 * with "Oops: int3"; so it is done as rarely as can be.
 */
#ifndef KDELTA_COLLECTORS_COLLECT_TRACEFS_H
#define KDELTA_COLLECTORS_COLLECT_TRACEFS_H

#include <stdbool.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

struct tracefs {
	char *root; /* where tracefs is mounted */
	char *dir; /* the instance; NULL: not open */
	int on; /* its file "tracing_on" */
	bool mounted; /* by us */
};

#define TRACEFS_INIT                                                                               \
	{                                                                                          \
		.root = NULL, .dir = NULL, .on = -1, .mounted = false                              \
	}

/* Make the instance @name, or take the one that was kept. tracefs is mounted at a private place where it is not
 * mounted yet. @buffer: KiB per CPU. */
int tracefs_open(struct tracefs *t, const char *name, int buffer, struct err *e);
/* Fine after a failed or missing tracefs_open(). @keep: for the next workload. */
void tracefs_close(struct tracefs *t, bool keep);

/* Record this event. @filter: in the kernel's own language, NULL: all. An event that this kernel does not have,
 * and a filter that it does not understand, are -1. */
int tracefs_enable(const struct tracefs *t, const char *system, const char *name,
		   const char *filter, struct err *e);
int tracefs_set(const struct tracefs *t, const char *file, const char *text, struct err *e);
int tracefs_clear(const struct tracefs *t, struct err *e);
/* One write(2). */
int tracefs_run(const struct tracefs *t, bool on, struct err *e);
int tracefs_read(const struct tracefs *t, struct str *out, struct err *e);
/* Events of this CPU that are in its buffer. */
int tracefs_entries(const struct tracefs *t, int cpu, long long *entries, struct err *e);
/* Events of this CPU that found no room. */
int tracefs_lost(const struct tracefs *t, int cpu, long long *lost, struct err *e);

#endif
