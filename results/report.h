/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts to text: terminal table, JSON, CSV, Markdown. No SQL, no printing; bytes into a struct str. */
#ifndef KDELTA_RESULTS_REPORT_H
#define KDELTA_RESULTS_REPORT_H

#include "results/compare.h"
#include "runner/base/str.h"

/* The facts that stand above and below the table; any may be NULL. */
struct report_context {
	const char *suite, *host, *cpu_model, *db;
	long long run_id;
	const char *kernel_a, *kernel_b; /* "7.3.4 x86_64, gcc 12.2.0, key 1a2b3c4d" */
	const char *cmdline_a, *cmdline_b;
	const char *machine; /* "QEMU 7.2.22 tcg, icount" */
	int boots_ok, boots_broken;
	const struct strv *footnotes; /* broken boots, skipped workloads: one line each */
	bool colour; /* terminal */
	int width; /* of the terminal; 0: unlimited */
	bool all; /* also extremes, unchanged metrics without a direction, all figures of a kernel */
};

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV, REPORT_MARKDOWN };

/* Append @text as valid UTF-8 without control characters: each bad byte becomes '?'. NULL: nothing. For
 * everything that a measured kernel said and a person is shown. */
void report_clean(const char *text, struct str *out);
int report_format_parse(const char *name); /* -1: unknown */
void report_comparison(const struct comparison *c, const struct report_context *ctx,
		       enum report_format f, struct str *out);

#endif
