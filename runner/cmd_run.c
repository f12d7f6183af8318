// SPDX-License-Identifier: GPL-2.0
/*
 * kdelta run: one suite, or the suites that one is made of, each a run of its own (cmd_run.h). All of them are planned
 * before the first is started. One that cannot be done does not keep the others from being done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/cmd_run.h"
#include "runner/commands.h"
#include "runner/paths.h"
#include "runner/run_plan.h"

struct run_opts {
	bool dry_run;
	const char *db;
	int boots;
	uint64_t seed;
	int resume;
	int jobs;
	struct strv only;
	const char *format;
};

/* What one call of the command does. */
struct job {
	const struct run_opts *o;
	const char *name; /* of the suite, as it was given; NULL: that of the run to resume */
	const char *db;
	struct config *config;
	struct store *store;
	bool several; /* suites, of the one that was named */
	struct run *runs; /* one per suite, in order */
	char **outcome; /* of each, for the summary; NULL: not started */
	size_t n;
};

static uint64_t random_seed(void)
{
	uint64_t v = 0;

	/* SQLite's integers and people's eyes prefer a short positive number */
	if (getrandom(&v, 4, 0) != 4)
		v = (uint64_t)(proc_now() * 1e9);
	return (v & 0x7fffffff) + 1;
}

static int open_store(struct job *j, struct err *e)
{
	cleanup_free char *dir = xstrdup(j->db);
	char *slash = strrchr(dir, '/');

	if (slash && slash != dir) {
		*slash = '\0';
		if (dir_make(dir, e))
			return -1;
	}
	j->store = store_open(j->db, false, e);
	return j->store ? 0 : -1;
}

static struct run *add_run(struct job *j, const char *part_of)
{
	struct run *r = &j->runs[j->n++];

	run_init(r, j->config);
	r->store = j->store;
	r->db = j->db;
	r->part_of = part_of;
	r->jobs = j->o->jobs;
	r->format = j->o->format;
	return r;
}

static void make_room(struct job *j, size_t n)
{
	j->runs = xcalloc(n, sizeof(*j->runs));
	j->outcome = xcalloc(n, sizeof(*j->outcome));
}

/* New runs of the suites that @whole is made of, from number @first on. */
static int load_parts(struct job *j, const struct suite *whole, size_t first,
		      const struct plan_options *o, struct err *e)
{
	for (size_t i = first; i < whole->suites.n; i++) {
		const struct suite *part = config_suite(j->config, whole->suites.v[i], e);

		if (!part)
			return -1;
		if (run_load_new(add_run(j, j->name), part, o, e))
			return err_prefix(e, "suite '%s'", part->name);
	}
	return 0;
}

static int load_new(struct job *j, const struct suite *suite, struct err *e)
{
	const struct plan_options o = { .boots = j->o->boots,
					.seed = j->o->seed ? j->o->seed : random_seed(),
					.only = j->o->only };

	make_room(j, suite->suites.n + 1);
	j->several = suite->suites.n > 0;
	if (j->several)
		return load_parts(j, suite, 0, &o, e);
	return run_load_new(add_run(j, NULL), suite, &o, e);
}

/* The run, and of a suite of suites those that come after it, with the options of that run. */
static int load_resumed(struct job *j, const struct suite *whole, struct err *e)
{
	struct run *r;
	size_t at = 0;

	make_room(j, whole ? whole->suites.n : 1);
	j->several = whole != NULL;
	r = add_run(j, whole ? j->name : NULL);
	if (run_load_resumed(r, j->o->resume, e))
		return -1;
	if (!whole)
		return 0;
	while (at < whole->suites.n && strcmp(whole->suites.v[at], r->plan.suite->name))
		at++;
	if (at == whole->suites.n)
		return err_set(e, ERR_USAGE,
			       "run %lld is of the suite '%s', which is no part of '%s'", r->id,
			       r->plan.suite->name, j->name);
	return load_parts(j, whole, at + 1, &r->options, e);
}

static int load(struct job *j, struct err *e)
{
	const struct run_opts *o = j->o;
	const struct suite *suite = NULL;

	if (!o->resume && !j->name)
		return err_set(e, ERR_USAGE, "which suite? 'kdelta list suites' names them");
	if (j->name) {
		suite = config_suite(j->config, j->name, e);
		if (!suite)
			return -1;
	}
	if (!o->resume)
		return load_new(j, suite, e);
	if ((suite && !suite->suites.n) || o->boots || o->seed || o->only.n || o->dry_run)
		return err_set(e, ERR_USAGE,
			       "--resume takes suite, boots, seed and choice from the run itself");
	return open_store(j, e) ? -1 : load_resumed(j, suite, e);
}

static int dry_run(struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->n; i++) {
		if (i)
			putchar('\n');
		if (run_dry(&j->runs[i], e))
			return -1;
	}
	return 0;
}

/* One of several. What went wrong is said when it has, and once more in the summary. */
static int run_part(struct job *j, size_t i)
{
	struct run *r = &j->runs[i];
	struct err e = ERR_INIT;
	int status;

	progress_step(&r->progress, "suite %zu of %zu: %s", i + 1, j->n, r->plan.suite->name);
	status = run_execute(r, &e);
	if (status < 0)
		progress_step(&r->progress, "suite '%s': %s", r->plan.suite->name, e.msg);
	j->outcome[i] = status < 0 ?
				xstrdup(e.msg) :
				xasprintf("run %lld: %zu boots, %s", r->id, r->ntodo,
					  status ? "something regressed" : "nothing regressed");
	return status;
}

static void summarise(const struct job *j)
{
	bool text = !j->o->format || !strcmp(j->o->format, "text");

	for (size_t i = 0; i < j->n; i++)
		fprintf(text ? stdout : stderr, "suite '%s': %s\n", j->runs[i].plan.suite->name,
			j->outcome[i] ? j->outcome[i] : "not started");
}

/* 0 or 1 as for one run; -1 when one of them could not be done as a whole. */
static int run_parts(struct job *j, struct err *e)
{
	int worst = 0;
	size_t bad = 0;

	for (size_t i = 0; i < j->n && !run_was_interrupted(); i++) {
		int status = run_part(j, i);

		bad += status < 0;
		worst = status > worst ? status : worst;
	}
	summarise(j);
	if (run_was_interrupted())
		return err_set(e, ERR_INFRA, "'%s' was interrupted", j->name);
	if (bad)
		return err_set(e, ERR_INFRA, "%zu of the %zu suites of '%s' did not end well", bad,
			       j->n, j->name);
	return worst;
}

static int run_job(struct job *j, struct err *e)
{
	j->config = config_open(paths_configs(), e);
	if (!j->config || load(j, e))
		return -1;
	if (j->o->dry_run)
		return dry_run(j, e);
	if (!j->store && open_store(j, e))
		return -1;
	for (size_t i = 0; i < j->n; i++)
		j->runs[i].store = j->store;
	return j->several ? run_parts(j, e) : run_execute(j->runs, e);
}

static void job_release(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		run_release(&j->runs[i]);
		free(j->outcome[i]);
	}
	free(j->runs);
	free(j->outcome);
	if (j->store)
		store_close(j->store);
	if (j->config)
		config_free(j->config);
}

static int cmd_run(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	struct run_opts *o = opts;
	struct job j = { .o = o,
			 .name = args->n ? args->v[0] : NULL,
			 .db = o->db ? o->db : paths_db() };
	int status;

	(void)rest;
	run_catch_signals();
	status = run_job(&j, e);
	job_release(&j);
	strv_release(&o->only);
	return status < 0 ? (int)e->kind : status;
}

static const char *const formats[] = { "text", "json", "csv", "markdown", NULL };

static const struct option_desc run_options[] = {
	{ .name = "dry-run",
	  .letter = 'n',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct run_opts, dry_run),
	  .help = "print the plan, the exact commands and an estimate, which takes every workload for a short one; start nothing" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct run_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = "boots",
	  .type = OPT_INT,
	  .arg = "N",
	  .min = 1,
	  .max = 10000,
	  .offset = offsetof(struct run_opts, boots),
	  .help = "boots of each variant on each target (default: the suite's)" },
	{ .name = "seed",
	  .type = OPT_U64,
	  .arg = "N",
	  .offset = offsetof(struct run_opts, seed),
	  .help = "seed of the order of boots and of random phases (default: another one each time, and stored)" },
	{ .name = "resume",
	  .type = OPT_INT,
	  .arg = "RUN",
	  .min = 1,
	  .max = 2147483647,
	  .offset = offsetof(struct run_opts, resume),
	  .help = "go on with a run that was interrupted; if SUITE is made of suites, with the suites after it, too" },
	{ .name = "jobs",
	  .letter = 'j',
	  .type = OPT_INT,
	  .arg = "N",
	  .min = 1,
	  .max = 256,
	  .offset = offsetof(struct run_opts, jobs),
	  .help = "boots at a time (default: as many as there are CPUs where instructions are counted, otherwise 1)" },
	{ .name = "only",
	  .type = OPT_LIST,
	  .arg = "KIND=NAME",
	  .offset = offsetof(struct run_opts, only),
	  .help = "only this one: variant=NAME, target=NAME or workload=NAME; may be given several times" },
	{ .name = "format",
	  .type = OPT_ENUM,
	  .arg = "F",
	  .choices = formats,
	  .offset = offsetof(struct run_opts, format),
	  .help = "of the comparison: text, json, csv, markdown" },
	{ .name = NULL },
};

const struct command command_run = {
	.name = "run",
	.usage = "SUITE [options]  |  [SUITE] --resume RUN",
	.summary = "build, boot and measure a suite, and compare its variants",
	.help = "Boots every variant of the suite in blocks of random balanced order, stores every sample, "
		"and compares each variant with the baseline; the verdicts are corrected for the number of "
		"comparisons of all variants together. SUITE is a name (see 'kdelta list suites') or "
		"a YAML file. One that is made of suites runs them one after the other, each a run of its own, and "
		"ends with one line for each; the exit status is the worst of theirs.",
	.examples =
		"kdelta run demo                          # the shipped demonstration\n"
		"kdelta run demo --dry-run                # what it would do\n"
		"kdelta run my.yaml --boots 10 --db t.db  # a suite of one's own\n"
		"kdelta run --resume 3                    # go on after an interruption\n"
		"kdelta run mission --resume 3            # the same, and with the suites after that of run 3\n"
		"kdelta run demo --only variant=base --only target=qemu-x86_64-icount",
	.options = run_options,
	.max_args = 1,
	.size = sizeof(struct run_opts),
	.run = cmd_run,
};
