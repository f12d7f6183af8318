// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_counters.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_cpus.h"
#include "runner/base/str.h"

/* Longer lines are none of a counter: /proc/interrupts takes 11 bytes per CPU. */
#define LINE_MAX_LEN (64 << 10)

void counters_release(struct counters *c)
{
	free(c->v);
	*c = (struct counters)COUNTERS_INIT;
}

void counters_reset(struct counters *c)
{
	c->n = 0;
}

const struct counter *counters_find(const struct counters *c, const char *name, int cpu)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].cpu == cpu && !strcmp(c->v[i].name, name))
			return &c->v[i];
	return NULL;
}

static void add(struct counters *c, const char *name, int cpu, double value)
{
	struct counter *old = (struct counter *)counters_find(c, name, cpu);

	if (!old) {
		old = ARRAY_PUSH(c->v, c->n, c->cap);
		snprintf(old->name, sizeof(old->name), "%s", name);
		old->cpu = cpu;
	}
	old->value += value;
}

void counters_since(struct counters *c, const struct counters *before)
{
	for (size_t i = 0; i < c->n; i++) {
		struct counter *now = &c->v[i];
		/* the same text twice: nearly always at the same place */
		const struct counter *was = i < before->n ? &before->v[i] : NULL;

		if (!was || was->cpu != now->cpu || strcmp(was->name, now->name))
			was = counters_find(before, now->name, now->cpu);
		if (was)
			now->value -= was->value;
	}
}

/* ---- Lines and words --------------------------------------------------------------------------- */

/* The next line of *@text, copied without its end; false after the last one. */
static bool next_line(const char **text, struct str *line)
{
	const char *end = strchrnul(*text, '\n');

	str_reset(line);
	if (!**text)
		return false;
	if (end - *text < LINE_MAX_LEN)
		str_addmem(line, *text, (size_t)(end - *text));
	*text = *end ? end + 1 : end;
	return true;
}

/* The unsigned decimal number that is the next word of *@at. */
static bool next_number(char **at, double *out)
{
	char *start = *at + strspn(*at, " \t"), *end;

	if (!isdigit((unsigned char)*start))
		return false;
	*out = (double)strtoull(start, &end, 10);
	if (*end && !isspace((unsigned char)*end))
		return false;
	*at = end;
	return true;
}

/* "   LOC :   1 2" to label "LOC" and what follows the colon. */
static char *split_label(char *line, const char **label)
{
	char *colon = strchr(line, ':'), *end = colon;

	if (!colon)
		return NULL;
	while (end > line && end[-1] == ' ')
		end--;
	*end = '\0';
	*label = line + strspn(line, " \t");
	return colon + 1;
}

static void prefixed(char *name, const char *prefix, const char *rest)
{
	int n = snprintf(name, COUNTER_NAME_MAX, "%s%s", prefix, rest);

	for (char *p = name; n > 0 && *p; p++)
		if (isspace((unsigned char)*p))
			*p = '_';
}

/* ---- One column per CPU ------------------------------------------------------------------------ */

struct columns {
	int cpu[CPUS_MAX];
	int n;
};

/* "  CPU0  CPU3": only CPUs that are online have a column. */
static void read_header(struct columns *cols, char *line)
{
	char *save = NULL;

	cols->n = 0;
	for (char *word = strtok_r(line, " \t", &save); word && cols->n < CPUS_MAX;
	     word = strtok_r(NULL, " \t", &save)) {
		int cpu = -1, used = 0;

		if (sscanf(word, "CPU%d%n", &cpu, &used) == 1 && !word[used] && cpu >= 0 &&
		    cpu < CPUS_MAX)
			cols->cpu[cols->n++] = cpu;
	}
}

static int read_columns(const struct columns *cols, char **at, double *values)
{
	int n = 0;

	while (n < cols->n && next_number(at, &values[n]))
		n++;
	return n;
}

static void add_columns(struct counters *c, const struct columns *cols, const char *name,
			const double *values, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++) {
		sum += values[i];
		/* a line with one number for all CPUs ("ERR:", "Err:") is of none of them */
		if (n == cols->n)
			add(c, name, cols->cpu[i], values[i]);
	}
	if (n)
		add(c, name, -1, sum);
}

/* The handlers stand after the last two spaces: "IO-APIC   4-edge      ttyS0". */
static const char *handler_name(const char *rest)
{
	const char *name = rest;

	for (const char *p = rest; *p; p++)
		if (p[0] == ' ' && p[1] == ' ')
			name = p + 2;
	return name + strspn(name, " \t");
}

static void interrupt_line(struct counters *c, const struct columns *cols, char *line,
			   double *values)
{
	char name[COUNTER_NAME_MAX];
	const char *label;
	char *at = split_label(line, &label);
	int n;

	if (!at)
		return;
	n = read_columns(cols, &at, values);
	if (isdigit((unsigned char)*label))
		label = handler_name(at);
	if (!*label)
		return;
	prefixed(name, "interrupts.", label);
	add_columns(c, cols, name, values, n);
}

static void softirq_line(struct counters *c, const struct columns *cols, char *line, double *values)
{
	char name[COUNTER_NAME_MAX];
	const char *label;
	char *at = split_label(line, &label);

	if (!at || !*label)
		return;
	prefixed(name, "softirq.", label);
	add_columns(c, cols, name, values, read_columns(cols, &at, values));
}

static void table(struct counters *c, const char *text,
		  void (*line_of)(struct counters *, const struct columns *, char *, double *))
{
	cleanup_free struct columns *cols = xcalloc(1, sizeof(*cols));
	cleanup_free double *values = xcalloc(CPUS_MAX, sizeof(*values));
	cleanup_str struct str line = STR_INIT;

	if (next_line(&text, &line))
		read_header(cols, line.buf);
	while (cols->n && next_line(&text, &line))
		line_of(c, cols, line.buf, values);
}

void counters_interrupts(struct counters *c, const char *text)
{
	table(c, text, interrupt_line);
}

void counters_softirqs(struct counters *c, const char *text)
{
	table(c, text, softirq_line);
}

/* ---- A name and a number ----------------------------------------------------------------------- */

void counters_vmstat(struct counters *c, const char *text)
{
	cleanup_str struct str line = STR_INIT;

	while (next_line(&text, &line)) {
		char name[COUNTER_NAME_MAX], *at = strchr(line.buf, ' ');
		double value;

		if (!at || !next_number(&at, &value))
			continue;
		line.buf[strcspn(line.buf, " ")] = '\0';
		prefixed(name, "vmstat.", line.buf);
		add(c, name, -1, value);
	}
}

void counters_meminfo(struct counters *c, const char *text)
{
	cleanup_str struct str line = STR_INIT;

	while (next_line(&text, &line)) {
		char name[COUNTER_NAME_MAX];
		const char *label;
		char *at = split_label(line.buf, &label);
		double value;

		if (!at || !*label || !next_number(&at, &value))
			continue;
		prefixed(name, "memory.", label);
		add(c, name, -1, strcmp(at, " kB") ? value : value * 1024);
	}
}

/* ---- The scheduler ----------------------------------------------------------------------------- */

/* The nine numbers of a "cpuN" line, in order (Documentation/scheduler/sched-stats.rst); the second is 0. */
static const char *const schedstat_names[] = {
	"sched.yields",        NULL,        "sched.schedules", "sched.idle",       "sched.wakeups",
	"sched.wakeups_local", "sched.run", "sched.wait",      "sched.timeslices",
};

void counters_schedstat(struct counters *c, const char *text)
{
	cleanup_str struct str line = STR_INIT;

	while (next_line(&text, &line)) {
		int cpu = -1, used = 0;
		double value;
		char *at;

		if (sscanf(line.buf, "cpu%d %n", &cpu, &used) != 1 || cpu < 0 || cpu >= CPUS_MAX)
			continue;
		at = line.buf + used;
		for (size_t i = 0; i < sizeof(schedstat_names) / sizeof(schedstat_names[0]); i++) {
			if (!next_number(&at, &value))
				break;
			if (!schedstat_names[i])
				continue;
			add(c, schedstat_names[i], cpu, value);
			add(c, schedstat_names[i], -1, value);
		}
	}
}

void counters_switches(struct counters *c, const char *text)
{
	cleanup_str struct str line = STR_INIT;
	int cpu = -1;

	while (next_line(&text, &line)) {
		double value;
		char *at;

		/* "cpu#3, 2400.000 MHz" or "cpu#3" begins the part of a CPU */
		if (sscanf(line.buf, "cpu#%d", &cpu) == 1)
			continue;
		at = strchr(line.buf, ':');
		if (cpu < 0 || cpu >= CPUS_MAX || !str_starts(line.buf, "  .nr_switches") || !at)
			continue;
		at++;
		if (!next_number(&at, &value))
			continue;
		add(c, "sched.switches", cpu, value);
		add(c, "sched.switches", -1, value);
	}
}

/* ---- Memory ------------------------------------------------------------------------------------ */

void counters_slabinfo(struct counters *c, const char *text, size_t page)
{
	cleanup_str struct str line = STR_INIT;

	while (next_line(&text, &line)) {
		char cache[64], name[COUNTER_NAME_MAX];
		unsigned long pages, slabs;
		const char *data;

		/* name, objects in use, objects, size, objects per slab, pages per slab */
		if (sscanf(line.buf, "%63s %*u %*u %*u %*u %lu :", cache, &pages) != 2)
			continue;
		data = strstr(line.buf, ": slabdata ");
		/* slabs in use, slabs */
		if (!data || sscanf(data, ": slabdata %*u %lu", &slabs) != 1)
			continue;
		prefixed(name, "memory.slab.", cache);
		add(c, name, -1, (double)slabs * (double)pages * (double)page);
		add(c, "memory.slab", -1, (double)slabs * (double)pages * (double)page);
	}
}

/* What is printed per chunk is the state of that chunk: only what adds up is taken. */
static bool is_of_chunk(const char *label)
{
	return !strcmp(label, "free_bytes") || !strcmp(label, "sum_frag");
}

void counters_percpu(struct counters *c, const char *text)
{
	cleanup_str struct str line = STR_INIT;
	bool in_chunk = false;

	while (next_line(&text, &line)) {
		char name[COUNTER_NAME_MAX];
		const char *label;
		char *at = split_label(line.buf, &label);
		double value;

		if (at && str_starts(label, "Chunk"))
			in_chunk = true;
		if (!at || !next_number(&at, &value) || (in_chunk && !is_of_chunk(label)))
			continue;
		prefixed(name, "memory.percpu.", label);
		add(c, name, -1, value);
	}
}

const char *counters_memory_unit(const char *name)
{
	static const struct {
		const char *pattern, *unit;
	} units[] = {
		{ "memory.HugePages_*",
		  "pages" }, /* fs/proc/meminfo.c: the one part that is not in kB */
		{ "memory.percpu.*size", "bytes" },
		{ "memory.percpu.*bytes", "bytes" },
		{ "memory.percpu.*frag", "bytes" },
		{ "memory.percpu.*pages", "pages" },
		{ "memory.percpu.*", "objects" }, /* allocations, chunks */
		{ "*", "bytes" },
	};
	size_t i = 0;

	while (fnmatch(units[i].pattern, name, 0))
		i++;
	return units[i].unit;
}

bool counters_chosen(const char *patterns, const char *name)
{
	cleanup_strv struct strv list = STRV_INIT;

	strv_split(&list, patterns, ", ");
	for (size_t i = 0; i < list.n; i++)
		if (!fnmatch(list.v[i], name, 0))
			return true;
	return false;
}
