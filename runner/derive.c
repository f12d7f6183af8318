// SPDX-License-Identifier: GPL-2.0
#include "runner/derive.h"

#include <string.h>

#include "collectors/pfm_encode.h"

static const char *value_of(const struct suite_collector *c, const char *name)
{
	for (size_t i = 0; i < c->nparams; i++)
		if (!strcmp(c->params[i].name, name))
			return c->params[i].value;
	return "";
}

static int perf_events_encoded(const struct suite_collector *c, const struct arch *a,
			       struct str *out, struct err *e)
{
	const struct arch *host = arch_host();

	return pfm_encode(value_of(c, "events"), value_of(c, "pmu"), a->name,
			  host ? host->name : "other", out, e);
}

static const struct {
	const char *collector, *param;
	int (*derive)(const struct suite_collector *c, const struct arch *a, struct str *out,
		      struct err *e);
} table[] = {
	{ "perf_events", "encoded", perf_events_encoded },
};

int derive_param(const struct suite_collector *c, const char *name, const struct arch *a,
		 struct str *out, struct err *e)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(table[i].collector, c->col->name) || strcmp(table[i].param, name))
			continue;
		if (table[i].derive(c, a, out, e))
			return err_prefix(e, "collector '%s'", c->col->name);
	}
	return 0;
}

int derive_check(const struct suite *s, const struct arch *a, struct err *e)
{
	for (size_t i = 0; i < s->ncollectors; i++) {
		const struct suite_collector *c = &s->collectors[i];

		for (const struct param *p = c->col->params; p && p->name; p++) {
			cleanup_str struct str value = STR_INIT;

			if (p->derived && derive_param(c, p->name, a, &value, e))
				return -1;
		}
	}
	return 0;
}
