/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract of a collector: something that watches while a workload runs. One descriptor, one file
 * (collectors/collect_NAME.c), one line in collectors/collect_list.c.
 *
 * Descriptors are compiled twice, as those of workloads are: into the guest program, which runs them, and into
 * the host program, which checks parameters, lists them and prints the reference. The functions run only in the
 * guest, in the process of the workload that is watched:
 *
 *	setup → (start → stop → report) × (warm-up rounds + rounds) → teardown
 *
 * A window is what is watched: start() opens it and stop() closes it, as near to the measured code as possible and
 * with nothing else in them; several collectors start in the order of the suite and stop in reverse. report()
 * turns what was read into records, outside of every window. In warm-up rounds all three are called, and
 * recorder_*() records nothing.
 *
 * A collector never decides about a workload. What it lacks makes it *skipped*, what goes wrong makes it *broken*;
 * either is a note of the boot ("collector.skipped", "collector.broken": "trace: …"), and the workload's own
 * numbers stand. It is left out from then on, and torn down before the next window. Metrics of collectors are named
 * "<collector>.…", and their records say whose they are.
 *
 * Some collectors are no code in the guest: what QEMU's plugin counts and what is read from vmlinux. They have a
 * descriptor without functions, so that they are listed with all others, and `where` says how they are had.
 */
#ifndef KDELTA_COLLECTORS_COLLECTOR_H
#define KDELTA_COLLECTORS_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "results/param.h"
#include "results/recorder.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct collector_ctx;

struct collector {
	const char *name;
	const char *summary; /* one line */
	const char *
		disturbs; /* what it changes of what is measured, one line; NULL: next to nothing */
	const char *where; /* NULL: named in a suite's `collectors:`; else how it is had */
	const char *const *kconfig; /* needed options, "CONFIG_FTRACE=y", NULL-terminated, or NULL */
	const char *const *archs; /* or NULL: all */
	const char *const *packages; /* Debian packages of the root image, or NULL */
	bool artifacts; /* sends files (workloads/artifact.h) */
	const struct param *params; /* or NULL */
	/* What it records, for the reference; a name may hold a part in <angle brackets> that is found at run time. */
	const struct metric *metrics;
	/* Each returns 0, or -1 with @e set: broken, or skipped after collector_skip(). */
	int (*setup)(struct collector_ctx *c, struct err *e); /* may be NULL */
	int (*start)(struct collector_ctx *c, struct err *e);
	int (*stop)(struct collector_ctx *c, struct err *e);
	int (*report)(struct collector_ctx *c, struct err *e);
	void (*teardown)(struct collector_ctx *c); /* may be NULL; called once setup was */
};

/* NULL-terminated; the one list (collect_list.c). */
extern const struct collector *const collectors[];
const struct collector *collector_find(const char *name);

struct collector_ctx {
	const struct collector *col;
	struct recorder r; /* of the workload that is watched */
	const struct fields *params; /* complete: defaults are filled in by the host */
	const char *workload; /* its name */
	pid_t pid; /* the process that is watched; its threads and children are part of it */
	const char *image; /* folder where the root image is mounted, or NULL: there is none */
	bool skipped; /* what a -1 means */
	void *priv;
};

/* As wctx_int() and wctx_str(). */
long long collector_int(const struct collector_ctx *c, const char *param);
const char *collector_str(const struct collector_ctx *c, const char *param);
/* Something needed is not there: @e says what; returns -1. */
int collector_skip(struct collector_ctx *c, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The collectors of one workload, in the guest. Neither fails: what a collector lacks or does wrong is a note of
 * its own, and it is left out from then on.
 */
struct collectors;

struct collector_choice { /* one line of the plan */
	const struct collector *col;
	const struct fields *params;
};

struct collectors *collectors_setup(const struct collector_choice *chosen, size_t n,
				    const struct recorder *r, const char *workload,
				    const char *image);
/* Of all that follow, @c NULL is fine: nothing watches. @round: of the workload. There is one window per round:
 * opening a second one or closing what is not open does nothing. */
void collectors_start(struct collectors *c, int round);
void collectors_stop(struct collectors *c);
/* What the window of this round said. A round without one is a mistake of the workload, which each collector notes
 * before it is left out. */
void collectors_report(struct collectors *c);
void collectors_free(struct collectors *c); /* teardown too */

#endif
