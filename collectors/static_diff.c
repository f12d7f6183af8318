// SPDX-License-Identifier: GPL-2.0
/* Figures of an image, and what differs between two. */
#include <stdlib.h>
#include <string.h>

#include "collectors/static.h"

static const char *const kind_names[SK_COUNT] = {
	[SK_TEXT] = "text",     [SK_RODATA] = "rodata", [SK_DATA] = "data",
	[SK_PERCPU] = "percpu", [SK_BSS] = "bss",       [SK_INIT] = "init",
};

static const char *const change_names[SC_COUNT] = {
	[SC_ADDED] = "added",   [SC_REMOVED] = "removed", [SC_GROWN] = "grown",
	[SC_SHRUNK] = "shrunk", [SC_CODE] = "changed",
};

/* Calls into the scheduler that a preemption point costs: the functions, x86's register-saving thunks,
 * and the trampolines and keyed forms of PREEMPT_DYNAMIC. */
const char *const static_default_calls[] = {
	"preempt_schedule",
	"preempt_schedule_notrace",
	"preempt_schedule_thunk",
	"preempt_schedule_notrace_thunk",
	"dynamic_preempt_schedule",
	"dynamic_preempt_schedule_notrace",
	"__SCT__preempt_schedule",
	"__SCT__preempt_schedule_notrace",
	"preempt_schedule_irq",
	"__cond_resched",
	"dynamic_cond_resched",
	"__SCT__cond_resched",
	"preempt_count_add",
	"preempt_count_sub",
	"__this_cpu_preempt_check",
	"debug_smp_processor_id",
	NULL,
};

const char *static_kind_name(enum static_kind k)
{
	return kind_names[k];
}

const char *static_change_name(enum static_change c)
{
	return change_names[c];
}

/* First alias of this name; @n: how many functions have it. */
static const struct static_alias *find_alias(const struct static_image *m, const char *name,
					     size_t *n)
{
	size_t lo = 0, hi = m->nalias;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(m->alias[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < m->nalias && !strcmp(m->alias[lo + *n].name, name);)
		++*n;
	return *n ? &m->alias[lo] : NULL;
}

bool static_calls(const struct static_image *m, const char *name, uint64_t *calls, uint64_t *jumps)
{
	size_t n;
	const struct static_alias *a = find_alias(m, name, &n);

	*calls = *jumps = 0;
	for (size_t i = 0; i < n; i++) {
		*calls += m->fn[a[i].func].called;
		*jumps += m->fn[a[i].func].jumped;
	}
	return a;
}

static void add_value(struct static_values *out, char *metric, const char *unit, enum direction dir,
		      double value)
{
	struct static_value *v = ARRAY_PUSH(out->v, out->n, out->cap);

	*v = (struct static_value){ .metric = metric, .unit = unit, .dir = dir, .value = value };
}

static void add_calls(const struct static_image *m, const char *name, bool always,
		      struct static_values *out)
{
	cleanup_free char *metric = xasprintf("calls.%s", name);
	uint64_t calls, jumps;

	if (static_values_find(out, metric) || (!static_calls(m, name, &calls, &jumps) && !always))
		return;
	add_value(out, xstrdup(metric), "sites", DIR_LOWER, (double)calls);
	add_value(out, xasprintf("jumps.%s", name), "sites", DIR_LOWER, (double)jumps);
}

static size_t count_own(const struct static_image *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nfn; i++)
		n += !m->fn[i].external;
	return n;
}

/* Without the padding between functions and behind the last one, which the sections count. */
static uint64_t sum_sizes(const struct static_image *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->nfn; i++)
		sum += m->fn[i].size;
	return sum;
}

void static_records(const struct static_image *m, const struct strv *calls,
		    struct static_values *out)
{
	for (size_t i = 0; i < SK_COUNT; i++)
		add_value(out, xstrdup(kind_names[i]), "bytes", DIR_LOWER, (double)m->size[i]);
	add_value(out, xstrdup("functions"), "functions", DIR_NONE, (double)count_own(m));
	add_value(out, xstrdup("function_bytes"), "bytes", DIR_LOWER, (double)sum_sizes(m));
	add_value(out, xstrdup("instructions"), "instructions", DIR_LOWER, (double)m->insns);
	for (size_t i = 0; i < STATIC_CLASSES; i++)
		if (m->class_name[i])
			add_value(out, xasprintf("atomic.%s", m->class_name[i]), "instructions",
				  DIR_LOWER, (double)m->class_count[i]);
	for (const char *const *name = static_default_calls; *name; name++)
		add_calls(m, *name, false, out);
	for (size_t i = 0; calls && i < calls->n; i++)
		add_calls(m, calls->v[i], true, out);
}

void static_values_release(struct static_values *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i].metric);
	free(v->v);
	*v = (struct static_values)STATIC_VALUES_INIT;
}

const struct static_value *static_values_find(const struct static_values *v, const char *metric)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->v[i].metric, metric))
			return &v->v[i];
	return NULL;
}

static void add_delta(struct static_diff *out, const struct static_func *a,
		      const struct static_func *b)
{
	long long bytes = (b ? (long long)b->size : 0) - (a ? (long long)a->size : 0);
	enum static_change change;
	struct static_delta *d;

	if (a && b && !bytes && a->hash == b->hash) {
		out->same++;
		return;
	}
	change = !a        ? SC_ADDED :
		 !b        ? SC_REMOVED :
		 bytes > 0 ? SC_GROWN :
		 bytes < 0 ? SC_SHRUNK :
			     SC_CODE;
	d = ARRAY_PUSH(out->d, out->n, out->cap);
	*d = (struct static_delta){ .a = a, .b = b, .change = change, .bytes = bytes };
	out->count[change]++;
	if (bytes > 0)
		out->grown += bytes;
	else
		out->shrunk -= bytes;
}

static int compare_funcs(const struct static_func *x, const struct static_func *y)
{
	int d = strcmp(x->name, y->name);

	if (!d)
		d = strcmp(x->file, y->file);
	return d ? d : x->ordinal - y->ordinal;
}

static size_t next_own(const struct static_image *m, size_t i)
{
	while (i < m->nfn && m->fn[i].external)
		i++;
	return i;
}

static int by_bytes(const void *a, const void *b)
{
	const struct static_delta *x = a, *y = b;
	const struct static_func *fx = x->b ? x->b : x->a, *fy = y->b ? y->b : y->a;
	long long dx = llabs(x->bytes), dy = llabs(y->bytes);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	return compare_funcs(fx, fy);
}

int static_diff(const struct static_image *a, const struct static_image *b, struct static_diff *out,
		struct err *e)
{
	size_t i = next_own(a, 0), k = next_own(b, 0);

	memset(out, 0, sizeof(*out));
	if (strcmp(a->arch, b->arch) != 0)
		return err_set(e, ERR_USAGE, "cannot compare '%s' (%s) with '%s' (%s)", a->path,
			       a->arch, b->path, b->arch);
	while (i < a->nfn || k < b->nfn) {
		int d = i >= a->nfn ? 1 : k >= b->nfn ? -1 : compare_funcs(&a->fn[i], &b->fn[k]);

		add_delta(out, d <= 0 ? &a->fn[i] : NULL, d >= 0 ? &b->fn[k] : NULL);
		if (d <= 0)
			i = next_own(a, i + 1);
		if (d >= 0)
			k = next_own(b, k + 1);
	}
	if (out->n)
		qsort(out->d, out->n, sizeof(*out->d), by_bytes);
	return 0;
}

void static_diff_release(struct static_diff *d)
{
	free(d->d);
	memset(d, 0, sizeof(*d));
}

/* All functions of a name, in both: as many, with the same code, in the same order of files. */
static enum static_same same_name(const struct static_image *a, const struct static_image *b,
				  const char *name)
{
	size_t na, nb;
	const struct static_alias *x = find_alias(a, name, &na), *y = find_alias(b, name, &nb);
	enum static_same same = SS_IDENTICAL;

	if (!x || !y)
		return SS_MISSING;
	for (size_t i = 0; i < na && i < nb; i++) {
		const struct static_func *fa = &a->fn[x[i].func], *fb = &b->fn[y[i].func];

		if (fa->external || fb->external)
			return SS_MISSING;
		if (fa->size != fb->size || fa->hash != fb->hash)
			same = SS_DIFFERENT;
	}
	return na == nb ? same : SS_DIFFERENT;
}

enum static_same static_same_code(const struct static_image *a, const struct static_image *b,
				  const char *const *names, size_t n, const char **which)
{
	for (size_t i = 0; i < n; i++) {
		enum static_same same = strcmp(a->arch, b->arch) ? SS_DIFFERENT :
								   same_name(a, b, names[i]);

		if (same == SS_IDENTICAL)
			continue;
		if (which)
			*which = names[i];
		return same;
	}
	return SS_IDENTICAL;
}

static bool is_or_splits_off(const char *have, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(have, name, n) && (!have[n] || have[n] == '.');
}

static void code_line(const char *name, const struct static_func *f, struct str *out)
{
	str_addf(out, "%s %llu %016llx\n", name, (unsigned long long)f->size,
		 (unsigned long long)f->hash);
}

static void code_of(const struct static_image *m, const char *name, struct str *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < m->nalias; i++) {
		const struct static_func *f = &m->fn[m->alias[i].func];

		if (!f->external && is_or_splits_off(m->alias[i].name, name))
			code_line(m->alias[i].name, f, out);
	}
	if (out->len == before)
		str_addf(out, "%s -\n", name);
}

void static_code_text(const struct static_image *m, const char *const *names, struct str *out)
{
	for (size_t i = 0; names && names[i]; i++)
		code_of(m, names[i], out);
	for (size_t i = 0; !names && i < m->nfn; i++)
		if (!m->fn[i].external)
			code_line(m->fn[i].name, &m->fn[i], out);
}
