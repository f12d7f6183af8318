/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to report*_json.c: values of JSON, and what every report says of its run. Names may come from a measured
 * kernel: they go through report_clean(). Memory that cannot be had ends the program, as everywhere.
 */
#ifndef KDELTA_RESULTS_REPORT_JANSSON_H
#define KDELTA_RESULTS_REPORT_JANSSON_H

#include <jansson.h>

#include "results/report.h"
#include "runner/base/str.h"

json_t *report_string(const char *text); /* NULL: null */
json_t *report_real(double v); /* null where JSON has no such number */
json_t *report_strings(const struct strv *v); /* NULL: an empty array */
/* Both take @value over. */
void report_put(json_t *object, const char *name, json_t *value);
void report_push(json_t *array, json_t *value);

/* "run", "suite", … to "boots_broken". */
void report_put_run(json_t *object, const struct report_context *ctx);
/* Append the text of @object, and release it. */
void report_dump(json_t *object, struct str *out);

#endif
