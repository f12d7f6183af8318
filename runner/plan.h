/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The plan: what a run will do, decided before anything is started. Pure: configuration and a seed in,
 * boots in random balanced order out.
 *
 * Every block holds every arm (variant, A/A twin, canary, observed variant) of a target once. Orders are rows of random
 * Latin squares, so that over k blocks of k arms each arm stands once in each position; the generator is
 * GSL's mt19937 seeded with the run's seed, and equal seeds give equal plans.
 */
#ifndef KDELTA_RUNNER_PLAN_H
#define KDELTA_RUNNER_PLAN_H

#include <stdint.h>

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"

/* What every boot of one (target, variant) has in common. */
struct plan_arm {
	const struct target *target;
	const struct variant *variant;
	/* The variant's name; "<baseline>-twin", "<baseline>-canary", "<variant>-observed" for the added arms. */
	char *name;
	char *against; /* name of the arm that it is compared with; NULL: others are compared with it */
	char *twin_of; /* NULL; of the twin and the canary, the baseline's name */
	int canary; /* no-op instructions added per operation; 0 but for the canary */
	bool observed; /* collectors that disturb take part */
};

struct plan_boot {
	size_t arm; /* index into arms */
	int block; /* from 0, per target */
	int position; /* from 0, within the block */
};

struct plan {
	const struct suite *suite;
	uint64_t seed;
	int boots; /* blocks per target */
	struct plan_arm *arms;
	size_t narms;
	struct plan_boot *order; /* target by target, block by block, in position order */
	size_t norder;
	size_t *workloads; /* indices into suite->workloads; all of them unless --only left some out */
	size_t nworkloads;
	int run_timeout; /* s, sum of the workloads' timeouts */
};

/* Does this collector of the suite take part in the boots of this arm? */
bool plan_arm_collects(const struct plan_arm *a, const struct collector *c);

struct plan_options {
	int boots; /* 0: the suite's */
	uint64_t seed;
	/* `--only variant=base`, `--only target=…`, `--only workload=kmalloc_bench` (name or whole label); the
	 * baseline always stays, and a variant brings its observed arm. Something that matches nothing is an error. */
	struct strv only;
};

/* What the boot of @arm in @block is told to shift its rounds by: another number for each, which follows from the run's
 * seed; 0: nothing, for phases are fixed. */
unsigned int plan_phase(const struct plan *p, size_t arm, int block);

/* Fails (ERR_USAGE) when a variant does not support a target's architecture, naming both. */
int plan_make(struct config *c, const struct suite *s, const struct plan_options *o,
	      struct plan *out, struct err *e);
void plan_release(struct plan *p);

/*
 * Everything the run is told, as text, one fact per line, stable and complete: suite, seed, boots, only,
 * and the resolved variants, targets, workloads with the content hashes of the fragments and patches they
 * name. Kept with the run; --resume goes on only when it is still the same.
 */
int plan_text(const struct plan *p, const struct plan_options *o, struct str *out, struct err *e);
/* The options that a stored plan text was made with, for --resume. */
int plan_text_options(const char *text, struct plan_options *o, struct err *e);
/* Were the boots of a stored plan text told to shift their rounds? */
bool plan_text_random_phases(const char *text);

#endif
