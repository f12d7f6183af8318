/* SPDX-License-Identifier: GPL-2.0 */
/* The latency report, drawn: no SQL, no printing; bytes into a struct str. Of the context, what belongs to two
 * variants (kernels, command lines) is not used. */
#ifndef KDELTA_RESULTS_REPORT_LATENCY_H
#define KDELTA_RESULTS_REPORT_LATENCY_H

#include "results/latency.h"
#include "results/report.h"
#include "runner/base/str.h"

/* The latency must have been judged. */
void report_latency_text(const struct latency *l, const struct report_context *ctx,
			 struct str *out);
void report_latency_json(const struct latency *l, const struct report_context *ctx,
			 struct str *out);

#endif
