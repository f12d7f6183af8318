/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kdelta run, inside: one run of one suite. What is made of several suites is several of these, one after the other.
 *
 *	run_init(); run_load_new() or run_load_resumed(); run_dry() or run_execute(); run_release()
 *
 * Loading is pure planning. Configuration and store are the caller's, and outlive the run.
 */
#ifndef KDELTA_RUNNER_CMD_RUN_H
#define KDELTA_RUNNER_CMD_RUN_H

#include <pthread.h>
#include <stdbool.h>

#include "results/store.h"
#include "runner/config.h"
#include "runner/plan.h"
#include "runner/progress.h"
#include "runner/session.h"

struct run {
	struct config *config;
	struct plan plan;
	struct plan_options options;
	struct str plan_text;
	struct session session;
	struct store *store;
	const char *db;
	const char *part_of; /* the suite of suites that was asked for, or NULL */
	long long id; /* 0: there is none yet */
	int jobs; /* 0: as many as its evidence allows */
	bool resumed;
	const char *format; /* of the comparison; NULL: text */
	/* shared by the workers, under lock */
	pthread_mutex_t lock;
	struct store_boot_row *todo;
	size_t ntodo, next, done;
	bool failed; /* a worker has given up: see error */
	struct err error;
	struct progress progress;
	/* boots of the whole run, when it has ended: all, broken, with a failed or broken workload */
	long long ended, broken, unwell;
};

void run_init(struct run *r, struct config *config);
void run_release(struct run *r);

/* Plan a new run. @o is copied. */
int run_load_new(struct run *r, const struct suite *suite, const struct plan_options *o,
		 struct err *e);
/* The plan of an earlier run of the store, made again and held against what that run was told. */
int run_load_resumed(struct run *r, long long id, struct err *e);

/* Print what it would do. */
int run_dry(struct run *r, struct err *e);
/* Do it, and print how the variants compare. 0: nothing regressed; 1: something did; -1: see @e. */
int run_execute(struct run *r, struct err *e);
/* The end of it: judge the variants of a run together, print one comparison after the other and what twin and canary
 * prove. *worse: did a verdict that decides get worse? */
int run_compare(struct run *r, bool *worse, struct err *e);

/* SIGINT, SIGTERM and SIGHUP end the boots in flight, unstored; a broken pipe is an error of a write. */
void run_catch_signals(void);
bool run_was_interrupted(void);

#endif
