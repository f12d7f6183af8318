// SPDX-License-Identifier: GPL-2.0
/*
 * perf_events: counters of the kernel and of the PMU over a window, by perf_event_open(2).
 *
 * scope=task: every thread of the workload, and what they start (inherit). scope=cpu: whatever runs on the CPUs,
 * per CPU. Events stay open from setup on; a window enables them, disables them, and takes what was added. When
 * the PMU has fewer counters than events, the kernel takes turns: such a count is scaled by the time it ran, as
 * perf does, and a note says of which share it was measured.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collectors/collect_cpus.h"
#include "collectors/collect_perf_spec.h"
#include "collectors/collector.h"

/* What read(2) gives with PERF_FORMAT_TOTAL_TIME_ENABLED and …_RUNNING: perf_event_open(2), "Reading results". */
struct reading {
	uint64_t value, enabled, running; /* ns */
};

struct counter {
	int fd;
	size_t spec;
	int cpu; /* -1: of a task */
	bool leads; /* is enabled with its whole group */
	struct reading before, window;
};

struct perf_events {
	struct perf_specs specs;
	bool left_out[PERF_SPECS_MAX]; /* cannot be counted here, and a note has said so */
	struct counter *v;
	size_t n, cap;
};

static int open_event(const struct perf_spec *s, pid_t task, int cpu, int leader)
{
	struct perf_event_attr attr = {
		.type = s->type,
		.size = sizeof(attr),
		.config = s->config,
		.config1 = s->config1,
		.config2 = s->config2,
		.disabled = leader < 0,
		.inherit = cpu < 0,
		.exclude_kernel = !s->kernel,
		.exclude_user = !s->user,
		.exclude_hv = !s->kernel,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return (int)syscall(SYS_perf_event_open, &attr, task, cpu, leader, PERF_FLAG_FD_CLOEXEC);
}

static void say(const struct collector_ctx *c, const char *key, const char *event, const char *why)
{
	cleanup_free char *text = xasprintf("%s: event '%s': %s", c->col->name, event, why);

	recorder_fact(&c->r, key, text);
}

static const char *why_not(int error)
{
	switch (error) {
	case ENOENT:
	case EOPNOTSUPP:
		return "this machine's PMU does not have it";
	case ENODEV:
		return "there is no PMU";
	case EINVAL:
		return "the kernel refuses it (with this group it may need more counters than there are)";
	default:
		return strerror(error);
	}
}

/* All events for one thread or one CPU. An event that cannot be counted is left out, and its group goes on. */
static void open_all(struct collector_ctx *c, struct perf_events *p, pid_t task, int cpu)
{
	int group = -1, leader = -1;

	for (size_t i = 0; i < p->specs.n; i++) {
		const struct perf_spec *s = &p->specs.v[i];
		struct counter *k;
		int fd;

		if (s->group != group)
			leader = -1;
		group = s->group;
		if (p->left_out[i])
			continue;
		fd = open_event(s, task, cpu, leader);
		/* a thread may have ended since it was listed */
		if (fd < 0 && errno == ESRCH)
			return;
		if (fd < 0) {
			p->left_out[i] = true;
			say(c, "collector.skipped", s->name, why_not(errno));
			continue;
		}
		k = ARRAY_PUSH(p->v, p->n, p->cap);
		*k = (struct counter){ .fd = fd, .spec = i, .cpu = cpu, .leads = leader < 0 };
		if (leader < 0)
			leader = fd;
	}
}

static int open_threads(struct collector_ctx *c, struct perf_events *p, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/%d/task", (int)c->pid);
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	while ((d = readdir(dir)))
		if (*d->d_name != '.')
			open_all(c, p, (pid_t)atoi(d->d_name), -1);
	closedir(dir);
	return 0;
}

static int open_cpus(struct collector_ctx *c, struct perf_events *p, struct err *e)
{
	int only = (int)collector_int(c, "cpu");
	struct cpus online;

	/* the kernel has no event for one that is offline, as if it had no PMU */
	if (cpus_choose(&online, "all", e))
		return -1;
	if (only >= 0 && !online.has[only])
		return collector_skip(c, e, "CPU %d is not online", only);
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (online.has[cpu] && (only < 0 || cpu == only))
			open_all(c, p, -1, cpu);
	return 0;
}

static int perf_events_setup(struct collector_ctx *c, struct err *e)
{
	struct perf_events *p = xcalloc(1, sizeof(*p));
	bool task = !strcmp(collector_str(c, "scope"), "task");

	c->priv = p;
	if (perf_specs_parse(collector_str(c, "encoded"), &p->specs, e))
		return -1;
	if (task ? open_threads(c, p, e) : open_cpus(c, p, e))
		return -1;
	return p->n ? 0 : collector_skip(c, e, "none of the events can be counted here");
}

static int take(int fd, struct reading *r, struct err *e)
{
	if (read(fd, r, sizeof(*r)) != (ssize_t)sizeof(*r))
		return err_errno(e, ERR_INFRA, "cannot read a counter");
	return 0;
}

static int control(struct perf_events *p, unsigned long request, struct err *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].leads && ioctl(p->v[i].fd, request, PERF_IOC_FLAG_GROUP))
			return err_errno(e, ERR_INFRA, "cannot control a counter");
	return 0;
}

static int perf_events_start(struct collector_ctx *c, struct err *e)
{
	struct perf_events *p = c->priv;

	for (size_t i = 0; i < p->n; i++)
		if (take(p->v[i].fd, &p->v[i].before, e))
			return -1;
	return control(p, PERF_EVENT_IOC_ENABLE, e);
}

static int perf_events_stop(struct collector_ctx *c, struct err *e)
{
	struct perf_events *p = c->priv;
	struct reading now;

	if (control(p, PERF_EVENT_IOC_DISABLE, e))
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		struct counter *k = &p->v[i];

		if (take(k->fd, &now, e))
			return -1;
		k->window = (struct reading){ .value = now.value - k->before.value,
					      .enabled = now.enabled - k->before.enabled,
					      .running = now.running - k->before.running };
	}
	return 0;
}

/* What one event says of a window, over all threads, or of one CPU. */
struct sum {
	double value;
	double enabled, running; /* ns */
};

/* @cpu -1: of the task. */
static struct sum add_up(const struct perf_events *p, size_t spec, int cpu)
{
	struct sum sum = { 0, 0, 0 };

	for (size_t i = 0; i < p->n; i++) {
		const struct reading *w = &p->v[i].window;

		if (p->v[i].spec != spec || p->v[i].cpu != cpu)
			continue;
		sum.enabled += (double)w->enabled;
		sum.running += (double)w->running;
		if (w->running == w->enabled)
			sum.value += (double)w->value;
		else if (w->running)
			sum.value += (double)w->value * (double)w->enabled / (double)w->running;
	}
	return sum;
}

static void say_share(const struct collector_ctx *c, const struct perf_spec *s,
		      const struct sum *sum, int cpu)
{
	cleanup_free char *text = NULL;

	if (sum->running == 0)
		text = xasprintf("%s: event '%s' was never on the PMU", c->col->name, s->name);
	else
		text = xasprintf(
			"%s: event '%s' was on the PMU for %.0f %% of the window, and is scaled",
			c->col->name, s->name, 100 * sum->running / sum->enabled);
	recorder_note(&c->r, cpu, "perf.multiplexed", text);
}

/* An emulator's PMU counts instructions where its clock does, and of other events it knows little. */
static bool is_made_up(const struct collector_ctx *c, const struct perf_spec *s)
{
	bool emulated = c->r.clock->ev == EV_SIMULATED || c->r.clock->ev == EV_EMULATED_TIME;

	return emulated && s->type != PERF_TYPE_SOFTWARE && !strcmp(s->unit, "events");
}

static void report_one(const struct collector_ctx *c, const struct perf_events *p, size_t spec,
		       int cpu)
{
	const struct perf_spec *s = &p->specs.v[spec];
	cleanup_free char *name = xasprintf("perf.%s", s->name);
	const struct metric m = { .name = name, .unit = s->unit, .dir = DIR_LOWER };
	struct sum sum = add_up(p, spec, cpu);

	/* a CPU that went offline, or was not asked for */
	if (sum.enabled == 0)
		return;
	if (sum.running < sum.enabled)
		say_share(c, s, &sum, cpu);
	if (sum.running > 0)
		recorder_value(&c->r, &m, "count", cpu, sum.value);
}

static int perf_events_report(struct collector_ctx *c, struct err *e)
{
	const struct perf_events *p = c->priv;
	bool task = !strcmp(collector_str(c, "scope"), "task");

	(void)e;
	for (size_t i = 0; i < p->specs.n; i++) {
		if (p->left_out[i] || is_made_up(c, &p->specs.v[i]))
			continue;
		for (int cpu = task ? -1 : 0; cpu < (task ? 0 : CPUS_MAX); cpu++)
			report_one(c, p, i, cpu);
	}
	return 0;
}

static void perf_events_teardown(struct collector_ctx *c)
{
	struct perf_events *p = c->priv;

	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		close(p->v[i].fd);
	free(p->v);
	free(p);
	c->priv = NULL;
}

static const char *const scopes[] = { "task", "cpu", NULL };

static const struct param perf_events_params[] = {
	{ .name = "events",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "{cycles,instructions},task-clock,context-switches,cpu-migrations,page-faults",
	  .help = "names as perf's, groups in braces, :u or :k behind; others as libpfm4 names them; rHEX" },
	{ .name = "pmu",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "auto",
	  .help = "the PMU that names belong to, by libpfm4's name; auto: the PMU of this machine" },
	{ .name = "scope",
	  .type = PARAM_ENUM,
	  .unit = "",
	  .def = "task",
	  .choices = scopes,
	  .help = "task: the workload with its threads and children; cpu: whatever runs on the CPUs" },
	{ .name = "cpu",
	  .type = PARAM_INT,
	  .unit = "",
	  .min = -1,
	  .max = 4095,
	  .def = "-1",
	  .help = "scope=cpu: the one CPU that is watched; -1: all" },
	{ .name = "encoded",
	  .type = PARAM_TEXT,
	  .unit = "",
	  .def = "",
	  .derived = true,
	  .help = "the events as numbers" },
	{ .name = NULL },
};

static const struct metric perf_events_metrics[] = {
	{ "perf.<event>", "events", DIR_LOWER,
	  "counted in the window; cycles, instructions and ns for events that are such" },
	{ .name = NULL },
};

static const char *const perf_events_kconfig[] = { "CONFIG_PERF_EVENTS=y", NULL };

const struct collector collector_perf_events = {
	.name = "perf_events",
	.summary = "counters of the PMU and of the kernel, by perf_event_open(2)",
	.kconfig = perf_events_kconfig,
	.params = perf_events_params,
	.metrics = perf_events_metrics,
	.setup = perf_events_setup,
	.start = perf_events_start,
	.stop = perf_events_stop,
	.report = perf_events_report,
	.teardown = perf_events_teardown,
};
