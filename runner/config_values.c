// SPDX-License-Identifier: GPL-2.0
/* Values by table row: numbers with units, words, lists. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config_keys.h"

/* What may stand behind a number, as a factor to the key's own unit. */
static const struct {
	const char *unit; /* of the key */
	const char *suffix;
	double factor;
} suffixes[] = {
	{ "MiB", "M", 1 }, { "MiB", "MiB", 1 }, { "MiB", "G", 1024 }, { "MiB", "GiB", 1024 },
	{ "KiB", "K", 1 }, { "KiB", "KiB", 1 }, { "KiB", "M", 1024 }, { "KiB", "MiB", 1024 },
	{ "s", "s", 1 },   { "s", "m", 60 },    { "s", "min", 60 },   { "s", "h", 3600 },
	{ "ms", "ms", 1 }, { "ms", "s", 1000 }, { "%", "%", 1 },
};

static void describe_units(const char *unit, struct str *out)
{
	if (!unit || !*unit)
		return;
	str_addf(out, " %s (or with a unit:", unit);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (!strcmp(suffixes[i].unit, unit))
			str_addf(out, " %s", suffixes[i].suffix);
	str_addch(out, ')');
}

/* The factor of the text behind a number; 0: not understood. */
static double factor_of(const char *unit, const char *suffix)
{
	if (!*suffix)
		return 1;
	for (size_t i = 0; unit && i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (!strcmp(suffixes[i].unit, unit) && !strcmp(suffixes[i].suffix, suffix))
			return suffixes[i].factor;
	return 0;
}

static int number_err(const char *file, const struct config_key *k, const struct yaml *y,
		      struct err *e)
{
	cleanup_str struct str units = STR_INIT;

	describe_units(k->unit, &units);
	return yaml_err(file, y, e, "'%s' for '%s': expected %s from %lld to %lld%s", y->text,
			k->name, k->type == KEY_PERCENT ? "a number" : "a whole number", k->min,
			k->max, units.buf);
}

static int parse_number(const char *file, const struct config_key *k, const struct yaml *y,
			double *out, struct err *e)
{
	/* only these, for strtod also takes "0x1", "1e9", "nan" and "inf" */
	size_t digits = strspn(y->text, "-0123456789.");
	char *end;
	double f;

	errno = 0;
	*out = strtod(y->text, &end);
	if (errno || !digits || end != y->text + digits)
		return number_err(file, k, y, e);
	f = factor_of(k->unit, end + strspn(end, " "));
	if (f <= 0)
		return number_err(file, k, y, e);
	*out *= f;
	if (!isfinite(*out) || *out < (double)k->min || *out > (double)k->max)
		return number_err(file, k, y, e);
	return 0;
}

static int set_int(const char *file, const struct config_key *k, const struct yaml *y, int *out,
		   struct err *e)
{
	double v;

	if (parse_number(file, k, y, &v, e))
		return -1;
	if (v != floor(v))
		return number_err(file, k, y, e);
	*out = (int)v;
	return 0;
}

static int set_percent(const char *file, const struct config_key *k, const struct yaml *y,
		       double *out, struct err *e)
{
	double v;

	if (parse_number(file, k, y, &v, e))
		return -1;
	*out = v / 100;
	return 0;
}

static int set_bool(const char *file, const struct config_key *k, const struct yaml *y, bool *out,
		    struct err *e)
{
	if (!strcmp(y->text, "true") || !strcmp(y->text, "yes") || !strcmp(y->text, "on")) {
		*out = true;
	} else if (!strcmp(y->text, "false") || !strcmp(y->text, "no") || !strcmp(y->text, "off")) {
		*out = false;
	} else {
		return yaml_err(file, y, e, "'%s' for '%s': expected true or false", y->text,
				k->name);
	}
	return 0;
}

/* The number of the chosen word, or -1. */
static int find_choice(const char *file, const struct config_key *k, const struct yaml *y,
		       struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	for (int i = 0; k->choices[i]; i++) {
		if (!strcmp(k->choices[i], y->text))
			return i;
		str_addf(&known, "%s%s", i ? ", " : "", k->choices[i]);
	}
	return yaml_err(file, y, e, "'%s' for '%s': expected one of %s", y->text, k->name,
			known.buf);
}

static int set_choice(const char *file, const struct config_key *k, const struct yaml *y, int *out,
		      struct err *e)
{
	int i = find_choice(file, k, y, e);

	if (i < 0)
		return -1;
	*out = i;
	return 0;
}

static int set_string(const char *file, const struct config_key *k, const struct yaml *y,
		      char **out, struct err *e)
{
	if (!*y->text)
		return yaml_err(file, y, e, "'%s' is empty: expected a string", k->name);
	if (k->choices && find_choice(file, k, y, e) < 0)
		return -1;
	free(*out);
	*out = xstrdup(y->text);
	return 0;
}

size_t yaml_items(const struct yaml *y)
{
	return y->type == YAML_LIST ? y->n : 1;
}

const struct yaml *yaml_item(const struct yaml *y, size_t i)
{
	return y->type == YAML_LIST ? &y->child[i] : y;
}

static int set_list(const char *file, const struct config_key *k, const struct yaml *y,
		    struct strv *out, struct err *e)
{
	for (size_t i = 0; i < yaml_items(y); i++) {
		const struct yaml *item = yaml_item(y, i);

		if (item->type != YAML_SCALAR || !*item->text)
			return yaml_err(file, item, e,
					"'%s': expected a string or a list of strings", k->name);
		if (k->type == KEY_WORDS)
			strv_split(out, item->text, " \t\n");
		else
			strv_push(out, item->text);
	}
	return 0;
}

int config_value(const char *file, const struct config_key *k, const struct yaml *y, void *object,
		 struct err *e)
{
	void *at = (char *)object + k->offset;

	if (k->type == KEY_LIST || k->type == KEY_WORDS)
		return set_list(file, k, y, at, e);
	if (y->type != YAML_SCALAR)
		return yaml_err(file, y, e, "'%s': expected one value, not a %s", k->name,
				y->type == YAML_LIST ? "list" : "map");
	switch (k->type) {
	case KEY_INT:
		return set_int(file, k, y, at, e);
	case KEY_PERCENT:
		return set_percent(file, k, y, at, e);
	case KEY_BOOL:
		return set_bool(file, k, y, at, e);
	case KEY_CHOICE:
		return set_choice(file, k, y, at, e);
	default:
		return set_string(file, k, y, at, e);
	}
}

void config_default(const struct config_key *k, void *object)
{
	struct yaml y = { .type = YAML_SCALAR };

	if (!k->def || k->type == KEY_SPECIAL)
		return;
	y.text = xstrdup(k->def);
	config_value("default", k, &y, object, NULL);
	free(y.text);
}
