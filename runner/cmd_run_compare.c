// SPDX-License-Identifier: GPL-2.0
/* The end of a run: how its variants compare with the baseline. */
#include <stdio.h>
#include <stdlib.h>

#include "runner/cmd_run.h"
#include "runner/compare_run.h"

/* An arm stands once per target, a comparison spans all targets. */
static bool is_compared(const struct run *r, const struct plan_arm *a)
{
	return a->against && a->target == r->plan.arms[0].target;
}

/* Numbers of disturbed boots explain; those of the plain ones beside them decide. */
static bool only_explains(const struct run *r, const struct plan_arm *a)
{
	return r->plan.suite->observe == OBSERVE_APART && a->observed;
}

/* Load what decides into the places of its arms in @c, or what only explains, and judge it together. */
static int judge(struct run *r, const struct store_run_row *row, bool explains,
		 struct comparison *c, struct err *e)
{
	struct comparison **set = xcalloc(r->plan.narms, sizeof(struct comparison *));
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < r->plan.narms; i++) {
		const struct plan_arm *a = &r->plan.arms[i];

		if (!is_compared(r, a) || a->twin_of || only_explains(r, a) != explains)
			continue;
		ret = compare_run_load(r->store, row, a->against, a->name, &c[i], e);
		set[n++] = &c[i];
	}
	if (!ret)
		compare_run_set(set, n);
	free(set);
	return ret;
}

/* An arm that the suite added is a check of the measurement itself: one line, and no regression. */
static int check_added(struct run *r, const struct store_run_row *row, const struct plan_arm *a,
		       struct err *e)
{
	int alarms, compared;

	if (compare_run_alarms(r->store, row, a->against, a->name, &alarms, &compared, e))
		return -1;
	if (a->canary)
		printf("canary '%s', %d no-op instruction%s more per operation: %s (%d of %d comparisons differ)\n",
		       a->name, a->canary, a->canary > 1 ? "s" : "", alarms ? "found" : "NOT FOUND",
		       alarms, compared);
	else
		printf("A/A twin '%s': %d false alarm%s in %d comparisons\n", a->name, alarms,
		       alarms == 1 ? "" : "s", compared);
	return 0;
}

static int print(struct run *r, const struct store_run_row *row, const struct comparison *c,
		 struct err *e)
{
	struct compare_options o = { .db = r->db };

	o.format = (enum report_format)report_format_parse(r->format ? r->format : "text");
	for (size_t i = 0; i < r->plan.narms; i++) {
		const struct plan_arm *a = &r->plan.arms[i];
		cleanup_str struct str out = STR_INIT;

		if (!is_compared(r, a) || (a->twin_of && o.format != REPORT_TEXT))
			continue;
		if (a->twin_of ? check_added(r, row, a, e) :
				 compare_run_report(r->store, row, &c[i], &o, &out, e))
			return -1;
		fputs(out.buf, stdout);
	}
	return 0;
}

static bool regressed(const struct run *r, const struct comparison *c)
{
	for (size_t i = 0; i < r->plan.narms; i++)
		if (!only_explains(r, &r->plan.arms[i]) && comparison_regressed(&c[i]))
			return true;
	return false;
}

int run_compare(struct run *r, bool *worse, struct err *e)
{
	struct comparison *c = xcalloc(r->plan.narms, sizeof(*c));
	struct store_run_row row;
	int ret = store_run_get(r->store, r->id, &row, e);

	if (!ret) {
		ret = judge(r, &row, false, c, e) || judge(r, &row, true, c, e) ||
		      print(r, &row, c, e);
		*worse = !ret && regressed(r, c);
		store_run_row_release(&row);
	}
	for (size_t i = 0; i < r->plan.narms; i++)
		comparison_free(&c[i]);
	free(c);
	return ret ? -1 : 0;
}
