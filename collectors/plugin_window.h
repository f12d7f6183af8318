/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Windows: markers in, sums per (workload, round, window, vCPU) out. Knows counters as numbered sums and
 * nothing of QEMU; not thread-safe, the caller locks.
 *
 * A window's counts are the differences of the counters between its opening and its closing. A window of
 * this CPU takes the vCPU it is on; a window of the machine takes all of them. Openings of one id in one
 * round add up. What opens outside of any context (see kdelta_context()) is counted as an orphan and
 * otherwise ignored. A window that is closed where it is not open, or still open at the end, makes its
 * workload broken.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_WINDOW_H
#define KDELTA_COLLECTORS_PLUGIN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_IDS 256

/* What one window of one round added up to. */
struct window_sums {
	int w, round;
	unsigned int id;
	uint64_t opened; /* how often it was closed, that is, counted */
	size_t counters;
	unsigned int vcpus;
	uint64_t *sum; /* vcpus × counters */
};

struct windows_config {
	size_t counters;
	unsigned int vcpus;
	void (*snapshot)(unsigned int vcpu, uint64_t *out); /* all counters of one vCPU */
	/* An isolated window of a vCPU opens and closes; may be NULL. */
	void (*isolate)(unsigned int vcpu, const struct window_sums *s, bool open, bool kernel);
	/* Handed over when the context changes and at the end. */
	void (*finished)(const struct window_sums *s);
	void (*broken)(int w, const char *reason); /* once per workload */
};

struct windows *windows_new(const struct windows_config *c);
void windows_free(struct windows *ws);

/* A marker was executed. @payload: 16 bits, kmods/kdelta_marker.h; @kernel: from kernel mode. */
void windows_mark(struct windows *ws, unsigned int vcpu, unsigned int payload, bool kernel);
/* The machine has stopped: what is open is broken, what is finished is handed over. */
void windows_end(struct windows *ws);
/* Openings outside of any context. */
uint64_t windows_orphans(const struct windows *ws);

#endif
