// SPDX-License-Identifier: GPL-2.0
#include "workloads/isolated_cpu.h"

#include <unistd.h>

static int choose_cpu(struct isolated_cpu *i, struct workload_ctx *c, struct err *e)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), cpu = (int)wctx_int(c, "cpu");

	if (cpu < 0)
		cpu = isolation_first("");
	if (cpu < 0)
		cpu = cpus - 1;
	if (cpu >= cpus)
		return wctx_skip(c, e, "there is no CPU %d", cpu);
	i->cpu = cpu;
	i->other = cpu || cpus == 1 ? 0 : 1;
	/* whoever steers it would have to wait for the end of a task that waits for its orders */
	if (cpus == 1 && wctx_int(c, "fifo"))
		return wctx_skip(c, e, "a task in SCHED_FIFO needs a second CPU beside it");
	return 0;
}

static void note_facts(const struct isolated_cpu *i, struct workload_ctx *c)
{
	cleanup_strv struct strv facts = STRV_INIT;

	isolation_check(&i->isolation, &facts);
	for (size_t f = 0; f < facts.n; f++)
		recorder_fact(&c->r, "isolation", facts.v[f]);
}

int isolated_cpu_begin(struct isolated_cpu *i, struct workload_ctx *c, struct spinner_conf *conf,
		       struct err *e)
{
	*i = (struct isolated_cpu){ .cpu = -1 };
	if (choose_cpu(i, c, e))
		return -1;
	isolation_init(&i->isolation, "", i->cpu);
	isolation_begin(&i->isolation);
	note_facts(i, c);
	conf->cpu = i->cpu;
	if (conf->other >= 0)
		conf->other = i->other;
	conf->fifo = (int)wctx_int(c, "fifo");
	conf->dirt = dirt_find(wctx_str(c, "dirty"));
	if (wctx_bind(i->other, e))
		return -1;
	i->spinner = spinner_start(conf, e);
	return i->spinner ? 0 : -1;
}

void isolated_cpu_end(struct isolated_cpu *i)
{
	spinner_stop(i->spinner);
	isolation_end(&i->isolation);
}

int isolated_cpu_finish(struct isolated_cpu *i, struct workload_ctx *c, struct err *e)
{
	const struct spinner_result *r = spinner_result(i->spinner);

	if (spinner_write_gaps(i->spinner, i->cpu, e))
		return -1;
	wctx_window_close(c);
	if (spinner_sleep(i->spinner, e))
		return -1;
	wctx_hist(c, "gap", i->cpu, &r->gaps);
	wctx_value(c, "gap.max", "max", i->cpu, (double)r->gaps.max);
	wctx_value(c, "spin.time", "total", i->cpu, (double)r->time);
	return 0;
}
