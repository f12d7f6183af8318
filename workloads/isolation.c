// SPDX-License-Identifier: GPL-2.0
#include "workloads/isolation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

#define TEXT_MAX 65536 /* of a file in /proc or /sys that is read here */

#define ISOLATED "/sys/devices/system/cpu/isolated"
#define NOHZ_FULL "/sys/devices/system/cpu/nohz_full"
#define WORKQUEUES "/sys/devices/virtual/workqueue/cpumask"
#define TIMER_MIGRATION "/proc/sys/kernel/timer_migration"
#define IRQS "/proc/irq"

void isolation_init(struct isolation *iso, const char *root, int cpu)
{
	*iso = (struct isolation){ .root = root, .cpu = cpu };
}

/* --- files of the kernel --- */

static char *path_of(const struct isolation *iso, const char *path)
{
	return xasprintf("%s%s", iso->root, path);
}

/* The content without its newline; -1 when there is no such file, or it cannot be read. */
static int take_text(const char *path, struct str *out)
{
	struct err ignored = ERR_INIT;

	str_reset(out);
	if (file_read(path, TEXT_MAX, out, &ignored))
		return -1;
	while (out->len && out->buf[out->len - 1] == '\n')
		out->buf[--out->len] = '\0';
	return 0;
}

static int put_text(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

/* Write @text, and remember what stood there. */
static void change(struct isolation *iso, const char *path, const char *before, const char *text)
{
	struct isolation_saved *s;

	if (put_text(path, text))
		return;
	s = ARRAY_PUSH(iso->saved, iso->nsaved, iso->cap);
	s->path = xstrdup(path);
	s->text = xstrdup(before);
}

/* --- setting --- */

/* A set in a file, in one of the two notations. */
struct notation {
	int (*parse)(const char *text, cpu_set_t *set, struct err *e);
	void (*add)(const cpu_set_t *set, struct str *out);
};

static const struct notation list = { cpulist_parse, cpulist_add };
static const struct notation mask = { cpumask_parse, cpumask_add };

/* Take the CPU out of the set in a file, unless it is alone there. */
static void leave_out(struct isolation *iso, const char *path, const struct notation *n)
{
	cleanup_str struct str before = STR_INIT, after = STR_INIT;
	struct err ignored = ERR_INIT;
	cpu_set_t set;

	if (take_text(path, &before) || n->parse(before.buf, &set, &ignored))
		return;
	if (!CPU_ISSET(iso->cpu, &set) || CPU_COUNT(&set) == 1)
		return;
	CPU_CLR(iso->cpu, &set);
	n->add(&set, &after);
	change(iso, path, before.buf, after.buf);
}

/* The numbers of /proc/irq. */
static void irq_names(const struct isolation *iso, struct strv *out)
{
	cleanup_free char *dir = path_of(iso, IRQS);
	cleanup_strv struct strv names = STRV_INIT;
	struct err ignored = ERR_INIT;

	if (dir_list(dir, NULL, &names, &ignored))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] >= '0' && names.v[i][0] <= '9')
			strv_push(out, names.v[i]);
}

static void move_irqs(struct isolation *iso)
{
	cleanup_free char *def = path_of(iso, IRQS "/default_smp_affinity");
	cleanup_strv struct strv irqs = STRV_INIT;

	leave_out(iso, def, &mask);
	irq_names(iso, &irqs);
	for (size_t i = 0; i < irqs.n; i++) {
		cleanup_free char *path =
			xasprintf("%s" IRQS "/%s/smp_affinity_list", iso->root, irqs.v[i]);

		leave_out(iso, path, &list);
	}
}

void isolation_begin(struct isolation *iso)
{
	cleanup_free char *work = path_of(iso, WORKQUEUES);
	cleanup_free char *timers = path_of(iso, TIMER_MIGRATION);
	cleanup_str struct str before = STR_INIT;

	move_irqs(iso);
	leave_out(iso, work, &mask);
	if (!take_text(timers, &before) && strcmp(before.buf, "1"))
		change(iso, timers, before.buf, "1");
}

void isolation_end(struct isolation *iso)
{
	while (iso->nsaved) {
		struct isolation_saved *s = &iso->saved[--iso->nsaved];

		put_text(s->path, s->text);
		free(s->path);
		free(s->text);
	}
	free(iso->saved);
	iso->saved = NULL;
	iso->cap = 0;
}

/* --- checking --- */

enum in_set { IN, OUT, NO_FILE };

/* Where nothing was asked for, nohz_full says "(null)": that is no set with this CPU either. */
static enum in_set in_file(const struct isolation *iso, const char *path, const struct notation *n)
{
	cleanup_free char *whole = path_of(iso, path);
	cleanup_str struct str text = STR_INIT;
	struct err ignored = ERR_INIT;
	cpu_set_t set;

	if (take_text(whole, &text))
		return NO_FILE;
	if (n->parse(text.buf, &set, &ignored))
		return OUT;
	return CPU_ISSET(iso->cpu, &set) ? IN : OUT;
}

/* What has to be so. */
static const struct {
	const char *path;
	const struct notation *notation;
	enum in_set want;
	const char *name,
		*otherwise; /* of the fact, and how it is when the CPU is on the wrong side */
} facts_wanted[] = {
	{ ISOLATED, &list, IN, "isolcpus", "the scheduler balances CPU %d like the others" },
	{ NOHZ_FULL, &list, IN, "nohz_full", "CPU %d keeps its tick" },
	{ WORKQUEUES, &mask, OUT, "workqueue cpumask", "unbound work may run on CPU %d" },
	{ IRQS "/default_smp_affinity", &mask, OUT, "irq affinity",
	  "new interrupts may go to CPU %d" },
};

static void check_sets(const struct isolation *iso, struct strv *facts)
{
	for (size_t i = 0; i < sizeof(facts_wanted) / sizeof(facts_wanted[0]); i++) {
		enum in_set got = in_file(iso, facts_wanted[i].path, facts_wanted[i].notation);
		cleanup_str struct str fact = STR_INIT;

		if (got == facts_wanted[i].want)
			continue;
		str_addf(&fact, "%s: ", facts_wanted[i].name);
		if (got == NO_FILE)
			str_add(&fact, "this kernel has none");
		else
			str_addf(&fact, facts_wanted[i].otherwise, iso->cpu);
		strv_push(facts, fact.buf);
	}
}

/* Interrupts whose controller would not let go of the CPU. Where there is no effective set, the asked-for one counts. */
static void check_irqs(const struct isolation *iso, struct strv *facts)
{
	cleanup_strv struct strv irqs = STRV_INIT;

	irq_names(iso, &irqs);
	for (size_t i = 0; i < irqs.n; i++) {
		cleanup_free char *effective =
			xasprintf(IRQS "/%s/effective_affinity_list", irqs.v[i]);
		cleanup_free char *asked = xasprintf(IRQS "/%s/smp_affinity_list", irqs.v[i]);
		enum in_set got = in_file(iso, effective, &list);

		if (got == IN || (got == NO_FILE && in_file(iso, asked, &list) == IN))
			strv_pushf(facts, "irq affinity: interrupt %s goes to CPU %d", irqs.v[i],
				   iso->cpu);
	}
}

/*
 * No file says which CPUs have their RCU callbacks offloaded; but each of those has a thread "rcuop/N" or
 * "rcuos/N" (rcu_spawn_cpu_nocb_kthread() in kernel/rcu/tree_nocb.h).
 */
static bool is_offload_thread(const char *comm, int cpu)
{
	const char *slash = strchr(comm, '/');

	return (str_starts(comm, "rcuop/") || str_starts(comm, "rcuos/")) && slash[1] &&
	       strtol(slash + 1, NULL, 10) == cpu;
}

static void check_callbacks(const struct isolation *iso, struct strv *facts)
{
	cleanup_free char *proc = path_of(iso, "/proc");
	cleanup_strv struct strv pids = STRV_INIT;
	cleanup_str struct str comm = STR_INIT;
	struct err ignored = ERR_INIT;

	dir_list(proc, NULL, &pids, &ignored);
	for (size_t i = 0; i < pids.n; i++) {
		cleanup_free char *path = xasprintf("%s/%s/comm", proc, pids.v[i]);

		if (!take_text(path, &comm) && is_offload_thread(comm.buf, iso->cpu))
			return;
	}
	strv_pushf(facts, "rcu_nocbs: RCU callbacks of CPU %d run there", iso->cpu);
}

static void check_timers(const struct isolation *iso, struct strv *facts)
{
	cleanup_free char *path = path_of(iso, TIMER_MIGRATION);
	cleanup_str struct str text = STR_INIT;

	if (take_text(path, &text))
		strv_push(facts, "timer migration: this kernel has none");
	else if (strcmp(text.buf, "1"))
		strv_push(facts, "timer migration: is off");
}

void isolation_check(const struct isolation *iso, struct strv *facts)
{
	check_sets(iso, facts);
	check_irqs(iso, facts);
	check_callbacks(iso, facts);
	check_timers(iso, facts);
}

int isolation_first(const char *root)
{
	cleanup_free char *path = xasprintf("%s" ISOLATED, root);
	cleanup_str struct str text = STR_INIT;
	struct err ignored = ERR_INIT;
	cpu_set_t set;

	if (take_text(path, &text) || cpulist_parse(text.buf, &set, &ignored))
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -1;
}
