/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to report*.c: how names and numbers read, the same in every format, and one writer per format.
 *
 * Names, units and reasons may come from a measured kernel. Nothing of them goes out before report_clean().
 */
#ifndef KDELTA_RESULTS_REPORT_FORMAT_H
#define KDELTA_RESULTS_REPORT_FORMAT_H

#include "results/report.h"

/* Is this row shown? Summaries are, but for the same ones of metrics without a direction; of a kernel's figures
 * the headlines that changed, of collectors what changed. With ctx->all everything is. */
bool report_shows(const struct pair *p, const struct report_context *ctx);

/* Append "kmalloc.instructions", with " (max)" behind it when the stat is not the usual one: mean, and total of
 * the figures of a kernel. */
void report_metric(const struct pair *p, struct str *out);
/* Append the medians of both sides: all digits up to 1e-4 for counts, 5 significant ones for the rest. */
void report_sides(const struct pair *p, struct str *a, struct str *b);
/* Append "+12.50 %", "14.3x" or a difference in the metric's unit; "-" where there is none. */
void report_effect(const struct pair *p, double effect, struct str *out);
/* Append "[+11.9 %, +13.1 %]", "exact" or "-". */
void report_interval(const struct pair *p, struct str *out);
/* Append the verdict and what belongs to it: "undecided: about 4 more boots; boots of A disagree". */
void report_verdict(const struct pair *p, struct str *out);
/* Append the shortest text that reads back as @v; nothing for NaN and infinities. */
void report_number(double v, struct str *out);
/* What an evidence class means, for a reader. */
const char *report_evidence(enum evidence ev);
/* Append "6 comparisons: 3 same, 1 worse, …" and how they were judged, one line. */
void report_tally(const struct comparison *c, const struct report_context *ctx, struct str *out);

#define REPORT_RANDOM_PHASES                                                                       \
	"random: counts that depend on ticks and on batches of pages differ between boots"

/*
 * One line per shown pair that should repeat to the last count and does not: which boots of which variant say
 * something else than the others, and by how much. At most @max lines, then one that counts the rest. None where phases
 * are random.
 */
void report_disagreements(const struct comparison *c, const struct report_context *ctx, size_t max,
			  struct strv *out);

#define REPORT_DISAGREEMENTS 8 /* lines for a reader */

void report_text(const struct comparison *c, const struct report_context *ctx, struct str *out);
void report_json(const struct comparison *c, const struct report_context *ctx, struct str *out);
void report_csv(const struct comparison *c, const struct report_context *ctx, struct str *out);
void report_markdown(const struct comparison *c, const struct report_context *ctx, struct str *out);

#endif
