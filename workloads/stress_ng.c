// SPDX-License-Identifier: GPL-2.0
/*
 * stress-ng: one stressor of it, for a number of operations. Bounded by operations and never by time, without random
 * seeds: two kernels are asked to do the same.
 */
#include "workloads/stress_ng.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/tool.h"
#include "workloads/workload.h"

#define YAML "/tmp/stress-ng.yaml"
#define YAML_MAX (64 << 10)

/* stress-ng(1), EXIT STATUS */
static const struct {
	int status;
	enum wl_state state;
	const char *meaning;
} statuses[] = {
	{ 2, WL_FAILED, "the stressor failed" },
	{ 3, WL_BROKEN, "the stressor lacked memory, space, or a system call" },
	{ 4, WL_SKIPPED, "the stressor is not implemented here" },
	{ 5, WL_BROKEN, "the stressor was killed by an unexpected signal" },
	{ 6, WL_BROKEN, "the stressor ended in an unexpected way" },
	{ 7, WL_BROKEN, "its counts may be wrong: a stressor was ended while it counted" },
};

/* "stress-ng, version 0.15.06 (gcc …)" */
static int check_version(struct workload_ctx *c, const char *said, struct err *e)
{
	const char *wanted = wctx_str(c, "version"), *version = strstr(said, "version ");
	cleanup_free char *number = NULL;

	if (!version)
		return err_set(e, ERR_INFRA, "stress-ng does not say its version, but '%.40s'",
			       said);
	version += strlen("version ");
	number = xstrndup(version, strcspn(version, " \n"));
	recorder_fact(&c->r, "stress-ng.version", number);
	if (!*wanted || !strcmp(wanted, number))
		return 0;
	return err_set(e, ERR_INFRA,
		       "stress-ng is version '%s', and the suite asks for '%s' (parameter 'version')",
		       number, wanted);
}

static int stress_ng_setup(struct workload_ctx *c, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct exec x;
	int ret;

	if (tool_need(c, "stress-ng", e))
		return -1;
	strv_push(&argv, "stress-ng");
	strv_push(&argv, "--version");
	ret = tool_run(&argv, &x, e) ? -1 : check_version(c, x.out.buf, e);
	exec_release(&x);
	return ret;
}

static int check_status(struct workload_ctx *c, const struct exec *x, struct err *e)
{
	struct err said = ERR_INIT;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status != x->status)
			continue;
		c->state = statuses[i].state;
		exec_check(x, &said);
		return err_set(e, ERR_INFRA, "%s (%s)", statuses[i].meaning, said.msg);
	}
	return exec_check(x, e);
}

/* Fewer operations than asked for is a stressor that gave up, whatever it exits with. */
static int check_ops(struct workload_ctx *c, const struct stress_ng *s, double ops, struct err *e)
{
	bool more = ops > (double)s->ops && stress_ng_exact(s->stressor);

	if (ops < (double)s->ops || more)
		return wctx_fail(c, e, "%s did %.0f operations, and %lld were asked for",
				 s->stressor, ops, s->ops);
	return 0;
}

static void record(struct workload_ctx *c, const struct stress_ng_result *r)
{
	wctx_value(c, "ops", "count", -1, r->ops);
	wctx_value(c, "op_time", "mean", -1, r->wall * 1e9 / r->ops);
	wctx_value(c, "wall_time", "total", -1, r->wall * 1e9);
	wctx_value(c, "user_time", "total", -1, r->user * 1e9);
	wctx_value(c, "sys_time", "total", -1, r->sys * 1e9);
	/* the kernel counts pages per CPU, and adds them up now and then */
	tool_timed_value(c, "max_rss", "max", -1, r->max_rss);
}

static int take_results(struct workload_ctx *c, const struct stress_ng *s, const struct exec *x,
			struct err *e)
{
	cleanup_free char *skipped = stress_ng_skipped(x->out.buf, s->stressor);
	cleanup_str struct str yaml = STR_INIT;
	struct stress_ng_result r;

	if (!skipped)
		skipped = stress_ng_skipped(x->err.buf, s->stressor);
	if (skipped)
		return wctx_skip(c, e, "stress-ng skips %s: %s", s->stressor, skipped);
	if (check_status(c, x, e) || file_read(YAML, YAML_MAX, &yaml, e) ||
	    stress_ng_parse(yaml.buf, s->stressor, &r, e) || check_ops(c, s, r.ops, e))
		return -1;
	record(c, &r);
	return 0;
}

static int stress_ng_round(struct workload_ctx *c, struct err *e)
{
	struct stress_ng s = { .stressor = wctx_str(c, "stressor"),
			       .instances = wctx_int(c, "instances"),
			       .ops = wctx_int(c, "ops"),
			       .options = wctx_str(c, "options"),
			       .for_cpus = wctx_int(c, "for_cpus"),
			       .verify = wctx_int(c, "verify") };
	int online = (int)sysconf(_SC_NPROCESSORS_ONLN);
	cleanup_strv struct strv argv = STRV_INIT;
	struct exec x;
	int ret;

	if (number_parse(wctx_str(c, "scale"), &s.scale))
		return err_set(e, ERR_INFRA, "'scale' is no number");
	stress_ng_scale(&s, online);
	unlink(YAML);
	if (stress_ng_argv(&s, online, YAML, &argv, e))
		return -1;
	exec_init(&x, (const char *const *)argv.v);
	ret = exec_run(&x, e) ? -1 : take_results(c, &s, &x, e);
	exec_release(&x);
	return ret;
}

static int check_stressor(const struct param *p, const char *value, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (islower((unsigned char)*value) && !value[strspn(value, allowed)])
		return 0;
	return err_set(e, ERR_USAGE,
		       "'%s' is no value for '%s': expected a name of 'stress-ng --stressors'",
		       value, p->name);
}

static int check_options(const struct param *p, const char *value, struct err *e)
{
	return stress_ng_check_options(value, e) ? err_prefix(e, "%s", p->name) : 0;
}

static int check_scale(const struct param *p, const char *value, struct err *e)
{
	double v;

	if (!number_parse(value, &v) && v > 0 && v <= 1e6)
		return 0;
	return err_set(e, ERR_USAGE,
		       "'%s' is no value for '%s': expected a number as 0.01 or 1/100", value,
		       p->name);
}

static const struct param stress_ng_params[] = {
	{ .name = "stressor",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "vm",
	  .check = check_stressor,
	  .help = "one of `stress-ng --stressors`" },
	{ .name = "instances",
	  .type = PARAM_INT,
	  .unit = "instances",
	  .min = 0,
	  .max = 65536,
	  .def = "0",
	  .help = "processes that do it; 0: one per online CPU" },
	{ .name = "ops",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 1,
	  .max = 1000000000000LL,
	  .def = "1000",
	  .help = "bogo operations of all instances together, rounded up to a multiple of them" },
	{ .name = "options",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .check = check_options,
	  .help = "further options of the stressor, without `--` and its name: \"bytes=128M keep\" is "
		  "`--vm-bytes 128M --vm-keep`; and general ones that bound nothing, whole: "
		  "\"--taskset=0\"" },
	{ .name = "for_cpus",
	  .type = PARAM_INT,
	  .unit = "CPUs",
	  .min = 0,
	  .max = 65536,
	  .def = "0",
	  .help = "these are the parameters for a machine with so many CPUs: instances, ops and bytes, "
		  "which the instances share, are multiplied by online/for_cpus; 0: they are not" },
	{ .name = "scale",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "1",
	  .check = check_scale,
	  .help = "ops are multiplied by this, 0.01 or 1/100" },
	{ .name = "verify",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "let the stressor check its results" },
	{ .name = "version",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .help = "broken with any other version of stress-ng, \"0.15.06\"; empty: any will do" },
	{ .name = NULL },
};

static const struct metric stress_ng_metrics[] = {
	{ "ops", "ops", DIR_NONE, "bogo operations that were done" },
	{ "op_time", "ns/op", DIR_LOWER,
	  "wall-clock time per bogo operation: the reciprocal of its rate" },
	{ "wall_time", "ns", DIR_LOWER, "wall-clock time, mean of the instances" },
	{ "user_time", "ns", DIR_LOWER, "user time of all instances" },
	{ "sys_time", "ns", DIR_LOWER, "system time of all instances" },
	{ "max_rss", "KiB", DIR_LOWER, "largest resident set of a process" },
	{ .name = NULL },
};

static const char *const stress_ng_packages[] = { "stress-ng", NULL };

const struct workload workload_stress_ng = {
	.name = "stress-ng",
	.summary = "one stressor of stress-ng, for a number of operations",
	.packages = stress_ng_packages,
	.params = stress_ng_params,
	.metrics = stress_ng_metrics,
	.setup = stress_ng_setup,
	.round = stress_ng_round,
};
