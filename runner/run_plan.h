/* SPDX-License-Identifier: GPL-2.0 */
/* A plan towards the two sides that keep it: the database (before anything boots) and the reader of --dry-run. */
#ifndef KDELTA_RUNNER_RUN_PLAN_H
#define KDELTA_RUNNER_RUN_PLAN_H

#include "results/store.h"
#include "runner/plan.h"
#include "runner/session.h"

/* Create the run with its planned boots. @text: plan_text(). */
int run_plan_store(struct store *s, const struct plan *p, const char *text, long long *run_id,
		   struct err *e);
/* Attach the kernels of a prepared session. */
int run_plan_store_kernels(struct store *s, long long run_id, const struct session *session,
			   struct err *e);
/* The plan, the make and QEMU command lines and an estimate, for people. Starts nothing. */
int run_plan_print(const struct plan *p, struct session *session, struct str *out, struct err *e);

#endif
