// SPDX-License-Identifier: GPL-2.0
#include "runner/session_needs.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/image.h"

const struct workload *needs_workload(const struct session *s, size_t i)
{
	return s->plan->suite->workloads[s->plan->workloads[i]].w;
}

static const struct suite *suite_of(const struct session *s)
{
	return s->plan->suite;
}

static void skip(bool *skipped, char **reason, char *why)
{
	*skipped = true;
	free(*reason);
	*reason = why;
}

void needs_skip_workload(struct session_arm *a, size_t i, char *reason)
{
	skip(&a->skip[i], &a->skip_reason[i], reason);
}

void needs_skip_collector(struct session_arm *a, size_t i, char *reason)
{
	skip(&a->skip_collector[i], &a->skip_collector_reason[i], reason);
}

static bool arch_supported(const char *const *list, const struct arch *a)
{
	if (!list)
		return true;
	for (const char *const *p = list; *p; p++)
		if (!strcmp(*p, a->name))
			return true;
	return false;
}

static void check_workload(const struct session *s, struct session_arm *a, size_t i)
{
	const struct target *t = a->plan->target;
	const struct workload *w = needs_workload(s, i);

	if (!arch_supported(w->archs, t->arch))
		needs_skip_workload(a, i, xasprintf("does not run on %s", t->arch->name));
	else if (w->cpus > t->cpus)
		needs_skip_workload(a, i,
				    xasprintf("needs %d CPUs, the target has %d", w->cpus,
					      t->cpus));
}

void needs_init(const struct session *s, struct session_arm *a)
{
	const struct suite *suite = suite_of(s);
	const struct arch *arch = a->plan->target->arch;

	a->skip = xcalloc(s->plan->nworkloads, sizeof(*a->skip));
	a->skip_reason = xcalloc(s->plan->nworkloads, sizeof(*a->skip_reason));
	for (size_t i = 0; i < s->plan->nworkloads; i++)
		check_workload(s, a, i);
	a->skip_collector = xcalloc(suite->ncollectors, sizeof(*a->skip_collector));
	a->skip_collector_reason = xcalloc(suite->ncollectors, sizeof(*a->skip_collector_reason));
	for (size_t i = 0; i < suite->ncollectors; i++) {
		const struct collector *c = suite->collectors[i].col;

		if (!plan_arm_collects(a->plan, c))
			needs_skip_collector(a, i, NULL);
		else if (!arch_supported(c->archs, arch))
			needs_skip_collector(a, i, xasprintf("does not run on %s", arch->name));
	}
}

void needs_release(const struct session *s, struct session_arm *a)
{
	for (size_t i = 0; a->skip_reason && i < s->plan->nworkloads; i++)
		free(a->skip_reason[i]);
	for (size_t i = 0; a->skip_collector_reason && i < suite_of(s)->ncollectors; i++)
		free(a->skip_collector_reason[i]);
	free(a->skip_reason);
	free(a->skip);
	free(a->skip_collector_reason);
	free(a->skip_collector);
}

/* "CONFIG_X=y" as a whole line of the final configuration; "CONFIG_X=n" as its absence. */
static bool config_meets(const char *config, const char *need)
{
	size_t len = strlen(need);
	bool absent = str_ends(need, "=n");

	if (absent)
		len--;
	for (const char *p = config; p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (!strncmp(p, need, len) && (absent || p[len] == '\n' || !p[len]))
			return !absent;
	}
	return absent;
}

/* The first of these options that the kernel does not have, or NULL. */
static const char *lacking(const char *config, const char *const *need)
{
	for (; need && *need; need++)
		if (!config_meets(config, *need))
			return *need;
	return NULL;
}

/* Who needs packages needs an image, and who needs an image needs to mount it. */
static const char *lacking_with_image(const char *config, const char *const *need,
				      const char *const *packages)
{
	const char *lacks = lacking(config, need);

	return lacks || !packages ? lacks : lacking(config, image_kconfig);
}

int needs_kernel(const struct session *s, struct session_arm *a, struct err *e)
{
	const struct suite *suite = suite_of(s);
	cleanup_str struct str config = STR_INIT;

	if (file_read(a->kernel->config, 0, &config, e))
		return -1;
	for (size_t i = 0; i < s->plan->nworkloads; i++) {
		const struct workload *w = needs_workload(s, i);
		const char *lacks = lacking_with_image(config.buf, w->kconfig, w->packages);

		if (lacks && !a->skip[i])
			needs_skip_workload(a, i, xasprintf("the kernel has no %s", lacks));
	}
	for (size_t i = 0; i < suite->ncollectors; i++) {
		const struct collector *c = suite->collectors[i].col;
		const char *lacks = lacking_with_image(config.buf, c->kconfig, c->packages);

		if (lacks && !a->skip_collector[i])
			needs_skip_collector(a, i, xasprintf("the kernel has no %s", lacks));
	}
	return 0;
}

static bool is_told(const struct record_set *rs, size_t i)
{
	for (size_t j = 0; j < rs->ndone; j++)
		if (rs->done[j].workload == (int)i)
			return true;
	return false;
}

static void add_done(struct record_set *rs, size_t i, enum wl_state state, const char *reason)
{
	__typeof__(rs->done) d = ARRAY_PUSH(rs->done, rs->ndone, rs->done_cap);

	d->workload = (int)i;
	d->state = state;
	d->reason = xstrdup(reason);
}

void needs_report(const struct session *s, const struct session_arm *a, struct record_set *rs)
{
	for (size_t i = 0; i < s->plan->nworkloads; i++) {
		if (a->skip[i])
			add_done(rs, i, WL_SKIPPED, a->skip_reason[i]);
		else if (rs->ended && !is_told(rs, i))
			add_done(rs, i, WL_BROKEN, "the guest said nothing of it");
	}
	for (size_t i = 0; i < suite_of(s)->ncollectors; i++) {
		cleanup_free char *text = NULL;

		if (!a->skip_collector_reason[i])
			continue;
		text = xasprintf("%s: %s", suite_of(s)->collectors[i].col->name,
				 a->skip_collector_reason[i]);
		record_set_note(rs, -1, "collector.skipped", text);
	}
}
