/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The latency of isolated CPUs: what the boots of a run say of each, from arrays to figures with intervals. No
 * database, no I/O, no printing. Calling order:
 *
 *	latency_init → latency_boot() and the adders, in any order → latency_judge → read rows and comparison → free
 *
 * What it is made from, by the name of the record. Workloads (isolated, drain), per isolated CPU c:
 *
 *	hist  gap                 ns  cpu=c   every distance of two consecutive clock reads of the task on it
 *	value gap.max max         ns  cpu=c   the largest, exactly
 *	value spin.time total     ns  cpu=c   length of the watched window
 *	value triggers count                  triggers done (drain)
 *	hist  caller.latency      ns          one sample per trigger, as its caller saw it (drain)
 *	note  isolation                       one per fact that this kernel does not honour
 *
 * The collector `trace`, per watched CPU; CAUSE is "<kind>:<what>" (irq:timer, work:lru_add_drain_per_cpu):
 *
 *	value trace.interruption.CAUSE count           cpu=c
 *	value trace.stolen.CAUSE total ns              cpu=c
 *	value trace.sender.CAUSE<-SENDER count         cpu=c
 *	note  trace.timeline                           cpu=c  "gap_ns=N at_ns=T", then lines "+OFFSET_NS EVENT"
 *
 * Kinds that the watched task makes itself (syscall, fault, other) are figures of their own and no interruptions.
 *
 * The plugin, per isolated CPU: window.isolated.excursions, window.isolated.excursion_length (total, max, hist) and
 * window.isolated.instructions.user.
 *
 * A boot is the unit. Its rounds are added up: counts, times and histograms by sum, maxima by maximum. Where a value
 * comes from a histogram it is known to the width of a bucket alone, so a figure of a boot is a pair of bounds, equal
 * where it is exact.
 */
#ifndef KDELTA_RESULTS_LATENCY_H
#define KDELTA_RESULTS_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/compare.h"
#include "results/record.h"

/* --- histograms --- */

struct latency_hist {
	unsigned int sub; /* as in struct record */
	struct bucket *b; /* ascending */
	size_t n, cap;
	uint64_t samples;
	bool mixed; /* of different sub: unusable */
};

/* A value that is known to lie in [low, high]. NaN: not known at all. */
struct latency_bounds {
	double low, high;
};

/* Add @count samples of the bucket at @lower; buckets may come in any order, and again. */
void latency_hist_add(struct latency_hist *h, unsigned int sub, uint64_t lower, uint64_t count);
void latency_hist_free(struct latency_hist *h); /* the contents */
/*
 * The nearest-rank quantile (Hyndman & Fan's type 1): the smallest sample that is at least as large as a fraction @p
 * of all, 0…1; p = 0 is the smallest sample. A tail (0.5 < p < 1) beyond which fewer than one sample is expected is
 * not in the data: NaN.
 */
struct latency_bounds latency_hist_quantile(const struct latency_hist *h, double p);
/* How many samples are at least @threshold. Exact where a bucket begins there or nothing is in the one around it. */
struct latency_bounds latency_hist_over(const struct latency_hist *h, uint64_t threshold);

/* --- what one boot says of one CPU --- */

struct latency_cause {
	char *name;
	double count, stolen; /* stolen: ns */
	enum evidence count_ev, stolen_ev;
};

struct latency_sender {
	char *cause, *sender;
	double count;
};

struct latency_boot {
	long long boot;
	int block;
	bool ticked; /* spin.time is there */
	bool traced; /* the trace collector watched this CPU: causes that are missing are zero */
	bool followed; /* the plugin was there */
	double spin, gap_max, triggers; /* ns, ns, count; NaN: not there */
	double excursions, stolen, longest,
		user; /* count, instructions… of the plugin; NaN: not there */
	enum evidence time_ev, gap_ev, caller_ev, trigger_ev;
	struct latency_hist gap, caller, length;
	struct latency_cause *cause;
	size_t ncause, cause_cap;
	struct latency_sender *sender;
	size_t nsender, sender_cap;
};

/* --- figures of a row --- */

enum latency_interval {
	LATENCY_MEAN, /* Student's t on the boots, from the lower bounds to the upper ones */
	LATENCY_ORDER, /* tails: order statistics of the boots, for their median */
};

struct latency_figure {
	char *name; /* "gap.p99", "interruption.work:lru_add_drain_per_cpu" */
	const char *unit;
	const char *collector; /* whose records it is made from; NULL: the workload's */
	enum direction dir;
	enum evidence ev; /* boots of another have a figure of the same name */
	enum latency_interval kind;
	struct latency_bounds *boot; /* one per boot of the row */
	/* filled by latency_judge() */
	size_t boots; /* that say something */
	struct latency_bounds mid; /* median of the boots, each bound by itself */
	struct latency_bounds range; /* smallest lower, largest upper bound */
	struct latency_bounds ci; /* 95 %; NaN where there is none */
	const char *why; /* … and then why: "one boot: no interval"; NULL: there is one */
	bool exact; /* counts that agree in all of several boots: ci is what they say */
};

struct latency_timeline {
	long long boot;
	int round;
	double gap; /* ns */
	char *text; /* lines */
};

/* One CPU of one workload of one variant on one target. cpu -1: what belongs to the workload (triggers, caller). */
struct latency_row {
	char *target, *variant, *workload; /* workload: its label */
	int number; /* of the workload in the plan */
	int cpu;
	struct latency_boot *boot;
	size_t nboot, boot_cap;
	struct latency_figure *figure;
	size_t nfigure, figure_cap;
	struct latency_timeline *worst; /* by falling gap */
	size_t nworst, worst_cap;
	struct latency_sender *sender; /* of all boots together, by cause and falling count */
	size_t nsender, sender_cap;
	struct strv dishonoured; /* distinct isolation notes */
};

#define LATENCY_WORST 3 /* timelines kept per row */

struct latency_comparison {
	const struct latency_row *a, *b; /* the reference, and the row of the variant */
	struct comparison c; /* of the same; of lower bounds, which are borders of buckets */
};

struct latency {
	uint64_t *threshold; /* ns, ascending */
	size_t nthreshold;
	double margin;
	char *baseline;
	struct latency_row *
		row; /* after latency_judge(): by target, workload, CPU; the baseline, and the variants as they came */
	size_t nrow, row_cap;
	struct latency_row
		surplus; /* what a guest recorded of more CPUs than a report has rows; never shown */
	struct latency_comparison
		*against; /* one per row that has a row of the reference to compare with */
	size_t nagainst, against_cap;
};

/* Thresholds are copied and sorted; @n 0: 1 us, 10 us, 100 us, 1 ms. */
void latency_init(struct latency *l, const uint64_t *threshold, size_t n, const char *baseline,
		  double margin);
void latency_free(struct latency *l); /* the contents */

struct latency_key {
	const char *target, *variant, *workload;
	int number, cpu, block;
	long long boot;
};

/* Where the values of a boot go; made when it is not there. Valid until the next call. */
struct latency_boot *latency_boot(struct latency *l, const struct latency_key *k);
/* A value record, its rounds joined: their sum and their maximum. Names that are none of the above do nothing. */
void latency_value(struct latency *l, const struct latency_key *k, const char *metric,
		   const char *stat, enum evidence ev, double sum, double max);
void latency_bucket(struct latency *l, const struct latency_key *k, const char *metric,
		    enum evidence ev, unsigned int sub, uint64_t lower, uint64_t count);
void latency_note(struct latency *l, const struct latency_key *k, int round, const char *key,
		  const char *text);

/* From boots to figures, and every variant against its reference: the baseline, or of "<variant>-observed" the
 * "<baseline>-observed". All comparisons of two variants are corrected together, whatever row they are of. Rows of CPUs that were only watched, not isolated, are dropped. */
void latency_judge(struct latency *l);

/* The first of this name, or NULL. */
const struct latency_figure *latency_figure(const struct latency_row *r, const char *name);

#endif
