/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Comparison: arrays of boots in, verdicts out. No database, no I/O, no printing.
 *
 * The boot is the unit: one number per boot (its rounds are summarised before). Boots are paired by block.
 *
 *  - Every value of both sides agrees within its variant, evidence static or simulated: compared exactly.
 *    Equal: same. Different: changed.
 *  - Evidence emulated-time: never judged (V_SHOWN).
 *  - Otherwise: the mean of the paired log ratios with its t interval (n - 1 degrees of freedom), which
 *    is exact for few pairs of normal data, and the p-value of the same t statistic, so that interval and
 *    p cannot contradict each other. Where a value is zero or negative the difference takes the ratio's
 *    place. Several comparisons are corrected with Holm, those of several variants of a run together
 *    (compare_run_set()). That they share the boots of one baseline does no harm: Holm asks for no independence.
 *    changed: corrected p ≤ 0.05 and the interval is not wholly inside the margin;
 *    same: the interval lies inside the margin (two one-sided tests at 2.5 %);
 *    undecided: neither, or fewer than 2 pairs; more_boots estimates what would decide it.
 *    Pairs that differ all by the same amount (clocks coarser than the noise) have no spread, and a t
 *    statistic of infinity would claim certainty after two boots: there only the signs count, p is the exact
 *    2^(1 - n) of the sign-flip test, and there is no interval: same where the amount is inside the margin and
 *    p ≤ 0.05, changed where it is outside and the corrected p ≤ 0.05.
 *
 * Two kernels in which the measured functions are the same code, booted alike, do not differ: a difference that
 * only statistics see between them is noise (V_SAME, noise). An exact difference stays what it is, and so does any
 * difference when the command lines are not equal, or when one side alone has what a canary adds to its operations
 * or collectors to its boots.
 *
 * Figures of the kernels themselves (static) are judged, but never regress: every feature costs some bytes.
 *
 * One summary per metric (mean, total, count) decides whether something regressed. Extremes (min, max) are
 * judged as a family of their own, with its own Holm correction, and never gate.
 *
 * So is everything that a collector recorded. A collector says why a workload behaves as it does, in hundreds of
 * counts that nobody has chosen one by one: in the family of the workloads' own metrics, each of them would raise
 * what Holm asks of the few that the suite is about, and a count that moved is an explanation, not a regression.
 * Who recorded a metric stands in its records, not in its name. Some of those counts are sparse: a cause is first heard
 * of when it happens, so a boot that was watched and says nothing of it counts as zero.
 */
#ifndef KDELTA_RESULTS_COMPARE_H
#define KDELTA_RESULTS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"

/* The workload name of figures that are not a workload's but the kernel's. */
#define COMPARE_KERNEL "static: vmlinux"

struct boot_value {
	long long boot; /* its number in the store; 0: not known */
	int block;
	double value;
};

enum verdict {
	V_SAME,
	V_BETTER, /* changed, in the good direction */
	V_WORSE, /* changed, in the bad direction */
	V_CHANGED, /* changed, the metric has no direction */
	V_UNDECIDED,
	V_SHOWN, /* emulated time: shown, not judged */
	V_MISSING, /* one side has no value; see reason */
};

const char *verdict_name(enum verdict v);

/* One metric of one workload on one target. */
struct pair {
	/* in */
	char *target, *workload, *metric, *stat, *unit;
	char *collector; /* that recorded it; NULL: the workload itself */
	bool sparse; /* a boot without a value in which the collector recorded others had none of it: zero */
	enum direction dir;
	enum evidence ev;
	struct boot_value *a, *b; /* a: baseline side */
	size_t na, nb;
	bool same_code; /* the functions that the workload measures are known to be equal */
	bool same_boot; /* equal command lines, and no canary or collectors on one side alone */
	/* out */
	enum verdict verdict;
	bool exact; /* compared exactly */
	bool summary; /* its metric's summary: counts for comparison_regressed() */
	bool is_ratio; /* effect, low, high are ratios b/a; else differences b - a in unit */
	double a_mid, b_mid; /* medians of the boots */
	double a_min, a_max, b_min, b_max; /* range of the boots */
	double effect, low, high; /* 95 % interval; NaN where there is none */
	double p, p_holm; /* NaN where there is none */
	int pairs; /* blocks that have both */
	int more_boots; /* undecided: about this many more blocks; 0 unknown */
	bool noise; /* statistics see a difference between identical kernels */
	const char *note; /* static text, or NULL: "boots of base disagree", … */
};

struct comparison {
	char *a, *b; /* variant names */
	double margin;
	bool random_phases; /* in: boots were made to differ in their phases, so that counts need not repeat */
	struct pair *pairs;
	size_t n, cap;
	/* out: over what was corrected */
	int variants; /* comparisons that were judged together, this one included */
	int judged; /* summaries of workloads, of all of them, that entered the Holm correction */
	int judged_collected; /* of collectors, in the correction of their own */
};

void comparison_init(struct comparison *c);
void comparison_free(struct comparison *c); /* releases the contents */
/* Judge every pair: fills the out members. One comparison is corrected for its own number alone. */
void compare_run(struct comparison *c);
/*
 * Judge several variants of a run together: each family spans the pairs of all @n comparisons, so that the chance of
 * one false alarm among all of them stays at 5 %. For what decides together, the exit status of a run; what decides
 * nothing (A/A twin, canary, boots that collectors disturb) would only weaken it, and is judged apart.
 * Pure; needs memory for each pair once.
 */
void compare_run_set(struct comparison *const *c, size_t n);
/* Did any summary of a workload's own get worse? */
bool comparison_regressed(const struct comparison *c);

/* Is @p of a kind that should repeat to the last count, and does one of its sides not? */
bool pair_disagrees(const struct pair *p);
/* What most boots of a side say: the most frequent value, of several the one that came first. @n > 0; the
 * number of boots that say so. NaN when every boot says something else. */
double boots_usual(const struct boot_value *v, size_t n, size_t *count);

#endif
