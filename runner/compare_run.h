/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a stored run to a printed comparison: loads the samples, collects the facts that stand around the table
 * (kernels, machine, broken boots, skipped workloads) and renders. For the commands run and compare:
 *
 *	compare_run_load() for each comparison; compare_run_set() or compare_run(); compare_run_report() for each
 */
#ifndef KDELTA_RUNNER_COMPARE_RUN_H
#define KDELTA_RUNNER_COMPARE_RUN_H

#include <stdbool.h>

#include "results/report.h"
#include "results/store.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct compare_options {
	enum report_format format;
	bool all; /* every statistic, not the summary alone */
	const char *db; /* path, for the footer */
};

/* Load what the boots of @a and @b say, ready to be judged. The caller frees @c, also after an error. */
int compare_run_load(struct store *s, const struct store_run_row *run, const char *a, const char *b,
		     struct comparison *c, struct err *e);
/* Append the report of @c, loaded and judged, to @out. Fails when the run has no such variants. */
int compare_run_report(struct store *s, const struct store_run_row *run, const struct comparison *c,
		       const struct compare_options *o, struct str *out, struct err *e);

/* How many summaries of @b's workloads differ from @a (a false alarm where @b is the A/A twin of @a, a find where it is the
 * canary), of how many that were compared; that their code is equal excuses none. It gates nothing: corrected alone. */
int compare_run_alarms(struct store *s, const struct store_run_row *run, const char *a,
		       const char *b, int *alarms, int *compared, struct err *e);

#endif
