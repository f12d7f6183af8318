// SPDX-License-Identifier: GPL-2.0
/* What a workload may use while it runs (workload.h): parameters, files of the kernel, records. */
#include "workloads/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

#define RESULTS_MAX (4 << 20)

/* Asking for what the descriptor does not have is a mistake of the workload, not of its input. */
static void die_of_bug(const struct workload_ctx *c, const char *what, const char *name)
{
	fprintf(stderr, "kdelta-guest: workload '%s' has no %s '%s'\n", c->w->name, what, name);
	abort();
}

const char *wctx_str(const struct workload_ctx *c, const char *param)
{
	const char *value = fields_get(c->params, param);

	if (!value)
		die_of_bug(c, "parameter", param);
	return value;
}

long long wctx_int(const struct workload_ctx *c, const char *param)
{
	const char *value = wctx_str(c, param);
	const struct param *p = param_find(c->w->params, param);

	if (p && p->type == PARAM_BOOL)
		return !strcmp(value, "true");
	return strtoll(value, NULL, 10);
}

int wctx_bind(int cpu, struct err *e)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return err_errno(e, ERR_INFRA, "cannot run on CPU %d", cpu);
	return 0;
}

int wctx_write(const char *path, const char *text, struct err *e)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	n = write(fd, text, len);
	if (n < 0)
		err_errno(e, ERR_INFRA, "cannot write '%s' to '%s'", text, path);
	else if ((size_t)n != len)
		err_set(e, ERR_INFRA, "cannot write '%s' to '%s': took %zd bytes", text, path, n);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

static const struct metric *own_metric(const struct workload_ctx *c, const char *name)
{
	const struct metric *m = metric_find(c->w->metrics, name);

	if (!m)
		die_of_bug(c, "metric", name);
	return m;
}

void wctx_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu, double value)
{
	recorder_value(&c->r, own_metric(c, metric), stat, cpu, value);
}

void wctx_metric(struct workload_ctx *c, const struct metric *m, const char *stat, int cpu,
		 double value)
{
	recorder_value(&c->r, m, stat, cpu, value);
}

void wctx_hist(struct workload_ctx *c, const char *metric, int cpu, const struct hist *h)
{
	recorder_hist(&c->r, own_metric(c, metric), cpu, h);
}

void wctx_note(struct workload_ctx *c, int cpu, const char *key, const char *text)
{
	recorder_note(&c->r, cpu, key, text);
}

static int give_up(struct workload_ctx *c, enum wl_state state, struct err *e, const char *fmt,
		   va_list ap)
{
	char reason[512];

	vsnprintf(reason, sizeof(reason), fmt, ap);
	c->state = state;
	return err_set(e, ERR_INFRA, "%s", reason);
}

int wctx_skip(struct workload_ctx *c, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give_up(c, WL_SKIPPED, e, fmt, ap);
	va_end(ap);
	return -1;
}

int wctx_fail(struct workload_ctx *c, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give_up(c, WL_FAILED, e, fmt, ap);
	va_end(ap);
	return -1;
}

int wctx_module_results(struct workload_ctx *c, const char *path, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (c->r.round < 0)
		return 0;
	if (file_read(path, RESULTS_MAX, &text, e))
		return -1;
	return recorder_module_lines(&c->r, c->w->metrics, path, &text, e);
}
