// SPDX-License-Identifier: GPL-2.0
#include "workloads/workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct workload *workload_find(const char *name)
{
	for (const struct workload *const *w = workloads; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}

const struct workload_param *workload_param_find(const struct workload *w, const char *name)
{
	for (const struct workload_param *p = w->params; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

/* One spelling per number: "64" and "064" would be two workloads to whoever compares their text. */
static bool is_plain(const char *value)
{
	const char *digits = value + (*value == '-');

	return *digits >= '0' && *digits <= '9' &&
	       !(*digits == '0' && (digits[1] || digits != value));
}

static int check_int(const struct workload_param *p, const char *value, struct err *e)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (errno || !is_plain(value) || *end || v < p->min || v > p->max)
		return err_set(e, ERR_USAGE, "'%s' is no value for '%s': expected %lld to %lld%s%s",
			       value, p->name, p->min, p->max, p->unit && *p->unit ? " " : "",
			       p->unit ? p->unit : "");
	return 0;
}

static int check_choice(const struct workload_param *p, const char *const *choices,
			const char *value, struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	for (const char *const *c = choices; *c; c++) {
		if (!strcmp(*c, value))
			return 0;
		str_addf(&known, "%s%s", known.len ? ", " : "", *c);
	}
	return err_set(e, ERR_USAGE, "'%s' is no value for '%s': expected one of %s", value,
		       p->name, known.buf);
}

int workload_param_check(const struct workload_param *p, const char *value, struct err *e)
{
	static const char *const bools[] = { "true", "false", NULL };

	switch (p->type) {
	case PARAM_INT:
		return check_int(p, value, e);
	case PARAM_BOOL:
		return check_choice(p, bools, value, e);
	case PARAM_ENUM:
		return check_choice(p, p->choices, value, e);
	}
	return err_set(e, ERR_USAGE, "'%s' has no known type", p->name);
}
