// SPDX-License-Identifier: GPL-2.0
/*
 * pte: what changing page tables costs. A mapping of some present pages is changed back and forth in a window
 * of the whole machine, with or without a second thread of the process running on another CPU: only then do
 * other CPUs have to forget what they know of the page tables.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kmods/kdelta_marker.h"
#include "workloads/workload.h"

struct pte {
	pthread_t other; /* runs on CPU 1 until told to stop */
	bool started;
	atomic_bool running, stop;
};

static void *spin(void *arg)
{
	struct pte *p = arg;

	atomic_store(&p->running, true);
	while (!atomic_load(&p->stop))
		;
	return NULL;
}

static int start_other(struct pte *p, struct err *e)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	pthread_attr_init(&attr);
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!ret)
		ret = pthread_create(&p->other, &attr, spin, p);
	pthread_attr_destroy(&attr);
	if (ret)
		return err_set(e, ERR_INFRA, "cannot start a second thread on CPU 1: %s",
			       strerror(ret));
	p->started = true;
	while (!atomic_load(&p->running))
		sched_yield();
	return 0;
}

static void pte_teardown(struct workload_ctx *c)
{
	struct pte *p = c->priv;

	if (!p)
		return;
	atomic_store(&p->stop, true);
	if (p->started)
		pthread_join(p->other, NULL);
	free(p);
	c->priv = NULL;
}

static int pte_setup(struct workload_ctx *c, struct err *e)
{
	long long threads = wctx_int(c, "threads");

	if (threads > 1 && sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		c->state = WL_SKIPPED;
		return err_set(e, ERR_INFRA, "two threads need two CPUs");
	}
	c->priv = xcalloc(1, sizeof(struct pte));
	return threads > 1 ? start_other(c->priv, e) : 0;
}

/* Returns how many calls there were, or -1. */
static long long mprotect_back_and_forth(char *map, size_t len, long long times)
{
	for (long long i = 0; i < times; i++)
		if (mprotect(map, len, PROT_READ) || mprotect(map, len, PROT_READ | PROT_WRITE))
			return -1;
	return 2 * times;
}

static int pte_round(struct workload_ctx *c, struct err *e)
{
	size_t len = (size_t)wctx_int(c, "pages") * (size_t)sysconf(_SC_PAGESIZE);
	long long calls;
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return err_errno(e, ERR_INFRA, "cannot map %zu bytes", len);
	memset(map, 1, len);
	kdelta_open_machine(KDELTA_WINDOW_PTE);
	calls = mprotect_back_and_forth(map, len, wctx_int(c, "times"));
	kdelta_close_machine(KDELTA_WINDOW_PTE);
	if (calls < 0)
		err_errno(e, ERR_INFRA, "cannot protect %zu bytes", len);
	else
		wctx_value(c, "calls", "count", -1, (double)calls);
	munmap(map, len);
	return calls < 0 ? -1 : 0;
}

static const char *const ops[] = { "mprotect", NULL };

static const struct param pte_params[] = {
	{ .name = "op",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "mprotect",
	  .choices = ops,
	  .help = "mprotect: to read-only and back" },
	{ .name = "pages",
	  .type = PARAM_INT,
	  .unit = "pages",
	  .min = 1,
	  .max = 65536,
	  .def = "256",
	  .help = "present pages of the mapping" },
	{ .name = "times",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 1,
	  .max = 1000000,
	  .def = "10",
	  .help = "how often it is changed and changed back in one round" },
	{ .name = "threads",
	  .type = PARAM_INT,
	  .unit = "threads",
	  .min = 1,
	  .max = 2,
	  .def = "1",
	  .help = "2: another thread of the process runs on another CPU meanwhile" },
	{ .name = NULL },
};

static const struct metric pte_metrics[] = {
	{ "calls", "calls", DIR_NONE, "system calls of one round" },
	{ .name = NULL },
};

const struct workload workload_pte = {
	.name = "pte",
	.summary = "changes of page tables, with and without another CPU that has to know",
	.params = pte_params,
	.metrics = pte_metrics,
	.setup = pte_setup,
	.round = pte_round,
	.teardown = pte_teardown,
};
