// SPDX-License-Identifier: GPL-2.0
/* The command line of stress-ng and its YAML (stress_ng.h). */
#include "workloads/stress_ng.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "results/record.h"

#define PAGE 4096 /* the least that a stressor maps (stress-ng, stress-vm.c: MIN_VM_BYTES) */

/* --- what is asked for --- */

/* To the nearest whole number, and at least 1. */
static long long scaled(long long n, double by)
{
	double v = (double)n * by + 0.5;

	if (v >= 9e18)
		return (long long)9e18;
	return v < 1 ? 1 : (long long)v;
}

static double cpu_ratio(const struct stress_ng *s, int online)
{
	return s->for_cpus ? (double)online / (double)s->for_cpus : 1;
}

void stress_ng_scale(struct stress_ng *s, int online)
{
	double ratio = cpu_ratio(s, online);
	long long rest;

	s->instances = s->instances ? scaled(s->instances, ratio) : online;
	s->ops = scaled(s->ops, ratio * s->scale);
	rest = s->ops % s->instances;
	if (rest)
		s->ops += s->instances - rest;
}

/* Options of stress-ng itself that change how a stressor runs and not for how long, nor what is printed where. */
static const char *const general[] = { "aggressive", "ionice-class", "ionice-level", "ksm",
				       "maximize",   "mbind",        "minimize",     "no-madvise",
				       "oomable",    "page-in",      "sched",        "sched-prio",
				       "taskset",    "thrash",       "timer-slack",  NULL };

static bool is_general(const char *name, size_t len)
{
	for (const char *const *g = general; *g; g++)
		if (strlen(*g) == len && !memcmp(*g, name, len))
			return true;
	return false;
}

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* getopt_long() would take "o" and "op" for "ops". */
static bool is_ops(const char *name, size_t len)
{
	return len <= 3 && !strncmp(name, "ops", len);
}

/* One option: "bytes=64M", "keep", "--taskset=0". */
static int check_option(const char *text, struct err *e)
{
	bool whole = str_starts(text, "--");
	const char *name = text + (whole ? 2 : 0);
	size_t len = strspn(name, NAME_CHARS);

	if (!len || *name == '-' || (name[len] && name[len] != '='))
		return err_set(e, ERR_USAGE, "'%s' is no option: expected NAME or NAME=VALUE",
			       text);
	if (whole && !is_general(name, len))
		return err_set(e, ERR_USAGE,
			       "'%s' is no general option that may be given here; options of the "
			       "stressor go without '--' and its name",
			       text);
	if (!whole && is_ops(name, len))
		return err_set(e, ERR_USAGE, "'%s': the number of operations is given by 'ops'",
			       text);
	return 0;
}

int stress_ng_check_options(const char *options, struct err *e)
{
	cleanup_strv struct strv v = STRV_INIT;

	strv_split(&v, options, " ");
	for (size_t i = 0; i < v.n; i++)
		if (check_option(v.v[i], e))
			return -1;
	return 0;
}

/* "128M" to bytes; false for percentages and what stress-ng may know besides (stress-ng(1): b, k, m, g). */
static bool bytes_parse(const char *text, long long *out)
{
	static const char units[] = "bkmg";
	char *end;
	const char *unit;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text || errno || v < 0)
		return false;
	unit = *end ? strchr(units, *end | 0x20) : units;
	if (!unit || !*unit || (*end && end[1]) || v > (1LL << 30))
		return false;
	*out = v << (10 * (unit - units));
	return true;
}

static void push_option(const struct stress_ng *s, double ratio, const char *option,
			struct strv *argv)
{
	long long bytes;

	if (str_starts(option, "--")) {
		strv_push(argv, option);
	} else if (ratio != 1 && str_starts(option, "bytes=") &&
		   bytes_parse(option + strlen("bytes="), &bytes)) {
		bytes = scaled(bytes, ratio) / PAGE * PAGE;
		strv_pushf(argv, "--%s-bytes=%lld", s->stressor, bytes < PAGE ? PAGE : bytes);
	} else {
		strv_pushf(argv, "--%s-%s", s->stressor, option);
	}
}

int stress_ng_argv(const struct stress_ng *s, int online, const char *yaml, struct strv *argv,
		   struct err *e)
{
	cleanup_strv struct strv options = STRV_INIT;

	if (stress_ng_check_options(s->options, e))
		return -1;
	strv_push(argv, "stress-ng");
	strv_push(argv, "--no-rand-seed");
	strv_push(argv, "--metrics-brief");
	strv_pushf(argv, "--yaml=%s", yaml);
	strv_push(argv, "--temp-path=/tmp");
	if (s->verify)
		strv_push(argv, "--verify");
	strv_pushf(argv, "--%s=%lld", s->stressor, s->instances);
	strv_pushf(argv, "--%s-ops=%lld", s->stressor, s->ops);
	strv_split(&options, s->options, " ");
	for (size_t i = 0; i < options.n; i++)
		push_option(s, cpu_ratio(s, online), options.v[i], argv);
	return 0;
}

bool stress_ng_exact(const char *stressor)
{
	/* found by asking for 1 to 1000 operations of 1 to 4 instances of stress-ng 0.15.06 */
	static const char *const exact[] = { "fork", "mmapfork", "vm", NULL };

	for (const char *const *x = exact; *x; x++)
		if (!strcmp(*x, stressor))
			return true;
	return false;
}

/* --- what it says --- */

static const struct {
	const char *key;
	size_t offset;
} fields_wanted[] = {
	{ "bogo-ops", offsetof(struct stress_ng_result, ops) },
	{ "wall-clock-time", offsetof(struct stress_ng_result, wall) },
	{ "user-time", offsetof(struct stress_ng_result, user) },
	{ "system-time", offsetof(struct stress_ng_result, sys) },
	{ "max-rss", offsetof(struct stress_ng_result, max_rss) },
};

#define NFIELDS (sizeof(fields_wanted) / sizeof(fields_wanted[0]))

static int wrong(struct err *e, const char *line)
{
	return err_set(e, ERR_INFRA, "cannot read the YAML of stress-ng: '%.60s'", line);
}

/* "key: value" of the stressor; keys that are not wanted are passed over. */
static int take_field(const char *line, struct stress_ng_result *r, bool *seen, struct err *e)
{
	const char *colon = strstr(line, ": ");
	double v;

	if (!colon)
		return wrong(e, line);
	for (size_t i = 0; i < NFIELDS; i++) {
		size_t len = strlen(fields_wanted[i].key);

		if (len != (size_t)(colon - line) || memcmp(line, fields_wanted[i].key, len))
			continue;
		if (seen[i] || number_parse(colon + 2, &v) || v < 0)
			return wrong(e, line);
		seen[i] = true;
		*(double *)((char *)r + fields_wanted[i].offset) = v;
	}
	return 0;
}

static int all_seen(const bool *seen, const char *stressor, struct err *e)
{
	for (size_t i = 0; i < NFIELDS; i++)
		if (!seen[i])
			return err_set(e, ERR_INFRA,
				       "cannot read the YAML of stress-ng: no '%s' of '%s'",
				       fields_wanted[i].key, stressor);
	return 0;
}

int stress_ng_parse(const char *yaml, const char *stressor, struct stress_ng_result *r,
		    struct err *e)
{
	static const char item[] = "    - stressor: ";
	cleanup_strv struct strv lines = STRV_INIT;
	bool seen[NFIELDS] = { false }, in_metrics = false, ours = false;

	*r = (struct stress_ng_result){ 0 };
	strv_split(&lines, yaml, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i];

		if (*line != ' ')
			in_metrics = !strcmp(line, "metrics:");
		else if (in_metrics && str_starts(line, item))
			ours = !strcmp(line + strlen(item), stressor);
		else if (in_metrics && ours && take_field(line + strspn(line, " "), r, seen, e))
			return -1;
	}
	return all_seen(seen, stressor, e);
}

char *stress_ng_skipped(const char *output, const char *stressor)
{
	cleanup_free char *said = xasprintf("] %s stressor will be skipped, ", stressor);
	const char *at = strstr(output, said);

	if (!at)
		return NULL;
	at += strlen(said);
	return xstrndup(at, strcspn(at, "\n"));
}
