// SPDX-License-Identifier: GPL-2.0
/*
 * percpu_stress: are operations on per-CPU variables what they say, also for a task that is moved to another CPU in
 * the middle of one, and beside interrupts? The work is done by kmods/percpu_stress_*.c, which says what is wrong.
 * Meanwhile the kernel's page table can grow, and two processes make per-CPU memory come and go: with memory cgroups,
 * and with a module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/memcg.h"
#include "workloads/worker.h"
#include "workloads/workload.h"

#define DEBUGFS "/sys/kernel/debug/kdelta/percpu_stress"
#define GUEST "percpu_guest"
#define GUEST_PATH "/modules/" GUEST ".ko"
#define GROUPS 8

enum { MEMCGS, MODULES, HELPERS };

/* A process beside the tasks of the module. */
struct helper {
	pid_t pid; /* the parent's own; 0: none */
	const char *_Atomic at; /* what it does */
	atomic_ulong done;
	bool wrong; /* not broken, but wrong */
	char why[ERR_MAX];
};

struct percpu_stress { /* shared */
	atomic_bool stop;
	int stuck; /* helpers that cannot be killed */
	struct helper helper[HELPERS];
};

static int come_and_go_memcgs(struct helper *h, struct err *e)
{
	h->at = "making memory cgroups";
	for (int i = 0; i < GROUPS; i++)
		if (memcg_group_make(i, e))
			return -1;
	h->at = "removing memory cgroups";
	for (int i = 0; i < GROUPS; i++)
		if (memcg_group_remove(i, e))
			return -1;
	h->done += GROUPS;
	return 0;
}

static int come_and_go_module(struct helper *h, struct err *e)
{
	int fd = open(GUEST_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", GUEST_PATH);
	h->at = "loading a module";
	if (syscall(SYS_finit_module, fd, "", 0)) {
		h->wrong = errno == EBADMSG; /* what it says of its variables */
		err_errno(e, ERR_INFRA, "cannot load module '%s'", GUEST);
		close(fd);
		return -1;
	}
	close(fd);
	h->at = "removing a module";
	if (syscall(SYS_delete_module, GUEST, O_NONBLOCK))
		return err_errno(e, ERR_INFRA, "cannot remove module '%s'", GUEST);
	h->done++;
	return 0;
}

static void __attribute__((noreturn)) helper_main(struct percpu_stress *s, int number)
{
	static int (*const works[HELPERS])(struct helper *, struct err *) = {
		[MEMCGS] = come_and_go_memcgs,
		[MODULES] = come_and_go_module,
	};
	struct helper *h = &s->helper[number];
	struct err e = ERR_INIT;
	int ret;

	do {
		ret = works[number](h, &e);
	} while (!ret && !s->stop);
	memcpy(h->why, e.msg, sizeof(h->why));
	_exit(ret ? 1 : 0);
}

static int helper_start(struct percpu_stress *s, int number, struct err *e)
{
	struct helper *h = &s->helper[number];
	pid_t pid;

	*h = (struct helper){ .at = "starting" };
	pid = worker_fork();
	if (pid < 0)
		return err_errno(e, ERR_INFRA, "cannot start a process");
	if (!pid)
		helper_main(s, number);
	h->pid = pid;
	return 0;
}

/* One that cannot be killed stays, and with it what it holds: nobody may need that. */
static int helper_stuck(struct workload_ctx *c, struct helper *h, struct err *e)
{
	struct percpu_stress *s = c->priv;
	const char *at = h->at;

	if (worker_kill(&h->pid, 1)) {
		s->stuck++;
		worker_hold_module(DEBUGFS "/result");
	}
	return wctx_fail(c, e, "a process is %s for more than %d s%s", at, WORKER_PATIENCE,
			 h->pid ? ", and cannot be killed" : "");
}

/* They end by themselves, soon. */
static int helper_end(struct workload_ctx *c, struct helper *h, struct err *e)
{
	int status, ret;

	if (!h->pid)
		return 0;
	ret = worker_wait(h->pid, WORKER_PATIENCE, &status, e);
	if (ret)
		return ret < 0 ? -1 : helper_stuck(c, h, e);
	h->pid = 0;
	if (!status)
		return 0;
	if (h->wrong)
		return wctx_fail(c, e, "%s", h->why);
	if (h->why[0])
		return err_set(e, ERR_INFRA, "%s", h->why);
	return err_set(e, ERR_INFRA, "a process ended with status %#x", (unsigned int)status);
}

/* The round of the module, with the helpers around it. */
static int run(struct workload_ctx *c, struct err *e)
{
	struct percpu_stress *s = c->priv;
	struct err more = ERR_INIT;
	int ret = 0;

	s->stop = false;
	for (int i = 0; i < HELPERS && !ret; i++)
		ret = helper_start(s, i, e);
	if (!ret)
		ret = wctx_write(DEBUGFS "/run", "1", e);
	s->stop = true;
	for (int i = 0; i < HELPERS; i++)
		if (helper_end(c, &s->helper[i], ret ? &more : e))
			ret = -1;
	return ret;
}

static int percpu_stress_round(struct workload_ctx *c, struct err *e)
{
	struct percpu_stress *s = c->priv;
	struct err wrong = ERR_INIT;

	if (run(c, e))
		return -1;
	if (wctx_write(DEBUGFS "/check", "1", &wrong))
		return wctx_fail(c, e, "per-CPU memory is not what the operations make of it");
	wctx_value(c, "memcgs", "count", -1, (double)s->helper[MEMCGS].done);
	wctx_value(c, "modules", "count", -1, (double)s->helper[MODULES].done);
	return wctx_module_results(c, DEBUGFS "/result", e);
}

static int percpu_stress_setup(struct workload_ctx *c, struct err *e)
{
	struct percpu_stress *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return err_errno(e, ERR_INFRA, "cannot map shared memory");
	c->priv = s;
	return wctx_bind(-1, e) || memcg_begin(e) ? -1 : 0;
}

static void percpu_stress_teardown(struct workload_ctx *c)
{
	struct percpu_stress *s = c->priv;

	if (!s)
		return;
	if (!s->stuck)
		memcg_end();
	munmap(s, sizeof(*s));
	c->priv = NULL;
}

static const char *const spoils[] = { "none", "sum", "copy", NULL };

static const struct param percpu_stress_params[] = {
	{ .name = "tasks",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 32,
	  .def = "0",
	  .help = "on all CPUs together; 0: two per CPU" },
	{ .name = "operations",
	  .type = PARAM_INT,
	  .unit = "operations",
	  .min = 0,
	  .max = 1000000000,
	  .def = "1000000",
	  .help = "that all tasks do in a round, on variables of their own; 0: no end" },
	{ .name = "seconds",
	  .type = PARAM_INT,
	  .unit = "s",
	  .min = 0,
	  .max = 86400,
	  .def = "0",
	  .help = "that a round takes at most; 0: no end" },
	{ .name = "period",
	  .type = PARAM_INT,
	  .unit = "us",
	  .min = 1,
	  .max = 1000000,
	  .def = "200",
	  .help = "between two interrupts of a CPU, and between two moves of its tasks; on average" },
	{ .name = "entries",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 512,
	  .def = "0",
	  .help = "of the kernel's top page table that are first used during a round, by all CPUs at once; fewer when "
		  "the time is over, or the vmalloc area full" },
	{ .name = "seed",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = 0,
	  .max = 4294967295,
	  .def = "1",
	  .help = "of everything that is chosen; time is not, so no round is like another" },
	{ .name = "spoil",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "none",
	  .choices = spoils,
	  .help = "change memory from outside, so that it has to fail: a variable that all work on, or the copy of a "
		  "CPU that a task was moved away from" },
	{ .name = NULL },
};

static const struct metric percpu_stress_metrics[] = {
	{ "operations", "operations", DIR_NONE, "by tasks, on variables of their own" },
	{ "moves", "moves", DIR_NONE,
	  "of tasks to another CPU: at any instruction on hardware and on targets that are stepped, with TCG "
	  "otherwise between its blocks" },
	{ "interrupts", "interrupts", DIR_NONE, "operations by interrupts" },
	{ "allocations", "allocations", DIR_NONE,
	  "of per-CPU memory, looked at on every CPU, and freed again" },
	{ "entries", "entries", DIR_NONE,
	  "of the kernel's top page table that were first used, and looked through on every CPU" },
	{ "memcgs", "memcgs", DIR_NONE, "memory cgroups that came and went" },
	{ "modules", "modules", DIR_NONE, "modules with per-CPU variables of their own that did" },
	{ .name = NULL },
};

static const char *const percpu_stress_kconfig[] = { "CONFIG_MODULES=y",
						     "CONFIG_MODULE_UNLOAD=y",
						     "CONFIG_DEBUG_FS=y",
						     "CONFIG_CGROUPS=y",
						     "CONFIG_MEMCG=y",
						     "CONFIG_VM_EVENT_COUNTERS=y",
						     NULL };

const struct workload workload_percpu_stress = {
	.name = "percpu_stress",
	.summary =
		"correctness of per-CPU operations in tasks that are moved and in interrupts; measures nothing",
	.module = "percpu_stress",
	.other_module = GUEST,
	.kconfig = percpu_stress_kconfig,
	.params = percpu_stress_params,
	.metrics = percpu_stress_metrics,
	.setup = percpu_stress_setup,
	.round = percpu_stress_round,
	.teardown = percpu_stress_teardown,
};
