// SPDX-License-Identifier: GPL-2.0
/*
 * qpw_stress: everything that fills or drains per-CPU caches of the memory management, from everywhere at once, to find
 * out whether a kernel keeps them apart. Tasks do operations of qpw_stress_ops.c, each by its own sequence of random
 * numbers, while CPUs go offline and come back; slab objects go from hand to hand in kmods/qpw_stress.c. It measures
 * nothing. It has failed where
 *
 *	- an object of a slab cache was given to two owners, or changed while it had one,
 *	- objects, locked pages or memory are missing when all is over,
 *	- a task gets no further.
 *
 * What the kernel finds itself, with lockdep or KASAN or without, stands on its console, and breaks the boot.
 */
#include "workloads/qpw_stress.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/proc_text.h"
#include "workloads/ticks.h"
#include "workloads/worker.h"
#include "workloads/workload.h"

#define TASKS_MAX 256
#define NS_PER_S 1000000000ULL
#define POLL_NS 10000000L
#define HOTPLUG_PAUSE_NS 50000000L
#define RCU_TRIES 100
#define RCU_PAUSE_NS 100000000L

/* A process, as its parent sees it. */
struct stress_worker {
	const char *_Atomic op; /* that it does */
	atomic_ullong began; /* ns, when that began */
	atomic_ulong done; /* operations */
	char why[ERR_MAX];
};

struct stress {
	int cpus; /* that there are */
	int tasks;
	bool hotplug;
	struct stress_worker *worker; /* shared; the last one takes CPUs offline */
	pid_t *pid; /* of each; 0: it has ended */
	int stuck; /* workers that cannot be killed */
	atomic_bool *stop; /* shared: for that one */
};

/* kB, when nothing runs any more. */
struct stress_memory {
	long long free, locked, unevictable;
};

static void pause_ns(long ns)
{
	const struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

/* ---- Workers ------------------------------------------------------------------------------------ */

static void begin(struct stress_worker *w, const char *op)
{
	atomic_store(&w->op, op);
	atomic_store(&w->began, clock_ns());
}

static int work(const struct workload_ctx *c, struct stress_worker *w, struct stress_task *t,
		struct err *e)
{
	uint64_t operations = (uint64_t)wctx_int(c, "operations");
	uint64_t seconds = (uint64_t)wctx_int(c, "seconds"), end = clock_ns() + seconds * NS_PER_S;

	while (seconds ? clock_ns() < end : atomic_load(&w->done) < operations) {
		begin(w, stress_task_choose(t));
		if (stress_task_do(t, e))
			return -1;
		atomic_fetch_add(&w->done, 1);
	}
	return 0;
}

static int work_hotplug(const struct stress *s, struct stress_worker *w, struct stress_task *t,
			struct err *e)
{
	while (!atomic_load(s->stop)) {
		begin(w, "hotplug");
		if (stress_hotplug(t, s->cpus, e))
			return -1;
		atomic_fetch_add(&w->done, 1);
		pause_ns(HOTPLUG_PAUSE_NS);
	}
	return 0;
}

static void worker_main(const struct workload_ctx *c, int number)
{
	const struct stress *s = c->priv;
	struct stress_worker *w = &s->worker[number];
	/* rounds differ from each other */
	uint64_t seed = (uint64_t)wctx_int(c, "seed") + (uint64_t)c->r.round * TASKS_MAX;
	struct err e = ERR_INIT;
	struct stress_task t;
	int ret;

	ret = wctx_bind(-1, &e) || stress_task_open(&t, number, seed, &e);
	if (!ret) {
		ret = number == s->tasks ? work_hotplug(s, w, &t, &e) : work(c, w, &t, &e);
		stress_task_close(&t);
	}
	memcpy(w->why, e.msg, sizeof(w->why));
	_exit(ret ? 1 : 0);
}

static int start_workers(struct workload_ctx *c, struct err *e)
{
	struct stress *s = c->priv;

	atomic_store(s->stop, false);
	for (int i = 0; i < s->tasks + s->hotplug; i++) {
		struct stress_worker *w = &s->worker[i];
		pid_t pid;

		*w = (struct stress_worker){ .op = "start", .began = clock_ns() };
		pid = worker_fork();
		if (pid < 0)
			return err_errno(e, ERR_INFRA, "cannot start task %d", i);
		if (!pid)
			worker_main(c, i);
		s->pid[i] = pid;
	}
	return 0;
}

/* Those that cannot be killed stay, and with them what they hold: nobody may need that. */
static void kill_workers(struct stress *s, struct err *e)
{
	s->stuck = worker_kill(s->pid, s->tasks + s->hotplug);
	if (!s->stuck)
		return;
	worker_hold_module(STRESS_DEBUGFS "/wrong");
	err_prefix(e, "%d tasks cannot be killed", s->stuck);
}

/* It has ended: how? */
static int reaped(struct stress_worker *w, int number, int status, struct err *e)
{
	if (!status)
		return 0;
	if (w->why[0])
		return err_set(e, ERR_INFRA, "task %d: %s", number, w->why);
	return err_set(e, ERR_INFRA, "task %d ended with status %#x at '%s'", number,
		       (unsigned int)status, atomic_load(&w->op));
}

/* 1: it still works, 0: it has ended well. */
static int look_after(struct workload_ctx *c, int number, struct err *e)
{
	struct stress *s = c->priv;
	struct stress_worker *w = &s->worker[number];
	uint64_t patience = (uint64_t)wctx_int(c, "patience");
	int status, there;

	if (!s->pid[number])
		return 0;
	there = worker_wait(s->pid[number], 0, &status, e);
	if (there < 0)
		return -1;
	if (!there) {
		s->pid[number] = 0;
		return reaped(w, number, status, e);
	}
	if (clock_ns() > atomic_load(&w->began) + patience * NS_PER_S)
		return wctx_fail(c, e, "task %d is at '%s' for more than %llu s", number,
				 atomic_load(&w->op), (unsigned long long)patience);
	return 1;
}

/* Until workers from @first to before @end have ended; somebody stuck elsewhere is noticed as well. */
static int wait_for(struct workload_ctx *c, int first, int end, struct err *e)
{
	const struct stress *s = c->priv;
	int left;

	do {
		left = 0;
		for (int i = 0; i < s->tasks + s->hotplug; i++) {
			int ret = look_after(c, i, e);

			if (ret < 0)
				return -1;
			left += ret && i >= first && i < end;
		}
		if (left)
			pause_ns(POLL_NS);
	} while (left);
	return 0;
}

static int run_workers(struct workload_ctx *c, struct err *e)
{
	struct stress *s = c->priv;
	int ret;

	ret = start_workers(c, e) || wait_for(c, 0, s->tasks, e);
	atomic_store(s->stop, true);
	if (!ret)
		ret = wait_for(c, s->tasks, s->tasks + 1, e);
	if (ret)
		kill_workers(s, e);
	return ret ? -1 : 0;
}

/* ---- What must be as it was --------------------------------------------------------------------- */

static int settle(struct workload_ctx *c, struct err *e)
{
	const struct stress *s = c->priv;

	if (s->hotplug && stress_all_online(s->cpus, e))
		return -1;
	return wctx_write(STRESS_DEBUGFS "/settle", "1", e) ||
			       wctx_write("/proc/sys/vm/drop_caches", "3", e) ||
			       wctx_write("/proc/sys/vm/stat_refresh", "1", e) ?
		       -1 :
		       0;
}

static int read_memory(struct stress_memory *m, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read("/proc/meminfo", 65536, &text, e))
		return -1;
	m->free = proc_number(text.buf, "MemFree");
	m->locked = proc_number(text.buf, "Mlocked");
	m->unevictable = proc_number(text.buf, "Unevictable");
	return 0;
}

static int count_objects(int cache, long *n, struct err *e)
{
	cleanup_free char *path = xasprintf(STRESS_CACHE "%d/objects", cache);
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, 4096, &text, e))
		return -1;
	*n = strtol(text.buf, NULL, 10);
	return 0;
}

/*
 * kfree_rcu() that finds no sheaf leaves objects to a work that runs every five seconds (KFREE_DRAIN_JIFFIES in
 * mm/slab_common.c).
 */
static int check_objects(struct workload_ctx *c, struct err *e)
{
	for (int cache = 0; cache < STRESS_CACHES; cache++) {
		int tries = RCU_TRIES;
		long n = 0;

		while (!count_objects(cache, &n, e) && n && tries--) {
			pause_ns(RCU_PAUSE_NS);
			if (wctx_write(STRESS_DEBUGFS "/settle", "1", e))
				return -1;
		}
		if (e->kind)
			return -1;
		if (n)
			return wctx_fail(c, e,
					 "%ld objects of cache %d are left after all were freed", n,
					 cache);
	}
	return 0;
}

static int check_wrong(struct workload_ctx *c, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(STRESS_DEBUGFS "/wrong", 4096, &text, e))
		return -1;
	while (text.len && text.buf[text.len - 1] == '\n')
		text.buf[--text.len] = '\0';
	return text.len ? wctx_fail(c, e, "slab objects: %s", text.buf) : 0;
}

static int check_memory(struct workload_ctx *c, const struct stress_memory *before, struct err *e)
{
	long long slack = wctx_int(c, "slack");
	struct stress_memory m;

	if (read_memory(&m, e))
		return -1;
	wctx_value(c, "kept", "total", -1, (double)(before->free - m.free));
	if (m.locked != before->locked)
		return wctx_fail(c, e, "Mlocked is %lld kB, and was %lld kB", m.locked,
				 before->locked);
	if (m.unevictable != before->unevictable)
		return wctx_fail(c, e, "Unevictable is %lld kB, and was %lld kB", m.unevictable,
				 before->unevictable);
	if (before->free - m.free > slack)
		return wctx_fail(c, e, "%lld kB of memory are gone, more than %lld kB",
				 before->free - m.free, slack);
	return 0;
}

static void record(struct workload_ctx *c)
{
	const struct stress *s = c->priv;
	uint64_t done = 0;

	for (int i = 0; i < s->tasks; i++)
		done += atomic_load(&s->worker[i].done);
	wctx_value(c, "operations", "count", -1, (double)done);
	wctx_value(c, "hotplugs", "count", -1,
		   s->hotplug ? (double)atomic_load(&s->worker[s->tasks].done) : 0);
}

static int qpw_stress_round(struct workload_ctx *c, struct err *e)
{
	struct stress_memory before;

	if (settle(c, e) || read_memory(&before, e) || run_workers(c, e) || settle(c, e))
		return -1;
	record(c);
	return check_wrong(c, e) || check_objects(c, e) || check_memory(c, &before, e) ? -1 : 0;
}

/* ---- Begin and end ------------------------------------------------------------------------------ */

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int qpw_stress_setup(struct workload_ctx *c, struct err *e)
{
	struct stress *s = c->priv = xcalloc(1, sizeof(*s));

	s->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	s->tasks = (int)wctx_int(c, "tasks");
	if (!s->tasks)
		s->tasks = s->cpus * 2 < TASKS_MAX ? s->cpus * 2 : TASKS_MAX;
	s->hotplug = wctx_int(c, "hotplug");
	if (s->hotplug && !stress_hotplug_possible()) {
		s->hotplug = false;
		recorder_fact(&c->r, "hotplug", "no CPU can be taken offline here");
	}
	s->worker = shared((size_t)(s->tasks + 1) * sizeof(*s->worker));
	s->stop = shared(sizeof(*s->stop));
	s->pid = xcalloc((size_t)s->tasks + 1, sizeof(*s->pid));
	if (!s->worker || !s->stop)
		return err_errno(e, ERR_INFRA, "cannot map what tasks share");
	return 0;
}

static void qpw_stress_teardown(struct workload_ctx *c)
{
	struct stress *s = c->priv;
	struct err ignored = ERR_INIT;

	if (s->worker)
		munmap(s->worker, (size_t)(s->tasks + 1) * sizeof(*s->worker));
	if (s->stop)
		munmap(s->stop, sizeof(*s->stop));
	if (s->hotplug && !s->stuck)
		stress_all_online(s->cpus, &ignored);
	free(s->pid);
	free(s);
	c->priv = NULL;
}

static const struct param qpw_stress_params[] = {
	{ .name = "tasks",
	  .type = PARAM_INT,
	  .unit = "tasks",
	  .min = 0,
	  .max = TASKS_MAX,
	  .def = "0",
	  .help = "processes that do operations at the same time; 0: two for every CPU" },
	{ .name = "operations",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 1,
	  .max = 1000000000,
	  .def = "500",
	  .help = "of each task in a round" },
	{ .name = "seconds",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 0,
	  .max = 86400,
	  .def = "0",
	  .help = "length of a round, instead of a number of operations; 0: by operations" },
	{ .name = "seed",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 1000000000,
	  .def = "1",
	  .help = "of the sequences of random numbers, which decide what each task does" },
	{ .name = "hotplug",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "true",
	  .help = "take CPUs offline and bring them back, all but CPU 0" },
	{ .name = "patience",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 1,
	  .max = 86400,
	  .def = "120",
	  .help = "how long one operation may take" },
	{ .name = "slack",
	  .type = PARAM_INT,
	  .unit = "kB",
	  .min = 0,
	  .max = 1000000000,
	  .def = "8192",
	  .help = "of memory that may be gone after a round, for what the kernel keeps in store" },
	{ .name = NULL },
};

static const struct metric qpw_stress_metrics[] = {
	{ "operations", "operations", DIR_NONE, "that all tasks did in a round" },
	{ "hotplugs", "operations", DIR_NONE, "times that a CPU was told to go or to come" },
	{ "kept", "kB", DIR_NONE, "by which free memory is less after a round than before" },
	{ .name = NULL },
};

/* The last for the counts of objects that are left. */
static const char *const qpw_stress_kconfig[] = { "CONFIG_MODULES=y", "CONFIG_MODULE_UNLOAD=y",
						  "CONFIG_DEBUG_FS=y", "CONFIG_SLUB_DEBUG=y",
						  NULL };

const struct workload workload_qpw_stress = {
	.name = "qpw_stress",
	.summary =
		"does a kernel keep its per-CPU caches apart while all are used and drained at once",
	.module = "qpw_stress",
	.module_bare = true,
	.kconfig = qpw_stress_kconfig,
	.cpus = 2,
	.params = qpw_stress_params,
	.metrics = qpw_stress_metrics,
	.setup = qpw_stress_setup,
	.round = qpw_stress_round,
	.teardown = qpw_stress_teardown,
};
