// SPDX-License-Identifier: GPL-2.0
#include "workloads/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/isolation.h"

int tool_need(struct workload_ctx *c, const char *program, struct err *e)
{
	if (exec_has(program))
		return 0;
	return wctx_skip(c, e, "there is no '%s' in the root image: its package is '%s'", program,
			 c->w->packages[0]);
}

int tool_run(const struct strv *argv, struct exec *x, struct err *e)
{
	exec_init(x, (const char *const *)argv->v);
	return exec_run(x, e) || exec_check(x, e) ? -1 : 0;
}

int tool_count(const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long v;

	errno = 0;
	v = strtoull(text, NULL, 10);
	if (!digits || text[digits] || errno || v > INT64_MAX)
		return -1;
	*out = v;
	return 0;
}

int tool_need_count(const char *program, const char *text, uint64_t *out, struct err *e)
{
	if (!tool_count(text, out))
		return 0;
	return err_set(e, ERR_INFRA, "cannot read the output of %s: '%.40s' is no number", program,
		       text);
}

char *tool_line(const char *text, const char *prefix)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n\t ");
		if (str_starts(line, prefix)) {
			line += strlen(prefix);
			return xstrndup(line, strcspn(line, "\n"));
		}
	}
	return NULL;
}

void tool_hist_add(struct hist *h, uint64_t us, uint64_t n)
{
	uint64_t ns = us > UINT64_MAX / 1000 ? UINT64_MAX : us * 1000;

	if (!n)
		return;
	h->count[hist_index(ns)] += n;
	if (ns > h->max)
		h->max = ns;
}

void tool_hist_add_over(struct hist *h, uint64_t limit_us, uint64_t max_us, uint64_t n)
{
	if (!n)
		return;
	tool_hist_add(h, limit_us, n - 1);
	tool_hist_add(h, max_us, 1);
}

void tool_timed_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu,
		      double value)
{
	if (c->r.clock->ev != EV_EMULATED_TIME)
		wctx_value(c, metric, stat, cpu, value);
}

static int take_cpus(struct workload_ctx *c, struct tool_cpus *s, struct err *e)
{
	const char *list = wctx_str(c, "cpus");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	if (cpulist_parse(list, &set, e))
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (*list ? !CPU_ISSET(cpu, &set) : cpu >= online)
			continue;
		if (cpu >= online)
			return wctx_skip(c, e, "there is no CPU %d", cpu);
		s->cpu[s->n++] = cpu;
	}
	return 0;
}

int tool_cpus_setup(struct workload_ctx *c, const char *program, struct err *e)
{
	c->priv = xcalloc(1, sizeof(struct tool_cpus));
	return tool_need(c, program, e) || take_cpus(c, c->priv, e) ? -1 : 0;
}

void tool_cpus_teardown(struct workload_ctx *c)
{
	free(c->priv);
	c->priv = NULL;
}

void tool_cpus_add(const struct tool_cpus *s, struct str *out)
{
	for (int i = 0; i < s->n; i++)
		str_addf(out, "%s%d", i ? "," : "", s->cpu[i]);
}

int tool_check_cpus(const struct param *p, const char *value, struct err *e)
{
	cpu_set_t set;

	if (!cpulist_parse(value, &set, NULL))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is no value for '%s': expected CPUs as \"0-2,5\"", value,
		       p->name);
}
