// SPDX-License-Identifier: GPL-2.0
/*
 * pte_stress: is what a process sees through its page tables what it should see? Threads, each on a CPU of its own,
 * go through random steps together. One changes the page tables by system calls, and the others access the same
 * pages meanwhile; then all of them check, on their CPUs, that what must fault does, that nothing else does, and that
 * memory holds what they wrote. It measures nothing.
 *
 * What they look at is kept small, so that many steps fit into a minute: an access that the kernel has to do something for
 * costs a debug kernel milliseconds under emulation. A step changes few pages mostly, often at the end of a page table; of
 * many pages those around one of the ends are looked at, and all in a step now and then.
 *
 * A CPU that goes on with a translation that it should have forgotten is found by an access that should fault, by
 * pages that read as what they were before, by a write that the page does not have, that a forked child sees in a
 * private page or does not see in a shared one, that left a cold page unreferenced, or that the kernel dropped because
 * it took the page for clean. The last one is looked for where it can be seen: after half of the MADV_FREE, one CPU that
 * knows the pages from before writes to them, and MADV_PAGEOUT looks for memory there before anybody else may write.
 * Nothing cleans pages of a file in memory: of them is seen whether what is written while they go is in the file.
 */
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/str.h"
#include "workloads/pte_stress.h"
#include "workloads/workload.h"

static int stress_setup(struct workload_ctx *c, struct err *e)
{
	int threads = (int)wctx_int(c, "threads");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	struct stress *s;

	if (!wctx_int(c, "operations") && !wctx_int(c, "seconds"))
		return err_set(e, ERR_INFRA,
			       "without operations and without seconds it has no end");
	if (threads > online)
		return wctx_skip(c, e, "%d threads need a CPU each, and %ld are online", threads,
				 online);
	if (wctx_bind(-1, e))
		return -1;
	s = xmalloc(sizeof(*s));
	c->priv = s;
	return stress_init(s, (size_t)wctx_int(c, "pages"), threads, (uint64_t)wctx_int(c, "seed"),
			   e);
}

static void stress_teardown(struct workload_ctx *c)
{
	if (!c->priv)
		return;
	stress_release(c->priv);
	free(c->priv);
	c->priv = NULL;
}

static bool over(const struct workload_ctx *c, long long steps, const struct timespec *start)
{
	long long most = wctx_int(c, "operations"), seconds = wctx_int(c, "seconds");
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (most && steps >= most) || (seconds && now.tv_sec - start->tv_sec >= seconds);
}

static int failed(struct workload_ctx *c, const struct stress *s, long long step, struct err *e)
{
	return wctx_fail(c, e, "seed %lld, step %lld, %s of pages %zu to %zu by thread %d: %s",
			 wctx_int(c, "seed"), step, stress_op_name(s->step.op), s->step.first,
			 s->step.first + s->step.count - 1, s->step.actor, s->what);
}

static void record(struct workload_ctx *c, const struct stress *s, long long steps, long long pairs)
{
	unsigned long probes = 0, faults = 0;

	for (int i = 0; i < s->model.threads; i++) {
		probes += s->thread[i].probes;
		faults += s->thread[i].faults;
	}
	wctx_value(c, "operations", "count", -1, (double)steps);
	wctx_value(c, "pairs", "count", -1, (double)pairs);
	wctx_value(c, "accesses", "count", -1, (double)probes);
	wctx_value(c, "faults", "count", -1, (double)faults);
}

static int stress_round(struct workload_ctx *c, struct err *e)
{
	struct stress *s = c->priv;
	struct timespec start;
	long long steps = 0, pairs = 0;

	for (int i = 0; i < s->model.threads; i++)
		s->thread[i].probes = s->thread[i].faults = 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!over(c, steps, &start)) {
		steps++;
		if (stress_one(s, e))
			return -1;
		if (atomic_load(&s->failed))
			return failed(c, s, steps, e);
		pairs += s->step.follows;
	}
	record(c, s, steps, pairs);
	return 0;
}

static const struct param stress_params[] = {
	{ .name = "threads",
	  .type = PARAM_INT,
	  .unit = "threads",
	  .min = 2,
	  .max = STRESS_THREADS_MAX,
	  .def = "2",
	  .help = "of the process, each on a CPU of its own" },
	{ .name = "pages",
	  .type = PARAM_INT,
	  .unit = "pages",
	  .min = 1,
	  .max = STRESS_PAGES_MAX,
	  .def = "600",
	  .help = "that they change and access" },
	{ .name = "operations",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 0,
	  .max = 1000000000,
	  .def = "300",
	  .help = "on the page tables in a round, each followed by a check; 0: no end" },
	{ .name = "seconds",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 0,
	  .max = 86400,
	  .def = "0",
	  .help = "that a round takes at most; 0: no end" },
	{ .name = "seed",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 4294967295,
	  .def = "1",
	  .help = "of what is done to which pages, by whom, and what the others do meanwhile; how it falls together in "
		  "time is up to the machine" },
	{ .name = NULL },
};

static const struct metric stress_metrics[] = {
	{ "operations", "operations", DIR_NONE, "on the page tables, each followed by a check" },
	{ "pairs", "operations", DIR_NONE,
	  "of them, MADV_FREE followed by MADV_PAGEOUT of the same pages, which finds a lost dirty bit" },
	{ "accesses", "accesses", DIR_NONE,
	  "reads and writes by the threads, in checks and meanwhile" },
	{ "faults", "accesses", DIR_NONE, "of them, those that ended in a signal, as they had to" },
	{ .name = NULL },
};

const struct workload workload_pte_stress = {
	.name = "pte_stress",
	.summary =
		"correctness of page tables that are changed while other CPUs use them; measures nothing",
	.cpus = 2,
	.params = stress_params,
	.metrics = stress_metrics,
	.setup = stress_setup,
	.round = stress_round,
	.teardown = stress_teardown,
};
