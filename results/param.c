// SPDX-License-Identifier: GPL-2.0
#include "results/param.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/str.h"

const struct param *param_find(const struct param *table, const char *name)
{
	for (const struct param *p = table; p && p->name; p++)
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

static int check_int(const struct param *p, const char *value, struct err *e)
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

static int check_choice(const struct param *p, const char *const *choices, const char *value,
			struct err *e)
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

static int check_text(const struct param *p, const char *value, struct err *e)
{
	size_t len = strlen(value);

	if (len > PARAM_TEXT_MAX)
		return err_set(e, ERR_USAGE, "the value of '%s' has %zu bytes; expected at most %d",
			       p->name, len, PARAM_TEXT_MAX);
	for (const char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			return err_set(
				e, ERR_USAGE,
				"the value of '%s' holds the byte 0x%02x; expected printable ASCII",
				p->name, (unsigned char)*c);
	return 0;
}

static int check_type(const struct param *p, const char *value, struct err *e)
{
	static const char *const bools[] = { "true", "false", NULL };

	switch (p->type) {
	case PARAM_INT:
		return check_int(p, value, e);
	case PARAM_BOOL:
		return check_choice(p, bools, value, e);
	case PARAM_ENUM:
		return check_choice(p, p->choices, value, e);
	case PARAM_TEXT:
		return check_text(p, value, e);
	}
	return err_set(e, ERR_USAGE, "'%s' has no known type", p->name);
}

int param_check(const struct param *p, const char *value, struct err *e)
{
	if (check_type(p, value, e))
		return -1;
	return p->check ? p->check(p, value, e) : 0;
}
