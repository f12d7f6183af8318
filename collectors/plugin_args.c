// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin.h"

#include <stdlib.h>
#include <string.h>

#define WHERE_MAX 1000

static int take_out(struct plugin_args *a, const char *value, struct err *e)
{
	(void)e;
	free(a->out);
	a->out = xstrdup(value);
	return 0;
}

static int take_symbols(struct plugin_args *a, const char *value, struct err *e)
{
	(void)e;
	free(a->symbols);
	a->symbols = xstrdup(value);
	return 0;
}

static int take_kernel(struct plugin_args *a, const char *value, struct err *e)
{
	char *end, *end2;
	struct range r;

	r.low = strtoull(value, &end, 16);
	if (end == value || *end != '-')
		return err_set(e, ERR_USAGE, "expected LOW-HIGH in hexadecimal");
	r.high = strtoull(end + 1, &end2, 16);
	if (end2 == end + 1 || *end2 || r.high <= r.low)
		return err_set(e, ERR_USAGE, "expected LOW-HIGH in hexadecimal");
	*ARRAY_PUSH(a->kernel, a->nkernel, a->kernel_cap) = r;
	return 0;
}

static int take_where(struct plugin_args *a, const char *value, struct err *e)
{
	char *end;

	a->where = strtol(value, &end, 10);
	if (end == value || *end || a->where < 0 || a->where > WHERE_MAX)
		return err_set(e, ERR_USAGE, "expected a number from 0 to %d", WHERE_MAX);
	return 0;
}

static int take_call(struct plugin_args *a, const char *value, struct err *e)
{
	(void)e;
	if (!strv_has(&a->calls, value))
		strv_push(&a->calls, value);
	return 0;
}

static int take_excursions(struct plugin_args *a, const char *value, struct err *e)
{
	a->excursions = !strcmp(value, "on");
	if (!a->excursions && strcmp(value, "off"))
		return err_set(e, ERR_USAGE, "expected on or off");
	return 0;
}

static int take_threads(struct plugin_args *a, const char *value, struct err *e)
{
	if (!strcmp(value, "single"))
		a->threads = THREADS_SINGLE;
	else if (!strcmp(value, "multi"))
		a->threads = THREADS_MULTI;
	else
		return err_set(e, ERR_USAGE, "expected single or multi");
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct plugin_args *a, const char *value, struct err *e);
} rows[] = {
	{ "out", take_out },         { "symbols", take_symbols }, { "kernel", take_kernel },
	{ "where", take_where },     { "call", take_call },       { "excursions", take_excursions },
	{ "threads", take_threads },
};

static int take(struct plugin_args *a, const char *arg, struct err *e)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strlen(rows[i].name) != len || strncmp(rows[i].name, arg, len) || !arg[len])
			continue;
		if (!arg[len + 1])
			return err_set(e, ERR_USAGE, "argument '%s': the value is missing", arg);
		if (rows[i].take(a, arg + len + 1, e))
			return err_prefix(e, "argument '%s'", arg);
		return 0;
	}
	return err_set(e, ERR_USAGE, "unknown argument '%s'", arg);
}

int plugin_args_parse(struct plugin_args *a, int argc, char *const *argv, struct err *e)
{
	memset(a, 0, sizeof(*a));
	for (int i = 0; i < argc; i++)
		if (take(a, argv[i], e))
			return -1;
	if (!a->out)
		return err_set(e, ERR_USAGE, "argument 'out=FILE' is missing");
	if (!a->symbols && (a->where || a->calls.n))
		return err_set(e, ERR_USAGE, "where= and call= need symbols=FILE");
	return 0;
}

void plugin_args_release(struct plugin_args *a)
{
	free(a->out);
	free(a->symbols);
	free(a->kernel);
	strv_release(&a->calls);
}

bool plugin_args_is_kernel(const struct plugin_args *a, uint64_t addr)
{
	if (!a->nkernel)
		return addr >> 63;
	for (size_t i = 0; i < a->nkernel; i++)
		if (addr >= a->kernel[i].low && addr < a->kernel[i].high)
			return true;
	return false;
}
