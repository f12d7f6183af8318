/* SPDX-License-Identifier: GPL-2.0 */
/* Private to report*_text.c: what every report for a terminal begins and ends with. */
#ifndef KDELTA_RESULTS_REPORT_LINES_H
#define KDELTA_RESULTS_REPORT_LINES_H

#include "results/report.h"

/* Columns on a terminal: every code point counts as one. */
size_t report_width(const char *text);
/* "  NAME        VALUE" as a line, cleaned; nothing where @value is NULL or empty. */
void report_fact(struct str *out, const char *name, const char *value);

/* "run 3 of suite 'drain': " */
void report_title(const struct report_context *ctx, struct str *out);
/* Lines: host, machine, boots. */
void report_machine(const struct report_context *ctx, struct str *out);
/* A line for each evidence that was seen. */
void report_evidence_seen(const bool seen[EV_COUNT], struct str *out);
/* Lines: footnotes, database. */
void report_end(const struct report_context *ctx, struct str *out);

#endif
