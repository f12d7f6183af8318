// SPDX-License-Identifier: GPL-2.0
/*
 * One run: plan, prepare, boot everything that is still planned, compare.
 *
 * Worker threads take planned boots in order; whatever a boot brought back is stored in one transaction
 * before the next is taken, so that a run killed at any moment resumes with nothing lost or done twice.
 */
#include "runner/cmd_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/report.h"
#include "runner/artifact.h"
#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/paths.h"
#include "runner/run_plan.h"

#define NAMES_MAX 10000 /* console logs of one name */

static volatile sig_atomic_t interrupted; /* by a signal */
static volatile int cancel; /* by a signal, or because a worker has failed */

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
	cancel = 1;
}

void run_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	proc_interrupt_on(&interrupted);
}

bool run_was_interrupted(void)
{
	return interrupted;
}

void run_init(struct run *r, struct config *config)
{
	*r = (struct run){ .config = config,
			   .plan_text = STR_INIT,
			   .lock = PTHREAD_MUTEX_INITIALIZER };
	progress_init(&r->progress);
}

void run_release(struct run *r)
{
	session_release(&r->session);
	store_boots_free(r->todo, r->ntodo);
	plan_release(&r->plan);
	str_release(&r->plan_text);
	strv_release(&r->options.only);
}

int run_load_resumed(struct run *r, long long id, struct err *e)
{
	struct store_run_row row;
	const struct suite *suite;
	int ret = -1;

	if (store_run_get(r->store, id, &row, e))
		return -1;
	r->id = row.id;
	r->resumed = true;
	suite = config_suite(r->config, row.suite, e);
	if (!suite || plan_text_options(row.plan, &r->options, e) ||
	    plan_make(r->config, suite, &r->options, &r->plan, e) ||
	    plan_text(&r->plan, &r->options, &r->plan_text, e))
		goto out;
	if (strcmp(row.plan, r->plan_text.buf)) {
		err_set(e, ERR_USAGE,
			"cannot resume run %lld: the configuration of suite '%s' has changed since it was "
			"started; start a new run",
			row.id, row.suite);
		goto out;
	}
	ret = 0;
out:
	store_run_row_release(&row);
	return ret;
}

int run_load_new(struct run *r, const struct suite *suite, const struct plan_options *o,
		 struct err *e)
{
	r->options.boots = o->boots;
	r->options.seed = o->seed;
	strv_push_all(&r->options.only, &o->only);
	if (plan_make(r->config, suite, &r->options, &r->plan, e))
		return -1;
	return plan_text(&r->plan, &r->options, &r->plan_text, e);
}

static bool all_simulated(const struct session *s)
{
	for (size_t i = 0; i < s->plan->narms; i++)
		if (s->arms[i].clock.ev != EV_SIMULATED)
			return false;
	return true;
}

/* Counted instructions do not mind a busy neighbour; time does. */
static int pick_jobs(const struct session *s, int wanted)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted)
		return wanted;
	return all_simulated(s) && cpus > 1 ? (int)cpus : 1;
}

/* A name for the files of a boot that no console log has yet: runs of other databases have the same numbers. Its log
 * is there, empty, until the boot has ended. */
static int take_name(const struct run *r, const struct store_boot_row *row, struct str *out,
		     struct err *e)
{
	for (int i = 1; i <= NAMES_MAX; i++) {
		cleanup_free char *path = NULL;
		int fd;

		str_reset(out);
		str_addf(out, "run%lld-boot%lld-%s-%s", r->id, row->id, row->target, row->variant);
		if (i > 1)
			str_addf(out, ".%d", i);
		path = xasprintf("%s/%s.log", r->session.log_dir, out->buf);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0)
			return close(fd);
		if (errno != EEXIST)
			return err_errno(e, ERR_INFRA, "cannot write '%s'", path);
	}
	return err_set(e, ERR_INFRA, "cannot name a console log in '%s': there are too many '%s'",
		       r->session.log_dir, out->buf);
}

static const struct plan_boot *planned(const struct run *r, const struct store_boot_row *row,
				       struct err *e)
{
	for (size_t i = 0; i < r->plan.norder; i++) {
		const struct plan_boot *b = &r->plan.order[i];
		const struct plan_arm *a = &r->plan.arms[b->arm];

		if (b->block == row->block && !strcmp(a->target->name, row->target) &&
		    !strcmp(a->name, row->variant))
			return b;
	}
	err_set(e, ERR_INFRA, "boot %lld of run %lld ('%s' on %s, block %d) is not in its plan",
		row->id, r->id, row->variant, row->target, row->block);
	return NULL;
}

/* Files that the boot sent are kept before it is stored; what was wrong with them becomes notes of the boot. */
static int keep_artifacts(const struct run *r, const struct store_boot_row *row,
			  struct session_boot *b, struct artifacts *kept, struct err *e)
{
	cleanup_free char *folder = store_folder(r->db);
	const struct artifact_place place = {
		.folder = folder,
		.run = r->id,
		.boot = row->id,
		.nworkloads = (int)r->plan.nworkloads,
	};
	cleanup_strv struct strv trouble = STRV_INIT;

	if (!b->artifacts)
		return 0;
	if (artifacts_keep(b->artifacts, &place, kept, &trouble, e))
		return -1;
	for (size_t i = 0; i < trouble.n; i++)
		record_set_note(&b->records, -1, "artifacts", trouble.v[i]);
	return 0;
}

static int store_result(struct run *r, const struct store_boot_row *row,
			const struct session_boot *b, const struct artifacts *kept, struct err *e)
{
	cleanup_str struct str command = STR_INIT;
	struct store_boot sb = {
		.status = b->status,
		.reason = b->reason,
		.accel = b->result.accel,
		.qemu_version = b->result.qemu_version,
		.console_path = b->console_log,
		.console = b->result.console.buf,
		.console_len = b->result.console.len,
		.started = b->started,
		.start_seconds = b->result.start_seconds,
		.run_seconds = b->result.run_seconds,
		.total_seconds = b->result.total_seconds,
		.artifacts = kept->v,
		.nartifacts = kept->n,
	};

	strv_quote(&b->result.argv, &command);
	sb.command = command.buf;
	return store_boot_finish(r->store, row->id, &sb, &b->records, e);
}

static void say_result(struct run *r, const struct store_boot_row *row,
		       const struct session_boot *b)
{
	cleanup_str struct str reason = STR_INIT;

	progress_end(&r->progress);
	fprintf(stderr, "  boot %zu of %zu: %s on %s, block %d: ", r->done, r->ntodo, row->variant,
		row->target, row->block);
	report_clean(b->reason, &reason);
	if (b->reason)
		fprintf(stderr, "%s: %s\n", b->status, reason.buf);
	else
		fprintf(stderr, "%s, %zu records, %.1f s\n", b->status, b->records.nrec,
			b->result.total_seconds);
	for (size_t i = 0; i < b->records.ndone; i++) {
		if (b->records.done[i].state == WL_OK)
			continue;
		str_reset(&reason);
		report_clean(b->records.done[i].reason, &reason);
		fprintf(stderr, "    workload %d %s: %s\n", b->records.done[i].workload,
			wl_state_name(b->records.done[i].state), reason.buf);
	}
}

/* With the lock held. */
static int finish_boot(struct run *r, const struct store_boot_row *row,
		       const struct session_boot *b, const struct artifacts *kept, struct err *e)
{
	if (store_result(r, row, b, kept, e))
		return -1;
	r->done++;
	say_result(r, row, b);
	return 0;
}

static int one_boot(struct run *r, const struct store_boot_row *row, struct err *e)
{
	cleanup_str struct str name = STR_INIT;
	const struct plan_boot *pb = planned(r, row, e);
	struct artifacts kept = { 0 };
	struct session_boot b;
	bool stored;
	int ret;

	if (!pb || take_name(r, row, &name, e))
		return -1;
	ret = session_boot(&r->session, pb, name.buf, &cancel, &b, e);
	if (!ret && !cancel)
		ret = keep_artifacts(r, row, &b, &kept, e);
	pthread_mutex_lock(&r->lock);
	/* a boot that was cut short, by the user or by a failure elsewhere, is no result: it stays planned */
	stored = !ret && !cancel;
	if (stored)
		ret = finish_boot(r, row, &b, &kept, e);
	pthread_mutex_unlock(&r->lock);
	if (!stored || ret)
		unlink(b.console_log);
	artifacts_release(&kept);
	session_boot_release(&b);
	return ret;
}

static const struct store_boot_row *take(struct run *r)
{
	const struct store_boot_row *row = NULL;

	pthread_mutex_lock(&r->lock);
	if (!cancel && r->next < r->ntodo)
		row = &r->todo[r->next++];
	pthread_mutex_unlock(&r->lock);
	return row;
}

static void *worker(void *arg)
{
	struct run *r = arg;
	const struct store_boot_row *row;

	while ((row = take(r))) {
		struct err e = ERR_INIT;

		if (!one_boot(r, row, &e))
			continue;
		pthread_mutex_lock(&r->lock);
		r->failed = true;
		/* the other boots in flight end soon, unstored */
		cancel = 1;
		err_set(&r->error, e.kind, "%s", e.msg);
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

/* What a command that kdelta proposes needs to find the run, unless it is in the database that is looked into anyway. */
static char *db_option(const struct run *r)
{
	cleanup_strv struct strv words = STRV_INIT;
	struct str s = STR_INIT;

	if (strcmp(r->db, paths_db())) {
		strv_push(&words, r->db);
		str_add(&s, " --db ");
		strv_quote(&words, &s);
	}
	return str_detach(&s);
}

static int boot_all(struct run *r, struct err *e)
{
	pthread_t *threads = xcalloc((size_t)r->jobs, sizeof(*threads));
	cleanup_free char *option = db_option(r);
	int n = 0;

	if (store_boots(r->store, r->id, "planned", &r->todo, &r->ntodo, e)) {
		free(threads);
		return -1;
	}
	progress_step(&r->progress, "run %lld: %zu boots, %d at a time", r->id, r->ntodo, r->jobs);
	while (n < r->jobs && !pthread_create(&threads[n], NULL, worker, r))
		n++;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	if (n == 0)
		return err_set(e, ERR_INFRA, "cannot start a thread");
	if (interrupted)
		return err_set(e, ERR_INFRA,
			       "interrupted; go on with: kdelta run %s%s--resume %lld%s",
			       r->part_of ? r->part_of : "", r->part_of ? " " : "", r->id, option);
	if (r->failed)
		return err_set(e, r->error.kind, "%s; go on with: kdelta run --resume %lld%s",
			       r->error.msg, r->id, option);
	return 0;
}

/* Counts the whole run: what went wrong before it was resumed did go wrong. */
static int finish(struct run *r, struct err *e)
{
	struct store_run_row row;

	if (store_run_get(r->store, r->id, &row, e))
		return -1;
	r->ended = row.nok + row.nbroken;
	r->broken = row.nbroken;
	r->unwell = row.nunwell;
	store_run_row_release(&row);
	return store_run_finish(r->store, r->id, r->broken ? "broken" : "ok", e);
}

int run_execute(struct run *r, struct err *e)
{
	struct build_options bo = { 0 };
	struct build_progress bp = progress_build(&r->progress);
	cleanup_free char *logs = path_join(paths_data(), "console");
	cleanup_free char *folder = store_folder(r->db);
	cleanup_free char *option = db_option(r);
	bool regressed = false;

	/* in this order: a signal that comes in between is not forgotten */
	cancel = 0;
	if (interrupted)
		cancel = 1;
	artifacts_sweep(folder);
	if (dir_make(logs, e) || session_init(&r->session, &r->plan, logs, e) ||
	    session_prepare(&r->session, &bo, &bp, e))
		return -1;
	r->jobs = pick_jobs(&r->session, r->jobs);
	if (!r->resumed && run_plan_store(r->store, &r->plan, r->plan_text.buf, &r->id, e))
		return -1;
	if (run_plan_store_kernels(r->store, r->id, &r->session, e) || boot_all(r, e) ||
	    finish(r, e) || run_compare(r, &regressed, e))
		return -1;
	if (r->broken || r->unwell)
		return err_set(e, ERR_INFRA,
			       "run %lld: %lld of %lld boots broken, %lld with a failed or broken "
			       "workload; see: kdelta show %lld%s",
			       r->id, r->broken, r->ended, r->unwell, r->id, option);
	return regressed ? 1 : 0;
}

int run_dry(struct run *r, struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	int ret = session_init(&r->session, &r->plan, NULL, e);

	if (!ret)
		ret = run_plan_print(&r->plan, &r->session, &out, e);
	fputs(out.buf, stdout);
	return ret;
}
