// SPDX-License-Identifier: GPL-2.0
#include "results/report_jansson.h"

#include <math.h>
#include <stdlib.h>

json_t *report_string(const char *text)
{
	cleanup_str struct str clean = STR_INIT;

	if (!text)
		return json_null();
	report_clean(text, &clean);
	return json_string(clean.buf);
}

json_t *report_real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *report_strings(const struct strv *v)
{
	json_t *array = json_array();

	for (size_t i = 0; v && i < v->n; i++)
		report_push(array, report_string(v->v[i]));
	return array;
}

void report_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		abort();
}

void report_push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		abort();
}

void report_put_run(json_t *o, const struct report_context *ctx)
{
	report_put(o, "run", json_integer(ctx->run_id));
	report_put(o, "suite", report_string(ctx->suite));
	report_put(o, "host", report_string(ctx->host));
	report_put(o, "cpu_model", report_string(ctx->cpu_model));
	report_put(o, "machine", report_string(ctx->machine));
	report_put(o, "database", report_string(ctx->db));
	report_put(o, "boots_ok", json_integer(ctx->boots_ok));
	report_put(o, "boots_broken", json_integer(ctx->boots_broken));
}

void report_dump(json_t *object, struct str *out)
{
	char *dump = json_dumps(object, JSON_INDENT(2));

	json_decref(object);
	if (!dump)
		abort();
	str_add(out, dump);
	str_addch(out, '\n');
	free(dump);
}
