// SPDX-License-Identifier: GPL-2.0
/*
 * pte: what changing page tables costs. A mapping of some present pages is changed in a window of the whole
 * machine, and put back outside of it, with or without other threads of the process running on other CPUs: only
 * then do other CPUs have to forget what they know of the page tables.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "kmods/kdelta_marker.h"
#include "runner/base/file.h"
#include "workloads/pte.h"
#include "workloads/ticks.h"
#include "workloads/workload.h"

#define THP "/sys/kernel/mm/transparent_hugepage"
#define EMPTY_TIMES 64

/* Bytes of a huge page, 0 where the kernel has none (Documentation/admin-guide/mm/transhuge.rst). */
static size_t huge_page_size(void)
{
	cleanup_str struct str text = STR_INIT;

	return file_read(THP "/hpage_pmd_size", 64, &text, NULL) ? 0 : strtoul(text.buf, NULL, 10);
}

static int check_huge(struct workload_ctx *c, const struct pte_map *m, struct err *e)
{
	if (!m->huge_page)
		return wctx_skip(c, e, "no transparent huge pages: the kernel or the CPU has none");
	if (m->pages * m->page % m->huge_page)
		return err_set(e, ERR_INFRA,
			       "%zu pages are no whole number of huge pages, which are %zu pages each",
			       m->pages, m->huge_page / m->page);
	return 0;
}

/*
 * Kernels with less than 512 MiB start with "never" (hugepage_init() in mm/huge_memory.c); elsewhere what is asked
 * for by madvise() is there as it stands.
 */
static int allow_huge(struct pte *p, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(THP "/enabled", 256, &text, e))
		return -1;
	if (!strstr(text.buf, "[never]"))
		return 0;
	p->forbid_huge = true;
	return wctx_write(THP "/enabled", "madvise", e);
}

/* Running out of memory would kill the workload, with nothing said. */
static int check_memory(struct workload_ctx *c, const struct pte *p, struct err *e)
{
	unsigned long long need = (unsigned long long)p->map.pages * p->map.page;
	struct sysinfo si;

	need *= 1U + (unsigned int)p->op->copies;
	if (sysinfo(&si))
		return err_errno(e, ERR_INFRA, "cannot ask how much memory there is");
	if (need > (unsigned long long)si.freeram * si.mem_unit)
		return wctx_skip(c, e, "%s of %zu pages needs %llu MiB, and %llu MiB are free",
				 p->op->name, p->map.pages, need >> 20,
				 (unsigned long long)si.freeram * si.mem_unit >> 20);
	return 0;
}

static int check_machine(struct workload_ctx *c, const struct pte *p, struct err *e)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (p->nthreads > online)
		return wctx_skip(c, e, "%d threads need a CPU each, and %ld are online",
				 p->nthreads, online);
	if (p->map.huge && check_huge(c, &p->map, e))
		return -1;
	return check_memory(c, p, e);
}

/* A child of a real-time process that is none itself runs when the parent waits for it, and not before. */
static int run_first(struct err *e)
{
	const struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		return err_errno(e, ERR_INFRA, "cannot become a real-time process");
	return 0;
}

static void pte_teardown(struct workload_ctx *c)
{
	struct err ignored = ERR_INIT;
	struct pte *p = c->priv;

	pte_end_child(p);
	if (p->forbid_huge)
		wctx_write(THP "/enabled", "never", &ignored);
	pte_threads_stop(&p->threads);
	pte_map_release(&p->map);
	free(p);
	c->priv = NULL;
}

static int pte_setup(struct workload_ctx *c, struct err *e)
{
	struct pte *p = xcalloc(1, sizeof(*p));

	c->priv = p;
	p->op = pte_op_find(wctx_str(c, "op"));
	p->gate = -1;
	p->stack = (char *)c;
	p->nthreads = (int)wctx_int(c, "threads");
	p->map.page = (size_t)sysconf(_SC_PAGESIZE);
	p->map.huge_page = huge_page_size();
	p->map.pages = (size_t)wctx_int(c, "pages");
	p->map.huge = wctx_int(c, "huge");
	if (check_machine(c, p, e) || pte_map_reserve(&p->map, e))
		return -1;
	if (p->map.huge && allow_huge(p, e))
		return -1;
	if (p->op->first && run_first(e))
		return -1;
	if (p->op->in_child)
		return 0;
	if (pte_threads_start(&p->threads, p->nthreads - 1, e))
		return -1;
	return pte_map_fill(&p->map, e);
}

struct costs {
	uint64_t total, min; /* ticks of acts */
	struct hist hist; /* ticks of calls */
};

static int act_empty(struct pte *p)
{
	(void)p;
	return 0;
}

static int timed(struct pte *p, int (*act)(struct pte *), uint64_t *ticks)
{
	uint64_t start;
	int ret;

	start = ticks_read();
	ret = act(p);
	*ticks = ticks_read() - start;
	return ret;
}

/* The cheapest of some: what reading the clock and calling the function takes at least. */
static uint64_t empty_window(struct pte *p)
{
	uint64_t ticks, min = UINT64_MAX;

	for (int i = 0; i < EMPTY_TIMES; i++) {
		timed(p, act_empty, &ticks);
		if (ticks < min)
			min = ticks;
	}
	return min;
}

static int one_act(struct pte *p, uint64_t *ticks, struct err *e)
{
	int ret;

	if (p->op->prepare && p->op->prepare(p, e))
		return -1;
	kdelta_open_machine(KDELTA_WINDOW_PTE);
	ret = timed(p, p->op->act, ticks);
	kdelta_close_machine(KDELTA_WINDOW_PTE);
	if (ret)
		return err_errno(e, ERR_INFRA, "cannot %s %zu pages", p->op->name, p->map.pages);
	return p->op->undo(p, e);
}

static int run_acts(struct pte *p, long long times, uint64_t empty, struct costs *costs,
		    struct err *e)
{
	for (long long i = 0; i < times; i++) {
		uint64_t ticks;

		if (one_act(p, &ticks, e))
			return -1;
		ticks = ticks_less(ticks, empty);
		costs->total += ticks;
		if (ticks < costs->min)
			costs->min = ticks;
		hist_add(&costs->hist, ticks / (unsigned int)p->op->calls);
	}
	return 0;
}

static void record(struct workload_ctx *c, const struct pte *p, const struct costs *costs,
		   uint64_t empty)
{
	double times = (double)wctx_int(c, "times");
	double changes = (double)p->op->changes * (double)p->map.pages;

	wctx_value(c, "call", "mean", -1, (double)costs->total / p->op->calls / times);
	wctx_value(c, "call", "min", -1, (double)costs->min / p->op->calls);
	wctx_hist(c, "call", -1, &costs->hist);
	wctx_value(c, "page", "mean", -1, (double)costs->total / changes / times);
	wctx_value(c, "page", "min", -1, (double)costs->min / changes);
	wctx_value(c, "empty", "min", -1, (double)empty);
	wctx_value(c, "calls", "count", -1, p->op->calls * times);
	wctx_value(c, "pages", "count", -1, changes * times);
}

static int pte_round(struct workload_ctx *c, struct err *e)
{
	struct costs costs = { .min = UINT64_MAX };
	struct pte *p = c->priv;
	uint64_t empty;
	int ret;

	if (!p->op->in_child && pte_map_check(&p->map, e))
		return -1;
	empty = empty_window(p);
	wctx_window_open(c);
	ret = run_acts(p, wctx_int(c, "times"), empty, &costs, e);
	wctx_window_close(c);
	if (ret)
		return -1;
	record(c, p, &costs, empty);
	return 0;
}

static const struct param pte_params[] = {
	{ .name = "op",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "mprotect",
	  .choices = pte_op_names,
	  .help = "mprotect: to read-only and back; mremap: to another place; cow: write to all pages after a "
		  "fork; exit: of a process that has the pages and the threads; the others: that system call" },
	{ .name = "pages",
	  .type = PARAM_INT,
	  .unit = "pages",
	  .min = 1,
	  .max = 1 << 20,
	  .def = "256",
	  .help = "present pages of the mapping, counted in small ones" },
	{ .name = "times",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 1,
	  .max = 1000000,
	  .def = "10",
	  .help = "how often it is changed, and put back, in one round" },
	{ .name = "threads",
	  .type = PARAM_INT,
	  .unit = "threads",
	  .min = 1,
	  .max = 4096,
	  .def = "1",
	  .help = "of the process, with the one that works; the others spin, each on a CPU of its own" },
	{ .name = "huge",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "transparent huge pages; pages is a multiple of their size" },
	{ .name = NULL },
};

static const struct metric pte_metrics[] = {
	{ "call", "ticks/call", DIR_LOWER, "one call, less the empty window" },
	{ "page", "ticks/page", DIR_LOWER, "the same for each page that changed" },
	{ "empty", "ticks", DIR_NONE, "the window without a call, which was subtracted" },
	{ "calls", "calls", DIR_NONE, "calls of one round" },
	{ "pages", "pages", DIR_NONE, "changes of a page in one round" },
	{ .name = NULL },
};

const struct workload workload_pte = {
	.name = "pte",
	.summary = "changes of page tables, with and without other CPUs that have to know",
	.params = pte_params,
	.metrics = pte_metrics,
	.setup = pte_setup,
	.round = pte_round,
	.teardown = pte_teardown,
	.own_window = true,
};
